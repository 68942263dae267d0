//! What an explanation gives: raw, signed, on the grid that its formula has.

use serde::{Deserialize, Serialize};

/// The evidence of an explanation. A closed list, so that every front end shows every kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// Attribution maps: one per input, or one of a layer.
    Maps(Vec<Map>),
}

impl Default for Evidence {
    fn default() -> Evidence {
        Evidence::Maps(vec![])
    }
}

/// Where a map's grid lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "grid", rename_all = "kebab-case")]
pub enum Grid {
    /// The grid of a model input: `C x S..` as the input has it.
    Input {
        /// Input name.
        name: String,
    },
    /// The spatial grid of a layer, which covers the whole input.
    Layer {
        /// Name of the wire.
        name: String,
    },
}

/// Numbers on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Where the grid lies.
    pub grid: Grid,
    /// Sizes of the axes: `C x S..` for an input, `S..` for a layer; no batch axis.
    pub shape: Vec<usize>,
    /// Raw signed values, row-major.
    pub values: Vec<f32>,
}
