//! What each check says of each state of the machine.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use tempfile::TempDir;

use super::*;
use crate::ceremony::{Setup, setup};

fn check(check: &Check, mark: Mark, found: &str) {
    assert_eq!((check.mark, check.found.as_str()), (mark, found), "{check:?}");
    assert!(mark == Mark::Good || check.hint.is_some(), "{check:?}");
}

fn at(text: &str) -> Time {
    Time::from_rfc3339(text).unwrap()
}

#[test]
fn finds_a_clock_that_stands_before_the_last_entry() {
    let now = Some(at("2026-11-21T10:00:00Z"));
    let cases = [
        (at("2026-11-21T10:00:00Z"), Mark::Good, "0 seconds after the register's last entry"),
        (at("2026-11-21T09:59:59Z"), Mark::Good, "1 second after the register's last entry"),
        (at("2025-11-21T10:00:00Z"), Mark::Good, "365 days after the register's last entry"),
        (at("2025-10-17T09:59:59Z"), Mark::Attention, "400 days after the register's last entry"),
        (
            at("2026-11-21T10:00:01Z"),
            Mark::Bad,
            "1 second before the register's last entry of 2026-11-21T10:00:01Z",
        ),
        (
            at("2027-11-21T10:00:00Z"),
            Mark::Bad,
            "365 days before the register's last entry of 2027-11-21T10:00:00Z",
        ),
    ];
    for (last, mark, found) in cases {
        check(&time(now, Some(last)), mark, &format!("2026-11-21T10:00:00Z at this look, {found}"));
    }
    check(
        &time(now, None),
        Mark::Attention,
        "2026-11-21T10:00:00Z at this look; no register to compare it with",
    );
    check(&time(None, now), Mark::Bad, "it stands outside the years 1950 to 9999");
}

#[test]
fn tells_a_span_in_its_largest_unit() {
    let cases = [(0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes")];
    let more = [(7_199, "119 minutes"), (7_200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days")];
    for (seconds, expected) in cases.into_iter().chain(more) {
        assert_eq!(span(seconds), expected);
    }
}

#[test]
fn names_the_interfaces_that_break_the_air_gap() {
    let hostile = [Printable::from_octets(b"\x1b[2Jeth0"), Printable::new("wlan0")];
    check(&network(&[], Some(Rehearsal::Live)), Mark::Good, "no interface is up");
    let found = "up: \\u{1b}[2Jeth0, wlan0";
    check(&network(&hostile, Some(Rehearsal::Live)), Mark::Bad, found);
    check(&network(&hostile, Some(Rehearsal::Rehearsal)), Mark::Attention, found);
    check(&network(&hostile, None), Mark::Attention, found);
    let many = vec![Printable::new("veth"); 10];
    let found = format!("up: {} and 2 more", ["veth"; 8].join(", "));
    check(&network(&many, None), Mark::Attention, &found);
}

#[test]
fn judges_what_may_reach_a_disk() {
    let none = Ok(Vec::new());
    let some = || Ok(vec![Swap { name: b"/dev/sda2".to_vec(), used_kib: 12 }]);
    let unknown = || io::Error::from(io::ErrorKind::NotFound);
    check(&core_dumps(CoreDumps::Off), Mark::Good, "off");
    check(&core_dumps(CoreDumps::Limit), Mark::Attention, "not off: the limit is not zero");
    check(&core_dumps(CoreDumps::Dumpable), Mark::Attention, "not off: the process is dumpable");
    check(&memory(Ok(64), Locking::Everything, &some()), Mark::Good, "locked: it does not go to swap");
    let part = "locked in part: only what stood at the start; what came later, a PIN too, can go to swap";
    check(&memory(Ok(64), Locking::WhatWasThere, &some()), Mark::Attention, part);
    let part = "locked in part, and there is no swap that it could go to";
    check(&memory(Ok(64), Locking::WhatWasThere, &none), Mark::Good, part);
    check(
        &memory(Ok(0), Locking::Everything, &none),
        Mark::Good,
        "not locked, and there is no swap that it could go to",
    );
    check(&memory(Ok(0), Locking::Everything, &some()), Mark::Attention, "not locked: it can go to swap");
    check(
        &memory(Ok(0), Locking::Everything, &Err(unknown())),
        Mark::Attention,
        "not locked: it can go to swap",
    );
    assert_eq!(memory(Err(unknown()), Locking::Everything, &none).mark, Mark::Attention);
    check(&swap(none), Mark::Good, "none");
    check(&swap(some()), Mark::Attention, "/dev/sda2 (12 kB in use)");
    assert_eq!(swap(Err(unknown())).mark, Mark::Attention);
}

#[test]
fn judges_room_and_permissions() {
    check(&space(Ok(FREE_OCTETS_MIN - 1)), Mark::Bad, "134 MB free in the home");
    check(&space(Ok(FREE_OCTETS_MIN)), Mark::Attention, "134 MB free in the home");
    check(&space(Ok(FREE_OCTETS_ATTENTION)), Mark::Good, "1073 MB free in the home");
    check(&space(Ok(u64::MAX)), Mark::Good, "18446744073 GB free in the home");
    assert_eq!(space(Err(io::ErrorKind::NotFound.into())).mark, Mark::Attention);
    let with = |mode, owner| access(Path::new("/h"), Ok(Access { mode, owner }));
    check(&with(0o700, Owner::Ours), Mark::Good, "mode 0700, ours alone: /h");
    check(&with(0o750, Owner::Ours), Mark::Attention, "mode 0750, others can enter /h");
    check(&with(0o702, Owner::Ours), Mark::Bad, "mode 0702, others can replace what is in /h");
    check(&with(0o700, Owner::Another(7)), Mark::Attention, "another's, of user 7: /h");
    assert_eq!(access(Path::new("/h"), Err(io::ErrorKind::NotFound.into())).mark, Mark::Bad);
}

fn subjects(checks: &[Check]) -> Vec<&'static str> {
    checks.iter().map(|check| check.subject).collect()
}

fn of<'a>(checks: &'a [Check], subject: &str) -> &'a Check {
    checks.iter().find(|check| check.subject == subject).unwrap()
}

#[test]
fn works_where_no_home_is_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path().join("absent"));
    let checks = self_check(&home);
    let expected = ["program", "home", "clock", "network", "core dumps", "memory", "swap"];
    assert_eq!(subjects(&checks), expected);
    assert!(of(&checks, "home").found.as_str().starts_with("no home is set up in /"));
    assert_eq!(of(&checks, "home").mark, Mark::Attention);
    assert!(!home.folder().exists());
}

