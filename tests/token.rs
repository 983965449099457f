//! The token layer on a real `SoftHSM` 2.

#[path = "token/lab.rs"]
#[expect(dead_code, reason = "the cases on kryoptic use the rest of it")]
mod lab;

use std::path::Path;
use std::process::Command;

use coldsign::pki::key::{Curve, HashAlgorithm, KeyAlgorithm, PublicKey, SignatureAlgorithm};
use coldsign::token::error::Error;
use coldsign::token::key::Authentication;
use coldsign::token::mechanism::{KEY_ALGORITHMS, Support};
use coldsign::token::module::Module;
use coldsign::token::pin::{Activation, Pin};
use coldsign::token::slot::PinWarning;
use coldsign::token::uri::{KeyId, TokenUri};
use coldsign::token::waiver::{Promise, Waiver};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use lab::{Maker::SoftHsm, PIN, activation, failure, made_elsewhere, on, signatures, signs, so_activation};
use zeroize::Zeroizing;

/// Another program; its absence is a fault of the machine.
fn tool(name: &str, package: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    assert!(found, "{name} is not installed: apt-get install {package}");
    Command::new(name)
}

/// How another program makes a key of P-256.
fn p256() -> (&'static Mechanism<'static>, Attribute) {
    (&Mechanism::EccKeyPairGen, Attribute::EcParams(b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07".to_vec()))
}

#[test]
fn makes_every_kind_of_key_and_signs_with_it() {
    on(SoftHsm, "makes_every_kind_of_key_and_signs_with_it", |lab| {
        let session = lab.session("every kind");
        for algorithm in KEY_ALGORITHMS {
            if matches!(algorithm, KeyAlgorithm::MlDsa(_)) {
                let error = failure(session.generate(algorithm, "a CA key"));
                assert!(matches!(error, Error::MechanismMissing { .. }), "{error}");
                continue;
            }
            let made = session.generate(algorithm, "a CA key").unwrap();
            assert_eq!(made.public_key().algorithm(), algorithm);
            assert_eq!(made.label().as_str(), "a CA key");
            assert!(made.unpromised().is_empty(), "{:?}", made.unpromised());
            let uri = TokenUri::token("every kind").with_key(made.id());
            let named = |object: &str| TokenUri::parse(&format!("{uri};object={object}")).unwrap();
            assert!(session.find(&named("a%20CA%20key")).is_ok());
            assert!(matches!(failure(session.find(&named("another"))), Error::KeyMissing { .. }));
            let found = session.find(&uri).unwrap();
            assert_eq!(found.matches(made.public_key()).ok(), Some(()));
            assert_eq!(found.id(), made.id());
            for signature in signatures(algorithm) {
                signs(&session, &found, signature);
            }
        }
    });
}

#[test]
fn finds_the_key_again_after_a_new_login() {
    on(SoftHsm, "finds_the_key_again_after_a_new_login", |lab| {
        let session = lab.session("again");
        let made = session.generate(KeyAlgorithm::Ec(Curve::P256), "key").unwrap();
        drop(session);
        let session = lab.logged_in("again");
        let found = session.find_id(made.id()).unwrap();
        assert_eq!(found.public_key(), made.public_key());
        signs(&session, &found, SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256));
    });
}

#[test]
fn signs_in_several_threads_after_the_first_session_is_gone() {
    on(SoftHsm, "signs_in_several_threads_after_the_first_session_is_gone", |lab| {
        let session = lab.session("threads");
        let key = session.generate(KeyAlgorithm::Ec(Curve::P256), "key").unwrap();
        let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
        let signers: Vec<_> = (0..4).map(|_| session.signer(&key, algorithm).unwrap()).collect();
        drop(session);
        let public: &PublicKey = key.public_key();
        std::thread::scope(|scope| {
            for mut signer in signers {
                scope.spawn(move || {
                    for turn in 0_u32..50 {
                        let signature = signer.sign(&turn.to_be_bytes()).unwrap();
                        public.verify(algorithm, &turn.to_be_bytes(), &signature).unwrap();
                    }
                });
            }
        });
    });
}

#[test]
fn agrees_with_openssl() {
    on(SoftHsm, "agrees_with_openssl", |lab| {
        let session = lab.session("openssl");
        for (key, made, options) in [
            (
                KeyAlgorithm::Ec(Curve::P521),
                SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512),
                &["-sha512"][..],
            ),
            (
                KeyAlgorithm::Rsa { bits: 2048 },
                SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256),
                &["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"][..],
            ),
        ] {
            let key = session.generate(key, "key").unwrap();
            let write = |name: &str, octets: &[u8]| {
                let path = lab.folder.join(name);
                std::fs::write(&path, octets).unwrap();
                path
            };
            let spki = write("key.der", key.public_key().spki());
            let message = write("message", b"the octets that a certificate would have");
            let signature = write("signature", &signs(&session, &key, made));
            let judged = tool("openssl", "openssl")
                .args(["dgst", "-keyform", "DER", "-verify"])
                .arg(spki)
                .args(options)
                .arg("-signature")
                .args([signature, message])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&judged.stdout), "Verified OK\n");
        }
    });
}

