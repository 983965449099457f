//! The audit of the register: how far it is, and what it found.

pub mod meaning;
mod noted;

use ratatui::layout::Rect;

use super::Screen;
use crate::{
    ceremony::{AuditReport, Noted},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::{Effect, Failure},
        model::{self, About},
        room::{Heard, Room, Told, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::{counted, grouped},
        work::{
            Job, News,
            register::{RegisterJob, RegisterNews},
        },
    },
};

/// Stops the audit.
const STOP: Action = Action::Verb(0);

/// Audits again.
const AGAIN: Action = Action::Verb(1);

/// Begins to type an entry that was noted.
const NOTED: Action = Action::Verb(2);

/// Where an audit stands.
#[derive(Debug)]
enum Phase {
    /// It is under way.
    Going,
    /// It ended before it was finished.
    Ended(Failure),
    /// It is finished.
    Finished {
        /// What it found.
        report: Box<AuditReport>,
        /// The same in words.
        sheet: Sheet,
    },
    /// It is finished, and an entry that was noted is typed.
    Asking {
        /// What it found.
        report: Box<AuditReport>,
        /// The entry's number or words.
        typed: Field,
    },
}

/// An audit.
#[derive(Debug)]
pub struct Audit {
    phase: Phase,
}

impl Default for Audit {
    fn default() -> Self {
        Self::new()
    }
}

impl Audit {
    /// An audit that has just begun.
    #[must_use]
    pub fn new() -> Self {
        Self { phase: Phase::Going }
    }

    /// The way into it: it begins at once, as it changes nothing.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::Audit(Self::new())).and(Job::Register(RegisterJob::Audit))
    }
}

impl Phase {
    /// What was found, and before that what became of an entry that was noted.
    fn finished(report: Box<AuditReport>, noted: Option<&Noted>) -> Self {
        let mut items = noted.map(|noted| noted::told(noted, &report)).unwrap_or_default();
        items.extend(told(&report));
        Self::Finished { report, sheet: Sheet::new(items) }
    }
}

