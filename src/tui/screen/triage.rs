//! Triage: what became of every request of a medium, as a table; filtered, searched, put in order, looked into.
//!
//! Rows are looked up as they are seen, so a million of them cost what a screenful costs. Filters and searches are done
//! between two frames; an order is made by the worker the first time it is asked for.

mod findings;
mod menu;
mod table;
#[cfg(test)]
mod tests;

use std::{cell::Cell, sync::Arc};

use ratatui::layout::Rect;

use super::{
    Screen,
    difference::Difference,
    document::Document,
    plan::{Plan, forms_document},
};
use crate::{
    ceremony::{Agreement, Detail, Direction, Filter, Order, Planned, Reading, Selection, Verdict},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        wording::{counted, grouped},
        work::{Asked, Job, News},
    },
};
use menu::Menu;

const SEARCH: Action = Action::Verb(0);
const VERDICT: Action = Action::Verb(1);
const CONTROL: Action = Action::Verb(2);
const ORDER: Action = Action::Verb(3);
const REVERSE: Action = Action::Verb(4);
const EVERYTHING: Action = Action::Verb(5);
const DIFFERENCE: Action = Action::Verb(6);
/// Out of the search field, the list of controls or what is said of a plan: back to the table, whatever is in hand.
const CLOSE: Action = Action::Verb(7);

/// From the details of a request to those of the next one that the table shows, and of the one before; the details have
/// verbs of their own, of lower numbers.
const NEXT: Action = Action::Verb(20);
const BEFORE: Action = Action::Verb(21);

/// Orders in which the key for it goes through them.
const ORDERS: [Order; 5] = [Order::Medium, Order::Verdict, Order::Subject, Order::Source, Order::Key];

/// Rows of the table on the smallest terminal, until it was drawn.
const PAGE_AT_FIRST: usize = 10;

/// What keys go to.
#[derive(Debug, Default)]
enum Mode {
    /// The table.
    #[default]
    Table,
    /// The search field.
    Searching {
        field: Field,
        /// What was searched for before.
        before: String,
    },
    /// The list of controls.
    Controls(Menu),
    /// The details of the chosen request.
    Details(Box<Document>),
    /// A plan that is not what the table shows is to be looked at or not.
    Differs(Box<Planned>),
}

/// The table of requests.
#[derive(Debug)]
pub struct TriageScreen {
    reading: Arc<Reading>,
    asked: Asked,
    filter: Filter,
    order: Order,
    direction: Direction,
    selection: Selection,
    list: List,
    mode: Mode,
    /// Rows that were seen when it was drawn last.
    page: Cell<usize>,
    /// The plan that was made of it.
    planned: Option<String>,
}

impl TriageScreen {
    /// All requests that were read, in the medium's order.
    #[must_use]
    pub fn new(reading: Arc<Reading>, asked: Asked) -> Self {
        let mut screen = Self {
            reading,
            asked,
            filter: Filter::default(),
            order: Order::default(),
            direction: Direction::default(),
            selection: Selection::default(),
            list: List::default(),
            mode: Mode::default(),
            page: Cell::new(PAGE_AT_FIRST),
            planned: None,
        };
        screen.select();
        screen
    }

    /// The chosen row of the table.
    fn chosen(&self) -> Option<usize> {
        self.selection.at(self.list.chosen())
    }

    /// Looks anew which rows are shown; the chosen request stays chosen where it is among them.
    fn select(&mut self) {
        let chosen = self.chosen();
        self.selection = self.reading.triage.select(&self.filter, self.order, self.direction);
        let place = chosen.and_then(|row| self.selection.position(row));
        self.list.choose(place.unwrap_or(0));
    }

    fn move_by(&mut self, action: Action) {
        let (rows, page) = (self.selection.len(), self.page.get().max(1));
        let chosen = self.list.chosen();
        match action {
            Action::PageUp => self.list.choose(chosen.saturating_sub(page)),
            Action::PageDown => self.list.choose(chosen + page),
            _ => self.list.act(action, rows),
        }
        self.list.keep_within(rows);
    }

