//! One file per command. Each returns whether everything it was asked for was done.

mod advise;
mod benchmark;
mod card;
mod compare;
mod convert;
mod demo;
mod dicomweb;
mod doctor;
mod evaluate;
mod explain;
mod export;
mod inspect;
mod methods;
mod phantom;
mod presets;

use anyhow::Result;
use clap::CommandFactory;

use crate::args::{Cli, Command};

/// Runs a command. True when nothing failed.
pub fn run(cli: &Cli) -> Result<bool> {
    match &cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Evaluate(args) => evaluate::run_protocol(args),
        Command::Benchmark(args) => benchmark::run(args),
        Command::Export(args) => export::run(args),
        Command::Methods(args) => methods::run(args),
        Command::Advise(args) => advise::run(args),
        Command::Presets(args) => presets::run(args),
        Command::Dicomweb(args) => dicomweb::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Card(args) => card::run(args),
        Command::Phantom(args) => phantom::run(args),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "pellucid", &mut std::io::stdout());
            Ok(true)
        }
    }
}
