//! How far the work on a CRL, or on revocations, has come: told every so many rows, where nothing is half done, and asked whether to go on.

use std::ops::ControlFlow;

use super::super::error::Error;

/// Rows between two looks: thousandths of a second.
const ROWS: u64 = 1024;

/// Counts the rows and entries that were looked at.
pub(in crate::register) struct Pace<'a> {
    watcher: Option<&'a mut dyn FnMut(u64) -> ControlFlow<()>>,
    done: u64,
}

impl<'a> Pace<'a> {
    /// `watcher` hears how many rows and entries were looked at, each as often as that was done.
    pub(in crate::register) fn new(watcher: &'a mut dyn FnMut(u64) -> ControlFlow<()>) -> Self {
        Self { watcher: Some(watcher), done: 0 }
    }

    /// Nobody waits for it.
    pub(in crate::register) fn unwatched() -> Self {
        Self { watcher: None, done: 0 }
    }

    /// One more.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the watcher broke off.
    pub(in crate::register) fn step(&mut self) -> Result<(), Error> {
        self.done += 1;
        if let Some(watcher) = &mut self.watcher
            && self.done.is_multiple_of(ROWS)
            && watcher(self.done).is_break()
        {
            return Err(Error::Stopped);
        }
        Ok(())
    }
}
