//! After an older register was accepted the next CRL waits for the one that was published, which is brought by keys alone.

use std::fs;

use crate::{
    main_job::{begin, leave, room},
    moving_in::in_folder,
    support::{Sandbox, disk},
    terminal::{ENTER, ESC, Terminal},
};

#[test]
fn the_crl_that_was_published_is_brought_before_the_next_one_is_prepared() {
    let sandbox = Sandbox::with_root("interface-older", "p256");
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    let make = ["crl", "--ca", "root", "--to", &out, "--pin-file", &pin];
    sandbox.ok(make);
    disk::copy(&sandbox.path("home"), &sandbox.path("older"));
    sandbox.ok(make);
    fs::remove_dir_all(sandbox.path("home")).unwrap();
    fs::rename(sandbox.path("older"), sandbox.path("home")).unwrap();
    sandbox.accept_older();

    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);
    room(&mut terminal, "Revocation");
    terminal.screen("Revocation");
    terminal.press(ENTER);
    terminal.settled("n next CRL");
    terminal.press("n");
    let shown = terminal.screen("The published CRL: which file?");
    assert!(shown.contains("An older register was accepted"), "{shown}");
    // Another name says nothing.
    terminal.press(&format!("nother{ENTER}"));
    terminal.settled("nothing was said of the CRLs of root");
    terminal.press(&format!("{ENTER}{ESC}"));
    terminal.screen("The published CRL: which file?");
    in_folder(&mut terminal, &sandbox.path("out/crl-root-2"), &[("crl.der", ENTER)]);
    terminal.screen("The published CRL: is it this?");
    terminal.press("y");
    terminal.screen("The published CRL: brought");
    terminal.press("n");
    let shown = terminal.screen("The next CRL");
    // A number of its time, which was never reached by counting.
    let number = shown.split_once("CRL number ").and_then(|(_, rest)| rest.split(' ').next()).unwrap();
    assert!(number.parse::<u64>().unwrap() > 1_700_000_000, "{shown}");
    assert!(!shown.contains("RECORDED WITH IT"), "{shown}");
    leave(&mut terminal);
    assert!(terminal.ended().success());
    terminal.restored();
    let crls = sandbox.json(["crl", "list", "--ca", "root"]);
    assert_eq!((crls.len(), &crls[1]["number"]), (2, &"2".into()), "{crls:?}");
    sandbox.exits(0, ["register", "audit"]);
}
