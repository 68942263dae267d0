//! Loading the library. A process loads one, once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::{Environment, GlobalThreadPoolOptions};
use ort::logging::LogLevel;

use super::locate::version_in_name;
use super::probe::probe;
use crate::guard::guarded;
use crate::{EngineError, Result};

/// The library of this process.
#[derive(Clone, Debug)]
pub struct Library {
    /// The file.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
    /// Threads of the pool that sessions share.
    pub threads: usize,
    /// What sessions are made in. It must outlive them, so it is never let go.
    pub environment: Environment,
}

static LOADED: Mutex<Option<Library>> = Mutex::new(None);

/// The library in `path`, loaded now or before.
///
/// # Errors
/// When the file isn't a usable library, or another one was loaded already.
pub fn load(path: &Path, threads: usize) -> Result<Library> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = loaded.as_ref() {
        return if same_file(&library.path, path) {
            Ok(library.clone())
        } else {
            Err(refused(
                path,
                format!("`{}` is already in use, and a process can load only one", library.path.display()),
            ))
        };
    }
    let library = load_first(path, threads)?;
    Ok(loaded.insert(library).clone())
}

fn load_first(path: &Path, threads: usize) -> Result<Library> {
    probe(path).map_err(|reason| refused(path, reason))?;
    // An absolute path, for a relative one would be looked up beside the program first.
    let path = path.canonicalize().map_err(|e| refused(path, e.to_string()))?;
    let environment = guarded(|| -> Result<Environment, String> {
        let builder = ort::init_from(&path).map_err(|e| e.to_string())?;
        let pool = GlobalThreadPoolOptions::default().with_intra_threads(threads).map_err(|e| e.to_string())?;
        // Threads that spin while they wait would take the cores from the threads that make the next inputs.
        let pool = pool.with_spin_control(false).map_err(|e| e.to_string())?;
        let builder = builder.with_name("pellucid").with_telemetry(false).with_global_thread_pool(pool);
        // Errors come back as results; what the library would print as well helps nobody.
        let environment = builder.with_logger(Arc::new(|_, _, _, _, _| {})).build().map_err(|e| e.to_string())?;
        environment.set_log_level(LogLevel::Error);
        Ok(environment)
    });
    let environment = environment.and_then(|e| e).map_err(|reason| refused(&path, reason))?;
    Ok(Library { version: version(&path), path, threads, environment })
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || b.canonicalize().is_ok_and(|b| a == b)
}

fn refused(path: &Path, reason: String) -> EngineError {
    EngineError::Library { path: path.display().to_string(), reason }
}

/// The version, from what the library tells of its build or else from its name.
fn version(path: &Path) -> String {
    let build = guarded(ort::info).unwrap_or_default();
    let from_build = build.split("git-branch=rel-").nth(1).and_then(|rest| rest.split(',').next());
    let from_name = || {
        let parts = path.file_name().and_then(|n| n.to_str()).and_then(version_in_name).filter(|v| !v.is_empty())?;
        Some(parts.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
    };
    from_name().or_else(|| from_build.map(|v| v.trim().to_string())).unwrap_or_else(|| "unknown".into())
}
