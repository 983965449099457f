//! What every key does on every screen in every state. Nothing is left undecided: what the help offers works or says
//! why not, and what it does not offer does nothing.

use std::fmt::Write as _;

use coldsign::tui::{
    key::Key,
    keymap::{Action, Told, action_of},
    message::{Effect, Message},
    model::Model,
    update::update,
    work::{Job, proving::ProvingJob, revocation::RevocationJob},
};

use ratatui::buffer::Buffer;

use super::{
    drawn, kept,
    outside::Outside,
    samples::{self, Sample},
};

/// All keys that a keyboard has, as far as screens know them.
pub fn universe() -> Vec<Key> {
    let mut keys: Vec<Key> = (' '..='~').map(Key::Char).collect();
    keys.extend(('a'..='z').map(Key::Control));
    keys.extend([
        Key::Backspace,
        Key::BackTab,
        Key::Delete,
        Key::Down,
        Key::End,
        Key::Enter,
        Key::Esc,
        Key::Home,
        Key::Left,
        Key::PageDown,
        Key::PageUp,
        Key::Right,
        Key::Tab,
        Key::Up,
    ]);
    keys
}

/// What a key did.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Outcome {
    /// Nothing at all.
    Nothing,
    /// It went into the field.
    Typed,
    /// Something is shown on top, or in the frame.
    Told(String),
    /// Another screen, by its name.
    Screen(String),
    /// The same screen, changed.
    Changed,
    /// Work for the worker, or a wish about work in hand.
    Effect(String),
}

impl Outcome {
    fn words(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Typed => "typed".to_owned(),
            Self::Told(what) => format!("says {what}"),
            Self::Screen(name) => format!("shows {name}"),
            Self::Changed => "changes the screen".to_owned(),
            Self::Effect(name) => format!("asks for {name}"),
        }
    }
}

/// The first word of a value's `Debug` form: its variant.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Work(job) => variant(job),
        other => variant(other),
    }
}

/// All that there is to a model but the moment of the last key.
fn whole(model: &mut Model) -> (String, Buffer) {
    let cells = drawn::cells(model, (80, 24), drawn::THEME);
    (format!("{:?}{:?}{:?}{:?}", model.screen(), model.depth(), model.dialog, model.notice), cells)
}

/// Presses a key on a fresh model.
fn press(sample: &Sample, key: Key) -> (Outcome, Vec<Effect>) {
    let mut model = (sample.build)(&Outside::usual());
    // Of this very model: maps of two models are told in different orders.
    let before = whole(&mut model);
    let screen = variant(model.screen());
    let (depth, field) = (model.depth(), field_text(&mut model));
    let (dialog, busy) = (model.dialog.clone(), model.about.busy.clone());
    let effects = update(&mut model, Message::Key(key));
    let now = variant(model.screen());
    let outcome = if let Some(first) = effects.first() {
        Outcome::Effect(effect(first))
    } else if model.dialog != dialog {
        match &model.dialog {
            Some(shown) => Outcome::Told(variant(shown)),
            None => Outcome::Told("no more".to_owned()),
        }
    } else if model.notice.is_some() {
        Outcome::Told("in the frame".to_owned())
    } else if now != screen || model.depth() != depth {
        Outcome::Screen(now)
    } else if field.is_some() && field_text(&mut model).is_some() && field_text(&mut model) != field {
        Outcome::Typed
    } else if whole(&mut model) != before || model.about.busy != busy {
        Outcome::Changed
    } else {
        Outcome::Nothing
    };
    (outcome, effects)
}

/// What stands in the field that letters go to, and where its cursor is.
fn field_text(model: &mut Model) -> Option<(String, usize)> {
    let field = model.screen_mut().room_mut().field()?;
    Some((field.text().to_owned(), field.cursor()))
}

/// Keys that only move may find nothing to move to: the first row is the first row.
fn moves(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Left
            | Action::Right
            | Action::Next
            | Action::Previous
    )
}

/// Keys that lead to where one is already.
fn leads_nowhere_else(sample: &Sample, key: Key) -> bool {
    // The pages of a document have numbers, and one of them is seen.
    (sample.screen == "Document" || sample.state.starts_with("typical, details"))
        && matches!(key, Key::Char('1'..='9'))
        // All rows are shown already where nothing was filtered.
        || sample.screen == "Triage" && key == Key::Char('x')
        // The first row is chosen already.
        || sample.screen == "Rooms" && key == Key::Char('1')
        // What the home is for was chosen so already.
        || sample.screen == "Setup" && sample.state == "typical, live" && key == Key::Char('l')
}

