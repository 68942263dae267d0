//! What a metric gives back.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::{Result, settle};
use crate::info::{Direction, MetricInfo};
use crate::undefined::{Outcome, Undefined};

/// The value of a metric with everything that is needed to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Id of the metric.
    pub metric: &'static str,
    /// The value, or why there is none.
    pub value: Outcome,
    /// What counts as better.
    pub direction: Direction,
    /// The curve whose summary the value is.
    pub curve: Option<Curve>,
    /// Further numbers by name.
    pub parts: Vec<(String, Outcome)>,
    /// Further lists by name, such as one number per sample.
    pub series: Vec<(&'static str, Vec<Outcome>)>,
    /// Parameters as they were used.
    pub params: Vec<(&'static str, String)>,
    /// Fraction of positions that share their value with another one, for metrics that rank: above 0.1 the order is partly the raster's.
    pub tied_fraction: Option<f64>,
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Fraction changed, or the step.
    pub x: Vec<f64>,
    /// Value.
    pub y: Vec<f64>,
}

impl Score {
    /// A score of a metric. Being undefined is a value here.
    ///
    /// # Errors
    /// Every other error of `value`.
    pub fn new(info: &MetricInfo, value: Result<f64>) -> Result<Score> {
        Ok(Score::of(info, settle(value)?))
    }

    /// A score of a metric.
    pub fn of(info: &MetricInfo, value: Outcome) -> Score {
        Score {
            metric: info.id,
            value: finite_or_reason(value),
            direction: info.direction,
            curve: None,
            parts: Vec::new(),
            series: Vec::new(),
            params: Vec::new(),
            tied_fraction: None,
        }
    }

    pub(crate) fn curve(mut self, x: Vec<f64>, y: Vec<f64>) -> Score {
        self.curve = Some(Curve { x, y });
        self
    }

    pub(crate) fn part(mut self, name: impl Into<String>, value: impl Into<Number>) -> Score {
        self.parts.push((name.into(), finite_or_reason(value.into().0)));
        self
    }

    pub(crate) fn list(mut self, name: &'static str, values: Vec<Outcome>) -> Score {
        self.series.push((name, values.into_iter().map(finite_or_reason).collect()));
        self
    }

    pub(crate) fn numbers(self, name: &'static str, values: impl IntoIterator<Item = f64>) -> Score {
        self.list(name, values.into_iter().map(Ok).collect())
    }

    pub(crate) fn param(mut self, name: &'static str, value: impl ToString) -> Score {
        self.params.push((name, value.to_string()));
        self
    }

    pub(crate) fn ties(mut self, fraction: f64) -> Score {
        self.tied_fraction = Some(fraction);
        self
    }

    /// A further number by name.
    pub fn get(&self, name: &str) -> Option<Outcome> {
        self.parts.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// A further list by name.
    pub fn series(&self, name: &str) -> Option<&[Outcome]> {
        self.series.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_slice())
    }

    /// Whether so many positions share their value that their order means little.
    pub fn order_is_arbitrary(&self) -> bool {
        self.tied_fraction.is_some_and(|t| t > 0.1)
    }

    /// One line: the metric with its parameters, for tables.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self.params.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if params.is_empty() { self.metric.to_string() } else { format!("{}[{}]", self.metric, params.join(",")) }
    }
}

/// A number that overflowed is none.
fn finite_or_reason(value: Outcome) -> Outcome {
    value.and_then(|v| if v.is_finite() { Ok(v) } else { Err(Undefined::NonFinite) })
}

/// A number that may be undefined; made of either.
pub(crate) struct Number(Outcome);

impl From<f64> for Number {
    fn from(value: f64) -> Number {
        Number(Ok(value))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Number {
        Number(Ok(value as f64))
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Number {
        Number(Ok(f64::from(u8::from(value))))
    }
}

impl From<Outcome> for Number {
    fn from(value: Outcome) -> Number {
        Number(value)
    }
}

/// A number, or `{"undefined": reason}`.
struct Plain<'a>(&'a Outcome);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Ok(v) => to.serialize_f64(*v),
            Err(reason) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("undefined", reason)?;
                map.end()
            }
        }
    }
}

/// Name and value pairs as one map.
struct Pairs<'a, K, V>(&'a [(K, V)]);

impl<K: AsRef<str>> Serialize for Pairs<'_, K, Outcome> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(k, v)| (k.as_ref(), Plain(v))))
    }
}

impl<K: AsRef<str>> Serialize for Pairs<'_, K, Vec<Outcome>> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(k, v)| (k.as_ref(), v.iter().map(Plain).collect::<Vec<_>>())))
    }
}

impl<K: AsRef<str>> Serialize for Pairs<'_, K, String> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(k, v)| (k.as_ref(), v)))
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("name", self.metric)?;
        match &self.value {
            Ok(v) => map.serialize_entry("value", v)?,
            Err(reason) => map.serialize_entry("undefined", reason)?,
        }
        map.serialize_entry("direction", &self.direction)?;
        if let Some(curve) = &self.curve {
            map.serialize_entry("curve", &[&curve.x, &curve.y])?;
        }
        if !self.parts.is_empty() {
            map.serialize_entry("parts", &Pairs(&self.parts))?;
        }
        if !self.series.is_empty() {
            map.serialize_entry("series", &Pairs(&self.series))?;
        }
        map.serialize_entry("params", &Pairs(&self.params))?;
        if let Some(ties) = self.tied_fraction {
            map.serialize_entry("tied_fraction", &ties)?;
        }
        map.end()
    }
}
