//! Revoking: which certificates, why and since when; what that does is shown before it is recorded.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::next_crl::NextCrl;
use crate::{
    ceremony::{CrlScope, JudgedRevocation, RevocationAct, Revoked, acts_on, acts_on_any},
    pki::{crl::Reason, text::Printable, time::Time},
    tui::{
        browser::{Browser, shown},
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, FORM, LIST},
        list::List,
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::{counted, moment, reason_meaning},
        work::{
            Job, News,
            revocation::{Named, RevocationJob, RevocationNews, Wish},
        },
    },
};

/// Records what is shown.
const RECORD: Action = Action::Verb(0);

/// Which certificates.
#[derive(Debug)]
enum Which {
    /// One that was found in the register.
    Found { serial: String, subject: Printable, is_revoked: bool },
    /// Those of a file.
    Listed(PathBuf),
    /// Those that are typed.
    Typed(Field),
}

/// Where keys go on the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Focus {
    Which,
    Act,
    Since,
}

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// The file with the serial numbers is chosen.
    Choosing(Box<Browser>),
    /// Certificates, reason and date are given.
    Form,
    /// What it does is looked at.
    Judged { judged: Box<JudgedRevocation>, sheet: Sheet },
    /// It is recorded.
    Recorded { certificates: u64, waiting: u64 },
}

/// Revoking certificates of a CA.
#[derive(Debug)]
pub struct Revoke {
    ca: String,
    which: Which,
    /// What can become of them.
    acts: Vec<RevocationAct>,
    act: List,
    since: Field,
    focus: Focus,
    step: Step,
}

impl Revoke {
    /// Certificates whose serial numbers are typed.
    #[must_use]
    pub fn typed(ca: &str) -> Self {
        Self::of(ca, Which::Typed(Field::default()), Step::Form)
    }

    /// Certificates that a file lists, which is to be chosen.
    #[must_use]
    pub fn listed(ca: &str) -> Self {
        Self::of(ca, Which::Listed(PathBuf::new()), Step::Choosing(Box::default()))
    }

    /// A certificate that was found in the register, of which this holds now; `None` where nothing can become of it any
    /// more. `now` is the host's clock.
    #[must_use]
    pub fn found(
        ca: &str,
        (serial, subject): (String, Printable),
        revoked: Option<&Revoked>,
        now: Option<Time>,
    ) -> Option<Self> {
        let acts = acts_on(revoked, now);
        let is_revoked = matches!(revoked, Some(Revoked::Revoked(_)));
        let revoke = Self { acts, ..Self::of(ca, Which::Found { serial, subject, is_revoked }, Step::Form) };
        (!revoke.acts.is_empty()).then_some(revoke)
    }

    /// What it does, in a word or two.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match (&self.which, self.acts.first()) {
            (Which::Found { is_revoked: true, .. }, _) => "another reason",
            (_, Some(RevocationAct::Release)) => "release or revoke",
            _ => "revoke or hold",
        }
    }

    fn of(ca: &str, which: Which, step: Step) -> Self {
        let focus = if let Which::Typed(_) = which { Focus::Which } else { Focus::Act };
        let (act, since) = (List::default(), Field::default());
        Self { ca: ca.to_owned(), which, acts: acts_on_any(), act, since, focus, step }
    }

    fn chosen_act(&self) -> RevocationAct {
        self.acts.get(self.act.chosen()).copied().unwrap_or(RevocationAct::Release)
    }

    /// Whether it is asked since when a key is in other hands: a hold and its release know of none.
    fn asks_since(&self) -> bool {
        !matches!(self.chosen_act(), RevocationAct::Release | RevocationAct::Revoke(Reason::CertificateHold))
    }

    /// The fields there are, in order: what is given by a file or by the register is not typed.
    fn fields(&self) -> &'static [Focus] {
        match (&self.which, self.asks_since()) {
            (Which::Typed(_), true) => &[Focus::Which, Focus::Act, Focus::Since],
            (Which::Typed(_), false) => &[Focus::Which, Focus::Act],
            (Which::Found { .. } | Which::Listed(_), true) => &[Focus::Act, Focus::Since],
            (Which::Found { .. } | Which::Listed(_), false) => &[Focus::Act],
        }
    }

    fn step_focus(&mut self, by: usize) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        self.focus = fields[(at + by) % fields.len()];
    }

    fn judge(&self) -> Turn {
        let named = match &self.which {
            Which::Found { serial, .. } => Named::Typed(serial.clone()),
            Which::Listed(path) => Named::Listed(path.clone()),
            Which::Typed(field) => Named::Typed(field.text().to_owned()),
        };
        Turn::work(Job::Revocation(RevocationJob::Judge(Wish {
            ca: self.ca.clone(),
            named,
            act: self.chosen_act(),
            since: if self.asks_since() { self.since.text().to_owned() } else { String::new() },
        })))
    }

    fn on_form(&mut self, action: Action) -> Turn {
        let last = self.fields().len() - 1;
        match action {
            Action::Back if matches!(self.which, Which::Listed(_)) => {
                self.step = Step::Choosing(Box::default());
                Turn::stay()
            }
            Action::Back => Turn::back(),
            Action::Next => {
                self.step_focus(1);
                Turn::stay()
            }
            Action::Previous => {
                self.step_focus(last);
                Turn::stay()
            }
            Action::Proceed => self.judge(),
            _ => {
                self.act.act(action, self.acts.len());
                Turn::stay()
            }
        }
    }
}

