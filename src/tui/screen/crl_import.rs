//! What a CA that moved in did before it did: its latest CRL and the list of what it issued are taken, or it is recorded that
//! it never made a CRL.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{Screen, next_crl::NextCrl};
use crate::{
    ceremony::{CrlFile, CrlScope, Takeover},
    pki::{crl::CrlPoint, text::Printable},
    tui::{
        browser::{Browser, shown},
        canvas::Canvas,
        field::Field,
        file_choice::{Chosen, FileChoice, Wanted},
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        typed_name::TypedName,
        wording::{counted, grouped, moment},
        work::{
            Job, News,
            adoption::{AdoptionJob, AdoptionNews, Before},
        },
    },
};

/// It never made a CRL.
const NEVER: Action = Action::Verb(2);

const CRL: Wanted = Wanted { label: "its CRL", otherwise: "not chosen; the latest one, of the whole CA" };

const LIST: Wanted = Wanted {
    label: "list of issued",
    otherwise: "not chosen; index.txt of openssl ca, or another of that form",
};

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// Files are chosen.
    Files,
    /// What will be taken is shown.
    Shown { before: Before, sheet: Sheet },
    /// The CA's name is typed: it never made a CRL.
    Never(TypedName),
    /// It is recorded.
    Taken(Sheet),
}

/// The past of a CA.
#[derive(Debug)]
pub struct CrlImport {
    ca: String,
    files: FileChoice,
    step: Step,
}

impl CrlImport {
    /// Nothing is chosen yet.
    #[must_use]
    pub fn new(ca: &str) -> Self {
        Self { ca: ca.to_owned(), files: FileChoice::two(CRL, LIST), step: Step::Files }
    }

    /// The way into it.
    #[must_use]
    pub fn enter(ca: &str) -> Turn {
        Turn::enter(Screen::CrlImport(Self::new(ca)))
    }

    fn choose(&mut self, action: Action, about: &About) -> Turn {
        if action == NEVER {
            let ask = "Type the CA's short name to record that it never made a CRL:";
            self.step = Step::Never(TypedName::new(self.never(), ask));
            return Turn::stay();
        }
        match (self.files.act(action, about), self.files.first()) {
            (Chosen::On(turn), _) => turn,
            (Chosen::Out, _) => Turn::back(),
            (Chosen::Done, Some(crl)) => Turn::work(Job::Adoption(AdoptionJob::LookAtCrl(crl.to_owned()))),
            (Chosen::Done, None) => {
                if let Some(list) = self.list() {
                    self.show(Before::Imported(list), Vec::new());
                }
                Turn::stay()
            }
        }
    }

    fn list(&self) -> Option<PathBuf> {
        self.files.second().map(Path::to_owned)
    }

    fn take(&self, before: Before) -> Turn {
        Turn::work(Job::Adoption(AdoptionJob::TakePast { ca: self.ca.clone(), before }))
    }

    fn show(&mut self, before: Before, of_crl: Vec<Item>) {
        let text = match before {
            Before::Crl { .. } => {
                "Nothing is recorded yet. The CRL's signature is verified with the CA's key; its number goes on, and each of \
                 its entries is a revocation from then on. It cannot be taken back."
            }
            Before::Imported(_) | Before::NoCrl { .. } => {
                "Nothing is recorded yet. No CRL is chosen: the list adds to what was taken before, and changes nothing of \
                 it."
            }
        };
        let mut items = vec![Item::Words(text.to_owned(), Role::Attention), self.of_ca()];
        items.extend(of_crl);
        items.extend(self.of_list());
        self.step = Step::Shown { before, sheet: Sheet::new(items) };
    }

    fn of_ca(&self) -> Item {
        Item::labelled("CA", Printable::new(&self.ca))
    }

    fn of_list(&self) -> Vec<Item> {
        let Some(list) = self.files.second() else {
            let text = "No list of what it issued: only what stands on the CRL is known. What it issued besides cannot be \
                        revoked here, until a list is taken.";
            return vec![Item::Words(text.to_owned(), Role::Attention)];
        };
        let text = "Nobody signed the list: no revocation is refused, and no entry leaves a CRL, because it says that a \
                    certificate expired.";
        vec![Item::labelled("list of issued", shown(list)), Item::Words(text.to_owned(), Role::Plain)]
    }

    fn never(&self) -> Vec<Item> {
        let text = "THIS RECORDS THAT THE CA NEVER MADE A CRL. If it revoked anything elsewhere, that certificate is good \
                    again on the CRLs that are made here. Its CRLs begin with the first one made here.";
        let mut items = vec![Item::Words(text.to_owned(), Role::Attention), self.of_ca()];
        items.extend(self.files.second().map(|list| Item::labelled("list of issued", shown(list))));
        items
    }
}

