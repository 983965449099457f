//! CRLs that a form holds, read from the bundle one after another: each is signed by a CA of the path, in the path's order,
//! and is the only one of that CA for its certificates. Whoever reads two takes either.

use std::io::{BufRead as _, BufReader, Read};

use super::{
    super::{format::Format, forms::Forms, held_crls::HeldCrl},
    FlawId, OpenError, Report, Source,
    crl::{CrlFound, judge_signature, judge_times},
};
use crate::pki::{
    certificate::Certificate,
    crl::{CrlPoint, PemLines, ReadError, lint::Maker},
    fingerprint::Digest,
    profile::PARTITIONS_MAX,
    time::Time,
};

/// Most CRLs in one file: the full one and all partitions of each of ten CAs.
const CRLS_MAX: usize = 10 * (PARTITIONS_MAX as usize + 1);

/// What the CRLs of a bundle are judged by.
pub(super) struct Judge<'a> {
    /// Issuing CA first, root last.
    pub(super) authorities: &'a [Certificate],
    /// `None`: not whether they are overdue.
    pub(super) at: Option<Time>,
}

/// A CRL that a form holds.
pub(super) struct Held {
    /// What the form is told of it.
    told: HeldCrl,
    /// The digest of its signed octets.
    pub(super) tbs_sha256: Digest,
    /// Whose certificates it is for; `None`: all of its CA's.
    point: Option<CrlPoint>,
}

impl Judge<'_> {
    /// Tells a form of the CRLs that the bundle has for it. Whether it should have some, the list of files says.
    pub(super) fn hold<S: Source>(
        &self,
        source: &S,
        format: Format,
        forms: &mut Forms,
        report: &mut Report,
    ) -> Option<&'static str> {
        let path = format.crl_path()?;
        let found = self.read(source, path, report)?;
        let held: Vec<HeldCrl> = found.into_iter().map(|held| held.told).collect();
        forms.hold(format, &held);
        Some(path)
    }

    /// Reads the CRLs of a file; `None` where there is no such file.
    pub(super) fn read<S: Source>(&self, source: &S, path: &str, report: &mut Report) -> Option<Vec<Held>> {
        let mut file = match source.open(path) {
            Ok(file) => BufReader::new(file),
            Err(OpenError::Missing) => return None,
            Err(error) => {
                report.add_open(path, &error);
                return None;
            }
        };
        let mut held: Vec<Held> = Vec::new();
        loop {
            match file.fill_buf() {
                Ok([]) => break,
                Ok(_) if held.len() == CRLS_MAX => {
                    report.add(FlawId::Crl, &format!("{path} has more than {CRLS_MAX} CRLs"));
                    break;
                }
                Ok(_) => {}
                Err(error) => {
                    report.add_open(path, &OpenError::Unreadable(error.to_string()));
                    break;
                }
            }
            let last = held.last().map_or(0, |held| held.told.authority);
            match CrlFound::read(pieces(&mut file), (self.authorities, last), Maker::Anyone) {
                Ok(found) => {
                    let found = self.judge(path, found, report);
                    if found.as_ref().is_some_and(|found| held.iter().any(|other| other.is_for(found))) {
                        let message = format!("{path} has two CRLs of one CA for the same certificates");
                        report.add(FlawId::Crl, &message);
                    }
                    held.extend(found);
                }
                Err(error) => {
                    match error {
                        ReadError::Source(ReadError::Source(reason)) => {
                            report.add_open(path, &OpenError::Unreadable(reason));
                        }
                        ReadError::Source(ReadError::Crl(error)) | ReadError::Crl(error) => {
                            report.add(FlawId::Crl, &format!("{path}: {error}"));
                        }
                    }
                    break;
                }
            }
        }
        Some(held)
    }

    /// Judges a CRL of one of the CAs; `None` where it is of none of them.
    fn judge(&self, path: &str, mut found: CrlFound<'_>, report: &mut Report) -> Option<Held> {
        let Some(place) = found.signer(self.authorities) else {
            let message =
                format!("{path}: a CRL of {} is not of the next CA", found.head.issuer.to_printable());
            report.add(FlawId::Crl, &message);
            return None;
        };
        found.judge_content(path, place, report);
        judge_signature(path, &self.authorities[place], &found.end, report);
        judge_times(path, &found.head, self.at, report);
        let told = HeldCrl::read(place, &found.head, &found.end);
        Some(Held { told, tbs_sha256: found.end.tbs_sha256, point: found.end.point })
    }
}

impl Held {
    /// Whether another one is of the same CA, for the same certificates.
    fn is_for(&self, other: &Self) -> bool {
        self.told.authority == other.told.authority && self.point == other.point
    }
}

/// The octets of the next CRL of a file, up to its END line.
fn pieces(file: &mut BufReader<impl Read>) -> impl FnMut() -> Result<Option<Vec<u8>>, ReadError<String>> {
    let mut list = Some(PemLines::default());
    move || {
        let Some(lines) = &mut list else { return Ok(None) };
        let mut line = Vec::new();
        let limited = file.by_ref().take(PemLines::OCTETS_MAX).read_until(b'\n', &mut line);
        limited.map_err(|error| ReadError::Source(error.to_string()))?;
        let octets = lines.push(&line)?;
        if octets.is_none() {
            list = None;
        }
        Ok(octets)
    }
}
