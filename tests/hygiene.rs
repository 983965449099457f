//! Keys against other keys: shared primes within a batch and with the register, and block lists of every format, driven
//! through the program itself.

mod support;

use std::{fs, path::Path};

use coldsign::pki::{
    der::{element, sequence, tag},
    fingerprint::{Digest, hex},
};
use dashu_int::{
    IBig, UBig,
    ops::{ExtendedGcd as _, RemEuclid as _},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::{Sandbox, said};

/// Primes of 1,024 bits, made with OpenSSL for these tests. No key of them is used anywhere.
const PRIMES: [&str; 6] = [
    "e64bad36c964294379e9bc94d8fd0bc91f9b4c9b875ade5244b869f5199b12b9bca8d796f3f900f2e2006445e87d20a6\
     e513378725063004e0b5e46d8929d9b67221b26ccd38fbfef8649cba4f435acee3f741ddd55b830d44e7bc94471be0d6\
     f1b5b431691ad0188b3615e51c272003c24f59372b9a8f231fa04207701a96cb",
    "de6b020c997657e1aaa9746e4805401684d5c6e01c1c9b29f1b05a772ef9ddda63fe43f8b4ae2199d7985beb0b473ca3\
     37a94fd2b5ca4173f6a0fd702b179de56d36d10efcb257bfa8ed28b409abac581e71011e77c9231ac7fdd5ced0ad97bb\
     0996852b50682cc6cd6902675fdcb904fca5dfe5c4ea66736584afb5af0bbaaf",
    "ff30c0c5a2197f4e1bc38a0a375303884f94149949a6742f695bb2f3e052c12fd3afa3dc3774e411b5bfbe1199b8dd03\
     dd7157d205642b5da3b6717cafdef3ccfedd9b054a37bb2e51a00d2d3431716572f76332e8fef2d309c8468ef6b5764e\
     eb4ab27ab22c5e3a36bd637620955ae279e46a0a1e81dac19f4c8bdaaeb6949b",
    "c30d4290a45b90ce5ef2d3615390495e62982958501eeb9d69ca1127928cc68d8b28a10f379b84bdbfd768d3e4a82e08\
     bc7bc2abb17d69c551f7bb41edca9530240c81f0ccc8171a5ff31ca4ed1a1ddd412c2085256daaedb4ed770f57557344\
     8fb6acee2d79f3fe6fb6e538152a5dfa5cd7d18375597548f31757b334ffb017",
    "f536cd6a3dcd5b3ca8069e38a2a985421c93828d5f70d32aa66c5ce99a9ebf8e6459201f4b2b14197814c9cad11afcaa\
     4b08b145bd9580b0f1e6627393ff11e77bc07df12b614a03b5e73cec3e1a38ae5bdbe2fbd3f8cd2359cbaf6cdd2a179c\
     7c83efa56b08366593bf02a82e6ce6441554333a451aae4770c9a63e3aafe549",
    "ef4596d2ef95ab24bfbdd33153aa28e086d1fb1bccc47d08b1e8e49ddc1ffa92f6a8d2bcdceb4fa7d1827a0df5d6f263\
     8f17a192a73dbfdaa91c2e21b5592add8ddab96b7b7aebab8ac0e8376a40552015457564e9a0f7567be7631833d59d5f\
     06f059b6c99e47bdd635578484661b2a9ef5fa15733b25e76e3e6fb4a7e95379",
];

/// An RSA key of two of the primes.
struct Key {
    modulus: UBig,
    exponent: UBig,
    private: UBig,
}

fn key(first: usize, second: usize, exponent: u32) -> Key {
    let [p, q] = [first, second].map(|at| UBig::from_str_radix(PRIMES[at], 16).expect("a number"));
    let order = (&p - UBig::ONE) * (&q - UBig::ONE);
    let exponent = UBig::from(exponent);
    let (one, inverse, _) = exponent.clone().gcd_ext(order.clone());
    assert_eq!(one, UBig::ONE);
    Key { modulus: p * q, private: inverse.rem_euclid(&IBig::from(order)), exponent }
}

impl Key {
    fn spki(&self) -> Vec<u8> {
        let integer = |number: &UBig| {
            let octets = number.to_be_bytes();
            let zero: &[u8] = if octets[0] & 0x80 == 0 { &[] } else { &[0] };
            element(tag::INTEGER, &[zero, &octets].concat())
        };
        let numbers = sequence(&[&integer(&self.modulus), &integer(&self.exponent)]);
        let rsa = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
        sequence(&[&sequence(&[&rsa]), &element(tag::BIT_STRING, &[&[0], numbers.as_slice()].concat())])
    }

    /// A request for this key, signed with SHA-256 and PKCS #1 v1.5 (RFC 8017 §9.2).
    fn request(&self, name: &str) -> Vec<u8> {
        let common_name = sequence(&[&[6, 3, 0x55, 4, 3], &element(tag::UTF8_STRING, name.as_bytes())]);
        let subject = sequence(&[&element(tag::SET, &common_name)]);
        let info = sequence(&[&[2, 1, 0], &subject, &self.spki(), &[0xa0, 0]]);
        let sha256 = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let tail = [&[0][..], &sha256, &Sha256::digest(&info)].concat();
        let padded = [&[0, 1][..], &vec![0xff; 256 - 2 - tail.len()], &tail].concat();
        let ring = dashu_int::monty::MontgomeryRepr::new(self.modulus.clone());
        let signature = ring.reduce(UBig::from_be_bytes(&padded)).pow(&self.private).residue();
        let octets = signature.to_be_bytes();
        let signature = [&vec![0; 257 - octets.len()][..], &octets].concat();
        let algorithm = sequence(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 5, 0]]);
        sequence(&[&info, &algorithm, &element(tag::BIT_STRING, &signature)])
    }
}

