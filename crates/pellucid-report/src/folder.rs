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

/// Writes a case into a folder: `report.html`, `explanation.json`, `maps.npz`, `pictures/*.png` and, for volumes, `volumes/*.nii.gz`. Files
/// of an earlier case in the folder are replaced; those that are no longer made are removed.
///
/// # Errors
/// When the folder can't be written, holds other files of the same names (unless told to overwrite them), or a part of the case doesn't fit.
pub fn write_case(folder: &Path, case: &Case, options: &WriteOptions) -> Result<Written> {
    let earlier = Earlier::of(folder)?;
    let scene = Scene::of(case)?;
    let staging = Staging::beside(folder)?;
    let files = stage(&scene, &staging)?;
    let text = String::from_utf8(files.document.to_json().into_bytes()).unwrap_or_default();
    staging.write(DOCUMENT, text.as_bytes())?;
    // the document comes last: a folder that has it is complete
    let names: Vec<String> = files.names.iter().cloned().chain([DOCUMENT.to_string()]).collect();
    staging.move_into(folder, &names, &earlier, options.overwrite)?;
    earlier.remove_stale(folder, &names);
    Ok(Written {
        folder: folder.to_path_buf(),
        report: folder.join(REPORT),
        files: names.iter().map(|n| folder.join(n)).collect(),
        document: files.document,
    })
}

struct Staged {
    names: Vec<String>,
    document: Document,
}

/// Writes everything but the document, which lists it.
fn stage(scene: &Scene, staging: &Staging) -> Result<Staged> {
    let mut names = vec![];
    let mut put = |name: String, bytes: &[u8]| -> Result<()> {
        staging.write(&name, bytes)?;
        names.push(name);
        Ok(())
    };
    let volumes = scene.case.inputs.iter().any(|i| !i.image.is_2d());
    for (i, (canvas, _)) in scene.images.iter().enumerate() {
        let suffix = if i == 0 { String::new() } else { format!("-{}", i + 1) };
        put(format!("pictures/image{suffix}.png"), &canvas.png()?)?;
    }
    let mut arrays = vec![];
    for (entry, panel) in scene.entries.iter().flat_map(|e| e.panels.iter().map(move |p| (e, p))) {
        let Panel { map, array, .. } = panel;
        arrays.push(Array { name: array.clone(), shape: map.shape.clone(), values: map.values.clone() });
        if let (Some(figure), Some(name)) = (panel.figure(entry), picture_name(panel)) {
            put(name, &figure.png()?)?;
        }
    }
    if let Some(truth) = &scene.truth {
        put("pictures/known-region.png".into(), &truth.picture.png()?)?;
    }
    put(ARCHIVE.into(), &write_npz(&arrays)?)?;
    put(REPORT.into(), html::report(scene)?.as_bytes())?;
    if volumes {
        for panel in scene.entries.iter().flat_map(|e| &e.panels) {
            let (Some(name), Some(input)) = (volume_name(panel), scene.case.inputs.get(panel.input)) else { continue };
            if let Ok(shown) = &panel.shown
                && !input.image.is_2d()
            {
                nifti::write(&staging.path(&name)?, &shown.signed, input)?;
                names.push(name);
            }
        }
    }
    let file_names =
        FileNames { archive: ARCHIVE, picture: picture_name, nifti: if volumes { volume_name } else { |_| None } };
    let document = Document::of(scene, &file_names, names.clone());
    Ok(Staged { names, document })
}

fn picture_name(panel: &Panel) -> Option<String> {
    panel.picture.as_ref().map(|_| format!("pictures/{}.png", panel.slug))
}

fn volume_name(panel: &Panel) -> Option<String> {
    panel.shown.as_ref().ok().map(|_| format!("volumes/{}.nii.gz", panel.slug))
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
