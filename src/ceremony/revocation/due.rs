//! CRLs that are to be made: of each CA how many, and when the first of them must be there.

use crate::{
    pki::{issuer::IssuingCa, text::Printable, time::Time},
    register::{self, AuthorityRecord, CrlScope, Register},
};

use super::{CrlFreshness, standing::due_words};

/// The next CRLs of a CA that made some.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::ceremony) struct CrlsAhead {
    /// In words, for the full CRL and every partition together.
    pub words: String,
    /// When the first of them must be there.
    pub at: Time,
    /// How that one stands.
    pub freshness: CrlFreshness,
}

/// CAs of which a CRL is due soon or overdue.
pub(in crate::ceremony) fn crls_due(
    register: &Register,
    now: Time,
) -> Result<Vec<CrlsAhead>, register::Error> {
    let mut due = Vec::new();
    for record in register.authorities()? {
        due.extend(crls_ahead(register, &record, now)?.filter(|ahead| ahead.freshness.is_due()));
    }
    Ok(due)
}

/// When the next CRLs of a CA must be there. One that can make none any more, because it ended or because its key signs
/// none, has none ahead.
pub(in crate::ceremony) fn crls_ahead(
    register: &Register,
    record: &AuthorityRecord,
    now: Time,
) -> Result<Option<CrlsAhead>, register::Error> {
    if !makes_crls(record, now) {
        return Ok(None);
    }
    let mut next = Vec::new();
    for scope in register.crl_scopes(&record.name)? {
        let latest = register.latest_crl(&record.name, scope)?;
        let freshness = CrlFreshness::of(latest.as_ref(), now);
        next.extend(latest.and_then(|latest| latest.stored().next_update).map(|at| (scope, at, freshness)));
    }
    next.sort_by_key(|(_, at, freshness)| (!freshness.is_due(), *at));
    let due = next.iter().filter(|(_, _, freshness)| freshness.is_due()).count();
    Ok(next.first().map(|&(scope, at, freshness)| {
        let words = words(&record.name, (due, next.len()), scope, freshness);
        CrlsAhead { words, at, freshness }
    }))
}

fn makes_crls(record: &AuthorityRecord, now: Time) -> bool {
    let Some((own, above)) = record.certificate.clone() else { return false };
    IssuingCa::new(own, above).is_ok_and(|issuer| issuer.signs_crls() && issuer.ends() >= now)
}

/// So many are due of so many; `first` of them is for a scope.
fn words(ca: &str, (due, all): (usize, usize), scope: CrlScope, first: CrlFreshness) -> String {
    let name = Printable::new(ca);
    match (due, all) {
        (0, 1) => format!("CA {name}: its next CRL{}", scope.of_partition()),
        (0, _) => format!("CA {name}: the next of its {all} CRLs"),
        (1, _) => format!("CA {name}: its next CRL{} is {}", scope.of_partition(), first.words()),
        (..) => format!("CA {name}: {}, the first is {}", due_words(due, all), first.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{certificate::Certificate, time::DAY_SECONDS};

    #[test]
    fn a_ca_has_one_line_however_many_crls_it_makes() {
        let days = |days: i64| days * DAY_SECONDS;
        let check =
            |counts, scope, first, expected: &str| assert_eq!(words("a", counts, scope, first), expected);
        check((0, 1), CrlScope::Full, CrlFreshness::Good(days(90)), "CA a: its next CRL");
        check((0, 17), CrlScope::Full, CrlFreshness::Good(days(90)), "CA a: the next of its 17 CRLs");
        let overdue = CrlFreshness::Overdue(days(3));
        check((1, 1), CrlScope::Full, overdue, "CA a: its next CRL is OVERDUE by 3 days");
        check(
            (1, 17),
            CrlScope::Partition(4),
            overdue,
            "CA a: its next CRL of partition 4 is OVERDUE by 3 days",
        );
        check(
            (3, 17),
            CrlScope::Full,
            overdue,
            "CA a: 3 of its 17 CRLs are due, the first is OVERDUE by 3 days",
        );
    }

    #[test]
    fn a_ca_that_ended_has_no_crl_ahead() {
        let der = include_bytes!("../../../tests/fuzz/seeds/certificate/root.der");
        let own = Certificate::parse(der).unwrap();
        let record = |certificate| AuthorityRecord {
            name: "a".to_owned(),
            key_uri: String::new(),
            public_key: own.public_key().clone(),
            created: own.not_before(),
            request: None,
            succeeds: None,
            certificate,
        };
        let installed = record(Some((own.clone(), Vec::new())));
        assert!(makes_crls(&installed, own.not_after()));
        assert!(!makes_crls(&installed, own.not_after().plus_seconds(1)));
        assert!(!makes_crls(&record(None), own.not_before()));
    }
}
