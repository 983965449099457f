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
        browser::{Browser, Walked},
        canvas::Canvas,
        key::Key,
        keymap::{Action, Binding},
        model::About,
        room::{Room, Turn},
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
        self.browser.bindings(None, Some(write))
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match self.browser.walk(action, about) {
            Walked::Here(to) => {
                let (form, subject) = (self.form.clone(), self.subject.clone());
                let confirmation = CaConfirmation::new(form, subject, Making::Request { to });
                Turn::replace(Screen::CaConfirmation(confirmation))
            }
            Walked::On(turn) => turn,
            Walked::Out => Turn::replace(Screen::NewCa(self.form.clone())),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        Some(&mut self.browser)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        self.browser.draw(canvas, area, about);
    }
}
