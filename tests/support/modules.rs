//! Where the tests find the modules of tokens.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// `SoftHSM`'s module, as softhsm/environment finds it. A missing one is a fault of the machine, not a pass.
pub fn softhsm() -> PathBuf {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("softhsm/environment");
    let script = format!(". '{}' && printf %s \"$COLDSIGN_SOFTHSM_MODULE\"", environment.display());
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("COLDSIGN_ROOT", env!("CARGO_MANIFEST_DIR"))
        .env("COLDSIGN_SOFTHSM_NAME", "tests")
        .output()
        .unwrap();
    let module = String::from_utf8(output.stdout).unwrap();
    assert!(!module.is_empty(), "SoftHSM is not installed: apt-get install softhsm2");
    module.into()
}

/// kryoptic's module, a token that knows ML-DSA and locks PINs. It takes minutes to build; only who asks for the tests on
/// it needs it.
pub fn kryoptic() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/kryoptic/libkryoptic.so");
    assert!(built.is_file(), "kryoptic is not built: run tests/kryoptic/build");
    built
}
