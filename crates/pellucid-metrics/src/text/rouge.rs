//! ROUGE: overlap of n-grams, and the longest common subsequence.
//!
//! # Formula
//! ```text
//! ROUGE-N: P = hits / n-grams of the candidate,  R = hits / n-grams of the reference,  F = 2PR / (P + R)
//! ROUGE-L: P = LCS / |candidate|,  R = LCS / |reference|,  F_beta = (1 + beta^2) P R / (R + beta^2 P)
//! ```
//! ROUGE-Lsum takes, for each line of the reference, the union of its longest common subsequences with every line of the candidate; a token counts
//! at most as often as both texts have it.
//!
//! # Departures
//! The default is F1 of the reference with the best one, as in `rouge-score`; [`coco_rouge_l`] is the other convention. "F1" is never said of
//! `beta != 1`.
//!
//! # Source
//! Lin, ROUGE, ACL workshop 2004; `rouge-score` 0.1.2 and `pycocoevalcap` 1.2 for the conventions.

use std::collections::HashMap;

use super::lcs::{lcs_length, lcs_positions};
use super::ngram::{Vocabulary, counts, overlap};
use super::prf::PrecisionRecall;
use crate::Outcome;
use crate::text::{Segment, Tokenizer};

/// ROUGE-N of a candidate against one reference; `n` at least 1. An empty side gives 0.
pub fn rouge_n_pair<S: AsRef<str>>(candidate: &[S], reference: &[S], n: usize) -> PrecisionRecall {
    let mut vocabulary = Vocabulary::default();
    let (candidate, reference) = (vocabulary.ids(candidate), vocabulary.ids(reference));
    let n = n.max(1);
    let hits = overlap(&counts(&candidate, n), &counts(&reference, n)) as usize;
    let grams = |len: usize| (len + 1).saturating_sub(n);
    PrecisionRecall::from_counts(hits, grams(candidate.len()), grams(reference.len()))
}

/// ROUGE-L of a candidate against one reference, F with the given `beta`. An empty side gives 0.
pub fn rouge_l_pair<S: AsRef<str>>(candidate: &[S], reference: &[S], beta: f64) -> PrecisionRecall {
    let mut vocabulary = Vocabulary::default();
    let (candidate, reference) = (vocabulary.ids(candidate), vocabulary.ids(reference));
    let length = lcs_length(&candidate, &reference);
    let plain = PrecisionRecall::from_counts(length, candidate.len(), reference.len());
    PrecisionRecall::weighted(plain.precision, plain.recall, beta)
}

/// ROUGE-N against the reference with the best F1.
///
/// # Errors
/// [`crate::Undefined::NoReferences`].
pub fn rouge_n(segment: &Segment, n: usize) -> Outcome<PrecisionRecall> {
    best(segment, |reference| rouge_n_pair(&segment.candidate, reference, n))
}

/// ROUGE-L against the reference with the best F1.
///
/// # Errors
/// [`crate::Undefined::NoReferences`].
pub fn rouge_l(segment: &Segment) -> Outcome<PrecisionRecall> {
    best(segment, |reference| rouge_l_pair(&segment.candidate, reference, 1.0))
}

/// ROUGE-L as the COCO caption tool has it: the largest precision and the largest recall, whichever references they come from. Its `beta` is 1.2.
///
/// # Errors
/// [`crate::Undefined::NoReferences`].
pub fn coco_rouge_l(segment: &Segment, beta: f64) -> Outcome<PrecisionRecall> {
    let pairs = segment.references()?.iter().map(|r| rouge_l_pair(&segment.candidate, r, beta));
    let (p, r) = pairs.fold((0.0f64, 0.0f64), |(p, r), next| (p.max(next.precision), r.max(next.recall)));
    Ok(PrecisionRecall::weighted(p, r, beta))
}

fn best(segment: &Segment, score: impl Fn(&[String]) -> PrecisionRecall) -> Outcome<PrecisionRecall> {
    let scores = segment.references()?.iter().map(|r| score(r));
    Ok(scores.reduce(PrecisionRecall::better).unwrap_or_default())
}

/// ROUGE-Lsum of a text against one reference, both split into lines. An empty side gives 0.
pub fn rouge_lsum_pair(tokenizer: Tokenizer, candidate: &str, reference: &str) -> PrecisionRecall {
    let lines = |text: &str| -> Vec<Vec<String>> {
        text.split('\n').filter(|l| !l.is_empty()).map(|l| tokenizer.tokenize(l)).collect()
    };
    let (candidate, reference) = (lines(candidate), lines(reference));
    let mut vocabulary = Vocabulary::default();
    let candidate: Vec<Vec<u32>> = candidate.iter().map(|l| vocabulary.ids(l)).collect();
    let reference: Vec<Vec<u32>> = reference.iter().map(|l| vocabulary.ids(l)).collect();
    let (mut left_c, mut left_r) = (tally(&candidate), tally(&reference));
    let mut hits = 0;
    for line in &reference {
        for at in union_of_lcs(line, &candidate) {
            if let (Some(c @ 1..), Some(r @ 1..)) = (left_c.get_mut(&line[at]), left_r.get_mut(&line[at])) {
                (*c, *r) = (*c - 1, *r - 1);
                hits += 1;
            }
        }
    }
    let tokens = |lines: &[Vec<u32>]| lines.iter().map(Vec::len).sum();
    PrecisionRecall::from_counts(hits, tokens(&candidate), tokens(&reference))
}

/// ROUGE-Lsum against the reference with the best F1.
///
/// # Errors
/// [`crate::Undefined::NoReferences`].
pub fn rouge_lsum<R: AsRef<str>>(tokenizer: Tokenizer, candidate: &str, references: &[R]) -> Outcome<PrecisionRecall> {
    let scores = references.iter().map(|r| rouge_lsum_pair(tokenizer, candidate, r.as_ref()));
    scores.reduce(PrecisionRecall::better).ok_or(crate::Undefined::NoReferences)
}

fn tally(lines: &[Vec<u32>]) -> HashMap<u32, usize> {
    let mut tally = HashMap::new();
    for &token in lines.iter().flatten() {
        *tally.entry(token).or_insert(0) += 1;
    }
    tally
}

/// Positions of a reference line that lie on its longest common subsequence with some line of the candidate, ascending.
fn union_of_lcs(line: &[u32], candidate: &[Vec<u32>]) -> Vec<usize> {
    let mut positions: Vec<usize> = candidate.iter().flat_map(|other| lcs_positions(line, other)).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}
