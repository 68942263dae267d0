//! Colour maps: computed, perceptually uniform, one for each kind of evidence.

mod diverging;
mod oklab;
mod sequential;

pub use diverging::DIVERGING;
pub use sequential::SEQUENTIAL;

/// An sRGB colour.
pub type Rgb = [u8; 3];

/// A table of colours from the low end of a scale to the high end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColourMap {
    /// Name, as reports say it.
    pub name: &'static str,
    table: Vec<Rgb>,
}

impl ColourMap {
    /// The colour at `t` between 0 (low end) and 1 (high end); values outside take the ends, NaN the low end.
    pub fn at(&self, t: f64) -> Rgb {
        let last = self.table.len() - 1;
        // a cast from NaN or below zero gives 0
        let index = (t * last as f64).round() as usize;
        self.table[index.min(last)]
    }

    /// All colours, from the low end.
    pub fn table(&self) -> &[Rgb] {
        &self.table
    }
}

/// Mixes two colours in encoded sRGB, as browsers and viewers do: `alpha = 1` gives `over`.
pub fn blend(under: Rgb, over: Rgb, alpha: f64) -> Rgb {
    let alpha = alpha.clamp(0.0, 1.0);
    std::array::from_fn(|i| (f64::from(under[i]) * (1.0 - alpha) + f64::from(over[i]) * alpha).round() as u8)
}

/// A grey of brightness between 0 and 1; NaN is black.
pub fn grey(brightness: f64) -> Rgb {
    [(brightness.clamp(0.0, 1.0) * 255.0).round() as u8; 3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_takes_the_ends_outside() {
        let map = ColourMap { name: "test", table: vec![[0; 3], [1; 3], [2; 3]] };
        assert_eq!([-3.0, 0.0, 0.49, 0.8, 7.0, f64::NAN].map(|t| map.at(t)[0]), [0, 0, 1, 2, 2, 0]);
    }

    #[test]
    fn blend_and_grey_are_plain_arithmetic() {
        assert_eq!(blend([0, 100, 255], [100, 200, 55], 0.5), [50, 150, 155]);
        assert_eq!(blend([9; 3], [200; 3], 2.0), [200; 3]);
        assert_eq!((grey(0.0), grey(1.0), grey(f64::NAN), grey(0.5)), ([0; 3], [255; 3], [0; 3], [128; 3]));
    }
}
