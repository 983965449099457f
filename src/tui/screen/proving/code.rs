//! A code typed twice: how the two compare is shown while they are typed; whether it is taken, the ceremony says.

use ratatui::layout::Rect;

use crate::{
    ceremony::{Error, RepeatedCode, Repetition},
    pki::text::Printable,
    tui::{canvas::Canvas, field::Field, theme::Role},
};

/// How many characters are read aloud together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Groups {
    /// Four.
    #[default]
    Four,
    /// Eight.
    Eight,
}

impl Groups {
    fn characters(self) -> usize {
        match self {
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

/// Which of the two is being typed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Typing {
    #[default]
    First,
    Second,
}

/// A code typed twice.
#[derive(Debug, Default)]
pub(super) struct TypedCode {
    first: Field,
    second: Field,
    typing: Typing,
    groups: Groups,
}

impl TypedCode {
    pub(super) fn field(&mut self) -> &mut Field {
        match self.typing {
            Typing::First => &mut self.first,
            Typing::Second => &mut self.second,
        }
    }

    /// To the other field.
    pub(super) fn other(&mut self) {
        self.typing = match self.typing {
            Typing::First => Typing::Second,
            Typing::Second => Typing::First,
        };
    }

    /// Whether the first one is being typed.
    pub(super) fn is_first(&self) -> bool {
        self.typing == Typing::First
    }

    pub(super) fn regroup(&mut self) {
        self.groups = match self.groups {
            Groups::Four => Groups::Eight,
            Groups::Eight => Groups::Four,
        };
    }

    /// The code, as it was typed first.
    pub(super) fn text(&self) -> &str {
        self.first.text()
    }

    /// How the two compare so far, while they are typed.
    fn compared(&self) -> Repetition {
        Repetition::of(self.first.text(), self.second.text())
    }

    /// The code, where it was typed the same twice: the ceremony's word.
    pub(super) fn repeated(&self) -> Result<RepeatedCode, Error> {
        RepeatedCode::new(self.first.text(), self.second.text())
    }

    /// What the difference is, for people.
    fn difference(&self, at: usize) -> String {
        let said = |field: &Field| {
            field
                .text()
                .chars()
                .nth(at - 1)
                .map_or_else(|| "nothing".to_owned(), |c| Printable::new(&c.to_string()).to_string())
        };
        format!(
            "they differ at character {at}, in group {}: {} first, {} the second time",
            (at - 1) / self.groups.characters() + 1,
            said(&self.first),
            said(&self.second)
        )
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut y = area.y;
        for (typing, field, label) in [
            (Typing::First, &self.first, "type the code exactly as the platform shows it"),
            (Typing::Second, &self.second, "type it once more, reading it from the platform again"),
        ] {
            let focused = typing == self.typing;
            let count = field.text().chars().count();
            let label_role = if focused { Role::Strong } else { Role::Faint };
            canvas.text(area.x, y, area.width, &format!("{label} ({count} characters)"), label_role);
            // While the second one is typed, the first is hidden: it would be copied.
            let hidden = typing == Typing::First
                && self.typing == Typing::Second
                && self.compared() == Repetition::Unfinished;
            if hidden {
                canvas.text(area.x, y + 1, area.width, &"*".repeat(count), Role::Faint);
            } else {
                let role = if focused { Role::Selected } else { Role::Plain };
                canvas.input(area.x, y + 1, area.width, field, role);
                let rows = Rect { y: y + 2, height: 3, ..area };
                draw_groups(canvas, rows, field.text(), self.groups, self.difference_at());
            }
            y += 6;
        }
        let (text, role) = match self.compared() {
            _ if self.first.text().is_empty() => (String::new(), Role::Plain),
            Repetition::Same => ("the same both times".to_owned(), Role::Good),
            Repetition::Unfinished if self.second.text().is_empty() => (String::new(), Role::Plain),
            Repetition::Unfinished => ("the same so far".to_owned(), Role::Plain),
            Repetition::DiffersAt(at) => (format!("NOT THE SAME: {}", self.difference(at)), Role::Bad),
        };
        let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        canvas.paragraph(below, &text, role);
    }

    fn difference_at(&self) -> Option<usize> {
        match self.compared() {
            Repetition::DiffersAt(at) => Some(at),
            Repetition::Same | Repetition::Unfinished => None,
        }
    }
}

/// A code in groups, to be read aloud; the character it differs at, from 1, stands out.
fn draw_groups(canvas: &mut Canvas<'_>, area: Rect, code: &str, groups: Groups, differs: Option<usize>) {
    let size = groups.characters();
    let wide = u16::try_from(size).unwrap_or(4) + 2;
    // Two, four or eight groups in a row, so that people keep their place.
    let across = 1 << usize::from(area.width / wide).clamp(1, 8).ilog2();
    for (place, c) in code.chars().enumerate() {
        let (group, within) = (place / size, place % size);
        let y = area.y + u16::try_from(group / across).unwrap_or(u16::MAX - area.y);
        if y >= area.bottom() {
            return;
        }
        let column = u16::try_from(group % across).unwrap_or(0);
        let x = area.x + column * wide + u16::try_from(within).unwrap_or(0);
        let role = if differs == Some(place + 1) { Role::Selected } else { Role::Strong };
        // One character, one cell, whatever it is.
        let shown = if c.is_ascii_graphic() { c.to_string() } else { "?".to_owned() };
        canvas.text(x, y, 1, &shown, role);
    }
}

/// A code in groups of four over as many rows as it needs, for a summary.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, code: &Printable) {
    draw_groups(canvas, area, code.as_str(), Groups::Four, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(first: &str, second: &str) -> TypedCode {
        TypedCode { first: Field::with(first), second: Field::with(second), ..TypedCode::default() }
    }

    #[test]
    fn tells_in_which_group_two_codes_differ() {
        let code = typed("abcdefgh1", "abcdefgh7");
        assert_eq!(code.difference(9), "they differ at character 9, in group 3: 1 first, 7 the second time");
        assert_eq!(
            typed("abcd", "abcde").difference(5),
            "they differ at character 5, in group 2: nothing first, e the second time"
        );
    }
}
