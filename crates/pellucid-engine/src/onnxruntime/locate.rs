//! Where an ONNX Runtime library may be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A library file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The file.
    pub path: PathBuf,
    /// Where it was found, in words.
    pub origin: String,
    /// Whether the user named this place: then it is used or refused, never passed over.
    pub named: bool,
}

/// What a search found, and every place it looked at.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Libraries, best first.
    pub candidates: Vec<Candidate>,
    /// One line per place: where, and what was there.
    pub tried: Vec<String>,
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Looks at variables and folders only.
    Quick,
    /// Also asks the Python interpreter on the path for its packages, which takes a moment.
    Full,
}

/// Variables that name a library or its folder, in order.
pub const NAMED: [&str; 2] = ["PELLUCID_ONNXRUNTIME", "ORT_DYLIB_PATH"];
/// Variables that name an active Python environment.
const ENVIRONMENTS: [&str; 2] = ["VIRTUAL_ENV", "CONDA_PREFIX"];
/// Longest time that the Python interpreter may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks for libraries, best first: named by the user, then the active Python environment, then the system. The search ends with the
/// first kind of place that has one.
pub fn search(depth: Depth) -> Search {
    search_in(depth, &|name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from))
}

/// [`search`] with other variables.
pub fn search_in(depth: Depth, variable: &dyn Fn(&str) -> Option<PathBuf>) -> Search {
    let mut search = Search::default();
    for name in NAMED {
        match variable(name) {
            Some(place) => search.look_named(name, &place),
            None => search.tried.push(format!("`{name}` (not set)")),
        }
        if !search.candidates.is_empty() {
            return search;
        }
    }
    for name in ENVIRONMENTS {
        if let Some(root) = variable(name) {
            for packages in site_packages(&root) {
                search.look_packages(name, &packages);
            }
        }
    }
    if search.candidates.is_empty() && depth == Depth::Full {
        for packages in python_packages() {
            search.look_packages("python", &packages);
        }
    }
    if search.candidates.is_empty() {
        for folder in system_folders(variable) {
            search.look_folder("the system's library path", &folder);
        }
    }
    search
}

impl Search {
    fn look_named(&mut self, name: &str, place: &Path) {
        let found = if place.is_dir() { library_below(place) } else { Some(place.to_path_buf()) };
        match found {
            Some(path) => {
                self.tried.push(format!("`{name}`: `{}`", path.display()));
                self.candidates.push(Candidate { path, origin: format!("`{name}`"), named: true });
            }
            None => {
                // A named folder without a library is handed on, so that it is refused with its name.
                self.tried.push(format!("`{name}`: no library in `{}`", place.display()));
                let path = place.to_path_buf();
                self.candidates.push(Candidate { path, origin: format!("`{name}`"), named: true });
            }
        }
    }

    fn look_packages(&mut self, origin: &str, packages: &Path) {
        let origin = format!("Python packages (`{origin}`)");
        self.look_folder(&origin, &packages.join("onnxruntime").join("capi"));
    }

    fn look_folder(&mut self, origin: &str, folder: &Path) {
        match library_in(folder) {
            Some(path) => {
                self.tried.push(format!("{origin}: `{}`", path.display()));
                if !self.candidates.iter().any(|c| c.path == path) {
                    self.candidates.push(Candidate { path, origin: origin.to_string(), named: false });
                }
            }
            None => self.tried.push(format!("{origin}: none in `{}`", folder.display())),
        }
    }
}

/// A library in a folder or where releases and packages put it below.
fn library_below(folder: &Path) -> Option<PathBuf> {
    ["", "lib", "capi", "onnxruntime/capi"].iter().find_map(|part| library_in(&folder.join(part)))
}

/// The newest ONNX Runtime library of a folder.
pub fn library_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let files = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_str()?.to_string();
        version_in_name(&name).map(|version| (version, entry.path()))
    });
    files.filter(|(_, path)| path.is_file()).max().map(|(_, path)| path)
}

/// The version in the name of an ONNX Runtime library (empty when the name has none); `None` for another file.
pub fn version_in_name(name: &str) -> Option<Vec<u32>> {
    let version = if cfg!(windows) {
        (name.eq_ignore_ascii_case("onnxruntime.dll")).then_some("")?
    } else if cfg!(target_os = "macos") {
        name.strip_prefix("libonnxruntime")?.strip_suffix(".dylib")?
    } else {
        name.strip_prefix("libonnxruntime.so")?
    };
    let parts = version.split('.').filter(|p| !p.is_empty()).map(str::parse);
    parts.collect::<Result<Vec<u32>, _>>().ok()
}

