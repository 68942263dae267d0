//! Reading a case's input.

use std::fmt;

use pellucid_metrics::MetricError;
use serde_json::{Map, Value};

/// Why a case couldn't be run.
#[derive(Debug)]
pub enum CaseError {
    /// The input isn't what the metric's cases have.
    Input(String),
    /// The metric failed.
    Metric(MetricError),
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CaseError::Input(what) => write!(f, "input: {what}"),
            CaseError::Metric(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CaseError {}

impl From<MetricError> for CaseError {
    fn from(error: MetricError) -> CaseError {
        CaseError::Metric(error)
    }
}

/// Result of running a case.
pub type Result<T> = std::result::Result<T, CaseError>;

/// An array of one or more dimensions, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// The values.
    pub data: Vec<f64>,
}

impl Array {
    /// Values per row of the first dimension.
    pub fn width(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// True where a value is above 0.
    pub fn mask(&self) -> Vec<bool> {
        self.data.iter().map(|v| *v > 0.0).collect()
    }

    /// Whether it has this many rows of this width.
    ///
    /// # Errors
    /// When it hasn't.
    pub fn expect(&self, what: &str, rows: Option<usize>, width: usize) -> Result<()> {
        let found = (self.shape[0], self.width());
        if found.1 == width && rows.is_none_or(|r| r == found.0) {
            return Ok(());
        }
        Err(CaseError::Input(format!("{what}: expected {rows:?} rows of {width}, found {} of {}", found.0, found.1)))
    }

    /// Values as indices.
    ///
    /// # Errors
    /// When one isn't a whole number of at least 0.
    pub fn indices(&self) -> Result<Vec<usize>> {
        self.data.iter().map(|&v| whole(v)).collect()
    }
}

fn whole(v: f64) -> Result<usize> {
    if v >= 0.0 && v.fract() == 0.0 && v < 1e15 {
        Ok(v as usize)
    } else {
        Err(CaseError::Input(format!("`{v}` isn't an index")))
    }
}

/// A part of the input, with the path to it for errors.
#[derive(Clone, Debug)]
pub struct Input<'v> {
    value: &'v Value,
    path: String,
}

impl<'v> Input<'v> {
    /// The whole input.
    pub fn new(value: &'v Value) -> Input<'v> {
        Input { value, path: String::new() }
    }

    fn error<T>(&self, expected: &str) -> Result<T> {
        Err(CaseError::Input(format!("`{}` isn't {expected}", self.path)))
    }

    /// The JSON itself.
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// Whether a key is there and isn't null.
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|v| !v.is_null())
    }

    /// The value of a key.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, key: &str) -> Result<Input<'v>> {
        let path = format!("{}/{key}", self.path);
        match self.value.get(key) {
            Some(value) => Ok(Input { value, path }),
            None => Err(CaseError::Input(format!("`{path}` is missing"))),
        }
    }

    /// Keys and values of an object.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn entries(&self) -> Result<Vec<(&'v str, Input<'v>)>> {
        let Some(map): Option<&Map<String, Value>> = self.value.as_object() else { return self.error("an object") };
        Ok(map.iter().map(|(k, value)| (k.as_str(), Input { value, path: format!("{}/{k}", self.path) })).collect())
    }

    /// Elements of a list.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn items(&self) -> Result<Vec<Input<'v>>> {
        let Some(list) = self.value.as_array() else { return self.error("a list") };
        let item = |(i, value)| Input { value, path: format!("{}/{i}", self.path) };
        Ok(list.iter().enumerate().map(item).collect())
    }

    /// A number; NaN and infinities are words.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn number(&self) -> Result<f64> {
        match (self.value, self.value.as_str()) {
            (Value::Bool(b), _) => Ok(f64::from(u8::from(*b))),
            (_, Some("NaN")) => Ok(f64::NAN),
            (_, Some("Infinity")) => Ok(f64::INFINITY),
            (_, Some("-Infinity")) => Ok(f64::NEG_INFINITY),
            (value, _) => value.as_f64().map_or_else(|| self.error("a number"), Ok),
        }
    }

    /// An index or a count.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn index(&self) -> Result<usize> {
        whole(self.number()?)
    }

    /// A word.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn word(&self) -> Result<&'v str> {
        self.value.as_str().map_or_else(|| self.error("a word"), Ok)
    }

    /// An array, or a list of numbers as an array of one dimension.
    ///
    /// # Errors
    /// When it isn't one, or its shape doesn't hold its values.
    pub fn array(&self) -> Result<Array> {
        if self.value.is_array() {
            let data = self.items()?.iter().map(Input::number).collect::<Result<Vec<f64>>>()?;
            return Ok(Array { shape: vec![data.len()], data });
        }
        let shape = self.get("shape")?.items()?.iter().map(Input::index).collect::<Result<Vec<usize>>>()?;
        let data = self.get("data")?.items()?.iter().map(Input::number).collect::<Result<Vec<f64>>>()?;
        let count = shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
        if shape.is_empty() || data.is_empty() || count != Some(data.len()) {
            return self.error("an array of at least one value whose shape holds its values");
        }
        Ok(Array { shape, data })
    }

    /// The array of a key.
    ///
    /// # Errors
    /// When there is none.
    pub fn array_of(&self, key: &str) -> Result<Array> {
        self.get(key)?.array()
    }

    /// The number of a key.
    ///
    /// # Errors
    /// When there is none.
    pub fn number_of(&self, key: &str) -> Result<f64> {
        self.get(key)?.number()
    }

    /// The index of a key.
    ///
    /// # Errors
    /// When there is none.
    pub fn index_of(&self, key: &str) -> Result<usize> {
        self.get(key)?.index()
    }

    /// Lists of indices, as a list of lists or a matrix.
    ///
    /// # Errors
    /// When it isn't either.
    pub fn index_lists(&self) -> Result<Vec<Vec<usize>>> {
        if self.value.is_array() {
            return self.items()?.iter().map(|l| l.array()?.indices()).collect();
        }
        let array = self.array()?;
        Ok(array.indices()?.chunks(array.width().max(1)).map(<[usize]>::to_vec).collect())
    }
}
