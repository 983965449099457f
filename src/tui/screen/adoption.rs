//! A CA whose key was brought into the token from outside moves in: its key is chosen, its certificate, and where it comes
//! from is typed. What cannot be promised of such a key is read before the words that stand for it are typed.

use std::path::Path;

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::{AuthorityPage, certified, root_words},
    install,
};
use crate::{
    ceremony::{Class, LooseKey},
    pki::text::Printable,
    tui::{
        browser::Browser,
        canvas::Canvas,
        field::Field,
        file_choice::{Chosen, FileChoice},
        key::Key,
        keymap::{Action, BACK, Binding, FORM, LIST},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        sheet::{Item, Sheet},
        theme::Role,
        typed_words::TypedWords,
        work::{
            Job, News,
            adoption::{AdoptionJob, AdoptionNews, Newcomer, Statement},
        },
    },
};

/// What is said before anything is asked for.
const BEFORE: &str = "A CA that issued elsewhere moves in with its key. The key was brought into this token before, by the \
                      token's own tool.\n\nOf such a key the token cannot promise what it promises of one that it made: \
                      that nobody ever saw it, and that there is no copy of it. What exactly it cannot promise is shown \
                      before anything is recorded. You type the words that stand for it, and from then on every list, \
                      plan and CRL of this CA says it.\n\nTo see the token's keys its PIN is needed. Have the CA's \
                      certificate at hand, on a medium, and afterwards its latest CRL and the list of what it issued \
                      (index.txt).";

/// A line of the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Line {
    Name,
    Origin,
}

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// What it means is read.
    Before,
    /// The key is chosen.
    Key,
    /// The files with its certificate and those above it are chosen.
    Files,
    /// Its name and where it comes from are typed.
    Form(Line),
    /// What cannot be promised is read.
    Statement { proposed: Box<Statement>, sheet: Sheet },
    /// The words for it are typed.
    Words { proposed: Box<Statement>, words: TypedWords },
}

/// A CA that moves in.
#[derive(Debug)]
pub struct Adoption {
    keys: Rows<LooseKey>,
    files: FileChoice,
    name: Field,
    origin: Field,
    step: Step,
}

impl Default for Adoption {
    fn default() -> Self {
        let [certificate, chain] = install::FILES;
        Self {
            keys: Rows::default(),
            files: FileChoice::two(certificate, chain),
            name: Field::default(),
            origin: Field::default(),
            step: Step::Before,
        }
    }
}

