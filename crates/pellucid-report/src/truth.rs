//! A known region of the image, such as a planted lesion, and how much of a map lies in it.

use crate::field::{Field, Reading, sizes};
use crate::frame::Frame;
use crate::{ReportError, Result};

/// A region that is known to matter, on the grid of the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// What it is, such as `planted lesion`.
    pub name: String,
    /// 1 inside, 0 outside.
    inside: Field,
}

/// How a map lies to the region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Share of the sum of shown magnitudes inside the region; `None` for an empty map.
    pub mass: Option<f64>,
    /// Share of the region's places among the equally many strongest places of the map; `None` for an empty map.
    pub precision: Option<f64>,
    /// Whether the strongest place lies inside; `None` for an empty map.
    pub pointing: Option<bool>,
}

impl Truth {
    /// A region given by a flag per voxel, row-major on `[D, H, W]`.
    ///
    /// # Errors
    /// When the flags don't fill the grid, or none is set.
    pub fn new(name: &str, grid: [usize; 3], inside: &[bool]) -> Result<Truth> {
        if !inside.contains(&true) {
            return Err(ReportError::Map { map: name.to_string(), reason: "the region is empty".into() });
        }
        let values = inside.iter().map(|v| f32::from(u8::from(*v))).collect();
        Ok(Truth { name: name.to_string(), inside: Field::new(grid, values)? })
    }

    /// `[D, H, W]`.
    pub fn grid(&self) -> [usize; 3] {
        self.inside.grid()
    }

    /// The region on the grid of the model input: places outside the image aren't in it.
    ///
    /// # Errors
    /// When the region isn't on the image's grid, or nothing of it is seen by the model.
    pub fn on_input(&self, frame: &Frame) -> Result<Field> {
        if self.grid() != frame.image_grid() {
            return Err(ReportError::Grid {
                what: format!("the region `{}`", self.name),
                found: self.grid().to_vec(),
                expected: frame.image_grid().to_vec(),
            });
        }
        let [d, h, w] = frame.input_grid();
        let place = |i: usize| frame.to_image([(i % w) as f64, (i / w % h) as f64, (i / (w * h)) as f64]);
        let values: Vec<f32> =
            (0..d * h * w).map(|i| self.inside.read(place(i), Reading::Nearest).unwrap_or(0.0)).collect();
        if values.iter().all(|v| *v == 0.0) {
            let reason = format!("nothing of it lies in the model's input of {}", sizes(&[d, h, w]));
            return Err(ReportError::Map { map: self.name.clone(), reason });
        }
        Field::new([d, h, w], values)
    }
}

/// Share of the places of a grid that a region takes: what chance would hit.
pub(crate) fn area(region: &Field) -> f64 {
    region.sum() / region.values().len() as f64
}

/// How a shown map on the same grid lies to a region.
pub(crate) fn hit(map: &Field, region: &Field) -> Hit {
    let magnitude = map.map(f32::abs);
    let total = magnitude.sum();
    if total <= 0.0 || map.grid() != region.grid() {
        return Hit { mass: None, precision: None, pointing: None };
    }
    let inside = |i: usize| region.values()[i] > 0.0;
    let values = magnitude.values();
    let mass: f64 = values.iter().enumerate().filter(|(i, _)| inside(*i)).map(|(_, v)| f64::from(*v)).sum();
    let size = region.values().iter().filter(|v| **v > 0.0).count();
    let mut order: Vec<usize> = (0..values.len()).collect();
    // equal values in the order of the grid, so that the number is the same everywhere
    order.sort_unstable_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    let hits = order[..size].iter().filter(|i| inside(**i)).count();
    Hit { mass: Some(mass / total), precision: Some(hits as f64 / size as f64), pointing: Some(inside(order[0])) }
}

#[cfg(test)]
mod tests {
    use pellucid_image::Affine;

    use super::*;

    #[test]
    fn mass_precision_and_pointing_by_hand() {
        let region = Field::new([1, 1, 5], vec![0.0, 1.0, 1.0, 0.0, 0.0]).unwrap();
        let map = Field::new([1, 1, 5], vec![0.5, -3.0, 0.5, 1.0, 0.0]).unwrap();
        assert_eq!(hit(&map, &region), Hit { mass: Some(0.7), precision: Some(0.5), pointing: Some(true) });
        assert_eq!(area(&region), 0.4);
        let empty = Field::new([1, 1, 5], vec![0.0; 5]).unwrap();
        assert_eq!(hit(&empty, &region), Hit { mass: None, precision: None, pointing: None });
    }

    #[test]
    fn region_follows_the_frame() {
        let mut flags = vec![false; 16];
        flags[5] = true; // x = 1, y = 1
        let truth = Truth::new("lesion", [1, 4, 4], &flags).unwrap();
        let crop = Frame::new([1, 4, 4], [1, 2, 2], Affine::scale_offset([1.0; 3], [1.0, 1.0, 0.0])).unwrap();
        assert_eq!(truth.on_input(&crop).unwrap().values(), [1.0, 0.0, 0.0, 0.0]);
        let away = Frame::new([1, 4, 4], [1, 2, 2], Affine::scale_offset([1.0; 3], [2.0, 2.0, 0.0])).unwrap();
        assert!(truth.on_input(&away).unwrap_err().to_string().contains("nothing of it"));
        let other = Frame::whole([1, 8, 8], [1, 4, 4]).unwrap();
        assert!(matches!(truth.on_input(&other), Err(ReportError::Grid { .. })));
        assert!(Truth::new("lesion", [1, 2, 2], &[false; 4]).is_err());
        assert!(Truth::new("lesion", [1, 2, 2], &[true; 3]).is_err());
    }
}
