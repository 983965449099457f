//! A bundle made of certificates that a register holds: other software reads it, and whatever is altered is found.
//!
//! The keys are fixed numbers and ECDSA is deterministic (RFC 6979), so every run makes the same octets.

#[path = "bundle/crls.rs"]
mod crls;
#[path = "bundle/platforms.rs"]
mod platforms;

use std::{collections::BTreeMap, io::Cursor, iter, path::Path, process::Command, sync::OnceLock};

use coldsign::{
    config,
    export::{
        bundle::{BundleBuilder, CERTIFICATES_PEM, Part},
        esp_secure_cert,
        format::Format,
        forms::{Forms, Named},
        manifest::{
            self, Authority, Counts, FORM, FileDigest, Head, Header, MANIFEST, RegisterHead, SHA256SUMS,
            SIGNATURE, Standing,
        },
        verification::{FlawId, OpenError, Report, Source, verify},
    },
    pki::{
        certificate::{Certificate, SignedCertificate, join},
        der::{element, sequence, tag},
        device_key::DeviceKey,
        fingerprint::{Digest, hex},
        issuer::IssuingCa,
        jws,
        key::{Curve, KeyAlgorithm, PublicKey, RsaScheme},
        lint::waiver::Waiver,
        name::Name,
        plan::{Facts, PlanDigest, PlanStatement, RootFields, plan_for_code, plan_root},
        platform::Platform,
        profile::{Approval, DuplicateSubjects, End, Profile},
        serial::SerialNumber,
        time::Time,
    },
    register::{
        Approver, IssuedCertificate, Issuer, NewAuthority, NewPlan, PlanKind, Register, Rehearsal, StoredPlan,
    },
};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    pkcs8::EncodePrivateKey as _,
};

const SOURCES: [&str; 6] = [
    "line/dev-0001.csr",
    "LINE/DEV-0001.CSR",
    "../../CON",
    "=cmd|' /C calc'!A0.csr",
    "batch.pem#17",
    "\u{1b}[2J.csr",
];

struct Key(SigningKey);

impl Key {
    fn new(number: u8) -> Self {
        Self(SigningKey::from_slice(&[number; 32]).expect("a private key"))
    }

    fn public(&self) -> PublicKey {
        let point = self.0.verifying_key().to_sec1_point(false);
        PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("a point on the curve")
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(octets);
        signature.to_der().as_bytes().to_vec()
    }
}

fn now() -> Time {
    Time::from_rfc3339("2026-03-01T12:00:00Z").expect("a moment")
}

fn facts(number: u8) -> Facts {
    Facts { now: now(), serial: SerialNumber::from_random([number; 20]) }
}

