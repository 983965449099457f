//! Which requests are read: a medium, and a folder on it.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, block_lists::BlockListPage, choice::Choice};
use crate::{
    ceremony::Reach,
    pki::text::size,
    tui::{
        browser::{Below, Browser, Walked},
        canvas::Canvas,
        key::Key,
        keymap::{Action, Binding},
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        wording::counted,
        work::{Job, News},
    },
};

/// Shows the block lists.
const BLOCK_LISTS: Action = Action::Verb(1);

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
        "Choose the medium with the requests and open it. All requests in the open folder, which stands above the \
         tree, and in the folders below it are read by r. Nothing is ever written onto it here. Media that are put in \
         appear by themselves. Right unfolds a folder that has a + before it, Left folds it again; Enter opens it, so \
         that it alone is read; Esc leads to the folder above, then to the media, and then out. The counts go by the \
         names of files; what they hold is seen when they are read. b shows the block lists, which every key is looked \
         up in, and takes further ones."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let read = Binding::bar(&[Key::Char('r')], Action::Proceed, "read this folder");
        let mut bindings = self.browser.bindings(None, Some(read));
        if !self.browser.is_typing() {
            bindings.push(Binding::bar(&[Key::Char('b')], BLOCK_LISTS, "block lists"));
        }
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        if action == BLOCK_LISTS {
            return BlockListPage::enter();
        }
        match self.browser.walk(action, about) {
            Walked::Here(folder) => {
                self.read = Some(folder);
                Turn::work(Job::Choices)
            }
            Walked::On(turn) => turn,
            Walked::Out => Turn::back(),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        Some(&mut self.browser)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Choices { authorities, profiles } => match self.read.take() {
                Some(path) => {
                    Heard::Mine(Turn::enter(Screen::Choice(Choice::new(path, authorities, profiles))))
                }
                None => Heard::NotMine(Box::new(News::Choices { authorities, profiles })),
            },
            other => self.browser.hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let above = Rect { height: area.height.saturating_sub(2), ..area };
        self.browser.draw(canvas, above, about);
        if let Below::Known(contents) = self.browser.below() {
            let least = match contents.reach {
                Reach::Whole => "",
                Reach::AtLeast => "at least ",
            };
            let text = format!(
                "looks like requests, here and below: {least}{}, {}",
                counted(contents.requests, "file"),
                size(contents.request_octets)
            );
            canvas.text(area.x, area.bottom().saturating_sub(1), area.width, &text, Role::Strong);
        }
    }
}
