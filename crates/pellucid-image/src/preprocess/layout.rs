//! Order of the axes of an input tensor.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ImageError, Result};

/// The axes of a tensor, one letter each: `N` samples, `C` channels, `D`, `H`, `W` space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Layout(String);

impl FromStr for Layout {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Layout> {
        let upper = text.to_ascii_uppercase();
        let known = upper.chars().all(|c| "NCDHW".contains(c));
        let once = upper.chars().enumerate().all(|(i, c)| upper[..i].chars().all(|d| d != c));
        if !known || !once || !upper.contains('H') || !upper.contains('W') {
            return Err(ImageError::Invalid(format!(
                "layout `{text}` must be made of `N`, `C`, `D`, `H`, `W`, each at most once, with `H` and `W`"
            )));
        }
        Ok(Layout(upper))
    }
}

impl TryFrom<String> for Layout {
    type Error = ImageError;
    fn try_from(text: String) -> Result<Layout> {
        text.parse()
    }
}

impl From<Layout> for String {
    fn from(layout: Layout) -> String {
        layout.0
    }
}

impl Layout {
    /// The usual layout of a tensor with so many axes: `NCHW`, `NCDHW`.
    pub fn usual(volume: bool) -> Layout {
        Layout(if volume { "NCDHW" } else { "NCHW" }.into())
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Position of an axis.
    pub fn axis(&self, letter: char) -> Option<usize> {
        self.0.find(letter)
    }

    /// Sizes of the tensor's axes for an image of shape `[C, D, H, W]`.
    ///
    /// # Errors
    /// When the image has more than one entry along an axis that the layout lacks.
    pub fn shape(&self, image: [usize; 4]) -> Result<Vec<usize>> {
        for (letter, size) in "CDHW".chars().zip(image) {
            if size != 1 && self.axis(letter).is_none() {
                let axis = match letter {
                    'C' => "channels",
                    _ => "slices",
                };
                return Err(ImageError::Invalid(format!(
                    "the image has {size} {axis}, but the layout `{}` has no `{letter}`",
                    self.0
                )));
            }
        }
        Ok(self.0.chars().map(|letter| "CDHW".find(letter).map_or(1, |i| image[i])).collect())
    }

    /// Moves `C x D x H x W` values into this layout, as a batch of one.
    ///
    /// # Errors
    /// As [`Layout::shape`].
    pub fn pack(&self, values: Vec<f32>, image: [usize; 4]) -> Result<(Vec<f32>, Vec<usize>)> {
        let shape = self.shape(image)?;
        let order: Vec<usize> = self.0.chars().filter_map(|letter| "CDHW".find(letter)).collect();
        if order.is_sorted() {
            return Ok((values, shape));
        }
        let strides = [image[1] * image[2] * image[3], image[2] * image[3], image[3], 1];
        let sizes: Vec<usize> = order.iter().map(|&i| image[i]).collect();
        let steps: Vec<usize> = order.iter().map(|&i| strides[i]).collect();
        Ok((walk(&values, &sizes, &steps), shape))
    }

    /// Moves values of one sample of this layout back into `C x D x H x W`.
    ///
    /// # Errors
    /// When the values don't fill the shape.
    pub fn unpack(&self, values: Vec<f32>, image: [usize; 4]) -> Result<Vec<f32>> {
        let shape = self.shape(image)?;
        if shape.iter().product::<usize>() != values.len() {
            return Err(ImageError::Size { shape, found: values.len() });
        }
        let stride = |letter: char| self.axis(letter).map_or(0, |i| shape[i + 1..].iter().product::<usize>());
        let steps: Vec<usize> = "CDHW".chars().map(stride).collect();
        Ok(walk(&values, &image, &steps))
    }
}

/// The values met when counting through `sizes` in row-major order with the given strides.
fn walk(values: &[f32], sizes: &[usize], strides: &[usize]) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    let mut index = vec![0; sizes.len()];
    let mut at = 0;
    for _ in 0..sizes.iter().product() {
        out.push(values[at]);
        for axis in (0..sizes.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < sizes[axis] {
                break;
            }
            at -= strides[axis] * sizes[axis];
            index[axis] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_go_there_and_back() {
        let image = [3, 1, 2, 4];
        let values: Vec<f32> = (0..24).map(|v| v as f32).collect();
        for text in ["NCHW", "NHWC", "CHW", "HWC", "NDHWC", "NWHC"] {
            let layout: Layout = text.parse().unwrap();
            let (packed, shape) = layout.pack(values.clone(), image).unwrap();
            assert_eq!(shape.len(), text.len());
            assert_eq!(layout.unpack(packed, image).unwrap(), values, "{text}");
        }
        let (packed, shape) = "NHWC".parse::<Layout>().unwrap().pack(values, image).unwrap();
        assert_eq!((shape, &packed[..4]), (vec![1, 2, 4, 3], &[0.0, 8.0, 16.0, 1.0][..]));
    }

    #[test]
    fn impossible_layouts_are_refused() {
        for text in ["", "NCXW", "NHHW", "NC"] {
            assert!(text.parse::<Layout>().is_err(), "{text}");
        }
        assert!("NHW".parse::<Layout>().unwrap().shape([3, 1, 2, 2]).is_err());
        assert!("NCHW".parse::<Layout>().unwrap().shape([1, 5, 2, 2]).is_err());
    }
}
