//! Authorities: keys that sign certificates, and the certificates made for them.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::{
    Register,
    error::Error,
    journal::{self, Kind},
    plan::{PlanKind, StoredPlan},
};
use crate::pki::{certificate::Certificate, der::Reader, key::PublicKey, time::Time};

/// Most certificates above an authority's own: paths are two or three long; more is a mistake.
const CHAIN_CERTIFICATES_MAX: usize = 8;

/// A key that was made in the token and is to sign certificates.
#[derive(Clone, Copy, Debug)]
pub struct NewAuthority<'a> {
    /// Its name: what `--ca` takes.
    pub name: &'a str,
    /// Where the private key is: an RFC 7512 `pkcs11:` URI.
    pub key_uri: &'a str,
    /// The public key, as the token gave it.
    pub public_key: &'a PublicKey,
    /// The certification request for a superior CA, DER; none for a root.
    pub request: Option<&'a [u8]>,
}

/// A certificate, and the certificates above it, root last.
pub type Certified = (Certificate, Vec<Certificate>);

/// What a certificate is to its authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// It only leads to the authority's key on another path: a cross-certificate, a link between two keys.
    Beside,
    /// The authority issues under it, until another of this role is recorded.
    Issues,
}

impl Role {
    /// The word that the register uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beside => "beside",
            Self::Issues => "issues",
        }
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        [Self::Beside, Self::Issues]
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| Error::Damaged("a certificate of an authority has no known role".to_owned()))
    }
}

/// A certificate for an authority's key, as it was last recorded.
#[derive(Clone, Debug)]
pub struct InstalledCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The certificates above it, root last.
    pub chain: Vec<Certificate>,
    /// What it was last recorded as.
    pub role: Role,
    /// When that was.
    pub installed: Time,
}

/// An authority as it is recorded.
#[derive(Clone, Debug)]
pub struct AuthorityRecord {
    /// Its name.
    pub name: String,
    /// Where the private key is.
    pub key_uri: String,
    /// The public key.
    pub public_key: PublicKey,
    /// When it was recorded.
    pub created: Time,
    /// The request for a superior CA, DER.
    pub request: Option<Vec<u8>>,
    /// The authority of the same subject whose place this key takes.
    pub succeeds: Option<String>,
    /// The certificate in use and the certificates above it, root last; none until one is installed.
    pub certificate: Option<Certified>,
}

impl Register {
    /// Records an authority.
    ///
    /// # Errors
    /// [`Error::AuthorityExists`] where the name or the key is taken.
    pub fn add_authority(&mut self, new: &NewAuthority<'_>, now: Time) -> Result<(), Error> {
        self.insert_authority(new, None, now)
    }

    /// Records an authority whose key takes the place of another's, under the same subject.
    ///
    /// # Errors
    /// [`Error::AuthorityExists`] where the name or the key is taken, [`Error::AuthorityUnknown`] where there is none
    /// to succeed.
    pub fn add_successor(&mut self, new: &NewAuthority<'_>, succeeds: &str, now: Time) -> Result<(), Error> {
        if self.authority(succeeds)?.is_none() {
            return Err(Error::AuthorityUnknown(succeeds.to_owned()));
        }
        self.insert_authority(new, Some(succeeds), now)
    }

    fn insert_authority(
        &mut self,
        new: &NewAuthority<'_>,
        succeeds: Option<&str>,
        now: Time,
    ) -> Result<(), Error> {
        let transaction = self.write()?;
        insert(&transaction, new, succeeds, now)?;
        Ok(transaction.commit()?)
    }

    /// Records a request that an authority made for a further certificate.
    ///
    /// # Errors
    /// [`Error::AuthorityUnknown`].
    pub fn add_request(&mut self, name: &str, request: &[u8], now: Time) -> Result<(), Error> {
        if self.authority(name)?.is_none() {
            return Err(Error::AuthorityUnknown(name.to_owned()));
        }
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO authority_request (entry, authority, time, request) VALUES (?1, ?2, ?3, ?4)",
            (journal::next(&transaction)?, name, now.unix(), request),
        )?;
        journal::append(&transaction, Kind::Request, now)?;
        Ok(transaction.commit()?)
    }

    /// Records a certificate for an authority's key; from now on it is the one in use. Whether the CA is fit to
    /// issue is for [`crate::pki::issuer::IssuingCa::new`] to say, before.
    ///
    /// # Errors
    /// [`Error::AuthorityUnknown`], [`Error::CertificateForOtherKey`].
    pub fn install_certificate(
        &mut self,
        name: &str,
        certificate: &Certificate,
        chain: &[Certificate],
        now: Time,
    ) -> Result<(), Error> {
        self.install_as(Role::Issues, name, (certificate, chain), now)
    }

    /// Records a certificate for an authority's key in a role.
    ///
    /// # Errors
    /// [`Error::AuthorityUnknown`], [`Error::CertificateForOtherKey`].
    pub fn install_as(
        &mut self,
        role: Role,
        name: &str,
        (certificate, chain): (&Certificate, &[Certificate]),
        now: Time,
    ) -> Result<(), Error> {
        let authority = self.authority(name)?.ok_or_else(|| Error::AuthorityUnknown(name.to_owned()))?;
        if *certificate.public_key() != authority.public_key {
            return Err(Error::CertificateForOtherKey(name.to_owned()));
        }
        let transaction = self.write()?;
        insert_certificate(&transaction, name, (certificate, chain), role, now)?;
        Ok(transaction.commit()?)
    }

    /// An authority by its name.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn authority(&self, name: &str) -> Result<Option<AuthorityRecord>, Error> {
        Ok(authorities(&self.connection, Some(name))?.pop())
    }

    /// The certificate that a plan was made under, with those above it as they were last recorded, even where another
    /// was installed since; `None` where no such certificate was ever installed for the plan's authority. A root's own
    /// plan names the root's key, because its certificate did not exist yet: it is the one that the plan made.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn certificate_of(&self, plan: &StoredPlan) -> Result<Option<Certified>, Error> {
        let named = match plan.kind {
            PlanKind::Root => match self.issued(plan, None, 1)?.pop() {
                Some(made) => made.certificate_sha256(),
                None => return Ok(None),
            },
            PlanKind::Batch | PlanKind::Cross | PlanKind::Link | PlanKind::Verification => plan.issuer_sha256,
        };
        let found = self.certificates_of(&plan.authority)?;
        let found = found.into_iter().find(|installed| installed.certificate.sha256() == named);
        Ok(found.map(|installed| (installed.certificate, installed.chain)))
    }

    /// All certificates for an authority's key, each as it was last recorded, the last recorded one first.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn certificates_of(&self, name: &str) -> Result<Vec<InstalledCertificate>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT certificate, chain, role, installed FROM authority_certificate WHERE authority = ?1 \
             ORDER BY entry DESC",
        )?;
        let mut rows = statement.query([name])?;
        let mut found: Vec<InstalledCertificate> = Vec::new();
        while let Some(row) = rows.next()? {
            let der: Vec<u8> = row.get(0)?;
            if found.iter().any(|later| later.certificate.der() == der) {
                continue;
            }
            found.push(InstalledCertificate {
                certificate: parse(&der)?,
                chain: parse_chain(&row.get::<_, Vec<u8>>(1)?)?,
                role: Role::from_name(&row.get::<_, String>(2)?)?,
                installed: journal::time(row.get(3)?)?,
            });
        }
        Ok(found)
    }

    /// All authorities, in the order they were recorded.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn authorities(&self) -> Result<Vec<AuthorityRecord>, Error> {
        authorities(&self.connection, None)
    }
}

