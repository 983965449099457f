//! What a platform is shown so that it takes a CA: the CA's certificate and the verification certificate, in files of the
//! kind that it takes, and the latter as a QR code.

use super::{
    aws::register::{Registration, script},
    bundle::{Part, file},
    form::{Form, Item},
    pem, qr,
};
use crate::pki::{certificate::Certificate, platform::Platform};

/// The files for one platform.
#[derive(Debug)]
pub(super) struct Proof(pub(super) Platform);

/// The form's name in manifests: its folder has the platform's.
pub(super) fn name(platform: Platform) -> &'static str {
    match platform {
        Platform::Alibaba => "alibaba-proof",
        Platform::ApsaraMq => "apsaramq-proof",
        Platform::Aws => "aws-proof",
        Platform::Azure => "azure-proof",
        Platform::Huawei => "huawei-proof",
        Platform::Tencent => "tencent-proof",
    }
}

/// The platform whose proof has this name in manifests.
pub(super) fn platform(named: &str) -> Option<Platform> {
    Platform::ALL.iter().copied().find(|platform| name(*platform) == named)
}

/// A certificate that a platform is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Given {
    /// The CA that is proved.
    Authority,
    /// The verification certificate.
    Verification,
}

/// Where it stands in the bundle of a proof, as PEM.
#[must_use]
pub fn path(platform: Platform, given: Given) -> String {
    let file = match given {
        Given::Authority => "ca",
        Given::Verification => "verification",
    };
    format!("{}/{file}.{}", platform.name(), platform.extension())
}

impl Form for Proof {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let mut parts = vec![file(&path(self.0, Given::Authority), pem::certificates(authorities.first()))];
        if self.0 == Platform::Aws {
            parts.push(file("aws/register.sh", script(Registration::ProofBeside)));
        }
        parts
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let pem = pem::certificate(item.der);
        // One that is longer than any code can be is carried on the medium alone.
        let picture = qr::picture(&pem).map(|png| file(&format!("{}/verification.png", self.0.name()), png));
        std::iter::once(file(&path(self.0, Given::Verification), pem)).chain(picture).collect()
    }
}
