//! pyca/cryptography, which makes requests with keys of ML-DSA and judges what becomes of them, beside the other judges that
//! know ML-DSA.

use std::path::{Path, PathBuf};

use super::latest::{Case, latest};
use super::support::{Delivery, Sandbox, succeed, tool};

/// The names of the requests that pyca makes, and of their keys.
pub const KINDS: [(&str, &str); 3] =
    [("ml-dsa-44", "ML-DSA-44"), ("ml-dsa-65", "ML-DSA-65"), ("ml-dsa-87", "ML-DSA-87")];

pub fn independent<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/post_quantum/independent.py");
    let mut python = tool("python3", "run tests/run, which makes target/tools/venv");
    let said = succeed(python.arg(script).args(arguments));
    said.trim().to_owned()
}

/// A folder with a request of each parameter set.
pub fn stick(sandbox: &Sandbox, name: &str) -> String {
    let folder = sandbox.folder(name);
    independent([Path::new("requests"), Path::new(&folder)]);
    folder
}

pub fn pyca_is_content(bundle: &Delivery, issuer: &Path) {
    let certificates: Vec<_> =
        KINDS.iter().map(|(name, _)| bundle.file("certs", &format!("{name}.pem"))).collect();
    let paths = [Path::new("certificates"), issuer].into_iter().chain(certificates.iter().map(AsRef::as_ref));
    assert_eq!(independent(paths), "3");
}

/// Every judge that knows ML-DSA says what is expected of each certificate, with its path (its issuer first) and the CRLs of
/// its CAs.
pub fn judges_say(
    expected: impl Fn(&str) -> bool,
    certificates: &[PathBuf],
    above: &[PathBuf],
    crls: &[PathBuf],
) {
    for certificate in certificates {
        let case = Case { certificate, above: above.to_vec(), crls: crls.to_vec(), purpose: Some("client") };
        for (judge, verdict) in latest(&case) {
            assert!(expected(&verdict), "{judge}: {}: {verdict}", certificate.display());
        }
    }
}

pub fn is_content(verdict: &str) -> bool {
    verdict == "valid"
}
