//! A CA of `openssl ca` moves in by keys alone, with what it did before; its key is replaced, and both are linked.

use std::{fs, path::Path};

use crate::{
    main_job::{begin, leave, room, words},
    support::{PIN, Sandbox, elsewhere},
    terminal::{ENTER, ESC, TAB, Terminal},
};

/// Opens a folder and presses keys on files of it.
pub fn in_folder(terminal: &mut Terminal, folder: &Path, files: &[(&str, &str)]) {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    terminal.press("/");
    terminal.wait("folder to open");
    terminal.press(&format!("\x15{}{ENTER}", folder.display()));
    terminal.settled(&names[0]);
    for (name, key) in files {
        let row = names.iter().position(|one| one == name).expect("the file is there");
        terminal.press(&format!("g{}", "j".repeat(row)));
        let chosen = |row: &str| row.trim().starts_with('>') && row.contains(&format!(" {name} "));
        terminal.until(name, |shown| shown.lines().any(chosen));
        terminal.press(key);
    }
}

/// Gives the PIN when it is asked for.
fn pin(terminal: &mut Terminal) {
    terminal.wait("Type the PIN.");
    terminal.press(&format!("{PIN}{ENTER}"));
}

/// From the rooms to a CA that has moved in.
fn move_in(terminal: &mut Terminal, folder: &Path) {
    room(terminal, "Authorities");
    terminal.screen("Authorities");
    terminal.press("a");
    terminal.screen("A CA moves in");
    terminal.press("p");
    pin(terminal);
    terminal.settled("CKA_ID 77");
    terminal.press(ENTER);
    terminal.screen("A CA moves in: which certificate?");
    in_folder(terminal, folder, &[("ca.pem", ENTER)]);
    terminal.settled("e go on");
    terminal.press("e");
    terminal.screen("A CA moves in: what is it called");
    terminal.press(&format!("moved{TAB}openssl ca on host old{ENTER}"));
    let shown = terminal.screen("A CA moves in: what cannot be promised");
    for text in ["FROM OUTSIDE", "openssl ca on host old", "no copy of the key", "CN=Elsewhere"] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    terminal.press("a");
    let shown = terminal.screen("A CA moves in: the words");
    let words = words(&shown);
    // Other words record nothing and cost no PIN.
    terminal.press(&format!("{}{ENTER}", words[1..].join(" ")));
    terminal.settled("Nothing was approved");
    terminal.press(&format!("\x15{}{ENTER}", words.join(" ")));
    pin(terminal);
    terminal.settled("CA moved has moved in");
}

/// From its page: what it did before is taken.
fn take_past(terminal: &mut Terminal, folder: &Path) {
    terminal.press("p");
    terminal.screen("What the CA did before: which files?");
    in_folder(terminal, folder, &[("crl.pem", ENTER), ("index.txt", "a")]);
    terminal.settled("e go on");
    terminal.press("e");
    let shown = terminal.screen("What the CA did before: is it this?");
    assert!(shown.contains("2 certificates") && shown.contains("255"), "{shown}");
    terminal.press("y");
    let shown = terminal.screen("What the CA did before: recorded");
    assert!(shown.contains("2 revocations") && shown.contains("5 certificates"), "{shown}");
    terminal.press(ESC);
    terminal.screen("Authority");
}

/// From its page: a new key takes its place, and both are linked.
fn replace_key(terminal: &mut Terminal) {
    terminal.press("K");
    terminal.screen("Re-key a root: the new CA");
    terminal.press(&format!("moved-2{TAB}{TAB}4000{ENTER}"));
    let shown = terminal.screen("Re-key a CA: is everything right?");
    assert!(shown.contains("Devices that trust only the old root"), "{shown}");
    terminal.press(&format!("moved{ENTER}"));
    terminal.settled("the CA's name was not typed");
    terminal.press(ENTER);
    terminal.settled("is everything right?");
    terminal.press(&format!("-2{ENTER}"));
    pin(terminal);
    terminal.settled("CA moved-2 has its certificate");
    terminal.press("L");
    terminal.screen("Link the keys of a root");
    terminal.press("m");
    pin(terminal);
    terminal.settled("Both links are made and recorded.");
}

#[test]
fn a_ca_moves_in_with_its_past_and_is_rekeyed_and_linked_by_keys_alone() {
    let sandbox = Sandbox::with_root("interface-moves-in", "p256");
    let folder = elsewhere::openssl_ca(&sandbox);
    elsewhere::import_key(&sandbox, &folder.join("ca.key"), "77");
    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);
    move_in(&mut terminal, &folder);
    take_past(&mut terminal, &folder);
    replace_key(&mut terminal);
    leave(&mut terminal);
    assert!(terminal.ended().success());
    terminal.restored();

    // The other face has all of it: the origin, the CRL that is gone on with, the place that was taken, both links.
    let listed = sandbox.json(["ca", "list"]);
    let of = |ca: &str| listed.iter().find(|one| one["ca"] == ca).expect("it is there").clone();
    let origin = of("moved")["key_from_outside"].to_string();
    assert!(origin.contains("openssl ca on host old") && origin.contains("CKA_LOCAL"), "{origin}");
    assert_eq!(
        (&of("moved-2")["succeeds"], &of("moved")["succeeded_by"]),
        (&"moved".into(), &"moved-2".into())
    );
    for ca in ["moved", "moved-2"] {
        let shown = sandbox.json(["ca", "show", ca]).remove(0);
        let roles: Vec<&str> = shown["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["role"].as_str().unwrap())
            .collect();
        assert!(roles.contains(&"beside"), "{ca}: {roles:?}");
    }
    let crls = sandbox.json(["crl", "list", "--ca", "moved"]);
    assert_eq!((&crls[0]["number"], &crls[0]["entries"]), (&"255".into(), &2.into()), "{crls:?}");
    let audit = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!(audit["clean"], true, "{audit}");
}
