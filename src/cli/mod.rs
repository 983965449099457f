//! The command line: one of the two faces of the ceremony. Decides nothing; shows what the ceremony says.

/// Says a line to people on standard error. Unlike `eprintln!` it ends nothing where nobody can hear it: what the token signs
/// is recorded and handed over all the same.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod args;
mod authorities;
mod block_lists;
mod exit;
mod home;
mod main_job;
mod pin;
mod registers;
mod render;
mod revocations;
mod stop;
mod terminal;
mod tokens;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser as _;

use crate::{
    ceremony::{self, Class, Error, Home},
    pki::text::Printable,
};

use args::{Arguments, Command};
use exit::Exit;
use render::Form;

/// What became of a command line.
#[derive(Debug)]
pub enum Outcome {
    /// It was carried out.
    Ended(ExitCode),
    /// It names no command: the terminal interface is wanted, on this home.
    Interface(Home),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> Outcome {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return Outcome::Ended(usage(&error)),
    };
    // Nothing of the process' memory, PINs above all, may reach a core file or the swap.
    let _ = ceremony::harden();
    let Arguments { home, json, command } = arguments;
    match command {
        Some(command) => Outcome::Ended(carried_out(home.as_ref(), json, command)),
        None if json => Outcome::Ended(left(Err(Error::usage(
            "there is no command to answer in JSON",
            "name a command: coldsign --help shows them",
        )))),
        None => match home::find(home) {
            Ok(home) => Outcome::Interface(home),
            Err(error) => Outcome::Ended(left(Err(error))),
        },
    }
}

/// The exit code of the terminal interface; what went wrong is said as every failure is.
#[must_use]
pub fn left(ended: Result<(), Error>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string(), &error.hint());
            Exit::Failed(error.class()).into()
        }
    }
}

fn carried_out(home: Option<&PathBuf>, json: bool, command: Command) -> ExitCode {
    // What only reads ends at once on Ctrl-C, as other programs do: a hostile bundle can take for ever to judge.
    if !matches!(command, Command::Verify(_)) {
        stop::listen();
    }
    let form = if json { Form::Json } else { Form::Text };
    match dispatch(home, command, form) {
        Ok(exit) => match render::written() {
            Ok(()) => exit.into(),
            Err(error) => {
                say(
                    &format!("the results could not be written to standard output: {error}"),
                    "what was done is recorded; ask for it again with standard output on a disk with room",
                );
                Exit::Failed(Class::Medium).into()
            }
        },
        Err(error) => {
            if let (Form::Json, Error::NoneAccepted { counts, .. }) = (form, &error) {
                render::value(&render::none_accepted(*counts));
            }
            say(&error.to_string(), &error.hint());
            Exit::Failed(error.class()).into()
        }
    }
}

/// The pair of every failure: what is wrong, and what to do. Whatever a layer forgot to make harmless is made so here.
fn say(what: &str, hint: &str) {
    /// Longest half of the pair, in characters: a path of Linux (`PATH_MAX`, 4,096 octets) and a sentence.
    const CHARS_MAX: usize = 5_000;
    let (what, hint) = (Printable::with_limit(what, CHARS_MAX), Printable::with_limit(hint, CHARS_MAX));
    // Not eprintln: on a terminal that was closed it panics, and the exit code would say nothing of the failure.
    let _ = write!(io::stderr(), "coldsign: {what}\n  to do: {hint}\n");
}

/// Help and version are results; arguments that cannot be understood are an error like every other.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    // "error: what", perhaps details in lines of their own, an empty line, then tips and the command's usage.
    let text = error.render().to_string();
    let (what, rest) = text.split_once("\n\n").unwrap_or((text.as_str(), ""));
    let what: Vec<&str> = what.trim_start_matches("error: ").split_whitespace().collect();
    let line = |label: &str| {
        rest.lines().find_map(|line| line.trim().strip_prefix(label)).map(|found| found.trim().to_owned())
    };
    let hint = match (line("tip:"), line("Usage:")) {
        (Some(tip), _) => format!("{tip}; coldsign --help shows the commands"),
        (None, Some(form)) => format!("write it as: {form}"),
        (None, None) => "see coldsign --help".to_owned(),
    };
    say(&what.join(" "), &hint);
    ExitCode::from(Exit::Failed(Class::Configuration).number())
}

fn dispatch(home: Option<&PathBuf>, command: Command, form: Form) -> Result<Exit, Error> {
    let home = || home::find(home.cloned()).inspect(home::warn);
    match command {
        Command::Setup(given) => home::setup(&home()?, &given, form),
        Command::Token(command) => tokens::run(home(), command, form),
        Command::Ca(command) => authorities::run(home()?, command, form),
        Command::Profile(command) => home::profile(home(), &command, form),
        Command::BlockList(command) => block_lists::run(&home()?, &command, form),
        Command::Inspect(given) => main_job::inspect(home(), &given, form),
        Command::Plan(given) => main_job::plan(home()?, &given, form),
        Command::Approve(given) => main_job::approve(home()?, &given, form),
        Command::Withdraw(given) => main_job::withdraw(home()?, &given, form),
        Command::Sign(given) => main_job::sign(home()?, given, form),
        Command::Deliver(given) => main_job::deliver(home()?, given, form),
        Command::Issue(given) => main_job::issue(home()?, &given, form),
        Command::Prove(given) => main_job::prove(home()?, &given, form),
        Command::Revoke(given) => revocations::revoke(home()?, &given, form),
        Command::Crl(given) => revocations::crl(home(), given, form),
        Command::Register(command) => registers::run(home()?, command, form),
        Command::Verify(given) => main_job::verify(&given, form),
    }
}
