//! Revocation: the CAs whose keys sign CRLs, when the next one of each is due, and what waits for it.

use ratatui::layout::Rect;

use super::{Screen, crls::Crls};
use crate::{
    ceremony::{CrlFreshness, CrlScope, CrlStanding, CrlsOfCa},
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

/// The CAs and their CRLs, or the CRLs of one that makes several.
#[derive(Debug, Default)]
pub struct Revocations {
    of: Of,
    lines: Rows<Line>,
}

/// Whose CRLs are listed.
#[derive(Debug, Default)]
enum Of {
    /// Those of this CA, one by one.
    Ca(String),
    /// Those of all CAs, a line each.
    #[default]
    Cas,
}

/// What stands in a line.
#[derive(Debug)]
enum Line {
    /// The only CRL of a CA, or one of several.
    One(Box<CrlStanding>),
    /// All CRLs of a CA.
    Several(CrlsOfCa),
}

impl Of {
    fn lines(&self, all: Vec<CrlsOfCa>) -> Vec<Line> {
        let one = |standing| Line::One(Box::new(standing));
        match self {
            Self::Ca(name) => {
                let crls = all.into_iter().filter(|crls| crls.ca == *name);
                crls.flat_map(|crls| crls.standings).map(one).collect()
            }
            Self::Cas => {
                let line = |mut crls: CrlsOfCa| match (crls.standings.len(), crls.standings.pop()) {
                    (1, Some(only)) => one(only),
                    (_, last) => {
                        crls.standings.extend(last);
                        Line::Several(crls)
                    }
                };
                all.into_iter().map(line).collect()
            }
        }
    }
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

    /// The way into the CRLs of a CA that makes several.
    fn enter_ca(crls: &CrlsOfCa) -> Turn {
        let mut screen = Self { of: Of::Ca(crls.ca.clone()), lines: Rows::default() };
        screen.lines.show(screen.of.lines(vec![crls.clone()]));
        Turn::enter(Screen::Revocations(screen))
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
        match self.of {
            Of::Ca(_) => "Revocation: the CRLs of a CA",
            Of::Cas => "Revocation",
        }
    }

    fn help(&self) -> &'static str {
        "A CA revokes a certificate by naming it on its list of revoked certificates, the CRL, until the certificate \
         has expired. Where the CA's certificates are divided among partitions, each has a CRL of its own beside the \
         full one, which names them all: such a CA has one line, and Enter lists its CRLs. Whoever checks certificates needs a CRL that is still good, also where \
         nothing is revoked: make the next one before the last one ends. Open a CA to revoke, hold or release \
         certificates and to make its next CRL."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = self.lines.bindings("open");
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => match self.of {
                Of::Ca(_) => Turn::back().and(Job::Revocation(RevocationJob::Standings)),
                Of::Cas => Turn::back(),
            },
            Action::Open => self.lines.open(|line| match line {
                Line::One(standing) => Crls::enter(&standing.ca, standing.scope),
                Line::Several(crls) => Self::enter_ca(crls),
            }),
            _ => self.lines.act(action),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Revocation(RevocationNews::Standings(standings)) => {
                self.lines.show(self.of.lines(standings));
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.lines.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let look = Look {
            heads: &[(2, "CA"), (20, "latest CRL"), (44, "the next one")],
            lines: 2,
            none: "There is no CA here whose key signs CRLs.\n\nA root can; a subordinate CA can once its certificate \
                   is installed and its key usage has cRLSign. See Authorities.",
        };
        self.lines.draw(canvas, area, look, |canvas, area, line, role| match line {
            Line::One(standing) => draw_one(canvas, area, standing, role),
            Line::Several(crls) => draw_several(canvas, area, crls, role),
        });
    }
}

/// A CRL; its second line has the end of the latest and what waits.
fn draw_one(canvas: &mut Canvas<'_>, area: Rect, standing: &CrlStanding, role: Role) {
    let latest = latest_words(standing);
    draw_first_line(canvas, area, (&standing.ca, &latest, standing.freshness), role);
    let end = standing.latest.as_ref().and_then(|latest| latest.next_update);
    let until = end.map_or_else(String::new, |end| format!("good until {}; ", moment(end)));
    let part = partition_words(standing.scope).map_or_else(String::new, |part| format!("{part}: "));
    let text = format!("{part}{until}{}", waiting_words(standing));
    canvas.text(area.x + 4, area.y + 1, area.width.saturating_sub(4), &text, Role::Faint);
}

/// A CA that makes several; its second line has how many are due and what waits: all of it for the full one.
fn draw_several(canvas: &mut Canvas<'_>, area: Rect, crls: &CrlsOfCa, role: Role) {
    let latest = crls.standings.first().map_or_else(String::new, latest_words);
    draw_first_line(canvas, area, (&crls.ca, &latest, crls.first()), role);
    let unsigned = crls.standings.iter().find(|standing| standing.unsigned.is_some());
    let waiting = unsigned.or(crls.standings.first()).map_or_else(String::new, waiting_words);
    let text = format!("{}; {waiting}", crls.words());
    canvas.text(area.x + 4, area.y + 1, area.width.saturating_sub(4), &text, Role::Faint);
}

fn draw_first_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (ca, latest, freshness): (&str, &str, CrlFreshness),
    role: Role,
) {
    canvas.outside(area.x + 2, area.y, 17, &Printable::new(ca), role);
    canvas.text(area.x + 20, area.y, 23, latest, role);
    let own = if role == Role::Selected { role } else { freshness_role(freshness) };
    canvas.text(area.x + 44, area.y, area.width.saturating_sub(44), &freshness.words(), own);
}

fn latest_words(standing: &CrlStanding) -> String {
    standing.latest.as_ref().map_or_else(
        || "no CRL yet".to_owned(),
        |latest| {
            let number = latest.number.as_deref().unwrap_or("no number");
            format!("{number}, {}", counted(latest.entries, "entry"))
        },
    )
}
