//! register.sh: the exact call that registers the CA at AWS IoT Core.

use super::settings::Provisioning;

/// How AWS takes the CA (`RegisterCACertificate`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registration {
    /// `DEFAULT`, by the proof that lies beside the script.
    ProofBeside,
    /// `DEFAULT`, by a proof that the script is told of.
    ProofGiven(Provisioning),
    /// `SNI_ONLY`, which takes no proof.
    SniOnly(Provisioning),
}

/// The script. It runs in any POSIX shell and from any folder; what else is given to it goes on to the AWS CLI.
pub fn script(registration: Registration) -> Vec<u8> {
    let (usage, provisioning) = match registration {
        Registration::ProofBeside => ("sh register.sh [OPTION...]", Provisioning::None),
        Registration::ProofGiven(provisioning) => {
            ("sh register.sh VERIFICATION.pem [OPTION...]", provisioning)
        }
        Registration::SniOnly(provisioning) => ("sh register.sh [OPTION...]", provisioning),
    };
    let proof = match registration {
        Registration::ProofBeside => "  --verification-certificate \"file://$here/verification.pem\" \\\n",
        Registration::ProofGiven(_) => "  --verification-certificate \"file://$verification\" \\\n",
        Registration::SniOnly(_) => "  --certificate-mode SNI_ONLY \\\n",
    };
    let taken = match registration {
        Registration::ProofGiven(_) => TAKES_PROOF,
        Registration::ProofBeside | Registration::SniOnly(_) => "",
    };
    let automatic = match provisioning {
        Provisioning::None => "",
        Provisioning::Jitr => "  --allow-auto-registration \\\n",
        Provisioning::Jitp => {
            "  --allow-auto-registration \\\n  --registration-config \"file://$here/registration-config.json\" \\\n"
        }
    };
    let text = format!("{HEAD}#   {usage}\n{OPTIONS}{taken}{CALL}{proof}{automatic}{END}");
    text.into_bytes()
}

const HEAD: &str = "#!/bin/sh
# Registers this CA at AWS IoT Core, with the credentials and the region of the AWS CLI:
";

const OPTIONS: &str = "# Options go on to aws iot register-ca-certificate, such as --region REGION.
set -eu
here=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)
";

/// The proof comes from another bundle: coldsign prove --for aws.
const TAKES_PROOF: &str = "if [ \"$#\" -lt 1 ] || [ ! -f \"$1\" ]; then
    echo \"register.sh: give the verification certificate, aws/verification.pem of coldsign prove\" >&2
    exit 2
fi
verification=$1
shift
";

const CALL: &str = "exec aws iot register-ca-certificate \\
  --ca-certificate \"file://$here/ca.pem\" \\
";

const END: &str = "  --set-as-active \\
  \"$@\"
";
