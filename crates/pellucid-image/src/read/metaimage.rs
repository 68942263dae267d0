//! MetaImage volumes (`.mha`, `.mhd`): raw, zlib or text, with the data attached or in files beside the header.
//!
//! Positions are in LPS, as ITK writes them. The first axis is `W`, the second `H`, the third `D`; components of a voxel and a fourth axis are
//! channels.
//!
//! # Source
//! MetaIO documentation, itk.org/Wiki/MetaIO/Documentation

use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::read::axes::{Role, arrange};
use crate::read::bytes::{Endian, Stored};
use crate::read::companion::Beside;
use crate::read::numbers::{Numbers, Packing, Start};
use crate::{Affine, Geometry, Image, OpenOptions, Result};

const FORMAT: &str = "MetaImage";

/// Longest header that is looked through.
const MOST_HEADER: usize = 1 << 20;

/// Names of the number types.
const TYPES: &[(&str, Stored)] = &[
    ("MET_CHAR", Stored::I8),
    ("MET_UCHAR", Stored::U8),
    ("MET_SHORT", Stored::I16),
    ("MET_USHORT", Stored::U16),
    ("MET_INT", Stored::I32),
    ("MET_UINT", Stored::U32),
    ("MET_LONG", Stored::I32),
    ("MET_ULONG", Stored::U32),
    ("MET_LONG_LONG", Stored::I64),
    ("MET_ULONG_LONG", Stored::U64),
    ("MET_FLOAT", Stored::F32),
    ("MET_DOUBLE", Stored::F64),
];

/// `key = value` lines up to `ElementDataFile`, and what follows it.
struct Header<'a> {
    fields: Vec<(&'a str, &'a str)>,
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn split(bytes: &'a [u8]) -> Result<Header<'a>> {
        let mut fields = vec![];
        let mut at = 0;
        let end = bytes.len().min(MOST_HEADER);
        while at < end {
            let stop = bytes[at..end].iter().position(|&b| b == b'\n').map_or(end, |n| at + n);
            let line = std::str::from_utf8(&bytes[at..stop]).map_err(|_| damaged(FORMAT, "the header isn't text"))?;
            at = (stop + 1).min(bytes.len());
            let Some((key, value)) = line.split_once('=') else {
                if line.trim().is_empty() {
                    continue;
                }
                return Err(damaged(
                    FORMAT,
                    format!("the line `{}` isn't `key = value`", line.chars().take(40).collect::<String>()),
                ));
            };
            fields.push((key.trim(), value.trim()));
            if key.trim() == "ElementDataFile" {
                return Ok(Header { fields, rest: &bytes[at..] });
            }
        }
        Err(damaged(FORMAT, "the header has no `ElementDataFile`"))
    }

    fn get(&self, names: &[&str]) -> Option<&'a str> {
        self.fields.iter().find(|(key, _)| names.contains(key)).map(|f| f.1)
    }

    fn numbers<T: std::str::FromStr>(&self, names: &[&str], count: usize) -> Result<Option<Vec<T>>> {
        let Some(text) = self.get(names) else { return Ok(None) };
        let parsed: Option<Vec<T>> = text.split_whitespace().map(|w| w.parse().ok()).collect();
        let wrong = || damaged(FORMAT, format!("`{} = {text}`; {count} numbers are due", names[0]));
        parsed.filter(|p| p.len() == count).map(Some).ok_or_else(wrong)
    }

    fn flag(&self, names: &[&str]) -> bool {
        self.get(names).is_some_and(|v| v.to_lowercase().starts_with(['t', '1', 'y']))
    }
}

/// Reads a volume; `beside` is where the data of a detached header lie.
///
/// # Errors
/// When the file is damaged, too large, of a kind that isn't read, or its data aren't in its folder.
pub fn read(bytes: &[u8], beside: Beside, options: &OpenOptions) -> Result<Image> {
    let header = Header::split(bytes)?;
    let kind = header.get(&["ObjectType"]).unwrap_or("Image");
    if kind != "Image" {
        return Err(unsupported(FORMAT, format!("objects of type `{kind}` aren't images"), ""));
    }
    let due = |name: &str| damaged(FORMAT, format!("the header has no `{name}`"));
    let rank = header.numbers::<usize>(&["NDims"], 1)?.ok_or_else(|| due("NDims"))?[0];
    if !(2..=4).contains(&rank) {
        return Err(unsupported(FORMAT, format!("of {rank} axes aren't read"), "two, three or four axes are due"));
    }
    let sizes = header.numbers::<usize>(&["DimSize"], rank)?.ok_or_else(|| due("DimSize"))?;
    let components = header.numbers::<usize>(&["ElementNumberOfChannels"], 1)?.map_or(1, |c| c[0]);
    let name = header.get(&["ElementType"]).ok_or_else(|| due("ElementType"))?;
    // `..._ARRAY` says the same as a number of channels.
    let found = TYPES.iter().find(|t| t.0 == name.trim_end_matches("_ARRAY"));
    let stored =
        found.ok_or_else(|| unsupported(FORMAT, format!("of type `{name}` isn't read"), "save it as MET_FLOAT"))?.1;
    let mut all = vec![components];
    all.extend(&sizes);
    if all.contains(&0) {
        return Err(damaged(FORMAT, format!("sizes {sizes:?} with {components} channels")));
    }
    let count = options.admit_values("the volume", &all)?;
    let values = values(&header, stored, count, beside, options)?;
    let roles = [Role::Channel, Role::X, Role::Y, Role::Z, Role::Channel];
    let sizes: Vec<usize> = all.iter().rev().copied().collect();
    let roles: Vec<Role> = roles[..=rank].iter().rev().copied().collect();
    let (mut voxels, mut shape) = arrange(values, &sizes, &roles);
    if let Some(frame) = options.frame.filter(|_| shape[0] != 3 || rank == 4) {
        let n = voxels.len() / shape[0];
        let part = frame.checked_mul(n).and_then(|start| voxels.get(start..start + n));
        voxels =
            part.ok_or_else(|| damaged(FORMAT, format!("there is no volume {frame}, only {}", shape[0])))?.to_vec();
        shape[0] = 1;
    }
    image(&header, voxels, shape, components, stored, rank)
}

