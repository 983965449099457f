//! Which requests are read: a medium, and a folder on it.

use std::{path::PathBuf, time::Duration};

use ratatui::layout::Rect;

use super::{Screen, choice::Choice};
use crate::{
    ceremony::{Class, Reach, RequestFiles},
    tui::{
        browser::{Browser, Walked, size},
        canvas::Canvas,
        key::Key,
        keymap::{Action, Binding},
        message::{Effect, Failure},
        model::About,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::counted,
        work::{Job, News},
    },
};

/// A folder is counted once it has been open for so long: whoever walks through folders does not wait for counts.
const COUNT_AFTER: Duration = Duration::from_millis(600);

/// What is known of the requests in the open folder.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Count {
    /// Nothing: the folder was opened a moment ago.
    #[default]
    Fresh,
    /// Nothing, and it is open since this time since the interface began.
    Since(Duration),
    /// They are being counted.
    Counting,
    /// So many.
    Known(RequestFiles),
    /// The count ended before its end.
    Unknown,
}

/// Which requests are read.
#[derive(Debug, Default)]
pub struct Requests {
    browser: Browser,
    read: Option<PathBuf>,
    count: Count,
    /// What waits until the count has stopped.
    waiting: Option<Action>,
}

impl Requests {
    /// The mounted media.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the open folder, once somebody looks at it for a while.
    fn count(&mut self, about: &About) -> Turn {
        let Some(listing) = self.browser.folder() else {
            self.count = Count::Fresh;
            return Turn::stay();
        };
        match self.count {
            Count::Fresh => self.count = Count::Since(about.since),
            Count::Since(at) if about.busy.is_none() && about.since.saturating_sub(at) >= COUNT_AFTER => {
                self.count = Count::Counting;
                return Turn::work(Job::CountRequests(listing.path.clone()));
            }
            Count::Since(_) | Count::Counting | Count::Known(_) | Count::Unknown => {}
        }
        Turn::stay()
    }

    fn carry_out(&mut self, action: Action, about: &About) -> Turn {
        match self.browser.walk(action, about) {
            Walked::Here(folder) => {
                self.read = Some(folder);
                Turn::work(Job::Choices)
            }
            Walked::On(turn) => turn,
            Walked::Out => Turn::back(),
        }
    }
}

impl Room for Requests {
    fn title(&self) -> &'static str {
        "Requests: which medium?"
    }

    fn help(&self) -> &'static str {
        "Choose the medium with the requests and open it. All requests in the open folder and in the folders below it \
         are read. Nothing is ever written onto it here. Media that are put in appear by themselves. The count goes by \
         the names of files; what they hold is seen when they are read."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let read = Binding::bar(&[Key::Char('r')], Action::Proceed, "read this folder");
        self.browser.bindings("open", Some(read))
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            // What needs the worker waits until the count has stopped.
            Action::Proceed | Action::Open | Action::Left | Action::Right
                if self.count == Count::Counting && about.busy.is_some() =>
            {
                self.waiting = Some(action);
                Turn::effect(Effect::Stop)
            }
            _ => self.carry_out(action, about),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        Some(&mut self.browser)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            folder @ News::Folder(_) => {
                self.count = Count::Fresh;
                self.browser.hear(Box::new(folder))
            }
            News::Counted { path, count } => {
                if self.browser.folder().is_some_and(|listing| listing.path == path) {
                    self.count = Count::Known(count);
                }
                Heard::Mine(Turn::stay())
            }
            News::Choices { authorities, profiles } => match self.read.take() {
                Some(path) => {
                    Heard::Mine(Turn::enter(Screen::Choice(Choice::new(path, authorities, profiles))))
                }
                None => Heard::NotMine(Box::new(News::Choices { authorities, profiles })),
            },
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        if self.count != Count::Counting {
            return Told::OnTop;
        }
        self.count = Count::Unknown;
        match failure.class {
            Class::Stopped => Told::Here(Turn::stay()),
            _ => Told::OnTop,
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.browser.look_again(about);
        if about.busy.is_some() {
            return Turn::stay();
        }
        match self.waiting.take() {
            Some(action) => self.carry_out(action, about),
            None => self.count(about),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let above = Rect { height: area.height.saturating_sub(2), ..area };
        self.browser.draw(canvas, above, about);
        if self.browser.folder().is_none() {
            return;
        }
        let text = match self.count {
            Count::Fresh | Count::Since(_) => String::new(),
            Count::Counting => "counting the files that look like requests ...".to_owned(),
            Count::Known(count) => {
                let least = match count.reach {
                    Reach::Whole => "",
                    Reach::AtLeast => "at least ",
                };
                format!(
                    "what looks like requests in this folder and below: {least}{}, {}",
                    counted(count.files, "file"),
                    size(count.octets)
                )
            }
            Count::Unknown => "not counted to the end".to_owned(),
        };
        let y = area.bottom().saturating_sub(1);
        canvas.text(area.x, y, area.width, &text, Role::Strong);
    }
}
