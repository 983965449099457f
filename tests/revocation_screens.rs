//! The screens of revoking and of the next CRL, fed with news and keys, without a terminal or a token: which job each step
//! gives, and which key gives none.

#[path = "support/plan.rs"]
#[expect(dead_code, reason = "of what plans are made for, only the moment is used here")]
mod stored;

use coldsign::{
    ceremony::{
        Aftermath, Class, CrlChanges, CrlFreshness, CrlOrigin, CrlRow, CrlScope, CrlShown, CrlStanding,
        CrlsOfCa, JudgedCertificate, JudgedRevocation, RevocationAct,
    },
    pki::{
        crl::{CrlSerial, Reason},
        fingerprint::Digest,
    },
    tui::{
        key::Key,
        message::{Effect, Failure, Message},
        model::Model,
        screen::{
            Screen, crls::Crls, next_crl::NextCrl, revocations::Revocations, revoke::Revoke, rooms::Rooms,
        },
        update::update,
        work::{
            Job, News,
            revocation::{Named, RevocationJob, RevocationNews},
        },
    },
};
use stored::now;

const SERIAL: &str = "4f5e6d";

fn on(screen: Screen) -> Model {
    let mut model = Model::new(Screen::Rooms(Rooms::new()));
    model.enter(screen);
    model
}

fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert!(key(model, Key::Char(c)).is_empty());
    }
}

/// The job that a key gives.
#[track_caller]
fn job(model: &mut Model, pressed: Key) -> RevocationJob {
    match key(model, pressed).pop() {
        Some(Effect::Work(Job::Revocation(job))) => job,
        other => panic!("{pressed:?} gives {other:?}"),
    }
}

fn tell(model: &mut Model, news: RevocationNews) -> Vec<Effect> {
    update(model, Message::Done(Box::new(News::Revocation(news))))
}

fn row() -> CrlRow {
    CrlRow {
        id: "crl-root-8".to_owned(),
        words: "CRL number 8 of CA root".to_owned(),
        number: Some("8".to_owned()),
        this_update: now(),
        next_update: Some(now()),
        entries: 1,
        origin: CrlOrigin::Words,
        tbs_sha256: Digest::of(b"a CRL"),
        octets: 400,
        deliveries: 0,
    }
}

fn shown() -> RevocationNews {
    RevocationNews::Prepared(Box::new(CrlShown {
        ca: "root".to_owned(),
        row: row(),
        from_outside: None,
        reasons: vec![("superseded", 1)],
        changes: Some(CrlChanges::default()),
    }))
}

#[test]
fn what_is_asked_is_judged_first_and_recorded_by_y_alone() {
    let mut model = on(Screen::Revoke(Revoke::typed("root")));
    type_in(&mut model, SERIAL);
    key(&mut model, Key::Tab);
    key(&mut model, Key::Down);
    key(&mut model, Key::Tab);
    type_in(&mut model, "2026-01-31T00:00:00Z");
    let RevocationJob::Judge(wish) = job(&mut model, Key::Enter) else { panic!("Enter judges") };
    assert_eq!(wish.named, Named::Typed(SERIAL.to_owned()));
    assert_eq!(wish.act, RevocationAct::Revoke(Reason::CaCompromise));
    assert_eq!((wish.ca.as_str(), wish.since.as_str()), ("root", "2026-01-31T00:00:00Z"));
    let judged = JudgedRevocation {
        ca: "root".to_owned(),
        serials: vec![CrlSerial::from_hex(SERIAL).unwrap()],
        act: wish.act,
        invalidity_date: None,
        rows: vec![JudgedCertificate { serial: SERIAL.to_owned(), subject: None, before: None }],
    };
    tell(&mut model, RevocationNews::Judged(Box::new(judged.clone())));
    for other in [Key::Enter, Key::Char(' '), Key::Char('r'), Key::Char('Y'), Key::Tab] {
        assert!(key(&mut model, other).is_empty(), "{other:?}");
    }
    // Back leads to the form, as it was filled in.
    assert!(key(&mut model, Key::Esc).is_empty());
    assert!(matches!(job(&mut model, Key::Enter), RevocationJob::Judge(again) if again == wish));
    tell(&mut model, RevocationNews::Judged(Box::new(judged.clone())));
    let RevocationJob::Record(recorded) = job(&mut model, Key::Char('y')) else { panic!("y records") };
    assert_eq!(*recorded, judged);
    let follows = tell(&mut model, RevocationNews::Recorded { certificates: 1, waiting: 1 });
    assert!(matches!(follows[..], [Effect::Work(Job::OpenHome)]), "{follows:?}");
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert!(matches!(job(&mut model, Key::Char('n')), RevocationJob::Prepare(ca, _) if ca == "root"));
    assert!(matches!(model.screen(), Screen::NextCrl(_)));
}

