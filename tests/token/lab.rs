//! Where a case of the token layer works: real tokens of software, each case in a process of its own.
//!
//! A module reads its configuration from the environment when it is loaded, and one process shares one module. So each
//! case starts the test's binary again for itself alone, with a fresh folder of tokens. A missing SoftHSM is a fault of
//! the machine, not a pass.

#[path = "../support/modules.rs"]
mod modules;

use std::path::{Path, PathBuf};
use std::process::Command;

use coldsign::pki::key::{Curve, HashAlgorithm, KeyAlgorithm, SignatureAlgorithm};
use coldsign::token::error::Error;
use coldsign::token::key::TokenKey;
use coldsign::token::module::Module;
use coldsign::token::pin::{Activation, Pin, SoActivation, SoPin};
use coldsign::token::session::Session;
use coldsign::token::slot::{Initialised, TokenState};
use coldsign::token::uri::TokenUri;
use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::slot::Slot;
use zeroize::Zeroizing;

const FOLDER: &str = "COLDSIGN_TEST_TOKEN_FOLDER";
pub const PIN: &str = "1234abcd";
const SO_PIN: &str = "87654321";

/// What a case works with, inside its own process.
pub struct Lab {
    pub folder: PathBuf,
    maker: Maker,
    pub module: Module,
}

/// Whose tokens a case works with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Maker {
    /// `SoftHSM` 2.
    SoftHsm,
    /// kryoptic, which knows ML-DSA and locks PINs.
    Kryoptic,
}

/// Runs a case, named as its test, in a process and a folder of its own.
pub fn on(maker: Maker, case: &str, body: impl FnOnce(&Lab)) {
    let module = maker.module();
    if let Some(folder) = std::env::var_os(FOLDER) {
        let module = Module::load(&module).expect("the module loads");
        body(&Lab { folder: folder.into(), maker, module });
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (variable, configuration) = maker.configure(folder.path());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", case, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env(variable, configuration)
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    // A name that matches no test would pass without a word.
    assert!(child.status.success() && said.contains("1 passed"), "{case}: {}\n{said}", child.status);
}

impl Maker {
    fn module(self) -> PathBuf {
        match self {
            Self::SoftHsm => modules::softhsm(),
            Self::Kryoptic => modules::kryoptic(),
        }
    }

    /// Writes the configuration of a fresh token in this folder; the variable that names it, and its path.
    fn configure(self, folder: &Path) -> (&'static str, PathBuf) {
        let (variable, text) = match self {
            Self::SoftHsm => {
                let tokens = folder.join("tokens");
                std::fs::create_dir(&tokens).unwrap();
                let tokens = tokens.display();
                let lines = "objectstore.backend = file\nlog.level = ERROR\n";
                ("SOFTHSM2_CONF", format!("directories.tokendir = {tokens}\n{lines}"))
            }
            Self::Kryoptic => {
                let database = folder.join("token.sql").display().to_string();
                let lines = "[[slots]]\nslot = 42\ndbtype = \"sqlite\"\n";
                ("KRYOPTIC_CONF", format!("{lines}dbargs = \"{database}\"\n"))
            }
        };
        let configuration = folder.join("token.conf");
        std::fs::write(&configuration, text).unwrap();
        (variable, configuration)
    }
}

pub fn activation(pin: &str) -> Activation {
    Activation::Pin(Pin::new(Zeroizing::new(pin.as_bytes().to_vec())).unwrap())
}

pub fn so_activation() -> SoActivation {
    SoActivation::Pin(SoPin::new(Zeroizing::new(SO_PIN.as_bytes().to_vec())).unwrap())
}

impl Lab {
    pub fn free_slot(&self) -> u64 {
        let slots = self.module.slots().unwrap();
        let free = slots.iter().filter_map(|slot| slot.token.as_ref());
        free.filter(|token| token.initialised == Initialised::No).map(|token| token.slot).next().unwrap()
    }

    pub fn initialised(&self, label: &str) -> TokenState {
        self.module.initialise(self.free_slot(), label, &so_activation(), &activation(PIN)).unwrap()
    }

    pub fn session(&self, label: &str) -> Session {
        self.initialised(label);
        self.logged_in(label)
    }

    pub fn logged_in(&self, label: &str) -> Session {
        self.module.find(&TokenUri::token(label)).unwrap().login(activation(PIN)).unwrap()
    }
}

pub fn failure<T>(outcome: Result<T, Error>) -> Error {
    match outcome {
        Ok(_) => panic!("it was to fail"),
        Err(error) => error,
    }
}

pub fn signatures(algorithm: KeyAlgorithm) -> Vec<SignatureAlgorithm> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    match algorithm {
        KeyAlgorithm::Ec(Curve::P256) => vec![SignatureAlgorithm::Ecdsa(Sha256)],
        KeyAlgorithm::Ec(Curve::P384) => vec![SignatureAlgorithm::Ecdsa(Sha384)],
        KeyAlgorithm::Ec(Curve::P521) => vec![SignatureAlgorithm::Ecdsa(Sha512)],
        KeyAlgorithm::Ed25519 => vec![SignatureAlgorithm::Ed25519],
        KeyAlgorithm::MlDsa(set) => vec![SignatureAlgorithm::MlDsa(set)],
        KeyAlgorithm::Rsa { .. } => vec![
            SignatureAlgorithm::RsaPkcs1(Sha256),
            SignatureAlgorithm::RsaPkcs1(Sha384),
            SignatureAlgorithm::RsaPkcs1(Sha512),
            SignatureAlgorithm::RsaPss(Sha256),
            SignatureAlgorithm::RsaPss(Sha384),
            SignatureAlgorithm::RsaPss(Sha512),
        ],
    }
}

pub fn signs(session: &Session, key: &TokenKey, algorithm: SignatureAlgorithm) -> Vec<u8> {
    let mut signer = session.signer(key, algorithm).unwrap();
    let message = b"the octets that a certificate would have";
    let signature = signer.sign(message).unwrap();
    key.public_key().verify(algorithm, message, &signature).unwrap();
    assert!(key.public_key().verify(algorithm, b"other octets", &signature).is_err());
    signature
}

/// Makes a key as another program might: as a CA key is, but for one attribute. `parameters` say of what kind.
pub fn made_elsewhere(
    lab: &Lab,
    label: &str,
    id: u8,
    (how, parameters): (&Mechanism<'_>, Attribute),
    but: Attribute,
) {
    let context = Pkcs11::new(lab.maker.module()).unwrap();
    let labelled = |slot: &Slot| context.get_token_info(*slot).is_ok_and(|info| info.label() == label);
    let slot = context.get_all_slots().unwrap().into_iter().find(labelled).unwrap();
    let session = context.open_rw_session(slot).unwrap();
    let public = [Attribute::Token(true), Attribute::Verify(true), Attribute::Id(vec![id]), parameters];
    let mut private = vec![
        Attribute::Id(vec![id]),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::SignRecover(false),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ];
    private.retain(|attribute| attribute.attribute_type() != but.attribute_type());
    private.push(but);
    session.generate_key_pair(how, &public, &private).unwrap();
}
