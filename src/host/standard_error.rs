//! Standard error, diverted: PKCS#11 modules and their drivers print there, which would wreck a screen.
//!
//! While a [`Diversion`] stands, everything written to file descriptor 2 of this process, by whatever code, goes into a
//! pipe; a thread reads it and keeps the last lines. One at a time, because there is one descriptor 2.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read as _},
    os::fd::{AsFd as _, OwnedFd},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    io::fcntl_dupfd_cloexec,
    pipe::{PipeFlags, pipe_with},
    stdio::dup2_stderr,
};

/// Lines kept: several screens of what a module had to say; of what came before, only the number.
pub const LINES_MAX: usize = 200;

/// Longest line kept, in octets; the rest of a longer one is dropped and marked as cut.
pub const LINE_OCTETS_MAX: usize = 1024;

/// What stands at the end of a line that was cut.
const CUT: &[u8] = b" (cut)";

/// Octets read at a time: what a pipe takes at once (`PIPE_BUF`).
const CHUNK_OCTETS: usize = 4096;

/// Longest wait for the last lines after the way is restored. They are in the pipe already; but where a child process
/// of the module still holds the pipe open, its end never comes.
const LAST_LINES_WAIT: Duration = Duration::from_millis(250);

/// First descriptor that the saved one may take: 0 to 2 stay what they are.
const SAVED_FD_MIN: i32 = 3;

/// Whether a diversion stands.
static STANDING: AtomicBool = AtomicBool::new(false);

/// Standard error diverted; restored when this is dropped. A panic's message goes into the lines too: whoever ends a
/// screen restores first and prints what [`Diversion::restore`] gave back.
#[derive(Debug)]
pub struct Diversion {
    /// Where standard error led before.
    saved: OwnedFd,
    heard: Arc<Heard>,
}

impl Diversion {
    /// Diverts standard error of the whole process.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::ResourceBusy`] where it is diverted already.
    pub fn begin() -> io::Result<Self> {
        if STANDING.swap(true, Ordering::AcqRel) {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "standard error is diverted already"));
        }
        Self::divert().inspect_err(|_| STANDING.store(false, Ordering::Release))
    }

    fn divert() -> io::Result<Self> {
        let (source, sink) = pipe_with(PipeFlags::CLOEXEC)?;
        let saved = fcntl_dupfd_cloexec(io::stderr().as_fd(), SAVED_FD_MIN)?;
        let heard = Arc::new(Heard::default());
        let hearing = Arc::clone(&heard);
        // The reader listens before the first writer can fill the pipe and wait for it.
        thread::Builder::new()
            .name("standard-error".to_owned())
            .spawn(move || hearing.listen(source.into()))?;
        // From here on descriptor 2 alone holds the pipe's sink: restoring it ends the reader.
        dup2_stderr(&sink)?;
        Ok(Self { saved, heard })
    }

    /// Restores standard error and gives back the last lines, oldest first, those too that were on their way: at most
    /// [`LINES_MAX`] and a line that has no end yet. Text from outside.
    #[must_use]
    pub fn restore(self) -> Vec<Vec<u8>> {
        let heard = Arc::clone(&self.heard);
        drop(self);
        heard.wait_for_end()
    }
}

impl Drop for Diversion {
    fn drop(&mut self) {
        // Nobody can be told where even this fails.
        let _ = dup2_stderr(&self.saved);
        STANDING.store(false, Ordering::Release);
    }
}

/// What the reader heard, and whether the pipe came to its end.
#[derive(Debug, Default)]
struct Heard {
    lines: Mutex<Lines>,
    ended: Condvar,
}