fn root(key: &Key, name: &str) -> Certificate {
    let fields = RootFields {
        name: Name::from_text(name).expect("a name"),
        public_key: key.public(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 7_300,
        path_length: Some(1),
    };
    let planned = plan_root(&fields, facts(0x41)).expect("a root");
    let signed = SignedCertificate::assemble_root(planned.tbs(), &key.sign(planned.tbs()), &key.public());
    Certificate::parse(signed.expect("a signature").der()).expect("a root")
}

/// A subordinate CA's certificate, written out: its superior is no part of this program.
fn subordinate(root: &Certificate, root_key: &Key, key: &Key) -> Certificate {
    let extension = |arc: u8, critical: &[u8], value: &[u8]| {
        sequence(&[&element(tag::OID, &[0x55, 0x1d, arc]), critical, &element(tag::OCTET_STRING, value)])
    };
    let algorithm = root_key.public().signing_algorithm(RsaScheme::Pkcs1);
    let above = root.subject_key_identifier().expect("an identifier");
    let extensions = [
        extension(19, &[1, 1, 0xff], &[0x30, 6, 1, 1, 0xff, 2, 1, 0]),
        extension(15, &[1, 1, 0xff], &[3, 2, 1, 6]),
        extension(14, &[], &element(tag::OCTET_STRING, &key.public().key_identifier())),
        extension(35, &[], &sequence(&[&element(tag::context(0), above)])),
    ];
    let validity =
        [element(tag::UTC_TIME, b"260301120000Z"), element(tag::UTC_TIME, b"360301120000Z")].concat();
    let tbs = sequence(&[
        &[0xa0, 3, 2, 1, 2],
        &element(tag::INTEGER, &[0x42; 20]),
        &algorithm.der(),
        root.subject().der(),
        &element(tag::SEQUENCE, &validity),
        Name::from_text("CN=Factory CA,O=Example").expect("a name").der(),
        key.public().spki(),
        &element(0xa3, &element(tag::SEQUENCE, &extensions.concat())),
    ]);
    Certificate::parse(&join(&tbs, algorithm, &root_key.sign(&tbs))).expect("a CA")
}

fn profile() -> Profile {
    Profile {
        name: "proof".to_owned(),
        approval: Approval::Unattended,
        end: End::Days(30),
        backdate_seconds: 0,
        keys: vec![KeyAlgorithm::Ec(Curve::P256)],
        duplicate_subjects: DuplicateSubjects::Accept,
        ..config::built_in("verification").expect("a profile")
    }
}

/// What the appliance would have: an issuing CA and a plan whose certificates the register recorded.
struct Issued {
    root: Certificate,
    issuer: IssuingCa,
    audit: Key,
    plan: StoredPlan,
    certificates: Vec<IssuedCertificate>,
}

impl Issued {
    fn new() -> Self {
        Self::of(&SOURCES, |index| Name::from_common_name(&format!("=dev, \"{index}\"")).expect("a name"))
    }

    /// Certificates of these sources, each with the name that its number has.
    fn of(sources: &[&str], name: impl Fn(u8) -> Name) -> Self {
        let (root_key, ca_key) = (Key::new(1), Key::new(2));
        let root = root(&root_key, "CN=Root,O=Example");
        let ca = subordinate(&root, &root_key, &ca_key);
        let issuer = IssuingCa::new(ca.clone(), vec![root.clone()]).expect("an issuing CA");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("register.db");
        let mut register = Register::create(&path, [7; 16], Rehearsal::Rehearsal, now()).expect("a register");
        let public_key = ca_key.public();
        let new = NewAuthority {
            name: "factory",
            key_uri: "pkcs11:object=ca",
            public_key: &public_key,
            request: None,
        };
        register.add_authority(&new, now()).expect("an authority");
        register.install_certificate("factory", &ca, std::slice::from_ref(&root), now()).expect("installed");
        let profile = profile();
        let new = NewPlan {
            authority: "factory",
            kind: PlanKind::Batch,
            profile: &profile.name,
            profile_text: "",
            waivers: &[],
            approval: profile.approval,
            duplicate_keys: profile.duplicate_keys,
            crl_points: &[],
            block_lists: None,
        };
        let mut writer = register.begin_plan(&new, now()).expect("a plan");
        let mut signed = Vec::new();
        for (index, source) in (1_u8..).zip(sources) {
            let planned =
                plan_for_code(&name(index), &profile, &issuer, facts(index)).expect("a certificate");
            writer.add(source, None, &planned).expect("added");
            let one = SignedCertificate::assemble(planned.tbs(), &ca_key.sign(planned.tbs()), &issuer);
            signed.push((u64::from(index), one.expect("a signature")));
        }
        let plan = writer.store(Issuer::Certificate(&issuer), now()).expect("stored");
        let approved = register.approve(&plan, Approver::Unattended, now()).expect("approved");
        let certificates = register.record_issued(&approved, &signed, now()).expect("recorded");
        Self { root, issuer, audit: Key::new(3), plan, certificates }
    }

    fn header(&self, formats: &[Format]) -> Header {
        Header {
            form: FORM.to_owned(),
            standing: Standing::Rehearsal,
            plan: self.plan.id.clone(),
            digest: self.plan.digest.to_string(),
            words: self.plan.words(),
            created: self.plan.created.to_string(),
            profile: self.plan.profile.clone(),
            authority: self.plan.authority.clone(),
            issuer: Authority::of(self.issuer.certificate()),
            root: Authority::of(&self.root),
            audit_key_sha256: self.audit.public().spki_sha256().to_string(),
            register: RegisterHead { id: hex(&[7; 16]), entry: 9, hash: "00".repeat(32) },
            counts: Counts { issued: self.plan.accepted, refused: 1, skipped: 0 },
            formats: formats.iter().map(|format| format.name().to_owned()).collect(),
            private_keys: vec![],
            waivers: self.plan.waivers.iter().map(Waiver::line).collect(),
        }
    }

    fn bundle(&self, formats: &[Format]) -> Bundle {
        let mut forms = Forms::default();
        for format in formats {
            forms.add_usual(*format);
        }
        self.bundle_of(formats, forms)
    }

    /// A bundle with these forms, made by settings.
    fn bundle_of(&self, formats: &[Format], forms: Forms) -> Bundle {
        let private_keys: Vec<String> = forms.with_private_keys().into_iter().map(str::to_owned).collect();
        // Whoever asks for a proof holds the key that is certified. It is at hand for each form, and in few of them.
        let key = DeviceKey::parse(Key::new(2).0.to_pkcs8_der().expect("a key").as_bytes()).expect("a key");
        let mut builder = BundleBuilder::new(&self.issuer, &self.audit.public(), forms);
        let mut parts = builder.opening();
        for issued in &self.certificates {
            parts.extend(builder.certificate(issued, Some(&key)));
        }
        parts.extend(builder.closing());
        parts.push(builder.refused("+bad.csr", "possession", "does not verify", "sign it again"));
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for part in parts {
            match part {
                Part::File { path, octets } => {
                    assert!(manifest::is_path(&path), "{path}");
                    assert_eq!(files.insert(path, octets), None);
                }
                Part::Secret { path, octets } => {
                    assert!(manifest::is_path(&path), "{path}");
                    assert_eq!(files.insert(path, octets.to_vec()), None);
                }
                Part::Append { path, octets } => {
                    assert!(manifest::is_path(path), "{path}");
                    files.entry(path.to_owned()).or_default().extend(octets);
                }
                Part::Signed { path, before, message, after } => {
                    let signature = jws::signature(&self.audit.sign(&message)).expect("a signature");
                    let file = files.entry(path.to_owned()).or_default();
                    file.extend([before.as_slice(), signature.as_bytes(), after].concat());
                }
            }
        }
        let mut bundle = Bundle { files, listed_only: None };
        bundle.seal(&Header { private_keys, ..self.header(formats) }, &self.audit);
        bundle
    }
}

fn issued() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(Issued::new)
}

