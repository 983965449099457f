//! The interface is left in the middle of the work, by every way there is: the terminal is given back, what was done
//! is recorded, and the work goes on later where it was.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    main_job::{approved, audited, begin, leave, open_folder, room, sign, verified, write},
    support::Sandbox,
    terminal::{ENTER, TAB, Terminal},
};

/// Certificates of a plan: signing them takes a second or more on any machine.
const COUNT: usize = 3_000;

/// What ends the program.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A signal that asks.
    Asked(Signal),
    /// Ctrl-C on the keyboard, and yes.
    Keys,
    /// The terminal is closed.
    Closed,
    /// A signal that does not ask.
    Killed,
}

fn left_while_signing(name: &str, way: Way) {
    let sandbox = Sandbox::with_root(name, "p256");
    let (mut terminal, id) = approved(&sandbox, &[], COUNT);
    sign(&mut terminal);
    terminal.until("the first certificates", |shown| (1..COUNT).contains(&signed(shown)));
    match way {
        Way::Asked(signal) => terminal.signal(signal),
        Way::Keys => leave(&mut terminal),
        Way::Closed => terminal.hang_up(),
        Way::Killed => terminal.signal(Signal::KILL),
    }
    let status = terminal.ended();
    if !matches!(way, Way::Killed) {
        assert_eq!(status.exit_code(), 130, "{way:?}: {}", terminal.shown());
    }
    if !matches!(way, Way::Closed | Way::Killed) {
        terminal.restored();
        let shown = terminal.wait("to do: ");
        assert!(shown.contains("coldsign: "), "{way:?}: {shown}");
    }
    let issued =
        || usize::try_from(sandbox.json(["register", "show", &id])[0]["issued"].as_u64().unwrap()).unwrap();
    let recorded = issued();
    assert!(recorded < COUNT, "{way:?}: all were signed before the program ended");
    assert!(recorded > 0 || matches!(way, Way::Killed), "{way:?}: nothing was recorded");
    audited(&sandbox, recorded + 1);
    if let Way::Killed = way {
        taken_up_again(&sandbox, &id, recorded);
    } else {
        let pin = sandbox.text("pin");
        sandbox.ok(["sign", &id, "--pin-file", &pin]);
    }
    assert_eq!(issued(), COUNT);
    audited(&sandbox, COUNT + 1);
}

/// The plan is found in the interface again, and signed to its end.
fn taken_up_again(sandbox: &Sandbox, id: &str, recorded: usize) {
    let mut terminal = found_again(sandbox, id);
    let shown = terminal.screen("Signing");
    assert_eq!(signed(&shown), recorded, "{shown}");
    sign(&mut terminal);
    terminal.settled("deliver");
    leave(&mut terminal);
    assert!(terminal.ended().success());
    terminal.restored();
}

/// The program on a terminal anew, at the screen that goes on with a plan: out of the register's list of plans.
fn found_again(sandbox: &Sandbox, id: &str) -> Terminal {
    let mut terminal = Terminal::open(sandbox, &[]);
    begin(&mut terminal);
    room(&mut terminal, "Register");
    terminal.screen("Register");
    terminal.press(TAB);
    terminal.settled(id);
    terminal.press(ENTER);
    terminal
}

/// How many certificates the screen says are signed.
fn signed(shown: &str) -> usize {
    let body = shown.lines().skip(4).collect::<Vec<_>>().join(" ");
    let pieces: Vec<&str> = body.split_whitespace().collect();
    let of = pieces.iter().position(|&piece| piece == "of").unwrap_or_default();
    // Thousands stand apart: `1 024 of`.
    let is_number = |piece: &&&str| piece.bytes().all(|octet| octet.is_ascii_digit());
    let mut groups: Vec<&str> = pieces[..of].iter().rev().take_while(is_number).copied().collect();
    groups.reverse();
    groups.concat().parse().unwrap_or_default()
}

#[test]
fn asked_to_end_by_sigterm_it_stops_where_nothing_is_half_done() {
    left_while_signing("interface-term", Way::Asked(Signal::TERM));
}

#[test]
fn a_terminal_that_hangs_up_stops_it_where_nothing_is_half_done() {
    left_while_signing("interface-hup", Way::Asked(Signal::HUP));
}

#[test]
fn left_by_keys_it_stops_where_nothing_is_half_done() {
    left_while_signing("interface-keys", Way::Keys);
}

#[test]
fn killed_it_leaves_a_register_that_is_sound() {
    left_while_signing("interface-kill", Way::Killed);
}