    fn next_verdict(&mut self) {
        self.filter.verdict = match self.filter.verdict {
            None => Some(Verdict::Accepted),
            Some(Verdict::Accepted) => Some(Verdict::Refused),
            Some(Verdict::Refused) => Some(Verdict::Skipped),
            Some(Verdict::Skipped) => None,
        };
        self.select();
    }

    fn next_order(&self) -> Turn {
        let place = ORDERS.iter().position(|order| *order == self.order).unwrap_or(0);
        let order = ORDERS[(place + 1) % ORDERS.len()];
        Turn::work(Job::PutInOrder { reading: Arc::clone(&self.reading), order })
    }

    fn plan(&self) -> Turn {
        // Planned already: there is one plan of them. Whoever wants another one reads the requests again.
        if let Some(plan) = &self.planned {
            return Turn::work(Job::FindPlan(plan.clone()));
        }
        let counts = self.reading.triage.counts();
        if counts.accepted == 0 {
            return Turn::refuse(
                format!(
                    "there is nothing to plan: {}, {} refused, {} skipped",
                    counted(counts.all(), "request"),
                    grouped(counts.refused),
                    grouped(counts.skipped)
                ),
                "open a request with Enter, it says why and what to do about it; or go back and choose another \
                 profile",
            );
        }
        let Asked { ca, profile, paths } = self.asked.clone();
        Turn::work(Job::Plan { ca, profile, paths, seen: self.reading.triage.seen() })
    }

    fn open(&self) -> Turn {
        match self.chosen() {
            None => Turn::stay(),
            Some(row) => {
                Turn::work(Job::Detail { reading: Arc::clone(&self.reading), asked: self.asked.clone(), row })
            }
        }
    }

    fn act_on_table(&mut self, action: Action) -> Turn {
        match action {
            Action::Back => return Turn::back(),
            Action::Open => return self.open(),
            Action::Proceed => return self.plan(),
            Action::Next => {
                let document = forms_document("these requests", &self.reading.forms);
                return Turn::enter(Screen::Document(document));
            }
            ORDER => return self.next_order(),
            DIFFERENCE => {
                let screen = Difference::new(Arc::clone(&self.reading), self.asked.clone());
                return Turn::enter(Screen::Difference(screen));
            }
            SEARCH => {
                let before = self.filter.search.clone();
                self.mode = Mode::Searching { field: Field::with(&before), before };
            }
            VERDICT => self.next_verdict(),
            CONTROL => self.mode = Mode::Controls(Menu::new(&self.reading.triage, self.filter.control)),
            REVERSE => {
                self.direction = match self.direction {
                    Direction::Ascending => Direction::Descending,
                    Direction::Descending => Direction::Ascending,
                };
                self.select();
            }
            EVERYTHING => {
                self.filter = Filter::default();
                self.select();
            }
            _ => self.move_by(action),
        }
        Turn::stay()
    }

    fn act_while_searching(&mut self, action: Action, before: String) {
        match action {
            Action::Open => self.mode = Mode::Table,
            CLOSE => {
                self.mode = Mode::Table;
                self.filter.search = before;
                self.select();
            }
            _ => self.move_by(action),
        }
    }

    fn act_on_controls(&mut self, action: Action, mut menu: Menu) {
        match action {
            CLOSE => {}
            Action::Open => {
                self.filter.control = menu.chosen();
                self.select();
            }
            _ => {
                menu.act(action);
                self.mode = Mode::Controls(menu);
            }
        }
    }

    /// Moves on among what the table shows: its filters, search and order say which request is the next one.
    fn act_on_details(&mut self, action: Action, mut document: Box<Document>, about: &About) -> Turn {
        let step = match action {
            Action::Back => return Turn::stay(),
            NEXT => Action::Down,
            BEFORE => Action::Up,
            _ => {
                let turn = document.act(action, about);
                self.mode = Mode::Details(document);
                return turn;
            }
        };
        self.mode = Mode::Details(document);
        self.move_by(step);
        self.open()
    }