/// A bundle in memory instead of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    listed_only: Option<String>,
}

impl Bundle {
    /// Writes manifest, signature and SHA256SUMS over the files that there are.
    fn seal(&mut self, header: &impl Head, audit: &Key) {
        for path in [MANIFEST, SIGNATURE, SHA256SUMS] {
            self.files.remove(path);
        }
        let mut digests: Vec<FileDigest> =
            self.files.iter().map(|(path, octets)| FileDigest::of(path, octets)).collect();
        let text: String = pieces(header, digests.clone()).collect();
        let manifest = FileDigest::of(MANIFEST, text.as_bytes());
        self.files.insert(MANIFEST.to_owned(), text.into_bytes());
        self.files.insert(SIGNATURE.to_owned(), audit.sign(&manifest::signed_message(manifest.sha256)));
        digests.push(manifest);
        let sums: String = digests.iter().map(FileDigest::sums_line).collect();
        self.files.insert(SHA256SUMS.to_owned(), sums.into_bytes());
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.files[path].clone()).expect("text")
    }

    fn replace(&mut self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    }

    fn swap(&mut self, one: &str, other: &str) {
        let octets = self.files[one].clone();
        let octets = self.files.insert(other.to_owned(), octets).expect("a file");
        self.files.insert(one.to_owned(), octets);
    }

    fn write(&self, folder: &Path) {
        for (path, octets) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, octets).expect("written");
        }
    }

    fn verify(&self) -> Report {
        verify(self, &issued().root, Some(now()))
    }
}

