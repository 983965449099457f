//! Revocation: the CAs whose keys sign CRLs, when the next one of each is due, and what waits for it.

use ratatui::layout::Rect;

use super::{Screen, crls::Crls};
use crate::{
    ceremony::{CrlFreshness, CrlScope, CrlStanding},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        keymap::{Action, BACK, Binding},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        theme::Role,
        wording::{counted, moment},
        work::{
            Job, News,
            revocation::{RevocationJob, RevocationNews},
        },
    },
};

/// The CAs and their CRLs.
#[derive(Debug, Default)]
pub struct Revocations {
    standings: Rows<CrlStanding>,
}

impl Revocations {
    /// Nothing is known yet: [`RevocationJob::Standings`] is to follow.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The way into it.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::Revocations(Self::new())).and(Job::Revocation(RevocationJob::Standings))
    }
}

/// How a CRL stands out by when the next one is due.
pub(super) fn freshness_role(freshness: CrlFreshness) -> Role {
    match freshness {
        CrlFreshness::Good(_) => Role::Good,
        CrlFreshness::Never => Role::Plain,
        CrlFreshness::Soon(_) => Role::Attention,
        CrlFreshness::Overdue(_) => Role::Bad,
    }
}

/// Which partition of a CA's certificates a CRL is for; none: it is for all of them.
pub(super) fn partition_words(scope: CrlScope) -> Option<String> {
    match scope {
        CrlScope::Full => None,
        CrlScope::Partition(number) => Some(format!("partition {number}")),
    }
}

/// What waits for the next CRL, in words.
pub(super) fn waiting_words(standing: &CrlStanding) -> String {
    match (&standing.unsigned, standing.waiting) {
        (Some(number), _) => format!("CRL {number} is stored and not signed"),
        (None, 0) => "no change waits for it".to_owned(),
        (None, waiting) => format!("{} on no CRL yet", counted(waiting, "change")),
    }
}

impl Room for Revocations {
    fn title(&self) -> &'static str {
        "Revocation"
    }

    fn help(&self) -> &'static str {
        "A CA revokes a certificate by naming it on its list of revoked certificates, the CRL, until the certificate \
         has expired. Where the CA's certificates are divided among partitions, each has a CRL of its own beside the \
         full one, which names them all. Whoever checks certificates needs a CRL that is still good, also where \
         nothing is revoked: make the next one before the last one ends. Open a CA to revoke, hold or release \
         certificates and to make its next CRL."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = self.standings.bindings("open");
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Open => self.standings.open(|standing| Crls::enter(&standing.ca, standing.scope)),
            _ => self.standings.act(action),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Revocation(RevocationNews::Standings(standings)) => {
                self.standings.show(standings);
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.standings.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let look = Look {
            heads: &[(2, "CA"), (20, "latest CRL"), (44, "the next one")],
            lines: 2,
            none: "There is no CA here whose key signs CRLs.\n\nA root can; a subordinate CA can once its certificate \
                   is installed and its key usage has cRLSign. See Authorities.",
        };
        self.standings.draw(canvas, area, look, draw_row);
    }
}

/// A CA; its second line has the end of the latest CRL and what waits.
fn draw_row(canvas: &mut Canvas<'_>, area: Rect, standing: &CrlStanding, role: Role) {
    canvas.outside(area.x + 2, area.y, 17, &Printable::new(&standing.ca), role);
    let latest = standing.latest.as_ref().map_or_else(
        || "no CRL yet".to_owned(),
        |latest| {
            let number = latest.number.as_deref().unwrap_or("no number");
            format!("{number}, {}", counted(latest.entries, "entry"))
        },
    );
    canvas.text(area.x + 20, area.y, 23, &latest, role);
    let own = if role == Role::Selected { role } else { freshness_role(standing.freshness) };
    canvas.text(area.x + 44, area.y, area.width.saturating_sub(44), &standing.freshness.words(), own);
    let end = standing.latest.as_ref().and_then(|latest| latest.next_update);
    let until = end.map_or_else(String::new, |end| format!("good until {}; ", moment(end)));
    let part = partition_words(standing.scope).map_or_else(String::new, |part| format!("{part}: "));
    let text = format!("{part}{until}{}", waiting_words(standing));
    canvas.text(area.x + 4, area.y + 1, area.width.saturating_sub(4), &text, Role::Faint);
}
