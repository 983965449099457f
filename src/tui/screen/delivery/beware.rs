//! What whoever delivers a plan is told of its certificates that are revoked or on hold.

use crate::{
    ceremony::RevokedSince,
    pki::text::Printable,
    tui::{canvas::Canvas, sheet::Item, theme::Role, wording::grouped},
};

use ratatui::layout::Rect;

/// The warning, of so many certificates; `None` where all of them are good.
fn warning(certificates: u64, revoked: &RevokedSince) -> Option<String> {
    revoked.count.words(certificates, grouped).map(|words| format!("BEWARE: {words}"))
}

/// The first of them, each with the reason.
fn named(revoked: &RevokedSince) -> impl Iterator<Item = Printable> {
    revoked.first.iter().map(|row| {
        let subject = row.subject.as_ref().map_or(row.serial.as_str(), Printable::as_str);
        let reason = row.revoked.entry().map_or("", |entry| entry.reason.name());
        Printable::new(&format!("{subject}, {reason}"))
    })
}

/// Rows that the warning takes where so many stand on the screen: one, and more for names where there is room.
pub(super) fn rows(certificates: u64, revoked: &RevokedSince, height: u16) -> u16 {
    /// Of so many rows of a screen one is for a name.
    const ROWS_A_NAME: u16 = 9;
    match warning(certificates, revoked) {
        None => 0,
        Some(_) => 1 + u16::try_from(revoked.first.len()).unwrap_or(u16::MAX).min(height / ROWS_A_NAME),
    }
}

/// Draws it, as far as there is room.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, certificates: u64, revoked: &RevokedSince) {
    let Some(text) = warning(certificates, revoked) else { return };
    canvas.text(area.x, area.y, area.width, &text, Role::Bad);
    for (name, y) in named(revoked).zip(area.y + 1..area.bottom()) {
        canvas.outside(area.x + 2, y, area.width.saturating_sub(2), &name, Role::Plain);
    }
}

/// The same on a sheet.
pub(super) fn items(certificates: u64, revoked: &RevokedSince) -> Vec<Item> {
    let warning = warning(certificates, revoked).map(|text| Item::Words(text, Role::Bad));
    let named = named(revoked).map(|name| Item::labelled("", name));
    warning.into_iter().chain(named).collect()
}
