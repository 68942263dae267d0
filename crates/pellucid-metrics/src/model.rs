//! What metrics ask of a model and of an explainer: batches in, numbers out.

use crate::error::{MetricError, Result, finite};
use crate::undefined::Undefined;

/// Inputs of one batch, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The values of all rows.
    pub values: &'a [f64],
    /// Values per row.
    pub width: usize,
}

impl<'a> Rows<'a> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.width.max(1))
    }
}

/// A model under test. Row `i` of what it gives must depend on row `i` of the inputs only.
pub trait Model {
    /// All outputs of all rows, one row after the other: `rows x classes`. Probabilities unless the caller decides otherwise.
    ///
    /// # Errors
    /// When the model can't be evaluated.
    fn outputs(&mut self, inputs: Rows<'_>) -> Result<Vec<f64>>;
}

impl<F: FnMut(Rows<'_>) -> Result<Vec<f64>>> Model for F {
    fn outputs(&mut self, inputs: Rows<'_>) -> Result<Vec<f64>> {
        self(inputs)
    }
}

/// An explanation as a function of the input. Row `i` of what it gives must depend on row `i` of the inputs only.
pub trait Explainer {
    /// The explanation of every row, one after the other, for a target that stays the same.
    ///
    /// # Errors
    /// When an input can't be explained.
    fn explain(&mut self, inputs: Rows<'_>) -> Result<Vec<f64>>;
}

impl<F: FnMut(Rows<'_>) -> Result<Vec<f64>>> Explainer for F {
    fn explain(&mut self, inputs: Rows<'_>) -> Result<Vec<f64>> {
        self(inputs)
    }
}

/// Most values in one batch, unless a size is set: 64 MiB of `f64`.
const MOST_VALUES: usize = 8 << 20;
/// Most rows in one batch, unless a size is set.
const MOST_ROWS: usize = 64;

/// How many rows go into a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batching {
    /// Rows per batch; chosen by size when `None`.
    pub rows: Option<usize>,
}

impl Batching {
    fn rows(self, width: usize) -> usize {
        self.rows.unwrap_or_else(|| (MOST_VALUES / width.max(1)).min(MOST_ROWS)).max(1)
    }

    /// Makes rows when they are needed, and hands them over batch by batch.
    fn each(
        self,
        count: usize,
        width: usize,
        mut write: impl FnMut(usize, &mut [f64]) -> Result<()>,
        mut take: impl FnMut(usize, Rows<'_>) -> Result<()>,
    ) -> Result<()> {
        let rows = self.rows(width).min(count.max(1));
        let mut buffer = vec![0.0; rows * width];
        for first in (0..count).step_by(rows) {
            let n = rows.min(count - first);
            for (i, row) in buffer.chunks_exact_mut(width.max(1)).take(n).enumerate() {
                write(first + i, row)?;
                finite(row)?;
            }
            take(first, Rows { values: &buffer[..n * width], width })?;
        }
        Ok(())
    }
}

/// The outputs of a model for a number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Outputs of all rows.
    pub values: Vec<f64>,
    /// Outputs per row.
    pub classes: usize,
}

impl Outputs {
    /// Outputs of a row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.classes..(i + 1) * self.classes]
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.classes.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The largest output of a row, the first of equal ones.
    pub fn predicted(&self, i: usize) -> usize {
        argmax(self.row(i))
    }
}

/// Place of the largest value, the first of equal ones.
pub(crate) fn argmax(values: &[f64]) -> usize {
    values.iter().enumerate().fold(0, |best, (i, v)| if *v > values[best] { i } else { best })
}

/// A model with the class that is explained.
pub struct Evaluator<'m> {
    model: &'m mut dyn Model,
    class: usize,
    batching: Batching,
    forwards: usize,
}