/// A home that is set up with a module that is three octets, in a folder that goes with the first of the three.
fn set_up() -> (TempDir, Home, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path().join("home"));
    let module = folder.path().join("module.so");
    fs::write(&module, "abc").unwrap();
    setup(&home, &Setup { module: &module, token: "lab", serial: None, rehearsal: Rehearsal::Live }).unwrap();
    (folder, home, module)
}

#[test]
fn looks_at_a_home_and_changes_nothing() {
    let (_folder, home, module) = set_up();
    let checks = self_check(&home);
    let expected = [
        "program",
        "home",
        "module",
        "register",
        "space",
        "clock",
        "network",
        "core dumps",
        "memory",
        "swap",
    ];
    assert_eq!(subjects(&checks), expected);
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        of(&checks, "module").found.as_str(),
        format!("SHA-256 {digest}, {}", printable_path(&module))
    );
    for subject in ["program", "home", "module", "register", "clock"] {
        assert_eq!(of(&checks, subject).mark, Mark::Good, "{subject}");
    }
    assert!(of(&checks, "register").found.as_str().starts_with("entry 1, live, head "));
    // The program that runs this test, as another reader sees it.
    let own = Digest::of(&fs::read(std::env::current_exe().unwrap()).unwrap()).to_string();
    assert!(of(&checks, "program").found.as_str().ends_with(&own));
}

#[test]
fn finds_a_clock_that_was_set_back_by_the_register_s_last_entry() {
    let (_folder, home, _) = set_up();
    fs::remove_file(home.register_path()).unwrap();
    let later = utc_now().unwrap().plus_seconds(10 * DAY_SECONDS);
    drop(Register::create(&home.register_path(), [7; 16], Rehearsal::Live, later).unwrap());
    let checks = self_check(&home);
    assert_eq!(of(&checks, "register").mark, Mark::Good);
    let clock = of(&checks, "clock");
    assert_eq!(clock.mark, Mark::Bad);
    assert!(clock.found.as_str().ends_with(&format!("days before the register's last entry of {later}")));
}

#[test]
fn finds_a_home_that_was_tampered_with() {
    let (_folder, home, module) = set_up();
    fs::remove_file(&module).unwrap();
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(home.register_path(), "not a register, but long enough to be looked at as one").unwrap();
    let checks = self_check(&home);
    for subject in ["home", "module", "register"] {
        assert_eq!(of(&checks, subject).mark, Mark::Bad, "{subject}");
    }
    assert_eq!(of(&checks, "clock").mark, Mark::Attention);
    fs::write(home.configuration_path(), "version = 1\n\u{1b}[2J").unwrap();
    let checks = self_check(&home);
    let configuration = of(&checks, "configuration");
    assert_eq!(configuration.mark, Mark::Bad);
    assert!(!configuration.found.as_str().contains('\u{1b}'), "{configuration:?}");
}
