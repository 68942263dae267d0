//! The score of a masked input on the host: the target itself, or the probability that belongs to it.

use pellucid_graph::{DType, Tensor};

use crate::context::Context;
use crate::context::Make;
use crate::decision::Decision;
use crate::target::{Head, Objective, Target, apply_head};
use crate::{ExplainError, Result};

/// What a masked input is worth.
#[derive(Clone, Debug)]
pub(crate) struct Scorer {
    objective: Objective,
    /// Applied to the values before the objective's own head.
    first: Option<Head>,
    offset: f64,
    /// When there is one, the score is the number of the decision.
    decision: Option<Decision>,
}

impl Scorer {
    /// The target as it was asked for.
    pub fn target(objective: &Objective) -> Scorer {
        Scorer { objective: objective.clone(), first: None, offset: 0.0, decision: None }
    }

    /// The number of the decision.
    pub fn decision(objective: &Objective, decision: Decision) -> Scorer {
        Scorer { decision: Some(decision), ..Scorer::target(objective) }
    }

    /// The probability that belongs to a target, and why it isn't one when there is none.
    ///
    /// Logits become softmax probabilities; sigmoid ones where the model ends in a sigmoid or has one signed logit. A region becomes the mean
    /// probability over the frozen mask, a contrast the difference of the two probabilities. A target that isn't a logit (a probability, a
    /// margin, a unit, a similarity, a regression value) stays as it is.
    pub fn probability(objective: &Objective) -> (Scorer, Option<String>) {
        let as_it_is = |why: &str| (Scorer::target(objective), Some(format!("scores are the target itself: {why}")));
        let sigmoid = objective.stepped_over.as_deref() == Some("Sigmoid");
        let single = objective.weight.shape().get(objective.class_axis).copied().unwrap_or(1) == 1;
        match (&objective.target, objective.head) {
            (_, Head::Softmax | Head::LogSoftmax | Head::Sigmoid) => (Scorer::target(objective), None),
            (Target::Sign { sign }, Head::Logit) => {
                // the probability of class 0 is one minus that of class 1
                let offset = if *sign < 0.0 { 1.0 } else { 0.0 };
                (Scorer { offset, ..Scorer::with_head(objective, Head::Sigmoid) }, None)
            }
            (Target::Logit { .. }, Head::Logit) if single && !sigmoid => as_it_is("a single value has no probability"),
            (Target::Logit { .. } | Target::Contrast { .. } | Target::Region { .. }, Head::Logit) => {
                let head = if sigmoid || single { Head::Sigmoid } else { Head::Softmax };
                (Scorer::with_head(objective, head), None)
            }
            _ => as_it_is("it has no probability"),
        }
    }

    /// Softmax over the model's outputs, whether or not they are probabilities already.
    pub fn softmax_of_outputs(objective: &Objective) -> (Scorer, Option<String>) {
        let first = match objective.stepped_over.as_deref() {
            Some("Softmax") => Some(Head::Softmax),
            Some("LogSoftmax") => Some(Head::LogSoftmax),
            Some("Sigmoid") => Some(Head::Sigmoid),
            _ => None,
        };
        if objective.head != Head::Logit {
            return (Scorer::target(objective), None);
        }
        (Scorer { first, ..Scorer::with_head(objective, Head::Softmax) }, None)
    }

    /// A logit objective under another head, weights scaled so that those above 0 add up to 1.
    fn with_head(objective: &Objective, head: Head) -> Scorer {
        let weight = objective.weight.to_f64();
        let total: f64 = weight.iter().filter(|w| **w > 0.0).sum();
        let scale = if total > 0.0 { 1.0 / total } else { 1.0 };
        let weight = weight.iter().map(|w| w * scale).collect();
        let weight = Tensor::from_f64(DType::F64, objective.weight.shape().to_vec(), weight);
        Scorer { objective: Objective { head, weight, ..objective.clone() }, first: None, offset: 0.0, decision: None }
    }

    /// The objective that the score of [`Scorer::target`] and [`Scorer::probability`] is, up to [`Scorer::offset`].
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// What is added to the objective.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// The score from the value of the objective's wire.
    pub fn of(&self, value: &Tensor) -> f64 {
        if let Some(decision) = &self.decision {
            let finite = value.first_non_finite().is_none();
            return if finite { decision.label(value) } else { f64::NAN };
        }
        let score = match self.first {
            None => self.objective.of(value),
            Some(head) => {
                let y = apply_head(head, &value.to_f64(), value.shape(), self.objective.class_axis);
                self.objective.of(&Tensor::from_f64(DType::F64, value.shape().to_vec(), y))
            }
        };
        score + self.offset
    }
}

