//! The operator's wish to stop: Ctrl-C, SIGTERM and SIGHUP end the work after the group in hand is recorded.

use std::sync::{Arc, LazyLock, atomic::AtomicBool};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(false)));

/// Listens for the signals. A second one of the same kind while the first is being heeded changes nothing: what the
/// token has signed is always recorded first.
pub fn listen() {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let _ = flag::register(signal, Arc::clone(&STOP));
    }
}

/// Set once the operator asked to stop.
pub fn flag() -> &'static AtomicBool {
    &STOP
}
