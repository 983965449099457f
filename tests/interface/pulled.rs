//! The token or the medium is taken away in the middle of the work: the screen says what is safe, what is not done,
//! and what to do next.

use std::fs;

use crate::{
    main_job::{approved, audited, leave, open_folder, sign, verified, write},
    support::{Sandbox, medium::Medium, module, shim},
    terminal::{ENTER, Terminal},
};

#[test]
fn a_pulled_token_is_told_with_what_is_safe_and_what_to_do() {
    const COUNT: usize = 40;
    let sandbox = Sandbox::with_root("interface-token-pulled", "p256");
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(&module()), "{text}");
    fs::write(&path, text.replace(&module(), shim())).unwrap();
    let module = module();
    // CKR_DEVICE_REMOVED from the twentieth signature on.
    let faults = [("SHIM_MODULE", module.as_str()), ("SHIM_FAULT", "sign 20 0x32")];
    let (mut terminal, id) = approved(&sandbox, &faults, COUNT);
    sign(&mut terminal);
    let shown = told(&terminal, "what to do");
    assert!(shown.contains("token"), "{shown}");
    assert!(shown.contains("what is safe") && shown.contains("what is not done"), "{shown}");
    // The token is not used again before its PIN is given again.
    assert!(shown.contains("PIN not given"), "{shown}");
    leave(&mut terminal);
    terminal.ended();
    terminal.restored();
    fs::write(&path, text).unwrap();
    // The screen counts what the register has.
    let issued = sandbox.json(["register", "show", &id])[0]["issued"].as_u64().unwrap();
    assert_eq!(issued, 19, "the token signed 19 before it was gone: {shown}");
    let not_signed = format!("{} certificates not issued", COUNT as u64 - issued);
    assert!(shown.contains(&not_signed), "{issued} are recorded: {shown}");
    let pin = sandbox.text("pin");
    sandbox.ok(["sign", &id, "--pin-file", &pin]);
    audited(&sandbox, COUNT + 1);
}

#[test]
fn a_medium_pulled_while_it_is_written_is_told_with_what_is_safe_and_what_to_do() {
    const COUNT: usize = 400;
    let Some(medium) = Medium::new(64 << 20, |_| {}) else { return };
    let sandbox = Sandbox::with_root("interface-medium-pulled", "p256");
    let (mut terminal, id) = approved(&sandbox, &[], COUNT);
    sign(&mut terminal);
    write(&mut terminal, medium.at.to_str().unwrap());
    terminal.until("the first files", |_| begun(&medium));
    medium.pull();
    let shown = told(&terminal, "what to do");
    assert!(shown.contains("the medium does not answer"), "{shown}");
    assert!(shown.contains("what is safe") && shown.contains("recorded in the register"), "{shown}");

    // The same plan, onto another medium, from the same screen.
    terminal.press(ENTER);
    terminal.until("no failure", |shown| !shown.contains("what to do"));
    let other = sandbox.folder("other");
    open_folder(&mut terminal, &other);
    terminal.press("w");
    terminal.settled("Delivered, read back and compared.");
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ended();
    terminal.restored();
    verified(&sandbox, &format!("{other}/{id}"), COUNT);
}

/// Whether anything stands on a medium.
fn begun(medium: &Medium) -> bool {
    fs::read_dir(&medium.at).is_ok_and(|names| names.flatten().any(|name| name.file_name() != "lost+found"))
}

/// Waits for a failure with its advice; its words in one line, whatever frame and rows they stand in.
fn told(terminal: &Terminal, text: &str) -> String {
    let shown = terminal.settled(text);
    let words: Vec<&str> = shown.split(['│', '─', ' ', '\n']).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
