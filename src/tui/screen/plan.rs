//! A stored plan: what exactly will be signed, byte for byte, before anybody approves it.

mod findings;
mod forms;
mod page;

pub use forms::document as forms_document;
pub use page::{digest, words};

use ratatui::layout::Rect;

use super::{
    Screen, approval::Approval, block_lists::BlockListPage, delivery::Delivery, document::Document,
    signing::Signing, withdrawal::Withdrawal,
};
use crate::{
    ceremony::{
        self, Counts, FormsNotHad, PlanSummary, PlannedAuthorities, PlannedRow, Remaining, StoredPlan,
    },
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        wording::grouped,
        work::{Job, News, PlanShown},
    },
};

/// Shows which requests something was found in.
const FINDINGS: Action = Action::Verb(0);

/// Puts the plan away.
const WITHDRAW: Action = Action::Verb(1);

/// Shows the block lists, where no key of the plan was looked up in any.
const BLOCK_LISTS: Action = Action::Verb(2);

/// Rows above the list of certificates; two more where the plan makes CAs, one where there is a table, one where requests
/// are in the way of forms, and one for each serious note and each rule of the lint that is waived.
const HEAD_ROWS: u16 = 12;

/// How much is known of the plan.
#[derive(Debug)]
enum Known {
    /// It is to be read, for the first time or again.
    Asked,
    /// Reading it failed; it is not tried again by itself.
    Nothing,
    /// As it was read.
    Shown(Box<PlanShown>),
}

/// A stored plan.
#[derive(Debug)]
pub struct Plan {
    stored: StoredPlan,
    counts: Counts,
    known: Known,
    /// What was read before, while it is read again.
    before: Option<Box<PlanShown>>,
    list: List,
}

/// How far a plan has come, and so what comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum HowFar {
    Planned,
    Approved,
    Signed,
    Withdrawn,
}

impl Plan {
    /// A plan that was stored. It is read when the screen is shown.
    #[must_use]
    pub fn new(plan: StoredPlan, counts: Counts) -> Self {
        Self { stored: plan, counts, known: Known::Asked, before: None, list: List::default() }
    }

    /// A plan of which nothing but itself is known, as it stands in the register.
    #[must_use]
    pub fn stored(plan: StoredPlan) -> Self {
        let counts = Counts { accepted: plan.accepted, refused: plan.refused, skipped: plan.skipped };
        Self::new(plan, counts)
    }

    fn shown(&self) -> Option<&PlanShown> {
        match &self.known {
            Known::Shown(shown) => Some(shown),
            Known::Asked | Known::Nothing => self.before.as_deref(),
        }
    }

    fn summary(&self) -> Option<&PlanSummary> {
        self.shown().map(|shown| &shown.summary)
    }

    fn outside_key(&self) -> Option<&Printable> {
        self.summary()?.from_outside.as_ref()
    }

    fn authorities(&self) -> Option<&PlannedAuthorities> {
        self.summary()?.authorities.as_ref()
    }

    /// Whether something was found in any request.
    fn has_findings(&self) -> bool {
        let noted = self.summary().is_some_and(|summary| !summary.notes.is_empty());
        noted || self.counts.refused > 0 || self.counts.skipped > 0
    }

    /// The forms that its bundle cannot have.
    fn forms(&self) -> Option<&FormsNotHad> {
        self.summary().map(|summary| &summary.forms_not_had).filter(|forms| !forms.obstacles.is_empty())
    }

    /// Whether requests are in the way of some of them.
    fn lacks_forms(&self) -> bool {
        self.forms().is_some_and(|forms| !forms.of_requests().is_empty())
    }

    /// Whether its keys were looked up in no block list, and it is not too late for a plan in its place.
    fn lacks_block_lists(&self) -> bool {
        let looked_up = self.stored.block_lists.as_deref();
        looked_up.is_some_and(<[_]>::is_empty) && self.can_be_withdrawn()
    }

    /// What comes next, once it is known how the plan stands; what was read before it changed says nothing of it.
    fn next(&self) -> Option<Remaining> {
        let Known::Shown(shown) = &self.known else { return None };
        // A plan that was delivered can be delivered once more.
        let again = (!shown.summary.deliveries.is_empty()).then_some(Remaining::Delivery);
        shown.summary.remaining.or(again)
    }

