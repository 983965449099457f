//! The operator's wish to stop: Ctrl-C, SIGTERM and SIGHUP. Work that records or writes ends at its next safe point;
//! everything else ends at once.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

use crate::ceremony::{Class, Reins};

use super::exit::Exit;

static REINS: LazyLock<Reins> = LazyLock::new(Reins::new);

/// Whether a signal ends the process at once: nothing is in hand that would be half done.
static AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// Listens for the signals.
pub fn listen() {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let code = i32::from(Exit::Failed(Class::Stopped).number());
        let _ = flag::register_conditional_shutdown(signal, code, Arc::clone(&AT_ONCE));
        let _ = flag::register(signal, REINS.stop_flag());
    }
}

/// The reins of all work; a signal asks to stop.
pub fn reins() -> &'static Reins {
    &REINS
}

/// Whether the operator asked to stop.
pub fn is_asked() -> bool {
    REINS.wants_stop()
}

/// While it lives, a signal ends nothing by itself: the work in hand looks at [`reins`] and ends where nothing is half
/// done. A second signal changes nothing: what the token has signed is always recorded first.
#[must_use]
pub struct Heeded {
    before: bool,
}

/// Begins work that heeds the signals by itself.
pub fn heed() -> Heeded {
    Heeded { before: AT_ONCE.swap(false, Ordering::SeqCst) }
}

/// Something short that leaves a trace where it is cut: a signal meanwhile is heeded by the work that follows.
pub fn unbroken<T>(short: impl FnOnce() -> T) -> T {
    let _heeded = heed();
    short()
}

/// From now on no signal ends the process by itself: the token is in use.
pub fn heed_to_the_end() {
    AT_ONCE.store(false, Ordering::SeqCst);
}

impl Drop for Heeded {
    fn drop(&mut self) {
        AT_ONCE.store(self.before, Ordering::SeqCst);
    }
}
