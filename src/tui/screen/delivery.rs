//! Delivery: the bundle of a signed plan is written onto a medium and read back.

use ratatui::layout::Rect;

use crate::{
    ceremony::{Delivered, StoredPlan},
    tui::{
        browser::Browser,
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        work::{Job, News},
    },
};

/// Types a path.
const TYPE: Action = Action::Verb(0);

/// The delivery of a signed plan.
#[derive(Debug)]
pub struct Delivery {
    plan: StoredPlan,
    browser: Browser,
    delivered: Option<Delivered>,
}

impl Delivery {
    /// The delivery of a signed plan, to be told where.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self { plan, browser: Browser::new(), delivered: None }
    }
}

impl Room for Delivery {
    fn title(&self) -> &'static str {
        "Delivery: onto which medium?"
    }

    fn help(&self) -> &'static str {
        "Choose the medium and open the folder that shall receive the bundle: one new folder, named by the plan. It is \
         written whole, read back and compared. Nothing that stands there already is changed."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        if self.delivered.is_some() {
            return vec![Binding::bar(&[Key::Enter], Action::Back, "done")];
        }
        let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, "open")];
        if self.browser.is_typing() {
            bindings.push(BACK);
            return bindings;
        }
        bindings.push(Binding::help(&[Key::Right, Key::Char('l')], Action::Right, "into the folder"));
        bindings.push(Binding::help(&[Key::Left, Key::Char('h')], Action::Left, "out of the folder"));
        if self.browser.folder().is_some() {
            bindings.push(Binding::bar(&[Key::Char('w')], Action::Proceed, "write the bundle here"));
        }
        bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back if self.delivered.is_some() => Turn::rooms(),
            Action::Back if self.browser.is_typing() => self.browser.back(about).unwrap_or_default(),
            Action::Back => Turn::back(),
            TYPE => {
                self.browser.type_path();
                Turn::stay()
            }
            Action::Proceed => match self.browser.folder() {
                Some(listing) => Turn::work(Job::Deliver {
                    plan: self.plan.clone(),
                    to: listing.path.clone(),
                    formats: Vec::new(),
                }),
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
            News::Delivered(delivered) => {
                self.delivered = Some(delivered);
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.browser.look_again(about);
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let Some(delivered) = &self.delivered else {
            self.browser.draw(canvas, area, about);
            return;
        };
        let mut y = area.y;
        canvas.text(area.x, y, area.width, "Delivered, read back and compared.", Role::Good);
        y += 2;
        for (label, value) in [
            ("folder", delivered.folder.clone()),
            ("certificates", delivered.certificates.to_string()),
            ("files", delivered.files.to_string()),
            ("manifest SHA-256", delivered.manifest_sha256.to_string()),
        ] {
            y += canvas.labelled(area, y, label, &value, Role::Plain);
        }
    }
}
