//! Which characters stand on a screen as they are, and how many columns they take.
//!
//! A list of what is shown, not of what is refused: what no line names, such as every script that Unicode will add, is
//! written as an escape. A character that is shown takes one column or two whatever stands beside it, joins with no
//! neighbour and does not turn the direction of writing. Tests hold each of it against all of Unicode.

/// First and last of the runs of characters that take one column and are written from left to right without marks that
/// join. Unassigned characters, combining marks and blanks within a run are left out by [`is_shown`].
const NARROW: &[(char, char)] = &[
    (' ', '~'),
    // Latin, the international phonetic alphabet, modifier letters.
    ('¡', '\u{2ff}'),
    // Greek, Cyrillic, Armenian.
    ('\u{370}', '\u{58f}'),
    // Georgian.
    ('\u{10a0}', '\u{10ff}'),
    // Ethiopic, Cherokee, Canadian syllables.
    ('\u{1200}', '\u{167f}'),
    // Cyrillic and Georgian, extended.
    ('\u{1c80}', '\u{1cbf}'),
    // Phonetic letters, Latin and Greek, extended.
    ('\u{1d00}', '\u{1fff}'),
    // Punctuation, raised and lowered digits, currencies, letter-like signs, fractions, arrows, mathematics.
    ('\u{2010}', '\u{22ff}'),
    // Technical signs, control pictures, enclosed figures, boxes, blocks, shapes. What takes two columns among them,
    // being an emoji, is left out.
    ('\u{2300}', '\u{2319}'),
    ('\u{231c}', '\u{2328}'),
    ('\u{232b}', '\u{23e8}'),
    ('\u{2400}', '\u{25fc}'),
    ('\u{25ff}', '\u{25ff}'),
    // Dingbats from the check marks on, the same emoji left out.
    ('\u{2713}', '\u{2714}'),
    ('\u{2717}', '\u{2718}'),
    ('\u{2776}', '\u{2794}'),
    // Mathematics, arrows and Latin, extended.
    ('\u{27c0}', '\u{27ff}'),
    ('\u{2900}', '\u{2aff}'),
    ('\u{2c60}', '\u{2c7f}'),
    ('\u{a720}', '\u{a7ff}'),
    ('\u{ab30}', '\u{ab6f}'),
    // Latin ligatures; those of Armenian and Hebrew follow them and are not here.
    ('\u{fb00}', '\u{fb06}'),
    ('\u{fffd}', '\u{fffd}'),
];

/// The same for characters that take two columns: the writing of China, Japan and Korea. No emoji: their widths differ
/// from terminal to terminal.
const WIDE: &[(char, char)] = &[
    ('\u{2e80}', '\u{2fdf}'),
    ('\u{3001}', '\u{303e}'),
    ('\u{3041}', '\u{312f}'),
    // Hangul letters that do not join; U+3164 among them is blank.
    ('\u{3131}', '\u{3163}'),
    ('\u{3165}', '\u{318e}'),
    ('\u{3190}', '\u{31e3}'),
    ('\u{31f0}', '\u{321e}'),
    ('\u{3250}', '\u{4dbf}'),
    ('\u{4e00}', '\u{a48c}'),
    ('\u{a490}', '\u{a4c6}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{fe30}', '\u{fe6b}'),
    ('\u{ff01}', '\u{ff60}'),
    ('\u{ffe0}', '\u{ffe6}'),
    ('\u{20000}', '\u{3fffd}'),
];

/// Characters that the fonts of the Linux console draw beyond ASCII and Latin-1: the boxes and blocks of code page 437.
const CONSOLE: &str = "─│┌┐└┘├┤┬┴┼═║╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬▀▄█▌▐░▒▓■";

/// Whether a character may stand on a screen as it is. Never: controls (C0, DEL, C1), whatever turns the direction of
/// writing (marks, and the letters of scripts written from right to left), whatever has no width or joins with a
/// neighbour (zero-width characters, combining marks, variation selectors, joining jamo, tags), separators and blanks
/// other than the one of ASCII, emoji, private use, and what Unicode has not assigned.
#[must_use]
pub fn is_shown(c: char) -> bool {
    (' '..='~').contains(&c) || (is_within(c, NARROW) || is_within(c, WIDE)) && is_graphic(c)
}

/// Columns that a character which [`is_shown`] takes on a terminal: one or two. Characters whose width Unicode calls
/// ambiguous (UAX #11) count as one, as in every terminal that is not set to an East Asian encoding.
#[must_use]
pub fn columns(c: char) -> usize {
    if is_within(c, WIDE) { 2 } else { 1 }
}

/// Whether the console of Linux, without a desktop, draws a character with the fonts it comes with.
#[must_use]
pub fn is_on_console(c: char) -> bool {
    is_shown(c) && (c.is_ascii() || ('¡'..='ÿ').contains(&c) || CONSOLE.contains(c))
}

