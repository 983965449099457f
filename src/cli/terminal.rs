//! The terminal: PINs without echo, typed approval, a progress bar; each only where there is a terminal.

use std::{
    fs::File,
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    os::fd::AsFd as _,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    terminal,
};
use zeroize::Zeroizing;

use crate::ceremony::{Error, Phase, Progress};

use super::stop;

/// How long a prompt waits before it looks for the operator's wish to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Longest line taken from a PIN file, in octets: PKCS#11 PINs have at most 255.
const PIN_OCTETS_MAX: usize = 255;

/// Reads a PIN from the first line of a file, `-` for standard input. The line's end is not part of it.
///
/// # Errors
/// [`Error::Usage`] where the file cannot be read or its first line is empty or too long.
pub fn pin_from_file(path: &Path, noun: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let shown = crate::ceremony::printable_path(path);
    let fault =
        |what: String| Error::usage(what, format!("put the {noun} alone into the first line of the file"));
    let mut octets = Zeroizing::new(Vec::with_capacity(PIN_OCTETS_MAX + 2));
    let mut limited = |source: &mut dyn io::Read| -> io::Result<()> {
        let mut octet = Zeroizing::new([0_u8; 1]);
        while octets.len() < PIN_OCTETS_MAX + 2 && source.read(&mut octet[..])? == 1 {
            if octet[0] == b'\n' {
                break;
            }
            octets.push(octet[0]);
        }
        Ok(())
    };
    let read = if path == Path::new("-") {
        // Past the buffer of standard input, which nobody wipes.
        io::stdin().as_fd().try_clone_to_owned().and_then(|descriptor| limited(&mut File::from(descriptor)))
    } else {
        File::open(path).and_then(|mut file| limited(&mut file))
    };
    read.map_err(|error| fault(format!("{shown}: the {noun} cannot be read: {error}")))?;
    if octets.last() == Some(&b'\r') {
        octets.pop();
    }
    match octets.len() {
        0 => Err(fault(format!("{shown}: the {noun} is empty"))),
        1..=PIN_OCTETS_MAX => Ok(octets),
        _ => Err(fault(format!("{shown}: the {noun} is longer than {PIN_OCTETS_MAX} octets"))),
    }
}

/// Whether a person can be asked: standard input and standard error are terminals.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a PIN without echo. The PIN never stands in a buffer that is not wiped.
///
/// # Errors
/// [`Error::Usage`] without a terminal; [`Error::Stopped`] on Ctrl-C or Esc.
pub fn ask_pin(prompt: &str, option: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    if !can_ask() {
        return Err(Error::usage(
            format!("there is no terminal to ask for the {prompt}"),
            format!("give it with {option} FILE (- reads standard input)"),
        ));
    }
    // A signal must not end the process while the terminal is in raw mode.
    let _heeded = stop::heed();
    // The echo is off before anybody is asked: what is typed at once is not shown either.
    let entered = RawMode::enter().and_then(|_raw| {
        let _ = write!(io::stderr(), "{prompt}: ");
        let _ = io::stderr().flush();
        read_hidden()
    });
    tell!();
    match entered {
        Ok(Some(pin)) => Ok(pin),
        Ok(None) => Err(Error::Stopped {
            what: "no PIN was given".to_owned(),
            hint: "run the command again when the PIN is at hand".to_owned(),
        }),
        Err(error) => Err(Error::usage(
            format!("the terminal cannot be read: {error}"),
            format!("give the PIN with {option} FILE"),
        )),
    }
}

/// Raw mode for as long as it lives.
struct RawMode;

impl RawMode {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

fn read_hidden() -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut pin = Zeroizing::new(Vec::with_capacity(PIN_OCTETS_MAX + 4));
    loop {
        if stop::is_asked() {
            return Ok(None);
        }
        if !event::poll(LOOK_AGAIN)? {
            continue;
        }
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(Some(pin)),
            KeyCode::Esc => return Ok(None),
            KeyCode::Char('c' | 'd') if control => return Ok(None),
            KeyCode::Char('u') if control => pin.clear(),
            KeyCode::Backspace => while pin.pop().is_some_and(|octet| octet & 0xc0 == 0x80) {},
            KeyCode::Char(c) if !control => {
                let mut buffer = Zeroizing::new([0_u8; 4]);
                let octets = c.encode_utf8(&mut buffer[..]).as_bytes();
                if pin.len() + octets.len() <= PIN_OCTETS_MAX {
                    pin.extend_from_slice(octets);
                }
            }
            _ => {}
        }
    }
}

