//! A certificate in plain words (RFC 5280 §4.1).

use crate::pki::{
    certificate::CERTIFICATE_OCTETS_MAX,
    der::{Element, Reader, tag},
    fingerprint::Digest,
    oid,
    text::{Printable, counted},
    time::{DAY_SECONDS, Time},
};

use super::{
    Fault,
    description::{Description, Field, digest, finish, open},
    extension::{Extensions, hex_cut},
    key, name, value,
};

/// Describes a certificate, or what octets have of one.
#[must_use]
pub fn describe_certificate(der: &[u8]) -> Description {
    let mut description = Description::default();
    let mut found = Found::default();
    if der.len() > CERTIFICATE_OCTETS_MAX {
        let what = format!("a certificate has at most {CERTIFICATE_OCTETS_MAX} octets");
        description.fault(Fault::new(CERTIFICATE_OCTETS_MAX, &what));
    } else {
        let result = found.read(der, &mut description);
        description.note(result);
    }
    found.itself.push(Field::new("size", &counted(der.len(), "octet")));
    found.itself.extend(digest("the certificate", Digest::of(der)));
    found.tell(&mut description);
    description.add("this certificate", found.itself);
    description
}

/// Describes the part of a certificate that is signed (RFC 5280 §4.1.2) before it is: a certificate as it was planned.
#[must_use]
pub fn describe_planned(tbs: &[u8]) -> Description {
    let mut description = Description::default();
    let mut found = Found::default();
    if tbs.len() > CERTIFICATE_OCTETS_MAX {
        let what = format!("a certificate has at most {CERTIFICATE_OCTETS_MAX} octets");
        description.fault(Fault::new(CERTIFICATE_OCTETS_MAX, &what));
    } else {
        let result = found.read_planned(tbs, &mut description);
        description.note(result);
    }
    found.itself.push(Field::new("size", &counted(tbs.len(), "octet")));
    found.itself.extend(digest("what will be signed", Digest::of(tbs)));
    found.tell(&mut description);
    description.add("this certificate", found.itself);
    description
}

#[derive(Debug, Default)]
struct Found {
    subject: Vec<Field>,
    issuer: Vec<Field>,
    validity: Vec<Field>,
    key: Vec<Field>,
    extensions: Extensions,
    signature: Vec<Field>,
    itself: Vec<Field>,
}

impl Found {
    /// Adds all that is said of the subject, its key and its rights, and of the signature.
    fn tell(&mut self, description: &mut Description) {
        let extensions = std::mem::take(&mut self.extensions);
        description.add("issued to", std::mem::take(&mut self.subject));
        description.add("issued by", std::mem::take(&mut self.issuer));
        description.add("valid", std::mem::take(&mut self.validity));
        description.add("public key", std::mem::take(&mut self.key));
        description.add("may be used for", extensions.uses);
        description.add("alternative names", extensions.names);
        description.add("where to ask about it", extensions.status);
        description.add("key identifiers", extensions.identifiers);
        description.add("other extensions", extensions.others);
        description.add("signature", std::mem::take(&mut self.signature));
    }

    fn read_planned(&mut self, der: &[u8], description: &mut Description) -> Result<(), Fault> {
        let mut outer = Reader::new(der);
        let tbs = open(&mut outer, der, tag::SEQUENCE, "the TBSCertificate", description)?;
        description.note(finish(outer, "the TBSCertificate"));
        let algorithm = self.read_tbs(&tbs, description)?;
        self.signature.push(key::signature_algorithm(&algorithm).remarked("it is not signed yet"));
        Ok(())
    }

