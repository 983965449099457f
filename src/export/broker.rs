//! MQTT brokers: the CAs that one takes devices of, and a piece of configuration that wants certificates of them.
//!
//! A broker trusts the root alone, so that a device has to send its issuing CA too, as it will have to elsewhere. Where the
//! register has CRLs of the CAs, they stand beside it, and the configuration says which, and until when they hold.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    bundle::{Part, file},
    form::{Form, FormSettings, Item, settings_file, text_setting},
    held_crls::{HeldCrl, comments, cover},
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

    /// The path of its configuration, and the text with `FOLDER` for where its files stand and `REVOCATION` for what it
    /// says of CRLs.
    fn configuration(self) -> (&'static str, &'static str) {
        match self {
            Self::Emqx => ("emqx/coldsign.hocon", EMQX),
            Self::Hivemq => ("hivemq/tls-listener.xml", HIVEMQ),
            Self::Mosquitto => ("mosquitto/coldsign.conf", MOSQUITTO),
        }
    }

    /// What its configuration says of CRLs, with `CRLS` for a line about each.
    fn revocation(self, crls: &[HeldCrl], authorities: &[Certificate]) -> &'static str {
        match self {
            Self::Emqx => EMQX_CRLS,
            Self::Hivemq => "",
            Self::Mosquitto if cover(crls, authorities) => MOSQUITTO_CRLS,
            Self::Mosquitto => MOSQUITTO_NO_CRLS,
        }
    }

    /// How far its lines about CRLs stand in.
    fn indent(self) -> &'static str {
        match self {
            Self::Emqx => "    ",
            Self::Hivemq | Self::Mosquitto => "",
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
    broker: Broker,
    settings: BrokerSettings,
    crls: Vec<HeldCrl>,
}

impl BrokerFiles {
    pub(super) fn new(broker: Broker, settings: BrokerSettings) -> Self {
        Self { broker, settings, crls: Vec::new() }
    }
}

impl Form for BrokerFiles {
    fn hold(&mut self, crls: &[HeldCrl]) {
        self.crls = crls.to_vec();
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let (path, text) = self.broker.configuration();
        let revocation = self.broker.revocation(&self.crls, authorities);
        let folder = self.settings.folder.trim_end_matches('/');
        let text = text.replace("REVOCATION\n", revocation).replace("FOLDER", folder);
        // What stands in a certificate comes last: nothing is looked for in it.
        let text = text.replace("CRLS\n", &comments(&self.crls, authorities, self.broker.indent()));
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
REVOCATION
";

/// Every CA above the devices has a CRL.
const MOSQUITTO_CRLS: &str = "\
# Revocation: crl.pem has the newest CRL of every CA above the devices, issuing CA first. A broker reads it when it starts, and
# once one of them is overdue, nobody gets in: put a newer crl.pem here in time (coldsign crl --ca NAME --to DIR --for mosquitto).
CRLS
crlfile FOLDER/crl.pem
";

/// A CA has none: with `crlfile` nobody would get in.
const MOSQUITTO_NO_CRLS: &str = "\
# Revocation: it takes a CRL of every CA above the devices, and not every one has a CRL in the register, so that revoked devices
# get in:
CRLS
# Make those that are missing (coldsign crl --ca NAME --to DIR --for mosquitto; of a CA elsewhere it comes from there), join all
# as FOLDER/crl.pem, and take the mark off the next line. A broker reads it when it starts; once one of them is overdue,
# nobody gets in.
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
REVOCATION
  }
}
# The user name is the certificate's common name.
mqtt.peer_cert_as_username = cn
";

/// EMQX reads no CRL from a file, and what it fetches as PEM alone (`emqx_crl_cache`).
const EMQX_CRLS: &str = "\
    # Revocation: EMQX fetches the CRL for a device from the address in its certificate (crlDistributionPoints: crl in the
    # profile), again and again, and reads PEM there, no DER. The newest CRLs stand in crl.pem:
CRLS
    # One that is missing is made by coldsign crl --ca NAME --to DIR --for emqx. Put crl.pem at that address, then take the mark
    # off the next line; without a CRL there nobody gets in.
    #enable_crl_check = true
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
