//! The example of docs/CONFIGURATION.md, run: names from templates and a table, held against rules, on SoftHSM; other
//! people's software reads what was issued.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{
    Sandbox,
    request::{self, Algorithm, Key, Request},
    said, succeed, tool,
};

/// The first block of TOML of docs/CONFIGURATION.md that has this line.
fn example(line: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFIGURATION.md");
    let page = fs::read_to_string(path).expect("docs/CONFIGURATION.md");
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let found = blocks.map(|(block, _)| block).find(|block| block.lines().any(|found| found == line));
    found.unwrap_or_else(|| panic!("no example has {line}")).to_owned()
}

/// A home whose authority.toml ends with the example.
fn home(name: &str) -> Sandbox {
    let sandbox = Sandbox::with_root(name, "p256");
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap() + "\n" + &example("[profiles.gateway]");
    fs::write(path, text).unwrap();
    sandbox
}

fn ask(folder: &str, file: &str, common_name: &str) {
    let der = Request::named(common_name).der(&Key::generate(Algorithm::P256));
    let path = Path::new(folder).join(file);
    fs::write(path, request::pem("CERTIFICATE REQUEST", &der)).unwrap();
}

const TABLE: &str = "device,serial,host,address\r\n\
                     gw-1,SN-000001,one,10.0.0.1\r\n\
                     gw-2,SN-000002,two,2001:db8::2\r\n\
                     gw-3,SN-3,three,10.0.0.3\r\n\
                     gw-4,SN-000004,four,192.168.0.4\r\n\
                     gw-5,,five,10.0.0.5\r\n\
                     gw-6,SN-000006,\"=cmd|' /C calc'!A0\",10.0.0.6\r\n\
                     gw-9,SN-000009,nine,10.0.0.9\r\n";

/// A stick with sound requests 1 and 2, and one for every way to be refused.
fn fill(stick: &str) {
    fs::write(Path::new(stick).join("devices.csv"), TABLE).unwrap();
    for number in 1..=6 {
        ask(stick, &format!("gw-{number}.csr"), &format!("GATEWAY-{number}"));
    }
    ask(stick, "gw-7.csr", "GATEWAY-7");
    fs::create_dir(Path::new(stick).join("again")).unwrap();
    ask(&format!("{stick}/again"), "gw-9.csr", "gateway-9");
    fs::create_dir(Path::new(stick).join("twice")).unwrap();
    ask(&format!("{stick}/twice"), "gw-1.csr", "GATEWAY-1");
}

/// Which control refuses each of them.
const REFUSED: [(&str, &str); 7] = [
    ("gw-3.csr", "name-rule"),
    ("gw-4.csr", "alternative-name-rule"),
    ("gw-5.csr", "name-template"),
    ("gw-6.csr", "name-template"),
    ("gw-7.csr", "csv-row"),
    ("again/gw-9.csr", "name-rule"),
    ("twice/gw-1.csr", "csv-row"),
];

#[test]
fn the_example_of_the_configuration_issues_names_from_a_table() {
    let sandbox = home("names");
    let stick = sandbox.folder("stick");
    fill(&stick);
    let lines = sandbox.json(["inspect", "--ca", "root", "--profile", "gateway", &stick]);
    judged_as_expected(&lines);
    // A profile alone judges the same.
    judged_as_expected(&sandbox.json(["inspect", "--profile", "gateway", &stick]));

    let said = said(&sandbox.run(["plan", "--ca", "root", "--profile", "gateway", &stick]));
    assert!(said.contains("line 4: note csv-row: no accepted request belongs to this row: gw-3"), "{said}");
    let out = sandbox.folder("out");
    let bundle = sandbox.issue("root", "gateway", &[&stick], &out, &[]);
    assert_eq!((bundle.planned.accepted, bundle.planned.refused), (2, 7));
    // Five rows without an accepted request; the table itself is no request, and not skipped as one.
    assert_eq!(bundle.planned.skipped, 5);
    let refused = fs::read_to_string(bundle.folder.join("refused.csv")).unwrap();
    for (file, control) in REFUSED {
        let is_told = |line: &str| line.starts_with(&format!("{file},{control},"));
        assert!(refused.lines().any(is_told), "{file} {control}\n{refused}");
    }
    assert!(refused.contains("line 2 of the table belongs to gw-1.csr already,"), "{refused}");

    // What was issued, read by OpenSSL.
    let certificates = support::files(&bundle.folder.join("certs"));
    assert_eq!(certificates.len(), 2);
    let mut shown: Vec<String> = certificates.iter().map(|path| openssl(path)).collect();
    shown.sort();
    let subject = |number: u8| {
        format!("subject=C=DE,O=Factory\\, Hall 3,serialNumber=SN-00000{number},CN=GATEWAY-{number}\n")
    };
    for (shown, number, host, address) in
        [(&shown[0], 1, "one", "10.0.0.1"), (&shown[1], 2, "two", "2001:DB8:0:0:0:0:0:2")]
    {
        assert!(shown.starts_with(&subject(number)), "{shown}");
        assert!(shown.contains(&format!("DNS:{host}.gw.example.com, IP Address:{address}, ")), "{shown}");
        assert!(shown.contains(&format!("URI:urn:example:gw-{number}, othername: ")), "{shown}");
    }
    for path in &certificates {
        let mut verify = tool("openssl", "openssl");
        verify.arg("verify").arg("-x509_strict").arg("-CAfile").arg(bundle.folder.join("root.pem"));
        succeed(verify.arg(path));
    }
    let root = bundle.folder.join("root.pem");
    sandbox.exits(0, ["verify", bundle.folder.to_str().unwrap(), "--trust", root.to_str().unwrap()]);
    sandbox.exits(0, ["register", "audit"]);
}

