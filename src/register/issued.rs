//! Issuance: planned octets handed out to be signed, and signed certificates recorded.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    Register,
    approval::ApprovedPlan,
    digest_of,
    error::Error,
    journal::{self, Kind, number, time},
    plan::StoredPlan,
    row_key,
};
use crate::pki::{
    certificate::{SignedCertificate, join},
    der::{self, Reader, tag},
    fingerprint::Digest,
    key::SignatureAlgorithm,
    name::Name,
    profile::DuplicateKeys,
    text::Printable,
    time::Time,
};

/// Planned octets that are not signed yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedRow {
    /// The place in the plan, from 1.
    pub index: u64,
    /// The `TBSCertificate`, DER.
    pub tbs: Vec<u8>,
}

/// A certificate that is signed, checked and recorded: the only thing that may leave. Made by the register only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedCertificate {
    plan: String,
    index: u64,
    source: String,
    serial: Vec<u8>,
    subject: Name,
    der: Vec<u8>,
    not_before: Time,
    not_after: Time,
    spki_sha256: Digest,
    certificate_sha256: Digest,
}

impl IssuedCertificate {
    /// The plan's id.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }
    /// The place in the plan, from 1.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }
    /// Where the request came from, as it was given: text from outside.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
    /// The serial number's content octets.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }
    /// The certificate, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// notBefore.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.not_before
    }
    /// notAfter.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.not_after
    }
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki_sha256(&self) -> Digest {
        self.spki_sha256
    }
    /// SHA-256 of the certificate.
    #[must_use]
    pub fn certificate_sha256(&self) -> Digest {
        self.certificate_sha256
    }
}

/// The columns that [`planned_part`] reads, in its order.
const PLANNED_COLUMNS: &str = "planned.idx, planned.source, planned.serial, planned.subject, planned.not_before, \
     planned.not_after, planned.spki_sha256, planned.tbs_sha256, planned.tbs";

/// How many columns that is.
const PLANNED_COUNT: usize = 9;

impl Register {
    /// Planned certificates that are not issued yet, in order, after an index, at most `limit`. Every TBS is digested
    /// again before it is handed out.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the octets are not those that were stored.
    pub fn unissued(
        &self,
        plan: &ApprovedPlan,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PlannedRow>, Error> {
        let plan = plan.plan();
        let mut statement = self.connection.prepare_cached(
            "SELECT idx, tbs_sha256, tbs FROM planned WHERE key > ?1 AND key <= ?2 \
             AND NOT EXISTS (SELECT 1 FROM issued WHERE issued.key = planned.key) ORDER BY key LIMIT ?3",
        )?;
        let range = (row_key(plan.number, after.unwrap_or(0)), row_key(plan.number, u64::MAX), limit);
        let mut rows = statement.query(range)?;
        let mut unissued = Vec::new();
        while let Some(row) = rows.next()? {
            let index = number(row.get(0)?)?;
            let tbs: Vec<u8> = row.get(2)?;
            checked_tbs(&plan.id, index, digest_of(row.get(1)?), &tbs)?;
            unissued.push(PlannedRow { index, tbs });
        }
        Ok(unissued)
    }

    /// How many certificates of a plan are issued.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn issued_count(&self, plan: &StoredPlan) -> Result<u64, Error> {
        number(
            self.connection
                .prepare_cached("SELECT count(*) FROM issued WHERE key > ?1 AND key <= ?2")?
                .query_row((row_key(plan.number, 0), row_key(plan.number, u64::MAX)), |row| row.get(0))?,
        )
    }

    /// Whether a plan may be signed now: the journal binds all its rows as they are, its digest is derived again from
    /// every stored TBS and source, and no planned key was certified meanwhile under another plan, unless the plan's profile takes that.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::KeyCertified`].
    pub fn check_signable(&self, plan: &ApprovedPlan) -> Result<(), Error> {
        let plan = plan.plan();
        self.check_bound(plan)?;
        let mut digest = plan.begin_digest();
        let mut statement = self.connection.prepare_cached(
            "SELECT idx, tbs_sha256, tbs, spki_sha256, source FROM planned WHERE key > ?1 AND key <= ?2 \
             ORDER BY key",
        )?;
        let mut rows = statement.query((row_key(plan.number, 0), row_key(plan.number, u64::MAX)))?;
        while let Some(row) = rows.next()? {
            let index = number(row.get(0)?)?;
            let tbs = row.get_ref(2)?.as_blob().map_err(|error| Error::Damaged(error.to_string()))?;
            let tbs_sha256 = digest_of(row.get(1)?);
            checked_tbs(&plan.id, index, tbs_sha256, tbs)?;
            let source: String = row.get(4)?;
            digest.add(tbs_sha256, &source);
            if plan.duplicate_keys == DuplicateKeys::Refuse
                && is_certified_elsewhere(&self.connection, plan.number, index, row.get(3)?)?
            {
                let source_name = Printable::new(&source).to_string();
                return Err(Error::KeyCertified { plan: plan.id.clone(), index, source_name });
            }
        }
        if digest.finish() != plan.digest {
            return Err(Error::Damaged(format!(
                "plan {} does not have the digest that was approved",
                plan.id
            )));
        }
        Ok(())
    }

