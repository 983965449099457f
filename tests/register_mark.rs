//! A register that was put back from an older copy is noticed: the token remembers the newest entry that it has seen.

mod support;

use std::{fs, path::Path};

use coldsign::{pki::fingerprint::hex, register::Register};
use support::{
    PIN, Planned, Sandbox, TOKEN, disk, module,
    request::{self, Algorithm, Key, Request},
    said, succeed, tool,
};

const BEHIND: &str = "the token has seen entry";
const OTHER: &str = "of this register is not the one that the token has seen";

fn plan(sandbox: &Sandbox, name: &str) -> Planned {
    let stick = sandbox.folder(&format!("stick-{name}"));
    let der = Request::named(name).der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&stick).join("1.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    sandbox.approved("root", "device", &[&stick])
}

fn sign(planned: &Planned, sandbox: &Sandbox) -> [String; 4] {
    ["sign".to_owned(), planned.id.clone(), "--pin-file".to_owned(), sandbox.text("pin")]
}

/// Approves a plan by the words that the register shows of it.
fn approve_again(planned: &Planned, sandbox: &Sandbox) -> String {
    let shown = sandbox.json(["register", "show", &planned.id]).remove(0);
    sandbox.exits(0, ["approve", &planned.id, "--words", shown["words"].as_str().unwrap()])
}

fn keep(sandbox: &Sandbox, name: &str) {
    disk::copy(&sandbox.path("home"), &sandbox.path(name));
}

fn put_back(sandbox: &Sandbox, name: &str) {
    fs::remove_dir_all(sandbox.path("home")).unwrap();
    disk::copy(&sandbox.path(name), &sandbox.path("home"));
}

/// How many serial numbers the register holds as issued.
fn issued(sandbox: &Sandbox, planned: &Planned) -> usize {
    sandbox.json(["register", "list", "--plan", &planned.id]).len()
}

fn newest(sandbox: &Sandbox) -> u64 {
    let audited = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!(audited["clean"], true, "{audited}");
    audited["entries"].as_u64().unwrap()
}

/// The entry that the token has seen.
fn mark(sandbox: &Sandbox) -> u64 {
    let checked = sandbox.json(["token", "check", "--pin-file", &sandbox.text("pin")]).pop().unwrap();
    checked["register_mark"].as_u64().unwrap_or_else(|| panic!("{checked}"))
}

