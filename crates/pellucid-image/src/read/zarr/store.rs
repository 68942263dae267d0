//! A Zarr hierarchy in a folder.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::array::Description;
use super::copy::{advance, copy_box, strides};
use super::{FORMAT, text_of};
use crate::error::{damaged, unsupported};
use crate::read::companion::{read_limited, within};
use crate::{ImageError, OpenOptions, Result};

/// Most bytes of one metadata file.
const MOST_METADATA: u64 = 16 << 20;

/// What stands at a path.
pub enum Node {
    /// A group with its attributes.
    Group(Value),
    /// An array.
    Array(Box<Description>),
    /// Neither.
    None,
}

/// A folder from which nothing outside is read.
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The store in a folder.
    pub fn new(root: &Path) -> Result<Store> {
        let real = root.canonicalize();
        let root = real.map_err(|source| ImageError::Read { path: root.display().to_string(), source })?;
        Ok(Store { root })
    }

    /// The bytes at a key, `None` when there is nothing.
    fn get(&self, key: &str, options: &OpenOptions) -> Result<Option<Vec<u8>>> {
        let path = within(&self.root, key)
            .ok_or_else(|| damaged(FORMAT, format!("the key `{key}` leads out of the folder of the image")))?;
        match read_limited(&path, options) {
            Err(ImageError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    fn json(&self, path: &str, file: &str) -> Result<Option<Value>> {
        let options = OpenOptions { memory_bytes: MOST_METADATA, ..OpenOptions::default() };
        let Some(bytes) = self.get(&joined(path, file), &options)? else { return Ok(None) };
        let value = serde_json::from_slice(&bytes);
        value.map(Some).map_err(|e| damaged(FORMAT, format!("`{}`: {e}", joined(path, file))))
    }

    /// The group or array at a path (`""` is the root).
    ///
    /// # Errors
    /// When its metadata are damaged or of a kind that isn't read.
    pub fn node(&self, path: &str, options: &OpenOptions) -> Result<Node> {
        let array = |description: Description| {
            options.admit_values("a chunk", &description.chunk)?;
            Ok(Node::Array(Box::new(description)))
        };
        if let Some(json) = self.json(path, "zarr.json")? {
            return match (json.get("zarr_format").and_then(Value::as_u64), text_of(&json, "node_type")) {
                (Some(3), Some("array")) => array(Description::of_v3(&json)?),
                (Some(3), Some("group")) => Ok(Node::Group(json.get("attributes").cloned().unwrap_or(Value::Null))),
                (version, kind) => Err(unsupported(
                    FORMAT,
                    format!("`zarr.json` of version {version:?}, kind {kind:?} isn't read"),
                    "",
                )),
            };
        }
        if let Some(json) = self.json(path, ".zarray")? {
            return array(Description::of_v2(&json)?);
        }
        let attributes = self.json(path, ".zattrs")?;
        if attributes.is_none() && self.json(path, ".zgroup")?.is_none() {
            return Ok(Node::None);
        }
        Ok(Node::Group(attributes.unwrap_or(Value::Null)))
    }

    /// The values of a box of an array, row-major. Chunks are decoded in parallel, a few at a time.
    ///
    /// # Errors
    /// When the box needs too much memory or a chunk is damaged.
    pub fn region(
        &self,
        path: &str,
        array: &Description,
        origin: &[usize],
        size: &[usize],
        options: &OpenOptions,
    ) -> Result<Vec<f32>> {
        let count = options.admit_values("the volume", size)?;
        let mut out = vec![array.fill as f32; count];
        let first: Vec<usize> = origin.iter().zip(&array.chunk).map(|(o, c)| o / c).collect();
        let last = (0..size.len()).map(|i| (origin[i] + size[i] - 1) / array.chunk[i]);
        let grid: Vec<usize> = last.zip(&first).map(|(l, f)| l - f + 1).collect();
        // Chunks that are decoded at one time take no more memory than the result, or are one.
        let chunk_values = array.chunk.iter().product::<usize>().max(1);
        let together = (count / chunk_values).clamp(1, 2 * rayon::current_num_threads());
        let mut at = vec![0usize; grid.len()];
        let mut more = true;
        while more {
            let mut batch = vec![];
            while more && batch.len() < together {
                batch.push(at.iter().zip(&first).map(|(a, f)| a + f).collect::<Vec<usize>>());
                more = advance(&mut at, &grid);
            }
            let decoded: Result<Vec<Option<Vec<f32>>>> =
                batch.par_iter().map(|chunk| self.chunk(path, array, chunk, options)).collect();
            for (chunk, values) in batch.iter().zip(decoded?) {
                if let Some(values) = values {
                    put(&values, chunk, &array.chunk, &mut out, origin, size);
                }
            }
        }
        Ok(out)
    }

    /// One chunk, `None` when it isn't stored.
    fn chunk(
        &self,
        path: &str,
        array: &Description,
        chunk: &[usize],
        options: &OpenOptions,
    ) -> Result<Option<Vec<f32>>> {
        let key = joined(path, &array.key(chunk));
        let Some(bytes) = self.get(&key, options)? else { return Ok(None) };
        let values = array.chain.decode(bytes, &array.chunk, array.stored, array.fill);
        values.map(Some).map_err(|e| e.in_file(Path::new(&key)))
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{}/{key}", path.trim_end_matches('/')) }
}

/// Copies what a chunk and a box have in common.
fn put(values: &[f32], chunk: &[usize], chunk_size: &[usize], out: &mut [f32], origin: &[usize], size: &[usize]) {
    let (from_steps, to_steps) = (strides(chunk_size), strides(size));
    let (mut from, mut to, mut shape) = (0, 0, vec![]);
    for i in 0..size.len() {
        let start = chunk[i] * chunk_size[i];
        let low = start.max(origin[i]);
        let high = (start + chunk_size[i]).min(origin[i] + size[i]);
        from += (low - start) * from_steps[i];
        to += (low - origin[i]) * to_steps[i];
        shape.push(high.saturating_sub(low));
    }
    copy_box(values, from, &from_steps, out, to, &to_steps, &shape);
}