    /// Whether it can be put away: nothing of it is signed. The ceremony has the last word.
    fn can_be_withdrawn(&self) -> bool {
        let unsigned = self.summary().is_some_and(|summary| summary.issued == 0);
        unsigned && matches!(self.next(), Some(Remaining::Approval | Remaining::Signing))
    }

    fn how_far(&self) -> HowFar {
        if self.summary().is_some_and(|summary| summary.withdrawn.is_some()) {
            return HowFar::Withdrawn;
        }
        match self.summary().map(|summary| summary.remaining) {
            None | Some(Some(Remaining::Approval)) => HowFar::Planned,
            Some(Some(Remaining::Signing)) => HowFar::Approved,
            Some(Some(Remaining::Delivery) | None) => HowFar::Signed,
        }
    }

    /// The place in the plan of the chosen certificate, from 1.
    fn chosen(&self) -> u64 {
        self.list.chosen() as u64 + 1
    }

    fn rows_of_plan(&self) -> usize {
        usize::try_from(self.stored.accepted).unwrap_or(usize::MAX)
    }

    fn row(&self, index: u64) -> Option<&PlannedRow> {
        let rows = &self.shown()?.rows;
        let first = rows.first()?.index;
        rows.get(usize::try_from(index.checked_sub(first)?).ok()?)
    }

    /// What is missing on the screen is read, once the worker is free.
    fn ask(&self, about: &About) -> Turn {
        if about.busy.is_some() {
            return Turn::stay();
        }
        match &self.known {
            Known::Asked => Turn::work(Job::ShowPlan(self.stored.clone())),
            Known::Shown(_) if self.row(self.chosen()).is_none() => {
                // Some rows before the chosen one, so that moving up needs no other page at once.
                let from = self.chosen().saturating_sub(60).max(1);
                Turn::work(Job::PlannedPage { plan: self.stored.clone(), from })
            }
            Known::Shown(_) | Known::Nothing => Turn::stay(),
        }
    }

    /// It is read again when this screen is shown again.
    fn read_again(&mut self) {
        if let Known::Shown(shown) = std::mem::replace(&mut self.known, Known::Asked) {
            self.before = Some(shown);
        }
    }

    /// Into the next step; what it changes is read again when this screen is shown again.
    fn proceed(&mut self) -> Turn {
        let Some(next) = self.next() else { return Turn::stay() };
        let issued = self.summary().map_or(0, |summary| summary.issued);
        let summary = self.summary();
        let until = summary.map(|summary| summary.not_after);
        let authorities = summary.and_then(|summary| summary.authorities.clone());
        let serious = summary.map(PlanSummary::serious).unwrap_or_default();
        self.read_again();
        let plan = self.stored.clone();
        Turn::enter(match next {
            Remaining::Approval => {
                Screen::Approval(Approval::new(plan).until(until).making(authorities).beware(serious))
            }
            Remaining::Signing => Screen::Signing(Signing::resumed(plan, issued)),
            Remaining::Delivery => Screen::Delivery(Delivery::new(plan)),
        })
    }
}

