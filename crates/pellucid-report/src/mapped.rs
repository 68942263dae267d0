//! Maps brought back to the grid of their image: for volumes, and for results that must lie on their source.

use std::ops::Range;

use rayon::prelude::*;

use crate::Result;
use crate::canvas::Canvas;
use crate::case::Case;
use crate::field::{Field, Reading};
use crate::frame::Frame;
use crate::scene::{Entry, Panel, Scene, Seen};

/// What stands in the picture of a result that leaves the report.
const CAUTION: &str = "research use only, not for diagnosis";

/// A map on the grid of its image, with its picture.
#[derive(Clone, Debug)]
pub struct MapOnImage {
    /// Index of its explanation among those of the outcome.
    pub explanation: usize,
    /// The method's title.
    pub title: String,
    /// Where the map was read, in words.
    pub place: String,
    /// A name for files, unique in the case.
    pub slug: String,
    /// Index of the image among those of the case.
    pub input: usize,
    /// `[D, H, W]` of the image.
    pub grid: [usize; 3],
    /// Values `D x H x W`, channels summed, otherwise raw and signed; linear between cells of the map, 0 where the model didn't look.
    pub values: Vec<f32>,
    /// The slices of the image that the model looked at.
    pub slices: Range<usize>,
    /// The overlay with title, colour bar, how it came about, and the words that it isn't for diagnosis.
    pub figure: Canvas,
}

/// The maps of a case on the grids of their images. Maps that have no place in an image, or can't be shown, are left out.
///
/// # Errors
/// When an input wasn't made from its image, or the known region doesn't lie on it.
pub fn maps_on_image(case: &Case) -> Result<Vec<MapOnImage>> {
    let scene = Scene::of(case)?;
    let ok = case.outcome.explanations.iter().enumerate().filter(|(_, e)| e.is_ok());
    let mut maps = vec![];
    for (entry, (index, _)) in scene.entries.iter().zip(ok) {
        maps.extend(entry.panels.iter().filter_map(|p| mapped(entry, p, scene.inputs.get(p.input)?, index)));
    }
    Ok(maps)
}

fn mapped(entry: &Entry, panel: &Panel, seen: &Seen, explanation: usize) -> Option<MapOnImage> {
    let shown = panel.shown.as_ref().ok()?;
    Some(MapOnImage {
        explanation,
        title: panel.name(entry),
        place: panel.place.clone(),
        slug: panel.slug.clone(),
        input: panel.input,
        grid: seen.frame.image_grid(),
        values: on_image(&shown.signed, &seen.frame),
        slices: slices_seen(&seen.frame),
        figure: panel.captioned(entry, &[CAUTION.to_string()])?,
    })
}

/// A map of the model input read at every voxel of the image, linear between cells; 0 where the model didn't look.
pub(crate) fn on_image(map: &Field, frame: &Frame) -> Vec<f32> {
    let [d, h, w] = frame.image_grid();
    let mut values = vec![0.0; d * h * w];
    values.par_chunks_mut(h * w).enumerate().for_each(|(z, slice)| {
        for (i, v) in slice.iter_mut().enumerate() {
            let place = frame.to_input([(i % w) as f64, (i / w) as f64, z as f64]);
            *v = map.read(place, Reading::Linear).unwrap_or(0.0);
        }
    });
    values
}

/// From the first to the last slice of the image with a voxel inside the model input; empty when there is none.
fn slices_seen(frame: &Frame) -> Range<usize> {
    let [d, h, w] = frame.image_grid();
    let [id, ih, iw] = frame.input_grid();
    let inside = |place: [f64; 3]| {
        // the rim that `Field::read` has
        place.iter().zip([iw, ih, id]).all(|(p, n)| *p >= -0.5 - 1e-6 && *p <= n as f64 - 0.5 + 1e-6)
    };
    let seen = |z: &usize| (0..h * w).any(|i| inside(frame.to_input([(i % w) as f64, (i / w) as f64, *z as f64])));
    match ((0..d).find(seen), (0..d).rfind(seen)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use pellucid_image::Affine;

    use super::*;

    #[test]
    fn values_land_on_their_voxels_and_zero_elsewhere() {
        let map = Field::new([2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        // the input is a crop that starts at voxel (1, 0, 1)
        let frame = Frame::new([3, 1, 4], [2, 1, 2], Affine::scale_offset([1.0; 3], [1.0, 0.0, 1.0])).unwrap();
        let expected = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0];
        assert_eq!(on_image(&map, &frame), expected);
    }

    #[test]
    fn slices_that_the_model_saw() {
        let frame = |shift: f64, depth| {
            Frame::new([5, 4, 4], [depth, 2, 2], Affine::scale_offset([2.0, 2.0, 1.0], [0.5, 0.5, shift])).unwrap()
        };
        assert_eq!(slices_seen(&frame(0.0, 5)), 0..5);
        assert_eq!(slices_seen(&frame(3.0, 1)), 3..4);
        assert_eq!(slices_seen(&frame(-9.0, 2)), 0..0);
    }
}
