//! What is asked of every reader of octets from outside, whatever the octets are: it does not panic, it does not hang,
//! and what it takes keeps the promise that stands beside it here. Each function says whether it was taken. Fuzzing draws the octets (`tests/fuzz/README.md`); a
//! short form over seeds and what chance makes of them is in `tests/readers.rs`.

use std::{convert::Infallible, sync::OnceLock};

use coldsign::{
    config::{self, Authority, Rehearsal},
    export::manifest::{self, CrlHeader, Head, Header},
    pki::{
        anatomy,
        block_list::{Format, Reading},
        certificate::Certificate,
        crl::{CrlReader, ListOctets, RevokedEntry, Shape, issued_list::IssuedList, writer},
        event::EventLines,
        issuer::IssuingCa,
        naming::table::{Join, Table},
        path,
        pem::{self, Piece, Splitter},
        plan::{Facts, plan},
        profile::Profile,
        request,
        serial::SerialNumber,
        text::Printable,
        time::Time,
    },
};
use x509_cert::der::{Decode as _, Encode as _};

/// A reader's name and what is asked of it.
pub type Reader = (&'static str, fn(&[u8]) -> bool);

/// Every reader.
pub const ALL: [Reader; 10] = [
    ("authority", authority),
    ("block-list", block_list),
    ("certificate", certificate),
    ("crl", crl),
    ("event", event),
    ("issued-list", issued_list),
    ("manifest", manifest),
    ("pem", pem),
    ("request", request),
    ("table", table),
];

/// Octets in pieces whose sizes follow from nothing that a reader could know.
fn pieces(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    let mut size = octets.len() % 7 + 1;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        rest = after;
        size = size % 13 + 5;
        (!piece.is_empty()).then_some(piece)
    })
}

/// authority.toml: what is taken is sound by itself, and outside text in an error is harmless.
pub fn authority(octets: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(octets) else { return false };
    let read = Authority::parse(text);
    match &read {
        Ok(authority) => {
            for profile in authority.profiles() {
                assert!(profile.clone().validated().is_ok(), "a profile contradicts itself");
            }
        }
        Err(error) => harmless(&error.to_string()),
    }
    read.is_ok()
}

/// Block lists: every record has the width of its format, whatever the pieces were.
pub fn block_list(octets: &[u8]) -> bool {
    // That format is not found out; it is asked for.
    let taken = [None, Some(Format::OpensslBlacklist)].map(|format| {
        let whole = block_list_in(format, [octets].into_iter());
        assert_eq!(whole, block_list_in(format, pieces(octets)), "the pieces matter");
        whole.is_some()
    });
    taken.contains(&true)
}

fn block_list_in<'a>(format: Option<Format>, pieces: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let (mut reading, mut records) = (Reading::new(format), Vec::new());
    for piece in pieces {
        reading.push(piece, &mut records).ok()?;
    }
    let (format, count) = reading.finish(&mut records).ok()?;
    assert_eq!(records.len() as u64, count * format.record_octets() as u64);
    Some(records)
}

/// Certificates: what is taken decodes with other software and encodes to itself, and can be shown and looked up.
pub fn certificate(octets: &[u8]) -> bool {
    shown(octets, anatomy::describe_certificate);
    let Ok(certificate) = Certificate::parse(octets) else { return false };
    // The other decoder knows fewer forms of a few fields; what both take is the same octets.
    if let Ok(other) = x509_cert::Certificate::from_der(octets) {
        assert_eq!(other.to_der().as_deref(), Ok(octets), "another spelling was taken");
    }
    let _ = path::verify(&certificate, &[], &certificate, None);
    let _ = path::verify(&certificate, &[issuer().certificate().clone()], &certificate, Some(now()));
    let _ = IssuingCa::new(certificate, Vec::new());
    true
}

type Listed = (Vec<RevokedEntry>, Vec<u8>);

/// CRLs: the pieces do not matter, and entries written anew are the octets that were read.
pub fn crl(octets: &[u8]) -> bool {
    let mut taken = list_octets(octets);
    for shape in [Shape::List, Shape::Tbs] {
        let whole = crl_in([octets].into_iter(), shape);
        assert_eq!(whole, crl_in(pieces(octets), shape), "the pieces matter");
        let Some((entries, signed)) = whole else { continue };
        for entry in &entries {
            let written = writer::entry(entry);
            let back = crl_entry(&written);
            assert_eq!(back.as_ref(), Some(entry), "an entry is not what was written");
        }
        let at = octets.windows(signed.len()).position(|part| part == signed);
        assert!(at.is_some(), "the signed octets are not the file's");
        taken = true;
    }
    taken
}

