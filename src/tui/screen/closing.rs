//! Closing: what was done, the register's head to write down or to sign, what is not finished, what is due.

#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use super::{
    Screen,
    head_export::HeadExport,
    plan::{Plan, digest, words},
};
use crate::{
    ceremony::{Closing, DoneSince, Due, HeadSignature, Nearness, Remaining, Unfinished},
    pki::text::Printable,
    tui::{
        canvas::{Canvas, LABEL_CELLS, wrapped},
        code::{Code, between_banner_and_help},
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        wording::{counted, digest_rows, grouped, moment},
        work::{Job, News},
    },
};

/// Shows the code alone, or everything else.
const CODE: Action = Action::Verb(0);

/// Signs the head.
const SIGN: Action = Action::Verb(1);

/// Writes the head onto a medium.
const WRITE: Action = Action::Verb(2);

/// Rows that what was done takes at most.
const DONE_ROWS: u16 = 6;

/// Cells between the text and the code beside it.
const GAP: u16 = 2;

/// Where it stands what ends, behind the moment.
const DUE_COLUMN: u16 = 26;

/// Columns that the text needs beside the code.
const TEXT_CELLS: u16 = 70;

/// What is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Face {
    /// Everything; the code where there is room beside it.
    All,
    /// The code and its words alone.
    Code,
}

/// Which rows of the list are seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SeenFrom {
    /// Those around the chosen one.
    Chosen,
    /// The first ones, also where none that can be chosen is among them.
    Top,
}

/// Closing.
#[derive(Debug)]
pub struct ClosingScreen {
    closing: Closing,
    done: DoneSince,
    code: Option<Code>,
    face: Face,
    list: List,
    seen_from: SeenFrom,
    /// The newest entry that was asked about: an answer that fails to come is not asked for without end.
    asked: u64,
}

