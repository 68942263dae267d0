//! The header of NRRD files, attached or detached.
//!
//! # Source
//! Definition of NRRD file format, teem.sourceforge.net/nrrd/format.html

use crate::affine::norm;
use crate::error::{damaged, unsupported};
use crate::orientation::LPS_RAS;
use crate::read::axes::Role;
use crate::read::bytes::{Endian, Stored};
use crate::read::length::millimetres;
use crate::read::numbers::Packing;
use crate::{Affine, Geometry, Result};

const FORMAT: &str = "NRRD";

/// Longest header that is looked through.
const MOST_HEADER: usize = 1 << 20;

/// Most axes that NRRD allows.
const MOST_AXES: usize = 16;

/// Names of the number types.
const TYPES: &[(&[&str], Stored)] = &[
    (&["signed char", "int8", "int8_t"], Stored::I8),
    (&["uchar", "unsigned char", "uint8", "uint8_t"], Stored::U8),
    (&["short", "short int", "signed short", "signed short int", "int16", "int16_t"], Stored::I16),
    (&["ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"], Stored::U16),
    (&["int", "signed int", "int32", "int32_t"], Stored::I32),
    (&["uint", "unsigned int", "uint32", "uint32_t"], Stored::U32),
    (
        &["longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"],
        Stored::I64,
    ),
    (&["ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"], Stored::U64),
    (&["float"], Stored::F32),
    (&["double"], Stored::F64),
];

/// Anatomical spaces, and the signs of their axes in RAS.
const SPACES: &[(&[&str], [f64; 3])] = &[
    (&["right-anterior-superior", "ras", "right-anterior-superior-time", "rast"], [1.0, 1.0, 1.0]),
    (&["left-anterior-superior", "las", "left-anterior-superior-time", "last"], [-1.0, 1.0, 1.0]),
    (&["left-posterior-superior", "lps", "left-posterior-superior-time", "lpst"], [-1.0, -1.0, 1.0]),
];

/// The parts of a header that matter for reading.
#[derive(Debug)]
pub struct Header {
    /// Type of a number.
    pub stored: Stored,
    /// Byte order.
    pub endian: Endian,
    /// Sizes, fastest axis first.
    pub sizes: Vec<usize>,
    /// What each axis is.
    pub roles: Vec<Role>,
    /// Whether an axis holds red, green, blue (and alpha when 4).
    pub colours: Option<usize>,
    /// Packing of the data.
    pub packing: Packing,
    /// Names of the data files; `None` when the data follow the header.
    pub files: Option<Vec<String>>,
    /// Lines to leave out before the data.
    pub line_skip: usize,
    /// Bytes to leave out before the data; -1: take the data from the end.
    pub byte_skip: i64,
    /// Where the voxels lie.
    pub geometry: Geometry,
    /// What the reader should know.
    pub notes: Vec<String>,
    /// Bytes of the header with the blank line that ends it.
    pub length: usize,
}

/// `(field, text)` in the order of the file, and lines after `data file: LIST`.
struct Fields<'a> {
    fields: Vec<(String, &'a str)>,
    listed: Vec<String>,
    length: usize,
}

impl<'a> Fields<'a> {
    fn split(bytes: &'a [u8]) -> Result<Fields<'a>> {
        let mut out = Fields { fields: vec![], listed: vec![], length: 0 };
        let mut list = false;
        let mut at = 0;
        let end = bytes.len().min(MOST_HEADER);
        while at < end {
            let stop = bytes[at..end].iter().position(|&b| b == b'\n').map_or(end, |n| at + n);
            let line = std::str::from_utf8(&bytes[at..stop]).map_err(|_| damaged(FORMAT, "the header isn't text"))?;
            let line = line.trim_end_matches('\r');
            at = (stop + 1).min(bytes.len());
            if line.is_empty() {
                break;
            }
            // `NRRD000x` begins the file; `:=` sets user data apart from fields.
            if list {
                out.listed.push(line.trim().to_string());
            } else if let Some((key, value)) = line.split_once(": ").filter(|_| !line.starts_with('#')) {
                let key: String = key.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
                list = key == "datafile" && value.trim_start().starts_with("LIST");
                out.fields.push((key, value.trim()));
            }
        }
        out.length = at;
        Ok(out)
    }

    fn get(&self, names: &[&str]) -> Option<&'a str> {
        self.fields.iter().find(|(key, _)| names.contains(&key.as_str())).map(|f| f.1)
    }

