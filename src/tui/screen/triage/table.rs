//! The table as it is drawn: counts and filters above, the rows that are seen, the chosen one in full below.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{Mode, TriageScreen};
use crate::{
    ceremony::{Agreement, Counts, Direction, Order, Planned, Row, Verdict},
    pki::{policy::Severity, text::Printable},
    tui::{
        canvas::{Canvas, end_of},
        field::Field,
        theme::{Role, Theme},
        wording::{counted, grouped},
    },
};

/// Rows above the table: counts, filters, headings.
const HEAD_ROWS: u16 = 3;

/// Rows below the table: where it stands, source, subject and findings of the chosen row.
const FOOT_ROWS: u16 = 4;

/// Cells of the label before each row of the foot.
const LABEL_CELLS: u16 = 10;

/// Where the columns of a table begin, and how wide they are.
struct Columns {
    source: (u16, u16),
    key: (u16, u16),
    subject: (u16, u16),
    findings: (u16, u16),
}

/// Cells of the chosen row's mark, the verdict's mark and its word.
const VERDICT_CELLS: u16 = 11;

/// Cells of a key's name.
const KEY_CELLS: u16 = 9;

/// Cells of a heading, which a column has at least.
const COLUMN_MIN: u16 = 8;

impl Columns {
    /// The columns of a width: sources and findings take what the longest of those that are seen need, where that
    /// leaves the others something; the subject has the rest.
    fn of(width: u16, longest: (u16, u16)) -> Self {
        let findings = longest.1.clamp(COLUMN_MIN, if width >= 110 { 40 } else { 20 });
        let left = width.saturating_sub(VERDICT_CELLS + 1 + KEY_CELLS + 1 + findings + 1);
        let source = longest.0.clamp(COLUMN_MIN, (left * 3 / 5).max(COLUMN_MIN));
        let subject = left.saturating_sub(source + 1);
        let first = VERDICT_CELLS + 1;
        let second = first + source + 1;
        let third = second + KEY_CELLS + 1;
        Self {
            source: (first, source),
            key: (second, KEY_CELLS),
            subject: (third, subject),
            findings: (third + subject + 1, findings),
        }
    }

    /// The subject's cells of a row: with those of the findings where it has none.
    fn subject_of(&self, row: Row<'_>) -> (u16, u16) {
        let (x, cells) = self.subject;
        let has_findings = row.findings().next().is_some();
        (x, if has_findings { cells } else { cells + 1 + self.findings.1 })
    }
}

