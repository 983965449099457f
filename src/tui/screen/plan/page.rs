//! A plan as it is drawn: what it is, how it stands and its words above, its certificates below.

use ratatui::layout::Rect;

use super::{HowFar, Known, Plan, forms};
use crate::{
    ceremony::{self, CertificateState, Estimate, PlanSummary, PlannedAuthorities, PlannedRow},
    pki::{text::Printable, time::Time},
    tui::{
        canvas::{Canvas, LABEL_CELLS},
        theme::Role,
        wording::{below, counted, digest_rows, grouped, moment, span},
    },
};

impl Plan {
    /// How it stands, in words; none where that is not known.
    fn state(&self) -> (String, Role) {
        match (self.how_far(), self.summary()) {
            (_, None) => (String::new(), Role::Plain),
            // What was read before it changed says nothing of how it stands.
            _ if !matches!(self.known, Known::Shown(_)) => (String::new(), Role::Plain),
            (HowFar::Withdrawn, Some(_)) => ("WITHDRAWN".to_owned(), Role::Attention),
            (HowFar::Planned, Some(_)) => ("NOT APPROVED".to_owned(), Role::Attention),
            (HowFar::Approved, Some(summary)) => {
                let (issued, accepted) = (grouped(summary.issued), grouped(self.stored.accepted));
                (format!("approved, {issued} of {accepted} signed"), Role::Good)
            }
            (HowFar::Signed, Some(summary)) => match summary.deliveries.len() {
                0 if summary.remaining.is_none() => ("signed; nothing is left to do".to_owned(), Role::Good),
                0 => ("signed, not delivered".to_owned(), Role::Attention),
                times => (format!("signed, delivered {}", counted(times as u64, "time")), Role::Good),
            },
        }
    }

    pub(super) fn draw_summary(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let plan = &self.stored;
        let mut y = area.y;
        let name = format!("{} of CA {}, profile {}", plan.id, plan.authority, plan.profile);
        y += canvas.labelled(area, y, "plan", Printable::new(&name).as_str(), Role::Strong);
        if let Some(authorities) = self.authorities() {
            y += canvas.labelled(area, y, "THIS MAKES", &makes(authorities), Role::Attention);
            canvas.text(area.x, y, 17, "names below it", Role::Faint);
            let width = area.width.saturating_sub(18);
            canvas.outside(area.x + 18, y, width, &authorities.names_below, Role::Attention);
            y += 1;
        }
        if let Some(told) = self.outside_key() {
            canvas.text(area.x, y, 17, "KEY FROM OUTSIDE", Role::Attention);
            canvas.outside(area.x + 18, y, area.width.saturating_sub(18), told, Role::Attention);
            y += 1;
        }
        if let Some(withdrawn) = self.summary().and_then(|summary| summary.withdrawn.as_ref()) {
            let told = Printable::new(&format!("{}: {}", moment(withdrawn.time), withdrawn.reason));
            canvas.text(area.x, y, 17, "WITHDRAWN", Role::Attention);
            canvas.outside(area.x + 18, y, area.width.saturating_sub(18), &told, Role::Attention);
            y += 1;
        }
        let (state, role) = self.state();
        let taken = match self.how_far() {
            HowFar::Planned | HowFar::Approved => "to sign",
            HowFar::Signed | HowFar::Withdrawn => "in the plan",
        };
        let counts = format!(
            "{} {taken}, {} refused, {} skipped",
            grouped(self.counts.accepted),
            grouped(self.counts.refused),
            grouped(self.counts.skipped)
        );
        let width = u16::try_from(state.len()).unwrap_or(area.width).min(area.width);
        let beside = Rect { width: area.width.saturating_sub(width + 1), ..area };
        canvas.labelled(beside, y, "requests", &counts, Role::Plain);
        canvas.text(area.right() - width, y, width, &state, role);
        y += 1;
        if let Some(table) = ceremony::table_of(plan) {
            y += canvas.labelled(area, y, "table", table.as_str(), Role::Plain);
        }
        let Some(shown) = self.shown() else {
            let text = match self.known {
                Known::Nothing => "the plan could not be read; go back and open it again",
                Known::Asked | Known::Shown(_) => "reading the plan ...",
            };
            canvas.text(area.x, y, area.width, text, Role::Faint);
            return;
        };
        let summary = &shown.summary;
        y += canvas.labelled(area, y, "valid from", &between(summary.not_before), Role::Plain);
        y += canvas.labelled(area, y, "valid until", &between(summary.not_after), Role::Plain);
        for (place, serious) in summary.serious().iter().enumerate() {
            let label = if place == 0 { "BEWARE" } else { "" };
            y += canvas.labelled(area, y, label, serious, Role::Attention);
        }
        let room = usize::from(area.width.saturating_sub(LABEL_CELLS));
        if let Some(text) = forms::row(&summary.forms_not_had, room) {
            y += canvas.labelled(area, y, "CANNOT BE HAD", &text, Role::Attention);
        }
        y += canvas.labelled(area, y, "checks", &checks(summary), Role::Plain);
        for waived in &summary.waived {
            y += canvas.labelled(area, y, "WAIVED", &waived.words(), Role::Attention);
        }
        y += canvas.labelled(area, y, "time to sign", &time(shown.estimate.as_ref()), Role::Plain);
        let last = shown.last.as_ref().or(shown.rows.last());
        let serial = |row: Option<&PlannedRow>| row.map_or_else(String::new, |row| row.serial.clone());
        let first = shown.rows.first().filter(|row| row.index == 1);
        let serials =
            format!("{} first, {} last", cut_serial(&serial(first), 20), cut_serial(&serial(last), 20));
        y += canvas.labelled(area, y, "serial numbers", &serials, Role::Plain);
        y += digest(canvas, area, y, "digest", &plan.digest.to_string());
        canvas.text(area.x, y, area.width, "words", Role::Faint);
        words(canvas, Rect { x: area.x + 8, y, height: 3, width: area.width - 8 }, &plan.words());
    }

