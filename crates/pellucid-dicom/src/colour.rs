//! Colours of segments: sRGB to the CIELab that DICOM recommends for display (PS3.3, C.10.7.1.1).

/// Colours that stay apart for colour-blind readers (Okabe and Ito, 2008), for segments without one of their own.
pub(crate) const PALETTE: &[[u8; 3]] =
    &[[230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167]];

/// White of the ICC profile connection space: D50.
const WHITE: [f64; 3] = [0.964_22, 1.0, 0.825_21];
/// Linear sRGB to XYZ, adapted to D50 (Bradford).
const XYZ: [[f64; 3]; 3] = [
    [0.436_074_7, 0.385_064_9, 0.143_080_4],
    [0.222_504_5, 0.716_878_6, 0.060_616_9],
    [0.013_932_2, 0.097_104_5, 0.714_173_3],
];

/// `L*`, `a*`, `b*` of an sRGB colour as 16-bit numbers: `L*` 0..100 and `a*`, `b*` -128..127 over 0..65535.
pub(crate) fn lab(rgb: [u8; 3]) -> [u16; 3] {
    let linear = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let f: [f64; 3] = std::array::from_fn(|i| {
        let t = (0..3).map(|j| XYZ[i][j] * linear[j]).sum::<f64>() / WHITE[i];
        if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 }
    });
    let (l, a, b) = (116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2]));
    [l / 100.0, (a + 128.0) / 255.0, (b + 128.0) / 255.0].map(|v| (v * 65_535.0).round().clamp(0.0, 65_535.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red() {
        let near = |a: [u16; 3], b: [f64; 3]| {
            let scaled = [b[0] / 100.0, (b[1] + 128.0) / 255.0, (b[2] + 128.0) / 255.0].map(|v| v * 65_535.0);
            (0..3).all(|i| (f64::from(a[i]) - scaled[i]).abs() < 65.0)
        };
        assert!(near(lab([255; 3]), [100.0, 0.0, 0.0]));
        assert!(near(lab([0; 3]), [0.0, 0.0, 0.0]));
        // Lindbloom's calculator, sRGB red adapted to D50.
        assert!(near(lab([255, 0, 0]), [54.29, 80.81, 69.89]));
    }
}
