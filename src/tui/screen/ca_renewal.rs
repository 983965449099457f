//! A CA is renewed: a root for how many days, a subordinate CA by a request onto which medium; then everything is shown
//! once more and the CA's name is typed. A single key signs nothing.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, authority::AuthorityPage};
use crate::{
    ceremony::{Authority, RootRenewal},
    pki::text::Printable,
    tui::{
        browser::{Browser, Walked, shown},
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::Item,
        theme::Role,
        typed_name::TypedName,
        wording::{below, grouped, moment},
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews},
        },
    },
};

/// What is made.
#[derive(Clone, Debug)]
enum Making {
    /// A root's new certificate, of so many days.
    Certificate(u32),
    /// A request, into this folder.
    Request(PathBuf),
}

/// How far the person has come.
#[derive(Debug)]
enum Step {
    /// The days are typed.
    Days(Field),
    /// The folder is chosen.
    Folder(Box<Browser>),
    /// The CA's name is typed.
    Confirm { making: Making, typed: TypedName },
}

/// A CA before it is renewed.
#[derive(Debug)]
pub struct CaRenewal {
    authority: Authority,
    step: Step,
}

impl CaRenewal {
    /// The beginning, for a CA that issues.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        let step =
            if is_root(&authority) { Step::Days(Field::default()) } else { Step::Folder(Box::default()) };
        Self { authority, step }
    }

    fn name(&self) -> String {
        self.authority.record.name.clone()
    }

    fn confirm(&mut self, making: Making, renewal: Option<&RootRenewal>) {
        let items = summary(&self.authority, &making, renewal);
        let typed = TypedName::new(items, "Type the CA's short name to renew it:");
        self.step = Step::Confirm { making, typed };
    }

    fn proceed(&mut self) -> Turn {
        let name = self.name();
        match &self.step {
            Step::Days(field) => match field.text().trim().parse() {
                Ok(days) => Turn::work(Job::Authority(AuthorityJob::CheckRenewal { name, days })),
                Err(_) => Turn::refuse(
                    "the days are not a whole number",
                    "type how many days, such as 7300 for twenty years",
                ),
            },
            Step::Folder(_) => Turn::stay(),
            Step::Confirm { making, typed } => {
                let typed = typed.text();
                Turn::work(Job::Authority(match making.clone() {
                    Making::Certificate(days) => AuthorityJob::RenewRoot { name, days, typed },
                    Making::Request(to) => AuthorityJob::RequestRenewal { name, to, typed },
                }))
            }
        }
    }
}

/// Whether a CA certifies itself.
pub(super) fn is_root(authority: &Authority) -> bool {
    authority.record.certificate.as_ref().is_some_and(|(_, above)| above.is_empty())
}

fn summary(authority: &Authority, making: &Making, renewal: Option<&RootRenewal>) -> Vec<Item> {
    let said = |label: &str, value: &str| Item::labelled(label, Printable::new(value));
    let makes = match making {
        Making::Certificate(_) => {
            "THIS CERTIFIES THE ROOT ANEW, with the key and the name that it has. It issues under the new certificate from \
             then on; the one before stays, and what was issued verifies under both."
        }
        Making::Request(_) => {
            "THIS MAKES A REQUEST with the key and the name that the CA has. It goes on issuing under its certificate until \
             the answer is installed."
        }
    };
    let mut items = vec![Item::Words(makes.to_owned(), Role::Attention), said("CA", &authority.record.name)];
    if let Some((own, _)) = &authority.record.certificate {
        items.push(Item::labelled("subject", own.subject().to_printable()));
        items.push(said("key", &own.public_key().algorithm().to_string()));
        items.push(said("valid until now", &moment(own.not_after())));
    }
    match making {
        Making::Certificate(days) => {
            items.push(said("days", &grouped(u64::from(*days))));
            if let Some(renewal) = renewal {
                items.push(said("it would end at", &moment(renewal.would_end)));
                items.push(said("path length", &below(renewal.path_length)));
            }
        }
        Making::Request(to) => items.push(Item::labelled("request goes to", shown(to))),
    }
    items
}

impl Room for CaRenewal {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Days(_) => "Renew a root: for how long?",
            Step::Folder(_) => "Renew a CA: onto which medium?",
            Step::Confirm { .. } => "Renew a CA: is everything right?",
        }
    }

    fn help(&self) -> &'static str {
        "Renewed, a CA has a further certificate for the same key and the same name. What it issued before verifies under \
         both, plans under the one before can still be signed, and one CRL serves both. Whoever trusts a root takes the new \
         one beside the old one. The CA's name is typed before the token is asked for its PIN."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match &self.step {
            Step::Days(_) => vec![Binding::bar(&[Key::Enter], Action::Proceed, "go on"), BACK],
            Step::Folder(browser) => {
                let write = Binding::bar(&[Key::Char('w')], Action::Proceed, "write the request here");
                browser.bindings(None, Some(write))
            }
            Step::Confirm { .. } => TypedName::bindings("renew it (the CA's name typed)"),
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        let out = Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone())));
        match (action, &mut self.step) {
            (_, Step::Folder(browser)) => match browser.walk(action, about) {
                Walked::Here(to) => {
                    self.confirm(Making::Request(to), None);
                    Turn::stay()
                }
                Walked::On(turn) => turn,
                Walked::Out => out,
            },
            (Action::Proceed, _) => self.proceed(),
            (Action::Back, _) => out,
            (action, Step::Confirm { typed, .. }) => {
                typed.act(action);
                Turn::stay()
            }
            (_, Step::Days(_)) => Turn::stay(),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        match &mut self.step {
            Step::Folder(browser) => Some(browser),
            Step::Confirm { .. } | Step::Days(_) => None,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::Days(field) => Some(field),
            Step::Folder(browser) => browser.field(),
            Step::Confirm { typed, .. } => Some(typed.field()),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        let page = match *news {
            News::Authority(AuthorityNews::Renewable { days, renewal }) => {
                self.confirm(Making::Certificate(days), Some(&renewal));
                return Heard::Mine(Turn::stay());
            }
            News::Authority(AuthorityNews::Ready { authority, head }) => {
                AuthorityPage::ready(*authority, &head)
            }
            News::Authority(AuthorityNews::Requested { authority, requested, to }) => {
                AuthorityPage::requested(*authority, &requested, &to)
            }
            other => {
                let other = Box::new(other);
                return match self.browser() {
                    Some(browser) => browser.hear(other),
                    None => Heard::NotMine(other),
                };
            }
        };
        Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Folder(browser) => browser.draw(canvas, area, about),
            Step::Days(field) => {
                let text = "The root gets a new certificate for the key and the name that it has. It begins now. What the \
                            root issues ends before the root does: leave room for that.";
                let used = canvas.paragraph(Rect { height: 4, ..area }, text, Role::Plain);
                let (y, what) =
                    (area.y + used + 1, "Days until the new certificate ends (7300 are about twenty years):");
                canvas.text(area.x, y, area.width, what, Role::Strong);
                canvas.input(area.x, y + 1, 40, field, Role::Selected);
            }
            Step::Confirm { typed, .. } => typed.draw(canvas, area),
        }
    }
}
