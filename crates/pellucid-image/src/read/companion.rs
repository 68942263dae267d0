//! Files that an opened file names: only those in its own folder are read.

use std::path::{Component, Path, PathBuf};

use crate::error::{damaged, unsupported};
use crate::{ImageError, OpenOptions, Result};

/// The folder of the opened file, if it is known: from bytes alone there is none.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a>(pub Option<&'a Path>);

impl Beside<'_> {
    /// The bytes of a file named by the opened one.
    ///
    /// # Errors
    /// When there is no folder, the name leads out of it (also through a link), or the file can't be read or is too large.
    pub fn read(self, format: &'static str, name: &str, options: &OpenOptions) -> Result<Vec<u8>> {
        let Some(folder) = self.0 else {
            let hint = "open the header by its path, with the data beside it";
            return Err(unsupported(format, format!("header without data: they lie in `{name}`"), hint));
        };
        let path = within(folder, name).ok_or_else(|| {
            damaged(format, format!("it names the data file `{name}`, which isn't in the folder of the header"))
        })?;
        read_limited(&path, options)
    }
}

/// The path of `name` inside `folder`; `None` when it would leave it, by its text or through a link.
pub fn within(folder: &Path, name: &str) -> Option<PathBuf> {
    let relative = Path::new(name);
    let plain =
        !name.is_empty() && relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !plain || name.contains(['\\', '\0']) {
        return None;
    }
    let path = folder.join(relative);
    // A file that isn't there can't lead anywhere; reading it gives the error.
    let leaves = match (path.canonicalize(), folder.canonicalize()) {
        (Ok(real), Ok(root)) => !real.starts_with(root),
        _ => false,
    };
    (!leaves).then_some(path)
}

/// The bytes of a file within the memory limit.
///
/// # Errors
/// When it can't be read or is too large.
pub fn read_limited(path: &Path, options: &OpenOptions) -> Result<Vec<u8>> {
    let unreadable = |source| ImageError::Read { path: path.display().to_string(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    // A pipe or a device has no size and may never end.
    if !metadata.is_file() {
        return Err(unreadable(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it isn't a plain file")));
    }
    options.admit("the file", Some(metadata.len())).map_err(|e| e.in_file(path))?;
    std::fs::read(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir_all(inner.join("sub")).unwrap();
        std::fs::write(folder.path().join("secret"), b"x").unwrap();
        std::fs::write(inner.join("sub/data.raw"), b"y").unwrap();
        let absolute = folder.path().join("secret").display().to_string();
        for name in ["../secret", "sub/../../secret", "", "..", "..\\secret", &absolute] {
            assert!(within(&inner, name).is_none(), "{name}");
        }
        let read = |name| Beside(Some(&inner)).read("NRRD", name, &OpenOptions::default());
        assert_eq!(read("sub/data.raw").unwrap(), b"y");
        assert_eq!(read("./sub/data.raw").unwrap(), b"y");
        assert!(matches!(read("missing.raw"), Err(ImageError::Read { .. })));
        assert!(Beside(None).read("NRRD", "sub/data.raw", &OpenOptions::default()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_that_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("secret"), b"x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), inner.join("data.raw")).unwrap();
        assert!(within(&inner, "data.raw").is_none());
    }
}
