//! Rust source as the rules need it: without comments and literals, with its product code and its tests apart, and
//! with the paths it names spelled out.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One file of src/.
pub struct Source {
    /// Its path below src/, with slashes.
    pub path: String,
    /// Its text as it stands.
    pub text: String,
}

impl Source {
    /// A file that exists in a test only.
    pub fn sample(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Every Rust file below a folder, in one order.
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        walk(folder, &mut files);
        files.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
        files.sort();
        files
            .iter()
            .map(|file| Self {
                path: file.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"),
                text: fs::read_to_string(file).unwrap(),
            })
            .collect()
    }

    /// The layer: the first component of the path, `main` and `lib` for the two roots.
    pub fn layer(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The module path: `token/key.rs` is `token`, `key`.
    pub fn module(&self) -> Vec<&str> {
        let mut module: Vec<&str> = self.path.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }

    /// Everything but comments and what literals hold.
    pub fn code(&self) -> String {
        blank(&self.text)
    }

    /// The same without what is compiled for tests only.
    pub fn product(&self) -> String {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return String::new();
        }
        without_test_modules(&self.code())
    }

    /// What is compiled for tests only, as it stands.
    pub fn tests(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return &self.text;
        }
        self.text.find(TESTS).map_or("", |start| &self.text[start..])
    }

    /// Every path into this crate that the file names, without `crate::` or `coldsign::`, use trees spelled out; so
    /// are paths of `super::` that climb to the root.
    pub fn paths(&self) -> Vec<String> {
        let code = self.code();
        let climb = "super::".repeat(self.module().len().max(1));
        let mut paths = Vec::new();
        for root in ["crate::", "coldsign::", &climb] {
            for (start, _) in code.match_indices(root) {
                let named_before =
                    code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                if !named_before || code[..start].ends_with("super::") {
                    expand(&code[start + root.len()..], "", &mut paths);
                }
            }
        }
        paths
    }
}

const TESTS: &str = "#[cfg(test)]";

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// Reads one use tree (`a::{b, c::d}`) and adds each path it stands for; returns the octets read.
fn expand(code: &str, prefix: &str, paths: &mut Vec<String>) -> usize {
    let mut path = prefix.to_owned();
    let mut at = 0;
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        let rest = &code[at..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut inside = group;
            loop {
                let read = expand(inside, &path, paths);
                inside = inside[read..].trim_start();
                match inside.strip_prefix(',') {
                    Some(next) if !next.trim_start().starts_with('}') => inside = next,
                    Some(next) => inside = next.trim_start(),
                    None => {}
                }
                at = code.len() - inside.len();
                if inside.starts_with('}') || inside.is_empty() || read == 0 {
                    return at + usize::from(inside.starts_with('}'));
                }
            }
        }
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(rest.len());
        path.push_str(&rest[..word]);
        at += word;
        if word > 0 && code[at..].starts_with("::") {
            path.push_str("::");
            at += 2;
            continue;
        }
        if word > 0 {
            paths.push(path);
        }
        // A new name: `a as b`.
        if let Some(renamed) = code[at..].strip_prefix(" as ") {
            at += 4 + renamed.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(renamed.len());
        }
        return at;
    }
}

/// Comments and the content of literals as blanks; lines stay where they are.
fn blank(text: &str) -> String {
    let octets = text.as_bytes();
    let mut out = octets.to_vec();
    let mut at = 0;
    while at < octets.len() {
        let rest = &octets[at..];
        let named_before = at > 0 && (octets[at - 1].is_ascii_alphanumeric() || octets[at - 1] == b'_');
        let (inside, end) = if rest.starts_with(b"//") {
            (at, at + rest.iter().position(|&c| c == b'\n').unwrap_or(rest.len()))
        } else if rest.starts_with(b"/*") {
            (at, at + block_comment(rest))
        } else if rest[0] == b'"' {
            (at + 1, at + text_literal(rest) - 1)
        } else if !named_before && raw_hashes(rest).is_some() {
            let (start, length) = raw_literal(rest);
            (at + start, at + length - 1)
        } else if rest[0] == b'\'' && character(rest) > 0 {
            (at + 1, at + character(rest) - 1)
        } else {
            at += 1;
            continue;
        };
        for octet in &mut out[inside..end] {
            if *octet != b'\n' {
                *octet = b' ';
            }
        }
        at = end.max(inside) + usize::from(!rest.starts_with(b"/"));
    }
    String::from_utf8(out).unwrap()
}

fn block_comment(octets: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < octets.len() {
        if octets[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if octets[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn text_literal(octets: &[u8]) -> usize {
    let mut at = 1;
    while at < octets.len() && octets[at] != b'"' {
        at += if octets[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_hashes(octets: &[u8]) -> Option<usize> {
    let prefix = if octets.starts_with(b"br") { 2 } else { usize::from(octets.starts_with(b"r")) };
    let hashes = octets[prefix..].iter().take_while(|&&c| c == b'#').count();
    (prefix > 0 && octets.get(prefix + hashes) == Some(&b'"')).then_some(hashes)
}

fn raw_literal(octets: &[u8]) -> (usize, usize) {
    let hashes = raw_hashes(octets).unwrap();
    let start = octets.iter().position(|&c| c == b'"').unwrap() + 1;
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let end = octets[start..].windows(close.len()).position(|window| window == close);
    (start, end.map_or(octets.len(), |end| start + end + close.len()))
}

/// Length of a character literal that starts here, 0 where it is a lifetime.
fn character(octets: &[u8]) -> usize {
    if octets.get(1) == Some(&b'\\') {
        return octets[2..].iter().skip(1).position(|&c| c == b'\'').map_or(0, |end| end + 4);
    }
    // A character of up to four octets.
    (2..=5)
        .find(|&end| octets.get(end) == Some(&b'\'') && octets[1] != b'\'' && one_character(&octets[1..end]))
        .map_or(0, |end| end + 1)
}

fn one_character(octets: &[u8]) -> bool {
    std::str::from_utf8(octets).is_ok_and(|text| text.chars().count() == 1)
}

fn without_test_modules(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(start) = rest.find(TESTS) {
        out.push_str(&rest[..start]);
        rest = &rest[start + TESTS.len()..];
        let item = rest.find(['{', ';']).unwrap_or(rest.len());
        let end = if rest[item..].starts_with('{') { item + braces(&rest[item..]) } else { item + 1 };
        rest = &rest[end.min(rest.len())..];
    }
    out + rest
}

fn braces(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}
