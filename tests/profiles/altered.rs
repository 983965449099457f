//! Every field of a certificate of each built-in profile, altered one at a time: some check fails.
//!
//! Without a new signature, reading or the path notices. With one, made by the CA's own key over the altered octets, what the
//! lint knows of the plan notices; how much is noticed without the plan is printed.

use coldsign::{
    config,
    pki::{
        certificate::{Certificate, SignedCertificate, join},
        der::{Reader, element, tag},
        issuer::IssuingCa,
        key::{PublicKey, RsaScheme},
        lint::{Expected, Granted, Kind, lint, lint_finished},
        name::Name,
        path,
        plan::{Facts, PlannedCertificate, RootFields, plan, plan_root},
        profile::Profile,
        request::ParsedRequest,
        serial::SerialNumber,
        time::Time,
    },
};

use super::{
    PROFILES,
    support::request::{Algorithm, Key},
    wanted,
};

/// Extensions whose content the plan decides itself, by the last arc of 2.5.29.
const DECIDED: [u8; 5] = [14, 15, 19, 35, 37];

/// An element of DER with what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Node {
    tag: u8,
    content: Content,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Content {
    Octets(Vec<u8>),
    Nodes(Vec<Node>),
}

impl Node {
    /// Takes one element apart; an OCTET STRING too, where it holds exactly one element.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let found = reader.any().ok()?;
        let inside = found.tag & 0x20 != 0 || found.tag == tag::OCTET_STRING;
        let nodes = inside.then(|| Self::list(found.content)).flatten().filter(|nodes| !nodes.is_empty());
        let content = nodes.map_or_else(|| Content::Octets(found.content.to_vec()), Content::Nodes);
        Some(Self { tag: found.tag, content })
    }

    fn list(octets: &[u8]) -> Option<Vec<Self>> {
        let mut reader = Reader::new(octets);
        let mut nodes = Vec::new();
        while !reader.is_empty() {
            nodes.push(Self::read(&mut reader)?);
        }
        Some(nodes)
    }

    fn der(&self) -> Vec<u8> {
        match &self.content {
            Content::Octets(octets) => element(self.tag, octets),
            Content::Nodes(nodes) => {
                element(self.tag, &nodes.iter().map(Self::der).collect::<Vec<_>>().concat())
            }
        }
    }

    /// Every copy of it with one thing altered, and what that is.
    fn altered(&self) -> Vec<(String, Self)> {
        let mut found = Vec::new();
        for flip in [0x01, 0x04, 0x20, 0x80] {
            found.push((
                format!("tag {:02x} by {flip:02x}", self.tag),
                Self { tag: self.tag ^ flip, ..self.clone() },
            ));
        }
        match &self.content {
            Content::Octets(octets) => {
                for at in 0..octets.len() {
                    let mut bent = octets.clone();
                    bent[at] ^= 1 << (at % 8);
                    let bent = Self { tag: self.tag, content: Content::Octets(bent) };
                    found.push((format!("octet {at} of {:02x}", self.tag), bent));
                }
                for (what, octets) in [
                    ("cut", octets.split_last().map(|(_, rest)| rest.to_vec())),
                    ("longer", Some([octets.as_slice(), &[0]].concat())),
                ] {
                    let bent = octets.map(|octets| Self { tag: self.tag, content: Content::Octets(octets) });
                    found.extend(bent.map(|bent| (format!("{what} {:02x}", self.tag), bent)));
                }
            }
            Content::Nodes(nodes) => {
                let mut with = |what: String, nodes: Vec<Self>| {
                    found.push((what, Self { tag: self.tag, content: Content::Nodes(nodes) }));
                };
                for (at, node) in nodes.iter().enumerate() {
                    let beside = |nodes: &mut Vec<Self>| nodes.remove(at);
                    let mut less = nodes.clone();
                    beside(&mut less);
                    with(format!("{at} of {:02x} dropped", self.tag), less);
                    let mut more = nodes.clone();
                    more.insert(at, node.clone());
                    with(format!("{at} of {:02x} doubled", self.tag), more);
                    if at + 1 < nodes.len() {
                        let mut swapped = nodes.clone();
                        swapped.swap(at, at + 1);
                        with(format!("{at} of {:02x} swapped", self.tag), swapped);
                    }
                    for (what, inner) in node.altered() {
                        let mut bent = nodes.clone();
                        bent[at] = inner;
                        with(format!("{at}/{what}"), bent);
                    }
                }
            }
        }
        found
    }
}

fn facts(octet: u8) -> Facts {
    let now = Time::from_rfc3339("2026-03-01T12:00:00Z").unwrap();
    Facts { now, serial: SerialNumber::from_random([octet; 20]) }
}

fn root(key: &Key) -> IssuingCa {
    let fields = RootFields {
        name: Name::from_text("CN=Altered Root,O=Works,MatterVID=FFF1").unwrap(),
        public_key: PublicKey::from_spki(&key.spki()).unwrap(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 7000,
        path_length: None,
    };
    let planned = plan_root(&fields, facts(1)).unwrap();
    let signed =
        SignedCertificate::assemble_root(planned.tbs(), &key.sign(planned.tbs()), &fields.public_key)
            .unwrap();
    IssuingCa::new(Certificate::parse(signed.der()).unwrap(), Vec::new()).unwrap()
}

/// What was noticed of one certificate, and by whom.
#[derive(Debug, Default)]
struct Noticed {
    unsigned: u32,
    without_plan: u32,
    by_plan: u32,
    /// Extensions in another order.
    order: u32,
}

struct Case<'a> {
    name: &'a str,
    profile: &'a Profile,
    planned: &'a PlannedCertificate,
    ca: &'a IssuingCa,
    key: &'a Key,
    whole: Certificate,
}

