//! Where the tests find kryoptic, the token that knows ML-DSA and locks PINs.

use std::path::{Path, PathBuf};

/// The module. It takes minutes to build, so that the tests on it are a long form: where it is not built they say so, and
/// fail where `COLDSIGN_LONG=1` asks for them (`COLDSIGN_LONG=1 tests/run` builds it).
pub fn kryoptic() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/kryoptic/libkryoptic.so");
    if built.is_file() {
        return Some(built);
    }
    let long = std::env::var("COLDSIGN_LONG").as_deref() == Ok("1");
    assert!(!long, "kryoptic is not built: run tests/kryoptic/build");
    println!("not run: kryoptic is not built; run tests/kryoptic/build");
    None
}
