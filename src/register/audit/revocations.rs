//! Revocations and CRLs: lawful acts on known certificates, and CRLs that say exactly what was recorded and lose nothing.

use super::super::{
    authority::{parse_chain, public_key},
    crl::{self, Coverage, CrlOrigin, CrlScope, EntriesOf, Members, Pace, PlansBound, Previous, StoredCrl},
    error::Error,
    journal,
    revocation::{self, Revoked},
    row_key,
};
use super::{Audit, AuditProgress};
use crate::pki::{
    certificate::Certificate,
    crl::{
        CrlEnd, CrlHead, CrlSerial, RevokedEntry,
        succession::{self, Leaving},
    },
    fingerprint::Digest,
    issuer::IssuingCa,
    time::Time,
};

/// Rows of revocations judged between two looks at the reins.
pub(super) const ROWS: u64 = 1024;

/// A row of `revocation` with what is known of its certificate.
struct Act {
    authority: String,
    serial: CrlSerial,
    state: Revoked,
    entry: i64,
    /// When the journal says that it was recorded.
    time: Time,
    taken_over: bool,
    /// The end of the certificate, and the entry by which it was known; `None` where nobody knows it.
    known: Option<(Option<Time>, i64, bool)>,
}

impl Audit<'_> {
    /// Each certificate's acts follow each other as they may, on a certificate that was known then.
    pub(super) fn revocations(&mut self) -> Result<(), Error> {
        let connection = self.connection;
        let mut statement = connection.prepare(&format!(
            "SELECT {}, authority, entry, journal.time, \
             journal.kind IN ('late-crl', 'listing', 'recovery', 'takeover') \
             FROM revocation LEFT JOIN journal ON journal.seq = revocation.entry ORDER BY authority, serial, number",
            revocation::COLUMNS
        ))?;
        let mut rows = statement.query([])?;
        let mut last: Option<Act> = None;
        let mut done = 0_u64;
        while let Some(row) = rows.next()? {
            let (serial, state) = revocation::read(row)?;
            let authority: String = row.get(5)?;
            let known = self.known(&authority, &serial)?;
            let act = Act {
                authority,
                serial,
                state,
                entry: row.get(6)?,
                time: journal::time(row.get::<_, Option<i64>>(7)?.unwrap_or(i64::MAX))?,
                taken_over: row.get::<_, Option<bool>>(8)?.unwrap_or(false),
                known,
            };
            let before = last
                .as_ref()
                .filter(|last| (&last.authority, last.serial) == (&act.authority, act.serial))
                .map(|last| last.state);
            if let Some(what) = fault(before, &act) {
                self.find(
                    "revocation",
                    format!("entry {}, certificate {} of {}: {what}", act.entry, act.serial, act.authority),
                );
            }
            last = Some(act);
            done += 1;
            if done.is_multiple_of(ROWS) {
                self.advance(0)?;
            }
        }
        self.report.revocations = done;
        Ok(())
    }

    /// Its end, where it was issued here and is known for certain; the entry with which it came; whether it is a root.
    fn known(&self, authority: &str, serial: &CrlSerial) -> Result<Option<(Option<Time>, i64, bool)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT planned.not_after, issued.entry, plan.kind = 'root' FROM planned JOIN issued USING (key) \
             JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?2 AND plan.authority = ?1 \
             UNION ALL SELECT NULL, entry, 0 FROM listed WHERE authority = ?1 AND serial = ?2 LIMIT 1",
        )?;
        let mut rows = statement.query((authority, serial.as_octets()))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let end = row.get::<_, Option<i64>>(0)?.map(journal::time).transpose()?;
        Ok(Some((end, row.get(1)?, row.get(2)?)))
    }

    /// RFC 5280 §4.1.2.2: what was issued elsewhere and what was planned here share no number of one issuer.
    pub(super) fn listed(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT listed.number, listed.authority FROM listed JOIN planned ON planned.serial = listed.serial \
             JOIN plan ON plan.number = planned.plan AND plan.authority = listed.authority",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, authority): (i64, String) = (row.get(0)?, row.get(1)?);
            self.find("serial", format!("listed certificate {number} of {authority} was planned here too"));
        }
        Ok(())
    }

    /// Every CRL is derived again from what was recorded, and held against its octets and the CRL before.
    pub(super) fn crls(&mut self) -> Result<(), Error> {
        self.pasts()?;
        let all = crl::all(self.connection)?;
        for (at, stored) in all.iter().enumerate() {
            let earlier = &all[..at];
            match self.crl(stored, earlier) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => self.find("crl", format!("{}: {error}", shown(stored))),
                Ok(()) => {}
            }
            self.advance(0)?;
        }
        self.report.crls = all.len() as u64;
        let mut statement = self.connection.prepare(
            "SELECT crl_delivery.entry FROM crl_delivery LEFT JOIN crl_issued USING (crl) \
             WHERE crl_issued.entry IS NULL OR crl_issued.entry >= crl_delivery.entry",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let entry: i64 = row.get(0)?;
            self.find("delivery", format!("entry {entry} delivers a CRL that was not signed before"));
        }
        Ok(())
    }

    fn crl(&mut self, stored: &StoredCrl, earlier: &[StoredCrl]) -> Result<(), Error> {
        let (head, end) = crl::read_tbs(self.connection, stored.row, &mut |_| Ok(()))?;
        let issuer = self.crl_issuer(stored)?;
        let coverage = self.coverage(stored)?;
        for what in differences(stored, &head, &end, issuer.as_ref().map(|(issuer, _)| issuer)) {
            self.find("crl", format!("{}: {what}", shown(stored)));
        }
        let previous = earlier
            .iter()
            .rev()
            .find(|before| (&before.authority, before.scope) == (&stored.authority, stored.scope));
        if stored.previous != previous.map(|before| before.row) {
            self.find("crl-succession", format!("{} does not name the CRL before it", shown(stored)));
        }
        if stored.origin == CrlOrigin::Elsewhere {
            self.brought(stored)?;
        } else {
            match issuer {
                None => self.find(
                    "crl",
                    format!("{} names a certificate that was not installed before", shown(stored)),
                ),
                Some((certificate, chain)) => self.crl_lint(stored, &coverage, certificate, chain)?,
            }
            self.crl_entries(stored, previous)?;
            self.first_crl(stored, previous)?;
        }
        if let Some(previous) = previous {
            self.crl_succession(stored, previous)?;
        }
        self.crl_signature(stored, &end, previous)
    }

    /// A CA whose key came from outside makes no CRL before it is known what it revoked elsewhere.
    fn pasts(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT DISTINCT crl.authority FROM crl JOIN adoption ON adoption.authority = crl.authority \
             LEFT JOIN takeover ON takeover.authority = crl.authority \
             WHERE takeover.entry IS NULL OR takeover.entry > crl.entry",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let authority: String = row.get(0)?;
            self.find("crl", format!("{authority} made a CRL before it was known what it revoked elsewhere"));
        }
        Ok(())
    }

    /// What a CRL is for: a partition is there before its CRLs.
    fn coverage(&mut self, stored: &StoredCrl) -> Result<Coverage, Error> {
        let there: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM crl_partition JOIN crl ON crl.authority = crl_partition.authority \
             AND crl.partition = crl_partition.idx WHERE crl.number = ?1 AND crl_partition.entry < crl.entry)",
            [stored.row],
            |row| row.get(0),
        )?;
        if stored.scope != CrlScope::Full && !there {
            self.find("crl", format!("{} is for a partition that was not there", shown(stored)));
        }
        Coverage::of(self.connection, &stored.authority, stored.scope, &PlansBound::Unasked)
    }

    /// The certificate that a CRL names, installed for its authority before the CRL was stored, and those above.
    fn crl_issuer(&self, stored: &StoredCrl) -> Result<Option<(Certificate, Vec<Certificate>)>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT certificate, chain FROM authority_certificate WHERE authority = ?1 \
             AND entry < (SELECT entry FROM crl WHERE number = ?2) ORDER BY entry DESC",
        )?;
        let mut rows = statement.query((&stored.authority, stored.row))?;
        while let Some(row) = rows.next()? {
            let der: Vec<u8> = row.get(0)?;
            if Digest::of(&der) == stored.issuer_sha256
                && let Ok(certificate) = Certificate::parse(&der)
            {
                return Ok(Some((certificate, parse_chain(&row.get::<_, Vec<u8>>(1)?)?)));
            }
        }
        Ok(None)
    }

    fn crl_lint(
        &mut self,
        stored: &StoredCrl,
        coverage: &Coverage,
        certificate: Certificate,
        chain: Vec<Certificate>,
    ) -> Result<(), Error> {
        let issuer = match IssuingCa::new(certificate, chain) {
            Ok(issuer) if issuer.signs_crls() => issuer,
            Ok(_) => {
                self.find("crl", format!("{}: its CA may not sign CRLs", shown(stored)));
                return Ok(());
            }
            Err(what) => {
                self.find("crl", format!("{}: {what}", shown(stored)));
                return Ok(());
            }
        };
        let Some(number) = &stored.number else {
            self.find("crl", format!("{} has no number", shown(stored)));
            return Ok(());
        };
        let expected = crl::expected_of(&issuer, number, stored.entries, coverage.point());
        match crl::lint_stored(self.connection, stored.row, expected, &mut Pace::unwatched()) {
            Err(error @ Error::Revocation(_)) => {
                self.find("crl", format!("{}: {error}", shown(stored)));
                Ok(())
            }
            other => other,
        }
    }

    /// The entries are those that the revocations recorded until then make, one for one.
    fn crl_entries(&mut self, stored: &StoredCrl, previous: Option<&StoredCrl>) -> Result<(), Error> {
        let before = previous.map(Previous::of);
        let revocations = i64::try_from(stored.revocations).unwrap_or(i64::MAX);
        let mut next = crl::entries_of(self.connection, stored.row)?;
        let mut wrong: Option<CrlSerial> = None;
        let at = AuditProgress { done: self.done, of: self.of };
        let mut watcher = |_| (self.progress)(at);
        let (plans, pace) = (&PlansBound::Unasked, &mut Pace::new(&mut watcher));
        let of = (stored.authority.as_str(), stored.scope);
        let members = Members::of(self.connection, of, (&self.divisions, plans), pace)?;
        let entries = EntriesOf { authority: &stored.authority, members: &members, plans };
        entries.each(self.connection, revocations, before, pace, &mut |expected: &RevokedEntry| {
            if wrong.is_none() && next()?.as_ref() != Some(expected) {
                wrong = Some(expected.serial);
            }
            Ok(())
        })?;
        if wrong.is_none() {
            wrong = next()?.map(|entry| entry.serial);
        }
        if let Some(serial) = wrong {
            self.find(
                "crl-entries",
                format!("{} does not list what was recorded: see {serial}", shown(stored)),
            );
        }
        // What was recorded before the CRL and is not looked at would be missing from it.
        let unseen: i64 = self.connection.query_row(
            "SELECT count(*) FROM revocation WHERE authority = ?1 AND number > ?2 \
             AND entry < (SELECT entry FROM crl WHERE number = ?3)",
            (&stored.authority, revocations, stored.row),
            |row| row.get(0),
        )?;
        if unseen > 0 {
            self.find("crl-entries", format!("{} leaves out {unseen} revocations before it", shown(stored)));
        }
        Ok(())
    }

    /// It loses nothing of the CRL before but what may leave, and that is recorded.
    fn crl_succession(&mut self, stored: &StoredCrl, previous: &StoredCrl) -> Result<(), Error> {
        let revocations = i64::try_from(stored.revocations).unwrap_or(i64::MAX);
        let connection = self.connection;
        let mut index = 0;
        let mut wrong = false;
        let mut left = |entry: &RevokedEntry, why: Leaving| -> Result<(), Error> {
            index += 1;
            let recorded: bool = connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM crl_left WHERE key = ?1 AND serial = ?2 AND why = ?3)",
                )?
                .query_row((row_key(stored.row, index), entry.serial.as_octets(), why.name()), |row| {
                    row.get(0)
                })?;
            wrong |= !recorded;
            Ok(())
        };
        let before = Previous::of(previous);
        let of = (stored.authority.as_str(), &PlansBound::Unasked);
        let new = (stored.row, revocations);
        let proved = crl::prove_stored(connection, of, before, new, &mut Pace::unwatched(), &mut left);
        match proved {
            Err(Error::Revocation(error)) => {
                self.find("crl-succession", format!("{}: {error}", shown(stored)));
            }
            Err(error) => return Err(error),
            Ok(counts) => {
                let rows: i64 = connection.query_row(
                    "SELECT count(*) FROM crl_left WHERE crl = ?1",
                    [stored.row],
                    |row| row.get(0),
                )?;
                if wrong || journal::number(rows)? != counts.left {
                    self.find("crl-left", format!("{} does not record what left it", shown(stored)));
                }
            }
        }
        Ok(())
    }

    fn crl_signature(
        &mut self,
        stored: &StoredCrl,
        end: &CrlEnd,
        previous: Option<&StoredCrl>,
    ) -> Result<(), Error> {
        let spki: Vec<u8> = self.connection.query_row(
            "SELECT spki FROM authority WHERE name = ?1",
            [&stored.authority],
            |row| row.get(0),
        )?;
        let issued = crl::issued(self.connection, "WHERE crl.number = ?1", [stored.row])?.pop();
        let Some(issued) = issued else { return Ok(()) };
        if public_key(&spki)?.verify_message(&end.message, issued.signature()).is_err() {
            self.find(
                "crl-signature",
                format!("the signature of {} does not verify with the authority's key", shown(stored)),
            );
        }
        let whole = crl::whole_sha256(self.connection, stored, end.message.algorithm(), issued.signature())?;
        if whole != issued.sha256() {
            self.find("crl", format!("{} is not the CRL that was recorded", shown(stored)));
        }
        // One after the other: a CRL is stored when the one before is signed.
        let early: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM crl LEFT JOIN crl_issued ON crl_issued.crl = ?1 \
             WHERE crl.number = ?2 AND (crl_issued.entry IS NULL OR crl_issued.entry >= crl.entry))",
            (previous.map_or(0, |previous| previous.row), previous.map_or(0, |_| stored.row)),
            |row| row.get(0),
        )?;
        if early {
            self.find("crl-succession", format!("{} came before the one before was signed", shown(stored)));
        }
        Ok(())
    }
}

