//! The certificates of a bundle: each is sound, leads to the root, and is the same everywhere it stands.

use std::io::{BufRead, BufReader, Read};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{
    super::{
        bundle::{CERTIFICATES_PEM, DEVICES_CSV, Place, REFUSED_CSV},
        devices::{DEVICE_COLUMNS, Device, REFUSED_COLUMNS, line},
        form::Item,
        manifest::Header,
        pem,
    },
    FlawId, Report, Source,
    authorities::Authorities,
    files::Expected,
    forms::Forms,
    small,
};
use crate::pki::{
    certificate::{CERTIFICATE_OCTETS_MAX, Certificate},
    fingerprint::Digest,
    key::PublicKey,
    lint::{lint_finished, waiver::Waiver},
    path,
    plan::{PlanDigest, PlanStatement},
    text::{counted, is_harmless},
    time::Time,
};

/// Certificates judged together on all cores: enough to keep them busy, little to hold in memory.
const BATCH: usize = 1_024;
/// Longest line of a table, in octets: eight cells of text, each limited when it was written.
const LINE_OCTETS_MAX: u64 = 64 * 1024;
/// Longest PEM of one certificate, in octets.
const BLOCK_OCTETS_MAX: u64 = CERTIFICATE_OCTETS_MAX as u64 * 2;
/// Longest file of one certificate with its chain, in octets.
const FILE_OCTETS_MAX: u64 = BLOCK_OCTETS_MAX * 4;

const END: &[u8] = b"-----END CERTIFICATE-----\n";

/// The DER of each certificate in PEM text; stops after the first error. Only the spelling that bundles are written
/// in is taken: nothing between the certificates.
pub(super) fn blocks(text: impl Read) -> impl Iterator<Item = Result<Vec<u8>, String>> {
    let mut reader = BufReader::new(text);
    let mut ended = None;
    std::iter::from_fn(move || {
        if ended.is_some() {
            return None;
        }
        let block = block(&mut reader);
        if !matches!(block, Ok(Some(_))) {
            ended = Some(());
        }
        block.transpose()
    })
}

