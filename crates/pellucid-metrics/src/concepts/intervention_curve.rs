//! Accuracy while predicted concepts are replaced by the truth, group by group.
//!
//! # Formula
//! ```text
//! acc(t) = share of samples whose label the head gives after t groups were replaced,   t = 0 .. G
//! AUC    = (sum_t acc(t) - acc(0)/2 - acc(G)/2) / G,    gain = acc(G) - acc(0)
//! ```
//!
//! # Symbols
//! - probabilities become 0 or 1; logits become the 5th or 95th percentile of that logit in training
//! - groups: concepts that are asked for together; their order is given per sample: random, fixed, or the most uncertain first
//!
//! # Cost
//! G + 1 passes of the label head per sample.
//!
//! # Departures
//! Over random orders take the mean; published code takes the maximum.
//!
//! # Source
//! koh2020concept.

use crate::area;
use crate::error::{MetricError, Result, attempt, finite, inside, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Evaluator, Model, Rows};
use crate::random::Stream;
use crate::ranking::ascending;
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};

/// Intervention curve.
pub static INFO: MetricInfo = MetricInfo {
    id: "intervention-curve",
    name: "Intervention curve",
    family: Family::Concepts,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "accuracy without intervention",
    summary: "Accuracy while predicted concepts are replaced by the truth, group by group",
    needs: &[Need::Model, Need::Labels],
    cost: "groups + 1 passes of the head",
    sources: &["koh2020concept"],
    file: include_str!("intervention_curve.rs"),
};

/// What a true concept value is for the label head.
#[derive(Clone, Copy, Debug)]
pub enum Truth<'a> {
    /// 0 or 1.
    Probability,
    /// A percentile of the concept's logit in training.
    Logit {
        /// 5th percentile per concept, for absent ones.
        low: &'a [f64],
        /// 95th percentile per concept, for present ones.
        high: &'a [f64],
    },
}

/// A data set with its predicted and true concepts.
#[derive(Clone, Copy, Debug)]
pub struct Bottleneck<'a> {
    /// Predicted values, as the label head takes them: `samples x concepts`.
    pub predicted: Rows<'a>,
    /// True concepts, `samples x concepts`.
    pub present: &'a [bool],
    /// What a true value is for the head.
    pub truth: Truth<'a>,
    /// Concepts of each group.
    pub groups: &'a [Vec<usize>],
    /// True classes.
    pub labels: &'a [usize],
}

impl Bottleneck<'_> {
    fn check(&self, orders: &[Vec<usize>]) -> Result<()> {
        let (samples, concepts) = (self.predicted.len(), self.predicted.width);
        same_len("true concepts", samples * concepts, self.present.len())?;
        same_len("labels", samples, self.labels.len())?;
        same_len("orders of groups", samples, orders.len())?;
        if let Truth::Logit { low, high } = self.truth {
            same_len("5th percentiles", concepts, low.len())?;
            same_len("95th percentiles", concepts, high.len())?;
        }
        self.groups.iter().try_for_each(|g| inside("concept of a group", g, concepts))?;
        for order in orders {
            same_len("order of groups", self.groups.len(), order.len())?;
            inside("group of an order", order, self.groups.len())?;
        }
        Ok(())
    }

    fn value(&self, sample: usize, concept: usize) -> f64 {
        let present = self.present[sample * self.predicted.width + concept];
        match self.truth {
            Truth::Probability => f64::from(u8::from(present)),
            Truth::Logit { high, .. } if present => high[concept],
            Truth::Logit { low, .. } => low[concept],
        }
    }
}

/// Area under the curve of accuracies; part `gain`. `orders` has, for each sample, the groups in the order of their replacement.
///
/// # Errors
/// When sizes differ, an index lies outside, or the head fails.
pub fn evaluate(head: &mut dyn Model, data: &Bottleneck, orders: &[Vec<usize>]) -> Result<Score> {
    data.check(orders)?;
    let (samples, width, steps) = (data.predicted.len(), data.predicted.width, data.groups.len());
    let found = attempt(|| {
        finite(data.predicted.values)?;
        if samples == 0 {
            return Err(Undefined::NoInstances.into());
        }
        let outputs = Evaluator::new(head, 0).outputs(samples * (steps + 1), width, |i, row| {
            let (step, sample) = (i / samples, i % samples);
            row.copy_from_slice(&data.predicted.values[sample * width..(sample + 1) * width]);
            for &group in &orders[sample][..step] {
                data.groups[group].iter().for_each(|&c| row[c] = data.value(sample, c));
            }
            Ok(())
        })?;
        inside("label", data.labels, outputs.classes)?;
        let right =
            |step: usize| (0..samples).filter(|&s| outputs.predicted(step * samples + s) == data.labels[s]).count();
        Ok((0..=steps).map(|step| right(step) as f64 / samples as f64).collect::<Vec<f64>>())
    })?;
    Ok(match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(curve) => {
            let gain = curve[steps] - curve[0];
            let x = (0..=steps).map(|t| t as f64).collect();
            Score::of(&INFO, area::uniform(&curve)).part("gain", gain).curve(x, curve)
        }
    }
    .param("groups", steps))
}

/// For each sample, the most uncertain group first: ascending mean of `|p - 0.5|`, equal ones by lower index.
///
/// # Errors
/// When a concept lies outside, a group is empty or a probability isn't finite.
pub fn by_uncertainty(probabilities: Rows, groups: &[Vec<usize>]) -> Result<Vec<Vec<usize>>> {
    groups.iter().try_for_each(|g| inside("concept of a group", g, probabilities.width))?;
    if groups.iter().any(Vec::is_empty) {
        return Err(MetricError::parameter("group", "[]", "at least one concept"));
    }
    let distance = |row: &[f64], g: &[usize]| g.iter().map(|&c| (row[c] - 0.5).abs()).sum::<f64>() / g.len() as f64;
    let order = |row: &[f64]| ascending(&groups.iter().map(|g| distance(row, g)).collect::<Vec<f64>>());
    Ok(probabilities.iter().map(order).collect::<Outcome<Vec<_>>>()?)
}

/// Draws an order of groups for each sample.
pub fn random_orders(samples: usize, groups: usize, seed: u64) -> Vec<Vec<usize>> {
    let stream = Stream::new(seed, 0x6363);
    (0..samples as u64).map(|s| stream.part(s).permutation(groups)).collect()
}
