//! Colour spaces: sRGB, Oklab (to build colour maps in) and CIELAB (to measure them with), white point D65.
//!
//! # Source
//! Oklab: Björn Ottosson, "A perceptual color space for image processing", 2020. sRGB: IEC 61966-2-1. CIELAB: CIE 15.

/// Linear sRGB, each channel between 0 and 1 when the colour can be shown.
pub(crate) type Linear = [f64; 3];

/// Lightness, chroma and hue in degrees, in Oklab.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lch {
    pub l: f64,
    pub c: f64,
    pub h: f64,
}

impl Lch {
    /// As `(L, a, b)`.
    pub fn lab(self) -> [f64; 3] {
        let (sin, cos) = self.h.to_radians().sin_cos();
        [self.l, self.c * cos, self.c * sin]
    }

    /// The same lightness and hue with the largest chroma, up to its own, that sRGB can show.
    pub fn in_gamut(self) -> Lch {
        if shown(linear_from_oklab(self.lab())) {
            return self;
        }
        let (mut low, mut high) = (0.0, self.c);
        for _ in 0..40 {
            let c = 0.5 * (low + high);
            if shown(linear_from_oklab(Lch { c, ..self }.lab())) { low = c } else { high = c }
        }
        Lch { c: low, ..self }
    }
}

/// Whether sRGB can show the colour.
fn shown(rgb: Linear) -> bool {
    rgb.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v))
}

/// Oklab `(L, a, b)` to linear sRGB.
pub(crate) fn linear_from_oklab([l, a, b]: [f64; 3]) -> Linear {
    let cones = [
        l + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        l - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        l - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ];
    let [x, y, z] = cones.map(|v| v * v * v);
    [
        4.076_741_662_1 * x - 3.307_711_591_3 * y + 0.230_969_929_2 * z,
        -1.268_438_004_6 * x + 2.609_757_401_1 * y - 0.341_319_396_5 * z,
        -0.004_196_086_3 * x - 0.703_418_614_7 * y + 1.707_614_701_0 * z,
    ]
}

/// Linear sRGB to Oklab.
#[cfg(test)]
pub(crate) fn oklab_from_linear([r, g, b]: Linear) -> [f64; 3] {
    let cones = [
        0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b,
        0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b,
        0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b,
    ];
    let [x, y, z] = cones.map(f64::cbrt);
    [
        0.210_454_255_3 * x + 0.793_617_785_0 * y - 0.004_072_046_8 * z,
        1.977_998_495_1 * x - 2.428_592_205_0 * y + 0.450_593_709_9 * z,
        0.025_904_037_1 * x + 0.782_771_766_2 * y - 0.808_675_766_0 * z,
    ]
}

/// Linear sRGB to 8-bit sRGB, clipped.
pub(crate) fn encode(rgb: Linear) -> [u8; 3] {
    rgb.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let s = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (s * 255.0).round() as u8
    })
}

/// 8-bit sRGB to linear sRGB.
#[cfg(test)]
pub(crate) fn decode(rgb: [u8; 3]) -> Linear {
    rgb.map(|v| {
        let s = f64::from(v) / 255.0;
        if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
    })
}

/// Linear sRGB to CIELAB.
pub(crate) fn cielab([r, g, b]: Linear) -> [f64; 3] {
    let xyz = [
        (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47,
        0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b,
        (0.019_333_9 * r + 0.119_192_0 * g + 0.950_304_1 * b) / 1.088_83,
    ];
    let [x, y, z] = xyz.map(|t| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Euclidean distance of two colours of one space.
pub(crate) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_give_known_values() {
        // white, and the CIELAB and Oklab coordinates of pure sRGB red
        let white = cielab([1.0; 3]);
        assert!((white[0] - 100.0).abs() < 1e-3 && white[1].abs() < 0.02 && white[2].abs() < 0.02, "{white:?}");
        assert!(distance(cielab([1.0, 0.0, 0.0]), [53.24, 80.09, 67.20]) < 0.05);
        assert!(distance(oklab_from_linear([1.0, 0.0, 0.0]), [0.627_96, 0.224_86, 0.125_85]) < 1e-4);
    }

    #[test]
    fn oklab_and_srgb_undo_each_other() {
        for rgb in [[12, 200, 77], [255, 0, 1], [0, 0, 0], [128, 128, 128]] {
            assert_eq!(encode(linear_from_oklab(oklab_from_linear(decode(rgb)))), rgb);
        }
    }

    #[test]
    fn chroma_is_reduced_to_the_gamut_only_when_needed() {
        let grey = Lch { l: 0.6, c: 0.02, h: 200.0 };
        assert_eq!(grey.in_gamut(), grey);
        let glaring = Lch { l: 0.6, c: 0.5, h: 200.0 }.in_gamut();
        assert!(glaring.c < 0.5 && shown(linear_from_oklab(glaring.lab())));
    }
}
