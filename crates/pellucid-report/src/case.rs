//! What a report is about: one sample, its images, the model's output, the explanations.

use pellucid_explain::Outcome;
use pellucid_image::Image;
use pellucid_image::preprocess::Prepared;

use crate::display::InputGrid;
use crate::frame::Frame;
use crate::truth::Truth;
use crate::{ReportError, Result};

/// One explained sample.
pub struct Case<'a> {
    /// Name in headings and messages, such as the file name of the image.
    pub name: &'a str,
    /// Name of the model.
    pub model: &'a str,
    /// Class names in order of the output; may be empty.
    pub labels: &'a [String],
    /// The inputs that are images, the main one first.
    pub inputs: Vec<CaseInput<'a>>,
    /// What came out.
    pub outcome: &'a Outcome,
    /// A region of the main image that is known to matter.
    pub truth: Option<&'a Truth>,
}

/// An input of the model that was made from an image.
pub struct CaseInput<'a> {
    /// Name of the input.
    pub name: &'a str,
    /// The image as read.
    pub image: &'a Image,
    /// How the input was made from it.
    pub prepared: &'a Prepared,
}

impl CaseInput<'_> {
    /// How the input lies in the image.
    ///
    /// # Errors
    /// When the input was made from an image of another size, or its grid is degenerate.
    pub fn frame(&self) -> Result<Frame> {
        let grid = &self.prepared.grid;
        if grid.source_shape != self.image.grid() {
            return Err(ReportError::Grid {
                what: format!("the image that input `{}` was made from", self.name),
                found: grid.source_shape.to_vec(),
                expected: self.image.grid().to_vec(),
            });
        }
        Frame::new(grid.source_shape, grid.shape, grid.source_from_grid)
    }

    /// Its spatial grid.
    pub(crate) fn grid(&self) -> InputGrid {
        InputGrid::new(&self.prepared.layout, self.prepared.image_shape)
    }
}
