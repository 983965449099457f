//! What is held back after an older register was accepted: the first CRL of each scope, and plans of before it.

use coldsign::{
    pki::crl::{CrlNumber, Reason},
    register::{Brought, CrlScope, RevocationAct, RevocationError},
};

use super::{
    revocation::{later, listed},
    *,
};

impl Home {
    /// An older register is accepted in the place of a later one; the entry that says so.
    fn accept(&mut self) -> u64 {
        let seen = Head { entry: self.register.head().unwrap().entry + 9, hash: Digest::of(b"lost") };
        let words = self.register.older_digest(&seen).unwrap().words();
        self.register.accept_older(&seen, &words, now()).unwrap();
        self.register.head().unwrap().entry
    }

    fn held(&mut self, at: Time) -> Option<u64> {
        let waits = self.register.accepted_since_crl("factory", CrlScope::Full).unwrap();
        let planned = self.trial_crl(at);
        match waits {
            None => assert!(planned.is_ok(), "{planned:?}"),
            Some(entry) => match planned {
                Err(Error::Revocation(RevocationError::LaterUnknown { accepted, .. })) => {
                    assert_eq!(accepted, entry);
                }
                other => panic!("{other:?}"),
            },
        }
        waits
    }

    /// Brings a CRL that was published.
    fn bring(&mut self, crl: &[u8], at: Time) -> Result<Brought, Error> {
        let mut once = Some(crl.to_vec());
        let ca = self.ca.clone();
        self.register.recover_crl("factory", &ca, move || Ok::<_, Error>(once.take()), at)
    }

    /// The register as it was is put back.
    fn put_back(self, octets: &[u8]) -> Self {
        let Self { folder, register, ca, later } = self;
        drop(register);
        let path = folder.path().join("register.db");
        std::fs::write(&path, octets).unwrap();
        Self { register: Register::open(&path).unwrap(), folder, ca, later }
    }

