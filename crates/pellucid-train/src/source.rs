//! Where examples come from.

use pellucid_graph::Tensor;

use crate::Result;

/// One example: its tensors have a leading axis of 1.
#[derive(Clone, Debug)]
pub struct Example {
    /// A value for each input of the model, in order.
    pub inputs: Vec<Tensor>,
    /// What the model should say, in the form that the [`Loss`](crate::Loss) takes.
    pub labels: Tensor,
}

/// Examples by index, made when they are needed, on several threads. The same index always gives the same example.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Number of examples.
    pub count: usize,
    /// Makes the example of an index.
    pub make: &'a (dyn Fn(usize) -> Result<Example> + Sync),
}

impl<'a> Source<'a> {
    /// A source of `count` examples.
    pub fn new(count: usize, make: &'a (dyn Fn(usize) -> Result<Example> + Sync)) -> Source<'a> {
        Source { count, make }
    }
}