fn block(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, String> {
    let mut text = Vec::new();
    let mut reader = reader.take(BLOCK_OCTETS_MAX);
    while !text.ends_with(END) {
        if reader.read_until(b'\n', &mut text).map_err(|error| error.to_string())? == 0 {
            return if text.is_empty() { Ok(None) } else { Err("a certificate is cut short".to_owned()) };
        }
    }
    let (label, der) = der::pem::decode_vec(&text).map_err(|error| error.to_string())?;
    if label != "CERTIFICATE" || pem::certificate(&der) != text {
        return Err("a certificate is not written as bundles are".to_owned());
    }
    Ok(Some(der))
}

/// The lines of a table; stops after the first error.
struct Table<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: Read> Table<R> {
    /// The next line's cells; `None` at the end. Cells have no line ends in them, so a line is a record.
    fn next(&mut self) -> Result<Option<Vec<String>>, String> {
        self.number += 1;
        let wrong = |reason: &str| format!("line {}: {reason}", self.number);
        let mut octets = Vec::new();
        let count = self.reader.by_ref().take(LINE_OCTETS_MAX).read_until(b'\n', &mut octets);
        if count.map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(octets.as_slice());
        let record = reader.records().next().transpose().map_err(|_| wrong("not a record"))?;
        let cells: Vec<String> = record.iter().flatten().map(str::to_owned).collect();
        if cells.is_empty() || line(&cells) != octets {
            return Err(wrong("not written as bundles are"));
        }
        if !cells.iter().all(|cell| cell.chars().all(is_harmless)) {
            return Err(wrong("unprintable characters"));
        }
        Ok(Some(cells))
    }
}

fn table<S: Source>(
    source: &S,
    path: &str,
    columns: &[&str],
    id: FlawId,
    report: &mut Report,
) -> Option<Table<S::File>> {
    let file = source.open(path).map_err(|error| report.add_open(path, &error)).ok()?;
    let mut table = Table { reader: BufReader::new(file), number: 0 };
    match table.next() {
        Ok(Some(header)) if header == columns => Some(table),
        _ => {
            report.add(id, &format!("{path}: the first line does not name its columns"));
            None
        }
    }
}

/// One certificate with its line of devices.csv.
struct Entry {
    index: u64,
    der: Vec<u8>,
    cells: Vec<String>,
}

/// What became of an entry.
struct Judged {
    certificate: Option<Certificate>,
    tbs_sha256: Digest,
    serial: u128,
    flaws: Vec<(FlawId, String)>,
}

/// Reads certificates.pem and devices.csv side by side and judges each certificate.
pub(super) fn judge<S: Source>(
    source: &S,
    header: &Header,
    authorities: &Authorities,
    audit_key: Option<PublicKey>,
    at: Option<Time>,
    expected: &mut Expected,
    report: &mut Report,
) {
    let path = CERTIFICATES_PEM;
    let file = match source.open(path) {
        Ok(file) => file,
        Err(error) => return report.add_open(path, &error),
    };
    let mut devices = table(source, DEVICES_CSV, &DEVICE_COLUMNS, FlawId::DevicesCsv, report);
    let sent = pem::sent_with_device(&authorities.chain);
    let waivers = waivers_of(header, report);
    let mut derived = Derived::begin(header, authorities, &waivers);
    let mut serials: Vec<u128> = Vec::new();
    let mut certificates = blocks(file);
    let above = (&authorities.chain[..], at);
    let mut forms = Forms::begin(source, header, above, audit_key, expected, report);
    loop {
        let batch = batch(&mut certificates, &mut devices, report);
        if batch.is_empty() {
            break;
        }
        let judged: Vec<Judged> =
            batch.par_iter().map(|entry| judge_one(entry, authorities, &waivers, at)).collect();
        for (entry, judged) in batch.iter().zip(judged) {
            derived.add(judged.tbs_sha256, entry);
            serials.push(judged.serial);
            for (id, message) in judged.flaws {
                report.add(id, &format!("certificate {}: {message}", entry.index));
            }
            if let Some(place) = compare_files(source, entry, &sent, expected, report)
                && let Some(certificate) = judged.certificate
            {
                let [from, file, ..] = entry.cells.as_slice() else { continue };
                let device = Device::of(&certificate, from, file);
                let item = Item { place: &place, der: &entry.der, source: from, device, key: None };
                forms.certificate(source, &item, expected, report);
            }
        }
    }
    forms.finish(source, expected, report);
    if let Some(mut devices) = devices
        && devices.next() != Ok(None)
    {
        report.add(FlawId::DevicesCsv, "devices.csv has more lines than there are certificates");
    }
    check_counts(header, report);
    derived.compare(header, report);
    check_serials(serials, report);
}

/// The rules that the manifest says were waived.
fn waivers_of(header: &Header, report: &mut Report) -> Vec<Waiver> {
    let waivers: Option<Vec<Waiver>> = header.waivers.iter().map(|line| Waiver::from_line(line)).collect();
    waivers.unwrap_or_else(|| {
        report.add(FlawId::ManifestMalformed, "the manifest waives what is no rule that can be waived");
        Vec::new()
    })
}

/// Compares how many certificates there are with the manifest.
fn check_counts(header: &Header, report: &mut Report) {
    if report.certificates == 0 {
        report.add(FlawId::Counts, "there is no certificate in it, and no plan has none");
    }
    if report.certificates != header.counts.issued {
        let message = format!(
            "{}, {} in the manifest",
            counted(report.certificates, "certificate"),
            header.counts.issued
        );
        report.add(FlawId::Counts, &message);
    }
}

/// Tells serial numbers that stand twice, each given by what is left of its digest.
fn check_serials(mut serials: Vec<u128>, report: &mut Report) {
    serials.sort_unstable();
    let twice = serials.windows(2).filter(|pair| pair[0] == pair[1]).count();
    if twice > 0 {
        report.add(FlawId::SerialDuplicate, &format!("{twice} serial numbers stand twice"));
    }
}

/// The plan digest as it follows from the bundle: of this form, and of the form that earlier bundles have, which approve the
/// certificates alone. No content has both.
struct Derived([PlanDigest; 2]);

impl Derived {
    fn begin(header: &Header, authorities: &Authorities, waivers: &[Waiver]) -> Self {
        let plan = PlanStatement {
            standing: header.standing.name(),
            profile: &header.profile,
            issuer_sha256: authorities.issuer().sha256(),
            count: header.counts.issued,
            waivers,
        };
        Self([PlanDigest::new(&plan), PlanDigest::of_certificates(&plan)])
    }

    fn add(&mut self, tbs_sha256: Digest, entry: &Entry) {
        let source = entry.cells.first().map_or("", String::as_str);
        self.0.iter_mut().for_each(|digest| digest.add(tbs_sha256, source));
    }

    fn compare(self, header: &Header, report: &mut Report) {
        let told = Digest::from_hex(&header.digest);
        if !self.0.into_iter().any(|digest| told == Some(digest.finish())) {
            report.add(
                FlawId::PlanDigest,
                "standing, profile, and the certificates in their order with their sources do not give the plan digest",
            );
        }
    }
}

fn batch<R: Read>(
    certificates: &mut impl Iterator<Item = Result<Vec<u8>, String>>,
    devices: &mut Option<Table<R>>,
    report: &mut Report,
) -> Vec<Entry> {
    let mut batch = Vec::new();
    for der in certificates.take(BATCH) {
        let der = match der {
            Ok(der) => der,
            Err(reason) => {
                report.add(FlawId::CertificateMalformed, &format!("certificates.pem: {reason}"));
                break;
            }
        };
        let cells = match devices.as_mut().map(Table::next) {
            None => Vec::new(),
            Some(Ok(Some(cells))) if cells.len() == DEVICE_COLUMNS.len() => cells,
            Some(Ok(Some(cells))) => {
                let message = format!("devices.csv has a line of {} columns", cells.len());
                report.add(FlawId::DevicesCsv, &message);
                *devices = None;
                Vec::new()
            }
            Some(Ok(None)) => {
                report.add(FlawId::DevicesCsv, "devices.csv has fewer lines than there are certificates");
                *devices = None;
                Vec::new()
            }
            Some(Err(reason)) => {
                report.add(FlawId::DevicesCsv, &format!("devices.csv, {reason}"));
                *devices = None;
                Vec::new()
            }
        };
        report.certificates += 1;
        batch.push(Entry { index: report.certificates, der, cells });
    }
    batch
}

fn judge_one(entry: &Entry, authorities: &Authorities, waivers: &[Waiver], at: Option<Time>) -> Judged {
    let certificate = match Certificate::parse(&entry.der) {
        Ok(certificate) => certificate,
        Err(error) => {
            // A digest of its own, so that it is neither taken for another nor for one that is there.
            let digest = Digest::of(&entry.der);
            let flaws = vec![(FlawId::CertificateMalformed, error.to_string())];
            return Judged { certificate: None, tbs_sha256: digest, serial: short(digest), flaws };
        }
    };
    let mut flaws = Vec::new();
    // The whole path for the first, which also judges path lengths; below one CA the rest differs in its last step, but for
    // limits of names and policies, which come from all CAs.
    let limited = authorities.path.iter().chain([&authorities.trust]).any(Certificate::limits_what_is_below);
    let verified = if entry.index == 1 || limited {
        path::verify(&certificate, &authorities.path, &authorities.trust, at)
    } else {
        path::verify(&certificate, &[], authorities.path.first().unwrap_or(&authorities.trust), at)
    };
    if let Err(reason) = verified {
        flaws.push((FlawId::Path, reason));
    }
    for fault in lint_finished(&certificate, authorities.issuer(), waivers) {
        flaws.push((FlawId::CertificateLint, format!("{}: {}", fault.rule, fault.message)));
    }
    if let [source, file, rest @ ..] = entry.cells.as_slice()
        && Device::of(&certificate, source, file).cells()[2..] != *rest
    {
        flaws.push((FlawId::DevicesCsv, "its line of devices.csv says something else".to_owned()));
    }
    let serial = short(Digest::of(certificate.serial()));
    let tbs_sha256 = Digest::of(certificate.tbs());
    Judged { certificate: Some(certificate), tbs_sha256, serial, flaws }
}

fn short(digest: Digest) -> u128 {
    digest.as_octets()[..16].iter().fold(0, |key, &octet| key << 8 | u128::from(octet))
}

fn compare_files<S: Source>(
    source: &S,
    entry: &Entry,
    sent: &[u8],
    expected: &mut Expected,
    report: &mut Report,
) -> Option<Place> {
    let file = entry.cells.get(1)?;
    let Some(place) = Place::from_certificate(file, entry.index) else {
        report.add(FlawId::DevicesCsv, &format!("certificate {}: {file} is not its place", entry.index));
        return None;
    };
    expected.add(&place);
    let certificate = pem::certificate(&entry.der);
    let files =
        [(place.chain(), [certificate.as_slice(), sent].concat()), (place.certificate(), certificate)];
    for (path, octets) in files {
        // A file that is missing was reported when the manifest was read, or is not in it, which is reported later.
        let mut unreported = Report::default();
        if small(source, &path, FILE_OCTETS_MAX, &mut unreported).is_some_and(|found| found != octets) {
            report.add(
                FlawId::CertificateFile,
                &format!("{path} is not certificate {} of the plan", entry.index),
            );
        }
    }
    Some(place)
}

/// refused.csv is a table, and has a line at least for every refusal that the manifest counts.
pub(super) fn refusals<S: Source>(source: &S, header: &Header, report: &mut Report) {
    let Some(mut refused) = table(source, REFUSED_CSV, &REFUSED_COLUMNS, FlawId::RefusedCsv, report) else {
        return;
    };
    let mut lines = 0_u64;
    loop {
        match refused.next() {
            Ok(None) => break,
            Ok(Some(cells)) if cells.len() == REFUSED_COLUMNS.len() => lines += 1,
            Ok(Some(_)) => return report.add(FlawId::RefusedCsv, "refused.csv: a line has other columns"),
            Err(reason) => return report.add(FlawId::RefusedCsv, &format!("refused.csv, {reason}")),
        }
    }
    if lines < header.counts.refused {
        let message = format!(
            "{} in refused.csv, {} refused in the manifest",
            counted(lines, "line"),
            header.counts.refused
        );
        report.add(FlawId::Counts, &message);
    }
}
