//! Every screen of the terminal interface, in every state that matters: what it shows, what each key does, what
//! hostile text can do to it, and every size of terminal.

#[path = "screens/certified.rs"]
mod certified;
#[path = "screens/drawn.rs"]
mod drawn;
#[path = "screens/hostile.rs"]
mod hostile;
#[path = "screens/kept.rs"]
mod kept;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/material.rs"]
mod material;
#[path = "screens/moving_in.rs"]
mod moving_in;
#[path = "screens/outside.rs"]
mod outside;
#[path = "screens/samples.rs"]
mod samples;
#[path = "screens/signing.rs"]
mod signing;
#[path = "screens/sizes.rs"]
mod sizes;
#[path = "screens/whole.rs"]
mod whole;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use outside::Outside;

/// The smallest terminal that all screens fit, and a larger one.
const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// The variants of `Screen`, as the source has them: a screen that nobody thought of here is found.
fn variants() -> Vec<String> {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui/screen.rs")).unwrap();
    // The last one: those before it are how the list becomes an enum.
    let (_, body) = source.rsplit_once("pub enum Screen {").expect("the list of all screens");
    let (body, _) = body.split_once("\n}").expect("its end");
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(|line| line.split('(').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_screen_has_a_sample_of_every_state() {
    let mut missing = Vec::new();
    for variant in variants() {
        for state in samples::STATES {
            if !samples::all()
                .iter()
                .any(|sample| sample.screen == variant && sample.state.starts_with(state))
            {
                missing.push(format!("{variant}: {state}"));
            }
        }
    }
    assert!(missing.is_empty(), "tests/screens/samples.rs lacks\n{}", missing.join("\n"));
    let known = variants();
    for sample in samples::all() {
        assert!(known.iter().any(|variant| variant == sample.screen), "{}", sample.screen);
        let model = (sample.build)(&Outside::usual());
        let shown = format!("{:?}", model.screen());
        assert!(
            shown.starts_with(&format!("{}(", sample.screen)),
            "{}, {}: {shown}",
            sample.screen,
            sample.state
        );
    }
}

#[test]
fn every_screen_shows_what_it_showed() {
    let mut files = BTreeMap::<&str, String>::new();
    for sample in samples::all() {
        let mut days = vec![(sample.state.to_owned(), Outside::usual())];
        if sample.state == "typical" {
            days.push(("hostile".to_owned(), Outside::hostile()));
        }
        for (state, outside) in days {
            for size in SIZES {
                let mut model = (sample.build)(&outside);
                let rows = drawn::rows(&drawn::cells(&mut model, size, drawn::THEME));
                let file = files.entry(sample.screen).or_default();
                let _ = writeln!(file, "==== {state}, {} by {}", size.0, size.1);
                let _ = writeln!(file, "{}", rows.join("\n").trim_end());
            }
        }
    }
    let wrong: Vec<String> = files
        .into_iter()
        .filter_map(|(screen, text)| {
            kept::keep(&format!("tests/screens/shown/{}.txt", screen.to_lowercase()), &text).err()
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