impl Adoption {
    /// Nothing is chosen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn key(&self) -> Option<&LooseKey> {
        self.keys.chosen()
    }

    fn choose_key(&mut self) -> Turn {
        match self.key().map(|key| &key.obstacle) {
            Some(None) => {
                self.step = Step::Files;
                Turn::stay()
            }
            Some(Some(why)) => {
                Turn::refuse(format!("no CA can move in with this key: {why}"), "choose another key")
            }
            None => Turn::stay(),
        }
    }

    fn choose_files(&mut self, action: Action, about: &About) -> Turn {
        match (self.files.act(action, about), self.files.first()) {
            (Chosen::On(turn), _) => return turn,
            (Chosen::Out, _) => self.step = Step::Key,
            (Chosen::Done, Some(_)) => self.step = Step::Form(Line::Name),
            (Chosen::Done, None) => return install::no_certificate(),
        }
        Turn::stay()
    }

    fn propose(&self) -> Turn {
        let (Some(key), Some(certificate)) = (self.key(), self.files.first()) else { return Turn::stay() };
        Turn::work(Job::Adoption(AdoptionJob::Propose(Newcomer {
            name: self.name.text().trim().to_owned(),
            key_uri: key.uri.clone(),
            certificate: certificate.to_owned(),
            chain: self.files.second().map(Path::to_owned),
            origin: self.origin.text().trim().to_owned(),
        })))
    }

    /// A step back; `None` where there is none.
    fn step_back(&mut self) -> Option<Step> {
        match &self.step {
            Step::Before => None,
            Step::Key => Some(Step::Before),
            Step::Files => Some(Step::Key),
            Step::Form(_) => Some(Step::Files),
            Step::Statement { .. } => Some(Step::Form(Line::Name)),
            Step::Words { proposed, .. } => Some(stated(proposed.clone())),
        }
    }

    fn draw_keys(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let look = Look {
            heads: &[(2, "label"), (40, "key")],
            lines: 2,
            none: "There is no key in the token but those of this home.\n\nBring the CA's key in with the token's own tool, as \
                   softhsm2-util --import does, with an identifier (CKA_ID). Then come back.",
        };
        let above = Rect { height: area.height.saturating_sub(3), ..area };
        self.keys.draw(canvas, above, look, |canvas, place, key, role| {
            canvas.outside(place.x + 2, place.y, 37, &key.label, role);
            canvas.text(place.x + 40, place.y, place.width.saturating_sub(40), &key.kind(), role);
            let id = format!("CKA_ID {}", key.id);
            canvas.text(place.x + 4, place.y + 1, place.width.saturating_sub(4), &id, Role::Faint);
        });
        if let Some(why) = self.key().and_then(|key| key.obstacle.as_ref()) {
            let below = Rect { y: area.bottom().saturating_sub(2), height: 2, ..area };
            let why = canvas.theme().shown(why);
            canvas.paragraph(below, &why, Role::Attention);
        }
    }

    fn draw_form(&self, canvas: &mut Canvas<'_>, area: Rect, at: Line) {
        let lines = [
            (
                Line::Name,
                "name here",
                &self.name,
                "The CA's short name on this machine: a-z, 0-9 and -, at most 32 characters.",
            ),
            (
                Line::Origin,
                "key comes from",
                &self.origin,
                "From which machine or token, who brought it, and when, in one line. The register keeps it, and every \
                 list says it.",
            ),
        ];
        let mut y = area.y;
        for (line, label, field, hint) in lines {
            let here = line == at;
            let (mark, label_role) = if here { (">", Role::Strong) } else { (" ", Role::Faint) };
            canvas.text(area.x, y, 17, &format!("{mark} {label}"), label_role);
            let role = if here { Role::Selected } else { Role::Plain };
            canvas.input(area.x + 18, y, area.width.saturating_sub(18), field, role);
            let place = Rect { x: area.x + 18, y: y + 1, width: area.width.saturating_sub(18), height: 2 };
            canvas.paragraph(place, hint, Role::Faint);
            y += 4;
        }
    }
}

/// What is shown before the words are typed.
fn stated(proposed: Box<Statement>) -> Step {
    let sheet = Sheet::new(statement(&proposed));
    Step::Statement { proposed, sheet }
}

fn statement(proposed: &Statement) -> Vec<Item> {
    let mut items = vec![
        Item::Words(
            "THE KEY OF THIS CA CAME INTO THE TOKEN FROM OUTSIDE. Nothing is recorded yet.".to_owned(),
            Role::Attention,
        ),
        Item::labelled("name here", Printable::new(&proposed.name)),
        Item::labelled("key comes from", Printable::with_limit(&proposed.origin, proposed.origin.len())),
    ];
    for (attribute, lack) in &proposed.unpromised {
        items.push(Item::Words(format!("- {lack} ({attribute})"), Role::Strong));
    }
    let text = "The token gives it to nobody from now on (CKA_SENSITIVE, CKA_EXTRACTABLE). Compare the root's words with \
                those that its keeper tells you another way.";
    items.push(Item::Words(text.to_owned(), Role::Plain));
    items.extend(root_words(&proposed.root));
    items.push(Item::Gap);
    items.push(Item::Heading("The CA's own certificate".to_owned()));
    items.extend(certified(&proposed.own));
    items
}

