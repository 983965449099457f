//! Under which of its certificates a CA issues: one is chosen, shown beside the one in use, and taken.

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::{AuthorityPage, certified},
    document::Document,
};
use crate::{
    ceremony::{Authority, Role as CertificateRole},
    pki::{certificate::Certificate, text::Printable},
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        model::About,
        room::{Heard, Room, Turn},
        rows::{Look, Rows},
        sheet::{Item, Sheet},
        theme::Role,
        wording::moment,
        work::{Job, News, authorities::AuthorityNews, ca_life::CaLifeJob},
    },
};

/// Reads a certificate.
const READ: Action = Action::Verb(0);

/// A certificate of the CA, and what it is to it.
type Held = (Certificate, &'static str);

/// The choice among a CA's certificates.
#[derive(Debug)]
pub struct CaUse {
    authority: Authority,
    certificates: Rows<Held>,
    /// What is shown before the chosen one is taken.
    sheet: Option<Sheet>,
}

impl CaUse {
    /// The choice for a CA that issues.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        let mut certificates = Rows::default();
        certificates.show(held(&authority));
        Self { authority, certificates, sheet: None }
    }

    fn show(&mut self) {
        let text = "From now on the CA issues under this certificate. The others stay: what was issued under them verifies, \
                    and plans under them can still be signed. The certificates above it are sought anew among those in use \
                    here, so that a CA moves to the renewed certificate of its superior. Nothing is recorded yet.";
        let sheet = self.certificates.chosen().map(|(certificate, _)| {
            let mut items = vec![Item::Words(text.to_owned(), Role::Attention)];
            items.push(Item::labelled("CA", Printable::new(&self.authority.record.name)));
            items.extend(certified(certificate));
            Sheet::new(items)
        });
        self.sheet = sheet;
    }
}

/// The one in use first.
fn held(authority: &Authority) -> Vec<Held> {
    let in_use = authority.record.certificate.iter().map(|(own, _)| (own.clone(), "IN USE"));
    let others = authority.others.iter().map(|other| match other.role {
        CertificateRole::Beside => (other.certificate.clone(), "beside: leads to its key on another path"),
        CertificateRole::Issues => (other.certificate.clone(), "before"),
    });
    in_use.chain(others).collect()
}

impl Room for CaUse {
    fn title(&self) -> &'static str {
        match self.sheet {
            None => "Under which certificate does the CA issue?",
            Some(_) => "The CA issues under this certificate: is it the right one?",
        }
    }

    fn help(&self) -> &'static str {
        "A CA that was renewed, or cross-certified, has several certificates for its key. It issues under one of them. u shows \
         what is chosen, y records it; the certificate in use can be chosen, too: then those above it are sought anew, \
         which is how a CA moves to the renewed certificate of its superior. Whether the chosen one is fit to issue is \
         checked before."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if let Some(sheet) = &self.sheet {
            bindings.push(Binding::bar(&[Key::Char('y')], Action::Proceed, "issue under it"));
            bindings.extend(sheet.scrolling());
        } else {
            bindings.push(Binding::bar(&[Key::Char('u')], Action::Proceed, "issue under it"));
            bindings.push(Binding::bar(&[Key::Enter], READ, "read it"));
            bindings.extend_from_slice(LIST);
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let certificate = self.certificates.chosen().map(|(certificate, _)| certificate.clone());
        match (action, &mut self.sheet, certificate) {
            (Action::Back, Some(_), _) => self.sheet = None,
            (Action::Back, None, _) => {
                return Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone())));
            }
            (Action::Proceed, Some(_), Some(certificate)) => {
                let ca = self.authority.record.name.clone();
                return Turn::work(Job::CaLife(CaLifeJob::Use { ca, sha256: certificate.sha256() }));
            }
            (Action::Proceed, None, _) => self.show(),
            (READ, None, Some(certificate)) => {
                let title = Printable::new(&format!("CA {}", self.authority.record.name));
                return Turn::enter(Screen::Document(Document::certificate(title, certificate.der())));
            }
            (_, Some(sheet), _) => sheet.act(action),
            (_, None, _) => return self.certificates.act(action),
        }
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::Ready { authority, head }) => {
                let page = AuthorityPage::ready(*authority, &head);
                Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        if let Some(sheet) = &self.sheet {
            sheet.draw_placed(canvas, area);
            return;
        }
        let heads = &[(2, "valid until"), (28, "what it is")];
        let look = Look { heads, lines: 2, none: "The CA has no certificate yet." };
        self.certificates.draw(canvas, area, look, |canvas, place, (certificate, what), role| {
            canvas.text(place.x + 2, place.y, 25, &moment(certificate.not_after()), role);
            canvas.text(place.x + 28, place.y, place.width.saturating_sub(28), what, role);
            let issuer = certificate.issuer().to_printable();
            let used = canvas.text(place.x + 4, place.y + 1, 10, "issued by ", Role::Faint);
            let width = place.width.saturating_sub(4 + used);
            canvas.outside(place.x + 4 + used, place.y + 1, width, &issuer, Role::Faint);
        });
    }
}
