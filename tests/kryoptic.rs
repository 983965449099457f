//! On kryoptic, a token that knows ML-DSA and locks PINs: the token layer, and CAs with such keys.
//!
//! It takes minutes to build (`tests/kryoptic/build`), so that this is no part of an ordinary `cargo test`, which neither
//! builds nor counts it: `cargo test --test kryoptic`, or `COLDSIGN_LONG=1 tests/run`, which builds the token first.

#[path = "kryoptic/authorities.rs"]
mod authorities;
#[path = "token/lab.rs"]
#[expect(dead_code, reason = "the cases on SoftHSM use more of it")]
mod lab;
#[path = "judges/latest.rs"]
mod latest;
#[path = "post_quantum/pyca.rs"]
mod pyca;
mod support;

use coldsign::pki::key::{KeyAlgorithm, MlDsa, SignatureAlgorithm, SignedMessage, WHOLE_OCTETS_MAX};
use coldsign::token::error::Error;
use coldsign::token::key::Authentication;
use coldsign::token::mechanism::{KEY_ALGORITHMS, Support};
use coldsign::token::slot::PinWarning;
use coldsign::token::uri::{KeyId, TokenUri};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, MlDsaParameterSetType};
use lab::{Maker::Kryoptic, PIN, activation, failure, made_elsewhere, on, signatures, signs};

#[test]
fn makes_every_kind_of_key_and_signs_with_it_on_kryoptic() {
    on(Kryoptic, "makes_every_kind_of_key_and_signs_with_it_on_kryoptic", |lab| {
        let session = lab.session("every kind");
        let capabilities = session.capabilities().unwrap();
        for (algorithm, capability) in KEY_ALGORITHMS.into_iter().zip(capabilities) {
            assert_eq!((capability.algorithm, capability.generation), (algorithm, Support::Present));
            let made = session.generate(algorithm, "a CA key").unwrap();
            assert_eq!(made.public_key().algorithm(), algorithm);
            assert!(made.unpromised().is_empty(), "{:?}", made.unpromised());
            let uri = TokenUri::token("every kind").with_key(made.id());
            let found = session.find(&uri).unwrap();
            assert_eq!(found.matches(made.public_key()).ok(), Some(()));
            for signature in signatures(algorithm) {
                assert!(capability.signatures.contains(&signature), "{algorithm} {signature:?}");
                signs(&session, &found, signature);
            }
        }
    });
}

#[test]
fn finds_an_ml_dsa_key_again_after_a_new_login() {
    on(Kryoptic, "finds_an_ml_dsa_key_again_after_a_new_login", |lab| {
        let session = lab.session("again");
        let made = MlDsa::ALL.map(|set| session.generate(KeyAlgorithm::MlDsa(set), "key").unwrap());
        drop(session);
        let session = lab.logged_in("again");
        for (set, made) in MlDsa::ALL.into_iter().zip(made) {
            let found = session.find_id(made.id()).unwrap();
            assert_eq!(found.public_key(), made.public_key());
            let signature = signs(&session, &found, SignatureAlgorithm::MlDsa(set));
            assert_eq!(signature.len(), set.signature_octets());
            // A key makes signatures of its own parameter set and no others.
            for other in MlDsa::ALL.into_iter().filter(|other| *other != set) {
                let error = failure(session.signer(&found, SignatureAlgorithm::MlDsa(other)));
                assert!(matches!(error, Error::MechanismMissing { .. }), "{error}");
            }
        }
    });
}

/// How another program makes a key of ML-DSA-65.
fn ml_dsa() -> (&'static Mechanism<'static>, Attribute) {
    (&Mechanism::MlDsaKeyPairGen, Attribute::ParameterSet(MlDsaParameterSetType::ML_DSA_65.into()))
}

#[test]
fn refuses_an_ml_dsa_key_that_can_be_extracted() {
    on(Kryoptic, "refuses_an_ml_dsa_key_that_can_be_extracted", |lab| {
        let session = lab.session("lax");
        for (id, lax, finding) in [
            (1, Attribute::Extractable(true), "it can be extracted (CKA_EXTRACTABLE)"),
            (2, Attribute::Sensitive(false), "it is not sensitive (CKA_SENSITIVE)"),
            (3, Attribute::Sign(false), "it does not sign (CKA_SIGN)"),
        ] {
            made_elsewhere(lab, "lax", id, ml_dsa(), lax);
            let text = failure(session.find_id(&KeyId::new(vec![id]).unwrap())).to_string();
            let expected = format!("key {id:02x} is not a key to sign certificates with: {finding}");
            assert!(text.starts_with(&expected), "{text}");
        }
        made_elsewhere(lab, "lax", 4, ml_dsa(), Attribute::Sign(true));
        session.find_id(&KeyId::new(vec![4]).unwrap()).unwrap();
    });
}

#[test]
fn gives_the_pin_for_each_ml_dsa_signature_to_a_key_that_wants_it() {
    on(Kryoptic, "gives_the_pin_for_each_ml_dsa_signature_to_a_key_that_wants_it", |lab| {
        lab.initialised("always");
        let session = lab.logged_in("always");
        made_elsewhere(lab, "always", 1, ml_dsa(), Attribute::AlwaysAuthenticate(true));
        drop(session);
        let session = lab.logged_in("always");
        let key = session.find_id(&KeyId::new(vec![1]).unwrap()).unwrap();
        assert_eq!(key.authentication(), Authentication::EachSignature);
        for _ in 0..2 {
            signs(&session, &key, SignatureAlgorithm::MlDsa(MlDsa::Set65));
        }
    });
}

#[test]
fn gives_the_token_the_whole_of_a_message_that_came_in_pieces_and_none_that_is_too_long() {
    let case = "gives_the_token_the_whole_of_a_message_that_came_in_pieces_and_none_that_is_too_long";
    on(Kryoptic, case, |lab| {
        let session = lab.session("long");
        let algorithm = SignatureAlgorithm::MlDsa(MlDsa::Set44);
        let key = session.generate(KeyAlgorithm::MlDsa(MlDsa::Set44), "key").unwrap();
        let mut signer = session.signer(&key, algorithm).unwrap();
        let mut message = SignedMessage::new(algorithm);
        message.add(&vec![7; WHOLE_OCTETS_MAX - 1]);
        message.add(&[7]);
        let whole = message.clone().finish();
        let signature = signer.sign_message(&whole).unwrap();
        assert_eq!(key.public_key().verify_message(&whole, &signature), Ok(()));
        message.add(&[7]);
        let error = failure(signer.sign_message(&message.finish()));
        assert!(matches!(error, Error::MessageTooLong { .. }), "{error}");
    });
}

#[test]
fn tells_that_the_pin_is_locked_and_tries_it_no_more() {
    on(Kryoptic, "tells_that_the_pin_is_locked_and_tries_it_no_more", |lab| {
        lab.initialised("locked");
        let token = || lab.module.find(&TokenUri::token("locked")).unwrap();
        let mut wrong = 0;
        let error = loop {
            match failure(token().login(activation("not the pin"))) {
                Error::PinIncorrect { .. } => wrong += 1,
                other => break other,
            }
            assert!(wrong < 20, "the token does not lock");
        };
        assert!(matches!(error, Error::PinLocked { .. }), "{error}");
        assert!(wrong >= 3, "locked after {wrong}");
        assert_eq!(token().state().user_pin, Some(PinWarning::Locked));
        let error = failure(token().login(activation(PIN)));
        assert!(matches!(error, Error::PinLocked { .. }), "{error}");
    });
}
