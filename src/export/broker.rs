//! MQTT brokers: the CAs that one takes devices of, and a piece of configuration that wants certificates of them.
//!
//! A broker trusts the root alone, so that a device has to send its issuing CA too, as it will have to elsewhere. CRLs are
//! in no bundle of certificates: they change while the certificates do not. The configuration says where to take them from.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    bundle::{Part, file},
    form::{Form, FormSettings, Item, settings_file, text_setting},
    pem, trust_store,
};
use crate::pki::certificate::Certificate;

/// A broker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Broker {
    /// EMQX 5.
    Emqx,
    /// `HiveMQ` 4.
    Hivemq,
    /// Eclipse Mosquitto 2.
    Mosquitto,
}

impl Broker {
    /// Where its settings stand.
    pub(super) const fn settings(self) -> &'static str {
        match self {
            Self::Emqx => "emqx/settings.json",
            Self::Hivemq => "hivemq/settings.json",
            Self::Mosquitto => "mosquitto/settings.json",
        }
    }

    /// The path of its configuration, and the text with `FOLDER` for where its files stand.
    fn configuration(self) -> (&'static str, &'static str) {
        match self {
            Self::Emqx => ("emqx/coldsign.hocon", EMQX),
            Self::Hivemq => ("hivemq/tls-listener.xml", HIVEMQ),
            Self::Mosquitto => ("mosquitto/coldsign.conf", MOSQUITTO),
        }
    }

    /// The CAs in the form that it reads.
    fn trusted(self, authorities: &[Certificate]) -> Part {
        let root = authorities.last();
        match self {
            Self::Emqx => file("emqx/root.pem", pem::certificates(root)),
            Self::Hivemq => file("hivemq/truststore.jks", trust_store::jks(root, trust_store::PASSWORD)),
            Self::Mosquitto => file("mosquitto/root.pem", pem::certificates(root)),
        }
    }
}

/// Longest folder, in octets: paths are shorter (`PATH_MAX` of Linux, with room for a file).
const FOLDER_OCTETS_MAX: usize = 4_000;

/// An absolute path on the broker's machine.
fn folder<'de, D: Deserializer<'de>>(setting: D) -> Result<String, D::Error> {
    let sound = |octet: u8| octet.is_ascii_alphanumeric() || b"/._-".contains(&octet);
    text_setting(
        setting,
        |text| text.starts_with('/') && text.len() <= FOLDER_OCTETS_MAX && text.bytes().all(sound),
        "not an absolute path of letters, digits and /._- alone, which need no quotes in any configuration",
    )
}

/// `[deliver.BROKER]`: where the broker's machine has these files.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BrokerSettings {
    #[serde(deserialize_with = "folder")]
    folder: String,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        Self { folder: "/etc/coldsign".to_owned() }
    }
}

impl FormSettings for BrokerSettings {}

/// Makes a broker's files.
#[derive(Debug)]
pub(super) struct BrokerFiles {
    pub(super) broker: Broker,
    pub(super) settings: BrokerSettings,
}

impl Form for BrokerFiles {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let (path, text) = self.broker.configuration();
        let text = text.replace("FOLDER", self.settings.folder.trim_end_matches('/'));
        vec![
            settings_file(self.broker.settings(), &self.settings),
            self.broker.trusted(authorities),
            file(path, text.into_bytes()),
        ]
    }

    fn certificate(&mut self, _item: &Item<'_>) -> Vec<Part> {
        Vec::new()
    }
}

/// mosquitto.conf(5).
const MOSQUITTO: &str = "\
# Mosquitto 2: devices prove themselves with certificates. Include this file in mosquitto.conf; the broker's own
# certificate and key are its own affair.
listener 8883
cafile FOLDER/root.pem
certfile FOLDER/server-chain.pem
keyfile FOLDER/server.key
tls_version tlsv1.2
require_certificate true
# The user name is the certificate's common name; use_subject_as_username takes the whole name instead.
use_identity_as_username true
allow_anonymous false
# Revocation: join the CRLs of the issuing CA and of the root (coldsign crl --ca NAME --to DIR makes crl-NAME-N/crl.pem of each)
#   cat crl-issuing-N/crl.pem crl-root-N/crl.pem > FOLDER/crl.pem
# and take the mark off the next line. A broker reads it when it starts; where a CRL is overdue, nobody gets in.
#crlfile FOLDER/crl.pem
";

/// EMQX 5, "SSL/TLS" and "CRL check".
const EMQX: &str = "\
# EMQX 5: devices prove themselves with certificates. Put this behind emqx.conf; the broker's own certificate and key are
# its own affair.
listeners.ssl.default {
  bind = \"0.0.0.0:8883\"
  ssl_options {
    cacertfile = \"FOLDER/root.pem\"
    certfile = \"FOLDER/server-chain.pem\"
    keyfile = \"FOLDER/server.key\"
    versions = [\"tlsv1.3\", \"tlsv1.2\"]
    verify = verify_peer
    fail_if_no_peer_cert = true
    # Revocation: EMQX fetches CRLs from the address in each certificate (crlDistributionPoints in the profile). Put the
    # crl.der of every CRL there (coldsign crl --ca NAME --to DIR), then take the mark off the next line.
    #enable_crl_check = true
  }
}
# The user name is the certificate's common name.
mqtt.peer_cert_as_username = cn
";

/// `HiveMQ` 4, "Security", TLS listeners.
const HIVEMQ: &str = "\
<!-- HiveMQ 4: devices prove themselves with certificates. Goes between <listeners> and </listeners> of config.xml; the
     broker's own certificate and key (keystore) are its own affair. The password of the trust store is no secret: it
     holds a certificate only. HiveMQ reads no CRL from a file: close the door to a revoked device in an authentication
     extension, by the serial numbers of crl.der (coldsign crl). -->
<tls-tcp-listener>
    <port>8883</port>
    <bind-address>0.0.0.0</bind-address>
    <tls>
        <protocols>
            <protocol>TLSv1.3</protocol>
            <protocol>TLSv1.2</protocol>
        </protocols>
        <keystore>
            <path>FOLDER/server.jks</path>
            <password>changeit</password>
            <private-key-password>changeit</private-key-password>
        </keystore>
        <truststore>
            <path>FOLDER/truststore.jks</path>
            <password>changeit</password>
        </truststore>
        <client-authentication-mode>REQUIRED</client-authentication-mode>
    </tls>
</tls-tcp-listener>
";
