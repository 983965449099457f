//! The writer of a plan: everything in one transaction, and durable in one step.

use rusqlite::Transaction;

use super::super::{
    Register, Rehearsal,
    crl::add_partitions,
    digest_of,
    error::Error,
    journal::{self, Kind},
    row_key,
};
use super::{Earlier, PlanKind, StoredPlan, Verdict, earlier, issued_key, refused::written, select_plans};
use crate::pki::{
    block_list::asked::{self, AskedList},
    crl::CrlPoint,
    fingerprint::Digest,
    issuer::IssuingCa,
    lint::waiver::{Waiver, written as written_waivers},
    name::Name,
    plan::{PlanDigest, PlanStatement, PlannedCertificate},
    policy::{Finding, Refusal},
    profile::{Approval, DuplicateKeys},
    text::Printable,
    time::Time,
};

/// Most requests of each verdict in one plan: a hundred times the largest batch there is, and far below the 2^32
/// that the keys of rows could tell apart.
pub const PLAN_REQUESTS_MAX: u64 = 100_000_000;

/// Planned certificates of one subject that are looked at for an issued one: a million plans of one subject that were
/// never signed must not make each request read a million rows.
pub const SUBJECTS_LOOKED_AT: u32 = 256;

/// What is known of a plan before its first request.
#[derive(Clone, Copy, Debug)]
pub struct NewPlan<'a> {
    /// The name of the authority that will sign.
    pub authority: &'a str,
    /// What it is for.
    pub kind: PlanKind,
    /// The profile's name.
    pub profile: &'a str,
    /// The profile as it was configured, so that the record does not depend on a file.
    pub profile_text: &'a str,
    /// Rules of the lint that the profile sets aside: part of what the plan's digest says.
    pub waivers: &'a [Waiver],
    /// Whether it may be approved without typed words.
    pub approval: Approval,
    /// Whether a key may be certified twice.
    pub duplicate_keys: DuplicateKeys,
    /// The distribution points of the partitions that the profile divides its certificates among.
    pub crl_points: &'a [CrlPoint],
    /// The block lists that its keys were looked up in; `None` where they are judged against none, as a CA's own is.
    pub block_lists: Option<&'a [AskedList]>,
}

/// Who will have signed: part of what the plan's digest says.
#[derive(Clone, Copy, Debug)]
pub enum Issuer<'a> {
    /// A CA with an installed certificate.
    Certificate(&'a IssuingCa),
    /// The authority's own key, which has no certificate yet: a root. The digest of its `SubjectPublicKeyInfo` stands
    /// in the certificate's place.
    OwnKey,
}

/// Writes one plan, request by request, in one transaction. Dropped without [`PlanWriter::store`], nothing of it was
/// ever there.
#[derive(Debug)]
pub struct PlanWriter<'a> {
    transaction: Transaction<'a>,
    number: i64,
    new: OwnedNewPlan,
    block_lists: Option<String>,
    rehearsal: Rehearsal,
    created: Time,
    accepted: u64,
    refused: u64,
    skipped: u64,
    state: Writing,
}

/// Whether every request given to a writer is in its transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Writing {
    Whole,
    // After some errors (a full disk) SQLite has ended the transaction by itself: what was added next would be
    // durable at once, and what was stored would lack a request.
    Broken,
}

#[derive(Debug)]
struct OwnedNewPlan {
    authority: String,
    kind: PlanKind,
    profile: String,
    profile_text: String,
    waivers: Vec<Waiver>,
    approval: Approval,
    duplicate_keys: DuplicateKeys,
    crl_points: Vec<CrlPoint>,
}

impl Register {
    /// Begins a plan.
    ///
    /// # Errors
    /// [`Error::AuthorityUnknown`].
    pub fn begin_plan(&mut self, new: &NewPlan<'_>, now: Time) -> Result<PlanWriter<'_>, Error> {
        let rehearsal = self.rehearsal;
        let transaction = self.write()?;
        let known: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM authority WHERE name = ?1)",
            [new.authority],
            |row| row.get(0),
        )?;
        if !known {
            return Err(Error::AuthorityUnknown(new.authority.to_owned()));
        }
        let number =
            transaction.query_row("SELECT coalesce(max(number), 0) + 1 FROM plan", [], |row| row.get(0))?;
        Ok(PlanWriter {
            transaction,
            number,
            new: OwnedNewPlan {
                authority: new.authority.to_owned(),
                kind: new.kind,
                profile: new.profile.to_owned(),
                profile_text: new.profile_text.to_owned(),
                waivers: new.waivers.to_vec(),
                approval: new.approval,
                duplicate_keys: new.duplicate_keys,
                crl_points: new.crl_points.to_vec(),
            },
            block_lists: new.block_lists.map(asked::written),
            rehearsal,
            created: now,
            accepted: 0,
            refused: 0,
            skipped: 0,
            state: Writing::Whole,
        })
    }
}

