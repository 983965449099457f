//! The ASN.1 tree, the plain words and the octets of certificates and requests, held against what OpenSSL says of the
//! same octets; and the whole corpus, read without a fault of ours.

mod support;

use std::{fs, io::Write as _, path::Path, process::Stdio};

use coldsign::pki::{
    anatomy::{
        DEPTH_MAX, Form, Node, Place, Tree, describe_certificate, describe_request, hex_line, hex_lines, tree,
    },
    certificate::CERTIFICATE_OCTETS_MAX,
    pem::{Piece, Splitter, certificates},
    text::is_shown,
};
use support::{
    material,
    request::{Algorithm, Key, Request, alternative_names, authority, key_usage},
    tool,
};

/// An element as `openssl asn1parse` prints it: offset, depth, octets of header and contents, primitive or not.
/// The octets of the contents are `None` where the length is indefinite.
type Row = (usize, u8, u8, Option<usize>, Form);

/// What OpenSSL says; `None` where it takes the octets for no ASN.1.
fn asn1parse(der: &[u8]) -> Option<Vec<Row>> {
    let mut child = tool("openssl", "openssl")
        .args(["asn1parse", "-inform", "DER"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    // It may end before it has read everything.
    let _ = child.stdin.take().expect("a pipe").write_all(der);
    let output = child.wait_with_output().expect("openssl ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().filter_map(row).collect())
}

/// `    4:d=1  hl=2 l=   3 cons: cont [ 0 ]`.
fn row(line: &str) -> Option<Row> {
    let (offset, rest) = line.split_once(":d=")?;
    let (depth, rest) = rest.split_once("hl=")?;
    let (header, rest) = rest.split_once("l=")?;
    let (length, rest) = rest.trim_start().split_once(' ')?;
    let form = if rest.trim_start().starts_with("cons") { Form::Constructed } else { Form::Primitive };
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let small = |text: &str| text.trim().parse::<u8>().ok();
    Some((
        number(offset)?,
        small(depth)?,
        small(header)?,
        if length == "inf" { None } else { Some(number(length)?) },
        form,
    ))
}

fn ours(node: &Node) -> Row {
    (node.offset, node.depth, node.header_octets, Some(node.octets), node.form)
}

/// Compares both trees; whether there was something to compare. What OpenSSL does not take at all has a fault here.
fn compare(name: &str, der: &[u8]) -> bool {
    let found = tree(der);
    let Some(rows) = asn1parse(der) else {
        assert_ne!(found.fault, None, "{name}");
        return false;
    };
    let fault = found.fault.as_ref().map_or("", |fault| fault.what.as_str());
    if found.more > 0 || TOLD_OTHERWISE.iter().any(|told| fault.contains(told)) {
        return false;
    }
    agrees(name, &found, &rows);
    true
}

/// Faults behind which the trees may differ: OpenSSL goes on with what stands after the end as with another element,
/// and stops where an element is cut short or too deep; behind an indefinite length such faults can follow untold.
const TOLD_OTHERWISE: [&str; 5] = ["behind the end", ", and has", "cut short", "too deep", "indefinite"];

#[track_caller]
fn agrees(name: &str, found: &Tree, rows: &[Row]) {
    let mut open: Vec<Row> = found.nodes.iter().filter(|node| node.place == Place::Open).map(ours).collect();
    for (own, row) in open.iter_mut().zip(rows) {
        own.3 = own.3.filter(|_| row.3.is_some());
    }
    assert_eq!(open, rows, "{name}");
    assert!(found.nodes.iter().all(|node| node.depth <= DEPTH_MAX));
}

/// Reads all views of some octets; nothing in them may do harm on a screen.
fn read_all(name: &str, der: &[u8]) {
    let tree = tree(der);
    let mut said: Vec<String> =
        tree.nodes.iter().map(|node| format!("{} {}", node.name(), node.value)).collect();
    said.extend(tree.nodes.iter().filter_map(|node| node.remark.clone()));
    for description in [describe_certificate(der), describe_request(der)] {
        for field in description.sections.into_iter().flat_map(|section| section.fields) {
            said.extend([field.name, field.value.to_string(), field.remark.unwrap_or_default()]);
        }
    }
    said.extend((0..hex_lines(der.len()).min(64)).filter_map(|line| hex_line(der, &tree.hidden, line)));
    assert!(said.iter().all(|text| text.chars().all(is_shown)), "{name}");
}

fn openssl(arguments: &[&str], folder: &Path) -> String {
    let mut command = tool("openssl", "openssl");
    support::succeed(command.args(arguments).current_dir(folder))
}

/// The value of the first field of this name.
fn field(description: &coldsign::pki::anatomy::Description, section: &str, name: &str) -> String {
    let sections = description.sections.iter().filter(|candidate| candidate.title == section);
    let mut fields = sections.flat_map(|section| &section.fields).filter(|field| field.name == name);
    fields.next().unwrap_or_else(|| panic!("no {name} in {section}: {description:#?}")).value.to_string()
}

#[test]
fn certificates_of_openssl_read_as_openssl_reads_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let kinds: [&[&str]; 3] = [
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["-newkey", "rsa:2048"],
        &["-newkey", "ed25519"],
    ];
    for (kind, name) in kinds.into_iter().zip(["P-256", "RSA-2048", "Ed25519"]) {
        let fixed = [
            "-x509",
            "-nodes",
            "-keyout",
            "key.pem",
            "-outform",
            "DER",
            "-out",
            "it.der",
            "-days",
            "365",
            "-subj",
            "/C=DE/O=Tests/CN=a device",
            "-addext",
            "subjectAltName=DNS:a.example,IP:192.0.2.1",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        ];
        openssl(&[&["req"], kind, &fixed].concat(), at);
        let der = fs::read(at.join("it.der")).expect("a certificate");
        assert!(compare(name, &der), "{name}: there was nothing to compare");
        read_all(name, &der);
        let description = describe_certificate(&der);
        assert_eq!(description.fault, None);
        let value = |section: &str, name: &str| field(&description, section, name);
        assert_eq!(value("public key", "kind"), name);
        assert_eq!(value("issued to", "common name"), "a device");
        assert_eq!(value("valid", "for"), "365 days and one second");
        assert_eq!(value("may be used for", "key usage"), "signing of certificates, signing of CRLs");
        assert_eq!(value("alternative names", "DNS name"), "a.example");
        assert_eq!(value("alternative names", "IP address"), "192.0.2.1");
        let said = |option: &str| {
            let text = openssl(&["x509", "-inform", "DER", "-in", "it.der", "-noout", option], at);
            text.trim().rsplit('=').next().unwrap_or_default().to_lowercase()
        };
        assert_eq!(value("this certificate", "serial number"), said("-serial"));
        let digest = openssl(&["dgst", "-sha256", "-r", "it.der"], at);
        assert!(digest.starts_with(&value("this certificate", "SHA-256 of the certificate")), "{digest}");
        let identifier = openssl(&["x509", "-inform", "DER", "-in", "it.der", "-noout", "-text"], at);
        let digits: String = identifier
            .split_once("Subject Key Identifier:")
            .and_then(|(_, rest)| rest.trim_start().lines().next())
            .map(|line| line.trim().replace(':', "").to_lowercase())
            .expect("a subject key identifier");
        assert_eq!(value("key identifiers", "of this key"), digits);
    }
}

#[test]
fn requests_of_the_demonstration_read_as_openssl_reads_them() {
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let request = Request::named("device 7")
            .with(alternative_names(&["device-7.example"]))
            .with(key_usage(&[7, 0x80]))
            .with(authority());
        let der = request.der(&Key::generate(algorithm));
        assert!(compare("a request", &der), "there was nothing to compare");
        read_all("a request", &der);
        let description = describe_request(&der);
        assert_eq!(description.fault, None);
        assert_eq!(field(&description, "name", "common name"), "device 7");
        assert_eq!(
            field(&description, "proof of possession", "possession of the key"),
            "proved: the signature verifies"
        );
        let mut altered = der.clone();
        let last = altered.len() - 1;
        altered[last] ^= 1;
        let said = field(&describe_request(&altered), "proof of possession", "possession of the key");
        assert!(said.starts_with("not proved"), "{said}");
    }
}

#[test]
fn indefinite_lengths_are_followed_as_openssl_follows_them() {
    let ber = [
        0x30, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0x31, 0x80, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x03,
        0x02, 0x01, 0x07, 0x04, 0x81, 0x01, 0xaa, 0x00, 0x00,
    ];
    let rows = asn1parse(&ber).expect("OpenSSL takes it");
    assert_eq!(rows.len(), 11);
    agrees("indefinite lengths", &tree(&ber), &rows);
}

/// The objects in a file: requests and certificates out of their armour, and the octets themselves.
fn objects(octets: Vec<u8>) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut splitter = Splitter::new();
    splitter.push(&octets, &mut pieces);
    splitter.finish(&mut pieces);
    let mut found: Vec<Vec<u8>> = pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Request { der, .. } => Some(der),
            Piece::Delivered(_) | Piece::Refused(_) | Piece::NotARequest(_) => None,
        })
        .collect();
    found.extend(certificates(&octets).unwrap_or_default());
    found.push(octets);
    found
}

#[test]
fn the_whole_corpus_is_read_and_its_trees_are_those_of_openssl() {
    let Some(folder) = material("COLDSIGN_CORPUS", "../shared/corpus") else { return };
    // Each comparison starts a process: by default every fourth file is compared, and all are read.
    let stride = if support::long_form() { 1 } else { 4 };
    let (mut read, mut compared) = (0, 0);
    for (index, path) in support::files(&folder).into_iter().enumerate() {
        let octets = fs::read(&path).expect("a file of the corpus");
        if octets.len() > 16 * CERTIFICATE_OCTETS_MAX {
            continue;
        }
        let mut objects = objects(octets);
        objects.sort();
        objects.dedup();
        for der in objects {
            let name = path.display().to_string();
            read_all(&name, &der);
            read += 1;
            if index % stride == 0 && der.first() == Some(&0x30) && der.len() <= CERTIFICATE_OCTETS_MAX {
                compared += u32::from(compare(&name, &der));
            }
        }
    }
    println!("{read} objects were read, {compared} trees compared");
    assert!(read > 1000 && compared > 50, "only {read} objects were read, {compared} trees compared");
}