/// What becomes of certificates, and what that means.
fn act_words(act: RevocationAct) -> (&'static str, &'static str) {
    match act {
        RevocationAct::Release => ("release", "from hold: they are as good as before"),
        RevocationAct::Revoke(reason) => (reason.name(), reason_meaning(reason)),
    }
}

/// What the moment is since when a certificate is not to be relied upon (RFC 5280 §5.3.2).
fn since_words(act: RevocationAct) -> &'static str {
    match act {
        RevocationAct::Revoke(Reason::KeyCompromise | Reason::CaCompromise | Reason::AaCompromise) => {
            "key lost since"
        }
        _ => "not valid since",
    }
}

impl Room for Revoke {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Choosing(_) => "Revocation: which list?",
            Step::Form => "Revocation: which certificates, and why?",
            Step::Judged { .. } => "Revocation: is this meant?",
            Step::Recorded { .. } => "Revocation: recorded",
        }
    }

    fn help(&self) -> &'static str {
        match self.step {
            Step::Choosing(_) => {
                "Choose a file with one serial number on each line, in hexadecimal digits. Nothing is recorded by it."
            }
            Step::Form => {
                "Name the certificates, by serial numbers in hexadecimal digits with blanks between several, or by as many of \
                 their first digits as no other certificate of this CA begins with: they are shown whole before anything is \
                 recorded. Choose what becomes of them, and \
                 say since when a key is in other hands, or the certificate no longer good, where that is known: it can be \
                 earlier than today. A certificate that is revoked stays revoked, and only a worse reason can be given; one \
                 on hold can be released or revoked later. Enter shows what it does; nothing is recorded yet. Tab leads from \
                 field to field."
            }
            Step::Judged { .. } => {
                "What will be recorded, for all of these certificates or, should one of them stand in the way, for \
                 none. Compare serial numbers and subjects with what was asked of you. Of several, the words and the digest \
                 stand for all serial numbers: in hexadecimal digits as they are shown, sorted, one on each line (sort -u, \
                 sha256sum). y records it; a revocation cannot \
                 be taken back."
            }
            Step::Recorded { .. } => {
                "It is in the register. Relying parties do not know of it before the next CRL is made and published."
            }
        }
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match &self.step {
            Step::Choosing(browser) => browser.bindings(Some("take this file"), None),
            Step::Form => {
                let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Proceed, "show what it does")];
                if self.focus == Focus::Act {
                    bindings.push(Binding::bar(&[Key::Tab], Action::Next, "next field"));
                    bindings.push(Binding::help(&[Key::BackTab], Action::Previous, "previous field"));
                    bindings.extend_from_slice(LIST);
                } else {
                    bindings.extend_from_slice(FORM);
                }
                bindings.push(BACK);
                bindings
            }
            Step::Judged { sheet, .. } => {
                let mut bindings = vec![Binding::bar(&[Key::Char('y')], RECORD, "yes, record it")];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
            Step::Recorded { .. } => {
                vec![Binding::bar(&[Key::Char('n')], Action::Proceed, "prepare the next CRL"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::Choosing(browser), Action::Back) => browser.back(about).unwrap_or_else(Turn::back),
            (Step::Choosing(browser), Action::Open) => match browser.chosen_file() {
                Some(file) => {
                    self.which = Which::Listed(file);
                    self.step = Step::Form;
                    Turn::stay()
                }
                None => browser.act(action, about),
            },
            (Step::Choosing(browser), _) => browser.act(action, about),
            (Step::Form, _) => self.on_form(action),
            (Step::Judged { .. }, Action::Back) => {
                self.step = Step::Form;
                Turn::stay()
            }
            (Step::Judged { judged, .. }, RECORD) => {
                Turn::work(Job::Revocation(RevocationJob::Record(judged.clone())))
            }
            (Step::Judged { sheet, .. }, _) => {
                sheet.act(action);
                Turn::stay()
            }
            (Step::Recorded { .. }, Action::Proceed) => NextCrl::replace(&self.ca, CrlScope::Full),
            (Step::Recorded { .. }, _) => Turn::back(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match (&mut self.step, self.focus, &mut self.which) {
            (Step::Choosing(browser), ..) => browser.field(),
            (Step::Form, Focus::Which, Which::Typed(field)) => Some(field),
            (Step::Form, Focus::Since, _) => Some(&mut self.since),
            _ => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match (*news, &mut self.step) {
            (News::Revocation(RevocationNews::Judged(judged)), _) => {
                let sheet = Sheet::new(consequences(&judged));
                self.step = Step::Judged { judged, sheet };
                Heard::Mine(Turn::stay())
            }
            (News::Revocation(RevocationNews::Recorded { certificates, waiting }), _) => {
                self.step = Step::Recorded { certificates, waiting };
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            (other, Step::Choosing(browser)) => browser.hear(Box::new(other)),
            (other, _) => Heard::NotMine(Box::new(other)),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        match &mut self.step {
            Step::Choosing(browser) => Some(browser),
            Step::Form | Step::Judged { .. } | Step::Recorded { .. } => None,
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Choosing(browser) => browser.draw(canvas, area, about),
            Step::Form => self.draw_form(canvas, area),
            Step::Judged { sheet, .. } => sheet.draw_placed(canvas, area),
            Step::Recorded { certificates, waiting } => {
                self.draw_recorded(canvas, area, *certificates, *waiting);
            }
        }
    }
}

impl Revoke {
    fn draw_form(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let (x, width) = (area.x + 18, area.width.saturating_sub(18));
        canvas.text(area.x, area.y, 17, "CA", Role::Faint);
        canvas.outside(x, area.y, width, &Printable::new(&self.ca), Role::Strong);
        let y = area.y + 1;
        match &self.which {
            Which::Typed(field) => {
                let role = if self.focus == Focus::Which { Role::Selected } else { Role::Plain };
                canvas.text(area.x, y, 17, "serial numbers", Role::Faint);
                canvas.input(x, y, width, field, role);
                let text = "or how they begin; by name: Register, /, Enter on it, then v";
                canvas.text(x, y + 1, width, text, Role::Faint);
            }
            Which::Listed(path) => {
                canvas.text(area.x, y, 17, "those listed in", Role::Faint);
                canvas.outside(x, y, width, &shown(path), Role::Strong);
            }
            Which::Found { serial, subject, .. } => {
                canvas.text(area.x, y, 17, "serial number", Role::Faint);
                canvas.outside(x, y, width, &Printable::new(serial), Role::Strong);
                canvas.text(area.x, y + 1, 17, "subject", Role::Faint);
                canvas.outside(x, y + 1, width, subject, Role::Plain);
            }
        }
        let y = area.y + 3;
        canvas.rule(area, y, "what becomes of them");
        for (row, act) in self.acts.iter().enumerate() {
            let (name, meaning) = act_words(*act);
            let chosen = row == self.act.chosen();
            let role = match (chosen, self.focus == Focus::Act) {
                (true, true) => Role::Selected,
                (true, false) => Role::Strong,
                _ => Role::Plain,
            };
            let mark = if chosen { ">" } else { " " };
            let place = y + 1 + u16::try_from(row).unwrap_or(0);
            canvas.row(area, place, &format!("{mark} {name:<21}{meaning}"), role);
        }
        let y = y + 1 + u16::try_from(self.acts.len()).unwrap_or(0) + 1;
        if !self.asks_since() {
            return;
        }
        let role = if self.focus == Focus::Since { Role::Selected } else { Role::Plain };
        canvas.text(area.x, y, 17, since_words(self.chosen_act()), Role::Faint);
        canvas.input(x, y, width, &self.since, role);
        let text = "if known, in UTC, such as 2026-01-31T23:59:59Z";
        canvas.text(x, y + 1, width, text, Role::Faint);
    }

    fn draw_recorded(&self, canvas: &mut Canvas<'_>, area: Rect, certificates: u64, waiting: u64) {
        let what = match self.chosen_act() {
            RevocationAct::Release => "released from hold",
            RevocationAct::Revoke(Reason::CertificateHold) => "put on hold",
            RevocationAct::Revoke(_) => "revoked",
        };
        let text = format!("{}: {what}, and recorded.", counted(certificates, "certificate"));
        canvas.text(area.x, area.y, area.width, &text, Role::Good);
        let text = format!(
            "Relying parties do not know of it yet: {} on no CRL. Press n to prepare the next one, or go back and \
             revoke more first.",
            if waiting == 1 {
                "1 change is".to_owned()
            } else {
                format!("{} are", counted(waiting, "change"))
            }
        );
        let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        canvas.paragraph(below, &text, Role::Plain);
    }
}

/// What would be recorded, for people to compare.
fn consequences(judged: &JudgedRevocation) -> Vec<Item> {
    let count = judged.serials.len() as u64;
    let (name, meaning) = act_words(judged.act);
    let all = counted(count, "certificate");
    let (text, role) = match judged.act {
        RevocationAct::Release => (format!("{all} will be released from hold."), Role::Strong),
        RevocationAct::Revoke(Reason::CertificateHold) => {
            (format!("{all} will be put on hold. It can be taken back later."), Role::Strong)
        }
        RevocationAct::Revoke(_) if judged.are_revoked() => {
            (format!("{all}, revoked already: another reason. It cannot be taken back."), Role::Attention)
        }
        RevocationAct::Revoke(_) => {
            (format!("{all} will be revoked for ever. It cannot be taken back."), Role::Attention)
        }
    };
    let mut items = vec![
        Item::Words(format!("Nothing is recorded yet. {text}"), role),
        Item::labelled("CA", Printable::new(&judged.ca)),
        Item::labelled(
            if judged.act == RevocationAct::Release { "what" } else { "reason" },
            Printable::new(&format!("{name}: {meaning}")),
        ),
    ];
    if let Some(since) = judged.invalidity_date {
        items.push(Item::labelled(since_words(judged.act), Printable::new(&moment(since))));
    }
    if count > 1 {
        // Whoever asked for it and whoever does it compare twelve words, however many certificates these are.
        let digest = judged.serials_sha256();
        items.push(Item::labelled("all, in words", Printable::new(&digest.words())));
        items.push(Item::labelled("all, as SHA-256", Printable::new(&digest.to_string())));
    }
    items.push(Item::Gap);
    for row in &judged.rows {
        items.push(Item::labelled("serial number", Printable::new(&row.serial)));
        match &row.subject {
            Some(subject) => items.push(Item::labelled("subject", subject.clone())),
            None => items.push(Item::labelled("subject", Printable::new("not known: issued elsewhere"))),
        }
        if let Some(before) = &row.before {
            items.push(Item::labelled("until now", Printable::new(&state_words(before))));
        }
    }
    let more = count.saturating_sub(judged.rows.len() as u64);
    if more > 0 {
        items.push(Item::Words(format!("and {} more", counted(more, "certificate")), Role::Attention));
    }
    items
}

/// What holds for a certificate, in words.
pub(super) fn state_words(revoked: &Revoked) -> String {
    match revoked {
        Revoked::Held(entry) => format!("on hold since {}", moment(entry.date)),
        Revoked::Released(at) => format!("released from hold on {}", moment(*at)),
        Revoked::Revoked(entry) => format!("revoked since {}: {}", moment(entry.date), entry.reason.name()),
    }
}
