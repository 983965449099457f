//! Tests of the splitter and of base64: what armour is taken, and what is said of the rest.

use super::*;
use crate::pki::policy::Control;

const REQUEST: &str = "CERTIFICATE REQUEST";

/// Pieces in short: `+n` a request with n notes, `!id` a refusal, `-` no request.
fn split(octets: &[u8], step: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut splitter = Splitter::new();
    for piece in octets.chunks(step) {
        splitter.push(piece, &mut out);
    }
    splitter.finish(&mut out);
    out.iter()
        .map(|piece| match piece {
            Piece::Request { der, notes } => format!("+{} {}", notes.len(), der.len()),
            Piece::Refused(finding) => format!("!{}", finding.control.id()),
            Piece::Delivered(_) | Piece::NotARequest(_) => "-".to_owned(),
        })
        .collect()
}

fn check(octets: impl AsRef<[u8]>, expected: &[&str]) {
    let octets = octets.as_ref();
    for step in [1, 2, 3, 7, octets.len().max(1)] {
        assert_eq!(split(octets, step), expected, "step {step}: {}", String::from_utf8_lossy(octets));
    }
}

fn der() -> Vec<u8> {
    crate::pki::der::element(0x30, &[7; 200])
}

#[test]
fn takes_the_spellings_that_software_writes() {
    let pem = encode(REQUEST, &der());
    let one = &["+0 203"];
    check(&pem, one);
    check(der(), one);
    check(pem.trim_end(), one);
    check(pem.replace('\n', "\r\n"), one);
    check(pem.replace('\n', "\r"), one);
    check(encode("NEW CERTIFICATE REQUEST", &der()), one);
    let lines: Vec<&str> = pem.lines().collect();
    let body = lines[1..lines.len() - 1].concat();
    check(format!("{}\n{body}\n{}\n", lines[0], lines[lines.len() - 1]), one);
    check(format!("{}\r{body}\r\n{}\r", lines[0], lines[lines.len() - 1]), one);
    check(format!("{pem}{pem}"), &["+0 203", "+0 203"]);
    check(format!("\u{feff}{pem}"), &["+1 203"]);
    check(format!("Certificate Request:\n  Data:\n{pem}"), &["+1 203"]);
    check(format!("{pem}the end\n"), &["+1 203"]);
    check(pem.replace('\n', " \n"), &["+1 203"]);
    check(format!("{}\nX-Header: 1\nY: 2\n\n{body}\n{}", lines[0], lines[lines.len() - 1]), &["+1 203"]);
    check(
        format!("{}\r\nX-Header: 1\r\nY: 2\r\n\r\n{body}\r\n{}", lines[0], lines[lines.len() - 1]),
        &["+1 203"],
    );
    check(&body, &["+1 203"]);
    check(lines[1..lines.len() - 1].join("\n"), &["+1 203"]);
}

#[test]
fn refuses_armour_that_was_damaged_or_is_of_another_kind() {
    let pem = encode(REQUEST, &der());
    check(pem.replace("BwcH", "Bw!H"), &["!csr-pem"]);
    check(pem.replacen("BwcH", "Bw\0H", 1), &["!csr-pem"]);
    check(pem.replacen("BwcH", "Bw==", 1), &["!csr-pem"]);
    check(pem.replacen("BwcH", "Bw-_", 1), &["!csr-pem"]);
    check(pem.replace("END CERT", "END NEW CERT"), &["!csr-pem"]);
    check(pem.replace("-----BEGIN", "----BEGIN"), &["!csr-pem"]);
    check(pem.to_lowercase(), &["!csr-pem"]);
    check(format!("> {}", pem.replace('\n', "\n> ")), &["!csr-pem"]);
    check(pem.replace("-----END CERTIFICATE REQUEST-----\n", ""), &["!csr-pem"]);
    check("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n", &["!csr-pem"]);
    check("-----END CERTIFICATE REQUEST-----\n", &["!csr-pem"]);
    check(encode("CERTIFICATE", &der()), &["-"]);
    check(format!("{pem}{}", encode("CERTIFICATE", &der())), &["+0 203", "!csr-form"]);
    check(format!("\u{1}\u{2}\n{pem}"), &["!csr-form"]);
    check([0xff, 0xfe, b'-', 0, b'-', 0], &["!csr-form"]);
    check(format!("{pem}{}{pem}", pem.replace("BwcH", "Bw!H")), &["+0 203", "!csr-pem", "+0 203"]);
}

#[test]
fn every_file_yields_a_piece() {
    check("", &["-"]);
    check("0", &["-"]);
    check(" \n\t\n", &["-"]);
    check("hello, world\n", &["-"]);
    check([0x30, 0x82], &["+0 2"]);
}

#[test]
fn holds_no_more_than_a_request_may_have() {
    let large = crate::pki::der::element(0x30, &vec![0; 70_000]);
    check(&large, &["!csr-size"]);
    check(encode(REQUEST, &large), &["!csr-size"]);
    let line = "A".repeat(3_000_000);
    assert_eq!(split(line.as_bytes(), 4096), ["-"]);
    let endless = format!("-----BEGIN {REQUEST}-----\n{}", "A\n".repeat(2_000_000));
    let mut splitter = Splitter::new();
    let mut out = Vec::new();
    splitter.push(endless.as_bytes(), &mut out);
    splitter.push(format!("-----END {REQUEST}-----\n").as_bytes(), &mut out);
    splitter.finish(&mut out);
    assert!(matches!(&out[..], [Piece::Refused(finding)] if finding.control == Control::CsrSize));
}

#[test]
fn reads_certificates_in_order_and_nothing_else() {
    let (one, two) = (der(), crate::pki::der::element(0x30, &[8; 130]));
    let text = format!("subject=x\n{}\r\n{}", encode("CERTIFICATE", &one), encode("X509 CERTIFICATE", &two));
    assert_eq!(certificates(text.as_bytes()), Ok(vec![one.clone(), two]));
    assert_eq!(certificates(&one), Ok(vec![one.clone()]));
    for label in ["TRUSTED CERTIFICATE", "PRIVATE KEY", REQUEST] {
        assert!(certificates(encode(label, &one).as_bytes()).is_err(), "{label}");
    }
    for text in ["", "text", "-----BEGIN CERTIFICATE-----\nMAA="] {
        assert!(certificates(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn damaged_armour_is_refused_by_its_own_control_and_no_other() {
    let damaged = encode(REQUEST, &der()).replace("BwcH", "Bw!H");
    let mut out = Vec::new();
    let mut splitter = Splitter::new();
    splitter.push(damaged.as_bytes(), &mut out);
    splitter.finish(&mut out);
    assert!(matches!(&out[..], [Piece::Refused(finding)] if finding.control == Control::CsrPem));
}
