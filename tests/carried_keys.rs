//! Devices' private keys that an operator carries in: what is read as one, and that they go from medium to medium and stay
//! nowhere.

mod support;

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use coldsign::pki::{
    der::{element, tag},
    device_key::{DeviceKey, DeviceKeyError},
    fingerprint::hex,
};
use support::{Sandbox, openssl, request::Algorithm, request::Request, succeed};

/// Keys that OpenSSL makes, each in the forms that it writes, and what is made of one of them.
#[test]
fn a_private_key_is_read_from_each_form_and_gives_its_public_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let kinds: [&[&str]; 4] = [
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ];
    for kind in kinds {
        let [key, public, made] = ["key", "public", "made"].map(path);
        succeed(openssl(&["genpkey", "-out", &key, "-algorithm"]).args(kind));
        succeed(&mut openssl(&["pkey", "-in", &key, "-pubout", "-outform", "DER", "-out", &public]));
        let forms: [&[&str]; 4] =
            [&[], &["-traditional"], &["-outform", "DER"], &["-traditional", "-outform", "DER"]];
        for form in forms {
            succeed(openssl(&["pkey", "-in", &key, "-out", &made]).args(form));
            let read = DeviceKey::parse(&fs::read(&made).unwrap())
                .unwrap_or_else(|error| panic!("{kind:?} {form:?}: {error}"));
            assert_eq!(read.public_key().spki(), fs::read(&public).unwrap(), "{kind:?} {form:?}");
            succeed(&mut openssl(&["pkey", "-traditional", "-in", &key, "-out", &made]));
            assert!(read.pem() == fs::read(&made).unwrap(), "{kind:?} {form:?}");
        }
        // Others' line ends, and the curve's name in a block of its own before the key.
        let text = fs::read_to_string(&key).unwrap();
        assert!(DeviceKey::parse(text.replace('\n', "\r\n").as_bytes()).is_ok(), "{kind:?}");
        succeed(&mut openssl(&["pkey", "-in", &key, "-aes256", "-passout", "pass:abcd", "-out", &made]));
        assert_eq!(DeviceKey::parse(&fs::read(&made).unwrap()).err(), Some(DeviceKeyError::Encrypted));
    }
    let [key, plain] = ["named", "plain"].map(path);
    succeed(&mut openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-out", &key]));
    succeed(&mut openssl(&["pkey", "-in", &key, "-out", &plain]));
    let [named, plain] = [key, plain].map(|path| DeviceKey::parse(&fs::read(path).unwrap()).unwrap());
    assert!(named.pem() == plain.pem());
}

#[test]
fn what_is_no_private_key_of_a_kind_that_is_taken_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key").to_str().unwrap().to_owned();
    let made = |arguments: &[&str]| {
        succeed(openssl(&["genpkey", "-outform", "DER", "-out", &path, "-algorithm"]).args(arguments));
        fs::read(&path).unwrap()
    };
    let check =
        |octets: &[u8], error| assert_eq!(DeviceKey::parse(octets).err(), Some(error), "{}", hex(octets));
    for kind in [&["ED25519"][..], &["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]] {
        made(kind);
        let pkcs8 = succeed(&mut openssl(&["pkey", "-inform", "DER", "-in", &path]));
        check(pkcs8.as_bytes(), DeviceKeyError::Unsupported);
    }
    // Longer numbers than any key has are not calculated with.
    let [zero, two, long] = [&[0][..], &[2], &[0x7f; 1026]].map(|number| element(tag::INTEGER, number));
    for place in 1..9 {
        let mut numbers = vec![two.clone(); 9];
        numbers[0].clone_from(&zero);
        numbers[place].clone_from(&long);
        check(&element(tag::SEQUENCE, &numbers.concat()), DeviceKeyError::Malformed);
    }
    check(b"", DeviceKeyError::Malformed);
    check(b"-----BEGIN PRIVATE KEY-----\n", DeviceKeyError::Malformed);
    check(&[0xff; 40], DeviceKeyError::Malformed);
    // Every octet bent, every length cut: refused, or the same key (a curve's name that is said twice), never a panic.
    for kind in
        [&["EC", "-pkeyopt", "ec_paramgen_curve:P-256"][..], &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]]
    {
        let octets = made(kind);
        let key = DeviceKey::parse(&octets).unwrap();
        // A number of the key that was altered gives no key: its public half is in the file, or its primes are.
        for place in (0..octets.len()).step_by(if octets.len() > 500 { 37 } else { 1 }) {
            let mut bent = octets.clone();
            bent[place] ^= 1;
            if let Ok(read) = DeviceKey::parse(&bent) {
                assert_eq!(read.public_key(), key.public_key(), "{kind:?} {place}");
            }
            check(&octets[..place], DeviceKeyError::Malformed);
        }
        check(&[octets.as_slice(), &[0]].concat(), DeviceKeyError::Malformed);
    }
}