    /// The kind of the newest entry.
    fn newest_kind(&self) -> String {
        let connection = Connection::open(self.path()).unwrap();
        let newest = "SELECT kind FROM journal ORDER BY seq DESC LIMIT 1";
        connection.query_row(newest, [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn the_first_crl_waits_for_what_was_published_and_the_next_do_not() {
    let mut home = Home::issued_four();
    home.act(&[1], RevocationAct::Revoke(Reason::KeyCompromise), now()).unwrap();
    assert_eq!(home.held(now()), None);
    home.crl(now());
    let accepted = home.accept();
    assert_eq!(home.held(now()), Some(accepted));
    // Words that nobody waits for leave no trace; those that are waited for are the kind of the entry.
    home.later = LaterCrls::None;
    let plan = home.stored_crl(later(1));
    assert_eq!((plan.none_since, home.newest_kind().as_str()), (Some(accepted), "crl-no-previous"));
    home.sign_crl(&plan, later(1));
    let plan = home.stored_crl(later(2));
    assert_eq!((plan.none_since, home.newest_kind().as_str()), (None, "crl"));
    home.sign_crl(&plan, later(2));
    home.later = LaterCrls::Unsaid;
    assert_eq!(home.held(later(3)), None);
    assert_eq!(home.findings(), [""; 0]);
    // Each acceptance asks anew.
    let accepted = home.accept();
    assert_eq!(home.held(later(3)), Some(accepted));
}

#[test]
fn a_published_crl_that_is_brought_lets_the_next_one_go() {
    let mut home = Home::issued_four();
    home.act(&[1], RevocationAct::Revoke(Reason::KeyCompromise), now()).unwrap();
    let first = home.crl(now());
    let copy = backup(&home);
    home.act(&[2], RevocationAct::Revoke(Reason::Superseded), later(1)).unwrap();
    let published = home.crl(later(1));
    let (first, published) = (home.octets(&first), home.octets(&published));
    let mut home = home.put_back(&copy);
    let accepted = home.accept();
    assert_eq!(home.bring(&first, later(2)).unwrap(), Brought::Latest(CrlScope::Full));
    assert_eq!(home.held(later(2)), Some(accepted));
    let Brought::Recovered(recovery) = home.bring(&published, later(2)).unwrap() else { panic!() };
    assert_eq!((recovery.number.to_string().as_str(), recovery.revoked), ("2", 1));
    assert_eq!(home.held(later(2)), None);
    let next = home.stored_crl(later(2));
    // That it was the newest nobody can prove: the next number is one that was never reached by counting.
    let of_its_time = CrlNumber::from(u64::try_from(later(2).unix()).unwrap());
    assert_eq!((next.stored.number.clone(), next.none_since), (Some(of_its_time), None));
    home.sign_crl(&next, later(2));
    assert_eq!(home.bring(&first, later(2)).unwrap(), Brought::Known);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn the_audit_finds_a_first_crl_that_says_nothing_and_one_that_says_too_much() {
    for (waits, kind, other) in [(true, "crl-no-previous", "crl"), (false, "crl", "crl-no-previous")] {
        let mut home = Home::issued_four();
        if waits {
            home.accept();
        }
        home.later = LaterCrls::None;
        home.crl(now());
        assert_eq!(home.findings(), [""; 0]);
        let newest = "(SELECT max(seq) FROM journal WHERE kind LIKE 'crl%' AND kind <> 'crl-issued')";
        tamper::tamper(&home.path(), &format!("UPDATE journal SET kind = '{other}' WHERE seq = {newest}"));
        assert_eq!(home.findings(), ["journal-hash", "crl-previous"], "{kind}");
    }
}

#[test]
fn a_plan_of_before_it_is_approved_again_by_its_words_also_where_it_is_signed_in_part() {
    let mut home = Home::new();
    let plan = home.store(&[1, 2], 0);
    let done = home.store(&[3], 0);
    let signed_of = |home: &mut Home, plan: &StoredPlan, many: usize| {
        let approved = home.approve(plan);
        let signed = home.signed(&approved);
        home.register.record_issued(&approved, &signed[..many], now()).unwrap();
    };
    signed_of(&mut home, &plan, 1);
    signed_of(&mut home, &done, 1);
    assert_eq!(home.register.older_behind_plan(&plan).unwrap(), None);
    let accepted = home.accept();
    assert_eq!(home.register.older_behind_plan(&plan).unwrap(), Some(accepted));
    assert_eq!(home.register.approved(&plan).unwrap(), None);
    // Of what is signed whole nothing can be signed twice.
    assert!(home.register.approved(&done).unwrap().is_some());
    let approved = home.approve(&plan);
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed[1..], now()).unwrap();
    assert_eq!(home.findings(), [""; 0]);
    // A command is no second look, whatever it may approve otherwise.
    let root = home.register.plans().unwrap().into_iter().find(|plan| plan.kind == PlanKind::Root).unwrap();
    let refused = home.register.approve(&root, Approver::Command, now());
    assert!(
        matches!(refused, Err(Error::PlanBeforeOlder { accepted: at, .. }) if at == accepted),
        "{refused:?}"
    );
    let fresh = home.store(&[4], 0);
    assert_eq!(home.register.older_behind_plan(&fresh).unwrap(), None);
}

#[test]
fn the_audit_finds_what_was_issued_under_an_approval_of_before_it() {
    let mut home = Home::new();
    let plan = home.store(&[1, 2], 0);
    let approved = home.approve(&plan);
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed[..1], now()).unwrap();
    home.accept();
    home.register.record_issued(&approved, &signed[1..], now()).unwrap();
    assert_eq!(home.findings(), ["unapproved"]);
}

#[test]
fn a_hold_that_comes_back_for_a_certificate_that_is_lost_can_be_released_or_revoked() {
    for act in [RevocationAct::Release, RevocationAct::Revoke(Reason::Superseded)] {
        let mut home = Home::issued_four();
        home.crl(now());
        let copy = backup(&home);
        let plan = home.store(&[5], 0);
        let approved = home.approve(&plan);
        let signed = home.signed(&approved);
        home.register.record_issued(&approved, &signed, now()).unwrap();
        home.act(&[5], RevocationAct::Revoke(Reason::CertificateHold), later(1)).unwrap();
        let published = home.crl(later(1));
        let published = home.octets(&published);
        let mut home = home.put_back(&copy);
        home.accept();
        // Nothing is known of it before the CRL names it.
        let unknown = home.act(&[5], act, later(2));
        assert!(
            matches!(unknown, Err(Error::Revocation(RevocationError::SerialUnknown { .. }))),
            "{unknown:?}"
        );
        home.bring(&published, later(2)).unwrap();
        home.act(&[5], act, later(3)).unwrap();
        let next = home.crl(later(3));
        assert_eq!(next.stored().entries, u64::from(act != RevocationAct::Release));
        assert_eq!(home.findings(), [""; 0]);
    }
}

/// A CRL of the register that was lost, which lists what was issued and revoked behind the copy; the copy, which knows
/// nothing of it, has made another one since.
fn lost(acceptance: impl FnOnce(&mut Home)) -> (Home, Vec<u8>) {
    let mut home = Home::issued_four();
    home.act(&[1], RevocationAct::Revoke(Reason::Superseded), now()).unwrap();
    home.crl(now());
    let copy = backup(&home);
    let plan = home.store(&[5], 0);
    let approved = home.approve(&plan);
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed, now()).unwrap();
    home.act(&[2, 5], RevocationAct::Revoke(Reason::Superseded), later(1)).unwrap();
    home.act(&[3], RevocationAct::Revoke(Reason::CertificateHold), later(1)).unwrap();
    let lost = home.crl(later(1));
    let octets = home.octets(&lost);
    let mut home = home.put_back(&copy);
    acceptance(&mut home);
    home.act(&[2], RevocationAct::Revoke(Reason::KeyCompromise), later(2)).unwrap();
    home.act(&[4], RevocationAct::Revoke(Reason::CertificateHold), later(2)).unwrap();
    home.later = LaterCrls::None;
    home.crl(later(3));
    home.later = LaterCrls::Unsaid;
    (home, octets)
}

#[test]
fn a_published_crl_that_is_brought_too_late_is_taken_in_and_no_crl_follows_it() {
    let (mut home, octets) = lost(|home| assert!(home.accept() > 0));
    let Brought::Late(late) = home.bring(&octets, later(4)).unwrap() else { panic!() };
    assert_eq!((late.number.to_string().as_str(), late.revoked, late.released), ("2", 2, 0));
    assert_eq!(home.newest_kind(), "late-crl");
    assert_eq!(home.findings(), [""; 0]);
    // Nothing is left of it that could be taken in again.
    let newest = home.register.head().unwrap();
    let Brought::Late(again) = home.bring(&octets, later(4)).unwrap() else { panic!() };
    assert_eq!((again.revoked, home.register.head().unwrap()), (0, newest));
    // What was published since keeps its day and reason; 5 is not known here, and revoked.
    let next = home.crl(later(5));
    let reasons = [
        (1, Reason::Superseded),
        (2, Reason::KeyCompromise),
        (3, Reason::CertificateHold),
        (4, Reason::CertificateHold),
        (5, Reason::Superseded),
    ];
    assert_eq!(home.entries(&next), reasons.map(|(number, reason)| (listed(number), reason)));
    assert_eq!(home.findings(), [""; 0]);
    // A hold that came with it is released as any other.
    home.act(&[3], RevocationAct::Release, later(6)).unwrap();
    assert_eq!(home.crl(later(6)).stored().entries, 4);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_hold_that_a_newer_published_crl_released_does_not_come_back_with_an_older_one() {
    let mut home = Home::issued_four();
    home.crl(now());
    let copy = backup(&home);
    home.act(&[1], RevocationAct::Revoke(Reason::CertificateHold), later(1)).unwrap();
    home.act(&[2], RevocationAct::Revoke(Reason::Superseded), later(1)).unwrap();
    let older = home.crl(later(1));
    let older = home.octets(&older);
    home.act(&[1], RevocationAct::Release, later(2)).unwrap();
    let newer = home.crl(later(2));
    let newer = home.octets(&newer);
    let mut home = home.put_back(&copy);
    home.accept();
    home.bring(&newer, later(3)).unwrap();
    let Brought::Late(late) = home.bring(&older, later(3)).unwrap() else { panic!() };
    assert_eq!(late.revoked, 0);
    let next = home.crl(later(4));
    assert_eq!(home.entries(&next), [(listed(2), Reason::Superseded)]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_crl_that_is_not_newer_is_refused_where_no_older_register_was_accepted() {
    let (mut home, octets) = lost(|_| {});
    let newest = home.register.head().unwrap();
    let refused = home.bring(&octets, later(4));
    assert!(matches!(refused, Err(Error::Revocation(RevocationError::NotNewer { .. }))), "{refused:?}");
    assert_eq!(home.register.head().unwrap(), newest);
}

/// A revocation, a hold that is another's and a release, added to what came with a CRL that was brought.
#[test]
fn the_audit_finds_what_was_recorded_with_a_crl_that_does_not_say_it() {
    let mut home = Home::issued_four();
    home.act(&[1], RevocationAct::Revoke(Reason::CertificateHold), now()).unwrap();
    home.crl(now());
    let copy = backup(&home);
    home.act(&[1], RevocationAct::Release, later(1)).unwrap();
    home.act(&[2, 3], RevocationAct::Revoke(Reason::CertificateHold), later(1)).unwrap();
    let published = home.crl(later(1));
    let published = home.octets(&published);
    let mut home = home.put_back(&copy);
    home.accept();
    let Brought::Recovered(recovery) = home.bring(&published, later(2)).unwrap() else { panic!() };
    assert_eq!((recovery.revoked, recovery.released), (2, 1));
    assert_eq!(home.findings(), [""; 0]);
    let file = home.path();
    let sound = std::fs::read(&file).unwrap();
    let copied = |serial: u16, act: &str, date: &str| {
        format!(
            "INSERT INTO revocation SELECT (SELECT max(number) + 1 FROM revocation), entry, authority, x'{}', {act}, \
             reason, {date}, invalidity_date FROM revocation ORDER BY number DESC LIMIT 1",
            listed(serial)
        )
    };
    for added in [copied(4, "act", "date"), copied(3, "act", "date + 1"), copied(3, "'released'", "date")] {
        tamper::tamper(&file, &added);
        assert!(home.findings().contains(&"revocation"), "{added}");
        std::fs::write(&file, &sound).unwrap();
    }
}

#[test]
fn a_hold_that_was_set_after_the_published_crl_stays_and_one_from_before_is_released_by_it() {
    for (set_again, gone) in [(false, 1), (true, 0)] {
        let mut home = Home::issued_four();
        let hold = RevocationAct::Revoke(Reason::CertificateHold);
        home.act(&[1], hold, now()).unwrap();
        home.crl(now());
        let copy = backup(&home);
        home.act(&[1], RevocationAct::Release, later(1)).unwrap();
        let published = home.crl(later(2));
        let published = home.octets(&published);
        let mut home = home.put_back(&copy);
        home.accept();
        if set_again {
            home.act(&[1], RevocationAct::Release, later(3)).unwrap();
            home.act(&[1], hold, later(3)).unwrap();
        }
        let Brought::Recovered(recovery) = home.bring(&published, later(4)).unwrap() else { panic!() };
        assert_eq!(recovery.released, gone, "{set_again}");
        let next = home.crl(later(4));
        assert_eq!(next.stored().entries, 1 - gone);
        assert_eq!(home.findings(), [""; 0]);
    }
}
