//! Lengths: in mm where an image has a scale, else as a share of its width.

use pellucid_image::Geometry;
use serde::{Deserialize, Serialize};

/// A length on an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Millimetres.
    Mm(f64),
    /// Micrometres.
    Um(f64),
    /// Share of the image's width.
    Share(f64),
}

impl Length {
    /// The number of whatever unit.
    pub fn number(self) -> f64 {
        match self {
            Length::Mm(v) | Length::Um(v) | Length::Share(v) => v,
        }
    }

    /// In samples along `(x, y, z)` of a grid `[D, H, W]`; `None` when the length is absolute and the grid has no scale. A share of the width is
    /// the same length along every axis where the scale is known, else the same number of samples.
    pub fn samples(self, geometry: &Geometry, grid: [usize; 3]) -> Option<[f64; 3]> {
        let spacing = if geometry.spacing_known() { geometry.spacing_mm() } else { [1.0; 3] };
        let length = match self {
            Length::Mm(v) if geometry.spacing_known() => v,
            Length::Um(v) if geometry.spacing_known() => v / 1000.0,
            Length::Share(v) => v * grid[2] as f64 * spacing[0],
            _ => return None,
        };
        spacing.iter().all(|s| *s > 0.0).then(|| spacing.map(|s| length / s))
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Length::Mm(v) => write!(f, "{v} mm"),
            Length::Um(v) => write!(f, "{v} µm"),
            Length::Share(v) => write!(f, "{} % of the width", v * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_samples_only_with_a_scale() {
        let known = Geometry::spacing([0.5, 0.5, 2.0]);
        assert_eq!(Length::Mm(4.0).samples(&known, [8, 64, 64]), Some([8.0, 8.0, 2.0]));
        assert_eq!(Length::Um(500.0).samples(&known, [8, 64, 64]), Some([1.0, 1.0, 0.25]));
        assert_eq!(Length::Mm(4.0).samples(&Geometry::unknown(), [1, 64, 64]), None);
        assert_eq!(Length::Share(0.25).samples(&Geometry::unknown(), [1, 64, 64]), Some([16.0; 3]));
        assert_eq!(Length::Share(0.25).samples(&known, [8, 64, 64]), Some([16.0, 16.0, 4.0]));
    }
}
