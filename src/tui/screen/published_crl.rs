//! What was published of a CA before an older register was accepted: its newest CRL is brought, or an officer says that
//! there is none.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{crl_import::crl_items, next_crl::NextCrl, revocations::partition_words};
use crate::{
    ceremony::{Brought, CrlScope},
    pki::text::Printable,
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
        wording::{counted, grouped},
        work::{
            Job, News,
            adoption::{AdoptionJob, AdoptionNews},
            revocation::{RevocationJob, RevocationNews},
        },
    },
};

/// None was published.
const NONE: Action = Action::Verb(2);

/// Rows above the tree: why a file is asked for.
const WHY_ROWS: u16 = 4;

const CRL: Wanted = Wanted { label: "this CRL", otherwise: "not chosen" };

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// A file is chosen.
    File,
    /// The CRL in it is shown.
    Shown { crl: PathBuf, sheet: Sheet },
    /// The CA's name is typed: none was published.
    None(TypedName),
    /// What came of the CRL that was brought.
    Brought(Sheet),
}

/// What was published of a CA.
#[derive(Debug)]
pub struct PublishedCrl {
    ca: String,
    /// Of which CRLs the next one waits.
    scope: CrlScope,
    /// The entry by which an older register was accepted.
    accepted: u64,
    files: FileChoice,
    step: Step,
}

impl PublishedCrl {
    /// Nothing is chosen yet.
    #[must_use]
    pub fn new(ca: &str, scope: CrlScope, accepted: u64) -> Self {
        Self { ca: ca.to_owned(), scope, accepted, files: FileChoice::one(CRL), step: Step::File }
    }

    fn choose(&mut self, action: Action, about: &About) -> Turn {
        if action == NONE {
            let ask = "Type the CA's short name to say that none was published since:";
            self.step = Step::None(TypedName::new(self.none(), ask));
            return Turn::stay();
        }
        match (self.files.act(action, about), self.files.first()) {
            (Chosen::On(turn), _) => turn,
            (Chosen::Done, Some(crl)) => Turn::work(Job::Adoption(AdoptionJob::LookAtCrl(crl.to_owned()))),
            (Chosen::Done | Chosen::Out, _) => Turn::back(),
        }
    }

    /// Whose CRLs, and which of them.
    fn whose(&self) -> Vec<Item> {
        let part = partition_words(self.scope).map(|part| Item::labelled("only for", Printable::new(&part)));
        std::iter::once(Item::labelled("CA", Printable::new(&self.ca))).chain(part).collect()
    }

    fn none(&self) -> Vec<Item> {
        let text = "THIS SAYS THAT NO SUCH CRL OF THE CA WAS PUBLISHED THAT THIS REGISTER LACKS. If there is one, its number is \
                    given again, and what it revoked is good again. What is said is recorded with the next CRL.";
        let since = format!("an older register was accepted (entry {})", grouped(self.accepted));
        let mut items = vec![Item::Words(text.to_owned(), Role::Attention)];
        items.extend(self.whose());
        items.push(Item::labelled("since", Printable::new(&since)));
        items
    }

    fn look_at(&mut self, crl: PathBuf, of_crl: Vec<Item>) {
        let text = "Nothing is recorded yet. The CRL's signature is verified with the CA's key, and it is proved that it loses \
                    nothing of the last one that the register has; its number goes on, and its entries are recorded.";
        let mut items = vec![Item::Words(text.to_owned(), Role::Attention)];
        items.extend(self.whose());
        items.extend(of_crl);
        self.step = Step::Shown { crl, sheet: Sheet::new(items) };
    }

    fn draw_files(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let part = partition_words(self.scope).map_or_else(String::new, |part| format!(", {part},"));
        let why = format!(
            "An older register was accepted (entry {}): CRLs of CA {}{part} may be out that it does not know. Choose the \
             newest one that was published; n where none was since the copy was made.",
            grouped(self.accepted),
            Printable::new(&self.ca),
        );
        canvas.paragraph(Rect { height: WHY_ROWS - 1, ..area }, &why, Role::Attention);
        let below = Rect { y: area.y + WHY_ROWS, height: area.height.saturating_sub(WHY_ROWS), ..area };
        self.files.draw(canvas, below, about);
    }
}