fn judged_as_expected(lines: &[Value]) {
    let of = |file: &str| {
        let ending = format!("/stick/{file}");
        let found = lines.iter().find(|line| line["source"].as_str().unwrap().ends_with(&ending));
        found.unwrap_or_else(|| panic!("{file} is not among the results"))
    };
    for file in ["gw-1.csr", "gw-2.csr"] {
        assert_eq!(of(file)["verdict"], "accepted", "{}", of(file));
    }
    for (file, control) in REFUSED {
        let findings = of(file)["findings"].as_array().unwrap();
        let refusing: Vec<_> = findings.iter().filter(|own| own["severity"] == "refuse").collect();
        assert!(refusing.iter().all(|own| own["control"] == control) && !refusing.is_empty(), "{findings:?}");
    }
    let rows = lines.iter().filter(|line| line["verdict"] == "skipped");
    assert_eq!(rows.filter(|line| line["findings"][0]["control"] == "csv-row").count(), 5);
}

fn openssl(path: &Path) -> String {
    let mut show = tool("openssl", "openssl");
    show.args(["x509", "-noout", "-subject", "-nameopt", "esc_2253,sep_comma_plus,utf8", "-ext"]);
    succeed(show.arg("subjectAltName").arg("-in").arg(path))
}

#[test]
fn a_table_that_is_not_there_or_not_sound_stops_the_work_before_it_begins() {
    let sandbox = home("names-table");
    let stick = sandbox.folder("stick");
    ask(&stick, "gw-1.csr", "GATEWAY-1");
    let plan = ["plan", "--ca", "root", "--profile", "gateway", stick.as_str()];
    let said = sandbox.exits(2, plan);
    assert!(said.contains("there is no devices.csv beside the requests"), "{said}");
    let table = sandbox.path("table.csv");
    let with = |octets: &[u8], code: i32, expected: &str| {
        fs::write(&table, octets).unwrap();
        let named = plan.iter().copied().chain(["--csv", table.to_str().unwrap()]);
        let said = sandbox.exits(code, named);
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains('\u{1b}') && !said.contains('\0'), "{said}");
    };
    let header = "device,serial,host,address\n";
    with(b"device,serial,host\n", 2, "has no column `address`");
    with(b"id,serial,host,address\n", 4, "table.csv: line 1: there is no column `device`");
    with(b"device,serial,serial,address\n", 4, "the column `serial` stands there twice");
    with(format!("{header}gw-1,a\0b,c,d\n").as_bytes(), 4, "line 2 carries a control character");
    with(format!("{header}gw-1,\x1b[2J,c,d\n").as_bytes(), 4, "line 2 carries a control character");
    with(format!("{header}gw-1,\"a,c,d\n").as_bytes(), 4, "line 2 has a quote that is not closed");
    with(
        format!("{header}gw-1,{},c,d\n", "x".repeat(5000)).as_bytes(),
        4,
        "a field has more than 4096 octets",
    );
    with(format!("{header}gw-1,a,c,d\ngw-1,b,c,d\n").as_bytes(), 4, "lines 2 and 3 have the same key");
    with(b"\xff\xfed\0", 4, "line 1 is not UTF-8");
    // A profile that takes no table is told of one, rather than leaving it unread.
    fs::write(&table, header).unwrap();
    let device = ["plan", "--ca", "root", "--profile", "device", &stick, "--csv", table.to_str().unwrap()];
    let said = sandbox.exits(2, device);
    assert!(said.contains("the profile device takes no table"), "{said}");
    // A named table counts, wherever it lies; its digest stands with the plan.
    let sound = format!("\u{feff}{header}gw-1,SN-000001,one,10.0.0.1\n");
    fs::write(&table, &sound).unwrap();
    sandbox.ok(plan.iter().copied().chain(["--csv", table.to_str().unwrap()]));
    let database = rusqlite::Connection::open(sandbox.path("home/register.db")).unwrap();
    let sql = "SELECT profile_text FROM plan ORDER BY number DESC LIMIT 1";
    let text: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    let digest = coldsign::pki::fingerprint::Digest::of(sound.as_bytes());
    assert!(text.contains("\nserialNumber = { characters"), "{text}");
    let record = format!("# table SHA-256 {digest}, 1 row, with a byte order mark: {}\n", table.display());
    assert!(text.ends_with(&record), "{text}");
    // Whoever approves sees it with the plan.
    let id = "SELECT id FROM plan ORDER BY number DESC LIMIT 1";
    let id: String = database.query_row(id, [], |row| row.get(0)).unwrap();
    let shown = sandbox.json(["register", "show", &id]);
    assert_eq!(format!("# table {}\n", shown[0]["table"].as_str().unwrap()), record);
}
