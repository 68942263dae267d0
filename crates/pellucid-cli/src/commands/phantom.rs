//! `pellucid phantom`: images with planted lesions and known masks.

use anyhow::Result;
use pellucid::engine::{Progress, Silent};
use pellucid::image::phantom::{Spec, write_dataset};

use crate::args::PhantomArgs;
use crate::progress::Bars;

/// Writes the data set.
pub fn run(args: &PhantomArgs) -> Result<bool> {
    let spec = if args.volume { Spec::volume() } else { Spec::image() };
    let (bars, silent) = (Bars::default(), Silent);
    let progress: &dyn Progress = if args.count > 20 { &bars } else { &silent };
    progress.start(usize::try_from(args.count)?, "phantoms");
    let done = write_dataset(&args.out, &spec, args.seed, args.count, |_| progress.advance(1));
    progress.finish();
    done?;
    println!("{}", args.out.join("labels.csv").display());
    Ok(true)
}
