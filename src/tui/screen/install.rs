//! Installing the certificate that a superior CA issued: the file is chosen, held against the CA, and shown with its
//! root's words before anything is entered.

use std::path::Path;

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::{AuthorityPage, certified, root_words},
};
use crate::{
    ceremony::{Authority, FittingCertificate},
    tui::{
        browser::Browser,
        canvas::Canvas,
        file_choice::{Chosen, FileChoice, Wanted},
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews},
        },
    },
};

/// The two files that make up a CA's certificate and its path.
pub(super) const FILES: [Wanted; 2] = [
    Wanted { label: "its certificate", otherwise: "not chosen; in a delivery: in certs, not ca.pem" },
    Wanted { label: "those above it", otherwise: "as this home's register has them; or choose ca-chain.pem" },
];

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// Files are chosen.
    Choosing,
    /// They fit; the root's words are compared.
    Comparing { fitting: Box<FittingCertificate>, sheet: Sheet },
}

/// Installing a certificate.
#[derive(Debug)]
pub struct Install {
    authority: Authority,
    files: Box<FileChoice>,
    step: Step,
}

impl Install {
    /// The installation for a CA that waits for its certificate.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        let [certificate, chain] = FILES;
        Self { authority, files: Box::new(FileChoice::two(certificate, chain)), step: Step::Choosing }
    }

    fn choose(&mut self, action: Action, about: &About) -> Turn {
        match (self.files.act(action, about), self.files.first()) {
            (Chosen::On(turn), _) => turn,
            (Chosen::Out, _) => Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone()))),
            (Chosen::Done, Some(certificate)) => Turn::work(Job::Authority(AuthorityJob::Examine {
                name: self.authority.record.name.clone(),
                certificate: certificate.to_owned(),
                chain: self.files.second().map(Path::to_owned),
            })),
            (Chosen::Done, None) => no_certificate(),
        }
    }
}

impl Room for Install {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Choosing => "Install a certificate: which file?",
            Step::Comparing { .. } => "Install a certificate: are these the root's words?",
        }
    }

    fn help(&self) -> &'static str {
        match self.step {
            Step::Choosing => {
                "Choose the file with the CA's own certificate. In a delivery of its superior CA it stands in the folder \
                 certs, under the name of the request, and in certificates.pem; ca.pem there is the superior CA's. Of a \
                 file with several certificates the one with the CA's key is taken.\n\nThe certificates above it, up \
                 to the root, are looked for in that file and in this home's register. Where a CA above it is not known \
                 here, choose the file that has them with a: in a delivery ca-chain.pem.\n\ne holds the files against \
                 the CA's key, its requested subject and the path to the root. Nothing is installed by it."
            }
            Step::Comparing { .. } => {
                "The certificate fits. Whoever keeps the root told you its words another way, by telephone or on paper: \
                 compare all of them with those on this screen. Only then install with i; from then on the CA can \
                 issue. With Esc nothing is installed."
            }
        }
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        if let Step::Comparing { sheet, .. } = &self.step {
            let mut bindings =
                vec![Binding::bar(&[Key::Char('i')], Action::Proceed, "install: the words are right")];
            bindings.extend(sheet.scrolling());
            bindings.push(BACK);
            return bindings;
        }
        self.files.bindings("examine")
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::Choosing, _) => self.choose(action, about),
            (Step::Comparing { .. }, Action::Back) => {
                self.step = Step::Choosing;
                Turn::stay()
            }
            (Step::Comparing { fitting, .. }, Action::Proceed) => {
                Turn::work(Job::Authority(AuthorityJob::Install(fitting.clone())))
            }
            (Step::Comparing { sheet, .. }, _) => {
                sheet.act(action);
                Turn::stay()
            }
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        match self.step {
            Step::Choosing => Some(self.files.browser()),
            Step::Comparing { .. } => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::Fits(fitting)) => {
                let sheet = Sheet::new(comparison(&fitting));
                self.step = Step::Comparing { fitting, sheet };
                Heard::Mine(Turn::stay())
            }
            News::Authority(AuthorityNews::Ready { authority, head }) => {
                let page = AuthorityPage::ready(*authority, &head);
                Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
            }
            other => self.files.browser().hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Choosing => self.files.draw(canvas, area, about),
            Step::Comparing { sheet, .. } => {
                sheet.draw_placed(canvas, area);
            }
        }
    }
}

/// The certificate itself is not chosen.
pub(super) fn no_certificate() -> Turn {
    Turn::refuse(
        "no certificate is chosen yet",
        "choose its file with Enter: in a delivery it stands in certs",
    )
}

/// The root first: its words are what people compare.
fn comparison(fitting: &FittingCertificate) -> Vec<Item> {
    let issuer = fitting.issuer();
    let text = format!(
        "The certificate fits the key and the request of CA {}. Nothing is installed yet: compare the root's words \
         with those that its keeper told you another way.",
        fitting.name()
    );
    let mut items = vec![Item::Words(text, Role::Strong)];
    items.extend(root_words(issuer.root()));
    for subject in fitting.recorded() {
        items.push(Item::labelled("from the register", subject.clone()));
    }
    items.push(Item::Gap);
    items.push(Item::Heading("The CA's own certificate".to_owned()));
    items.extend(certified(issuer.certificate()));
    items
}
