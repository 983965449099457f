//! Requests made of what bundles have for Azure, Huawei and Tencent, before the models that these publish in their SDKs.

use std::{path::PathBuf, process::Command};

use crate::{
    beside,
    support::{
        Sandbox, python,
        request::{Algorithm, Request},
        succeed,
    },
};

/// A platform, how many requests its bundle makes with two devices, and the fewest bends of them that are refused.
const PLATFORMS: [(&str, u64, u64); 3] = [("azure", 4, 70), ("huawei", 6, 70), ("tencent", 3, 30)];

#[test]
fn requests_made_of_a_bundle_are_those_of_the_vendors_own_models() {
    let sandbox = Sandbox::with_root("interop-vendors", "rsa2048");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    for (name, algorithm) in [("sensor-1", Algorithm::P256), ("sensor_2", Algorithm::Rsa(2048))] {
        sandbox.request(&stick, name, algorithm, &Request::named(name));
    }
    let names = PLATFORMS.map(|(name, ..)| name);
    let devices = sandbox.issue("root", "device", &[&stick], &out, &names);
    for (name, requests, bends) in PLATFORMS {
        let proof = proof(&sandbox, name);
        let mut judge = Command::new(python("vendors"));
        judge.arg(beside("vendor_shapes.py")).arg(name).arg(proof.join(name)).arg(devices.folder.join(name));
        let said = succeed(&mut judge);
        let counted: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert!(counted.len() == 2 && counted[0] == requests && counted[1] >= bends, "{name}: {said}");
    }
}

/// The bundle of a proof for a platform.
fn proof(sandbox: &Sandbox, platform: &str) -> PathBuf {
    let to = sandbox.folder(&format!("proof-{platform}"));
    let asked = ["prove", "--ca", "root", "--for", platform, "--code", "0123456789abcdef", "--to", &to];
    let proved = sandbox.json(asked.into_iter().chain(["--pin-file", &sandbox.text("pin")]));
    proved.last().expect("a summary")["folder"].as_str().expect("a folder").into()
}
