//! Progress of long work: small, absolute values; and the operator's wish to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;

/// What is being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// The register is being checked.
    Auditing,
    /// The bundle is being written.
    Delivering,
    /// Requests are read, judged and planned.
    Planning,
    /// The bundle is being read back from the medium.
    ReadingBack,
    /// The token signs.
    Signing,
    /// A bundle is being judged.
    Verifying,
}

impl Phase {
    /// One word for it, as a person reads it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auditing => "auditing",
            Self::Delivering => "delivering",
            Self::Planning => "planning",
            Self::ReadingBack => "reading back",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
        }
    }
}

/// How far a phase has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// The phase.
    pub phase: Phase,
    /// Items done.
    pub done: u64,
    /// Items there are, where that is known.
    pub of: Option<u64>,
}

/// A face looking on: it hears of progress and can ask the work to stop.
pub struct Watch<'a> {
    listener: &'a mut dyn FnMut(Progress),
    stop: &'a AtomicBool,
}

impl<'a> Watch<'a> {
    /// Looks on with a listener and a flag that asks to stop.
    pub fn new(listener: &'a mut dyn FnMut(Progress), stop: &'a AtomicBool) -> Self {
        Self { listener, stop }
    }

    /// Tells how far the work has come.
    pub fn tell(&mut self, phase: Phase, done: u64, of: Option<u64>) {
        (self.listener)(Progress { phase, done, of });
    }

    /// The flag that asks to stop, for work on several threads.
    #[must_use]
    pub fn stop(&self) -> &'a AtomicBool {
        self.stop
    }

    /// Whether the operator asked to stop.
    #[must_use]
    pub fn wants_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends the work here if the operator asked for it.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what is done and how to go on.
    pub fn check_stop(&self, what: &str, hint: &str) -> Result<(), Error> {
        if self.wants_stop() {
            return Err(Error::Stopped { what: what.to_owned(), hint: hint.to_owned() });
        }
        Ok(())
    }
}
