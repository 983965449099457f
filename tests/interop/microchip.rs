//! Microchip's manifest of devices, before a library of JSON Web Signatures by others.

use std::process::Command;

use crate::{
    beside,
    support::{
        Sandbox, python,
        request::{Algorithm, Request},
        succeed,
    },
};

#[test]
fn the_manifest_of_devices_is_read_by_others_and_judged_with_the_bundle() {
    let sandbox = Sandbox::with_issuing("interop-microchip", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    for name in ["0123f8d3a2b8c0c501", "a \"quoted\" name", "third"] {
        sandbox.request(&stick, &name.replace(['"', ' '], "-"), Algorithm::P256, &Request::named(name));
    }
    let delivery = sandbox.issue("issuing", "device", &[&stick], &out, &["microchip"]);
    let mut judge = Command::new(python("jose"));
    judge.arg(beside("microchip.py")).arg(delivery.folder.join("microchip"));
    assert_eq!(succeed(&mut judge).trim(), "3 devices read");
    let folder = delivery.folder.to_str().unwrap();
    sandbox.exits(0, ["verify", folder, "--trust", &format!("{folder}/root.pem")]);
}