    /// Whether a plan may be delivered now: the journal binds its rows as they are, with who asked for what and what was
    /// refused, and the rows of its certificates.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn check_delivered(&self, plan: &StoredPlan) -> Result<(), Error> {
        self.check_bound(plan)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT entry FROM issued WHERE key > ?1 AND key <= ?2 ORDER BY entry",
        )?;
        let mut rows = statement.query((row_key(plan.number, 0), row_key(plan.number, u64::MAX)))?;
        while let Some(row) = rows.next()? {
            journal::check_entry(&self.connection, row.get(0)?, Kind::Issued)?;
        }
        Ok(())
    }

    fn check_bound(&self, plan: &StoredPlan) -> Result<(), Error> {
        let entry =
            self.connection
                .query_row("SELECT entry FROM plan WHERE number = ?1", [plan.number], |row| row.get(0))?;
        journal::check_entry(&self.connection, entry, Kind::Plan)
    }

    /// Records signed certificates of a plan in one transaction: all of them, or on any error none.
    ///
    /// # Errors
    /// [`Error::AlreadyIssued`], [`Error::NotPlanned`], [`Error::UnplannedOctets`], [`Error::DiskFull`]. The caller
    /// keeps the signatures and tries again.
    pub fn record_issued(
        &mut self,
        plan: &ApprovedPlan,
        signed: &[(u64, SignedCertificate)],
        now: Time,
    ) -> Result<Vec<IssuedCertificate>, Error> {
        let group: Vec<_> = signed.iter().map(|(index, one)| (*index, one.signature(), one.der())).collect();
        self.record_group(plan, &group, now)
    }

    pub(super) fn record_group(
        &mut self,
        plan: &ApprovedPlan,
        group: &[(u64, &[u8], &[u8])],
        now: Time,
    ) -> Result<Vec<IssuedCertificate>, Error> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.as_stored(plan.plan())?;
        let transaction = self.write()?;
        let entry = journal::next(&transaction)?;
        let mut issued = Vec::with_capacity(group.len());
        for &(index, signature, der) in group {
            let key = row_key(plan.number, index);
            let certificate = planned(&transaction, &plan, index)?.with_signature(signature)?;
            if certificate.der != der {
                return Err(Error::UnplannedOctets { plan: plan.id, index });
            }
            let recorded = transaction
                .prepare_cached(
                    "INSERT INTO issued (key, entry, time, certificate_sha256, signature) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((key, entry, now.unix(), certificate.certificate_sha256.as_octets(), signature));
            match recorded {
                Ok(_) => issued.push(certificate),
                Err(error)
                    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
                        && is_issued(&transaction, key)? =>
                {
                    return Err(Error::AlreadyIssued { plan: plan.id, index });
                }
                Err(error) => return Err(error.into()),
            }
        }
        journal::append(&transaction, Kind::Issued, now)?;
        transaction.commit()?;
        Ok(issued)
    }

    /// Issued certificates of a plan, in order, after an index, at most `limit`. Each is joined again from its parts
    /// and compared with the digest that was recorded.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn issued(
        &self,
        plan: &StoredPlan,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<IssuedCertificate>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {PLANNED_COLUMNS}, issued.certificate_sha256, issued.signature \
             FROM issued JOIN planned USING (key) WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3"
        ))?;
        let mut rows = statement.query((
            row_key(plan.number, after.unwrap_or(0)),
            row_key(plan.number, u64::MAX),
            limit,
        ))?;
        let mut issued = Vec::new();
        while let Some(row) = rows.next()? {
            issued.push(joined(row, &plan.id)?);
        }
        Ok(issued)
    }

    /// One issued certificate by its place in a plan.
    ///
    /// # Errors
    /// [`Error::NotPlanned`] where it is not issued; [`Error::Damaged`].
    pub fn certificate(&self, plan: &StoredPlan, index: u64) -> Result<IssuedCertificate, Error> {
        self.issued(plan, Some(index.saturating_sub(1)), 1)?
            .pop()
            .filter(|certificate| certificate.index == index)
            .ok_or_else(|| Error::NotPlanned { plan: plan.id.clone(), index })
    }
}

