//! A CA is proved to platforms by keys alone: by a code that is typed twice, and by a CSR on a medium.

use std::path::Path;

use crate::{
    main_job::{begin, leave, open_folder, room},
    moving_in::in_folder,
    support::{
        PIN, Sandbox, openssl,
        request::{Algorithm, Request},
        succeed,
    },
    terminal::{ENTER, Terminal},
};

const CODE: &str = "13274673-8f90-4630-bea1-9cccb25756ad";

/// From the rooms to the code: of the platform in this row of the list, counted from 0, and the only CA.
fn to_the_code(terminal: &mut Terminal, row: usize, platform: &str) {
    room(terminal, "Prove a CA");
    terminal.screen("Prove a CA, step 1 of 5");
    terminal.press(&"j".repeat(row));
    terminal.settled(&format!("({platform})"));
    terminal.press(ENTER);
    terminal.settled("> root ");
    terminal.press(ENTER);
    terminal.screen("Prove a CA, step 3 of 5");
}

/// From the choice of the medium to the end.
fn issue(terminal: &mut Terminal, to: &str) {
    terminal.screen("Prove a CA, step 4 of 5");
    open_folder(terminal, to);
    terminal.press("w");
    terminal.screen("Prove a CA, step 5 of 5");
    terminal.press("i");
    terminal.wait("Type the PIN.");
    terminal.press(&format!("{PIN}{ENTER}"));
    terminal.settled("DONE: the verification certificate is issued");
    terminal.press(ENTER);
    terminal.screen("What is to be done?");
}

/// The folder of a platform in the one bundle of a medium, which a receiver finds sound; the certificate in it has the code.
fn proof(sandbox: &Sandbox, to: &str, platform: &str) {
    let bundle = std::fs::read_dir(to).unwrap().next().expect("a bundle").unwrap().path();
    let folder = bundle.to_str().unwrap();
    sandbox.exits(0, ["verify", folder, "--trust", &format!("{folder}/root.pem")]);
    let path = |name: &str| bundle.join(platform).join(name);
    let shown = ["x509", "-noout", "-subject", "-nameopt", "multiline", "-in"];
    let subject = succeed(openssl(&shown).arg(path("verification.pem")));
    assert!(subject.trim_end().ends_with(&format!("commonName                = {CODE}")), "{subject}");
    succeed(
        openssl(&["verify", "-x509_strict", "-CAfile"]).arg(path("ca.pem")).arg(path("verification.pem")),
    );
}

#[test]
fn a_ca_is_proved_by_a_typed_code_and_by_a_csr() {
    let sandbox = Sandbox::with_root("interface-proving", "p256");
    let (typed, asked, stick) = (sandbox.folder("typed"), sandbox.folder("asked"), sandbox.folder("stick"));
    sandbox.request(&stick, "code", Algorithm::P256, &Request::named(CODE));
    let mut terminal = Terminal::open(&sandbox, &[]);
    begin(&mut terminal);

    to_the_code(&mut terminal, 3, "azure");
    terminal.press(&format!("{CODE}{ENTER}"));
    terminal.settled("****");
    // A code that is another the second time goes no further.
    terminal.press(&format!("{}e{ENTER}", &CODE[1..]));
    terminal.settled("the codes are not the same");
    terminal.press(ENTER);
    terminal.press(&format!("\x15{CODE}{ENTER}"));
    issue(&mut terminal, &typed);

    to_the_code(&mut terminal, 4, "huawei");
    terminal.press("\x06");
    terminal.screen("Prove a CA, step 3 of 5: the CSR");
    in_folder(&mut terminal, Path::new(&stick), &[("code.csr", ENTER)]);
    issue(&mut terminal, &asked);

    leave(&mut terminal);
    assert!(terminal.ended().success());
    terminal.restored();
    proof(&sandbox, &typed, "azure");
    proof(&sandbox, &asked, "huawei");
    let plans = sandbox.json(["register", "list"]);
    assert_eq!(plans.iter().filter(|plan| plan["profile"] == "verification").count(), 2, "{plans:?}");
}
