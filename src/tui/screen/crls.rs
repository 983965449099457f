//! The CRLs of one CA, and the ways to revoke and to the next CRL.

use ratatui::layout::Rect;

use super::{
    Screen,
    crl_import::CrlImport,
    delivery::Delivery,
    next_crl::NextCrl,
    revocations::{freshness_role, partition_words, waiting_words},
    revoke::Revoke,
    revoked::Revoked,
};
use crate::{
    ceremony::{CrlOrigin, CrlRow, CrlScope, CrlStanding},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        theme::Role,
        wording::{counted, grouped, moment},
        work::{
            Job, News,
            revocation::{RevocationJob, RevocationNews},
        },
    },
};

/// Revokes, holds or releases certificates that are named.
const REVOKE: Action = Action::Verb(0);
/// The same with certificates that a file lists.
const LISTED: Action = Action::Verb(1);
/// Prepares the next CRL.
const NEXT: Action = Action::Verb(2);
/// Hands the latest CRL over again.
const DELIVER: Action = Action::Verb(3);
/// Takes what the CA did before it moved in.
const PAST: Action = Action::Verb(4);

/// Rows above the list.
const HEAD_ROWS: u16 = 4;

/// Rows below it: more of the chosen one.
const FOOT_ROWS: u16 = 2;

/// The CRLs of a CA: the full ones, or those of a partition.
#[derive(Debug)]
pub struct Crls {
    ca: String,
    scope: CrlScope,
    standing: Option<Box<CrlStanding>>,
    rows: Rows<CrlRow>,
    /// The register's entry that they were read at.
    entry: Option<u64>,
}

impl Crls {
    /// Of them nothing is known yet: [`RevocationJob::Page`] is to follow.
    #[must_use]
    pub fn new(ca: &str, scope: CrlScope) -> Self {
        Self { ca: ca.to_owned(), scope, standing: None, rows: Rows::default(), entry: None }
    }

    /// The way into it.
    #[must_use]
    pub fn enter(ca: &str, scope: CrlScope) -> Turn {
        Turn::enter(Screen::Crls(Self::new(ca, scope)))
            .and(Job::Revocation(RevocationJob::Page(ca.to_owned(), scope)))
    }

    /// The latest CRL, where it was made here: the only one that is handed over.
    fn latest(&self) -> Option<&CrlRow> {
        self.rows.all().first().filter(|row| row.origin != CrlOrigin::Elsewhere)
    }
}

