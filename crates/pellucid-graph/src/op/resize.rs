//! `Resize`: one interpolation matrix per axis, since interpolation is separable.
//!
//! Output value `o` of an axis lies at the input coordinate `x(o)` of the coordinate mode; its row of the matrix holds the weights of the input
//! values around `x(o)`. Outside of the input the edge value stands, unless `exclude_outside`, which drops those weights and rescales the rest.
//!
//! # Departures
//! ONNX Runtime leaves an axis as it is when its size stays the same, whatever region `tf_crop_and_resize` names; here the region counts.

use super::values::{Nums, num_tensor, real_tensor, reals};
use super::{Call, MAX_SIZE};
use crate::{DType, Fact, Result, Tensor};

/// How an axis is resampled: the attributes of `Resize`, resolved for one axis.
#[derive(Clone, Debug)]
pub struct Resample<'a> {
    /// `nearest`, `linear` or `cubic`.
    pub mode: &'a str,
    /// `coordinate_transformation_mode`.
    pub coordinates: &'a str,
    /// `nearest_mode`.
    pub nearest: &'a str,
    /// Output size over input size, as given.
    pub scale: f64,
    /// First and last coordinate of `tf_crop_and_resize`, as fractions of the input.
    pub roi: (f64, f64),
    /// `cubic_coeff_a`.
    pub cubic_a: f64,
    /// Whether weights outside of the input are dropped.
    pub exclude_outside: bool,
    /// Whether the kernel widens when the axis shrinks.
    pub antialias: bool,
}

impl Resample<'_> {
    /// The input coordinate of output position `o`; `None` where `tf_crop_and_resize` leaves the input.
    fn coordinate(&self, o: usize, n_in: usize, n_out: usize) -> Option<f64> {
        let (x, last_in, last_out) = (o as f64, n_in as f64 - 1.0, n_out as f64 - 1.0);
        // where a coordinate falls decides the neighbour, so nearest rounds as engines do, which compute in f32
        let narrow = |v: f64| if self.mode == "nearest" { f64::from(v as f32) } else { v };
        let scaled = |v: f64| narrow(v / narrow(self.scale));
        Some(match self.coordinates {
            "asymmetric" => scaled(x),
            "pytorch_half_pixel" if n_out <= 1 => 0.0,
            "half_pixel_symmetric" => {
                let adjustment = narrow(n_out as f64 / narrow(self.scale * n_in as f64));
                let offset = narrow(n_in as f64 / 2.0 * narrow(1.0 - adjustment));
                narrow(offset + (x + 0.5) / narrow(self.scale) - 0.5)
            }
            "align_corners" if n_out <= 1 => 0.0,
            "align_corners" => narrow(x * last_in / last_out),
            "tf_crop_and_resize" => {
                let (start, end) = self.roi;
                let x = if n_out > 1 {
                    start * last_in + x * (end - start) * last_in / last_out
                } else {
                    0.5 * (start + end) * last_in
                };
                return Some(narrow(x)).filter(|x| (0.0..=last_in).contains(x));
            }
            _ => narrow(scaled(x + 0.5) - 0.5),
        })
    }

    /// The neighbour that `nearest` takes. A coordinate that is half way but for its rounding in f32 counts as half way.
    fn neighbour(&self, x: f64) -> f64 {
        let half = x.floor() + 0.5;
        let x = if (x - half).abs() < 2e-7 * x.abs().max(1.0) { half } else { x };
        match self.nearest {
            "floor" => x.floor(),
            "ceil" => x.ceil(),
            "round_prefer_ceil" => (x + 0.5).floor(),
            _ => (x - 0.5).ceil(),
        }
    }

    /// The weight of an input value at distance `t`, before any widening.
    fn kernel(&self, t: f64) -> f64 {
        let (t, a) = (t.abs(), self.cubic_a);
        match self.mode {
            "linear" => (1.0 - t).max(0.0),
            _ if t <= 1.0 => ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0,
            _ if t < 2.0 => ((t - 5.0) * t + 8.0) * t * a - 4.0 * a,
            _ => 0.0,
        }
    }

    /// The weights of the input values for a coordinate.
    fn row(&self, x: f64, row: &mut [f64]) {
        let last = row.len() as f64 - 1.0;
        let place = |i: f64| i.clamp(0.0, last) as usize;
        if self.mode == "nearest" {
            row[place(self.neighbour(x))] = 1.0;
            return;
        }
        let squeeze = if self.antialias { self.scale.min(1.0) } else { 1.0 };
        let reach = if self.mode == "linear" { 1.0 } else { 2.0 } / squeeze;
        let mut total = 0.0;
        let mut i = (x - reach).floor();
        while i <= x + reach {
            let weight = self.kernel((i - x) * squeeze);
            if !self.exclude_outside || (0.0..=last).contains(&i) {
                row[place(i)] += weight;
                total += weight;
            }
            i += 1.0;
        }
        if total != 0.0 {
            row.iter_mut().for_each(|w| *w /= total);
        }
    }
}

