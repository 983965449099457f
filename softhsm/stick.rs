//! A folder that stands for the stick: fresh requests as a factory sends them, some unwanted or hostile. Read [`fill`]
//! first.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use coldsign::pki::{
    der::{element, tag},
    oid,
};
use rayon::prelude::*;

use super::request::{self, Algorithm, Attributes, Critical, Key, Parameters, Request, Signed, name, pem};

/// Most RSA keys: each takes seconds, all other keys together take one.
const RSA_COUNT_MAX: usize = 12;

/// Requests in one folder: FAT32 and people both slow down beyond.
const FOLDER_COUNT_MAX: usize = 500;

/// What a stick holds.
#[derive(Clone, Copy)]
pub struct Stick {
    /// How many requests, the unwanted ones among them.
    pub count: usize,
    /// How they lie on it.
    pub files: Files,
    /// Their keys.
    pub keys: Keys,
}

/// How requests lie on the stick.
#[derive(Clone, Copy, PartialEq)]
pub enum Files {
    /// Most in a file of their own, in several folders.
    Many,
    /// All in one PEM file.
    One,
}

/// Which keys requests have.
#[derive(Clone, Copy, PartialEq)]
pub enum Keys {
    /// All algorithms, and unwanted requests among them.
    Mixed,
    /// P-256, every request sound.
    P256,
}

/// What was written.
pub struct Counts {
    /// Requests that a permissive CA issues for.
    pub sound: usize,
    /// Everything else: requests that are refused, and what is no request at all.
    pub unwanted: usize,
    /// Files, links and pipes.
    pub files: usize,
}

/// Fills a folder, which must be empty or not there.
///
/// # Errors
/// What the file system says, and a folder that is not empty.
pub fn fill(folder: &Path, stick: Stick) -> io::Result<Counts> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::Error::other("is not empty"));
    }
    let first = Request::named("device-000000").der(&Key::generate(Algorithm::P256));
    let unwanted = if stick.keys == Keys::Mixed && stick.files == Files::Many {
        unwanted(&folder.join("unwanted"), stick.count, &first)?
    } else {
        0
    };
    let sound = stick.count - unwanted;
    let make = |index: usize| -> Vec<u8> {
        if index == 0 { first.clone() } else { sound_request(index, kind(index, sound, stick.keys)) }
    };
    let files = match stick.files {
        Files::One => one_file(&folder.join("requests.pem"), sound, make)?,
        Files::Many => many_files(folder, sound, stick.keys, make)?,
    };
    Ok(Counts { sound, unwanted, files: files + unwanted })
}

/// All requests in one PEM file, made on all cores in groups that memory does not notice.
fn one_file(path: &Path, count: usize, make: impl Fn(usize) -> Vec<u8> + Sync) -> io::Result<usize> {
    let mut file = BufWriter::new(fs::File::create_new(path)?);
    for start in (0..count).step_by(4096) {
        let group: Vec<String> = (start..count.min(start + 4096))
            .into_par_iter()
            .map(|index| pem("CERTIFICATE REQUEST", &make(index)))
            .collect();
        for text in group {
            file.write_all(text.as_bytes())?;
        }
    }
    file.flush()?;
    Ok(1)
}

/// Most requests in files of their own, in folders; a tenth of a mixed stick in one file, as factories send them.
fn many_files(
    folder: &Path,
    count: usize,
    keys: Keys,
    make: impl Fn(usize) -> Vec<u8> + Sync,
) -> io::Result<usize> {
    let together = if keys == Keys::Mixed { count / 10 } else { 0 };
    let alone = count - together;
    for line in 0..alone.div_ceil(FOLDER_COUNT_MAX) {
        fs::create_dir(folder.join(format!("line-{:02}", line + 1)))?;
    }
    let files = AtomicUsize::new(0);
    (0..alone).into_par_iter().try_for_each(|index| {
        let shape = if keys == Keys::Mixed { Shape::ALL[index % Shape::ALL.len()] } else { Shape::Plain };
        let (octets, ending) = shape.file(&make(index));
        let line = folder.join(format!("line-{:02}", index / FOLDER_COUNT_MAX + 1));
        files.fetch_add(1, Ordering::Relaxed);
        fs::write(line.join(format!("device-{index:06}.{ending}")), octets)
    })?;
    if together > 0 {
        files.fetch_add(1, Ordering::Relaxed);
        fs::create_dir(folder.join("line-batch"))?;
        one_file(&folder.join("line-batch/batch.pem"), together, |index| make(alone + index))?;
    }
    Ok(files.into_inner())
}

/// How a request lies in its file.
#[derive(Clone, Copy)]
enum Shape {
    Plain,
    Der,
    WindowsLines,
    NewLabel,
    ByteOrderMark,
    TextAround,
}

impl Shape {
    /// Plain PEM is what most senders write.
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Der,
        Self::Plain,
        Self::WindowsLines,
        Self::Plain,
        Self::NewLabel,
        Self::ByteOrderMark,
        Self::TextAround,
    ];

    /// The file's octets and the ending of its name.
    fn file(self, der: &[u8]) -> (Vec<u8>, &'static str) {
        let armoured = || pem("CERTIFICATE REQUEST", der);
        match self {
            Self::Plain => (armoured().into(), "csr"),
            Self::Der => (der.to_vec(), "der"),
            Self::WindowsLines => (armoured().replace('\n', "\r\n").into(), "pem"),
            Self::NewLabel => (pem("NEW CERTIFICATE REQUEST", der).into(), "req"),
            Self::ByteOrderMark => (format!("\u{feff}{}", armoured()).into(), "csr"),
            Self::TextAround => {
                (format!("Sent by the line's controller.\n\n{}\nEnd of message.\n", armoured()).into(), "txt")
            }
        }
    }
}

