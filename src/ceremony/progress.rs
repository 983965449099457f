//! Progress of long work: small, absolute values; and the reins, by which the operator halts or stops it.
//!
//! A face keeps the [`Reins`] and makes a [`Watch`] of them for each piece of work. The work looks at them where nothing
//! is half done; it is never torn away from there.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::error::Error;

/// How often halted work looks whether it may go on: sooner than a person sees, and nothing to a processor.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// The register is being checked.
    Auditing,
    /// The keys of requests are compared with each other and with those of the register.
    Comparing,
    /// The bundle is being written.
    Delivering,
    /// Requests are read, judged and planned.
    Planning,
    /// A file or a medium is read, before it is known what to make of it.
    Reading,
    /// The bundle is being read back from the medium.
    ReadingBack,
    /// The register is being looked through.
    Searching,
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
            Self::Comparing => "comparing keys",
            Self::Delivering => "delivering",
            Self::Planning => "planning",
            Self::Reading => "reading",
            Self::ReadingBack => "reading back",
            Self::Searching => "searching",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
        }
    }
}

/// Whether the work moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Motion {
    /// It was asked to halt and stands, with everything recorded that was done.
    Halted,
    /// It moves; where it was asked to halt, it ends what it has in hand.
    Moving,
}

/// How far a phase has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// The phase.
    pub phase: Phase,
    /// Items done; of signing, those signed and checked.
    pub done: u64,
    /// Items there are, where that is known.
    pub of: Option<u64>,
    /// Items of `done` that are recorded for ever, in a phase that records while it goes.
    pub recorded: Option<u64>,
    /// Whether the work moves.
    pub motion: Motion,
}

impl Progress {
    /// Progress of work that moves and records nothing by the way.
    #[must_use]
    pub fn new(phase: Phase, done: u64, of: Option<u64>) -> Self {
        Self { phase, done, of, recorded: None, motion: Motion::Moving }
    }
}

/// What a face holds and the work feels: the wish to halt for a while, and the wish to stop.
///
/// Both are wishes: work that records or writes ends first what it has in hand. A stop outweighs a halt.
#[derive(Debug, Default)]
pub struct Reins {
    stop: Arc<AtomicBool>,
    halt: AtomicBool,
}

impl Reins {
    /// Loose reins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The flag that asks to stop, for a handler of signals to set.
    #[must_use]
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Asks the work to end where nothing is half done, also work that stands halted. It is not taken back: the next
    /// piece of work has reins of its own, or [`Reins::loosen`].
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Asks the work to stand still where nothing is half done, until it is let go or stopped.
    pub fn halt(&self) {
        self.halt.store(true, Ordering::SeqCst);
    }

    /// Lets halted work go on.
    pub fn go_on(&self) {
        self.halt.store(false, Ordering::SeqCst);
    }

    /// Takes both wishes back, before the next piece of work.
    pub fn loosen(&self) {
        self.halt.store(false, Ordering::SeqCst);
        self.stop.store(false, Ordering::SeqCst);
    }

    /// Whether the work was asked to stop.
    #[must_use]
    pub fn wants_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether the work was asked to halt.
    #[must_use]
    pub fn wants_halt(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }

    /// Whether the work is to end what it has in hand and begin nothing more now.
    #[must_use]
    pub fn hold_back(&self) -> bool {
        self.wants_stop() || self.wants_halt()
    }
}

/// A face looking on: it hears of progress and holds the reins.
pub struct Watch<'a> {
    listener: &'a mut dyn FnMut(Progress),
    reins: &'a Reins,
    last: Option<Progress>,
}

impl<'a> Watch<'a> {
    /// Looks on with a listener and the reins.
    pub fn new(listener: &'a mut dyn FnMut(Progress), reins: &'a Reins) -> Self {
        Self { listener, reins, last: None }
    }

    /// Tells how far the work has come.
    pub fn tell(&mut self, phase: Phase, done: u64, of: Option<u64>) {
        self.tell_all(Progress::new(phase, done, of));
    }

    /// Tells how far work has come that records while it goes.
    pub(super) fn tell_recorded(&mut self, phase: Phase, done: u64, recorded: u64, of: u64) {
        self.tell_all(Progress { recorded: Some(recorded), ..Progress::new(phase, done, Some(of)) });
    }

    fn tell_all(&mut self, progress: Progress) {
        self.last = Some(progress);
        (self.listener)(progress);
    }

    /// The reins, for work on several threads.
    #[must_use]
    pub fn reins(&self) -> &'a Reins {
        self.reins
    }

    /// Whether the operator asked to stop.
    #[must_use]
    pub fn wants_stop(&self) -> bool {
        self.reins.wants_stop()
    }

    /// Stands still while the operator wants it so, and tells when the work stands and when it moves again. The caller
    /// has recorded what it did.
    pub fn rest(&mut self) {
        if !self.reins.wants_halt() || self.reins.wants_stop() {
            return;
        }
        if let Some(last) = self.last {
            self.tell_all(Progress { motion: Motion::Halted, ..last });
        }
        while self.reins.wants_halt() && !self.reins.wants_stop() {
            thread::sleep(LOOK_AGAIN);
        }
        if let Some(last) = self.last {
            self.tell_all(Progress { motion: Motion::Moving, ..last });
        }
    }

    /// Tells how far work has come at a place where nothing is half done, rests while the operator wants it so, and says
    /// whether to go on.
    pub(super) fn step(&mut self, phase: Phase, done: u64, of: Option<u64>) -> ControlFlow<()> {
        self.tell(phase, done, of);
        self.rest();
        if self.wants_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// A place where nothing is half done: rests while the operator wants it so, and ends the work if asked to.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what is done and how to go on.
    pub fn check_stop(&mut self, what: &str, hint: &str) -> Result<(), Error> {
        self.rest();
        if self.wants_stop() {
            return Err(Error::Stopped { what: what.to_owned(), hint: hint.to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a listener hears of a rest that another thread ends.
    fn heard(end: impl FnOnce(&Reins) + Send) -> (Vec<Motion>, Result<(), Error>) {
        let reins = Reins::new();
        reins.halt();
        let mut heard = Vec::new();
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(LOOK_AGAIN * 5);
                end(&reins);
            });
            let mut listener = |progress: Progress| heard.push(progress.motion);
            let mut watch = Watch::new(&mut listener, &reins);
            watch.tell(Phase::Planning, 512, None);
            watch.check_stop("nothing", "begin again")
        });
        (heard, result)
    }

    #[test]
    fn halted_work_stands_until_it_may_go_on() {
        let (heard, result) = heard(Reins::go_on);
        assert_eq!(heard, [Motion::Moving, Motion::Halted, Motion::Moving]);
        assert!(result.is_ok());
    }

    #[test]
    fn halted_work_can_be_stopped() {
        let (heard, result) = heard(|reins| reins.stop_flag().store(true, Ordering::SeqCst));
        assert_eq!(heard, [Motion::Moving, Motion::Halted, Motion::Moving]);
        assert!(matches!(result, Err(Error::Stopped { .. })));
    }

    #[test]
    fn a_stop_outweighs_a_halt_and_loosened_reins_hold_nothing() {
        let reins = Reins::new();
        reins.halt();
        reins.stop();
        let mut listener = |_: Progress| {};
        let mut watch = Watch::new(&mut listener, &reins);
        assert!(watch.check_stop("nothing", "begin again").is_err());
        reins.loosen();
        assert!(!reins.hold_back());
        assert!(watch.check_stop("nothing", "begin again").is_ok());
    }
}
