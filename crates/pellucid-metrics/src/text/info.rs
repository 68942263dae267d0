//! What a metric of text says about itself.

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A metric of text, for lists and help.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct TextMetricInfo {
    /// Id, unique among metrics.
    pub id: &'static str,
    /// Name in the literature.
    pub name: &'static str,
    /// Which values are better.
    pub direction: Direction,
    /// Smallest and largest value.
    pub range: (f64, f64),
    /// One line, without a full stop.
    pub summary: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}