/// Scores of `count` samples that `make` gives, in order.
pub(crate) fn scores(
    context: &mut Context,
    scorer: &Scorer,
    count: usize,
    label: &str,
    make: Make,
) -> Result<Vec<f64>> {
    let mut out = Vec::with_capacity(count);
    each_score(context, scorer, count, label, make, &mut |_, score| {
        out.push(score);
        Ok(())
    })?;
    Ok(out)
}

/// The same, each score handed to `sink` with the index of its sample as soon as it is known.
pub(crate) fn each_score(
    context: &mut Context,
    scorer: &Scorer,
    count: usize,
    label: &str,
    make: Make,
    sink: &mut dyn FnMut(usize, f64) -> Result<()>,
) -> Result<()> {
    let wire = context.objective.wire.clone();
    context.values(count, label, make, &mut |i, values| {
        let score = scorer.of(&values[0]);
        if !score.is_finite() {
            return Err(ExplainError::NonFinite { wire: format!("{wire}` of perturbed sample `{i}"), index: 0 });
        }
        sink(i, score)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Reference, Region, RegionReduce};

    fn objective(target: &Target, value: &Tensor, stepped_over: Option<&str>) -> Objective {
        target.resolve(&Reference { wire: "y", value, class_axis: 1, stepped_over, labels: &[] }).unwrap()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn logits_become_softmax_or_sigmoid_probabilities() {
        let y = Tensor::f32(&[1, 3], vec![1.0, 2.0, 0.0]).unwrap();
        let total = 1f64.exp() + 2f64.exp() + 1.0;
        let logit = objective(&Target::Logit { index: 1 }, &y, None);
        close(Scorer::probability(&logit).0.of(&y), 2f64.exp() / total);
        let label = objective(&Target::Logit { index: 1 }, &y, Some("Sigmoid"));
        close(Scorer::probability(&label).0.of(&y), 1.0 / (1.0 + (-2f64).exp()));
        let contrast = objective(&Target::Contrast { index: 1, against: 0 }, &y, None);
        close(Scorer::probability(&contrast).0.of(&y), (2f64.exp() - 1f64.exp()) / total);
    }

    #[test]
    fn both_sides_of_a_single_logit_have_a_probability() {
        let y = Tensor::f32(&[1, 1], vec![2.0]).unwrap();
        for sign in [1.0, -1.0] {
            let o = objective(&Target::Sign { sign }, &y, Some("Sigmoid"));
            close(Scorer::probability(&o).0.of(&y), 1.0 / (1.0 + (-2.0 * sign).exp()));
        }
        let regression = objective(&Target::Logit { index: 0 }, &y, None);
        let (scorer, note) = Scorer::probability(&regression);
        close(scorer.of(&y), 2.0);
        assert!(note.is_some());
    }

    #[test]
    fn a_region_has_the_mean_probability_over_its_mask() {
        let y = Tensor::f32(&[1, 2, 1, 3], vec![0.0, 0.0, 5.0, 1.0, 2.0, 0.0]).unwrap();
        let target = Target::Region { index: 1, mask: Region::Predicted, reduce: RegionReduce::LogitSum };
        let p = |d: f64| 1.0 / (1.0 + (-d).exp());
        let expected = 0.5 * (p(1.0) + p(2.0));
        close(Scorer::probability(&objective(&target, &y, None)).0.of(&y), expected);
        let asked = Target::Region { index: 1, mask: Region::Predicted, reduce: RegionReduce::MeanProbability };
        close(Scorer::probability(&objective(&asked, &y, None)).0.of(&y), expected);
    }

    #[test]
    fn softmax_is_applied_twice_when_the_preset_does() {
        let y = Tensor::f32(&[1, 2], vec![0.0, 3f32.ln()]).unwrap();
        let o = objective(&Target::Logit { index: 1 }, &y, Some("Softmax"));
        let (p0, p1) = (0.25f64, 0.75f64);
        let twice = p1.exp() / (p0.exp() + p1.exp());
        assert!((Scorer::softmax_of_outputs(&o).0.of(&y) - twice).abs() < 1e-7);
    }
}
