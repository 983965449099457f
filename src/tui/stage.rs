//! The terminal while the interface stands on it: taken when it opens, given back whatever happens.

use std::{
    io::{self, Stdout},
    panic, thread,
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, EnableBracketedPaste},
    execute,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend};

/// The terminal, taken; given back when this is dropped.
pub struct Stage {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Stage {
    /// Takes the terminal of this process.
    ///
    /// # Errors
    /// Where it cannot be had; it is given back then.
    pub fn take() -> io::Result<Self> {
        give_back_on_panic();
        let taken = enable_raw_mode()
            .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste))
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())))
            .and_then(|mut terminal| {
                terminal.hide_cursor()?;
                // Not Terminal::clear: it asks where the cursor is, and not every console answers.
                execute!(io::stdout(), Clear(ClearType::All))?;
                Ok(terminal)
            });
        match taken {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. What fails here fails on a terminal that is gone.
fn give_back() {
    let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// A panic of the thread that draws gives the terminal back before anything is printed; one of another thread leaves
/// the screen, which tells of it.
fn give_back_on_panic() {
    let drawing = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |about| {
        if thread::current().id() == drawing {
            give_back();
        }
        before(about);
    }));
}

#[cfg(test)]
mod tests;
