//! The mark: the token remembers the newest entry of the register, and no register that lacks it signs with this token.
//!
//! It is compared after every log-in, before each signing, and once more before it is moved, where the register's head is
//! signed; never while certificates are. A crash
//! between an entry and its mark leaves the register ahead, which is no harm. docs/CONTROLS.md tells of it as
//! `register-mark`.

use crate::{
    pki::fingerprint::Digest,
    register::{self, Head, MarkState, MarkedToken},
    token::{self, session::Session},
};

use super::{
    done::HeadAfter,
    error::Error,
    opening::{Appliance, Custodian, now},
};

/// Whether the token remembers a head that was signed.
#[derive(Debug)]
pub(super) enum Marked {
    /// It keeps a mark of it; it had one before, or never had.
    Kept,
    /// It keeps one, and had lost the one from before.
    Anew,
    /// It keeps none, for this reason.
    Refused(Error),
}

/// An older register that can go on once its words are typed. Only [`Appliance::propose_older`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct OlderRegister {
    ends: Head,
    seen: Head,
    digest: Digest,
}

impl OlderRegister {
    /// The register's newest entry.
    #[must_use]
    pub fn ends(&self) -> Head {
        self.ends
    }

    /// The entry that the token has seen.
    #[must_use]
    pub fn seen(&self) -> Head {
        self.seen
    }

    /// What the words stand for: both entries, and which register it is.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// What a token keeps of this register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenMark {
    /// The newest entry when its head was signed last.
    At(Head),
    /// Nothing yet.
    None,
    /// Nothing: it keeps no data objects, which was recorded.
    Refused,
}

impl TokenMark {
    /// The entry that it has seen.
    #[must_use]
    pub fn entry(self) -> Option<u64> {
        match self {
            Self::At(seen) => Some(seen.entry),
            Self::None | Self::Refused => None,
        }
    }

    /// It in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::At(seen) => format!("marked at entry {}", seen.entry),
            Self::None => "no mark yet: an older copy would not be noticed".to_owned(),
            Self::Refused => "the token keeps no marks: an older copy is not noticed".to_owned(),
        }
    }
}

impl Appliance {
    /// What the token keeps of this register.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Token`], [`Error::TokenOutput`].
    pub(super) fn token_mark(&self, session: &Session) -> Result<TokenMark, Error> {
        Ok(match (self.seen(session)?, self.register.recorded_mark(marked(session))?) {
            (Some(seen), _) => TokenMark::At(seen),
            (None, Some(MarkState::Refused)) => TokenMark::Refused,
            (None, Some(MarkState::Begun) | None) => TokenMark::None,
        })
    }

    /// Checks that the token has seen nothing that this register lacks.
    ///
    /// # Errors
    /// [`Error::Register`] where it has; [`Error::Token`], [`Error::TokenOutput`].
    pub(super) fn check_mark(&self, session: &Session) -> Result<(), Error> {
        match self.seen(session)? {
            Some(seen) => Ok(self.register.check_seen(seen)?),
            None => Ok(()),
        }
    }

    /// The entry that the token has seen; `None` where it keeps no mark. Of several the highest that can be read counts: a
    /// change was cut short.
    pub(super) fn seen(&self, session: &Session) -> Result<Option<Head>, Error> {
        let label = self.register.mark_label();
        let marks = session.marks(&label)?;
        let seen = marks.iter().filter_map(|octets| Head::from_mark(octets)).max_by_key(|head| head.entry);
        if seen.is_none() && !marks.is_empty() {
            return Err(Error::TokenOutput {
                what: format!("the data object `{label}` in the token is no mark that this coldsign reads"),
                hint: "use the coldsign that wrote it; or compare the register's newest entry with the one that was noted at \
                       closing, remove that object with the token's own tool, and a mark begins anew; nothing was signed"
                    .to_owned(),
            });
        }
        Ok(seen)
    }

    /// Whether the token had a mark of this register and has none now: somebody took it away. Then nothing tells whether
    /// this is the latest register.
    ///
    /// # Errors
    /// [`Error::Token`], [`Error::TokenOutput`], [`Error::Register`].
    pub(super) fn has_lost_mark(&self, session: &Session) -> Result<bool, Error> {
        Ok(self.seen(session)?.is_none() && self.recorded_mark(session)? == Some(MarkState::Begun))
    }