/// Cells of a text, as far as a screen can have them.
fn cells_of(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

impl TriageScreen {
    /// Draws all of it.
    pub(super) fn draw_table(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if area.height <= HEAD_ROWS + FOOT_ROWS {
            return;
        }
        let forms = &self.reading.forms;
        // What settings and CAs are in the way of is known beforehand: it is told beside what requests are in the way of.
        let not_had = if forms.of_requests().is_empty() { 0 } else { forms.obstacles.len() };
        draw_counts(canvas, area, self.reading.triage.counts(), not_had as u64);
        let mut y = self.draw_filters(canvas, area);
        let bottom = area.bottom().saturating_sub(FOOT_ROWS).max(y);
        let page = usize::from(bottom.saturating_sub(y + 1));
        let first = self.list.first_seen(self.selection.len(), page);
        let columns = Columns::of(area.width, self.longest(canvas.theme(), (first, page), area.width));
        for (title, (x, width)) in [
            ("  verdict", (0, VERDICT_CELLS)),
            ("source", columns.source),
            ("key", columns.key),
            ("subject", columns.subject),
            ("findings", columns.findings),
        ] {
            cell(canvas, area, (x, width), y, title, Role::Faint);
        }
        y += 1;
        self.page.set(page);
        for (position, y) in (first..self.selection.len()).zip(y..bottom) {
            let row = self.selection.at(position).and_then(|row| self.reading.triage.row(row));
            if let Some(row) = row {
                let chosen = (position == self.list.chosen()).then_some(Role::Selected);
                self.draw_row(canvas, (area, y), &columns, row, chosen);
            }
        }
        if self.selection.is_empty() {
            let text = match self.mode {
                Mode::Searching { .. } => "No request passes the search and the filters.",
                _ => "No request passes the filters and the search. x shows all again.",
            };
            canvas.text(area.x, y, area.width, text, Role::Attention);
        }
        self.draw_foot(canvas, Rect { y: bottom, height: area.bottom().saturating_sub(bottom), ..area });
    }

    /// Cells of the longest source and of the longest findings among the rows that are seen.
    fn longest(&self, theme: Theme, (first, page): (usize, usize), cells: u16) -> (u16, u16) {
        let places = first..self.selection.len().min(first + page);
        let rows = places.filter_map(|place| self.reading.triage.row(self.selection.at(place)?));
        rows.fold((0, 0), |(source, findings), row| {
            let own = cells_of(&beginning(theme, self.short(row.source), cells));
            (source.max(own), findings.max(cells_of(&told(row, cells).0)))
        })
    }

    /// A row, in one role where it is the chosen one.
    fn draw_row(
        &self,
        canvas: &mut Canvas<'_>,
        (area, y): (Rect, u16),
        columns: &Columns,
        row: Row<'_>,
        chosen: Option<Role>,
    ) {
        let role = |role| chosen.unwrap_or(role);
        if let Some(chosen) = chosen {
            canvas.row(area, y, ">", chosen);
        }
        let (mark, verdict) = marked(row.verdict);
        let text = format!("{mark} {}", row.verdict.word());
        cell(canvas, area, (1, VERDICT_CELLS - 1), y, &text, role(verdict));
        let theme = canvas.theme();
        let source = end_of(&shown(theme, self.short(row.source)), columns.source.1);
        cell(canvas, area, columns.source, y, &source, role(Role::Plain));
        let place = columns.subject_of(row);
        let (subject, faint) = match row.subject {
            Some("") => ("(empty)".to_owned(), Role::Faint),
            Some(subject) => (beginning(theme, subject, place.1), Role::Plain),
            None => ("(not readable)".to_owned(), Role::Faint),
        };
        cell(canvas, area, place, y, &subject, role(faint));
        let (key, faint) = match (row.key, row.verdict) {
            (Some(key), _) => (key.to_string(), Role::Plain),
            (None, Verdict::Skipped) => (String::new(), Role::Plain),
            (None, _) => ("not read".to_owned(), Role::Faint),
        };
        cell(canvas, area, columns.key, y, &key, role(faint));
        let (text, worst) = told(row, columns.findings.1);
        cell(canvas, area, columns.findings, y, &text, role(worst));
    }

    /// What is shown of all; returns the row below.
    fn draw_filters(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let verdict =
            self.filter.verdict.map_or("all verdicts".to_owned(), |it| format!("only {}", it.word()));
        let control = self.filter.control.map_or("all controls".to_owned(), |it| format!("only {}", it.id()));
        let order = match self.order {
            Order::Medium => "order of the medium",
            Order::Source => "by source",
            Order::Subject => "by subject",
            Order::Key => "by key",
            Order::Verdict => "by verdict",
        };
        let direction = match self.direction {
            Direction::Ascending => "",
            Direction::Descending => ", reversed",
        };
        let mut x = area.x;
        let y = area.y + 1;
        for (cap, words) in [("v", verdict), ("c", control), ("o", format!("{order}{direction}"))] {
            let role = if words.starts_with("only") { Role::Attention } else { Role::Faint };
            x += 1 + canvas.text(x, y, area.right().saturating_sub(x), cap, Role::Cap);
            x += 3 + canvas.text(x, y, area.right().saturating_sub(x), &words, role);
        }
        let (field, role) = match &self.mode {
            Mode::Searching { field, .. } => (field.clone(), Role::Selected),
            _ if self.filter.search.is_empty() => return area.y + HEAD_ROWS - 1,
            _ => (Field::with(&self.filter.search), Role::Plain),
        };
        let used = canvas.text(area.x, y + 1, area.width, "/ search ", Role::Cap);
        canvas.input(area.x + used, y + 1, area.width.saturating_sub(used).min(60), &field, role);
        area.y + HEAD_ROWS
    }

    /// The chosen row in full, as far as a line each goes.
    fn draw_foot(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let shown = self.selection.len() as u64;
        let row = self.chosen().and_then(|row| self.reading.triage.row(row));
        let place = if row.is_some() { self.list.chosen() as u64 + 1 } else { 0 };
        let all = self.reading.triage.len() as u64;
        let text = if shown == all {
            format!("row {} of {}", grouped(place), grouped(all))
        } else {
            format!("row {} of {} shown, of {} in all", grouped(place), grouped(shown), grouped(all))
        };
        let text = format!("{text}, judged by profile {}", Printable::new(&self.asked.profile));
        canvas.rule(area, area.y, &text);
        let Some(row) = row else { return };
        let theme = canvas.theme();
        let width = area.width.saturating_sub(LABEL_CELLS);
        let mut findings = String::new();
        for (control, severity) in row.findings() {
            let mark = match (severity, row.verdict) {
                (Severity::Note, _) => "!",
                (Severity::Refuse, verdict) => marked(verdict).0,
            };
            findings.push_str(mark);
            findings.push(' ');
            findings.push_str(control.id());
            findings.push_str("  ");
        }
        for (y, label, text) in [
            (area.y + 1, "source", end_of(&self::shown(theme, row.source), width)),
            (area.y + 2, "subject", beginning(theme, row.subject.unwrap_or("(not readable)"), width)),
            (
                area.y + 3,
                "findings",
                if findings.is_empty() {
                    "none; the plan looks into the register too".to_owned()
                } else {
                    findings
                },
            ),
        ] {
            canvas.text(area.x, y, LABEL_CELLS, label, Role::Faint);
            canvas.text(area.x + LABEL_CELLS, y, width, &text, Role::Plain);
        }
    }

    /// That a plan was made which is not what the table shows.
    pub(super) fn draw_differs(&self, canvas: &mut Canvas<'_>, area: Rect, planned: &Planned) {
        let place = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: 13 };
        let inside = canvas.frame(place, "The plan is not what the table shows", Role::Attention);
        let (table, agreement) = (self.reading.triage.counts(), planned.agreement);
        let planned = planned.counts;
        let heading = format!("{:<24}{:>14}{:>14}", "", "in the table", "in the plan");
        canvas.text(inside.x, inside.y, inside.width, &heading, Role::Faint);
        for (y, words, table, planned) in [
            (1, "accepted", table.accepted, planned.accepted),
            (2, "refused", table.refused, planned.refused),
            (3, "skipped", table.skipped, planned.skipped),
        ] {
            let text = format!("{words:<24}{:>14}{:>14}", grouped(table), grouped(planned));
            let role = if table == planned { Role::Plain } else { Role::Attention };
            canvas.text(inside.x, inside.y + y, inside.width, &text, role);
        }
        let text = match agreement {
            Agreement::OtherVerdicts => {
                "The requests are the same. A plan also looks for keys that were certified before, in the register. \
                 The plan is stored and not approved: look at it (f there names the requests and what was found), or \
                 go back."
            }
            Agreement::NotCompared | Agreement::OtherRequests | Agreement::Same => {
                "The medium was read anew, and the requests on it are NOT those of the table: some were added, \
                 removed, replaced or moved since. The plan is stored and not approved. Go back and read the requests \
                 again; nothing signs a plan that nobody approves."
            }
        };
        let below = Rect { y: inside.y + 5, height: inside.height.saturating_sub(5), ..inside };
        canvas.paragraph(below, text, Role::Plain);
    }
}