/// A CRL as it was read, before its signature is looked at.
pub(super) fn crl_items(path: &Path, crl: &CrlFile) -> Vec<Item> {
    let (head, end) = (&crl.head, &crl.end);
    let said = |label: &str, value: &str| Item::labelled(label, Printable::new(value));
    let number = end.number.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let next = head.next_update.map_or_else(|| "not named".to_owned(), moment);
    let mut items = vec![
        Item::labelled("its CRL", shown(path)),
        Item::labelled("issuer", head.issuer.to_printable()),
        said("number", &number),
        said("of", &moment(head.this_update)),
        said("the next one by", &next),
        said("it lists", &counted(end.entries, "certificate")),
    ];
    let points = end.point.as_ref().map(CrlPoint::uris).unwrap_or_default();
    items.extend(points.into_iter().map(|uri| Item::labelled("only for", uri)));
    items
}

/// What was taken, and what is to be noted of it.
fn taken_items(taken: &Takeover) -> Vec<Item> {
    let mut items = vec![
        Item::Words("Recorded.".to_owned(), Role::Good),
        Item::labelled("entries of the CRL", Printable::new(&counted(taken.entries, "revocation"))),
        Item::labelled("listed as issued", Printable::new(&counted(taken.listed, "certificate"))),
    ];
    for (count, what) in taken.notes() {
        items.push(Item::Words(format!("{} {what}", grouped(count)), Role::Attention));
    }
    let next = "Next: press n to prepare the CA's next CRL; it goes on where the one taken ended.";
    items.push(Item::Words(next.to_owned(), Role::Strong));
    items
}

impl Room for CrlImport {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Files => "What the CA did before: which files?",
            Step::Shown { .. } => "What the CA did before: is it this?",
            Step::Never(_) => "What the CA did before: no CRL",
            Step::Taken(_) => "What the CA did before: recorded",
        }
    }

    fn help(&self) -> &'static str {
        "A CA that moved in brings its latest full CRL, and the list of what it issued: index.txt of openssl ca, or six \
         fields between tabs as there. Until then it revokes nothing and makes no CRL here: what it revoked elsewhere would \
         be good again. Enter chooses the CRL, a the list, e shows what will be taken. A list that comes later, without a \
         CRL, adds to what was taken before. Where the CA never made a CRL, n has that recorded, by its name; a list that is \
         chosen comes with it. All of it is taken, or on any error nothing."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match &self.step {
            Step::Files => {
                let mut bindings = self.files.bindings("go on");
                if !self.files.is_typing() {
                    bindings.insert(1, Binding::bar(&[Key::Char('n')], NEVER, "no CRL"));
                }
                bindings
            }
            Step::Shown { sheet, .. } => {
                let mut bindings = vec![Binding::bar(&[Key::Char('y')], Action::Proceed, "take it")];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
            Step::Never(_) => TypedName::bindings("record it (the CA's name typed)"),
            Step::Taken(_) => {
                vec![Binding::bar(&[Key::Char('n')], Action::Proceed, "the next CRL"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::Files, _) => return self.choose(action, about),
            (Step::Shown { before, .. }, Action::Proceed) => {
                let before = before.clone();
                return self.take(before);
            }
            (Step::Never(typed), Action::Proceed) => {
                let typed = typed.text();
                return self.take(Before::NoCrl { typed, list: self.list() });
            }
            (Step::Taken(_), Action::Proceed) => return NextCrl::replace(&self.ca, CrlScope::Full),
            (Step::Taken(_), _) => return Turn::back(),
            (_, Action::Back) => self.step = Step::Files,
            (Step::Shown { sheet, .. }, _) => sheet.act(action),
            (Step::Never(typed), _) => typed.act(action),
        }
        Turn::stay()
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        matches!(self.step, Step::Files).then(|| self.files.browser())
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::Files => self.files.browser().field(),
            Step::Never(typed) => Some(typed.field()),
            Step::Shown { .. } | Step::Taken(_) => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Adoption(AdoptionNews::Crl(crl)) => {
                if let Some(path) = self.files.first().map(Path::to_owned) {
                    let items = crl_items(&path, &crl);
                    self.show(Before::Crl { crl: path, list: self.list() }, items);
                }
                Heard::Mine(Turn::stay())
            }
            News::Adoption(AdoptionNews::Taken(taken)) => {
                self.step = Step::Taken(Sheet::new(taken_items(&taken)));
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            other => self.files.browser().hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Files => self.files.draw(canvas, area, about),
            Step::Shown { sheet, .. } | Step::Taken(sheet) => sheet.draw_placed(canvas, area),
            Step::Never(typed) => typed.draw(canvas, area),
        }
    }
}
