//! A key as screens know it: what was pressed, without the terminal library's many spellings of it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Key {
    /// Backspace.
    Backspace,
    /// Shift and Tab.
    BackTab,
    /// A character.
    Char(char),
    /// A letter with Ctrl held.
    Control(char),
    /// Delete.
    Delete,
    /// Arrow down.
    Down,
    /// End.
    End,
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// F1.
    Help,
    /// Home.
    Home,
    /// Arrow left.
    Left,
    /// Page down.
    PageDown,
    /// Page up.
    PageUp,
    /// Arrow right.
    Right,
    /// Tab.
    Tab,
    /// Arrow up.
    Up,
}

impl Key {
    /// The key of an event; `None` for what no screen knows, and for keys let go.
    #[must_use]
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let alternative = event.modifiers.contains(KeyModifiers::ALT);
        Some(match event.code {
            KeyCode::Char(_) if alternative => return None,
            // Many terminals send 0x08 for Backspace, which reads as Ctrl-H.
            KeyCode::Char('h' | 'H') if control => Self::Backspace,
            KeyCode::Char(c) if control => Self::Control(c.to_ascii_lowercase()),
            KeyCode::Char(c) => Self::Char(c),
            KeyCode::Backspace => Self::Backspace,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Delete => Self::Delete,
            KeyCode::Down => Self::Down,
            KeyCode::End => Self::End,
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::F(1) => Self::Help,
            KeyCode::Home => Self::Home,
            KeyCode::Left => Self::Left,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::Right => Self::Right,
            KeyCode::Tab => Self::Tab,
            KeyCode::Up => Self::Up,
            _ => return None,
        })
    }

    /// How the key is written on its cap.
    #[must_use]
    pub fn cap(self) -> String {
        match self {
            Self::Backspace => "Backspace".to_owned(),
            Self::BackTab => "Shift-Tab".to_owned(),
            Self::Char(' ') => "Space".to_owned(),
            Self::Char(c) => c.to_string(),
            Self::Control(c) => format!("Ctrl-{}", c.to_ascii_uppercase()),
            Self::Delete => "Del".to_owned(),
            Self::Down => "Down".to_owned(),
            Self::End => "End".to_owned(),
            Self::Enter => "Enter".to_owned(),
            Self::Esc => "Esc".to_owned(),
            Self::Help => "F1".to_owned(),
            Self::Home => "Home".to_owned(),
            Self::Left => "Left".to_owned(),
            Self::PageDown => "PgDn".to_owned(),
            Self::PageUp => "PgUp".to_owned(),
            Self::Right => "Right".to_owned(),
            Self::Tab => "Tab".to_owned(),
            Self::Up => "Up".to_owned(),
        }
    }
}
