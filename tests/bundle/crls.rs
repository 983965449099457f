//! CRLs that stand in a broker's folder: each is judged as what it is, and what the configuration says of them with it.

use coldsign::{
    export::held_crls::HeldCrl,
    pki::{crl::CrlNumber, pem},
};

use super::*;

const CRLS: &str = "mosquitto/crl.pem";

/// A CRL of nothing, due at a moment.
fn crl(ca: &Certificate, key: &Key, number: u8, next: &str) -> String {
    let algorithm = key.public().signing_algorithm(RsaScheme::Pkcs1);
    let extension = |arc: u8, value: &[u8]| {
        sequence(&[&element(tag::OID, &[0x55, 0x1d, arc]), &element(tag::OCTET_STRING, value)])
    };
    let identifier = ca.subject_key_identifier().expect("an identifier");
    let extensions = [
        extension(35, &sequence(&[&element(tag::context(0), identifier)])),
        extension(20, &element(tag::INTEGER, &[number])),
    ]
    .concat();
    let tbs = sequence(&[
        &element(tag::INTEGER, &[1]),
        &algorithm.der(),
        ca.subject().der(),
        &element(tag::UTC_TIME, b"260301120000Z"),
        &element(tag::UTC_TIME, next.as_bytes()),
        &element(0xa0, &sequence(&[&extensions])),
    ]);
    pem::encode("X509 CRL", &join(&tbs, algorithm, &key.sign(&tbs)))
}

/// A bundle whose form was told of the CRL number 1 of each CA, with this file.
fn with(text: &str) -> Report {
    let held = |authority| HeldCrl {
        authority,
        number: CrlNumber::from_octets(&[1]),
        next_update: Time::from_rfc3339("2026-03-31T12:00:00Z"),
        place: None,
    };
    let mut forms = Forms::default();
    forms.add_usual(Format::Mosquitto);
    forms.hold(Format::Mosquitto, &[held(0), held(1)]);
    let mut bundle = issued().bundle_of(&[Format::Mosquitto], forms);
    if !text.is_empty() {
        bundle.files.insert(CRLS.to_owned(), text.as_bytes().to_vec());
    }
    bundle.seal(&issued().header(&[Format::Mosquitto]), &issued().audit);
    bundle.verify()
}

#[test]
fn crls_of_a_broker_are_judged_by_signature_order_number_and_time() {
    let (root, ca) = (&issued().root, issued().issuer.certificate());
    let (root_key, ca_key) = (Key::new(1), Key::new(2));
    let next = "260331120000Z";
    let of_ca = crl(ca, &ca_key, 1, next);
    let of_root = crl(root, &root_key, 1, next);
    let check = |text: &str, expected: &[FlawId]| {
        let report = with(text);
        assert_eq!(ids(&report), expected, "{:#?}", report.flaws);
    };
    check(&format!("{of_ca}{of_root}"), &[]);
    // Another number, or none of a CA at all, than the configuration says.
    check(&format!("{}{of_root}", crl(ca, &ca_key, 2, next)), &[FlawId::Form]);
    check(&of_ca, &[FlawId::Form]);
    check("", &[FlawId::Form]);
    check(&format!("{of_root}{of_ca}"), &[FlawId::Crl, FlawId::Form]);
    check(&format!("{}{of_root}", crl(ca, &root_key, 1, next)), &[FlawId::CrlSignature]);
    let overdue = "260301115959Z";
    check(&format!("{}{of_root}", crl(ca, &ca_key, 1, overdue)), &[FlawId::CrlOverdue, FlawId::Form]);
    // What PEM readers take and the bundle is not written as; and what follows is not read then.
    check(&format!("\n{of_ca}{of_root}"), &[FlawId::Crl, FlawId::Form]);
    check(&format!("{of_ca}{of_root}x"), &[FlawId::Crl]);
}
