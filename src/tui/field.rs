//! A line being typed: what is in it, where the cursor stands. PINs never come here.

use tui_input::{Input, InputRequest};

use super::key::Key;

/// Longest line typed, in characters: a subject or a path fits many times.
pub const FIELD_CHARS_MAX: usize = 1_024;

/// A line being typed.
#[derive(Clone, Debug, Default)]
pub struct Field {
    input: Input,
    holds: Holds,
}

/// What a line holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Holds {
    /// A path: a slash behind the last slash begins another whole one.
    Path,
    /// Any text.
    #[default]
    Text,
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
        Self { input: Input::new(text.to_owned()), holds: Holds::Text }
    }

    /// A field with a path in it, the cursor behind it. Whoever types a slash behind its last slash begins a whole path
    /// in its place.
    #[must_use]
    pub fn path(text: &str) -> Self {
        Self { holds: Holds::Path, ..Self::with(text) }
    }

    /// Whether a slash typed now begins another path.
    fn begins_anew(&self) -> bool {
        let text = self.text();
        self.holds == Holds::Path && text.ends_with('/') && self.cursor() == text.chars().count()
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
            Key::Char('/') if self.begins_anew() => {
                self.input = Input::new("/".to_owned());
                return Taken::Yes;
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(mut field: Field, text: &str) -> String {
        for letter in text.chars() {
            field.take(Key::Char(letter));
        }
        field.text().to_owned()
    }

    #[test]
    fn a_whole_path_typed_behind_another_takes_its_place() {
        assert_eq!(typed(Field::path("/media/stick/"), "in"), "/media/stick/in");
        assert_eq!(typed(Field::path("/media/stick/"), "/tmp/out"), "/tmp/out");
        assert_eq!(typed(Field::path("/"), "/tmp"), "/tmp");
        assert_eq!(typed(Field::with("a/"), "/b"), "a//b", "no path");
    }
}