impl Source for Bundle {
    type File = Cursor<Vec<u8>>;

    fn open(&self, path: &str) -> Result<Self::File, OpenError> {
        self.files.get(path).cloned().map(Cursor::new).ok_or(OpenError::Missing)
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), OpenError> {
        self.files.keys().chain(&self.listed_only).for_each(|path| each(path));
        Ok(())
    }
}

fn ids(report: &Report) -> Vec<FlawId> {
    let mut ids: Vec<FlawId> = report.flaws.iter().map(|flaw| flaw.id).collect();
    ids.dedup();
    ids
}

/// Bends a sound bundle and expects these flaws and no others.
fn check(expected: &[FlawId], bend: impl FnOnce(&mut Bundle)) {
    let mut bundle = issued().bundle(&[Format::Pem]);
    bend(&mut bundle);
    let report = bundle.verify();
    assert_eq!(ids(&report), expected, "{:#?}", report.flaws);
    assert!(!report.is_sound());
}

/// As [`check`], but whoever bends also makes a new manifest and signs it: a dishonest or broken CA.
fn check_sealed(expected: &[FlawId], bend: impl FnOnce(&mut Bundle, &mut Header)) {
    check(expected, |bundle| {
        let mut header = issued().header(&[Format::Pem]);
        bend(bundle, &mut header);
        bundle.seal(&header, &issued().audit);
    });
}

const FIRST: &str = "certs/000/dev-0001.pem";
const SECOND: &str = "certs/000/DEV-0001-2.pem";
const LINES: &str = "jsonl/devices.jsonl";

#[test]
fn a_table_of_fewer_columns_hides_no_certificate_from_its_files() {
    check_sealed(&[FlawId::DevicesCsv, FlawId::PlanDigest, FlawId::ManifestMalformed], |bundle, _| {
        let text = bundle.text("devices.csv");
        let header = text.lines().next().expect("a header").to_owned();
        let lines = "x\r\n".repeat(SOURCES.len());
        bundle.files.insert("devices.csv".to_owned(), format!("{header}\r\n{lines}").into_bytes());
    });
    // Without its files, which nothing would then have called for.
    check_sealed(&[FlawId::DevicesCsv, FlawId::PlanDigest], |bundle, _| {
        let text = bundle.text("devices.csv");
        let header = text.lines().next().expect("a header").to_owned();
        let lines = "x\r\n".repeat(SOURCES.len());
        bundle.files.insert("devices.csv".to_owned(), format!("{header}\r\n{lines}").into_bytes());
        bundle.files.retain(|path, _| !path.starts_with("certs/") && !path.starts_with("chains/"));
    });
}

#[test]
fn a_bundle_of_nothing_is_not_sound() {
    check_sealed(&[FlawId::Counts], |bundle, header| {
        let table = bundle.text("devices.csv");
        let first = format!("{}\r\n", table.lines().next().expect("a header"));
        bundle.files.insert("devices.csv".to_owned(), first.into_bytes());
        bundle.files.insert("certificates.pem".to_owned(), Vec::new());
        bundle.files.retain(|path, _| !path.starts_with("certs/") && !path.starts_with("chains/"));
        let digest = PlanDigest::new(&PlanStatement {
            standing: header.standing.name(),
            profile: &header.profile,
            issuer_sha256: issued().issuer.certificate().sha256(),
            count: 0,
            waivers: &[],
        })
        .finish();
        header.digest = digest.to_string();
        header.words = digest.words();
        header.counts.issued = 0;
    });
}

