//! The process is killed at random moments of a long `sign`; signing again goes on where it was, and ends with exactly
//! one certificate a request. Eight kills; `COLDSIGN_LONG=1` makes it fifty.

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{Planned, Sandbox, desk::write_requests, long_form, request, succeed};

const REQUESTS: usize = 5_000;

#[test]
fn every_request_has_one_certificate_however_often_the_process_is_killed() {
    let sandbox = Sandbox::with_root("crash", "p256");
    let stick = sandbox.folder("stick");
    write_requests(&Path::new(&stick).join("requests.pem"), REQUESTS);
    let planned = sandbox.approved("root", "device", &[&stick]);
    assert_eq!(planned.accepted, REQUESTS as u64);
    // Each pass begins with the home as it is now: planned and approved, nothing signed.
    let restore = |from: &str, to: &str| {
        let _ = fs::remove_dir_all(sandbox.path(to));
        succeed(Command::new("cp").arg("-a").arg(sandbox.path(from)).arg(sandbox.path(to)));
    };
    restore("home", "home-approved");
    // The token remembers the newest entry that was signed: it goes back too.
    restore("tokens", "tokens-approved");
    let whole = sign_to_the_end(&sandbox, &planned);
    restore("home-approved", "home");
    restore("tokens-approved", "tokens");

    let kills = if long_form() { 50 } else { 8 };
    let (mut killed, mut midway, mut done) = (0, 0, 0);
    while killed < kills {
        // Moments up to half of the whole: several kills in one pass, and sometimes it comes to its end before.
        let moment = whole.mul_f64(random_fraction() / 2.0);
        let before = done;
        done = sign_and_kill(&sandbox, &planned, moment);
        assert!(done >= before, "{before} were recorded, now {done}");
        if done < REQUESTS {
            killed += 1;
            midway += usize::from(done > 0);
            println!(
                "kill {killed}: after {} ms, {} recorded, {done} in all",
                moment.as_millis(),
                done - before
            );
        }
        if done == REQUESTS {
            sign_to_the_end(&sandbox, &planned);
            restore("home-approved", "home");
            restore("tokens-approved", "tokens");
            done = 0;
        }
    }
    sign_to_the_end(&sandbox, &planned);
    // A kill before the first certificate is recorded tries little.
    assert!(midway * 4 >= killed, "only {midway} of {killed} kills hit the signing midway");
}

/// Signs, kills the process after so long, and returns how many certificates are recorded; the register is sound.
fn sign_and_kill(sandbox: &Sandbox, planned: &Planned, moment: Duration) -> usize {
    let pin = sandbox.text("pin");
    let mut sign = sandbox.coldsign();
    sign.args(["sign", &planned.id, "--pin-file", &pin]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = sign.spawn().unwrap();
    thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    issued(sandbox, planned).len()
}

/// Signs what is left; then every request has one certificate, and the audit finds nothing. How long signing took.
fn sign_to_the_end(sandbox: &Sandbox, planned: &Planned) -> Duration {
    let pin = sandbox.text("pin");
    let began = Instant::now();
    sandbox.exits(0, ["sign", &planned.id, "--pin-file", &pin]);
    let took = began.elapsed();
    let issued = issued(sandbox, planned);
    assert_eq!(issued.len(), REQUESTS);
    for key in ["serial", "source"] {
        let distinct: BTreeSet<&str> =
            issued.iter().map(|line| line[key].as_str().unwrap_or_default()).collect();
        assert_eq!(distinct.len(), REQUESTS, "{key}");
    }
    sandbox.exits(0, ["register", "audit"]);
    took
}

/// What the register holds as issued under the plan.
fn issued(sandbox: &Sandbox, planned: &Planned) -> Vec<Value> {
    sandbox.json(["register", "list", "--plan", &planned.id])
}

fn random_fraction() -> f64 {
    f64::from(u32::from_be_bytes(request::random())) / f64::from(u32::MAX)
}