/// What came of a CRL that was brought.
fn brought_items(crl: &Path, brought: &Brought) -> Vec<Item> {
    let file = Item::labelled("file", shown(crl));
    match brought {
        Brought::Known => {
            let text = "The register has this CRL already, and a later one: it says nothing of what was published last. Go \
                        back and choose the newest.";
            vec![Item::Words(text.to_owned(), Role::Attention), file]
        }
        Brought::Latest(_) => {
            let text = "This is the latest CRL that the register has: none was published since. That is recorded with the \
                        next CRL.";
            vec![Item::Words(text.to_owned(), Role::Good), file]
        }
        Brought::Late(late) => {
            let text = "This is older than the last CRL that the register has: what it lists and the register lacked is \
                        recorded, and on the next CRL. It does not say what was published last. Go back and choose the \
                        newest.";
            vec![
                Item::Words(text.to_owned(), Role::Attention),
                file,
                Item::labelled("its number", Printable::new(&late.number.to_string())),
                Item::labelled("revoked or held", Printable::new(&counted(late.revoked, "certificate"))),
            ]
        }
        Brought::Recovered(recovered) => vec![
            Item::Words("Recorded. The next CRL follows it.".to_owned(), Role::Good),
            file,
            Item::labelled("its number", Printable::new(&recovered.number.to_string())),
            Item::labelled("revoked or held", Printable::new(&counted(recovered.revoked, "certificate"))),
            Item::labelled("released", Printable::new(&counted(recovered.released, "certificate"))),
        ],
    }
}

impl Room for PublishedCrl {
    fn title(&self) -> &'static str {
        match self.step {
            Step::File => "The published CRL: which file?",
            Step::Shown { .. } => "The published CRL: is it this?",
            Step::None(_) => "The published CRL: there is none",
            Step::Brought(_) => "The published CRL: brought",
        }
    }

    fn help(&self) -> &'static str {
        "After an older register was accepted nothing is known here of what was published since the copy was made. The next \
         CRL would give a number again, and what was revoked in between would be good again. So it waits: the newest CRL \
         that was published is chosen, looked at and taken with y. One that is the latest the register has says that none \
         was published since. Where none ever was, n says so, by the CA's name; that is recorded with the next CRL. Each \
         partition has CRLs of its own, and is asked for by itself."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match &self.step {
            Step::File => {
                let mut bindings = self.files.bindings("go on");
                if !self.files.is_typing() {
                    bindings.insert(1, Binding::bar(&[Key::Char('n')], NONE, "none published"));
                }
                bindings
            }
            Step::Shown { sheet, .. } => {
                let mut bindings = vec![Binding::bar(&[Key::Char('y')], Action::Proceed, "take it")];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
            Step::None(_) => TypedName::bindings("none was published (the CA's name typed)"),
            Step::Brought(_) => {
                vec![Binding::bar(&[Key::Char('n')], Action::Proceed, "the next CRL"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        let (ca, scope) = (self.ca.clone(), self.scope);
        match (&mut self.step, action) {
            (Step::File, _) => return self.choose(action, about),
            (Step::Shown { crl, .. }, Action::Proceed) => {
                return Turn::work(Job::Revocation(RevocationJob::Bring { ca, crl: crl.clone() }));
            }
            (Step::None(typed), Action::Proceed) => {
                let typed = typed.text();
                return Turn::work(Job::Revocation(RevocationJob::SayNone { ca, scope, typed }));
            }
            (Step::Brought(_), Action::Proceed) => return NextCrl::replace(&ca, scope),
            (_, Action::Back) => self.step = Step::File,
            (Step::Shown { sheet, .. } | Step::Brought(sheet), _) => sheet.act(action),
            (Step::None(typed), _) => typed.act(action),
        }
        Turn::stay()
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        matches!(self.step, Step::File).then(|| self.files.browser())
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::File => self.files.browser().field(),
            Step::None(typed) => Some(typed.field()),
            Step::Shown { .. } | Step::Brought(_) => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match (*news, &self.step) {
            (News::Adoption(AdoptionNews::Crl(read)), _) => {
                if let Some(crl) = self.files.first().map(Path::to_owned) {
                    let items = crl_items(&crl, &read);
                    self.look_at(crl, items);
                }
                Heard::Mine(Turn::stay())
            }
            (News::Revocation(RevocationNews::Brought(brought)), Step::Shown { crl, .. }) => {
                self.step = Step::Brought(Sheet::new(brought_items(crl, &brought)));
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            (News::Revocation(RevocationNews::NoneSaid), _) => {
                Heard::Mine(NextCrl::replace(&self.ca, self.scope))
            }
            (other, _) => self.files.browser().hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::File => self.draw_files(canvas, area, about),
            Step::Shown { sheet, .. } | Step::Brought(sheet) => sheet.draw_placed(canvas, area),
            Step::None(typed) => typed.draw(canvas, area),
        }
    }
}
