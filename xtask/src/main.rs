//! Chores of the workspace: `cargo xtask COMMAND`.

mod generate;
mod oracles;
mod profile;
mod train_demo;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "xtask", about = "Chores of the workspace")]
enum Command {
    /// Run every case of a folder of oracles and compare
    Oracles(oracles::Args),
    /// Time a model or a compiled method node by node
    Profile(profile::Args),
    /// Train the bundled demo models on phantoms
    TrainDemo(train_demo::Args),
    /// Write reference pages, tables and completions from the lists
    Generate(generate::Args),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Oracles(args) => oracles::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::TrainDemo(args) => train_demo::run(&args),
        Command::Generate(args) => generate::run(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