#[test]
fn a_file_has_one_private_key_and_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key").to_str().unwrap().to_owned();
    let written = |arguments: &[&str]| {
        succeed(openssl(&["pkey", "-in", &path]).args(arguments));
        fs::read(folder.path().join("made")).unwrap()
    };
    let made = folder.path().join("made").to_str().unwrap().to_owned();
    let parsed = |octets: &[u8]| DeviceKey::parse(octets).map(|key| key.pem().to_vec());
    let (malformed, encrypted) = (Err(DeviceKeyError::Malformed), Err(DeviceKeyError::Encrypted));
    for (kind, own) in [
        (&["EC", "-pkeyopt", "ec_paramgen_curve:P-256"][..], "EC PRIVATE KEY"),
        (&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RSA PRIVATE KEY"),
    ] {
        succeed(openssl(&["genpkey", "-out", &path, "-algorithm"]).args(kind));
        let forms = [&["-out", &made][..], &["-traditional", "-out", &made]];
        let [pkcs8, traditional] = forms.map(|form| String::from_utf8(written(form)).unwrap());
        let key = parsed(pkcs8.as_bytes());
        assert!(key.is_ok());
        // Two keys, of one form or of two, in either order, are not one key.
        for (first, second) in [(&pkcs8, &pkcs8), (&pkcs8, &traditional), (&traditional, &pkcs8)] {
            assert_eq!(parsed(format!("{first}{second}").as_bytes()), malformed, "{own}");
        }
        // Its label is that of another form.
        let others = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "DSA PRIVATE KEY"];
        for (text, is) in [(&pkcs8, "PRIVATE KEY"), (&traditional, own)] {
            for other in others.into_iter().filter(|other| *other != is) {
                let relabelled = text.replace(&format!(" {is}-----"), &format!(" {other}-----"));
                assert_eq!(parsed(relabelled.as_bytes()), malformed, "{is} as {other}");
            }
        }
        // What a PKCS #12 file says of a key stands before it, and is not asked.
        let named = format!("Bag Attributes\n    friendlyName: NOT ENCRYPTED\n{pkcs8}");
        assert_eq!(parsed(named.as_bytes()), key, "{own}");
        // With a password, in every form that OpenSSL writes.
        let password = ["-aes256", "-passout", "pass:abcd", "-out", &made];
        for form in [&[][..], &["-traditional"]] {
            assert_eq!(parsed(&written(&[&password[..], form].concat())), encrypted, "{own} {form:?}");
        }
        let topk8 =
            ["pkcs8", "-topk8", "-in", &path, "-passout", "pass:abcd", "-outform", "DER", "-out", &made];
        succeed(&mut openssl(&topk8));
        assert_eq!(parsed(&fs::read(&made).unwrap()), encrypted, "{own}");
    }
}

/// Whether one of the files below a folder has these octets.
fn is_in(folder: &Path, octets: &[u8]) -> bool {
    let has = |path: &Path| fs::read(path).unwrap().windows(octets.len()).any(|window| window == octets);
    support::files(folder).iter().any(|path| has(path))
}

