//! All that the interface knows: what stands in the frame, the screens on top of each other, and what is in hand.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    ceremony::{MountedVolume, Overview, Progress, TokenState},
    pki::{text::Printable, time::Time},
};

use super::{
    keymap::{self, Binding},
    message::{Failure, PinAsk},
    screen::Screen,
    work::Job,
};

/// What every screen may look at, and the frame shows.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The home, its CAs, its register; `None` before it is opened.
    pub overview: Option<Overview>,
    /// The host's clock.
    pub clock: Option<Time>,
    /// Time since the interface began.
    pub since: Duration,
    /// Network interfaces that are up; `None` before they were looked at.
    pub interfaces: Option<Vec<Printable>>,
    /// The folder that the program was started in, where it can be told.
    pub started_in: Option<PathBuf>,
    /// Removable volumes.
    pub volumes: Vec<MountedVolume>,
    /// Where the medium is mounted of which a folder was opened last.
    pub last_medium: Option<PathBuf>,
    /// Whether the token is logged in.
    pub login: Login,
    /// What was seen of the token when it was looked at last.
    pub token: TokenSeen,
    /// The token is logged out when nobody pressed a key for so long; `None` before the home is opened.
    pub lock_after: Option<Duration>,
    /// What is in hand.
    pub busy: Option<Busy>,
    /// What the worker does though nobody asked for it: it gives way to whatever is asked for.
    pub aside: Option<Busy>,
}

impl Busy {
    /// A job that begins.
    #[must_use]
    pub fn with(job: &Job, asked_by: Place) -> Self {
        Self { words: job.words(), asked_by, progress: None, pace: Pace::Going, on_back: job.on_back() }
    }
}

impl About {
    /// A folder was opened.
    pub fn note_used(&mut self, folder: &Path) {
        let medium = self.volumes.iter().find(|volume| folder.starts_with(&volume.mount_point));
        if let Some(medium) = medium {
            self.last_medium = Some(medium.mount_point.clone());
        }
    }

    /// The medium that was used last, where it is still there.
    #[must_use]
    pub fn last_medium(&self) -> Option<&Path> {
        let path = self.last_medium.as_ref()?;
        self.volumes.iter().any(|volume| volume.mount_point == *path).then_some(path)
    }

    /// Whether work is in hand that Esc stops.
    #[must_use]
    pub fn can_stop(&self) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.on_back == OnBack::Stop)
    }
}

/// Whether the token is logged in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Login {
    /// It is.
    In,
    /// It is not: the PIN is asked for when it is needed.
    #[default]
    Out,
}

/// What was seen of the home's token.
#[derive(Clone, Debug, Default)]
pub enum TokenSeen {
    /// It was not there, or could not be read.
    Missing,
    /// It was not looked at.
    #[default]
    Never,
    /// It was there.
    There(Box<TokenState>),
}

/// Work in hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Busy {
    /// What is being done, in words.
    pub words: &'static str,
    /// The screen that asked for it.
    pub asked_by: Place,
    /// How far it has come.
    pub progress: Option<Progress>,
    /// What was asked of it.
    pub pace: Pace,
    /// What Esc does meanwhile.
    pub on_back: OnBack,
}

/// What Esc does while work is in hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnBack {
    /// The work is stopped: it leaves nothing behind.
    Stop,
    /// Nothing: the work is short, or has keys of its own to stop it.
    Wait,
}

/// What was asked of work in hand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Pace {
    /// To go on.
    #[default]
    Going,
    /// To wait.
    Paused,
    /// To stop where nothing is half done.
    Stopping,
}

/// A screen's place on the stack, for as long as it stands there: no other screen is ever given it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Place(u64);

/// Whether there is anybody to do the work.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AtWork {
    /// There is.
    #[default]
    There,
    /// The thread that works has ended: nothing can be done any more.
    Gone,
}

/// Whether the terminal is large enough.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fit {
    /// It shows no screen, only how large it has to be.
    TooSmall,
    /// It is.
    #[default]
    Whole,
}

/// What was in hand when the interface was ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Nothing: a signal ended it.
    Idle,
    /// Work that nobody asked for: nobody is told of it.
    Aside,
    /// Work, which stops where nothing is half done.
    Working,
}

