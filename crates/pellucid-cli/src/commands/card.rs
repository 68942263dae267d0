//! `pellucid card`: a first card from the graph, and checking one.

use anyhow::{Result, bail};
use pellucid::engine::{Choice, EngineOptions, open};
use pellucid::image::card::Card;
use pellucid::image::write_atomically;

use crate::args::{CardAction, CardArgs};
use crate::input;

/// Writes or checks a card.
pub fn run(args: &CardArgs) -> Result<bool> {
    match &args.action {
        CardAction::Init { model, out, force } => {
            let path = out.clone().unwrap_or_else(|| model.with_extension("toml"));
            if path.exists() && !force {
                bail!("`{}` is there already; `--force` replaces it", path.display());
            }
            // a card that is there already may be wrong: it must not hinder writing a new one
            let session = open(&EngineOptions::of(Choice::Tract))?;
            let read = pellucid::graph::onnx::open(model)?;
            let opened = pellucid::explain::Model::new(read, session, pellucid::explain::ModelNotes::default());
            let name = model.file_stem().map(|s| s.to_string_lossy().into_owned());
            let facts = input::facts(&opened, name)?;
            let text = Card::default_for(&facts).to_toml_commented(&facts);
            write_atomically(&path, |out| out.write_all(text.as_bytes()))?;
            println!("{}", path.display());
            eprintln!("check the value range and the labels: they are guesses");
            Ok(true)
        }
        CardAction::Check { card } => {
            let found = Card::open(card)?;
            println!("{}: {} labels, {} inputs", card.display(), found.labels.len(), found.inputs.len());
            Ok(true)
        }
    }
}
