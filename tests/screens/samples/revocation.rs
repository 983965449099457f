//! Revoking and CRLs.

use coldsign::{
    ceremony::{
        Brought, Class, CrlChanges, CrlFreshness, CrlOrigin, CrlRow, CrlScope, CrlShown, CrlStanding,
        CrlsOfCa, FormObstacle, Format, JudgedCertificate, JudgedRevocation, ListedCertificate, Recovery,
        RevocationAct, Revoked, RevokedCount, RevokedRow, RevokedSince,
    },
    pki::{
        crl::{CrlNumber, CrlSerial, Reason, RevokedEntry},
        fingerprint::Digest,
    },
    tui::{
        key::Key,
        message::{Failure, Message},
        model::Model,
        screen::{
            Screen, crls::Crls, delivery::Delivery, next_crl::NextCrl, published_crl::PublishedCrl,
            revocations::Revocations, revoke::Revoke, revoked,
        },
        update::update,
        work::{
            FormsWithKeys, Job, News,
            adoption::{AdoptionJob, AdoptionNews},
            revocation::{More, RevocationJob, RevocationNews},
        },
    },
};

use super::{Build, fail, material, on_top, press, tell, typed, without_media};
use crate::{
    certified,
    outside::{Outside, printable},
};

const DAY: i64 = 86_400;

const SERIAL: &str = "4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b40001";

fn ca(outside: &Outside) -> String {
    printable(&outside.authority).to_string()
}

fn row(outside: &Outside, number: u32) -> CrlRow {
    CrlRow {
        id: format!("crl-{}-{number}", ca(outside)),
        words: format!("CRL number {number} of CA {}", ca(outside)),
        number: Some(number.to_string()),
        this_update: material::now(),
        next_update: Some(material::now().plus_seconds(30 * DAY)),
        entries: 1_204,
        origin: CrlOrigin::Words,
        tbs_sha256: Digest::of(b"a CRL"),
        octets: 48_160,
        deliveries: 1,
    }
}

fn standings(outside: &Outside) -> Vec<CrlsOfCa> {
    let standing = |ca: String, freshness, waiting, unsigned: Option<&str>| CrlStanding {
        ca,
        scope: CrlScope::Full,
        place: None,
        latest: Some(row(outside, 7)),
        freshness,
        waiting,
        unsigned: unsigned.map(str::to_owned),
    };
    let crls = |standings: Vec<CrlStanding>| CrlsOfCa { ca: standings[0].ca.clone(), standings };
    vec![
        crls(vec![standing(ca(outside), CrlFreshness::Good(29 * DAY), 3, None)]),
        crls(vec![standing("second".to_owned(), CrlFreshness::Soon(5 * DAY), 0, Some("8"))]),
        crls(vec![
            standing("third".to_owned(), CrlFreshness::Overdue(5 * DAY), 1, None),
            CrlStanding {
                scope: CrlScope::Partition(2),
                place: Some(printable(&outside.authority)),
                ..standing("third".to_owned(), CrlFreshness::Good(29 * DAY), 1, None)
            },
        ]),
        crls(vec![CrlStanding {
            latest: None,
            ..standing("fourth".to_owned(), CrlFreshness::Never, 0, None)
        }]),
    ]
}

fn failing(mut model: Model, outside: &Outside, job: RevocationJob) -> Model {
    fail(&mut model, Job::Revocation(job), material::medium_failure(outside));
    model
}

pub fn revocations() -> Vec<(&'static str, Build)> {
    fn told(outside: &Outside, standings: Vec<CrlsOfCa>) -> Model {
        let mut model = on_top(outside, Screen::Revocations(Revocations::new()));
        tell(&mut model, News::Revocation(RevocationNews::Standings(standings)));
        model
    }
    vec![
        ("empty", |outside| told(outside, Vec::new())),
        ("typical", |outside| told(outside, standings(outside))),
        ("partitions", |outside| {
            let mut model = told(outside, standings(outside));
            for key in [Key::Down, Key::Down, Key::Enter] {
                update(&mut model, Message::Key(key));
            }
            model
        }),
        ("failure", |outside| failing(told(outside, standings(outside)), outside, RevocationJob::Standings)),
    ]
}