pub(super) fn shown(stored: &StoredCrl) -> String {
    let number = stored.number.as_ref().map_or_else(|| "without a number".to_owned(), ToString::to_string);
    match stored.scope {
        CrlScope::Full => format!("CRL {number} of {}", stored.authority),
        CrlScope::Partition(index) => format!("CRL {number} of partition {index} of {}", stored.authority),
    }
}

/// What the columns say otherwise than the octets.
fn differences(
    stored: &StoredCrl,
    head: &CrlHead,
    end: &CrlEnd,
    issuer: Option<&Certificate>,
) -> Vec<&'static str> {
    let made_here = stored.origin != CrlOrigin::Elsewhere;
    [
        (end.tbs_sha256 == stored.tbs_sha256, "its octets do not have their digest"),
        (end.message.octets() == stored.tbs_octets, "it has another length"),
        (end.number == stored.number, "it has another number"),
        (end.entries == stored.entries, "it has another count of entries"),
        (head.this_update == stored.this_update, "it has another thisUpdate"),
        (head.next_update == stored.next_update, "it has another nextUpdate"),
        (
            issuer.is_none_or(|issuer| *issuer.subject() == head.issuer),
            "its issuer is not the subject of its authority",
        ),
        (!made_here || head.version == 2, "it is not of version 2"),
    ]
    .into_iter()
    .filter_map(|(same, what)| (!same).then_some(what))
    .collect()
}

