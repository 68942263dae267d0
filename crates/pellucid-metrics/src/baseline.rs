//! What replaces a removed position. Statistics are those of the original input, taken once.

use crate::blur::{gaussian_blur, rise_blur};
use crate::error::{Result, finite};
use crate::image::Image;
use crate::random::Stream;

/// What replaces a removed position. For a CT volume zero is soft tissue, so [`Baseline::Min`] is the choice for volumes.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// One value.
    Constant(f64),
    /// Zero.
    Zero,
    /// Smallest value of the image.
    Min,
    /// Largest value of the image.
    Max,
    /// Mean of the image.
    Mean,
    /// Mean of each channel.
    ChannelMean,
    /// A value per position, drawn once.
    Uniform {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
        /// Seed.
        seed: u64,
    },
    /// The image, blurred with edges repeated; sigma in px.
    GaussianBlur {
        /// Standard deviation, px.
        sigma: f64,
    },
    /// The image under the blur of the RISE evaluation: kernel of 11, sigma of 5 px, zeros beyond the border.
    RiseBlur,
    /// Another image of the same shape.
    Image(Vec<f64>),
}

impl Baseline {
    /// Its name, with its number.
    pub fn name(&self) -> String {
        match self {
            Baseline::Constant(v) => format!("constant({v})"),
            Baseline::Zero => "zero".into(),
            Baseline::Min => "min".into(),
            Baseline::Max => "max".into(),
            Baseline::Mean => "mean".into(),
            Baseline::ChannelMean => "channel_mean".into(),
            Baseline::Uniform { low, high, seed } => format!("uniform({low},{high},seed={seed})"),
            Baseline::GaussianBlur { sigma } => format!("gaussian_blur({sigma})"),
            Baseline::RiseBlur => "rise_blur".into(),
            Baseline::Image(_) => "image".into(),
        }
    }

    /// The image that stands for absence, of the shape of the input.
    ///
    /// # Errors
    /// When a value isn't finite, or another image has another size.
    pub fn of(&self, image: &Image) -> Result<Vec<f64>> {
        let x = image.values;
        finite(x)?;
        let all = |v: f64| vec![v; x.len()];
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let filled = match self {
            Baseline::Constant(v) => all(*v),
            Baseline::Zero => all(0.0),
            Baseline::Min => all(x.iter().copied().fold(f64::INFINITY, f64::min)),
            Baseline::Max => all(x.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            Baseline::Mean => all(mean(x)),
            Baseline::ChannelMean => x.chunks_exact(image.sites()).flat_map(|c| vec![mean(c); c.len()]).collect(),
            Baseline::Uniform { low, high, seed } => {
                let mut stream = Stream::new(*seed, 0x626c);
                x.iter().map(|_| stream.between(*low, *high)).collect()
            }
            Baseline::GaussianBlur { sigma } => gaussian_blur(image, *sigma)?,
            Baseline::RiseBlur => rise_blur(image),
            Baseline::Image(values) => image.with(values)?.values.to_vec(),
        };
        finite(&filled)?;
        Ok(filled)
    }
}
