//! Prompts at a terminal: nothing that is secret is echoed, stopping restores the terminal, wrong words approve nothing.

use serde_json::{Value, json};

use crate::{
    bench::{audited, names, requests},
    support::{PIN, Sandbox, tool},
};

/// Plays an operator: waits for each text, then types (`WORDS` stands for the words shown) or sends a signal.
const OPERATOR: &str = r#"
import json, os, pty, re, select, signal, sys, termios, time
argv, steps = json.loads(sys.argv[1]), json.loads(sys.argv[2])
signal.alarm(120)
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
before, seen, at = termios.tcgetattr(fd), b"", 0
def more():
    global seen
    try:
        piece = os.read(fd, 4096)
    except OSError:
        piece = b""
    seen += piece
    return piece
for wait, send in steps:
    while wait.encode() not in seen[at:]:
        if not more():
            break
    at = len(seen)
    time.sleep(0.3)
    if isinstance(send, int):
        os.kill(pid, send)
        continue
    words = re.search(rb"words:((?:\s+[a-z]+){12})", seen)
    os.write(fd, send.replace("WORDS", " ".join(words.group(1).decode().split()) if words else "").encode())
while more():
    pass
_, status = os.waitpid(pid, 0)
restored = termios.tcgetattr(fd)[:4] == before[:4]
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "seen": seen.decode(errors="replace"), "restored": restored}))
"#;

/// What came of it: exit code and what stood on the screen. The terminal is as it was before, always.
fn at_a_terminal(sandbox: &Sandbox, arguments: &[&str], steps: &Value) -> (i64, String) {
    let argv: Vec<&str> = [&[env!("CARGO_BIN_EXE_coldsign")], arguments].concat();
    let mut python = tool("python3", "apt-get install python3");
    sandbox.prepare(&mut python);
    python.args(["-c", OPERATOR, &json!(argv).to_string(), &steps.to_string()]);
    let output = python.output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", crate::support::said(&output)));
    let seen = told["seen"].as_str().unwrap().to_owned();
    assert_eq!(told["restored"], true, "the terminal was not restored: {seen}");
    assert!(!seen.contains(PIN), "the PIN was echoed: {seen}");
    (told["code"].as_i64().unwrap(), seen)
}

#[test]
fn issue_asks_for_words_and_pin() {
    let sandbox = Sandbox::with_root("cli-prompt", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    requests(&stick, "dev", 2);
    let issue = ["issue", "--ca", "root", "--profile", "device", "--from", &stick, "--to", &out];
    let check = |steps: Value, code: i64, what: &str| {
        let (found, seen) = at_a_terminal(&sandbox, &issue, &steps);
        assert!(found == code && seen.contains(what), "{found} instead of {code}, or not {what:?}: {seen}");
        if code != 0 {
            assert!(seen.contains("  to do: ") && seen.contains("stays in the register"), "{seen}");
            assert!(names(&out).is_empty());
        }
    };
    check(json!([["this plan: ", "one two three\n"]]), 6, "the words are not those of plan");
    check(json!([["this plan: ", "\n"]]), 6, "the words are not those of plan");
    check(json!([["this plan: ", "\u{3}"]]), 130, "is stored and not approved");
    check(json!([["this plan: ", "\u{4}"]]), 130, "is stored and not approved");
    check(json!([["this plan: ", 15]]), 130, "is stored and not approved");
    check(json!([["this plan: ", "WORDS\n"], ["user PIN", "\u{1b}"]]), 130, "no PIN was given");
    check(json!([["this plan: ", "WORDS\n"], ["user PIN", "\u{3}"]]), 130, "no PIN was given");
    check(json!([["this plan: ", "WORDS\n"], ["user PIN", 15]]), 130, "no PIN was given");
    check(json!([["this plan: ", "WORDS\n"], ["user PIN", "00000000\r"]]), 3, "the PIN is wrong");
    audited(&sandbox, 1);
    let pin = format!("9{}{PIN}\r", "\u{7f}");
    check(json!([["this plan: ", "WORDS\n"], ["user PIN", pin]]), 0, "delivered 2 certificates");
    audited(&sandbox, 3);
}

#[test]
fn token_init_asks_twice() {
    let sandbox = Sandbox::empty("cli-prompt-init");
    let module = crate::support::module();
    let slots = sandbox.json(["token", "list", "--module", &module]);
    let slot = slots[0]["slot"].to_string();
    let init = ["token", "init", "--module", &module, "--slot", &slot, "--label", "typed"];
    let once = format!("{PIN}\r");
    let differ = json!([["officer's PIN", once], ["once more", "1234567\r"]]);
    let (code, seen) = at_a_terminal(&sandbox, &init, &differ);
    assert!(code == 2 && seen.contains("not typed the same twice"), "{code}: {seen}");
    let same =
        json!([["officer's PIN", once], ["once more", once], ["new user PIN", once], ["once more", once]]);
    let (code, seen) = at_a_terminal(&sandbox, &init, &same);
    assert!(code == 0 && seen.contains("token typed initialised"), "{code}: {seen}");
}
