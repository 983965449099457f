//! What text from outside can do to a screen: nothing outside of its own field, and nothing to the terminal.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
};

use coldsign::tui::theme::{Colours, Glyphs, Theme};
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthChar as _;

use super::{
    SIZES, drawn,
    outside::{HOSTILE_MIXED, Outside, Role},
    samples::{self, Sample},
};

/// All ways of drawing: with colours and without, with all that is harmless and with what every console can show.
const THEMES: [Theme; 4] = [
    Theme { colours: Colours::None, glyphs: Glyphs::Unicode },
    Theme { colours: Colours::Eight, glyphs: Glyphs::Unicode },
    Theme { colours: Colours::None, glyphs: Glyphs::Console },
    Theme { colours: Colours::Eight, glyphs: Glyphs::Console },
];

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

/// A sample with a text in one role at all sizes. Colours are no matter of text, and the console's glyphs are a matter
/// of each character alone: one theme tells which cells change.
fn draw(sample: &Sample, role: Role, text: &str) -> Drawn {
    let mut model = (sample.build)(&Outside::usual().with(role, text));
    SIZES.map(|size| drawn::cells(&mut model, size, THEMES[0]))
}

/// A sample, drawn at each of [`SIZES`].
type Drawn = [Buffer; SIZES.len()];

/// Cells, in each of [`SIZES`].
type Cells = [BTreeSet<(u16, u16)>; SIZES.len()];

/// The cells that a text in this role may change: in each row, all between the first and the last that plain texts
/// change.
fn field(sample: &Sample, role: Role, base: &Drawn, care: Care) -> Cells {
    let mut rows: [BTreeMap<u16, (u16, u16)>; SIZES.len()] = Default::default();
    let mut texts = vec!["something else".to_owned(), "B".repeat(10_000)];
    while let Some(text) = texts.pop() {
        let drawn = draw(sample, role, &text);
        // Where neither a short nor a long text is seen, none is.
        let first = rows.iter().all(BTreeMap::is_empty);
        for ((base, drawn), rows) in base.iter().zip(&drawn).zip(&mut rows) {
            for (x, y) in differing(base, drawn) {
                let row = rows.entry(y).or_insert((x, x));
                *row = (row.0.min(x), row.1.max(x));
            }
        }
        if first && rows.iter().any(|rows| !rows.is_empty()) {
            texts.extend(plain(care));
        }
    }
    // A text over several rows has one rectangle: where its words happen to end is chance.
    rows.map(|rows| {
        let rows = rectangles(rows).into_iter();
        rows.flat_map(|(y, (first, last))| (first..=last).map(move |x| (x, y))).collect()
    })
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

/// Cells outside of a field that a hostile text changes.
fn changed_outside(base: &Drawn, drawn: &Drawn, field: &Cells) -> Vec<(u16, u16)> {
    let pairs = base.iter().zip(drawn).zip(field);
    pairs
        .flat_map(|((base, drawn), field)| differing(base, drawn).filter(|place| !field.contains(place)))
        .collect()
}

/// What hostile texts change outside of their fields in some samples, and how many fields there are.
fn changed_in(samples: &[Sample]) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut fields = 0;
    for sample in samples {
        for role in Role::ALL {
            let base = draw(sample, role, "A");
            let cells = field(sample, role, &base, Care::Few);
            let is_seen = cells.iter().any(|cells| !cells.is_empty());
            fields += usize::from(is_seen);
            // Where plain text of any length is not seen, a few of the others tell as much as all.
            let texts = if is_seen { hostile() } else { hostile().split_off(13) };
            let drawn = texts.into_iter().map(|text| (draw(sample, role, &text), text));
            let suspects: Vec<(Drawn, String)> =
                drawn.filter(|(drawn, _)| !changed_outside(&base, drawn, &cells).is_empty()).collect();
            if suspects.is_empty() {
                continue;
            }
            let cells = field(sample, role, &base, Care::Every);
            for (drawn, text) in suspects {
                let places = changed_outside(&base, &drawn, &cells);
                if !places.is_empty() {
                    let start: String = text.chars().take(12).collect();
                    let (screen, state) = (sample.screen, sample.state);
                    let places = &places[..places.len().min(5)];
                    wrong.push(format!("{screen}, {state}: {role:?} {start:?} changes {places:?}"));
                }
            }
        }
    }
    (wrong, fields)
}

#[test]
fn hostile_text_changes_no_cell_outside_its_field() {
    // The longest test by far: as two halves it takes half the time.
    let samples = samples::all();
    let (one, other) = samples.split_at(samples.len() / 2);
    let ((mut wrong, fields), more) = thread::scope(|scope| {
        let other = scope.spawn(|| changed_in(other));
        (changed_in(one), other.join().unwrap())
    });
    wrong.extend(more.0);
    let fields = fields + more.1;
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(fields > 100, "only {fields} fields of outside text were found: the samples show none");
}

#[test]
fn no_cell_holds_what_a_terminal_would_obey_or_hide() {
    let mut wrong = BTreeSet::new();
    for sample in samples::all() {
        for text in hostile() {
            let outside = Role::ALL.iter().fold(Outside::usual(), |outside, &role| outside.with(role, &text));
            let mut model = (sample.build)(&outside);
            for (size, theme) in SIZES.into_iter().flat_map(|size| THEMES.map(|theme| (size, theme))) {
                let cells = drawn::cells(&mut model, size, theme);
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
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// What is wrong with what stands in a cell.
fn fault(symbol: &str, theme: Theme) -> Option<&'static str> {
    // Most cells: told first, as there are many millions.
    if let [b' '..=b'~'] = symbol.as_bytes() {
        return None;
    }
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