/// Asks for a line of text, shown as it is typed; at most 1,024 octets. `None` where the operator stopped: Ctrl-C,
/// another signal, or the end of input.
///
/// # Errors
/// [`Error::NotApproved`] without a terminal.
pub fn ask_words(prompt: &str) -> Result<Option<String>, Error> {
    if !can_ask() {
        return Err(Error::NotApproved {
            what: "there is no terminal to type the approval at".to_owned(),
            hint: "use plan, approve --words, sign and deliver one by one; or --yes where the profile says \
                   unattended = true"
                .to_owned(),
        });
    }
    let _ = write!(io::stderr(), "{prompt}");
    let _ = io::stderr().flush();
    let _heeded = stop::heed();
    // The system restarts a read that a signal interrupted, so another thread reads and this one looks for the signal.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().take(1_024).read_line(&mut line);
        let _ = sender.send(read.ok().filter(|octets| *octets > 0).map(|_| line));
    });
    loop {
        let answer = receiver.recv_timeout(LOOK_AGAIN);
        if stop::is_asked() || !matches!(answer, Err(RecvTimeoutError::Timeout)) {
            let line = answer.unwrap_or(None);
            if line.is_none() {
                tell!();
            }
            return Ok(line);
        }
    }
}

/// A progress bar on standard error, only on a terminal; redrawn at most ten times a second.
pub struct Bar {
    shown: bool,
    phase: Option<Phase>,
    began: Instant,
    base: u64,
    drawn: Option<Instant>,
    dirty: bool,
}

impl Bar {
    /// A bar that is not drawn yet.
    #[must_use]
    pub fn new() -> Self {
        let shown = io::stderr().is_terminal();
        Self { shown, phase: None, began: Instant::now(), base: 0, drawn: None, dirty: false }
    }

    /// Takes progress and redraws where it is time to.
    pub fn take(&mut self, progress: Progress) {
        if !self.shown {
            return;
        }
        if self.phase != Some(progress.phase) {
            self.end();
            self.phase = Some(progress.phase);
            self.began = Instant::now();
            self.base = progress.done;
            self.drawn = None;
        }
        let last = progress.of == Some(progress.done);
        if !last && self.drawn.is_some_and(|at| at.elapsed() < Duration::from_millis(100)) {
            return;
        }
        let columns = terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let seconds = self.began.elapsed().as_secs_f64();
        let mut line = line(progress, self.base, seconds);
        line.truncate(columns.saturating_sub(1).max(20));
        let _ = write!(io::stderr(), "\r{line:<width$}", width = columns.saturating_sub(1));
        let _ = io::stderr().flush();
        self.drawn = Some(Instant::now());
        self.dirty = true;
    }

    /// Ends the bar's line, so that text can follow.
    pub fn end(&mut self) {
        if self.dirty {
            tell!();
            self.dirty = false;
        }
        self.phase = None;
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end();
    }
}

/// One line of progress, ASCII only so that every console shows it: count, bar, rate, time left.
fn line(progress: Progress, base: u64, seconds: f64) -> String {
    let word = progress.phase.word();
    let made = progress.done.saturating_sub(base);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = if seconds > 0.2 { made as f64 / seconds } else { 0.0 };
    let rate_text = if rate > 0.0 { format!("  {rate:.0}/s") } else { String::new() };
    let Some(of) = progress.of.filter(|&of| of > 0) else {
        return format!("{word} {}{rate_text}", progress.done);
    };
    let cells = usize::try_from(progress.done.min(of) * 24 / of).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a time for people to read")]
    let left = of.saturating_sub(progress.done) as f64 / rate.max(f64::MIN_POSITIVE);
    let left_text = match progress.done {
        done if done >= of => format!("  in {}", span(seconds)),
        _ if rate > 0.0 => format!("  {} left", span(left)),
        _ => String::new(),
    };
    format!(
        "{word} [{}{}] {}/{of}{rate_text}{left_text}",
        "#".repeat(cells),
        ".".repeat(24 - cells),
        progress.done
    )
}

/// A span as people say it: 42s, 3m05s, 2h10m.
fn span(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let seconds = seconds.clamp(0.0, 359_999.0).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(done: u64, of: Option<u64>, seconds: f64, expected: &str) {
        assert_eq!(line(Progress::new(Phase::Signing, done, of), 0, seconds), expected);
    }

    #[test]
    fn says_count_rate_and_time_left() {
        check(0, Some(100), 0.0, "signing [........................] 0/100");
        check(50, Some(100), 10.0, "signing [############............] 50/100  5/s  10s left");
        check(100, Some(100), 100.0, "signing [########################] 100/100  1/s  in 1m40s");
        check(7, None, 1.0, "signing 7  7/s");
    }

    #[test]
    fn reads_a_pin_without_its_line_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pin");
        std::fs::write(&file, b"12 34\r\nmore").expect("written");
        assert_eq!(&pin_from_file(&file, "user PIN").expect("a PIN")[..], b"12 34");
        std::fs::write(&file, b"\n").expect("written");
        assert!(pin_from_file(&file, "user PIN").is_err());
        std::fs::write(&file, [b'1'; 256]).expect("written");
        assert!(pin_from_file(&file, "user PIN").is_err());
    }
}
