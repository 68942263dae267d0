//! `pellucid`: explanations of biomedical imaging models.

use std::process::ExitCode;

fn main() -> ExitCode {
    pellucid_cli::run(std::env::args_os())
}
