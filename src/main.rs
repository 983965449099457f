//! The binary: hands over to the face that was asked for and returns its exit code.

use std::process::ExitCode;

use coldsign::{cli, tui};

fn main() -> ExitCode {
    match cli::run() {
        cli::Outcome::Ended(code) => code,
        cli::Outcome::Interface(home) => cli::left(tui::run(home)),
    }
}
