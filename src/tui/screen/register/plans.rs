//! The plans of the register, and the way on with each: a ceremony that was stopped goes on from here.

use ratatui::layout::Rect;

use super::super::{Screen, delivery::Delivery, plan::Plan, signing::Signing};
use crate::{
    ceremony::Remaining,
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        keymap::Action,
        list::List,
        room::Turn,
        theme::Role,
        wording::{grouped, moment},
        work::register::PlanLine,
    },
};

/// The plans, once they are known.
#[derive(Debug, Default)]
pub(super) struct Plans {
    lines: Option<Vec<PlanLine>>,
    list: List,
}

impl Plans {
    /// Whether they are to be read.
    pub(super) fn is_unread(&self) -> bool {
        self.lines.is_none()
    }

    /// They are to be read again.
    pub(super) fn forget(&mut self) {
        self.lines = None;
    }

    pub(super) fn show(&mut self, lines: Vec<PlanLine>) {
        self.list.keep_within(lines.len());
        self.lines = Some(lines);
    }

    pub(super) fn act(&mut self, action: Action) {
        self.list.act(action, self.lines.as_ref().map_or(0, Vec::len));
    }

    fn chosen(&self) -> Option<&PlanLine> {
        self.lines.as_ref()?.get(self.list.chosen())
    }

    /// Goes on with the chosen plan where it stands.
    pub(super) fn go_on(&self) -> Turn {
        let Some(line) = self.chosen() else {
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
        let Some(lines) = &self.lines else {
            canvas.text(area.x, area.y, area.width, "reading the plans ...", Role::Faint);
            return;
        };
        if lines.is_empty() {
            let text = "There is no plan yet. Sign requests makes one.";
            canvas.text(area.x, area.y, area.width, text, Role::Plain);
            return;
        }
        draw_row(canvas, area, area.y, ["plan", "CA", "for", "certificates", "state"], Role::Faint);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(5), ..area };
        let page = usize::from(below.height);
        let first = self.list.first_seen(lines.len(), page);
        for (at, line) in lines.iter().enumerate().skip(first).take(page) {
            let y = below.y + u16::try_from(at - first).unwrap_or(0);
            let role = if at == self.list.chosen() { Role::Selected } else { Role::Plain };
            canvas.row(below, y, "", role);
            let kind = match line.plan.kind.name() {
                "root" => "its own root",
                "verification" => "a proof",
                "cross" => "another CA",
                "link" => "link of keys",
                _ => "requests",
            };
            let count = format!("{:>12}", grouped(line.plan.accepted));
            let authority = Printable::new(&line.plan.authority);
            draw_row(canvas, below, y, [&line.plan.id, authority.as_str(), kind, &count, &state(line)], role);
        }
        let detail = Rect { y: area.bottom().saturating_sub(4), height: 4, ..area };
        if let Some(line) = self.chosen() {
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
            canvas.text(detail.x, detail.y + 3, detail.width, Self::next(line), Role::Strong);
        }
    }
}

/// How far a plan has come.
fn state(line: &PlanLine) -> String {
    match line.remaining {
        None if line.withdrawn.is_some() => "WITHDRAWN".to_owned(),
        None => "done".to_owned(),
        Some(Remaining::Approval) => "STORED, not approved".to_owned(),
        Some(Remaining::Signing) if line.issued == 0 => "APPROVED, not signed".to_owned(),
        Some(Remaining::Signing) => format!("APPROVED, {} signed", grouped(line.issued)),
        Some(Remaining::Delivery) => "SIGNED, not delivered".to_owned(),
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, y: u16, cells: [&str; 5], role: Role) {
    let [id, authority, kind, count, state] = cells;
    let spare = area.width.saturating_sub(78);
    let mut x = area.x + 1;
    for (text, width) in [(id, 20), (authority, 9 + spare), (kind, 13), (count, 13)] {
        canvas.text(x, y, width - 1, text, role);
        x += width;
    }
    canvas.text(x, y, area.right().saturating_sub(x), state, role);
}