fn joined(row: &Row<'_>, plan: &str) -> Result<IssuedCertificate, Error> {
    let signature: Vec<u8> = row.get(PLANNED_COUNT + 1)?;
    let certificate = planned_part(row, plan)?.with_signature(&signature)?;
    if certificate.certificate_sha256 != digest_of(row.get(PLANNED_COUNT)?) {
        return Err(Error::Damaged(format!(
            "certificate {} of plan {plan} is not the one that was recorded",
            certificate.index
        )));
    }
    Ok(certificate)
}

/// A planned row whose TBS was digested again; it lacks its signature.
struct Planned {
    certificate: IssuedCertificate,
    tbs: Vec<u8>,
}

impl Planned {
    fn with_signature(self, signature: &[u8]) -> Result<IssuedCertificate, Error> {
        let der = join(&self.tbs, algorithm(&self.tbs)?, signature);
        Ok(IssuedCertificate { certificate_sha256: Digest::of(&der), der, ..self.certificate })
    }
}

fn planned(connection: &Connection, plan: &StoredPlan, index: u64) -> Result<Planned, Error> {
    let not_planned = || Error::NotPlanned { plan: plan.id.clone(), index };
    if index == 0 || index > plan.accepted {
        return Err(not_planned());
    }
    connection
        .prepare_cached(&format!("SELECT {PLANNED_COLUMNS} FROM planned WHERE key = ?1"))?
        .query_row([row_key(plan.number, index)], |row| Ok(planned_part(row, &plan.id)))
        .optional()?
        .ok_or_else(not_planned)?
}

fn planned_part(row: &Row<'_>, plan: &str) -> Result<Planned, Error> {
    let index = number(row.get(0)?)?;
    let subject: Vec<u8> = row.get(3)?;
    let tbs_sha256 = digest_of(row.get(7)?);
    let tbs: Vec<u8> = row.get(8)?;
    checked_tbs(plan, index, tbs_sha256, &tbs)?;
    let certificate = IssuedCertificate {
        plan: plan.to_owned(),
        index,
        source: row.get(1)?,
        serial: row.get(2)?,
        subject: Name::parse(&subject)
            .map_err(|error| Error::Damaged(format!("certificate {index} of plan {plan}: {error}")))?,
        der: Vec::new(),
        not_before: time(row.get(4)?)?,
        not_after: time(row.get(5)?)?,
        spki_sha256: digest_of(row.get(6)?),
        certificate_sha256: tbs_sha256,
    };
    Ok(Planned { certificate, tbs })
}

pub(super) fn checked_tbs(plan: &str, index: u64, expected: Digest, tbs: &[u8]) -> Result<(), Error> {
    if Digest::of(tbs) == expected {
        return Ok(());
    }
    Err(Error::Damaged(format!(
        "the octets of certificate {index} of plan {plan} are not those that were planned"
    )))
}

fn is_issued(connection: &Connection, key: i64) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM issued WHERE key = ?1)")?
        .query_row([key], |row| row.get(0))?)
}

/// Whether a planned key stands earlier in its plan, or is issued under another plan.
fn is_certified_elsewhere(
    connection: &Connection,
    plan: i64,
    index: u64,
    spki_sha256: [u8; 32],
) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM planned INDEXED BY planned_spki WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) \
             AND spki_sha256 = ?1 AND ((plan = ?2 AND key < ?3) OR \
             (plan <> ?2 AND EXISTS (SELECT 1 FROM issued WHERE issued.key = planned.key))))",
        )?
        .query_row((spki_sha256, plan, row_key(plan, index)), |row| row.get(0))?)
}

/// The signature algorithm that TBS octets name (RFC 5280 §4.1.2.3).
pub(super) fn algorithm(tbs: &[u8]) -> Result<SignatureAlgorithm, Error> {
    let malformed = |error: der::DerError| Error::Damaged(format!("planned octets: {error}"));
    let mut reader = Reader::new(tbs).sequence("TBSCertificate").map_err(malformed)?;
    reader.optional(tag::context_constructed(0)).map_err(malformed)?;
    reader.integer("serialNumber").map_err(malformed)?;
    let algorithm = reader.expect(tag::SEQUENCE, "signature").map_err(malformed)?;
    SignatureAlgorithm::from_der(algorithm.whole)
        .ok_or_else(|| Error::Damaged("planned octets name an unknown signature algorithm".to_owned()))
}
