//! What the screens' frame, start and close show of an appliance, on real tokens of `SoftHSM` 2.
//!
//! `SoftHSM` reads its configuration from the environment when it is loaded, so each case runs in a process of its own,
//! which gets the environment of its sandbox.

mod support;

use std::{path::PathBuf, process::Command};

use coldsign::{
    ceremony::{Activation, Appliance, Home, Initialised, Pin, Rehearsal, TokenState, UserPin},
    token::uri::TokenUri,
};
use support::{PIN, Sandbox, TOKEN, said};
use zeroize::Zeroizing;

/// Set in the process of a case's own.
const CHILD: &str = "COLDSIGN_TEST_APPLIANCE";

/// Runs a case, named as its test, in a process with the sandbox' environment.
fn in_sandbox(case: &str, sandbox: impl FnOnce(&str) -> Sandbox, body: impl FnOnce(Home)) {
    if std::env::var_os(CHILD).is_some() {
        let home = std::env::var_os("COLDSIGN_HOME").expect("the sandbox names its home");
        return body(Home::new(PathBuf::from(home)));
    }
    let sandbox = sandbox(&format!("appliance-{case}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    sandbox.prepare(&mut child);
    let output = child.args(["--exact", case, "--nocapture"]).env(CHILD, "1").output().unwrap();
    // A name that matches no test would pass without a word.
    assert!(output.status.success() && said(&output).contains("1 passed"), "{}", said(&output));
}

#[test]
fn tells_the_frame_what_it_shows_without_touching_the_token() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        // The token is pulled: nothing that follows may need it.
        std::fs::remove_dir_all(sandbox.path("tokens")).unwrap();
        std::fs::create_dir(sandbox.path("tokens")).unwrap();
        sandbox
    };
    in_sandbox("tells_the_frame_what_it_shows_without_touching_the_token", sandbox, |home| {
        let appliance = Appliance::open_to_read(home).unwrap();
        let overview = appliance.overview().unwrap();
        assert_eq!(overview.rehearsal, Rehearsal::Rehearsal);
        assert_eq!(overview.token_label.as_str(), TOKEN);
        // authority.toml names the token by its label; the keys' own URIs know which device it was.
        let serial = overview.token_serial.unwrap();
        assert_eq!(serial.as_str().len(), 16, "{serial}");
        assert_eq!(overview.authorities, ["root", "issuing"]);
        let words = overview.head.words();
        assert!(words.starts_with(&format!("{} ", overview.head_words)), "{words}");
        assert_eq!(overview.head_words.split(' ').count(), 3);
        assert!(overview.entry > 10, "{}", overview.entry);

        let error = appliance.token_state().unwrap_err();
        assert!(error.to_string().contains("no initialised token"), "{error}");
    });
}

#[test]
fn tells_a_new_home_from_one_in_use() {
    in_sandbox("tells_a_new_home_from_one_in_use", Sandbox::new, |home| {
        let overview = Appliance::open(home).unwrap().overview().unwrap();
        assert_eq!(overview.token_label.as_str(), TOKEN);
        assert_eq!((overview.token_serial, overview.entry), (None, 1));
        assert!(overview.authorities.is_empty());
    });
}

#[test]
fn tells_the_token_s_state_without_disturbing_a_log_in() {
    let sandbox = |name: &str| Sandbox::with_root(name, "p256");
    in_sandbox("tells_the_token_s_state_without_disturbing_a_log_in", sandbox, |home| {
        let appliance = Appliance::open(home).unwrap();
        let state = appliance.token_state().unwrap();
        assert_eq!((state.label.as_str(), state.initialised), (TOKEN, Initialised::Yes));
        assert_eq!((state.user_pin_state, state.pin_warning()), (UserPin::Set, None));
        assert_eq!(appliance.overview().unwrap().token_serial.unwrap(), state.serial);

        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        let key = TokenUri::parse(appliance.configuration().key_uri("root").unwrap()).unwrap();
        for _ in 0..100 {
            appliance.token_state().unwrap();
        }
        // A private key shows itself to those only who are logged in.
        assert!(session.find(&key).is_ok());
    });
}
