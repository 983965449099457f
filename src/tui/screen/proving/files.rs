//! The files of a proof as codes, one file after the other, for whoever has no medium.

use crate::{
    ceremony::ProofFile,
    tui::{canvas::Canvas, codes::Codes, keymap::Action},
};

/// Shows the code before.
pub(super) const PREVIOUS: Action = Action::Verb(5);

/// Shows the other file.
pub(super) const OTHER_FILE: Action = Action::Verb(6);

/// The files, one of them shown.
#[derive(Debug)]
pub(super) struct FileCodes {
    /// Each with its name.
    files: [(String, Codes); 2],
    shown: usize,
}

impl FileCodes {
    pub(super) fn of(files: [ProofFile; 2]) -> Self {
        Self { files: files.map(|file| (file.path, Codes::of(file.pem))), shown: 0 }
    }

    /// The first code of the first file.
    pub(super) fn first(&mut self) {
        self.shown = 0;
        self.codes().first();
    }

    /// Whether there is none before the one that is shown.
    pub(super) fn is_first(&self) -> bool {
        self.files[self.shown].1.is_first()
    }

    /// Another code, or another file from its first code on.
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Next => self.codes().next(),
            PREVIOUS => self.codes().previous(),
            OTHER_FILE => {
                self.shown = 1 - self.shown;
                self.codes().first();
            }
            _ => {}
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>) {
        let (name, codes) = &self.files[self.shown];
        codes.draw(canvas, name);
    }

    fn codes(&mut self) -> &mut Codes {
        &mut self.files[self.shown].1
    }
}
