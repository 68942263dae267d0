//! The header of NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes) files, in either byte order.

use crate::affine::Affine;
use crate::error::{damaged, unsupported};
use crate::read::bytes::{Endian, Stored};
use crate::{Geometry, Known, Result};

/// What the values of one voxel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voxel {
    /// One number.
    Number(Stored),
    /// Red, green, blue bytes, and alpha when 4.
    Colour(usize),
}

/// The parts of a header that matter for reading.
#[derive(Clone, Debug)]
pub struct Header {
    /// Byte order of the file.
    pub endian: Endian,
    /// Sizes of the used axes, fastest first.
    pub dims: Vec<usize>,
    /// What a voxel is.
    pub voxel: Voxel,
    /// Where the data start.
    pub offset: usize,
    /// `value = slope * stored + intercept`.
    pub scale: (f64, f64),
    /// Position of the voxels.
    pub geometry: Geometry,
    /// Range that the file asks to be shown, if any.
    pub shown: Option<(f64, f64)>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Where the two versions keep their fields.
struct Layout {
    version: u8,
    size: usize,
    datatype: usize,
    dim: usize,
    pixdim: usize,
    offset: usize,
    slope: usize,
    cal_max: usize,
    units: usize,
    qform_code: usize,
    quaternion: usize,
    srow: usize,
}

const ONE: Layout = Layout {
    version: 1,
    size: 348,
    datatype: 70,
    dim: 40,
    pixdim: 76,
    offset: 108,
    slope: 112,
    cal_max: 124,
    units: 123,
    qform_code: 252,
    quaternion: 256,
    srow: 280,
};

const TWO: Layout = Layout {
    version: 2,
    size: 540,
    datatype: 12,
    dim: 16,
    pixdim: 104,
    offset: 168,
    slope: 176,
    cal_max: 192,
    units: 500,
    qform_code: 344,
    quaternion: 352,
    srow: 400,
};

/// `(code, voxel)` of the data types that are read.
const TYPES: &[(i16, Voxel)] = &[
    (2, Voxel::Number(Stored::U8)),
    (4, Voxel::Number(Stored::I16)),
    (8, Voxel::Number(Stored::I32)),
    (16, Voxel::Number(Stored::F32)),
    (64, Voxel::Number(Stored::F64)),
    (128, Voxel::Colour(3)),
    (256, Voxel::Number(Stored::I8)),
    (512, Voxel::Number(Stored::U16)),
    (768, Voxel::Number(Stored::U32)),
    (1024, Voxel::Number(Stored::I64)),
    (1280, Voxel::Number(Stored::U64)),
    (2304, Voxel::Colour(4)),
];

/// A header's fields by number, whatever its version.
struct Fields<'a> {
    bytes: &'a [u8],
    endian: Endian,
    layout: &'a Layout,
}

impl Fields<'_> {
    fn short(&self, at: usize) -> Option<i16> {
        self.endian.i16(self.bytes, at)
    }

    /// A field that is `i16` in version 1 and `i32` in version 2.
    fn code(&self, at: usize, index: usize) -> Option<i32> {
        match self.layout.version {
            1 => self.endian.i16(self.bytes, at + 2 * index).map(i32::from),
            _ => self.endian.i32(self.bytes, at + 4 * index),
        }
    }

    /// A field that is `f32` in version 1 and `f64` in version 2.
    fn real(&self, at: usize, index: usize) -> Option<f64> {
        match self.layout.version {
            1 => self.endian.f32(self.bytes, at + 4 * index).map(f64::from),
            _ => self.endian.f64(self.bytes, at + 8 * index),
        }
    }

    fn dim(&self, index: usize) -> Option<i64> {
        match self.layout.version {
            1 => self.endian.i16(self.bytes, self.layout.dim + 2 * index).map(i64::from),
            _ => self.endian.i64(self.bytes, self.layout.dim + 8 * index),
        }
    }
}

impl Header {
    /// Reads the header at the start of a file.
    ///
    /// # Errors
    /// When it is cut off, contradicts itself, or is of a kind that isn't read.
    pub fn parse(bytes: &[u8]) -> Result<Header> {
        let short = || damaged("NIfTI", "the header is cut off");
        let (endian, layout) = match bytes.get(..4).ok_or_else(short)? {
            [0x5c, 1, 0, 0] => (Endian::Little, &ONE),
            [0, 0, 1, 0x5c] => (Endian::Big, &ONE),
            [0x1c, 2, 0, 0] => (Endian::Little, &TWO),
            [0, 0, 2, 0x1c] => (Endian::Big, &TWO),
            other => return Err(damaged("NIfTI", format!("header size {other:02x?}"))),
        };
        if bytes.len() < layout.size {
            return Err(short());
        }
        let magic = if layout.version == 1 { bytes.get(344..348) } else { bytes.get(4..8) }.ok_or_else(short)?;
        if matches!(magic, b"ni1\0" | b"ni2\0") {
            let hint = "convert the `.hdr`/`.img` pair to one `.nii.gz`";
            return Err(unsupported("NIfTI", "with header and image in two files isn't read", hint));
        }
        let f = Fields { bytes, endian, layout };
        f.header().ok_or_else(short)?
    }
}