/// A certificate on hold and one that is revoked.
fn some(outside: &Outside) -> Vec<RevokedRow> {
    let entry = |reason| RevokedEntry {
        serial: CrlSerial::from_octets(&[0x4f, 0x5e]).expect("a serial number"),
        date: material::now(),
        reason,
        invalidity_date: None,
    };
    let row = |place, subject, revoked| RevokedRow { place, serial: SERIAL.to_owned(), subject, revoked };
    vec![
        row(1, Some(printable(&outside.subject)), Revoked::Held(entry(Reason::CertificateHold))),
        row(2, None, Revoked::Revoked(entry(Reason::KeyCompromise))),
    ]
}

/// The same, as those of a plan.
pub fn since(outside: &Outside) -> RevokedSince {
    RevokedSince { count: RevokedCount { revoked: 1, held: 1 }, first: some(outside), above: Vec::new() }
}

pub fn revoked() -> Vec<(&'static str, Build)> {
    fn told(outside: &Outside, rows: Vec<RevokedRow>, more: More) -> Model {
        let mut model = on_top(outside, Screen::Revoked(revoked::Revoked::new(&ca(outside))));
        tell(&mut model, News::Revocation(RevocationNews::InForce { after: 0, rows, more }));
        model
    }
    vec![
        ("empty", |outside| told(outside, Vec::new(), More::None)),
        ("typical", |outside| told(outside, some(outside), More::Some)),
        ("failure", |outside| {
            let job = RevocationJob::InForce { ca: String::new(), after: 0 };
            failing(told(outside, some(outside), More::None), outside, job)
        }),
    ]
}

pub fn crls() -> Vec<(&'static str, Build)> {
    fn told(outside: &Outside, rows: Vec<CrlRow>) -> Model {
        let mut model = on_top(outside, Screen::Crls(Crls::new(&ca(outside), CrlScope::Full)));
        let mut standing = standings(outside).swap_remove(0).standings.swap_remove(0);
        if rows.is_empty() {
            (standing.latest, standing.freshness, standing.waiting) = (None, CrlFreshness::Never, 0);
        }
        let news = RevocationNews::Page { standing: Box::new(standing), rows };
        tell(&mut model, News::Revocation(news));
        model
    }
    fn some(outside: &Outside) -> Vec<CrlRow> {
        let imported = CrlRow {
            number: None,
            next_update: None,
            origin: CrlOrigin::Elsewhere,
            deliveries: 0,
            ..row(outside, 5)
        };
        vec![row(outside, 7), CrlRow { origin: CrlOrigin::Command, ..row(outside, 6) }, imported]
    }
    vec![
        ("empty", |outside| told(outside, Vec::new())),
        ("typical", |outside| told(outside, some(outside))),
        ("typical, the oldest", |outside| {
            let mut model = told(outside, some(outside));
            update(&mut model, Message::Key(Key::End));
            model
        }),
        ("failure", |outside| {
            failing(told(outside, some(outside)), outside, RevocationJob::Page(String::new(), CrlScope::Full))
        }),
    ]
}

fn entry(reason: Reason) -> RevokedEntry {
    RevokedEntry {
        serial: CrlSerial::from_hex(SERIAL).unwrap(),
        date: material::now(),
        reason,
        invalidity_date: None,
    }
}

/// A certificate that is revoked for this reason.
pub fn for_good(reason: Reason) -> Revoked {
    Revoked::Revoked(entry(reason))
}

fn judged(outside: &Outside, act: RevocationAct) -> JudgedRevocation {
    let known = |before| JudgedCertificate {
        serial: SERIAL.to_owned(),
        subject: Some(printable(&outside.subject)),
        before,
    };
    JudgedRevocation {
        ca: ca(outside),
        serials: vec![CrlSerial::from_hex(SERIAL).unwrap(); 4],
        act,
        invalidity_date: Some(material::now()),
        rows: vec![
            known(None),
            known(Some(Revoked::Held(entry(Reason::CertificateHold)))),
            JudgedCertificate { subject: None, ..known(Some(Revoked::Released(material::now()))) },
        ],
    }
}

