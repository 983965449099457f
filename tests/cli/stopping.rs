//! Signals: what is done is recorded, nothing is half written, and the same command goes on.

use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    bench::{audited, failed, names, requests},
    support::Sandbox,
};

/// More than one group of every step: 512 judged, 1,000 delivered at a time.
const COUNT: usize = 1_100;

// Standard output leads nowhere: nobody reads it until the end, and a full pipe would hold the program up.
fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.coldsign();
    command.arg("--json").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Starts the command again and again, each time stopped a little later, until it ends by itself. How often it was
/// stopped with 130 and a pair; `after` looks on each time.
fn stopped(sandbox: &Sandbox, arguments: &[&str], signal: Signal, after: &dyn Fn()) -> u32 {
    let mut stopped = 0;
    let mut patience = Duration::from_millis(40);
    for _ in 0..40 {
        let child = start(sandbox, arguments);
        thread::sleep(patience);
        patience = patience * 5 / 4;
        let _ = kill_process(Pid::from_child(&child), signal);
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => return stopped,
            // Before anything was begun, and even before the program listened, there is nothing to tell.
            Some(130) if is_announcement(&output.stderr) => {}
            None => {}
            Some(130) => {
                failed(&output, 130, "stopped by the operator").unwrap();
                stopped += 1;
            }
            Some(_) => panic!("{}", crate::support::said(&output)),
        }
        after();
    }
    panic!("it never came to an end");
}

/// Whether nothing was said but what is going to be done, if anything.
fn is_announcement(stderr: &[u8]) -> bool {
    const BEGINNINGS: [&str; 4] = ["REHEARSAL", "plan ", "words:", "    "];
    let said = String::from_utf8_lossy(stderr);
    said.lines().all(|line| BEGINNINGS.iter().any(|beginning| line.starts_with(beginning)))
}

#[test]
fn stopped_work_goes_on_where_it_was() {
    let sandbox = Sandbox::with_root("cli-stop", "p256");
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    requests(&stick, "dev", COUNT);
    let plans = || sandbox.json(["register", "list"]).len();
    let mut times = stopped(&sandbox, &["inspect", &stick], Signal::INT, &|| {});
    times +=
        stopped(&sandbox, &["plan", "--ca", "root", "--profile", "device", &stick], Signal::TERM, &|| {
            assert_eq!(plans(), 1, "a plan is stored whole or not at all");
        });
    assert!(times > 0, "nothing was ever stopped");
    let plan = sandbox.json(["register", "list"]).pop().unwrap();
    let (id, words) = (plan["plan"].as_str().unwrap(), plan["words"].as_str().unwrap());
    assert_eq!(plan["accepted"], COUNT);
    sandbox.ok(["approve", id, "--words", words]);
    let issued = || sandbox.json(["register", "show", id])[0]["issued"].as_u64().unwrap();
    let before = std::cell::Cell::new(0);
    let times = stopped(&sandbox, &["sign", id, "--pin-file", &pin], Signal::INT, &|| {
        assert!(issued() >= before.get());
        before.set(issued());
    });
    assert!(times > 0, "signing was never stopped");
    audited(&sandbox, COUNT as u64 + 1);
    stopped(&sandbox, &["deliver", id, "--to", &out, "--pin-file", &pin], Signal::TERM, &|| {
        assert!(names(&out).is_empty(), "{:?}", names(&out));
    });
    assert_eq!(names(&out), [id]);
    let folder = format!("{out}/{id}");
    let report = sandbox.json(["verify", &folder, "--trust", &format!("{folder}/root.pem")]);
    assert_eq!((&report[0]["sound"], &report[0]["certificates"]), (&true.into(), &COUNT.into()));
    audited(&sandbox, COUNT as u64 + 1);
}
