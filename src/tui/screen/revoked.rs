//! The certificates of a CA that are revoked or on hold now, and the way to release or revoke one.

use ratatui::layout::Rect;

use super::{Screen, revoke::Revoke};
use crate::{
    ceremony::{Revoked as Standing, RevokedRow},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        theme::Role,
        wording::{day, grouped},
        work::{
            Job, News,
            revocation::{More, RevocationJob, RevocationNews},
        },
    },
};

/// Reads the next ones.
const MORE: Action = Action::Verb(0);

/// Rows that are kept; who looks for one among more finds it in the Register. About 3 MB.
const ROWS_MAX: usize = 10_000;

/// What is revoked and on hold.
#[derive(Debug)]
pub struct Revoked {
    ca: String,
    rows: Rows<RevokedRow>,
    /// Whether there are more behind them.
    more: More,
}

impl Revoked {
    /// Of them nothing is known yet: [`RevocationJob::InForce`] is to follow.
    #[must_use]
    pub fn new(ca: &str) -> Self {
        Self { ca: ca.to_owned(), rows: Rows::default(), more: More::None }
    }

    /// The way into it.
    #[must_use]
    pub fn enter(ca: &str) -> Turn {
        let job = RevocationJob::InForce { ca: ca.to_owned(), after: 0 };
        Turn::enter(Screen::Revoked(Self::new(ca))).and(Job::Revocation(job))
    }

    fn ask(&self, after: u64) -> Turn {
        Turn::work(Job::Revocation(RevocationJob::InForce { ca: self.ca.clone(), after }))
    }

    fn has_more(&self) -> bool {
        self.more == More::Some && self.rows.all().len() < ROWS_MAX
    }

    fn count(&self) -> String {
        let held =
            self.rows.all().iter().filter(|row| matches!(row.revoked, Standing::Held(_))).count() as u64;
        let all = self.rows.all().len() as u64;
        let read = format!("{} on hold, {} revoked", grouped(held), grouped(all - held));
        match (self.more, self.has_more()) {
            (More::None, _) => read,
            (More::Some, true) => format!("{read} so far; m reads more"),
            (More::Some, false) => {
                format!("{read}, and more: search in the Register for a certificate")
            }
        }
    }
}

impl Room for Revoked {
    fn title(&self) -> &'static str {
        "Revoked and on hold"
    }

    fn help(&self) -> &'static str {
        "The certificates of this CA that are revoked or on hold now, in the order in which that was recorded. Enter \
         on one leads to its release from hold, or to its revocation. What is revoked stays revoked; where its key \
         turns out to be in other hands, the reason can become worse. Which of them relying parties know of is a \
         matter of the CRL: what was recorded since the latest one is on none yet."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = self.rows.bindings("release or revoke");
        if self.has_more() {
            bindings.push(Binding::bar(&[Key::Char('m')], MORE, "more"));
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            MORE => self.rows.all().last().map_or_else(Turn::stay, |row| self.ask(row.place)),
            Action::Open => self.rows.open(|row| {
                let unknown = || Printable::new("not known: issued elsewhere");
                let subject = row.subject.clone().unwrap_or_else(unknown);
                let named = (row.serial.clone(), subject);
                let revoke = Revoke::found(&self.ca, named, Some(&row.revoked), about.clock);
                revoke.map_or_else(nothing_worse, |revoke| Turn::enter(Screen::Revoke(revoke)))
            }),
            _ => self.rows.act(action),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Revocation(RevocationNews::InForce { after, rows, more }) => {
                self.more = more;
                if after > 0 {
                    self.rows.add(rows);
                } else {
                    self.rows.show(rows);
                }
                Heard::Mine(Turn::stay())
            }
            // The home was looked at again because something was recorded.
            News::Opened { .. } => Heard::Mine(self.ask(0)),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.rows.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        canvas.text(area.x, area.y, 3, "CA", Role::Faint);
        canvas.outside(area.x + 4, area.y, 30, &Printable::new(&self.ca), Role::Strong);
        if !self.rows.all().is_empty() {
            canvas.text(area.x, area.y + 1, area.width, &self.count(), Role::Plain);
        }
        let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        let look = Look {
            heads: &[(2, "subject")],
            lines: 2,
            none: "No certificate of this CA is revoked or on hold.",
        };
        self.rows.draw(canvas, below, look, draw_row);
    }
}

fn nothing_worse() -> Turn {
    Turn::refuse(
        "this certificate is revoked because its key is in other hands",
        "nothing worse can be said of it, and nothing takes it back; a date of a clock that ran ahead is put right by v \
         among the CA's CRLs, with the serial number",
    )
}

/// A certificate; its second line has the serial number and since when.
fn draw_row(canvas: &mut Canvas<'_>, area: Rect, row: &RevokedRow, role: Role) {
    let (word, stands_out) = match row.revoked {
        Standing::Held(_) => ("on hold", Role::Attention),
        Standing::Released(_) => ("released", Role::Plain),
        Standing::Revoked(_) => ("revoked", Role::Bad),
    };
    let own = if role == Role::Selected { role } else { stands_out };
    let width = area.width.saturating_sub(12);
    match &row.subject {
        Some(subject) => canvas.outside(area.x + 2, area.y, width, subject, role),
        None => canvas.text(area.x + 2, area.y, width, "issued elsewhere", role),
    };
    canvas.text(area.right().saturating_sub(9), area.y, 9, word, own);
    // A serial number of 20 octets, a day and the longest reason fill a row of 80 columns.
    let (since, why) = match &row.revoked {
        Standing::Held(entry) | Standing::Revoked(entry) => (entry.date, entry.reason.name()),
        Standing::Released(at) => (*at, ""),
    };
    let text = format!("{}  {}  {why}", row.serial, day(since));
    canvas.text(area.x + 4, area.y + 1, area.width.saturating_sub(4), &text, Role::Faint);
}
