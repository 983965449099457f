//! A line being typed: what is in it, where the cursor stands. PINs never come here.

use tui_input::{Input, InputRequest};

use super::key::Key;

/// Longest line typed, in characters: a subject or a path fits many times.
pub const FIELD_CHARS_MAX: usize = 1_024;

/// A line being typed.
#[derive(Clone, Debug, Default)]
pub struct Field {
    input: Input,
}

/// Whether a field took a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// The key was for the field.
    Yes,
    /// It was not.
    No,
}

impl Field {
    /// A field with a text in it, the cursor behind it.
    #[must_use]
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Where the cursor stands, in characters.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Gives the field a key. Control characters never get in.
    pub fn take(&mut self, key: Key) -> Taken {
        let request = match key {
            Key::Char(c) if c.is_control() => return Taken::Yes,
            Key::Char(_) if self.text().chars().count() >= FIELD_CHARS_MAX => return Taken::Yes,
            Key::Char(c) => InputRequest::InsertChar(c),
            Key::Backspace => InputRequest::DeletePrevChar,
            Key::Delete => InputRequest::DeleteNextChar,
            Key::Left => InputRequest::GoToPrevChar,
            Key::Right => InputRequest::GoToNextChar,
            Key::Home | Key::Control('a') => InputRequest::GoToStart,
            Key::End | Key::Control('e') => InputRequest::GoToEnd,
            Key::Control('u') => InputRequest::DeleteLine,
            Key::Control('w') => InputRequest::DeletePrevWord,
            _ => return Taken::No,
        };
        let _ = self.input.handle(request);
        Taken::Yes
    }
}
