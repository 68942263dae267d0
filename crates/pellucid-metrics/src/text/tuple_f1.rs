//! F1 of the tuples of scene graphs: the scoring step of SPICE, on tuples that are given.
//!
//! # Formula
//! ```text
//! P = tp / |C|,   R = tp / |G|,   F1 = 2PR / (P + R)
//! ```
//! A tuple is `(object)`, `(object, attribute)` or `(object, relation, object)`. Two tuples match when they have the same length and every part is
//! equal or a synonym.
//!
//! # Departures
//! This isn't SPICE: SPICE gets its tuples from a dependency parser that isn't part of this tool. [`Matching::SpiceRule`] is its rule, where a tuple
//! of the reference may be matched several times, so that recall and F1 can exceed 1 with synonyms; [`Matching::OneToOne`] is the strict one.
//!
//! # Source
//! Anderson et al., SPICE, ECCV 2016, section 3.3; the rule that references aren't used up as in SPICE 1.0.

use serde::Serialize;

use super::prf::{PrecisionRecall, share};
use super::synonyms::{Synonyms, intersect};
use crate::{Outcome, Undefined};

/// A tuple: one to three parts, in order.
pub type Tuple = Vec<String>;

/// How tuples are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// A tuple of the candidate counts if any tuple of the reference matches it. No tuples at all give 0.
    SpiceRule,
    /// Each tuple is matched once at most, and as many as possible are. No tuples at all are undefined.
    OneToOne,
}

/// Agreement of two sets of tuples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TupleScore {
    /// Matched tuples of the candidate.
    pub true_positives: usize,
    /// Precision, recall, F1; a share of nothing is 0.
    pub scores: PrecisionRecall,
}

/// Agreement of the tuples of a candidate with those of a reference (for several references: with all their tuples, each once).
///
/// # Errors
/// [`Undefined::NoTuples`] when both sides are empty and the matching is one to one.
pub fn tuple_f1(
    candidate: &[Tuple],
    reference: &[Tuple],
    synonyms: &dyn Synonyms,
    matching: Matching,
) -> Outcome<TupleScore> {
    if matching == Matching::OneToOne && candidate.is_empty() && reference.is_empty() {
        return Err(Undefined::NoTuples);
    }
    let fits: Vec<Vec<usize>> = {
        let reference: Vec<Vec<Part<'_>>> = reference.iter().map(|t| parts(t, synonyms)).collect();
        let which = |t: &Vec<Part<'_>>| (0..reference.len()).filter(|&j| same(t, &reference[j])).collect();
        candidate.iter().map(|t| which(&parts(t, synonyms))).collect()
    };
    let true_positives = match matching {
        Matching::SpiceRule => fits.iter().filter(|f| !f.is_empty()).count(),
        Matching::OneToOne => largest_pairing(&fits, reference.len()),
    };
    let scores = PrecisionRecall::new(share(true_positives, candidate.len()), share(true_positives, reference.len()));
    Ok(TupleScore { true_positives, scores })
}

/// A part of a tuple and the sets of synonyms that it's in.
type Part<'a> = (&'a str, Vec<u64>);

fn parts<'a>(tuple: &'a Tuple, synonyms: &dyn Synonyms) -> Vec<Part<'a>> {
    tuple.iter().map(|part| (part.as_str(), synonyms.all_synsets(part))).collect()
}

fn same(a: &[Part<'_>], b: &[Part<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.0 == y.0 || intersect(&x.1, &y.1))
}

/// Size of the largest pairing, by augmenting paths searched breadth first.
fn largest_pairing(fits: &[Vec<usize>], right: usize) -> usize {
    let mut partner: Vec<Option<usize>> = vec![None; right];
    (0..fits.len()).filter(|&start| augment(start, fits, &mut partner)).count()
}

fn augment(start: usize, fits: &[Vec<usize>], partner: &mut [Option<usize>]) -> bool {
    // For each reached tuple of the reference, the tuple of the candidate that it was reached from.
    let mut reached: Vec<Option<usize>> = vec![None; partner.len()];
    let mut came_by: Vec<Option<usize>> = vec![None; fits.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(i) = queue.pop_front() {
        for &j in &fits[i] {
            if reached[j].is_some() {
                continue;
            }
            reached[j] = Some(i);
            if let Some(next) = partner[j] {
                came_by[next] = Some(j);
                queue.push_back(next);
                continue;
            }
            let mut end = Some(j);
            while let Some(j) = end {
                let from = reached[j].unwrap_or(start);
                partner[j] = Some(from);
                end = came_by[from];
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{NoSynonyms, SynonymSets};

    fn tuples(words: &[&str]) -> Vec<Tuple> {
        words.iter().map(|w| w.split(' ').map(str::to_string).collect()).collect()
    }

    #[test]
    fn one_to_one_finds_the_largest_pairing_where_a_greedy_one_would_not() {
        // "a" fits both, "b" only the first: the greedy choice of the first for "a" would leave "b" alone.
        let synonyms = SynonymSets::new(&[vec!["a", "x"], vec!["a", "y"], vec!["b", "x"]]);
        let score = tuple_f1(&tuples(&["a", "b"]), &tuples(&["x", "y"]), &synonyms, Matching::OneToOne).unwrap();
        assert_eq!((score.true_positives, score.scores.f), (2, 1.0));
    }

    #[test]
    fn the_order_of_tuples_is_irrelevant_and_extremes_are_reached() {
        let (a, b) = (tuples(&["mass", "mass left", "lobe"]), tuples(&["lobe", "mass left", "mass"]));
        let c = tuples(&["heart"]);
        for matching in [Matching::SpiceRule, Matching::OneToOne] {
            assert_eq!(tuple_f1(&a, &b, &NoSynonyms, matching).unwrap().scores.f, 1.0);
            assert_eq!(tuple_f1(&a, &c, &NoSynonyms, matching).unwrap().scores.f, 0.0);
        }
    }
}
