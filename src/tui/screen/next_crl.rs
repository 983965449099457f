//! The next CRL of a CA: looked at before anything is stored, approved by its words, signed, then handed over.

use ratatui::layout::Rect;

use super::{Screen, delivery::Delivery, published_crl::PublishedCrl};
use crate::{
    ceremony::{Class, CrlRow, CrlScope, CrlShown, ListedCertificate},
    pki::{crl::Reason, text::Printable},
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        typed_words::TypedWords,
        wording::{counted, grouped, moment, reason_meaning},
        work::{
            Job, News,
            revocation::{RevocationJob, RevocationNews},
        },
    },
};

use super::plan::words;

/// Rows that the CRL's words take below what it lists.
const WORD_ROWS: u16 = 5;

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// It is being prepared.
    Preparing,
    /// It is looked at.
    Shown { shown: Box<CrlShown>, sheet: Sheet },
    /// Its words are typed.
    Approving { shown: Box<CrlShown>, words: TypedWords },
    /// It is approved and not signed.
    Approved(Box<CrlShown>),
    /// It is stored and signed.
    Signing(Box<CrlShown>),
    /// It was not signed, or not prepared.
    Failed(Failure),
    /// It is signed and recorded.
    Signed(Box<CrlRow>),
}

/// The next CRL of a CA.
#[derive(Debug)]
pub struct NextCrl {
    ca: String,
    scope: CrlScope,
    step: Step,
    /// The one before it, which was signed and is not handed over because it is out of date.
    outdated: Option<String>,
}

impl NextCrl {
    /// It is to be prepared: [`RevocationJob::Prepare`] is to follow.
    #[must_use]
    pub fn new(ca: &str, scope: CrlScope) -> Self {
        Self { ca: ca.to_owned(), scope, step: Step::Preparing, outdated: None }
    }

    /// The way into it.
    #[must_use]
    pub fn enter(ca: &str, scope: CrlScope) -> Turn {
        Turn::enter(Screen::NextCrl(Self::new(ca, scope))).and(Self::prepare(ca, scope))
    }

    /// The way into it in place of another screen.
    #[must_use]
    pub fn replace(ca: &str, scope: CrlScope) -> Turn {
        Turn::replace(Screen::NextCrl(Self::new(ca, scope))).and(Self::prepare(ca, scope))
    }

    fn prepare(ca: &str, scope: CrlScope) -> Job {
        Job::Revocation(RevocationJob::Prepare(ca.to_owned(), scope))
    }

    fn look_at(&mut self, shown: Box<CrlShown>) {
        let before = self.outdated.as_deref().map(|words| Item::Words(out_of_date(words), Role::Attention));
        let sheet = Sheet::new(before.into_iter().chain(told(&shown)).collect());
        self.step = Step::Shown { shown, sheet };
    }
}

