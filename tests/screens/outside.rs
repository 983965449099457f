//! Text that comes from outside and ends on a screen, by the role it has there.

use std::{cell::RefCell, collections::HashMap, path::PathBuf};

use coldsign::pki::text::Printable;

/// The texts of one sample.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Subject of a request or certificate.
    pub subject: String,
    /// Name of a file.
    pub file: String,
    /// Label of a token.
    pub token: String,
    /// Name of a CA.
    pub authority: String,
    /// Label of a volume.
    pub volume: String,
    /// Name of a profile.
    pub profile: String,
}

/// What a text is to a screen.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// [`Outside::subject`].
    Subject,
    /// [`Outside::file`].
    File,
    /// [`Outside::token`].
    Token,
    /// [`Outside::authority`].
    Authority,
    /// [`Outside::volume`].
    Volume,
    /// [`Outside::profile`].
    Profile,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Subject, Self::File, Self::Token, Self::Authority, Self::Volume, Self::Profile];
}

impl Outside {
    /// What a day at a factory has.
    pub fn usual() -> Self {
        Self {
            subject: "O=Example,CN=lock-0001".to_owned(),
            file: "lock-0001.csr".to_owned(),
            token: "rehearsal".to_owned(),
            authority: "factory".to_owned(),
            volume: "STICK".to_owned(),
            profile: "device".to_owned(),
        }
    }

    /// Everything at once that text can do to a screen.
    pub fn hostile() -> Self {
        let mut texts = Self::usual();
        for role in Role::ALL {
            texts = texts.with(role, HOSTILE_MIXED);
        }
        texts
    }

    /// The same with another text in one role.
    pub fn with(mut self, role: Role, text: &str) -> Self {
        let place = match role {
            Role::Subject => &mut self.subject,
            Role::File => &mut self.file,
            Role::Token => &mut self.token,
            Role::Authority => &mut self.authority,
            Role::Volume => &mut self.volume,
            Role::Profile => &mut self.profile,
        };
        text.clone_into(place);
        self
    }

    /// A path whose last name is [`Outside::file`].
    pub fn path(&self) -> PathBuf {
        PathBuf::from("/media/stick").join(&self.file)
    }
}

/// An escape sequence, a bidi override, a zero-width joiner, a wide character and a control of the second set.
pub const HOSTILE_MIXED: &str =
    "a\u{1b}[2J\u{1b}[1;31m\u{202e}b\u{200d}c\u{200b}\u{9b}31m漢字\u{7}\u{0}\nd\re\u{2066}";

/// Text as a screen may show it. The same few texts come again and again, and long ones take their time.
pub fn printable(text: &str) -> Printable {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Printable>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| match known.get(text) {
        Some(printable) => printable.clone(),
        None => known.entry(text.to_owned()).insert_entry(Printable::new(text)).get().clone(),
    })
}
