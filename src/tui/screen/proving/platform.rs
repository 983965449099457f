//! The platforms, and what people need to know of the chosen one.

use ratatui::layout::Rect;

use crate::{
    ceremony::{Console, Platform},
    tui::{canvas::Canvas, theme::Role},
};

/// The platforms, the chosen one with what people need to know of it.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, chosen: usize) {
    canvas.text(area.x, area.y, area.width, "Which platform shall know the CA?", Role::Strong);
    for (row, platform) in Platform::ALL.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let (mark, role) = if row == chosen { (">", Role::Selected) } else { (" ", Role::Plain) };
        canvas.row(area, y, &format!("{mark} {:<20}({})", platform.title(), platform.name()), role);
    }
    let mut y = area.y + 2 + u16::try_from(Platform::ALL.len()).unwrap_or(0);
    let Some(platform) = Platform::ALL.get(chosen) else { return };
    let words = Console::of(*platform);
    canvas.rule(area, y, platform.title());
    y += 1;
    let code = format!("The code: {}.", words.code);
    for text in std::iter::once(code.as_str()).chain(words.rules.iter().copied()) {
        canvas.text(area.x, y, 1, "-", Role::Faint);
        let below = Rect {
            x: area.x + 2,
            y,
            width: area.width.saturating_sub(2),
            height: area.bottom().saturating_sub(y),
        };
        y += canvas.paragraph(below, text, Role::Plain);
    }
}
