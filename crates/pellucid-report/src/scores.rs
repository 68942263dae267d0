//! What the model decided: classes with scores.

use pellucid_explain::Outcome;

use crate::number::{percent, short};

/// How the numbers of a decision are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Probabilities that add up to 1.
    Softmax,
    /// A probability for each label by itself.
    Sigmoid,
    /// Outputs as they are: the file doesn't say what they mean.
    Raw,
    /// Shares of the positions of a segmentation.
    Regions,
}

/// One class.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Score {
    /// Index of the class.
    pub index: usize,
    /// Name of the class.
    pub label: String,
    /// Output before the activation; mean over positions for a segmentation.
    pub raw: f64,
    /// Probability or share of positions; none for raw outputs.
    pub share: Option<f64>,
}

/// The model's output for one sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    pub reading: Reading,
    /// Every class, by index.
    pub scores: Vec<Score>,
}

/// The probability that the model gives a class, from 0 to 1, where its output ends in a softmax or sigmoid; `None` for raw outputs, whose
/// meaning the file doesn't say, for single outputs, which name no class, for segmentations, and where there is no such class.
pub fn probability(outcome: &Outcome, class: usize) -> Option<f64> {
    let decision = Decision::of(outcome, &[]);
    match decision.reading {
        Reading::Softmax | Reading::Sigmoid if decision.scores.len() > 1 => {
            decision.scores.iter().find(|s| s.index == class)?.share
        }
        _ => None,
    }
}

impl Decision {
    /// The decision of an outcome.
    pub fn of(outcome: &Outcome, labels: &[String]) -> Decision {
        let (values, shape) = (outcome.value.to_f64(), outcome.value.shape());
        let axis = outcome.output.class_axis;
        let k = shape.get(axis).copied().unwrap_or(1).max(1);
        let inner: usize = shape.iter().skip(axis + 1).product();
        let positions = values.len() / k;
        let at = |p: usize, c: usize| values[(p / inner * k + c) * inner + p % inner];
        let mean = |c: usize| (0..positions).map(|p| at(p, c)).sum::<f64>() / positions.max(1) as f64;
        let activation = outcome.output.activation.as_deref();
        let (reading, shares) = if positions > 1 {
            (Reading::Regions, shares_of_positions(k, positions, at).into_iter().map(Some).collect())
        } else {
            match activation {
                Some("Softmax" | "LogSoftmax") if k > 1 => {
                    (Reading::Softmax, softmax(&values).into_iter().map(Some).collect())
                }
                Some("Sigmoid") => (Reading::Sigmoid, values.iter().map(|v| Some(sigmoid(*v))).collect()),
                _ => (Reading::Raw, vec![None; k]),
            }
        };
        let raw: Vec<f64> = (0..k).map(mean).collect();
        let mut scores: Vec<Score> = raw
            .into_iter()
            .zip(shares)
            .enumerate()
            .map(|(index, (raw, share))| Score { index, label: label(labels, index, k), raw, share })
            .collect();
        if k == 1 && reading == Reading::Sigmoid && labels.len() == 2 {
            let p = scores[0].share.unwrap_or(0.0);
            scores = vec![
                Score { index: 0, label: labels[0].clone(), raw: -scores[0].raw, share: Some(1.0 - p) },
                Score { index: 1, label: labels[1].clone(), raw: scores[0].raw, share: Some(p) },
            ];
        }
        Decision { reading, scores }
    }

    /// Classes from the highest score down; a segmentation's background (class 0 of several) keeps its place.
    pub fn ranked(&self) -> Vec<&Score> {
        let mut all: Vec<&Score> = self.scores.iter().collect();
        let key = |s: &Score| s.share.unwrap_or(s.raw);
        all.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.index.cmp(&b.index)));
        all
    }

    /// The decision in one sentence.
    pub fn headline(&self) -> String {
        let ranked = self.ranked();
        let Some(best) = ranked.first() else { return "the model gave no value".into() };
        match self.reading {
            Reading::Softmax => format!("{}, probability {}", best.label, percent(best.share.unwrap_or(0.0))),
            Reading::Sigmoid if self.scores.len() <= 2 => {
                format!("{}, probability {}", best.label, percent(best.share.unwrap_or(0.0)))
            }
            Reading::Sigmoid => {
                let above = self.scores.iter().filter(|s| s.share.is_some_and(|p| p > 0.5)).count();
                format!("{above} of {} labels above 50 %, highest {}", self.scores.len(), best.label)
            }
            Reading::Raw if self.scores.len() == 1 => format!("{} = {}", best.label, short(best.raw)),
            Reading::Raw => format!("{}, highest of {} raw outputs", best.label, self.scores.len()),
            Reading::Regions => {
                let found = ranked.iter().find(|s| s.index > 0 || self.scores.len() == 1).unwrap_or(best);
                format!("{} at {} of the positions", found.label, percent(found.share.unwrap_or(0.0)))
            }
        }
    }

    /// How the numbers are to be read.
    pub fn explanation(&self) -> &'static str {
        match self.reading {
            Reading::Softmax => "Probabilities by the model's softmax; they add up to 100 % whatever the image shows.",
            Reading::Sigmoid => "Probability of each label by itself, by the model's sigmoid.",
            Reading::Raw => "Raw outputs: the file ends without softmax or sigmoid, so these aren't probabilities.",
            Reading::Regions if self.scores.len() == 1 => "Share of the positions at which the output is above 0.",
            Reading::Regions => "Share of the positions at which each class has the highest score.",
        }
    }

    /// What the shares are.
    pub fn share_name(&self) -> &'static str {
        if self.reading == Reading::Regions { "Positions" } else { "Probability" }
    }
}