#[test]
fn asked_to_end_by_sigint_it_stops_where_nothing_is_half_done() {
    left_while_signing("interface-int", Way::Asked(Signal::INT));
}

#[test]
fn a_terminal_that_is_closed_stops_it_where_nothing_is_half_done() {
    left_while_signing("interface-closed", Way::Closed);
}

#[test]
fn asked_to_end_while_it_delivers_it_leaves_nothing_that_looks_like_a_bundle() {
    const COUNT: usize = 1_200;
    let sandbox = Sandbox::with_root("interface-delivering", "p256");
    let to = sandbox.folder("out");
    let (mut terminal, id) = approved(&sandbox, &[], COUNT);
    sign(&mut terminal);
    write(&mut terminal, &to);
    // At once: it writes some thousand files a second.
    let began = Instant::now();
    while fs::read_dir(&to).unwrap().next().is_none() {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing is written: {}", terminal.shown());
        thread::sleep(Duration::from_millis(2));
    }
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended().exit_code(), 130, "{}", terminal.shown());
    terminal.restored();
    let bundle = Path::new(&to).join(&id);
    assert!(!bundle.exists(), "it was asked to end before it was whole");
    let deliveries = |sandbox: &Sandbox| sandbox.json(["register", "show", &id])[0]["deliveries"].clone();
    assert!(deliveries(&sandbox).as_array().is_none_or(Vec::is_empty), "{}", deliveries(&sandbox));
    audited(&sandbox, COUNT + 1);

    // The same medium, once more.
    let mut terminal = found_again(&sandbox, &id);
    terminal.screen("Delivery");
    open_folder(&mut terminal, &to);
    terminal.press("w");
    terminal.wait("Type the PIN.");
    terminal.press(&format!("{}{ENTER}", crate::support::PIN));
    terminal.settled("Delivered, read back and compared.");
    terminal.signal(Signal::TERM);
    terminal.ended();
    terminal.restored();
    verified(&sandbox, bundle.to_str().unwrap(), COUNT);
}

/// Objects in the sandbox' token, each of which `SoftHSM` keeps in a file.
fn objects(sandbox: &Sandbox) -> usize {
    let tokens = fs::read_dir(sandbox.path("tokens")).unwrap();
    let files = tokens.flat_map(|token| fs::read_dir(token.unwrap().path()).unwrap());
    let is_object = |name: &str| name.ends_with(".object") && name != "token.object";
    files.filter(|file| is_object(&file.as_ref().unwrap().file_name().to_string_lossy())).count()
}

/// Fills in the form of a new root with a key that takes a while, down to the PIN.
fn ask_for_a_large_root(terminal: &mut Terminal) {
    room(terminal, "Authorities");
    terminal.screen("Authorities");
    terminal.press("n");
    terminal.screen("New root CA");
    terminal.press(&format!("large{TAB}"));
    while !terminal.settled("< ").contains("RSA-4096") {
        terminal.press(" ");
        terminal.two_frames();
    }
    terminal.press(&format!("{TAB}/O=Rehearsal/CN=Large{TAB}3650{ENTER}"));
    terminal.screen("New root CA: is everything right?");
    terminal.press(&format!("large{ENTER}"));
    terminal.wait("Type the PIN.");
    terminal.press(&format!("{}{ENTER}", crate::support::PIN));
}

#[test]
fn asked_to_end_while_a_key_is_made_it_leaves_no_key_that_nobody_lists() {
    let sandbox = Sandbox::new("interface-key");
    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);
    ask_for_a_large_root(&mut terminal);
    // The audit key, both halves, comes first; the CA's key is in hand then.
    let began = Instant::now();
    while objects(&sandbox) < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "no key is made: {}", terminal.shown());
        thread::sleep(Duration::from_millis(2));
    }
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended().exit_code(), 130, "{}", terminal.shown());
    terminal.restored();
    let shown = terminal.wait("to do: ");
    assert!(shown.contains("the work in hand ended where nothing was half done"), "{shown}");
    // What was begun is whole: the CA is listed, with its certificate, its key, and the audit key that signed the head.
    let listed = sandbox.json(["ca", "list"]);
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["ca"], &listed[0]["installed"]), (&"large".into(), &true.into()), "{listed:?}");
    // Two keys of two halves each, and what the token has seen of the register.
    assert_eq!(objects(&sandbox), 5);
    audited(&sandbox, 1);
    // And it works.
    let pin = sandbox.text("pin");
    sandbox.ok(["token", "check", "--pin-file", &pin]);
    sandbox.ok(["crl", "--ca", "large", "--to", &sandbox.folder("out"), "--pin-file", &pin]);
}