#[test]
fn a_sound_bundle_is_found_sound_in_every_form() {
    for formats in [&[Format::Pem][..], &[Format::Pem, Format::Der], Format::ALL] {
        let bundle = issued().bundle(formats);
        let report = bundle.verify();
        assert_eq!(report.flaws, []);
        assert!(report.is_sound());
        assert_eq!(report.certificates, 6);
        let summary = report.summary.expect("a summary");
        assert_eq!(summary.digest, issued().plan.digest);
        assert_eq!(summary.standing, Standing::Rehearsal);
        // The same plan gives the same octets.
        assert_eq!(bundle, issued().bundle(formats));
    }
}

#[test]
fn names_are_safe_unique_and_in_their_folders() {
    let bundle = issued().bundle(Format::ALL);
    let names: Vec<&str> = bundle.files.keys().filter_map(|path| path.strip_prefix("certs/")).collect();
    assert_eq!(names, expected_names());
    for (folder, extension) in [("chains", "pem"), ("der", "der"), ("pkcs7", "p7b")] {
        for name in expected_names() {
            let path = format!("{folder}/{}", name.replace(".pem", &format!(".{extension}")));
            assert!(bundle.files.contains_key(&path), "{path}");
        }
    }
}

fn expected_names() -> [&'static str; 6] {
    [
        "000/2J.pem",
        "000/C-calc--A0.pem",
        "000/DEV-0001-2.pem",
        "000/batch-17.pem",
        "000/dev-0001.pem",
        "000/x-CON.pem",
    ]
}

#[test]
fn finds_what_happened_to_files() {
    check(&[FlawId::FileAltered, FlawId::CertificateFile], |b| b.files.get_mut(FIRST).expect("it")[40] ^= 1);
    check(&[FlawId::FileAltered, FlawId::CertificateFile], |b| {
        b.files.get_mut(FIRST).expect("it").push(b'\n');
    });
    check(&[FlawId::FileMissing], |b| drop(b.files.remove(FIRST)));
    check(&[FlawId::FileMissing], |b| drop(b.files.remove(SIGNATURE)));
    check(&[FlawId::FileMissing], |b| drop(b.files.remove(MANIFEST)));
    check(&[FlawId::FileMissing], |b| drop(b.files.remove(SHA256SUMS)));
    check(&[FlawId::FileExtra], |b| drop(b.files.insert("certs/000/more.pem".to_owned(), vec![])));
    check(&[FlawId::FileExtra], |b| b.listed_only = Some("\u{1b}[2Jautorun.inf".to_owned()));
    check(&[FlawId::FileAltered, FlawId::CertificateFile], |b| b.swap(FIRST, SECOND));
    let standing = [FlawId::ManifestSignature, FlawId::Sums, FlawId::PlanDigest];
    check(&standing, |b| b.replace(MANIFEST, "rehearsal", "production"));
    check(&[FlawId::ManifestMalformed], |b| b.replace(MANIFEST, "{", "[{"));
    check(&[FlawId::ManifestSignature], |b| b.files.get_mut(SIGNATURE).expect("it")[10] ^= 1);
    check(&[FlawId::Sums], |b| b.replace(SHA256SUMS, "ca.pem", "cb.pem"));
}

