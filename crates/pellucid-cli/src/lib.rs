//! The command line: thin, generated from the lists. Data goes to standard output, everything else to standard error.

mod args;
mod commands;
mod failure;
mod input;
mod progress;
mod results;
mod session;
mod source;
mod target;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use args::Cli;

/// The command with all its options, for completions and help.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs a command line and gives its exit code: 0 done, 1 done but something failed, 2 error.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match commands::run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            failure::print(&error);
            ExitCode::from(2)
        }
    }
}
