//! The audit: everything is derived again from the octets, and every difference is a finding.
//!
//! It believes nothing that the file says of itself: bodies of the journal are made again from the rows, digests from
//! the octets, signatures are verified with the authorities' keys, possession is proved again. It streams; a register
//! of any size needs the memory of one chunk.

use std::{collections::BTreeMap, ops::ControlFlow};

use rayon::prelude::*;
use rusqlite::{Connection, Row};

use super::{
    Register, checkpoint, digest_of,
    error::Error,
    issued::algorithm,
    journal::{self, Head, Kind},
    plan::{PlanKind, StoredPlan, recorded, select_plans},
    row_key, store,
};
use crate::pki::{
    certificate::{Certificate, join},
    fingerprint::Digest,
    key::{PublicKey, SignatureAlgorithm},
    plan::PlanDigest,
    profile::{Approval, DuplicateKeys},
    request::ParsedRequest,
    time::Time,
};

/// Rows that are read, then judged on all cores, before the next are read.
const CHUNK_ROWS: usize = 1024;

/// Findings that are kept one by one, so that a register that is wrong everywhere does not fill the memory; the
/// others are counted.
const FINDINGS_MAX: usize = 1000;

/// One difference between what the register says and what its octets say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditFinding {
    /// What kind, stable: docs/REGISTER-FORMAT.md lists them.
    pub id: &'static str,
    /// Where and what.
    pub message: String,
}

/// How far an audit is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuditProgress {
    /// Rows judged.
    pub done: u64,
    /// Rows there are.
    pub of: u64,
}

/// What an audit found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditReport {
    /// The newest entry. Compare it with one that was noted elsewhere: only that shows that nothing was cut off.
    pub head: Option<Head>,
    /// Plans.
    pub plans: u64,
    /// Planned certificates.
    pub planned: u64,
    /// Issued certificates.
    pub issued: u64,
    /// Refused and skipped requests.
    pub refused: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Checkpoints whose signature verified.
    pub checkpoints: u64,
    /// SHA-256 of the keys that signed them: compare with the audit key's.
    pub checkpoint_keys: Vec<Digest>,
    /// The newest entry that a checkpoint signs.
    pub signed_head: Option<u64>,
    /// What is wrong, at most the first thousand.
    pub findings: Vec<AuditFinding>,
    /// How many more.
    pub findings_omitted: u64,
}

impl AuditReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.findings.is_empty() && self.findings_omitted == 0
    }
}

impl Register {
    /// Audits the whole register as it stands at this moment; a writer beside is not disturbed.
    ///
    /// # Errors
    /// [`Error::Stopped`] where `progress` broke off. What is wrong with the register is in the report.
    pub fn audit(
        &self,
        progress: &mut dyn FnMut(AuditProgress) -> ControlFlow<()>,
    ) -> Result<AuditReport, Error> {
        // One transaction sees one state, whatever is recorded meanwhile.
        let transaction = self.connection.unchecked_transaction()?;
        let mut audit = Audit {
            connection: &transaction,
            register: self,
            report: AuditReport {
                head: None,
                plans: 0,
                planned: 0,
                issued: 0,
                refused: 0,
                deliveries: 0,
                checkpoints: 0,
                checkpoint_keys: Vec::new(),
                signed_head: None,
                findings: Vec::new(),
                findings_omitted: 0,
            },
            progress,
            done: 0,
            of: 0,
        };
        for step in [
            Audit::file,
            Audit::counts,
            Audit::journal,
            Audit::authorities,
            Audit::plans,
            Audit::serials,
            Audit::deliveries,
            Audit::checkpoints,
        ] {
            match step(&mut audit) {
                Ok(()) => {}
                Err(Error::Stopped) => return Err(Error::Stopped),
                // A step that cannot go on has found something; the others may find more.
                Err(error) => audit.find("damaged", error.to_string()),
            }
        }
        Ok(audit.report)
    }
}

