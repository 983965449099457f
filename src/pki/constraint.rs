//! Name constraints of a CA (RFC 5280 §4.2.1.10): what the names below it may be, and whether given names are that.
//!
//! Read [`NameConstraints`] first. Doubt refuses: a form that is constrained but not understood matches whatever would
//! refuse the name.

mod matching;
mod subtree;
#[cfg(test)]
mod tests;

use super::{
    der::{DerError, Element, Reader, tag},
    name::Name,
    oid,
};

pub use subtree::{Subtree, is_domain};

/// Most subtrees read of one list: CAs in use have under a hundred.
pub const SUBTREES_MAX: usize = 256;

/// Most alternative names looked at in one certificate.
const NAMES_MAX: usize = 1024;

/// `otherName`'s identifier octet in a `GeneralName`.
const OTHER_NAME: u8 = tag::context_constructed(0);

/// The subtrees that names below a CA must be in, and those that they must not be in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NameConstraints {
    /// Where a form stands here, each name of that form must be in one of its subtrees.
    pub permitted: Vec<Subtree>,
    /// No name may be in one of these.
    pub excluded: Vec<Subtree>,
}

impl NameConstraints {
    /// Whether nothing is constrained.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// Reads the value of a nameConstraints extension: `[0]` permitted, `[1]` excluded, at least one of them.
    ///
    /// # Errors
    /// [`DerError`]; an empty extension too.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut fields = reader.sequence("nameConstraints")?;
        let at = fields.offset();
        let permitted = fields.optional(tag::context_constructed(0))?;
        let excluded = fields.optional(tag::context_constructed(1))?;
        fields.finish("nameConstraints")?;
        let list = |element: Option<Element<'_>>| element.map_or(Ok(Vec::new()), |list| subtrees(&list));
        let found = Self { permitted: list(permitted)?, excluded: list(excluded)? };
        if found.is_empty() {
            return Err(DerError::Unexpected { expected: "a subtree", found: 0, at });
        }
        Ok(found)
    }

    /// Checks a certificate's subject and the value of its subjectAltName. An e-mail address in the subject is judged
    /// like one among the alternative names.
    ///
    /// # Errors
    /// A sentence that names the form of the name that is outside.
    pub fn check(&self, subject: &Name, alternative_names: Option<&[u8]>) -> Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        if !subject.is_empty() {
            self.judge(subtree::DIRECTORY, subject.der())?;
        }
        for attribute in subject.rdns().iter().flatten().filter(|found| found.oid == oid::EMAIL_ADDRESS) {
            self.judge(subtree::EMAIL, attribute.value)?;
        }
        let Some(value) = alternative_names else { return Ok(()) };
        let malformed = |error: DerError| format!("its alternative names cannot be read: {error}");
        let mut names = Reader::new(value).sequence("subjectAltName").map_err(malformed)?;
        let mut count = 0;
        while !names.is_empty() {
            let name = names.any().map_err(malformed)?;
            count += 1;
            if count > NAMES_MAX {
                return Err(format!("it has more than {NAMES_MAX} alternative names"));
            }
            self.judge(name.tag, name.content)?;
            self.judge_mailbox(&name).map_err(malformed)??;
        }
        Ok(())
    }

    /// RFC 9598 §6: constraints of rfc822Name are those of an internationalised mailbox too, which is an otherName. Its
    /// host is not compared here, so that any such constraint refuses it.
    fn judge_mailbox(&self, name: &Element<'_>) -> Result<Result<(), String>, DerError> {
        let constrained =
            self.permitted.iter().chain(&self.excluded).any(|subtree| subtree.form() == subtree::EMAIL);
        if !constrained || name.tag != OTHER_NAME {
            return Ok(Ok(()));
        }
        let kind = name.reader().oid("an otherName's type")?;
        Ok(if kind == oid::SMTP_UTF8_MAILBOX {
            Err("its internationalised mailbox is not looked into, and mailboxes are constrained".to_owned())
        } else {
            Ok(())
        })
    }

    fn judge(&self, form: u8, content: &[u8]) -> Result<(), String> {
        let noun = subtree::noun(form);
        let mut limits = self.permitted.iter().filter(|subtree| subtree.form() == form).peekable();
        let limited = limits.peek().is_some();
        if limited && !limits.any(|subtree| subtree.holds(content) == Some(true)) {
            return Err(format!("its {noun} is in no permitted subtree"));
        }
        let excluded = |subtree: &&Subtree| subtree.form() == form && subtree.holds(content) != Some(false);
        match self.excluded.iter().find(excluded) {
            Some(subtree) => Err(format!("its {noun} is in the excluded subtree {subtree}")),
            None => Ok(()),
        }
    }
}

fn subtrees(list: &Element<'_>) -> Result<Vec<Subtree>, DerError> {
    let mut reader = list.reader();
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut fields = reader.sequence("GeneralSubtree")?;
        let base = fields.any()?;
        // RFC 5280 §4.2.1.10: minimum is 0, which DER leaves out, and maximum is absent.
        fields.finish("a subtree's base")?;
        if found.len() == SUBTREES_MAX {
            return Err(DerError::Unexpected { expected: "fewer subtrees", found: base.tag, at: base.at });
        }
        found.push(Subtree::of(&base));
    }
    Ok(found)
}
