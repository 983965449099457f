//! A CA of `openssl ca` that issued and revoked, and how its key comes into the token.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{PIN, Sandbox, TOKEN, openssl, openssl_req, succeed, tool};

/// A CA of `openssl ca`: its folder has `ca.pem`, `ca.key`, `index.txt` and `crl.pem`.
pub fn openssl_ca(sandbox: &Sandbox) -> PathBuf {
    let folder = PathBuf::from(sandbox.folder("elsewhere"));
    let configuration = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\n\
        new_certs_dir = .\ncertificate = ca.pem\nprivate_key = ca.key\ndefault_md = sha256\npolicy = any\n\
        default_days = 400\ndefault_crl_days = 30\ncrlnumber = crlnumber\ncrl_extensions = crl\nunique_subject = no\n\
        [any]\ncommonName = supplied\n[crl]\nauthorityKeyIdentifier = keyid\n\
        [req]\ndistinguished_name = dn\n[dn]\n";
    for (name, text) in
        [("ca.cnf", configuration), ("index.txt", ""), ("serial", "01\n"), ("crlnumber", "FF\n")]
    {
        fs::write(folder.join(name), text).unwrap();
    }
    let run = |arguments: &[&str]| succeed(openssl(arguments).current_dir(&folder));
    succeed(
        openssl_req("-x509", "ca.key", "ca.pem")
            .args(["-subj", "/CN=Elsewhere", "-days", "3650", "-config", "ca.cnf"])
            .args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"])
            .args(["-addext", "basicConstraints=critical,CA:TRUE"])
            .args(["-addext", "subjectKeyIdentifier=hash"])
            .current_dir(&folder),
    );
    for index in 1..=5 {
        let (key, csr, out, subject) = (
            format!("{index}.key"),
            format!("{index}.csr"),
            format!("{index}.pem"),
            format!("/CN=device \u{e4} {index}"),
        );
        succeed(
            openssl_req("-new", &key, &csr)
                .args(["-subj", &subject, "-utf8", "-config", "ca.cnf"])
                .current_dir(&folder),
        );
        run(&["ca", "-batch", "-config", "ca.cnf", "-in", &csr, "-out", &out, "-notext", "-utf8"]);
    }
    run(&["ca", "-config", "ca.cnf", "-revoke", "1.pem", "-crl_reason", "keyCompromise"]);
    run(&["ca", "-config", "ca.cnf", "-revoke", "2.pem", "-crl_reason", "certificateHold"]);
    run(&["ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem"]);
    folder
}

/// Brings a private key (PKCS #8, PEM) into the token, as `SoftHSM`'s own tool does.
pub fn import_key(sandbox: &Sandbox, key: &Path, id: &str) {
    let mut import = tool("softhsm2-util", "apt-get install softhsm2");
    import.args(["--import", key.to_str().unwrap(), "--token", TOKEN, "--label", "moved", "--id", id]);
    import.args(["--pin", PIN]);
    sandbox.prepare(&mut import);
    succeed(&mut import);
}
