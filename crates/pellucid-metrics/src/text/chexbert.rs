//! CheXbert F1: agreement of the 14 labels of chest-radiograph reports, on labels that are given.
//!
//! # Formula
//! Per label `F1 = 2 TP / (2 TP + FP + FN)` over reports, 0 where nothing is positive. Macro is the mean over labels, micro sums the counts first.
//!
//! # Departures
//! The labels come from a model that isn't part of this tool. An uncertain mention counts as positive in the common setting
//! ([`Positive::WithUncertain`]).
//!
//! # Source
//! Smit et al., CheXbert, EMNLP 2020; micro and macro over 14 and over five labels as Miura et al., NAACL 2021.

use serde::Serialize;

use crate::{Outcome, Undefined};

/// Labels, in CheXbert's order.
pub const LABELS: [&str; 14] = [
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
    "No Finding",
];

/// Indices of cardiomegaly, edema, consolidation, atelectasis, pleural effusion.
pub const FIVE: [usize; 5] = [1, 4, 5, 7, 9];

/// What a report says of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// Nothing.
    Blank,
    /// Present.
    Positive,
    /// Absent.
    Negative,
    /// Perhaps.
    Uncertain,
}

impl Mention {
    /// From CheXbert's class: 0 blank, 1 positive, 2 negative, 3 uncertain.
    pub fn from_class(class: u8) -> Option<Self> {
        [Self::Blank, Self::Positive, Self::Negative, Self::Uncertain].get(usize::from(class)).copied()
    }
}

/// Labels of a report.
pub type Labels = [Mention; 14];

/// Which mentions are positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Positive {
    /// Positive and uncertain.
    WithUncertain,
    /// Positive alone.
    Alone,
}

impl Positive {
    fn is(self, mention: Mention) -> bool {
        mention == Mention::Positive || (self == Self::WithUncertain && mention == Mention::Uncertain)
    }
}

/// F1 over a set of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelF1 {
    /// Counts summed over labels first.
    pub micro: f64,
    /// Mean over labels.
    pub macro_mean: f64,
    /// Each label.
    pub per_label: Vec<f64>,
}

/// F1 of the labels of candidates against those of references, over the labels with these indices ([`FIVE`], or `0..14`); indices from 14 on are
/// left out.
///
/// # Errors
/// [`Undefined::NoInstances`] without a report or a label.
pub fn chexbert_f1(reports: &[(Labels, Labels)], positive: Positive, labels: &[usize]) -> Outcome<LabelF1> {
    let counts: Vec<Counts> =
        labels.iter().filter(|&&l| l < LABELS.len()).map(|&l| Counts::of(reports, positive, l)).collect();
    if reports.is_empty() || counts.is_empty() {
        return Err(Undefined::NoInstances);
    }
    let per_label: Vec<f64> = counts.iter().map(Counts::f1).collect();
    let macro_mean = per_label.iter().sum::<f64>() / per_label.len() as f64;
    let sum = |field: fn(&Counts) -> usize| counts.iter().map(field).sum();
    let micro = Counts { hits: sum(|c| c.hits), candidate: sum(|c| c.candidate), reference: sum(|c| c.reference) }.f1();
    Ok(LabelF1 { micro, macro_mean, per_label })
}

/// Positive reports: on both sides, by the candidate, by the reference.
struct Counts {
    hits: usize,
    candidate: usize,
    reference: usize,
}

impl Counts {
    fn of(reports: &[(Labels, Labels)], positive: Positive, label: usize) -> Self {
        let count = |test: &dyn Fn(bool, bool) -> bool| {
            reports.iter().filter(|(c, r)| test(positive.is(c[label]), positive.is(r[label]))).count()
        };
        Self { hits: count(&|c, r| c && r), candidate: count(&|c, _| c), reference: count(&|_, r| r) }
    }

    fn f1(&self) -> f64 {
        match self.candidate + self.reference {
            0 => 0.0,
            all => 2.0 * self.hits as f64 / all as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncertain_counts_only_where_it_is_said_to() {
        let mut reference = [Mention::Blank; 14];
        reference[1] = Mention::Uncertain;
        let mut candidate = [Mention::Negative; 14];
        candidate[1] = Mention::Positive;
        let f = |positive| chexbert_f1(&[(candidate, reference)], positive, &FIVE).unwrap().micro;
        assert_eq!((f(Positive::WithUncertain), f(Positive::Alone)), (1.0, 0.0));
        assert_eq!(chexbert_f1(&[], Positive::Alone, &FIVE), Err(Undefined::NoInstances));
    }
}
