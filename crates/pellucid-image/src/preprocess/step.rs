//! The steps that make a model's input from an image, as data. What each does is written once, here.

use serde::{Deserialize, Serialize};

use crate::resize::Resample;

/// How sizes are changed; names as in model cards.
pub const RESIZE_MODES: &[(&str, Resample, &str)] = &[
    ("nearest", Resample::Nearest, "nearest sample (PIL, Keras)"),
    ("nearest-floor", Resample::NearestFloor, "sample at `floor(o n_in / n_out)` (torch, OpenCV)"),
    ("bilinear", Resample::LinearHalfPixel, "linear, no antialias (OpenCV, TensorFlow, torch)"),
    ("bilinear-antialias", Resample::LinearAntialias, "linear, antialiased (PIL, torchvision)"),
    ("bicubic", Resample::CubicHalfPixel, "cubic, no antialias (OpenCV, torch)"),
    ("bicubic-antialias", Resample::CubicAntialias, "cubic, antialiased (PIL, Keras `bicubic`)"),
    ("area", Resample::Area, "mean over the covered part (OpenCV `INTER_AREA`)"),
    ("corners", Resample::LinearAlignCorners, "linear, corners aligned (scipy `zoom` of order 1)"),
    ("spline", Resample::SplineAlignCorners, "cubic spline, corners aligned (scipy `zoom` of order 3)"),
    ("mirror", Resample::MirrorHalfPixel, "linear, mirrored border (scikit-image `resize`)"),
];

/// Where a crop is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CropAt {
    /// Around the middle.
    Center,
    /// Around the point of interest given with the image, else the middle.
    Focus,
}

/// How an image is made square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SquareHow {
    /// The largest square around the middle.
    Crop,
    /// The smallest square that holds all, filled with 0 around.
    Pad,
}

/// The channels a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// One channel.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// Which voxels count when statistics are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// All.
    All,
    /// Those that aren't 0: the brain of a skull-stripped volume.
    Nonzero,
}

/// One step. Sizes and spacings are in the order of the axes `D, H, W` (`H, W` in 2-D).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Turns a volume so that its axes `D, H, W` grow in the three named patient directions, such as `SPL` or `RAS`.
    Orient {
        /// One letter per axis: `R` or `L`, `A` or `P`, `S` or `I`.
        axes: String,
    },
    /// Resamples a volume to the given voxel size; the middle stays where it is.
    Spacing {
        /// Voxel size along `D, H, W`.
        spacing_mm: [f64; 3],
        /// How.
        mode: Resample,
    },
    /// Resizes, aspect ratio ignored.
    Resize {
        /// New size.
        size: Vec<usize>,
        /// How.
        mode: Resample,
        /// Round pictures of 8-bit levels to whole levels, as image libraries do.
        round: bool,
    },
    /// Resizes so that the shorter side has the given length; the longer is cut to a whole number.
    ResizeShorter {
        /// New length of the shorter side.
        size: usize,
        /// How.
        mode: Resample,
        /// As in `Resize`.
        round: bool,
    },
    /// Cuts a box. With `fill`, a box that reaches outside is filled; without, it is moved inside.
    Crop {
        /// Size of the box.
        size: Vec<usize>,
        /// Where.
        at: CropAt,
        /// Value outside the image.
        fill: Option<f32>,
    },
    /// Makes a picture square.
    Square {
        /// How.
        how: SquareHow,
    },
    /// Takes neighbouring slices around the point of interest as channels; beyond the ends the last slice is repeated.
    Slices {
        /// How many; odd.
        count: usize,
    },
    /// Makes the colour channels that the model takes.
    Channels {
        /// Which.
        colour: Colour,
        /// Weights of red, green, blue when grey is made. Pictures of 8-bit levels are rounded when these are PIL's (0.299, 0.587, 0.114).
        weights: [f64; 3],
    },
    /// Keeps the given channels, in this order.
    Select {
        /// Channel numbers, from 0.
        channels: Vec<usize>,
    },
    /// Makes 8-bit levels: other levels are scaled, else the file's display window is applied, else the range of the image.
    EightBit,
    /// Applies the file's display window; the image's range when the file has none.
    DisplayWindow {
        /// Where the window's ends go.
        to: [f64; 2],
    },
    /// Sends `center - width/2 ... center + width/2` to the target range and clips.
    Window {
        /// Centre, in units of the image.
        center: f64,
        /// Width, in units of the image.
        width: f64,
        /// Target range.
        to: [f64; 2],
    },
    /// Sends `from` to the target range.
    Range {
        /// Values that go to the ends of the target.
        from: [f64; 2],
        /// Target range.
        to: [f64; 2],
        /// Whether values outside are clipped.
        clip: bool,
    },
    /// Sends two percentiles of the image to the target range.
    Percentiles {
        /// The two percentiles, 0 to 100.
        from: [f64; 2],
        /// Target range.
        to: [f64; 2],
        /// Whether values outside are clipped.
        clip: bool,
        /// Which voxels count.
        over: Over,
    },
    /// Subtracts the mean and divides by the (population) standard deviation of each channel.
    ZScore {
        /// Which voxels count.
        over: Over,
    },
    /// Limits values.
    Clip {
        /// Least and greatest value.
        limits: [f64; 2],
    },
    /// `(v - mean) / std`, one pair for all channels or one per channel.
    MeanStd {
        /// Means.
        mean: Vec<f64>,
        /// Standard deviations.
        std: Vec<f64>,
    },
    /// `scale * v + offset`
    Scale {
        /// Factor.
        scale: f64,
        /// Added after.
        offset: f64,
    },
    /// `max * (v / max)^(1 / gamma)`; pictures of 8-bit levels are cut to whole levels, as by a table.
    Gamma {
        /// Above 1 brightens.
        gamma: f64,
        /// The value that stays.
        max: f64,
    },
    /// Contrast-limited adaptive histogram equalisation of 8-bit levels, as OpenCV.
    Clahe {
        /// Clip limit.
        limit: f64,
        /// Tiles along `H, W`.
        tiles: [usize; 2],
    },
    /// Sends percentiles of the image to standard values and interpolates between them (Nyul and Udupa).
    Landmarks {
        /// Percentiles, rising.
        percentiles: Vec<f64>,
        /// Standard values, rising.
        values: Vec<f64>,
        /// Which voxels count.
        over: Over,
    },
    /// Replaces NaN and infinite values.
    ReplaceNan {
        /// By this.
        value: f32,
    },
}

impl Step {
    /// The key that names the step in a model card.
    pub fn key(&self) -> &'static str {
        match self {
            Step::Orient { .. } => "orient",
            Step::Spacing { .. } => "spacing_mm",
            Step::Resize { .. } => "resize",
            Step::ResizeShorter { .. } => "resize_shorter",
            Step::Crop { .. } => "crop",
            Step::Square { .. } => "square",
            Step::Slices { .. } => "slices",
            Step::Channels { .. } => "channels",
            Step::Select { .. } => "select",
            Step::EightBit => "eight_bit",
            Step::DisplayWindow { .. } => "display_window",
            Step::Window { .. } => "window",
            Step::Range { .. } => "range",
            Step::Percentiles { .. } => "percentiles",
            Step::ZScore { .. } => "z_score",
            Step::Clip { .. } => "clip",
            Step::MeanStd { .. } => "mean",
            Step::Scale { .. } => "scale",
            Step::Gamma { .. } => "gamma",
            Step::Clahe { .. } => "clahe",
            Step::Landmarks { .. } => "landmarks",
            Step::ReplaceNan { .. } => "replace_nan",
        }
    }
}
