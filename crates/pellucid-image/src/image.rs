//! An image: values, what they mean, where they lie, where they come from.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::display::DisplayWindow;
use crate::geometry::Geometry;
use crate::{ImageError, Result};

/// What the channels of an image are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// One channel of brightness or of one measured quantity.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Named channels: MR sequences, stains, time points, neighbouring slices.
    Named(Vec<String>),
}

/// What the values of an image measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Units {
    /// Stored levels of a picture, from 0 to the given maximum (255, 65535).
    Levels {
        /// The largest level the format can hold.
        max: f32,
    },
    /// Hounsfield units of computed tomography.
    Hounsfield,
    /// Numbers without a stated unit, such as MR intensity.
    Intensity,
    /// A unit named by the file, such as `BQML`.
    Named(String),
}

/// The format an image was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Format {
    Png,
    Jpeg,
    Tiff,
    Npy,
    Dicom,
    Nifti,
    /// Made in memory.
    Synthetic,
}

impl Format {
    /// The format's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Tiff => "TIFF",
            Format::Npy => "NumPy",
            Format::Dicom => "DICOM",
            Format::Nifti => "NIfTI",
            Format::Synthetic => "synthetic",
        }
    }
}

/// Where an image comes from, without path or patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// File format.
    pub format: Format,
    /// Further facts of the format that bear on the values, such as the DICOM modality or transfer syntax: `(name, value)`.
    pub facts: Vec<(String, String)>,
}

/// An image or volume of `C x D x H x W` values, row-major; `D = 1` in 2-D.
///
/// Values are as measured: nothing is clipped, windowed or rescaled at reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    voxels: Vec<f32>,
    shape: [usize; 4],
    /// Meaning of the channels.
    pub channels: Channels,
    /// Meaning of the values.
    pub units: Units,
    /// Position of the voxels.
    pub geometry: Geometry,
    /// Origin of the image.
    pub source: Source,
    /// How the file asks to be displayed, if it does.
    pub display: Option<DisplayWindow>,
    /// What the reader should know: dropped alpha, inverted grey scale, NaN values.
    pub notes: Vec<String>,
}

impl Image {
    /// An image of the given values; `shape` is `[C, D, H, W]`. Channels are grey, RGB (3 channels with levels as units) or numbered;
    /// geometry, display and notes start empty.
    ///
    /// # Errors
    /// When the number of values isn't the product of the shape, or an axis is empty.
    pub fn new(voxels: Vec<f32>, shape: [usize; 4], units: Units, format: Format) -> Result<Image> {
        let product = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if product != Some(voxels.len()) || voxels.is_empty() {
            return Err(ImageError::Size { shape: shape.to_vec(), found: voxels.len() });
        }
        let channels = match (shape[0], &units) {
            (1, _) => Channels::Grey,
            (3, Units::Levels { .. }) => Channels::Rgb,
            (n, _) => Channels::Named((0..n).map(|i| format!("channel {i}")).collect()),
        };
        let source = Source { format, facts: vec![] };
        Ok(Image {
            voxels,
            shape,
            channels,
            units,
            geometry: Geometry::unknown(),
            source,
            display: None,
            notes: vec![],
        })
    }

    /// The values, row-major `C x D x H x W`.
    pub fn voxels(&self) -> &[f32] {
        &self.voxels
    }

    /// `[C, D, H, W]`.
    pub fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// `[D, H, W]`.
    pub fn grid(&self) -> [usize; 3] {
        [self.shape[1], self.shape[2], self.shape[3]]
    }

    /// Whether there is one slice only.
    pub fn is_2d(&self) -> bool {
        self.shape[1] == 1
    }

    /// The values of one channel, `None` when there is no such channel.
    pub fn channel(&self, c: usize) -> Option<&[f32]> {
        let n = self.voxels.len() / self.shape[0];
        self.voxels.get(c * n..(c + 1) * n)
    }

    /// The image with every value replaced.
    pub fn map(mut self, f: impl Fn(f32) -> f32) -> Image {
        self.voxels.iter_mut().for_each(|v| *v = f(*v));
        self
    }

    /// Other values on the same grounds: a baseline, a filtered image.
    ///
    /// # Errors
    /// When there are more or fewer values than places.
    pub fn with_voxels(&self, voxels: Vec<f32>) -> Result<Image> {
        if voxels.len() != self.voxels.len() {
            return Err(ImageError::Size { shape: self.shape.to_vec(), found: voxels.len() });
        }
        Ok(Image { voxels, ..self.without_voxels() })
    }

