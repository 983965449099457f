//! A code typed twice: a code that is mistyped proves nothing, and the platform may give no reason.

use ratatui::layout::Rect;

use crate::{
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
enum Turn {
    #[default]
    First,
    Second,
}

/// How two codes compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Compared {
    /// They are the same.
    Same,
    /// The second one is the first one as far as it goes.
    Unfinished,
    /// They differ from this character on, counted from 1.
    DifferAt(usize),
}

/// A code typed twice.
#[derive(Debug, Default)]
pub(super) struct TypedCode {
    first: Field,
    second: Field,
    turn: Turn,
    groups: Groups,
}

impl TypedCode {
    pub(super) fn field(&mut self) -> &mut Field {
        match self.turn {
            Turn::First => &mut self.first,
            Turn::Second => &mut self.second,
        }
    }

    /// To the other field.
    pub(super) fn other(&mut self) {
        self.turn = match self.turn {
            Turn::First => Turn::Second,
            Turn::Second => Turn::First,
        };
    }

    /// To the second field from the first; whether that was the way.
    pub(super) fn to_second(&mut self) -> bool {
        let was_first = self.turn == Turn::First;
        self.turn = Turn::Second;
        was_first
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

    pub(super) fn compared(&self) -> Compared {
        let (first, second) = (self.first.text(), self.second.text());
        if first == second {
            return Compared::Same;
        }
        let same = first.chars().zip(second.chars()).take_while(|(a, b)| a == b).count();
        if same == second.chars().count() {
            return Compared::Unfinished;
        }
        Compared::DifferAt(same + 1)
    }

    /// What the difference is, for people.
    pub(super) fn difference(&self, at: usize) -> String {
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
        for (turn, field, label) in [
            (Turn::First, &self.first, "the code, as the platform shows it"),
            (Turn::Second, &self.second, "the same once more, from the platform again and not from above"),
        ] {
            let focused = turn == self.turn;
            let count = field.text().chars().count();
            let label_role = if focused { Role::Strong } else { Role::Faint };
            canvas.text(area.x, y, area.width, &format!("{label} ({count} characters)"), label_role);
            // While the second one is typed, the first is hidden: it would be copied.
            let hidden =
                turn == Turn::First && self.turn == Turn::Second && self.compared() == Compared::Unfinished;
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
            Compared::Same => ("the same both times".to_owned(), Role::Good),
            Compared::Unfinished if self.second.text().is_empty() => (String::new(), Role::Plain),
            Compared::Unfinished => ("the same so far".to_owned(), Role::Plain),
            Compared::DifferAt(at) => (format!("NOT THE SAME: {}", self.difference(at)), Role::Bad),
        };
        let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        canvas.paragraph(below, &text, role);
    }

    fn difference_at(&self) -> Option<usize> {
        match self.compared() {
            Compared::DifferAt(at) => Some(at),
            Compared::Same | Compared::Unfinished => None,
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
    fn tells_where_two_codes_differ() {
        assert_eq!(typed("abcd", "abcd").compared(), Compared::Same);
        assert_eq!(typed("abcd", "ab").compared(), Compared::Unfinished);
        assert_eq!(typed("abcd", "abcde").compared(), Compared::DifferAt(5));
        assert_eq!(typed("abcdefgh1", "abcdefgh7").compared(), Compared::DifferAt(9));
        let code = typed("abcdefgh1", "abcdefgh7");
        assert_eq!(code.difference(9), "they differ at character 9, in group 3: 1 first, 7 the second time");
        assert_eq!(
            typed("abcd", "abcde").difference(5),
            "they differ at character 5, in group 2: nothing first, e the second time"
        );
    }

    #[test]
    fn a_capital_letter_is_another_character() {
        assert_eq!(typed("ab", "aB").compared(), Compared::DifferAt(2));
    }
}
