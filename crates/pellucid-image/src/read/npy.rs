//! NumPy `.npy`, versions 1 to 3, C and Fortran order.
//!
//! Axes are read as: 2-D `H x W`; 3-D `C x H x W` when the first axis has at most 4 entries, else `H x W x C` when the last has 1, 3 or 4, else
//! `D x H x W`; 4-D `1 x C x H x W` (a batch of one) when the first axis has one entry and the second at most 4, else `C x D x H x W`;
//! 5-D `1 x C x D x H x W`. What was taken is noted in the image.

use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::read::bytes::{Endian, Stored};
use crate::{Image, OpenOptions, Result};

/// An array as it stands in the file: shape and values in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes of the axes; empty for a scalar.
    pub shape: Vec<usize>,
    /// Values in C order.
    pub values: Vec<f32>,
    stored: Stored,
}

/// Reads an image.
///
/// # Errors
/// When the file is damaged or too large, or its type or number of axes can't be an image's.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    let array = read_array(bytes, options)?;
    let (shape, last, reading) = axes(&array.shape)?;
    let mut voxels = array.values;
    if last {
        voxels = crate::read::planes::deinterleave(&voxels, shape[0], shape[0]);
    }
    let units = match array.stored {
        Stored::U8 => Units::Levels { max: 255.0 },
        Stored::U16 => Units::Levels { max: 65535.0 },
        _ => Units::Intensity,
    };
    let mut image = Image::new(voxels, shape, units, Format::Npy)?;
    if shape[0] == 3 && array.stored == Stored::U8 {
        image.channels = Channels::Rgb;
    }
    image.notes.push(format!("axes {:?} were read as {reading}", array.shape));
    if array.stored.rounds() {
        image.notes.push("values were rounded to 32-bit floats".into());
    }
    Ok(image)
}

/// `([C, D, H, W], channels are last, reading)` of an array's shape, by the rule above.
fn axes(shape: &[usize]) -> Result<([usize; 4], bool, &'static str)> {
    Ok(match *shape {
        [h, w] => ([1, 1, h, w], false, "H x W"),
        [c @ 1..=4, h, w] => ([c, 1, h, w], false, "C x H x W"),
        [h, w, c @ (1 | 3 | 4)] => ([c, 1, h, w], true, "H x W x C"),
        [d, h, w] => ([1, d, h, w], false, "D x H x W"),
        [1, c @ 1..=4, h, w] => ([c, 1, h, w], false, "1 x C x H x W"),
        [c, d, h, w] => ([c, d, h, w], false, "C x D x H x W"),
        [1, c, d, h, w] => ([c, d, h, w], false, "1 x C x D x H x W"),
        _ => {
            let reason = format!("of shape {shape:?} isn't an image");
            return Err(unsupported(
                "NumPy array",
                reason,
                "save 2, 3 or 4 axes: `H x W`, `C x H x W` or `C x D x H x W`",
            ));
        }
    })
}

/// Reads the array of a `.npy` file.
///
/// # Errors
/// When the file is damaged or too large, or its type isn't a plain number.
pub fn read_array(bytes: &[u8], options: &OpenOptions) -> Result<Array> {
    let (header, data) = split(bytes)?;
    let (stored, endian) = parse_type(value_of(header, "descr")?)?;
    let fortran = match value_of(header, "fortran_order")? {
        "True" => true,
        "False" => false,
        other => return Err(damaged("NumPy", format!("`fortran_order` is `{other}`"))),
    };
    let shape = parse_shape(value_of(header, "shape")?)?;
    let count = options.admit_values("the array", &shape)?;
    let needed = count.saturating_mul(stored.size());
    let data = data
        .get(..needed)
        .ok_or_else(|| damaged("NumPy", format!("shape {shape:?} needs {needed} bytes, {} are there", data.len())))?;
    let values = stored.read(data, endian, |v| v);
    let values = if fortran && shape.len() > 1 { to_c_order(&values, &shape) } else { values };
    Ok(Array { shape, values, stored })
}

/// Header text and data bytes.
fn split(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let short = || damaged("NumPy", "the header is cut off");
    let (length, start) = match bytes.get(6..8).ok_or_else(short)? {
        [1, _] => (usize::from(Endian::Little.u16(bytes, 8).ok_or_else(short)?), 10),
        [2 | 3, _] => (Endian::Little.u32(bytes, 8).ok_or_else(short)? as usize, 12),
        [major, minor] => return Err(unsupported("NumPy", format!("version {major}.{minor} isn't read"), "")),
        _ => return Err(short()),
    };
    let end = start + length;
    let text = std::str::from_utf8(bytes.get(start..end).ok_or_else(short)?);
    Ok((text.map_err(|_| damaged("NumPy", "the header isn't text"))?, &bytes[end..]))
}

/// The text of one value in a header like `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn value_of<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    let missing = || damaged("NumPy", format!("the header has no `{key}`"));
    let at = header.find(&format!("'{key}'")).or_else(|| header.find(&format!("\"{key}\""))).ok_or_else(missing)?;
    let rest = header[at + key.len() + 2..].trim_start().strip_prefix(':').ok_or_else(missing)?.trim_start();
    let end = match rest.chars().next() {
        Some('(') => rest.find(')').map(|e| e + 1),
        Some(quote @ ('\'' | '"')) => rest[1..].find(quote).map(|e| e + 2),
        Some('[') => rest.find(']').map(|e| e + 1),
        _ => rest.find([',', '}']),
    };
    Ok(rest[..end.ok_or_else(missing)?].trim())
}

