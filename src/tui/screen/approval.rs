//! Approval: the words of the plan are typed, all of them. A single key approves nothing.

use ratatui::layout::Rect;

use super::{Screen, signing::Signing};
use crate::{
    ceremony::{Class, PlannedAuthorities, StoredPlan},
    pki::{text::Printable, time::Time},
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::{below, counted, grouped, moment},
        work::{Job, News},
    },
};

/// The approval of a plan.
#[derive(Debug)]
pub struct Approval {
    plan: StoredPlan,
    /// The first and the last notAfter, where they are known.
    until: Option<(Time, Time)>,
    /// The CAs that are made, where the certificates are those of CAs.
    authorities: Option<PlannedAuthorities>,
    field: Field,
    /// What was wrong with what was typed; gone with the next key.
    refused: Option<String>,
}

/// A typed word beside the plan's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Typed {
    /// Nothing, or not to its end.
    NotYet,
    /// The plan's word.
    Right,
    /// Another word.
    Wrong,
}

impl Approval {
    /// The approval of a plan, nothing typed yet.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self { plan, until: None, authorities: None, field: Field::default(), refused: None }
    }

    /// The same, saying until when the certificates are valid: the first and the last notAfter.
    #[must_use]
    pub fn until(mut self, until: Option<(Time, Time)>) -> Self {
        self.until = until;
        self
    }

    /// The same, saying which CAs are made.
    #[must_use]
    pub fn making(mut self, authorities: Option<PlannedAuthorities>) -> Self {
        self.authorities = authorities;
        self
    }

    /// Says what is to be signed; returns the rows used.
    fn draw_what(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let plan = &self.plan;
        let mut y = area.y;
        if let Some(made) = &self.authorities {
            let text = if made.count == 1 {
                "THIS MAKES A CA: whoever holds its key can issue certificates".to_owned()
            } else {
                format!(
                    "THIS MAKES {} CAs: whoever holds their keys can issue certificates",
                    grouped(made.count)
                )
            };
            canvas.text(area.x, y, area.width, &text, Role::Attention);
            y += 1;
            for (row, name) in made.names.iter().enumerate() {
                let label = if row == 0 { "name" } else { "and" };
                canvas.text(area.x, y, 14, label, Role::Faint);
                canvas.outside(area.x + 14, y, area.width.saturating_sub(14), name, Role::Strong);
                y += 1;
            }
            let more = made.count.saturating_sub(made.names.len() as u64);
            let more = if more > 0 { format!("{} more in the plan; ", grouped(more)) } else { String::new() };
            let text = format!("{more}{}", below(made.path_length));
            canvas.text(area.x, y, area.width, &text, Role::Strong);
        } else {
            let number = format!("to be signed: {}", counted(plan.accepted, "certificate"));
            canvas.text(area.x, y, area.width, &number, Role::Strong);
        }
        let mut under = format!("by CA {} with profile {}", plan.authority, plan.profile);
        if let Some((first, last)) = self.until {
            let latest = if first == last { "" } else { " at the latest" };
            under.extend([", valid until ", &moment(last), latest]);
        }
        canvas.text(area.x, y + 1, area.width, Printable::new(&under).as_str(), Role::Plain);
        y + 2 - area.y
    }

    /// What was typed beside each word of the plan. It only helps to type: the ceremony compares.
    fn typed_words(&self) -> Vec<Typed> {
        let text = self.field.text();
        let typed: Vec<&str> = text.split_whitespace().collect();
        let ended =
            if text.ends_with(char::is_whitespace) { typed.len() } else { typed.len().saturating_sub(1) };
        self.plan
            .words()
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
        let words = self.plan.words();
        let words: Vec<&str> = words.split(' ').collect();
        let typed: Vec<&str> = self.field.text().split_whitespace().collect();
        let wrong = words.iter().zip(&typed).position(|(word, own)| !own.eq_ignore_ascii_case(word));
        match wrong {
            Some(place) => format!("word {} is not the plan's", place + 1),
            None if typed.len() < words.len() => {
                format!("{} of {} words were typed", typed.len(), words.len())
            }
            None => format!("{} typed; the plan has {}", counted(typed.len() as u64, "word"), words.len()),
        }
    }
}

impl Room for Approval {
    fn title(&self) -> &'static str {
        "Approval"
    }

    fn help(&self) -> &'static str {
        "Read the words aloud to each other and compare them with those that everybody noted from the plan. Then type \
         them, with blanks between them; small letters will do. Only exactly this plan can be approved so. What is \
         approved can be signed; nothing is signed yet."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![Binding::bar(&[Key::Enter], Action::Proceed, "approve this plan"), BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => {
                Turn::work(Job::Approve { plan: self.plan.clone(), words: self.field.text().to_owned() })
            }
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    fn typed(&mut self) -> Turn {
        self.refused = None;
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Approved(plan) => Heard::Mine(
                Turn::replace(Screen::Signing(Signing::new(plan)))
                    // The frame shows the register's head, which the approval moved.
                    .and(Job::OpenHome),
            ),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        if failure.class != Class::NotApproved {
            return Told::OnTop;
        }
        self.refused = Some(self.mistake());
        Told::Here(Turn::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let above = self.draw_what(canvas, area) + 1;
        let words = Rect { y: area.y + above, height: area.height.saturating_sub(above + 6), ..area };
        let typed = self.typed_words();
        large_words(canvas, words, &self.plan.words(), &typed);
        let y = area.bottom().saturating_sub(5);
        let right = typed.iter().filter(|word| **word == Typed::Right).count();
        canvas.rule(area, y, &format!("type all {} words: {right} stand", typed.len()));
        canvas.input(area.x, y + 1, area.width, &self.field, Role::Selected);
        let below = Rect { y: y + 3, height: 2, ..area };
        if let Some(refused) = &self.refused {
            let text =
                format!("Nothing was approved: {refused}. What was typed is kept; mend it and press Enter.");
            canvas.paragraph(below, &text, Role::Bad);
        } else if let Some(wrong) = typed.iter().position(|word| *word == Typed::Wrong) {
            canvas.paragraph(below, &format!("Word {} is not the plan's.", wrong + 1), Role::Attention);
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