#[test]
fn a_crl_is_signed_after_its_words_only_and_delivered_after_its_signature() {
    let mut model = on(Screen::NextCrl(NextCrl::new("root", CrlScope::Full)));
    tell(&mut model, shown());
    for other in [Key::Enter, Key::Char('s'), Key::Char('d'), Key::Char('y')] {
        assert!(key(&mut model, other).is_empty(), "{other:?}");
    }
    assert!(key(&mut model, Key::Char('a')).is_empty());
    type_in(&mut model, "anchor s");
    // The words go to the ceremony as they were typed, for the CRL that was shown.
    let RevocationJob::Approve { digest, words } = job(&mut model, Key::Enter) else {
        panic!("Enter approves")
    };
    assert_eq!((digest, words.as_str()), (row().tbs_sha256, "anchor s"));
    let refused = Failure {
        what: String::new(),
        hint: String::new(),
        class: Class::NotApproved,
        aftermath: Aftermath::Nothing,
    };
    update(&mut model, Message::Failed(refused.clone()));
    assert!(model.dialog.is_none(), "it is told where the words are typed");
    job(&mut model, Key::Enter);
    tell(&mut model, RevocationNews::Approved);
    // What is approved is forgotten by whoever goes back.
    assert!(key(&mut model, Key::Esc).is_empty());
    assert!(key(&mut model, Key::Char('s')).is_empty());
    key(&mut model, Key::Char('a'));
    job(&mut model, Key::Enter);
    tell(&mut model, RevocationNews::Approved);
    assert!(
        matches!(job(&mut model, Key::Char('s')), RevocationJob::Sign(digest) if digest == row().tbs_sha256)
    );
    // A failure is told with what is safe, and leads to the CRL that waits.
    update(&mut model, Message::Failed(Failure { class: Class::Token, ..refused }));
    assert!(model.dialog.is_none());
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert!(matches!(job(&mut model, Key::Char('n')), RevocationJob::Prepare(..)));
    tell(&mut model, shown());
    key(&mut model, Key::Char('a'));
    job(&mut model, Key::Enter);
    tell(&mut model, RevocationNews::Approved);
    job(&mut model, Key::Char('s'));
    tell(&mut model, RevocationNews::Signed(Box::new(row())));
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert!(key(&mut model, Key::Char('d')).is_empty());
    assert!(matches!(model.screen(), Screen::Delivery(_)));
}

fn standing(scope: CrlScope) -> CrlStanding {
    let freshness = CrlFreshness::Never;
    CrlStanding {
        ca: "root".to_owned(),
        scope,
        place: None,
        latest: None,
        freshness,
        waiting: 0,
        unsigned: None,
    }
}

#[test]
fn a_ca_that_makes_several_crls_is_one_line_that_opens_them() {
    let mut model = on(Screen::Revocations(Revocations::new()));
    let scopes = [CrlScope::Full, CrlScope::Partition(1), CrlScope::Partition(2)];
    let several = CrlsOfCa { ca: "root".to_owned(), standings: scopes.map(standing).to_vec() };
    let one = CrlsOfCa { ca: "one".to_owned(), standings: vec![standing(CrlScope::Full)] };
    tell(&mut model, RevocationNews::Standings(vec![one, several]));
    key(&mut model, Key::Down);
    key(&mut model, Key::Enter);
    assert_eq!(model.screen().room().title(), "Revocation: the CRLs of a CA");
    key(&mut model, Key::End);
    let RevocationJob::Page(ca, scope) = job(&mut model, Key::Enter) else {
        panic!("its CRLs are asked for")
    };
    assert_eq!((ca.as_str(), scope), ("root", CrlScope::Partition(2)));
    // The only CRL of a CA needs no list of its own.
    let mut model = on(Screen::Revocations(Revocations::new()));
    let one = CrlsOfCa { ca: "root".to_owned(), standings: vec![standing(CrlScope::Full)] };
    tell(&mut model, RevocationNews::Standings(vec![one]));
    assert!(matches!(job(&mut model, Key::Enter), RevocationJob::Page(_, CrlScope::Full)));
}

#[test]
fn only_the_latest_crl_that_was_made_here_is_handed_over() {
    let mut model = on(Screen::Crls(Crls::new("root", CrlScope::Full)));
    let standing = standing(CrlScope::Full);
    let imported = CrlRow { origin: CrlOrigin::Elsewhere, ..row() };
    for (rows, offered) in [(vec![], false), (vec![imported.clone()], false), (vec![row(), imported], true)] {
        tell(&mut model, RevocationNews::Page { standing: Box::new(standing.clone()), rows });
        let keys: Vec<Key> = model.bindings().iter().flat_map(|binding| binding.keys.to_vec()).collect();
        assert_eq!(keys.contains(&Key::Char('w')), offered);
    }
    // The list's chosen row does not matter: an older one is never handed over.
    key(&mut model, Key::End);
    key(&mut model, Key::Char('w'));
    assert!(matches!(model.screen(), Screen::Delivery(_)));
    assert!(format!("{:?}", model.screen()).contains("crl-root-8"));
}

#[test]
fn after_a_crl_that_is_out_of_date_the_next_one_is_prepared() {
    let mut model = on(Screen::NextCrl(NextCrl::new("root", CrlScope::Full)));
    let mut follows = tell(&mut model, RevocationNews::Outdated(Box::new(row())));
    let Some(Effect::Work(Job::Revocation(RevocationJob::Prepare(ca, _)))) = follows.pop() else {
        panic!("the next one is prepared")
    };
    assert_eq!(ca, "root");
    tell(&mut model, shown());
    // It is approved by words of its own, and what is out of date is not delivered.
    for other in [Key::Char('s'), Key::Char('d')] {
        assert!(key(&mut model, other).is_empty(), "{other:?}");
    }
    key(&mut model, Key::Char('a'));
    assert!(matches!(job(&mut model, Key::Enter), RevocationJob::Approve { .. }));
}