impl Fields<'_> {
    fn header(&self) -> Option<Result<Header>> {
        let l = self.layout;
        let code = self.short(l.datatype)?;
        let Some(&(_, voxel)) = TYPES.iter().find(|t| t.0 == code) else {
            return Some(Err(unsupported("NIfTI", format!("data type {code} isn't read"), "convert it to `float32`")));
        };
        let dims = match self.dims()? {
            Ok(dims) => dims,
            Err(e) => return Some(Err(e)),
        };
        let offset = match l.version {
            1 => self.real(l.offset, 0)?.max(0.0) as usize,
            _ => usize::try_from(self.endian.i64(self.bytes, l.offset)?).unwrap_or(usize::MAX),
        };
        let offset = if offset == 0 { l.size + 4 } else { offset };
        let (slope, intercept) = (self.real(l.slope, 0)?, self.real(l.slope, 1)?);
        let scaled = slope != 0.0 && slope.is_finite() && intercept.is_finite();
        let (max, min) = (self.real(l.cal_max, 0)?, self.real(l.cal_max, 1)?);
        let shown = (max > min && max.is_finite() && min.is_finite()).then_some((min, max));
        let mut notes = vec![];
        let geometry = self.geometry(&mut notes)?;
        let scale = if scaled { (slope, intercept) } else { (1.0, 0.0) };
        Some(Ok(Header { endian: self.endian, dims, voxel, offset, scale, geometry, shown, notes }))
    }

    fn dims(&self) -> Option<Result<Vec<usize>>> {
        let rank = self.dim(0)?;
        if !(1..=7).contains(&rank) {
            return Some(Err(damaged("NIfTI", format!("{rank} dimensions"))));
        }
        let sizes: Option<Vec<i64>> = (1..=rank as usize).map(|i| self.dim(i)).collect();
        let sizes = sizes?;
        let positive: Option<Vec<usize>> = sizes.iter().map(|&d| usize::try_from(d).ok().filter(|&d| d > 0)).collect();
        Some(positive.ok_or_else(|| damaged("NIfTI", format!("dimensions {sizes:?}"))))
    }

    /// The sform if it is set, else the qform, else voxel sizes alone.
    fn geometry(&self, notes: &mut Vec<String>) -> Option<Geometry> {
        let l = self.layout;
        let unit_code = self.bytes.get(l.units + if l.version == 2 && self.endian == Endian::Big { 3 } else { 0 })? & 7;
        let mm = match unit_code {
            1 => 1000.0,
            3 => 0.001,
            _ => 1.0,
        };
        if mm != 1.0 {
            notes.push(format!("positions were converted to mm (factor {mm})"));
        }
        let (qform, sform) = (self.code(l.qform_code, 0)?, self.code(l.qform_code, 1)?);
        let pixdim: Vec<f64> = (0..4).map(|i| self.real(l.pixdim, i)).collect::<Option<_>>()?;
        let size: [f64; 3] = std::array::from_fn(|i| {
            let d = pixdim[i + 1].abs() * mm;
            if d > 0.0 && d.is_finite() { d } else { 1.0 }
        });
        let candidate = if sform > 0 {
            let rows = (0..12).map(|i| self.real(l.srow, i)).collect::<Option<Vec<f64>>>()?;
            Some(Affine { rows: std::array::from_fn(|i| std::array::from_fn(|j| rows[4 * i + j] * mm)) })
        } else if qform > 0 {
            let q: Vec<f64> = (0..6).map(|i| self.real(l.quaternion, i)).collect::<Option<_>>()?;
            let sign = if pixdim[0] < 0.0 { -1.0 } else { 1.0 };
            Some(from_quaternion([q[0], q[1], q[2]], [q[3] * mm, q[4] * mm, q[5] * mm], size, sign))
        } else {
            None
        };
        match candidate {
            Some(affine) if affine.is_finite() && affine.inverse().is_some() => {
                return Some(Geometry::oriented(affine));
            }
            Some(_) => notes.push("the stated orientation is degenerate and was ignored".into()),
            None => notes.push("the file states no orientation".into()),
        }
        let said = unit_code != 0 || size != [1.0; 3];
        let known = if said { Known::Spacing } else { Known::Nothing };
        Some(Geometry { world_from_voxel: Affine::scale_offset(size, [0.0; 3]), known })
    }
}

/// The affine of a unit quaternion with the given vector part.
fn from_quaternion([b, c, d]: [f64; 3], offset: [f64; 3], size: [f64; 3], sign: f64) -> Affine {
    let rest = 1.0 - (b * b + c * c + d * d);
    let (a, [b, c, d]) = if rest < 1e-14 {
        let length = (b * b + c * c + d * d).sqrt();
        (0.0, [b / length, c / length, d / length])
    } else {
        (rest.sqrt(), [b, c, d])
    };
    let columns = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)],
        [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)],
        [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - b * b - c * c],
    ];
    let scales = [size[0], size[1], size[2] * sign];
    Affine::from_columns(std::array::from_fn(|j| columns[j].map(|v| v * scales[j])), offset)
}