/// What people call a character that is not shown: the name of ASCII, or the number of Unicode.
pub(super) fn name(c: char) -> String {
    const CONTROLS: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO",
        "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS",
        "RS", "US",
    ];
    match CONTROLS.get(c as usize) {
        Some(name) => (*name).to_owned(),
        None if c == '\x7f' => "DEL".to_owned(),
        None => format!("U+{:04X}", u32::from(c)),
    }
}

/// The tables of the standard library know what is assigned, graphic and no combining mark: such a character is what
/// its debug form leaves as it is.
fn is_graphic(c: char) -> bool {
    c.escape_debug().eq([c])
}

fn is_within(c: char, runs: &[(char, char)]) -> bool {
    let after = runs.partition_point(|(first, _)| *first <= c);
    after > 0 && c <= runs[after - 1].1
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation as _;
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

    use super::*;

    fn everything() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    fn hidden(first: u32, last: u32) {
        for c in (first..=last).filter_map(char::from_u32) {
            assert!(!is_shown(c), "{c:?}");
        }
    }

    #[test]
    fn runs_stand_in_order_and_apart() {
        for runs in [NARROW, WIDE] {
            assert!(runs.iter().all(|(first, last)| first <= last));
            assert!(runs.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
        assert!(everything().all(|c| !(is_within(c, NARROW) && is_within(c, WIDE))));
    }

    #[test]
    fn what_is_shown_takes_the_columns_that_are_told() {
        for c in everything().filter(|c| is_shown(*c)) {
            assert_eq!(c.width(), Some(columns(c)), "{c:?}");
        }
    }

    #[test]
    fn what_is_shown_joins_with_no_neighbour() {
        // Whether two characters join depends on their classes alone (UAX #29), and every class that joins at all
        // joins with a letter, or with itself.
        for c in everything().filter(|c| is_shown(*c)) {
            for pair in
                [format!("a{c}"), format!("{c}a"), format!("{c}{c}"), format!("가{c}"), format!("{c}가")]
            {
                assert_eq!(pair.graphemes(true).count(), 2, "{pair:?}");
                assert_eq!(pair.width(), pair.chars().map(columns).sum::<usize>(), "{pair:?}");
            }
        }
    }

    #[test]
    fn controls_and_what_turns_the_direction_are_never_shown() {
        hidden(0x00, 0x1f);
        hidden(0x7f, 0xa0);
        for (first, last) in [
            (0x061c, 0x061c),
            (0x200e, 0x200f),
            (0x202a, 0x202e),
            (0x2066, 0x2069),
            // Hebrew, Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic, and the presentation forms.
            (0x0590, 0x08ff),
            (0xfb1d, 0xfdff),
            (0xfe70, 0xfeff),
            (0x10800, 0x10fff),
            (0x1e800, 0x1efff),
        ] {
            hidden(first, last);
        }
    }

    #[test]
    fn what_has_no_width_or_joins_is_never_shown() {
        for (first, last) in [
            (0x00ad, 0x00ad),
            (0x0300, 0x036f),
            (0x0483, 0x0489),
            (0x034f, 0x034f),
            (0x1100, 0x11ff),
            (0x180b, 0x180f),
            (0x1ab0, 0x1aff),
            (0x1dc0, 0x1dff),
            (0x200b, 0x200d),
            (0x2060, 0x206f),
            (0x20d0, 0x20ff),
            (0x302a, 0x302f),
            (0x3099, 0x309a),
            (0x3164, 0x3164),
            (0xa960, 0xa97f),
            (0xd7b0, 0xd7ff),
            (0xfe00, 0xfe0f),
            (0xfe20, 0xfe2f),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff0, 0xfffb),
            (0xe0000, 0xe0fff),
        ] {
            hidden(first, last);
        }
    }

    #[test]
    fn separators_blanks_emoji_private_use_and_the_unassigned_are_never_shown() {
        for (first, last) in [
            (0x00a0, 0x00a0),
            (0x1680, 0x1680),
            (0x2000, 0x200a),
            (0x2028, 0x2029),
            (0x202f, 0x202f),
            (0x205f, 0x205f),
            (0x2800, 0x28ff),
            (0x3000, 0x3000),
            (0x231a, 0x231b),
            (0x2600, 0x26ff),
            (0x1f000, 0x1ffff),
            (0xe000, 0xf8ff),
            (0xf0000, 0x0010_ffff),
            (0x0378, 0x0379),
            (0x0530, 0x0530),
            (0x1fffe, 0x1ffff),
        ] {
            hidden(first, last);
        }
    }

    #[test]
    fn people_read_their_own_names() {
        for name in
            ["Ünïcode", "Ελληνικά", "Кириллица", "Հայերեն", "漢字", "かな", "カナ", "한국어", "Łódź", "€ → …"]
        {
            assert!(name.chars().all(is_shown), "{name}");
        }
    }

    #[test]
    fn the_console_draws_latin_and_boxes_only() {
        assert!("Az~ äß¿ ─│╬█▒".chars().all(is_on_console));
        assert!("…Ł→漢\u{1b}\u{ad}".chars().all(|c| !is_on_console(c)));
    }
}