impl Room for Crls {
    fn title(&self) -> &'static str {
        "CRLs of a CA"
    }

    fn help(&self) -> &'static str {
        "Enter shows what is revoked and on hold, and leads to a release. v revokes certificates, or puts them on \
         hold or releases them, by their serial numbers; f takes the serial numbers from a file on a medium, one on \
         each line. A certificate that is looked up in the Register is revoked there, with v too. It is recorded at \
         once, and relying parties learn of it by the next CRL. n prepares that: it is shown whole before anything is \
         stored, approved by its words, signed and handed over. w writes the latest CRL onto a medium once more; \
         older ones stay in the register and leave it no more, for they would take revocations back."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = vec![
            Binding::bar(&[Key::Enter, Key::Right, Key::Char('l')], Action::Open, "revoked"),
            Binding::bar(&[Key::Char('v')], REVOKE, "revoke"),
            Binding::bar(&[Key::Char('f')], LISTED, "from a file"),
            Binding::bar(&[Key::Char('n')], NEXT, "next CRL"),
        ];
        if self.latest().is_some() {
            bindings.push(Binding::bar(&[Key::Char('w')], DELIVER, "to medium"));
        }
        let past = "take the CRL and the list of a CA that moved in";
        bindings.push(Binding::help(&[Key::Char('p')], PAST, past));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back().and(Job::Revocation(RevocationJob::Standings)),
            REVOKE => Turn::enter(Screen::Revoke(Revoke::typed(&self.ca))),
            LISTED => Turn::enter(Screen::Revoke(Revoke::listed(&self.ca))),
            PAST => CrlImport::enter(&self.ca),
            NEXT => NextCrl::enter(&self.ca, self.scope),
            Action::Open => Revoked::enter(&self.ca),
            DELIVER => match self.latest() {
                Some(row) => Turn::enter(Screen::Delivery(Delivery::crl(self.ca.clone(), row.clone()))),
                None => Turn::stay(),
            },
            _ => self.rows.act(action),
        }
    }

    /// Something was recorded, here or on a screen above this one: the CRLs are looked at again.
    fn tick(&mut self, about: &About) -> Turn {
        let entry = about.overview.as_ref().map(|overview| overview.entry);
        let is_known = self.entry.is_none() || entry == self.entry;
        if is_known || about.busy.is_some() || about.aside.is_some() {
            return Turn::stay();
        }
        self.entry = entry;
        Turn::work(Job::Revocation(RevocationJob::Page(self.ca.clone(), self.scope)))
    }

    fn hear(&mut self, news: Box<News>, about: &About) -> Heard {
        match *news {
            News::Revocation(RevocationNews::Page { standing, rows }) => {
                self.entry = about.overview.as_ref().map(|overview| overview.entry);
                self.standing = Some(standing);
                self.rows.show(rows);
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.rows.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        canvas.text(area.x, area.y, 17, "CA", Role::Faint);
        let ca = Printable::new(&self.ca);
        canvas.outside(area.x + 18, area.y, area.width.saturating_sub(18), &ca, Role::Strong);
        let Some(standing) = &self.standing else { return };
        let words = standing.freshness.words();
        canvas.labelled(area, area.y + 1, "the next CRL", &words, freshness_role(standing.freshness));
        canvas.labelled(area, area.y + 2, "waiting", &waiting_words(standing), Role::Plain);
        if let Some(part) = partition_words(self.scope) {
            let place = standing.place.as_ref().map_or("", Printable::as_str);
            canvas.labelled(area, area.y + 3, "only for", &format!("{part}: {place}"), Role::Plain);
        } else {
            let ways = "v by serial number; or v on a certificate in the Register";
            canvas.labelled(area, area.y + 3, "to revoke", ways, Role::Plain);
        }
        let height = area.height.saturating_sub(HEAD_ROWS + FOOT_ROWS);
        let below = Rect { y: area.y + HEAD_ROWS, height, ..area };
        let look = Look {
            heads: &[(2, "number"), (16, "of"), (41, "good until"), (66, "entries")],
            lines: 1,
            none: "no CRL yet; n prepares the first",
        };
        self.rows.draw(canvas, below, look, draw_row);
        if let Some(crl) = self.rows.chosen() {
            canvas.text(area.x, area.bottom() - 1, area.width, &told(crl), Role::Faint);
        }
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, crl: &CrlRow, role: Role) {
    let end = crl.next_update.map_or_else(|| "no end named".to_owned(), moment);
    let texts = [
        (2, 13, crl.number.clone().unwrap_or_else(|| "none".to_owned())),
        (16, 24, moment(crl.this_update)),
        (41, 24, end),
        (66, area.width.saturating_sub(66), grouped(crl.entries)),
    ];
    for (column, width, text) in texts {
        canvas.text(area.x + column, area.y, width, &text, role);
    }
}

/// More of a CRL than its row has.
fn told(crl: &CrlRow) -> String {
    let origin = match crl.origin {
        CrlOrigin::Command => "approved by a command",
        CrlOrigin::Elsewhere => "made elsewhere, imported",
        CrlOrigin::Words => "approved by its words",
    };
    let handed = match crl.deliveries {
        0 => "handed over to nobody".to_owned(),
        count => format!("handed over {}", counted(count, "time")),
    };
    format!("{}: {origin}; {handed}", crl.words)
}
