//! The plans of the register, and the way on with each: a ceremony that was stopped goes on from here.

use ratatui::layout::Rect;

use super::super::{Screen, delivery::Delivery, plan::Plan, signing::Signing};
use crate::{
    ceremony::{Remaining, RevokedCount},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        keymap::Action,
        room::Turn,
        rows::{Look, Rows},
        theme::Role,
        wording::{grouped, moment},
        work::register::PlanLine,
    },
};

/// Rows below the plans, about the chosen one.
const DETAIL_ROWS: u16 = 4;

/// The plans, once they are known.
#[derive(Debug, Default)]
pub(super) struct Plans {
    lines: Rows<PlanLine>,
}

impl Plans {
    /// Whether they are to be read.
    pub(super) fn is_unread(&self) -> bool {
        self.lines.is_unread()
    }

    /// They are to be read again.
    pub(super) fn forget(&mut self) {
        self.lines.forget();
    }

    pub(super) fn show(&mut self, lines: Vec<PlanLine>) {
        self.lines.show(lines);
    }

    pub(super) fn act(&mut self, action: Action) {
        self.lines.act(action);
    }

    /// Goes on with the chosen plan where it stands.
    pub(super) fn go_on(&self) -> Turn {
        let Some(line) = self.lines.chosen() else {
            return Turn::refuse("there is no plan yet", "go back and choose Sign requests");
        };
        let plan = line.plan.clone();
        Turn::enter(match line.remaining {
            None if line.withdrawn.is_some() => Screen::Plan(Plan::stored(plan)),
            Some(Remaining::Approval) => Screen::Plan(Plan::stored(plan)),
            Some(Remaining::Signing) => Screen::Signing(Signing::resumed(plan, line.issued)),
            // A root is not delivered: its certificate is in every bundle.
            None if plan.kind.name() == "root" => {
                return Turn::refuse(
                    "this root CA is made; nothing is left to do with its plan",
                    "its certificate goes with every bundle; see it under certificates",
                );
            }
            Some(Remaining::Delivery) | None => Screen::Delivery(Delivery::new(plan)),
        })
    }

    /// What Enter does with the chosen plan, in a word or two for the help bar.
    pub(super) fn verb(&self) -> &'static str {
        match self.lines.chosen() {
            Some(line) if line.remaining.is_none() && line.withdrawn.is_some() => "look at it",
            Some(line) if line.remaining.is_none() && line.plan.kind.name() != "root" => "deliver once more",
            _ => "go on with this plan",
        }
    }

    /// What Enter does with the chosen plan.
    fn next(line: &PlanLine) -> &'static str {
        match line.remaining {
            Some(Remaining::Approval) => "Enter shows the plan, to be approved by typing its words.",
            Some(Remaining::Signing) => "Enter goes on with the signing, after the last certificate signed.",
            Some(Remaining::Delivery) => "Enter goes on with the delivery: choose the medium.",
            None if line.withdrawn.is_some() => "It was put away. Enter shows the plan, and why.",
            None if line.plan.kind.name() == "root" => "Nothing is left to do.",
            None => "Nothing is left to do. Enter delivers the same certificates once more.",
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if !self.lines.all().is_empty() {
            draw_row(canvas, area, area.y, ["plan", "CA", "for", "certificates", "state"], Role::Faint);
        }
        let warning = self.lines.chosen().and_then(warning);
        let details = DETAIL_ROWS + u16::from(warning.is_some());
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(details + 1), ..area };
        let look = Look { heads: &[], lines: 1, none: "There is no plan yet. Sign requests makes one." };
        self.lines.draw(canvas, below, look, |canvas, place, line, role| {
            let kind = match line.plan.kind.name() {
                "root" => "its own root",
                "verification" => "a proof",
                "cross" => "another CA",
                "link" => "link of keys",
                _ => "requests",
            };
            let count = format!("{:>12}", grouped(line.plan.accepted));
            let authority = Printable::new(&line.plan.authority);
            let cells = [&line.plan.id, authority.as_str(), kind, &count, &state(line)];
            draw_row(canvas, place, place.y, cells, role);
        });
        let detail = Rect { y: area.bottom().saturating_sub(details), height: details, ..area };
        if let Some(line) = self.lines.chosen() {
            let plan = &line.plan;
            canvas.rule(detail, detail.y, &plan.id);
            let stored = format!(
                "{}; {} refused, {} skipped; profile {}",
                moment(plan.created),
                grouped(plan.refused),
                grouped(plan.skipped),
                Printable::new(&plan.profile)
            );
            canvas.labelled(detail, detail.y + 1, "stored", &stored, Role::Plain);
            let signed = format!("{} of {}", grouped(line.issued), grouped(plan.accepted));
            canvas.labelled(detail, detail.y + 2, "signed", &signed, Role::Plain);
            if let Some(warning) = warning {
                canvas.text(detail.x, detail.y + 3, detail.width, &warning, Role::Bad);
            }
            let last = detail.bottom().saturating_sub(1);
            canvas.text(detail.x, last, detail.width, Self::next(line), Role::Strong);
        }
    }
}

/// What is to be known of its certificates before they are delivered once more.
fn warning(line: &PlanLine) -> Option<String> {
    match line.revoked {
        None => {
            Some("Its revoked certificates were not counted: that was stopped. r counts them.".to_owned())
        }
        Some(count) => count.words(line.plan.accepted, grouped).map(|warning| format!("BEWARE: {warning}")),
    }
}

/// How far a plan has come.
fn state(line: &PlanLine) -> String {
    match line.remaining {
        None if line.withdrawn.is_some() => "WITHDRAWN".to_owned(),
        None => marked("done", line.revoked).unwrap_or_else(|| "done".to_owned()),
        Some(Remaining::Approval) => "STORED, not approved".to_owned(),
        Some(Remaining::Signing) if line.issued == 0 => "APPROVED, not signed".to_owned(),
        Some(Remaining::Signing) => format!("APPROVED, {} signed", grouped(line.issued)),
        Some(Remaining::Delivery) => {
            marked("SIGNED", line.revoked).unwrap_or_else(|| "SIGNED, not delivered".to_owned())
        }
    }
}

/// A state and how many certificates are revoked, or else on hold, as far as a row has room; all of it stands below.
fn marked(state: &str, revoked: Option<RevokedCount>) -> Option<String> {
    let count = revoked?;
    match (count.revoked, count.held) {
        (0, 0) => None,
        (0, held) => Some(format!("{state}, {} ON HOLD", grouped(held))),
        (revoked, _) => Some(format!("{state}, {} REVOKED", grouped(revoked))),
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, y: u16, cells: [&str; 5], role: Role) {
    let [id, authority, kind, count, state] = cells;
    let spare = area.width.saturating_sub(78);
    let mut x = area.x + 2;
    for (text, width) in [(id, 20), (authority, 9 + spare), (kind, 13), (count, 13)] {
        canvas.text(x, y, width - 1, text, role);
        x += width;
    }
    canvas.text(x, y, area.right().saturating_sub(x), state, role);
}