pub fn revoke() -> Vec<(&'static str, Build)> {
    fn form(outside: &Outside) -> Model {
        on_top(outside, Screen::Revoke(Revoke::typed(&ca(outside))))
    }
    fn looking(outside: &Outside, act: RevocationAct) -> Model {
        let mut model = form(outside);
        let news = RevocationNews::Judged(Box::new(judged(outside, act)));
        tell(&mut model, News::Revocation(news));
        model
    }
    fn choosing(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::Revoke(Revoke::listed(&ca(outside))));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    fn found(outside: &Outside, standing: Option<&Revoked>) -> Model {
        let revoke =
            Revoke::found(&ca(outside), (SERIAL.to_owned(), printable(&outside.subject)), standing, None);
        on_top(outside, Screen::Revoke(revoke.expect("something can become of it")))
    }
    vec![
        ("empty", form),
        ("typical", |outside| typed(form(outside), "", SERIAL)),
        ("typical, found in the register", |outside| found(outside, None)),
        ("typical, found and superseded", |outside| found(outside, Some(&for_good(Reason::Superseded)))),
        ("typical, found and on hold", |outside| {
            found(outside, Some(&Revoked::Held(entry(Reason::CertificateHold))))
        }),
        ("typical, the date", |outside| {
            let mut model = found(outside, None);
            update(&mut model, Message::Key(Key::Tab));
            typed(model, "", "2026-01-31T23:59:59Z")
        }),
        ("typical, choosing a list", choosing),
        ("typical, a list", |outside| {
            let mut model = choosing(outside);
            update(&mut model, Message::Key(Key::Down));
            update(&mut model, Message::Key(Key::Enter));
            model
        }),
        ("typical, judged", |outside| looking(outside, RevocationAct::Revoke(Reason::KeyCompromise))),
        ("typical, another reason judged", |outside| {
            let mut model = form(outside);
            let mut judged = judged(outside, RevocationAct::Revoke(Reason::KeyCompromise));
            judged.serials.truncate(1);
            judged.rows.truncate(1);
            judged.rows[0].before = Some(for_good(Reason::Superseded));
            tell(&mut model, News::Revocation(RevocationNews::Judged(Box::new(judged))));
            model
        }),
        ("typical, a hold judged", |outside| {
            looking(outside, RevocationAct::Revoke(Reason::CertificateHold))
        }),
        ("typical, a release judged", |outside| looking(outside, RevocationAct::Release)),
        ("typical, recorded", |outside| {
            let mut model = looking(outside, RevocationAct::Revoke(Reason::KeyCompromise));
            let news = RevocationNews::Recorded { certificates: 4, waiting: 5 };
            tell(&mut model, News::Revocation(news));
            model
        }),
        ("failure", |outside| {
            let job = RevocationJob::Record(Box::new(judged(outside, RevocationAct::Release)));
            failing(looking(outside, RevocationAct::Release), outside, job)
        }),
    ]
}

fn listed(subject: Option<&Outside>) -> ListedCertificate {
    ListedCertificate {
        serial: SERIAL.to_owned(),
        subject: subject.map(|outside| printable(&outside.subject)),
    }
}

fn shown(outside: &Outside) -> CrlShown {
    CrlShown {
        ca: ca(outside),
        row: row(outside, 8),
        from_outside: None,
        reasons: vec![
            (Reason::KeyCompromise.name(), 4),
            (Reason::Superseded.name(), 1_198),
            (Reason::CertificateHold.name(), 2),
        ],
        changes: Some(CrlChanges {
            stayed: 1_200,
            came: 4,
            left: 101,
            left_first: vec![(listed(None), "expired"), (listed(Some(outside)), "released")],
            recorded_first: vec![(
                listed(Some(outside)),
                "revoked: keyCompromise".to_owned(),
                material::now(),
            )],
            recorded: 5,
            none_since: None,
        }),
    }
}

pub fn next_crl() -> Vec<(&'static str, Build)> {
    fn empty(outside: &Outside) -> Model {
        on_top(outside, Screen::NextCrl(NextCrl::new(&ca(outside), CrlScope::Full)))
    }
    fn prepared(outside: &Outside, shown: CrlShown) -> Model {
        let mut model = empty(outside);
        tell(&mut model, News::Revocation(RevocationNews::Prepared(Box::new(shown))));
        model
    }
    fn looking(outside: &Outside) -> Model {
        prepared(outside, shown(outside))
    }
    fn approving(outside: &Outside) -> Model {
        typed(looking(outside), "a", "anchor velvet har")
    }
    fn approved(outside: &Outside) -> Model {
        let mut model = approving(outside);
        tell(&mut model, News::Revocation(RevocationNews::Approved));
        model
    }
    fn signing(outside: &Outside) -> Model {
        let mut model = approved(outside);
        update(&mut model, Message::Key(Key::Char('s')));
        model
    }
    vec![
        ("empty", empty),
        ("empty, stored before", |outside| {
            prepared(
                outside,
                CrlShown {
                    changes: None,
                    reasons: Vec::new(),
                    from_outside: Some(printable(&outside.subject)),
                    ..shown(outside)
                },
            )
        }),
        ("typical", looking),
        ("typical, none was published", |outside| {
            let shown = shown(outside);
            let changes = shown.changes.map(|changes| CrlChanges { none_since: Some(1_204), ..changes });
            prepared(outside, CrlShown { changes, ..shown })
        }),
        ("typical, its words", approving),
        ("typical, approved", approved),
        ("typical, signing", signing),
        ("typical, signed", |outside| {
            let mut model = signing(outside);
            tell(&mut model, News::Revocation(RevocationNews::Signed(Box::new(row(outside, 8)))));
            model
        }),
        ("failure", |outside| {
            let mut model = signing(outside);
            update(&mut model, Message::Failed(material::token_failure()));
            model
        }),
        ("failure, other words", |outside| {
            let mut model = approving(outside);
            update(&mut model, Message::Key(Key::Enter));
            update(&mut model, Message::Failed(Failure { class: Class::NotApproved, ..material::stopped() }));
            model
        }),
    ]
}

