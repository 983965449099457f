//! How the CRLs of the CAs stand: which is the latest, when the next one is due, what waits for it.

use crate::{
    pki::{
        crl::{CrlNumber, CrlSerial},
        fingerprint::Digest,
        text::{Printable, counted},
        time::{DAY_SECONDS, Time},
    },
    register::{self, CrlOrigin, CrlScope, IssuedCrl, Revoked},
};

use super::{
    super::{
        error::Error,
        opening::{Appliance, now},
    },
    PreparedCrl, crl_id, crl_words,
};

/// Days before nextUpdate from which a CRL is called due soon at the earliest: an offline CA is visited about once a
/// month. One that is short-lived is due soon when a third of its own time is left.
const CRL_SOON_DAYS: i64 = 31;

/// Changes that are told one by one, at most: a few screens.
const CHANGES_MAX: usize = 100;

/// Whether relying parties have a CRL that is still good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrlFreshness {
    /// The next one is due in so many seconds, which is not soon.
    Good(i64),
    /// No CRL was ever made, or the latest, made elsewhere, names no end.
    Never,
    /// The latest one ended so many seconds ago: relying parties refuse every certificate of the CA, or check none.
    Overdue(i64),
    /// The next one is due in so many seconds.
    Soon(i64),
}

impl CrlFreshness {
    pub(super) fn of(latest: Option<&IssuedCrl>, now: Time) -> Self {
        let Some((this, next)) =
            latest.and_then(|latest| Some((latest.stored().this_update, latest.stored().next_update?)))
        else {
            return Self::Never;
        };
        Self::between(this, next, now)
    }

    fn between(this_update: Time, next_update: Time, now: Time) -> Self {
        let soon = (CRL_SOON_DAYS * DAY_SECONDS).min((next_update.unix() - this_update.unix()) / 3);
        match next_update.unix() - now.unix() {
            left if left < 0 => Self::Overdue(-left),
            left if left <= soon => Self::Soon(left),
            left => Self::Good(left),
        }
    }

    /// Whether the next one is to be made now, or was to be there already.
    pub(super) fn is_due(self) -> bool {
        matches!(self, Self::Overdue(_) | Self::Soon(_))
    }

    /// Seconds until the next one must be there.
    fn left(self) -> i64 {
        match self {
            Self::Good(seconds) | Self::Soon(seconds) => seconds,
            Self::Never => i64::MAX,
            Self::Overdue(seconds) => -seconds,
        }
    }

    /// When the next CRL is due, in few words: `OVERDUE by 3 days`, `due in 12 days`; `no date yet` where no CRL named one.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Never => "no date yet".to_owned(),
            Self::Overdue(seconds) => format!("OVERDUE by {}", span(seconds)),
            Self::Soon(seconds) | Self::Good(seconds) => format!("due in {}", span(seconds)),
        }
    }
}

/// Whole days, or hours within the last two days, or minutes within the last two hours.
fn span(seconds: i64) -> String {
    let units = [(DAY_SECONDS, "day"), (3_600, "hour")];
    let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
    let (length, name) = unit.unwrap_or((60, "minute"));
    counted(seconds / length, name)
}

/// How the CRLs of a scope stand, of a CA whose key signs CRLs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlStanding {
    /// The CA's name.
    pub ca: String,
    /// Which of its certificates they are for.
    pub scope: CrlScope,
    /// Of a partition, the first URI of its distribution point.
    pub place: Option<Printable>,
    /// The latest CRL.
    pub latest: Option<CrlRow>,
    /// Whether that is still good.
    pub freshness: CrlFreshness,
    /// Revocations, holds and releases that are on no CRL yet.
    pub waiting: u64,
    /// The number of a CRL that is stored and not signed.
    pub unsigned: Option<String>,
}

/// How the CRLs of a CA stand, whose key signs CRLs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlsOfCa {
    /// The CA's name.
    pub ca: String,
    /// The full one first, then every partition.
    pub standings: Vec<CrlStanding>,
}

impl CrlsOfCa {
    /// How the one stands that is to be made first.
    #[must_use]
    pub fn first(&self) -> CrlFreshness {
        let all = self.standings.iter().map(|standing| standing.freshness);
        all.min_by_key(|freshness| (!freshness.is_due(), freshness.left())).unwrap_or(CrlFreshness::Never)
    }

    /// How many of several are due, in words: `3 of its 17 CRLs are due`.
    #[must_use]
    pub fn words(&self) -> String {
        due_words(
            self.standings.iter().filter(|standing| standing.freshness.is_due()).count(),
            self.standings.len(),
        )
    }
}

/// So many of several CRLs are due.
pub(super) fn due_words(due: usize, all: usize) -> String {
    match due {
        0 => format!("none of its {all} CRLs is due"),
        1 => format!("1 of its {all} CRLs is due"),
        _ => format!("{due} of its {all} CRLs are due"),
    }
}

