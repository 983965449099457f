//! The register and its plans as a screen shows them: numbered, paged, searched, summarised. No token is needed.

mod support;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use coldsign::{
    ceremony::{
        Appliance, By, CertificateState, Error, Found, Home, IssuedRow, Pace, Phase, Progress, Reins, Wanted,
        Watch,
    },
    pki::{certificate::Certificate, text::is_harmless},
};
use support::{
    Delivery, Sandbox,
    desk::on_plan,
    measured::memory,
    stick::{self, Files, Keys, Stick},
};

/// A home with a root, one plan that is delivered and one that is only stored.
fn lab(name: &str) -> (Sandbox, Appliance, Delivery, String) {
    let sandbox = Sandbox::with_root(name, "p256");
    let stick = sandbox.path("stick");
    stick::fill(&stick, Stick { count: 150, files: Files::Many, keys: Keys::Mixed }).unwrap();
    let out = sandbox.folder("out");
    let delivered = sandbox.issue("root", "device", &[stick.to_str().unwrap()], &out, &[]);
    let more = sandbox.path("more");
    stick::fill(&more, Stick { count: 20, files: Files::Many, keys: Keys::Mixed }).unwrap();
    let summary =
        sandbox.json(["plan", "--ca", "root", "--profile", "device", more.to_str().unwrap()]).pop().unwrap();
    let appliance = Appliance::open_to_read(Home::new(sandbox.path("home"))).unwrap();
    (sandbox, appliance, delivered, summary["plan"].as_str().unwrap().to_owned())
}

/// Does work under a watch that nobody pulls at; how often it was told of progress.
fn watched<T>(work: impl FnOnce(&mut Watch<'_>) -> Result<T, Error>) -> (T, u32) {
    let (reins, mut told) = (Reins::new(), 0);
    let mut listener = |progress: Progress| {
        assert_eq!(progress.phase, Phase::Searching);
        assert!(progress.of.is_some_and(|of| progress.done <= of), "{progress:?}");
        told += 1;
    };
    let made = work(&mut Watch::new(&mut listener, &reins)).unwrap();
    (made, told)
}

#[test]
fn what_is_issued_is_numbered_paged_and_found() {
    let (_sandbox, appliance, delivered, _) = lab("browsing");
    let catalogue = watched(|watch| appliance.catalogue(watch)).0;
    let issued = delivered.planned.accepted + 1;
    assert_eq!(catalogue.issued(), issued);

    let mut all: Vec<IssuedRow> = Vec::new();
    loop {
        let page = appliance.issued_page(&catalogue, all.len() as u64 + 1, 17).unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=issued).collect::<Vec<_>>());
    assert_eq!(all.iter().map(|row| &row.serial).collect::<BTreeSet<_>>().len() as u64, issued);
    for row in [&all[0], &all[1], &all[70], all.last().unwrap()] {
        let whole = appliance.issued_certificate(&catalogue, row.number).unwrap().unwrap();
        let certificate = Certificate::parse(whole.der()).unwrap();
        assert_eq!(certificate.sha256(), row.certificate_sha256);
        assert_eq!(certificate.subject().to_printable(), row.subject);
        assert_eq!(certificate.not_after(), row.not_after);
    }
    assert!(appliance.issued_certificate(&catalogue, issued + 1).unwrap().is_none());
    for text in all.iter().flat_map(|row| [row.subject.as_str(), row.source.as_str()]) {
        assert!(text.chars().all(is_harmless), "{text:?}");
    }

    let search = |by, typed: &str, limit| {
        let wanted = Wanted::new(by, typed).unwrap();
        let (mut rows, mut from) = (Vec::new(), None);
        loop {
            let found: Found =
                watched(|watch| appliance.search_issued(&catalogue, &wanted, from.as_ref(), limit, watch)).0;
            rows.extend(found.rows);
            from = found.rest;
            if from.is_none() {
                return rows;
            }
        }
    };
    let one = all[42].clone();
    let alone = std::slice::from_ref(&one);
    assert_eq!(search(By::Serial, &one.serial, 5), alone);
    let colons: Vec<&str> = (0..20).map(|at| &one.serial[2 * at..2 * at + 2]).collect();
    assert_eq!(search(By::Serial, &colons.join(":").to_uppercase(), 5), alone);
    assert_eq!(search(By::Key, &one.spki_sha256.to_string().to_uppercase(), 5), alone);
    assert_eq!(search(By::Certificate, &format!(" {} ", one.certificate_sha256), 5), alone);
    assert_eq!(search(By::Text, &one.source.as_str().to_uppercase(), 5), alone);
    for piece in ["cn=", "DEVICE", "0042", "no such text", "root"] {
        let expected: Vec<IssuedRow> = all
            .iter()
            .filter(|row| {
                [&row.subject, &row.source]
                    .iter()
                    .any(|text| text.as_str().to_lowercase().contains(&piece.to_lowercase()))
            })
            .cloned()
            .collect();
        assert_eq!(search(By::Text, piece, 7), expected, "{piece}");
    }
    let mut by_serial = all.clone();
    by_serial.sort_by(|a, b| a.serial.cmp(&b.serial));
    by_serial.retain(|row| row.serial.starts_with('5'));
    assert_eq!(search(By::Serial, "5", 7), by_serial);
}

