//! What text from outside can do to a screen: nothing outside of its own field, and nothing to the terminal.

use std::collections::BTreeSet;

use coldsign::tui::theme::{Colours, Glyphs, Theme};
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthChar as _;

use super::{
    SIZES, drawn,
    outside::{HOSTILE_MIXED, Outside, Role},
    samples::{self, Sample},
};

/// Every way in which terminals can be drawn on.
const THEMES: [Theme; 4] = [
    Theme { colours: Colours::Eight, glyphs: Glyphs::Unicode },
    Theme { colours: Colours::None, glyphs: Glyphs::Unicode },
    Theme { colours: Colours::Eight, glyphs: Glyphs::Console },
    Theme { colours: Colours::None, glyphs: Glyphs::Console },
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

/// Plain texts of many lengths, narrow and wide: together they say which cells a text may change.
fn plain() -> Vec<String> {
    let mut texts = vec![String::new()];
    for letter in ["B", "C", "中"] {
        let lengths = [1, 2, 3, 4, 6, 9, 13, 18, 26, 38, 54, 70, 80, 100, 130, 190, 260, 10_000];
        texts.extend(lengths.map(|length| letter.repeat(length)));
    }
    texts
}

/// Where two drawings differ.
fn differing<'a>(one: &'a Buffer, other: &'a Buffer) -> impl Iterator<Item = (u16, u16)> + 'a {
    one.area.positions().map(|place| (place.x, place.y)).filter(|&place| one[place] != other[place])
}

fn draw(sample: &Sample, role: Role, text: &str, size: (u16, u16), theme: Theme) -> Buffer {
    drawn::cells(&mut (sample.build)(&Outside::usual().with(role, text)), size, theme)
}

/// The cells that a text in this role may change.
fn field(sample: &Sample, role: Role, size: (u16, u16)) -> (Buffer, BTreeSet<(u16, u16)>) {
    let base = draw(sample, role, "A", size, THEMES[0]);
    let mut field = BTreeSet::new();
    if base == draw(sample, role, "something else", size, THEMES[0]) {
        return (base, field);
    }
    for text in plain() {
        field.extend(differing(&base, &draw(sample, role, &text, size, THEMES[0])));
    }
    (base, field)
}

#[test]
fn hostile_text_changes_no_cell_outside_its_field() {
    let mut wrong = Vec::new();
    let mut fields = 0;
    for sample in samples::all() {
        for role in Role::ALL {
            for size in SIZES {
                let (base, field) = field(&sample, role, size);
                fields += usize::from(!field.is_empty());
                for text in hostile() {
                    let drawn = draw(&sample, role, &text, size, THEMES[0]);
                    let outside: Vec<(u16, u16)> =
                        differing(&base, &drawn).filter(|place| !field.contains(place)).collect();
                    if !outside.is_empty() {
                        let start: String = text.chars().take(12).collect();
                        wrong.push(format!(
                            "{}, {}: {role:?} {start:?} at {size:?} changes {:?}",
                            sample.screen,
                            sample.state,
                            &outside[..outside.len().min(5)]
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
    for sample in samples::all() {
        for text in hostile() {
            let outside = Role::ALL.iter().fold(Outside::usual(), |outside, &role| outside.with(role, &text));
            for size in SIZES {
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
