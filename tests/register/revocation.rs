//! Revocations and CRLs: what may follow what, which CRL comes of it, and CAs that move in.

use coldsign::{
    pki::{
        crl::{
            CrlNumber, CrlReader, CrlSerial, ListOctets, Reason, RevokedEntry, Shape, SignedCrl,
            issued_list::{IssuedList, ListedCertificate},
            writer::{self, CrlFields, Extent},
        },
        key::{SignatureAlgorithm, WholeMessage},
        time::DAY_SECONDS,
    },
    register::{
        CrlDelivery, CrlOrigin, CrlPlan, CrlScope, IssuedCrl, NewAdoption, NewCrl, RevocationAct,
        RevocationError, RevocationOrder, Revoked, RevokedCount, Storing, Takeover, TakeoverWriter,
        adoption_digest,
    },
};

use super::*;

/// Watches a CRL being planned to its end.
fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub fn later(seconds: i64) -> Time {
    now().plus_seconds(seconds)
}

/// The serial number of device `number` as a CRL names it.
pub fn listed(number: u16) -> CrlSerial {
    CrlSerial::from_octets(serial(number).as_octets()).unwrap()
}

impl Home {
    /// Certificates for devices 1 to 4 are issued.
    pub fn issued_four() -> Self {
        let mut home = Self::new();
        let plan = home.store(&[1, 2, 3, 4], 0);
        let approved = home.approve(&plan);
        let signed = home.signed(&approved);
        home.register.record_issued(&approved, &signed, now()).unwrap();
        home
    }

    pub fn act(&mut self, numbers: &[u16], act: RevocationAct, at: Time) -> Result<(), Error> {
        let serials: Vec<CrlSerial> = numbers.iter().map(|&number| listed(number)).collect();
        let new = RevocationOrder { authority: "factory", serials: &serials, act, invalidity_date: None };
        self.register.revoke(&new, at)
    }

    fn plan_crl(&mut self, at: Time, storing: Storing) -> Result<CrlPlan, Error> {
        let ca = self.ca.clone();
        let new = NewCrl {
            origin: CrlOrigin::Command,
            later: self.later,
            authority: "factory",
            issuer: &ca,
            algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
            this_update: at,
            next_update: at.plus_seconds(30 * DAY_SECONDS),
            scope: CrlScope::Full,
        };
        self.register.plan_crl(&new, storing, &mut go_on)
    }

    /// Plans a CRL as it is shown, and stores nothing.
    pub fn trial_crl(&mut self, at: Time) -> Result<CrlPlan, Error> {
        self.plan_crl(at, Storing::Trial)
    }

    /// Plans a CRL as it is shown, and stores it.
    pub fn stored_crl(&mut self, at: Time) -> CrlPlan {
        let shown = self.trial_crl(at).unwrap();
        let stored = self.plan_crl(at, Storing::Durable(shown.stored.tbs_sha256)).unwrap();
        assert_eq!(stored, shown);
        stored
    }

    pub fn sign_crl(&mut self, plan: &CrlPlan, at: Time) -> IssuedCrl {
        let message = self.register.crl_message(&plan.stored).unwrap();
        let signature = sign(&key(CA_KEY), message.whole().unwrap());
        let signed = SignedCrl::assemble(&message, plan.stored.tbs_sha256, &signature, &self.ca).unwrap();
        self.register.record_crl(&plan.stored, &signed, at).unwrap()
    }

    pub fn crl(&mut self, at: Time) -> IssuedCrl {
        let plan = self.stored_crl(at);
        self.sign_crl(&plan, at)
    }

