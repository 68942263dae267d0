//! What the integration tests share.

use std::path::PathBuf;

/// A folder of the shared test data, `None` (with a printed reason) when it isn't there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no shared data at `{}`", path.display());
    None
}
