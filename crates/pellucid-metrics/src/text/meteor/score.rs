//! From an alignment to a score.

use std::ops::Range;

use serde::Serialize;

use super::beam;
use super::propose::{self, Sources};
use super::{FunctionWords, MeteorParameters, Module, Paraphrases};
use crate::text::Segment;
use crate::text::stem::Stemmer;
use crate::text::synonyms::Synonyms;
use crate::{Outcome, Undefined};

/// A piece of the reference that stands for a piece of the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// What saw it.
    pub module: Module,
    /// First word on the reference's side.
    pub reference_start: usize,
    /// Words on the reference's side.
    pub reference_length: usize,
    /// First word on the candidate's side.
    pub candidate_start: usize,
    /// Words on the candidate's side.
    pub candidate_length: usize,
}

impl Match {
    pub(super) fn reference(&self) -> Range<usize> {
        self.reference_start..self.reference_start + self.reference_length
    }

    pub(super) fn candidate(&self) -> Range<usize> {
        self.candidate_start..self.candidate_start + self.candidate_length
    }
}

/// Matches of a candidate with a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alignment {
    /// In the order of the reference.
    pub matches: Vec<Match>,
    /// Runs that are contiguous on both sides.
    pub chunks: usize,
}

/// METEOR 1.5 with its modules, data and parameters.
#[derive(Clone, Copy)]
pub struct Meteor<'a> {
    /// Parameters.
    pub parameters: MeteorParameters,
    /// Words that weigh `1 - delta`.
    pub function_words: &'a FunctionWords,
    /// Stemmer of the stem module; none leaves the module out.
    pub stemmer: Option<&'a dyn Stemmer>,
    /// Thesaurus of the synonym module; none leaves the module out.
    pub synonyms: Option<&'a dyn Synonyms>,
    /// Table of the paraphrase module; none leaves the module out.
    pub paraphrases: Option<&'a Paraphrases>,
    /// States that the search keeps; 40 in METEOR 1.5.
    pub beam: usize,
}

/// Counts that the score is made of; they add up over texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MeteorCounts {
    /// The candidate's side.
    pub candidate: SideCounts,
    /// The reference's side.
    pub reference: SideCounts,
    /// Runs of matches that are contiguous on both sides; 0 when one run covers both texts.
    pub chunks: usize,
}

/// Counts of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SideCounts {
    /// Content words.
    pub content: usize,
    /// Function words.
    pub function: usize,
    /// Matched content words by module, in the order of [`Module::ALL`].
    pub matched_content: [usize; 4],
    /// Matched function words by module.
    pub matched_function: [usize; 4],
}

/// A score and its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MeteorScore {
    /// Score, 0 to 1.
    pub value: f64,
    /// Weighted precision.
    pub precision: f64,
    /// Weighted recall.
    pub recall: f64,
    /// Penalty for fragmentation, 0 to `gamma`.
    pub penalty: f64,
}

impl<'a> Meteor<'a> {
    /// The exact module alone, with the default English parameters.
    pub fn exact(function_words: &'a FunctionWords) -> Self {
        let parameters = MeteorParameters::ENGLISH_RANK;
        Self { parameters, function_words, stemmer: None, synonyms: None, paraphrases: None, beam: 40 }
    }

    /// `METEOR-1.5` with the modules in use, and whether function words were told apart.
    pub fn name(&self) -> String {
        let used = [true, self.stemmer.is_some(), self.synonyms.is_some(), self.paraphrases.is_some()];
        let modules: Vec<&str> = Module::ALL.iter().zip(used).filter(|(_, used)| *used).map(|(m, _)| m.id()).collect();
        let words = if self.function_words.is_empty() { ",no function words" } else { "" };
        format!("METEOR-1.5[{}{words}]", modules.join(","))
    }

    /// Aligns a candidate with a reference.
    pub fn align(&self, candidate: &[String], reference: &[String]) -> Alignment {
        let sources = Sources { stemmer: self.stemmer, synonyms: self.synonyms, paraphrases: self.paraphrases };
        let proposals = propose::propose(candidate, reference, &sources);
        let chosen = beam::search(&proposals, candidate.len(), self.beam);
        Alignment { matches: chosen.matches, chunks: chosen.chunks }
    }

