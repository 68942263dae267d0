//! An image on its way to becoming an input.

use super::grid::Grid;
use super::pointwise::Pointwise;
use crate::DisplayWindow;
use crate::image::{Channels, Image, Units};

/// The state between two steps.
pub(super) struct Work {
    pub voxels: Vec<f32>,
    /// `[C, D, H, W]`
    pub shape: [usize; 4],
    pub channels: Channels,
    pub units: Units,
    pub display: Option<DisplayWindow>,
    pub grid: Grid,
    /// Point of interest, in coordinates of the source.
    pub focus: Option<[f64; 3]>,
    /// What the last step measured in the image.
    pub measured: Vec<(String, f64)>,
    pub notes: Vec<String>,
    /// The functions applied so far; `None` once a step was no function of one value.
    pub functions: Option<Vec<Pointwise>>,
}

impl Work {
    pub fn new(image: &Image, focus: Option<[f64; 3]>) -> Work {
        Work {
            voxels: image.voxels().to_vec(),
            shape: image.shape(),
            channels: image.channels.clone(),
            units: image.units.clone(),
            display: image.display.clone(),
            grid: Grid::of_source(image.grid(), image.geometry),
            focus,
            measured: vec![],
            notes: vec![],
            functions: Some(vec![]),
        }
    }

    /// Whether values are whole levels of 8 bits.
    pub fn whole_levels(&self) -> bool {
        matches!(self.units, Units::Levels { max } if max <= 255.0)
    }

    pub fn map(&mut self, function: &Pointwise) {
        let n = self.voxels.len() / self.shape[0];
        for (c, channel) in self.voxels.chunks_exact_mut(n).enumerate() {
            channel.iter_mut().for_each(|v| *v = function.apply(f64::from(*v), c) as f32);
        }
    }

    pub fn measured(&mut self, values: &[(&str, f64)]) {
        self.measured.extend(values.iter().map(|(name, v)| (name.to_string(), *v)));
    }

    /// The point of interest in coordinates of the present grid, else its middle.
    pub fn focus_here(&self) -> [f64; 3] {
        let [d, h, w] = self.grid.shape;
        let middle = [(w as f64 - 1.0) / 2.0, (h as f64 - 1.0) / 2.0, (d as f64 - 1.0) / 2.0];
        self.focus.and_then(|p| self.grid.source_from_grid.inverse().map(|a| a.apply(p))).unwrap_or(middle)
    }
}