struct Audit<'a> {
    connection: &'a Connection,
    register: &'a Register,
    report: AuditReport,
    progress: &'a mut dyn FnMut(AuditProgress) -> ControlFlow<()>,
    done: u64,
    of: u64,
}

impl Audit<'_> {
    fn find(&mut self, id: &'static str, message: String) {
        if self.report.findings.len() < FINDINGS_MAX {
            self.report.findings.push(AuditFinding { id, message });
        } else {
            self.report.findings_omitted += 1;
        }
    }

    fn advance(&mut self, rows: u64) -> Result<(), Error> {
        self.done += rows;
        match (self.progress)(AuditProgress { done: self.done, of: self.of }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped),
        }
    }

    /// The file itself: pages, indexes, constraints, foreign keys, schema.
    fn file(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(20)")?;
        let lines: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for line in lines.into_iter().filter(|line| line != "ok") {
            self.find("file", line);
        }
        let mut statement =
            self.connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
        let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for table in tables {
            self.find("file", format!("rows of {table} refer to rows that are not there"));
        }
        if let Some(difference) = store::schema_difference(self.connection)? {
            self.find("schema", difference);
        }
        Ok(())
    }

    fn counts(&mut self) -> Result<(), Error> {
        self.report.plans = self.count("plan")?;
        self.report.planned = self.count("planned")?;
        self.report.issued = self.count("issued")?;
        self.report.refused = self.count("refused")?;
        self.report.deliveries = self.count("delivery")?;
        self.of = self.report.planned + self.count("journal")?;
        self.advance(0)
    }

    fn count(&self, table: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) FROM {table}");
        journal::number(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// The chain of hashes, and every body made again from the rows; then that no row is outside every entry.
    fn journal(&mut self) -> Result<(), Error> {
        const ENTRIES: u32 = 256;
        let mut bound: BTreeMap<&str, u64> = BTreeMap::new();
        let mut head: Option<Head> = None;
        loop {
            let after = head.map_or(0, |head| head.entry);
            let entries = journal::entries(self.connection, after, ENTRIES)?;
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                let previous = head.map_or(Digest::from_octets([0; 32]), |head| head.hash);
                if entry.seq != head.map_or(1, |head| head.entry + 1) {
                    self.find("journal-gap", format!("entry {} does not follow entry {after}", entry.seq));
                }
                if entry.previous != previous {
                    self.find("journal-chain", format!("entry {} does not name the entry before", entry.seq));
                }
                if entry.computed_hash() != entry.hash {
                    self.find("journal-hash", format!("entry {} does not have its hash", entry.seq));
                }
                self.entry(entry, &mut bound)?;
                head = Some(Head { entry: entry.seq, hash: entry.hash });
            }
            self.advance(entries.len() as u64)?;
        }
        self.report.head = head;
        for &(table, _) in store::TABLES.iter().filter(|(table, _)| *table != "journal") {
            let rows = self.count(table)?;
            let bound = bound.get(table).copied().unwrap_or(0);
            if rows != bound {
                self.find("unbound-rows", format!("{table} has {rows} rows, the journal binds {bound}"));
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &journal::Entry, bound: &mut BTreeMap<&str, u64>) -> Result<(), Error> {
        let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
        let Some(kind) = Kind::from_name(&entry.kind) else {
            self.find("journal-kind", format!("entry {} is of no known kind", entry.seq));
            return Ok(());
        };
        if (kind == Kind::Register) != (seq == 1) {
            self.find("journal-kind", format!("entry {} is not what stands at its place", entry.seq));
        }
        match journal::body(self.connection, kind, seq) {
            Ok(body) if body == entry.body => {
                let body: serde_json::Value =
                    serde_json::from_str(&body).map_err(|error| Error::Damaged(error.to_string()))?;
                for (table, _) in kind.rows() {
                    *bound.entry(table).or_default() += body["rows"][table]["count"].as_u64().unwrap_or(0);
                }
            }
            Ok(_) => self.find(
                "journal-body",
                format!("entry {} ({}) does not say what the rows say", entry.seq, kind.name()),
            ),
            Err(error) => {
                self.find("journal-body", format!("entry {} ({}): {error}", entry.seq, kind.name()));
            }
        }
        Ok(())
    }

    fn authorities(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT authority, certificate, chain, spki, algorithm FROM authority_certificate \
             JOIN authority ON authority.name = authority_certificate.authority",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let chain = super::authority::parse_chain(&row.get::<_, Vec<u8>>(2)?);
            let key = super::authority::public_key(&row.get::<_, Vec<u8>>(3)?)?;
            let same = Certificate::parse(&row.get::<_, Vec<u8>>(1)?)
                .is_ok_and(|certificate| *certificate.public_key() == key);
            if !same || chain.is_err() || key.algorithm().to_string() != row.get::<_, String>(4)? {
                self.find("authority", format!("the certificate of {name} is not for its key"));
            }
        }
        Ok(())
    }

    fn plans(&mut self) -> Result<(), Error> {
        for plan in select_plans(self.connection, self.register.rehearsal, "", [])? {
            match self.plan(&plan) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => self.find("damaged", format!("plan {}: {error}", plan.id)),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn plan(&mut self, plan: &StoredPlan) -> Result<(), Error> {
        let context = self.plan_context(plan)?;
        let range = (row_key(plan.number, 0), row_key(plan.number, u64::MAX));
        let mut digest = PlanDigest::new(plan.issuer_sha256, plan.accepted);
        let mut statement = self.connection.prepare(
            "SELECT planned.idx, planned.serial, planned.spki_sha256, planned.not_before, planned.not_after, \
             planned.subject, planned.notes, planned.request_sha256, planned.tbs_sha256, planned.tbs, \
             planned.request, issued.certificate_sha256, issued.signature, issued.entry, planned.key \
             FROM planned LEFT JOIN issued USING (key) WHERE planned.key > ?1 AND planned.key <= ?2 \
             ORDER BY planned.key",
        )?;
        let mut rows = statement.query(range)?;
        let mut expected = 1;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK_ROWS);
            while chunk.len() < CHUNK_ROWS
                && let Some(row) = rows.next()?
            {
                let row = AuditRow::read(row)?;
                if row.index != expected {
                    self.find(
                        "plan-index",
                        format!("plan {}: {} where {expected} should stand", plan.id, row.index),
                    );
                }
                expected = row.index + 1;
                digest.add(Digest::of(&row.tbs));
                self.order(plan, &context, &row)?;
                chunk.push(row);
            }
            if chunk.is_empty() {
                break;
            }
            let faults: Vec<_> = chunk.par_iter().flat_map_iter(|row| row.faults(&context)).collect();
            for (id, index, message) in faults {
                self.find(id, format!("certificate {index} of plan {}: {message}", plan.id));
            }
            self.advance(chunk.len() as u64)?;
        }
        if digest.finish() != plan.digest {
            self.find("plan-digest", format!("plan {} does not have its digest", plan.id));
        }
        self.plan_counts(plan, expected - 1)
    }

    /// What a plan's rows are judged with.
    fn plan_context(&mut self, plan: &StoredPlan) -> Result<PlanContext, Error> {
        let spki: Vec<u8> = self.connection.query_row(
            "SELECT spki FROM authority WHERE name = ?1",
            [&plan.authority],
            |row| row.get(0),
        )?;
        let issuer = if plan.kind == PlanKind::Root {
            if Digest::of(&spki) != plan.issuer_sha256 {
                self.find("plan-issuer", format!("plan {} is not for the key of its authority", plan.id));
            }
            None
        } else {
            let issuer = self.installed(plan)?;
            if issuer.is_none() {
                self.find(
                    "plan-issuer",
                    format!("plan {} names a certificate that was not installed before", plan.id),
                );
            }
            issuer
        };
        let first_approval: Option<i64> = self.connection.query_row(
            "SELECT min(approval.entry) FROM approval JOIN plan ON plan.number = approval.plan \
             WHERE plan.number = ?1 AND approval.digest = plan.digest AND approval.entry > plan.entry",
            [plan.number],
            |row| row.get(0),
        )?;
        let wrong: i64 = self.connection.query_row(
            "SELECT count(*) FROM approval WHERE plan = ?1 AND (digest <> ?2 \
             OR (method = 'unattended profile' AND ?3) OR (method = 'command' AND ?4))",
            (
                plan.number,
                plan.digest.as_octets(),
                plan.approval == Approval::Typed,
                plan.kind == PlanKind::Batch || plan.accepted != 1,
            ),
            |row| row.get(0),
        )?;
        if wrong > 0 {
            self.find("approval", format!("plan {} has {wrong} approvals that do not fit it", plan.id));
        }
        Ok(PlanContext { key: super::authority::public_key(&spki)?, issuer, first_approval })
    }

    /// The certificate that a plan names, installed for its authority before the plan was stored.
    fn installed(&self, plan: &StoredPlan) -> Result<Option<Certificate>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT certificate FROM authority_certificate WHERE authority = ?1 \
             AND entry < (SELECT entry FROM plan WHERE number = ?2)",
        )?;
        let mut rows = statement.query((&plan.authority, plan.number))?;
        while let Some(row) = rows.next()? {
            let der: Vec<u8> = row.get(0)?;
            if Digest::of(&der) == plan.issuer_sha256 {
                return Ok(Certificate::parse(&der).ok());
            }
        }
        Ok(None)
    }

    /// That a certificate was issued after its plan was approved, and no key twice where the profile refuses that.
    fn order(&mut self, plan: &StoredPlan, context: &PlanContext, row: &AuditRow) -> Result<(), Error> {
        let Some(issued) = &row.issued else { return Ok(()) };
        if context.first_approval.is_none_or(|approval| approval >= issued.entry) {
            self.find(
                "unapproved",
                format!("certificate {} of plan {} was issued without an approval", row.index, plan.id),
            );
        }
        if plan.duplicate_keys == DuplicateKeys::Refuse {
            let twice: bool = self
                .connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM planned INDEXED BY planned_spki CROSS JOIN issued USING (key) \
                     WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) AND spki_sha256 = ?1 \
                     AND key <> ?2 AND (issued.entry < ?3 OR (issued.entry = ?3 AND key < ?2)))",
                )?
                .query_row((row.spki_sha256.as_octets(), row.key, issued.entry), |row| row.get(0))?;
            if twice {
                self.find(
                    "duplicate-key",
                    format!("the key of certificate {} of plan {} was certified before", row.index, plan.id),
                );
            }
        }
        Ok(())
    }

    fn plan_counts(&mut self, plan: &StoredPlan, planned: u64) -> Result<(), Error> {
        if planned != plan.accepted {
            self.find(
                "plan-counts",
                format!("plan {} has {planned} certificates and says {}", plan.id, plan.accepted),
            );
        }
        let (mut refused, mut skipped, mut expected) = (0, 0, 1);
        let mut statement = self.connection.prepare(
            "SELECT idx, verdict, findings FROM refused WHERE key > ?1 AND key <= ?2 ORDER BY key",
        )?;
        let mut rows = statement.query((row_key(plan.number, 0), row_key(plan.number, u64::MAX)))?;
        while let Some(row) = rows.next()? {
            let index = journal::number(row.get(0)?)?;
            let is_refused = row.get::<_, String>(1)? == "refused";
            *if is_refused { &mut refused } else { &mut skipped } += 1;
            let findings = recorded(&row.get::<_, String>(2)?);
            let reasoned = findings.is_ok_and(|findings| {
                !is_refused || findings.iter().any(|finding| finding.severity == "refuse")
            });
            if index != expected || !reasoned {
                self.find(
                    "refused",
                    format!("refused request {index} of plan {} is not in order or has no reason", plan.id),
                );
            }
            expected = index + 1;
        }
        if (refused, skipped) != (plan.refused, plan.skipped) {
            self.find(
                "plan-counts",
                format!(
                    "plan {} has {refused} refused and {skipped} skipped requests and says otherwise",
                    plan.id
                ),
            );
        }
        Ok(())
    }

    /// RFC 5280 §4.1.2.2: one certificate a serial number. Here of all issuers, because chance allows it.
    fn serials(&mut self) -> Result<(), Error> {
        let mut statement =
            self.connection.prepare("SELECT serial, plan, idx FROM planned ORDER BY serial")?;
        let mut rows = statement.query([])?;
        let mut last = Vec::new();
        while let Some(row) = rows.next()? {
            let serial: Vec<u8> = row.get(0)?;
            if serial == last {
                let (plan, index): (i64, i64) = (row.get(1)?, row.get(2)?);
                self.find(
                    "serial",
                    format!("certificate {index} of plan number {plan} has a serial number twice"),
                );
            }
            last = serial;
        }
        Ok(())
    }

    fn deliveries(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT plan.id, delivery.certificates, (SELECT count(*) FROM issued WHERE issued.key > plan.number << 32 \
             AND issued.key <= (plan.number << 32) + 4294967295 AND issued.entry < delivery.entry) \
             FROM delivery LEFT JOIN plan ON plan.number = delivery.plan",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (delivered, issued): (i64, i64) = (row.get(1)?, row.get(2)?);
            if delivered > issued {
                let plan: String = row.get(0)?;
                self.find(
                    "delivery",
                    format!("plan {plan}: {delivered} certificates delivered, {issued} issued"),
                );
            }
        }
        Ok(())
    }

    fn checkpoints(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT checkpoint.entry, checkpoint.head, checkpoint.hash, algorithm, spki, signature, journal.hash \
             FROM checkpoint LEFT JOIN journal ON journal.seq = checkpoint.head AND journal.seq < checkpoint.entry \
             ORDER BY checkpoint.entry",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let entry = journal::number(row.get(0)?)?;
            let head = Head { entry: journal::number(row.get(1)?)?, hash: digest_of(row.get(2)?) };
            let stands: Option<[u8; 32]> = row.get(6)?;
            let (algorithm, spki, signature): (Vec<u8>, Vec<u8>, Vec<u8>) =
                (row.get(3)?, row.get(4)?, row.get(5)?);
            let message = checkpoint::message(&self.register.id, &head);
            let verified = SignatureAlgorithm::from_der(&algorithm).is_some_and(|algorithm| {
                PublicKey::from_spki(&spki)
                    .is_ok_and(|key| key.verify(algorithm, &message, &signature).is_ok())
            });
            if !verified {
                self.find(
                    "checkpoint",
                    format!("the signature of the checkpoint of entry {entry} does not verify"),
                );
                continue;
            }
            if stands != Some(*head.hash.as_octets()) {
                self.find(
                    "checkpoint",
                    format!("entry {} is not the one that was signed in entry {entry}", head.entry),
                );
                continue;
            }
            self.report.checkpoints += 1;
            self.report.signed_head = self.report.signed_head.max(Some(head.entry));
            let key = Digest::of(&spki);
            if !self.report.checkpoint_keys.contains(&key) {
                self.report.checkpoint_keys.push(key);
            }
        }
        Ok(())
    }
}