/// What stands on top of the screen and takes the keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Dialog {
    /// Whether to leave without waiting for work that does not come to its end.
    Abandon,
    /// Something went wrong.
    Failure(Failure),
    /// The full help of the screen, scrolled by rows.
    Help(u16),
    /// Whether to leave.
    Leave,
    /// A PIN is wanted; its keys never come here.
    Pin(PinAsk),
}

/// All that the interface knows.
#[derive(Debug)]
pub struct Model {
    /// What the frame shows and screens look at.
    pub about: About,
    /// The screens, the one in use last. Never empty.
    screens: Vec<(Place, Screen)>,
    /// How many screens there ever were.
    places: u64,
    /// What stands on top.
    pub dialog: Option<Dialog>,
    /// Whether there is anybody to do the work.
    pub at_work: AtWork,
    /// A job that begins once the work that nobody asked for has stopped.
    pub next: Option<Job>,
    /// Whether the terminal showed the screen when it was drawn last.
    pub fit: Fit,
    /// Why the interface ends, where it was not just left; it ends once the work in hand has stopped.
    pub ending: Option<Ending>,
    /// When it was asked to end while work was in hand, as time since the interface began.
    pub ending_since: Option<Duration>,
    /// When the last key came, as time since the interface began.
    pub last_key: Duration,
    /// A line for the frame: what happened last.
    pub notice: Option<String>,
}

impl Model {
    /// A model with its first screen.
    #[must_use]
    pub fn new(first: Screen) -> Self {
        Self {
            about: About::default(),
            screens: vec![(Place::default(), first)],
            places: 1,
            dialog: None,
            at_work: AtWork::There,
            next: None,
            fit: Fit::Whole,
            ending: None,
            ending_since: None,
            last_key: Duration::ZERO,
            notice: None,
        }
    }

    /// The screen in use.
    ///
    /// # Panics
    /// Never: the last screen cannot be left.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screens.last().expect("the last screen cannot be left").1
    }

    /// The screen in use, to act on.
    ///
    /// # Panics
    /// Never: the last screen cannot be left.
    pub fn screen_mut(&mut self) -> &mut Screen {
        &mut self.screens.last_mut().expect("the last screen cannot be left").1
    }

    /// The place of the screen in use.
    ///
    /// # Panics
    /// Never: the last screen cannot be left.
    #[must_use]
    pub fn place(&self) -> Place {
        self.screens.last().expect("the last screen cannot be left").0
    }

    /// The screen at a place, where it was not left.
    pub fn screen_at(&mut self, place: Place) -> Option<&mut Screen> {
        self.screens.iter_mut().find(|(at, _)| *at == place).map(|(_, screen)| screen)
    }

    /// The screen in use and what it may look at.
    ///
    /// # Panics
    /// Never: the last screen cannot be left.
    pub fn screen_and_about(&mut self) -> (&mut Screen, &About) {
        (&mut self.screens.last_mut().expect("the last screen cannot be left").1, &self.about)
    }

    /// All screens, the one in use first.
    pub fn screens_mut(&mut self) -> impl Iterator<Item = (&mut Screen, &About)> {
        let about = &self.about;
        self.screens.iter_mut().rev().map(move |(_, screen)| (screen, about))
    }

    /// How many screens stand on top of each other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.screens.len()
    }

    /// Into a screen.
    pub fn enter(&mut self, screen: Screen) {
        self.screens.push((Place(self.places), screen));
        self.places += 1;
    }

    /// Into a screen in place of the one in use.
    pub fn replace(&mut self, screen: Screen) {
        self.screens.pop();
        self.enter(screen);
    }

    /// Back by one screen; the first one stays.
    pub fn back(&mut self) {
        if self.screens.len() > 1 {
            self.screens.pop();
        }
    }

    /// Back to the first screen.
    pub fn back_to_first(&mut self) {
        self.screens.truncate(1);
    }

    /// What keys do now, on the screen in use.
    #[must_use]
    pub fn bindings(&mut self) -> Vec<Binding> {
        let (screen, about) = self.screen_and_about();
        let room = screen.room_mut();
        let mut bindings = room.bindings(about);
        if room.field().is_none() {
            bindings.push(keymap::HELP);
        } else {
            bindings.push(keymap::HELP_WHILE_TYPING);
        }
        if self.about.login == Login::In {
            bindings.push(keymap::LOCK);
        }
        bindings.push(keymap::QUIT);
        bindings
    }
}
