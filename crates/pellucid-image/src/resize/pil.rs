//! Resizing 8-bit pictures with the fixed-point arithmetic of PIL, which rounds to whole levels after each axis.
//!
//! Models trained on PIL-resized pictures see these levels; the difference to exact arithmetic is at most about one level.

use super::{AxisWeights, Resample};
use crate::{ImageError, Result};

/// Bits after the point of a weight: 32 less 8 for the level and 2 for overshoot.
const PRECISION: u32 = 32 - 8 - 2;

/// The antialiased filters of PIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PilFilter {
    /// `BILINEAR`
    Bilinear,
    /// `BICUBIC`
    Bicubic,
}

/// Resizes `planes x n_h x n_w` levels (whole numbers from 0 to 255) to `size = [h, w]`.
///
/// # Errors
/// When the levels don't fill the shape or a size is 0.
pub fn pil_8bit(levels: &[f32], shape: [usize; 3], size: [usize; 2], filter: PilFilter) -> Result<Vec<f32>> {
    let [planes, height, width] = shape;
    if planes.checked_mul(height).and_then(|n| n.checked_mul(width)) != Some(levels.len()) || levels.is_empty() {
        return Err(ImageError::Size { shape: shape.to_vec(), found: levels.len() });
    }
    if size.contains(&0) {
        return Err(ImageError::Invalid(format!("a picture can't be resized to {size:?}")));
    }
    let method = match filter {
        PilFilter::Bilinear => Resample::LinearAntialias,
        PilFilter::Bicubic => Resample::CubicAntialias,
    };
    let mut data = levels.to_vec();
    if width != size[1] {
        data = pass(&data, 1, width, size[1], method);
    }
    if height != size[0] {
        data = pass(&data, size[1], height, size[0], method);
    }
    Ok(data)
}

/// One axis of length `n_in` with `inner` values between neighbours.
fn pass(data: &[f32], inner: usize, n_in: usize, n_out: usize, method: Resample) -> Vec<f32> {
    let weights = AxisWeights::new(method, n_in, n_out);
    let fixed: Vec<Vec<(usize, i64)>> =
        (0..n_out).map(|o| weights.taps(o).map(|(i, w)| (i, to_fixed(w))).collect()).collect();
    let mut out = Vec::with_capacity(data.len() / n_in * n_out);
    for block in data.chunks_exact(n_in * inner) {
        for taps in &fixed {
            for offset in 0..inner {
                let sum: i64 = taps.iter().map(|&(i, w)| block[i * inner + offset] as i64 * w).sum();
                out.push(((sum + (1 << (PRECISION - 1))) >> PRECISION).clamp(0, 255) as f32);
            }
        }
    }
    out
}

fn to_fixed(w: f64) -> i64 {
    let scaled = w * f64::from(1u32 << PRECISION);
    (if w < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i64
}
