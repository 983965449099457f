//! The bundle of a CRL: signed by the CA, with the number and the dates that the manifest says, and still in force.

use std::io::{BufRead as _, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::{
    super::{
        bundle::{CRL_DER, CRL_LEFT, CRL_PEM},
        format::Format,
        manifest::CrlHeader,
    },
    CrlSummary, FlawId, OpenError, Report, Source,
    authorities::{self, Authorities, Named},
    files::{self, Expected},
    held_crls::Judge,
};
use crate::pki::{
    certificate::Certificate,
    crl::{
        CrlEnd, CrlHead, CrlPoint, CrlReader, PemText, Pieces, ReadError, Shape,
        lint::{self, CrlLint, Maker},
    },
    fingerprint::Digest,
    profile::CRL_SIGN,
    text::Printable,
    time::Time,
};

/// Octets read at a time.
const PIECE_OCTETS: usize = 64 * 1024;
/// Largest file of a CRL, in octets: what FAT32 holds.
const CRL_OCTETS_MAX: u64 = u32::MAX as u64;
/// Longest line of left.csv, in octets: ours have under 60.
const LINE_OCTETS_MAX: u64 = 128;

/// Judges the bundle of a CRL.
pub(super) fn judge<S: Source>(source: &S, trust: &Certificate, at: Option<Time>, report: &mut Report) {
    let Some(manifest) = files::manifest::<_, CrlHeader>(source, report) else { return };
    let header = &manifest.header;
    report.crl = summary(header, report).map(Box::new);
    files::signature(source, &manifest, &header.audit_key_sha256, report);
    files::sums(source, &manifest, report);
    let named = Named { issuer: &header.issuer, root: &header.root };
    let mut expected = Expected::of_crl();
    if let Some(authorities) = authorities::read(source, named, trust, at, report) {
        crl(source, header, &authorities, at, report);
        forms(source, header, &Judge { authorities: &authorities.chain, at }, &mut expected, report);
    }
    pem(source, report);
    left(source, header, report);
    files::compare(source, &manifest.paths, expected, report);
}

fn summary(header: &CrlHeader, report: &mut Report) -> Option<CrlSummary> {
    let digest = Digest::from_hex(&header.digest);
    if digest.is_none_or(|digest| digest.words() != header.words) {
        report.add(FlawId::ManifestMalformed, "the CRL's digest and its words do not belong together");
    }
    Some(CrlSummary {
        crl: Printable::new(&header.crl),
        number: Printable::new(&header.number),
        digest: digest?,
        standing: header.standing,
        this_update: Printable::new(&header.this_update),
        next_update: Printable::new(&header.next_update),
        entries: header.entries,
        distribution_point: header.distribution_point.iter().map(|uri| Printable::new(uri)).collect(),
        issuer: Printable::new(&header.issuer.subject),
        audit_key_sha256: Printable::new(&header.audit_key_sha256),
    })
}

/// A file's octets in pieces.
fn pieces(mut file: impl Read) -> impl FnMut() -> Result<Option<Vec<u8>>, String> {
    move || {
        let mut piece = vec![0; PIECE_OCTETS];
        let read = file.read(&mut piece).map_err(|error| error.to_string())?;
        piece.truncate(read);
        Ok((read > 0).then_some(piece))
    }
}

/// A CRL that was read to its end.
pub(super) struct CrlFound<'a> {
    pub(super) head: CrlHead,
    pub(super) end: CrlEnd,
    /// The judgement of each CA that it may be of, by its place in the path.
    lints: Vec<(usize, CrlLint<'a>)>,
}

impl<'a> CrlFound<'a> {
    /// Reads a CRL of one of the CAs from a place in the path on, and has it linted as one that `maker` made.
    pub(super) fn read<P: Pieces>(
        pieces: P,
        (path, from): (&'a [Certificate], usize),
        maker: Maker<'a>,
    ) -> Result<Self, ReadError<P::Error>> {
        let mut reader = CrlReader::begin(pieces, Shape::List)?;
        let head = reader.head().clone();
        let cas = path.iter().enumerate().skip(from).filter(|(_, ca)| *ca.subject() == head.issuer);
        let mut lints: Vec<(usize, CrlLint<'a>)> = cas
            .map(|(place, _)| (place, CrlLint::begin(&head, expected(&path[place..], &head, maker))))
            .collect();
        while let Some(entry) = reader.next_entry()? {
            for (_, lint) in &mut lints {
                lint.entry(&entry);
            }
        }
        Ok(Self { head, end: reader.finish()?, lints })
    }

    /// The place of the CA whose name and key it names; one that was made elsewhere may name no key.
    pub(super) fn signer(&self, path: &[Certificate]) -> Option<usize> {
        let named = self.end.key_identifier.as_deref();
        let is_signer =
            |place: &usize| named.is_none_or(|key| path[*place].subject_key_identifier() == Some(key));
        self.lints.iter().map(|(place, _)| *place).find(is_signer)
    }

    /// What the lint finds of it as one of the CA at a place.
    pub(super) fn judge_content(&mut self, path: &str, place: usize, report: &mut Report) {
        let Some(at) = self.lints.iter().position(|(of, _)| *of == place) else { return };
        for fault in self.lints.swap_remove(at).1.finish(&self.end) {
            report.add(FlawId::Crl, &format!("{path}: {}: {}", fault.rule, fault.message));
        }
    }
}

/// What a CRL of the first of these CAs must agree with. Their certificates may be later ones than those that it was made
/// under: a renewal ends no CRL.
fn expected<'a>(cas: &'a [Certificate], head: &CrlHead, maker: Maker<'a>) -> lint::Expected<'a> {
    let begins = cas.iter().map(Certificate::not_before).max().unwrap_or(head.this_update);
    let ends = cas.iter().map(Certificate::not_after).min().unwrap_or(head.this_update);
    lint::Expected {
        issuer: cas[0].subject().der(),
        key_identifier: cas[0].subject_key_identifier().unwrap_or_default(),
        validity: (begins.min(head.this_update), ends),
        maker,
    }
}

/// It is signed by this CA, which may sign CRLs.
pub(super) fn judge_signature(path: &str, ca: &Certificate, end: &CrlEnd, report: &mut Report) {
    if ca.key_usage().is_none_or(|bits| bits & CRL_SIGN == 0) {
        report.add(FlawId::CrlSignature, "the CA's key may not sign CRLs (keyUsage without cRLSign)");
    }
    let signature = end.signature.as_deref().unwrap_or_default();
    if let Err(error) = ca.public_key().verify_message(&end.message, signature) {
        report.add(FlawId::CrlSignature, &format!("{path}: {error} with the CA's key"));
    }
}

/// It is neither of the future nor overdue.
pub(super) fn judge_times(path: &str, head: &CrlHead, at: Option<Time>, report: &mut Report) {
    let Some(at) = at else { return };
    if head.this_update > at {
        report.add(FlawId::Crl, &format!("{path} is of the future, {}", head.this_update));
    }
    if let Some(next) = head.next_update.filter(|next| *next < at) {
        report.add(FlawId::CrlOverdue, &format!("{path}: a newer CRL was to be there at {next}"));
    }
}

fn crl<S: Source>(
    source: &S,
    header: &CrlHeader,
    authorities: &Authorities,
    at: Option<Time>,
    report: &mut Report,
) {
    let file = match source.open(CRL_DER) {
        Ok(file) => file,
        Err(error) => return report.add_open(CRL_DER, &error),
    };
    let path = &authorities.chain;
    let mut found = match CrlFound::read(pieces(file), (path, 0), Maker::Here) {
        Ok(found) => found,
        Err(ReadError::Source(reason)) => return report.add_open(CRL_DER, &OpenError::Unreadable(reason)),
        Err(ReadError::Crl(error)) => return report.add(FlawId::Crl, &format!("{CRL_DER}: {error}")),
    };
    let issuer = authorities.issuer();
    if found.signer(path) != Some(0) {
        let message = format!("{CRL_DER} is not of the issuer, but of {}", found.head.issuer.to_printable());
        report.add(FlawId::Crl, &message);
    }
    found.judge_content(CRL_DER, 0, report);
    let (head, end) = (&found.head, &found.end);
    let next_update = head.next_update.map(|time| time.to_string());
    let point =
        (!header.distribution_point.is_empty()).then(|| CrlPoint::from_uris(&header.distribution_point));
    for (agrees, noun) in [
        (end.number.as_ref().is_some_and(|number| number.to_string() == header.number), "number"),
        (head.this_update.to_string() == header.this_update, "thisUpdate"),
        (next_update.as_ref() == Some(&header.next_update), "nextUpdate"),
        (end.entries == header.entries, "count of entries"),
        (end.point == point, "issuing distribution point"),
        (end.tbs_sha256.to_string() == header.digest, "digest"),
    ] {
        if !agrees {
            report.add(FlawId::Crl, &format!("{CRL_DER} has another {noun} than the manifest says"));
        }
    }
    judge_signature(CRL_DER, issuer, end, report);
    judge_times(CRL_DER, head, at, report);
}

/// The CRLs as forms want them: those of all CAs of the path, this one among them.
fn forms<S: Source>(
    source: &S,
    header: &CrlHeader,
    judge: &Judge<'_>,
    expected: &mut Expected,
    report: &mut Report,
) {
    for name in &header.formats {
        let Some(path) = Format::from_name(name).ok().and_then(Format::crl_path) else {
            let name = Printable::with_limit(name, 64);
            report.add(FlawId::Form, &format!("{name} is not a form that CRLs are delivered in"));
            continue;
        };
        expected.add_path(path);
        // One that is missing was told already.
        let Some(held) = judge.read(source, path, report) else { continue };
        if !held.iter().any(|held| held.tbs_sha256.to_string() == header.digest) {
            report.add(FlawId::Form, &format!("{path} has another CRL than {CRL_DER}"));
        }
    }
}

/// crl.pem is crl.der as PEM.
fn pem<S: Source>(source: &S, report: &mut Report) {
    let (Ok(file), Ok(found)) = (source.open(CRL_DER), files::digest_of(source, CRL_PEM, CRL_OCTETS_MAX))
    else {
        // What is missing was told already.
        return;
    };
    let (mut text, first) = PemText::begin();
    let mut hash = Sha256::new_with_prefix(first);
    let mut next = pieces(file);
    while let Ok(Some(piece)) = next() {
        hash.update(text.push(&piece));
    }
    hash.update(text.finish());
    if found.0 != Digest::from_octets(hash.finalize().into()) {
        report.add(FlawId::Crl, &format!("{CRL_PEM} is not {CRL_DER}"));
    }
}

/// left.csv has a line for each entry that left, and nothing else.
fn left<S: Source>(source: &S, header: &CrlHeader, report: &mut Report) {
    let Ok(file) = source.open(CRL_LEFT) else { return };
    let mut reader = BufReader::new(file);
    let mut lines = 0_u64;
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_OCTETS_MAX).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if is_left_line(&line, lines) => lines += 1,
            Ok(_) => return report.add(FlawId::Crl, &format!("{CRL_LEFT}: line {} is malformed", lines + 1)),
            Err(error) => return report.add_open(CRL_LEFT, &OpenError::Unreadable(error.to_string())),
        }
    }
    if lines != header.left + 1 {
        report.add(FlawId::Counts, &format!("{CRL_LEFT} has {lines} lines, not {} and a head", header.left));
    }
}

fn is_left_line(line: &[u8], number: u64) -> bool {
    let Some(line) = line.strip_suffix(b"\n") else { return false };
    if number == 0 {
        return line == LEFT_HEAD.as_bytes();
    }
    let Some(at) = line.iter().position(|&octet| octet == b',') else { return false };
    line[..at].iter().all(u8::is_ascii_hexdigit) && [&b"expired"[..], b"released"].contains(&&line[at + 1..])
}

/// The head of left.csv.
pub const LEFT_HEAD: &str = "serial,why";
