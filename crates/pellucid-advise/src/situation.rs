//! What advice is asked for: the task, who reads, what the model and the data offer.

use pellucid_image::card::{self, Card, InputKind};
use pellucid_image::{Geometry, Image, Units};
use serde::{Deserialize, Serialize};

use crate::facts::Need;

/// What the model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One class of several, or one of two.
    Classification,
    /// Any number of labels.
    MultiLabel,
    /// A class for every place.
    Segmentation,
    /// Boxes.
    Detection,
    /// Numbers.
    Regression,
}

impl Task {
    /// Every task.
    pub const ALL: [Task; 5] =
        [Task::Classification, Task::MultiLabel, Task::Segmentation, Task::Detection, Task::Regression];

    /// The task of a model card; `None` for embeddings and captions, which advice doesn't cover.
    pub fn of(card: &Card) -> Option<Task> {
        match card.task {
            card::Task::Classification | card::Task::Binary => Some(Task::Classification),
            card::Task::Multilabel => Some(Task::MultiLabel),
            card::Task::Segmentation => Some(Task::Segmentation),
            card::Task::Detection => Some(Task::Detection),
            card::Task::Regression => Some(Task::Regression),
            card::Task::Embedding | card::Task::Captioning => None,
        }
    }
}

/// Who reads. Roles are views of the same evidence: nothing that changes the meaning is hidden, and all have the same warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Wants all methods, arrays, parameters, metrics.
    Researcher,
    /// A radiologist or pathologist: findings first.
    Radiologist,
    /// Looks after the acquisition: image quality, artefacts, repeat or not.
    Technician,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Researcher, Role::Radiologist, Role::Technician];

    /// How deep a role looks when it isn't asked otherwise.
    pub fn depth(self) -> Depth {
        match self {
            Role::Researcher => Depth::Audit,
            Role::Radiologist => Depth::Diagnosis,
            Role::Technician => Depth::Triage,
        }
    }
}

/// How much is computed and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// One line and one overlay at most, cheap methods only.
    Triage,
    /// A few items.
    Diagnosis,
    /// Everything.
    Audit,
}

impl Depth {
    /// The most methods that are recommended.
    pub fn most_methods(self) -> usize {
        match self {
            Depth::Triage => 2,
            Depth::Diagnosis => 5,
            Depth::Audit => usize::MAX,
        }
    }

    /// Forwards of the model that all methods together may cost when no budget is given.
    pub fn budget(self) -> f64 {
        match self {
            Depth::Triage => 250.0,
            Depth::Diagnosis => 5_000.0,
            Depth::Audit => f64::INFINITY,
        }
    }
}

/// What a model and the data at hand offer: the needs of methods and metrics that are met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    met: Vec<Need>,
    /// For detection: whether raw boxes and scores can be read before duplicates are suppressed.
    pub raw_boxes: bool,
}

impl Offers {
    /// The needs that are met.
    pub fn new(met: impl IntoIterator<Item = Need>) -> Offers {
        let mut met: Vec<Need> = met.into_iter().collect();
        met.sort();
        met.dedup();
        Offers { met, raw_boxes: false }
    }

    /// Whether a need is met.
    pub fn has(&self, need: Need) -> bool {
        self.met.contains(&need)
    }

    /// The needs of a list that aren't met.
    pub fn lacks(&self, needs: &[Need]) -> Vec<Need> {
        needs.iter().copied().filter(|n| !self.has(*n)).collect()
    }

    /// Adds a need that is met.
    pub fn add(&mut self, need: Need) {
        if !self.has(need) {
            self.met.push(need);
        }
    }
}

/// What advice must know of the images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFacts {
    /// `[D, H, W]` of the image.
    pub grid: [usize; 3],
    /// Its channels.
    pub channels: usize,
    /// What its values mean.
    pub units: Units,
    /// Where its places lie.
    pub geometry: Geometry,
    /// `[D, H, W]` and geometry of what the model is given.
    pub model_grid: [usize; 3],
    /// Geometry of that grid.
    pub model_geometry: Geometry,
    /// What went wrong when the image was prepared for the model.
    pub notes: Vec<String>,
}

impl ImageFacts {
    /// The facts of an image, and of the grid that the first image input of the card makes of it.
    pub fn of(image: &Image, card: &Card) -> ImageFacts {
        let mut facts = ImageFacts {
            grid: image.grid(),
            channels: image.shape()[0],
            units: image.units.clone(),
            geometry: image.geometry,
            model_grid: image.grid(),
            model_geometry: image.geometry,
            notes: vec![],
        };
        let input = card.inputs.iter().find(|i| matches!(i.kind, InputKind::Image { .. }));
        // The middle is as good a focus as any for the sake of sizes.
        let focus = image.grid().map(|n| (n as f64 - 1.0) / 2.0);
        match input.map(|i| i.prepare(image, Some([focus[2], focus[1], focus[0]]))) {
            Some(Ok(prepared)) => {
                let [_, d, h, w] = prepared.image_shape;
                facts.model_grid = [d, h, w];
                facts.model_geometry = prepared.grid.geometry;
            }
            Some(Err(e)) => facts.notes.push(format!("the card's steps can't prepare this image: {e}")),
            None => facts.notes.push("the card has no image input: sizes are those of the image".into()),
        }
        facts
    }

    /// Whether the model is given volumes.
    pub fn is_volume(&self) -> bool {
        self.model_grid[0] > 1
    }
}

#[cfg(test)]
mod tests {
    use pellucid_image::Format;

    use super::*;

    #[test]
    fn facts_are_those_of_the_prepared_grid() {
        let text = "task = \"binary\"\n[[input]]\nsteps = [{ slices = 1 }, { resize = [32, 64] }]\n";
        let card = Card::parse(text).unwrap();
        let mut image =
            Image::new(vec![0.0; 3 * 64 * 64], [1, 3, 64, 64], Units::Hounsfield, Format::Synthetic).unwrap();
        image.geometry = Geometry::spacing([1.0, 1.0, 5.0]);
        let facts = ImageFacts::of(&image, &card);
        assert_eq!((facts.model_grid, facts.is_volume()), ([1, 32, 64], false));
        let spacing = facts.model_geometry.spacing_mm();
        assert!((spacing[0] - 1.0).abs() < 1e-9 && (spacing[1] - 2.0).abs() < 1e-9, "{spacing:?}");
        assert_eq!(Task::of(&card), Some(Task::Classification));
    }
}
