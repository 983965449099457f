//! The block lists of this machine: keys that no certificate is made for. They are listed, and taken from media.

use std::path::Path;

use ratatui::layout::Rect;

use super::Screen;
use crate::{
    ceremony::{BlockListFacts, ListFormat},
    pki::text::Printable,
    tui::{
        browser::{Browser, shown},
        canvas::Canvas,
        field::Field,
        file_choice::{Chosen, FileChoice, Wanted},
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        theme::Role,
        wording::{counted, day, grouped},
        work::{
            Job, News,
            block_lists::{BlockListJob, BlockListNews},
        },
    },
};

/// Takes a further list.
const ADD: Action = Action::Verb(1);

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// The lists are looked at.
    Lists,
    /// The file of a further one is chosen.
    File(Box<FileChoice>),
    /// Its name is typed, and its format chosen.
    Form { file: Box<FileChoice>, name: Field, format: usize },
}

/// The block lists.
#[derive(Debug)]
pub struct BlockListPage {
    lists: Rows<BlockListFacts>,
    added: Option<String>,
    step: Step,
}

impl BlockListPage {
    /// Nothing is known yet: [`BlockListJob::List`] is to follow.
    #[must_use]
    pub fn new() -> Self {
        Self { lists: Rows::default(), added: None, step: Step::Lists }
    }

    /// The way into it.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::BlockLists(Self::new())).and(Job::BlockList(BlockListJob::List))
    }

    fn choose_file(&mut self, action: Action, about: &About) -> Turn {
        let Step::File(file) = &mut self.step else { return Turn::stay() };
        match file.act(action, about) {
            Chosen::On(turn) => return turn,
            Chosen::Out => self.step = Step::Lists,
            Chosen::Done => {
                if let Step::File(file) = std::mem::replace(&mut self.step, Step::Lists) {
                    self.step = Step::Form { file, name: Field::default(), format: 0 };
                }
            }
        }
        Turn::stay()
    }

    fn draw_lists(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut area = area;
        if let Some(name) = &self.added {
            let text = format!("The list {name} is taken; every key is looked up in it from now on.");
            canvas.text(area.x, area.y, area.width, Printable::new(&text).as_str(), Role::Good);
            area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        }
        let look = Look {
            heads: &[(2, "name"), (30, "format"), (48, "keys"), (62, "added")],
            lines: 2,
            none: "There is no block list. Keys on such a list are known to others, or weak for another reason: those of \
                   Debian's OpenSSL of 2008, those that badkeys collects, or keys that you do not want.\n\na takes one from \
                   a medium. Every key is looked up in every list, when requests are judged and planned.",
        };
        self.lists.draw(canvas, area, look, |canvas, place, facts, role| {
            canvas.outside(place.x + 2, place.y, 27, &Printable::new(&facts.name), role);
            canvas.text(place.x + 30, place.y, 17, facts.format.name(), role);
            canvas.text(place.x + 48, place.y, 13, &grouped(facts.keys), role);
            canvas.text(place.x + 62, place.y, 10, &day(facts.added), role);
            let text = format!("file {}", facts.source_sha256);
            canvas.text(place.x + 4, place.y + 1, place.width.saturating_sub(4), &text, Role::Faint);
        });
    }

    fn draw_adding(canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let progress = about.busy.as_ref().and_then(|busy| busy.progress);
        let keys = counted(progress.map_or(0, |progress| progress.done), "key");
        canvas.text(area.x, area.y, area.width, &format!("{keys} read; Esc stops it"), Role::Strong);
    }
}

impl Default for BlockListPage {
    fn default() -> Self {
        Self::new()
    }
}

/// A format that can be chosen: none first, which is found out.
fn format_of(place: usize) -> Option<ListFormat> {
    place.checked_sub(1).and_then(|place| ListFormat::ALL.get(place)).copied()
}

fn draw_form(canvas: &mut Canvas<'_>, area: Rect, file: Option<&Path>, name: &Field, format: usize) {
    let (x, width) = (area.x + 18, area.width.saturating_sub(18));
    canvas.text(area.x, area.y, 17, "file", Role::Faint);
    if let Some(file) = file {
        canvas.outside(x, area.y, width, &shown(file), Role::Strong);
    }
    canvas.text(area.x, area.y + 2, 17, "name here", Role::Faint);
    canvas.input(x, area.y + 2, width, name, Role::Selected);
    let hint = "a-z, 0-9 and -; left empty, it is made of the file's";
    canvas.text(x, area.y + 3, width, hint, Role::Faint);
    canvas.text(area.x, area.y + 5, 17, "format", Role::Faint);
    let text = format_of(format).map_or("found out", ListFormat::name);
    canvas.text(x, area.y + 5, width, &format!("< {text} >"), Role::Strong);
    let hint = "Found out from the lines; only openssl-blacklist has to be named. Tab changes it.";
    canvas.paragraph(Rect { x, y: area.y + 6, width, height: 2 }, hint, Role::Faint);
}

