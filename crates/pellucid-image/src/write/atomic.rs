//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{ImageError, Result};

/// Distinguishes temporary files that one process writes at the same time.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Writes a file through `fill`: into a temporary file beside it, which is then renamed. On any error the temporary file is removed and an
/// older file of that name stays.
///
/// # Errors
/// When the folder isn't there or can't be written, or `fill` fails.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    write_seekable(path, |buffer| fill(buffer))
}

/// As [`write_atomically`], for formats whose writers go back in the file.
///
/// # Errors
/// As [`write_atomically`].
pub(crate) fn write_seekable(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<()> {
    let failed = |source| ImageError::Write { path: path.display().to_string(), source };
    let name = path.file_name().ok_or_else(|| failed(std::io::Error::other("the path names no file")))?;
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_file_name(format!(".{}.{}-{number}.tmp", name.to_string_lossy(), std::process::id()));
    let written = File::create_new(&temporary).and_then(|file| {
        let mut buffer = BufWriter::with_capacity(1 << 16, file);
        fill(&mut buffer)?;
        buffer.flush()?;
        std::fs::rename(&temporary, path)
    });
    written.map_err(|e| {
        std::fs::remove_file(&temporary).ok();
        failed(e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |w| {
            w.write_all(b"half")?;
            Err(std::io::Error::other("stop"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_atomically(&folder.path().join("no/such/a.bin"), |_| Ok(())).is_err());
    }
}
