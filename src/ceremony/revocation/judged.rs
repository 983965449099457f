//! What a revocation would do, told before it is recorded.

use std::collections::BTreeSet;

use crate::{
    pki::{crl::CrlSerial, fingerprint::Digest, text::Printable, time::Time},
    register::{RevocationAct, RevocationOrder, Revoked},
};

use super::{
    super::{
        error::Error,
        opening::{Appliance, now},
    },
    check_signs_crls,
};

/// Certificates that are named one by one, at most: a few screens.
const ROWS_MAX: usize = 200;

/// What would be recorded; nothing of it is yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedRevocation {
    /// The CA's name.
    pub ca: String,
    /// Which certificates.
    pub serials: Vec<CrlSerial>,
    /// What becomes of them.
    pub act: RevocationAct,
    /// Since when the keys are, or may be, in other hands.
    pub invalidity_date: Option<Time>,
    /// The first of the certificates, as the register knows them.
    pub rows: Vec<JudgedCertificate>,
}

/// A certificate whose state would change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedCertificate {
    /// Its serial number, hexadecimal digits.
    pub serial: String,
    /// Its subject; `None` for one that was issued elsewhere.
    pub subject: Option<Printable>,
    /// What holds for it now.
    pub before: Option<Revoked>,
}

impl JudgedRevocation {
    /// The SHA-256 over the serial numbers, for people who compare what was asked with what is recorded: in hexadecimal
    /// digits, sorted, each once and with a line feed behind it.
    #[must_use]
    pub fn serials_sha256(&self) -> Digest {
        let lines: BTreeSet<String> = self.serials.iter().map(|serial| format!("{serial}\n")).collect();
        Digest::of(lines.into_iter().collect::<String>().as_bytes())
    }

    /// Whether all of them are known to be revoked already.
    #[must_use]
    pub fn are_revoked(&self) -> bool {
        let is_revoked = |row: &JudgedCertificate| matches!(row.before, Some(Revoked::Revoked(_)));
        self.rows.len() == self.serials.len() && self.rows.iter().all(is_revoked)
    }

    /// What is to be recorded.
    #[must_use]
    pub fn order(&self) -> RevocationOrder<'_> {
        RevocationOrder {
            authority: &self.ca,
            serials: &self.serials,
            act: self.act,
            invalidity_date: self.invalidity_date,
        }
    }
}

impl Appliance {
    /// Judges what is asked, by the same rules that [`Appliance::revoke`] records it by; nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Register`] naming the certificate that cannot be revoked, held or released; [`Error::Usage`] where none
    /// is named.
    pub fn judge_revocation(&mut self, order: &RevocationOrder<'_>) -> Result<JudgedRevocation, Error> {
        let issuer = self.issuer(order.authority)?;
        check_signs_crls(&issuer, order.authority)?;
        if order.serials.is_empty() {
            return Err(Error::usage(
                "no certificate is named",
                "type serial numbers, or choose a file with one on each line",
            ));
        }
        let &RevocationOrder { authority: ca, serials, act, invalidity_date } = order;
        self.register.check_revocation(order, now()?)?;
        let mut rows = Vec::new();
        for serial in serials.iter().take(ROWS_MAX) {
            rows.push(JudgedCertificate {
                serial: serial.to_string(),
                subject: self.subject_of(ca, serial)?,
                before: self.register.revoked(ca, serial)?,
            });
        }
        Ok(JudgedRevocation { ca: ca.to_owned(), serials: serials.to_vec(), act, invalidity_date, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::crl::Reason;

    fn judged(serials: &[&str]) -> JudgedRevocation {
        JudgedRevocation {
            ca: "root".to_owned(),
            serials: serials.iter().filter_map(|serial| CrlSerial::from_hex(serial)).collect(),
            act: RevocationAct::Revoke(Reason::Superseded),
            invalidity_date: None,
            rows: Vec::new(),
        }
    }

    /// As `printf '2b\n0a01\n2b\n' | sort -u | sha256sum` has it.
    #[test]
    fn the_digest_of_the_serial_numbers_is_that_of_the_sorted_lines() {
        let digest = judged(&["2b", "0a01", "2b"]).serials_sha256();
        assert_eq!(digest, Digest::of(b"0a01\n2b\n"));
        assert_eq!(digest, judged(&["0a01", "2b"]).serials_sha256(), "in whatever order they came");
        assert_ne!(digest, judged(&["0a01"]).serials_sha256());
    }
}