#[test]
fn finds_what_a_signed_manifest_hides() {
    check_sealed(&[FlawId::CertificateFile], |b, _| b.swap(FIRST, SECOND));
    check_sealed(&[FlawId::ManifestMalformed], |b, _| drop(b.files.insert("setup.exe".to_owned(), vec![])));
    check_sealed(&[FlawId::ManifestMalformed], |b, _| drop(b.files.remove("chains/000/dev-0001.pem")));
    check_sealed(&[FlawId::Counts, FlawId::PlanDigest], |_, header| header.counts.issued = 7);
    check_sealed(&[FlawId::Counts], |_, header| header.counts.refused = 2);
    check_sealed(&[FlawId::PlanDigest], |_, header| header.standing = Standing::Production);
    check_sealed(&[FlawId::PlanDigest], |_, header| header.profile = "server".to_owned());
    // Which request got which certificate.
    check_sealed(&[FlawId::PlanDigest], |b, _| {
        b.replace("devices.csv", SOURCES[0], "elsewhere");
        b.replace("devices.csv", SOURCES[4], SOURCES[0]);
        b.replace("devices.csv", "elsewhere", SOURCES[4]);
    });
    check_sealed(&[FlawId::ManifestMalformed], |_, header| header.words = "other words".to_owned());
    check_sealed(&[FlawId::Authorities], |_, header| header.root = header.issuer.clone());
    check_sealed(&[FlawId::Authorities], |b, _| b.swap("ca.pem", "root.pem"));
    check_sealed(&[FlawId::AuditKey], |_, header| header.audit_key_sha256 = "00".repeat(32));
    check_sealed(&[FlawId::DevicesCsv], |b, _| b.replace("devices.csv", "2026-03-01", "2027-03-01"));
    check_sealed(&[FlawId::RefusedCsv], |b, _| b.replace("refused.csv", "possession", "a,b"));
    check_sealed(&[FlawId::RefusedCsv], |b, _| b.replace("refused.csv", "\r\n", "\n"));
}

#[test]
fn a_bundle_whose_digest_was_made_by_an_earlier_version_is_sound() {
    let mut bundle = issued().bundle(&[Format::Pem]);
    let mut header = issued().header(&[Format::Pem]);
    let mut digest = PlanDigest::of_certificates(&PlanStatement {
        standing: header.standing.name(),
        profile: &header.profile,
        issuer_sha256: issued().issuer.certificate().sha256(),
        count: header.counts.issued,
        waivers: &[],
    });
    for issued in &issued().certificates {
        let certificate = Certificate::parse(issued.der()).expect("a certificate");
        digest.add(Digest::of(certificate.tbs()), issued.source());
    }
    let digest = digest.finish();
    (header.digest, header.words) = (digest.to_string(), digest.words());
    bundle.seal(&header, &issued().audit);
    assert_eq!(bundle.verify().flaws, []);
}

#[test]
fn finds_a_form_that_the_certificates_do_not_make() {
    let all: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let check = |expected: &[FlawId], bend: &dyn Fn(&mut Bundle)| {
        let mut bundle = issued().bundle(Format::ALL);
        let header = issued().header(Format::ALL);
        assert_eq!(header.formats, all);
        bend(&mut bundle);
        bundle.seal(&header, &issued().audit);
        assert_eq!(ids(&bundle.verify()), expected, "{:#?}", bundle.verify().flaws);
    };
    check(&[], &|_| {});
    for (one, other) in [
        ("der/000/dev-0001.der", "der/000/DEV-0001-2.der"),
        ("pkcs7/000/dev-0001.p7b", "pkcs7/000/DEV-0001-2.p7b"),
        ("der/root.der", "der/ca.der"),
    ] {
        check(&[FlawId::Form], &|bundle| bundle.swap(one, other));
        check(&[FlawId::ManifestMalformed], &|bundle| drop(bundle.files.remove(one)));
        check(&[FlawId::Form], &|bundle| bundle.files.get_mut(one).expect("it").push(0));
    }
    check(&[FlawId::Form], &|bundle| bundle.replace(LINES, "not_after\":\"2026", "not_after\":\"2036"));
    check(&[FlawId::Form], &|bundle| bundle.files.get_mut(LINES).expect("it").push(b'\n'));
    // A program reads the source as it is: the guard against formulas is the table's.
    let lines = issued().bundle(Format::ALL).text(LINES);
    assert!(lines.contains("{\"source\":\"=cmd|"), "{lines}");
    check(&[FlawId::Form], &|bundle| drop(bundle.files.insert(LINES.to_owned(), Vec::new())));
    check(&[FlawId::ManifestMalformed], &|bundle| drop(bundle.files.remove(LINES)));
    // What a later version may write is told, and not passed over.
    check_sealed(&[FlawId::Form], |_, header| header.formats.push("fax".to_owned()));
}

