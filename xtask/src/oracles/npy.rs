//! Reading `.npy` arrays of numbers.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// An array of numbers as `f64`.
#[derive(Clone, Debug)]
pub struct Array {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: Vec<f64>,
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Array> {
    let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    parse(&bytes).with_context(|| format!("{} isn't a readable .npy file", path.display()))
}

fn parse(bytes: &[u8]) -> Result<Array> {
    ensure!(bytes.len() > 12 && bytes.starts_with(b"\x93NUMPY"), "the magic bytes are missing");
    let (header, start) = if bytes[6] == 1 {
        (usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), 10)
    } else {
        (u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize, 12)
    };
    let text = std::str::from_utf8(bytes.get(start..start + header).context("the header is cut off")?)?;
    let between = |from: &str, to: char| -> Option<&str> {
        let rest = &text[text.find(from)? + from.len()..];
        Some(&rest[..rest.find(to)?])
    };
    let dtype = between("'descr': '", '\'').context("no element type")?;
    let dims = between("'shape': (", ')').context("no shape")?;
    let shape = dims
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| Ok(s.parse::<usize>()?))
        .collect::<Result<Vec<_>>>()?;
    let data = &bytes[start + header..];
    macro_rules! values {
        ($t:ty, $n:literal) => {
            data.chunks_exact($n)
                .map(|c| c.try_into().map(|c| <$t>::from_le_bytes(c) as f64).unwrap_or(f64::NAN))
                .collect::<Vec<f64>>()
        };
    }
    let values = match dtype {
        "<f4" => values!(f32, 4),
        "<f8" => values!(f64, 8),
        "<i8" => values!(i64, 8),
        "<i4" => values!(i32, 4),
        "<u4" => values!(u32, 4),
        "<i2" => values!(i16, 2),
        "<u2" => values!(u16, 2),
        "|u1" | "|b1" => data.iter().map(|&v| f64::from(v)).collect(),
        "|i1" => data.iter().map(|&v| f64::from(v as i8)).collect(),
        other => bail!("element type {other} isn't read here"),
    };
    ensure!(values.len() == shape.iter().product::<usize>(), "{} values for the shape {shape:?}", values.len());
    let values = if text.contains("'fortran_order': True") { row_major(&values, &shape) } else { values };
    Ok(Array { shape, values })
}

/// Values in row-major order from column-major ones.
fn row_major(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let place = |i: usize| {
        let (mut rest, mut place, mut step) = (i, 0, values.len());
        for n in shape.iter().rev() {
            step /= n;
            place += rest % n * step;
            rest /= n;
        }
        place
    };
    (0..values.len()).map(|i| values[place(i)]).collect()
}

#[cfg(test)]
mod tests {
    use super::row_major;

    #[test]
    fn columns_become_rows() {
        // the array 0 1 2 / 3 4 5, stored by columns
        assert_eq!(row_major(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0], &[2, 3]), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let stored: Vec<f64> = (0..24).map(|i| f64::from(i % 2 * 12 + i / 2 % 3 * 4 + i / 6)).collect();
        assert_eq!(row_major(&stored, &[2, 3, 4]), (0..24).map(f64::from).collect::<Vec<_>>());
    }
}
