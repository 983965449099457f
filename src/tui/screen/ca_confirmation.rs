//! A new CA shown once more; its name is typed before a key is made. A single key makes nothing.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::AuthorityPage,
    new_ca::{NewCa, day_after},
};
use crate::{
    ceremony::Rehearsal,
    pki::text::Printable,
    tui::{
        browser::shown,
        canvas::Canvas,
        field::Field,
        keymap::{Action, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::Item,
        theme::Role,
        typed_name::TypedName,
        wording::{below, grouped},
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews, RootTerms},
            ca_life::{CaLifeJob, Way},
        },
    },
};

/// What is made.
#[derive(Clone, Debug)]
pub enum Making {
    /// A root and its certificate.
    Root(RootTerms),
    /// A request.
    Request {
        /// The folder that receives it.
        to: PathBuf,
    },
}

/// A new CA before it is made.
#[derive(Debug)]
pub struct CaConfirmation {
    form: NewCa,
    making: Making,
    typed: TypedName,
}

impl CaConfirmation {
    /// A form that was checked, and its subject as the certificate or the request will have it.
    #[must_use]
    pub fn new(form: NewCa, subject: Printable, making: Making) -> Self {
        let ask = "Type the CA's short name, as it stands at the top, to make its key:";
        let typed = TypedName::new(summary(&form, subject, &making), ask);
        Self { form, making, typed }
    }
}

/// What it means that a CA's place is taken.
fn succession(making: &Making, before: &str) -> Vec<Item> {
    let (makes, devices) = match making {
        Making::Root(_) => (
            "THIS MAKES A NEW ROOT with a new key, in the place of the CA below. It has the same subject and path length.",
            "Devices that trust only the old root do not trust what the new key issues: give them the new root, or make \
             the links between both keys (L on the new CA's page) and hand them out.",
        ),
        Making::Request { .. } => (
            "THIS MAKES A NEW KEY, in the place of the CA below, and its request with the same subject. The superior plans \
             it by the profile subordinate-ca-renewal.",
            "Devices that trust the root trust what the new key issues, once they get the new CA's certificate with it.",
        ),
    };
    let old = "What the old key issued keeps its path. The old CA keeps its key: it signs its own CRLs until the last of its \
               certificates has ended, and could still issue, which every plan warns of.";
    vec![
        Item::Words(makes.to_owned(), Role::Attention),
        Item::labelled("in the place of", Printable::new(before)),
        Item::Words(devices.to_owned(), Role::Strong),
        Item::Words(old.to_owned(), Role::Plain),
    ]
}

fn summary(form: &NewCa, subject: Printable, making: &Making) -> Vec<Item> {
    let wish = form.wish();
    let said = |label: &str, value: &str| Item::labelled(label, Printable::new(value));
    let makes = match making {
        Making::Root(_) => "THIS MAKES A ROOT CA: whoever trusts it trusts every certificate below it.",
        Making::Request { .. } => {
            "THIS MAKES THE KEY OF A CA and its request. How long it is valid and how many CAs may stand below it, \
             the superior CA says."
        }
    };
    let successor = form.successor();
    let mut items = match &successor {
        Some(successor) => succession(making, &successor.before),
        None => vec![Item::Words(makes.to_owned(), Role::Attention)],
    };
    items.extend([said("name here", &wish.name), said("key", &wish.key.to_string())]);
    items.push(Item::labelled("subject", subject));
    match making {
        Making::Root(terms) => {
            items.push(said("issuer", "itself: a root"));
            items.push(said("days", &grouped(terms.days.into())));
            if successor.is_none() {
                items.push(said("path length", &below(terms.path_length)));
            }
        }
        Making::Request { to } => items.push(Item::labelled("request goes to", shown(to))),
    }
    items
}

impl Room for CaConfirmation {
    fn title(&self) -> &'static str {
        match self.making {
            _ if self.form.successor().is_some() => "Re-key a CA: is everything right?",
            Making::Root(_) => "New root CA: is everything right?",
            Making::Request { .. } => "Request a subordinate CA: is everything right?",
        }
    }

    fn help(&self) -> &'static str {
        "Read it aloud. The subject and the kind of key cannot be changed later; the key cannot leave the token. Type \
         the CA's name to go on: then the token asks for its PIN, makes the key and signs."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        TypedName::bindings("make the key (the CA's name typed)")
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let wish = self.form.wish();
        match action {
            Action::Back => Turn::replace(Screen::NewCa(self.form.clone())),
            Action::Proceed => {
                let typed = self.typed.text();
                Turn::work(match (&self.making, self.form.successor()) {
                    (making, Some(successor)) => {
                        let way = match making {
                            Making::Root(terms) => Way::Certificate(terms.days),
                            Making::Request { to } => Way::Request(to.clone()),
                        };
                        Job::CaLife(CaLifeJob::Rekey { successor, way, typed })
                    }
                    (Making::Root(terms), None) => {
                        Job::Authority(AuthorityJob::MakeRoot { wish, terms: *terms, typed })
                    }
                    (Making::Request { to }, None) => {
                        Job::Authority(AuthorityJob::Request { wish, to: to.clone(), typed })
                    }
                })
            }
            _ => {
                self.typed.act(action);
                Turn::stay()
            }
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(self.typed.field())
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        let page = match *news {
            News::Authority(AuthorityNews::Ready { authority, head }) => {
                AuthorityPage::ready(*authority, &head)
            }
            News::Authority(AuthorityNews::Requested { authority, requested, to }) => {
                AuthorityPage::requested(*authority, &requested, &to)
            }
            other => return Heard::NotMine(Box::new(other)),
        };
        Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let mut y = area.y;
        if let Some(home) = &about.overview {
            let (text, role) = match home.rehearsal {
                Rehearsal::Rehearsal => ("a REHEARSAL: nobody may trust it", Role::Attention),
                Rehearsal::Live => ("LIVE: it counts", Role::Bad),
            };
            canvas.text(area.x, y, 21, "this is", Role::Faint);
            canvas.text(area.x + 22, y, area.width.saturating_sub(22), text, role);
            canvas.text(area.x, y + 1, 21, "key is made in token", Role::Faint);
            canvas.outside(area.x + 22, y + 1, area.width.saturating_sub(22), &home.token_label, Role::Plain);
            y += 2;
        }
        if let (Making::Root(terms), Some(now)) = (&self.making, about.clock) {
            let text = format!("about {}, if it is made now", day_after(now, terms.days));
            canvas.text(area.x, y, 21, "it is valid until", Role::Faint);
            canvas.text(area.x + 22, y, area.width.saturating_sub(22), &text, Role::Strong);
            y += 1;
        }
        self.typed.draw(canvas, Rect { y, height: area.bottom().saturating_sub(y), ..area });
    }
}
