//! Where a bundle goes, in which forms, and whether it fits.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use crate::{
    ceremony::{Access, FormObstacle, Format, RevokedSince, Space},
    pki::{platform::Platform, text::size},
    tui::{
        browser::{Browser, shown},
        canvas::{Canvas, LABEL_CELLS},
        field::Field,
        keymap::{Action, Binding},
        model::About,
        room::{Heard, Turn},
        theme::Role,
        wording::counted,
        work::{FormsWithKeys, News},
    },
};

use super::{beware, cargo::Cargo, forms::Forms};

/// Rows below the folders.
const FOOT_ROWS: u16 = 5;

/// Which of the two keys go to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pane {
    /// The media and folders.
    Folders,
    /// The forms.
    Forms,
}

/// What is known of the space on the medium.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Measure {
    /// It is to be measured.
    Wanted,
    /// It is being measured.
    Asked,
    /// So much.
    Known(Space),
    /// It could not be measured.
    Unknown,
}

/// Where a bundle goes, and in which forms.
#[derive(Debug)]
pub struct Target {
    browser: Browser,
    pane: Pane,
    forms: Forms,
    /// The folder that the operator named for the devices' private keys.
    keys: Option<PathBuf>,
    measure: Measure,
    revoked: Revoked,
}

/// What is known of certificates that are revoked or on hold.
#[derive(Debug)]
enum Revoked {
    /// It is to be asked.
    Wanted,
    /// It was asked.
    Asked,
    /// So much.
    Known(RevokedSince),
}

impl Target {
    /// No folder yet, and nothing but what is there always.
    #[must_use]
    pub fn new(forms: Forms) -> Self {
        Self {
            browser: Browser::to_receive(),
            pane: Pane::Folders,
            forms,
            keys: None,
            measure: Measure::Wanted,
            revoked: Revoked::Wanted,
        }
    }

    /// Chooses a platform's form.
    pub fn choose(&mut self, platform: Platform) {
        self.forms.choose(platform);
    }

