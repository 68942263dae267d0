//! Findings whose negation or side is the wrong way round.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Observation, Status, observe};

/// Findings that both texts have and that one of them turns round, by their name in the lexicon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flips {
    /// There in one text, denied in the other.
    pub negation: Vec<&'static str>,
    /// Only left in one text, only right in the other.
    pub side: Vec<&'static str>,
}

/// What a text says of a finding in all its sentences.
#[derive(Default)]
struct Said {
    status: BTreeSet<Status>,
    sides: BTreeSet<&'static str>,
}

/// Compares what two texts say of each finding; to be read next to n-gram scores, which hardly see either. A finding that a text both asserts and denies
/// is left out, as is one in doubt.
pub fn flips(candidate: &str, reference: &str) -> Flips {
    let (candidate, reference) = (said(&observe(candidate)), said(&observe(reference)));
    let both = || candidate.iter().filter_map(|(name, c)| reference.get(name).map(|r| (*name, c, r)));
    let turned = |c: &Said, r: &Said| {
        let only = |said: &Said, status| said.status.iter().eq([&status]);
        (only(c, Status::Present) && only(r, Status::Absent)) || (only(c, Status::Absent) && only(r, Status::Present))
    };
    let crossed = |c: &Said, r: &Said| c.sides.len() == 1 && r.sides.len() == 1 && c.sides != r.sides;
    Flips {
        negation: both().filter(|(_, c, r)| turned(c, r)).map(|(name, ..)| name).collect(),
        side: both().filter(|(_, c, r)| crossed(c, r)).map(|(name, ..)| name).collect(),
    }
}

fn said(observations: &[Observation]) -> BTreeMap<&'static str, Said> {
    let mut all: BTreeMap<&'static str, Said> = BTreeMap::new();
    for observation in observations {
        let said = all.entry(observation.name).or_default();
        said.status.insert(observation.status);
        said.sides.extend(&observation.sides);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_findings_are_named() {
        let flipped = flips("No effusion. Nodule in the left lung.", "Small effusion. Nodule in the right lung.");
        assert_eq!(flipped, Flips { negation: vec!["effusion"], side: vec!["nodule"] });
        assert_eq!(flips("Possible effusion.", "No effusion."), Flips::default());
        assert_eq!(flips("Bilateral effusions.", "Left effusion."), Flips::default());
    }
}