/// The `n_out x n_in` row-major matrix that resamples an axis; a row is zero where `tf_crop_and_resize` leaves the input.
pub fn resize_matrix(n_in: usize, n_out: usize, how: &Resample) -> Vec<f64> {
    let mut matrix = vec![0.0; n_out * n_in];
    if n_in > 0 {
        for (o, row) in matrix.chunks_exact_mut(n_in).enumerate() {
            if let Some(x) = how.coordinate(o, n_in, n_out) {
                how.row(x, row);
            }
        }
    }
    matrix
}

/// Input sizes, output sizes and scales of all axes, and which axes take part.
struct Plan {
    n_in: Vec<usize>,
    n_out: Vec<usize>,
    scales: Vec<f64>,
    axes: Vec<usize>,
}

/// Values of an optional input that must be constant; an empty one counts as left out.
fn given(call: &Call, i: usize, count: usize) -> Result<Option<Vec<f64>>> {
    call.ints(i)?;
    match call.constant(i).map(Tensor::to_f64) {
        None => Ok(None),
        Some(v) if v.is_empty() => Ok(None),
        Some(v) if v.len() == count && v.iter().all(|v| v.is_finite()) => Ok(Some(v)),
        Some(v) => Err(call.error(format!("input {i} holds {v:?}, expected {count} numbers"))),
    }
}

fn plan(call: &Call) -> Result<Plan> {
    let n_in = call.shape(0)?;
    let axes = match call.attrs.ints("axes") {
        Some(axes) => call.axes(axes, n_in.len())?,
        None => (0..n_in.len()).collect(),
    };
    let mut p = Plan { n_out: n_in.clone(), scales: vec![1.0; n_in.len()], n_in, axes };
    match (given(call, 2, p.axes.len())?, given(call, 3, p.axes.len())?) {
        (Some(scales), None) => p.by_scales(call, &scales)?,
        (None, Some(sizes)) => p.by_sizes(call, &sizes)?,
        _ => return Err(call.error("expected either scales or sizes")),
    }
    Ok(p)
}

impl Plan {
    fn by_scales(&mut self, call: &Call, scales: &[f64]) -> Result<()> {
        for (&a, &scale) in self.axes.iter().zip(scales) {
            // sizes are defined by the product in f32
            let size = (self.n_in[a] as f32 * scale as f32).floor();
            if scale <= 0.0 || f64::from(size) > MAX_SIZE as f64 {
                return Err(call.error(format!("scale {scale} of axis {a}")));
            }
            (self.scales[a], self.n_out[a]) = (scale, size as usize);
        }
        Ok(())
    }

