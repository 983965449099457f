//! The rules of docs/ARCHITECTURE.md that source alone can show. Each takes one file and says what is wrong with it.

use super::source::Source;

/// Longest file of src/, in lines: beyond, a second noun is in it.
pub const LINES_MAX: usize = 600;

/// Longest src/main.rs, in lines: it hands over, and does nothing else.
pub const MAIN_LINES_MAX: usize = 60;

/// The layers and what each may use of the others; whatever stands in no row may be used by nobody.
const LAYERS: &[(&str, &[&str])] = &[
    ("pki", &[]),
    ("media", &[]),
    ("host", &[]),
    ("token", &["pki"]),
    ("register", &["pki"]),
    ("config", &["pki"]),
    ("export", &["pki", "register::IssuedCertificate"]),
    ("ceremony", &["pki", "media", "host", "token", "register", "config", "export"]),
    ("cli", &["ceremony", "config", "pki"]),
    ("tui", &["ceremony", "config", "pki"]),
    ("main", &["cli", "tui"]),
];

/// What the product code of a layer never names. `*` is every layer; a path after the colon is the one exception.
const NEVER: &[(&str, &[&str])] = &[
    (
        "pki",
        &[
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "std::thread",
            "std::io",
            "std::os",
            "std::path",
            "SystemTime",
            "Instant",
            "getrandom",
            "SysRng",
            "OsRng",
            "rand::",
            "rand_core",
            "rayon",
            "rustix",
            "rusqlite",
            "Generate",
            "static mut",
            "thread_local!",
        ],
    ),
    ("media", PKI_CRATES),
    ("host", PKI_CRATES),
    ("token", &["std::fs", "std::env", "rusqlite", "rustix::fs"]),
    ("register", &["std::env", "std::net", "SystemTime", "getrandom"]),
    ("config", &["std::fs", "std::env", "std::io", "std::net", "std::process", "SystemTime", "Instant"]),
    (
        "export",
        &["std::fs", "std::env", "std::net", "std::process", "SystemTime", "Instant", "getrandom", "rustix"],
    ),
    (
        "ceremony",
        &[
            "clap",
            "ratatui",
            "crossterm",
            "std::io::stdin",
            "std::io::stdout",
            "std::io::stderr",
            "IsTerminal",
        ],
    ),
    ("cli", &["rusqlite", "ratatui"]),
    ("main", &["std::fs", "std::io", "std::net"]),
    ("*", &["std::net", "std::process::Command", "TcpStream", "UdpSocket", "UnixStream"]),
];

const PKI_CRATES: &[&str] = &[
    "der::",
    "spki::",
    "x509_cert",
    "const_oid",
    "p256",
    "p384",
    "p521",
    "rsa::",
    "ed25519_dalek",
    "ml_dsa",
];

/// Uses of a layer that stands above or beside.
pub fn upward(source: &Source) -> Vec<String> {
    let layer = source.layer();
    if layer == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}: {layer} is not a layer of the table", source.path)];
    };
    let within = |path: &str, root: &str| path == root || path.starts_with(&format!("{root}::"));
    source
        .paths()
        .iter()
        .filter(|path| LAYERS.iter().any(|(name, _)| *name != "main" && within(path, name)))
        .filter(|path| !within(path, layer) && !allowed.iter().any(|root| within(path, root)))
        .map(|path| format!("{}: {layer} may not use {path}", source.path))
        .collect()
}

/// Names that the layer never mentions in its product code.
pub fn forbidden(source: &Source) -> Vec<String> {
    let code = source.product();
    let expanded = spelled_out(&code);
    NEVER
        .iter()
        .filter(|(layer, _)| *layer == "*" || *layer == source.layer())
        .flat_map(|(_, names)| *names)
        .filter(|name| mentions(&code, name) || mentions(&expanded, name))
        .map(|name| format!("{}: names {name}", source.path))
        .collect()
}

/// The PKCS#11 crates outside `token`, and printing outside the faces.
pub fn misplaced(source: &Source) -> Vec<String> {
    let code = source.product();
    let mut wrong = Vec::new();
    for name in ["cryptoki", "cryptoki_sys"] {
        if source.layer() != "token" && mentions(&code, name) {
            wrong.push(format!("{}: only token names {name}", source.path));
        }
    }
    for name in ["print!", "println!", "eprint!", "eprintln!"] {
        if !matches!(source.layer(), "cli" | "tui") && mentions(&code, name) {
            wrong.push(format!("{}: only cli and tui speak to people ({name})", source.path));
        }
    }
    wrong
}

/// What no finished source holds: placeholders, silenced lints, panics by habit.
pub fn unfinished(source: &Source) -> Vec<String> {
    let (code, product) = (source.code(), source.product());
    let anywhere = ["todo!", "unimplemented!", "dbg!", "#[allow", "#![allow", "#[ignore"];
    let in_product = [".unwrap()", "panic!", "unreachable!", "process::exit"];
    let found = anywhere.iter().filter(|name| code.contains(**name));
    found
        .chain(in_product.iter().filter(|name| product.contains(**name)))
        .map(|name| format!("{}: holds {name}", source.path))
        .collect()
}

