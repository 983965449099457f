//! What a new CA is to be: its name, its key, its subject, and for a root how long it lives.

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::AuthorityPage,
    ca_confirmation::{CaConfirmation, Making},
    ca_renewal::is_root,
    ca_target::CaTarget,
};
use crate::{
    ceremony::{Authority, KEY_ALGORITHMS},
    pki::{key::KeyAlgorithm, time::Time},
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, FORM},
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        wording::day,
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews, RootTerms, Wish},
            ca_life::{CaLifeJob, Successor},
        },
    },
};

/// The next kind of key.
const NEXT_KEY: Action = Action::Verb(0);
/// The kind of key before.
const PREVIOUS_KEY: Action = Action::Verb(1);

/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// What kind of CA is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    RekeyedRoot,
    RekeyedSubordinate,
    Root,
    Subordinate,
}

/// One thing to fill in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Entry {
    Name,
    Key,
    Subject,
    Days,
    PathLength,
}

impl Entry {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "name here",
            Self::Key => "kind of key",
            Self::Subject => "subject",
            Self::Days => "days",
            Self::PathLength => "path length",
        }
    }

    /// What it is called in a sentence.
    fn noun(self) -> &'static str {
        match self {
            Self::Name => "the CA's name here",
            Self::Key => "the kind of key",
            Self::Subject => "the subject",
            Self::Days => "the number of days",
            Self::PathLength => "the path length",
        }
    }

    /// What to do where it is empty.
    fn wish(self) -> &'static str {
        match self {
            Self::Name => "type a short name, such as factory: a-z, 0-9 and -",
            Self::Key => "choose one with left and right",
            Self::Subject => "type the CA's name in certificates, such as CN=Example Root CA,O=Example",
            Self::Days => "type how many days, such as 7300 for twenty years",
            Self::PathLength => "type a number such as 0, or nothing",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Name => {
                "The CA's short name on this machine, not in certificates: a-z, 0-9 and -, at most 32 characters."
            }
            Self::Key => {
                "Left and right change it. P-256 and P-384 suit most platforms; RSA-2048 and larger where a platform \
                 asks for RSA. Whether the token makes it is seen under Token."
            }
            Self::Subject => {
                "The CA's name in certificates, such as CN=Example Root CA,O=Example,C=DE or /C=DE/O=Example/CN=Example \
                 Root CA. It cannot be changed later."
            }
            Self::Days => {
                "Days until the root's certificate ends: 7300 are about twenty years. What it issues ends before it does: leave room for that."
            }
            Self::PathLength => {
                "How many CAs in a row may stand below it: 0 where it issues to devices only, 1 where it issues to CAs \
                 that do. Empty: any number."
            }
        }
    }
}

/// Whether Esc was pressed on a form with something in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Leaving {
    /// It was not, or something else was done since.
    No,
    /// It was: once more, and what was typed is gone.
    Asked,
}

/// The form of a new CA.
#[derive(Clone, Debug)]
pub struct NewCa {
    kind: Kind,
    /// The CA whose place it takes, where it takes one.
    before: Option<Box<Authority>>,
    leaving: Leaving,
    at: usize,
    name: Field,
    key: usize,
    subject: Field,
    days: Field,
    path_length: Field,
}

impl NewCa {
    /// The form of a root.
    #[must_use]
    pub fn root() -> Self {
        Self::of(Kind::Root)
    }

    /// The form of a subordinate CA.
    #[must_use]
    pub fn subordinate() -> Self {
        Self::of(Kind::Subordinate)
    }

    /// The form of a CA that takes the place of one that issues, with a new key and the same subject.
    #[must_use]
    pub fn rekeyed(before: &Authority) -> Self {
        let kind = if is_root(before) { Kind::RekeyedRoot } else { Kind::RekeyedSubordinate };
        Self { before: Some(Box::new(before.clone())), ..Self::of(kind) }
    }

    fn of(kind: Kind) -> Self {
        let field = Field::default;
        Self {
            kind,
            before: None,
            leaving: Leaving::No,
            at: 0,
            name: field(),
            key: 0,
            subject: field(),
            days: field(),
            path_length: field(),
        }
    }

