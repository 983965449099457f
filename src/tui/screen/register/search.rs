//! Looking for issued certificates: by what, what for, how long it takes, and what was found.

use ratatui::layout::Rect;

use super::{document, table};
use crate::{
    ceremony::{By, IssuedRow, Pace, Wanted},
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, FORM, LIST},
        list::List,
        message::{Effect, Failure},
        model::{self, About},
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::{counted, grouped},
        work::{
            Job, News,
            register::{RegisterJob, RegisterNews, SearchEnd, SearchFrom},
        },
    },
};

/// Stops the search.
const STOP: Action = Action::Verb(0);

/// Goes on with the search.
const ONWARD: Action = Action::Verb(1);

/// Another search.
const OTHER: Action = Action::Verb(2);

/// Rows that are kept; whoever found so many needs a narrower search, not a longer list. About 10 MB.
const ROWS_MAX: usize = 10_000;

/// A way to search.
#[derive(Debug)]
struct Way {
    by: By,
    name: &'static str,
    /// What is to be typed.
    what: &'static str,
    /// Something of that kind.
    example: &'static str,
}

/// By what people search. What is on a device's label or in a complaint, a name, comes first.
const WAYS: [Way; 4] = [
    Way {
        by: By::Text,
        name: "name",
        what: "any part of the subject, or of the request's file name; capital and small letters are the same",
        example: "pump-0007, or line-3/pump-0007.csr",
    },
    Way {
        by: By::Serial,
        name: "serial number",
        what: "the certificate's serial number or its first digits, hexadecimal, with or without colons",
        example: "3f:a0, or 3fa04b",
    },
    Way {
        by: By::Key,
        name: "SHA-256 of key",
        what: "all 64 digits of the public key's digest (spki_sha256 in devices.csv), with or without colons",
        example: DIGEST,
    },
    Way {
        by: By::Certificate,
        name: "SHA-256 of cert.",
        what: "all 64 digits of the whole certificate's digest (its fingerprint), with or without colons",
        example: DIGEST,
    },
];

/// What a digest looks like: that of nothing.
const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Where a search stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// It is being typed.
    Form,
    /// It is under way.
    Searching,
    /// Something was found, or nothing.
    Found(SearchEnd),
}

/// A search.
#[derive(Debug)]
pub struct Search {
    issued: u64,
    way: List,
    field: Field,
    wanted: Option<Wanted>,
    phase: Phase,
    rows: Vec<IssuedRow>,
    list: List,
}

impl Search {
    /// A search among so many certificates, nothing typed yet.
    #[must_use]
    pub fn new(issued: u64) -> Self {
        Self {
            issued,
            way: List::default(),
            field: Field::default(),
            wanted: None,
            phase: Phase::Form,
            rows: Vec::new(),
            list: List::default(),
        }
    }

    fn way(&self) -> &'static Way {
        WAYS.get(self.way.chosen()).unwrap_or(&WAYS[0])
    }

    fn begin(&mut self, about: &About) -> Turn {
        let wanted = match Wanted::new(self.way().by, self.field.text()) {
            Ok(wanted) => wanted,
            Err(error) => return Turn { failure: Some(Failure::from(error)), ..Turn::default() },
        };
        self.wanted = Some(wanted);
        self.rows = Vec::new();
        self.list = List::default();
        self.ask(SearchFrom::Beginning, about)
    }

    fn ask(&mut self, from: SearchFrom, about: &About) -> Turn {
        let Some(wanted) = self.wanted.clone() else { return Turn::stay() };
        if about.busy.is_none() {
            self.phase = Phase::Searching;
        }
        Turn::work(Job::Register(RegisterJob::Search { wanted, from }))
    }

    fn onward(&mut self, about: &About) -> Turn {
        if self.rows.len() >= ROWS_MAX {
            return Turn::refuse(
                format!("{} found already", counted(self.rows.len() as u64, "certificate")),
                "make the search narrower: type more of what you look for",
            );
        }
        self.ask(SearchFrom::Onward, about)
    }

    fn draw_form(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let used = canvas.text(area.x, area.y, area.width, "What is known of the certificate?", Role::Strong);
        let text = "Tab or the arrows choose another row";
        canvas.text(area.x + used + 2, area.y, area.width.saturating_sub(used + 2), text, Role::Faint);
        for (row, Way { by, name, .. }) in WAYS.iter().enumerate() {
            let y = area.y + 2 + u16::try_from(row).unwrap_or(0);
            let (mark, role) =
                if row == self.way.chosen() { (">", Role::Selected) } else { (" ", Role::Plain) };
            let pace = match by.pace() {
                Pace::AtOnce => "answered at once",
                Pace::RowByRow => "reads row after row: seconds for millions; can be stopped",
            };
            canvas.row(area, y, &format!("{mark} {name:<18}{pace}"), role);
        }
        let way = self.way();
        let below = Rect { y: area.y + 7, height: 2, ..area };
        canvas.paragraph(below, &format!("Type {}.", way.what), Role::Plain);
        canvas.input(area.x, area.y + 10, area.width, &self.field, Role::Selected);
        canvas.text(area.x, area.y + 12, area.width, &format!("such as {}", way.example), Role::Faint);
    }

    fn draw_searching(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let progress = about.busy.as_ref().and_then(|busy| busy.progress);
        let (done, of) = progress.map_or((0, self.issued), |now| (now.done, now.of.unwrap_or(self.issued)));
        let text = format!("looked through {} of {}", grouped(done), counted(of, "certificate"));
        canvas.text(area.x, area.y, area.width, &text, Role::Strong);
        canvas.gauge(area, area.y + 2, done, of);
        if about.busy.as_ref().is_some_and(|busy| busy.pace == model::Pace::Stopping) {
            canvas.text(area.x, area.y + 4, area.width, "stopping ...", Role::Attention);
        } else {
            let text =
                "What was found until then is shown when the search is stopped; it can go on afterwards.";
            let below = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
            canvas.paragraph(below, text, Role::Faint);
        }
    }

    fn draw_found(&self, canvas: &mut Canvas<'_>, area: Rect, end: SearchEnd) {
        let found = grouped(self.rows.len() as u64);
        let (text, role) = match end {
            SearchEnd::All if self.rows.is_empty() => ("nothing found".to_owned(), Role::Attention),
            SearchEnd::All => (format!("{found} found; that is all"), Role::Good),
            SearchEnd::Full => (format!("{found} found, and more there may be: m goes on"), Role::Strong),
            SearchEnd::Stopped => (
                format!("STOPPED: {found} found so far, not all was looked through: m goes on"),
                Role::Attention,
            ),
        };
        let used = canvas.text(area.x, area.y, area.width, &text, role) + 3;
        let typed = format!("for {}", self.field.text());
        let typed = crate::pki::text::Printable::new(&typed);
        canvas.outside(area.x + used, area.y, area.width.saturating_sub(used), &typed, Role::Faint);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if !self.rows.is_empty() {
            table::draw(canvas, below, self.list, self.rows.len(), &|at| self.rows.get(at));
        }
    }
}

