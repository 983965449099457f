//! PKCS#11 modules of this machine: where distributions and token makers put them, so that nobody has to type a path.

use std::path::{Path, PathBuf};

/// A PKCS#11 module that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownModule {
    /// Its path.
    pub path: PathBuf,
    /// What it drives, in a few words.
    pub drives: &'static str,
}

/// Where modules are looked for: Debian, Fedora, Arch and the makers' own folders. Not loaded, only looked for; any
/// other path can be named.
const PLACES: &[(&str, &str)] = &[
    ("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", OPENSC),
    ("/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so", OPENSC),
    ("/usr/lib64/opensc-pkcs11.so", OPENSC),
    ("/usr/lib/opensc-pkcs11.so", OPENSC),
    ("/usr/lib/x86_64-linux-gnu/libykcs11.so", YUBIKEY),
    ("/usr/lib/aarch64-linux-gnu/libykcs11.so", YUBIKEY),
    ("/usr/lib64/libykcs11.so", YUBIKEY),
    ("/usr/lib/libykcs11.so", YUBIKEY),
    ("/usr/lib/x86_64-linux-gnu/pkcs11/yubihsm_pkcs11.so", YUBIHSM),
    ("/usr/lib64/pkcs11/yubihsm_pkcs11.so", YUBIHSM),
    ("/usr/lib/pkcs11/yubihsm_pkcs11.so", YUBIHSM),
    ("/usr/lib/libeTPkcs11.so", SAFENET),
    ("/usr/safenet/lunaclient/lib/libCryptoki2_64.so", LUNA),
    ("/opt/nfast/toolkits/pkcs11/libcknfast.so", NSHIELD),
    ("/opt/utimaco/p11/libcs_pkcs11_R3.so", UTIMACO),
    ("/usr/lib/softhsm/libsofthsm2.so", SOFTHSM),
    ("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", SOFTHSM),
    ("/usr/lib64/pkcs11/libsofthsm2.so", SOFTHSM),
    ("/usr/lib64/softhsm/libsofthsm2.so", SOFTHSM),
    ("/usr/local/lib/softhsm/libsofthsm2.so", SOFTHSM),
];

const LUNA: &str = "Thales Luna HSMs";
const NSHIELD: &str = "Entrust nShield HSMs";
const OPENSC: &str = "smart cards and Nitrokeys (OpenSC)";
const SAFENET: &str = "SafeNet eTokens";
const SOFTHSM: &str = "a token in software, for rehearsals (SoftHSM)";
const UTIMACO: &str = "Utimaco HSMs";
const YUBIHSM: &str = "YubiHSM 2";
const YUBIKEY: &str = "YubiKeys (PIV)";

/// The PKCS#11 modules that stand at well-known places of this machine. One that is reached by two paths is told once.
#[must_use]
pub fn known_modules() -> Vec<KnownModule> {
    found_below(Path::new("/"))
}

fn found_below(root: &Path) -> Vec<KnownModule> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found = Vec::new();
    for (place, drives) in PLACES {
        let path = root.join(place.trim_start_matches('/'));
        let Ok(real) = path.canonicalize() else { continue };
        if real.is_file() && !seen.contains(&real) {
            seen.push(real);
            found.push(KnownModule { path, drives });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn finds_what_stands_there_and_each_module_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(found_below(root.path()), []);
        let lib = root.path().join("usr/lib/softhsm");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libsofthsm2.so"), "").unwrap();
        let other = root.path().join("usr/lib/x86_64-linux-gnu/softhsm");
        fs::create_dir_all(&other).unwrap();
        symlink(lib.join("libsofthsm2.so"), other.join("libsofthsm2.so")).unwrap();
        // A folder of that name is no module.
        fs::create_dir_all(root.path().join("usr/lib/libykcs11.so")).unwrap();
        let found = found_below(root.path());
        assert_eq!(found, [KnownModule { path: lib.join("libsofthsm2.so"), drives: SOFTHSM }]);
    }
}
