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
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::{below, grouped},
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews, RootTerms},
        },
    },
};

/// Rows below the sheet: what to type, the field, and a gap.
const FOOT_ROWS: u16 = 3;

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
    sheet: Sheet,
    typed: Field,
}

impl CaConfirmation {
    /// A form that was checked, and its subject as the certificate or the request will have it.
    #[must_use]
    pub fn new(form: NewCa, subject: Printable, making: Making) -> Self {
        let sheet = Sheet::new(summary(&form, subject, &making));
        Self { form, making, sheet, typed: Field::default() }
    }
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
    let mut items = vec![Item::Words(makes.to_owned(), Role::Attention)];
    items.extend([said("name here", &wish.name), said("key", &wish.key.to_string())]);
    items.push(Item::labelled("subject", subject));
    match making {
        Making::Root(terms) => {
            items.push(said("issuer", "itself: a root"));
            items.push(said("days", &grouped(terms.days.into())));
            items.push(said("path length", &below(terms.path_length)));
        }
        Making::Request { to } => items.push(Item::labelled("request goes to", shown(to))),
    }
    items
}

impl Room for CaConfirmation {
    fn title(&self) -> &'static str {
        match self.making {
            Making::Root(_) => "New root CA: is everything right?",
            Making::Request { .. } => "Request a subordinate CA: is everything right?",
        }
    }

    fn help(&self) -> &'static str {
        "Read it aloud. The subject and the kind of key cannot be changed later; the key cannot leave the token. Type \
         the CA's name to go on: then the token asks for its PIN, makes the key and signs."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![
            Binding::bar(&[Key::Enter], Action::Proceed, "make the key (the CA's name typed)"),
            Binding::help(&[Key::Up], Action::Up, "one row up"),
            Binding::help(&[Key::Down], Action::Down, "one row down"),
            BACK,
        ]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let wish = self.form.wish();
        match action {
            Action::Back => Turn::replace(Screen::NewCa(self.form.clone())),
            Action::Proceed => {
                let typed = self.typed.text().to_owned();
                Turn::work(Job::Authority(match &self.making {
                    Making::Root(terms) => AuthorityJob::MakeRoot { wish, terms: *terms, typed },
                    Making::Request { to } => AuthorityJob::Request { wish, to: to.clone(), typed },
                }))
            }
            _ => {
                self.sheet.act(action);
                Turn::stay()
            }
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.typed)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        let page = match *news {
            News::Authority(AuthorityNews::Ready(authority)) => AuthorityPage::ready(*authority),
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
        let height = area.bottom().saturating_sub(y + FOOT_ROWS);
        self.sheet.draw(canvas, Rect { y, height, ..area });
        let y = area.bottom().saturating_sub(2);
        let text = "Type the CA's short name, as it stands at the top, to make its key:";
        canvas.text(area.x, y, area.width, text, Role::Strong);
        canvas.input(area.x, y + 1, 40, &self.typed, Role::Selected);
    }
}