/// Adds an authority to a transaction, with its entry.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    new: &NewAuthority<'_>,
    succeeds: Option<&str>,
    now: Time,
) -> Result<(), Error> {
    let taken: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM authority WHERE name = ?1 OR spki = ?2)",
        (new.name, new.public_key.spki()),
        |row| row.get(0),
    )?;
    if taken {
        return Err(Error::AuthorityExists(new.name.to_owned()));
    }
    transaction.execute(
        "INSERT INTO authority (entry, name, key_uri, algorithm, spki, created, request, succeeds) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            journal::next(transaction)?,
            new.name,
            new.key_uri,
            new.public_key.algorithm().to_string(),
            new.public_key.spki(),
            now.unix(),
            new.request,
            succeeds,
        ),
    )?;
    journal::append(transaction, Kind::Authority, now)
}

/// Adds a certificate of an authority to a transaction, with its entry.
pub(super) fn insert_certificate(
    transaction: &Transaction<'_>,
    name: &str,
    (certificate, chain): (&Certificate, &[Certificate]),
    role: Role,
    now: Time,
) -> Result<(), Error> {
    let chain: Vec<u8> = chain.iter().flat_map(|above| above.der().iter().copied()).collect();
    transaction.execute(
        "INSERT INTO authority_certificate (entry, authority, role, certificate, chain, installed) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (journal::next(transaction)?, name, role.name(), certificate.der(), chain, now.unix()),
    )?;
    journal::append(transaction, Kind::Certificate, now)
}

fn authorities(connection: &Connection, name: Option<&str>) -> Result<Vec<AuthorityRecord>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT name, key_uri, spki, created, request, succeeds FROM authority \
         WHERE ?1 IS NULL OR name = ?1 ORDER BY entry",
    )?;
    let mut rows = statement.query([name])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(connection, row)?);
    }
    Ok(records)
}

fn record(connection: &Connection, row: &Row<'_>) -> Result<AuthorityRecord, Error> {
    let name: String = row.get(0)?;
    let spki: Vec<u8> = row.get(2)?;
    let latest: Option<(Vec<u8>, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT certificate, chain FROM authority_certificate WHERE authority = ?1 \
             AND role = 'issues' ORDER BY entry DESC LIMIT 1",
        )?
        .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let certificate = latest
        .map(|(certificate, chain)| Ok::<_, Error>((parse(&certificate)?, parse_chain(&chain)?)))
        .transpose()?;
    Ok(AuthorityRecord {
        name,
        key_uri: row.get(1)?,
        public_key: public_key(&spki)?,
        created: journal::time(row.get(3)?)?,
        request: row.get(4)?,
        succeeds: row.get(5)?,
        certificate,
    })
}

/// A public key that stands in the register.
pub(super) fn public_key(spki: &[u8]) -> Result<PublicKey, Error> {
    PublicKey::from_spki(spki).map_err(|error| Error::Damaged(format!("the key of an authority: {error}")))
}

fn parse(der: &[u8]) -> Result<Certificate, Error> {
    Certificate::parse(der)
        .map_err(|error| Error::Damaged(format!("the certificate of an authority: {error}")))
}

/// The certificates of a concatenation of DER.
pub(super) fn parse_chain(octets: &[u8]) -> Result<Vec<Certificate>, Error> {
    let mut reader = Reader::new(octets);
    let mut chain = Vec::new();
    while !reader.is_empty() {
        if chain.len() == CHAIN_CERTIFICATES_MAX {
            return Err(Error::Damaged("the chain of an authority is too long".to_owned()));
        }
        let element =
            reader.any().map_err(|error| Error::Damaged(format!("the chain of an authority: {error}")))?;
        chain.push(parse(element.whole)?);
    }
    Ok(chain)
}
