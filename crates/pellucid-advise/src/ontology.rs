//! Codes of findings and concepts: a user's own file ties local ids to a coding system.
//!
//! No code of any system comes with the program, since their licences differ by country; a file has `[[concept]]` tables:
//!
//! ```toml
//! format = 1
//!
//! [[concept]]
//! id = "opacity"
//! system = "LOCAL"
//! code = "F-12"
//! display = "Opacity of the lung"
//! version = "2025"
//! synonyms = ["lung opacity"]
//! is_a = []
//! site = "lung"
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Result;

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Both.
    Both,
}

/// A local concept with its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coded {
    /// Local id: a label of the model, a concept of a bank.
    pub id: String,
    /// Coding system.
    pub system: String,
    /// Code within the system.
    pub code: String,
    /// Words of the system for it.
    pub display: String,
    /// Version of the system.
    pub version: String,
    /// Further words for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
    /// Local ids of what it is a kind of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is_a: Vec<String>,
    /// Where in the body it is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// On which side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    concept: Vec<Coded>,
}

/// Concepts with codes and their relations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ontology {
    concepts: Vec<Coded>,
    /// Position of each id.
    ids: BTreeMap<String, usize>,
    /// Position of each id and synonym, lower case.
    words: BTreeMap<String, usize>,
}

impl Ontology {
    /// Reads a file's text; `file` names it in messages.
    ///
    /// # Errors
    /// When the text isn't TOML, a key is unknown, missing or of the wrong kind, an id or a word means two concepts, a code is empty, a parent isn't
    /// a concept of the file, or concepts are kinds of each other.
    pub fn parse(text: &str, file: &str) -> Result<Ontology> {
        let read: File = crate::text::parse(text, file)?;
        let wrong = |key: String, reason: String| Err(crate::text::wrong(text, file, &key, reason));
        if read.format != 1 {
            return wrong("format".into(), "must be 1: this program reads no other".into());
        }
        let mut ontology = Ontology { concepts: read.concept, ..Ontology::default() };
        for (i, c) in ontology.concepts.iter().enumerate() {
            let fields = [("id", &c.id), ("system", &c.system), ("code", &c.code), ("display", &c.display)];
            if let Some((key, _)) = fields.iter().find(|f| f.1.trim().is_empty()) {
                return wrong(format!("concept[{i}].{key}"), "must not be empty".into());
            }
            ontology.ids.insert(c.id.clone(), i);
            for word in std::iter::once(&c.id).chain(&c.synonyms) {
                if let Some(other) = ontology.words.insert(word.trim().to_lowercase(), i) {
                    let other = &ontology.concepts[other].id;
                    return wrong(format!("concept[{i}].id"), format!("`{word}` means `{other}` already"));
                }
            }
        }
        for (i, c) in ontology.concepts.iter().enumerate() {
            if let Some(parent) = c.is_a.iter().find(|p| ontology.get(p).is_none()) {
                return wrong(format!("concept[{i}].is_a"), format!("`{parent}` is no concept of this file"));
            }
        }
        if let Some(i) = ontology.in_a_circle() {
            let id = &ontology.concepts[i].id;
            return wrong(format!("concept[{i}].is_a"), format!("`{id}` would be a kind of itself"));
        }
        Ok(ontology)
    }

    /// A concept that leads back to itself: one that is left when concepts without parents left are taken away again and again.
    fn in_a_circle(&self) -> Option<usize> {
        let mut parents: Vec<usize> = self.concepts.iter().map(|c| c.is_a.len()).collect();
        let mut kinds: Vec<Vec<usize>> = vec![vec![]; self.concepts.len()];
        for (i, c) in self.concepts.iter().enumerate() {
            c.is_a.iter().filter_map(|p| self.ids.get(p)).for_each(|&p| kinds[p].push(i));
        }
        let mut open: Vec<usize> = (0..parents.len()).filter(|&i| parents[i] == 0).collect();
        while let Some(i) = open.pop() {
            for &kind in &kinds[i] {
                parents[kind] -= 1;
                if parents[kind] == 0 {
                    open.push(kind);
                }
            }
        }
        parents.iter().position(|&n| n > 0)
    }

    /// The concepts, in the file's order.
    pub fn concepts(&self) -> &[Coded] {
        &self.concepts
    }

    fn get(&self, id: &str) -> Option<&Coded> {
        self.ids.get(id).and_then(|&i| self.concepts.get(i))
    }