    fn read(&mut self, der: &[u8], description: &mut Description) -> Result<(), Fault> {
        let mut outer = Reader::new(der);
        let certificate = open(&mut outer, der, tag::SEQUENCE, "the certificate", description)?;
        description.note(finish(outer, "the certificate"));
        let mut parts = certificate.reader();
        let tbs = open(&mut parts, der, tag::SEQUENCE, "the TBSCertificate", description)?;
        let inner = self.read_tbs(&tbs, description);
        let inner = description.note(inner);
        let strict = |at: usize| move |error| Fault::of(error, at);
        let algorithm =
            parts.expect(tag::SEQUENCE, "the signatureAlgorithm").map_err(strict(parts.offset()))?;
        let field = key::signature_algorithm(&algorithm);
        // RFC 5280 §4.1.1.2: both are the same; else one could be exchanged.
        self.signature.push(match inner {
            Some(inner) if inner.whole != algorithm.whole => {
                field.remarked("what is signed names another algorithm")
            }
            _ => field,
        });
        let signature = parts.bit_string_octets("the signature").map_err(strict(parts.offset()))?;
        self.signature.push(Field::new("size", &counted(signature.len(), "octet")));
        finish(parts, "the signature")
    }

    /// Reads what is signed; returns the signature algorithm that stands in it.
    fn read_tbs<'a>(
        &mut self,
        tbs: &Element<'a>,
        description: &mut Description,
    ) -> Result<Element<'a>, Fault> {
        let strict = |error| Fault::of(error, tbs.at);
        let mut fields = tbs.reader();
        let version = fields.optional(tag::context_constructed(0)).map_err(strict)?;
        self.itself.push(Field::new("version", &version_words(version.as_ref())));
        let serial = fields.expect(tag::INTEGER, "the serial number").map_err(strict)?;
        self.itself.push(serial_number(serial.content));
        let algorithm = fields.expect(tag::SEQUENCE, "the signature").map_err(strict)?;
        let issuer = fields.expect(tag::SEQUENCE, "the issuer").map_err(strict)?;
        self.issuer = named(&issuer, description);
        let validity = fields.expect(tag::SEQUENCE, "the validity").map_err(strict)?;
        let result = self.read_validity(&validity);
        description.note(result);
        let subject = fields.expect(tag::SEQUENCE, "the subject").map_err(strict)?;
        self.subject = named(&subject, description);
        if issuer.whole == subject.whole {
            self.issuer.push(Field::new("self-issued", "yes, issuer and subject are the same"));
        }
        let spki = fields.expect(tag::SEQUENCE, "the subjectPublicKeyInfo").map_err(strict)?;
        self.key = key::fields(&spki);
        for number in [1, 2] {
            if fields.optional(tag::context(number)).map_err(strict)?.is_some() {
                self.itself.push(Field::new("unique identifier", "there is one, which RFC 5280 forbids"));
            }
        }
        if let Some(explicit) = fields.optional(tag::context_constructed(3)).map_err(strict)? {
            let mut inner = explicit.reader();
            let list = inner.expect(tag::SEQUENCE, "the extensions").map_err(strict)?;
            self.extensions.read(&list, description);
            description.note(finish(inner, "the extensions"));
        }
        if !self.extensions.has(oid::BASIC_CONSTRAINTS) {
            let field = if self.extensions.are_all_read() {
                Field::new("is a CA", "no").remarked("it does not say that it is one")
            } else {
                Field::new("is a CA", "not known").remarked("not all of its extensions were read")
            };
            self.extensions.uses.insert(0, field);
        }
        description.note(finish(fields, "the extensions"));
        Ok(algorithm)
    }

    fn read_validity(&mut self, validity: &Element<'_>) -> Result<(), Fault> {
        let strict = |error| Fault::of(error, validity.at);
        let mut times = validity.reader();
        let before = times.any().map_err(strict)?;
        let (from, first) = moment("from", &before);
        self.validity.push(from);
        let after = times.any().map_err(strict)?;
        let (to, last) = moment("to", &after);
        match (first, last) {
            (_, Some(Time::NO_EXPIRY)) => self.validity.push(to.remarked("means that it has no end")),
            (Some(first), Some(last)) => self.validity.extend([to, Field::new("for", &span(first, last))]),
            _ => self.validity.push(to),
        }
        finish(times, "notAfter")
    }
}

