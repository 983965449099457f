//! The audit: everything is derived again from the octets, and every difference is a finding.
//!
//! It believes nothing that the file says of itself: bodies of the journal are made again from the rows, digests from
//! the octets, signatures are verified with the authorities' keys, possession is proved again. It streams; a register
//! of any size needs the memory of one chunk.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use rusqlite::Connection;

use super::{
    Register, checkpoint,
    crl::Divisions,
    deeds::{self, HandedOver},
    digest_of,
    error::Error,
    journal::{self, Head, Kind},
    store,
};
use crate::pki::{
    certificate::Certificate,
    fingerprint::Digest,
    key::{PublicKey, SignatureAlgorithm},
    lint::waiver::Waiver,
    text::counted,
};

mod brought;
mod first_crl;
mod older;
mod plans;
mod revocations;
mod rows;

use first_crl::ActsOfPartitions;

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
    /// The authorities whose keys came from outside, in the order they moved in.
    pub adopted: Vec<String>,
    /// The entries by which an older register was accepted in the place of a later one.
    pub older: Vec<u64>,
    /// Plans.
    pub plans: u64,
    /// Planned certificates.
    pub planned: u64,
    /// Issued certificates.
    pub issued: u64,
    /// Refused and skipped requests.
    pub refused: u64,
    /// Approvals, of plans and of CRLs.
    pub approvals: u64,
    /// What was handed over.
    pub handed_over: HandedOver,
    /// Revocations, holds and releases.
    pub revocations: u64,
    /// CRLs.
    pub crls: u64,
    /// Checkpoints whose signature verified.
    pub checkpoints: u64,
    /// SHA-256 of the keys that signed them: compare with the audit key's.
    pub checkpoint_keys: Vec<Digest>,
    /// The newest entry that a checkpoint signs.
    pub signed_head: Option<u64>,
    /// Plans that set rules of the lint aside, with each rule and its reason; at most the first thousand.
    pub waived: Vec<(String, Waiver)>,
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
                adopted: Vec::new(),
                older: Vec::new(),
                plans: 0,
                planned: 0,
                issued: 0,
                refused: 0,
                approvals: 0,
                handed_over: HandedOver::default(),
                revocations: 0,
                waived: Vec::new(),
                crls: 0,
                checkpoints: 0,
                checkpoint_keys: Vec::new(),
                signed_head: None,
                findings: Vec::new(),
                findings_omitted: 0,
            },
            divisions: Divisions::default(),
            acts: BTreeMap::new(),
            progress,
            done: 0,
            of: 0,
        };
        for step in [
            Audit::file,
            Audit::counts,
            Audit::journal,
            Audit::authorities,
            Audit::older,
            Audit::plans,
            Audit::serials,
            Audit::listed,
            Audit::revocations,
            Audit::crls,
            Audit::first_crls,
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
    /// Its own: it believes nothing that was found before.
    divisions: Divisions,
    /// By the CA, once a CRL of one of its partitions was looked at.
    acts: BTreeMap<String, ActsOfPartitions>,
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
        let mut statement = self.connection.prepare("SELECT authority FROM adoption ORDER BY entry")?;
        self.report.adopted = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.report.plans = self.count("plan")?;
        self.report.planned = self.count("planned")?;
        self.report.issued = self.count("issued")?;
        self.report.refused = self.count("refused")?;
        self.report.approvals = deeds::approvals_after(self.connection, 0)?;
        self.report.handed_over = HandedOver::after(self.connection, 0)?;
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
                self.find(
                    "unbound-rows",
                    format!("{table} has {}, the journal binds {bound}", counted(rows, "row")),
                );
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
        let mut asked = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let chain = super::authority::parse_chain(&row.get::<_, Vec<u8>>(2)?);
            let key = super::authority::public_key(&row.get::<_, Vec<u8>>(3)?)?;
            let same = Certificate::parse(&row.get::<_, Vec<u8>>(1)?)
                .is_ok_and(|certificate| *certificate.public_key() == key);
            // Once for each CA, however many certificates it has.
            if asked.insert(name.clone()) && !super::adoption::follows(self.connection, &name, &key)? {
                self.find(
                    "adoption",
                    format!("the words typed for the key of {name} stand for something else"),
                );
            }
            if !same || chain.is_err() || key.algorithm().to_string() != row.get::<_, String>(4)? {
                self.find("authority", format!("the certificate of {name} is not for its key"));
            }
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
                    format!("plan {plan}: {} delivered, {issued} issued", counted(delivered, "certificate")),
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
