//! What reaches the model, in one order: keys, time, news of the work, signals; and what the model wants done.

use std::time::Duration;

use crate::{
    ceremony::{Aftermath, Class, Error, MountedVolume, Overview, PinEntry, Progress, TokenState},
    pki::{
        text::{Printable, harmless_lines},
        time::Time,
    },
};

use super::{
    key::Key,
    model::{Login, TokenSeen},
    work::{Job, News},
};

/// One event.
#[derive(Debug)]
pub enum Message {
    /// A key; never one that was typed into the PIN field.
    Key(Key),
    /// Text that was pasted, as keys come one by one from it.
    Pasted(String),
    /// The terminal has another size.
    Resized,
    /// A moment passed: the clock, and the time since the interface began.
    Tick {
        /// The host's clock, where it stands in years that certificates know.
        clock: Option<Time>,
        /// Time since the interface began.
        since: Duration,
    },
    /// Network interfaces that are up.
    Interfaces(Vec<Printable>),
    /// Removable volumes that are mounted.
    Volumes(Vec<MountedVolume>),
    /// The work has come so far.
    Progress(Progress),
    /// The work wants a PIN; the PIN field is open.
    PinWanted(PinAsk),
    /// A PIN was entered and went to the work.
    PinEntered,
    /// The PIN field was left without a PIN.
    PinRefused,
    /// The register's head moved, or what else the frame shows of the home.
    Overview(Box<Overview>),
    /// The token was looked at.
    Token(TokenSeen),
    /// The token was logged in or out.
    Login(Login),
    /// What the frame says until the next key.
    Notice(String),
    /// The job in hand is done.
    Done(Box<News>),
    /// The job in hand failed.
    Failed(Failure),
    /// The process was asked to end by a signal.
    Ending,
    /// The thread that works is gone: nothing can be done any more.
    WorkerGone,
}

/// Which PIN is wanted, and what is known of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinAsk {
    /// What it is, such as "user PIN".
    pub noun: &'static str,
    /// The token's label.
    pub label: Printable,
    /// The token's serial number.
    pub serial: Printable,
    /// What the PIN is given for.
    pub purpose: String,
    /// A warning of the token, such as that one try is left.
    pub warning: Option<&'static str>,
    /// Where it is typed.
    pub entry: PinEntry,
    /// How long it counts.
    pub lasts: PinLasts,
}

/// How long a PIN counts once it was given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinLasts {
    /// For the one thing it was asked for.
    Once,
    /// Until the token is locked again.
    UntilLocked,
}

impl PinAsk {
    /// The user PIN of a token.
    #[must_use]
    pub fn user(state: &TokenState, purpose: &str) -> Self {
        Self {
            noun: "user PIN",
            label: state.label.clone(),
            serial: state.serial.clone(),
            purpose: purpose.to_owned(),
            warning: state.pin_warning(),
            entry: state.pin_entry,
            lasts: PinLasts::UntilLocked,
        }
    }
}

/// What went wrong, as a pair.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// Which part of the house it belongs to.
    pub class: Class,
    /// What it leaves behind.
    pub aftermath: Aftermath,
}

impl Failure {
    /// The form of delivery that stood in the way.
    #[must_use]
    pub fn impossible_form(&self) -> Option<&'static str> {
        match self.aftermath {
            Aftermath::FormImpossible(form) => Some(form),
            _ => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // The last net under the pieces that went through `Printable`, as for the messages of commands.
        Self {
            what: harmless_lines(&error.to_string()),
            hint: harmless_lines(&error.hint()),
            class: error.class(),
            aftermath: error.aftermath(),
        }
    }
}

/// What the model wants done outside of it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, at the pace of a person's keys")]
pub enum Effect {
    /// A job for the worker.
    Work(Job),
    /// The work in hand may not go on for now.
    Pause,
    /// It may go on.
    Resume,
    /// It stops at the next point where nothing is half done.
    Stop,
    /// The interface ends.
    Leave,
    /// The interface ends although work is in hand that does not end: its thread is not waited for.
    Abandon,
}