fn crl_in<'a>(mut pieces: impl Iterator<Item = &'a [u8]>, shape: Shape) -> Option<Listed> {
    let next = move || Ok::<_, Infallible>(pieces.next().map(<[u8]>::to_vec));
    let mut reader = CrlReader::begin(next, shape).ok()?;
    reader.keep_signed();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().ok()? {
        entries.push(entry);
    }
    let mut signed = reader.take_signed();
    let end = reader.finish().ok()?;
    signed.extend(&end.last_signed);
    assert_eq!(end.entries, entries.len() as u64);
    Some((entries, signed))
}

/// One entry, read as the whole of a CRL that carries nothing else.
fn crl_entry(entry: &[u8]) -> Option<RevokedEntry> {
    const HEAD: &[u8] =
        b"\x02\x01\x01\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x30\x0c\x31\x0a\x30\x08\x06\x03\
        \x55\x04\x03\x0c\x01A\x17\x0d260101000000Z\x17\x0d270101000000Z";
    let tbs = sequence(&[HEAD, &sequence(entry)].concat());
    let (entries, _) = crl_in([tbs.as_slice()].into_iter(), Shape::Tbs)?;
    entries.into_iter().next()
}

fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("an entry is short").to_be_bytes();
    let header: &[u8] = match content.len() {
        0..0x80 => &[0x30, length[1]],
        0x80..0x100 => &[0x30, 0x81, length[1]],
        _ => &[0x30, 0x82, length[0], length[1]],
    };
    [header, content].concat()
}

/// A CRL's file, PEM or DER: the pieces do not matter.
fn list_octets(octets: &[u8]) -> bool {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut list = ListOctets::default();
        let mut der = Vec::new();
        for piece in pieces {
            der.extend(list.push(piece).ok()?);
        }
        der.extend(list.finish().ok()?);
        Some(der)
    };
    let whole = read(&mut [octets].into_iter());
    assert_eq!(whole, read(&mut pieces(octets)), "the pieces matter");
    whole.is_some_and(|der| der.first() == Some(&0x30))
}

/// index.txt: the pieces do not matter, and a subject can be shown.
pub fn issued_list(octets: &[u8]) -> bool {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut list = IssuedList::default();
        let mut found = Vec::new();
        for piece in pieces {
            found.extend(list.push(piece).ok()?);
        }
        found.extend(list.finish().ok()?);
        Some(found)
    };
    let whole = read(&mut [octets].into_iter());
    assert_eq!(whole, read(&mut pieces(octets)), "the pieces matter");
    whole.iter().flatten().for_each(|listed| harmless(listed.subject.as_str()));
    whole.is_some()
}

/// Manifests: one spelling only, so that what is taken is what would be written.
pub fn manifest(octets: &[u8]) -> bool {
    manifest_of::<Header>(octets) || manifest_of::<CrlHeader>(octets)
}

fn manifest_of<H: Head>(octets: &[u8]) -> bool {
    let mut files = Vec::new();
    let Ok(header) = manifest::read::<H>(octets, |file| files.push(file)) else { return false };
    let (mut writer, mut written) = manifest::Writer::new(&header);
    written.extend(files.iter().map(|file| writer.file(file)));
    written.push_str(writer.finish());
    assert_eq!(written.as_bytes(), octets, "another spelling was taken");
    true
}

/// Events, a line each: the pieces do not matter, nothing is larger than the file, and every line has its answer.
pub fn event(octets: &[u8]) -> bool {
    let found = split(octets, |pieces| {
        let (mut lines, mut found) = (EventLines::default(), Vec::new());
        pieces.for_each(|piece| lines.push(piece, &mut found));
        lines.finish(&mut found);
        found
    });
    let lines = octets.split_inclusive(|&octet| octet == b'\n').count();
    assert_eq!(found.len(), lines.max(1), "a line was lost");
    found.iter().any(|piece| matches!(piece, Piece::Request { .. }))
}

