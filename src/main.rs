//! The binary: hands the command line to its face and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    coldsign::cli::run()
}
