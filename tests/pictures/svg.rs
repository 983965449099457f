//! Cells as a drawing in SVG: one rectangle and one text for each run of cells that look alike. The same cells give the
//! same octets.

use std::fmt::Write as _;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// Pixels of a cell.
const CELL: (u32, u32) = (9, 19);

/// Pixels around the cells.
const MARGIN: u32 = 12;

/// What a text looks like: foreground, background, weight.
type Look = (&'static str, Option<&'static str>, bool);

/// The foreground where none is chosen.
const LIGHT: &str = "#d8dee9";

/// The background where none is chosen.
const DARK: &str = "#14181f";

/// The drawing of cells.
pub fn picture(cells: &Buffer) -> String {
    let area = cells.area;
    let (wide, high) =
        (u32::from(area.width) * CELL.0 + 2 * MARGIN, u32::from(area.height) * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\">\n\
         <rect width=\"{wide}\" height=\"{high}\" rx=\"6\" fill=\"{DARK}\"/>\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let look = look(&cells[(x, y)]);
            let mut end = x;
            let mut text = String::new();
            while end < area.width && self::look(&cells[(end, y)]) == look {
                text.push_str(cells[(end, y)].symbol());
                end += 1;
            }
            run(&mut svg, (x, y), end - x, &text, look);
            x = end;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// A run of cells that look alike.
fn run(svg: &mut String, (x, y): (u16, u16), cells: u16, text: &str, (front, back, bold): Look) {
    let (left, top) = (MARGIN + u32::from(x) * CELL.0, MARGIN + u32::from(y) * CELL.1);
    let wide = u32::from(cells) * CELL.0;
    if let Some(back) = back {
        let high = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{back}\"/>"
        );
    }
    let kept = text.trim_end();
    if kept.trim_start().is_empty() {
        return;
    }
    let blanks = kept.chars().count() - kept.trim_start().chars().count();
    let kept = kept.trim_start();
    let left = left + u32::try_from(blanks).unwrap() * CELL.0;
    let wide = u32::try_from(kept.chars().count()).unwrap() * CELL.0;
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    // `textLength` keeps the columns where the reader's font has cells of another width.
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{front}\"{weight} \
         xml:space=\"preserve\">{}</text>",
        top + 14,
        escaped(kept)
    );
}

fn look(cell: &Cell) -> Look {
    let (front, back) = (colour(cell.fg, LIGHT), colour(cell.bg, DARK));
    let (front, back) =
        if cell.modifier.contains(Modifier::REVERSED) { (back, front) } else { (front, back) };
    // Blanks look alike whatever their foreground is.
    let blank = cell.symbol() == " ";
    let bold = cell.modifier.contains(Modifier::BOLD) && !blank;
    (if blank { LIGHT } else { front }, (back != DARK).then_some(back), bold)
}

/// The eight colours of consoles, as most terminals show them on a dark ground.
fn colour(colour: Color, unset: &'static str) -> &'static str {
    match colour {
        Color::Black => "#14181f",
        Color::Red => "#e06c75",
        Color::Green => "#98c379",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#61afef",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#6fb3c0",
        Color::White => "#ffffff",
        _ => unset,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