impl Room for Adoption {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Before => "A CA moves in",
            Step::Key => "A CA moves in: which key?",
            Step::Files => "A CA moves in: which certificate?",
            Step::Form(_) => "A CA moves in: what is it called, where does it come from?",
            Step::Statement { .. } => "A CA moves in: what cannot be promised",
            Step::Words { .. } => "A CA moves in: the words",
        }
    }

    fn help(&self) -> &'static str {
        match self.step {
            Step::Before | Step::Key => {
                "A CA moves in with its key, which the token's own tool brought into the token. Shown are the keys that are \
                 of no CA here. A key that the token made is none that came from outside: a CA with such a key is made \
                 under Authorities."
            }
            Step::Files => {
                "Choose the file with the CA's own certificate; certificates behind it in the same file count as those \
                 above it. Where they stand in another file, choose that with a. Those that this home's register has \
                 need no file."
            }
            Step::Form(_) => {
                "The name is what the CA is called on this machine. Where the key comes from is recorded for good, word for \
                 word: write what an auditor will want to know. Enter looks at key and certificate; nothing is \
                 recorded by it."
            }
            Step::Statement { .. } | Step::Words { .. } => {
                "The words stand for the name, the key, every certificate up to the root, where the key comes from and what \
                 cannot be promised of it. Read all of it, compare the root's words, then type them. The token asks for \
                 its PIN before the CA is recorded. Afterwards take its latest CRL and the list of what it issued: until \
                 then it revokes nothing and makes no CRL."
            }
        }
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match &self.step {
            Step::Before => {
                let words = "look at the token's keys (asks for the PIN)";
                bindings.push(Binding::bar(&[Key::Char('p')], Action::Proceed, words));
            }
            Step::Key if self.keys.chosen().is_none() => {}
            Step::Key => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Open, "this key"));
                bindings.extend_from_slice(LIST);
            }
            Step::Files => return self.files.bindings("go on"),
            Step::Form(_) => {
                bindings.extend_from_slice(FORM);
                bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "look at key and certificate"));
            }
            Step::Statement { sheet, .. } => {
                bindings.push(Binding::bar(&[Key::Char('a')], Action::Proceed, "type the words for it"));
                bindings.extend(sheet.scrolling());
            }
            Step::Words { .. } => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "let the CA move in"));
            }
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::Files, _) => return self.choose_files(action, about),
            (_, Action::Back) => match self.step_back() {
                Some(step) => self.step = step,
                None => return Turn::back(),
            },
            (Step::Before, Action::Proceed) => return Turn::work(Job::Adoption(AdoptionJob::Keys)),
            (Step::Key, Action::Open) => return self.choose_key(),
            (Step::Key, _) => return self.keys.act(action),
            (Step::Form(line), Action::Next | Action::Previous) => {
                *line = if *line == Line::Name { Line::Origin } else { Line::Name };
            }
            (Step::Form(_), Action::Proceed) => return self.propose(),
            (Step::Statement { proposed, .. }, Action::Proceed) => {
                let words = TypedWords::new(proposed.digest.words(), "statement");
                self.step = Step::Words { proposed: proposed.clone(), words };
            }
            (Step::Statement { sheet, .. }, _) => sheet.act(action),
            (Step::Words { proposed, words }, Action::Proceed) => {
                let (digest, words) = (proposed.digest, words.text().to_owned());
                return Turn::work(Job::Adoption(AdoptionJob::Adopt { digest, words }));
            }
            _ => {}
        }
        Turn::stay()
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        matches!(self.step, Step::Files).then(|| self.files.browser())
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::Files => self.files.browser().field(),
            Step::Form(Line::Name) => Some(&mut self.name),
            Step::Form(Line::Origin) => Some(&mut self.origin),
            Step::Words { words, .. } => Some(words.field()),
            Step::Before | Step::Key | Step::Statement { .. } => None,
        }
    }

    fn typed(&mut self) -> Turn {
        if let Step::Words { words, .. } = &mut self.step {
            words.typed();
        }
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Adoption(AdoptionNews::Keys(keys)) => {
                self.keys.show(keys);
                self.step = Step::Key;
                Heard::Mine(Turn::stay())
            }
            News::Adoption(AdoptionNews::Proposed(proposed)) => {
                self.step = stated(proposed);
                Heard::Mine(Turn::stay())
            }
            News::Adoption(AdoptionNews::Adopted { authority, head }) => {
                let page = AuthorityPage::adopted(*authority, &head);
                Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
            }
            other => self.files.browser().hear(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        match &mut self.step {
            Step::Words { words, .. } if failure.class == Class::NotApproved => {
                words.refuse();
                Told::Here(Turn::stay())
            }
            _ => Told::OnTop,
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Before => {
                canvas.paragraph(area, BEFORE, Role::Plain);
            }
            Step::Key => self.draw_keys(canvas, area),
            Step::Files => self.files.draw(canvas, area, about),
            Step::Form(line) => self.draw_form(canvas, area, *line),
            Step::Statement { sheet, .. } => sheet.draw_placed(canvas, area),
            Step::Words { proposed, words } => {
                canvas.text(area.x, area.y, 17, "CA moves in", Role::Faint);
                let name = Printable::new(&proposed.name);
                canvas.outside(area.x + 18, area.y, area.width.saturating_sub(18), &name, Role::Strong);
                let text = "with a key of which the token cannot promise what was shown";
                canvas.text(area.x, area.y + 1, area.width, text, Role::Attention);
                words.draw(canvas, Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area });
            }
        }
    }
}