#[test]
fn private_keys_go_into_the_image_and_nowhere_else() {
    let sandbox = Sandbox::with_root("carried-keys", "p256");
    let (stick, keys, out) = (sandbox.folder("stick"), sandbox.folder("keys"), sandbox.folder("out"));
    for (name, algorithm) in [("one", Algorithm::P256), ("two", Algorithm::Rsa(2048))] {
        sandbox.request(&stick, name, algorithm, &Request::named(name));
        fs::copy(sandbox.path(&format!("{name}.key")), format!("{keys}/{name}.key")).unwrap();
    }
    let (planned, pin) = (sandbox.approved("root", "device", &[&stick]), sandbox.text("pin"));
    sandbox.ok(["sign", &planned.id, "--pin-file", &pin]);
    let form = ["deliver", &planned.id, "--to", &out, "--pin-file", &pin, "--for", "esp-secure-cert"];
    let with_keys = [&form[..], &["--keys", &keys]].concat();

    // Without the setting there is no way in for a key.
    let said = sandbox.exits(2, with_keys.clone());
    assert!(said.contains("no form of this bundle holds private keys"), "{said}");
    let mut settings = OpenOptions::new().append(true).open(sandbox.path("home/authority.toml")).unwrap();
    settings.write_all(b"\n[deliver.esp-secure-cert]\nprivate-keys = \"carried-in\"\n").unwrap();
    let said = sandbox.exits(2, form);
    assert!(said.contains("name the folder that has them (--keys DIR)"), "{said}");

    // Refused whole, by the source's name, before anything is written.
    let kept = fs::read(format!("{keys}/two.key")).unwrap();
    let refused = |words: &[&str]| {
        let said = sandbox.exits(2, with_keys.clone());
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(support::files(Path::new(&out)).is_empty(), "{said}");
    };
    fs::remove_file(format!("{keys}/two.key")).unwrap();
    refused(&["two.csr: no private key in ", "is the one of its certificate"]);
    fs::write(format!("{keys}/two.key"), b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
    refused(&[
        "two.csr: no private key",
        "1 file could not be taken",
        "two.key: the private key is encrypted",
    ]);
    succeed(&mut openssl(&["genrsa", "-out", &format!("{keys}/two.key"), "2048"]));
    refused(&["two.csr: two.key is the private key of another device"]);
    // Its name does not matter, nor the folder within the folder.
    fs::remove_file(format!("{keys}/two.key")).unwrap();
    fs::create_dir(format!("{keys}/more")).unwrap();
    fs::write(format!("{keys}/more/B.KEY.PEM"), &kept).unwrap();

    let said = support::said(&sandbox.run(with_keys.clone()));
    assert!(
        said.contains("PRIVATE KEYS: the files of esp-secure-cert hold the devices' private keys"),
        "{said}"
    );
    let bundle = Path::new(&out).join(&planned.id);
    let manifest = fs::read_to_string(bundle.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"private_keys\": [\n    \"esp-secure-cert\"\n  ]"), "{manifest}");
    let root = bundle.join("root.pem").to_str().unwrap().to_owned();
    let judged = sandbox.json(["verify", bundle.to_str().unwrap(), "--trust", &root]).pop().unwrap();
    assert_eq!((&judged["sound"], &judged["private_keys"][0]), (&true.into(), &"esp-secure-cert".into()));

    for name in ["one", "two"] {
        let path = sandbox.text(&format!("{name}.key"));
        let traditional = succeed(&mut openssl(&["pkey", "-traditional", "-in", &path]));
        let line = traditional.lines().nth(2).unwrap().as_bytes();
        assert!(is_in(&bundle.join("esp-secure-cert"), line), "{name}");
        assert!(!is_in(&sandbox.path("home"), line), "{name}");
        let der = coldsign::pki::device_key::DeviceKey::parse(&fs::read(&path).unwrap()).unwrap();
        assert!(!is_in(&sandbox.path("home"), &der.pem()[40..80]), "{name}");
        let image = fs::metadata(bundle.join(format!("esp-secure-cert/000/{name}.bin"))).unwrap();
        assert_eq!(image.permissions().mode() & 0o777, 0o600, "{name}");
    }
    // Keys that lie beside their requests are none of them, and no reason to refuse anything.
    fs::copy(sandbox.path("one.key"), format!("{stick}/one.key.pem")).unwrap();
    let der = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", &sandbox.text("two.key"), "-out"];
    succeed(openssl(&der).arg(format!("{stick}/two.key.der")));
    sandbox.ok(["inspect", "--profile", "device", &stick]);
}
