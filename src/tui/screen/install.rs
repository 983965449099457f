//! Installing the certificate that a superior CA issued: the file is chosen, held against the CA, and shown with its
//! root's words before anything is entered.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{
    Screen,
    authority::{AuthorityPage, certified, root_words},
};
use crate::{
    ceremony::{Authority, FittingCertificate},
    tui::{
        browser::{Browser, FOLDERS, TYPE, shown},
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
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

/// Takes the chosen file as the one with the certificates above the CA.
const ABOVE: Action = Action::Verb(1);
/// Holds the files against the CA.
const EXAMINE: Action = Action::Verb(2);

/// Rows that the files chosen take.
const HEAD_ROWS: u16 = 3;

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
    browser: Browser,
    certificate: Option<PathBuf>,
    chain: Option<PathBuf>,
    step: Step,
}

impl Install {
    /// The installation for a CA that waits for its certificate.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        Self { authority, browser: Browser::new(), certificate: None, chain: None, step: Step::Choosing }
    }

    fn choose(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => self.browser.leave(about).unwrap_or_else(|| {
                Turn::replace(Screen::Authority(AuthorityPage::new(self.authority.clone())))
            }),
            ABOVE => match self.browser.chosen_file() {
                Some(file) => {
                    self.chain = Some(file);
                    Turn::stay()
                }
                None => Turn::refuse(
                    "this is not a file",
                    "choose the file with the certificates above the CA: in a delivery ca-chain.pem",
                ),
            },
            EXAMINE => match &self.certificate {
                Some(certificate) => Turn::work(Job::Authority(AuthorityJob::Examine {
                    name: self.authority.record.name.clone(),
                    certificate: certificate.clone(),
                    chain: self.chain.clone(),
                })),
                None => Turn::refuse(
                    "no certificate is chosen yet",
                    "choose its file with Enter: in a delivery it stands in certs",
                ),
            },
            Action::Open => match self.browser.chosen_file() {
                Some(file) => {
                    self.certificate = Some(file);
                    Turn::stay()
                }
                None => self.browser.act(action, about),
            },
            _ => self.browser.act(action, about),
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
        if self.browser.is_typing() {
            return vec![Binding::bar(&[Key::Enter], Action::Open, "open"), BACK];
        }
        let is_file = self.browser.chosen_file().is_some();
        let words = if is_file { "its certificate" } else { "open" };
        let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, words)];
        if is_file {
            bindings.push(Binding::bar(&[Key::Char('a')], ABOVE, "those above it"));
        }
        if self.certificate.is_some() {
            bindings.push(Binding::bar(&[Key::Char('e')], EXAMINE, "examine"));
        }
        bindings.extend_from_slice(FOLDERS);
        bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
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
            Step::Choosing => Some(&mut self.browser),
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
            News::Authority(AuthorityNews::Ready(authority)) => {
                let page = AuthorityPage::ready(*authority);
                Heard::Mine(Turn::replace(Screen::Authority(page)).and(Job::OpenHome))
            }
            other => self.browser.hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Choosing => {
                let files = [
                    ("its certificate", &self.certificate, "not chosen; in a delivery: in certs, not ca.pem"),
                    (
                        "those above it",
                        &self.chain,
                        "as this home's register has them; or choose ca-chain.pem",
                    ),
                ];
                for (row, (label, path, otherwise)) in (0..).zip(files) {
                    draw_file(canvas, area, area.y + row, label, path.as_deref(), otherwise);
                }
                let below =
                    Rect { y: area.y + HEAD_ROWS, height: area.height.saturating_sub(HEAD_ROWS), ..area };
                self.browser.draw(canvas, below, about);
            }
            Step::Comparing { sheet, .. } => {
                sheet.draw_placed(canvas, area);
            }
        }
    }
}

fn draw_file(canvas: &mut Canvas<'_>, area: Rect, y: u16, label: &str, path: Option<&Path>, otherwise: &str) {
    canvas.text(area.x, y, 17, label, Role::Faint);
    let (x, width) = (area.x + 18, area.width.saturating_sub(18));
    match path {
        Some(path) => {
            canvas.outside(x, y, width, &shown(path), Role::Strong);
        }
        None => {
            canvas.text(x, y, width, otherwise, Role::Plain);
        }
    }
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