fn image(
    header: &Header,
    voxels: Vec<f32>,
    shape: [usize; 4],
    components: usize,
    stored: Stored,
    rank: usize,
) -> Result<Image> {
    // Three bytes a voxel are a colour: ITK writes its RGB pixels so.
    let rgb = components == 3 && shape[0] == 3 && stored == Stored::U8;
    let units = if rgb { Units::Levels { max: 255.0 } } else { Units::Intensity };
    let mut image = Image::new(voxels, shape, units, Format::MetaImage)?;
    if shape[0] > 1 && !rgb {
        image.channels = Channels::Named((0..shape[0]).map(|i| format!("volume {i}")).collect());
    }
    image.geometry = geometry(header, rank)?;
    if stored.rounds() {
        image.notes.push("values were rounded to 32-bit floats".into());
    }
    Ok(image)
}

fn values(header: &Header, stored: Stored, count: usize, beside: Beside, options: &OpenOptions) -> Result<Vec<f32>> {
    let big = header.flag(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]);
    let packing = match (header.get(&["BinaryData"]), header.flag(&["CompressedData"])) {
        (_, true) => Packing::Zlib,
        (Some(v), false) if !v.to_lowercase().starts_with(['t', '1', 'y']) => Packing::Text,
        _ => Packing::Raw,
    };
    let start = match header.numbers::<i64>(&["HeaderSize"], 1)?.map_or(0, |h| h[0]) {
        -1 if packing == Packing::Raw => Start::FromEnd,
        n @ 0.. => Start::After(usize::try_from(n).unwrap_or(usize::MAX)),
        n => return Err(damaged(FORMAT, format!("`HeaderSize = {n}`"))),
    };
    let endian = if big { Endian::Big } else { Endian::Little };
    let numbers = |count| Numbers { format: FORMAT, stored, endian, count, packing, start };
    let file = header.get(&["ElementDataFile"]).unwrap_or_default();
    if file.eq_ignore_ascii_case("LOCAL") {
        return numbers(count).read(header.rest, options);
    }
    let listed: Vec<String> = match file.split_whitespace().next() {
        Some("LIST") => {
            let text = std::str::from_utf8(header.rest).map_err(|_| damaged(FORMAT, "the list of files isn't text"))?;
            text.lines().map(|l| l.trim().to_string()).filter(|l| !l.is_empty()).collect()
        }
        _ if file.contains('%') => {
            return Err(unsupported(
                FORMAT,
                format!("data in numbered files `{file}` aren't read"),
                "join them into one file",
            ));
        }
        _ => vec![file.to_string()],
    };
    if listed.is_empty() || !count.is_multiple_of(listed.len()) {
        return Err(damaged(FORMAT, format!("{count} numbers can't be spread evenly over {} files", listed.len())));
    }
    let mut out = vec![];
    for name in &listed {
        let bytes = beside.read(FORMAT, name, options)?;
        out.extend(numbers(count / listed.len()).read(&bytes, options)?);
    }
    Ok(out)
}

/// Spacing, and in three dimensions direction and position. The matrix holds the direction of each axis in turn.
fn geometry(header: &Header, rank: usize) -> Result<Geometry> {
    let spacing = header.numbers::<f64>(&["ElementSpacing", "ElementSize"], rank)?;
    let matrix = header.numbers::<f64>(&["TransformMatrix", "Rotation", "Orientation"], rank * rank)?;
    let offset = header.numbers::<f64>(&["Offset", "Position", "Origin"], rank)?.unwrap_or(vec![0.0; rank]);
    let Some(spacing) = spacing else { return Ok(Geometry::unknown()) };
    if !spacing.iter().all(|s| s.is_finite() && *s > 0.0) {
        return Err(damaged(FORMAT, format!("voxel sizes of {spacing:?}")));
    }
    let at = |i: usize| spacing.get(i).copied().unwrap_or(1.0);
    let Some(matrix) = matrix.filter(|_| rank >= 3) else {
        return Ok(Geometry::spacing([at(0), at(1), if rank > 2 { at(2) } else { 1.0 }]));
    };
    let columns = std::array::from_fn(|axis| std::array::from_fn(|i| matrix[axis * rank + i] * at(axis)));
    let lps = Affine::from_columns(columns, [offset[0], offset[1], offset[2]]);
    if !lps.is_finite() {
        return Err(damaged(FORMAT, "`TransformMatrix` or `Offset` isn't finite"));
    }
    Ok(Geometry::from_lps(lps))
}
