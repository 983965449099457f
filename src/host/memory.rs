//! Hardening of this process's memory: no core dumps, no reading by other processes of the user, no swapping.

use std::fmt;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, geteuid, getrlimit, set_dumpable_behavior, setrlimit,
};

/// What hardening reached. Nothing of it is needed to work, so a failure is told, not fatal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hardening {
    /// `RLIMIT_CORE` is zero: a crash writes no memory to disk.
    pub core_dumps: Step,
    /// `PR_SET_DUMPABLE` is off: other processes of the user can neither trace this one nor read its memory.
    pub tracing: Step,
    /// `mlockall`: no page that was touched goes to swap.
    pub swapping: Step,
}

/// What came of one measure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// It is in force.
    Done,
    /// It is not, for this reason of the system.
    Failed(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// Which of this process's pages hardening locks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Locking {
    /// All, also those that it asks for later.
    Everything,
    /// Those that it had when it was hardened: a limit counts the others.
    WhatWasThere,
}

/// Which pages are locked under the limits of this process.
#[must_use]
pub fn locking() -> Locking {
    if getrlimit(Resource::Memlock).current.is_none() || geteuid().is_root() {
        Locking::Everything
    } else {
        Locking::WhatWasThere
    }
}

/// Hardens this process, as far as the system lets it. Call it before the first secret is read, and before threads
/// start.
#[must_use]
pub fn harden() -> Hardening {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // ONFAULT: pages are locked as they are touched, not the whole address space at once. Pages still to come are
    // included only where no limit counts them: under a user's few MiB later allocations would fail in mid-batch.
    let future = match locking() {
        Locking::Everything => MlockAllFlags::FUTURE,
        Locking::WhatWasThere => MlockAllFlags::empty(),
    };
    let pages = MlockAllFlags::CURRENT | MlockAllFlags::ONFAULT | future;
    Hardening {
        core_dumps: step(setrlimit(Resource::Core, none)),
        tracing: step(set_dumpable_behavior(DumpableBehavior::NotDumpable)),
        swapping: step(mlockall(pages)),
    }
}

fn step(outcome: rustix::io::Result<()>) -> Step {
    outcome.map_or_else(|error| Step::Failed(error.to_string()), |()| Step::Done)
}

#[cfg(test)]
mod tests {
    use rustix::process::dumpable_behavior;

    use super::*;
    use crate::host::tests::in_own_process;

    /// In a process of its own: hardening would change the process of all other tests.
    #[test]
    fn leaves_no_core_dump_and_no_tracing() {
        in_own_process(module_path!(), "leaves_no_core_dump_and_no_tracing", || {
            let hardening = harden();
            assert_eq!((hardening.core_dumps, hardening.tracing), (Step::Done, Step::Done));
            assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
            assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        });
    }
}