/// What the register says of marks, in order.
fn states(sandbox: &Sandbox) -> Vec<String> {
    let register = rusqlite::Connection::open(sandbox.path("home/register.db")).unwrap();
    let mut statement = register.prepare("SELECT state FROM head_mark ORDER BY entry").unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

/// Runs pkcs11-tool on this register's mark, whose label is the last argument.
fn on_mark(sandbox: &Sandbox, arguments: &[&str]) {
    let id = Register::open_to_read(&sandbox.path("home/register.db")).unwrap().id();
    let mut run = tool("pkcs11-tool", "apt-get install opensc");
    run.args(["--module", &module(), "--login", "--pin", PIN, "--token-label", TOKEN]);
    sandbox.prepare(&mut run);
    succeed(run.args(arguments).arg(format!("coldsign register {}", hex(&id))));
}

fn take_mark_away(sandbox: &Sandbox) {
    on_mark(sandbox, &["--delete-object", "--type", "data", "--label"]);
}

fn create(sandbox: &Sandbox) -> Vec<String> {
    let pin = sandbox.text("pin");
    ["ca", "create", "root", "--key", "p256", "--subject", "CN=Root", "--days", "7300", "--pin-file", &pin]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn an_older_copy_signs_nothing_until_it_is_accepted_by_its_words() {
    let sandbox = Sandbox::with_root("mark-older", "p256");
    let planned = plan(&sandbox, "device");
    keep(&sandbox, "older");
    sandbox.ok(sign(&planned, &sandbox));
    let latest = newest(&sandbox);
    keep(&sandbox, "latest");
    put_back(&sandbox, "older");
    let ends = newest(&sandbox);

    let pin = sandbox.text("pin");
    let create =
        ["ca", "create", "new", "--key", "p256", "--subject", "CN=New", "--days", "9", "--pin-file", &pin];
    let crl = ["crl", "--ca", "root", "--to", &sandbox.folder("out"), "--pin-file", &pin];
    for refused in [&sign(&planned, &sandbox).each_ref().map(String::as_str)[..], &create, &crl] {
        let told = sandbox.exits(5, refused);
        assert!(told.contains(&format!("this register ends at entry {ends}; {BEHIND} {latest}")), "{told}");
        assert!(told.contains("bring the latest copy of the register"), "{told}");
    }
    assert_eq!((issued(&sandbox, &planned), newest(&sandbox)), (0, ends));

    // The latest copy is brought: it goes on, and there is nothing to accept.
    keep(&sandbox, "again");
    put_back(&sandbox, "latest");
    sandbox.ok(sign(&planned, &sandbox));
    let accept = ["register", "accept-older", "--pin-file", &pin];
    assert!(sandbox.exits(2, accept).contains("there is nothing to accept"));
    put_back(&sandbox, "again");

    // Or it is lost: other words do nothing, the right ones are recorded.
    let other =
        [&accept[..], &["--words", "able able able able able able able able able able able able"]].concat();
    assert!(sandbox.exits(6, other).contains("nothing was recorded"));
    assert_eq!(newest(&sandbox), ends);
    sandbox.accept_older();
    let told = sandbox.exits(0, ["register", "audit", "--noted", &(ends + 1).to_string()]);
    assert!(told.contains(&format!("entry  {}, older-register, recorded", ends + 1)), "{told}");
    assert!(told.contains(&format!("entry {}: an older register was accepted", ends + 1)), "{told}");
    approve_again(&planned, &sandbox);
    sandbox.ok(sign(&planned, &sandbox));
    assert_eq!(issued(&sandbox, &planned), 1);
    newest(&sandbox);

    // From then on the one that was lost is another history.
    put_back(&sandbox, "latest");
    let told = sandbox.exits(5, sign(&planned, &sandbox));
    assert!(told.contains(OTHER) || told.contains(BEHIND), "{told}");
}

#[test]
fn another_history_of_the_same_length_is_refused() {
    let sandbox = Sandbox::with_root("mark-swapped", "p256");
    let swap = |from: &str| {
        fs::remove_dir_all(sandbox.path("tokens")).unwrap();
        disk::copy(&sandbox.path(from), &sandbox.path("tokens"));
    };
    keep(&sandbox, "fork");
    disk::copy(&sandbox.path("tokens"), &sandbox.path("tokens-fork"));
    let here = plan(&sandbox, "here");
    sandbox.ok(sign(&here, &sandbox));
    let length = newest(&sandbox);
    disk::copy(&sandbox.path("tokens"), &sandbox.path("tokens-here"));
    // The same acts in a copy, with a copy of the token that knows nothing of them.
    put_back(&sandbox, "fork");
    swap("tokens-fork");
    let there = plan(&sandbox, "there");
    sandbox.ok(sign(&there, &sandbox));
    assert_eq!(newest(&sandbox), length);
    swap("tokens-here");
    let told = sandbox.exits(5, sign(&there, &sandbox));
    assert!(told.contains(&format!("entry {length} {OTHER}")), "{told}");
}

#[test]
fn a_crash_between_an_entry_and_its_mark_goes_on() {
    let sandbox = Sandbox::with_root("mark-crash", "p256");
    let planned = plan(&sandbox, "device");
    let output = sandbox.with_fault("set-attribute 1 die-before", sign(&planned, &sandbox));
    assert_eq!(output.status.code(), None, "{}", said(&output));
    assert_eq!(issued(&sandbox, &planned), 1);
    // The head is signed: the same command moves the mark alone.
    let before = newest(&sandbox);
    assert!(mark(&sandbox) < before);
    sandbox.ok(sign(&planned, &sandbox));
    assert_eq!((newest(&sandbox), mark(&sandbox)), (before, before));
}

#[test]
fn a_crash_before_the_first_mark_leaves_a_register_that_goes_on_and_is_marked() {
    let sandbox = Sandbox::new("mark-crash-first");
    let output = sandbox.with_fault("create-object 1 die-before", create(&sandbox));
    assert_eq!(output.status.code(), None, "{}", said(&output));
    assert_eq!(states(&sandbox), [""; 0]);
    let planned = plan(&sandbox, "device");
    sandbox.ok(sign(&planned, &sandbox));
    assert_eq!(states(&sandbox), ["begun"]);
    assert_eq!(mark(&sandbox), newest(&sandbox));
}

#[test]
fn a_mark_that_cannot_be_changed_is_made_anew_before_the_old_one_goes() {
    let sandbox = Sandbox::with_root("mark-anew", "p256");
    let planned = plan(&sandbox, "device");
    keep(&sandbox, "older");
    // CKR_ATTRIBUTE_READ_ONLY
    let output = sandbox.with_fault("set-attribute 1 0x10", sign(&planned, &sandbox));
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(mark(&sandbox), newest(&sandbox));
    put_back(&sandbox, "older");
    assert!(sandbox.exits(5, sign(&planned, &sandbox)).contains(BEHIND));
}

#[test]
fn a_token_that_keeps_no_data_objects_says_so_once_and_signs() {
    let sandbox = Sandbox::new("mark-refused");
    // CKR_TEMPLATE_INCONSISTENT
    let refuses = "create-object 1 0xd1";
    let output = sandbox.with_fault(refuses, create(&sandbox));
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("done and recorded, but token `coldsign-test` keeps no mark of this register"),
        "{told}"
    );
    assert!(told.contains("compare its head with the one that was noted at closing"), "{told}");
    let planned = plan(&sandbox, "device");
    let output = sandbox.with_fault(refuses, sign(&planned, &sandbox));
    assert!(output.status.success() && !said(&output).contains("mark"), "{}", said(&output));
    assert_eq!(states(&sandbox), ["refused"]);
    let checked = sandbox.exits(0, ["token", "check", "--pin-file", &sandbox.text("pin")]);
    assert!(checked.contains("the token keeps no marks: an older copy is not noticed"), "{checked}");
    // Another time it keeps one, and that is recorded too.
    sandbox.ok(sign(&planned, &sandbox));
    assert_eq!(states(&sandbox), ["refused", "begun"]);
    newest(&sandbox);
    assert_eq!(mark(&sandbox), newest(&sandbox));
}

#[test]
fn a_mark_that_was_taken_out_of_the_token_begins_anew_and_the_register_says_so() {
    let sandbox = Sandbox::with_root("mark-removed", "p256");
    let planned = plan(&sandbox, "device");
    assert_eq!(states(&sandbox), ["begun"]);
    let lost = "the token had lost its mark of this register, and keeps a new one from now on";
    take_mark_away(&sandbox);
    let told = sandbox.exits(0, sign(&planned, &sandbox));
    assert!(told.contains(lost) && told.contains("compare the register's head with the one"), "{told}");
    assert_eq!(states(&sandbox), ["begun", "begun"]);
    assert_eq!(mark(&sandbox), newest(&sandbox));
    assert!(!sandbox.exits(0, sign(&planned, &sandbox)).contains(lost));
    // A CRL is signed and delivered by one command: it is told where the mark begins.
    take_mark_away(&sandbox);
    let told = sandbox.exits(0, crl(&sandbox, "out", &[]));
    assert_eq!(told.matches(lost).count(), 1, "{told}");
    assert_eq!(states(&sandbox), ["begun", "begun", "begun"]);
}

/// A mark that no register can have counts for nothing, beside the good one or alone.
#[test]
fn a_mark_of_an_entry_beyond_all_registers_is_none() {
    let sandbox = Sandbox::with_root("mark-beyond", "p256");
    let planned = plan(&sandbox, "device");
    let file = sandbox.text("mark");
    fs::write(&file, [&b"coldsign mark 1\n\x80"[..], &[0; 7], &[7; 32]].concat()).unwrap();
    on_mark(&sandbox, &["--write-object", &file, "--type", "data", "--private", "--label"]);
    sandbox.ok(sign(&planned, &sandbox));
    assert_eq!(mark(&sandbox), newest(&sandbox));
    assert_eq!(states(&sandbox), ["begun"]);
}

/// The words of both ends, and those that let it go on, as a script reads them.
#[test]
fn what_is_to_be_accepted_is_told_as_json() {
    let sandbox = Sandbox::with_root("mark-json", "p256");
    let planned = plan(&sandbox, "device");
    keep(&sandbox, "older");
    sandbox.ok(sign(&planned, &sandbox));
    let seen = newest(&sandbox);
    put_back(&sandbox, "older");
    let ends = newest(&sandbox);
    let accept = ["--json", "register", "accept-older", "--pin-file", &sandbox.text("pin")];
    let output = sandbox.run(accept);
    assert_eq!(output.status.code(), Some(6));
    let told = support::lines(&output.stdout).remove(0);
    assert_eq!((&told["ends"]["entry"], &told["seen"]["entry"]), (&ends.into(), &seen.into()), "{told}");
    assert_eq!(told["accepted"], false);
    assert_eq!(told["ends"]["words"].as_str().unwrap().split(' ').count(), 12, "{told}");
    let words = told["words"].as_str().unwrap();
    let done = sandbox.run([&accept[..], &["--words", words]].concat());
    let done = support::lines(&done.stdout).remove(0);
    assert_eq!((&done["accepted"], &done["digest"]), (&true.into(), &told["digest"]), "{done}");
}

#[test]
fn registers_that_share_a_token_have_marks_of_their_own() {
    let sandbox = Sandbox::with_root("mark-shared", "p256");
    let planned = plan(&sandbox, "device");
    keep(&sandbox, "older");
    fs::rename(sandbox.path("home"), sandbox.path("first")).unwrap();
    sandbox.ok(["setup", "--module", &module(), "--token", TOKEN, "--rehearsal"]);
    sandbox.root("root", "p256");
    let other = plan(&sandbox, "other");
    sandbox.ok(sign(&other, &sandbox));
    fs::rename(sandbox.path("home"), sandbox.path("second")).unwrap();
    disk::copy(&sandbox.path("first"), &sandbox.path("home"));
    sandbox.ok(sign(&planned, &sandbox));
    put_back(&sandbox, "older");
    assert!(sandbox.exits(5, sign(&planned, &sandbox)).contains(BEHIND));
    put_back(&sandbox, "second");
    sandbox.ok(sign(&other, &sandbox));
    // The keys of the first home are of no CA of this one, and are told as what they are: made in the token.
    let checked = sandbox.json(["token", "check", "--pin-file", &sandbox.text("pin")]).pop().unwrap();
    let kinds: Vec<&serde_json::Value> =
        checked["loose_keys"].as_array().unwrap().iter().map(|key| &key["algorithm"]).collect();
    assert_eq!(kinds, ["P-256", "P-256"], "{checked}");
}

/// `crl` of the root onto a folder of its own.
fn crl(sandbox: &Sandbox, out: &str, more: &[&str]) -> Vec<String> {
    let (out, pin) = (sandbox.folder(out), sandbox.text("pin"));
    let given = ["crl", "--ca", "root", "--to", &out, "--pin-file", &pin];
    given.iter().chain(more).map(|text| (*text).to_owned()).collect()
}

/// The newer register signs and revokes after the copy was made; then the copy is put back and accepted.
#[test]
fn after_an_older_register_was_accepted_no_crl_number_and_no_planned_certificate_is_given_twice() {
    let sandbox = Sandbox::with_root("mark-held-back", "p256");
    let first = plan(&sandbox, "first");
    sandbox.ok(sign(&first, &sandbox));
    let stored = plan(&sandbox, "stored");
    let pending = plan(&sandbox, "pending");
    keep(&sandbox, "older");
    sandbox.ok(sign(&stored, &sandbox));
    let serial = sandbox.json(["register", "list", "--plan", &first.id]).remove(0)["serial"].clone();
    sandbox.ok(["revoke", "--ca", "root", serial.as_str().unwrap(), "--reason", "keyCompromise"]);
    sandbox.ok(crl(&sandbox, "published", &[]));
    put_back(&sandbox, "older");
    sandbox.accept_older();
    let accepted = newest(&sandbox) - 1;

    // Number 1 is out, with the certificate on it: it is not given again.
    let waits = format!("an older register was accepted at entry {accepted}: CRLs of CA root may be out");
    let told = sandbox.exits(2, crl(&sandbox, "again", &[]));
    assert!(told.contains(&waits) && told.contains("crl --previous FILE"), "{told}");
    let told = sandbox.exits(2, crl(&sandbox, "again", &["--no-previous", "toor"]));
    assert!(told.contains("nothing was said of the CRLs of root"), "{told}");
    assert_eq!(sandbox.json(["crl", "list", "--ca", "root"]).len(), 0);

    // Nor is a plan signed again that was approved before; its approval says what is at stake.
    let told = sandbox.exits(6, sign(&stored, &sandbox));
    assert!(
        told.contains(&format!("is not approved since an older register was accepted (entry {accepted})")),
        "{told}"
    );
    assert_eq!(issued(&sandbox, &stored), 0);
    let beware = format!(
        "BEWARE: stored before an older register was accepted (entry {accepted}): what it names may be out already; \
         0 of 1 are issued here"
    );
    let approve =
        ["approve", &stored.id, "--words", "able able able able able able able able able able able able"];
    assert!(sandbox.exits(6, approve).contains(&beware));

    // The honest way: the CRL that was published is brought, and the plan whose certificates are out is put away.
    let published = sandbox.text("published/crl-root-1/crl.der");
    let lines = sandbox.json(crl(&sandbox, "again", &["--previous", &published]));
    let recovered = &lines[0]["recovered"];
    assert_eq!(
        (&recovered["state"], &recovered["number"], &recovered["revoked"]),
        (&"taken in".into(), &"1".into(), &1.into()),
        "{lines:?}"
    );
    let made = lines.last().unwrap();
    // A number of its time: nobody can prove that the newest one was brought, and none is given twice.
    let number: u64 = made["number"].as_str().unwrap().parse().unwrap();
    assert!(number > 1_700_000_000 && made["entries"] == 1, "{made}");
    assert!(made["none_published_since"].is_null(), "{made}");
    sandbox.ok(["withdraw", &stored.id, "--reason", "its certificate is out"]);
    // Of the other nothing went out: it is approved again, and signed.
    assert!(approve_again(&pending, &sandbox).contains("BEWARE"));
    sandbox.ok(sign(&pending, &sandbox));
    assert_eq!(issued(&sandbox, &pending), 1);
    // Nobody asks a second time, nor of a CA that is made now.
    sandbox.ok(crl(&sandbox, "third", &[]));
    sandbox.root("new", "p256");
    let out = sandbox.folder("third");
    sandbox.ok(["crl", "--ca", "new", "--to", &out, "--pin-file", &sandbox.text("pin")]);
    newest(&sandbox);
}

/// A plan is signed, and the register of before that is put back and accepted.
fn lose(sandbox: &Sandbox, name: &str) {
    keep(sandbox, name);
    let lost = plan(sandbox, name);
    sandbox.ok(sign(&lost, sandbox));
    put_back(sandbox, name);
    sandbox.accept_older();
}

/// The kinds of entries that CRLs were made by, in order.
fn crl_kinds(sandbox: &Sandbox) -> Vec<String> {
    let register = rusqlite::Connection::open(sandbox.path("home/register.db")).unwrap();
    let made = "SELECT kind FROM journal WHERE kind IN ('crl', 'crl-no-previous') ORDER BY seq";
    let mut statement = register.prepare(made).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn that_no_crl_was_published_is_said_with_the_cas_name_or_by_bringing_the_latest_and_recorded() {
    let sandbox = Sandbox::with_root("mark-none-published", "p256");
    let recorded = "RECORDED WITH IT: none was published since an older register was accepted";
    sandbox.ok(crl(&sandbox, "out", &[]));
    lose(&sandbox, "a");
    sandbox.exits(2, crl(&sandbox, "out", &[]));
    // Nor is the one handed over again that the copy has: newer ones may be out.
    let told = sandbox.exits(2, crl(&sandbox, "again", &["--latest"]));
    assert!(told.contains("CRLs of CA root may be out that it does not know"), "{told}");
    assert!(!sandbox.path("again/crl-root-1").exists());
    let made = support::said(&sandbox.run(crl(&sandbox, "out", &["--no-previous", "root"])));
    assert!(made.contains(recorded), "{made}");
    assert_eq!(crl_kinds(&sandbox), ["crl", "crl-no-previous"]);

    lose(&sandbox, "b");
    let known = sandbox.text("out/crl-root-1/crl.pem");
    let told = sandbox.exits(2, crl(&sandbox, "out", &["--previous", &known]));
    assert!(told.contains("the register has it already, and a later one"), "{told}");
    let listed = sandbox.json(["crl", "list", "--ca", "root"]);
    let latest = format!("out/crl-root-{}/crl.der", listed.last().unwrap()["number"].as_str().unwrap());
    let latest = sandbox.text(&latest);
    let made = support::said(&sandbox.run(crl(&sandbox, "out", &["--previous", &latest])));
    assert!(made.contains(recorded), "{made}");
    assert_eq!(crl_kinds(&sandbox), ["crl", "crl-no-previous", "crl-no-previous"]);

    // Where nobody asks, the word leaves no trace.
    let told = support::said(&sandbox.run(crl(&sandbox, "out", &["--no-previous", "root"])));
    assert!(told.contains("--no-previous was not needed"), "{told}");
    assert_eq!(crl_kinds(&sandbox), ["crl", "crl-no-previous", "crl-no-previous", "crl"]);
    newest(&sandbox);
}
