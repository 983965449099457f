//! Cross-certification: the key of another CA gets a certificate from a CA of this home, taken from that CA's own
//! self-signed certificate. It is planned, approved by its words, signed and delivered as any other.

use std::{path::Path, sync::Arc};

use crate::{
    config,
    pki::{
        certificate::Certificate,
        fingerprint::Digest,
        plan::{Facts, plan_cross},
        policy::{Control, Finding, Severity},
        request,
    },
    register::{Issuer, NewPlan, PlanKind, StoredPlan},
};

use super::{
    error::Error,
    evidence::Evidence,
    installation::read_certificates,
    opening::{Appliance, now, printable_path},
    planning::{Serials, duplicate, subject_twice},
    proving::refused,
};

/// keyCertSign's bit in [`Certificate::key_usage`].
const KEY_CERT_SIGN: u16 = 1 << 5;

/// A cross-certificate that was planned.
#[derive(Clone, Debug)]
pub struct CrossPlanned {
    /// The plan, stored and not approved.
    pub plan: StoredPlan,
    /// SHA-256 of the certificate that the other CA gave: compare it with what its keeper tells.
    pub certificate_sha256: Digest,
    /// What is noted about it.
    pub notes: Vec<Finding>,
}

impl Appliance {
    /// Plans a certificate for the key of another CA, from its own self-signed certificate in a file.
    ///
    /// # Errors
    /// [`Error::Usage`] where the file holds no self-signed certificate of a CA, or where the profile refuses it;
    /// [`Error::Authority`], [`Error::Register`].
    pub fn plan_cross(&mut self, ca: &str, profile: &str, file: &Path) -> Result<CrossPlanned, Error> {
        let issuer = self.issuer(ca)?;
        let profile = self.profile(profile)?.clone();
        let certificate = self_signed_of(file)?;
        let at = now()?;
        if certificate.not_after() < at {
            return Err(told(file, &format!("the certificate ended at {}", certificate.not_after())));
        }
        let known_as = ca_identifier(&certificate).map_err(|what| told(file, &what))?;
        let lists = self.block_lists()?;
        let asked = lists.asked();
        let evidence = Evidence { lists, shared: Arc::default() };
        let request =
            request::judge_self_signed(&certificate, &evidence).map_err(|refusal| refused(&refusal))?;
        let facts = Facts { now: at, serial: Serials::of(self)?.draw()? };
        let planned =
            plan_cross(&request, &known_as, &profile, &issuer, facts).map_err(|refusal| refused(&refusal))?;
        let sha256 = certificate.sha256();
        let text = config::profile_text(&self.text, &profile.name)
            + &format!("# made from the certificate with SHA-256 {sha256}\n");
        let points = profile.crl_points();
        let new = NewPlan {
            authority: ca,
            kind: PlanKind::Cross,
            profile: &profile.name,
            profile_text: &text,
            waivers: &profile.waivers,
            approval: profile.approval,
            duplicate_keys: profile.duplicate_keys,
            crl_points: &points,
            block_lists: Some(&asked),
        };
        let mut writer = self.register.begin_plan(&new, at)?;
        let of_key = duplicate(&writer, planned.spki_sha256(), profile.duplicate_keys)?;
        let of_subject = subject_twice(&writer, planned.subject(), profile.duplicate_subjects)?;
        let found: Vec<Finding> =
            of_key.into_iter().chain(of_subject).chain(own_limits(&certificate)).collect();
        if let Some(finding) = found.iter().find(|finding| finding.severity == Severity::Refuse) {
            return Err(Error::usage(
                format!("the certificate is refused: {} ({})", finding.message, finding.control.id()),
                "take a profile that notes it, such as subordinate-ca-renewal",
            ));
        }
        let planned = planned.with_notes(found);
        writer.add(printable_path(file).as_str(), None, &planned)?;
        let plan = writer.store(Issuer::Certificate(&issuer), at)?;
        Ok(CrossPlanned { plan, certificate_sha256: sha256, notes: planned.notes().to_vec() })
    }
}

/// What a CA's own certificate limits is no limit of the one that is made here: relying parties that come by this path know
/// the profile's limits alone.
fn own_limits(certificate: &Certificate) -> Option<Finding> {
    let length = certificate.path_length().map(|length| format!("a path length of {length}"));
    let constrained = !certificate.name_constraints().is_empty();
    let names = constrained.then(|| "name constraints".to_owned());
    let limits: Vec<String> = length.into_iter().chain(names).collect();
    if limits.is_empty() {
        return None;
    }
    let message = format!("the CA's own certificate has {}, which are not copied", limits.join(" and "));
    Some(Finding::note(
        Control::ExtensionDropped,
        &message,
        "where they are meant, take a profile that has the same limits",
    ))
}

/// The one self-signed certificate of a file. Only such a certificate proves by itself that its key is held.
fn self_signed_of(file: &Path) -> Result<Certificate, Error> {
    let mut found = read_certificates(file)?;
    found.retain(Certificate::is_self_signed);
    match (found.pop(), found.pop()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Error::usage(
            format!(
                "{}: no certificate in it is self-signed, so none proves that its key is held",
                printable_path(file)
            ),
            "ask that CA for a CSR and plan it by a profile of the kind subordinate-ca",
        )),
        (Some(_), Some(_)) => Err(told(file, "it holds more than one self-signed certificate")),
    }
}

/// The key identifier of a CA's certificate, where it is one that can be certified.
fn ca_identifier(certificate: &Certificate) -> Result<Vec<u8>, String> {
    if !certificate.is_ca() {
        return Err("the certificate is not one of a CA (basicConstraints)".to_owned());
    }
    // RFC 5280 §6.1.4 (n): a key without a keyUsage is limited in nothing. §4.2.1.3 asks a CA for one all the same; the
    // certificate that is made here has it.
    if certificate.key_usage().is_some_and(|bits| bits & KEY_CERT_SIGN == 0) {
        return Err(
            "the certificate's key may not sign certificates: its keyUsage is without keyCertSign".to_owned()
        );
    }
    if !certificate.unknown_critical_extensions().is_empty() {
        return Err("the certificate has a critical extension that nothing here understands".to_owned());
    }
    let known_as = certificate.subject_key_identifier().map(<[u8]>::to_vec);
    known_as.ok_or_else(|| {
        "the certificate has no subject key identifier: what that CA issues could not be led to another"
            .to_owned()
    })
}

fn told(file: &Path, what: &str) -> Error {
    Error::usage(
        format!("{}: {what}", printable_path(file)),
        "give the other CA's root certificate, in PEM or DER",
    )
}