fn label(labels: &[String], index: usize, k: usize) -> String {
    match labels.get(index) {
        Some(name) => name.clone(),
        None if k == 1 => "output".into(),
        None => format!("class {index}"),
    }
}

/// Share of positions that each class wins (the first of equal ones); of a single class, where its logit is positive.
fn shares_of_positions(k: usize, positions: usize, at: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut wins = vec![0usize; k];
    for p in 0..positions {
        let best = (1..k).fold(0, |best, c| if at(p, c) > at(p, best) { c } else { best });
        wins[best] += usize::from(k > 1 || at(p, 0) > 0.0);
    }
    wins.into_iter().map(|n| n as f64 / positions as f64).collect()
}

fn softmax(y: &[f64]) -> Vec<f64> {
    let max = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = y.iter().map(|v| (v - max).exp()).sum();
    y.iter().map(|v| (v - max).exp() / total).collect()
}

fn sigmoid(v: f64) -> f64 {
    1.0 / (1.0 + (-v).exp())
}

#[cfg(test)]
mod tests {
    use pellucid_explain::Output;
    use pellucid_graph::Tensor;

    use super::*;

    fn outcome(shape: &[usize], values: &[f32], activation: Option<&str>) -> Outcome {
        let output = Output {
            name: "y".into(),
            wire: "y".into(),
            activation: activation.map(str::to_string),
            shape: shape.to_vec(),
            class_axis: 1,
        };
        let value = Tensor::f32(shape, values.to_vec()).unwrap();
        Outcome { output, value, explanations: vec![] }
    }

    fn decision(shape: &[usize], values: &[f32], activation: Option<&str>, labels: &[&str]) -> Decision {
        let labels: Vec<String> = labels.iter().map(|l| (*l).to_string()).collect();
        Decision::of(&outcome(shape, values, activation), &labels)
    }

    #[test]
    fn probabilities_are_told_of_classes_only() {
        let two = outcome(&[1, 2], &[0.0, 3f32.ln()], Some("Softmax"));
        assert!((probability(&two, 1).unwrap() - 0.75).abs() < 1e-6);
        assert_eq!(probability(&two, 2), None);
        assert_eq!(probability(&outcome(&[1, 2], &[0.0, 0.0], Some("Sigmoid")), 0), Some(0.5));
        for (shape, activation) in [(&[1, 2][..], None), (&[1, 1], Some("Sigmoid")), (&[1, 2, 2], Some("Softmax"))] {
            let n = shape.iter().product();
            assert_eq!(probability(&outcome(shape, &vec![1.0; n], activation), 0), None, "{shape:?}");
        }
    }

    #[test]
    fn softmax_and_sigmoid_heads_give_probabilities() {
        let d = decision(&[1, 2], &[0.0, 3f32.ln()], Some("Softmax"), &["normal", "pneumonia"]);
        assert_eq!(d.headline(), "pneumonia, probability 75 %");
        assert_eq!(d.ranked()[1].label, "normal");
        let d = decision(&[1, 3], &[0.0, 3f32.ln(), -9.0], Some("Sigmoid"), &[]);
        assert_eq!(d.headline(), "1 of 3 labels above 50 %, highest class 1");
        assert_eq!(d.scores[0].share, Some(0.5));
        let d = decision(&[1, 1], &[-3f32.ln()], Some("Sigmoid"), &["benign", "malignant"]);
        assert_eq!(d.headline(), "benign, probability 75 %");
    }

    #[test]
    fn raw_outputs_are_called_so() {
        let d = decision(&[1, 3], &[0.5, 3.0, -9.0], None, &[]);
        assert_eq!(d.headline(), "class 1, highest of 3 raw outputs");
        assert_eq!(decision(&[1, 1], &[12.34], None, &[]).headline(), "output = 12.3");
    }

    #[test]
    fn segmentations_count_positions() {
        let values = [0.0, 0.0, 5.0, 0.0, 1.0, 2.0, 3.0, -1.0];
        let d = decision(&[1, 2, 2, 2], &values, Some("Softmax"), &["background", "vessel"]);
        assert_eq!(d.scores[1].share, Some(0.5));
        assert_eq!(d.headline(), "vessel at 50 % of the positions");
        let d = decision(&[1, 1, 2, 2], &[1.0, -1.0, -1.0, -1.0], Some("Sigmoid"), &[]);
        assert_eq!((d.scores[0].share, d.scores[0].raw), (Some(0.25), -0.5));
    }
}
