//! What things look like: few roles, each readable without colour too.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use crate::pki::text::{Printable, console_line};

/// What a piece of the screen is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Plain text.
    Plain,
    /// What matters most on a screen.
    Strong,
    /// What may be overlooked: labels, rules.
    Faint,
    /// The row or field that keys go to.
    Selected,
    /// Well done, sound.
    Good,
    /// Worth a look.
    Attention,
    /// Wrong, refused.
    Bad,
    /// The banner of a rehearsal.
    Rehearsal,
    /// The banner of live work.
    Live,
    /// A key's cap.
    Cap,
    /// A code for cameras: light on dark, whatever the terminal's own colours are.
    Code,
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colours {
    /// The eight colours that every console has.
    Eight,
    /// None: bold, reverse and words carry everything.
    None,
}

/// Which characters of outside text a terminal shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Glyphs {
    /// Those of the Linux console's font; others are shown as escapes.
    Console,
    /// All that are harmless.
    Unicode,
}

/// How this terminal is drawn on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Theme {
    /// Its colours.
    pub colours: Colours,
    /// Its characters.
    pub glyphs: Glyphs,
}

impl Theme {
    /// The theme for what the environment says: `NO_COLOR` (any value but the empty one) and `TERM`.
    #[must_use]
    pub fn of(no_color: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let colourless = no_color.is_some_and(|value| !value.is_empty()) || term == "dumb";
        Self {
            colours: if colourless { Colours::None } else { Colours::Eight },
            glyphs: if term.starts_with("linux") { Glyphs::Console } else { Glyphs::Unicode },
        }
    }

    /// The style of a role.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let (coloured, colourless) = match role {
            Role::Plain => (plain, plain),
            Role::Strong | Role::Cap => {
                (plain.add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::BOLD))
            }
            Role::Faint => (plain.fg(Color::Cyan), plain),
            Role::Selected => {
                (plain.add_modifier(Modifier::REVERSED), plain.add_modifier(Modifier::REVERSED))
            }
            Role::Good => (plain.fg(Color::Green), plain),
            Role::Attention => {
                (plain.fg(Color::Yellow).add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::BOLD))
            }
            Role::Bad => {
                (plain.fg(Color::Red).add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::BOLD))
            }
            Role::Rehearsal => (
                plain.fg(Color::Black).bg(Color::Yellow),
                plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ),
            Role::Live => (
                plain.fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
                plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ),
            Role::Code => (plain.fg(Color::White).bg(Color::Black), plain),
        };
        match self.colours {
            Colours::Eight => coloured,
            Colours::None => colourless,
        }
    }

    /// Outside text as this terminal can show it.
    #[must_use]
    pub fn shown(self, text: &Printable) -> String {
        self.line(text.as_str()).into_owned()
    }

    /// The same for a line of our own words with outside text in it. What was made so once stays as it is.
    #[must_use]
    pub fn line(self, text: &str) -> Cow<'_, str> {
        match self.glyphs {
            Glyphs::Unicode => Cow::Borrowed(text),
            Glyphs::Console => Cow::Owned(text.split('\n').map(console_line).collect::<Vec<_>>().join("\n")),
        }
    }
}
