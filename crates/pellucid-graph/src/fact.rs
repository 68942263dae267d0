//! What is known of a wire before the graph runs.

use std::fmt;

use crate::DType;

/// Size of one axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A fixed size.
    Known(usize),
    /// A named size that the user chooses, such as `batch`.
    Symbol(String),
    /// A size that depends on the data.
    Unknown,
}

/// Element type and shape of a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Element type.
    pub dtype: DType,
    /// Sizes of the axes.
    pub dims: Vec<Dim>,
}

impl Fact {
    /// A fact of fixed shape.
    pub fn new(dtype: DType, shape: &[usize]) -> Fact {
        Fact { dtype, dims: shape.iter().map(|&n| Dim::Known(n)).collect() }
    }

    /// The shape, when every axis has a fixed size.
    pub fn shape(&self) -> Option<Vec<usize>> {
        self.dims
            .iter()
            .map(|d| match d {
                Dim::Known(n) => Some(*n),
                _ => None,
            })
            .collect()
    }

    /// Whether a value of the fact `other` can stand where this fact is: the same type and rank, and equal sizes where both are fixed.
    pub fn admits(&self, other: &Fact) -> bool {
        let fits = |(a, b): (&Dim, &Dim)| !matches!((a, b), (Dim::Known(n), Dim::Known(m)) if n != m);
        self.dtype == other.dtype && self.rank() == other.rank() && self.dims.iter().zip(&other.dims).all(fits)
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.dtype)?;
        for (i, d) in self.dims.iter().enumerate() {
            if i > 0 {
                f.write_str(" x ")?;
            }
            match d {
                Dim::Known(n) => write!(f, "{n}")?,
                Dim::Symbol(s) => f.write_str(s)?,
                Dim::Unknown => f.write_str("?")?,
            }
        }
        f.write_str("]")
    }
}