fn write(folder: &Path, name: &str, octets: &[u8]) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(name), octets).expect("written");
}

/// The line of `inspect --json` for a file.
fn line<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    let of = |line: &&Value| line["source"].as_str().is_some_and(|source| source.ends_with(name));
    lines.iter().find(of).unwrap_or_else(|| panic!("no line for {name}: {lines:?}"))
}

/// The controls that a line tells of, and the first message.
fn controls(line: &Value) -> (Vec<&str>, &str) {
    let findings = line["findings"].as_array().expect("findings");
    let ids = findings.iter().map(|finding| finding["control"].as_str().expect("an id")).collect();
    (ids, findings.first().map_or("", |finding| finding["message"].as_str().expect("a message")))
}

/// How many requests a control refused, by what the program said.
fn refused(text: &str, control: &str) -> usize {
    text.matches(&format!("refuse {control}")).count()
}

#[test]
fn two_requests_that_share_a_prime_are_both_refused_and_name_each_other() {
    let sandbox = Sandbox::empty("shared-in-batch");
    let stick = sandbox.path("stick");
    write(&stick, "a.csr", &key(0, 1, 65_537).request("a"));
    write(&stick, "b.csr", &key(2, 3, 65_537).request("b"));
    write(&stick, "c.csr", &key(1, 4, 65_537).request("c"));
    let lines = sandbox.json(["inspect", stick.to_str().unwrap()]);
    for (name, other) in [("a.csr", "c.csr"), ("c.csr", "a.csr")] {
        let (ids, message) = controls(line(&lines, name));
        assert_eq!(ids, ["shared-prime-in-batch"]);
        assert!(message.contains(other), "{message}");
    }
    assert_eq!(line(&lines, "b.csr")["verdict"], "accepted");
}

#[test]
fn a_request_that_is_unsound_by_itself_has_nobody_elses_refused() {
    let sandbox = Sandbox::empty("shared-forged");
    let stick = sandbox.path("stick");
    write(&stick, "victim.csr", &key(0, 1, 65_537).request("victim"));
    let mut forged = key(1, 4, 65_537).request("forger");
    let last = forged.len() - 1;
    forged[last] ^= 1;
    write(&stick, "forged.csr", &forged);
    let lines = sandbox.json(["inspect", stick.to_str().unwrap()]);
    assert_eq!(line(&lines, "victim.csr")["verdict"], "accepted");
    assert_eq!(controls(line(&lines, "forged.csr")).0, ["possession"]);
}

#[test]
fn one_modulus_under_two_exponents_is_refused_and_the_same_key_twice_is_a_duplicate() {
    let sandbox = Sandbox::empty("shared-modulus");
    let stick = sandbox.path("stick");
    write(&stick, "a.csr", &key(0, 1, 65_537).request("a"));
    write(&stick, "b.csr", &key(0, 1, 65_539).request("b"));
    write(&stick, "c.csr", &key(2, 3, 65_537).request("c"));
    write(&stick, "d.csr", &key(2, 3, 65_537).request("d"));
    let lines = sandbox.json(["inspect", stick.to_str().unwrap()]);
    for name in ["a.csr", "b.csr"] {
        assert_eq!(controls(line(&lines, name)).0, ["shared-prime-in-batch"]);
    }
    // The medium gives its files in an order of its own.
    let found: Vec<_> =
        ["c.csr", "d.csr"].into_iter().flat_map(|name| controls(line(&lines, name)).0).collect();
    assert_eq!(found, ["duplicate-in-batch"]);
}