    fn entries(&self) -> &'static [Entry] {
        match self.kind {
            Kind::Root => &[Entry::Name, Entry::Key, Entry::Subject, Entry::Days, Entry::PathLength],
            Kind::Subordinate => &[Entry::Name, Entry::Key, Entry::Subject],
            Kind::RekeyedRoot => &[Entry::Name, Entry::Key, Entry::Days],
            Kind::RekeyedSubordinate => &[Entry::Name, Entry::Key],
        }
    }

    fn entry(&self) -> Entry {
        self.entries().get(self.at).copied().unwrap_or(Entry::Name)
    }

    fn algorithm(&self) -> KeyAlgorithm {
        KEY_ALGORITHMS[self.key % KEY_ALGORITHMS.len()]
    }

    /// What was typed.
    #[must_use]
    pub fn wish(&self) -> Wish {
        Wish {
            name: self.name.text().to_owned(),
            key: self.algorithm(),
            subject: self.subject.text().to_owned(),
        }
    }

    /// The same, where it takes the place of a CA.
    #[must_use]
    pub fn successor(&self) -> Option<Successor> {
        let before = self.before.as_ref()?.record.name.clone();
        Some(Successor { before, name: self.name.text().to_owned(), key: self.algorithm() })
    }

    /// What a root's certificate says besides, where it is written as numbers.
    fn terms(&self) -> Result<RootTerms, Turn> {
        let days = self
            .days
            .text()
            .trim()
            .parse()
            .map_err(|_| Turn::refuse("the days are not a whole number", Entry::Days.wish()))?;
        let path_length = match self.path_length.text().trim() {
            "" => None,
            typed => Some(typed.parse().map_err(|_| {
                Turn::refuse("the path length is not a whole number", Entry::PathLength.wish())
            })?),
        };
        Ok(RootTerms { days, path_length })
    }

    /// The first entry that has to be filled in and is not.
    fn missing(&self) -> Option<usize> {
        self.entries().iter().position(|&entry| {
            entry != Entry::PathLength
                && self.field_of(entry).is_some_and(|field| field.text().trim().is_empty())
        })
    }

    fn is_filled(&self) -> bool {
        self.entries().iter().any(|&entry| self.field_of(entry).is_some_and(|field| !field.text().is_empty()))
    }

    /// Leaves; what was typed is lost only to who presses the key twice.
    fn leave(&mut self) -> Turn {
        if self.is_filled() && self.leaving == Leaving::No {
            self.leaving = Leaving::Asked;
            return Turn::stay();
        }
        match &self.before {
            Some(before) => Turn::replace(Screen::Authority(AuthorityPage::new(before.as_ref().clone()))),
            None => Turn::back(),
        }
    }

    fn check(&mut self) -> Turn {
        if let Some(missing) = self.missing() {
            self.at = missing;
            let entry = self.entry();
            return Turn::refuse(format!("{} is not filled in yet", entry.noun()), entry.wish());
        }
        let terms = || self.terms();
        let job = match (self.kind, self.successor()) {
            (Kind::RekeyedSubordinate, Some(successor)) => {
                Ok(Job::CaLife(CaLifeJob::CheckSubordinate(successor)))
            }
            (Kind::RekeyedRoot, Some(successor)) => {
                terms().map(|terms| Job::CaLife(CaLifeJob::CheckRoot(successor, terms.days)))
            }
            (Kind::Root, _) => {
                terms().map(|terms| Job::Authority(AuthorityJob::CheckRoot(self.wish(), terms)))
            }
            _ => Ok(Job::Authority(AuthorityJob::CheckSubordinate(self.wish()))),
        };
        job.map_or_else(|refused| refused, Turn::work)
    }

    fn field_of(&self, entry: Entry) -> Option<&Field> {
        match entry {
            Entry::Name => Some(&self.name),
            Entry::Key => None,
            Entry::Subject => Some(&self.subject),
            Entry::Days => Some(&self.days),
            Entry::PathLength => Some(&self.path_length),
        }
    }

    /// What a field means beyond what was typed.
    fn remark(&self, about: &About) -> Option<String> {
        if self.entry() != Entry::Days {
            return None;
        }
        let days: u32 = self.days.text().trim().parse().ok()?;
        Some(format!("It would end about {}.", day_after(about.clock?, days)))
    }
}