impl Case<'_> {
    /// Whether reading or the path notices.
    fn path_notices(&self, der: &[u8]) -> bool {
        let at = Some(facts(1).now);
        Certificate::parse(der).is_err()
            || path::verify(&Certificate::parse(der).unwrap(), &[], self.ca.certificate(), at).is_err()
    }

    /// Whether the lint notices that these octets are not those that were planned.
    fn plan_notices(&self, tbs: &[u8]) -> bool {
        let (profile, whole) = (self.profile, &self.whole);
        let extensions = extensions(&self.whole);
        let is_planned = |oid: &[u8]| {
            oid.strip_prefix(&[0x55, 0x1d]).is_some_and(|rest| rest.len() == 1 && DECIDED.contains(&rest[0]))
                || profile.fixed.types().iter().any(|(fixed, _)| *fixed == oid)
        };
        let copied = extensions.iter().filter(|(oid, _)| !is_planned(oid));
        let expected = Expected {
            issuer: self.ca.certificate().subject().der(),
            issuer_key_identifier: self.ca.key_identifier(),
            spki: whole.public_key().spki(),
            known_as: None,
            kind: if profile.makes_authorities() { Kind::SubordinateCa } else { Kind::EndEntity },
            standard: profile.standard,
            granted: Some(Granted {
                serial: whole.serial(),
                subject: whole.subject().der(),
                not_before: self.planned.not_before(),
                not_after: self.planned.not_after(),
                key_usage: whole.key_usage().unwrap_or(0),
                path_length: whole.path_length(),
                extended_key_usage: &profile.extended_key_usage,
                extended_key_usage_criticality: profile.extended_key_usage_criticality,
                key_identifier: profile.key_identifier,
                fixed: &profile.fixed,
                copied: copied.map(|(oid, value)| (oid.as_slice(), value.as_slice())).collect(),
            }),
        };
        !lint(tbs, &expected).is_empty()
    }

    fn run(&self) -> Noticed {
        let mut noticed = Noticed::default();
        assert!(
            !self.path_notices(self.whole.der()) && !self.plan_notices(self.whole.tbs()),
            "{}",
            self.name
        );
        let tree = Node::read(&mut Reader::new(self.whole.der())).expect("DER");
        assert_eq!(tree.der(), self.whole.der());
        for (what, bent) in tree.altered() {
            let der = bent.der();
            if der == self.whole.der() {
                continue;
            }
            assert!(self.path_notices(&der), "{}: nobody notices {what}", self.name);
            noticed.unsigned += 1;
        }
        let tree = Node::read(&mut Reader::new(self.whole.tbs())).expect("DER");
        let mut missed = Vec::new();
        for (what, bent) in tree.altered() {
            let tbs = bent.der();
            if tbs == self.whole.tbs() {
                continue;
            }
            if !self.plan_notices(&tbs) {
                if is_order(&what) {
                    noticed.order += 1;
                } else {
                    missed.push(what);
                }
                continue;
            }
            let der = join(&tbs, self.whole.signature_algorithm(), &self.key.sign(&tbs));
            let without = Certificate::parse(&der).map_or(true, |certificate| {
                self.path_notices(&der) || !lint_finished(&certificate, self.ca.certificate(), &[]).is_empty()
            });
            if without { noticed.without_plan += 1 } else { noticed.by_plan += 1 }
        }
        assert!(missed.is_empty(), "{}: the lint does not notice, signed anew: {missed:#?}", self.name);
        noticed
    }
}

/// Whether two extensions have changed places, and nothing else: their order means nothing (RFC 5280 §4.1), and the plan's
/// digest holds it.
fn is_order(what: &str) -> bool {
    let place = what.strip_prefix("7/0/").and_then(|rest| rest.strip_suffix(" of 30 swapped"));
    place.is_some_and(|place| place.bytes().all(|octet| octet.is_ascii_digit()))
}

/// The extensions of a certificate: OID and value.
fn extensions(certificate: &Certificate) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields = Reader::new(certificate.tbs()).sequence("tbsCertificate").unwrap();
    while fields.peek() != Some(tag::context_constructed(3)) {
        fields.any().unwrap();
    }
    let mut list = fields.any().unwrap().reader().sequence("extensions").unwrap();
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut extension = list.sequence("extension").unwrap();
        let oid = extension.oid("extnID").unwrap().to_vec();
        extension.optional(tag::BOOLEAN).unwrap();
        found.push((oid, extension.expect(tag::OCTET_STRING, "extnValue").unwrap().content.to_vec()));
    }
    found
}

#[test]
fn no_field_of_a_certificate_can_be_altered_unnoticed() {
    let key = Key::generate(Algorithm::P256);
    let ca = root(&key);
    let mut profiles = 0;
    for name in PROFILES.iter().map(|(name, ..)| *name).chain(["matter-dac"]) {
        let Some(profile) = config::built_in(name) else { continue };
        let request = wanted(name, 1).der(&Key::generate(Algorithm::P256));
        let request = ParsedRequest::parse(&request).unwrap().verify_possession().unwrap();
        let planned =
            plan(request, &profile, &ca, facts(0x42)).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        let signed = SignedCertificate::assemble(planned.tbs(), &key.sign(planned.tbs()), &ca).unwrap();
        let whole = Certificate::parse(signed.der()).unwrap();
        let case = Case { name, profile: &profile, planned: &planned, ca: &ca, key: &key, whole };
        let noticed = case.run();
        println!("{name}: {noticed:?}");
        assert!(noticed.unsigned > 500 && noticed.without_plan > 300 && noticed.by_plan > 20, "{noticed:?}");
        profiles += 1;
    }
    assert_eq!(profiles, 15, "built-in profiles, but for the root's");
}