#[test]
fn a_key_that_shares_a_prime_with_a_certified_one_is_refused_and_names_the_certificate() {
    let sandbox = Sandbox::with_root("shared-in-register", "p256");
    let (first, second) = (sandbox.path("first"), sandbox.path("second"));
    write(&first, "a.csr", &key(0, 1, 65_537).request("a"));
    write(&first, "b.csr", &key(2, 3, 65_537).request("b"));
    let out = sandbox.folder("out");
    sandbox.issue("root", "device", &[first.to_str().unwrap()], &out, &[]);
    let serial = |subject: &str| {
        let plans = sandbox.json(["register", "list"]);
        let plan = plans.last().expect("a plan")["plan"].as_str().expect("an id").to_owned();
        let rows = sandbox.json(["register", "list", "--plan", &plan]);
        let row = rows.iter().find(|row| row["subject"] == subject).expect("issued");
        row["serial"].as_str().expect("a serial").to_owned()
    };
    let serial = serial("CN=b");
    write(&second, "c.csr", &key(4, 5, 65_537).request("c"));
    write(&second, "d.csr", &key(4, 3, 65_537).request("d"));
    write(&second, "e.csr", &key(2, 3, 65_539).request("e"));
    let planned = sandbox.run(["plan", "--ca", "root", "--profile", "device", second.to_str().unwrap()]);
    let text = said(&planned);
    assert_eq!(refused(&text, "shared-prime-in-batch"), 3, "{text}");
    assert_eq!(refused(&text, "shared-prime-in-register"), 2, "{text}");
    assert_eq!(text.matches(&serial).count(), 2, "{text}");
    // Alone, a sound one is planned; a key that was certified before is a duplicate and no matter of primes.
    fs::remove_file(second.join("d.csr")).expect("removed");
    fs::remove_file(second.join("e.csr")).expect("removed");
    write(&second, "a-again.csr", &key(0, 1, 65_537).request("a"));
    let text = said(&sandbox.run(["plan", "--ca", "root", "--profile", "device", second.to_str().unwrap()]));
    assert!(refused(&text, "duplicate-in-register") == 1 && !text.contains("shared-prime"), "{text}");
}

#[test]
fn a_subject_that_stands_twice_is_told_as_the_profile_says() {
    let sandbox = Sandbox::with_root("subjects", "p256");
    let stick = sandbox.path("stick");
    write(&stick, "a.csr", &key(0, 1, 65_537).request("same"));
    // Relying parties tell no letter case and no blanks apart (RFC 5280 §7.1).
    write(&stick, "b.csr", &key(2, 3, 65_537).request("SAME"));
    let from = stick.to_str().unwrap();
    let told = |lines: &[Value]| -> Vec<(String, String)> {
        let findings = lines.iter().flat_map(|line| line["findings"].as_array().expect("findings").clone());
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        findings.map(|finding| (text(&finding["control"]), text(&finding["severity"]))).collect()
    };
    let pair = |control: &str, severity: &str| vec![(control.to_owned(), severity.to_owned())];
    assert_eq!(told(&sandbox.json(["inspect", from])), []);
    let by_profile = ["inspect", "--profile", "device", from];
    assert_eq!(told(&sandbox.json(by_profile)), pair("subject-in-batch", "note"));
    // Both are issued with a note; the next one of the name is told of the register.
    let out = sandbox.folder("out");
    assert_eq!(sandbox.issue("root", "device", &[from], &out, &[]).planned.accepted, 2);
    let configuration = sandbox.path("home").join("authority.toml");
    let text = fs::read_to_string(&configuration).expect("read");
    let stricter = text.replacen("duplicate-keys", "duplicate-subjects = \"refuse\"\nduplicate-keys", 1);
    assert!(stricter.find("duplicate-subjects") < stricter.find("[profiles.server]"));
    fs::write(&configuration, stricter).expect("written");
    fs::remove_file(stick.join("a.csr")).expect("removed");
    fs::remove_file(stick.join("b.csr")).expect("removed");
    write(&stick, "c.csr", &key(4, 5, 65_537).request("Same"));
    let text = said(&sandbox.run(["plan", "--ca", "root", "--profile", "device", from]));
    assert_eq!(refused(&text, "subject-in-register"), 1, "{text}");
    write(&stick, "d.csr", &key(0, 5, 65_537).request("other"));
    fs::remove_file(stick.join("c.csr")).expect("removed");
    let text = said(&sandbox.run(["plan", "--ca", "root", "--profile", "device", from]));
    assert!(refused(&text, "shared-prime-in-register") == 1 && !text.contains("subject-in"), "{text}");
}

