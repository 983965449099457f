//! What is about to be done, shown whole, and the name that is typed to do it. A single key does nothing.
//!
//! The ceremony compares the name.

use ratatui::layout::Rect;

use super::{
    canvas::Canvas,
    field::Field,
    key::Key,
    keymap::{Action, BACK, Binding},
    sheet::{Item, Sheet},
    theme::Role,
};

/// Rows below the sheet: a gap, what to type, and the field.
const FOOT_ROWS: u16 = 3;

/// A name to be typed below what it stands for.
#[derive(Debug)]
pub struct TypedName {
    sheet: Sheet,
    typed: Field,
    /// What to type, and for what.
    ask: &'static str,
}

impl TypedName {
    /// Nothing is typed yet.
    #[must_use]
    pub fn new(items: Vec<Item>, ask: &'static str) -> Self {
        Self { sheet: Sheet::new(items), typed: Field::default(), ask }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> String {
        self.typed.text().to_owned()
    }

    /// The field that it is typed into.
    pub fn field(&mut self) -> &mut Field {
        &mut self.typed
    }

    /// What keys do; `words` is what Enter does.
    #[must_use]
    pub fn bindings(words: &'static str) -> Vec<Binding> {
        vec![
            Binding::bar(&[Key::Enter], Action::Proceed, words),
            Binding::help(&[Key::Up], Action::Up, "one row up"),
            Binding::help(&[Key::Down], Action::Down, "one row down"),
            BACK,
        ]
    }

    /// Scrolls what is shown.
    pub fn act(&mut self, action: Action) {
        self.sheet.act(action);
    }

    /// Draws both.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.sheet.draw(canvas, Rect { height: area.height.saturating_sub(FOOT_ROWS), ..area });
        let y = area.bottom().saturating_sub(2);
        canvas.text(area.x, y, area.width, self.ask, Role::Strong);
        canvas.input(area.x, y + 1, 40, &self.typed, Role::Selected);
    }
}