    /// The open folder.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.browser.folder().map(Path::to_owned)
    }

    /// Whether the open folder is on a medium that is known to be read only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.browser.volume().is_some_and(|volume| volume.access == Access::ReadOnly)
    }

    /// Whether a folder of this name is known to stand in the open one.
    #[must_use]
    pub fn is_taken(&self, name: &str) -> bool {
        self.browser.lists(name)
    }

    /// The forms besides PEM.
    #[must_use]
    pub fn formats(&self) -> Vec<Format> {
        self.forms.chosen().to_vec()
    }

    /// A chosen form that holds the devices' private keys.
    #[must_use]
    pub fn keyed_form(&self) -> Option<&'static str> {
        self.forms.keyed()
    }

    /// The open folder is the one with the devices' private keys.
    pub fn take_keys(&mut self) {
        self.keys = self.folder();
    }

    /// The folder with the devices' private keys, where a chosen form holds them.
    #[must_use]
    pub fn keys(&self) -> Option<PathBuf> {
        self.keys.clone().filter(|_| self.forms.keyed().is_some())
    }

    /// Which pane keys go to.
    #[must_use]
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// Whether a path is being typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.browser.is_typing()
    }

    /// The field of a path being typed.
    pub fn field(&mut self) -> Option<&mut Field> {
        self.browser.field()
    }

    /// Begins to type a path.
    pub fn type_path(&mut self) {
        self.pane = Pane::Folders;
        self.browser.type_path();
    }

    /// News of folders are shown; where another one is open, its space is to be measured. All other news are given
    /// back.
    pub fn hear(&mut self, news: Box<News>) -> Heard {
        if let News::Folder(_) = *news {
            self.measure = Measure::Wanted;
        }
        self.browser.hear(news)
    }

    /// What is in the way of forms is known.
    pub fn know(&mut self, obstacles: Vec<FormObstacle>, with_keys: FormsWithKeys) {
        self.forms.know(obstacles, with_keys);
    }

    /// It is known which certificates are revoked or on hold.
    pub fn beware(&mut self, revoked: RevokedSince) {
        self.revoked = Revoked::Known(revoked);
    }

    /// The space was measured.
    pub fn measured(&mut self, space: Space) {
        // What was asked before the forms changed is measured once more.
        if self.measure == Measure::Asked {
            self.measure = Measure::Known(space);
        }
    }

    /// The space could not be measured.
    pub fn unmeasured(&mut self) {
        if self.measure == Measure::Asked {
            self.measure = Measure::Unknown;
        }
    }

    /// The form of this name is under the cursor, and keys go to the forms.
    pub fn lead_to(&mut self, form: &str) {
        self.pane = Pane::Forms;
        self.forms.lead_to(form);
    }

    /// The space is measured again.
    pub fn measure_again(&mut self) {
        self.measure = Measure::Wanted;
    }

    /// Back: from the forms to the folders, out of a path being typed or a folder, or off the screen.
    pub fn back(&mut self, about: &About) -> Turn {
        if self.pane == Pane::Forms {
            self.pane = Pane::Folders;
            return Turn::stay();
        }
        self.browser.back(about).unwrap_or_else(Turn::back)
    }

    /// Enter, where there is something that it opens.
    #[must_use]
    pub fn opening(&self) -> Option<Binding> {
        self.browser.opening(None)
    }

    /// Moves, opens, and chooses forms.
    pub fn act(&mut self, action: Action, about: &About) -> Turn {
        match (self.pane, action) {
            (Pane::Folders, Action::Next) => self.pane = Pane::Forms,
            (Pane::Forms, Action::Next) => self.pane = Pane::Folders,
            (Pane::Folders, _) => return self.browser.act(action, about),
            (Pane::Forms, Action::Mark) => match self.forms.mark() {
                Ok(()) => self.measure = Measure::Wanted,
                Err(obstacle) => {
                    let form = obstacle.format.name();
                    return Turn::refuse(
                        format!("the form {form} cannot be had here: {}", obstacle.what),
                        obstacle.hint.as_str(),
                    );
                }
            },
            (Pane::Forms, _) => self.forms.act(action),
        }
        Turn::stay()
    }

    /// Looks whether the medium is still there, and measures it where that is wanted.
    pub fn look(&mut self, cargo: &Cargo, about: &About) -> Turn {
        self.browser.look_again(about);
        // Whoever looks at the forms sees which of them cannot be had, before one is chosen.
        if self.pane == Pane::Forms && about.busy.is_none() && self.forms.wants_obstacles() {
            return Turn::work(cargo.ask_for_obstacles());
        }
        match self.folder() {
            Some(to) if self.measure == Measure::Wanted && about.busy.is_none() => {
                self.measure = Measure::Asked;
                Turn::work(cargo.measure(&to, self.formats()))
            }
            Some(_) => self.ask_for_revoked(cargo, about).unwrap_or_else(|| self.browser.ask(about)),
            None => self.browser.ask(about),
        }
    }

    /// Asks once which certificates are revoked or on hold.
    fn ask_for_revoked(&mut self, cargo: &Cargo, about: &About) -> Option<Turn> {
        if about.busy.is_some() || !matches!(self.revoked, Revoked::Wanted) {
            return None;
        }
        self.revoked = Revoked::Asked;
        cargo.ask_for_revoked().map(Turn::work)
    }

    /// Draws the folders or the forms, and below them what will be written.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About, cargo: &Cargo) {
        let warned = match &self.revoked {
            Revoked::Known(revoked) => beware::rows(cargo.count(), revoked, area.height),
            Revoked::Asked | Revoked::Wanted => 0,
        };
        let above = Rect { height: area.height.saturating_sub(FOOT_ROWS + warned), ..area };
        match self.pane {
            Pane::Folders => self.browser.draw(canvas, above, about),
            Pane::Forms => self.forms.draw(canvas, above),
        }
        let mut y = above.bottom();
        canvas.rule(area, y, &format!("what will be written: {}", cargo.told()));
        y += 1;
        if let Revoked::Known(revoked) = &self.revoked {
            beware::draw(canvas, Rect { y, height: warned, ..area }, cargo.count(), revoked);
        }
        y += warned;
        canvas.labelled(area, y, "forms", &self.forms.told(), Role::Plain);
        y += 1;
        self.draw_keys(canvas, Rect { y: y + 2, height: 1, ..area });
        let Some(folder) = self.folder() else {
            canvas.text(area.x, y, area.width, "open the folder that shall receive it", Role::Faint);
            return;
        };
        canvas.text(area.x, y, 18, "new folder", Role::Faint);
        canvas.outside(area.x + 18, y, area.width - 18, &shown(&folder.join(cargo.folder())), Role::Strong);
        y += 1;
        if self.is_read_only() {
            let text = "READ ONLY: nothing can be written onto this medium";
            canvas.labelled(area, y, "space", text, Role::Bad);
            return;
        }
        if self.is_taken(cargo.folder()) {
            let text = "STANDS THERE ALREADY and is not changed: open another folder";
            canvas.labelled(area, y, "not here", text, Role::Bad);
            return;
        }
        let (text, role) = match self.measure {
            Measure::Wanted | Measure::Asked => ("...".to_owned(), Role::Plain),
            Measure::Unknown => ("not known".to_owned(), Role::Attention),
            Measure::Known(space) => fits(space),
        };
        canvas.labelled(area, y, "space", &text, role);
    }
}

impl Target {
    /// Says that private keys will be in the bundle, and where they come from.
    fn draw_keys(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if self.forms.keyed().is_none() {
            return;
        }
        let Some(keys) = &self.keys else {
            let text = "will be in the bundle: open their folder and press p";
            canvas.labelled(area, area.y, "PRIVATE KEYS", text, Role::Bad);
            return;
        };
        let text = "in the bundle, in the clear; from ";
        canvas.labelled(area, area.y, "PRIVATE KEYS", text, Role::Bad);
        let used = LABEL_CELLS + u16::try_from(text.len()).unwrap_or(0);
        canvas.outside(area.x + used, area.y, area.width.saturating_sub(used), &shown(keys), Role::Strong);
    }
}

/// Whether a bundle fits, in words.
fn fits(space: Space) -> (String, Role) {
    let needed = format!(
        "about {} in {}, {} at most; {} free",
        size(space.octets),
        counted(space.files, "file"),
        size(space.octets_max),
        size(space.free)
    );
    if space.free < space.octets {
        (format!("TOO LITTLE: {needed}"), Role::Bad)
    } else if space.free < space.octets_max {
        (format!("MAY NOT FIT: {needed}"), Role::Attention)
    } else {
        (needed, Role::Plain)
    }
}