struct PlanContext {
    key: PublicKey,
    issuer: Option<Certificate>,
    first_approval: Option<i64>,
}

struct AuditRow {
    key: i64,
    index: u64,
    serial: Vec<u8>,
    spki_sha256: Digest,
    not_before: Time,
    not_after: Time,
    subject: Vec<u8>,
    notes: String,
    request_sha256: Option<Digest>,
    tbs_sha256: Digest,
    tbs: Vec<u8>,
    request: Option<Vec<u8>>,
    issued: Option<IssuedPart>,
}

struct IssuedPart {
    certificate_sha256: Digest,
    signature: Vec<u8>,
    entry: i64,
}

impl AuditRow {
    fn read(row: &Row<'_>) -> Result<Self, Error> {
        let issued = match row.get::<_, Option<[u8; 32]>>(11)? {
            None => None,
            Some(digest) => Some(IssuedPart {
                certificate_sha256: digest_of(digest),
                signature: row.get(12)?,
                entry: row.get(13)?,
            }),
        };
        Ok(Self {
            key: row.get(14)?,
            index: journal::number(row.get(0)?)?,
            serial: row.get(1)?,
            spki_sha256: digest_of(row.get(2)?),
            not_before: journal::time(row.get(3)?)?,
            not_after: journal::time(row.get(4)?)?,
            subject: row.get(5)?,
            notes: row.get(6)?,
            request_sha256: row.get::<_, Option<[u8; 32]>>(7)?.map(digest_of),
            tbs_sha256: digest_of(row.get(8)?),
            tbs: row.get(9)?,
            request: row.get(10)?,
            issued,
        })
    }