/// Folders of packages below the root of a Python environment.
fn site_packages(root: &Path) -> Vec<PathBuf> {
    if cfg!(windows) {
        return vec![root.join("Lib").join("site-packages")];
    }
    let Ok(entries) = std::fs::read_dir(root.join("lib")) else { return vec![] };
    let pythons = entries.flatten().filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with("python3")));
    let mut folders: Vec<PathBuf> = pythons.map(|e| e.path().join("site-packages")).collect();
    folders.sort();
    folders
}

/// Folders of packages of the Python interpreter on the path. Nothing is imported but what Python has itself.
fn python_packages() -> Vec<PathBuf> {
    const ASK: &str = "import site, sysconfig\np = sysconfig.get_paths()\nprint(p['platlib'])\nprint(p['purelib'])\n\
                       print(site.getusersitepackages())\nprint(*site.getsitepackages(), sep='\\n')";
    let programs = if cfg!(windows) { ["python", "py"] } else { ["python3", "python"] };
    let answer = programs.iter().find_map(|program| answer_of(Command::new(program).args(["-I", "-c", ASK]), PATIENCE));
    let mut folders: Vec<PathBuf> = vec![];
    for line in answer.unwrap_or_default().lines().map(str::trim).filter(|l| !l.is_empty()) {
        if !folders.iter().any(|f| f == Path::new(line)) {
            folders.push(PathBuf::from(line));
        }
    }
    folders
}

/// What a program prints, when it succeeds in time.
fn answer_of(command: &mut Command, patience: Duration) -> Option<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < patience => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut()?, &mut text).ok()?;
    status.success().then_some(text)
}

/// Folders in which the system looks for libraries.
fn system_folders(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let (name, fixed): (&str, &[&str]) = if cfg!(windows) {
        ("PATH", &[])
    } else if cfg!(target_os = "macos") {
        ("DYLD_LIBRARY_PATH", &["/opt/homebrew/lib", "/usr/local/lib"])
    } else {
        (
            "LD_LIBRARY_PATH",
            &[
                "/usr/local/lib",
                "/usr/lib/x86_64-linux-gnu",
                "/usr/lib/aarch64-linux-gnu",
                "/usr/lib64",
                "/usr/lib",
                "/opt/onnxruntime/lib",
            ],
        )
    };
    let listed = variable(name).map(|v| std::env::split_paths(&v).collect::<Vec<_>>()).unwrap_or_default();
    listed.into_iter().filter(|p| !p.as_os_str().is_empty()).chain(fixed.iter().map(PathBuf::from)).collect()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries() {
        assert_eq!(version_in_name("libonnxruntime.so"), Some(vec![]));
        assert_eq!(version_in_name("libonnxruntime.so.1.32.0"), Some(vec![1, 32, 0]));
        assert_eq!(version_in_name("libonnxruntime_providers_shared.so"), None);
        assert_eq!(version_in_name("libonnxruntime.so.old"), None);
        assert_eq!(version_in_name("libm.so.6"), None);
    }

    #[test]
    fn the_newest_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.18.1", "libonnxruntime_providers_shared.so"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let found = library_in(folder.path()).unwrap();
        assert!(found.ends_with("libonnxruntime.so.1.18.1"), "{found:?}");
    }

    #[test]
    fn a_named_place_comes_first_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let packages = folder.path().join("venv/lib/python3.12/site-packages/onnxruntime/capi");
        std::fs::create_dir_all(&packages).unwrap();
        std::fs::write(packages.join("libonnxruntime.so.1.20.0"), b"").unwrap();
        let venv = folder.path().join("venv");
        let only_venv = |name: &str| (name == "VIRTUAL_ENV").then(|| venv.clone());
        let found = search_in(Depth::Quick, &only_venv);
        assert_eq!(found.candidates.len(), 1);
        assert!(!found.candidates[0].named);
        let both = |name: &str| match name {
            "PELLUCID_ONNXRUNTIME" => Some(folder.path().join("nowhere")),
            other => only_venv(other),
        };
        let found = search_in(Depth::Quick, &both);
        assert_eq!(found.candidates.len(), 1);
        assert!(found.candidates[0].named && found.candidates[0].path.ends_with("nowhere"));
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let start = Instant::now();
        assert_eq!(answer_of(Command::new("sleep").arg("30"), Duration::from_millis(50)), None);
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(answer_of(Command::new("echo").arg("here"), PATIENCE).as_deref(), Some("here\n"));
        assert_eq!(answer_of(&mut Command::new("no-such-program-anywhere"), PATIENCE), None);
    }
}
