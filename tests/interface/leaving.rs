//! The interface is left in the middle of signing, by every way there is: the terminal is given back, what was signed
//! is recorded, and signing goes on later where it was.

use rustix::process::Signal;

use crate::{
    main_job::{approve, begin, plan, requests, sign},
    support::Sandbox,
    terminal::Terminal,
};

/// Certificates of a plan: signing them takes a second or more on any machine.
const COUNT: usize = 1_500;

/// What ends the program.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A signal that asks.
    Asked(Signal),
    /// Ctrl-C on the keyboard, and yes.
    Keys,
    /// A signal that does not ask.
    Killed,
}

fn left_while_signing(name: &str, way: Way) {
    let sandbox = Sandbox::with_root(name, "p256");
    let from = sandbox.folder("stick");
    requests(&from, COUNT);
    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);
    let id = plan(&mut terminal, &from);
    approve(&mut terminal);
    sign(&mut terminal);
    terminal.until("the first certificates", |shown| (1..COUNT).contains(&signed(shown)));
    match way {
        Way::Asked(signal) => terminal.signal(signal),
        Way::Keys => {
            terminal.press("\x03");
            terminal.wait("Leave?");
            terminal.press("y");
        }
        Way::Killed => terminal.signal(Signal::KILL),
    }
    let status = terminal.ended();
    if !matches!(way, Way::Killed) {
        assert_eq!(status.exit_code(), 130, "{way:?}: {}", terminal.shown());
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
    let pin = sandbox.text("pin");
    sandbox.ok(["sign", &id, "--pin-file", &pin]);
    assert_eq!(issued(), COUNT);
    audited(&sandbox, COUNT + 1);
}

/// How many certificates the screen says are signed.
fn signed(shown: &str) -> usize {
    let body = shown.lines().skip(4).collect::<Vec<_>>().join(" ");
    let pieces: Vec<&str> = body.split_whitespace().collect();
    let of = pieces.iter().position(|&piece| piece == "of").unwrap_or_default();
    pieces.get(of.wrapping_sub(1)).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The register is sound and has so many certificates.
pub fn audited(sandbox: &Sandbox, certificates: usize) {
    let audit = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!((&audit["clean"], &audit["certificates"]), (&true.into(), &certificates.into()), "{audit}");
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