impl Room for Plan {
    fn title(&self) -> &'static str {
        "Plan"
    }

    fn help(&self) -> &'static str {
        match self.how_far() {
            HowFar::Planned | HowFar::Approved => {
                "Every certificate of the plan exists already, byte for byte, and is stored; only signatures are missing. The \
                 words stand for the digest over all of them: whoever approves the words approves exactly these \
                 certificates. Look at some of them with Enter, then read the words to each other; they are typed on the \
                 next screen. The findings name the requests that are not in the plan, and those in it with a note, which ! \
                 marks. NO BLOCK LIST: the keys of this plan were looked up in none; b takes lists, for plans that are made \
                 after that. Tab names the forms of delivery that cannot be had of this plan, \
                 and why: sign nothing before, if one of them is wanted. How long signing takes is estimated from what this CA, or one with a key of its kind, signed \
                 last, else from the audit key. Going back leaves the plan as it stands; Register, Tab there, finds it \
                 again, and Close names it. A plan of which nothing is signed can be withdrawn for good."
            }
            HowFar::Signed => {
                "Every certificate of the plan is signed and in the register, byte for byte as the words approved it. Enter \
                 looks at one. The findings name the requests that are not in the plan, and those in it with a note, which \
                 ! marks. A plan can be delivered more than once; Register, Tab there, finds it again."
            }
            HowFar::Withdrawn => {
                "This plan was withdrawn before anything of it was signed, and nothing of it ever will be. It stays in the \
                 register with the reason that was typed."
            }
        }
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let next = self.next().map(|next| match next {
            Remaining::Approval => Binding::bar(&[Key::Char('a')], Action::Proceed, "on to approval"),
            Remaining::Signing => Binding::bar(&[Key::Char('s')], Action::Proceed, "on to signing"),
            Remaining::Delivery => Binding::bar(&[Key::Char('d')], Action::Proceed, "on to delivery"),
        });
        let mut bindings: Vec<Binding> = next.into_iter().collect();
        bindings.push(Binding::bar(&[Key::Enter, Key::Right, Key::Char('l')], Action::Open, "look"));
        if self.has_findings() {
            bindings.push(Binding::bar(&[Key::Char('f')], FINDINGS, "findings"));
        }
        if self.lacks_block_lists() {
            bindings.push(Binding::bar(&[Key::Char('b')], BLOCK_LISTS, "block lists"));
        }
        if self.forms().is_some() {
            let place = if self.lacks_forms() { Binding::bar } else { Binding::help };
            bindings.push(place(&[Key::Tab], Action::Next, "forms"));
        }
        if self.can_be_withdrawn() {
            // The bar has no room for both of these and for it.
            let place =
                if self.lacks_block_lists() && self.lacks_forms() { Binding::help } else { Binding::bar };
            bindings.push(place(&[Key::Char('x')], WITHDRAW, "withdraw"));
        }
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => self.proceed(),
            WITHDRAW => {
                self.read_again();
                Turn::enter(Screen::Withdrawal(Withdrawal::new(self.stored.clone())))
            }
            BLOCK_LISTS => BlockListPage::enter(),
            Action::Next => match self.forms() {
                Some(forms) => {
                    let document = forms::document(&format!("plan {}", self.stored.id), forms);
                    Turn::enter(Screen::Document(document))
                }
                None => Turn::stay(),
            },
            FINDINGS => Turn::work(Job::PlanFindings(self.stored.clone())),
            Action::Open => {
                Turn::work(Job::PlannedCertificate { plan: self.stored.clone(), index: self.chosen() })
            }
            _ => {
                self.list.act(action, self.rows_of_plan());
                self.ask(about)
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::PlanShown(shown) if shown.summary.plan.id == self.stored.id => {
                self.known = Known::Shown(shown);
                self.before = None;
                // The frame shows the register's head, which storing the plan moved.
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            News::PlannedPage(rows) => {
                if let Known::Shown(shown) = &mut self.known {
                    shown.rows = rows;
                }
                Heard::Mine(Turn::stay())
            }
            News::PlanFindings(found) => {
                Heard::Mine(Turn::enter(Screen::Document(findings::document(&self.stored, &found))))
            }
            News::PlannedCertificate { row, tbs } => {
                let title = format!(
                    "certificate {} of {} of plan {}{}",
                    grouped(row.index),
                    grouped(self.stored.accepted),
                    self.stored.id,
                    if row.state.is_some() { "" } else { ", not signed yet" }
                );
                let document = Document::planned(Printable::new(&title), &tbs);
                Heard::Mine(Turn::enter(Screen::Document(document)))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        if let Known::Asked = self.known {
            self.known = Known::Nothing;
        }
        Told::OnTop
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.ask(about)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        self.draw_summary(canvas, area);
        let makes = 2 * u16::from(self.authorities().is_some()) + u16::from(self.outside_key().is_some());
        let makes = makes + u16::from(self.how_far() == HowFar::Withdrawn);
        let makes = makes + u16::from(self.lacks_forms());
        let waived = self.shown().map_or(0, |shown| shown.summary.waived.len());
        let head = HEAD_ROWS + makes + u16::from(ceremony::table_of(&self.stored).is_some());
        let serious = self.summary().map_or(0, |summary| summary.serious().len());
        let head = head.saturating_add(u16::try_from(waived + serious).unwrap_or(u16::MAX));
        let list = Rect { y: area.y + head, height: area.height.saturating_sub(head), ..area };
        self.draw_rows(canvas, list);
    }
}
