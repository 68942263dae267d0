//! The folder of a run: rows as they come, one JSON object per line, and a manifest of what they belong to.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::row::{Key, Row};
use crate::{EvaluateError, Result};

/// What the rows of a folder belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of Pellucid.
    pub pellucid: String,
    /// SHA-256 of the protocol.
    pub protocol: String,
    /// SHA-256 of the model.
    pub model: String,
    /// Engine.
    pub engine: String,
    /// SHA-256 of every case's input, by name.
    pub cases: std::collections::BTreeMap<String, String>,
}

/// Rows of a folder, added one by one.
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    path: PathBuf,
    file: File,
    rows: Vec<Row>,
    keys: BTreeSet<Key>,
}

const ROWS: &str = "rows.jsonl";
const MANIFEST: &str = "manifest.json";

impl Store {
    /// Opens a folder for a run, made when it isn't there. Rows of an earlier, interrupted run are kept; a line that was cut off is dropped.
    ///
    /// # Errors
    /// When the folder holds results of another protocol, model or engine, or can't be written.
    pub fn open(folder: &Path, manifest: &Manifest) -> Result<Store> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| EvaluateError::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let manifest = settled(folder, manifest)?;
        write(folder, &manifest)?;
        let path = folder.join(ROWS);
        let (rows, good) = read(&path)?;
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed(&path))?;
        // an interrupted write leaves half a line
        file.set_len(good).map_err(failed(&path))?;
        let keys = rows.iter().map(Row::key).collect();
        Ok(Store { folder: folder.into(), manifest, path, file, rows, keys })
    }

    /// Takes in a case by the digest of its input.
    ///
    /// # Errors
    /// When rows of another input of that name are there, or the manifest can't be written.
    pub(crate) fn admit(&mut self, case: &str, digest: &str) -> Result<()> {
        match self.manifest.cases.get(case) {
            Some(before) if before == digest => return Ok(()),
            Some(before) => return Err(other(&self.folder, "image", before, digest)),
            None => {}
        }
        self.manifest.cases.insert(case.into(), digest.into());
        write(&self.folder, &self.manifest)
    }

    /// Whether a row is there already.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// Adds a row, on disk before it counts.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn add(&mut self, row: Row) -> Result<()> {
        let failed = |source| EvaluateError::File { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(&row).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(failed)?;
        self.keys.insert(row.key());
        self.rows.push(row);
        Ok(())
    }

    /// Every row.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// The manifest of a run, with the cases of the one that is there.
fn settled(folder: &Path, manifest: &Manifest) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let mut whole = manifest.clone();
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(whole) };
    let before: Manifest = serde_json::from_str(&text)
        .map_err(|e| EvaluateError::File { path: path.clone(), source: std::io::Error::other(e) })?;
    let pairs = [
        ("protocol", &before.protocol, &manifest.protocol),
        ("model", &before.model, &manifest.model),
        ("engine", &before.engine, &manifest.engine),
        ("version", &before.pellucid, &manifest.pellucid),
    ];
    for (what, found, expected) in pairs {
        if found != expected {
            return Err(other(folder, what, found, expected));
        }
    }
    whole.cases.extend(before.cases);
    Ok(whole)
}

fn write(folder: &Path, manifest: &Manifest) -> Result<()> {
    let path = folder.join(MANIFEST);
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|e| EvaluateError::File { path: path.clone(), source: e.into() })?;
    Ok(pellucid_image::write_atomically(&path, |file| file.write_all(&text))?)
}

fn other(folder: &Path, what: &'static str, found: &str, expected: &str) -> EvaluateError {
    EvaluateError::Other { path: folder.into(), what, found: found.into(), expected: expected.into() }
}

/// Whole rows of a file, and how many bytes they take.
fn read(path: &Path) -> Result<(Vec<Row>, u64)> {
    let failed = |source| EvaluateError::File { path: path.into(), source };
    if !path.exists() {
        return Ok((vec![], 0));
    }
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let (mut rows, mut good, mut line) = (Vec::new(), 0u64, String::new());
    loop {
        line.clear();
        let n = match reader.read_line(&mut line) {
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => break,
            Err(e) => return Err(failed(e)),
        };
        match serde_json::from_str::<Row>(&line) {
            Ok(row) if line.ends_with('\n') => rows.push(row),
            _ => break,
        }
        good += n as u64;
    }
    Ok((rows, good))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Outcome;

    fn manifest() -> Manifest {
        Manifest {
            pellucid: "1".into(),
            protocol: "p".into(),
            model: "m".into(),
            engine: "e".into(),
            cases: [("a".to_string(), "d".to_string())].into(),
        }
    }

    fn row(metric: &str) -> Row {
        Row {
            case: "a".into(),
            target: "t".into(),
            method: "x".into(),
            metric: metric.into(),
            seed: 0,
            outcome: Outcome::Value(0.1 + 0.2),
            signature: metric.into(),
            passes: 2,
            tied: None,
        }
    }

    #[test]
    fn a_line_that_was_cut_off_is_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path(), &manifest()).unwrap();
        store.add(row("one")).unwrap();
        store.add(row("two")).unwrap();
        drop(store);
        let path = folder.path().join(ROWS);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let mut store = Store::open(folder.path(), &manifest()).unwrap();
        assert_eq!(store.rows(), [row("one")]);
        assert!(store.has(&row("one").key()) && !store.has(&row("two").key()));
        store.add(row("two")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path(), &manifest()).unwrap();
        let other = Manifest { model: "n".into(), ..manifest() };
        let Err(error) = Store::open(folder.path(), &other) else { panic!("it was taken") };
        assert!(error.to_string().contains("another model"), "{error}");
        let mut store = Store::open(folder.path(), &manifest()).unwrap();
        store.admit("b", "c").unwrap();
        store.admit("b", "c").unwrap();
        assert!(store.admit("a", "other").unwrap_err().to_string().contains("another image"));
        let Err(error) = Store::open(folder.path(), &manifest()).and_then(|mut s| s.admit("b", "d")) else {
            panic!("another image was taken")
        };
        assert!(error.to_string().contains("another image"), "{error}");
    }
}
