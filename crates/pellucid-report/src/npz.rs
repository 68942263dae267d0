//! Archives of arrays: `.npz` as NumPy reads and writes it (a zip of `.npy` files).

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::{ReportError, Result};

/// A named array of `f32`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Name in the archive, parts separated by `/`.
    pub name: String,
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: Vec<f32>,
}

/// An archive with the arrays, deflated. Equal arrays give equal bytes.
///
/// # Errors
/// When two arrays have the same name, or values don't fill a shape.
pub fn write_npz(arrays: &[Array]) -> Result<Vec<u8>> {
    let failed = |e: zip::result::ZipError| ReportError::Archive { reason: e.to_string() };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // without a clock in it, so that the same result is the same file
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .large_file(arrays.iter().any(|a| a.values.len() > u32::MAX as usize / 8));
    for array in arrays {
        if array.shape.iter().product::<usize>() != array.values.len() {
            let reason = format!("{} values of shape {:?}", array.values.len(), array.shape);
            return Err(ReportError::Map { map: array.name.clone(), reason });
        }
        zip.start_file(format!("{}.npy", array.name), options).map_err(failed)?;
        write_npy(&mut zip, array).map_err(|e| ReportError::Archive { reason: e.to_string() })?;
    }
    Ok(zip.finish().map_err(failed)?.into_inner())
}

/// The header and values of an array in NumPy's format 1.0.
fn write_npy(out: &mut impl Write, array: &Array) -> std::io::Result<()> {
    let sizes: Vec<String> = array.shape.iter().map(|n| format!("{n},")).collect();
    // NumPy writes `(3,)` for one axis and `(2, 3)` for more
    let mut shape = sizes.join(" ");
    if array.shape.len() > 1 {
        shape.pop();
    }
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    // magic, version and length take 10 bytes; the whole header ends in a line break on a multiple of 64
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    let mut bytes = Vec::with_capacity(4 * 8192);
    for block in array.values.chunks(8192) {
        bytes.clear();
        block.iter().for_each(|v| bytes.extend_from_slice(&v.to_le_bytes()));
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// Reads an archive of little-endian `f32` arrays, as [`write_npz`] writes it.
///
/// # Errors
/// When the bytes aren't such an archive, or an array would take more than `limit` bytes.
pub fn read_npz(bytes: &[u8], limit: usize) -> Result<Vec<Array>> {
    let bad = |reason: String| ReportError::Archive { reason };
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| bad(e.to_string()))?;
    let mut arrays = Vec::new();
    for i in 0..zip.len() {
        let file = zip.by_index(i).map_err(|e| bad(e.to_string()))?;
        let name = file.name().strip_suffix(".npy").ok_or_else(|| bad(format!("`{}` isn't an array", file.name())))?;
        let name = name.to_string();
        let mut content = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut content).map_err(|e| bad(e.to_string()))?;
        if content.len() > limit {
            return Err(bad(format!("`{name}` is larger than the limit of {limit} bytes")));
        }
        let (shape, values) = read_npy(&content).map_err(|reason| bad(format!("`{name}`: {reason}")))?;
        arrays.push(Array { name, shape, values });
    }
    Ok(arrays)
}

fn read_npy(bytes: &[u8]) -> std::result::Result<(Vec<usize>, Vec<f32>), String> {
    let rest = bytes.strip_prefix(b"\x93NUMPY\x01\x00").ok_or("no header of format 1.0")?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or("the header is cut off")?;
    let (header, data) = rest.split_at_checked(u16::from_le_bytes(*length).into()).ok_or("the header is cut off")?;
    let header = std::str::from_utf8(header).map_err(|_| "the header isn't text")?;
    if !header.contains("'descr': '<f4'") || !header.contains("'fortran_order': False") {
        return Err("not a row-major array of little-endian 32-bit numbers".into());
    }
    let sizes = header.split_once("'shape': (").and_then(|(_, r)| r.split_once(')')).ok_or("no shape")?.0;
    let shape = sizes
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| s.parse::<usize>().map_err(|_| format!("`{s}` isn't a size")))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let count = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or("the shape is too large")?;
    if count.checked_mul(4) != Some(data.len()) {
        return Err(format!("{} bytes for {count} numbers", data.len()));
    }
    let (words, _) = data.as_chunks::<4>();
    Ok((shape, words.iter().map(|w| f32::from_le_bytes(*w)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(name: &str, shape: &[usize]) -> Array {
        let n = shape.iter().product::<usize>();
        Array { name: name.into(), shape: shape.to_vec(), values: (0..n).map(|i| i as f32 - 1.5).collect() }
    }

    #[test]
    fn arrays_come_back() {
        let arrays = [array("saliency/1/x", &[3, 2, 4]), array("grad-cam/1/layer4", &[7]), array("one", &[])];
        let bytes = write_npz(&arrays).unwrap();
        assert_eq!(read_npz(&bytes, 1 << 20).unwrap(), arrays);
        assert_eq!(write_npz(&arrays).unwrap(), bytes);
    }

    #[test]
    fn header_is_as_numpy_writes_it() {
        let mut out = Vec::new();
        write_npy(&mut out, &array("a", &[2, 3])).unwrap();
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend_from_slice(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        expected.resize(127, b' ');
        expected.push(b'\n');
        assert_eq!(out[..128], expected);
        assert_eq!(out.len(), 128 + 24);
    }

    #[test]
    fn wrong_shapes_names_and_bytes_are_refused() {
        let wrong = Array { name: "a".into(), shape: vec![3], values: vec![0.0] };
        assert!(matches!(write_npz(&[wrong]), Err(ReportError::Map { .. })));
        assert!(write_npz(&[array("a", &[1]), array("a", &[1])]).is_err());
        assert!(read_npz(b"not a zip", 100).is_err());
        let bytes = write_npz(&[array("a", &[100])]).unwrap();
        assert!(read_npz(&bytes[..bytes.len() - 9], 1 << 20).is_err());
        assert!(read_npz(&bytes, 100).unwrap_err().to_string().contains("limit of 100 bytes"));
    }
}
