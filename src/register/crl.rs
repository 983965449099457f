//! CRLs: planned octet for octet and stored before they are signed, then signed, recorded and handed out in pieces.
//!
//! A CRL is kept in parts of a quarter MiB, so that one of a million entries is never in memory. What is stored is read
//! back strictly, linted, and proved to lose nothing of the CRL before, in the transaction that stores it.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    Register, digest_of,
    error::Error,
    journal::{self, Kind, number, time},
    row_key,
};
use crate::pki::{
    crl::{CrlNumber, SignedCrl, writer},
    fingerprint::Digest,
    key::{SignatureAlgorithm, WholeMessage},
    time::Time,
};

mod after_older;
mod arrived;
mod bound;
mod division;
mod entries;
mod pace;
mod parts;
mod planning;
mod recovery;
mod row;
mod scope;
mod takeover;

pub use after_older::LaterCrls;
pub(super) use bound::PlansBound;
pub(super) use division::{Divisions, tbs_of};
pub(super) use entries::{EntriesOf, Members};
pub(super) use pace::Pace;
pub(super) use parts::{entries_of, read_tbs};
pub use planning::{CrlPlan, LEFT_SHOWN_MAX, NewCrl, Storing};
pub(super) use planning::{Previous, expected_of, lint_stored, prove_stored};
pub use recovery::{Brought, Recovery};
pub use scope::CrlScope;
pub(super) use scope::{Coverage, PartitionNames, add_partitions};
pub(super) use takeover::check_past;
pub use takeover::{TAKEOVER_ENTRIES_MAX, Takeover, TakeoverWriter};

/// Where a CRL comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrlOrigin {
    /// It was made here: the command that named it is its approval.
    Command,
    /// It came with a CA that moved in.
    Elsewhere,
    /// It was made here: its words, which an officer typed, are its approval.
    Words,
}

impl CrlOrigin {
    const ALL: [Self; 3] = [Self::Command, Self::Elsewhere, Self::Words];

    fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Elsewhere => "elsewhere",
            Self::Words => "typed words",
        }
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|origin| origin.name() == name);
        found.ok_or_else(|| Error::Damaged("a CRL of unknown origin".to_owned()))
    }
}

/// A CRL whose octets are durable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCrl {
    pub(super) row: i64,
    pub(super) entry: i64,
    /// The authority that signs.
    pub authority: String,
    /// Which of its certificates it is for.
    pub scope: CrlScope,
    /// Where it comes from.
    pub origin: CrlOrigin,
    /// SHA-256 of the authority's certificate.
    pub issuer_sha256: Digest,
    /// Its number; one that came from elsewhere may have none.
    pub number: Option<CrlNumber>,
    /// thisUpdate.
    pub this_update: Time,
    /// nextUpdate; one that came from elsewhere may have none.
    pub next_update: Option<Time>,
    /// How many certificates it lists.
    pub entries: u64,
    /// The newest row of the revocations that it takes in.
    pub revocations: u64,
    /// SHA-256 of the octets that are signed: what people read to each other as words.
    pub tbs_sha256: Digest,
    pub(super) tbs_octets: u64,
    pub(super) previous: Option<i64>,
}

/// A CRL that is signed and recorded: the only one that may leave. Made by the register only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedCrl {
    stored: StoredCrl,
    /// When it was recorded.
    time: Time,
    sha256: Digest,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

impl StoredCrl {
    /// Octets that are signed; the whole CRL has a signature and some octets around it besides.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.tbs_octets
    }
}

impl IssuedCrl {
    /// What was stored before it was signed.
    #[must_use]
    pub fn stored(&self) -> &StoredCrl {
        &self.stored
    }

    /// When it was recorded.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// The signature in X.509 form.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the whole CRL.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.sha256
    }
}

/// A CRL that was written, read back and compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlDelivery {
    /// When.
    pub time: Time,
    /// The folder on the medium.
    pub folder: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
}

const COLUMNS: &str = "crl.number, crl.entry, crl.authority, crl.origin, crl.issuer_sha256, crl.crl_number, \
     crl.this_update, crl.next_update, crl.entries, crl.revocations, crl.tbs_sha256, crl.tbs_octets, crl.previous, \
     crl.partition";