impl Room for Audit {
    fn title(&self) -> &'static str {
        "Audit of the register"
    }

    fn help(&self) -> &'static str {
        "The whole history is derived again from its octets: every entry's hash, every digest, every signature. Nothing \
         is believed because it stands there. What only paper can show is whether the newest entries were cut off: \
         compare the entry and its words with those that were written down when the register was closed last. n takes \
         the number or the words of any entry that was written down, or both, and says whether the history holds it."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match &self.phase {
            Phase::Going if about.busy.is_some() => {
                vec![Binding::bar(&[Key::Char('s'), Key::Esc], STOP, "stop the audit")]
            }
            Phase::Going | Phase::Ended(_) => {
                vec![Binding::bar(&[Key::Char('a')], AGAIN, "audit from the beginning"), BACK]
            }
            Phase::Finished { sheet, .. } => {
                let mut bindings = vec![
                    Binding::bar(&[Key::Char('n')], NOTED, "noted entry"),
                    Binding::bar(&[Key::Char('a')], AGAIN, "audit again"),
                ];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
            Phase::Asking { .. } => vec![Binding::bar(&[Key::Enter], Action::Open, "look for it"), BACK],
        }
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            STOP => Turn::effect(Effect::Stop),
            AGAIN => {
                self.phase = Phase::Going;
                Turn::work(Job::Register(RegisterJob::Audit))
            }
            _ => self.on_finished(action),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.phase {
            Phase::Asking { typed, .. } => Some(typed),
            Phase::Going | Phase::Ended(_) | Phase::Finished { .. } => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Register(RegisterNews::Audited(report)) => {
                self.phase = Phase::finished(report, None);
                Heard::Mine(Turn::stay())
            }
            News::Register(RegisterNews::Noted(noted)) => {
                self.finish(Some(&noted));
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        // What the audit found stands, where only the look for an entry failed.
        if let Phase::Asking { .. } = self.phase {
            return Told::OnTop;
        }
        self.phase = Phase::Ended(failure.clone());
        Told::Here(Turn::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.phase {
            Phase::Going if about.busy.is_some() => draw_going(canvas, area, about),
            Phase::Going | Phase::Ended(_) => {
                let what = match &self.phase {
                    Phase::Ended(failure) => failure.what.as_str(),
                    // Whoever stopped it knows it already.
                    _ => "the audit was stopped before its end",
                };
                let text = format!("NOT AUDITED: {what}.");
                let used = canvas.paragraph(area, &text, Role::Bad) + 1;
                let below = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
                let text = "Nothing was changed, and nothing is known yet of what was not read. What to do: press a \
                            to audit from the beginning; leave it running to its end.";
                canvas.paragraph(below, text, Role::Plain);
            }
            Phase::Finished { sheet, .. } => sheet.draw_placed(canvas, area),
            Phase::Asking { typed, .. } => noted::draw_asking(canvas, area, typed),
        }
    }
}

impl Audit {
    fn on_finished(&mut self, action: Action) -> Turn {
        match (&mut self.phase, action) {
            (Phase::Asking { typed, .. }, Action::Open) => {
                Turn::work(Job::Register(RegisterJob::Noted(typed.text().to_owned())))
            }
            (Phase::Asking { .. }, Action::Back) => {
                self.finish(None);
                Turn::stay()
            }
            (_, Action::Back) => Turn::back(),
            (Phase::Finished { report, .. }, NOTED) => {
                self.phase = Phase::Asking { report: report.clone(), typed: Field::default() };
                Turn::stay()
            }
            (Phase::Finished { sheet, .. }, _) => {
                sheet.act(action);
                Turn::stay()
            }
            _ => Turn::stay(),
        }
    }

    /// Back to what was found.
    fn finish(&mut self, noted: Option<&Noted>) {
        if let Phase::Asking { report, .. } | Phase::Finished { report, .. } = &self.phase {
            self.phase = Phase::finished(report.clone(), noted);
        }
    }
}

fn draw_going(canvas: &mut Canvas<'_>, area: Rect, about: &About) {
    let Some(busy) = &about.busy else { return };
    let text = match busy.progress {
        Some(progress) => format!(
            "{} of {} derived again",
            grouped(progress.done),
            counted(progress.of.unwrap_or(progress.done), "row")
        ),
        None => "looking at the file ...".to_owned(),
    };
    canvas.text(area.x, area.y, area.width, &text, Role::Strong);
    if let Some(progress) = busy.progress {
        canvas.gauge(area, area.y + 2, progress.done, progress.of.unwrap_or(0));
    }
    let text = if busy.pace == model::Pace::Stopping {
        "stopping ..."
    } else {
        "Every hash, digest and signature is made again. The audit changes nothing and can be stopped at any time; it \
         then begins from the start."
    };
    let below = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
    canvas.paragraph(below, text, Role::Faint);
}

/// What an audit found, in words.
fn told(report: &AuditReport) -> Vec<Item> {
    let mut items = vec![verdict(report)];
    for finding in &report.findings {
        let (means, act) = meaning::of(finding.id);
        items.push(Item::Gap);
        items.push(Item::Labelled {
            label: finding.id.to_owned(),
            value: Printable::new(&finding.message),
            role: Role::Bad,
            remark: None,
        });
        items.push(Item::labelled("what it means", Printable::new(means)));
        items.push(Item::labelled("what to do", Printable::new(act)));
    }
    if report.findings_omitted > 0 {
        let more = format!("and {}, not shown one by one", counted(report.findings_omitted, "more finding"));
        items.push(Item::Gap);
        items.push(Item::Words(more, Role::Bad));
    }
    items.push(Item::Gap);
    if let Some(head) = &report.head {
        items.push(Item::labelled("newest entry", Printable::new(&grouped(head.entry))));
        items.push(Item::labelled("its words", Printable::new(&head.hash.words())));
        items.push(Item::Words(
            "Compare both with what was written down when the register was closed last: the register must hold that \
             entry or a later one."
                .to_owned(),
            Role::Faint,
        ));
        items.push(Item::Gap);
    }
    for (label, number) in [
        ("plans", report.plans),
        ("planned", report.planned),
        ("approvals", report.approvals),
        ("issued", report.issued),
        ("refused, skipped", report.refused),
        ("revocations", report.revocations),
        ("CRLs", report.crls),
        ("signed heads", report.checkpoints),
    ] {
        items.push(Item::labelled(label, Printable::new(&grouped(number))));
    }
    let handed_over = report.handed_over.counts().map(|(count, one)| counted(count, one)).join(", ");
    items.push(Item::labelled("delivered", Printable::new(&handed_over)));
    for (plan, waiver) in &report.waived {
        let waived = format!("in plan {plan}: {}", waiver.line());
        items.push(Item::labelled("rule waived", Printable::new(&waived)));
    }
    for ca in &report.adopted {
        items.push(Item::Labelled {
            label: "key from outside".to_owned(),
            value: Printable::new(ca),
            role: Role::Attention,
            remark: None,
        });
    }
    if let Some(entry) = report.signed_head {
        items.push(Item::labelled("signed up to entry", Printable::new(&grouped(entry))));
    }
    for key in &report.checkpoint_keys {
        items.push(Item::labelled("audit key, SHA-256", Printable::new(&key.to_string())));
    }
    items
}

fn verdict(report: &AuditReport) -> Item {
    if report.clean() {
        return Item::Words("CLEAN: the register says what its octets say.".to_owned(), Role::Good);
    }
    let all = report.findings.len() as u64 + report.findings_omitted;
    let text = format!(
        "NOT CLEAN: {}. Sign nothing more with this register before that is explained.",
        counted(all, "finding")
    );
    Item::Words(text, Role::Bad)
}

#[cfg(test)]
mod tests;