    fn by_sizes(&mut self, call: &Call, sizes: &[f64]) -> Result<()> {
        let ratio = |(&a, &size): (&usize, &f64)| size / self.n_in[a] as f64;
        let ratios: Vec<f64> = self.axes.iter().zip(sizes).map(ratio).collect();
        let common = match call.str("keep_aspect_ratio_policy", "stretch") {
            "stretch" => None,
            "not_larger" => Some(ratios.iter().copied().fold(f64::INFINITY, f64::min)),
            "not_smaller" => Some(ratios.iter().copied().fold(0.0, f64::max)),
            other => return Err(call.error(format!("`keep_aspect_ratio_policy` is `{other}`"))),
        };
        for (k, &a) in self.axes.clone().iter().enumerate() {
            let scale = common.unwrap_or(ratios[k]);
            let size = common.map_or(sizes[k], |c| (c * self.n_in[a] as f64).round());
            if !(0.0..=MAX_SIZE as f64).contains(&size) {
                return Err(call.error(format!("size {size} of axis {a}")));
            }
            (self.scales[a], self.n_out[a]) = (scale, size as usize);
        }
        Ok(())
    }
}

const MODES: &[(&str, &[&str], &str)] = &[
    ("mode", &["nearest", "linear", "cubic"], "nearest"),
    (
        "coordinate_transformation_mode",
        &[
            "half_pixel",
            "half_pixel_symmetric",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_crop_and_resize",
        ],
        "half_pixel",
    ),
    ("nearest_mode", &["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"], "round_prefer_floor"),
];

/// Output sizes from scales or sizes.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    for (name, known, default) in MODES {
        let value = call.str(name, default);
        if !known.contains(&value) {
            return Err(call.error(format!("`{name}` is `{value}`, expected one of {known:?}")));
        }
    }
    let p = plan(call)?;
    if (0..p.n_in.len()).any(|a| p.n_in[a] == 0 && p.n_out[a] > 0) {
        return Err(call.error(format!("an input of shape {:?} has nothing to resample", p.n_in)));
    }
    Ok(vec![Fact::new(call.dtype(0)?, &p.n_out)])
}

/// Interpolation of one axis: `(axis, n_out, n_in, row-major n_out x n_in matrix)`.
pub type AxisMatrix = (usize, usize, usize, Vec<f64>);

/// The interpolation matrix of each axis that changes.
///
/// # Errors
/// When sizes or scales depend on data, or an attribute is unknown.
pub fn resize_matrices(call: &Call) -> Result<Vec<AxisMatrix>> {
    infer(call)?;
    let p = plan(call)?;
    let crops = call.str("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
    let roi = if crops { given(call, 1, 2 * p.axes.len())? } else { None };
    if crops && roi.is_none() {
        return Err(call.error("`tf_crop_and_resize` needs a region (input 1)"));
    }
    let mut out = vec![];
    for (k, &axis) in p.axes.iter().enumerate() {
        let (n_in, n_out) = (p.n_in[axis], p.n_out[axis]);
        if n_in.saturating_mul(n_out) > 1 << 28 {
            return Err(call.error(format!("resampling axis {axis} from {n_in} to {n_out} is too large")));
        }
        let how = Resample {
            mode: call.str("mode", "nearest"),
            coordinates: call.str("coordinate_transformation_mode", "half_pixel"),
            nearest: call.str("nearest_mode", "round_prefer_floor"),
            scale: p.scales[axis],
            roi: roi.as_ref().map_or((0.0, 1.0), |r| (r[k], r[k + p.axes.len()])),
            cubic_a: f64::from(call.float("cubic_coeff_a", -0.75)),
            exclude_outside: call.int("exclude_outside", 0) != 0,
            antialias: call.int("antialias", 0) != 0,
        };
        let matrix = resize_matrix(n_in, n_out, &how);
        let identity =
            n_in == n_out && (0..n_out * n_in).all(|i| matrix[i] == f64::from(u8::from(i / n_in == i % n_in)));
        if !identity {
            out.push((axis, n_out, n_in, matrix));
        }
    }
    Ok(out)
}

/// `Resize`; coordinates outside of a cropped input take `extrapolation_value`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let mut shape = call.shape(0)?;
    let mut x = reals(call, inputs, 0)?;
    let mut outside: Vec<(usize, Vec<bool>)> = vec![];
    for (axis, n_out, n_in, matrix) in resize_matrices(call)? {
        x = along_axis(&x, &shape, axis, n_out, &matrix);
        shape[axis] = n_out;
        if call.str("coordinate_transformation_mode", "") == "tf_crop_and_resize" && n_in > 0 {
            outside.push((axis, matrix.chunks_exact(n_in).map(|row| row.iter().all(|w| *w == 0.0)).collect()));
        }
    }
    let value = f64::from(call.float("extrapolation_value", 0.0));
    let own = super::broadcast::strides(&shape);
    for (i, x) in x.iter_mut().enumerate() {
        if outside.iter().any(|(a, rows)| rows[i / own[*a] % shape[*a]]) {
            *x = value;
        }
    }
    let dtype = call.dtype(0)?;
    if dtype.is_float() || dtype == DType::Bool {
        return Ok(vec![real_tensor(call, dtype, &shape, x)?]);
    }
    Ok(vec![num_tensor(call, dtype, &shape, Nums::Int(x.into_iter().map(|v| v as i64).collect()))?])
}

