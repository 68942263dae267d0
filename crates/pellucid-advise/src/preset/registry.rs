//! The presets that come with the program, and those of a folder that replace or join them.

use std::path::Path;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::Preset;
use crate::{AdviseError, Result};

macro_rules! embedded {
    ($($id:literal),* $(,)?) => { &[$(($id, include_str!(concat!("../../presets/", $id, ".toml")))),*] };
}

/// `(id, text)` in the order of all listings.
const EMBEDDED: &[(&str, &str)] = embedded![
    "cxr",
    "mammography",
    "dbt",
    "fluoroscopy",
    "ct",
    "cbct",
    "mri",
    "mra",
    "fmri",
    "ultrasound",
    "pet",
    "spect",
    "dermoscopy",
    "oct",
    "fundus",
    "endoscopy",
    "histopathology",
    "cytology",
    "hematology",
    "fluorescence-microscopy",
    "fluorescence-angiography",
    "multi-modality",
];

/// A preset with the digest of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The preset.
    pub preset: Preset,
    /// SHA-256 of the text it was read from, hexadecimal.
    pub sha256: String,
    /// The file that it was read from; `None` for those that come with the program.
    pub file: Option<String>,
}

/// A preset of the program that a file replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Id of the preset.
    pub id: String,
    /// The file that replaced it.
    pub file: String,
    /// Digest of the replaced text.
    pub replaced: String,
}

/// Presets in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    entries: Vec<Entry>,
    overrides: Vec<Override>,
}

/// The presets that come with the program, read once.
pub static PRESETS: LazyLock<Registry> = LazyLock::new(|| {
    let read = |&(id, text): &(&str, &str)| match Entry::read(text, &format!("{id}.toml"), None) {
        Ok(entry) => entry,
        Err(e) => unreachable!("embedded preset: {e}"),
    };
    Registry { entries: EMBEDDED.iter().map(read).collect(), overrides: vec![] }
});

/// A preset of the program by id or alias.
///
/// # Errors
/// When there is none, with the nearest id.
pub fn preset(word: &str) -> Result<&'static Preset> {
    PRESETS.find(word).map(|e| &e.preset)
}

/// The text of a preset of the program, by id: to start one's own from.
pub fn preset_text(id: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}

impl Entry {
    fn read(text: &str, name: &str, file: Option<String>) -> Result<Entry> {
        let preset = Preset::parse(text, name)?;
        let stem = Path::new(name).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        if stem != preset.id {
            let reason = format!("must be `{stem}`, as the file is named");
            return Err(crate::text::wrong(text, name, "id", reason));
        }
        let sha256 = Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        Ok(Entry { preset, sha256, file })
    }
}

impl Registry {
    /// The presets of the program, joined or replaced by the `*.toml` of a folder, in the order of their names.
    ///
    /// # Errors
    /// When the folder or a file can't be read or isn't a preset.
    pub fn with_folder(folder: impl AsRef<Path>) -> Result<Registry> {
        let folder = folder.as_ref();
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |source| AdviseError::Read { path, source }
        };
        let mut files = vec![];
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            files.push(entry.map_err(unreadable(folder))?.path());
        }
        files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
        files.sort();
        let mut registry = PRESETS.clone();
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(unreadable(&file))?;
            let name = file.display().to_string();
            registry.put(Entry::read(&text, &name, Some(name.clone()))?);
        }
        Ok(registry)
    }

    fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|e| e.preset.id == entry.preset.id) {
            Some(old) => {
                let file = entry.file.clone().unwrap_or_default();
                self.overrides.push(Override { id: old.preset.id.clone(), file, replaced: old.sha256.clone() });
                *old = entry;
            }
            None => self.entries.push(entry),
        }
    }

    /// The presets, in order.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.entries.iter().map(|e| &e.preset)
    }

    /// The presets with their digests, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Which presets of the program were replaced, and by what.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// An entry by id or alias.
    ///
    /// # Errors
    /// When there is none, with the nearest id.
    pub fn find(&self, word: &str) -> Result<&Entry> {
        let exact = self.entries.iter().find(|e| e.preset.id == word);
        exact.or_else(|| self.entries.iter().find(|e| e.preset.is_called(word))).ok_or_else(|| AdviseError::NoPreset {
            id: word.to_string(),
            near: crate::text::nearest(word, self.presets().map(|p| p.id.as_str())),
        })
    }
}