impl Room for NextCrl {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Preparing | Step::Shown { .. } => "The next CRL",
            Step::Approving { .. } => "The next CRL: approval",
            Step::Approved(_) => "The next CRL: approved",
            Step::Signing(_) => "The next CRL: signing",
            Step::Failed(_) => "The next CRL: not signed",
            Step::Signed(_) => "The next CRL: signed",
        }
    }

    fn help(&self) -> &'static str {
        match self.step {
            Step::Approving { .. } => {
                return "Read the words aloud to each other and compare them with those that everybody noted from the \
                        CRL. Then type them, with blanks between them. Only exactly this CRL is approved so; nothing \
                        is signed yet.";
            }
            Step::Signed(_) => {
                return "The CRL is signed, checked and recorded. d writes it onto a medium, from where it is \
                        published; until then relying parties have the one before.";
            }
            _ => {}
        }
        "The CRL as it would be signed: how many certificates it lists and why, what was recorded since the one before, \
         and which entries leave. An entry leaves only when its certificate has expired and stood on a CRL after that, \
         or when its hold was released; that all others stay is proved from the octets of both CRLs. A new one is \
         stored when it was approved by typing its words and s is pressed, never before. Then it is signed, checked and recorded; after a crash the \
         same octets are signed again under the same number."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match &self.step {
            Step::Preparing if about.can_stop() => {
                vec![Binding::bar(&[Key::Esc], Action::Back, "stop preparing")]
            }
            Step::Preparing => vec![BACK],
            Step::Shown { sheet, .. } => {
                let mut bindings =
                    vec![Binding::bar(&[Key::Char('a')], Action::Proceed, "approve by its words")];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
            Step::Approving { .. } => {
                vec![Binding::bar(&[Key::Enter], Action::Proceed, "approve this CRL"), BACK]
            }
            Step::Approved(_) => vec![Binding::bar(&[Key::Char('s')], Action::Proceed, "sign"), BACK],
            Step::Signing(_) => Vec::new(),
            Step::Failed(_) => {
                vec![Binding::bar(&[Key::Char('n')], Action::Proceed, "prepare it again"), BACK]
            }
            Step::Signed(_) => {
                vec![Binding::bar(&[Key::Char('d')], Action::Proceed, "on to delivery"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::Shown { shown, .. }, Action::Proceed) => {
                let words = TypedWords::new(shown.row.tbs_sha256.words(), "CRL");
                self.step = Step::Approving { shown: shown.clone(), words };
                Turn::stay()
            }
            (Step::Shown { sheet, .. }, action) if action != Action::Back => {
                sheet.act(action);
                Turn::stay()
            }
            (Step::Approving { shown, .. } | Step::Approved(shown), Action::Back) => {
                let shown = shown.clone();
                self.look_at(shown);
                Turn::stay()
            }
            (Step::Approving { shown, words }, Action::Proceed) => {
                Turn::work(Job::Revocation(RevocationJob::Approve {
                    digest: shown.row.tbs_sha256,
                    words: words.text().to_owned(),
                }))
            }
            (Step::Approved(shown), Action::Proceed) => {
                let job = Job::Revocation(RevocationJob::Sign(shown.row.tbs_sha256));
                if about.busy.is_none() {
                    self.step = Step::Signing(shown.clone());
                    self.outdated = None;
                }
                Turn::work(job)
            }
            (Step::Failed(_), Action::Proceed) => {
                if about.busy.is_none() {
                    self.step = Step::Preparing;
                }
                Turn::work(Self::prepare(&self.ca, self.scope))
            }
            (Step::Signed(row), Action::Proceed) => {
                Turn::replace(Screen::Delivery(Delivery::crl(self.ca.clone(), row.as_ref().clone())))
            }
            (_, Action::Back) => Turn::back(),
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::Approving { words, .. } => Some(words.field()),
            _ => None,
        }
    }

    fn typed(&mut self) -> Turn {
        if let Step::Approving { words, .. } = &mut self.step {
            words.typed();
        }
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match (*news, &self.step) {
            (News::Revocation(RevocationNews::Prepared(shown)), _) => {
                self.look_at(shown);
                Heard::Mine(Turn::stay())
            }
            (News::Revocation(RevocationNews::PublishedWanted(accepted)), _) => {
                let wanted = PublishedCrl::new(&self.ca, self.scope, accepted);
                Heard::Mine(Turn::replace(Screen::PublishedCrl(wanted)))
            }
            (News::Revocation(RevocationNews::Approved), Step::Approving { shown, .. }) => {
                self.step = Step::Approved(shown.clone());
                Heard::Mine(Turn::stay())
            }
            (News::Revocation(RevocationNews::Signed(row)), _) => {
                self.step = Step::Signed(row);
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            (News::Revocation(RevocationNews::Outdated(row)), _) => {
                self.outdated = Some(row.words);
                self.step = Step::Preparing;
                Heard::Mine(Turn::work(Self::prepare(&self.ca, self.scope)))
            }
            (other, _) => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        match &mut self.step {
            Step::Approving { words, .. } if failure.class == Class::NotApproved => {
                words.refuse();
                Told::Here(Turn::stay())
            }
            Step::Preparing => {
                self.step = Step::Failed(failure.clone());
                Told::Here(Turn::stay())
            }
            Step::Signing(_) => {
                self.step = Step::Failed(failure.clone());
                Told::Here(Turn::work(Job::OpenHome))
            }
            _ => Told::OnTop,
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        match &self.step {
            Step::Preparing => {
                canvas.text(area.x, area.y, area.width, "preparing the CRL ...", Role::Faint);
            }
            Step::Shown { shown, sheet } => {
                let above = Rect { height: area.height.saturating_sub(WORD_ROWS), ..area };
                sheet.draw(canvas, above);
                sheet.tell_place(canvas, area, above.bottom(), area.x);
                let y = above.bottom() + 1;
                canvas.rule(area, y, "its words, to be read aloud and noted by everybody");
                words(canvas, Rect { y: y + 1, height: 3, ..area }, &shown.row.tbs_sha256.words());
            }
            Step::Approving { shown, words } => {
                canvas.text(area.x, area.y, area.width, &title(shown), Role::Strong);
                let until = shown.row.next_update.map_or_else(String::new, |end| {
                    format!("of {}, the next one by {}", moment(shown.row.this_update), moment(end))
                });
                canvas.text(area.x, area.y + 1, area.width, &until, Role::Plain);
                words.draw(canvas, Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area });
            }
            Step::Approved(shown) => {
                canvas.text(area.x, area.y, area.width, &title(shown), Role::Strong);
                // One that was stored before stands in the register already.
                let nothing =
                    if shown.changes.is_some() { "Nothing is stored or signed" } else { "Nothing is signed" };
                let text = format!(
                    "It is approved by its words. {nothing} before s is pressed; the token's PIN is asked for then, \
                     unless it was given."
                );
                let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
                canvas.paragraph(below, &text, Role::Plain);
            }
            Step::Signing(shown) => {
                canvas.text(area.x, area.y, area.width, &title(shown), Role::Strong);
                canvas.text(
                    area.x,
                    area.y + 2,
                    area.width,
                    "It is stored, signed, checked and recorded as soon as the PIN is there ...",
                    Role::Plain,
                );
            }
            Step::Failed(failure) => draw_failure(canvas, area, failure, self.outdated.as_deref()),
            Step::Signed(row) => draw_signed(canvas, area, row),
        }
    }
}

/// What is said of a CRL that was signed because its number was taken.
fn out_of_date(words: &str) -> String {
    format!("{words} is signed and recorded, and not handed over: it is out of date.")
}

fn draw_failure(canvas: &mut Canvas<'_>, area: Rect, failure: &Failure, outdated: Option<&str>) {
    let head = outdated.map_or_else(|| "No CRL was signed and recorded.".to_owned(), out_of_date);
    canvas.text(area.x, area.y, area.width, &head, Role::Bad);
    let safe = "Every revocation is in the register. Where the CRL was stored already, the same octets are shown and \
                signed next, under the same number.";
    let mut y = area.y + 2;
    for (label, text, role) in [
        ("what happened", format!("{}.", failure.what), Role::Bad),
        ("what is safe", safe.to_owned(), Role::Good),
        (
            "what is not done",
            "Relying parties have the CRL before, as long as that is good.".to_owned(),
            Role::Plain,
        ),
        ("what to do", format!("{}. Here: press n to prepare it again.", failure.hint), Role::Strong),
    ] {
        canvas.text(area.x, y, 17, label, Role::Faint);
        let place = Rect {
            x: area.x + 18,
            y,
            width: area.width.saturating_sub(18),
            height: area.bottom().saturating_sub(y),
        };
        y += canvas.paragraph(place, &text, role).max(1);
    }
}

fn draw_signed(canvas: &mut Canvas<'_>, area: Rect, row: &CrlRow) {
    canvas.text(area.x, area.y, area.width, "Signed, checked and recorded.", Role::Good);
    let mut y = area.y + 2;
    y += canvas.labelled(area, y, "signed", &row.words, Role::Strong);
    y += canvas.labelled(area, y, "lists", &counted(row.entries, "certificate"), Role::Plain);
    if let Some(end) = row.next_update {
        y += canvas.labelled(area, y, "good until", &moment(end), Role::Plain);
    }
    let text = "It helps nobody before it is published. Press d to write it onto a medium.";
    canvas.paragraph(
        Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area },
        text,
        Role::Attention,
    );
}

/// How many it lists, and how many of them are only on hold.
fn lists(shown: &CrlShown) -> String {
    let all = counted(shown.row.entries, "certificate");
    match shown.reasons.iter().find(|(reason, _)| *reason == Reason::CertificateHold.name()) {
        Some((_, held)) => format!("{all} ({} on hold)", grouped(*held)),
        None => all,
    }
}

/// What it is, in one line.
fn title(shown: &CrlShown) -> String {
    format!("{}: lists {}", shown.row.words, lists(shown))
}

/// What it lists and how it differs from the one before.
fn told(shown: &CrlShown) -> Vec<Item> {
    let said = |label: &str, text: &str| Item::labelled(label, Printable::new(text));
    let row = &shown.row;
    let mut items = vec![said("to be signed", &row.words), said("of", &moment(row.this_update))];
    items.extend(shown.from_outside.iter().map(|told| Item::Labelled {
        label: "KEY FROM OUTSIDE".to_owned(),
        value: told.clone(),
        role: Role::Attention,
        remark: None,
    }));
    items.extend(row.next_update.map(|end| said("the next one by", &moment(end))));
    items.push(said("lists", &lists(shown)));
    for (name, count) in &shown.reasons {
        let meaning = Reason::from_name(name).map_or("", reason_meaning);
        items.push(Item::Row(format!("  {:>9}  {name}: {meaning}", grouped(*count)), Role::Plain));
    }
    let Some(changes) = &shown.changes else {
        let text = "It was stored before and not signed: the same octets are signed now, whatever was recorded since. \
                    Make the one after it for that.";
        items.push(Item::Words(text.to_owned(), Role::Attention));
        return items;
    };
    let beside =
        if changes.stayed + changes.left == 0 { "What is new on it" } else { "Beside the CRL before" };
    items.push(Item::Heading(beside.to_owned()));
    let counts = format!(
        "stay: {}, come: {}, leave: {}",
        grouped(changes.stayed),
        grouped(changes.came),
        grouped(changes.left)
    );
    items.push(Item::Words(counts, Role::Strong));
    items.extend(changes.none_since.map(|accepted| {
        let text = format!(
            "RECORDED WITH IT: none was published since an older register was accepted (entry {}).",
            grouped(accepted)
        );
        Item::Words(text, Role::Attention)
    }));
    for (of, what, at) in &changes.recorded_first {
        items.extend(listed(of, &format!("{what}, {}", moment(*at))));
    }
    let more = changes.recorded.saturating_sub(changes.recorded_first.len() as u64);
    if more > 0 {
        items.push(Item::Words(format!("and {} more since", counted(more, "change")), Role::Plain));
    }
    for (of, why) in &changes.left_first {
        let text = match *why {
            "expired" => "leaves: its certificate has expired, and stood on a CRL after that",
            _ => "leaves: it was released from hold",
        };
        items.extend(listed(of, text));
    }
    let more = changes.left.saturating_sub(changes.left_first.len() as u64);
    if more > 0 {
        let text = format!("and {} more that leave, in left.csv", counted(more, "certificate"));
        items.push(Item::Words(text, Role::Plain));
    }
    items
}

/// A certificate by its serial number, with what is said of it, and its subject below.
fn listed(certificate: &ListedCertificate, text: &str) -> [Item; 2] {
    let subject = certificate.subject.clone();
    let subject = subject.unwrap_or_else(|| Printable::new("not known: issued elsewhere"));
    [Item::labelled(&certificate.serial, Printable::new(text)), Item::labelled("  its subject", subject)]
}
