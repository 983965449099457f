//! The lint of a CRL: what was read of finished octets is held against RFC 5280 and the facts it was made from.
//!
//! The octets were written by [`super::writer`] and are taken apart by [`super::CrlReader`], other code; what is judged
//! here is what that reader found. Start at [`CrlLint`] and [`RULES`].

use crate::pki::{lint::Fault, time::Time};

use super::{CrlEnd, CrlHead, CrlNumber, CrlPoint, CrlSerial, RevokedEntry};

/// What the CRL must agree with.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The CA's subject, `Name` DER.
    pub issuer: &'a [u8],
    /// The CA's subjectKeyIdentifier.
    pub key_identifier: &'a [u8],
    /// The validity of the CA and of those above it.
    pub validity: (Time, Time),
    /// Who made it.
    pub maker: Maker<'a>,
}

/// Who made a CRL, and what is known from there.
#[derive(Clone, Copy, Debug)]
pub enum Maker<'a> {
    /// Any program: what only CRLs that are made here keep is not demanded.
    Anyone,
    /// This one; what its writer says of the CRL is compared elsewhere.
    Here,
    /// This one, just now.
    Writer {
        /// Its number.
        number: &'a CrlNumber,
        /// How many entries were counted.
        entries: u64,
        /// The distribution point of the partition that it is for; `None`: it is the full CRL.
        point: Option<&'a CrlPoint>,
    },
}

/// Every rule's id, with what it demands. The id names the clause.
pub const RULES: &[(&str, &str)] = &[
    (VERSION, "version 2"),
    (ISSUER, "octet for octet the CA's subject"),
    (THIS_UPDATE, "within the CA's validity"),
    (NEXT_UPDATE, "present, after thisUpdate, within the CA's validity"),
    (
        REVOKED,
        "as many entries as were counted, in the order of serial numbers, none twice, none of the future",
    ),
    (EXTENSIONS, "no extension beside the key identifier, the number and the distribution point"),
    (AKI, "present, the CA's key identifier"),
    (NUMBER, "present, the number that was given"),
    (
        POINT,
        "absent on the full CRL; on a partition's critical, octet for octet the partition's point, nothing else",
    ),
    (ENTRY, "no extension beside reason and invalidity date"),
    (REASON, "not unspecified where it is written"),
    (INVALIDITY, "not after thisUpdate"),
];

const VERSION: &str = "rfc5280-5.1.2.1-version";
const ISSUER: &str = "rfc5280-5.1.2.3-issuer";
const THIS_UPDATE: &str = "rfc5280-5.1.2.4-this-update";
const NEXT_UPDATE: &str = "rfc5280-5.1.2.5-next-update";
const REVOKED: &str = "rfc5280-5.1.2.6-revoked-certificates";
const EXTENSIONS: &str = "rfc5280-5.2-extensions";
const AKI: &str = "rfc5280-5.2.1-authority-key-identifier";
const NUMBER: &str = "rfc5280-5.2.3-crl-number";
const POINT: &str = "rfc5280-5.2.5-issuing-distribution-point";
const ENTRY: &str = "rfc5280-5.3-entry-extensions";
const REASON: &str = "rfc5280-5.3.1-reason-code";
const INVALIDITY: &str = "rfc5280-5.3.2-invalidity-date";

/// Most faults kept: a CRL that is wrong throughout has millions.
const FAULTS_MAX: usize = 20;

/// Judges one CRL while it is read.
#[derive(Debug)]
pub struct CrlLint<'a> {
    expected: Expected<'a>,
    this_update: Time,
    last: Option<CrlSerial>,
    faults: Vec<Fault>,
}

impl<'a> CrlLint<'a> {
    /// Judges what stands before the entries.
    #[must_use]
    pub fn begin(head: &CrlHead, expected: Expected<'a>) -> Self {
        let mut lint = Self { this_update: head.this_update, expected, last: None, faults: Vec::new() };
        let (begins, ends) = lint.expected.validity;
        if head.version != 2 {
            lint.own_fault(VERSION, "the version is not v2(1)".to_owned());
        }
        if head.issuer.der() != lint.expected.issuer {
            lint.fault(ISSUER, "the issuer is not the CA's subject, octet for octet".to_owned());
        }
        if head.this_update < begins || head.this_update > ends {
            lint.fault(THIS_UPDATE, format!("{} is outside the CA's validity", head.this_update));
        }
        match head.next_update {
            None => lint.own_fault(NEXT_UPDATE, "there is no nextUpdate".to_owned()),
            Some(next) if next <= head.this_update => {
                lint.fault(NEXT_UPDATE, format!("{next} is not after thisUpdate"));
            }
            Some(next) if next > ends => {
                lint.own_fault(NEXT_UPDATE, format!("{next} is after the end of the CA, {ends}"));
            }
            Some(_) => {}
        }
        lint
    }

    /// Judges the next entry.
    pub fn entry(&mut self, entry: &RevokedEntry) {
        if self.last.is_some_and(|last| entry.serial <= last) {
            self.own_fault(REVOKED, format!("the entry of {} is not in order", entry.serial));
        }
        if entry.date > self.this_update {
            self.fault(REVOKED, format!("{} is revoked in the future, {}", entry.serial, entry.date));
        }
        if entry.invalidity_date.is_some_and(|date| date > self.this_update) {
            self.fault(INVALIDITY, format!("{} is invalid since a moment in the future", entry.serial));
        }
        self.last = Some(entry.serial);
    }

    /// Judges what stands behind the entries; all faults, none where the CRL is clean.
    #[must_use]
    pub fn finish(mut self, end: &CrlEnd) -> Vec<Fault> {
        if let Maker::Writer { number, entries, point } = self.expected.maker {
            if end.entries != entries {
                self.fault(REVOKED, format!("{} entries, {entries} were counted", end.entries));
            }
            if end.number.as_ref().is_some_and(|found| found != number) {
                self.fault(NUMBER, "the number is not the one that was given".to_owned());
            }
            if end.point.as_ref() != point {
                self.fault(POINT, "the distribution point is not that of the certificates".to_owned());
            }
        }
        if end.number.is_none() {
            self.own_fault(NUMBER, "there is no number".to_owned());
        }
        match end.key_identifier.as_deref() {
            Some(identifier) if identifier == self.expected.key_identifier => {}
            Some(_) => self.fault(AKI, "the key identifier is not the CA's".to_owned()),
            None => self.own_fault(AKI, "there is no key identifier".to_owned()),
        }
        if end.other_extensions > 0 {
            self.own_fault(EXTENSIONS, format!("{} extensions are known to nobody", end.other_extensions));
        }
        if end.other_entry_extensions > 0 {
            let message = format!("{} extensions of entries are known to nobody", end.other_entry_extensions);
            self.own_fault(ENTRY, message);
        }
        if end.explicit_unspecified > 0 {
            let message = format!("{} entries write the reason unspecified", end.explicit_unspecified);
            self.own_fault(REASON, message);
        }
        self.faults
    }

    /// A fault of a CRL that was made here; others may do so.
    fn own_fault(&mut self, rule: &'static str, message: String) {
        match self.expected.maker {
            Maker::Anyone => {}
            Maker::Here | Maker::Writer { .. } => self.fault(rule, message),
        }
    }

    fn fault(&mut self, rule: &'static str, message: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { rule, message });
        }
    }
}