#[test]
fn a_key_on_a_block_list_of_any_format_is_refused() {
    let sandbox = Sandbox::empty("block-list");
    let stick = sandbox.path("stick");
    let keys = [key(0, 1, 65_537), key(2, 3, 65_537), key(4, 5, 65_537)];
    for (name, key) in ["a.csr", "b.csr", "c.csr"].into_iter().zip(&keys) {
        write(&stick, name, &key.request(name));
    }
    let modulus = |key: &Key| key.modulus.to_be_bytes().to_vec();
    let lists = sandbox.path("lists");
    write(&lists, "blacklist.RSA-2048", b"# a remark\n00112233445566778899\n");
    let badkeys = [&Sha256::digest(modulus(&keys[1]))[..15], &[5]].concat();
    write(&lists, "blocklist.dat", &[&[0; 16][..], &badkeys].concat());
    write(&lists, "own.txt", format!("{}  # lost\n", hex(&Sha256::digest(keys[2].spki()))).as_bytes());
    // Three packages name such a file so; the home is told which it is of.
    let debian = lists.join("blacklist.RSA-2048");
    let debian = debian.to_str().unwrap();
    let said = sandbox.exits(2, ["inspect", "--block-list", debian, stick.to_str().unwrap()]);
    assert!(said.contains("openssh-blacklist") && said.contains("--format openssl-blacklist"), "{said}");
    for (list, refused, part) in
        [("blocklist.dat", "b.csr", "blocklist, part 5"), ("own.txt", "c.csr", "own")]
    {
        let list = lists.join(list);
        let lines =
            sandbox.json(["inspect", "--block-list", list.to_str().unwrap(), stick.to_str().unwrap()]);
        for name in ["a.csr", "b.csr", "c.csr"] {
            let (ids, message) = controls(line(&lines, name));
            assert_eq!(ids, if name == refused { vec!["key-blocked"] } else { vec![] }, "{name}");
            assert!(name != refused || message.ends_with(part), "{message}");
        }
    }
    let nothing = lists.join("nothing.txt");
    write(&lists, "nothing.txt", b"# no key\n");
    let said =
        sandbox.exits(2, ["inspect", "--block-list", nothing.to_str().unwrap(), stick.to_str().unwrap()]);
    assert!(said.contains("the list holds no key"), "{said}");
}

