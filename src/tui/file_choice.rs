//! Choosing a file or two on media: the tree, and above it what is chosen. Nothing is read by it.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{
    browser::{Browser, FOLDERS, TYPE, shown},
    canvas::Canvas,
    key::Key,
    keymap::{Action, BACK, Binding, LIST},
    model::About,
    room::Turn,
    theme::Role,
};

/// Takes the chosen file as the second one.
const SECOND: Action = Action::Verb(1);

/// A file that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What it is called.
    pub label: &'static str,
    /// What stands in its place until it is chosen.
    pub otherwise: &'static str,
}

/// What an action on the choice comes to.
#[derive(Debug)]
pub enum Chosen {
    /// It is chosen, and to be gone on with.
    Done,
    /// On in the tree.
    On(Turn),
    /// The choice is left.
    Out,
}

/// A choice of files.
#[derive(Debug)]
pub struct FileChoice {
    browser: Browser,
    first: (Wanted, Option<PathBuf>),
    /// None: the first one is all, and chosen by going on with it.
    second: Option<(Wanted, Option<PathBuf>)>,
}

impl FileChoice {
    /// The choice of one file.
    #[must_use]
    pub fn one(wanted: Wanted) -> Self {
        Self { browser: Browser::new(), first: (wanted, None), second: None }
    }

    /// The choice of two files, of which each may be left out as far as this choice is concerned.
    #[must_use]
    pub fn two(first: Wanted, second: Wanted) -> Self {
        Self { second: Some((second, None)), ..Self::one(first) }
    }

    /// The first file.
    #[must_use]
    pub fn first(&self) -> Option<&Path> {
        self.first.1.as_deref()
    }

    /// The second file.
    #[must_use]
    pub fn second(&self) -> Option<&Path> {
        self.second.as_ref()?.1.as_deref()
    }

    /// Whether a path is being typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.browser.is_typing()
    }

    /// The tree.
    pub fn browser(&mut self) -> &mut Browser {
        &mut self.browser
    }

    /// What keys do; `onward` goes on with what is chosen, with `e` where there are two.
    #[must_use]
    pub fn bindings(&self, onward: &'static str) -> Vec<Binding> {
        let mut bindings: Vec<Binding> = self.browser.opening(Some(self.first.0.label)).into_iter().collect();
        if self.is_typing() {
            bindings.push(BACK);
            return bindings;
        }
        let is_file = self.browser.chosen_file().is_some();
        if let Some((second, _)) = self.second.as_ref().filter(|_| is_file) {
            bindings.push(Binding::bar(&[Key::Char('a')], SECOND, second.label));
        }
        if self.second.is_some() && (self.first().is_some() || self.second().is_some()) {
            bindings.push(Binding::bar(&[Key::Char('e')], Action::Proceed, onward));
        }
        bindings.extend_from_slice(FOLDERS);
        bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    /// Carries out an action of [`FileChoice::bindings`].
    pub fn act(&mut self, action: Action, about: &About) -> Chosen {
        match (action, self.browser.chosen_file(), &mut self.second) {
            (Action::Back, ..) => self.browser.back(about).map_or(Chosen::Out, Chosen::On),
            (Action::Proceed, ..) => Chosen::Done,
            (SECOND, Some(file), Some((_, second))) => {
                *second = Some(file);
                Chosen::On(Turn::stay())
            }
            (Action::Open, Some(file), second) => {
                self.first.1 = Some(file);
                if second.is_some() { Chosen::On(Turn::stay()) } else { Chosen::Done }
            }
            _ => Chosen::On(self.browser.act(action, about)),
        }
    }

    /// Draws what is chosen, where there are two, and the tree below it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let Some(second) = &self.second else {
            self.browser.draw(canvas, area, about);
            return;
        };
        for (y, (wanted, path)) in (area.y..).zip([&self.first, second]) {
            canvas.text(area.x, y, 17, wanted.label, Role::Faint);
            let (x, width) = (area.x + 18, area.width.saturating_sub(18));
            match path {
                Some(path) => canvas.outside(x, y, width, &shown(path), Role::Strong),
                None => canvas.text(x, y, width, wanted.otherwise, Role::Plain),
            };
        }
        let below = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        self.browser.draw(canvas, below, about);
    }
}
