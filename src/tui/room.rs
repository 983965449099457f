//! What every screen is able to do. A screen decides nothing about certificates: it shows what the ceremony says and
//! asks it for the next step.

use ratatui::layout::Rect;

use super::{
    browser::Browser,
    canvas::Canvas,
    field::Field,
    keymap::{Action, Binding},
    message::{Effect, Failure},
    model::About,
    screen::Screen,
    work::News,
};

/// Where to after an action or news.
#[derive(Debug, Default)]
pub enum Go {
    /// Nowhere.
    #[default]
    Stay,
    /// Back to the screen below.
    Back,
    /// Back to the rooms.
    Rooms,
    /// Into a screen on top of this one.
    Enter(Box<Screen>),
    /// Into a screen in place of this one.
    Replace(Box<Screen>),
}

/// What follows from an action or news.
#[derive(Debug, Default)]
pub struct Turn {
    /// Where to.
    pub go: Go,
    /// What is to be done outside.
    pub effects: Vec<Effect>,
    /// A failure to show on top.
    pub failure: Option<Failure>,
}

impl Turn {
    /// Nothing follows.
    #[must_use]
    pub fn stay() -> Self {
        Self::default()
    }

    /// A job is given to the worker.
    #[must_use]
    pub fn work(job: super::work::Job) -> Self {
        Self { effects: vec![Effect::Work(job)], ..Self::default() }
    }

    /// Another effect.
    #[must_use]
    pub fn effect(effect: Effect) -> Self {
        Self { effects: vec![effect], ..Self::default() }
    }

    /// Into a screen on top.
    #[must_use]
    pub fn enter(screen: Screen) -> Self {
        Self { go: Go::Enter(Box::new(screen)), ..Self::default() }
    }

    /// Into a screen in place of this one.
    #[must_use]
    pub fn replace(screen: Screen) -> Self {
        Self { go: Go::Replace(Box::new(screen)), ..Self::default() }
    }

    /// Back.
    #[must_use]
    pub fn back() -> Self {
        Self { go: Go::Back, ..Self::default() }
    }

    /// Back to the rooms.
    #[must_use]
    pub fn rooms() -> Self {
        Self { go: Go::Rooms, ..Self::default() }
    }

    /// Something that cannot be done as asked, told as a pair.
    #[must_use]
    pub fn refuse(what: impl Into<String>, hint: impl Into<String>) -> Self {
        let failure = Failure {
            what: what.into(),
            hint: hint.into(),
            class: crate::ceremony::Class::Configuration,
            aftermath: crate::ceremony::Aftermath::Nothing,
        };
        Self { failure: Some(failure), ..Self::default() }
    }

    /// And a job besides.
    #[must_use]
    pub fn and(mut self, job: super::work::Job) -> Self {
        self.effects.push(Effect::Work(job));
        self
    }
}

/// Whether a screen took news as its own.
#[derive(Debug)]
pub enum Heard {
    /// The news were for this screen.
    Mine(Turn),
    /// They were not; the value is given back.
    NotMine(Box<News>),
}

/// Whether a screen tells a failure itself.
#[derive(Debug)]
pub enum Told {
    /// It does.
    Here(Turn),
    /// It does not: the failure is shown on top.
    OnTop,
}

/// A screen.
pub trait Room {
    /// Its name in the frame.
    fn title(&self) -> &'static str;

    /// What a person can do here, for the full help.
    fn help(&self) -> &'static str;

    /// What keys do now. Every binding has an effect or says why not.
    fn bindings(&self, about: &About) -> Vec<Binding>;

    /// Carries out an action that [`Room::bindings`] offers.
    fn act(&mut self, action: Action, about: &About) -> Turn;

    /// The browser that keys go to, where there is one: paths are typed there, folders shown, media looked at again.
    fn browser(&mut self) -> Option<&mut Browser> {
        None
    }

    /// The field that letters go to, where there is one.
    fn field(&mut self) -> Option<&mut Field> {
        self.browser().and_then(Browser::field)
    }

    /// Something was typed into [`Room::field`].
    fn typed(&mut self) -> Turn {
        Turn::stay()
    }

    /// News of the work.
    fn hear(&mut self, news: Box<News>, about: &About) -> Heard {
        let _ = about;
        match self.browser() {
            Some(browser) => browser.hear(news),
            None => Heard::NotMine(news),
        }
    }

    /// The job in hand failed.
    fn fail(&mut self, failure: &Failure) -> Told {
        let _ = failure;
        Told::OnTop
    }

    /// Progress, and time that passed: [`About`] has both.
    fn tick(&mut self, about: &About) -> Turn {
        self.browser().map_or_else(Turn::stay, |browser| browser.tick(about))
    }

    /// Draws the screen between the frame's lines.
    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About);
}
