//! The two keys of a re-keyed root certify each other, for those who trust only one of them.

use ratatui::layout::Rect;

use super::{Screen, authority::AuthorityPage};
use crate::{
    ceremony::Authority,
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        work::{
            Job, News,
            ca_life::{CaLifeJob, CaLifeNews},
        },
    },
};

/// A re-keyed root before it is linked to the one whose place it has.
#[derive(Debug)]
pub struct CaLink {
    authority: Authority,
    sheet: Sheet,
}

impl CaLink {
    /// The links of a CA that succeeds another.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        let before = authority.record.succeeds.clone().unwrap_or_default();
        let said = |label: &str, value: &str| Item::labelled(label, Printable::new(value));
        let items = vec![
            Item::Words(
                "TWO CERTIFICATES WILL BE SIGNED, one by each key (RFC 4210, 4.4). They make both CAs one for whoever has \
                 them: do it where both keys are to be trusted."
                    .to_owned(),
                Role::Attention,
            ),
            said("new CA", &authority.record.name),
            said("the CA before", &before),
            Item::Gap,
            Item::Heading("The new key, certified by the old one".to_owned()),
            Item::Words(
                "A device that trusts only the old root validates with it what the new key issued. It is kept beside the \
                 new CA's certificate."
                    .to_owned(),
                Role::Plain,
            ),
            Item::Heading("The old key, certified by the new one".to_owned()),
            Item::Words(
                "A device that trusts only the new root validates with it what the old key issued. It is kept beside the \
                 certificate of the CA before."
                    .to_owned(),
                Role::Plain,
            ),
            Item::Gap,
            Item::Words("What was made before is not made again.".to_owned(), Role::Plain),
        ];
        Self { authority, sheet: Sheet::new(items) }
    }
}

impl Room for CaLink {
    fn title(&self) -> &'static str {
        "Link the keys of a root"
    }

    fn help(&self) -> &'static str {
        "Between the keys of a root, links keep the paths of both: whoever trusts one of them comes to what the other \
         issued. m makes both; the token asks for its PIN. Afterwards w on the page of each CA writes its certificate with \
         every path onto a medium. A subordinate CA needs none: its superior certifies both keys."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let words = "make both (asks for the PIN)";
        let mut bindings = vec![Binding::bar(&[Key::Char('m')], Action::Proceed, words)];
        bindings.extend(self.sheet.scrolling());
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone()))),
            Action::Proceed => Turn::work(Job::CaLife(CaLifeJob::Link(self.authority.record.name.clone()))),
            _ => {
                self.sheet.act(action);
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::CaLife(CaLifeNews::Linked { authority, links }) => {
                let page = AuthorityPage::linked(*authority, &links);
                Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        self.sheet.draw_placed(canvas, area);
    }
}