impl Register {
    /// The CRL of a scope that is stored and not signed, where there is one: it is signed before any other of it.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn unsigned_crl(&self, authority: &str, scope: CrlScope) -> Result<Option<StoredCrl>, Error> {
        unsigned(&self.connection, authority, scope)
    }

    /// All CRLs of an authority that are signed, oldest first.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn issued_crls(&self, authority: &str) -> Result<Vec<IssuedCrl>, Error> {
        issued(&self.connection, "WHERE crl.authority = ?1", [authority])
    }

    /// The latest CRL of a scope.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn latest_crl(&self, authority: &str, scope: CrlScope) -> Result<Option<IssuedCrl>, Error> {
        latest(&self.connection, authority, scope)
    }

    /// thisUpdate of the CRL of an authority that was made last, whatever it is for, signed or not.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn last_update(&self, authority: &str) -> Result<Option<Time>, Error> {
        let last: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(this_update) FROM crl WHERE authority = ?1")?
            .query_row([authority], |row| row.get(0))?;
        last.map(time).transpose()
    }

    /// What a token is to sign: the stored octets, digested again; the journal binds them as they are.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_message(&self, stored: &StoredCrl) -> Result<WholeMessage, Error> {
        let kinds = match stored.origin {
            CrlOrigin::Command | CrlOrigin::Words => &[Kind::Crl, Kind::CrlNoPrevious][..],
            CrlOrigin::Elsewhere => &[Kind::Takeover],
        };
        journal::check_entry_of(&self.connection, stored.entry, kinds)?;
        let (_, end) = read_tbs(&self.connection, stored.row, &mut |_| Ok(()))?;
        if end.tbs_sha256 != stored.tbs_sha256 {
            return Err(Error::Damaged("the octets of a CRL are not those that were stored".to_owned()));
        }
        Ok(end.message)
    }

    /// Records a signed CRL.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not the stored one, or is recorded already; [`Error::DiskFull`].
    pub fn record_crl(
        &mut self,
        stored: &StoredCrl,
        signed: &SignedCrl,
        now: Time,
    ) -> Result<IssuedCrl, Error> {
        let waiting = self.unsigned_crl(&stored.authority, stored.scope)?;
        if waiting.as_ref() != Some(stored) || signed.tbs_sha256() != stored.tbs_sha256 {
            return Err(Error::Damaged("a CRL was signed that does not wait to be signed".to_owned()));
        }
        let sha256 = whole_sha256(&self.connection, stored, signed.algorithm(), signed.signature())?;
        let transaction = self.write()?;
        row::insert_signature(&transaction, stored.row, (sha256, signed.signature()), now)?;
        journal::append(&transaction, Kind::CrlIssued, now)?;
        transaction.commit()?;
        self.latest_crl(&stored.authority, stored.scope)?
            .filter(|issued| issued.stored == *stored)
            .ok_or_else(|| Error::Damaged("a CRL that was just recorded is missing".to_owned()))
    }

    /// The octets of a CRL, piece by piece, compared with the digest that was recorded.
    ///
    /// # Errors
    /// [`Error::Damaged`], told after the last piece; and whatever `each` says.
    pub fn crl_octets<E: From<Error>>(
        &self,
        issued: &IssuedCrl,
        each: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let digest =
            parts::whole(&self.connection, &issued.stored, issued.algorithm, &issued.signature, each)?;
        if digest == issued.sha256 {
            return Ok(());
        }
        Err(Error::Damaged("a CRL is not the one that was recorded".to_owned()).into())
    }

    /// Entries of the CRL before that a CRL has no more, with the reason for it, in order, after a place, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_left(
        &self,
        stored: &StoredCrl,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String, String)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT idx, serial, why FROM crl_left WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3",
        )?;
        let mut rows = statement.query((row_key(stored.row, after), row_key(stored.row, u64::MAX), limit))?;
        let mut left = Vec::new();
        while let Some(row) = rows.next()? {
            let serial = crate::pki::fingerprint::hex(&row.get::<_, Vec<u8>>(1)?);
            left.push((number(row.get(0)?)?, serial, row.get(2)?));
        }
        Ok(left)
    }

    /// How many entries of the CRL before a CRL has no more.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_left_count(&self, stored: &StoredCrl) -> Result<u64, Error> {
        let range = (row_key(stored.row, 0), row_key(stored.row, u64::MAX));
        let count = "SELECT count(*) FROM crl_left WHERE key > ?1 AND key <= ?2";
        number(self.connection.prepare_cached(count)?.query_row(range, |row| row.get(0))?)
    }

    /// Records that a CRL was handed over.
    ///
    /// # Errors
    /// [`Error::DiskFull`].
    pub fn record_crl_delivery(&mut self, issued: &IssuedCrl, delivery: &CrlDelivery) -> Result<(), Error> {
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO crl_delivery (entry, crl, time, folder, manifest_sha256) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                journal::next(&transaction)?,
                issued.stored.row,
                delivery.time.unix(),
                &delivery.folder,
                delivery.manifest_sha256.as_octets(),
            ),
        )?;
        journal::append(&transaction, Kind::CrlDelivery, delivery.time)?;
        Ok(transaction.commit()?)
    }

    /// How often a CRL was handed over.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_deliveries(&self, issued: &IssuedCrl) -> Result<u64, Error> {
        number(self.connection.query_row(
            "SELECT count(*) FROM crl_delivery WHERE crl = ?1",
            [issued.stored.row],
            |row| row.get(0),
        )?)
    }
}

