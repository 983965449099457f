//! Files that tests make and the project keeps: pictures of screens, tables of keys. A difference is a fault until
//! somebody looked at it and had the file written anew.

use std::{env, fs, path::Path};

/// Set to 1, files are written instead of compared.
const REWRITE: &str = "COLDSIGN_REWRITE";

/// Compares a text with the file that the project keeps of it, or writes the file; what differs, and what to do.
pub fn keep(path: &str, text: &str) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var(REWRITE).as_deref() == Ok("1") {
        fs::create_dir_all(file.parent().expect("the file stands in a folder")).unwrap();
        fs::write(&file, text).unwrap();
        return Ok(());
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    if kept == text {
        return Ok(());
    }
    let differing = kept.lines().zip(text.lines()).enumerate().find(|(_, (kept, text))| kept != text);
    let place = differing.map_or_else(
        || format!("{} lines are kept, {} are drawn", kept.lines().count(), text.lines().count()),
        |(line, (kept, text))| format!("line {}\n  kept  {kept}\n  drawn {text}", line + 1),
    );
    Err(format!(
        "{path} is not what is drawn: {place}\n  look at it, then write it anew with {REWRITE}=1 cargo test --locked \
         --test screens --test pictures"
    ))
}
