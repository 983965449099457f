//! Where a CA's certificate is written.

use ratatui::layout::Rect;

use super::{Screen, authority::AuthorityPage};
use crate::{
    ceremony::Authority,
    tui::{
        browser::{Browser, Walked},
        canvas::Canvas,
        key::Key,
        keymap::{Action, Binding},
        model::About,
        room::{Heard, Room, Turn},
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews},
        },
    },
};

/// Where a CA's certificate is written.
#[derive(Debug)]
pub struct CaExport {
    authority: Authority,
    browser: Browser,
}

impl CaExport {
    /// The choice for a CA that has its certificate.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        Self { authority, browser: Browser::new() }
    }
}

impl Room for CaExport {
    fn title(&self) -> &'static str {
        "A CA's certificate: onto which medium?"
    }

    fn help(&self) -> &'static str {
        "Choose the medium, and open the folder that shall receive the certificate: one new folder with the certificate \
         as PEM and as DER, the path up to the root where it is not the root itself, and their SHA-256 sums. Nothing \
         that stands there already is changed. A certificate is public and no PIN is asked for; but whoever is to trust \
         the root has to compare its words with those on your screen, another way than by the medium."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let write = Binding::bar(&[Key::Char('w')], Action::Proceed, "write it here");
        self.browser.bindings(None, Some(write))
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match self.browser.walk(action, about) {
            Walked::Here(to) => {
                let name = self.authority.record.name.clone();
                Turn::work(Job::Authority(AuthorityJob::Export { name, to }))
            }
            Walked::On(turn) => turn,
            Walked::Out => Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone()))),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        Some(&mut self.browser)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::Exported { exported, to }) => {
                let page = AuthorityPage::exported(self.authority.clone(), &exported, &to);
                Heard::Mine(Turn::replace(Screen::Authority(page)))
            }
            other => self.browser.hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        self.browser.draw(canvas, area, about);
    }
}