#[test]
fn finds_an_audit_key_that_is_not_the_one_told_another_way() {
    let check = |told, expected: &[FlawId]| {
        let mut report = issued().bundle(&[Format::Pem]).verify();
        report.compare_audit_key(told);
        assert_eq!(ids(&report), expected, "{told}");
    };
    check(issued().audit.public().spki_sha256(), &[]);
    check(Digest::of(b"another key"), &[FlawId::AuditKeyOther]);
}

#[test]
fn finds_certificates_in_another_order() {
    check_sealed(&[FlawId::PlanDigest], |bundle, _| {
        let pem = bundle.text(CERTIFICATES_PEM);
        let mut blocks: Vec<&str> = pem.split_inclusive("-----END CERTIFICATE-----\n").collect();
        blocks.swap(0, 1);
        let csv = bundle.text("devices.csv");
        let mut lines: Vec<&str> = csv.split_inclusive('\n').collect();
        lines.swap(1, 2);
        let (blocks, lines) = (blocks.concat(), lines.concat());
        bundle.files.insert(CERTIFICATES_PEM.to_owned(), blocks.into_bytes());
        bundle.files.insert("devices.csv".to_owned(), lines.into_bytes());
    });
}

#[test]
fn finds_a_certificate_that_stands_twice() {
    let expected = [FlawId::DevicesCsv, FlawId::CertificateFile, FlawId::PlanDigest, FlawId::SerialDuplicate];
    check_sealed(&expected, |bundle, _| {
        let pem = bundle.text(CERTIFICATES_PEM);
        let mut blocks: Vec<&str> = pem.split_inclusive("-----END CERTIFICATE-----\n").collect();
        blocks[1] = blocks[0];
        let blocks = blocks.concat();
        bundle.files.insert(CERTIFICATES_PEM.to_owned(), blocks.into_bytes());
    });
}

#[test]
fn trusts_no_other_root_even_of_the_same_name() {
    let bundle = issued().bundle(&[Format::Pem]);
    let other = root(&Key::new(9), "CN=Root,O=Example");
    let report = verify(&bundle, &other, Some(now()));
    assert_eq!(ids(&report), [FlawId::RootNotTrusted, FlawId::Path]);
}

#[test]
fn judges_validity_at_the_moment_it_is_given() {
    let bundle = issued().bundle(&[Format::Pem]);
    let later = Time::from_rfc3339("2027-01-01T00:00:00Z");
    assert_eq!(ids(&verify(&bundle, &issued().root, later)), [FlawId::Path]);
    assert!(verify(&bundle, &issued().root, None).is_sound());
}

#[test]
fn tables_can_be_read_and_run_nothing_in_a_spreadsheet() {
    let bundle = issued().bundle(&[Format::Pem]);
    let mut reader = csv::Reader::from_reader(bundle.files["devices.csv"].as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("a table");
    assert_eq!(rows.len(), SOURCES.len());
    assert_eq!(&rows[0][0], "line/dev-0001.csr");
    assert_eq!(&rows[0][1], FIRST);
    assert_eq!(&rows[0][2], hex(issued().certificates[0].serial()));
    assert_eq!(&rows[3][0], "'=cmd|' /C calc'!A0.csr");
    assert_eq!(&rows[5][0], "\\u{1b}[2J.csr");
    let dangerous = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t']);
    assert!(!rows.iter().flatten().any(dangerous));
    assert!(bundle.text("refused.csv").ends_with("'+bad.csr,possession,does not verify,sign it again\r\n"));
}

fn run(program: &str, arguments: &str, folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments}: {text}");
    text
}

