//! The register's head is written onto a medium, as text and as a picture of its QR code.

use ratatui::layout::Rect;

use crate::tui::{
    browser::{Browser, Walked, shown},
    canvas::Canvas,
    key::Key,
    keymap::{Action, Binding},
    model::About,
    room::{Heard, Room, Turn},
    theme::Role,
    wording::grouped,
    work::{Job, News, WrittenHead},
};

/// Where the register's head is written.
#[derive(Debug)]
pub struct HeadExport {
    browser: Browser,
    written: Option<WrittenHead>,
}

impl HeadExport {
    /// The choice of the medium.
    #[must_use]
    pub fn new() -> Self {
        Self { browser: Browser::to_receive(), written: None }
    }
}

impl Default for HeadExport {
    fn default() -> Self {
        Self::new()
    }
}

impl Room for HeadExport {
    fn title(&self) -> &'static str {
        match self.written {
            None => "The register's head: onto which medium?",
            Some(_) => "The register's head: written",
        }
    }

    fn help(&self) -> &'static str {
        "Choose the medium, and open the folder that shall receive the register's head: one new folder with the head as \
         text and, as a picture, the QR code that stands at the closing. Nothing that stands there already is changed. \
         Whoever keeps it can prove later that nothing before it was changed; it is no secret, and no PIN is asked for. \
         The head that is written is the newest one at that moment."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match self.written {
            None => {
                let write = Binding::bar(&[Key::Char('w')], Action::Proceed, "write it here");
                self.browser.bindings(None, Some(write))
            }
            Some(_) => vec![Binding::bar(&[Key::Enter, Key::Esc], Action::Back, "done")],
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        if self.written.is_some() {
            return Turn::back();
        }
        match self.browser.walk(action, about) {
            Walked::Here(to) => Turn::work(Job::WriteHead(to)),
            Walked::On(turn) => turn,
            Walked::Out => Turn::back(),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        Some(&mut self.browser)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::HeadWritten(written) => {
                self.written = Some(written);
                Heard::Mine(Turn::stay())
            }
            other => self.browser.hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let Some(written) = &self.written else {
            self.browser.draw(canvas, area, about);
            return;
        };
        canvas.text(area.x, area.y, area.width, "Written, read back and compared.", Role::Good);
        canvas.labelled(area, area.y + 2, "entry", &grouped(written.entry), Role::Strong);
        canvas.text(area.x, area.y + 3, 18, "folder", Role::Faint);
        let (x, width) = (area.x + 18, area.width.saturating_sub(18));
        canvas.outside(x, area.y + 3, width, &shown(&written.folder), Role::Strong);
        let files = "head.txt, and head.png with the QR code";
        canvas.labelled(area, area.y + 4, "files", files, Role::Plain);
    }
}
