//! The CAs of this home, and the ways to a new one.

use ratatui::layout::Rect;

use super::{Screen, adoption::Adoption, authority::AuthorityPage, new_ca::NewCa};
use crate::{
    ceremony::{Authority, CaWarningKind, Stage},
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
        wording::day,
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews},
        },
    },
};

/// Makes a root.
const ROOT: Action = Action::Verb(0);
/// Requests a subordinate CA.
const SUBORDINATE: Action = Action::Verb(1);
/// Lets one move in.
const ADOPT: Action = Action::Verb(2);

/// The CAs.
#[derive(Debug, Default)]
pub struct Authorities {
    authorities: Rows<Authority>,
}

impl Authorities {
    /// Nothing is known yet: [`AuthorityJob::List`] is to follow.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A CA's stage in few words, and how it stands out.
pub(super) fn stage_words(stage: &Stage) -> (&'static str, Role) {
    match stage {
        Stage::Issues => ("issues", Role::Good),
        Stage::Requested => ("waits for its certificate", Role::Attention),
        Stage::Unfinished(_) => ("root, unfinished", Role::Attention),
        Stage::Abandoned => ("abandoned: no certificate", Role::Bad),
    }
}

/// The state of a CA in a few words, its end among them where that is near.
pub(super) fn state_words(authority: &Authority) -> (String, Role) {
    let of = |kind| authority.warnings.iter().any(|warning| warning.kind == kind);
    let (words, role) = match &authority.stage {
        Stage::Issues if of(CaWarningKind::Ended) => ("ENDED: renew it", Role::Bad),
        Stage::Issues if of(CaWarningKind::Ends) => ("issues; ENDS SOON", Role::Attention),
        Stage::Issues if of(CaWarningKind::FullLength) => ("issues; RENEW SOON", Role::Attention),
        stage => stage_words(stage),
    };
    match &authority.succeeded_by {
        Some(after) if role == Role::Good => {
            (format!("{words}; succeeded by {}", Printable::new(after)), role)
        }
        _ => (words.to_owned(), role),
    }
}

impl Room for Authorities {
    fn title(&self) -> &'static str {
        "Authorities"
    }

    fn help(&self) -> &'static str {
        "A root CA signs its own certificate. A subordinate CA is requested from a superior one: its key is made here, \
         its request goes out on a medium, and the certificate that comes back is installed. Open a CA to see its \
         certificate and what is to be done next with it."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = self.authorities.bindings("open");
        bindings.push(Binding::bar(&[Key::Char('n')], ROOT, "new root"));
        bindings.push(Binding::bar(&[Key::Char('s')], SUBORDINATE, "request a subordinate CA"));
        bindings.push(Binding::bar(&[Key::Char('a')], ADOPT, "adopt one"));
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Open => self
                .authorities
                .open(|authority| Turn::enter(Screen::Authority(AuthorityPage::new(authority.clone())))),
            ROOT => Turn::enter(Screen::NewCa(NewCa::root())),
            ADOPT => Turn::enter(Screen::Adoption(Adoption::new())),
            SUBORDINATE => Turn::enter(Screen::NewCa(NewCa::subordinate())),
            _ => self.authorities.act(action),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::List(authorities)) => {
                self.authorities.show(authorities);
                Heard::Mine(Turn::stay())
            }
            // The home was looked at again because something was made: so are the CAs.
            News::Opened { .. } => Heard::Mine(Turn::work(Job::Authority(AuthorityJob::List))),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.authorities.unreadable();
        Told::OnTop
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let look = Look {
            heads: &[(2, "name"), (20, "key"), (30, "valid until"), (42, "state")],
            lines: 2,
            none: "There is no CA yet.\n\nn makes a root CA: a key in the token and a certificate that it signs \
                   itself.\n\ns requests a subordinate CA: a key in the token and a request that a superior CA \
                   answers with a certificate.",
        };
        self.authorities.draw(canvas, area, look, draw_row);
    }
}

/// A CA; its second line has the subject.
fn draw_row(canvas: &mut Canvas<'_>, area: Rect, authority: &Authority, role: Role) {
    let (stage, stage_role) = state_words(authority);
    let record = &authority.record;
    canvas.outside(area.x + 2, area.y, 17, &Printable::new(&record.name), role);
    canvas.text(area.x + 20, area.y, 9, &record.public_key.algorithm().to_string(), role);
    if let Some((certificate, _)) = &record.certificate {
        canvas.text(area.x + 30, area.y, 10, &day(certificate.not_after()), role);
    }
    if let Some(subject) = authority.subject() {
        canvas.outside(area.x + 4, area.y + 1, area.width.saturating_sub(4), &subject, Role::Faint);
    }
    let role = if role == Role::Selected { role } else { stage_role };
    canvas.text(area.x + 42, area.y, area.width.saturating_sub(42), &stage, role);
}

#[cfg(test)]
mod tests;