#[test]
fn tells_what_the_token_can_do() {
    on(SoftHsm, "tells_what_the_token_can_do", |lab| {
        let capabilities = lab.session("able").capabilities().unwrap();
        for capability in &capabilities {
            if matches!(capability.algorithm, KeyAlgorithm::MlDsa(_)) {
                assert_eq!((capability.generation, capability.signatures.len()), (Support::Absent, 0));
                continue;
            }
            assert_eq!(capability.generation, Support::Present, "{}", capability.algorithm);
            for signature in signatures(capability.algorithm) {
                assert!(capability.signatures.contains(&signature), "{} {signature:?}", capability.algorithm);
            }
        }
        assert_eq!(capabilities.len(), KEY_ALGORITHMS.len());
    });
}

#[test]
fn refuses_a_key_that_is_not_the_certificates() {
    on(SoftHsm, "refuses_a_key_that_is_not_the_certificates", |lab| {
        let session = lab.session("mismatch");
        let one = session.generate(KeyAlgorithm::Ec(Curve::P256), "one").unwrap();
        let other = session.generate(KeyAlgorithm::Ec(Curve::P256), "other").unwrap();
        assert_ne!(one.id(), other.id());
        let uri = TokenUri::token("mismatch").with_key(one.id());
        let error = failure(session.find(&uri).unwrap().matches(other.public_key()));
        assert!(matches!(error, Error::KeyMismatch { .. }), "{error}");
        let error = failure(session.find(&TokenUri::token("mismatch")));
        assert!(matches!(error, Error::KeyNotNamed { .. }), "{error}");
        let error = failure(session.find_id(&KeyId::new(vec![9]).unwrap()));
        assert_eq!(error.to_string(), "token `mismatch` has no private key 09");
    });
}

#[test]
fn tries_a_wrong_pin_once_and_tells_what_is_left() {
    on(SoftHsm, "tries_a_wrong_pin_once_and_tells_what_is_left", |lab| {
        lab.initialised("wrong pin");
        let token = lab.module.find(&TokenUri::token("wrong pin")).unwrap();
        assert_eq!(token.state().pin_warning(), None);
        let error = failure(token.login(activation("not the pin")));
        assert!(matches!(error, Error::PinIncorrect { warning: Some(PinWarning::CountLow), .. }), "{error}");
        assert_eq!(error.to_string(), "the PIN is wrong");
        let state = lab.module.token_state(token.state().slot).unwrap();
        assert_eq!(state.pin_warning(), Some("a wrong PIN was tried since the last right one"));
        // The right one is taken, and the warning goes.
        drop(token.login(activation(PIN)).unwrap());
        assert_eq!(lab.module.token_state(token.state().slot).unwrap().pin_warning(), None);
    });
}

#[test]
fn tries_no_pin_that_the_token_cannot_have() {
    on(SoftHsm, "tries_no_pin_that_the_token_cannot_have", |lab| {
        lab.initialised("no try");
        let token = lab.module.find(&TokenUri::token("no try")).unwrap();
        let error = failure(token.login(Activation::Pad));
        assert_eq!(error.to_string(), "token `no try` has no PIN pad of its own");
        let short = Pin::new(Zeroizing::new(b"123".to_vec()));
        assert!(matches!(failure(short), Error::PinLength { .. }));
        assert_eq!(lab.module.token_state(token.state().slot).unwrap().pin_warning(), None);
    });
}

