//! What text from outside can do to a screen: nothing outside of its own field, and nothing to the terminal.

use std::collections::{BTreeMap, BTreeSet};

use coldsign::tui::theme::{Colours, Glyphs, Theme};
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthChar as _;

use super::{
    SIZES, drawn,
    outside::{HOSTILE_MIXED, Outside, Role},
    samples::{self, Sample},
};

/// Two ways of drawing, each with one extreme: all that is harmless, and what every console can show.
const THEMES: [Theme; 2] = [
    Theme { colours: Colours::None, glyphs: Glyphs::Unicode },
    Theme { colours: Colours::Eight, glyphs: Glyphs::Console },
];

/// Samples with text in them; drawing takes its time, so that those without any are left.
fn with_text() -> impl Iterator<Item = Sample> {
    samples::all().into_iter().filter(|sample| sample.state != "empty")
}

/// Sizes that a sample is drawn at: the larger one for the screen on its usual day alone, as drawing takes its time.
fn sizes(sample: &Sample) -> &'static [(u16, u16)] {
    if sample.state == "typical" { &SIZES } else { &SIZES[..1] }
}

/// What people who want to be trusted wrongly would write.
fn hostile() -> Vec<String> {
    let long = |piece: &str| piece.repeat(10_000 / piece.len());
    vec![
        HOSTILE_MIXED.to_owned(),
        "\u{1b}[2J\u{1b}[H\u{1b}]0;title\u{7}\u{1b}[31;1mred".to_owned(),
        "safe\u{202e}cod.exe\u{2066}\u{2067}\u{200f}".to_owned(),
        "\u{9b}2J\u{90}q\u{85}\u{ad}".to_owned(),
        "zero\u{200b}\u{200d}\u{feff}\u{2060}width e\u{301}\u{302}\u{303}".to_owned(),
        "one\ntwo\r\nthree\tfour\u{b}\u{c}\0five".to_owned(),
        "漢字かな한글 wide".to_owned(),
        "x漢".repeat(40),
        "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f1e9}\u{1f1ea} \u{2764}\u{fe0f}".to_owned(),
        "العربية עברית".to_owned(),
        long("\u{1b}[1A"),
        long("\u{202e}"),
        long("漢"),
        long("a\u{300}"),
        long("\n"),
        long("W"),
    ]
}

/// How many plain texts are drawn to learn which cells a text may change.
#[derive(Clone, Copy)]
enum Care {
    /// A few.
    Few,
    /// Every length there can be on a screen: for the rare case that a few do not tell.
    Every,
}

/// Plain texts, narrow and wide, of one word and of several: together they say which cells a text may change.
fn plain(care: Care) -> Vec<String> {
    let lengths: Vec<usize> = match care {
        Care::Few => vec![1, 4, 18, 60, 10_000],
        Care::Every => (0..300).collect(),
    };
    // Wide characters alone leave the last cell of an odd width empty.
    let letters = ["B", "中", "B中", "BBBBB BBBBBBBB "];
    lengths.iter().flat_map(|&length| letters.map(|letter| letter.repeat(length))).collect()
}

/// Where two drawings differ.
fn differing<'a>(one: &'a Buffer, other: &'a Buffer) -> impl Iterator<Item = (u16, u16)> + 'a {
    one.area.positions().map(|place| (place.x, place.y)).filter(|&place| one[place] != other[place])
}

fn draw(sample: &Sample, role: Role, text: &str, size: (u16, u16), theme: Theme) -> Buffer {
    drawn::cells(&mut (sample.build)(&Outside::usual().with(role, text)), size, theme)
}

/// The cells that a text in this role may change: in each row, all between the first and the last that plain texts
/// change.
fn field(sample: &Sample, role: Role, size: (u16, u16), care: Care) -> (Buffer, BTreeSet<(u16, u16)>) {
    let base = draw(sample, role, "A", size, THEMES[0]);
    let mut rows = BTreeMap::<u16, (u16, u16)>::new();
    let mut texts = vec!["something else".to_owned(), "B".repeat(10_000)];
    while let Some(text) = texts.pop() {
        let drawn = draw(sample, role, &text, size, THEMES[0]);
        // Where neither a short nor a long text is seen, none is.
        if rows.is_empty() && differing(&base, &drawn).next().is_some() {
            texts.extend(plain(care));
        }
        for (x, y) in differing(&base, &drawn) {
            let row = rows.entry(y).or_insert((x, x));
            *row = (row.0.min(x), row.1.max(x));
        }
    }
    // A text over several rows has one rectangle: where its words happen to end is chance. Of a document all is text.
    let rows = match sample.screen {
        "Document" if rows.keys().any(|&y| y >= 4) => (4..size.1 - 2).map(|y| (y, (0, size.0 - 1))).collect(),
        _ => rectangles(rows),
    };
    let field = rows.into_iter().flat_map(|(y, (first, last))| (first..=last).map(move |x| (x, y))).collect();
    (base, field)
}