/// What is wrong with an act after the one before.
fn fault(before: Option<Revoked>, act: &Act) -> Option<&'static str> {
    // A CRL that the authority's key signed, or the list that came with it, says so, whatever this register said of the
    // certificate.
    if act.taken_over {
        return None;
    }
    let follows = match (before, act.state) {
        (None | Some(Revoked::Released(_)), Revoked::Held(_) | Revoked::Revoked(_))
        | (Some(Revoked::Held(_)), Revoked::Released(_)) => true,
        (Some(Revoked::Revoked(before)), Revoked::Revoked(entry))
            if succession::becomes_worse(before.reason, entry.reason) =>
        {
            entry.date == before.date
        }
        // The same again, of its own moment, corrects what was recorded by a clock that ran ahead.
        (Some(Revoked::Held(ahead)), Revoked::Held(entry))
        | (Some(Revoked::Revoked(ahead)), Revoked::Revoked(entry)) => {
            ahead.date > act.time && entry.date == act.time && entry.reason == ahead.reason
        }
        (Some(Revoked::Held(held)), Revoked::Revoked(entry)) => entry.date == held.date.min(act.time),
        _ => false,
    };
    if !follows {
        return Some("the act does not follow from the one before");
    }
    let kept = before.as_ref().and_then(Revoked::entry).and_then(|entry| entry.invalidity_date);
    let kept = kept.filter(|date| *date <= act.time);
    if act.state.entry().is_some_and(|entry| !succession::keeps_invalidity(kept, entry.invalidity_date)) {
        return Some("it lost its invalidity date, or has a later one");
    }
    match act.known {
        // What stood of it before came with a CRL that was published, or was found already.
        None if before.is_some() => None,
        None => Some("no such certificate was issued"),
        Some((_, entry, _)) if entry >= act.entry => Some("it was issued later"),
        Some((_, _, true)) => Some("it is the CA's own root"),
        Some((Some(end), ..)) if act.state.entry().is_some() && end < act.time => Some("it had expired"),
        Some(_) => None,
    }
}
