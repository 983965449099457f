//! A renewal that is killed between its steps: it is finished, or begun anew, as the program says; no serial number has two
//! certificates, and the audit finds nothing.

mod support;

use std::{collections::BTreeSet, process::Stdio, time::Instant};

use rusqlite::{Connection, OpenFlags};
use support::{Sandbox, said};

fn renew(sandbox: &Sandbox, days: u32) -> Vec<String> {
    let (days, pin) = (days.to_string(), sandbox.text("pin"));
    ["ca", "renew", "root", "--days", &days, "--pin-file", &pin].map(str::to_owned).to_vec()
}

/// When the certificate in use ends.
fn ends(sandbox: &Sandbox) -> String {
    let shown = sandbox.json(["ca", "show", "root"]).pop().unwrap();
    shown["not_after"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
}

/// The plan that a refusal says is to be finished.
fn named_plan(told: &str) -> &str {
    let after = told.split("coldsign sign ").nth(1).unwrap_or_else(|| panic!("{told}"));
    after.split_whitespace().next().unwrap()
}

/// Every certificate of the register once, and nothing that an audit finds.
fn check_sound(sandbox: &Sandbox) {
    let all = sandbox.json(["register", "export"]);
    let serials: BTreeSet<&str> = all.iter().map(|line| line["serial"].as_str().unwrap()).collect();
    assert_eq!(serials.len(), all.len());
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn a_renewal_killed_around_a_signature_is_finished_by_signing_its_plan() {
    let sandbox = Sandbox::with_root("renewal-killed", "p256");
    for (days, fault, state) in [
        (7400, "sign 1 die-before", "planned"),
        (7500, "sign 1 die-after", "planned"),
        // The second signature is the head's: the certificate stands.
        (7600, "sign 2 die-before", "installed"),
    ] {
        let before = ends(&sandbox);
        let output = sandbox.with_fault(fault, renew(&sandbox, days));
        assert_eq!(output.status.code(), None, "{fault}: {}", said(&output));
        let told = sandbox.exits(2, renew(&sandbox, days));
        if state == "planned" {
            assert_eq!(ends(&sandbox), before, "{fault}");
            assert!(told.contains("is planned and not installed yet"), "{fault}: {told}");
            sandbox.ok(["sign", named_plan(&told), "--pin-file", &sandbox.text("pin")]);
        } else {
            assert!(told.contains("no later than the one in use"), "{fault}: {told}");
        }
        assert!(ends(&sandbox) > before, "{fault}");
        check_sound(&sandbox);
    }
}

#[test]
fn a_renewal_killed_between_its_plan_and_its_approval_is_begun_anew() {
    const TRIES: u32 = 40;
    let sandbox = Sandbox::with_root("renewal-unapproved", "p256");
    for index in 0..TRIES {
        let before = ends(&sandbox);
        let days = 7400 + 10 * index;
        kill_once_planned(&sandbox, &renew(&sandbox, days));
        let met = unapproved(&sandbox) > 0;
        let again = sandbox.run(renew(&sandbox, days));
        let told = said(&again);
        match again.status.code() {
            Some(0) => {}
            // Killed a moment later: it is approved, or signed and installed.
            Some(2) if !met && told.contains("coldsign sign ") => {
                sandbox.ok(["sign", named_plan(&told), "--pin-file", &sandbox.text("pin")]);
            }
            Some(2) if !met => assert!(told.contains("no later than the one in use"), "{told}"),
            other => panic!("{other:?}: {told}"),
        }
        assert!(ends(&sandbox) > before);
        // What nobody approved binds nobody.
        if met {
            return check_sound(&sandbox);
        }
    }
    panic!("none of {TRIES} kills met the moment between plan and approval");
}

/// How many plans stand that nobody approved.
fn unapproved(sandbox: &Sandbox) -> u32 {
    let plans = sandbox.json(["register", "list"]);
    u32::try_from(plans.iter().filter(|plan| plan["approved"] == false).count()).unwrap()
}

/// Runs the program, and kills it as soon as another plan is stored.
fn kill_once_planned(sandbox: &Sandbox, arguments: &[String]) {
    let path = sandbox.path("home/register.db");
    let register = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut count = register.prepare("SELECT count(*) FROM plan").unwrap();
    let mut plans = || count.query_row([], |row| row.get::<_, u32>(0)).unwrap();
    let (before, began) = (plans(), Instant::now());
    let mut command = sandbox.coldsign();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    while plans() == before {
        assert!(began.elapsed().as_secs() < 60, "nothing was planned");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
