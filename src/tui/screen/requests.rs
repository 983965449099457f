//! Which requests are read: a medium, and a folder on it.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, choice::Choice};
use crate::tui::{
    browser::Browser,
    canvas::Canvas,
    field::Field,
    key::Key,
    keymap::{Action, BACK, Binding, LIST},
    model::About,
    room::{Heard, Room, Turn},
    work::{Job, News},
};

/// Types a path.
const TYPE: Action = Action::Verb(0);

/// Which requests are read.
#[derive(Debug, Default)]
pub struct Requests {
    browser: Browser,
    read: Option<PathBuf>,
}

impl Requests {
    /// The mounted media.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Room for Requests {
    fn title(&self) -> &'static str {
        "Requests: which medium?"
    }

    fn help(&self) -> &'static str {
        "Choose the medium with the requests and open the folder they are in. All files in the open folder and the \
         folders below it are read, whatever their names. Reading changes nothing on the medium."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, "open")];
        if self.browser.is_typing() {
            bindings.push(BACK);
            return bindings;
        }
        bindings.push(Binding::help(&[Key::Right, Key::Char('l')], Action::Right, "into the folder"));
        bindings.push(Binding::help(&[Key::Left, Key::Char('h')], Action::Left, "out of the folder"));
        if self.browser.folder().is_some() {
            bindings.push(Binding::bar(&[Key::Char('r')], Action::Proceed, "read this folder"));
        }
        bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back if self.browser.is_typing() => self.browser.back(about).unwrap_or_default(),
            Action::Back => Turn::back(),
            TYPE => {
                self.browser.type_path();
                Turn::stay()
            }
            Action::Proceed => {
                self.read = self.browser.folder().map(|listing| listing.path.clone());
                Turn::work(Job::Choices)
            }
            _ => self.browser.act(action, about),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.browser.field()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Folder(listing) => {
                self.browser.show(listing);
                Heard::Mine(Turn::stay())
            }
            News::Choices { authorities, profiles } => match self.read.take() {
                Some(path) => {
                    Heard::Mine(Turn::enter(Screen::Choice(Choice::new(path, authorities, profiles))))
                }
                None => Heard::Mine(Turn::stay()),
            },
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.browser.look_again(about);
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        self.browser.draw(canvas, area, about);
    }
}