/// A row of `planned`, as it is written.
pub(in crate::register) struct NewRow<'a> {
    pub source: &'a str,
    pub serial: &'a [u8],
    pub spki_sha256: Digest,
    pub not_before: Time,
    pub not_after: Time,
    pub subject: &'a Name,
    pub notes: &'a [Finding],
    pub request: Option<&'a [u8]>,
    pub tbs: &'a [u8],
}

impl PlanWriter<'_> {
    /// Whether a key stands in this batch already.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn holds_key(&self, spki_sha256: &Digest) -> Result<Option<Earlier>, Error> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT idx, source FROM planned INDEXED BY planned_spki WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) \
             AND spki_sha256 = ?1 AND key > ?2 LIMIT 1",
        )?;
        earlier(&mut statement, (spki_sha256.as_octets(), row_key(self.number, 0)), |row| {
            Ok((row.get(0)?, row.get(1)?, None))
        })
    }

    /// Whether a key was certified: the first certificate issued for it.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn issued_key(&self, spki_sha256: &Digest) -> Result<Option<Earlier>, Error> {
        issued_key(&self.transaction, spki_sha256)
    }

    /// Whether a subject stands in this batch already, as relying parties compare names.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn holds_subject(&self, subject: &Name) -> Result<Option<Earlier>, Error> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT idx, source FROM planned INDEXED BY planned_subject \
             WHERE substr(subject_sha256, 1, 8) = substr(?1, 1, 8) AND subject_sha256 = ?1 AND key > ?2 LIMIT 1",
        )?;
        let subject = subject.matching_sha256();
        earlier(&mut statement, (subject.as_octets(), row_key(self.number, 0)), |row| {
            Ok((row.get(0)?, row.get(1)?, None))
        })
    }

    /// Whether a certificate was issued for a subject under another plan, as relying parties compare names: one of the
    /// last 256 that were planned for it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn issued_subject(&self, subject: &Name) -> Result<Option<Earlier>, Error> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT named.idx, named.source, plan.id FROM (SELECT key, idx, source, plan FROM planned \
             INDEXED BY planned_subject WHERE substr(subject_sha256, 1, 8) = substr(?1, 1, 8) \
             AND subject_sha256 = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3) AS named \
             JOIN plan ON plan.number = named.plan \
             WHERE EXISTS (SELECT 1 FROM issued WHERE issued.key = named.key) LIMIT 1",
        )?;
        let subject = subject.matching_sha256();
        earlier(&mut statement, (subject.as_octets(), row_key(self.number, 0), SUBJECTS_LOOKED_AT), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }

    /// Adds a certificate to sign, with the request it is for (DER), if there was one.
    ///
    /// # Errors
    /// [`Error::SerialUsed`], [`Error::DiskFull`], [`Error::PlanTooLarge`]. The plan cannot be stored after an error.
    pub fn add(
        &mut self,
        source: &str,
        request: Option<&[u8]>,
        planned: &PlannedCertificate,
    ) -> Result<(), Error> {
        self.add_row(&NewRow {
            source,
            serial: planned.serial().as_octets(),
            spki_sha256: planned.spki_sha256(),
            not_before: planned.not_before(),
            not_after: planned.not_after(),
            subject: planned.subject(),
            notes: planned.notes(),
            request,
            tbs: planned.tbs(),
        })
    }

    pub(in crate::register) fn add_row(&mut self, new: &NewRow<'_>) -> Result<(), Error> {
        self.check_whole()?;
        self.accepted += 1;
        let added = self.insert_planned(new);
        self.note_failure(added)
    }

    fn check_whole(&self) -> Result<(), Error> {
        match self.state {
            Writing::Whole => Ok(()),
            Writing::Broken => Err(Error::PlanBroken),
        }
    }

    fn note_failure(&mut self, added: Result<(), Error>) -> Result<(), Error> {
        if added.is_err() {
            self.state = Writing::Broken;
        }
        added
    }

    fn insert_planned(&self, new: &NewRow<'_>) -> Result<(), Error> {
        if self.accepted > PLAN_REQUESTS_MAX {
            return Err(Error::PlanTooLarge);
        }
        if self.issued_elsewhere(new.serial)? {
            return Err(Error::SerialUsed(crate::pki::fingerprint::hex(new.serial)));
        }
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO planned (key, plan, idx, source, serial, spki_sha256, not_before, not_after, subject, \
             subject_sha256, notes, request_sha256, tbs_sha256, tbs, request) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let added = statement.execute((
            row_key(self.number, self.accepted),
            self.number,
            signed(self.accepted),
            new.source,
            new.serial,
            new.spki_sha256.as_octets(),
            new.not_before.unix(),
            new.not_after.unix(),
            new.subject.der(),
            new.subject.matching_sha256().as_octets(),
            written(new.notes),
            new.request.map(|request| *Digest::of(request).as_octets()),
            Digest::of(new.tbs).as_octets(),
            new.tbs,
            new.request,
        ));
        match added {
            Ok(_) => Ok(()),
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
                    && self.holds_serial(new.serial)? =>
            {
                Err(Error::SerialUsed(crate::pki::fingerprint::hex(new.serial)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the authority gave this number before it moved in here (RFC 5280 §4.1.2.2).
    fn issued_elsewhere(&self, serial: &[u8]) -> Result<bool, Error> {
        Ok(self
            .transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM listed WHERE authority = ?1 AND serial = ?2) \
                 OR EXISTS (SELECT 1 FROM revocation WHERE authority = ?1 AND serial = ?2)",
            )?
            .query_row((&self.new.authority, serial), |row| row.get(0))?)
    }

    fn holds_serial(&self, serial: &[u8]) -> Result<bool, Error> {
        Ok(self.transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM planned WHERE serial = ?1)",
            [serial],
            |row| row.get(0),
        )?)
    }

    /// Adds a request that is not to be signed; `sha256` of its octets, where they could be read.
    ///
    /// # Errors
    /// As [`PlanWriter::add`].
    pub fn refuse(&mut self, source: &str, sha256: Option<Digest>, refusal: &Refusal) -> Result<(), Error> {
        self.check_whole()?;
        self.refused += 1;
        let subject = refusal.subject.as_ref().map(Printable::as_str);
        let algorithm = refusal.key.map(|key| key.to_string());
        let read = (subject, algorithm.as_deref());
        let added = self.insert_refused(Verdict::Refused, source, sha256, read, &refusal.findings);
        self.note_failure(added)
    }

    /// Adds what is no request at all.
    ///
    /// # Errors
    /// As [`PlanWriter::add`].
    pub fn skip(&mut self, source: &str, sha256: Option<Digest>, reason: &Finding) -> Result<(), Error> {
        self.check_whole()?;
        self.skipped += 1;
        let findings = std::slice::from_ref(reason);
        let added = self.insert_refused(Verdict::Skipped, source, sha256, (None, None), findings);
        self.note_failure(added)
    }

    fn insert_refused(
        &self,
        verdict: Verdict,
        source: &str,
        sha256: Option<Digest>,
        (subject, algorithm): (Option<&str>, Option<&str>),
        findings: &[Finding],
    ) -> Result<(), Error> {
        let index = self.refused + self.skipped;
        if index > PLAN_REQUESTS_MAX {
            return Err(Error::PlanTooLarge);
        }
        self.transaction
            .prepare_cached(
                "INSERT INTO refused (key, plan, idx, verdict, source, sha256, subject, algorithm, findings) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                row_key(self.number, index),
                self.number,
                signed(index),
                verdict.name(),
                source,
                sha256.map(|digest| *digest.as_octets()),
                subject,
                algorithm,
                written(findings),
            ))?;
        Ok(())
    }

    /// Makes the plan durable. From now on it can be approved; it can never be changed.
    ///
    /// # Errors
    /// [`Error::CertificateForOtherKey`], [`Error::CertificateNotInstalled`], [`Error::DiskFull`],
    /// [`Error::PlanBroken`] after an error of [`PlanWriter::add`]; nothing is stored then.
    pub fn store(self, issuer: Issuer<'_>, now: Time) -> Result<StoredPlan, Error> {
        self.check_whole()?;
        let issuer_sha256 = self.issuer_sha256(issuer)?;
        let digest = self.digest(issuer_sha256)?;
        let id = self.unused_id(digest)?;
        let Self {
            transaction,
            number,
            new,
            block_lists,
            rehearsal,
            created,
            accepted,
            refused,
            skipped,
            ..
        } = self;
        add_partitions(&transaction, &new.authority, &new.crl_points)?;
        transaction.execute(
            "INSERT INTO plan (number, entry, id, authority, kind, profile, profile_text, waivers, approval, \
             duplicate_keys, created, issuer_sha256, accepted, refused, skipped, digest, block_lists) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            rusqlite::params![
                number,
                journal::next(&transaction)?,
                id,
                new.authority,
                new.kind.name(),
                new.profile,
                new.profile_text,
                written_waivers(&new.waivers),
                match new.approval {
                    Approval::Typed => "typed",
                    Approval::Unattended => "unattended",
                },
                match new.duplicate_keys {
                    DuplicateKeys::Note => "note",
                    DuplicateKeys::Refuse => "refuse",
                },
                created.unix(),
                issuer_sha256.as_octets(),
                signed(accepted),
                signed(refused),
                signed(skipped),
                digest.as_octets(),
                block_lists,
            ],
        )?;
        journal::append(&transaction, Kind::Plan, now)?;
        let mut plans = select_plans(&transaction, rehearsal, "WHERE number = ?1", [number])?;
        let plan =
            plans.pop().ok_or_else(|| Error::Damaged("a plan that was just stored is missing".to_owned()))?;
        transaction.commit()?;
        Ok(plan)
    }

    fn issuer_sha256(&self, issuer: Issuer<'_>) -> Result<Digest, Error> {
        let name = &self.new.authority;
        let spki: Vec<u8> =
            self.transaction
                .query_row("SELECT spki FROM authority WHERE name = ?1", [name], |row| row.get(0))?;
        match issuer {
            Issuer::OwnKey => Ok(Digest::of(&spki)),
            Issuer::Certificate(ca) => {
                if ca.certificate().public_key().spki() != spki {
                    return Err(Error::CertificateForOtherKey(name.clone()));
                }
                let installed: bool = self.transaction.query_row(
                    "SELECT EXISTS (SELECT 1 FROM authority_certificate WHERE authority = ?1 AND certificate = ?2)",
                    (name, ca.certificate().der()),
                    |row| row.get(0),
                )?;
                if !installed {
                    return Err(Error::CertificateNotInstalled(name.clone()));
                }
                Ok(ca.certificate().sha256())
            }
        }
    }

    fn digest(&self, issuer_sha256: Digest) -> Result<Digest, Error> {
        let mut digest = PlanDigest::new(&PlanStatement {
            standing: self.rehearsal.standing(),
            profile: &self.new.profile,
            issuer_sha256,
            count: self.accepted,
            waivers: &self.new.waivers,
        });
        let mut statement = self.transaction.prepare_cached(
            "SELECT tbs_sha256, source FROM planned WHERE key > ?1 AND key <= ?2 ORDER BY key",
        )?;
        let mut rows = statement.query((row_key(self.number, 0), row_key(self.number, u64::MAX)))?;
        while let Some(row) = rows.next()? {
            digest.add(digest_of(row.get(0)?), &row.get::<_, String>(1)?);
        }
        Ok(digest.finish())
    }

    /// Eight digits of the digest tell plans apart; should two share them, more digits do.
    fn unused_id(&self, digest: Digest) -> Result<String, Error> {
        let digits = digest.to_string();
        let (year, month, day, ..) = self.created.civil();
        for length in (8..=digits.len()).step_by(4) {
            let id = format!("p-{year:04}{month:02}{day:02}-{}", &digits[..length]);
            let used: bool = self.transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM plan WHERE id = ?1)",
                [&id],
                |row| row.get(0),
            )?;
            if !used {
                return Ok(id);
            }
        }
        Err(Error::Damaged("a plan with the same digest is stored already".to_owned()))
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
