//! A certification request in plain words (RFC 2986): what is asked for, and whether possession is proved.

use crate::pki::{
    der::{Element, Reader, tag},
    fingerprint::Digest,
    oid,
    policy::{self, Control},
    request::REQUEST_OCTETS_MAX,
    text::counted,
};

use super::{
    Fault,
    certificate::named,
    description::{Description, Field, digest, finish, open},
    extension::Extensions,
    identifier, key,
};

/// Most attributes described: software writes up to five. The rest is counted.
const ATTRIBUTES_MAX: usize = 32;

/// Describes a request, or what octets have of one. What it asks for are wishes; what is issued is in the plan.
#[must_use]
pub fn describe_request(der: &[u8]) -> Description {
    let mut description = Description::default();
    let mut found = Found::default();
    if der.len() > REQUEST_OCTETS_MAX {
        let what = format!("a request has at most {REQUEST_OCTETS_MAX} octets");
        description.fault(Fault::new(REQUEST_OCTETS_MAX, &what));
    } else {
        let result = found.read(der, &mut description);
        description.note(result);
        found.proof.insert(0, possession(der));
    }
    found.itself.push(Field::new("size", &counted(der.len(), "octet")));
    found.itself.extend(digest("the request", Digest::of(der)));
    description.add("name", found.subject);
    description.add("public key", found.key);
    description.add("proof of possession", found.proof);
    description.add("asked for: use", found.asked.uses);
    description.add("asked for: alternative names", found.asked.names);
    description.add("asked for: where to ask about it", found.asked.status);
    description.add("asked for: key identifiers", found.asked.identifiers);
    description.add("asked for: other extensions", found.asked.others);
    description.add("attributes", found.attributes);
    description.add("this request", found.itself);
    description
}

#[derive(Debug, Default)]
struct Found {
    subject: Vec<Field>,
    key: Vec<Field>,
    proof: Vec<Field>,
    asked: Extensions,
    attributes: Vec<Field>,
    itself: Vec<Field>,
}

impl Found {
    fn read(&mut self, der: &[u8], description: &mut Description) -> Result<(), Fault> {
        let mut outer = Reader::new(der);
        let request = open(&mut outer, der, tag::SEQUENCE, "the certification request", description)?;
        description.note(finish(outer, "the certification request"));
        let mut parts = request.reader();
        let info = open(&mut parts, der, tag::SEQUENCE, "the certificationRequestInfo", description)?;
        let result = self.read_info(&info, description);
        description.note(result);
        let at = parts.offset();
        let algorithm =
            parts.expect(tag::SEQUENCE, "the signatureAlgorithm").map_err(|error| Fault::of(error, at))?;
        self.proof.push(key::signature_algorithm(&algorithm));
        let at = parts.offset();
        parts.bit_string_octets("the signature").map_err(|error| Fault::of(error, at))?;
        finish(parts, "the signature")
    }

    fn read_info(&mut self, info: &Element<'_>, description: &mut Description) -> Result<(), Fault> {
        let strict = |error| Fault::of(error, info.at);
        let mut fields = info.reader();
        let version = fields.expect(tag::INTEGER, "the version").map_err(strict)?;
        if version.content != [0] {
            let field = Field::new("version", super::value::octets(version.content).as_str());
            self.itself.push(field.remarked("the only one there is is v1(0)"));
        }
        let subject = fields.expect(tag::SEQUENCE, "the subject").map_err(strict)?;
        self.subject = named(&subject, description);
        let spki = fields.expect(tag::SEQUENCE, "the subjectPKInfo").map_err(strict)?;
        self.key = key::fields(&spki);
        if let Some(attributes) = fields.optional(tag::context_constructed(0)).map_err(strict)? {
            let result = self.read_attributes(&attributes, description);
            description.note(result);
        }
        finish(fields, "the attributes")
    }

    fn read_attributes(&mut self, set: &Element<'_>, description: &mut Description) -> Result<(), Fault> {
        let mut reader = set.reader();
        let mut read = 0_usize;
        while !reader.is_empty() {
            let at = reader.offset();
            let attribute =
                reader.expect(tag::SEQUENCE, "an attribute").map_err(|error| Fault::of(error, at))?;
            read += 1;
            if read <= ATTRIBUTES_MAX {
                let result = self.read_attribute(&attribute, description);
                description.note(result);
            }
        }
        if read > ATTRIBUTES_MAX {
            let more = read - ATTRIBUTES_MAX;
            self.attributes
                .push(Field::new("and more", &format!("{}, not shown", counted(more, "attribute"))));
        }
        Ok(())
    }

    fn read_attribute(
        &mut self,
        attribute: &Element<'_>,
        description: &mut Description,
    ) -> Result<(), Fault> {
        let strict = |error| Fault::of(error, attribute.at);
        let mut parts = attribute.reader();
        let kind = parts.oid("an attribute's type").map_err(strict)?;
        if kind == oid::CHALLENGE_PASSWORD {
            let field = Field::new("challenge password", "there is one, which is not shown");
            self.attributes.push(field.remarked("it is not used or recorded"));
            return Ok(());
        }
        let values = parts.expect(tag::SET, "an attribute's values").map_err(strict)?;
        let result = finish(parts, "an attribute's values");
        if matches!(kind, oid::EXTENSION_REQUEST | oid::EXTENSION_REQUEST_MICROSOFT) {
            let mut lists = values.reader();
            while !lists.is_empty() {
                let list = lists.expect(tag::SEQUENCE, "the extension request").map_err(strict)?;
                self.asked.read(&list, description);
            }
        } else {
            let octets = counted(values.content.len(), "octet");
            self.attributes.push(Field::new(identifier::shown(kind), &octets));
        }
        result
    }
}

/// Whether the request is signed with the key that it asks to certify.
fn possession(der: &[u8]) -> Field {
    const NAME: &str = "possession of the key";
    const PROVED: &str = "proved: the signature verifies";
    let Err(refusal) = policy::judge(der) else { return Field::new(NAME, PROVED) };
    let finding = |control| refusal.findings.iter().find(|finding| finding.control == control);
    if finding(Control::Possession).is_some() {
        return Field::new(NAME, "not proved: the signature does not verify");
    }
    // A request that is refused for another reason can still prove possession: then its key was read, and so was the
    // algorithm of its signature.
    match (refusal.key, finding(Control::SignatureAlgorithm)) {
        (Some(_), None) => Field::new(NAME, PROVED),
        (_, finding) => {
            let field = Field::new(NAME, "not proved: the signature cannot be checked");
            match finding.or(refusal.findings.first()) {
                Some(finding) => field.remarked(finding.message.as_str()),
                None => field,
            }
        }
    }
}
