//! The output folder: everything is written beside it first, then moved into place, so that a folder is never half a result.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::case::Case;
use crate::json::{Document, FileNames};
use crate::npz::{Array, write_npz};
use crate::scene::{Panel, Scene};
use crate::{ReportError, Result, html, nifti};

/// Names of the files of a case.
const DOCUMENT: &str = "explanation.json";
const REPORT: &str = "report.html";
const ARCHIVE: &str = "maps.npz";

/// Choices of writing.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    /// Replaces files that Pellucid didn't write.
    pub overwrite: bool,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The folder.
    pub folder: PathBuf,
    /// The report for readers.
    pub report: PathBuf,
    /// Every file.
    pub files: Vec<PathBuf>,
    /// What `explanation.json` says.
    pub document: Document,
}

/// A further file of a case, such as a result in another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// `file` or `folder/file`: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Writes a case into a folder: `report.html`, `explanation.json`, `maps.npz`, `pictures/*.png` and, for volumes, `volumes/*.nii.gz`. Files
/// of an earlier case in the folder are replaced; those that are no longer made are removed.
///
/// # Errors
/// When the folder can't be written, holds other files of the same names (unless told to overwrite them), or a part of the case doesn't fit.
pub fn write_case(folder: &Path, case: &Case, options: &WriteOptions) -> Result<Written> {
    write_case_with(folder, case, options, &[])
}

/// As [`write_case`], with further files beside its own: they come and go with the case.
///
/// # Errors
/// As [`write_case`], and when the name of a further file isn't allowed or is that of another.
pub fn write_case_with(folder: &Path, case: &Case, options: &WriteOptions, further: &[Attachment]) -> Result<Written> {
    let earlier = Earlier::of(folder)?;
    let scene = Scene::of(case)?;
    let staging = Staging::beside(folder)?;
    let mut files = Files { staging: &staging, names: vec![] };
    pictures(&scene, &mut files)?;
    files.put(ARCHIVE, &write_npz(&arrays(&scene))?)?;
    files.put(REPORT, html::report(&scene)?.as_bytes())?;
    volumes(&scene, &mut files)?;
    for file in further {
        if !is_inside(&file.name) || files.names.contains(&file.name) || file.name == DOCUMENT {
            return Err(ReportError::Attachment { name: file.name.clone() });
        }
        files.put(&file.name, &file.bytes)?;
    }
    let file_names = FileNames { archive: ARCHIVE, picture: picture_name, nifti: volume_name };
    let document = Document::of(&scene, &file_names, files.names.clone());
    files.put(DOCUMENT, document.to_json().as_bytes())?;
    let names = files.names;
    // the document comes last: a folder that has it is complete
    staging.move_into(folder, &names, &earlier, options.overwrite)?;
    earlier.remove_stale(folder, &names);
    Ok(Written {
        folder: folder.to_path_buf(),
        report: folder.join(REPORT),
        files: names.iter().map(|n| folder.join(n)).collect(),
        document,
    })
}

/// Files written so far.
struct Files<'a> {
    staging: &'a Staging,
    names: Vec<String>,
}

impl Files<'_> {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.staging.write(name, bytes)?;
        self.names.push(name.to_string());
        Ok(())
    }
}

/// The bare images, a figure for each map, the known region.
fn pictures(scene: &Scene, files: &mut Files) -> Result<()> {
    for (i, input) in scene.inputs.iter().enumerate() {
        let name = if i == 0 { "pictures/image.png".to_string() } else { format!("pictures/image-{}.png", i + 1) };
        files.put(&name, &input.picture.png()?)?;
    }
    for (entry, panel) in scene.panels() {
        if let (Some(figure), Some(name)) = (panel.figure(entry), picture_name(panel)) {
            files.put(&name, &figure.png()?)?;
        }
    }
    match &scene.truth {
        Some(truth) => files.put("pictures/known-region.png", &truth.picture.png()?),
        None => Ok(()),
    }
}