#[test]
fn initialises_no_token_twice() {
    on(SoftHsm, "initialises_no_token_twice", |lab| {
        let slot = lab.initialised("once").slot;
        let error = failure(lab.module.initialise(slot, "twice", &so_activation(), &activation(PIN)));
        assert_eq!(error.to_string(), format!("slot {slot} holds the initialised token `once`"));
        for label in ["", "a label of more than 32 octets …"] {
            let error =
                failure(lab.module.initialise(lab.free_slot(), label, &so_activation(), &activation(PIN)));
            assert!(matches!(error, Error::LabelLength { .. }), "{error}");
        }
        let error = failure(lab.module.initialise(4_000_000_000, "x", &so_activation(), &activation(PIN)));
        assert_eq!(error.to_string(), "slot 4000000000 holds no token");
        lab.logged_in("once");
    });
}

#[test]
fn tells_two_tokens_with_one_label_apart_by_serial_alone() {
    on(SoftHsm, "tells_two_tokens_with_one_label_apart_by_serial_alone", |lab| {
        let first = lab.initialised("twin");
        let second = lab.initialised("twin");
        assert_ne!(first.slot, second.slot);
        let error = failure(lab.module.find(&TokenUri::token("twin")));
        assert!(matches!(&error, Error::SeveralTokens { slots, .. } if slots.len() == 2), "{error}");
        for state in [first, second] {
            let found = lab.module.find(&TokenUri::token("twin").with_serial_of(&state)).unwrap();
            assert_eq!(found.state().slot, state.slot);
        }
        let error = failure(lab.module.find(&TokenUri::token("triplet")));
        assert_eq!(error.to_string(), "no token matches `pkcs11:token=triplet`; seen: `twin`, `twin`");
    });
}

#[test]
fn refuses_a_key_that_came_from_outside() {
    on(SoftHsm, "refuses_a_key_that_came_from_outside", |lab| {
        lab.initialised("imported");
        let file = lab.folder.join("key.pem");
        let made = tool("openssl", "openssl")
            .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(made.status.success());
        let imported = tool("softhsm2-util", "softhsm2")
            .args(["--token", "imported", "--pin", PIN, "--label", "key", "--id", "0a0b", "--import"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(imported.status.success(), "{imported:?}");
        let session = lab.logged_in("imported");
        let error = failure(session.find_id(&KeyId::new(vec![0x0a, 0x0b]).unwrap()));
        let text = error.to_string();
        assert!(matches!(error, Error::KeyNotAsAsked { .. }), "{text}");
        assert!(text.contains("CKA_NEVER_EXTRACTABLE") && text.contains("CKA_ALWAYS_SENSITIVE"), "{text}");
    });
}

#[test]
fn refuses_a_key_that_can_be_extracted_or_does_more_than_sign() {
    on(SoftHsm, "refuses_a_key_that_can_be_extracted_or_does_more_than_sign", |lab| {
        let session = lab.session("lax");
        for (id, lax, finding) in [
            (1, Attribute::Derive(true), "it derives keys (CKA_DERIVE)"),
            (2, Attribute::Decrypt(true), "it decrypts (CKA_DECRYPT)"),
            (3, Attribute::Unwrap(true), "it unwraps keys (CKA_UNWRAP)"),
            (4, Attribute::SignRecover(true), "it signs with recovery (CKA_SIGN_RECOVER)"),
            (5, Attribute::Sign(false), "it does not sign (CKA_SIGN)"),
            (6, Attribute::Private(false), "it can be seen without a PIN (CKA_PRIVATE)"),
            (
                7,
                Attribute::Extractable(true),
                "it can be extracted (CKA_EXTRACTABLE), \
                 it was extractable once, or came from outside (CKA_NEVER_EXTRACTABLE)",
            ),
            (
                8,
                Attribute::Sensitive(false),
                "it is not sensitive (CKA_SENSITIVE), it was not always sensitive (CKA_ALWAYS_SENSITIVE)",
            ),
        ] {
            made_elsewhere(lab, "lax", id, p256(), lax);
            let error = failure(session.find_id(&KeyId::new(vec![id]).unwrap()));
            let expected = format!("key {id:02x} is not a key to sign certificates with: {finding}");
            assert_eq!(error.to_string(), expected);
            // Of a key from outside, other uses and the token's word for its past can be waived, nothing else.
            let uri = TokenUri::parse(&format!("pkcs11:id=%{id:02x}")).unwrap();
            let waived = session.find_waiving(&uri, &Waiver::of(Promise::ALL));
            assert_eq!(waived.is_ok(), id < 5, "{waived:?}");
            assert!(session.find_waiving(&uri, &Waiver::of([Promise::Local])).is_err());
        }
        made_elsewhere(lab, "lax", 9, p256(), Attribute::Sign(true));
        session.find_id(&KeyId::new(vec![9]).unwrap()).unwrap();
        made_elsewhere(lab, "lax", 9, p256(), Attribute::Sign(true));
        let error = failure(session.find_id(&KeyId::new(vec![9]).unwrap()));
        assert_eq!(error.to_string(), "2 objects of class private key have the identifier 09");
    });
}

#[test]
fn gives_the_pin_for_each_signature_to_a_key_that_wants_it() {
    on(SoftHsm, "gives_the_pin_for_each_signature_to_a_key_that_wants_it", |lab| {
        let session = lab.session("always");
        made_elsewhere(lab, "always", 1, p256(), Attribute::AlwaysAuthenticate(true));
        let key = session.find_id(&KeyId::new(vec![1]).unwrap()).unwrap();
        assert_eq!(key.authentication(), Authentication::EachSignature);
        let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
        // The first log-in saw no such key and kept no PIN.
        let error = failure(session.signer(&key, algorithm));
        assert_eq!(error.to_string(), "key 01 wants its PIN for every signature");
        drop(session);
        let session = lab.logged_in("always");
        let key = session.find_id(key.id()).unwrap();
        let mut signers = [(); 2].map(|()| session.signer(&key, algorithm).unwrap());
        for message in [b"one", b"two", b"six"] {
            for signer in &mut signers {
                let signature = signer.sign(message).unwrap();
                key.public_key().verify(algorithm, message, &signature).unwrap();
            }
        }
    });
}

#[test]
fn tells_a_token_that_vanished() {
    on(SoftHsm, "tells_a_token_that_vanished", |lab| {
        let session = lab.session("gone");
        let key = session.generate(KeyAlgorithm::Ec(Curve::P256), "key").unwrap();
        let mut signer = session.signer(&key, SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256)).unwrap();
        std::fs::remove_dir_all(lab.folder.join("tokens")).unwrap();
        // SoftHSM may still hold the key in memory; whatever it answers is a signature that verifies or an error.
        if let Ok(signature) = signer.sign(b"x") {
            key.public_key()
                .verify(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), b"x", &signature)
                .unwrap();
        }
        let error = failure(session.find_id(key.id()));
        println!("{error}: {}", error.hint());
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    });
}

