//! What whoever delivers a plan is told of its certificates that are revoked or on hold.

use crate::{
    ceremony::{RevokedCa, RevokedSince},
    pki::text::Printable,
    tui::{canvas::Canvas, sheet::Item, theme::Role, wording::grouped},
};

use ratatui::layout::Rect;

/// The warnings, of so many certificates: none where all of them and the CAs above are good.
fn warnings(certificates: u64, revoked: &RevokedSince) -> impl Iterator<Item = Printable> {
    let above = revoked.above.iter().map(RevokedCa::words);
    let words = above.chain(revoked.count.words(certificates, grouped));
    words.map(|words| Printable::new(&format!("BEWARE: {words}")))
}

/// The first of them, each with the reason.
fn named(revoked: &RevokedSince) -> impl Iterator<Item = Printable> {
    revoked.first.iter().map(|row| {
        let subject = row.subject.as_ref().map_or(row.serial.as_str(), Printable::as_str);
        let reason = row.revoked.entry().map_or("", |entry| entry.reason.name());
        Printable::new(&format!("{subject}, {reason}"))
    })
}

/// Rows that the warning takes where so many stand on the screen: one each, and more for names where there is room.
pub(super) fn rows(certificates: u64, revoked: &RevokedSince, height: u16) -> u16 {
    /// Of so many rows of a screen one is for a name.
    const ROWS_A_NAME: u16 = 9;
    let names = revoked.first.len().min(usize::from(height / ROWS_A_NAME));
    u16::try_from(warnings(certificates, revoked).count() + names).unwrap_or(u16::MAX)
}

/// Draws it, as far as there is room.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, certificates: u64, revoked: &RevokedSince) {
    let mut rows = area.y..area.bottom();
    for (words, y) in warnings(certificates, revoked).zip(rows.by_ref()) {
        canvas.outside(area.x, y, area.width, &words, Role::Bad);
    }
    for (name, y) in named(revoked).zip(rows) {
        canvas.outside(area.x + 2, y, area.width.saturating_sub(2), &name, Role::Plain);
    }
}

/// The same on a sheet.
pub(super) fn items(certificates: u64, revoked: &RevokedSince) -> Vec<Item> {
    let warnings =
        warnings(certificates, revoked).map(|text| Item::Words(text.as_str().to_owned(), Role::Bad));
    warnings.chain(named(revoked).map(|name| Item::labelled("", name))).collect()
}
