//! `radiology-tuples`: F1 of tuples that fixed rules take from radiology sentences. It isn't SPICE: there is no parser, and no thesaurus but a lexicon.
//!
//! # Rules
//! 1. A text is split into sentences, a sentence into treebank-like tokens; at every place the longest phrase of the lexicon is taken, by stems. The
//!    lexicon has findings, parts of the body, sides, attributes (extent, look, change), words for "normal", cues of denial and doubt, and words that
//!    end the scope of a cue; numbers with mm or cm are sizes, in mm.
//! 2. A cue such as "no" or "possible" reaches from where it stands to the next end of scope ("but", "there is", "and a", ...) or `;` or `:`; a cue such
//!    as "not seen" reaches back as far. A denial wins over a doubt.
//! 3. Parts, sides, attributes and sizes go to the nearest finding of the sentence, the one after them on a tie; one behind a cue or an end of scope is
//!    further than any other. In a sentence without a finding, "normal"
//!    goes to every part of the body in it.
//! 4. A finding that's there gives the object `finding`, one that's denied `no finding`, one in doubt `possible finding`; tuples are `(object)`,
//!    `(object, side)`, `(object, attribute)`, `(object, size)`, `(object, "in", part)`; a normal part gives `(part, "normal")`.
//!
//! So a negation or a side that is wrong costs the tuples that it's about, which n-gram metrics hardly notice. [`flips`] counts them.
//!
//! # Limits
//! English; findings outside the lexicon are not seen, and two texts without any are undefined, not equal. Coordinated parts ("effusion and atelectasis
//! at the left base") go to the nearest finding only. Coreference and tables aren't read.
//!
//! # Source
//! Own rules; the idea of cues with a scope is that of Chapman et al., NegEx, J Biomed Inform 2001; scoring as in [`crate::text::tuple_f1`].

mod flips;
mod lexicon;
mod mentions;

use std::collections::BTreeSet;

use serde::Serialize;

use self::mentions::{Cue, Meaning, Mention, mentions};
use super::synonyms::NoSynonyms;
use super::{Matching, Tokenizer, Tuple, TupleScore, tuple_f1};
use crate::{Outcome, Undefined};

pub use flips::{Flips, flips};

/// Whether a finding is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It's there.
    Present,
    /// It may be there.
    Uncertain,
    /// It isn't there.
    Absent,
}

/// What a sentence says about a finding, or about a part of the body that is normal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Observation {
    /// Name in the lexicon: of the finding, or of the part when it's `normal`.
    pub name: &'static str,
    /// Whether it's there; present for a part of the body.
    pub status: Status,
    /// `left`, `right` or both.
    pub sides: BTreeSet<&'static str>,
    /// Parts of the body.
    pub parts: BTreeSet<&'static str>,
    /// Attributes and sizes.
    pub attributes: BTreeSet<String>,
}

/// Observations of a text, in its order.
pub fn observe(text: &str) -> Vec<Observation> {
    let tokens = Tokenizer::PtbLike.tokenize(&text.replace(['\n', '\r'], " . "));
    tokens.split(|t| matches!(t.as_str(), "." | "?" | "!" | "...")).flat_map(sentence).collect()
}

/// Tuples of a text, each once, sorted.
pub fn radiology_tuples(text: &str) -> Vec<Tuple> {
    let tuples: BTreeSet<Tuple> = observe(text).iter().flat_map(Observation::tuples).collect();
    tuples.into_iter().collect()
}

/// F1 of the candidate's tuples against those of all references together, matched one to one.
///
/// # Errors
/// [`Undefined::NoReferences`] without a reference; [`Undefined::NoTuples`] when the lexicon knows nothing on either side.
pub fn radiology_tuple_f1<R: AsRef<str>>(candidate: &str, references: &[R]) -> Outcome<TupleScore> {
    if references.is_empty() {
        return Err(Undefined::NoReferences);
    }
    let merged: BTreeSet<Tuple> = references.iter().flat_map(|r| radiology_tuples(r.as_ref())).collect();
    let merged: Vec<Tuple> = merged.into_iter().collect();
    tuple_f1(&radiology_tuples(candidate), &merged, &NoSynonyms, Matching::OneToOne)
}

impl Observation {
    fn new(name: &'static str, status: Status) -> Self {
        Self { name, status, sides: BTreeSet::new(), parts: BTreeSet::new(), attributes: BTreeSet::new() }
    }

    /// Its tuples.
    pub fn tuples(&self) -> Vec<Tuple> {
        let object = match self.status {
            Status::Present => self.name.to_string(),
            Status::Uncertain => format!("possible {}", self.name),
            Status::Absent => format!("no {}", self.name),
        };
        let mut tuples = vec![vec![object.clone()]];
        tuples.extend(self.sides.iter().map(|side| vec![object.clone(), (*side).to_string()]));
        tuples.extend(self.attributes.iter().map(|attribute| vec![object.clone(), attribute.clone()]));
        tuples.extend(self.parts.iter().map(|part| vec![object.clone(), "in".to_string(), (*part).to_string()]));
        tuples
    }
}

fn sentence(tokens: &[String]) -> Vec<Observation> {
    let mentions = mentions(tokens);
    let status = |m: &Mention| status(m, &mentions, tokens);
    let mut found: Vec<(Mention, Observation)> = Vec::new();
    for mention in &mentions {
        if let Meaning::Finding(name, part) = mention.meaning {
            let mut observation = Observation::new(name, status(mention));
            observation.parts.extend(part);
            found.push((mention.clone(), observation));
        }
    }
    if found.is_empty() {
        found = normal_parts(&mentions);
    }
    for mention in &mentions {
        let nearest =
            found.iter_mut().min_by_key(|(at, _)| (distance(at, mention, &mentions, tokens), at.start < mention.start));
        let Some((_, observation)) = nearest else { continue };
        match &mention.meaning {
            Meaning::Anatomy(part) if observation.name != *part => _ = observation.parts.insert(part),
            Meaning::Sides(sides) => observation.sides.extend(sides.iter()),
            Meaning::Attribute(name) => _ = observation.attributes.insert((*name).to_string()),
            Meaning::Size(size) => _ = observation.attributes.insert(size.clone()),
            _ => {}
        }
    }
    found.into_iter().map(|(_, observation)| observation).collect()
}

