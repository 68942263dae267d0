//! Maps that know nothing of the model: a method that doesn't beat them tells nothing.

use pellucid_metrics::{Image, controls};

/// A map without knowledge of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Independent noise.
    Random,
    /// Highest in the middle of the image.
    Centre,
    /// Edges of the image.
    Edges,
}

impl Control {
    /// Every control.
    pub const ALL: [Control; 3] = [Control::Random, Control::Centre, Control::Edges];

    /// Its name in tables.
    pub fn id(self) -> &'static str {
        match self {
            Control::Random => "control-random",
            Control::Centre => "control-centre",
            Control::Edges => "control-edges",
        }
    }

    /// The control of a name, with or without `control-`.
    pub fn named(name: &str) -> Option<Control> {
        let bare = match name.strip_prefix("control-").unwrap_or(name) {
            "centre-gaussian" => "centre",
            bare => bare,
        };
        Control::ALL.into_iter().find(|c| c.id().strip_prefix("control-") == Some(bare))
    }

    /// Whether its map depends on the seed.
    pub(crate) fn draws(self) -> bool {
        self == Control::Random
    }

    /// The map, one value per site.
    pub fn map(self, image: &Image, seed: u64) -> Vec<f64> {
        match self {
            Control::Random => controls::random(image.grid, seed),
            Control::Centre => controls::centre(image.grid),
            Control::Edges => controls::edges(image),
        }
    }
}