/// The type that a text such as `<f4` names.
pub(crate) fn parse_type(text: &str) -> Result<(Stored, Endian)> {
    let name = text.trim_matches(['\'', '"']);
    let (endian, kind) = match name.as_bytes().first() {
        Some(b'>') => (Endian::Big, &name[1..]),
        Some(b'<' | b'|' | b'=') => (Endian::Little, &name[1..]),
        _ => (Endian::Little, name),
    };
    let stored = match kind {
        "b1" => Stored::Bool,
        "u1" => Stored::U8,
        "i1" => Stored::I8,
        "u2" => Stored::U16,
        "i2" => Stored::I16,
        "u4" => Stored::U32,
        "i4" => Stored::I32,
        "u8" => Stored::U64,
        "i8" => Stored::I64,
        "f2" => Stored::F16,
        "f4" => Stored::F32,
        "f8" => Stored::F64,
        _ => return Err(unsupported("NumPy array", format!("of type `{text}` isn't read"), "save it as `float32`")),
    };
    Ok((stored, endian))
}

fn parse_shape(text: &str) -> Result<Vec<usize>> {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let inner = inner.ok_or_else(|| damaged("NumPy", format!("shape `{text}`")))?;
    let sizes = inner.split(',').map(str::trim).filter(|s| !s.is_empty());
    let shape = sizes.map(|s| s.trim_end_matches('L').parse().map_err(|_| damaged("NumPy", format!("shape `{text}`"))));
    let shape: Vec<usize> = shape.collect::<Result<_>>()?;
    if shape.len() > 32 {
        return Err(damaged("NumPy", format!("{} axes", shape.len())));
    }
    Ok(shape)
}

/// Values in C order from values in Fortran order.
fn to_c_order(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let strides: Vec<usize> = shape.iter().scan(1, |s, &d| Some(std::mem::replace(s, *s * d))).collect();
    let mut index = vec![0usize; shape.len()];
    let mut at = 0usize;
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(values[at]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        out.extend(data);
        out
    }

    fn array(bytes: &[u8]) -> Result<Array> {
        read_array(bytes, &OpenOptions::default())
    }

    #[test]
    fn fortran_order_is_turned() {
        let data: Vec<u8> = (0..24u8).collect();
        let c = array(&npy("|u1", "True", "(2, 3, 4)", &data)).unwrap();
        // numpy: np.arange(24).reshape(2,3,4,order='F')[1,2,3] = 23, [0,1,0] = 2, [1,0,2] = 13
        assert_eq!((c.values[23], c.values[4], c.values[12 + 2]), (23.0, 2.0, 13.0));
    }

    #[test]
    fn types_and_orders() {
        let one = |descr: &str, data: &[u8]| array(&npy(descr, "False", "(1,)", data)).unwrap().values[0];
        assert_eq!(one(">f4", &1.5f32.to_be_bytes()), 1.5);
        assert_eq!(one("<f8", &(-2.25f64).to_le_bytes()), -2.25);
        assert_eq!(one("<i8", &(-7i64).to_le_bytes()), -7.0);
        assert_eq!(one(">u2", &65535u16.to_be_bytes()), 65535.0);
        assert_eq!(one("<f2", &[0x00, 0x3e]), 1.5);
        assert_eq!(one("|b1", &[1]), 1.0);
        assert!(array(&npy("<c8", "False", "(1,)", &[0; 8])).is_err());
        assert!(array(&npy("|O", "False", "(1,)", &[0; 8])).is_err());
    }

    #[test]
    fn axes_follow_the_rule() {
        let shape = |text: &str, n: usize| {
            read(&npy("|u1", "False", text, &vec![0; n]), &OpenOptions::default()).unwrap().shape()
        };
        assert_eq!(shape("(5, 6)", 30), [1, 1, 5, 6]);
        assert_eq!(shape("(3, 5, 6)", 90), [3, 1, 5, 6]);
        assert_eq!(shape("(5, 6, 3)", 90), [3, 1, 5, 6]);
        assert_eq!(shape("(7, 5, 6)", 210), [1, 7, 5, 6]);
        assert_eq!(shape("(1, 3, 5, 6)", 90), [3, 1, 5, 6]);
        assert_eq!(shape("(2, 7, 5, 6)", 420), [2, 7, 5, 6]);
        assert!(read(&npy("|u1", "False", "(5,)", &[0; 5]), &OpenOptions::default()).is_err());
    }

    #[test]
    fn a_shape_beyond_the_data_costs_nothing() {
        assert!(array(&npy("<f4", "False", "(1000000, 100)", &[0; 16])).is_err());
        assert!(array(&npy("<f4", "False", "(18446744073709551615, 2)", &[0; 16])).is_err());
        assert!(array(b"\x93NUMPY\x01\x00\xff\xff{").is_err());
        assert!(array(&npy("<f4", "False", "(-1, 2)", &[0; 16])).is_err());
    }
}
