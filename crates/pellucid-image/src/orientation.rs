//! Patient directions of the voxel axes: `RAS`, `LPS` and the other 46 codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Affine, Geometry, ImageError};

/// Letters of the six directions; the letter at `2 b` is the positive end (RAS+) of body axis `b`, the one at `2 b + 1` its negative end.
const LETTERS: &str = "RLAPSI";

/// Reverses the signs of x and y: from LPS (DICOM, ITK) to RAS (NIfTI) coordinates and back.
pub const LPS_RAS: Affine = Affine { rows: [[-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]] };

/// The direction in which each voxel axis `(x, y, z)` (column, row, slice) grows, one of each pair R/L, A/P, S/I, as in nibabel.
///
/// `RAS` grows to the patient's right, front and head. DICOM's usual axial stack is `LPS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Orientation([char; 3]);

impl Orientation {
    /// Right, front, head.
    pub const RAS: Orientation = Orientation(['R', 'A', 'S']);
    /// Left, back, head.
    pub const LPS: Orientation = Orientation(['L', 'P', 'S']);

    /// The orientation of three letters, `None` unless there is one of each pair.
    pub fn new(codes: [char; 3]) -> Option<Orientation> {
        let mut seen = [false; 3];
        for code in codes {
            *seen.get_mut(body(code)?)? = true;
        }
        seen.iter().all(|&s| s).then_some(Orientation(codes))
    }

    /// The letters, in the order of the voxel axes `(x, y, z)`.
    pub fn codes(self) -> [char; 3] {
        self.0
    }

    /// For each voxel axis of `self`, the axis of `other` along the same body axis, and whether it runs the other way.
    pub fn axes_in(self, other: Orientation) -> [(usize, bool); 3] {
        self.0.map(|code| {
            let axis = other.0.iter().position(|&o| body(o) == body(code)).unwrap_or(0);
            (axis, other.0[axis] != code)
        })
    }
}

/// The body axis of a letter: 0 for `R` and `L`, 1 for `A` and `P`, 2 for `S` and `I`.
pub(crate) fn body(letter: char) -> Option<usize> {
    LETTERS.find(letter).map(|i| i / 2)
}

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|c| write!(f, "{c}"))
    }
}

impl FromStr for Orientation {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Orientation, ImageError> {
        let letters: Vec<char> = text.chars().collect();
        let known = <[char; 3]>::try_from(letters).ok().and_then(Orientation::new);
        known.ok_or_else(|| {
            ImageError::Invalid(format!(
                "orientation `{text}`: one letter of each pair R/L, A/P, S/I is due, such as `RAS`"
            ))
        })
    }
}

impl TryFrom<String> for Orientation {
    type Error = ImageError;

    fn try_from(text: String) -> Result<Orientation, ImageError> {
        text.parse()
    }
}

impl From<Orientation> for String {
    fn from(orientation: Orientation) -> String {
        orientation.to_string()
    }
}

impl Geometry {
    /// The closest [`Orientation`]: that of [`Geometry::axis_codes`].
    pub fn orientation(&self) -> Orientation {
        Orientation(self.axis_codes())
    }

    /// Full geometry from an affine into LPS coordinates (DICOM, ITK, most NRRD).
    pub fn from_lps(lps_from_voxel: Affine) -> Geometry {
        Geometry::oriented(LPS_RAS.after(&lps_from_voxel))
    }

    /// The affine into LPS coordinates.
    pub fn lps_from_voxel(&self) -> Affine {
        LPS_RAS.after(&self.world_from_voxel)
    }

    /// World position (RAS+, mm) of voxel coordinates `(x, y, z)`.
    pub fn world(&self, voxel: [f64; 3]) -> [f64; 3] {
        self.world_from_voxel.apply(voxel)
    }

    /// Voxel coordinates of a world position, `None` for a degenerate geometry.
    pub fn voxel(&self, world: [f64; 3]) -> Option<[f64; 3]> {
        self.voxel_from_world().map(|inverse| inverse.apply(world))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_words_of_three_letters_48_are_orientations() {
        let letters: Vec<char> = LETTERS.chars().chain(['X']).collect();
        let mut found = 0;
        for &a in &letters {
            for &b in &letters {
                for &c in &letters {
                    found += usize::from(Orientation::new([a, b, c]).is_some());
                }
            }
        }
        assert_eq!(found, 48);
        for text in ["", "RA", "RASX", "RRS", "ras", "RÄS"] {
            assert!(text.parse::<Orientation>().is_err(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Orientation::LPS).unwrap(), "\"LPS\"");
        assert!(serde_json::from_str::<Orientation>("\"LRS\"").is_err());
    }

    #[test]
    fn positions_round_trip_and_lps_reverses_two_signs() {
        let oblique = Affine { rows: [[0.68, -0.3, 0.6, 5.0], [0.2, 0.9, -0.4, -7.0], [-0.1, 0.5, 3.0, 11.0]] };
        let g = Geometry::from_lps(oblique);
        let p = [3.25, -2.0, 7.5];
        let back = g.voxel(g.world(p)).unwrap();
        assert!((0..3).all(|i| (back[i] - p[i]).abs() < 1e-12));
        let (lps, ras) = (oblique.apply(p), g.world(p));
        assert_eq!(ras, [-lps[0], -lps[1], lps[2]]);
        assert_eq!(g.lps_from_voxel(), oblique);
    }
}