/// A line about a CRL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlRow {
    /// Its name, which its folder on a medium has.
    pub id: String,
    /// What people call it: `CRL number 2 of CA root`.
    pub words: String,
    /// Its number.
    pub number: Option<String>,
    /// thisUpdate.
    pub this_update: Time,
    /// nextUpdate.
    pub next_update: Option<Time>,
    /// Certificates that it lists.
    pub entries: u64,
    /// Where it comes from.
    pub origin: CrlOrigin,
    /// SHA-256 of the octets that are signed.
    pub tbs_sha256: Digest,
    /// Octets of it, about.
    pub octets: u64,
    /// How often it was handed over.
    pub deliveries: u64,
}

/// A CRL before it is approved: what people look at, and read to each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlShown {
    /// The CA's name.
    pub ca: String,
    /// It, not signed yet.
    pub row: CrlRow,
    /// How the CA's key came from outside; `None` where it was made in the token.
    pub from_outside: Option<Printable>,
    /// What it lists, by reason, in the order of the reasons' codes; empty for one that was stored before.
    pub reasons: Vec<(&'static str, u64)>,
    /// What changed; `None` for one that was stored before and was not signed.
    pub changes: Option<CrlChanges>,
}

/// How a CRL differs from the one before.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CrlChanges {
    /// Entries that stayed.
    pub stayed: u64,
    /// Entries that came.
    pub came: u64,
    /// Entries that left.
    pub left: u64,
    /// The first of those that left, and why.
    pub left_first: Vec<(ListedCertificate, &'static str)>,
    /// The first things recorded since the CRL before: of which certificate, what, when.
    pub recorded_first: Vec<(ListedCertificate, String, Time)>,
    /// How many were recorded since then.
    pub recorded: u64,
    /// The entry by which an older register was accepted, where it is recorded with this CRL that none was published since.
    pub none_since: Option<u64>,
}

/// A certificate as a CRL names it, and as people know it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedCertificate {
    /// Its serial number.
    pub serial: String,
    /// Its subject; `None` for one that was issued elsewhere.
    pub subject: Option<Printable>,
}

impl Appliance {
    /// How the CRLs of all CAs stand whose keys sign CRLs.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn crl_standings(&self) -> Result<Vec<CrlsOfCa>, Error> {
        let mut all = Vec::new();
        for record in self.register.authorities()? {
            if record.certificate.is_some()
                && self.issuer(&record.name).is_ok_and(|issuer| issuer.signs_crls())
            {
                let scopes = self.register.crl_scopes(&record.name)?;
                let standings = scopes.into_iter().map(|scope| self.crl_standing(&record.name, scope));
                let standings = standings.collect::<Result<_, _>>()?;
                all.push(CrlsOfCa { ca: record.name, standings });
            }
        }
        Ok(all)
    }

    /// How the CRLs of a scope stand.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn crl_standing(&self, ca: &str, scope: CrlScope) -> Result<CrlStanding, Error> {
        let latest = self.register.latest_crl(ca, scope)?;
        let point = self.register.crl_point(ca, scope)?;
        let seen = latest.as_ref().map_or(0, |latest| latest.stored().revocations);
        Ok(CrlStanding {
            ca: ca.to_owned(),
            scope,
            place: point.and_then(|point| point.uris().into_iter().next()),
            latest: latest.as_ref().map(|latest| self.issued_crl_row(latest)).transpose()?,
            freshness: CrlFreshness::of(latest.as_ref(), now()?),
            waiting: self.register.revocations_after(ca, scope, seen)?,
            unsigned: self.register.unsigned_crl(ca, scope)?.map(|stored| number_of(stored.number.as_ref())),
        })
    }

    /// The CRLs of a scope of a CA, newest first.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is no such CA; [`Error::Register`].
    pub fn crl_rows(&self, ca: &str, scope: CrlScope) -> Result<Vec<CrlRow>, Error> {
        let crls = self.crls(ca)?;
        let of_scope = crls.iter().rev().filter(|issued| issued.stored().scope == scope);
        of_scope.map(|issued| self.issued_crl_row(issued)).collect()
    }

    /// A line about a CRL that is signed.
    ///
    /// # Errors
    /// [`Error::Register`].
    fn issued_crl_row(&self, issued: &IssuedCrl) -> Result<CrlRow, Error> {
        let deliveries = self.register.crl_deliveries(issued)?;
        Ok(CrlRow { deliveries, ..row(issued.stored()) })
    }

    /// A prepared CRL for people to look at.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn shown_crl(&self, prepared: &PreparedCrl) -> Result<CrlShown, Error> {
        let stored = prepared.stored();
        let ca = stored.authority.clone();
        let from_outside = self.adoption_told(&ca)?;
        let Some(plan) = prepared.change() else {
            return Ok(CrlShown { ca, row: row(stored), from_outside, reasons: Vec::new(), changes: None });
        };
        let latest = self.register.latest_crl(&ca, stored.scope)?;
        let seen = latest.map_or(0, |latest| latest.stored().revocations);
        let (recorded, first) = self.register.revoked_after(&ca, stored.scope, seen, CHANGES_MAX)?;
        let changes = CrlChanges {
            stayed: plan.counts.stayed,
            came: plan.counts.came,
            left: plan.counts.left,
            left_first: plan
                .left
                .iter()
                .map(|(serial, why)| Ok((self.listed(&ca, serial)?, why.name())))
                .collect::<Result<_, Error>>()?,
            recorded_first: first
                .iter()
                .map(|(serial, revoked)| {
                    let (what, at) = said(revoked);
                    Ok((self.listed(&ca, serial)?, what, at))
                })
                .collect::<Result<_, Error>>()?,
            recorded,
            none_since: plan.none_since,
        };
        let reasons = plan.reasons.iter().map(|(reason, count)| (reason.name(), *count)).collect();
        Ok(CrlShown { ca, row: row(stored), from_outside, reasons, changes: Some(changes) })
    }

    fn listed(&self, ca: &str, serial: &CrlSerial) -> Result<ListedCertificate, Error> {
        Ok(ListedCertificate { serial: serial.to_string(), subject: self.subject_of(ca, serial)? })
    }
}

