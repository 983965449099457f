//! An entry that was noted: how it is asked for, and what became of it.

use ratatui::layout::Rect;

use crate::{
    ceremony::{AuditReport, HeldEntry, Noted},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        field::Field,
        sheet::Item,
        theme::Role,
        wording::{counted, grouped, moment},
    },
};

/// Draws the field for it.
pub(super) fn draw_asking(canvas: &mut Canvas<'_>, area: Rect, typed: &Field) {
    let text = "Which entry was noted? Type its number, its twelve words, or the number and then the words, as closing \
                showed them.";
    let used = canvas.paragraph(area, text, Role::Strong) + 1;
    canvas.input(area.x, area.y + used, area.width, typed, Role::Selected);
    let below = Rect { y: area.y + used + 2, height: area.height.saturating_sub(used + 2), ..area };
    let text = "By the number alone you are shown the words of that entry, to be compared with the paper. Words alone are \
                looked for in the whole history.";
    canvas.paragraph(below, text, Role::Faint);
}

/// What became of it, in words. An audit that is not clean says nothing for any entry.
pub(super) fn told(noted: &Noted, report: &AuditReport) -> Vec<Item> {
    let mut items = match noted {
        Noted::Held { entry, after } => {
            let text = format!(
                "HELD: entry {} is in this history, and {} after it.",
                grouped(entry.number),
                counted(*after, "entry")
            );
            held(text, Role::Good, entry)
        }
        Noted::There { entry, after } => {
            let text = format!(
                "There is an entry {} in this history, and {} after it. Whether it is the noted one, its words show.",
                grouped(entry.number),
                counted(*after, "entry")
            );
            held(text, Role::Attention, entry)
        }
        Noted::OtherWords(entry) => {
            let text = format!(
                "NOT HELD: entry {} has other words here. This is another history than the one that was noted.",
                grouped(entry.number)
            );
            held(text, Role::Bad, entry)
        }
        Noted::Absent { newest } => {
            let text = format!(
                "NOT HELD: no entry of this history is the one that was typed. Its newest is entry {}. Where the \
                 typing is right, the end was cut off, or this is another register.",
                grouped(newest.entry)
            );
            vec![Item::Words(text, Role::Bad)]
        }
    };
    if !report.clean() {
        let text = "The audit is not clean: before that is explained, no entry counts.";
        items.push(Item::Words(text.to_owned(), Role::Bad));
    }
    items.push(Item::Gap);
    items
}

fn held(text: String, role: Role, entry: &HeldEntry) -> Vec<Item> {
    vec![
        Item::Words(text, role),
        Item::labelled("recorded", Printable::new(&format!("{}: {}", moment(entry.time), entry.kind))),
        Item::labelled("its words", Printable::new(&entry.hash.words())),
        Item::Words(
            "Compare the words with the paper, where only the number was typed.".to_owned(),
            Role::Faint,
        ),
    ]
}