impl<'m> Evaluator<'m> {
    /// The score of a class.
    pub fn new(model: &'m mut dyn Model, class: usize) -> Evaluator<'m> {
        Evaluator { model, class, batching: Batching::default(), forwards: 0 }
    }

    /// The score of the class that the model predicts for an input.
    ///
    /// # Errors
    /// When the model can't be evaluated.
    pub fn predicted(model: &'m mut dyn Model, input: &[f64]) -> Result<Evaluator<'m>> {
        let mut evaluator = Evaluator::new(model, 0);
        evaluator.class = evaluator.outputs_of(input)?.predicted(0);
        Ok(evaluator)
    }

    /// With a number of rows per batch.
    pub fn batch(mut self, rows: usize) -> Evaluator<'m> {
        self.batching.rows = Some(rows);
        self
    }

    /// The class.
    pub fn class(&self) -> usize {
        self.class
    }

    /// How many inputs were evaluated so far.
    pub fn forwards(&self) -> usize {
        self.forwards
    }

    /// Hands all outputs over, batch by batch, with their number per row.
    pub(crate) fn each(
        &mut self,
        count: usize,
        width: usize,
        write: impl FnMut(usize, &mut [f64]) -> Result<()>,
        mut take: impl FnMut(&[f64], usize),
    ) -> Result<()> {
        let (model, class) = (&mut *self.model, self.class);
        let mut expected = None;
        self.batching.each(count, width, write, |_, rows| {
            let found = model.outputs(rows)?;
            let classes = found.len() / rows.len();
            let expected = *expected.get_or_insert(classes.max(1));
            if found.len() != rows.len() * expected {
                let what = "outputs of the model";
                return Err(MetricError::Size { what, expected: rows.len() * expected, found: found.len() });
            }
            if class >= classes {
                return Err(MetricError::Index { what: "explained class", index: class, len: classes });
            }
            finite(&found)?;
            take(&found, classes);
            Ok(())
        })?;
        self.forwards += count;
        Ok(())
    }

    /// All outputs for rows that `write` makes when they are needed, in order.
    ///
    /// # Errors
    /// When the model can't be evaluated, gives another number of outputs than the class needs, or a value isn't finite.
    pub fn outputs(
        &mut self,
        count: usize,
        width: usize,
        write: impl FnMut(usize, &mut [f64]) -> Result<()>,
    ) -> Result<Outputs> {
        let mut all = Outputs { values: Vec::new(), classes: 0 };
        self.each(count, width, write, |found, classes| {
            all.classes = classes;
            all.values.extend_from_slice(found);
        })?;
        Ok(all)
    }

    /// All outputs for one input.
    ///
    /// # Errors
    /// As [`Evaluator::outputs`].
    pub fn outputs_of(&mut self, input: &[f64]) -> Result<Outputs> {
        self.outputs(1, input.len(), |_, row| {
            row.copy_from_slice(input);
            Ok(())
        })
    }

    /// The score for one input.
    ///
    /// # Errors
    /// As [`Evaluator::outputs`].
    pub fn score(&mut self, input: &[f64]) -> Result<f64> {
        Ok(self.outputs_of(input)?.values[self.class])
    }

    /// Scores for rows that `write` makes when they are needed, in order.
    ///
    /// # Errors
    /// As [`Evaluator::outputs`].
    pub fn scores(
        &mut self,
        count: usize,
        width: usize,
        write: impl FnMut(usize, &mut [f64]) -> Result<()>,
    ) -> Result<Vec<f64>> {
        // Only the class is kept: a thousand classes for each of many rows would be a thousand times as much.
        let (class, mut scores) = (self.class, Vec::with_capacity(count));
        self.each(count, width, write, |found, classes| {
            scores.extend(found.chunks_exact(classes).map(|row| row[class]));
        })?;
        Ok(scores)
    }
}

/// Explains rows that `write` makes when they are needed, and hands each explanation over, in order; only one batch is held.
///
/// # Errors
/// When an input can't be explained, an explanation has another size than expected, or a value isn't finite.
pub fn explain_each(
    explainer: &mut dyn Explainer,
    batching: Batching,
    count: usize,
    width: usize,
    write: impl FnMut(usize, &mut [f64]) -> Result<()>,
    mut take: impl FnMut(usize, &[f64]) -> Result<()>,
) -> Result<()> {
    batching.each(count, width, write, |first, rows| {
        let found = explainer.explain(rows)?;
        if found.is_empty() || !found.len().is_multiple_of(rows.len()) {
            return Err(MetricError::Size { what: "explanations", expected: rows.values.len(), found: found.len() });
        }
        if found.iter().any(|v| !v.is_finite()) {
            return Err(Undefined::NonFinite.into());
        }
        let size = found.len() / rows.len();
        found.chunks_exact(size).enumerate().try_for_each(|(i, a)| take(first + i, a))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_made_when_they_are_needed_and_in_order() {
        let mut sizes = Vec::new();
        let mut model = |rows: Rows<'_>| {
            sizes.push(rows.len());
            Ok(rows.iter().flat_map(|r| [r[0], -r[0]]).collect::<Vec<f64>>())
        };
        let mut evaluator = Evaluator::new(&mut model, 1).batch(3);
        let scores = evaluator.scores(7, 2, |i, row| {
            row.fill(i as f64);
            Ok(())
        });
        assert_eq!(scores.unwrap(), [0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0]);
        assert_eq!(evaluator.forwards(), 7);
        assert_eq!(sizes, [3, 3, 1]);
    }

    #[test]
    fn models_that_misbehave_are_refused() {
        let write = |_: usize, row: &mut [f64]| {
            row.fill(1.0);
            Ok(())
        };
        let mut ragged = |rows: Rows<'_>| Ok(vec![0.0; 2 * rows.len() + usize::from(rows.len() == 1)]);
        assert!(matches!(Evaluator::new(&mut ragged, 0).batch(2).scores(3, 1, write), Err(MetricError::Size { .. })));
        let mut none = |_: Rows<'_>| Ok(Vec::new());
        assert!(matches!(Evaluator::new(&mut none, 0).scores(3, 1, write), Err(MetricError::Size { .. })));
        let mut two = |rows: Rows<'_>| Ok(vec![0.0; 2 * rows.len()]);
        assert!(matches!(Evaluator::new(&mut two, 2).scores(3, 1, write), Err(MetricError::Index { .. })));
        let mut nan = |rows: Rows<'_>| Ok(vec![f64::NAN; rows.len()]);
        let undefined = Evaluator::new(&mut nan, 0).scores(3, 1, write);
        assert!(matches!(undefined, Err(MetricError::Undefined(Undefined::NonFinite))));
        let mut fails = |_: Rows<'_>| Err(MetricError::model("no memory"));
        let failed = Evaluator::new(&mut fails, 0).scores(3, 1, write).unwrap_err();
        assert_eq!(failed.to_string(), "the model could not be evaluated: no memory");
    }
}
