//! The description of one array, of Zarr 2 and 3.

use serde_json::Value;

use super::chain::{Chain, Inner, of_v3};
use super::codec::of_v2;
use super::{FORMAT, text_of};
use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::bytes::Stored;
use crate::read::npy::parse_type;

/// Most axes of an array.
const MOST_AXES: usize = 16;

/// Names of the types of Zarr 3.
const TYPES: &[(&str, Stored)] = &[
    ("bool", Stored::Bool),
    ("int8", Stored::I8),
    ("uint8", Stored::U8),
    ("int16", Stored::I16),
    ("uint16", Stored::U16),
    ("int32", Stored::I32),
    ("uint32", Stored::U32),
    ("int64", Stored::I64),
    ("uint64", Stored::U64),
    ("float16", Stored::F16),
    ("float32", Stored::F32),
    ("float64", Stored::F64),
];

/// An array: its shape, and how chunks are found and read.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Sizes, slowest axis first.
    pub shape: Vec<usize>,
    /// Sizes of a chunk.
    pub chunk: Vec<usize>,
    /// Type of a number.
    pub stored: Stored,
    /// The value of chunks that aren't there.
    pub fill: f64,
    /// How chunks are encoded.
    pub chain: Chain,
    /// Names of the axes, where all are given.
    pub names: Option<Vec<String>>,
    prefix: &'static str,
    separator: char,
}

/// Numbers of a list of sizes.
pub fn extents(value: Option<&Value>, name: &str) -> Result<Vec<usize>> {
    let list = value.and_then(Value::as_array);
    let sizes = list.and_then(|l| l.iter().map(|v| v.as_u64().and_then(|n| usize::try_from(n).ok())).collect());
    sizes.ok_or_else(|| damaged(FORMAT, format!("`{name}` isn't a list of sizes")))
}

impl Description {
    /// From the text of `.zarray`.
    ///
    /// # Errors
    /// When it is damaged or of a kind that isn't read.
    pub fn of_v2(json: &Value) -> Result<Description> {
        let due = |key: &'static str| json.get(key).ok_or_else(|| damaged(FORMAT, format!("`.zarray` has no `{key}`")));
        let shape = extents(json.get("shape"), "shape")?;
        let chunk = extents(json.get("chunks"), "chunks")?;
        let name = due("dtype")?.as_str().unwrap_or_default();
        let (stored, endian) = parse_type(name)
            .map_err(|_| unsupported(FORMAT, format!("arrays of type `{name}` aren't read"), "save it as `<f4`"))?;
        if let Some(filters) = json.get("filters").and_then(Value::as_array).filter(|f| !f.is_empty()) {
            let id = text_of(&filters[0], "id").unwrap_or("?");
            return Err(unsupported(
                FORMAT,
                format!("arrays with the filter `{id}` aren't read"),
                "save it without filters",
            ));
        }
        let order = match json.get("order").and_then(Value::as_str) {
            None | Some("C") => None,
            Some("F") => Some((0..shape.len()).rev().collect()),
            Some(other) => return Err(damaged(FORMAT, format!("`order` is `{other}`"))),
        };
        let chain = Chain { order, inner: Inner::Bytes(endian), after: of_v2(json.get("compressor"))? };
        let separator = separator(json.get("dimension_separator"), '.')?;
        let fill = fill(json.get("fill_value"), stored)?;
        Description { shape, chunk, stored, fill, chain, names: None, prefix: "", separator }.checked()
    }

    /// From the text of a `zarr.json` whose `node_type` is `array`.
    ///
    /// # Errors
    /// When it is damaged or of a kind that isn't read.
    pub fn of_v3(json: &Value) -> Result<Description> {
        let shape = extents(json.get("shape"), "shape")?;
        let grid = json.get("chunk_grid").unwrap_or(&Value::Null);
        if text_of(grid, "name") != Some("regular") {
            return Err(unsupported(FORMAT, "arrays with an irregular chunk grid aren't read", ""));
        }
        let chunk = extents(grid.get("configuration").and_then(|c| c.get("chunk_shape")), "chunk_shape")?;
        let name = json.get("data_type").map(|v| v.as_str().map_or(v.to_string(), str::to_string)).unwrap_or_default();
        let stored = TYPES.iter().find(|t| t.0 == name).map(|t| t.1);
        let stored = stored.ok_or_else(|| {
            unsupported(FORMAT, format!("arrays of type `{name}` aren't read"), "save it as `float32`")
        })?;
        if json.get("storage_transformers").and_then(Value::as_array).is_some_and(|t| !t.is_empty()) {
            return Err(unsupported(FORMAT, "arrays with storage transformers aren't read", ""));
        }
        let keys = json.get("chunk_key_encoding").unwrap_or(&Value::Null);
        let given = keys.get("configuration").and_then(|c| c.get("separator"));
        let (prefix, separator) = match text_of(keys, "name") {
            Some("default") => ("c", separator(given, '/')?),
            Some("v2") => ("", separator(given, '.')?),
            other => return Err(unsupported(FORMAT, format!("chunk keys of kind {other:?} aren't read"), "")),
        };
        let names = json.get("dimension_names").and_then(Value::as_array);
        let names = names.and_then(|l| l.iter().map(|n| n.as_str().map(str::to_string)).collect());
        let fill = fill(json.get("fill_value"), stored)?;
        let chain = of_v3(json.get("codecs").unwrap_or(&Value::Null), shape.len())?;
        Description { shape, chunk, stored, fill, chain, names, prefix, separator }.checked()
    }

    fn checked(self) -> Result<Description> {
        let Description { shape, chunk, .. } = &self;
        let empty = shape.contains(&0) || chunk.contains(&0);
        if shape.len() != chunk.len() || shape.is_empty() || shape.len() > MOST_AXES || empty {
            return Err(damaged(FORMAT, format!("an array of shape {shape:?} in chunks of {chunk:?}")));
        }
        Ok(self)
    }

    /// The key of a chunk below that of the array.
    pub fn key(&self, chunk: &[usize]) -> String {
        let mut parts: Vec<String> = chunk.iter().map(usize::to_string).collect();
        if !self.prefix.is_empty() {
            parts.insert(0, self.prefix.to_string());
        }
        parts.join(&self.separator.to_string())
    }
}

fn separator(value: Option<&Value>, default: char) -> Result<char> {
    match value.map(Value::as_str) {
        None => Ok(default),
        Some(Some("/")) => Ok('/'),
        Some(Some(".")) => Ok('.'),
        Some(other) => Err(damaged(FORMAT, format!("the separator of chunk keys is {other:?}"))),
    }
}

/// A number, a name of a number that JSON can't write, or the bits of one.
fn fill(value: Option<&Value>, stored: Stored) -> Result<f64> {
    let bits = |text: &str| {
        let number = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
        match stored {
            Stored::F16 => Some(half::f16::from_bits(number as u16).to_f64()),
            Stored::F32 => Some(f64::from(f32::from_bits(number as u32))),
            Stored::F64 => Some(f64::from_bits(number)),
            _ => None,
        }
    };
    let found = match value {
        None | Some(Value::Null) => Some(0.0),
        Some(Value::Bool(b)) => Some(f64::from(u8::from(*b))),
        Some(Value::String(text)) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => bits(other),
        },
        Some(other) => other.as_f64(),
    };
    found.ok_or_else(|| damaged(FORMAT, format!("`fill_value` is {value:?}")))
}