    pub(super) fn draw_rows(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if area.height < 2 {
            return;
        }
        let how = match (self.row(self.chosen()).and_then(|row| row.state), self.how_far()) {
            (Some(_), _) => "as it was signed",
            (None, HowFar::Withdrawn) => "never to be signed",
            (None, _) => "as it will be signed",
        };
        let (chosen, all) = (grouped(self.chosen()), grouped(self.stored.accepted));
        let title = format!("certificate {chosen} of {all}, {how}");
        canvas.rule(area, area.y, &title);
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let page = usize::from(below.height);
        let first = self.list.first_seen(self.rows_of_plan(), page);
        for place in 0..page.min(self.rows_of_plan()) {
            let y = below.y + u16::try_from(place).unwrap_or(0);
            let at = first + place;
            let role = if at == self.list.chosen() { Role::Selected } else { Role::Plain };
            canvas.row(below, y, "", role);
            let Some(row) = self.row(at as u64 + 1) else {
                canvas.text(below.x + 1, y, 10, "...", role);
                continue;
            };
            let state = row.state.map_or("", |state| match state {
                CertificateState::Valid => "signed",
                other => other.word(),
            });
            let half = (below.width.saturating_sub(24)) / 2;
            canvas.text(below.x, y, 1, if row.notes.is_empty() { " " } else { "!" }, role);
            canvas.text(below.x + 1, y, 12, &cut_serial(&row.serial, 10), role);
            canvas.outside(below.x + 14, y, half.saturating_sub(1), &row.subject, role);
            canvas.outside(below.x + 14 + half, y, half, &row.source, role);
            canvas.text(below.right().saturating_sub(8), y, 8, state, role);
        }
    }
}

/// The first digits of a serial number; the whole of it stands in the certificate.
fn cut_serial(serial: &str, digits_max: usize) -> String {
    let digits: String = serial.chars().take(digits_max).collect();
    if digits.len() < serial.len() { format!("{digits}..") } else { digits }
}

/// That CAs are made, and what they may do.
fn makes(authorities: &PlannedAuthorities) -> String {
    let below = below(authorities.path_length);
    if authorities.count == 1 {
        format!("A CA, no device: {below}")
    } else {
        format!("{} CAs: {below}", grouped(authorities.count))
    }
}

/// One moment, or the first and the last.
fn between((first, last): (Time, Time)) -> String {
    if first == last { moment(first) } else { format!("{} to {}", moment(first), moment(last)) }
}

/// What the lint and the other checks said; what is serious stands in lines of its own.
fn checks(summary: &PlanSummary) -> String {
    let passed = match summary.waived.iter().filter(|waived| waived.certificates > 0).count() {
        0 => format!("all {} rules passed", summary.lint_rules),
        waived => {
            let held = summary.lint_rules.saturating_sub(waived);
            format!("{held} of {} rules passed", summary.lint_rules)
        }
    };
    let passed = match summary.plan.block_lists.as_deref() {
        None => passed,
        Some([]) => format!("{passed}; NO BLOCK LIST"),
        Some(lists) => format!("{passed}; {}", counted(lists.len() as u64, "block list")),
    };
    match (summary.other_notes(), summary.serious().is_empty()) {
        (0, true) => format!("{passed}; no notes"),
        (0, false) => passed,
        (notes, true) => format!("{passed}; {}", counted(notes, "note")),
        (notes, false) => format!("{passed}; {}", counted(notes, "more note")),
    }
}

fn time(estimate: Option<&Estimate>) -> String {
    match estimate {
        None => "not known: nothing was signed yet for long enough to tell".to_owned(),
        Some(estimate) if estimate.certificates == 0 => "nothing is left to sign".to_owned(),
        Some(estimate) => format!("about {}: {}", span(estimate.seconds), estimate.basis),
    }
}

/// A digest in full, over two rows in groups of eight digits; returns the rows used.
pub fn digest(canvas: &mut Canvas<'_>, area: Rect, y: u16, label: &str, digits: &str) -> u16 {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    for ((four, label), y) in digest_rows(digits).iter().zip(labels).zip(y..) {
        canvas.labelled(area, y, label, four, Role::Plain);
    }
    2
}

/// Words in rows of four, numbered, far enough apart to be read aloud.
pub fn words(canvas: &mut Canvas<'_>, area: Rect, words: &str) {
    for (place, word) in words.split(' ').enumerate() {
        let (column, row) = (place % 4, place / 4);
        let x = area.x + u16::try_from(column).unwrap_or(0) * 17;
        let y = area.y + u16::try_from(row).unwrap_or(0);
        if y < area.bottom() {
            canvas.text(x, y, 3, &format!("{:>2}", place + 1), Role::Faint);
            canvas.text(x + 3, y, 14, word, Role::Strong);
        }
    }
}
