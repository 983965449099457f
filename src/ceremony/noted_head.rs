//! The register's head as it is noted: entry, hash and words, as text and as a QR code on a medium.

use std::path::Path;

use crate::{
    export::qr,
    pki::fingerprint::{Digest, hex},
};

use super::{
    closing::{SignedHead, qr_text},
    error::Error,
    opening::{Appliance, now},
    provisioning::stamp,
};

/// The register's head, to be noted: whoever holds it can show later that nothing before it was changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotedHead {
    /// The newest entry, from 1.
    pub entry: u64,
    /// Its hash, which stands for the whole history.
    pub hash: Digest,
    /// The hash as people read it to each other.
    pub words: String,
    /// What its QR code says: `COLDSIGN/`, the entry, `/`, the hash in upper-case hexadecimal digits.
    pub code: String,
    /// The newest head that the audit key signed, where there is one.
    pub checkpoint: Option<SignedHead>,
}

impl NotedHead {
    /// A line for each, as it is written down.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("entry      {}", self.entry),
            format!("head       {}", self.hash),
            format!("words      {}", self.words),
            format!("code       {}", self.code),
        ];
        if let Some(signed) = &self.checkpoint {
            lines.push(format!("signed     entry {}, {}", signed.entry, signed.head));
            lines.push(format!("audit key  {}", signed.key_sha256));
        }
        lines
    }
}

impl Appliance {
    /// The register's head as it is now.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn noted_head(&self) -> Result<NotedHead, Error> {
        let head = self.register.head()?;
        Ok(NotedHead {
            entry: head.entry,
            hash: head.hash,
            words: head.hash.words(),
            code: qr_text(head.entry, head.hash),
            checkpoint: self.signed_head()?,
        })
    }

    /// Writes a head into a new folder, as text with the register's id and as the picture of its QR code, reads both back and
    /// compares them. The folder's name. Nothing is recorded: the head stays what it is.
    ///
    /// # Errors
    /// [`Error::Medium`], [`Error::MediumAltered`].
    pub fn export_head(&self, head: &NotedHead, to: &Path) -> Result<String, Error> {
        let folder = format!("head-{}-{}", head.entry, stamp(now()?));
        let mut lines = head.lines();
        lines.push(format!("register   {}", hex(&self.register.id())));
        if self.is_rehearsal() {
            lines.push("REHEARSAL: nothing of it counts".to_owned());
        }
        let text = lines.join("\n") + "\n";
        let mut contents = vec![("head.txt".to_owned(), text.into_bytes())];
        contents.extend(qr::picture(head.code.as_bytes()).map(|png| ("head.png".to_owned(), png)));
        self.write_folder(to, &folder, contents)?;
        Ok(folder)
    }
}
