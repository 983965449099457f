//! A stored plan for screens to show: a register makes it, because nothing else can.

use coldsign::{
    ceremony::{Rehearsal, StoredPlan},
    pki::{
        key::{Curve, PublicKey, RsaScheme},
        name::Name,
        plan::{Facts, RootFields, plan_root},
        profile::{Approval, DuplicateKeys},
        serial::SerialNumber,
        time::Time,
    },
    register::{Issuer, NewAuthority, NewPlan, PlanKind, Register},
};
use p256::ecdsa::SigningKey;

/// The moment of all samples.
pub fn now() -> Time {
    Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap()
}

/// A public key, one for each number.
pub fn public_key(number: u8) -> PublicKey {
    let key = SigningKey::from_slice(&[number; 32]).unwrap();
    PublicKey::from_ec_point(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

/// The plan of one root certificate, of the CA `factory`.
pub fn stored_plan() -> StoredPlan {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let mut register = Register::create(&path, [7; 16], Rehearsal::Rehearsal, now()).unwrap();
    let public_key = public_key(1);
    let authority = NewAuthority {
        name: "factory",
        key_uri: "pkcs11:token=demo;object=factory",
        public_key: &public_key,
        request: None,
    };
    register.add_authority(&authority, now()).unwrap();
    let fields = RootFields {
        name: Name::from_text("CN=Factory Root").unwrap(),
        public_key,
        rsa_scheme: RsaScheme::Pkcs1,
        days: 3650,
        path_length: None,
    };
    let root = plan_root(&fields, Facts { now: now(), serial: SerialNumber::from_random([3; 20]) }).unwrap();
    let new = NewPlan {
        authority: "factory",
        kind: PlanKind::Root,
        profile: "device",
        profile_text: "[profile.device]\nkind = \"end-entity\"\n",
        waivers: &[],
        approval: Approval::Typed,
        duplicate_keys: DuplicateKeys::Note,
        crl_points: &[],
        block_lists: None,
    };
    let mut writer = register.begin_plan(&new, now()).unwrap();
    writer.add("factory", None, &root).unwrap();
    writer.store(Issuer::OwnKey, now()).unwrap()
}
