//! A CRL made and delivered by keys alone, in the form of a broker.

use std::{fs, path::Path};

use crate::{
    main_job::{begin, leave, open_folder, room, sign, words},
    support::Sandbox,
    terminal::{ENTER, TAB, Terminal},
};

/// From the rooms to the signed CRL of the second CA.
fn next_crl(terminal: &mut Terminal) {
    room(terminal, "Revocation");
    terminal.screen("Revocation");
    terminal.settled("> root ");
    terminal.press("j");
    terminal.settled("> issuing ");
    terminal.press(ENTER);
    terminal.settled("n next CRL");
    terminal.press("n");
    let shown = terminal.settled("its words, to be read aloud");
    terminal.press("a");
    terminal.screen("The next CRL: approval");
    terminal.press(&words(&shown).join(" "));
    terminal.press(ENTER);
    terminal.settled("It is approved by its words.");
    sign(terminal);
    terminal.settled("Signed, checked and recorded.");
}

#[test]
fn a_crl_in_a_brokers_form_is_on_screens_what_it_is_on_the_command_line() {
    let sandbox = Sandbox::with_issuing("interface-crl-forms", "p256");
    let (to, again, pin) = (sandbox.folder("out"), sandbox.folder("again"), sandbox.text("pin"));
    sandbox.json(["crl", "--ca", "root", "--to", &sandbox.folder("root"), "--pin-file", &pin]);

    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);
    next_crl(&mut terminal);
    terminal.press("d");
    terminal.screen("Delivery");
    open_folder(&mut terminal, &to);
    terminal.press(TAB);
    terminal.settled("2 forms");
    terminal.press("j ");
    terminal.settled("crl.der, crl.pem, mosquitto");
    terminal.press("w");
    terminal.settled("Delivered, read back and compared.");
    terminal.press("v");
    terminal.settled("Judged as a receiver will who trusts this root: sound");
    leave(&mut terminal);
    assert!(terminal.ended().success());
    terminal.restored();

    let latest = ["crl", "--ca", "issuing", "--latest", "--to", &again, "--for", "mosquitto"];
    sandbox.json(latest.into_iter().chain(["--pin-file", &pin]));
    let read =
        |folder: &str, name: &str| fs::read(Path::new(folder).join("crl-issuing-1").join(name)).unwrap();
    for name in ["mosquitto/crl.pem", "crl.der", "crl.pem", "left.csv", "ca.pem", "root.pem"] {
        assert_eq!(read(&to, name), read(&again, name), "{name}");
    }
    let held = String::from_utf8(read(&to, "mosquitto/crl.pem")).unwrap();
    assert_eq!(held.matches("-----BEGIN X509 CRL-----").count(), 2, "its own and the root's: {held}");
    assert_eq!(fs::read_dir(Path::new(&to).join("crl-issuing-1/mosquitto")).unwrap().count(), 1);
    for folder in [to, again].map(|to| format!("{to}/crl-issuing-1")) {
        sandbox.exits(0, ["verify", &folder, "--trust", &format!("{folder}/root.pem")]);
    }
}
