//! Succession: what is asked of a certificate that takes the place of the one a CA issues under, however it comes there.

use crate::{
    pki::{certificate::Certificate, issuer::IssuingCa, key::PublicKey, profile::CRL_SIGN},
    register::{AuthorityRecord, Role},
};

use super::{error::Error, opening::Appliance};

/// How people made sure of the root that a certificate leads to.
#[derive(Clone, Copy, Debug)]
pub enum RootCompared<'a> {
    /// Its words stood on the screen that asked for it.
    OnScreen,
    /// By its words, where any were typed.
    Typed(Option<&'a str>),
}

impl Appliance {
    /// Checks that what a CA is to issue under can take the place of what it issues under now: a root stays one, and a key
    /// that signed CRLs goes on doing so.
    pub(super) fn check_succession(&self, record: &AuthorityRecord, own: &Certificate) -> Result<(), Error> {
        let Some((in_use, _)) = &record.certificate else { return Ok(()) };
        if !own.is_self_signed() && self.certifies_itself(record)? && !self.is_own_link(record, own)? {
            return Err(Error::authority(
                format!(
                    "CA {} certifies itself, and this is the certificate that another CA gave it",
                    record.name
                ),
                "keep it beside its own: install it with --beside",
            ));
        }
        let signs_crls = |one: &Certificate| one.key_usage().is_none_or(|bits| bits & CRL_SIGN != 0);
        if signs_crls(in_use) && !signs_crls(own) {
            return Err(Error::authority(
                format!(
                    "CA {} could sign no CRLs under this certificate (keyUsage has no cRLSign)",
                    record.name
                ),
                "have the superior CA issue it with cRLSign, as the one in use has it",
            ));
        }
        Ok(())
    }

    /// A CA that issues comes under another root only by people who compared its words: whoever holds the medium can make
    /// a root, and a certificate from it for any public key. The keys of the CA itself are known here: its own, and those
    /// that it was re-keyed from and to.
    pub(super) fn check_compared(
        &self,
        record: &AuthorityRecord,
        issuer: &IssuingCa,
        role: Role,
        compared: RootCompared<'_>,
    ) -> Result<(), Error> {
        let root = issuer.root();
        let typed = match compared {
            RootCompared::OnScreen => return Ok(()),
            RootCompared::Typed(words) => words,
        };
        let what = match typed {
            Some(words) if root.sha256().matches_words(words) => return Ok(()),
            Some(_) => "these are not the words of the root that it leads to".to_owned(),
            None if role == Role::Beside || self.is_known_root(record, root.public_key())? => return Ok(()),
            None => format!("it would bring CA {} under another root than before", record.name),
        };
        let shown = (root.subject().to_printable(), root.sha256().words());
        Err(Error::NotApproved {
            what: format!("nothing was changed: {what}"),
            hint: format!(
                "compare what the keeper of {} tells you another way with: {}; then give them with --root-words",
                shown.0, shown.1
            ),
        })
    }

    fn is_known_root(&self, record: &AuthorityRecord, root: &PublicKey) -> Result<bool, Error> {
        let Some((own, above)) = &record.certificate else { return Ok(true) };
        let known = [above.last().unwrap_or(own).public_key(), &record.public_key];
        Ok(known.contains(&root) || self.other_keys(record)?.contains(root))
    }

    /// Whether a CA ever issued under a certificate that its own key signed.
    fn certifies_itself(&self, record: &AuthorityRecord) -> Result<bool, Error> {
        let all = self.register.certificates_of(&record.name)?;
        Ok(all.iter().any(|one| one.certificate.is_self_signed()))
    }

    /// Whether a certificate was made by another key of the same CA: RFC 4210 §4.4 calls it "new with old" and "old with
    /// new".
    fn is_own_link(&self, record: &AuthorityRecord, own: &Certificate) -> Result<bool, Error> {
        let made_by = |key: &PublicKey| key.verify(own.signature_algorithm(), own.tbs(), own.signature());
        Ok(self.other_keys(record)?.iter().any(|key| made_by(key).is_ok()))
    }

    /// The keys that a CA was re-keyed from and to.
    fn other_keys(&self, record: &AuthorityRecord) -> Result<Vec<PublicKey>, Error> {
        let name = Some(record.name.as_str());
        let mut found = self.register.authorities()?;
        found.retain(|one| {
            one.succeeds.as_deref() == name || record.succeeds.as_deref() == Some(one.name.as_str())
        });
        Ok(found.into_iter().map(|one| one.public_key).collect())
    }
}

/// Checks that a further certificate has the key identifier of the one in use: what was issued before names it, and whoever
/// builds paths looks for it (RFC 5280 §4.2.1.1).
pub(super) fn check_identifier(record: &AuthorityRecord, own: &Certificate) -> Result<(), Error> {
    let Some((in_use, _)) = &record.certificate else { return Ok(()) };
    if in_use.subject_key_identifier() == own.subject_key_identifier() {
        return Ok(());
    }
    Err(Error::authority(
        format!(
            "the certificate has another subject key identifier than the one that CA {} has",
            record.name
        ),
        "have the superior CA issue it with the identifier that stands in the CA's certificate now",
    ))
}
