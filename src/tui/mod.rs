//! The terminal interface: the other face of the ceremony. Decides nothing; shows what the ceremony says and asks it for
//! the next step.
//!
//! One channel carries every event in one order ([`message::Message`]); [`update::update`] turns each into changes of
//! [`model::Model`] and effects; [`view::draw`] shows the model. One thread (`worker::Worker`) holds the appliance and
//! the token. A new screen is one file in `screen/` and its line in [`screen::Screen`].

pub mod browser;
pub mod canvas;
pub mod code;
pub mod codes;
mod event;
pub mod field;
pub mod file_choice;
pub mod key;
pub mod keymap;
pub mod list;
pub mod message;
pub mod model;
pub mod pin_door;
#[cfg(test)]
mod probe;
pub mod rate;
pub mod room;
pub mod rows;
pub mod screen;
pub mod sheet;
mod stage;
pub mod theme;
pub mod typed_name;
pub mod typed_words;
pub mod update;
pub mod view;
pub mod wording;
pub mod work;
mod worker;

use std::{
    io::{self, IsTerminal as _},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

use crate::ceremony::{Error, Home, Messages as ModuleMessages, Reins};

use message::{Effect, Message};
use model::{Ending, Model};
use pin_door::PinDoor;
use screen::{Screen, start::Start};
use stage::Stage;
use theme::Theme;
use work::Job;
use worker::Worker;

/// The screen is drawn at most this often: smoother than a console shows.
const FRAME: Duration = Duration::from_millis(15);

/// Runs the interface on the terminal of this process until it is left.
///
/// Whatever happens to the screen, the work in hand is stopped where nothing is half done, and recorded.
///
/// # Errors
/// [`Error::Usage`] without a terminal, or where it fails; [`Error::Stopped`] where work was in hand.
pub fn run(home: Home) -> Result<(), Error> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::usage(
            "the terminal interface needs a terminal",
            "run coldsign on a terminal, or give a command: see coldsign --help",
        ));
    }
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register(signal, Arc::clone(&signalled)).map_err(|error| failed(&error))?;
    }
    // PKCS#11 modules print to standard error, across the screen.
    let output = ModuleMessages::divert().ok();
    let (messages, events) = channel();
    let (door, pins) = PinDoor::new(messages.clone());
    let door = Arc::new(door);
    let reins = Arc::new(Reins::new());
    let (jobs, todo) = channel();
    let worker = Worker::new(home, messages.clone(), Arc::clone(&door), pins, Arc::clone(&reins));
    let worker = thread::spawn(move || worker.run(&todo));
    let ended = Arc::new(AtomicBool::new(false));
    let theme = Theme::of(std::env::var("NO_COLOR").ok().as_deref(), std::env::var("TERM").ok().as_deref());
    // Installs a panic hook that gives the terminal back before anything is printed.
    let mut stage = Stage::take().map_err(|error| failed(&error))?;
    event::read_keys(messages.clone(), Arc::clone(&door), Arc::clone(&ended));
    event::tell_time(messages.clone(), signalled, Arc::clone(&ended));
    event::watch_volumes(messages, Arc::clone(&ended));
    let shown =
        panic::catch_unwind(AssertUnwindSafe(|| show(&mut stage, theme, &events, &jobs, &reins, &door)));
    // From here on the screen has no say: the work stops, and what was signed is recorded.
    drop(stage);
    ended.store(true, Ordering::Relaxed);
    reins.stop();
    door.refuse();
    drop(jobs);
    if let Ok(Left::Abandoned) = shown {
        return Err(abandoned());
    }
    let joined = worker.join();
    let printed = output.map(ModuleMessages::restore).unwrap_or_default();
    match (shown, joined) {
        (Err(panic), _) | (_, Err(panic)) => {
            for line in printed {
                eprintln!("{line}");
            }
            panic::resume_unwind(panic)
        }
        (Ok(Left::Failed(error)), Ok(())) => Err(error),
        (Ok(Left::AsWished | Left::Abandoned), Ok(())) => Ok(()),
    }
}

/// How the interface was left.
enum Left {
    /// Without waiting for the work in hand.
    Abandoned,
    /// As a person wished, with nothing in hand.
    AsWished,
    /// By a signal, with work in hand, or because the terminal failed.
    Failed(Error),
}

/// Shows the model and feeds it, until it is left.
fn show(
    stage: &mut Stage,
    theme: Theme,
    events: &Receiver<Message>,
    jobs: &Sender<Job>,
    reins: &Reins,
    door: &PinDoor,
) -> Left {
    let mut model = Model::new(Screen::Start(Start::new()));
    model.about.started_in = std::env::current_dir().ok();
    let mut effects = update::first(&mut model);
    let mut drawn: Option<Instant> = None;
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Work(job) => {
                    reins.loosen();
                    let _ = jobs.send(job);
                }
                Effect::Pause => reins.halt(),
                Effect::Resume => reins.go_on(),
                Effect::Stop => {
                    reins.stop();
                    door.refuse_if_open();
                }
                Effect::Leave => {
                    return match model.ending {
                        None | Some(Ending::Aside) => Left::AsWished,
                        Some(ending) => Left::Failed(stopped(ending)),
                    };
                }
                Effect::Abandon => return Left::Abandoned,
            }
        }
        // A burst of events is one frame.
        let wait = drawn.map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()));
        let first = if wait.is_zero() {
            if let Err(error) = stage.terminal.draw(|frame| view::draw(&mut model, frame.buffer_mut(), theme))
            {
                return Left::Failed(gone(&model, &error));
            }
            drawn = Some(Instant::now());
            events.recv().ok()
        } else {
            events.recv_timeout(wait).ok()
        };
        if let Some(message) = first {
            effects.extend(update::update(&mut model, message));
        }
    }
}

/// The terminal was closed while the interface stood on it, which ends the work as a signal does.
fn gone(model: &Model, error: &io::Error) -> Error {
    let ending = if model.about.busy.is_some() { Ending::Working } else { Ending::Idle };
    let (what, hint) = words(ending);
    Error::Stopped { what: format!("the terminal is gone ({error}); {what}"), hint: hint.to_owned() }
}

fn stopped(ending: Ending) -> Error {
    let (what, hint) = words(ending);
    Error::Stopped { what: what.to_owned(), hint: hint.to_owned() }
}

/// What became of the work, and what to do.
fn words(ending: Ending) -> (&'static str, &'static str) {
    match ending {
        Ending::Aside | Ending::Idle => ("nothing was in hand", "start it again where it is needed"),
        Ending::Working => (
            "the work in hand ended where nothing was half done",
            "what was signed is recorded; start again and go on with the plan",
        ),
    }
}

fn abandoned() -> Error {
    Error::Stopped {
        what: "the work in hand did not come to an end and was left".to_owned(),
        hint: "what is recorded stays recorded; look at the token or the medium, start again and go on with the plan"
            .to_owned(),
    }
}

fn failed(error: &io::Error) -> Error {
    Error::usage(
        format!("the terminal cannot be used: {error}"),
        "run coldsign on another terminal, or give a command: see coldsign --help",
    )
}