#[test]
fn gives_random_octets() {
    on(SoftHsm, "gives_random_octets", |lab| {
        let session = lab.session("random");
        let (one, other) = (session.random(1000).unwrap(), session.random(1000).unwrap());
        assert_eq!((one.len(), session.random(0).unwrap().len()), (1000, 0));
        assert_ne!(one, other);
        assert_ne!(one[900..], [0; 100]);
    });
}

fn check_module(path: &Path, expected: &str) {
    let error = failure(Module::load(path));
    assert_eq!(error.to_string(), expected);
    assert!(!error.hint().is_empty());
}

#[test]
fn refuses_what_is_no_module_or_logs_pins() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let shown = |name: &str| path(name).display().to_string();
    check_module(&path("none.so"), &format!("{}: no such PKCS#11 module", shown("none.so")));
    check_module(folder.path(), &format!("{}: no such PKCS#11 module", folder.path().display()));
    check_module(
        Path::new("libsofthsm2.so"),
        "libsofthsm2.so: not used as a PKCS#11 module: the path is not absolute",
    );
    let spy = "not used as a PKCS#11 module: a spy module writes the PIN to its log";
    std::fs::write(path("pkcs11-spy.so"), b"").unwrap();
    check_module(&path("pkcs11-spy.so"), &format!("{}: {spy}", shown("pkcs11-spy.so")));
    std::os::unix::fs::symlink(path("pkcs11-spy.so"), path("harmless.so")).unwrap();
    check_module(&path("harmless.so"), &format!("{}: {spy}", shown("harmless.so")));
    std::fs::write(path("text.so"), b"no library").unwrap();
    let error = failure(Module::load(&path("text.so")));
    assert!(matches!(error, Error::ModuleRefused { .. }), "{error}");
}