impl Room for BlockListPage {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Lists => "Block lists",
            Step::File(_) => "A further block list: which file?",
            Step::Form { .. } => "A further block list",
        }
    }

    fn help(&self) -> &'static str {
        "A key that stands on a block list gets no certificate: it is known to others, or weak. Lists of badkeys and of \
         openssl-blacklist are taken as they are published, and files with one SHA-256 of a public key \
         (SubjectPublicKeyInfo) on each line. A list is sorted once into a file of the home; looking a key up takes no \
         longer in ten million than in ten. A list that is to go is removed with its file, beneath block-lists in the home: \
         plans that were judged with it say so."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        if about.can_stop() {
            return vec![Binding::bar(&[Key::Esc], Action::Back, "stop reading")];
        }
        let mut bindings = Vec::new();
        match &self.step {
            Step::Lists => {
                bindings.push(Binding::bar(&[Key::Char('a')], ADD, "add one from a medium"));
                if self.lists.chosen().is_some() {
                    bindings.extend_from_slice(LIST);
                }
            }
            Step::File(file) => return file.bindings(""),
            Step::Form { .. } => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "add it"));
                bindings.push(Binding::bar(&[Key::Tab], Action::Next, "other format"));
            }
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::File(_), _) => return self.choose_file(action, about),
            (Step::Lists, Action::Back) => return Turn::back(),
            (Step::Lists, ADD) => {
                let wanted = Wanted { label: "this file", otherwise: "" };
                self.step = Step::File(Box::new(FileChoice::one(wanted)));
            }
            (Step::Lists, _) => return self.lists.act(action),
            (Step::Form { format, .. }, Action::Next) => {
                *format = (*format + 1) % (ListFormat::ALL.len() + 1);
            }
            (Step::Form { file, name, format }, Action::Proceed) => {
                let Some(path) = file.first().map(Path::to_owned) else { return Turn::stay() };
                let (name, format) = (name.text().to_owned(), format_of(*format));
                return Turn::work(Job::BlockList(BlockListJob::Add { path, name, format }));
            }
            (Step::Form { .. }, _) => {
                if let Step::Form { file, .. } = std::mem::replace(&mut self.step, Step::Lists) {
                    self.step = Step::File(file);
                }
            }
        }
        Turn::stay()
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        match &mut self.step {
            Step::File(file) => Some(file.browser()),
            Step::Form { .. } | Step::Lists => None,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::File(file) => file.browser().field(),
            Step::Form { name, .. } => Some(name),
            Step::Lists => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::BlockList(BlockListNews::Lists { lists, added }) => {
                let place = lists.iter().position(|facts| Some(&facts.name) == added.as_ref());
                self.lists.show(lists);
                if let Some(place) = place {
                    self.lists.choose(place);
                }
                (self.added, self.step) = (added, Step::Lists);
                Heard::Mine(Turn::stay())
            }
            other => match self.browser() {
                Some(browser) => browser.hear(Box::new(other)),
                None => Heard::NotMine(Box::new(other)),
            },
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.lists.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            _ if about.can_stop() => Self::draw_adding(canvas, area, about),
            Step::Lists => self.draw_lists(canvas, area),
            Step::File(file) => file.draw(canvas, area, about),
            Step::Form { file, name, format } => draw_form(canvas, area, file.first(), name, *format),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ceremony::Aftermath, tui::probe::drawn};

    #[test]
    fn lists_that_cannot_be_read_are_not_waited_for() {
        let mut page = BlockListPage::new();
        assert_eq!(drawn(&page, 78, 18)[0], "reading ...");
        let (what, hint) = ("no such file".to_owned(), "put it back".to_owned());
        let failure =
            Failure { what, hint, class: crate::ceremony::Class::Medium, aftermath: Aftermath::Nothing };
        assert!(matches!(page.fail(&failure), Told::OnTop));
        assert_eq!(drawn(&page, 78, 18)[0], "This could not be read. Go back and open it again.");
    }
}