/// A row-major `n_out x n` matrix applied along one axis of a tensor.
fn along_axis(x: &[f64], shape: &[usize], axis: usize, n_out: usize, matrix: &[f64]) -> Vec<f64> {
    let (n, inner): (usize, usize) = (shape[axis], shape[axis + 1..].iter().product());
    let outer: usize = shape[..axis].iter().product();
    let mut y = vec![0.0; outer * n_out * inner];
    if n == 0 || inner == 0 {
        return y;
    }
    // rows hold few weights, so only those that aren't zero are visited
    let rows: Vec<Vec<(usize, f64)>> = matrix
        .chunks_exact(n)
        .map(|row| row.iter().copied().enumerate().filter(|(_, w)| *w != 0.0).collect())
        .collect();
    for (o, out) in y.chunks_exact_mut(inner).enumerate() {
        let from = &x[o / n_out * n * inner..];
        for &(i, w) in &rows[o % n_out] {
            out.iter_mut().zip(&from[i * inner..(i + 1) * inner]).for_each(|(y, x)| *y += w * x);
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how<'a>(mode: &'a str, coordinates: &'a str, scale: f64) -> Resample<'a> {
        Resample {
            mode,
            coordinates,
            nearest: "round_prefer_floor",
            scale,
            roi: (0.0, 1.0),
            cubic_a: -0.75,
            exclude_outside: false,
            antialias: false,
        }
    }

    #[test]
    fn linear_doubling_takes_quarters() {
        let m = resize_matrix(2, 4, &how("linear", "half_pixel", 2.0));
        assert_eq!(m, [1.0, 0.0, 0.75, 0.25, 0.25, 0.75, 0.0, 1.0]);
        let m = resize_matrix(2, 3, &how("linear", "align_corners", 1.5));
        assert_eq!(m, [1.0, 0.0, 0.5, 0.5, 0.0, 1.0]);
    }

    #[test]
    fn nearest_takes_the_lower_of_two_that_are_equally_near() {
        let m = resize_matrix(2, 3, &how("nearest", "align_corners", 1.5));
        assert_eq!(m, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn rows_sum_to_one_in_every_mode() {
        for coordinates in MODES[1].1.iter().filter(|c| **c != "tf_crop_and_resize") {
            for (mode, antialias, exclude_outside) in
                [("nearest", false, false), ("linear", true, false), ("cubic", false, true), ("cubic", true, true)]
            {
                for (n_in, n_out) in [(5, 3), (3, 8), (1, 4), (6, 1)] {
                    let scale = n_out as f64 / n_in as f64;
                    let how = Resample { antialias, exclude_outside, ..how(mode, coordinates, scale) };
                    for row in resize_matrix(n_in, n_out, &how).chunks(n_in) {
                        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{how:?}: {row:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_crop_that_leaves_the_input_has_empty_rows() {
        let how = Resample { roi: (0.5, 1.5), ..how("linear", "tf_crop_and_resize", 1.0) };
        assert_eq!(resize_matrix(3, 3, &how), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    }
}