/// What was recorded of a certificate, in words, and its moment.
fn said(revoked: &Revoked) -> (String, Time) {
    match revoked {
        Revoked::Held(entry) => ("put on hold".to_owned(), entry.date),
        Revoked::Released(at) => ("released from hold".to_owned(), *at),
        Revoked::Revoked(entry) => (format!("revoked: {}", entry.reason.name()), entry.date),
    }
}

/// A line about a CRL that was signed just now, and was handed over to nobody yet.
#[must_use]
pub fn new_crl_row(issued: &IssuedCrl) -> CrlRow {
    row(issued.stored())
}

fn row(stored: &register::StoredCrl) -> CrlRow {
    CrlRow {
        id: crl_id(stored),
        words: crl_words(stored),
        number: stored.number.as_ref().map(CrlNumber::to_string),
        this_update: stored.this_update,
        next_update: stored.next_update,
        entries: stored.entries,
        origin: stored.origin,
        tbs_sha256: stored.tbs_sha256,
        octets: stored.octets(),
        deliveries: 0,
    }
}

fn number_of(number: Option<&CrlNumber>) -> String {
    number.map_or_else(|| "without a number".to_owned(), CrlNumber::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crl_is_good_then_due_soon_then_overdue() {
        let now = Time::from_unix(1_800_000_000).unwrap();
        let check = |life: i64, left: i64, expected: CrlFreshness, words: &str| {
            let next = now.plus_seconds(left);
            let freshness = CrlFreshness::between(next.plus_seconds(-life * DAY_SECONDS), next, now);
            assert_eq!((freshness, freshness.words().as_str()), (expected, words));
        };
        let days = |days: i64| days * DAY_SECONDS;
        check(365, days(40), CrlFreshness::Good(days(40)), "due in 40 days");
        check(365, days(31) + 1, CrlFreshness::Good(days(31) + 1), "due in 31 days");
        check(365, days(31), CrlFreshness::Soon(days(31)), "due in 31 days");
        check(30, days(29), CrlFreshness::Good(days(29)), "due in 29 days");
        check(30, days(10), CrlFreshness::Soon(days(10)), "due in 10 days");
        check(30, days(1), CrlFreshness::Soon(days(1)), "due in 24 hours");
        check(30, 0, CrlFreshness::Soon(0), "due in 0 minutes");
        check(30, -days(3), CrlFreshness::Overdue(days(3)), "OVERDUE by 3 days");
        assert_eq!(CrlFreshness::of(None, now), CrlFreshness::Never);
    }

    #[test]
    fn of_several_crls_the_most_urgent_is_told_and_how_many_are_due() {
        let check = |freshness: &[CrlFreshness], first, words: &str| {
            let standing = |(scope, freshness): (u32, &CrlFreshness)| CrlStanding {
                ca: "a".to_owned(),
                scope: CrlScope::Partition(scope),
                place: None,
                latest: None,
                freshness: *freshness,
                waiting: 0,
                unsigned: None,
            };
            let standings = (1..).zip(freshness).map(standing).collect();
            let crls = CrlsOfCa { ca: "a".to_owned(), standings };
            assert_eq!((crls.first(), crls.words().as_str()), (first, words));
        };
        let (good, soon, late) = (CrlFreshness::Good(9), CrlFreshness::Soon(90), CrlFreshness::Overdue(5));
        check(&[CrlFreshness::Never, good], good, "none of its 2 CRLs is due");
        check(&[good, soon, CrlFreshness::Never], soon, "1 of its 3 CRLs is due");
        check(&[soon, late, CrlFreshness::Overdue(4)], late, "3 of its 3 CRLs are due");
    }
}