    fn keys_of_details(&self, document: &Document, about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if about.busy.is_none() {
            let place = self.list.chosen();
            let is_last = place + 1 >= self.selection.len();
            if !is_last {
                bindings.push(Binding::bar(&[Key::Char('n')], NEXT, "next request"));
            }
            if place > 0 {
                // The bar has room for one of the two.
                let told = if is_last { Binding::bar } else { Binding::help };
                bindings.push(told(&[Key::Char('p')], BEFORE, "the request before"));
            }
        }
        bindings.extend(document.bindings(about));
        bindings
    }

    fn planned(&mut self, planned: Planned) -> Turn {
        self.planned = Some(planned.plan.id.clone());
        if planned.agreement == Agreement::Same {
            return Turn::enter(Screen::Plan(Plan::new(planned.plan, planned.counts)));
        }
        self.mode = Mode::Differs(Box::new(planned));
        Turn::stay()
    }

    /// The source of a row without the folder that was read, which all of them share.
    fn short<'a>(&self, source: &'a str) -> &'a str {
        let shared = self.asked.paths.iter().find_map(|path| {
            let rest = source.strip_prefix(crate::ceremony::printable_path(path).as_str())?;
            rest.strip_prefix('/')
        });
        shared.filter(|rest| !rest.is_empty()).unwrap_or(source)
    }

    fn detailed(&mut self, detail: &Detail) -> Turn {
        let source = Printable::with_limit(self.short(detail.judgement.source.as_str()), usize::MAX);
        let mut document = findings::document(source, detail, &self.asked);
        if let Mode::Details(before) = &self.mode {
            document = document.opened_like(before);
        }
        self.mode = Mode::Details(Box::new(document));
        Turn::stay()
    }
}