#[test]
fn a_stopped_search_tells_what_it_found_and_goes_on() {
    let (_sandbox, appliance, delivered, _) = lab("browsing-stopped");
    let catalogue = watched(|watch| appliance.catalogue(watch)).0;
    let wanted = Wanted::new(By::Text, "cn=").unwrap();
    assert_eq!(By::Text.pace(), Pace::RowByRow);
    let reins = Reins::new();
    let mut rows = Vec::new();
    let mut from = None;
    // Each time it is stopped after one stretch: there is one for each plan.
    for _ in 0..2 {
        reins.loosen();
        let mut listener = |_: Progress| reins.stop();
        let mut watch = Watch::new(&mut listener, &reins);
        let found = appliance.search_issued(&catalogue, &wanted, from.as_ref(), 1_000, &mut watch).unwrap();
        rows.extend(found.rows);
        from = found.rest;
    }
    assert_eq!(rows.len() as u64, delivered.planned.accepted + 1);

    reins.stop();
    let mut listener = |_: Progress| {};
    let mut watch = Watch::new(&mut listener, &reins);
    let found = appliance.search_issued(&catalogue, &wanted, None, 9, &mut watch).unwrap();
    assert!(found.rows.is_empty() && found.rest.is_some(), "stopped is not the same as nothing found");
    assert!(matches!(appliance.catalogue(&mut watch), Err(Error::Stopped { .. })));
}

#[test]
fn what_is_nothing_to_look_for_is_refused_with_a_hint() {
    for (by, typed) in [
        (By::Text, "  "),
        (By::Serial, ""),
        (By::Serial, "xyz"),
        (By::Serial, &"0".repeat(41)),
        (By::Key, "abcd"),
        (By::Certificate, &"g".repeat(64)),
    ] {
        let error = Wanted::new(by, typed).unwrap_err();
        assert!(matches!(error, Error::Usage { .. }) && !error.hint().is_empty(), "{by:?} {typed}: {error}");
    }
    assert_eq!(By::Serial.pace(), Pace::AtOnce);
}

