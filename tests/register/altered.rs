//! A register that somebody altered beside the program signs no CRL of what was altered.

use coldsign::{
    pki::{crl::Reason, time::DAY_SECONDS},
    register::RevocationAct::Revoke,
};

use super::{revocation::later, tamper::tamper, *};

/// Two certificates revoked, on a CRL each or not yet.
fn revoked_twice() -> Home {
    let mut home = Home::issued_four();
    home.act(&[1], Revoke(Reason::KeyCompromise), now()).unwrap();
    home.crl(later(1));
    home.act(&[2], Revoke(Reason::KeyCompromise), later(2)).unwrap();
    home.act(&[3], Revoke(Reason::Superseded), later(3)).unwrap();
    home
}

#[test]
fn no_crl_rests_on_revocations_that_were_altered_added_or_taken_away() {
    let last = "(SELECT max(number) FROM revocation)";
    let add = |number: &str, entry: &str| {
        format!(
            "INSERT INTO revocation SELECT {number}, {entry}, authority, x'0102', act, reason, date, \
             invalidity_date FROM revocation WHERE number = {last}"
        )
    };
    for change in [
        format!("DELETE FROM revocation WHERE number = {last}"),
        "DELETE FROM revocation WHERE number = 2".to_owned(),
        "DELETE FROM revocation".to_owned(),
        format!("UPDATE revocation SET reason = 'affiliationChanged' WHERE number = {last}"),
        format!("UPDATE revocation SET authority = 'other' WHERE number = {last}"),
        format!("UPDATE revocation SET serial = x'0102' WHERE number = {last}"),
        format!("UPDATE revocation SET entry = entry - 1 WHERE number = {last}"),
        add("(SELECT max(number) + 1 FROM revocation)", "entry"),
        add("(SELECT max(number) + 1 FROM revocation)", "(SELECT max(seq) + 1 FROM journal)"),
        add("0", "1"),
        "DELETE FROM journal WHERE seq = (SELECT entry FROM revocation WHERE number = 2)".to_owned(),
        "UPDATE crl SET revocations = 3".to_owned(),
        "UPDATE crl SET entry = (SELECT max(seq) FROM journal)".to_owned(),
        "UPDATE crl SET this_update = this_update + 1".to_owned(),
    ] {
        let mut home = revoked_twice();
        tamper(&home.path(), &change);
        let planned = home.trial_crl(later(9));
        assert!(matches!(planned, Err(Error::Damaged(_))), "{change}: {planned:?}");
    }
    let mut home = revoked_twice();
    assert_eq!(home.trial_crl(later(9)).unwrap().counts.came, 2);
}

#[test]
fn an_entry_leaves_a_crl_by_the_planned_octets_that_the_journal_binds() {
    let mut home = revoked_twice();
    home.crl(later(4));
    // What a column says of an end lets nothing go.
    tamper(&home.path(), "UPDATE planned SET not_after = 1700000000");
    let plan = home.trial_crl(later(9)).unwrap();
    assert_eq!((plan.counts.stayed, plan.counts.left), (3, 0));

    let after = later(31 * DAY_SECONDS);
    let mut home = revoked_twice();
    home.crl(later(4));
    home.crl(after);
    tamper(
        &home.path(),
        "UPDATE planned SET source = 'other.csr' WHERE serial = (SELECT max(serial) FROM planned)",
    );
    assert_eq!(home.trial_crl(after.plus_seconds(1)).unwrap().counts.left, 3, "of another plan");
    tamper(&home.path(), "UPDATE planned SET source = source || 'x'");
    let planned = home.trial_crl(after.plus_seconds(1));
    assert!(matches!(planned, Err(Error::Damaged(_))), "{planned:?}");
}

#[test]
fn what_is_delivered_is_what_the_journal_binds() {
    for change in [
        "UPDATE planned SET source = 'other.csr' WHERE key = (SELECT max(key) FROM planned)",
        "DELETE FROM refused",
        "UPDATE plan SET refused = 0",
        "UPDATE issued SET time = time + 1 WHERE key = (SELECT max(key) FROM issued)",
    ] {
        let home = Home::issued_four();
        let plan = home.register.plans().unwrap().pop().unwrap();
        home.register.check_delivered(&plan).unwrap();
        tamper(&home.path(), change);
        let checked = home.register.check_delivered(&plan);
        assert!(matches!(checked, Err(Error::Damaged(_))), "{change}: {checked:?}");
    }
}
