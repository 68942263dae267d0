//! Tensor data outside the model file, and the budgets that keep a hostile file from filling the memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::proto::TensorProto;
use crate::{GraphError, Result};

/// Bytes that all sparse tensors of a file together may take when made dense.
const DENSE_LIMIT: usize = 256 << 20;

/// Loads tensor data that lies beside the model file.
pub(super) struct Loader {
    folder: Option<PathBuf>,
    sizes: HashMap<PathBuf, u64>,
    /// Bytes read so far; may not pass twice what the files hold (tensors may overlap, but not without end).
    read: u64,
    dense_left: usize,
}

impl Loader {
    /// A loader for a model in `folder`; without one external data is refused.
    pub fn new(folder: Option<&Path>) -> Loader {
        Loader { folder: folder.map(Path::to_path_buf), sizes: HashMap::new(), read: 0, dense_left: DENSE_LIMIT }
    }

    /// Takes `bytes` from the budget for sparse tensors.
    pub fn spend_dense(&mut self, what: &str, bytes: usize) -> Result<()> {
        match self.dense_left.checked_sub(bytes) {
            Some(left) => self.dense_left = left,
            None => {
                return Err(GraphError::Invalid(format!(
                    "tensor `{what}`: made dense, the sparse tensors of the file need more than {} MiB",
                    DENSE_LIMIT >> 20
                )));
            }
        }
        Ok(())
    }

    /// The `bytes` bytes of an external tensor.
    pub fn read(&mut self, proto: &TensorProto, what: &str, bytes: usize) -> Result<Vec<u8>> {
        let wrong = |reason: String| GraphError::Invalid(format!("tensor `{what}`: {reason}"));
        let entry = |key: &str| proto.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => {
                text.parse::<u64>().map(Some).map_err(|_| wrong(format!("its `{key}` is `{text}`, not a number")))
            }
        };
        let location =
            entry("location").ok_or_else(|| wrong("its data lies in another file that isn't named".into()))?;
        let offset = number("offset")?.unwrap_or(0);
        let length = number("length")?.unwrap_or(bytes as u64);
        if length != bytes as u64 {
            return Err(wrong(format!("its shape needs {bytes} bytes, but `length` is {length}")));
        }
        let path = self.resolve(location).map_err(|reason| wrong(reason.to_string()))?;
        let size = self.size(&path)?;
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(wrong(format!("it needs {length} bytes at {offset} of `{location}`, which has {size}")));
        }
        self.read += length;
        if self.read / 2 > self.sizes.values().sum::<u64>() {
            return Err(wrong("the tensors of the model overlap in the file of its data".into()));
        }
        read_at(&path, offset, bytes).map_err(|source| GraphError::Read { path: path.display().to_string(), source })
    }

    /// The path of a data file, which must lie in the model's folder.
    fn resolve(&self, location: &str) -> Result<PathBuf> {
        let outside = || {
            GraphError::Invalid(format!("its data lies in `{location}`, which isn't inside the folder of the model"))
        };
        let folder = self.folder.as_ref().ok_or_else(|| {
            GraphError::Invalid(format!("its data lies in `{location}`, but the model was given without its folder"))
        })?;
        let relative = Path::new(location);
        if location.is_empty() || !relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir))
        {
            return Err(outside());
        }
        let read = |path: PathBuf| move |source| GraphError::Read { path: path.display().to_string(), source };
        let folder = folder.canonicalize().map_err(read(folder.clone()))?;
        let path = folder.join(relative);
        let path = path.canonicalize().map_err(read(path.clone()))?;
        if path.starts_with(&folder) { Ok(path) } else { Err(outside()) }
    }

    fn size(&mut self, path: &Path) -> Result<u64> {
        if let Some(size) = self.sizes.get(path) {
            return Ok(*size);
        }
        let read = |source| GraphError::Read { path: path.display().to_string(), source };
        let meta = std::fs::metadata(path).map_err(read)?;
        if !meta.is_file() {
            return Err(GraphError::Invalid(format!("`{}` isn't a plain file", path.display())));
        }
        self.sizes.insert(path.to_path_buf(), meta.len());
        Ok(meta.len())
    }
}

fn read_at(path: &Path, offset: u64, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut out = vec![0; bytes];
    file.read_exact(&mut out)?;
    Ok(out)
}
