//! Fills a folder that stands for a stick with fresh certification requests, a few of them unwanted or hostile.
//!
//! `demo-requests FOLDER [--count N] [--one-file] [--only p256]`: FOLDER must not exist or be empty. Prints one line:
//! how many requests it wrote, how many of them are sound (a permissive CA issues for them), how many are not, and
//! the number of files. `--only p256` leaves the other algorithms and everything unwanted out; `--one-file` writes
//! all requests into one PEM file. Both are for measuring.

#[expect(dead_code, reason = "the tests make keys that a stick has not: OpenSSL 3.0 could not read them")]
mod request;
mod stick;

use std::{env, path::PathBuf, process::ExitCode};

use stick::{Counts, Files, Keys, Stick};

fn main() -> ExitCode {
    let (folder, stick) = match orders(env::args().skip(1)) {
        Ok(orders) => orders,
        Err(wrong) => {
            eprintln!("demo-requests: {wrong}");
            eprintln!("usage: demo-requests FOLDER [--count N] [--one-file] [--only p256]");
            return ExitCode::from(2);
        }
    };
    match stick::fill(&folder, stick) {
        Ok(Counts { sound, unwanted, files }) => {
            println!("requests={} sound={sound} unwanted={unwanted} files={files}", sound + unwanted);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("demo-requests: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
fn orders(mut arguments: impl Iterator<Item = String>) -> Result<(PathBuf, Stick), String> {
    let (mut folder, mut stick) = (None, Stick { count: 1000, files: Files::Many, keys: Keys::Mixed });
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--count" => {
                let text = arguments.next().unwrap_or_default();
                stick.count = text.parse().map_err(|_| format!("--count {text} is not a number"))?;
            }
            "--one-file" => stick.files = Files::One,
            "--only" if arguments.next().as_deref() == Some("p256") => stick.keys = Keys::P256,
            "--only" => return Err("--only knows p256 alone".into()),
            other if other.starts_with('-') => return Err(format!("{other} is not known")),
            _ if folder.is_some() => return Err("one folder, please".into()),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    Ok((folder.ok_or("no folder given")?, stick))
}
