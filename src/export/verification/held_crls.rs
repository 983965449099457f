//! CRLs that a form holds, read from the bundle one after another: each is signed by a CA of the path, in the path's order.

use std::io::{BufRead as _, BufReader, Read};

use super::{
    super::{form::Format, forms::Forms, held_crls::HeldCrl},
    FlawId, OpenError, Report, Source,
    crl::{CrlFound, judge_signature, judge_times, read_list},
};
use crate::pki::{
    certificate::Certificate,
    crl::{PemLines, ReadError},
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
        let held: Vec<HeldCrl> = found.into_iter().map(|(held, _)| held).collect();
        forms.hold(format, &held);
        Some(path)
    }

    /// Reads the CRLs of a file, each with the digest of its signed octets; `None` where there is no such file.
    pub(super) fn read<S: Source>(
        &self,
        source: &S,
        path: &str,
        report: &mut Report,
    ) -> Option<Vec<(HeldCrl, Digest)>> {
        let mut file = match source.open(path) {
            Ok(file) => BufReader::new(file),
            Err(OpenError::Missing) => return None,
            Err(error) => {
                report.add_open(path, &error);
                return None;
            }
        };
        let mut held: Vec<(HeldCrl, Digest)> = Vec::new();
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
            let last = held.last().map_or(0, |(held, _)| held.authority);
            match read_list(pieces(&mut file), |_, _| Ok(())) {
                Ok(found) => held.extend(self.judge(path, &found, last, report)),
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

    /// Judges a CRL of one of the CAs from a place in the path on; `None` where it is of none of them.
    fn judge(
        &self,
        path: &str,
        found: &CrlFound,
        from: usize,
        report: &mut Report,
    ) -> Option<(HeldCrl, Digest)> {
        let (head, end) = found;
        let mut cas = self.authorities.iter().enumerate().skip(from);
        let signer = cas.find(|(_, ca)| {
            // One that was made elsewhere may name no key.
            head.issuer == *ca.subject()
                && end.key_identifier.as_deref().is_none_or(|key| ca.subject_key_identifier() == Some(key))
        });
        let Some((place, ca)) = signer else {
            let message = format!("{path}: a CRL of {} is not of the next CA", head.issuer.to_printable());
            report.add(FlawId::Crl, &message);
            return None;
        };
        judge_signature(path, ca, end, report);
        judge_times(path, head, self.at, report);
        Some((HeldCrl::read(place, head, end), end.tbs_sha256))
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