/// A row of the list.
#[derive(Debug)]
enum Row<'a> {
    Title(&'static str),
    Plan(&'a Unfinished),
    /// What ends, as far as it fits into one line.
    Due(&'a Due, String),
    /// What of that stands in the lines below.
    Rest(String),
    Nothing(&'static str),
}

impl ClosingScreen {
    /// What the ceremony says at its end.
    #[must_use]
    pub fn new(closing: Closing, done: DoneSince) -> Self {
        let code = Code::of(&closing.qr_text);
        let asked = closing.entry;
        Self {
            closing,
            done,
            code,
            face: Face::All,
            list: List::default(),
            seen_from: SeenFrom::Chosen,
            asked,
        }
    }

    /// The register's newest entry, where it went on since this was read: what is shown here must not be written down
    /// then.
    fn newer(&self, about: &About) -> Option<u64> {
        about.overview.as_ref().map(|overview| overview.entry).filter(|entry| *entry > self.closing.entry)
    }

    /// The plan that is chosen.
    fn chosen(&self) -> Option<&Unfinished> {
        self.closing.plans.get(self.list.chosen())
    }

    /// Rows that can be chosen.
    fn choices(&self) -> usize {
        self.closing.plans.len() + self.closing.due.len()
    }

    /// All rows in so many cells; with each that can be chosen, its place among those.
    fn rows(&self, cells: u16) -> Vec<(Option<usize>, Row<'_>)> {
        let closing = &self.closing;
        let mut rows = vec![(None, Row::Title("plans that are not finished"))];
        if closing.plans.is_empty() {
            rows.push((None, Row::Nothing("none")));
        }
        rows.extend(closing.plans.iter().enumerate().map(|(at, plan)| (Some(at), Row::Plan(plan))));
        rows.push((None, Row::Title("what ends when, soonest first (! soon)")));
        if closing.due.is_empty() {
            rows.push((None, Row::Nothing("nothing is known to end")));
        }
        let first = closing.plans.len();
        for (due, at) in closing.due.iter().zip(first..) {
            let mut lines =
                wrapped(due.what.as_str(), usize::from(cells.saturating_sub(DUE_COLUMN))).into_iter();
            rows.push((Some(at), Row::Due(due, lines.next().unwrap_or_default())));
            rows.extend(lines.map(|line| (Some(at), Row::Rest(line))));
        }
        rows
    }
}

impl Room for ClosingScreen {
    fn title(&self) -> &'static str {
        "Closing"
    }

    fn help(&self) -> &'static str {
        "Write down the entry number and the words of the register's head, or photograph the code: whoever holds them \
         can prove later that nothing before them was changed; w writes both onto a medium. Write down the SHA-256 of the audit key once, too: it \
         is what receivers give to coldsign verify as --audit-key. The audit key signs the head by itself when \
         certificates or a CRL are delivered, which is a checkpoint; where something was recorded after that, s signs \
         it again. Above all stands what was done since coldsign was opened, approvals of plans and of CRLs together. Enter opens a plan \
         that is not finished. The work is closed by leaving; the machine can then be switched off."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        if self.face == Face::Code {
            return vec![Binding::bar(&[Key::Char('c'), Key::Esc, Key::Enter], CODE, "back to everything")];
        }
        let mut bindings = Vec::new();
        if self.chosen().is_some() {
            bindings.push(Binding::bar(
                &[Key::Enter, Key::Right, Key::Char('l')],
                Action::Open,
                "open this plan",
            ));
        }
        if self.code.is_some() {
            bindings.push(Binding::bar(&[Key::Char('c')], CODE, "QR code"));
        }
        if self.closing.signature == HeadSignature::Wanting {
            bindings.push(Binding::bar(&[Key::Char('s')], SIGN, "sign the head"));
        }
        bindings.push(Binding::help(&[Key::Char('w')], WRITE, "write the head onto a medium"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings.push(Binding::bar(&[Key::Char('q')], Action::Quit, "leave"));
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            CODE => {
                self.face = match self.face {
                    Face::All => Face::Code,
                    Face::Code => Face::All,
                };
                Turn::stay()
            }
            SIGN => Turn::work(Job::SignHead),
            WRITE => Turn::enter(Screen::HeadExport(HeadExport::new())),
            Action::Open => match self.chosen() {
                Some(plan) => Turn::work(Job::FindPlan(plan.id.clone())),
                None => Turn::stay(),
            },
            _ => {
                let before = self.list.chosen();
                self.list.act(action, self.choices());
                let stands_first = (before, self.list.chosen()) == (0, 0);
                self.seen_from = match action {
                    Action::First => SeenFrom::Top,
                    Action::Up | Action::PageUp if stands_first => SeenFrom::Top,
                    _ => SeenFrom::Chosen,
                };
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::PlanFound(plan) => Heard::Mine(Turn::enter(Screen::Plan(Plan::stored(plan)))),
            News::Closing { closing, done } => {
                *self = Self { face: self.face, list: self.list, ..Self::new(closing, done) };
                self.list.keep_within(self.choices());
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        match self.newer(about) {
            Some(entry) if entry > self.asked && about.busy.is_none() => {
                self.asked = entry;
                Turn::work(Job::Close)
            }
            _ => Turn::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        if let Some(entry) = self.newer(about) {
            let text = format!(
                "The register went on to entry {}. Nothing that stood here before may be written down: it is read \
                 again. Where that does not come, go back and close again.",
                grouped(entry)
            );
            canvas.paragraph(area, &text, Role::Attention);
            return;
        }
        match (self.face, &self.code) {
            (Face::Code, Some(code)) => self.draw_code(canvas, area, about, code),
            (_, Some(code))
                if area.height >= code.rows() && area.width >= TEXT_CELLS + GAP + code.columns() =>
            {
                code.draw(canvas, area.right() - code.columns(), area.y);
                let text = Rect { width: area.width - GAP - code.columns(), ..area };
                self.draw_all(canvas, text, about);
            }
            _ => self.draw_all(canvas, area, about),
        }
    }
}

impl ClosingScreen {
    fn draw_all(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let closing = &self.closing;
        let mut y = area.y;
        canvas.labelled(area, y, "done", "", Role::Plain);
        let beside = Rect {
            x: area.x + LABEL_CELLS.min(area.width),
            y,
            width: area.width.saturating_sub(LABEL_CELLS),
            height: DONE_ROWS.min(area.height),
        };
        y += canvas.paragraph(beside, &said(&self.done), Role::Strong);
        y += canvas.labelled(area, y, "register entry", &grouped(closing.entry), Role::Strong);
        y += digest(canvas, area, y, "head SHA-256", &closing.head.to_string());
        words(canvas, Rect { y, height: 3, ..area }, &closing.words);
        y += 3;
        y += self.draw_checkpoint(canvas, area, y);
        let mut noted = "entry and words";
        if let Some(signed) = &closing.checkpoint {
            y += digest(canvas, area, y, "audit key SHA-256", &signed.key_sha256.to_string());
            noted = "entry, words and the audit key's digest";
        }
        let text = format!("Write down {noted}. Then q leaves coldsign.");
        canvas.text(area.x, y, area.width, &text, Role::Attention);
        y += 1;
        self.draw_rows(canvas, Rect { y, height: area.bottom().saturating_sub(y), ..area });
    }

    fn draw_checkpoint(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16) -> u16 {
        let closing = &self.closing;
        let (text, role) = match (&closing.checkpoint, closing.signature) {
            (Some(signed), HeadSignature::Signed) => {
                let entry = grouped(signed.entry);
                let text = format!("signed by the audit key, entry {entry} and all before it");
                (text, Role::Good)
            }
            (None, HeadSignature::NoAuditKey) => {
                ("not signed: the audit key is made with the first CA".to_owned(), Role::Plain)
            }
            (None, _) => ("not signed yet by the audit key".to_owned(), Role::Attention),
            (Some(signed), _) => {
                let text = format!(
                    "signed at entry {}; not signed after it: {}",
                    grouped(signed.entry),
                    // The checkpoint's own entry needs no signature.
                    counted(closing.entry.saturating_sub(signed.entry + 1), "entry")
                );
                (text, Role::Attention)
            }
        };
        canvas.labelled(area, y, "checkpoint", &text, role)
    }

    fn draw_rows(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let rows = self.rows(area.width);
        let whole = area;
        // Where not all is seen, the last row says so.
        let area = if rows.len() > usize::from(area.height) {
            Rect { height: area.height.saturating_sub(1), ..area }
        } else {
            area
        };
        let page = usize::from(area.height);
        let chosen = rows.iter().position(|(choice, _)| *choice == Some(self.list.chosen())).unwrap_or(0);
        // With the first one that can be chosen stands all that is above it.
        let is_first = rows.iter().take(chosen).all(|(choice, _)| choice.is_none());
        let from_top = self.seen_from == SeenFrom::Top || is_first && chosen < page;
        let above = if from_top { 0 } else { chosen.saturating_sub(page / 2) };
        let first = above.min(rows.len().saturating_sub(page));
        for ((choice, row), y) in rows.iter().skip(first).zip(area.y..area.bottom()) {
            let role = if *choice == Some(self.list.chosen()) { Role::Selected } else { Role::Plain };
            match row {
                Row::Title(title) => canvas.rule(area, y, title),
                Row::Nothing(words) => {
                    canvas.text(area.x + 1, y, area.width, words, Role::Faint);
                }
                Row::Plan(plan) => {
                    let text = format!(" {} of CA {}: {}", plan.id, plan.authority, remaining(plan));
                    canvas.row(area, y, Printable::new(&text).as_str(), role);
                }
                Row::Due(due, what) => {
                    let (mark, role) = match due.nearness {
                        Nearness::Soon if role == Role::Plain => ("!", Role::Attention),
                        Nearness::Soon => ("!", role),
                        Nearness::Later => (" ", role),
                    };
                    canvas.row(area, y, &format!("{mark}{}  ", moment(due.at)), role);
                    canvas.text(area.x + DUE_COLUMN, y, area.width.saturating_sub(DUE_COLUMN), what, role);
                }
                Row::Rest(what) => {
                    canvas.row(area, y, "", role);
                    canvas.text(area.x + DUE_COLUMN, y, area.width.saturating_sub(DUE_COLUMN), what, role);
                }
            }
        }
        if area.height < whole.height {
            let last = (first + page).min(rows.len());
            let text = format!("rows {}-{last} of {}; arrows show the rest", first + 1, rows.len());
            canvas.text(whole.x, whole.bottom() - 1, whole.width, &text, Role::Faint);
        }
    }

    /// The code alone, over the frame's rows where the screen is too low for it: all but banner and help.
    fn draw_code(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About, code: &Code) {
        let whole = canvas.area();
        let place = if area.height >= code.rows() {
            area
        } else {
            let Rect { y, height, .. } = between_banner_and_help(canvas);
            Rect { y, height, ..area }
        };
        canvas.clear(Rect { x: whole.x, width: whole.width, ..place });
        code.draw(canvas, place.x, place.y);
        let x = place.x + code.columns() + GAP;
        let text = Rect { x, width: place.right().saturating_sub(x), ..place };
        let entry = format!("register entry {}", grouped(self.closing.entry));
        canvas.text(text.x, text.y, text.width, &entry, Role::Strong);
        // A photograph shows whose register it is, by its CAs and by the audit key.
        if let Some(overview) = about.overview.as_ref().filter(|overview| !overview.authorities.is_empty()) {
            let of = canvas.text(text.x, text.y + 1, text.width, "of CA ", Role::Faint);
            let names = Printable::new(&overview.authorities.join(", "));
            canvas.outside(text.x + of, text.y + 1, text.width.saturating_sub(of), &names, Role::Strong);
        }
        for ((at, word), y) in self.closing.words.split(' ').enumerate().zip(text.y + 2..) {
            canvas.text(text.x, y, 3, &format!("{:>2}", at + 1), Role::Faint);
            canvas.text(text.x + 3, y, text.width.saturating_sub(3), word, Role::Strong);
        }
        let mut y = text.y + 15;
        if let Some(signed) = &self.closing.checkpoint {
            canvas.text(text.x, y, text.width, "audit key SHA-256", Role::Faint);
            for (row, y) in digest_rows(&signed.key_sha256.to_string()).iter().zip(y + 1..) {
                canvas.text(text.x, y, text.width, row, Role::Plain);
            }
            y += 4;
        }
        let below = Rect { y, height: place.bottom().saturating_sub(y), ..text };
        canvas.paragraph(below, "The code holds the entry number and the head's whole digest.", Role::Faint);
    }
}

/// What was done, in plain words.
fn said(done: &DoneSince) -> String {
    let deeds = &done.deeds;
    let mut parts = told(&[
        (deeds.authorities, "CA key", " made"),
        (deeds.installed, "CA certificate", " installed"),
        (deeds.plans, "plan", " stored"),
        (deeds.withdrawals, "plan", " withdrawn"),
        (deeds.approvals, "approval", " given"),
        (deeds.certificates, "certificate", " signed"),
        (deeds.revocations, "revocation", ""),
        (deeds.crls, "CRL", " signed"),
        (deeds.checkpoints, "register head", " signed"),
    ]);
    let delivered = told(&deeds.handed_over.counts().map(|(count, one)| (count, one, "")));
    if !delivered.is_empty() {
        parts.push(format!("{} delivered", delivered.join(", ")));
    }
    let said = if parts.is_empty() { "nothing was recorded".to_owned() } else { parts.join(", ") };
    let beginning = &done.beginning;
    format!("since {}, entry {}: {said}", moment(beginning.at), grouped(beginning.entry))
}

/// What there is of each, and what became of it.
fn told(counts: &[(u64, &str, &str)]) -> Vec<String> {
    let there = counts.iter().filter(|(count, ..)| *count > 0);
    there.map(|(count, one, what)| counted(*count, one) + what).collect()
}

/// What is to be done with a plan first.
fn remaining(plan: &Unfinished) -> String {
    match plan.remaining {
        Remaining::Approval => format!("{} planned, not approved", grouped(plan.planned)),
        Remaining::Signing => format!("{} of {} signed", grouped(plan.issued), grouped(plan.planned)),
        Remaining::Delivery => format!("{} signed, not delivered", grouped(plan.issued)),
    }
}