/// How many requests there are of each verdict, and how many forms of delivery accepted ones rule out.
fn draw_counts(canvas: &mut Canvas<'_>, area: Rect, counts: Counts, forms: u64) {
    let mut x = area.x;
    let mut put = |text: &str, role| {
        x += 2 + canvas.text(x, area.y, area.right().saturating_sub(x), text, role);
    };
    put(&format!("{}:", counted(counts.all(), "request")), Role::Strong);
    for (verdict, count) in [
        (Verdict::Accepted, counts.accepted),
        (Verdict::Refused, counts.refused),
        (Verdict::Skipped, counts.skipped),
    ] {
        let (mark, role) = marked(verdict);
        let role = if count == 0 { Role::Faint } else { role };
        put(&format!("{mark} {} {}", grouped(count), verdict.word()), role);
    }
    if forms > 0 {
        put(&format!("! NO to {}: Tab", counted(forms, "form")), Role::Attention);
    }
}

/// A verdict's mark, and how it stands out.
fn marked(verdict: Verdict) -> (&'static str, Role) {
    match verdict {
        Verdict::Accepted => ("+", Role::Good),
        Verdict::Refused => ("x", Role::Bad),
        Verdict::Skipped => ("-", Role::Attention),
    }
}

/// The first control that found something, and how many others did.
fn told(row: Row<'_>, cells: u16) -> (String, Role) {
    let mut findings = row.findings();
    let Some((control, severity)) = findings.next() else { return (String::new(), Role::Plain) };
    let others = match findings.count() {
        0 => String::new(),
        count => format!(" +{count}"),
    };
    let room = usize::from(cells).saturating_sub(others.len());
    let role = match (severity, row.verdict) {
        (Severity::Refuse, Verdict::Accepted | Verdict::Refused) => Role::Bad,
        _ => Role::Attention,
    };
    (format!("{}{others}", crate::tui::canvas::cut(control.id(), room)), role)
}

/// Text in a column of a row.
fn cell(canvas: &mut Canvas<'_>, area: Rect, (x, width): (u16, u16), y: u16, text: &str, role: Role) {
    let left = area.width.saturating_sub(x);
    canvas.text(area.x + x, y, width.min(left), text, role);
}

/// Harmless text of the table as this terminal can show it.
fn shown(theme: Theme, text: &str) -> String {
    theme.shown(&Printable::with_limit(text, usize::MAX))
}

/// As much of the beginning as can be seen and a little more, so that it is seen to be cut.
fn beginning(theme: Theme, text: &str, cells: u16) -> String {
    let end = text.char_indices().nth(usize::from(cells) + 1).map_or(text.len(), |(at, _)| at);
    shown(theme, &text[..end])
}