    fn recorded_mark(&self, session: &Session) -> Result<Option<MarkState>, Error> {
        Ok(self.register.recorded_mark(marked(session))?)
    }

    /// Signs the head where it is not signed yet, and moves the mark behind it. That the token refuses to keep one is told
    /// where it was not recorded before.
    ///
    /// # Errors
    /// What kept the head from being signed.
    pub(super) fn sign_and_mark(&mut self, session: &Session) -> Result<Marked, Error> {
        let lost = self.has_lost_mark(session);
        // That a mark begins is an entry too, which the head is to stand for.
        let begun = self.begin_mark(session);
        self.sign_unsigned_head(session)?;
        let moved = match begun {
            Ok(MarkState::Begun) => self.move_mark(session),
            Ok(MarkState::Refused) => Ok(()),
            Err(error) => Err(error),
        };
        Ok(match moved {
            Err(error) => Marked::Refused(error),
            Ok(()) if lost.is_ok_and(|lost| lost) => Marked::Anew,
            Ok(()) => Marked::Kept,
        })
    }

    /// Sees that the token keeps a mark, and records it where it begins to, or refuses to.
    fn begin_mark(&mut self, session: &Session) -> Result<MarkState, Error> {
        let (seen, recorded) = (self.seen(session)?, self.recorded_mark(session)?);
        // Another copy of this register signed since the log-in: that the token has seen it stays where it is.
        if let Some(seen) = seen {
            self.register.check_seen(seen)?;
        }
        if seen.is_some() && recorded == Some(MarkState::Begun) {
            return Ok(MarkState::Begun);
        }
        let kept = match seen {
            Some(_) => Ok(()),
            None => self.move_mark(session),
        };
        match kept {
            Ok(()) => {
                self.record_mark(session, MarkState::Begun)?;
                Ok(MarkState::Begun)
            }
            Err(Error::Token(token::error::Error::MarkRefused { .. }))
                if recorded == Some(MarkState::Refused) =>
            {
                Ok(MarkState::Refused)
            }
            Err(refused @ Error::Token(token::error::Error::MarkRefused { .. })) => {
                self.record_mark(session, MarkState::Refused)?;
                Err(refused)
            }
            Err(error) => Err(error),
        }
    }

    fn record_mark(&mut self, session: &Session, state: MarkState) -> Result<(), Error> {
        let at = now()?;
        Ok(self.register.record_mark(marked(session), state, at)?)
    }

    fn move_mark(&self, session: &Session) -> Result<(), Error> {
        let mark = self.register.head()?.to_mark();
        Ok(session.keep_mark(&self.register.mark_label(), &mark)?)
    }

    /// Looks at a register that lacks what its token has seen. Nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Usage`] where it lacks nothing; [`Error::Token`], [`Error::Register`].
    pub fn propose_older(&self, custodian: &mut Custodian<'_>) -> Result<(OlderRegister, Session), Error> {
        let session = self.login_unmarked(custodian)?;
        let nothing = || {
            Error::usage(
                "this register holds all that the token has seen: there is nothing to accept",
                "go on with your work",
            )
        };
        let seen = self.seen(&session)?.ok_or_else(nothing)?;
        match self.register.check_seen(seen) {
            Ok(()) => Err(nothing()),
            Err(register::Error::RegisterBehind { ends, seen }) => {
                let digest = self.register.older_digest(&seen)?;
                Ok((OlderRegister { ends, seen, digest }, session))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the older register go on, by the words that stand for both ends; then the audit key signs the register's head,
    /// and the token's mark follows it.
    ///
    /// # Errors
    /// [`Error::NotApproved`] where other words were typed; [`Error::Register`].
    pub fn accept_older(
        &mut self,
        older: &OlderRegister,
        words: &str,
        session: &Session,
    ) -> Result<HeadAfter, Error> {
        match self.register.accept_older(&older.seen, words, now()?) {
            Ok(()) => Ok(self.close_head(session)),
            Err(error @ register::Error::OlderWords) => Err(Error::NotApproved {
                what: format!("nothing was recorded: {error}"),
                hint: format!("{}, with --words \"…\"", error.hint()),
            }),
            Err(error) => Err(error.into()),
        }
    }
}

/// The token of a session, as the register names it.
fn marked(session: &Session) -> MarkedToken<'_> {
    let state = session.state();
    MarkedToken { label: state.label.as_str(), serial: state.serial.as_str() }
}