    fn faults(&self, context: &PlanContext) -> Vec<(&'static str, u64, String)> {
        let mut faults = Vec::new();
        let mut fault = |id, message: String| faults.push((id, self.index, message));
        if Digest::of(&self.tbs) != self.tbs_sha256 {
            fault("tbs", "the planned octets do not have their digest".to_owned());
        }
        if self.request.as_deref().map(Digest::of) != self.request_sha256 {
            fault("request", "the request does not have its digest".to_owned());
        }
        if recorded(&self.notes).is_err() {
            fault("notes", "the notes cannot be read".to_owned());
        }
        if let Some(request) = &self.request {
            match ParsedRequest::parse(request).and_then(ParsedRequest::verify_possession) {
                Err(_) => fault("possession", "the request does not prove possession".to_owned()),
                Ok(request) if request.public_key().spki_sha256() != self.spki_sha256 => {
                    fault("request", "the request is for another key".to_owned());
                }
                Ok(_) => {}
            }
        }
        match algorithm(&self.tbs) {
            Err(error) => fault("tbs", error.to_string()),
            Ok(algorithm) => {
                // Planned octets are read as a certificate; without a signature one octet stands in its place.
                let signature = self.issued.as_ref().map_or(&[0][..], |issued| &issued.signature);
                let der = join(&self.tbs, algorithm, signature);
                match Certificate::parse(&der) {
                    Err(error) => fault("tbs", error.to_string()),
                    Ok(certificate) => self.fields(&certificate, context, &mut fault),
                }
                if let Some(issued) = &self.issued {
                    if Digest::of(&der) != issued.certificate_sha256 {
                        fault("certificate", "the certificate does not have its digest".to_owned());
                    }
                    if context.key.verify(algorithm, &self.tbs, &issued.signature).is_err() {
                        fault(
                            "signature",
                            "the signature does not verify with the authority's key".to_owned(),
                        );
                    }
                }
            }
        }
        faults
    }

    /// The columns that lists and searches show say what the octets say.
    fn fields(
        &self,
        certificate: &Certificate,
        context: &PlanContext,
        fault: &mut impl FnMut(&'static str, String),
    ) {
        let issuer = context.issuer.as_ref().map_or(certificate.subject(), Certificate::subject);
        for (same, column) in [
            (certificate.serial() == self.serial, "serial number"),
            (certificate.subject().der() == self.subject, "subject"),
            (certificate.not_before() == self.not_before, "notBefore"),
            (certificate.not_after() == self.not_after, "notAfter"),
            (certificate.public_key().spki_sha256() == self.spki_sha256, "key"),
            (certificate.issuer() == issuer, "issuer"),
        ] {
            if !same {
                fault("fields", format!("the {column} is not that of the planned octets"));
            }
        }
    }
}