    pub fn octets(&self, issued: &IssuedCrl) -> Vec<u8> {
        let mut octets = Vec::new();
        self.register
            .crl_octets::<Error>(issued, &mut |piece| {
                octets.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
        octets
    }

    pub fn entries(&self, issued: &IssuedCrl) -> Vec<(CrlSerial, Reason)> {
        let octets = self.octets(issued);
        let mut once = Some(octets);
        let mut reader = CrlReader::begin(move || Ok::<_, ()>(once.take()), Shape::List).unwrap();
        let mut entries = Vec::new();
        while let Some(entry) = reader.next_entry().unwrap() {
            entries.push((entry.serial, entry.reason));
        }
        entries
    }

    /// A second CA moves in, with two certificates on its CRL.
    pub fn take_over(&mut self) -> Takeover {
        let moved = Moved::new(self);
        let crl = moved.crl(&[entry(7, Reason::KeyCompromise), entry(5, Reason::CertificateHold)], &[9]);
        moved.import(self, &crl, INDEX).unwrap()
    }
}

/// What a register holds of revocations, all of it.
pub fn fill(home: &mut Home) {
    home.take_over();
    home.act(&[1], RevocationAct::Revoke(Reason::KeyCompromise), now()).unwrap();
    home.act(&[2], RevocationAct::Revoke(Reason::CertificateHold), now()).unwrap();
    home.crl(now());
    home.act(&[2], RevocationAct::Release, now()).unwrap();
    let issued = home.crl(now());
    let delivery = CrlDelivery {
        time: now(),
        folder: "crl-factory-2".to_owned(),
        manifest_sha256: Digest::of(b"manifest"),
    };
    home.register.record_crl_delivery(&issued, &delivery).unwrap();
    let new = RevocationOrder {
        authority: "factory",
        serials: &[listed(3)],
        act: RevocationAct::Revoke(Reason::KeyCompromise),
        invalidity_date: Some(later(-1)),
    };
    home.register.revoke(&new, now()).unwrap();
}

fn slip(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Revocation(error)) => {
            assert!(!error.hint().is_empty());
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_plan_it_is_told_how_many_of_its_certificates_are_revoked_and_which_first() {
    use RevocationAct::{Release, Revoke};
    let mut home = Home::issued_four();
    let plan = home.register.plans().unwrap().pop().unwrap();
    let told = |home: &Home| {
        let (count, first) = home.register.revoked_of(&plan, 2).unwrap();
        assert_eq!(home.register.revoked_counts(&mut go_on).unwrap().of(&plan), count);
        let serials: Vec<CrlSerial> = first.iter().map(|(_, serial, _)| *serial).collect();
        (count, serials)
    };
    assert_eq!(told(&home), (RevokedCount::default(), vec![]));
    home.act(&[3], Revoke(Reason::CertificateHold), now()).unwrap();
    home.act(&[4, 1], Revoke(Reason::Superseded), now()).unwrap();
    assert_eq!(told(&home), (RevokedCount { revoked: 2, held: 1 }, vec![listed(3), listed(4)]));
    // One that is worse than was known is counted once; one that was released is good. By now there are more revocations
    // than certificates in the plan.
    home.act(&[4], Revoke(Reason::KeyCompromise), now()).unwrap();
    home.act(&[3], Release, now()).unwrap();
    assert_eq!(told(&home), (RevokedCount { revoked: 2, held: 0 }, vec![listed(1), listed(4)]));
    // Another plan of the same CA has none of them.
    let other = home.store(&[5], 0);
    assert_eq!(home.register.revoked_of(&other, 2).unwrap(), (RevokedCount::default(), vec![]));
    let counts = home.register.revoked_counts(&mut go_on).unwrap();
    assert_eq!(counts.of(&other), RevokedCount::default());
}

#[test]
fn counting_what_is_revoked_is_heard_of_and_ends_where_it_is_stopped() {
    let mut home = Home::issued_four();
    let plan = home.register.plans().unwrap().pop().unwrap();
    for _ in 0..128 {
        home.act(&[1, 2, 3, 4], RevocationAct::Revoke(Reason::CertificateHold), now()).unwrap();
        home.act(&[1, 2, 3, 4], RevocationAct::Release, now()).unwrap();
    }
    home.act(&[2], RevocationAct::Revoke(Reason::Superseded), now()).unwrap();
    let counted = |flow: ControlFlow<()>| {
        let mut heard = Vec::new();
        let counts = home.register.revoked_counts(&mut |done| {
            heard.push(done);
            flow
        });
        (counts.map(|counts| counts.of(&plan)), heard)
    };
    let (counts, heard) = counted(ControlFlow::Continue(()));
    assert_eq!((counts.unwrap(), heard), (RevokedCount { revoked: 1, held: 0 }, vec![1024]));
    let (counts, heard) = counted(ControlFlow::Break(()));
    assert!(matches!(counts, Err(Error::Stopped)), "{counts:?}");
    assert_eq!(heard, [1024]);
}

#[test]
fn only_a_hold_is_released_and_a_revocation_is_for_ever() {
    use RevocationAct::{Release, Revoke};
    let hold = Revoke(Reason::CertificateHold);
    let mut home = Home::issued_four();
    home.act(&[1], Revoke(Reason::Superseded), now()).unwrap();
    home.act(&[2], hold, now()).unwrap();
    for (number, act, words) in [
        (1, Revoke(Reason::CessationOfOperation), "is revoked already (superseded)"),
        (1, hold, "is revoked already (superseded)"),
        (1, Release, "is revoked already (superseded)"),
        (2, hold, "is on hold already"),
        (3, Release, "is not on hold"),
        (9, Revoke(Reason::Superseded), "issued no certificate"),
        (CA_KEY, Revoke(Reason::CaCompromise), "own root certificate"),
    ] {
        let said = slip(home.act(&[number], act, now()));
        assert!(said.contains(words), "{said}");
    }
    let in_force = |home: &Home, after| {
        let rows = home.register.in_force("factory", after, 1).unwrap();
        rows.into_iter().map(|(place, serial, _)| (place, serial)).collect::<Vec<_>>()
    };
    assert_eq!(in_force(&home, 0), [(1, listed(1))]);
    assert_eq!(in_force(&home, 1), [(2, listed(2))]);
    // A released certificate is as good as before; a hold becomes a revocation of the day of the hold.
    home.act(&[2], Release, later(10)).unwrap();
    assert!(slip(home.act(&[2], Release, later(10))).contains("is not on hold"));
    assert_eq!(in_force(&home, 1), []);
    home.act(&[2], hold, later(20)).unwrap();
    home.act(&[2], Revoke(Reason::KeyCompromise), later(30)).unwrap();
    let Some(Revoked::Revoked(entry)) = home.register.revoked("factory", &listed(2)).unwrap() else {
        panic!("not revoked")
    };
    assert_eq!((entry.date, entry.reason), (later(20), Reason::KeyCompromise));
    assert_eq!(in_force(&home, 1), [(5, listed(2))]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_hold_that_becomes_a_revocation_keeps_its_invalidity_date_or_has_an_earlier_one() {
    let mut home = Home::issued_four();
    let (hold, compromise) = (Reason::CertificateHold, Reason::KeyCompromise);
    let revoke = |home: &mut Home, number: u16, reason, invalidity_date: Option<i64>| {
        let serials = [listed(number)];
        let invalidity_date = invalidity_date.map(later);
        let act = RevocationAct::Revoke(reason);
        let new = RevocationOrder { authority: "factory", serials: &serials, act, invalidity_date };
        home.register.revoke(&new, now())
    };
    for number in [1, 2, 3] {
        revoke(&mut home, number, hold, Some(-1000)).unwrap();
    }
    revoke(&mut home, 4, hold, None).unwrap();
    home.crl(now());
    assert!(slip(revoke(&mut home, 1, compromise, Some(-999))).contains("would become a later one"));
    revoke(&mut home, 1, compromise, None).unwrap();
    revoke(&mut home, 2, compromise, Some(-1000)).unwrap();
    revoke(&mut home, 3, compromise, Some(-2000)).unwrap();
    revoke(&mut home, 4, compromise, Some(-1)).unwrap();
    for (number, since) in [(1, -1000), (2, -1000), (3, -2000), (4, -1)] {
        let Some(Revoked::Revoked(entry)) = home.register.revoked("factory", &listed(number)).unwrap() else {
            panic!("{number}")
        };
        assert_eq!(entry.invalidity_date, Some(later(since)), "{number}");
    }
    home.crl(now());
    assert_eq!(home.findings(), [""; 0]);
}

/// As a register would be in which a hold that became a revocation lost what it said.
#[test]
fn the_audit_sees_an_invalidity_date_that_was_lost() {
    let mut home = Home::issued_four();
    let serials = [listed(1)];
    let new = RevocationOrder {
        authority: "factory",
        serials: &serials,
        act: RevocationAct::Revoke(Reason::CertificateHold),
        invalidity_date: Some(later(-1)),
    };
    home.register.revoke(&new, now()).unwrap();
    home.act(&[1], RevocationAct::Revoke(Reason::KeyCompromise), now()).unwrap();
    tamper::tamper(&home.path(), "UPDATE revocation SET invalidity_date = NULL WHERE act = 'revoked'");
    assert!(home.findings().contains(&"revocation"));
}

#[test]
fn revokes_all_that_are_named_or_none() {
    let mut home = Home::issued_four();
    let before = home.register.head().unwrap();
    let act = RevocationAct::Revoke(Reason::Superseded);
    assert!(slip(home.act(&[1, 2, 9], act, now())).contains("issued no certificate"));
    assert!(slip(home.act(&[1, 2, 1], act, now())).contains("revoked already"));
    assert_eq!(home.register.head().unwrap(), before);
    assert_eq!(home.register.revoked("factory", &listed(1)).unwrap(), None);
    // The profile gives thirty days; nobody looks for an expired certificate on a CRL.
    assert!(slip(home.act(&[1], act, later(31 * DAY_SECONDS))).contains("expired at"));
    let serials = [listed(1)];
    let new =
        |invalidity_date| RevocationOrder { authority: "factory", serials: &serials, act, invalidity_date };
    assert!(slip(home.register.revoke(&new(Some(later(1))), now())).contains("lies in the future"));
    let other = RevocationOrder { authority: "nobody", ..new(None) };
    assert!(matches!(home.register.revoke(&other, now()), Err(Error::AuthorityUnknown(_))));
    home.register.revoke(&new(Some(now())), now()).unwrap();
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_crl_lists_what_is_revoked_and_an_entry_leaves_only_when_it_may() {
    use RevocationAct::{Release, Revoke};
    let mut home = Home::issued_four();
    let empty = home.crl(now());
    assert_eq!(empty.stored().number, Some(CrlNumber::first()));
    assert_eq!(home.entries(&empty), []);
    home.act(&[3, 1], Revoke(Reason::Unspecified), now()).unwrap();
    home.act(&[2], Revoke(Reason::CertificateHold), now()).unwrap();
    let second = home.crl(later(5));
    let all = [(1, Reason::Unspecified), (2, Reason::CertificateHold), (3, Reason::Unspecified)]
        .map(|(number, reason)| (listed(number), reason));
    assert_eq!(home.entries(&second), all);
    home.act(&[2], Release, later(6)).unwrap();
    let plan = home.stored_crl(later(7));
    assert_eq!((plan.counts.stayed, plan.counts.came, plan.counts.left), (2, 0, 1));
    assert_eq!(plan.left.len(), 1);
    let third = home.sign_crl(&plan, later(7));
    assert_eq!(home.entries(&third), [all[0], all[2]]);
    let left = home.register.crl_left(third.stored(), 0, 10).unwrap();
    assert_eq!(left, [(1, listed(2).to_string(), "released".to_owned())]);
    // Expired: still on the first CRL after that, and gone from the next (RFC 5280 §3.3).
    let fourth = home.crl(later(31 * DAY_SECONDS));
    assert_eq!(home.entries(&fourth), [all[0], all[2]]);
    let fifth = home.crl(later(31 * DAY_SECONDS + 1));
    assert_eq!(home.entries(&fifth), []);
    let why: Vec<String> =
        home.register.crl_left(fifth.stored(), 0, 10).unwrap().into_iter().map(|(.., why)| why).collect();
    assert_eq!(why, ["expired", "expired"]);
    assert_eq!(fifth.stored().number, CrlNumber::from_octets(&[5]));
    assert_eq!(home.register.latest_crl("factory", CrlScope::Full).unwrap(), Some(fifth));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_stored_crl_is_signed_as_it_is_before_any_other_is_made() {
    let mut home = Home::issued_four();
    home.act(&[1], RevocationAct::Revoke(Reason::Superseded), now()).unwrap();
    let plan = home.stored_crl(now());
    // Nothing is recorded as of before it: it could be taken for what had been on it.
    let behind = slip(home.act(&[2], RevocationAct::Revoke(Reason::Superseded), later(-1)));
    assert!(behind.contains("the last CRL is of"), "{behind}");
    // What is recorded meanwhile comes onto the next one.
    home.act(&[2], RevocationAct::Revoke(Reason::Superseded), later(1)).unwrap();
    let again = home.plan_crl(later(2), Storing::Trial);
    assert!(matches!(again, Err(Error::Revocation(RevocationError::CrlUnsigned(_)))), "{again:?}");
    let waiting = home.register.unsigned_crl("factory", CrlScope::Full).unwrap();
    assert_eq!(waiting.as_ref(), Some(&plan.stored));
    let first = home.sign_crl(&plan, later(3));
    assert_eq!(home.entries(&first).len(), 1);
    assert_eq!(home.register.unsigned_crl("factory", CrlScope::Full).unwrap(), None);
    // Nor is it recorded twice.
    let message = WholeMessage::of(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), b"x");
    let signature = sign(&key(CA_KEY), b"x");
    let other = SignedCrl::assemble(&message, plan.stored.tbs_sha256, &signature, &home.ca).unwrap();
    assert!(matches!(home.register.record_crl(&plan.stored, &other, now()), Err(Error::Damaged(_))));
    let second = home.crl(later(4));
    assert_eq!(home.entries(&second).len(), 2);
    assert_eq!(second.stored().number, CrlNumber::from_octets(&[2]));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_crl_that_was_not_shown_or_comes_from_the_past_is_not_stored() {
    let mut home = Home::issued_four();
    let shown = home.plan_crl(now(), Storing::Trial).unwrap();
    // A trial leaves nothing.
    assert_eq!(home.register.unsigned_crl("factory", CrlScope::Full).unwrap(), None);
    home.act(&[1], RevocationAct::Revoke(Reason::Superseded), now()).unwrap();
    let stored = home.plan_crl(now(), Storing::Durable(shown.stored.tbs_sha256));
    assert!(matches!(stored, Err(Error::Revocation(RevocationError::CrlOther))), "{stored:?}");
    home.crl(now());
    let revoked = slip(home.act(&[2], RevocationAct::Revoke(Reason::Superseded), later(-1)));
    assert!(revoked.contains("the last CRL is of"), "{revoked}");
    let behind = home.plan_crl(later(-1), Storing::Trial);
    assert!(matches!(behind, Err(Error::Revocation(RevocationError::ClockBehind { .. }))), "{behind:?}");
    // Beyond the end of the CA.
    let beyond = home.plan_crl(later(3640 * DAY_SECONDS), Storing::Trial);
    assert!(matches!(beyond, Err(Error::Revocation(RevocationError::Lint(_)))), "{beyond:?}");
    assert_eq!(home.findings(), [""; 0]);
}

/// Revocations by a clock that ran ahead are none that a CRL of now can list; the same again corrects them.
#[test]
fn what_a_clock_that_ran_ahead_recorded_is_recorded_again() {
    use RevocationAct::{Release, Revoke};
    let hold = Revoke(Reason::CertificateHold);
    let mut home = Home::issued_four();
    home.act(&[1], Revoke(Reason::Superseded), later(DAY_SECONDS)).unwrap();
    home.act(&[2, 3], hold, later(DAY_SECONDS)).unwrap();
    let early = home.plan_crl(now(), Storing::Trial);
    let Err(Error::Revocation(error @ RevocationError::RevokedAhead { .. })) = early else {
        panic!("{early:?}")
    };
    assert!(error.is_a_slip() && error.hint().contains("record the same again"), "{error}");
    // Nothing else than the same corrects a revocation, which is for ever.
    for act in [Revoke(Reason::KeyCompromise), hold, Release] {
        assert!(slip(home.act(&[1], act, now())).contains("revoked already"));
    }
    home.act(&[1], Revoke(Reason::Superseded), now()).unwrap();
    home.act(&[2], hold, now()).unwrap();
    home.act(&[3], Revoke(Reason::KeyCompromise), later(1)).unwrap();
    // Corrected once; what is of the past stands.
    assert!(slip(home.act(&[1], Revoke(Reason::Superseded), later(2))).contains("revoked already"));
    assert!(slip(home.act(&[2], hold, later(2))).contains("on hold already"));
    let crl = home.crl(later(2));
    let reasons = [Reason::Superseded, Reason::CertificateHold, Reason::KeyCompromise];
    let listed: Vec<(CrlSerial, Reason)> = (1..).map(listed).zip(reasons).collect();
    assert_eq!(home.entries(&crl), listed);
    let Some(Revoked::Revoked(entry)) = home.register.revoked("factory", &listed[2].0).unwrap() else {
        panic!("not revoked")
    };
    assert_eq!(entry.date, later(1));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_key_that_turns_out_to_be_compromised_makes_the_reason_worse() {
    use RevocationAct::Revoke;
    let mut home = Home::issued_four();
    home.act(&[1], Revoke(Reason::Superseded), now()).unwrap();
    home.crl(later(1));
    home.act(&[1], Revoke(Reason::KeyCompromise), later(2)).unwrap();
    for reason in [Reason::Superseded, Reason::KeyCompromise, Reason::CaCompromise] {
        assert!(slip(home.act(&[1], Revoke(reason), later(3))).contains("revoked already (keyCompromise)"));
    }
    let Some(Revoked::Revoked(entry)) = home.register.revoked("factory", &listed(1)).unwrap() else {
        panic!("not revoked")
    };
    assert_eq!((entry.date, entry.reason), (now(), Reason::KeyCompromise));
    let crl = home.crl(later(4));
    assert_eq!(home.entries(&crl), [(listed(1), Reason::KeyCompromise)]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_signature_that_does_not_verify_is_no_crl() {
    let mut home = Home::issued_four();
    let plan = home.stored_crl(now());
    let message = home.register.crl_message(&plan.stored).unwrap();
    let foreign = sign(&key(1), message.whole().unwrap());
    assert!(SignedCrl::assemble(&message, plan.stored.tbs_sha256, &foreign, &home.ca).is_err());
    // The stored octets are digested again before they are signed.
    tamper::tamper(&home.path(), "UPDATE crl_part SET octets = zeroblob(length(octets))");
    assert!(matches!(home.register.crl_message(&plan.stored), Err(Error::Damaged(_))));
}

/// A CRL that leaves out a certificate, drawn up with all rows and digests as they should be, is found by the audit.
#[test]
fn the_audit_proves_the_succession_from_the_octets() {
    let mut home = Home::issued_four();
    home.act(&[1, 2], RevocationAct::Revoke(Reason::Superseded), now()).unwrap();
    home.crl(now());
    tamper::tamper(&home.path(), &format!("DELETE FROM revocation WHERE serial = x'{}'", listed(2)));
    let found = home.plan_crl(later(1), Storing::Trial);
    let Err(Error::Revocation(RevocationError::Succession(error))) = found else { panic!("{found:?}") };
    assert!(error.to_string().contains(&listed(2).to_string()), "{error}");
    assert!(home.findings().contains(&"crl-entries"));
}

/// A hold and a revocation that rows of the past get beside the CRL that was made after them.
#[test]
fn the_audit_looks_for_each_act_on_the_first_crl_after_it() {
    let mut home = Home::issued_four();
    home.act(&[1, 3], RevocationAct::Revoke(Reason::CertificateHold), now()).unwrap();
    home.act(&[3], RevocationAct::Release, now()).unwrap();
    home.crl(now());
    home.act(&[1], RevocationAct::Revoke(Reason::KeyCompromise), now()).unwrap();
    home.act(&[3], RevocationAct::Revoke(Reason::CertificateHold), now()).unwrap();
    home.act(&[3], RevocationAct::Release, now()).unwrap();
    // What is recorded since is on none yet.
    assert_eq!(home.findings(), [""; 0]);
    home.crl(now());
    assert_eq!(home.findings(), [""; 0]);
    let earlier = |number| {
        format!(
            "INSERT INTO revocation SELECT (SELECT max(number) + 1 FROM revocation), entry, authority, x'{}', act, \
             reason, date, invalidity_date FROM revocation WHERE number = {number}",
            listed(2)
        )
    };
    // Row 1 is of before the first CRL, row 4 of before the second.
    for number in [1, 4] {
        let file = home.path();
        let sound = std::fs::read(&file).unwrap();
        tamper::tamper(&file, &earlier(number));
        assert!(home.findings().contains(&"crl-missing"), "{number}");
        std::fs::write(&file, sound).unwrap();
    }
}

/// A CA that issued elsewhere.
struct Moved {
    ca: IssuingCa,
}

const MOVED_KEY: u16 = 61_000;

/// What `openssl ca` wrote of it: valid, on hold, expired, revoked.
const INDEX: &str = "V\t270101000000Z\t\t04\tunknown\t/CN=four\n\
                     R\t270101000000Z\t260601000000Z,certificateHold\t05\tunknown\t/CN=five\n\
                     E\t260101000000Z\t\t06\tunknown\t/CN=six\\xC3\\xA4\n\
                     R\t270101000000Z\t260601000000Z,keyCompromise\t07\tunknown\t/CN=seven\n\
                     R\t270101000000Z\t261121093000Z\t08\tunknown\t/CN=eight\n";

fn entry(number: u8, reason: Reason) -> RevokedEntry {
    let date = Time::from_rfc3339("2026-06-01T00:00:00Z").unwrap();
    RevokedEntry { serial: CrlSerial::from_octets(&[number]).unwrap(), date, reason, invalidity_date: None }
}

impl Moved {
    fn new(home: &mut Home) -> Self {
        let public_key = public_key(&key(MOVED_KEY));
        let new = NewAuthority {
            name: "moved",
            key_uri: "pkcs11:token=demo;object=moved",
            public_key: &public_key,
            request: None,
        };
        let root = plan_root(
            &RootFields {
                name: Name::from_text("CN=Moved Root").unwrap(),
                public_key: public_key.clone(),
                rsa_scheme: RsaScheme::Pkcs1,
                days: 3650,
                path_length: None,
            },
            Facts { now: later(-DAY_SECONDS * 365), serial: serial(MOVED_KEY) },
        )
        .unwrap();
        let signature = sign(&key(MOVED_KEY), root.tbs());
        let signed = SignedCertificate::assemble_root(root.tbs(), &signature, &public_key).unwrap();
        let certificate = Certificate::parse(signed.der()).unwrap();
        let waived = ["CKA_LOCAL", "CKA_NEVER_EXTRACTABLE"];
        let adoption = NewAdoption {
            authority: new,
            certificate: &certificate,
            chain: &[],
            origin: "another house",
            waived: &waived,
        };
        let digest = adoption_digest(&adoption);
        let renamed = NewAuthority { name: "renamed", ..adoption.authority };
        let renamed = adoption_digest(&NewAdoption { authority: renamed, ..adoption });
        let chained = adoption_digest(&NewAdoption { chain: std::slice::from_ref(&certificate), ..adoption });
        assert!(digest != renamed && digest != chained);
        let other = home.register.adopt_authority(&adoption, "anchor", now());
        assert!(matches!(other, Err(Error::Words(_))), "{other:?}");
        let less = NewAdoption { waived: &waived[..1], ..adoption };
        assert!(matches!(home.register.adopt_authority(&less, &digest.words(), now()), Err(Error::Words(_))));
        assert!(home.register.authority("moved").unwrap().is_none());
        home.register.adopt_authority(&adoption, &digest.words(), now()).unwrap();
        let recorded = home.register.adoption("moved").unwrap().unwrap();
        assert_eq!((recorded.origin.as_str(), recorded.digest), ("another house", digest));
        assert_eq!(recorded.waived, waived);
        assert!(home.register.adoption("factory").unwrap().is_none());
        Self { ca: IssuingCa::new(certificate, Vec::new()).unwrap() }
    }

    /// A CRL as another program makes it: entries in any order.
    fn crl(&self, entries: &[RevokedEntry], number: &[u8]) -> Vec<u8> {
        self.signed_by(entries, number, MOVED_KEY)
    }

    fn signed_by(&self, entries: &[RevokedEntry], number: &[u8], signer: u16) -> Vec<u8> {
        let mut extent = Extent::default();
        for entry in entries {
            extent.add(entry);
        }
        let number = CrlNumber::from_octets(number).unwrap();
        let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
        let fields = CrlFields {
            algorithm,
            issuer: self.ca.certificate().subject().der(),
            key_identifier: self.ca.key_identifier(),
            this_update: later(-3600),
            next_update: later(3600),
            number: &number,
            point: None,
        };
        let frame = writer::frame(&fields, extent).unwrap();
        let middle: Vec<u8> = entries.iter().flat_map(writer::entry).collect();
        let tbs = [frame.before, middle, frame.behind].concat();
        let signature = sign(&key(signer), &tbs);
        let envelope = writer::envelope(algorithm, tbs.len() as u64, &signature).unwrap();
        [envelope.before, tbs, envelope.behind].concat()
    }

    fn new_crl(&self) -> NewCrl<'_> {
        NewCrl {
            authority: "moved",
            issuer: &self.ca,
            algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
            this_update: now(),
            next_update: later(DAY_SECONDS),
            origin: CrlOrigin::Command,
            later: LaterCrls::Unsaid,
            scope: CrlScope::Full,
        }
    }

    fn import(&self, home: &mut Home, crl: &[u8], index: &str) -> Result<Takeover, Error> {
        let mut list = ListOctets::default();
        let der = list.push(crl).unwrap();
        let mut pieces = der.chunks(100).map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter();
        let source = || Ok::<_, Error>(pieces.next());
        let mut taken = home.register.begin_takeover::<_, Error>("moved", &self.ca, source, now())?;
        Self::list(&mut taken, index)?;
        taken.store(&self.ca, now())
    }

    /// Adds to what is listed of it.
    fn list_more(&self, home: &mut Home, index: &str) -> Result<Takeover, Error> {
        let mut taken = home.register.begin_listing("moved", now())?;
        Self::list(&mut taken, index)?;
        taken.store(&self.ca, now())
    }

    fn list(taken: &mut TakeoverWriter<'_>, index: &str) -> Result<(), Error> {
        let mut index_list = IssuedList::default();
        let listed: Vec<ListedCertificate> = index_list.push(index.as_bytes()).unwrap();
        for certificate in &listed {
            taken.add(certificate)?;
        }
        taken.end_list()
    }
}

#[test]
fn a_ca_moves_in_with_its_crl_and_its_list() {
    let mut home = Home::issued_four();
    let taken = home.take_over();
    let expected = Takeover { entries: 2, listed: 5, only_listed: 1, ..Takeover::default() };
    assert_eq!(taken, expected);
    assert_eq!(home.findings(), [""; 0]);
    let moved =
        Certificate::parse(home.register.authority("moved").unwrap().unwrap().certificate.unwrap().0.der())
            .unwrap();
    let ca = IssuingCa::new(moved, Vec::new()).unwrap();
    let act = |home: &mut Home, number: u8, act| {
        let serials = [CrlSerial::from_octets(&[number]).unwrap()];
        let new = RevocationOrder { authority: "moved", serials: &serials, act, invalidity_date: None };
        home.register.revoke(&new, now())
    };
    // What was listed can be revoked, what was held released; what was revoked stays so. That one had expired is the
    // word of a list that nobody signed.
    act(&mut home, 4, RevocationAct::Revoke(Reason::Superseded)).unwrap();
    act(&mut home, 5, RevocationAct::Release).unwrap();
    act(&mut home, 6, RevocationAct::Revoke(Reason::Superseded)).unwrap();
    assert!(slip(act(&mut home, 7, RevocationAct::Release)).contains("revoked already"));
    assert!(slip(act(&mut home, 9, RevocationAct::Revoke(Reason::Superseded))).contains("issued no"));
    // The number goes on; the new CRL is proved against the octets of the one that came.
    let new = NewCrl {
        origin: CrlOrigin::Command,
        later: LaterCrls::Unsaid,
        authority: "moved",
        issuer: &ca,
        algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
        this_update: now(),
        next_update: later(DAY_SECONDS),
        scope: CrlScope::Full,
    };
    let plan = home.register.plan_crl(&new, Storing::Trial, &mut go_on).unwrap();
    assert_eq!(plan.stored.number, CrlNumber::from_octets(&[10]));
    assert_eq!((plan.counts.stayed, plan.counts.came, plan.counts.left), (1, 3, 1));
    assert_eq!(plan.stored.origin, CrlOrigin::Command);
    let imported = home.register.latest_crl("moved", CrlScope::Full).unwrap().unwrap();
    assert_eq!(imported.stored().origin, CrlOrigin::Elsewhere);
    let octets = home.octets(&imported);
    assert_eq!(imported.sha256(), Digest::of(&octets));
    assert_eq!(home.findings(), [""; 0]);
}

/// The list says of a certificate on the CRL that it expired long ago; only the CRL is signed.
#[test]
fn no_entry_leaves_on_the_word_of_a_list() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let crl = moved.crl(&[entry(7, Reason::KeyCompromise), entry(5, Reason::CertificateHold)], &[9]);
    let seven = "270101000000Z\t260601000000Z,keyCompromise";
    moved.import(&mut home, &crl, &INDEX.replace(seven, &seven.replacen("27", "20", 1))).unwrap();
    let new = moved.new_crl();
    let plan = home.register.plan_crl(&new, Storing::Trial, &mut go_on).unwrap();
    assert_eq!((plan.counts.stayed, plan.counts.came, plan.counts.left), (2, 1, 0));
    let plan = home.register.plan_crl(&new, Storing::Durable(plan.stored.tbs_sha256), &mut go_on).unwrap();
    let message = home.register.crl_message(&plan.stored).unwrap();
    let signature = sign(&key(MOVED_KEY), message.whole().unwrap());
    let signed = SignedCrl::assemble(&message, plan.stored.tbs_sha256, &signature, &moved.ca).unwrap();
    home.register.record_crl(&plan.stored, &signed, now()).unwrap();
    let next = NewCrl { this_update: later(1), ..new };
    let plan = home.register.plan_crl(&next, Storing::Trial, &mut go_on).unwrap();
    assert_eq!((plan.counts.stayed, plan.counts.left), (3, 0));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn takes_nothing_over_that_is_foreign_or_contradicts_itself() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let before = home.register.head().unwrap();
    let good = [entry(7, Reason::KeyCompromise), entry(5, Reason::CertificateHold)];
    let mut check = |crl: Vec<u8>, index: &str, words: &str| {
        let refused = moved.import(&mut home, &crl, index);
        let Err(Error::Revocation(error)) = refused else { panic!("{words}: {refused:?}") };
        assert!(error.to_string().contains(words), "{error} / {words}");
        assert!(!error.hint().is_empty());
        assert_eq!(home.register.head().unwrap(), before);
    };
    let crl = moved.crl(&good, &[9]);
    check(moved.signed_by(&good, &[9], 1), INDEX, "signature does not verify");
    check(crl[..crl.len() - 1].to_vec(), INDEX, "cut short");
    check([&crl[..], &[0]].concat(), INDEX, "left behind");
    check(moved.crl(&[good[0], good[0]], &[9]), INDEX, "named twice");
    check(crl.clone(), &INDEX.repeat(2), "named twice");
    let valid = INDEX.replace("R\t270101000000Z\t260601000000Z,keyCompromise", "V\t270101000000Z\t");
    check(crl.clone(), &valid, "the list says that it is not revoked");
    check(moved.crl(&good[..1], &[9]), INDEX, "before the CRL was made, which does not name it");
    let mut future = good;
    future[0].date = now();
    check(moved.crl(&future, &[9]), INDEX, "after the CRL was made");
    let eight = "261121093000Z\t08";
    check(crl.clone(), &INDEX.replace(eight, "261121100001Z\t08"), "a revocation date in the future");
    let key_time = "261121093000Z,keyTime,20261121100001Z\t08";
    check(crl.clone(), &INDEX.replace(eight, key_time), "an invalidity date in the future");
    let own = format!("V\t270101000000Z\t\t{}\tunknown\t/CN=x\n", listed(1));
    check(crl.clone(), &own, "gave to another certificate");
    moved.import(&mut home, &crl, INDEX).unwrap();
    let again = moved.import(&mut home, &crl, INDEX);
    assert!(matches!(again, Err(Error::Revocation(RevocationError::NotEmpty(_)))), "{again:?}");
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn an_adopted_ca_revokes_nothing_and_makes_no_crl_until_its_past_is_known() {
    let unknown = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::Revocation(RevocationError::PastUnknown(_)))), "{result:?}");
    };
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let serials = [CrlSerial::from_octets(&[4]).unwrap()];
    let order = RevocationOrder {
        authority: "moved",
        serials: &serials,
        act: RevocationAct::Revoke(Reason::KeyCompromise),
        invalidity_date: None,
    };
    unknown(home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).map(drop));
    unknown(home.register.revoke(&order, now()));
    unknown(moved.list_more(&mut home, INDEX).map(drop));
    let empty = moved.import(&mut home, &moved.crl(&[entry(7, Reason::KeyCompromise)], &[9]), "");
    assert!(matches!(empty, Err(Error::Revocation(RevocationError::ListEmpty))), "{empty:?}");
    let taken = home.register.begin_takeover_without_crl("moved", now()).unwrap();
    assert_eq!(taken.store(&moved.ca, now()).unwrap(), Takeover::default());
    home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert!(slip(home.register.revoke(&order, now())).contains("issued no certificate"));
    // What the list calls revoked comes to the first CRL.
    let listed = moved.list_more(&mut home, INDEX).unwrap();
    assert_eq!((listed.listed, listed.only_listed, listed.known), (5, 3, 0));
    home.register.revoke(&order, now()).unwrap();
    let plan = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert_eq!((plan.stored.number, plan.counts.came), (Some(CrlNumber::first()), 4));
    assert_eq!(home.findings(), [""; 0]);
    // A row that somebody put there is no past.
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    tamper::tamper(
        &home.path(),
        "INSERT INTO takeover SELECT max(entry) + 9, 'moved', 1, NULL, 0, 0 FROM adoption",
    );
    let planned = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on);
    assert!(matches!(planned, Err(Error::Damaged(_))), "{planned:?}");
}

/// The list names so many that the watcher is asked now and then: the work may end there, and nothing of it stays.
#[test]
fn a_crl_that_is_being_planned_can_be_stopped() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let revoked =
        |serial: u32| format!("R\t270101000000Z\t261121093000Z\t{serial:04X}\tunknown\t/CN={serial}\n");
    let list: String = (1..=3_000).map(revoked).collect();
    moved.import(&mut home, &moved.crl(&[], &[9]), &list).unwrap();
    let head = home.register.head().unwrap();
    let mut told = Vec::new();
    let stopped = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut |done| {
        told.push(done);
        if told.len() < 5 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    assert_eq!(told, [1024, 2048, 3072, 4096, 5120]);
    assert_eq!(home.register.head().unwrap(), head);
    let plan = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert_eq!(plan.stored.entries, 3_000);
}

/// A CA that never issued anything brings an empty list, and a CRL that names nobody where it made one.
#[test]
fn a_ca_that_issued_nothing_moves_in_with_an_empty_list() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    // Whoever revoked has issued: this list is another file, or was cut.
    let revoked = moved.crl(&[entry(7, Reason::KeyCompromise)], &[9]);
    assert!(slip(moved.import(&mut home, &revoked, "").map(drop)).contains("names no certificate"));
    let taken = moved.import(&mut home, &moved.crl(&[], &[9]), "").unwrap();
    assert_eq!(taken, Takeover::default());
    assert!(slip(moved.list_more(&mut home, "").map(drop)).contains("names no certificate"));
    // Its number goes on.
    let plan = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert_eq!(plan.stored.number, CrlNumber::from_octets(&[10]));
    assert_eq!((plan.counts.stayed, plan.counts.came, plan.counts.left), (0, 0, 0));
    let issued_since = "V\t270101000000Z\t\t04\tunknown\t/CN=four\n";
    assert_eq!(moved.list_more(&mut home, issued_since).unwrap().listed, 1);
    assert_eq!(home.findings(), [""; 0]);

    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let mut taken = home.register.begin_takeover_without_crl("moved", now()).unwrap();
    Moved::list(&mut taken, "").unwrap();
    taken.store(&moved.ca, now()).unwrap();
    let plan = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert_eq!((plan.stored.number, plan.stored.entries), (CrlNumber::from_octets(&[1]), 0));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_list_that_grew_adds_what_is_not_there_yet() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let crl = moved.crl(&[entry(7, Reason::KeyCompromise), entry(5, Reason::CertificateHold)], &[9]);
    let (first, rest) = INDEX.split_once('\n').unwrap();
    // Cut at the end of a line.
    moved.import(&mut home, &crl, &format!("{first}\n")).unwrap();
    let more = moved.list_more(&mut home, INDEX).unwrap();
    assert_eq!((more.known, more.listed, more.only_listed), (1, 4, 1));
    assert_eq!(home.findings(), [""; 0]);
    let before = home.register.head().unwrap();
    assert_eq!(moved.list_more(&mut home, rest).unwrap().known, 4);
    for (index, words) in
        [("", "no certificate"), (&*"V\t270101000000Z\t\t0A\tunknown\t/CN=x\n".repeat(2), "named twice")]
    {
        let refused = moved.list_more(&mut home, index);
        assert!(slip(refused.map(drop)).contains(words));
    }
    assert_eq!(home.register.head().unwrap(), before);
}

#[test]
fn what_a_list_that_is_given_again_calls_revoked_since_is_revoked() {
    let mut home = Home::issued_four();
    let moved = Moved::new(&mut home);
    let valid = "V\t270101000000Z\t\t0A\tunknown\t/CN=x\nV\t270101000000Z\t\t0B\tunknown\t/CN=y\n";
    moved.import(&mut home, &moved.crl(&[], &[9]), valid).unwrap();
    let serial = |octet: u8| CrlSerial::from_octets(&[octet]).unwrap();
    let order = |serials, act| RevocationOrder { authority: "moved", serials, act, invalidity_date: None };
    home.register.revoke(&order(&[serial(11)], RevocationAct::Revoke(Reason::Superseded)), now()).unwrap();
    let since =
        valid.replacen("V\t270101000000Z\t\t0A", "R\t270101000000Z\t261121093000Z,keyCompromise\t0A", 1);
    let again = moved.list_more(&mut home, &since).unwrap();
    assert_eq!((again.known, again.only_listed, again.listed, again.differing), (2, 1, 0, 0));
    let reason = |home: &Home, octet| {
        let standing = home.register.revoked("moved", &serial(octet)).unwrap().unwrap();
        standing.entry().unwrap().reason
    };
    assert_eq!((reason(&home, 10), reason(&home, 11)), (Reason::KeyCompromise, Reason::Superseded));
    let plan = home.register.plan_crl(&moved.new_crl(), Storing::Trial, &mut go_on).unwrap();
    assert_eq!(plan.counts.came, 2);
    assert_eq!(home.findings(), [""; 0]);
    // Once more it changes nothing; what it says otherwise is told.
    let head = home.register.head().unwrap();
    let other = since.replace("keyCompromise", "superseded");
    let told = moved.list_more(&mut home, &other).unwrap();
    assert_eq!((told.known, told.only_listed, told.differing), (2, 0, 1));
    assert_eq!(home.register.head().unwrap(), head);
}

#[test]
fn a_serial_number_that_was_given_elsewhere_is_not_given_again() {
    let mut home = Home::new();
    let moved = Moved::new(&mut home);
    let octets = serial(77);
    let index = format!(
        "V\t270101000000Z\t\t{}\tunknown\t/CN=x\n",
        CrlSerial::from_octets(octets.as_octets()).unwrap()
    );
    moved.import(&mut home, &moved.crl(&[], &[9]), &index).unwrap();
    let request = ParsedRequest::parse(&request(1)).unwrap().verify_possession().unwrap();
    let planned = plan(request, &profile(), &moved.ca, Facts { now: now(), serial: octets }).unwrap();
    let new = NewPlan { authority: "moved", ..new_plan(PlanKind::Batch, DuplicateKeys::Refuse) };
    let mut writer = home.register.begin_plan(&new, now()).unwrap();
    assert!(matches!(writer.add("a.csr", None, &planned), Err(Error::SerialUsed(_))));
}