#[test]
fn other_software_reads_the_bundle_and_verifies_its_paths() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    issued().bundle(Format::ALL).write(folder);
    let listed = run("openssl", "pkcs7 -in ca-chain.p7b -print_certs -noout", folder);
    let factory = listed.find("CN = Factory CA").expect("the issuing CA");
    assert!(listed.rfind("subject=O = Example, CN = Root").is_some_and(|root| factory < root), "{listed}");
    let moment = format!("-attime {}", now().unix());
    for name in ["dev-0001", "DEV-0001-2", "x-CON", "batch-17"] {
        let verify = "verify -x509_strict -check_ss_sig -CAfile root.pem -untrusted";
        let chain = format!("{verify} chains/000/{name}.pem {moment} certs/000/{name}.pem");
        assert!(run("openssl", &chain, folder).contains("OK"));
        run("openssl", &format!("x509 -inform DER -in der/000/{name}.der -noout"), folder);
        let listed = run("openssl", &format!("pkcs7 -in pkcs7/000/{name}.p7b -print_certs -noout"), folder);
        assert_eq!(listed.matches("subject=").count(), 3, "{listed}");
    }
    let lines = std::fs::read_to_string(folder.join("jsonl/devices.jsonl")).expect("lines");
    let mut devices = csv::Reader::from_path(folder.join("devices.csv")).expect("a table");
    let columns = devices.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = devices.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!(lines.lines().count(), rows.len());
    for (line, row) in lines.lines().zip(&rows) {
        let value: serde_json::Value = serde_json::from_str(line).expect("an object");
        for (column, cell) in columns.iter().zip(row) {
            // A spreadsheet's apostrophe is not needed where nothing runs formulas.
            assert_eq!(
                value[column].as_str().expect("text").trim_start_matches('\''),
                cell.trim_start_matches('\'')
            );
        }
        let file = |below: &str| {
            std::fs::read_to_string(folder.join(row[1].replacen("certs", below, 1))).expect("PEM")
        };
        assert_eq!(value["certificate"], file("certs"));
        assert_eq!(value["chain"], file("chains"));
    }
    assert!(!run("sha256sum", "-c SHA256SUMS", folder).contains("FAILED"));
    let digest = run("sha256sum", MANIFEST, folder);
    std::fs::write(folder.join("message"), format!("coldsign manifest 1\n{}\n", &digest[..64]))
        .expect("written");
    let check = "dgst -sha256 -verify audit.pem -signature manifest.sig message";
    assert!(run("openssl", check, folder).contains("Verified OK"));
}

/// A manifest, piece by piece.
fn pieces(header: &impl Head, files: impl IntoIterator<Item = FileDigest>) -> impl Iterator<Item = String> {
    let (mut writer, first) = manifest::Writer::new(header);
    let files = files.into_iter().map(move |file| writer.file(&file));
    let end = iter::once_with(|| manifest::Writer::default().finish().to_owned());
    iter::once(first).chain(files).chain(end)
}

/// A hundred thousand files pass through the reader one by one: it holds a line, the test holds a running digest.
#[test]
fn a_manifest_of_a_hundred_thousand_files_streams_both_ways() {
    const FILES: u64 = 100_000;
    let header = issued().header(&[Format::Pem]);
    let file = |index: u64| {
        FileDigest::of(&format!("certs/{:03}/dev-{index}.pem", index / 1_000), &index.to_be_bytes())
    };
    let mut pieces = pieces(&header, (0..FILES).map(file));
    let reader = Pieces { next: move || pieces.next(), rest: Cursor::new(Vec::new()), longest: 0 };
    let mut index = 0;
    let read = manifest::read(reader, |found| {
        assert_eq!(found, file(index));
        index += 1;
    });
    assert_eq!((read, index), (Ok(header), FILES));
}

/// Gives out pieces as they are made, so that the manifest is never whole anywhere.
struct Pieces<F> {
    next: F,
    rest: Cursor<Vec<u8>>,
    longest: usize,
}

impl<F: FnMut() -> Option<String>> std::io::Read for Pieces<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        let Some(piece) = (self.next)() else { return Ok(0) };
        self.longest = self.longest.max(piece.len());
        assert!(self.longest < 16 * 1024, "a piece of {} octets", self.longest);
        self.rest = Cursor::new(piece.into_bytes());
        self.rest.read(buffer)
    }
}