/// Raw maps and further arrays.
fn arrays(scene: &Scene) -> Vec<Array> {
    let maps = scene.panels().map(|(_, p)| Array {
        name: p.array.clone(),
        shape: p.map.shape.clone(),
        values: p.map.values.clone(),
    });
    let extras = scene.entries.iter().flat_map(|e| e.extras.iter().zip(&e.explanation.extras)).map(|(name, (_, v))| {
        Array { name: name.clone(), shape: vec![v.len()], values: v.iter().map(|v| *v as f32).collect() }
    });
    maps.chain(extras).collect()
}

/// Maps of volumes for viewers of volumes.
fn volumes(scene: &Scene, files: &mut Files) -> Result<()> {
    for (_, panel) in scene.panels() {
        if let (Some(name), Ok(shown), Some(input)) = (volume_name(panel), &panel.shown, scene.inputs.get(panel.input))
        {
            nifti::write(&files.staging.path(&name)?, &shown.signed, input)?;
            files.names.push(name);
        }
    }
    Ok(())
}

fn picture_name(panel: &Panel) -> Option<String> {
    panel.picture.as_ref().map(|_| format!("pictures/{}.png", panel.slug))
}

fn volume_name(panel: &Panel) -> Option<String> {
    (panel.volume && panel.shown.is_ok()).then(|| format!("volumes/{}.nii.gz", panel.slug))
}

/// What an earlier run left in the folder.
struct Earlier {
    exists: bool,
    files: Vec<String>,
}

impl Earlier {
    fn of(folder: &Path) -> Result<Earlier> {
        match fs::metadata(folder) {
            Err(_) => return Ok(Earlier { exists: false, files: vec![] }),
            Ok(m) if !m.is_dir() => return Err(ReportError::NotAFolder { path: folder.to_path_buf() }),
            Ok(_) => {}
        }
        let document = fs::read_to_string(folder.join(DOCUMENT)).ok().and_then(|t| Document::parse(&t).ok());
        let mut files = document.map_or(vec![], |d| d.files.into_iter().chain([DOCUMENT.to_string()]).collect());
        // the document may have been edited: it must not name anything outside the folder
        files.retain(|f| is_inside(f));
        Ok(Earlier { exists: true, files })
    }

    /// Removes files of the earlier run that weren't written again. What can't be removed is left.
    fn remove_stale(&self, folder: &Path, names: &[String]) {
        for stale in self.files.iter().filter(|f| !names.contains(f)) {
            fs::remove_file(folder.join(stale)).ok();
        }
    }
}

/// Whether a name is of the form `file` or `folder/file`, as Pellucid writes them.
fn is_inside(name: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    name.split('/').count() <= 2 && name.split('/').all(good)
}

/// A hidden folder that everything is written to first; removed when done, whatever happens.
struct Staging {
    path: PathBuf,
}

/// Keeps staging folders of one process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

impl Staging {
    /// Inside the folder where it exists, so that moving never crosses file systems; beside it otherwise.
    fn beside(folder: &Path) -> Result<Staging> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!(".pellucid-{}-{number}", std::process::id());
        let path = if folder.is_dir() {
            folder.join(name)
        } else {
            let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::create_dir_all(parent).map_err(ReportError::write(folder))?;
            parent.join(name)
        };
        fs::create_dir(&path).map_err(ReportError::write(folder))?;
        Ok(Staging { path })
    }

    /// The place of a file, its folder made.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ReportError::write(&path))?;
        }
        Ok(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name)?;
        fs::write(&path, bytes).map_err(ReportError::write(&path))
    }

    /// Moves the files to the folder. Whether each may go there is decided before the first one moves.
    fn move_into(&self, folder: &Path, names: &[String], earlier: &Earlier, overwrite: bool) -> Result<()> {
        if !earlier.exists {
            return fs::rename(&self.path, folder).map_err(ReportError::write(folder));
        }
        for name in names {
            let path = folder.join(name);
            if path.is_dir() || (path.exists() && !overwrite && !earlier.files.contains(name)) {
                return Err(ReportError::Foreign { path });
            }
        }
        for name in names {
            let to = folder.join(name);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(ReportError::write(&to))?;
            }
            fs::rename(self.path.join(name), &to).map_err(ReportError::write(&to))?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}