/// A name's fields, or the one that says why there are none.
pub(super) fn named(element: &Element<'_>, description: &mut Description) -> Vec<Field> {
    match name::fields(element) {
        Ok(fields) if fields.is_empty() => vec![Field::new("name", "none").remarked("the name is empty")],
        Ok(fields) => fields,
        Err(fault) => {
            let field = Field::unreadable("name", fault.what.as_str());
            description.fault(fault);
            vec![field]
        }
    }
}

fn version_words(explicit: Option<&Element<'_>>) -> String {
    let number = explicit.map(|explicit| explicit.reader().integer("the version"));
    match number {
        None => "1".to_owned(),
        Some(Ok([number @ 0..=0x7e])) => (number + 1).to_string(),
        Some(_) => "cannot be read".to_owned(),
    }
}

fn serial_number(content: &[u8]) -> Field {
    let field = Field::new("serial number", &hex_cut(content));
    match content {
        [] => field.remarked("is empty"),
        [0x80..=0xff, ..] => field.remarked("is negative"),
        // RFC 5280 §4.1.2.2.
        _ if content.len() > 20 => field.remarked("has more than 20 octets"),
        _ => field,
    }
}

fn moment(name: &str, element: &Element<'_>) -> (Field, Option<Time>) {
    if let Some(time) = value::time(element.tag, element.content) {
        return (Field::new(name, &value::words(time)), Some(time));
    }
    let (value, remark) = Printable::from_octets_with_remark(element.content);
    let field = Field { name: name.to_owned(), value, remark, note: None };
    (field.remarked("is no time as RFC 5280 writes it"), None)
}

/// What a CA sets the start of a certificate back by, at most: more than that means something else.
const SET_BACK_SECONDS_MAX: i64 = 3_600;

/// How long it is valid, both ends included (RFC 5280 §4.1.2.5).
fn span(first: Time, last: Time) -> String {
    let seconds = last.unix() - first.unix() + 1;
    if seconds <= 0 {
        return "no time at all: it ends before it begins".to_owned();
    }
    let days = usize::try_from(seconds / DAY_SECONDS).unwrap_or_default();
    match seconds % DAY_SECONDS {
        0 => counted(days, "day"),
        // Many write the end as the first second that is too late.
        1 => format!("{} and one second", counted(days, "day")),
        rest if days > 0 && rest <= SET_BACK_SECONDS_MAX => {
            let days = counted(days, "day");
            format!("{days} and {} (perhaps the start is set back for slow clocks)", clock_words(rest))
        }
        rest if days > 0 => format!("{} and {}", counted(days, "day"), clock_words(rest)),
        rest => clock_words(rest),
    }
}

/// Hours, minutes and seconds, as far as there are some.
fn clock_words(seconds: i64) -> String {
    let units = [(seconds / 3600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")];
    let some = units.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, unit)| counted(count, unit)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(first: &str, last: &str, expected: &str) {
        let time = |text| Time::from_rfc3339(text).expect("a time");
        assert_eq!(span(time(first), time(last)), expected);
    }

    #[test]
    fn tells_how_long_a_certificate_is_valid() {
        check("2026-01-01T00:00:00Z", "2026-03-31T23:59:59Z", "90 days");
        check("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "90 days and one second");
        check("2026-01-01T00:00:00Z", "2026-01-02T01:02:02Z", "1 day and 1 hour 2 minutes 3 seconds");
        check("2026-01-01T00:00:00Z", "2026-01-01T01:59:59Z", "2 hours");
        let set_back = "1825 days and 5 minutes (perhaps the start is set back for slow clocks)";
        check("2026-01-01T00:00:00Z", "2030-12-31T00:04:59Z", set_back);
        check("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "no time at all: it ends before it begins");
    }
}
