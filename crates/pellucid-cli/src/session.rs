//! The engine session of a command: options, progress, ctrl-C.

use std::sync::Arc;

use anyhow::Result;
use pellucid::engine::{self, Cancel, EngineOptions, Session, parse_size};

use crate::args::EngineArgs;
use crate::progress::Bars;

/// Options from the command line.
pub fn options(args: &EngineArgs) -> Result<EngineOptions> {
    Ok(EngineOptions {
        engine: args.engine.parse()?,
        device: args.device.parse()?,
        threads: args.threads,
        memory: args.memory.as_deref().map(parse_size).transpose()?,
    })
}

/// A session that stops at ctrl-C: the first press ends the work after the sample at hand and leaves finished files whole, the second ends the
/// program.
pub fn open(args: &EngineArgs, quiet: bool) -> Result<Session> {
    let cancel = Cancel::new();
    let switch = cancel.clone();
    // without a handler ctrl-C ends the program at once, which leaves only temporary files behind
    let _ = ctrlc::set_handler(move || {
        if switch.is_cancelled() {
            std::process::exit(130);
        }
        eprintln!("stopping after the sample at hand (ctrl-C again to end at once)");
        switch.cancel();
    });
    let session = engine::open(&options(args)?)?.with_cancel(cancel);
    Ok(if quiet { session } else { session.with_progress(Arc::new(Bars::default())) })
}