impl Room for TriageScreen {
    fn title(&self) -> &'static str {
        match &self.mode {
            Mode::Details(document) => document.title(),
            _ => "Requests: what became of them",
        }
    }

    fn help(&self) -> &'static str {
        if let Mode::Details(document) = &self.mode {
            return document.help();
        }
        "Every file that was read is a row. Accepted: it can be signed. Refused: it will not be signed; its details \
         say why and what to do. Skipped: it is no request. Nothing is planned or signed yet. The search looks for text in the \
         file's name and in the subject while you type; filters and search narrow each other. c lists the controls: how many \
         requests each refuses, how many files it skips, and how many requests it only remarks on. Tab \
         names the forms of delivery that cannot be had of the first thousand that are accepted, and why. In the details, n and p \
         go on among the rows that the table shows. A plan takes all accepted \
         requests, whatever is shown here."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match &self.mode {
            Mode::Searching { .. } => return SEARCHING.to_vec(),
            Mode::Details(document) => return self.keys_of_details(document, about),
            Mode::Controls(_) => {
                let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, "show only these")];
                bindings.extend_from_slice(LIST);
                bindings.push(CLOSED);
                return bindings;
            }
            Mode::Differs(_) => {
                return vec![Binding::bar(&[Key::Char('p')], Action::Proceed, "look at the plan"), CLOSED];
            }
            Mode::Table => {}
        }
        let mut bindings = if about.busy.is_some() {
            about
                .can_stop()
                .then(|| Binding::bar(&[Key::Esc, Key::Char('s')], Action::Back, "stop"))
                .into_iter()
                .collect()
        } else {
            let details = Binding::bar(&[Key::Enter], Action::Open, "details");
            let mut bindings = if self.selection.is_empty() { Vec::new() } else { vec![details] };
            let (place, words): (fn(_, _, _) -> _, _) = match &self.planned {
                Some(_) => (Binding::bar, "back to the plan of it"),
                None if self.reading.triage.counts().accepted > 0 => (Binding::bar, "plan what is accepted"),
                // It says why there is nothing to plan.
                None => (Binding::help, "plan what is accepted"),
            };
            bindings.extend([
                place(&[Key::Char('p')], Action::Proceed, words),
                Binding::bar(&[Key::Char('d')], DIFFERENCE, "asked/issued"),
                Binding::help(&[Key::Char('o')], ORDER, "in another order"),
            ]);
            bindings
        };
        if !self.reading.forms.obstacles.is_empty() {
            bindings.push(Binding::help(&[Key::Tab], Action::Next, "forms of delivery that cannot be had"));
        }
        bindings.push(Binding::bar(&[Key::Char('/')], SEARCH, "search"));
        bindings.extend([
            Binding::help(&[Key::Char('v')], VERDICT, "all, accepted, refused, skipped"),
            Binding::help(&[Key::Char('c')], CONTROL, "only those that a control found something in"),
            Binding::help(&[Key::Char('r')], REVERSE, "the other way round"),
            Binding::help(&[Key::Char('x')], EVERYTHING, "no filter, no search"),
        ]);
        bindings.extend_from_slice(LIST);
        if about.busy.is_none() {
            bindings.push(BACK);
        }
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match std::mem::take(&mut self.mode) {
            Mode::Details(document) => return self.act_on_details(action, document, about),
            Mode::Table => return self.act_on_table(action),
            Mode::Searching { field, before } => {
                self.mode = Mode::Searching { field, before: before.clone() };
                self.act_while_searching(action, before);
            }
            Mode::Controls(menu) => self.act_on_controls(action, menu),
            Mode::Differs(planned) => {
                if action == Action::Proceed {
                    let Planned { plan, counts, .. } = *planned;
                    return Turn::enter(Screen::Plan(Plan::new(plan, counts)));
                }
            }
        }
        Turn::stay()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.mode {
            Mode::Searching { field, .. } => Some(field),
            _ => None,
        }
    }

    fn typed(&mut self) -> Turn {
        if let Mode::Searching { field, .. } = &self.mode
            && field.text() != self.filter.search
        {
            field.text().clone_into(&mut self.filter.search);
            self.select();
        }
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        Heard::Mine(match *news {
            News::InOrder(order) => {
                self.order = order;
                self.select();
                Turn::stay()
            }
            News::Detail(detail) => self.detailed(&detail),
            News::Planned(planned) => self.planned(planned),
            News::PlanFound(plan) => Turn::enter(Screen::Plan(Plan::stored(plan))),
            other => return Heard::NotMine(Box::new(other)),
        })
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        // The request that was to be shown next is the chosen one: the table shows which, not the details before it.
        if let Mode::Details(_) = self.mode {
            self.mode = Mode::Table;
        }
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        if let Mode::Details(document) = &self.mode {
            document.draw(canvas, area, about);
            return;
        }
        self.draw_table(canvas, area);
        match &self.mode {
            Mode::Controls(menu) => menu.draw(canvas, area),
            Mode::Differs(planned) => self.draw_differs(canvas, area, planned),
            Mode::Details(_) | Mode::Table | Mode::Searching { .. } => {}
        }
    }
}

/// While letters go to the search field.
const SEARCHING: [Binding; 6] = [
    Binding::bar(&[Key::Enter], Action::Open, "keep the search"),
    Binding::bar(&[Key::Down], Action::Down, "one row down"),
    Binding::help(&[Key::Up], Action::Up, "one row up"),
    Binding::help(&[Key::PageUp, Key::Control('b')], Action::PageUp, "one page up"),
    Binding::help(&[Key::PageDown, Key::Control('f')], Action::PageDown, "one page down"),
    Binding::bar(&[Key::Esc], CLOSE, "as it was before"),
];

/// Out of what stands over the table.
const CLOSED: Binding = Binding::bar(&[Key::Esc], CLOSE, "back to the table");