/// Parts of the body of a sentence that says "normal" and names no finding.
fn normal_parts(mentions: &[Mention]) -> Vec<(Mention, Observation)> {
    if !mentions.iter().any(|m| m.meaning == Meaning::Normal) {
        return Vec::new();
    }
    let part = |m: &Mention| match m.meaning {
        Meaning::Anatomy(part) => {
            let mut observation = Observation::new(part, Status::Present);
            observation.attributes.insert("normal".to_string());
            Some((m.clone(), observation))
        }
        _ => None,
    };
    mentions.iter().filter_map(part).collect()
}

/// Tokens between two mentions; a comma counts three; first of all, whether a cue or an end of scope is between.
fn distance(a: &Mention, b: &Mention, mentions: &[Mention], tokens: &[String]) -> (bool, usize) {
    let (from, to) = if a.start >= b.end { (b.end, a.start) } else { (a.end, b.start.max(a.end)) };
    let bars = |m: &Mention| {
        let bar = matches!(m.meaning, Meaning::EndsScope | Meaning::After(_) | Meaning::Before(_));
        bar && m.start >= from && m.end <= to
    };
    let commas = tokens.get(from..to).unwrap_or_default().iter().filter(|t| *t == ",").count();
    (mentions.iter().any(bars), to - from + 2 * commas)
}

fn status(finding: &Mention, mentions: &[Mention], tokens: &[String]) -> Status {
    let open = |from: usize, to: usize| {
        let stop = |m: &Mention| m.meaning == Meaning::EndsScope && m.start >= from && m.end <= to;
        let between = tokens.get(from..to).unwrap_or_default();
        !mentions.iter().any(stop) && !between.iter().any(|t| t == ";" || t == ":")
    };
    let reaches = |m: &&Mention| match m.meaning {
        Meaning::After(_) => m.end <= finding.start && open(m.end, finding.start),
        Meaning::Before(_) => m.start >= finding.end && open(finding.end, m.start),
        _ => false,
    };
    let cues = mentions.iter().filter(reaches).filter_map(|m| match m.meaning {
        Meaning::After(cue) | Meaning::Before(cue) => Some(cue),
        _ => None,
    });
    cues.fold(Status::Present, |status, cue| match cue {
        Cue::Denies => Status::Absent,
        Cue::Doubts => status.max(Status::Uncertain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuples(text: &str) -> Vec<String> {
        radiology_tuples(text).iter().map(|t| t.join("|")).collect()
    }

    #[test]
    fn side_extent_part_and_size_go_to_their_finding() {
        assert_eq!(
            tuples("Small left pleural effusion and a 6 mm nodule in the right upper lobe."),
            [
                "effusion",
                "effusion|in|pleura",
                "effusion|left",
                "effusion|small",
                "nodule",
                "nodule|6 mm",
                "nodule|in|upper lobe",
                "nodule|right"
            ]
        );
        assert_eq!(tuples("0.6 cm nodule."), ["nodule", "nodule|6 mm"]);
        assert_eq!(tuples("Several 1.8 x 1.2 cm cysts."), ["cyst", "cyst|18 x 12 mm", "cyst|multiple"]);
        assert_eq!(
            tuples("Mass in the left frontal lobe with edema."),
            ["edema", "mass", "mass|in|frontal lobe", "mass|left"]
        );
    }

    #[test]
    fn cues_deny_and_doubt_within_their_scope() {
        assert_eq!(
            tuples("No focal consolidation, effusion or pneumothorax."),
            ["no consolidation", "no consolidation|focal", "no effusion", "no pneumothorax"]
        );
        assert_eq!(tuples("No pneumothorax but there is an effusion."), ["effusion", "no pneumothorax"]);
        assert_eq!(tuples("Pneumothorax is not seen."), ["no pneumothorax"]);
        assert_eq!(tuples("Opacity suspicious for pneumonia."), ["opacity", "possible pneumonia"]);
        assert_eq!(tuples("A fracture cannot be excluded."), ["possible fracture"]);
        assert_eq!(tuples("No change in the nodule."), ["nodule", "nodule|unchanged"]);
    }

    #[test]
    fn one_thing_said_in_two_ways_gives_the_same_tuples() {
        assert_eq!(tuples("Mild cardiomegaly."), tuples("The heart is mildly enlarged."));
        assert_eq!(tuples("Cholelithiasis."), tuples("Gallstones in the gallbladder."));
        assert_eq!(tuples("Lungs are clear."), ["lung", "lung|normal"]);
    }

    #[test]
    fn a_wrong_negation_scores_nothing_and_the_same_text_everything() {
        let (yes, no) = ("There is evidence of pneumothorax.", "There is no evidence of pneumothorax.");
        assert_eq!(radiology_tuple_f1(no, &[yes]).unwrap().scores.f, 0.0);
        assert_eq!(radiology_tuple_f1(no, &[no]).unwrap().scores.f, 1.0);
        assert_eq!(radiology_tuple_f1("Hello.", &["World."]).unwrap_err(), Undefined::NoTuples);
        assert_eq!(radiology_tuple_f1::<&str>(no, &[]).unwrap_err(), Undefined::NoReferences);
    }
}
