//! `pellucid presets`: what is known of each kind of image.

use anyhow::{Result, bail};
use pellucid::advise::{PRESETS, Registry, preset_markdown, preset_text};

use crate::args::PresetsArgs;

/// Prints the list, one preset, or the file that one is written in.
pub fn run(args: &PresetsArgs) -> Result<bool> {
    let own = args.presets.as_ref().map(Registry::with_folder).transpose()?;
    let registry = own.as_ref().unwrap_or(&PRESETS);
    let Some(word) = &args.id else {
        list(registry);
        return Ok(true);
    };
    let entry = registry.find(word)?;
    match (args.toml, &entry.file) {
        (false, _) => print!("{}", preset_markdown(&entry.preset)),
        (true, Some(file)) => print!("{}", std::fs::read_to_string(file)?),
        (true, None) => match preset_text(&entry.preset.id) {
            Some(text) => print!("{text}"),
            None => bail!("the preset `{}` has no file", entry.preset.id),
        },
    }
    Ok(true)
}

fn list(registry: &Registry) {
    let width = registry.presets().map(|p| p.id.len()).max().unwrap_or(0);
    for entry in registry.entries() {
        let p = &entry.preset;
        let dicom = if p.dicom.is_empty() { String::new() } else { format!(" (DICOM {})", p.dicom.join(", ")) };
        let own = entry.file.as_ref().map_or(String::new(), |f| format!(", from `{f}`"));
        println!("  {:<width$}  {}{dicom}{own}", p.id, p.name);
    }
    for replaced in registry.overrides() {
        eprintln!("`{}` of the program is replaced by `{}`", replaced.id, replaced.file);
    }
    println!(
        "\n`pellucid presets ID` tells all about one, `pellucid advise IMAGE` recognises which one an image belongs to."
    );
}