impl Heard {
    fn listen(&self, mut source: File) {
        let mut chunk = [0; CHUNK_OCTETS];
        loop {
            match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(octets) => chunk[..octets].iter().for_each(|&octet| self.lines().take(octet)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.lines().ended = true;
        self.ended.notify_all();
    }

    fn wait_for_end(&self) -> Vec<Vec<u8>> {
        let waited = self.ended.wait_timeout_while(self.lines(), LAST_LINES_WAIT, |lines| !lines.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.all()
    }

    /// The lines; they are whole whatever happened to a thread that held them.
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last lines of a stream, in bounded memory.
#[derive(Debug, Default)]
struct Lines {
    whole: VecDeque<Vec<u8>>,
    /// The line that has no end yet.
    begun: Vec<u8>,
    ended: bool,
}

impl Lines {
    fn take(&mut self, octet: u8) {
        if octet != b'\n' {
            match self.begun.len() {
                0..LINE_OCTETS_MAX => self.begun.push(octet),
                LINE_OCTETS_MAX => self.begun.extend(CUT),
                _ => {}
            }
            return;
        }
        if self.whole.len() == LINES_MAX {
            self.whole.pop_front();
        }
        self.whole.push_back(std::mem::take(&mut self.begun));
    }

    fn all(&self) -> Vec<Vec<u8>> {
        let begun = Some(&self.begun).filter(|begun| !begun.is_empty());
        self.whole.iter().chain(begun).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::host::tests::in_own_process;

    fn write(text: &str) {
        io::stderr().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn keeps_what_is_written_off_the_screen_and_gives_it_back() {
        let name = "keeps_what_is_written_off_the_screen_and_gives_it_back";
        let errors = in_own_process(module_path!(), name, || {
            write("before\n");
            let diversion = Diversion::begin().unwrap();
            assert_eq!(Diversion::begin().unwrap_err().kind(), io::ErrorKind::ResourceBusy);
            write("inside\x1b[2J\nand half");
            // Far more than a pipe holds: the reader must not let the writer wait.
            for number in 0..20_000 {
                write(&format!("line {number}\n"));
            }
            let lines = diversion.restore();
            assert_eq!(lines.len(), LINES_MAX);
            assert_eq!(lines.last().unwrap(), b"line 19999");
            write("between\n");
            let again = Diversion::begin().unwrap();
            write("inside again\nwithout an end");
            assert_eq!(again.restore(), [&b"inside again"[..], b"without an end"]);
            write("after\n");
        });
        if let Some(errors) = errors {
            assert_eq!(
                errors.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
                ["before", "between", "after"]
            );
        }
    }

    #[test]
    fn waits_for_no_child_that_keeps_the_pipe() {
        let name = "waits_for_no_child_that_keeps_the_pipe";
        let errors = in_own_process(module_path!(), name, || {
            let diversion = Diversion::begin().unwrap();
            // A daemon that a module left behind, holding descriptor 2.
            let mut daemon = std::process::Command::new("sleep")
                .arg("20")
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            write("said\n");
            let began = std::time::Instant::now();
            assert_eq!(diversion.restore(), [b"said"]);
            assert!(began.elapsed() < Duration::from_secs(5));
            daemon.kill().unwrap();
            daemon.wait().unwrap();
            write("after\n");
        });
        if let Some(errors) = errors {
            assert_eq!(errors.trim(), "after");
        }
    }

    #[test]
    fn is_restored_by_a_panic_too() {
        let errors = in_own_process(module_path!(), "is_restored_by_a_panic_too", || {
            let result = std::panic::catch_unwind(|| {
                let _diversion = Diversion::begin().unwrap();
                write("inside\n");
                std::panic::panic_any("on purpose");
            });
            assert!(result.is_err());
            write("after\n");
        });
        if let Some(errors) = errors {
            assert_eq!(errors.trim(), "after");
        }
    }

    #[test]
    fn keeps_the_last_lines_in_bounded_memory() {
        let mut lines = Lines::default();
        for _ in 0..3 * LINE_OCTETS_MAX {
            lines.take(b'x');
        }
        lines.take(b'\n');
        let cut = lines.all().pop().unwrap();
        assert_eq!(cut, [&[b'x'; LINE_OCTETS_MAX][..], CUT].concat());
        for number in 0..3 * LINES_MAX {
            format!("{number}\n").bytes().for_each(|octet| lines.take(octet));
        }
        assert_eq!(lines.all().len(), LINES_MAX);
        assert_eq!(lines.all()[0], (2 * LINES_MAX).to_string().as_bytes());
    }
}