#[test]
fn a_list_that_was_added_to_the_home_is_asked_for_every_plan() {
    let sandbox = Sandbox::with_root("block-list-home", "p256");
    let stick = sandbox.path("stick");
    let bad = key(0, 1, 65_537);
    write(&stick, "bad.csr", &bad.request("bad"));
    let weak = key(4, 5, 65_537);
    write(&stick, "weak.csr", &weak.request("weak"));
    let line_of = format!("Modulus={}\n", hex(&weak.modulus.to_be_bytes()).to_uppercase());
    let debian = sandbox.path("blacklist.RSA-2048");
    fs::write(&debian, format!("# a remark\n{}\n", &hex(&sha1::Sha1::digest(line_of))[20..]))
        .expect("written");
    let debian = debian.to_str().unwrap();
    sandbox.exits(2, ["block-list", "add", debian]);
    sandbox.ok(["block-list", "add", debian, "--name", "zz", "--format", "openssl-blacklist"]);
    write(&stick, "good.csr", &key(2, 3, 65_537).request("good"));
    let digest = Digest::of(&bad.spki());
    let list = sandbox.path("Lost Keys.txt");
    fs::write(&list, format!("{digest}\n{digest}\n")).expect("written");
    let added = sandbox.json(["block-list", "add", list.to_str().unwrap()]);
    assert_eq!((&added[0]["block_list"], &added[0]["keys"]), (&Value::from("lost-keys"), &Value::from(1)));
    let listed = sandbox.json(["block-list", "list"]);
    assert_eq!(listed[..1], added);
    sandbox.exits(2, ["block-list", "add", list.to_str().unwrap()]);
    sandbox.exits(2, ["block-list", "add", list.to_str().unwrap(), "--name", "../x"]);
    sandbox.exits(2, ["block-list", "add", list.to_str().unwrap(), "--name", "y", "--format", "badkeys"]);
    let planned = sandbox.json(["plan", "--ca", "root", "--profile", "device", stick.to_str().unwrap()]);
    let plan = planned.last().expect("a summary");
    assert_eq!((&plan["accepted"], &plan["refused"]), (&Value::from(1), &Value::from(2)));
    // The register keeps which list was asked, bound by its journal.
    let register = rusqlite::Connection::open(sandbox.path("home").join("register.db")).expect("opened");
    let findings: String =
        register.query_row("SELECT findings FROM refused", [], |row| row.get(0)).expect("a refusal");
    assert!(findings.contains("key-blocked"), "{findings}");
    let asked: String = register
        .query_row("SELECT block_lists FROM plan WHERE kind = 'batch'", [], |row| row.get(0))
        .expect("a plan");
    let source = added[0]["source_sha256"].as_str().expect("a digest");
    assert!(asked.contains(&format!("lost-keys spki-sha256 1 {source}\n")), "{asked}");
    let told = plan["block_lists"].as_array().expect("lists");
    assert_eq!((told.len(), &told[0]["source_sha256"]), (2, &Value::from(source)));
    lists_that_changed_since_planning_hold_it_up(&sandbox, plan);
    // The last list that a home may have is the last that can be added.
    let lists = sandbox.path("home").join("block-lists");
    let copies: Vec<_> = (2..64).map(|copy| lists.join(format!("copy-{copy}.list"))).collect();
    for copy in &copies {
        fs::copy(lists.join("lost-keys.list"), copy).expect("copied");
    }
    let one_more = ["block-list", "add", list.to_str().unwrap(), "--name", "one-more"];
    let said = sandbox.exits(2, one_more);
    assert!(said.contains("at most 64 block lists"), "{said}");
    assert_eq!(sandbox.json(["block-list", "list"]).len(), 64);
    fs::remove_file(&copies[0]).expect("removed");
    sandbox.ok(one_more);
    for file in copies[1..].iter().chain([&lists.join("one-more.list")]) {
        fs::remove_file(file).expect("removed");
    }
    // A list that is no longer whole is said, and nothing is planned without it.
    let file = sandbox.path("home").join("block-lists/lost-keys.list");
    let octets = fs::read(&file).expect("read");
    fs::write(&file, &octets[..octets.len() - 1]).expect("written");
    let said = sandbox.exits(2, ["plan", "--ca", "root", "--profile", "device", stick.to_str().unwrap()]);
    assert!(said.contains("lost-keys.list"), "{said}");
}

/// A plan is neither approved nor signed by other lists than it was judged with, but finished once it is begun.
fn lists_that_changed_since_planning_hold_it_up(sandbox: &Sandbox, plan: &Value) {
    let word = |key: &str| plan[key].as_str().expect("a text").to_owned();
    let (id, words, pin) = (word("plan"), word("words"), sandbox.text("pin"));
    let approve = ["approve", &id, "--words", &words];
    let sign = ["sign", &id, "--pin-file", &pin];
    let lists = sandbox.path("home").join("block-lists");
    let (list, away) = (lists.join("lost-keys.list"), sandbox.path("away"));
    fs::rename(&list, &away).expect("moved");
    let said = sandbox.exits(2, approve);
    assert!(said.contains("lost-keys is gone"), "{said}");
    // The same list under another name is the same list.
    let renamed = lists.join("found-keys.list");
    fs::rename(&away, &renamed).expect("moved");
    sandbox.ok(approve);
    fs::rename(&renamed, &list).expect("moved");
    let more = sandbox.path("more.txt");
    fs::write(&more, format!("{}\n", "ab".repeat(32))).expect("written");
    sandbox.ok(["block-list", "add", more.to_str().unwrap()]);
    let said = sandbox.exits(2, sign);
    assert!(said.contains("more was added") && said.contains("plan the requests again"), "{said}");
    fs::remove_file(lists.join("more.list")).expect("removed");
    sandbox.ok(sign);
}