#[test]
fn a_plan_is_summarised_and_each_of_its_certificates_shown_as_it_will_be() {
    let (_sandbox, appliance, delivered, stored) = lab("browsing-plan");
    let summary = |id: &str| {
        let plan = appliance.stored_plan(id).unwrap();
        watched(|watch| appliance.plan_summary(&plan, watch)).0
    };
    let done = summary(&delivered.planned.id);
    assert!(done.approved && done.lint_rules > 10);
    assert_eq!(done.issued, delivered.planned.accepted);
    assert_eq!(done.deliveries.len(), 1);
    assert_eq!(done.deliveries[0].certificates, delivered.planned.accepted);

    let waiting = summary(&stored);
    let plan = &waiting.plan;
    assert_eq!((waiting.approved, waiting.issued, waiting.deliveries.len()), (false, 0, 0));
    let rows = appliance.planned_page(plan, 1, 1_000).unwrap();
    assert_eq!(rows.len() as u64, plan.accepted);
    assert_eq!(waiting.not_before.0, rows.iter().map(|row| row.not_before).min().unwrap());
    assert_eq!(waiting.not_after.1, rows.iter().map(|row| row.not_after).max().unwrap());
    let notes: u64 = waiting.notes.iter().map(|(_, count)| count).sum();
    assert_eq!(notes, rows.iter().map(|row| row.notes.len() as u64).sum::<u64>());
    assert!(notes > 0, "the stick has requests with something to note");
    assert_eq!(appliance.planned_page(plan, 5, 3).unwrap(), rows[4..7]);
    assert!(appliance.planned_page(plan, plan.accepted + 1, 3).unwrap().is_empty());
    assert!(rows.iter().all(|row| row.state.is_none()));

    for index in [0, plan.accepted + 1, u64::MAX] {
        assert!(matches!(appliance.plan_certificate(plan, index), Err(Error::Register(_))), "{index}");
    }
    let tbs = appliance.plan_certificate(plan, 1).unwrap();
    assert_eq!(tbs[0], 0x30);
    // Of the other plan the signed certificate begins with the same octets.
    let catalogue = watched(|watch| appliance.catalogue(watch)).0;
    let issued = appliance.issued_certificate(&catalogue, 2).unwrap().unwrap();
    let tbs = appliance.plan_certificate(&done.plan, 1).unwrap();
    assert_eq!(Certificate::parse(issued.der()).unwrap().tbs(), tbs);
    assert!(
        appliance
            .planned_page(&done.plan, 1, 1_000)
            .unwrap()
            .iter()
            .all(|row| { row.state == Some(CertificateState::Valid) })
    );

    // Nothing but a root was ever signed for as long as a rate needs.
    assert_eq!(appliance.estimate(plan, None).unwrap(), None);
    let estimate = appliance.estimate(plan, Some(0.5)).unwrap().unwrap();
    assert_eq!((estimate.certificates, estimate.seconds), (plan.accepted, plan.accepted * 2));
    assert_eq!(appliance.estimate(&done.plan, Some(0.5)).unwrap().unwrap().seconds, 0);
}

/// Rows that are read together around the chosen one.
const PAGE: u32 = 300;

/// Prints what a large register costs to look at; the figures stand in no assertion, for they are the machine's.
#[test]
fn a_large_register_is_measured() {
    let count = if support::long_form() { 1_000_000 } else { 1_000 };
    on_plan("a_large_register_is_measured", "p256", count, |desk| {
        let (signed, signing) = timed(|| desk.sign(&Reins::new(), &mut |_| ()).unwrap());
        println!("{} certificates signed in {signing:?}, {} MiB", signed.all, memory("VmHWM") >> 20);
        let appliance = Appliance::open_to_read(desk.home.clone()).unwrap();
        let (catalogue, opening) = timed(|| watched(|watch| appliance.catalogue(watch)).0);
        let issued = catalogue.issued();
        assert_eq!(issued, desk.requests + 1);
        println!("numbered in {opening:?}");
        let page = |from| appliance.issued_page(&catalogue, from, PAGE).unwrap();
        for from in [1, issued / 3, issued / 2, issued - u64::from(PAGE) + 1] {
            let (rows, took) = timed(|| page(from));
            assert_eq!((rows.len(), rows[0].number), (PAGE as usize, from));
            println!("{PAGE} rows from {from} in {took:?}");
        }
        let last = page(issued).remove(0);
        for (by, typed) in [
            (By::Serial, last.serial.clone()),
            (By::Serial, last.serial[..12].to_owned()),
            (By::Key, last.spki_sha256.to_string()),
            (By::Certificate, last.certificate_sha256.to_string()),
            (By::Text, last.subject.as_str().to_owned()),
        ] {
            let wanted = Wanted::new(by, &typed).unwrap();
            let find = |watch: &mut Watch<'_>| appliance.search_issued(&catalogue, &wanted, None, 50, watch);
            let (found, took) = timed(|| watched(find).0);
            assert_eq!(found.rows.first(), Some(&last));
            println!("{by:?} of the last one found in {took:?}");
        }
        println!("{} MiB at most", memory("VmHWM") >> 20);
    });
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (work(), began.elapsed())
}
