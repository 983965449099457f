//! The whole main job, from the start to the end of the day.

use std::path::Path;

use serde_json::Value;

use crate::{
    support::{PIN, Sandbox, request},
    terminal::{ENTER, ESC, TAB, Terminal},
};

/// Fills a folder with so many sound requests.
fn requests(folder: &str, count: usize) {
    for number in 1..=count {
        let name = format!("lock-{number:04}");
        let der = request::Request::named(&name).der(&request::Key::generate(request::Algorithm::P256));
        let text = request::pem("CERTIFICATE REQUEST", &der);
        std::fs::write(Path::new(folder).join(format!("{name}.csr")), text).unwrap();
    }
}

/// From the start into the rooms.
pub fn begin(terminal: &mut Terminal) {
    terminal.settled("the clock is right");
    terminal.press("y");
    // A machine for tests may have a network.
    let (asked, rooms) = ("the network is meant to be up, go on", "─ What is to be done?");
    let shown = terminal.until(rooms, |shown| shown.contains(asked) || shown.contains(rooms));
    if shown.contains(asked) {
        terminal.press("n");
    }
    terminal.screen("What is to be done?");
}

/// Opens a folder by its path.
pub fn open_folder(terminal: &mut Terminal, folder: &str) {
    terminal.press("/");
    terminal.wait("folder to open");
    // Whatever stands in the field already goes.
    terminal.press(&format!("\x15{folder}{ENTER}"));
    let last = Path::new(folder).file_name().unwrap().to_str().unwrap().to_owned();
    // The open folder's path, before the titles of what is told of its entries.
    let path = |row: &str| row.trim().split("  ").next().is_some_and(|path| path.ends_with(&last));
    let open = |shown: &str| shown.lines().nth(4).is_some_and(path);
    terminal.until(folder, |shown| open(shown) && !shown.contains("folder to open"));
}

/// From the rooms to a stored plan; its id.
fn plan(terminal: &mut Terminal, folder: &str) -> String {
    terminal.press(&format!("1{ENTER}"));
    terminal.screen("Requests: which medium?");
    open_folder(terminal, folder);
    terminal.press("r");
    terminal.screen("Requests: under which CA and profile?");
    terminal.press(TAB);
    // The profile of devices is the first one of the file that setup writes.
    terminal.press("g");
    terminal.settled("> device ");
    terminal.press(ENTER);
    terminal.settled("plan what is accepted");
    terminal.press("p");
    let shown = terminal.screen("Plan");
    let id = shown.split_whitespace().find(|word| word.starts_with("p-2"));
    id.expect("the plan's id").to_owned()
}

/// From a stored plan to an approved one: the words are read from the screen.
fn approve(terminal: &mut Terminal) {
    terminal.settled("on to approval");
    terminal.press("a");
    let shown = terminal.screen("Approval");
    terminal.press(&words(&shown).join(" "));
    terminal.press(ENTER);
    terminal.screen("Signing");
}

/// The numbered words on a screen: below the frame's head, in the order of their numbers, spaced out or not.
pub fn words(shown: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for row in shown.lines().skip(4) {
        let pieces: Vec<&str> = row.split_whitespace().collect();
        let is = |at: usize, number: usize| pieces.get(at) == Some(&number.to_string().as_str());
        let next = words.len() + 1;
        // At least two in a row: a lone number before a word is a count.
        let second = (0..pieces.len()).find(|&at| is(at, next + 1));
        let Some(mut at) = (0..second.unwrap_or(0)).find(|&at| is(at, next)) else { continue };
        while is(at, words.len() + 1) {
            let letters =
                pieces[at + 1..].iter().take_while(|piece| !piece.starts_with(|c: char| c.is_ascii_digit()));
            let letters: Vec<&str> = letters.copied().collect();
            at += 1 + letters.len();
            words.push(letters.concat().to_lowercase());
        }
    }
    words
}

/// From an approved plan into signing: the PIN is asked for and given.
pub fn sign(terminal: &mut Terminal) {
    terminal.press("s");
    terminal.wait("Type the PIN.");
    terminal.press(&format!("{PIN}{ENTER}"));
}

/// The program on a terminal, with these variables besides: of the folder `stick`, where so many sound requests are put, it
/// has an approved plan. With the plan's id.
pub fn approved(sandbox: &Sandbox, environment: &[(&str, &str)], count: usize) -> (Terminal, String) {
    let from = sandbox.folder("stick");
    requests(&from, count);
    let mut terminal = Terminal::open(sandbox, environment);
    begin(&mut terminal);
    let id = plan(&mut terminal, &from);
    approve(&mut terminal);
    (terminal, id)
}

/// From a signed plan into its delivery, which begins to write into a folder.
pub fn write(terminal: &mut Terminal, folder: &str) {
    terminal.settled("deliver");
    terminal.press("d");
    terminal.screen("Delivery");
    open_folder(terminal, folder);
    terminal.press("w");
}

/// From the rooms into one of them, by the number before its name.
pub fn room(terminal: &mut Terminal, name: &str) {
    let shown = terminal.wait(name);
    let row = shown.lines().find(|row| row.contains(&format!("  {name} ")));
    let number = row.and_then(|row| row.split_whitespace().next()).expect("its number").to_owned();
    terminal.press(&format!("{number}{ENTER}"));
}

