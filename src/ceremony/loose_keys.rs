//! Keys of the token that are of no CA here: among them is the one of a CA that is to move in.

use std::collections::BTreeSet;

use crate::{
    pki::{key::KeyAlgorithm, text::Printable},
    token::{
        session::Session,
        uri::{KeyId, TokenUri},
        waiver::{Promise, Waiver},
    },
};

use super::{adoption::check_from_outside, error::Error, opening::Appliance};

/// A private key of the token that is neither a CA's here nor the audit key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LooseKey {
    /// Where it is: an RFC 7512 URI with `id`.
    pub uri: String,
    /// Its `CKA_ID`, in hexadecimal digits.
    pub id: String,
    /// Its label; none where it cannot be read.
    pub label: Printable,
    /// What kind of key it is; `None` for one that no CA has.
    pub algorithm: Option<KeyAlgorithm>,
    /// Why no CA can move in with it, where none can.
    pub obstacle: Option<Printable>,
}

impl LooseKey {
    /// It in a line: `CKA_ID 4f5e "label", P-256: of no CA here`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("CKA_ID {} \"{}\", {}: of no CA here", self.id, self.label, self.kind())
    }

    /// What kind of key it is, in words.
    #[must_use]
    pub fn kind(&self) -> String {
        self.algorithm.map_or_else(|| "none that a CA has".to_owned(), |algorithm| algorithm.to_string())
    }
}

impl Appliance {
    /// The keys of the token that are of no CA here, those that a CA can move in with first. A key without an identifier
    /// can be named by nothing and is not among them.
    ///
    /// # Errors
    /// [`Error::Token`], [`Error::Register`], [`Error::Configuration`].
    pub fn loose_keys(&self, session: &Session) -> Result<Vec<LooseKey>, Error> {
        let taken = self.taken_ids()?;
        let home = TokenUri::parse(self.configuration.token_uri())?.with_serial_of(session.state());
        let ids = session.private_key_ids()?.into_iter().filter(|id| !taken.contains(id));
        let mut keys: Vec<LooseKey> = ids.map(|id| looked_at(&id, &home, session)).collect();
        keys.sort_by_key(|key| key.obstacle.is_some());
        Ok(keys)
    }

    fn taken_ids(&self) -> Result<BTreeSet<KeyId>, Error> {
        let mut taken = BTreeSet::new();
        for record in self.register.authorities()? {
            taken.extend(self.authority_key_uri(&record.name)?.id());
        }
        if let Some(audit) = self.configuration.audit_key_uri() {
            taken.extend(TokenUri::parse(audit)?.id());
        }
        Ok(taken)
    }
}

fn looked_at(id: &KeyId, token: &TokenUri, session: &Session) -> LooseKey {
    let uri = token.clone().with_key(id);
    let told = |error: &dyn ToString| Some(Printable::new(&error.to_string()));
    let (label, algorithm, obstacle) = match session.find_waiving(&uri, &Waiver::of(Promise::ALL)) {
        Ok(key) => {
            let obstacle = check_from_outside(&key).err().and_then(|error| told(&error));
            (key.label().clone(), Some(key.public_key().algorithm()), obstacle)
        }
        Err(error) => (Printable::default(), None, told(&error)),
    };
    LooseKey { uri: uri.to_string(), id: id.to_string(), label, algorithm, obstacle }
}
