//! Writing NumPy `.npy`, version 1, little-endian `float32`, C order.

use std::io::Write;
use std::path::Path;

use crate::write::atomic::write_atomically;
use crate::{ImageError, Result};

/// The bytes of a `.npy` file of `values` in C order.
///
/// # Errors
/// When the number of values isn't the product of the shape.
pub fn encode_npy(values: &[f32], shape: &[usize]) -> Result<Vec<u8>> {
    let mut out = header(values.len(), shape)?;
    out.reserve(values.len() * 4);
    values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
    Ok(out)
}

/// Writes a `.npy` file of `values` in C order.
///
/// # Errors
/// When the number of values isn't the product of the shape, or the file can't be written.
pub fn write_npy(path: impl AsRef<Path>, values: &[f32], shape: &[usize]) -> Result<()> {
    let header = header(values.len(), shape)?;
    write_atomically(path.as_ref(), |w: &mut dyn Write| {
        w.write_all(&header)?;
        values.iter().try_for_each(|v| w.write_all(&v.to_le_bytes()))
    })
}

fn header(count: usize, shape: &[usize]) -> Result<Vec<u8>> {
    if shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) != Some(count) {
        return Err(ImageError::Size { shape: shape.to_vec(), found: count });
    }
    let mut sizes = shape.iter().map(|d| format!("{d}, ")).collect::<String>();
    if shape.len() != 1 {
        sizes.truncate(sizes.trim_end_matches(", ").len());
    }
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes.trim_end());
    // The format wants the data to start at a multiple of 64 bytes and the header to end in a line feed.
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend_from_slice(&(padded as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.resize(10 + padded - 1, b' ');
    out.push(b'\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpenOptions;
    use crate::read::npy::read_array;

    #[test]
    fn what_is_written_is_read_back() {
        for shape in [vec![2, 3], vec![6], vec![], vec![1, 2, 3, 1]] {
            let n = shape.iter().product::<usize>();
            let values: Vec<f32> = (0..n).map(|v| v as f32 - 1.5).collect();
            let bytes = encode_npy(&values, &shape).unwrap();
            assert_eq!((bytes.len() - 4 * n) % 64, 0);
            let array = read_array(&bytes, &OpenOptions::default()).unwrap();
            assert_eq!((array.shape, array.values), (shape, values));
        }
        assert!(encode_npy(&[0.0], &[2]).is_err());
    }
}
