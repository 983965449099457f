//! One CA: its certificate in plain words, and what is to be done next with it.

use ratatui::layout::Rect;

use super::{
    Screen,
    authorities::state_words,
    ca_cross::CaCross,
    ca_export::CaExport,
    ca_link::CaLink,
    ca_renewal::{CaRenewal, is_root},
    ca_use::CaUse,
    crl_import::CrlImport,
    document::Document,
    install::Install,
    new_ca::NewCa,
};
use crate::{
    ceremony::{Authority, ExportedCertificate, HeadAfter, Links, Requested, Role as CertificateRole, Stage},
    pki::{certificate::Certificate, fingerprint::hex, text::Printable},
    tui::{
        browser::shown,
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::{below, head_wanting, moment},
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews},
        },
    },
};

/// Reads the certificate, or the request.
const READ: Action = Action::Verb(0);
/// Reads the root's certificate.
const READ_ROOT: Action = Action::Verb(1);
/// Signs the certificate of an unfinished root.
const FINISH: Action = Action::Verb(2);
/// Installs the certificate that came back.
const INSTALL: Action = Action::Verb(3);

/// Writes the certificate onto a medium.
const EXPORT: Action = Action::Verb(4);

/// Renews it.
const RENEW: Action = Action::Verb(5);

/// Takes what it did before it moved in.
const PAST: Action = Action::Verb(6);

/// Re-keys it.
const REKEY: Action = Action::Verb(7);

/// Links its key with the one before it.
const LINK: Action = Action::Verb(8);

/// Chooses the certificate that it issues under.
const USE: Action = Action::Verb(9);

/// Certifies another root.
const CROSS: Action = Action::Verb(10);

/// One CA.
#[derive(Debug)]
pub struct AuthorityPage {
    authority: Authority,
    sheet: Sheet,
}

impl AuthorityPage {
    /// A CA as it stands.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        let sheet = Sheet::new(described(&authority));
        Self { authority, sheet }
    }

    /// A CA that has its certificate since a moment ago.
    #[must_use]
    pub fn ready(authority: Authority, head: &HeadAfter) -> Self {
        let text = format!("Done. CA {} has its certificate and can issue.", authority.record.name);
        let mut items = vec![Item::Words(text, Role::Good)];
        items.extend(wanting(head));
        if !authority.others.is_empty() {
            let next = "It is a further one; what it issues from now on is under this one. Next: press w to write it \
                        onto a medium for those who trust the CA; the others stay valid until they end.";
            items.push(Item::Words(next.to_owned(), Role::Strong));
        }
        if is_successor(&authority) && authority.others.is_empty() {
            let next = "Next: press w and give it to all who trust the CA before. For devices that cannot take it soon, L \
                        makes the links between both keys.";
            items.push(Item::Words(next.to_owned(), Role::Strong));
        }
        Self::told(authority, items)
    }

    /// A CA that moved in a moment ago.
    #[must_use]
    pub fn adopted(authority: Authority, head: &HeadAfter) -> Self {
        let text = format!("Done. CA {} has moved in, with the key that it had.", authority.record.name);
        let next = "Next: press p and take its latest CRL and the list of what it issued, or record that it never made a \
                    CRL. Until then it revokes nothing and makes no CRL.";
        let mut items = vec![Item::Words(text, Role::Good)];
        items.extend(wanting(head));
        items.push(Item::Words(next.to_owned(), Role::Strong));
        Self::told(authority, items)
    }

    /// A root whose key was linked with the one before it a moment ago.
    #[must_use]
    pub fn linked(authority: Authority, links: &Links) -> Self {
        let mut items = vec![Item::Words("Both links are made and recorded.".to_owned(), Role::Good)];
        items.extend(wanting(&links.head));
        let names = (&authority.record.name, &links.before);
        for (certified, by, link) in
            [(names.0, names.1, &links.new_with_old), (names.1, names.0, &links.old_with_new)]
        {
            items.push(said("the key of", &format!("{certified}, certified by {by}")));
            items.push(said("valid until", &moment(link.not_after())));
            items.push(said("SHA-256 of it", &link.sha256().to_string()));
        }
        let next = "Next: press w here and on the page of the CA before; each certificate is written with all its paths.";
        items.push(Item::Words(next.to_owned(), Role::Strong));
        Self::told(authority, items)
    }

    /// A CA whose request was written a moment ago.
    #[must_use]
    pub fn requested(authority: Authority, requested: &Requested, to: &std::path::Path) -> Self {
        let file = to.join(&requested.folder).join(&requested.file);
        let items = vec![
            Item::Words("The request was written and read back.".to_owned(), Role::Good),
            Item::labelled("file", shown(&file)),
            said("SHA-256 of request", &requested.sha256.to_string()),
            Item::Heading("The request's words, for the superior CA to compare".to_owned()),
        ]
        .into_iter()
        .chain(word_rows(&requested.sha256.words()))
        .chain(wanting(&requested.head))
        .chain([Item::Words(
            "Next: have the superior CA issue its certificate, then come back and press i to install it."
                .to_owned(),
            Role::Strong,
        )])
        .collect();
        Self::told(authority, items)
    }

    /// A CA whose certificate was written a moment ago.
    #[must_use]
    pub fn exported(authority: Authority, exported: &ExportedCertificate, to: &std::path::Path) -> Self {
        let items = vec![
            Item::Words("The certificate was written and read back.".to_owned(), Role::Good),
            Item::labelled("folder", shown(&to.join(&exported.folder))),
            said("files", &exported.files.join(", ")),
            said("SHA-256 of it", &exported.sha256.to_string()),
        ];
        Self::told(authority, items)
    }

    fn told(authority: Authority, mut items: Vec<Item>) -> Self {
        items.push(Item::Gap);
        items.extend(described(&authority));
        Self { authority, sheet: Sheet::new(items) }
    }
}