/// What a reader of requests finds in a file: the pieces do not matter, nothing is larger than the file.
fn split(octets: &[u8], read: impl Fn(&mut dyn Iterator<Item = &[u8]>) -> Vec<Piece>) -> Vec<Piece> {
    let whole = read(&mut [octets].into_iter());
    assert_eq!(whole, read(&mut pieces(octets)), "the pieces matter");
    let sizes = whole.iter().map(|piece| match piece {
        Piece::Request { der, .. } => der.len(),
        Piece::Delivered(finding) | Piece::NotARequest(finding) | Piece::Refused(finding) => {
            harmless(finding.message.as_str());
            0
        }
    });
    assert!(sizes.sum::<usize>() <= octets.len(), "more came out than went in");
    whole
}

/// Files of requests and of certificates: the pieces do not matter, nothing is larger than the file.
pub fn pem(octets: &[u8]) -> bool {
    let whole = split(octets, |pieces| {
        let (mut splitter, mut found) = (Splitter::new(), Vec::new());
        pieces.for_each(|piece| splitter.push(piece, &mut found));
        splitter.finish(&mut found);
        found
    });
    let certificates = pem::certificates(octets).unwrap_or_default();
    let taken = !certificates.is_empty() || whole.iter().any(|piece| matches!(piece, Piece::Request { .. }));
    for der in certificates {
        let again = pem::certificates(pem::encode("CERTIFICATE", &der).as_bytes());
        assert_eq!(again, Ok(vec![der]), "what is written is not what was read");
    }
    taken
}

/// Requests: whatever is accepted makes a certificate that reads back, under every built-in profile.
pub fn request(octets: &[u8]) -> bool {
    shown(octets, anatomy::describe_request);
    let verified = match request::judge(octets) {
        Ok(verified) => verified,
        Err(refusal) => {
            assert!(!refusal.findings.is_empty(), "nothing is said of why it was refused");
            refusal.findings.iter().for_each(|finding| harmless(finding.message.as_str()));
            return false;
        }
    };
    for profile in profiles() {
        let facts = Facts { now: now(), serial: SerialNumber::from_random([0x55; 20]) };
        let Ok(planned) = plan(verified.clone(), profile, issuer(), facts) else { continue };
        let other = x509_cert::TbsCertificate::from_der(planned.tbs()).expect("other software decodes it");
        assert_eq!(other.to_der().as_deref(), Ok(planned.tbs()), "it does not encode to itself");
        shown(planned.tbs(), anatomy::describe_planned);
    }
    true
}

/// Tables: every row that is there is found, and by no key but its own.
pub fn table(octets: &[u8]) -> bool {
    let mut taken = false;
    for join in [Join::CommonName, Join::File, Join::Key] {
        let table = match Table::parse(octets.to_vec(), "serial", join) {
            Ok(table) => table,
            Err(error) => {
                harmless(&error.to_string());
                continue;
            }
        };
        let text = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
        let mut other = csv::ReaderBuilder::new().from_reader(text);
        let key =
            other.headers().expect("a header").iter().position(|name| name == "serial").expect("a column");
        let mut rows = 0;
        for record in other.records() {
            let record = record.expect("other software reads it");
            let row = table.find(&record[key]).expect("the row is there");
            assert_eq!(row.value("serial"), Some(&record[key]));
            rows += 1;
        }
        assert_eq!(rows, table.len(), "other software finds another number of rows");
        taken = true;
    }
    taken
}

/// What is shown of octets: a tree within them, and text that no terminal obeys.
fn shown(octets: &[u8], describe: fn(&[u8]) -> anatomy::Description) {
    let tree = anatomy::tree(octets);
    for node in &tree.nodes {
        assert!(
            node.offset + usize::from(node.header_octets) + node.octets <= octets.len(),
            "a node ends outside"
        );
    }
    for section in describe(octets).sections {
        for field in section.fields {
            harmless(field.value.as_str());
        }
    }
    let _ = Printable::from_octets(octets);
}

fn harmless(text: &str) {
    assert!(
        text.chars().all(|c| c == '\n' || coldsign::pki::text::is_harmless(c)),
        "{text:?} would be obeyed"
    );
}

fn now() -> Time {
    Time::from_rfc3339("2026-03-01T12:00:00Z").expect("a time")
}

fn profiles() -> &'static [Profile] {
    static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let text = config::initial("/none", "pkcs11:token=none", Rehearsal::Real);
        Authority::parse(&text).expect("sound").profiles().cloned().collect()
    })
}

fn issuer() -> &'static IssuingCa {
    static ISSUER: OnceLock<IssuingCa> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let root = Certificate::parse(include_bytes!("seeds/certificate/root.der")).expect("a certificate");
        IssuingCa::new(root, Vec::new()).expect("a CA")
    })
}
