//! A long queue of events for a certificate provider, in one file: each is answered, in memory that does not grow with it,
//! and the same requests in files of their own are issued beside it, for comparison. A few hundred each time; 100,000 with
//! `COLDSIGN_LONG=1 cargo test --release --test cli long_queue -- --nocapture`, which tells what both cost.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::Path,
};

use coldsign::pki::fingerprint::Digest;
use serde_json::json;
use x509_cert::{
    Certificate,
    der::{AnyRef, Decode as _, Encode as _, Header, SliceReader, pem},
};

use crate::{
    bench::audited,
    support::{
        Sandbox, files, lines, long_form,
        measured::measured,
        stick::{self, Files, Keys, Stick},
    },
};

const NAME: &str = "aws-certificate-provider";

/// Memory that no step takes, in MiB, of which the register's page cache is 32.
const MIB_MAX: u64 = 150;

/// What a queue of events was turned into.
struct Answered {
    answers: Vec<u8>,
    index: String,
}

/// Plans, signs, delivers and verifies what lies in a folder, each measured.
fn issued(sandbox: &Sandbox, from: &str, count: usize) -> Answered {
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    let plan = ["--json", "plan", "--ca", "root", "--profile", NAME, from];
    let planned = measured(sandbox, &plan);
    let summary = lines(&planned.stdout).pop().expect("a summary");
    let said = |key: &str| summary[key].as_str().expect("a text").to_owned();
    let id = said("plan");
    assert_eq!((&summary["accepted"], &summary["refused"]), (&count.into(), &0.into()), "{summary}");
    sandbox.ok(["approve", &id, "--words", &said("words")]);
    let signed = measured(sandbox, &["sign", &id, "--pin-file", &pin]);
    let delivered = measured(sandbox, &["deliver", &id, "--to", &out, "--for", NAME, "--pin-file", &pin]);
    let bundle = format!("{out}/{id}");
    let verified = measured(sandbox, &["verify", &bundle, "--trust", &format!("{bundle}/root.pem")]);
    let steps = [&planned, &signed, &delivered, &verified];
    let seconds: f64 = steps[..3].iter().map(|step| step.seconds).sum();
    #[expect(clippy::cast_precision_loss, reason = "a rate, told in whole numbers")]
    let rate = count as f64 / seconds;
    let mib = steps.map(|step| step.mib);
    println!("{count} of {from}: {rate:.0} a second from the medium to the medium, {mib:?} MiB at most");
    assert!(mib.into_iter().all(|mib| mib < MIB_MAX), "{mib:?}");
    audited(sandbox, count as u64 + 1);
    let read = |name: &str| fs::read(Path::new(&bundle).join(NAME).join(name)).unwrap();
    Answered { answers: read("answers.jsonl"), index: String::from_utf8(read("index.csv")).unwrap() }
}

fn der(text: &[u8]) -> Vec<u8> {
    pem::decode_vec(text).expect("PEM").1
}

/// Subject and public key of a request (RFC 2986 §4.1), octet for octet.
fn asked(request: &[u8]) -> [Vec<u8>; 2] {
    let mut reader = SliceReader::new(request).unwrap();
    // Into the request and what is signed of it, and past the version.
    for _ in 0..2 {
        Header::decode(&mut reader).unwrap();
    }
    AnyRef::decode(&mut reader).unwrap();
    [(); 2].map(|()| AnyRef::decode(&mut reader).unwrap().to_der().unwrap())
}

#[test]
fn a_long_queue_of_events_is_answered_line_by_line() {
    let count = if long_form() { 100_000 } else { 300 };
    let sandbox = Sandbox::with_root("cli-queue", "p256");
    let (plain, queue) = (sandbox.path("plain"), sandbox.folder("queue"));
    stick::fill(&plain, Stick { count, files: Files::Many, keys: Keys::P256 }).unwrap();
    let requests = files(&plain);
    assert_eq!(requests.len(), count);
    let mut events = BufWriter::new(fs::File::create_new(Path::new(&queue).join("events.jsonl")).unwrap());
    for (number, path) in requests.iter().enumerate() {
        let csr = fs::read_to_string(path).unwrap();
        let (who, client) = (format!("{number:064x}"), format!("client-{number}"));
        let event = json!({ "certificateSigningRequest": csr, "principalId": who, "clientId": client });
        writeln!(events, "{event}").unwrap();
    }
    events.flush().unwrap();

    let Answered { answers, index } = issued(&sandbox, &queue, count);
    let (answers, mut rows) = (lines(&answers), index.lines());
    assert_eq!(rows.next(), Some("file,line,spki_sha256,certificate_sha256"));
    assert_eq!((answers.len(), rows.clone().count()), (count, count));
    for ((number, path), (answer, row)) in (1..).zip(&requests).zip(answers.iter().zip(rows)) {
        let certificate = der(answer["certificatePem"].as_str().expect("a certificate").as_bytes());
        let [subject, key] = asked(&der(&fs::read(path).unwrap()));
        let given = Certificate::from_der(&certificate).unwrap();
        let given = given.tbs_certificate();
        let of_given =
            [given.subject().to_der(), given.subject_public_key_info().to_der()].map(Result::unwrap);
        assert_eq!([&subject, &key], of_given.each_ref(), "line {number}");
        let key = Digest::of(&key);
        let expected = format!("events.jsonl,{number},{key},{}", Digest::of(&certificate));
        assert_eq!(row, expected, "line {number}");
    }

    let files = Sandbox::with_root("cli-queue-files", "p256");
    let of_files = issued(&files, plain.to_str().unwrap(), count);
    assert_eq!(lines(&of_files.answers).len(), count);
}