    fn due(&self, name: &'static str) -> Result<&'a str> {
        self.get(&[name]).ok_or_else(|| damaged(FORMAT, format!("the header has no `{name}`")))
    }
}

impl Header {
    /// Reads the header at the start of a file.
    ///
    /// # Errors
    /// When it is cut off, contradicts itself, or is of a kind that isn't read.
    pub fn parse(bytes: &[u8]) -> Result<Header> {
        let fields = Fields::split(bytes)?;
        let rank: usize = number(fields.due("dimension")?, "dimension")?;
        let sizes =
            fields.due("sizes")?.split_whitespace().map(|w| number(w, "sizes")).collect::<Result<Vec<usize>>>()?;
        if sizes.len() != rank || rank == 0 || rank > MOST_AXES || sizes.contains(&0) {
            return Err(damaged(FORMAT, format!("`dimension: {rank}` with sizes {sizes:?}")));
        }
        let stored = stored(fields.due("type")?)?;
        let packing = packing(fields.due("encoding")?)?;
        let endian = endian(fields.get(&["endian"]), stored, packing)?;
        let directions = fields.get(&["spacedirections"]).map(|text| vectors(text, rank)).transpose()?;
        let kinds: Vec<&str> = fields.get(&["kinds"]).map(|k| k.split_whitespace().collect()).unwrap_or_default();
        let (roles, noted) = roles(&sizes, directions.as_deref(), &kinds)?;
        let colours = kinds.iter().zip(&sizes).find_map(|(kind, &n)| match (kind.to_lowercase().as_str(), n) {
            ("rgb-color", 3) | ("rgba-color", 4) => Some(n),
            _ => None,
        });
        let mut notes: Vec<String> = noted.into_iter().collect();
        let geometry = geometry(&fields, &roles, directions.as_deref(), &mut notes)?;
        Ok(Header {
            stored,
            endian,
            sizes,
            roles,
            colours,
            packing,
            files: files(&fields)?,
            line_skip: fields.get(&["lineskip"]).map_or(Ok(0), |v| number(v, "line skip"))?,
            byte_skip: fields.get(&["byteskip"]).map_or(Ok(0), |v| number(v, "byte skip"))?,
            geometry,
            notes,
            length: fields.length,
        })
    }
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T> {
    text.trim().parse().map_err(|_| damaged(FORMAT, format!("`{name}: {text}` isn't a number that can stand there")))
}

fn stored(text: &str) -> Result<Stored> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let found = TYPES.iter().find(|(names, _)| names.contains(&name.as_str()));
    found
        .map(|t| t.1)
        .ok_or_else(|| unsupported(FORMAT, format!("numbers of type `{text}` aren't read"), "save it as float"))
}

fn packing(text: &str) -> Result<Packing> {
    match text.to_lowercase().as_str() {
        "raw" => Ok(Packing::Raw),
        "gzip" | "gz" => Ok(Packing::Gzip),
        "ascii" | "text" | "txt" => Ok(Packing::Text),
        _ => {
            Err(unsupported(FORMAT, format!("data with `encoding: {text}` aren't read"), "save it as `raw` or `gzip`"))
        }
    }
}

fn endian(text: Option<&str>, stored: Stored, packing: Packing) -> Result<Endian> {
    match text.map(str::to_lowercase).as_deref() {
        Some("little") => Ok(Endian::Little),
        Some("big") => Ok(Endian::Big),
        None if stored.size() == 1 || packing == Packing::Text => Ok(Endian::Little),
        other => Err(damaged(FORMAT, format!("`endian` is {other:?}; `little` or `big` is due"))),
    }
}

/// Vectors such as `none (1,0,0) (0,1,0) (0,0,2)`; of spaces of two axes the third component is 0.
fn vectors(text: &str, count: usize) -> Result<Vec<Option<[f64; 3]>>> {
    let wrong = || damaged(FORMAT, format!("vectors `{text}`; {count} are due"));
    let mut out = vec![];
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            out.push(None);
            rest = after.trim_start();
            continue;
        }
        let (inner, after) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).ok_or_else(wrong)?;
        let parts: Vec<f64> =
            inner.split(',').map(|p| p.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
        // Some writers mark an axis outside space by a vector of NaN.
        out.push(match parts[..] {
            [x, ..] if x.is_nan() => None,
            [x, y] => Some([x, y, 0.0]),
            // The fourth component is that of time.
            [x, y, z] | [x, y, z, _] => Some([x, y, z]),
            _ => return Err(wrong()),
        });
        rest = after.trim_start();
    }
    if out.len() == count { Ok(out) } else { Err(wrong()) }
}

