//! A CA's certificate on a medium: for those who are to trust the root or to whom the CA is to be known.

use std::path::Path;

use crate::{
    export::pem,
    pki::{certificate::Certificate, fingerprint::Digest, issuer::IssuingCa},
};

use super::{
    error::Error,
    opening::{Appliance, now},
    provisioning::stamp,
};

/// A CA's certificate that was written and read back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportedCertificate {
    /// The new folder on the medium.
    pub folder: String,
    /// The files in it.
    pub files: Vec<String>,
    /// SHA-256 of the certificate's DER.
    pub sha256: Digest,
}

impl Appliance {
    /// Writes a CA's certificate into a new folder as PEM and DER, with the path to the root where it is not the root,
    /// every other path that this home knows from its key to a root, and a file of SHA-256 sums that `sha256sum -c` reads. Everything is read back and compared. The certificate is
    /// public: no PIN is asked for, and nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is no such CA, or no certificate that is fit to issue; [`Error::Medium`];
    /// [`Error::MediumAltered`].
    pub fn export_certificate(&self, name: &str, to: &Path) -> Result<ExportedCertificate, Error> {
        let issuer = self.issuer(name)?;
        // A rehearsal's certificate is nobody's to trust, and the folder is all that people see of it at first.
        let rehearsal = if self.is_rehearsal() { "-rehearsal" } else { "" };
        let folder = format!("{name}{rehearsal}-certificate-{}", stamp(now()?));
        let files =
            self.write_folder(to, &folder, contents(name, &issuer, &self.other_paths(name, &issuer)?))?;
        Ok(ExportedCertificate { folder, files, sha256: issuer.certificate().sha256() })
    }

    /// The other paths from a CA's key to a root, each a certificate for that key first and a root last: by certificates
    /// that it has beside the one in use, or had before, and by those that the root above it has beside its own. None
    /// whose path has ended.
    fn other_paths(&self, name: &str, issuer: &IssuingCa) -> Result<Vec<IssuingCa>, Error> {
        let at = now()?;
        let mut paths: Vec<Vec<Certificate>> = vec![authorities(issuer)];
        for one in self.register.certificates_of(name)? {
            paths.push(std::iter::once(one.certificate).chain(one.chain).collect());
        }
        let records = self.register.authorities()?;
        for path in paths.clone() {
            let Some((root, below)) = path.split_last().filter(|(_, below)| !below.is_empty()) else {
                continue;
            };
            let above = records.iter().find(|record| record.public_key == *root.public_key());
            for one in above.map_or(Ok(Vec::new()), |above| self.register.certificates_of(&above.name))? {
                let further = std::iter::once(one.certificate).chain(one.chain);
                paths.push(below.iter().cloned().chain(further).collect());
            }
        }
        let mut found: Vec<IssuingCa> = Vec::new();
        for mut path in paths.into_iter().skip(1) {
            let known = |one: &IssuingCa| authorities(one) == path;
            if known(issuer) || found.iter().any(known) {
                continue;
            }
            // A path that comes back to a key proves nothing that its shorter part does not.
            let keys = path.iter().map(Certificate::public_key);
            if keys.clone().enumerate().any(|(at, key)| keys.clone().take(at).any(|above| above == key)) {
                continue;
            }
            let own = path.remove(0);
            // What does not hold is no path to give away: it may have been cut short by a limit of another root.
            found.extend(IssuingCa::new(own, path).ok().filter(|path| path.ends() >= at));
        }
        Ok(found)
    }
}

/// A path as it stands in a file: the CA's own certificate first.
fn authorities(issuer: &IssuingCa) -> Vec<Certificate> {
    std::iter::once(issuer.certificate()).chain(issuer.chain()).cloned().collect()
}

/// The files, by name.
fn contents(name: &str, issuer: &IssuingCa, others: &[IssuingCa]) -> Vec<(String, Vec<u8>)> {
    let own = issuer.certificate();
    let mut contents =
        vec![(format!("{name}.pem"), pem::certificates([own])), (format!("{name}.der"), own.der().to_vec())];
    if !issuer.chain().is_empty() {
        contents.push((format!("{name}-chain.pem"), pem::certificates(pem::authorities(issuer))));
    }
    for (number, other) in (2..).zip(others) {
        contents.push((format!("{name}-chain-{number}.pem"), pem::certificates(pem::authorities(other))));
    }
    contents
}
