//! Words that are typed to approve something: shown large for a whole table, each marked as it is typed.
//!
//! The marks only help to type; the ceremony compares.

use ratatui::layout::Rect;

use super::{canvas::Canvas, field::Field, theme::Role, wording::counted};

/// Words to be typed, and what was typed.
#[derive(Debug)]
pub struct TypedWords {
    words: String,
    /// Whose words they are: `plan`, `CRL`.
    whose: &'static str,
    field: Field,
    /// What was wrong with what was typed; gone with the next key.
    refused: Option<String>,
}

/// A typed word beside the one to be typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Typed {
    /// Nothing, or not to its end.
    NotYet,
    /// The same.
    Right,
    /// Another word.
    Wrong,
}

impl TypedWords {
    /// The fewest rows that show them all, with the field and what is wrong beneath: three of words, five below.
    pub const ROWS_MIN: u16 = 3 + 5;

    /// Words of which nothing is typed yet.
    #[must_use]
    pub fn new(words: String, whose: &'static str) -> Self {
        Self { words, whose, field: Field::default(), refused: None }
    }

    /// The field that they are typed into.
    pub fn field(&mut self) -> &mut Field {
        &mut self.field
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// Something was typed.
    pub fn typed(&mut self) {
        self.refused = None;
    }

    /// The ceremony did not take what was typed.
    pub fn refuse(&mut self) {
        self.refused = Some(self.mistake());
    }

    /// What was typed beside each word.
    fn marks(&self) -> Vec<Typed> {
        let text = self.field.text();
        let typed: Vec<&str> = text.split_whitespace().collect();
        let ended =
            if text.ends_with(char::is_whitespace) { typed.len() } else { typed.len().saturating_sub(1) };
        self.words
            .split(' ')
            .enumerate()
            .map(|(place, word)| match typed.get(place) {
                Some(own) if own.eq_ignore_ascii_case(word) => Typed::Right,
                Some(_) if place < ended || self.refused.is_some() => Typed::Wrong,
                Some(_) | None => Typed::NotYet,
            })
            .collect()
    }

    /// Why the ceremony did not take what was typed, by the word's number.
    fn mistake(&self) -> String {
        let words: Vec<&str> = self.words.split(' ').collect();
        let typed: Vec<&str> = self.field.text().split_whitespace().collect();
        let wrong = words.iter().zip(&typed).position(|(word, own)| !own.eq_ignore_ascii_case(word));
        match wrong {
            Some(place) => format!("word {} is not the {}'s", place + 1, self.whose),
            None if typed.len() < words.len() => {
                format!("{} of {} words were typed", typed.len(), words.len())
            }
            None => {
                let typed = counted(typed.len() as u64, "word");
                format!("{typed} typed; the {} has {}", self.whose, words.len())
            }
        }
    }

    /// Draws the words, the field beneath them, and what is wrong.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        // A row between words and rule, where there is one.
        let words = Rect { height: area.height.saturating_sub(6).max(3), ..area };
        let typed = self.marks();
        large_words(canvas, words, &self.words, &typed);
        let y = area.bottom().saturating_sub(5);
        let right = typed.iter().filter(|word| **word == Typed::Right).count();
        canvas.rule(area, y, &format!("type all {} words: {right} right", typed.len()));
        canvas.input(area.x, y + 1, area.width, &self.field, Role::Selected);
        let below = Rect { y: y + 3, height: 2, ..area };
        if let Some(refused) = &self.refused {
            let text =
                format!("Nothing was approved: {refused}. What was typed is kept; mend it and press Enter.");
            canvas.paragraph(below, &text, Role::Bad);
        } else if let Some(wrong) = typed.iter().position(|word| *word == Typed::Wrong) {
            let text = format!("Word {} is not the {}'s.", wrong + 1, self.whose);
            canvas.paragraph(below, &text, Role::Attention);
        }
    }
}

/// Words for a whole table: capitals with gaps between them, four in a row, as far apart as there is room for; beneath
/// each whether it was typed.
fn large_words(canvas: &mut Canvas<'_>, area: Rect, words: &str, typed: &[Typed]) {
    let words: Vec<&str> = words.split(' ').collect();
    let rows = u16::try_from(words.len().div_ceil(4)).unwrap_or(3).max(1);
    let (wide, high) = (area.width / 4, (area.height / rows).max(1));
    for (place, word) in words.iter().enumerate() {
        let (column, row) = (u16::try_from(place % 4).unwrap_or(0), u16::try_from(place / 4).unwrap_or(0));
        let (x, y) = (area.x + column * wide, area.y + row * high);
        if y >= area.bottom() {
            return;
        }
        let (mark, role) = match typed.get(place) {
            Some(Typed::Right) => ("= right", Role::Good),
            Some(Typed::Wrong) => ("X another word", Role::Bad),
            Some(Typed::NotYet) | None => ("", Role::Faint),
        };
        canvas.text(x, y, 2, &format!("{:>2}", place + 1), Role::Faint);
        if high > 1 {
            canvas.text(x + 3, y + 1, wide.saturating_sub(4), mark, role);
        }
        let spaced: Vec<String> = word.chars().map(|c| c.to_ascii_uppercase().to_string()).collect();
        // The longest words of the list have eight letters (BIP-39).
        canvas.text(x + 3, y, wide.saturating_sub(4), &spaced.join(" "), Role::Strong);
    }
}
