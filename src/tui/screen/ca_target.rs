//! Where the request of a new CA is written.

use ratatui::layout::Rect;

use super::{
    Screen,
    ca_confirmation::{CaConfirmation, Making},
    new_ca::NewCa,
};
use crate::{
    pki::text::Printable,
    tui::{
        browser::Browser,
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, Binding},
        model::About,
        room::{Heard, Room, Turn},
        work::News,
    },
};

/// Where the request of a new CA is written.
#[derive(Debug)]
pub struct CaTarget {
    form: NewCa,
    subject: Printable,
    browser: Browser,
}

impl CaTarget {
    /// The choice for a form that was checked, and its subject as the request will have it.
    #[must_use]
    pub fn new(form: NewCa, subject: Printable) -> Self {
        Self { form, subject, browser: Browser::new() }
    }
}

impl Room for CaTarget {
    fn title(&self) -> &'static str {
        "Request a subordinate CA: onto which medium?"
    }

    fn help(&self) -> &'static str {
        "Choose the medium that takes the request to the superior CA, and open the folder that shall receive it: one \
         new folder with one file. Nothing that stands there already is changed, and nothing is made yet."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let write = Binding::bar(&[Key::Char('w')], Action::Proceed, "write the request here");
        self.browser.bindings("open", Some(write))
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back if self.browser.is_typing() => self.browser.back(about).unwrap_or_default(),
            Action::Back => Turn::replace(Screen::NewCa(self.form.clone())),
            Action::Proceed => match self.browser.folder() {
                Some(listing) => Turn::replace(Screen::CaConfirmation(CaConfirmation::new(
                    self.form.clone(),
                    self.subject.clone(),
                    Making::Request { to: listing.path.clone() },
                ))),
                None => Turn::stay(),
            },
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