/// Keys that edit a line: in an empty one, or at its end, there may be nothing to edit.
fn edits(key: Key) -> bool {
    matches!(
        key,
        Key::Backspace
            | Key::Delete
            | Key::Left
            | Key::Right
            | Key::Home
            | Key::End
            | Key::Control('a' | 'e' | 'u' | 'w')
    )
}

#[test]
fn every_key_on_every_screen_has_a_decided_outcome() {
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for sample in samples::all() {
        let mut model = (sample.build)(&Outside::usual());
        // What there is to scroll to is known once it was drawn.
        drawn::cells(&mut model, (80, 24), drawn::THEME);
        let (dialog, bindings) = (model.dialog.is_some(), model.bindings());
        let field = field_text(&mut model).is_some() && !dialog;
        let _ = writeln!(table, "==== {}, {}", sample.screen, sample.state);
        let mut typed = 0;
        for key in universe() {
            let (outcome, _) = press(&sample, key);
            // What stands on top takes all keys; its own are in the table.
            let bound = if dialog { None } else { action_of(&bindings, key) };
            let letter = matches!(key, Key::Char(_));
            let to_field = field && (edits(key) || letter);
            let place = format!("{}, {}: {}", sample.screen, sample.state, key.cap());
            match (bound, &outcome) {
                _ if to_field && matches!(outcome, Outcome::Typed | Outcome::Nothing) => {
                    typed += u32::from(letter);
                    if letter {
                        continue;
                    }
                }
                (Some(action), Outcome::Nothing) if !moves(action) && !leads_nowhere_else(&sample, key) => {
                    wrong.push(format!("{place} is offered and does nothing"));
                }
                (None, outcome) if !dialog && *outcome != Outcome::Nothing && !to_field => {
                    wrong.push(format!("{place} is not offered and {}", outcome.words()));
                }
                _ => {}
            }
            let offered = bound.map(|action| {
                let binding =
                    bindings.iter().find(|binding| binding.action == action && binding.keys.contains(&key));
                binding.map_or("", |binding| binding.words)
            });
            if offered.is_some() || outcome != Outcome::Nothing {
                let words = offered.unwrap_or("-");
                let _ = writeln!(table, "{:<10} {:<38} {}", key.cap(), words, outcome.words());
            }
        }
        if typed > 0 {
            let _ = writeln!(table, "{typed} characters are typed");
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    if let Err(differs) = kept::keep("tests/screens/keys.txt", &table) {
        panic!("\n{differs}");
    }
}

#[test]
fn esc_goes_back_without_effect() {
    for sample in samples::all() {
        let mut model = (sample.build)(&Outside::usual());
        let mut presses = 0;
        while model.depth() > 1 && model.about.busy.is_none() {
            let before = whole(&mut model);
            let effects = update(&mut model, Message::Key(Key::Esc));
            // What stands below may be looked at again; nothing else may follow.
            let looks = effects.iter().all(|effect| {
                matches!(
                    effect,
                    Effect::Work(
                        Job::OpenHome
                            | Job::CheckSelf
                            // Among folders, one step back is the folder above.
                            | Job::ListFolder(_)
                            | Job::Proving(ProvingJob::Choices)
                            | Job::Revocation(RevocationJob::Standings)
                    )
                )
            });
            assert!(looks, "{}, {}: {effects:?}", sample.screen, sample.state);
            assert!(whole(&mut model) != before, "{}, {}: Esc does nothing", sample.screen, sample.state);
            presses += 1;
            assert!(presses < 20, "{}, {}: Esc never comes to an end", sample.screen, sample.state);
        }
    }
}

#[test]
fn the_help_bar_fits_and_shows_each_key_it_tells_of() {
    for sample in samples::all() {
        let mut model = (sample.build)(&Outside::usual());
        let cells = drawn::cells(&mut model, (80, 24), drawn::THEME);
        let told: Vec<String> = model
            .bindings()
            .iter()
            .filter(|binding| binding.told == Told::Bar)
            .map(|binding| format!("{} {}", binding.keys[0].cap(), binding.words))
            .collect();
        let rows = drawn::rows(&cells);
        let bar = rows.last().unwrap().trim();
        // What stands on top has keys of its own, and tells them itself.
        let expected = if model.dialog.is_none() { told.join(" ") } else { String::new() };
        assert_eq!(bar, expected, "{}, {}", sample.screen, sample.state);
    }
}

#[test]
fn no_key_is_offered_twice() {
    for sample in samples::all() {
        let mut model = (sample.build)(&Outside::usual());
        let bindings = model.bindings();
        let mut keys: Vec<Key> = bindings.iter().flat_map(|binding| binding.keys.to_vec()).collect();
        let count = keys.len();
        keys.sort_by_key(|key| format!("{key:?}"));
        keys.dedup();
        assert_eq!(keys.len(), count, "{}, {}: {bindings:?}", sample.screen, sample.state);
    }
}