    /// The values, giving up the image.
    pub fn into_voxels(self) -> Vec<f32> {
        self.voxels
    }

    /// One slice of a volume as a 2-D image in the same place; `None` when there is no slice `z`.
    pub fn slice(&self, z: usize) -> Option<Image> {
        let [c, d, h, w] = self.shape;
        if z >= d {
            return None;
        }
        let plane = h * w;
        let mut voxels = Vec::with_capacity(c * plane);
        for channel in self.voxels.chunks_exact(d * plane) {
            voxels.extend_from_slice(&channel[z * plane..(z + 1) * plane]);
        }
        let shift = crate::Affine::scale_offset([1.0; 3], [0.0, 0.0, z as f64]);
        let mut image = Image { voxels, shape: [c, 1, h, w], ..self.without_voxels() };
        image.geometry = self.geometry.regrid(&shift);
        Some(image)
    }

    /// Everything but the values, for building an image on the same grounds.
    fn without_voxels(&self) -> Image {
        Image {
            voxels: vec![],
            shape: self.shape,
            channels: self.channels.clone(),
            units: self.units.clone(),
            geometry: self.geometry,
            source: self.source.clone(),
            display: self.display.clone(),
            notes: self.notes.clone(),
        }
    }

    /// SHA-256 of shape and values, in hexadecimal: the same for the same pixels whatever the file, its name or its headers.
    ///
    /// Hashed are the four sizes as little-endian `u64` and the values as little-endian `f32`.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for d in self.shape {
            hash.update((d as u64).to_le_bytes());
        }
        let mut buffer = Vec::with_capacity(4096 * 4);
        for block in self.voxels.chunks(4096) {
            buffer.clear();
            block.iter().for_each(|v| buffer.extend_from_slice(&v.to_le_bytes()));
            hash.update(&buffer);
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Number of values that are NaN or infinite.
    pub fn non_finite(&self) -> usize {
        self.voxels.iter().filter(|v| !v.is_finite()).count()
    }

    /// Smallest and largest finite value, `None` when there is none.
    pub fn range(&self) -> Option<(f32, f32)> {
        let finite = self.voxels.iter().copied().filter(|v| v.is_finite());
        finite.fold(None, |range, v| match range {
            None => Some((v, v)),
            Some((lo, hi)) => Some((v.min(lo), v.max(hi))),
        })
    }

    /// Adds a note when some values are NaN or infinite.
    pub(crate) fn note_non_finite(&mut self) {
        let n = self.non_finite();
        if n > 0 {
            self.notes.push(format!("{n} of {} values are NaN or infinite", self.voxels.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(shape: [usize; 4]) -> Image {
        let n = shape.iter().product::<usize>();
        Image::new((0..n).map(|v| v as f32).collect(), shape, Units::Intensity, Format::Synthetic).unwrap()
    }

    #[test]
    fn wrong_number_of_values_is_refused() {
        assert!(Image::new(vec![0.0; 5], [1, 1, 2, 3], Units::Intensity, Format::Npy).is_err());
        assert!(Image::new(vec![], [1, 0, 2, 3], Units::Intensity, Format::Npy).is_err());
        assert!(Image::new(vec![0.0], [usize::MAX, 2, 1, 1], Units::Intensity, Format::Npy).is_err());
    }

    #[test]
    fn slice_keeps_channels_and_place() {
        let image = ramp([2, 3, 2, 2]);
        let slice = image.slice(1).unwrap();
        assert_eq!(slice.voxels(), &[4.0, 5.0, 6.0, 7.0, 16.0, 17.0, 18.0, 19.0]);
        assert_eq!(slice.geometry.world_from_voxel.apply([0.0; 3]), [0.0, 0.0, 1.0]);
        assert!(image.slice(3).is_none());
    }

    #[test]
    fn other_values_keep_the_grounds() {
        let image = ramp([1, 1, 2, 3]);
        let other = image.with_voxels(vec![1.0; 6]).unwrap();
        assert_eq!((other.shape(), other.voxels()), (image.shape(), &[1.0; 6][..]));
        assert!(image.with_voxels(vec![1.0; 5]).is_err());
    }

    #[test]
    fn digest_depends_on_shape_and_values_only() {
        let a = ramp([1, 1, 2, 3]);
        let mut b = ramp([1, 1, 2, 3]);
        b.notes.push("other".into());
        assert_eq!(a.digest(), b.digest());
        assert_ne!(a.digest(), ramp([1, 1, 3, 2]).digest());
        assert_ne!(a.digest(), a.clone().map(|v| v + 1.0).digest());
    }
}