    /// Counts of a candidate against one reference.
    pub fn counts(&self, candidate: &[String], reference: &[String]) -> MeteorCounts {
        let alignment = self.align(candidate, reference);
        let mut counts = MeteorCounts {
            candidate: self.side(candidate, alignment.matches.iter().map(|m| (m.module, m.candidate()))),
            reference: self.side(reference, alignment.matches.iter().map(|m| (m.module, m.reference()))),
            chunks: alignment.chunks,
        };
        if counts.chunks == 1 && counts.candidate.whole() && counts.reference.whole() {
            counts.chunks = 0;
        }
        counts
    }

    fn side(&self, words: &[String], matched: impl Iterator<Item = (Module, Range<usize>)>) -> SideCounts {
        let function: Vec<bool> = words.iter().map(|w| self.function_words.contains(w)).collect();
        let mut side = SideCounts { function: function.iter().filter(|f| **f).count(), ..SideCounts::default() };
        side.content = words.len() - side.function;
        for (module, range) in matched {
            for &function in &function[range] {
                let counts = if function { &mut side.matched_function } else { &mut side.matched_content };
                counts[module as usize] += 1;
            }
        }
        side
    }

    /// Score against one reference; 0 when nothing matches.
    pub fn pair(&self, candidate: &[String], reference: &[String]) -> MeteorScore {
        self.score(&self.counts(candidate, reference))
    }

    /// Best score over the references, with its counts.
    ///
    /// # Errors
    /// [`Undefined::NoReferences`].
    pub fn segment(&self, segment: &Segment) -> Outcome<(MeteorScore, MeteorCounts)> {
        let scores =
            segment.references()?.iter().map(|r| self.counts(&segment.candidate, r)).map(|c| (self.score(&c), c));
        Ok(scores.reduce(|best, next| if next.0.value > best.0.value { next } else { best }).unwrap_or_default())
    }

    /// Score of a set of texts: the counts against each text's best reference are summed first. Not the mean of the texts' scores.
    ///
    /// # Errors
    /// [`Undefined::NoInstances`] without a text, [`Undefined::NoReferences`] when a text has no reference.
    pub fn corpus(&self, segments: &[Segment]) -> Outcome<MeteorScore> {
        if segments.is_empty() {
            return Err(Undefined::NoInstances);
        }
        let mut sum = MeteorCounts::default();
        for segment in segments {
            sum.add(&self.segment(segment)?.1);
        }
        Ok(self.score(&sum))
    }

    /// Score from counts.
    pub fn score(&self, counts: &MeteorCounts) -> MeteorScore {
        let MeteorParameters { alpha, beta, gamma, .. } = self.parameters;
        let (precision, recall) = (self.share(&counts.candidate), self.share(&counts.reference));
        let matched = (counts.candidate.matched() + counts.reference.matched()) as f64 / 2.0;
        if precision == 0.0 || recall == 0.0 {
            return MeteorScore { precision, recall, ..MeteorScore::default() };
        }
        let mean = 1.0 / ((1.0 - alpha) / precision + alpha / recall);
        let penalty = if counts.chunks == 0 { 0.0 } else { gamma * (counts.chunks as f64 / matched).powf(beta) };
        MeteorScore { value: mean * (1.0 - penalty), precision, recall, penalty }
    }

    /// Weighted share of a side that is matched.
    fn share(&self, side: &SideCounts) -> f64 {
        let MeteorParameters { delta, weights, .. } = self.parameters;
        let mixed = |content: usize, function: usize| delta * content as f64 + (1.0 - delta) * function as f64;
        let by_module = side.matched_content.iter().zip(&side.matched_function).zip(weights);
        let matched: f64 = by_module.map(|((c, f), weight)| weight * mixed(*c, *f)).sum();
        let all = mixed(side.content, side.function);
        if all > 0.0 { matched / all } else { 0.0 }
    }
}

impl SideCounts {
    fn matched(&self) -> usize {
        self.matched_content.iter().chain(&self.matched_function).sum()
    }

    fn whole(&self) -> bool {
        self.matched() == self.content + self.function
    }

    fn add(&mut self, other: &Self) {
        self.content += other.content;
        self.function += other.function;
        self.matched_content.iter_mut().zip(other.matched_content).for_each(|(a, b)| *a += b);
        self.matched_function.iter_mut().zip(other.matched_function).for_each(|(a, b)| *a += b);
    }
}

impl MeteorCounts {
    /// Adds the counts of another text.
    pub fn add(&mut self, other: &Self) {
        self.candidate.add(&other.candidate);
        self.reference.add(&other.reference);
        self.chunks += other.chunks;
    }
}