/// Files that say `unsafe`: one file of `token` at most.
pub fn unsafe_files(sources: &[Source]) -> Vec<String> {
    let files: Vec<&Source> = sources.iter().filter(|source| mentions(&source.code(), "unsafe")).collect();
    let outside = files.iter().filter(|source| source.layer() != "token");
    let mut wrong: Vec<String> =
        outside.map(|source| format!("{}: unsafe outside token", source.path)).collect();
    if files.len() > 1 {
        wrong.push(format!("{} files are unsafe, one may be", files.len()));
    }
    wrong
}

/// Files that are too long.
pub fn too_long(source: &Source) -> Option<String> {
    let limit = if source.path == "main.rs" { MAIN_LINES_MAX } else { LINES_MAX + 1 };
    let lines = source.text.lines().count();
    (lines >= limit).then(|| format!("{}: {lines} lines", source.path))
}

/// Files that no `mod` line of their parent names, so that nobody compiles or tests them.
pub fn unlisted(sources: &[Source]) -> Vec<String> {
    let listed = |source: &&Source| {
        let module = source.module();
        let Some((name, parent)) = module.split_last() else { return true };
        sources.iter().filter(|other| other.module() == parent && other.path != "main.rs").any(|other| {
            let code = other.code();
            code.contains(&format!("mod {name};"))
        })
    };
    sources
        .iter()
        .filter(|source| !listed(source))
        .map(|source| format!("{}: no mod line names it", source.path))
        .collect()
}

/// Modules without a word on what they are.
pub fn undescribed(source: &Source) -> Option<String> {
    (!source.text.starts_with("//!")).then(|| format!("{}: does not begin with //!", source.path))
}

/// Control ids that the text does not hold: `docs/CONTROLS.md` has each in backquotes.
pub fn undocumented<'a>(ids: &[&'a str], controls_md: &str) -> Vec<&'a str> {
    ids.iter().copied().filter(|id| !controls_md.contains(&format!("`{id}`"))).collect()
}

/// Ids in the first column of a table of docs/CONTROLS.md that no code has.
pub fn invented(ids: &[&str], controls_md: &str) -> Vec<String> {
    controls_md
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(id, _)| id.to_owned())
        .filter(|id| !ids.contains(&id.as_str()))
        .collect()
}

/// Controls (id and variant) that no test names; tests mark an id that refuses with a `!`.
pub fn untested<'a>(controls: &[(&'a str, String)], tests: &[&str]) -> Vec<&'a str> {
    let named = |id: &str, variant: &str| {
        let quoted = [format!("\"{id}\""), format!("\"!{id}\"")];
        let path = format!("Control::{variant}");
        let any = |text: &&str| quoted.iter().any(|id| text.contains(id)) || mentions(text, &path);
        tests.iter().any(any)
    };
    controls.iter().filter(|(id, variant)| !named(id, variant)).map(|(id, _)| *id).collect()
}

/// Crates that the product may not be built from: other cryptography, network code, async runtimes.
pub fn unwanted_crates(tree: &str) -> Vec<String> {
    const UNWANTED: &[&str] = &[
        "openssl",
        "openssl-sys",
        "native-tls",
        "ring",
        "aws-lc-rs",
        "tokio",
        "async-std",
        "smol",
        "futures",
        "hyper",
        "reqwest",
        "ureq",
        "curl",
        "curl-sys",
        "rustls",
        "socket2",
        "h2",
        "quinn",
        "isahc",
        "tiny_http",
    ];
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let mut found: Vec<String> = names.filter(|name| UNWANTED.contains(name)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

/// Names at the project's top level that do not belong there; dot-files are free, `target` is the compiler's.
pub fn strangers<'a>(names: &[&'a str]) -> Vec<&'a str> {
    const HOME: &[&str] =
        &["Cargo.toml", "Cargo.lock", "README.md", "src", "tests", "softhsm", "docs", "target"];
    let belongs = |name: &str| HOME.contains(&name) || name.starts_with("LICENSE") || name.starts_with('.');
    names.iter().copied().filter(|name| !belongs(name)).collect()
}

/// Whether a name stands in the text as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back().is_some_and(word);
        let after = text[start + name.len()..].chars().next().is_some_and(word);
        !before && (!after || !name.ends_with(word))
    })
}

/// `use std::{fs, io::Read}` as `std::fs`, `std::io`, one a line, so that a group hides nothing.
fn spelled_out(code: &str) -> String {
    let mut out = String::new();
    for (start, _) in code.match_indices("std::{") {
        let group = &code[start + "std::".len()..];
        let text = format!("crate::{group}");
        for path in Source::sample("sample.rs", &text).paths() {
            out.extend(["std::", &path, "\n"]);
        }
    }
    out
}