/// From wherever it is out of the program, by Ctrl-C and yes.
pub fn leave(terminal: &mut Terminal) {
    terminal.press("\x03");
    terminal.wait("Leave?");
    terminal.press("y");
}

/// The other face says of a bundle that it is sound and has so many certificates.
pub fn verified(sandbox: &Sandbox, bundle: &str, certificates: usize) {
    let report = sandbox.json(["verify", bundle, "--trust", &format!("{bundle}/root.pem")]);
    let found = (&report[0]["sound"], &report[0]["certificates"]);
    assert_eq!(found, (&true.into(), &certificates.into()), "{report:?}");
}

/// It says of the register that it is sound and has so many; what the audit says besides.
pub fn audited(sandbox: &Sandbox, certificates: usize) -> Value {
    let audit = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!((&audit["clean"], &audit["certificates"]), (&true.into(), &certificates.into()), "{audit}");
    audit
}

#[test]
fn the_main_job_is_done_by_keys_alone() {
    let sandbox = Sandbox::with_root("interface-main", "p256");
    let (from, to, noted) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.folder("noted"));
    let forged = request::Request { signed: request::Signed::Badly, ..request::Request::named("forged") };
    let forged = forged.der(&request::Key::generate(request::Algorithm::P256));
    std::fs::write(Path::new(&from).join("forged.csr"), forged).unwrap();
    let (mut terminal, id) = approved(&sandbox, &[], 20);
    sign(&mut terminal);
    write(&mut terminal, &to);
    terminal.settled("Delivered, read back and compared.");
    terminal.press(ENTER);
    terminal.screen("What is to be done?");
    room(&mut terminal, "Close");
    let shown = terminal.screen("Closing");
    let head = words(&shown);
    terminal.press("w");
    terminal.screen("The register's head: onto which medium?");
    open_folder(&mut terminal, &noted);
    terminal.press("w");
    terminal.settled("Written, read back and compared.");
    terminal.press(ENTER);
    terminal.screen("Closing");
    terminal.press(ESC);
    terminal.screen("What is to be done?");
    terminal.press("q");
    terminal.wait("Leave?");
    terminal.press("y");
    assert!(terminal.ended().success());
    terminal.restored();

    verified(&sandbox, &format!("{to}/{id}"), 20);
    let audit = audited(&sandbox, 21);
    assert!(
        head.len() == 12 && audit.to_string().contains(&head.join(" ")),
        "{head:?} is not the head: {audit}"
    );
    let folder = std::fs::read_dir(&noted).unwrap().next().expect("a folder").unwrap().path();
    let text = std::fs::read_to_string(folder.join("head.txt")).unwrap();
    assert!(text.contains(&head.join(" ")) && folder.join("head.png").is_file(), "{text}");
}

#[test]
fn the_pin_reaches_no_screen() {
    let sandbox = Sandbox::with_root("interface-pin", "p256");
    let (mut terminal, _) = approved(&sandbox, &[], 3);
    terminal.press("s");
    let before = terminal.wait("Type the PIN.");
    for (at, digit) in PIN.char_indices() {
        terminal.press(&digit.to_string());
        terminal.two_frames();
        assert_eq!(within(&terminal.shown()), within(&before), "after {} digits", at + 1);
    }
    terminal.press(ENTER);
    terminal.settled("deliver");
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ended();
    terminal.restored();
    let written = plain(&terminal.octets());
    assert!(!written.contains(PIN), "the PIN was written");
}

/// What stands in the dialog: the screen behind it counts seconds meanwhile.
fn within(shown: &str) -> Vec<String> {
    let inside = |row: &str| Some(row.split_once('│')?.1.rsplit_once('│')?.0.to_owned());
    let rows: Vec<String> = shown.lines().filter_map(inside).collect();
    assert!(rows.len() > 5, "the dialog is not there: {shown}");
    rows
}

/// What was written, without the sequences that move the cursor and colour the text.
fn plain(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\x1b' {
            if characters.next() == Some('[') {
                characters.by_ref().find(|c| ('@'..='~').contains(c));
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

#[test]
fn without_colours_none_is_written() {
    let sandbox = Sandbox::with_root("interface-colours", "p256");
    for (environment, coloured) in [(&[][..], true), (&[("NO_COLOR", "1")][..], false)] {
        let mut terminal = Terminal::open(&sandbox, environment);
        begin(&mut terminal);
        terminal.press("?");
        terminal.wait("Help:");
        terminal.press(ESC);
        terminal.until("no help", |shown| !shown.contains("Help:"));
        terminal.press("q");
        terminal.wait("Leave?");
        terminal.press("y");
        assert!(terminal.ended().success());
        terminal.restored();
        assert_eq!(colours(&terminal.octets()) > 0, coloured);
    }
}

/// How many sequences choose a colour: SGR 30 to 38, 40 to 48, 90 to 97, 100 to 107 (ECMA-48 §8.3.117).
fn colours(octets: &[u8]) -> usize {
    let text = String::from_utf8_lossy(octets);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| ('@'..='~').contains(&c))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let is_colour = |number: &str| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107));
    sequences.filter(|numbers| numbers.split([';', ':']).any(is_colour)).count()
}
