//! rustls-webpki on AWS-LC, which knows P-521 and ML-DSA, judges a path of certificates and its CRLs.
//!
//! `webpki-judge client|server CRL[,CRL…]|- LEAF ISSUER… ROOT`, all in DER. It prints `valid`, or what is wrong and ends
//! with 1.

use std::{
    env, fs,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, BorrowedCertRevocationList, CertRevocationList, EndEntityCert, ExpirationPolicy,
    KeyUsage, RevocationOptionsBuilder, anchor_from_trusted_cert,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match judge(&arguments) {
        Ok(()) => {
            println!("valid");
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn judge(arguments: &[String]) -> Result<(), String> {
    let [purpose, crls, leaf, between @ .., root] = arguments else {
        return Err("usage: webpki-judge client|server CRLS|- LEAF ISSUER... ROOT".to_owned());
    };
    let read = |path: &String| fs::read(path).map_err(|error| format!("{path}: {error}"));
    let certificate = |path: &String| read(path).map(CertificateDer::from);
    let (leaf, root) = (certificate(leaf)?, certificate(root)?);
    let between = between.iter().map(certificate).collect::<Result<Vec<_>, _>>()?;
    let paths = crls.split(',').filter(|path| *path != "-").map(str::to_owned);
    let octets = paths.map(|path| read(&path)).collect::<Result<Vec<_>, _>>()?;
    let lists = octets
        .iter()
        .map(|der| BorrowedCertRevocationList::from_der(der).map(CertRevocationList::from))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("CRL: {error:?}"))?;
    let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
    // Every certificate below the root is looked for, the issuer of each must have a CRL, and none may be out of date.
    let revocation = RevocationOptionsBuilder::new(&lists).ok();
    let revocation =
        revocation.map(|options| options.with_expiration_policy(ExpirationPolicy::Enforce).build());
    let usage = if purpose == "server" { KeyUsage::server_auth() } else { KeyUsage::client_auth() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    let anchor = anchor_from_trusted_cert(&root).map_err(|error| format!("root: {error:?}"))?;
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| format!("leaf: {error:?}"))?;
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &[anchor],
        &between,
        UnixTime::since_unix_epoch(now),
        usage,
        revocation,
        None,
    )
    .map(|_| ())
    .map_err(|error| format!("{error:?}"))
}