    /// The concept of an id or synonym; case doesn't count.
    pub fn find(&self, word: &str) -> Option<&Coded> {
        self.words.get(&word.trim().to_lowercase()).and_then(|&i| self.concepts.get(i))
    }

    /// Everything that a concept is a kind of, through all levels.
    pub fn above(&self, id: &str) -> BTreeSet<&str> {
        let mut out = BTreeSet::new();
        let mut open: Vec<&Coded> = self.get(id).into_iter().collect();
        while let Some(c) = open.pop() {
            for parent in c.is_a.iter().filter_map(|p| self.get(p)) {
                if out.insert(parent.id.as_str()) {
                    open.push(parent);
                }
            }
        }
        out
    }

    /// Shares of concepts summed along `is_a`: each concept has its own share and those of all its kinds, each once however many ways lead up.
    ///
    /// # Errors
    /// The first word that is no concept: nothing is dropped silently.
    pub fn roll_up(&self, shares: &[(&str, f64)]) -> std::result::Result<BTreeMap<&str, f64>, String> {
        let mut out = BTreeMap::new();
        for (word, share) in shares {
            let concept = self.find(word).ok_or_else(|| format!("`{word}` has no code"))?;
            for id in std::iter::once(concept.id.as_str()).chain(self.above(&concept.id)) {
                *out.entry(id).or_insert(0.0) += share;
            }
        }
        Ok(out)
    }

    /// Whether a finding on a side can be the concept: a concept with a side of its own excludes the other.
    pub fn side_fits(&self, word: &str, side: Side) -> Option<bool> {
        let own = self.find(word)?.side;
        Some(own.is_none_or(|o| o == side || o == Side::Both || side == Side::Both))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
format = 1
[[concept]]
id = "finding"
system = "LOCAL"
code = "F"
display = "Finding"
version = "1"
[[concept]]
id = "opacity"
system = "LOCAL"
code = "F-1"
display = "Opacity"
version = "1"
synonyms = ["Lung opacity"]
is_a = ["finding"]
[[concept]]
id = "infection"
system = "LOCAL"
code = "F-2"
display = "Infection"
version = "1"
is_a = ["finding"]
[[concept]]
id = "pneumonia"
system = "LOCAL"
code = "F-1-1"
display = "Pneumonia"
version = "1"
is_a = ["opacity", "infection"]
side = "left"
"#;

    #[test]
    fn shares_roll_up_and_sums_stay() {
        let o = Ontology::parse(FILE, "codes.toml").unwrap();
        let up = o.roll_up(&[("pneumonia", 0.5), ("lung OPACITY", 0.25), ("infection", -0.125)]).unwrap();
        assert_eq!(up["opacity"], 0.75);
        assert_eq!(up["infection"], 0.375);
        // Pneumonia reaches the root two ways and counts once: the root has the sum of all.
        assert_eq!(up["finding"], 0.625);
        assert_eq!(o.roll_up(&[("oedema", 1.0)]).unwrap_err(), "`oedema` has no code");
        assert_eq!(o.side_fits("pneumonia", Side::Right), Some(false));
        assert_eq!((o.side_fits("opacity", Side::Right), o.side_fits("oedema", Side::Left)), (Some(true), None));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        let cases = [
            (
                "is_a = [\"opacity\", \"infection\"]",
                "is_a = [\"opcity\"]",
                "key `concept[3].is_a`: `opcity` is no concept",
            ),
            ("code = \"F-2\"", "code = \"\"", "key `concept[2].code`: must not be empty"),
            ("synonyms = [\"Lung opacity\"]", "synonyms = [\"Finding\"]", "`Finding` means `finding` already"),
            (
                "display = \"Finding\"",
                "display = \"Finding\"\nis_a = [\"pneumonia\"]",
                "`finding` would be a kind of itself",
            ),
            ("side = \"left\"", "side = \"port\"", "key `concept[3].side`: unknown variant `port`"),
            ("format = 1", "format = 2", "key `format`: must be 1"),
        ];
        for (from, to, expected) in cases {
            assert!(FILE.contains(from), "{from}");
            let message = Ontology::parse(&FILE.replacen(from, to, 1), "codes.toml").unwrap_err().to_string();
            assert!(message.starts_with("`codes.toml`, line ") && message.contains(expected), "{message}");
        }
    }
}