/// Which key the sound request at this index has: P-256 mostly, the slow ones spread evenly.
fn kind(index: usize, count: usize, keys: Keys) -> Algorithm {
    let rsa = (count / 80).min(RSA_COUNT_MAX);
    match index {
        _ if keys == Keys::P256 => Algorithm::P256,
        _ if rsa > 0 && index % (count / rsa) == 1 && index / (count / rsa) < rsa => Algorithm::Rsa(2048),
        _ if index % 16 == 3 => Algorithm::P384,
        _ if index % 24 == 5 => Algorithm::P521,
        _ if index % 12 == 10 => Algorithm::Ed25519,
        _ => Algorithm::P256,
    }
}

/// A request that a permissive CA issues for; what it asks for and how it is written varies with the index.
fn sound_request(index: usize, algorithm: Algorithm) -> Vec<u8> {
    let key = Key::generate(algorithm);
    let common_name = format!("device-{index:06}");
    let mut request = Request::named(&common_name);
    match index % 10 {
        1 => {
            let host = format!("{common_name}.factory.example");
            request = request.with(request::alternative_names(&[&host]));
        }
        2 => {
            request.subject = name(&[
                (request::COUNTRY, tag::PRINTABLE_STRING, b"CH"),
                (request::ORGANIZATION, tag::UTF8_STRING, "Gerätewerk Zürich".as_bytes()),
                (request::SERIAL_NUMBER, tag::PRINTABLE_STRING, format!("SN{index:08}").as_bytes()),
                (request::COMMON_NAME, tag::PRINTABLE_STRING, common_name.as_bytes()),
            ]);
        }
        3 => {
            request = request
                .with(request::key_usage(&[7, 0x80]))
                .with(request::extended_key_usage(&[request::CLIENT_AUTH]));
        }
        // Written wrongly by well-known device libraries, with one meaning only.
        4 => request.attributes = Attributes::Omitted,
        5 if algorithm == Algorithm::P256 => {
            request.signature_algorithm = Some(request::algorithm(oid::ECDSA_WITH_SHA256, Parameters::Null));
        }
        _ => {}
    }
    request.der(&key)
}

/// What must not be issued, and what is no request at all: writes as many of these as a stick of `count` requests can
/// hold, and returns how many. `first` is the stick's first sound request, which a copy of its key follows.
fn unwanted(folder: &Path, count: usize, first: &[u8]) -> io::Result<usize> {
    let key = || Key::generate(Algorithm::P256);
    let plain = |common_name: &str| Request::named(common_name).der(&key());
    let armour = |der: &[u8]| pem("CERTIFICATE REQUEST", der).into_bytes();
    let named =
        |value: &[u8]| Request::new(name(&[(request::COMMON_NAME, tag::UTF8_STRING, value)])).der(&key());
    let truncated = plain("truncated");
    let indefinite = {
        let der = plain("indefinite-length");
        let header = if der[1] == 0x81 { 3 } else { 4 };
        [&[tag::SEQUENCE, 0x80], &der[header..], &[0, 0]].concat()
    };
    let certificate = plain("not-a-certificate");
    // 1.3.6.1.4.1.99999.1: an extension that nobody has defined.
    let unknown: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, 0x01];
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("bad-signature.csr", {
            let mut request = Request::named("bad-signature");
            request.signed = Signed::Badly;
            armour(&request.der(&key()))
        }),
        ("wants-to-be-a-ca.csr", armour(&Request::named("ca").with(request::authority()).der(&key()))),
        ("wants-to-sign-certificates.csr", {
            armour(&Request::named("signer").with(request::key_usage(&[2, 0x04])).der(&key()))
        }),
        ("unknown-critical-extension.csr", {
            let wish = request::extension(unknown, Critical::Yes, &[tag::NULL, 0]);
            armour(&Request::named("critical").with(wish).der(&key()))
        }),
        ("escape-sequence-in-name.csr", armour(&named(b"\x1b[2J\x1b[1;31mAPPROVED\x1b[0m"))),
        ("nul-in-name.csr", armour(&named(b"device\0.factory.example"))),
        ("rsa-1024.csr", armour(&Request::named("rsa-1024").der(&Key::generate(Algorithm::Rsa(1024))))),
        ("trailing-octets.der", [plain("trailing-octets"), b"and more".to_vec()].concat()),
        ("truncated.der", truncated[..truncated.len() - 9].to_vec()),
        ("indefinite-length.der", indefinite),
        ("same-key-again.csr", armour(first)),
        (
            "broken-base64.csr",
            b"-----BEGIN CERTIFICATE REQUEST-----\nMII*\n-----END CERTIFICATE REQUEST-----\n".into(),
        ),
        ("empty-subject.csr", armour(&Request::new(element(tag::SEQUENCE, &[])).der(&key()))),
        ("garbage.csr", [&[0xff, 0x00][..], &request::random::<510>()].concat()),
        ("empty.csr", Vec::new()),
        ("private-key.pem", key().private_pem().into_bytes()),
        ("certificate.pem", pem("CERTIFICATE", &certificate).into_bytes()),
        ("README.txt", b"Requests of this week's production. Please sign all of them today!\n".into()),
    ];
    // The two that are not regular files come last.
    let room = count / 2;
    let mut written = 0;
    fs::create_dir(folder)?;
    for (name, octets) in files.iter().take(room) {
        fs::write(folder.join(name), octets)?;
        written += 1;
    }
    if written + 2 <= room {
        symlink("/etc/passwd", folder.join("link-to-outside.csr"))?;
        let pipe = folder.join("pipe.csr");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)?;
        written += 2;
    }
    Ok(written)
}
