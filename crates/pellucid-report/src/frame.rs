//! How the grid of a model input lies in the image it was made from.

use pellucid_image::Affine;

use crate::field::sizes;
use crate::{ReportError, Result};

/// Two grids and the map between them. Places are `(x, y, z)` in cells, integers are centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    image_grid: [usize; 3],
    input_grid: [usize; 3],
    image_from_input: Affine,
    input_from_image: Affine,
}

impl Frame {
    /// A frame from the grids `[D, H, W]` of image and model input and the map of places of the input to places of the image.
    ///
    /// # Errors
    /// When the map can't be turned around.
    pub fn new(image_grid: [usize; 3], input_grid: [usize; 3], image_from_input: Affine) -> Result<Frame> {
        let input_from_image = image_from_input.inverse().ok_or_else(|| ReportError::Map {
            map: "input grid".into(),
            reason: format!("no place in the image for an input of {}", sizes(&input_grid)),
        })?;
        Ok(Frame { image_grid, input_grid, image_from_input, input_from_image })
    }

    /// The frame of an input that is the whole image, resized.
    ///
    /// # Errors
    /// When a grid is empty.
    pub fn whole(image_grid: [usize; 3], input_grid: [usize; 3]) -> Result<Frame> {
        let scale = std::array::from_fn(|i| image_grid[2 - i] as f64 / input_grid[2 - i] as f64);
        // the outer edges of both grids, at -0.5, coincide
        let offset = scale.map(|s| 0.5 * s - 0.5);
        Frame::new(image_grid, input_grid, Affine::scale_offset(scale, offset))
    }

    /// `[D, H, W]` of the image.
    pub fn image_grid(&self) -> [usize; 3] {
        self.image_grid
    }

    /// `[D, H, W]` of the model input.
    pub fn input_grid(&self) -> [usize; 3] {
        self.input_grid
    }

    /// Places of the input to places of the image.
    pub fn image_from_input(&self) -> &Affine {
        &self.image_from_input
    }

    /// The place in the model input of a place in the image.
    pub fn to_input(&self, place: [f64; 3]) -> [f64; 3] {
        self.input_from_image.apply(place)
    }

    /// The place in the image of a place in the model input.
    pub fn to_image(&self, place: [f64; 3]) -> [f64; 3] {
        self.image_from_input.apply(place)
    }

    /// Whether the model input covers the whole image.
    pub fn covers_image(&self) -> bool {
        let [d, h, w] = self.image_grid.map(|n| n as f64 - 1.0);
        let [id, ih, iw] = self.input_grid.map(|n| n as f64 - 0.5);
        (0..8).all(|corner| {
            let pick = |bit: usize, end: f64| if corner >> bit & 1 == 1 { end } else { 0.0 };
            let [x, y, z] = self.to_input([pick(0, w), pick(1, h), pick(2, d)]);
            let inside = |v: f64, end: f64| (-0.51..=end + 0.01).contains(&v);
            inside(x, iw) && inside(y, ih) && inside(z, id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_image_maps_edges_to_edges() {
        let f = Frame::whole([1, 100, 200], [1, 50, 50]).unwrap();
        assert_eq!(f.to_image([-0.5, -0.5, 0.0]), [-0.5, -0.5, 0.0]);
        assert_eq!(f.to_image([49.5, 49.5, 0.0]), [199.5, 99.5, 0.0]);
        assert_eq!(f.to_input([1.5, 0.5, 0.0]), [0.0, 0.0, 0.0]);
        assert!(f.covers_image());
    }

    #[test]
    fn crops_do_not_cover_the_image_and_padding_does() {
        let crop = Affine::scale_offset([1.0; 3], [10.0, 10.0, 0.0]);
        assert!(!Frame::new([1, 100, 100], [1, 80, 80], crop).unwrap().covers_image());
        let pad = Affine::scale_offset([1.0; 3], [-10.0, 0.0, 0.0]);
        assert!(Frame::new([1, 100, 100], [1, 100, 120], pad).unwrap().covers_image());
        assert!(Frame::new([1, 4, 4], [1, 4, 4], Affine::scale_offset([0.0; 3], [0.0; 3])).is_err());
    }
}