/// Rows that follow each other, all as wide as the widest of them.
fn rectangles(rows: BTreeMap<u16, (u16, u16)>) -> BTreeMap<u16, (u16, u16)> {
    let mut blocks: Vec<BTreeMap<u16, (u16, u16)>> = Vec::new();
    for (y, run) in rows {
        match blocks.last_mut() {
            Some(block) if block.contains_key(&y.wrapping_sub(1)) => _ = block.insert(y, run),
            _ => blocks.push(BTreeMap::from([(y, run)])),
        }
    }
    let widen = |block: BTreeMap<u16, (u16, u16)>| {
        let first = block.values().map(|run| run.0).min().unwrap_or_default();
        let last = block.values().map(|run| run.1).max().unwrap_or_default();
        block.into_keys().map(move |y| (y, (first, last)))
    };
    blocks.into_iter().flat_map(widen).collect()
}

#[test]
fn hostile_text_changes_no_cell_outside_its_field() {
    let mut wrong = Vec::new();
    let mut fields = 0;
    for sample in with_text() {
        for role in Role::ALL {
            for &size in sizes(&sample) {
                let (base, cells) = field(&sample, role, size, Care::Few);
                fields += usize::from(!cells.is_empty());
                // Where plain text of any length is not seen, a few of the others tell as much as all.
                let texts = if cells.is_empty() { hostile().split_off(13) } else { hostile() };
                let outside = |text: &str, cells: &BTreeSet<(u16, u16)>| -> Vec<(u16, u16)> {
                    let drawn = draw(&sample, role, text, size, THEMES[0]);
                    differing(&base, &drawn).filter(|place| !cells.contains(place)).collect()
                };
                let suspects: Vec<String> =
                    texts.into_iter().filter(|text| !outside(text, &cells).is_empty()).collect();
                if suspects.is_empty() {
                    continue;
                }
                let (_, cells) = field(&sample, role, size, Care::Every);
                for text in suspects {
                    let places = outside(&text, &cells);
                    if !places.is_empty() {
                        let start: String = text.chars().take(12).collect();
                        wrong.push(format!(
                            "{}, {}: {role:?} {start:?} at {size:?} changes {:?}",
                            sample.screen,
                            sample.state,
                            &places[..places.len().min(5)]
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(fields > 20, "only {fields} fields of outside text were found: the samples show none");
}

#[test]
fn no_cell_holds_what_a_terminal_would_obey_or_hide() {
    let mut wrong = BTreeSet::new();
    for sample in with_text() {
        for text in hostile() {
            let outside = Role::ALL.iter().fold(Outside::usual(), |outside, &role| outside.with(role, &text));
            for &size in sizes(&sample) {
                for theme in THEMES {
                    let cells = drawn::cells(&mut (sample.build)(&outside), size, theme);
                    for cell in cells.content() {
                        if let Some(fault) = fault(cell.symbol(), theme) {
                            wrong.insert(format!(
                                "{}, {}: {:?} {fault} ({:?})",
                                sample.screen,
                                sample.state,
                                cell.symbol(),
                                theme.glyphs
                            ));
                        }
                    }
                }
            }
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// What is wrong with what stands in a cell.
fn fault(symbol: &str, theme: Theme) -> Option<&'static str> {
    let mut characters = symbol.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else {
        return Some("is not one character");
    };
    if c.is_control() {
        return Some("is a control");
    }
    if matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
        || c.width() == Some(0)
    {
        return Some("turns or hides text");
    }
    // Letters of scripts that are written from right to left turn the whole row on many terminals.
    if matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}') {
        return Some("is written from right to left");
    }
    let boxes = "─│┌┐└┘├┤┬┴┼═║╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬▀▄█▌▐░▒▓■";
    if theme.glyphs == Glyphs::Console
        && !(c.is_ascii() || ('\u{a0}'..='\u{ff}').contains(&c) || boxes.contains(c))
    {
        return Some("is not in the console's font");
    }
    None
}

#[test]
fn without_colours_no_cell_has_one() {
    for sample in samples::all() {
        for size in SIZES {
            let theme = Theme { colours: Colours::None, glyphs: Glyphs::Unicode };
            let cells = drawn::cells(&mut (sample.build)(&Outside::usual()), size, theme);
            for cell in cells.content() {
                let unset = ratatui::style::Color::Reset;
                assert!(
                    cell.fg == unset && cell.bg == unset,
                    "{}, {}: {cell:?}",
                    sample.screen,
                    sample.state
                );
            }
        }
    }
}