pub(super) fn unsigned(
    connection: &Connection,
    authority: &str,
    scope: CrlScope,
) -> Result<Option<StoredCrl>, Error> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM crl WHERE authority = ?1 AND partition = ?2 \
             AND NOT EXISTS (SELECT 1 FROM crl_issued WHERE crl_issued.crl = crl.number) \
             ORDER BY number LIMIT 1"
        ))?
        .query_row((authority, scope.column()), |row| Ok(stored(row)))
        .optional()?
        .transpose()
}

/// The latest CRL of a scope that is signed.
fn latest(connection: &Connection, authority: &str, scope: CrlScope) -> Result<Option<IssuedCrl>, Error> {
    let newest = "WHERE crl.number = (SELECT max(crl.number) FROM crl \
                  JOIN crl_issued ON crl_issued.crl = crl.number WHERE authority = ?1 AND partition = ?2)";
    Ok(issued(connection, newest, (authority, scope.column()))?.pop())
}

/// Every CRL, signed or not, oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<StoredCrl>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM crl ORDER BY number"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(stored(row)?);
    }
    Ok(found)
}

pub(super) fn issued(
    connection: &Connection,
    filter: &str,
    of: impl rusqlite::Params,
) -> Result<Vec<IssuedCrl>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, crl_issued.time, crl_issued.sha256, crl_issued.signature \
         FROM crl JOIN crl_issued ON crl_issued.crl = crl.number {filter} ORDER BY crl.number"
    ))?;
    let mut rows = statement.query(of)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = stored(row)?;
        found.push(IssuedCrl {
            time: time(row.get(14)?)?,
            sha256: digest_of(row.get(15)?),
            algorithm: parts::algorithm(connection, stored.row)?,
            signature: row.get(16)?,
            stored,
        });
    }
    Ok(found)
}

fn stored(row: &Row<'_>) -> Result<StoredCrl, Error> {
    let crl_number = row
        .get::<_, Option<Vec<u8>>>(5)?
        .map(|octets| {
            CrlNumber::from_octets(&octets).ok_or_else(|| Error::Damaged("the number of a CRL".to_owned()))
        })
        .transpose()?;
    Ok(StoredCrl {
        row: row.get(0)?,
        entry: row.get(1)?,
        authority: row.get(2)?,
        scope: CrlScope::from_column(row.get(13)?)?,
        origin: CrlOrigin::from_name(&row.get::<_, String>(3)?)?,
        issuer_sha256: digest_of(row.get(4)?),
        number: crl_number,
        this_update: time(row.get(6)?)?,
        next_update: row.get::<_, Option<i64>>(7)?.map(time).transpose()?,
        entries: number(row.get(8)?)?,
        revocations: number(row.get(9)?)?,
        tbs_sha256: digest_of(row.get(10)?),
        tbs_octets: number(row.get(11)?)?,
        previous: row.get(12)?,
    })
}

/// SHA-256 of the CRL that stored octets and a signature make.
pub(super) fn whole_sha256(
    connection: &Connection,
    stored: &StoredCrl,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Digest, Error> {
    parts::whole(connection, stored, algorithm, signature, &mut |_| Ok::<_, Error>(()))
}

fn envelope(
    stored: &StoredCrl,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<writer::Frame, Error> {
    writer::envelope(algorithm, stored.tbs_octets, signature)
        .map_err(|error| Error::Damaged(error.to_string()))
}
