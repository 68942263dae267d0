//! `pellucid doctor`: which engines were found, and why one is chosen.

use anyhow::Result;
use pellucid::engine::{Status, doctor, open};

use crate::args::EngineArgs;
use crate::session;

/// Prints every finding, then what the given options would choose.
pub fn run(args: &EngineArgs) -> Result<bool> {
    for finding in doctor() {
        let mark = match finding.status {
            Status::Good => "ok",
            Status::Absent => "none",
            Status::Bad => "BAD",
            Status::Info => "",
        };
        println!("{:<12} {mark:<5} {}", finding.subject, finding.detail);
        for hint in finding.hints {
            println!("{:<12}       hint: {hint}", "");
        }
    }
    let session = open(&session::options(args)?)?;
    let engine = session.engine();
    println!("\nwould run on {} {} ({}): {}", engine.id(), engine.version(), engine.device(), session.because());
    Ok(true)
}
