//! The command line: one of the two faces of the ceremony. Decides nothing; shows what the ceremony says.

mod args;
mod authorities;
mod exit;
mod home;
mod main_job;
mod pin;
mod registers;
mod render;
mod stop;
mod terminal;
mod tokens;

use std::process::ExitCode;

use clap::Parser as _;

use crate::ceremony::{self, Error};

use args::{Arguments, Command};
use exit::Exit;
use render::Form;

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // Nothing of the process' memory, PINs above all, may reach a core file or the swap.
    let _ = ceremony::harden();
    stop::listen();
    let json = arguments.json;
    match dispatch(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            if let (true, Error::NoneAccepted(counts)) = (json, &error) {
                render::value(&render::none_accepted(*counts));
            }
            eprintln!("coldsign: {error}");
            eprintln!("  to do: {}", error.hint());
            Exit::Failed(error.class()).into()
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Exit, Error> {
    let form = if arguments.json { Form::Json } else { Form::Text };
    let home = || home::find(arguments.home.clone());
    match arguments.command {
        Command::Setup(given) => home::setup(&home()?, &given, form),
        Command::Token(command) => tokens::run(home(), command, form),
        Command::Ca(command) => authorities::run(home()?, command, form),
        Command::Profile(command) => home::profile(home(), &command, form),
        Command::Inspect(given) => main_job::inspect(home(), &given, form),
        Command::Plan(given) => main_job::plan(home()?, &given, form),
        Command::Approve(given) => main_job::approve(home()?, &given, form),
        Command::Sign(given) => main_job::sign(home()?, given, form),
        Command::Deliver(given) => main_job::deliver(home()?, given, form),
        Command::Issue(given) => main_job::issue(home()?, given, form),
        Command::Prove(given) => main_job::prove(home()?, &given, form),
        Command::Register(command) => registers::run(home()?, command, form),
        Command::Verify(given) => main_job::verify(&given, form),
    }
}