pub fn published_crl() -> Vec<(&'static str, Build)> {
    fn empty(outside: &Outside) -> Model {
        let screen = PublishedCrl::new(&ca(outside), CrlScope::Full, 1_204);
        without_media(on_top(outside, Screen::PublishedCrl(screen)))
    }
    fn choosing(outside: &Outside) -> Model {
        let screen = PublishedCrl::new(&ca(outside), CrlScope::Partition(3), 1_204);
        let mut model = on_top(outside, Screen::PublishedCrl(screen));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    fn looking(outside: &Outside) -> Model {
        let mut model = choosing(outside);
        press(&mut model, &[Key::Down, Key::Enter]);
        tell(&mut model, News::Adoption(AdoptionNews::Crl(Box::new(certified::crl(outside)))));
        model
    }
    fn brought(outside: &Outside, brought: Brought) -> Model {
        let mut model = looking(outside);
        tell(&mut model, News::Revocation(RevocationNews::Brought(Box::new(brought))));
        model
    }
    vec![
        ("empty", empty),
        ("typical", choosing),
        ("typical, a CRL", looking),
        ("typical, none", |outside| typed(choosing(outside), "n", "fac")),
        ("typical, taken in", |outside| {
            let (scope, number) = (CrlScope::Full, CrlNumber::from_octets(&[8]).unwrap());
            brought(outside, Brought::Recovered(Recovery { scope, number, revoked: 4, released: 1 }))
        }),
        ("typical, too late", |outside| {
            let (scope, number) = (CrlScope::Full, CrlNumber::from_octets(&[8]).unwrap());
            brought(outside, Brought::Late(Recovery { scope, number, revoked: 4, released: 0 }))
        }),
        ("typical, the latest", |outside| brought(outside, Brought::Latest(CrlScope::Full))),
        ("typical, an earlier one", |outside| brought(outside, Brought::Known)),
        ("failure", |outside| {
            let mut model = choosing(outside);
            let job = Job::Adoption(AdoptionJob::LookAtCrl(outside.path()));
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}

/// A CRL onto a medium.
pub fn delivery(outside: &Outside) -> Model {
    let mut model = on_top(outside, Screen::Delivery(Delivery::crl(ca(outside), row(outside, 8))));
    tell(&mut model, News::Folder(material::folder(outside)));
    model
}

/// The same, at its forms, one of which is chosen.
pub fn delivery_forms(outside: &Outside) -> Model {
    let mut model = super::measured(delivery(outside), 15_200_000_000);
    press(&mut model, &[Key::Tab]);
    tell(&mut model, News::FormObstacles(Vec::new(), FormsWithKeys::default()));
    press(&mut model, &[Key::Down, Key::Char(' ')]);
    model
}

/// The same, where the CRL of a CA above is overdue.
pub fn delivery_form_refused(outside: &Outside) -> Model {
    let mut model = super::measured(delivery(outside), 15_200_000_000);
    press(&mut model, &[Key::Tab]);
    let what = format!(
        "the newest CRL of CA {} ended at 2026-11-01T00:00:00Z, and with it the broker lets nobody in",
        outside.authority
    );
    let hint = "make the next one first: coldsign crl --ca root --to DIR";
    let obstacle =
        |format| FormObstacle { format, what: printable(&what), hint: printable(hint), requests: None };
    let obstacles = vec![obstacle(Format::Emqx), obstacle(Format::Mosquitto)];
    tell(&mut model, News::FormObstacles(obstacles, FormsWithKeys::default()));
    model
}
