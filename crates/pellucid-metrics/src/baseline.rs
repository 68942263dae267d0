//! What replaces a removed position. Statistics are those of the original input, taken once.

use crate::blur::{gaussian_blur, rise_blur};
use crate::error::{Result, finite};
use crate::image::{Image, Mask, restrict};
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
    /// Values drawn from the channel itself, each with its place: noise with the image's own histogram, such as speckle.
    Resampled {
        /// Seed.
        seed: u64,
    },
    /// Another image of the same shape.
    Image(Vec<f64>),
}

/// What absence is in stored units, before any standardisation: modality, baseline, reason.
static MODALITIES: [(&str, Baseline, &str); 8] = [
    ("CT", Baseline::Constant(-1000.0), "air, HU"),
    ("MR", Baseline::Zero, "no signal, after correction of the bias field"),
    ("PT", Baseline::Zero, "no uptake"),
    ("NM", Baseline::Zero, "no counts"),
    ("SM", Baseline::Constant(255.0), "clear glass, 8 bit"),
    ("US", Baseline::Resampled { seed: 0 }, "speckle without structure"),
    ("OCT", Baseline::Resampled { seed: 0 }, "speckle without structure"),
    ("OPT", Baseline::Resampled { seed: 0 }, "speckle without structure"),
];

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
            Baseline::Resampled { seed } => format!("resampled(seed={seed})"),
            Baseline::Image(_) => "image".into(),
        }
    }

    /// What absence is for a modality, by its DICOM code, and why; `None` where there is no custom.
    pub fn of_modality(code: &str) -> Option<(Baseline, &'static str)> {
        MODALITIES.iter().find(|m| m.0.eq_ignore_ascii_case(code)).map(|m| (m.1.clone(), m.2))
    }

    /// As [`Baseline::of`], with minimum, maximum and means taken inside a region only, such as the body.
    ///
    /// # Errors
    /// When sizes differ, the region is empty, or a value isn't finite.
    pub fn within(&self, image: &Image, region: &Mask) -> Result<Vec<f64>> {
        if !matches!(self, Baseline::Min | Baseline::Max | Baseline::Mean | Baseline::ChannelMean) {
            return self.of(image);
        }
        let mut inner = Vec::new();
        for channel in image.values.chunks_exact(image.sites()) {
            inner.extend(restrict(channel, region)?);
        }
        let grid = [inner.len() / image.channels];
        // A statistic is one value per channel; it stands for every site of it.
        let statistic = self.of(&Image::new(image.channels, &grid, &inner)?)?;
        Ok(statistic.chunks_exact(grid[0]).flat_map(|c| vec![c[0]; image.sites()]).collect())
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
            Baseline::Resampled { seed } => resampled(image, *seed),
            Baseline::GaussianBlur { sigma } => gaussian_blur(image, *sigma)?,
            Baseline::RiseBlur => rise_blur(image),
            Baseline::Image(values) => image.with(values)?.values.to_vec(),
        };
        finite(&filled)?;
        Ok(filled)
    }
}

fn resampled(image: &Image, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0x7273);
    let mut draw =
        |channel: &[f64]| (0..channel.len()).map(|_| channel[stream.below(channel.len())]).collect::<Vec<f64>>();
    image.values.chunks_exact(image.sites()).flat_map(&mut draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_the_image_or_of_the_region() {
        let (grid, x) = ([2, 2], [1.0, 2.0, 3.0, 6.0, -1.0, 0.0, 1.0, 4.0]);
        let image = Image::new(2, &grid, &x).unwrap();
        let of = |b: Baseline| b.of(&image).unwrap();
        assert_eq!(of(Baseline::Min), [-1.0; 8]);
        assert_eq!(of(Baseline::Max), [6.0; 8]);
        assert_eq!(of(Baseline::Mean), [2.0; 8]);
        assert_eq!(of(Baseline::ChannelMean), [3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0]);
        let resampled = of(Baseline::Resampled { seed: 3 });
        assert!(resampled[..4].iter().all(|v| x[..4].contains(v)) && resampled[4..].iter().all(|v| x[4..].contains(v)));
        let body = [false, true, true, false];
        let region = Mask::new(&grid, &body).unwrap();
        assert_eq!(Baseline::ChannelMean.within(&image, &region).unwrap(), [2.5, 2.5, 2.5, 2.5, 0.5, 0.5, 0.5, 0.5]);
        assert_eq!(Baseline::Min.within(&image, &region).unwrap(), [0.0; 8]);
        assert!(Baseline::Image(vec![0.0; 7]).of(&image).is_err());
        assert_eq!(Baseline::of_modality("ct").unwrap().0, Baseline::Constant(-1000.0));
    }
}
