//! The curve of scores while an input turns into another one, group by group.

use crate::error::{MetricError, Result, inside, same_len};
use crate::model::Evaluator;

/// An input that turns into another one.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// Where it starts.
    pub start: &'a [f64],
    /// What it turns into.
    pub end: &'a [f64],
    /// How many values share an index: all channels of a site change together. 1 for flat features.
    pub channels: usize,
}

impl Walk<'_> {
    /// Number of indices.
    pub(crate) fn places(&self) -> usize {
        self.start.len() / self.channels.max(1)
    }

    /// Turns the values at some indices.
    pub(crate) fn turn(&self, state: &mut [f64], indices: &[usize]) {
        let places = self.places();
        for c in 0..self.channels {
            for &i in indices {
                state[c * places + i] = self.end[c * places + i];
            }
        }
    }

    /// Scores after 0, 1, 2, .. groups were turned: one more than there are groups.
    ///
    /// # Errors
    /// When sizes differ, an index lies outside, or the model fails.
    pub fn scores<'g>(
        &self,
        evaluator: &mut Evaluator,
        groups: impl ExactSizeIterator<Item = &'g [usize]>,
    ) -> Result<Vec<f64>> {
        same_len("end of the walk", self.start.len(), self.end.len())?;
        let mut groups = groups;
        let mut state = self.start.to_vec();
        evaluator.scores(groups.len() + 1, self.start.len(), |i, row| {
            if i > 0 {
                let group = groups.next().unwrap_or_default();
                inside("removed position", group, self.places())?;
                self.turn(&mut state, group);
            }
            row.copy_from_slice(&state);
            Ok(())
        })
    }
}

/// Refuses a step of 0.
pub(crate) fn positive_step(step: usize) -> Result<usize> {
    if step == 0 { Err(MetricError::parameter("step", step, "at least 1")) } else { Ok(step) }
}

/// Fraction of `n` that was changed after 0, 1, 2, .. steps.
pub(crate) fn fractions(n: usize, step: usize) -> Vec<f64> {
    (0..=n.div_ceil(step)).map(|t| (t * step).min(n) as f64 / n as f64).collect()
}