/// The day so many days from a moment, `2036-11-21`.
pub(super) fn day_after(now: Time, days: u32) -> String {
    day(now.plus_seconds(i64::from(days) * DAY_SECONDS))
}

impl Room for NewCa {
    fn title(&self) -> &'static str {
        match self.kind {
            Kind::RekeyedRoot => "Re-key a root: the new CA",
            Kind::RekeyedSubordinate => "Re-key a subordinate CA: the new CA",
            Kind::Root => "New root CA",
            Kind::Subordinate => "Request a subordinate CA",
        }
    }

    fn help(&self) -> &'static str {
        if self.before.is_some() {
            return "The new CA has the subject of the one whose place it takes, a key of its own and a name of its own here. \
                    Nothing is made yet: what was typed is checked and shown once more with what it means, and the new \
                    CA's name has to be typed again before the token makes a key.";
        }
        "Fill in what the CA is to be. Nothing is made yet: what was typed is checked and shown once more, and the \
         CA's name has to be typed again before the token makes a key. Esc leaves; where something was typed it asks \
         once, because that is lost then."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = FORM.to_vec();
        if self.entry() == Entry::Key {
            bindings.push(Binding::bar(
                &[Key::Right, Key::Char(' '), Key::Char('l')],
                NEXT_KEY,
                "other kind of key",
            ));
            bindings.push(Binding::help(&[Key::Left, Key::Char('h')], PREVIOUS_KEY, "kind of key before"));
        }
        bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "check and show it"));
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let entries = self.entries().len();
        if action == Action::Back {
            return self.leave();
        }
        self.leaving = Leaving::No;
        match action {
            Action::Proceed => return self.check(),
            Action::Next => self.at = (self.at + 1) % entries,
            Action::Previous => self.at = (self.at + entries - 1) % entries,
            NEXT_KEY => self.key = (self.key + 1) % KEY_ALGORITHMS.len(),
            PREVIOUS_KEY => self.key = (self.key + KEY_ALGORITHMS.len() - 1) % KEY_ALGORITHMS.len(),
            _ => {}
        }
        Turn::stay()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.entry() {
            Entry::Name => Some(&mut self.name),
            Entry::Key => None,
            Entry::Subject => Some(&mut self.subject),
            Entry::Days => Some(&mut self.days),
            Entry::PathLength => Some(&mut self.path_length),
        }
    }

    fn typed(&mut self) -> Turn {
        self.leaving = Leaving::No;
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::Checked(subject)) => Heard::Mine(match self.kind {
                Kind::RekeyedSubordinate | Kind::Subordinate => {
                    Turn::replace(Screen::CaTarget(CaTarget::new(self.clone(), subject)))
                }
                Kind::RekeyedRoot | Kind::Root => match self.terms() {
                    Ok(terms) => Turn::replace(Screen::CaConfirmation(CaConfirmation::new(
                        self.clone(),
                        subject,
                        Making::Root(terms),
                    ))),
                    Err(turn) => turn,
                },
            }),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        for (row, &entry) in self.entries().iter().enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(0) * 2;
            let here = row == self.at;
            let mark = if here { ">" } else { " " };
            let role = if here { Role::Strong } else { Role::Faint };
            canvas.text(area.x, y, 17, &format!("{mark} {}", entry.label()), role);
            let (x, width) = (area.x + 18, area.width.saturating_sub(18));
            let role = if here { Role::Selected } else { Role::Plain };
            if let Some(field) = self.field_of(entry) {
                canvas.input(x, y, width, field, role);
            } else {
                canvas.text(x, y, width, &format!("< {} >", self.algorithm()), role);
            }
        }
        let y = area.y + u16::try_from(self.entries().len()).unwrap_or(0) * 2 + 1;
        let place = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        if self.leaving == Leaving::Asked {
            let text =
                "What was typed here is lost when you leave. Esc once more leaves; any other key stays.";
            canvas.paragraph(place, text, Role::Attention);
            return;
        }
        let used = canvas.paragraph(place, self.entry().hint(), Role::Plain);
        if let Some(remark) = self.remark(about) {
            canvas.text(area.x, y + used, area.width, &remark, Role::Strong);
        }
    }
}
