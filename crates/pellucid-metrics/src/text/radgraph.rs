//! F1 of RadGraph annotations: the scorer, on entity graphs that are given.
//!
//! # Formula
//! Facts are sets; `P`, `R`, `F1` are those of the sets:
//! ```text
//! simple   { (tokens, label) }
//! partial  { (tokens, label, has a relation) }
//! complete { (tokens, label) without a relation, else (tokens, label, relation, tokens of the target) for each relation }
//! ```
//! A set of reports scores the mean of its reports.
//!
//! # Departures
//! The graphs come from a model that isn't part of this tool. All text is compared in lower case; one public copy of the reward lowers only the facts
//! with a relation.
//!
//! # Source
//! Jain et al., RadGraph, NeurIPS 2021; Delbrouck et al., Improving the factual correctness of radiology reports, EMNLP Findings 2022, for the three
//! levels.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::prf::PrecisionRecall;
use crate::{Outcome, Undefined};

/// An entity of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its words.
    pub tokens: String,
    /// Its label, such as `OBS-DP` (observation, definitely present) or `ANAT-DP`.
    pub label: String,
    /// Kind and target of each relation that starts here; the target is the id of an entity of the same report.
    #[serde(default)]
    pub relations: Vec<(String, String)>,
}

/// Entities of a report by id, every relation of which ends at one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EntityGraph(BTreeMap<String, Entity>);

/// A relation ends nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "entity `{entity}`: relation `{relation}` expects the id of an entity of the same report, found `{target}`; take the relation out or add the entity"
)]
pub struct DanglingRelation {
    /// Id of the entity where the relation starts.
    pub entity: String,
    /// Kind of the relation.
    pub relation: String,
    /// The id that no entity has.
    pub target: String,
}

impl EntityGraph {
    /// Checks the relations.
    ///
    /// # Errors
    /// [`DanglingRelation`].
    pub fn new(entities: BTreeMap<String, Entity>) -> Result<Self, DanglingRelation> {
        for (id, entity) in &entities {
            if let Some((relation, target)) = entity.relations.iter().find(|(_, target)| !entities.contains_key(target))
            {
                return Err(DanglingRelation {
                    entity: id.clone(),
                    relation: relation.clone(),
                    target: target.clone(),
                });
            }
        }
        Ok(Self(entities))
    }

    fn facts(&self, level: RadGraphLevel) -> BTreeSet<Vec<String>> {
        self.0.values().flat_map(|entity| self.facts_of(entity, level)).collect()
    }

    fn facts_of(&self, entity: &Entity, level: RadGraphLevel) -> Vec<Vec<String>> {
        let base = vec![entity.tokens.to_lowercase(), entity.label.to_lowercase()];
        let with = |more: &[String]| [base.as_slice(), more].concat();
        match level {
            RadGraphLevel::Simple => vec![base],
            RadGraphLevel::Partial => vec![with(&[(!entity.relations.is_empty()).to_string()])],
            RadGraphLevel::Complete if entity.relations.is_empty() => vec![base],
            RadGraphLevel::Complete => {
                let target = |id: &String| self.0.get(id).map_or_else(String::new, |e| e.tokens.to_lowercase());
                entity.relations.iter().map(|(kind, id)| with(&[kind.to_lowercase(), target(id)])).collect()
            }
        }
    }
}

/// What a fact is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RadGraphLevel {
    /// Words and label.
    Simple,
    /// Words, label, and whether there is a relation.
    Partial,
    /// Words, label, and every relation with its target.
    Complete,
}

/// Agreement of the facts of two reports; a share of nothing is 0.
pub fn radgraph_f1(candidate: &EntityGraph, reference: &EntityGraph, level: RadGraphLevel) -> PrecisionRecall {
    let (candidate, reference) = (candidate.facts(level), reference.facts(level));
    PrecisionRecall::from_counts(candidate.intersection(&reference).count(), candidate.len(), reference.len())
}

/// Mean F1 over pairs of candidate and reference.
///
/// # Errors
/// [`Undefined::NoInstances`] without a pair.
pub fn radgraph_mean_f1(pairs: &[(EntityGraph, EntityGraph)], level: RadGraphLevel) -> Outcome {
    if pairs.is_empty() {
        return Err(Undefined::NoInstances);
    }
    Ok(pairs.iter().map(|(c, r)| radgraph_f1(c, r, level).f).sum::<f64>() / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_to_nowhere_is_refused_by_name() {
        let entity = Entity {
            tokens: "opacity".into(),
            label: "OBS-DP".into(),
            relations: vec![("located_at".into(), "9".into())],
        };
        let error = EntityGraph::new([("1".to_string(), entity)].into()).unwrap_err();
        assert!(error.to_string().contains("entity `1`") && error.to_string().contains("found `9`"));
    }

    #[test]
    fn case_is_ignored_in_every_fact() {
        let graph = |tokens: &str| {
            let entity = Entity { tokens: tokens.into(), label: "OBS-DP".into(), relations: vec![] };
            EntityGraph::new([("1".to_string(), entity)].into()).unwrap()
        };
        for level in [RadGraphLevel::Simple, RadGraphLevel::Partial, RadGraphLevel::Complete] {
            assert_eq!(radgraph_f1(&graph("Opacity"), &graph("opacity"), level).f, 1.0);
        }
    }
}