impl Room for Search {
    fn title(&self) -> &'static str {
        match self.phase {
            Phase::Form => "Register: search for what?",
            Phase::Searching => "Register: searching",
            Phase::Found(_) => "Register: what was found",
        }
    }

    fn help(&self) -> &'static str {
        "A serial number and a key are found at once, however many certificates there are. Text and a certificate's \
         digest are looked for row after row; such a search can be stopped, and gone on with. Up to 200 certificates are \
         shown at a time."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match self.phase {
            Phase::Form => {
                let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Proceed, "search")];
                bindings.extend(FORM.iter().map(|binding| match binding.action {
                    Action::Next => Binding { words: "by something else", ..binding.clone() },
                    _ => Binding { words: "the way before", ..binding.clone() },
                }));
                bindings.push(BACK);
                bindings
            }
            Phase::Searching => {
                vec![Binding::bar(&[Key::Char('s'), Key::Esc], STOP, "stop the search")]
            }
            Phase::Found(end) => {
                let mut bindings = Vec::new();
                if !self.rows.is_empty() {
                    let keys = &[Key::Enter, Key::Right, Key::Char('l')];
                    bindings.push(Binding::bar(keys, Action::Open, "look at it"));
                    bindings.extend_from_slice(LIST);
                }
                if end != SearchEnd::All {
                    bindings.push(Binding::bar(&[Key::Char('m')], ONWARD, "more"));
                }
                bindings.push(Binding::bar(&[Key::Char('/')], OTHER, "another search"));
                bindings.push(BACK);
                bindings
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (self.phase, action) {
            (Phase::Form, Action::Proceed) => self.begin(about),
            (Phase::Form, Action::Next) => {
                self.way.choose((self.way.chosen() + 1) % WAYS.len());
                Turn::stay()
            }
            (Phase::Form, Action::Previous) => {
                self.way.choose((self.way.chosen() + WAYS.len() - 1) % WAYS.len());
                Turn::stay()
            }
            (Phase::Searching, _) => Turn::effect(Effect::Stop),
            // Back leads to the register from what was found, too: the form has the same title, and letters would go into
            // its field.
            (Phase::Form, _) | (Phase::Found(_), Action::Back) => Turn::back(),
            (Phase::Found(_), OTHER) => {
                self.phase = Phase::Form;
                self.field = Field::default();
                Turn::stay()
            }
            (Phase::Found(_), ONWARD) => self.onward(about),
            (Phase::Found(_), Action::Open) => self
                .rows
                .get(self.list.chosen())
                .map_or_else(Turn::stay, |row| Turn::work(Job::Register(RegisterJob::Read(row.number)))),
            (Phase::Found(_), _) => {
                self.list.act(action, self.rows.len());
                Turn::stay()
            }
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        (self.phase == Phase::Form).then_some(&mut self.field)
    }

    fn hear(&mut self, news: Box<News>, about: &About) -> Heard {
        match *news {
            News::Register(RegisterNews::Found { rows, end }) => {
                self.rows.extend(rows);
                // There is one certificate of a digest at most.
                let is_found = self.way().by == By::Certificate && !self.rows.is_empty();
                self.phase = Phase::Found(if is_found { SearchEnd::All } else { end });
                Heard::Mine(Turn::stay())
            }
            News::Register(RegisterNews::Read { number, der, ca, revoked }) => {
                let row = self.rows.iter().find(|row| row.number == number);
                Heard::Mine(row.map_or_else(Turn::stay, |row| {
                    Turn::enter(document(row, &der, (&ca, revoked.as_ref()), about.clock))
                }))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        if self.phase == Phase::Searching {
            self.phase = Phase::Form;
        }
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match self.phase {
            Phase::Form => self.draw_form(canvas, area),
            Phase::Searching => self.draw_searching(canvas, area, about),
            Phase::Found(end) => self.draw_found(canvas, area, end),
        }
    }
}
