//! A terminal with the program on it: keys go in, what a person would see comes out. Everything waits for what is to
//! be seen, never for a time, so that a busy machine changes nothing.

use std::{
    io::{Read as _, Write},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Sandbox;

/// How long anything may take on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long nothing comes after a frame that is whole.
const SETTLED: Duration = Duration::from_millis(100);

/// Enter.
pub const ENTER: &str = "\r";
/// Escape.
pub const ESC: &str = "\x1b";
/// The tabulator.
pub const TAB: &str = "\t";

/// All that the program wrote, and what a terminal shows of it.
struct Seen {
    octets: Vec<u8>,
    parser: vt100::Parser,
}

/// A terminal with the program on it.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    side: Option<Side>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    before: String,
}

/// Our side of the terminal: it hangs up when this is closed.
struct Side {
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    // Kept open: a terminal whose other side is closed forgets its state.
    _slave: Box<dyn SlavePty + Send>,
    reader: JoinHandle<()>,
    closing: Arc<AtomicBool>,
}

impl Terminal {
    /// The program on a terminal of 80 by 24, with the home and token of a sandbox and these variables besides.
    pub fn open(sandbox: &Sandbox, environment: &[(&str, &str)]) -> Self {
        let (columns, rows) = (80_u16, 24_u16);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_coldsign"));
        command.cwd(sandbox.path(""));
        command.env_remove("NO_COLOR");
        command.env("TERM", "xterm-256color");
        command.env("SOFTHSM2_CONF", sandbox.path("softhsm2.conf"));
        command.env("COLDSIGN_HOME", sandbox.path("home"));
        for (name, value) in environment {
            command.env(name, value);
        }
        let before = state(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let seen = Arc::new((Mutex::new(Seen { octets: Vec::new(), parser }), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let told = Arc::clone(&seen);
        let closing = Arc::new(AtomicBool::new(false));
        let wanted = Arc::clone(&closing);
        let reader = thread::spawn(move || {
            let mut octets = [0; 4096];
            while !wanted.load(Ordering::Relaxed)
                && let Ok(count @ 1..) = reader.read(&mut octets)
            {
                let (seen, changed) = &*told;
                let mut seen = seen.lock().unwrap();
                seen.octets.extend_from_slice(&octets[..count]);
                seen.parser.process(&octets[..count]);
                changed.notify_all();
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let ours = Side { keys, master: pair.master, _slave: pair.slave, reader, closing };
        Self { child, side: Some(ours), seen, before }
    }

    fn side(&mut self) -> &mut Side {
        self.side.as_mut().expect("the terminal was not closed")
    }

    /// Closes our side of the terminal, as a console that is unplugged or a window that is closed.
    pub fn hang_up(&mut self) {
        let side = self.side.take().expect("the terminal was not closed");
        let Side { reader, closing, .. } = side;
        // Whoever reads holds the terminal too, until the program writes again: its clock goes on.
        closing.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        let side = self.side();
        side.keys.write_all(keys.as_bytes()).unwrap();
        side.keys.flush().unwrap();
    }

    /// What the terminal shows now, rows by line feeds.
    pub fn shown(&self) -> String {
        self.seen.0.lock().unwrap().parser.screen().contents()
    }

    /// All that the program wrote.
    pub fn octets(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().octets.clone()
    }

    /// Waits until the terminal shows what is looked for; what it shows once the frame is whole.
    pub fn until(&self, what: &str, found: impl Fn(&str) -> bool) -> String {
        let (seen, changed) = &*self.seen;
        let began = Instant::now();
        let mut seen = seen.lock().unwrap();
        let mut first_found = None;
        loop {
            let shown = seen.parser.screen().contents();
            if found(&shown) {
                // A frame comes in pieces: it is whole when nothing more comes for a moment, or, where numbers run,
                // when many frames came.
                let length = seen.octets.len();
                seen = changed.wait_timeout(seen, SETTLED).unwrap().0;
                let since = *first_found.get_or_insert_with(Instant::now);
                if seen.octets.len() == length || since.elapsed() > 10 * SETTLED {
                    return shown;
                }
                continue;
            }
            first_found = None;
            // What is looked for may stand elsewhere than on the screen.
            seen = changed.wait_timeout(seen, Duration::from_millis(20)).unwrap().0;
            if began.elapsed() > PATIENCE {
                drop(seen);
                panic!("not within {PATIENCE:?}: {what}\n{shown}");
            }
        }
    }

    /// Waits for a text.
    pub fn wait(&self, text: &str) -> String {
        self.until(text, |shown| shown.contains(text))
    }

    /// Waits for a text with nothing in hand any more: only then does every key do what it says.
    pub fn settled(&self, text: &str) -> String {
        self.until(text, |shown| shown.contains(text) && !at_work(shown))
    }

    /// Waits for a screen by the beginning of its title, with nothing in hand any more.
    pub fn screen(&self, begins: &str) -> String {
        let rule = format!("\n─ {begins}");
        self.until(begins, |shown| shown.contains(&rule) && !at_work(shown))
    }

    /// Waits until the screen was drawn twice more: the clock goes on, so it is.
    pub fn two_frames(&self) {
        let (seen, changed) = &*self.seen;
        let began = Instant::now();
        let mut seen = seen.lock().unwrap();
        for _ in 0..2 {
            let before = seen.octets.len();
            while seen.octets.len() == before {
                assert!(began.elapsed() < PATIENCE, "the screen stands still");
                seen = changed.wait_timeout(seen, PATIENCE).unwrap().0;
            }
        }
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.process_id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("the program runs"), signal).unwrap();
    }

    /// Waits for the program's end.
    pub fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the program does not end\n{}", self.shown());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal is as it was before: the first screen, the cursor, echo and all else of its settings.
    pub fn restored(&self) {
        // What was written last may not have been read yet.
        let (seen, changed) = &*self.seen;
        let mut seen = seen.lock().unwrap();
        let began = Instant::now();
        while seen.parser.screen().alternate_screen() || seen.parser.screen().hide_cursor() {
            let shown = seen.parser.screen().contents();
            assert!(began.elapsed() < PATIENCE, "the terminal is not restored\n{shown}");
            seen = changed.wait_timeout(seen, Duration::from_millis(50)).unwrap().0;
        }
        assert!(!seen.parser.screen().bracketed_paste(), "pasted text is still marked");
        drop(seen);
        let side = self.side.as_ref().expect("the terminal was not closed");
        assert_eq!(state(&*side.master), self.before);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the row above the help bar tells of work in hand: a stroke that turns.
fn at_work(shown: &str) -> bool {
    shown
        .lines()
        .nth(22)
        .is_some_and(|row| [" | ", " / ", " - ", " \\ "].iter().any(|turn| row.starts_with(turn)))
}

/// The terminal's settings.
fn state(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has settings"))
}