/// The roles of the axes: by their directions, else by their kinds, else the first three are space.
fn roles(
    sizes: &[usize],
    directions: Option<&[Option<[f64; 3]>]>,
    kinds: &[&str],
) -> Result<(Vec<Role>, Option<String>)> {
    let mut note = None;
    let in_space: Vec<bool> = match (directions, kinds.len() == sizes.len()) {
        (Some(vectors), _) => vectors.iter().map(Option::is_some).collect(),
        (None, true) => {
            kinds.iter().map(|k| matches!(k.to_lowercase().as_str(), "domain" | "space" | "???" | "none")).collect()
        }
        (None, false) => {
            if sizes.len() > 3 {
                note = Some(format!("of {} axes the first three were read as columns, rows and slices", sizes.len()));
            }
            (0..sizes.len()).map(|i| i < 3).collect()
        }
    };
    let mut space = [Role::X, Role::Y, Role::Z].into_iter();
    let wrong = || {
        let reason = format!("files with {} axes in space aren't images", in_space.iter().filter(|s| **s).count());
        unsupported(FORMAT, reason, "two or three axes in space are due; the others become channels")
    };
    let one = |&s: &bool| if s { space.next().ok_or_else(wrong) } else { Ok(Role::Channel) };
    let roles = in_space.iter().map(one).collect::<Result<Vec<Role>>>()?;
    if !roles.contains(&Role::Y) {
        return Err(wrong());
    }
    Ok((roles, note))
}

fn geometry(
    fields: &Fields,
    roles: &[Role],
    directions: Option<&[Option<[f64; 3]>]>,
    notes: &mut Vec<String>,
) -> Result<Geometry> {
    let Some(directions) = directions else { return spacings(fields, roles) };
    let scale = unit(fields, notes);
    let columns: Vec<[f64; 3]> = directions.iter().flatten().map(|v| v.map(|x| x * scale)).collect();
    if !columns.iter().flatten().all(|v| v.is_finite()) {
        return Err(damaged(FORMAT, "`space directions` aren't finite"));
    }
    let space = fields.get(&["space"]).map(str::to_lowercase).unwrap_or_default();
    let signs = SPACES.iter().find(|(names, _)| names.contains(&space.as_str())).map(|s| s.1);
    let origin = fields.get(&["spaceorigin"]).map(|t| vectors(t, 1)).transpose()?;
    let origin = origin.and_then(|o| o.first().copied().flatten()).unwrap_or([0.0; 3]).map(|x| x * scale);
    let (&[x, y, z], Some(signs)) = (columns.as_slice(), signs) else {
        if columns.len() == 3 {
            notes.push(format!("space `{space}` says nothing of the patient's directions; voxel sizes were kept"));
        }
        let size = |i: usize| columns.get(i).map_or(1.0, |c| norm(*c));
        return Ok(Geometry::spacing([size(0), size(1), size(2)]));
    };
    let lps = Affine::from_columns([x, y, z], origin);
    // From the file's space to RAS: LPS_RAS reverses two signs, and scaling by the space's signs gives RAS.
    let to_ras = if signs == [-1.0, -1.0, 1.0] { LPS_RAS } else { Affine::scale_offset(signs, [0.0; 3]) };
    let affine = to_ras.after(&lps);
    if !affine.is_finite() {
        return Err(damaged(FORMAT, "`space origin` isn't finite"));
    }
    Ok(Geometry::oriented(affine))
}

/// Voxel sizes without directions, from `spacings`.
fn spacings(fields: &Fields, roles: &[Role]) -> Result<Geometry> {
    let Some(text) = fields.get(&["spacings"]) else { return Ok(Geometry::unknown()) };
    let all = text.split_whitespace().map(|w| number::<f64>(w, "spacings")).collect::<Result<Vec<f64>>>()?;
    let mut found = all.iter().zip(roles).filter(|(_, role)| **role != Role::Channel).map(|(s, _)| s.abs());
    let sizes: [f64; 3] = std::array::from_fn(|_| found.next().unwrap_or(1.0));
    let known = sizes.iter().all(|s| s.is_finite() && *s > 0.0);
    Ok(if known { Geometry::spacing(sizes) } else { Geometry::unknown() })
}

/// Millimetres per unit of the space.
fn unit(fields: &Fields, notes: &mut Vec<String>) -> f64 {
    let Some(text) = fields.get(&["spaceunits"]) else { return 1.0 };
    let first = text.split('"').map(str::trim).find(|w| !w.is_empty()).unwrap_or("");
    millimetres(first).unwrap_or_else(|| {
        notes.push(format!("`space units: {text}` were taken for mm"));
        1.0
    })
}

fn files(fields: &Fields) -> Result<Option<Vec<String>>> {
    let Some(name) = fields.get(&["datafile"]) else { return Ok(None) };
    if name.starts_with("LIST") {
        if name.trim() != "LIST" || fields.listed.is_empty() {
            return Err(unsupported(
                FORMAT,
                format!("data in `{name}` aren't read"),
                "list one slab of slices a file, or join them",
            ));
        }
        return Ok(Some(fields.listed.clone()));
    }
    if name.contains('%') {
        return Err(unsupported(
            FORMAT,
            format!("data in numbered files `{name}` aren't read"),
            "list them with `data file: LIST`",
        ));
    }
    Ok(Some(vec![name.to_string()]))
}