impl Room for AuthorityPage {
    fn title(&self) -> &'static str {
        "Authority"
    }

    fn help(&self) -> &'static str {
        "What this home knows of the CA. Its private key is in the token and never leaves it. Compare the words of the root's \
         certificate with those that the root's keeper tells you: they stand for every octet of it. w writes the certificate \
         onto a medium. K re-keys the CA: a new key takes its place, under the same subject; L links the keys of a re-keyed \
         root. u chooses which of its certificates it issues under, x certifies the root of somebody else."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match &self.authority.stage {
            Stage::Issues => {
                bindings.push(Binding::bar(&[Key::Enter, Key::Char('v')], READ, "certificate"));
                bindings.push(Binding::bar(&[Key::Char('w')], EXPORT, "write"));
                bindings.push(Binding::bar(&[Key::Char('n')], RENEW, "renew"));
                bindings.push(Binding::bar(&[Key::Char('K')], REKEY, "re-key"));
                if is_successor(&self.authority) {
                    bindings.push(Binding::bar(&[Key::Char('L')], LINK, "link"));
                }
                bindings.push(Binding::help(&[Key::Char('u')], USE, "under which certificate it issues"));
                bindings.push(Binding::help(&[Key::Char('x')], CROSS, "cross-certificate for another root"));
                if self.authority.from_outside.is_some() {
                    bindings.push(Binding::bar(&[Key::Char('p')], PAST, "past"));
                }
            }
            Stage::Requested => {
                bindings.push(Binding::bar(&[Key::Char('i')], INSTALL, "install its certificate"));
                bindings.push(Binding::bar(&[Key::Enter, Key::Char('v')], READ, "its request"));
            }
            Stage::Unfinished(_) => {
                bindings.push(Binding::bar(&[Key::Char('f')], FINISH, "finish it (asks for the PIN)"));
            }
            Stage::Abandoned => {}
        }
        if self.authority.record.certificate.as_ref().is_some_and(|(_, above)| !above.is_empty()) {
            if self.authority.stage == Stage::Issues {
                let words = "install the certificate of a renewal";
                bindings.push(Binding::help(&[Key::Char('i')], INSTALL, words));
            }
            bindings.push(Binding::bar(&[Key::Char('R')], READ_ROOT, "the root's"));
        }
        bindings.extend(self.sheet.scrolling_in_help());
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let record = &self.authority.record;
        let title = Printable::new(&format!("CA {}", record.name));
        match action {
            Action::Back => Turn::back(),
            READ => match (&record.certificate, &record.request) {
                (Some((own, _)), _) => Turn::enter(Screen::Document(Document::certificate(title, own.der()))),
                (None, Some(request)) => Turn::enter(Screen::Document(Document::request(title, request))),
                (None, None) => Turn::stay(),
            },
            READ_ROOT => match record.certificate.as_ref().and_then(|(_, above)| above.last()) {
                Some(root) => {
                    let title = Printable::new(&format!("root above CA {}", record.name));
                    Turn::enter(Screen::Document(Document::certificate(title, root.der())))
                }
                None => Turn::stay(),
            },
            FINISH => match &self.authority.stage {
                Stage::Unfinished(plan) => {
                    Turn::work(Job::Authority(AuthorityJob::FinishRoot(plan.as_ref().clone())))
                }
                _ => Turn::stay(),
            },
            RENEW => Turn::replace(Screen::CaRenewal(CaRenewal::new(self.authority.clone()))),
            REKEY => Turn::replace(Screen::NewCa(NewCa::rekeyed(&self.authority))),
            LINK => Turn::replace(Screen::CaLink(CaLink::new(self.authority.clone()))),
            USE => Turn::replace(Screen::CaUse(CaUse::new(self.authority.clone()))),
            CROSS => Turn::enter(Screen::CaCross(CaCross::new(&record.name))),
            PAST => CrlImport::enter(&record.name),
            EXPORT => Turn::replace(Screen::CaExport(CaExport::new(self.authority.clone()))),
            INSTALL => Turn::replace(Screen::Install(Install::new(self.authority.clone()))),
            _ => {
                self.sheet.act(action);
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Authority(AuthorityNews::Ready { authority, head }) => {
                *self = Self::ready(*authority, &head);
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        self.sheet.draw_placed(canvas, area);
    }
}

/// What is wanting of the register's head.
fn wanting(head: &HeadAfter) -> Option<Item> {
    head_wanting(head).map(|text| Item::Words(text, Role::Attention))
}

/// Whether a root has the place of another one: their keys can be linked.
fn is_successor(authority: &Authority) -> bool {
    authority.record.succeeds.is_some() && is_root(authority)
}

/// What is known of a CA.
fn described(authority: &Authority) -> Vec<Item> {
    let record = &authority.record;
    let (state, role) = state_words(authority);
    let mut items = vec![
        said("CA", &record.name),
        Item::Labelled { label: "state".to_owned(), value: Printable::new(&state), role, remark: None },
    ];
    items.extend(record.succeeds.iter().map(|before| said("in the place of", before)));
    items.extend(authority.succeeded_by.iter().map(|after| said("its place has", after)));
    for warning in &authority.warnings {
        items.push(Item::Words(warning.message.to_string(), Role::Attention));
        items.push(Item::Words(format!("What to do: {}.", warning.hint), Role::Plain));
    }
    items.extend(authority.from_outside.iter().map(|told| Item::Labelled {
        label: "KEY FROM OUTSIDE".to_owned(),
        value: told.clone(),
        role: Role::Attention,
        remark: None,
    }));
    match (&record.certificate, &authority.stage) {
        (Some((own, above)), _) => {
            items.extend(certified(own));
            if let Some(root) = above.last() {
                items.extend(root_words(root));
            }
        }
        (None, Stage::Unfinished(plan)) => {
            items.push(said("key", &record.public_key.algorithm().to_string()));
            let text = "Its making was interrupted: the key is in the token and its certificate is planned and \
                        approved, but not signed. Press f to finish it.";
            items.push(Item::Words(text.to_owned(), Role::Strong));
            items.push(said("plan", &plan.id));
        }
        (None, Stage::Abandoned) => {
            let text = "Its making was interrupted before its certificate was planned. The key stays unused in the \
                        token. Make the CA under another name.";
            items.push(Item::Words(text.to_owned(), Role::Strong));
        }
        (None, _) => {
            items.extend(authority.subject().map(|subject| Item::labelled("requested subject", subject)));
            items.push(said("key", &record.public_key.algorithm().to_string()));
            let text = "Its request is made. When the superior CA has issued its certificate, put the medium in and \
                        press i.";
            items.push(Item::Words(text.to_owned(), Role::Strong));
        }
    }
    for other in &authority.others {
        let noun = match other.role {
            CertificateRole::Beside => "beside",
            CertificateRole::Issues => "before",
        };
        let until = moment(other.certificate.not_after());
        items.push(said(noun, &format!("until {until}, SHA-256 {}", other.certificate.sha256())));
    }
    items.push(said("made", &moment(record.created)));
    items.push(Item::labelled("key in the token", Printable::new(&record.key_uri)));
    items.push(said("SHA-256 of key", &record.public_key.spki_sha256().to_string()));
    items
}

/// A CA's certificate in plain words.
pub(super) fn certified(own: &Certificate) -> Vec<Item> {
    let mut items = vec![
        Item::labelled("subject", own.subject().to_printable()),
        Item::labelled("issuer", own.issuer().to_printable()),
        said("valid from", &moment(own.not_before())),
        said("valid until", &moment(own.not_after())),
        said("key", &own.public_key().algorithm().to_string()),
        said("path length", &below(own.path_length())),
        said("serial number", &hex(own.serial())),
        said("SHA-256", &own.sha256().to_string()),
        Item::Heading("The certificate's words".to_owned()),
    ];
    items.extend(word_rows(&own.sha256().words()));
    items
}

/// The root above a CA, with the words to compare.
pub(super) fn root_words(root: &Certificate) -> Vec<Item> {
    let mut items = vec![
        Item::labelled("root", root.subject().to_printable()),
        said("SHA-256 of root", &root.sha256().to_string()),
        Item::Heading("The root's words".to_owned()),
    ];
    items.extend(word_rows(&root.sha256().words()));
    items
}

/// Words in rows of four, numbered, far enough apart to be read aloud.
pub(super) fn word_rows(words: &str) -> Vec<Item> {
    let words: Vec<&str> = words.split(' ').collect();
    let row = |(row, four): (usize, &[&str])| {
        let numbered = four.iter().enumerate();
        let pieces: Vec<String> =
            numbered.map(|(place, word)| format!("{:>2} {word:<15}", row * 4 + place + 1)).collect();
        Item::Row(pieces.concat().trim_end().to_owned(), Role::Strong)
    };
    words.chunks(4).enumerate().map(row).collect()
}

fn said(label: &str, value: &str) -> Item {
    Item::labelled(label, Printable::new(value))
}
