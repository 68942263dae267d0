//! `RoiAlign`: average or maximum of bilinear samples in the cells of boxes.

use super::Call;
use super::values::{numeric, real_tensor, reals};
use crate::{Fact, Result, Tensor};

/// Sizes and attributes.
struct Plan {
    channels: usize,
    height: usize,
    width: usize,
    rois: usize,
    rows: usize,
    cols: usize,
    samples: usize,
    scale: f64,
    half_pixel: bool,
    max: bool,
}

fn plan(call: &Call) -> Result<Plan> {
    let (x, rois, batch) = (call.shape(0)?, call.shape(1)?, call.shape(2)?);
    let ([_, channels, height, width], [count, 4], [indices]) = (&x[..], &rois[..], &batch[..]) else {
        return Err(
            call.error(format!("image {x:?}, boxes {rois:?}, batch indices {batch:?}; expected 4, 2 and 1 axes"))
        );
    };
    if count != indices {
        return Err(call.error(format!("{count} boxes with {indices} batch indices")));
    }
    let mode = call.str("mode", "avg");
    let transform = call.str("coordinate_transformation_mode", "half_pixel");
    if !["avg", "max"].contains(&mode) || !["half_pixel", "output_half_pixel"].contains(&transform) {
        return Err(call.error(format!("mode `{mode}` with coordinates `{transform}`")));
    }
    let size = |name: &str, default| call.size(call.int(name, default));
    Ok(Plan {
        channels: *channels,
        height: *height,
        width: *width,
        rois: *count,
        rows: size("output_height", 1)?,
        cols: size("output_width", 1)?,
        samples: size("sampling_ratio", 0)?,
        scale: f64::from(call.float("spatial_scale", 1.0)),
        half_pixel: transform == "half_pixel",
        max: mode == "max",
    })
}

/// Boxes x channels x rows x columns.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let p = plan(call)?;
    Ok(vec![Fact::new(call.dtype(0)?, &[p.rois, p.channels, p.rows, p.cols])])
}

/// Most sampling positions of a cell along an axis.
const MAX_SAMPLES: usize = 512;

/// The two pixels around a position along an axis with their weights, `None` outside of the image.
type Pair = Option<[(usize, f64); 2]>;

impl Plan {
    /// For each cell along an axis, the pixels at its sampling positions, for a box from `start` to `end`.
    fn cells(&self, call: &Call, start: f64, end: f64, cells: usize, size: usize) -> Result<Vec<Vec<Pair>>> {
        let shift = if self.half_pixel { 0.5 } else { 0.0 };
        let (start, end) = (start * self.scale - shift, end * self.scale - shift);
        let mut length = end - start;
        if !self.half_pixel {
            length = length.max(1.0);
        }
        let cell = length / cells as f64;
        let count = if self.samples > 0 { self.samples } else { cell.ceil().max(0.0) as usize };
        if count > MAX_SAMPLES {
            return Err(call.error(format!("{count} samples for one cell, expected at most {MAX_SAMPLES}")));
        }
        let place = |c: usize, s: usize| start + c as f64 * cell + (s as f64 + 0.5) * cell / count as f64;
        Ok((0..cells).map(|c| (0..count).map(|s| pair(place(c, s), size)).collect()).collect())
    }
}

/// Positions up to one pixel outside of the image still read its border.
fn pair(v: f64, size: usize) -> Pair {
    if !(-1.0..=size as f64).contains(&v) {
        return None;
    }
    let (v, last) = (v.max(0.0), size - 1);
    let low = (v as usize).min(last);
    let t = if low == last { 0.0 } else { v - low as f64 };
    Some([(low, 1.0 - t), ((low + 1).min(last), t)])
}

/// `RoiAlign`; `max` takes the largest weighted pixel, as the operator is defined.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let p = plan(call)?;
    let (x, boxes, batch) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?, numeric(call, inputs, 2)?.to_i64());
    let samples = call.shape(0)?[0];
    let plane = p.height * p.width;
    let shape = [p.rois, p.channels, p.rows, p.cols];
    if plane == 0 {
        return Err(call.error("the image is empty"));
    }
    let mut y = Vec::with_capacity(shape.iter().product());
    for r in 0..p.rois {
        let n = super::gather::within(call, batch[r], samples)?;
        let b = &boxes[r * 4..r * 4 + 4];
        let rows = p.cells(call, b[1], b[3], p.rows, p.height)?;
        let cols = p.cells(call, b[0], b[2], p.cols, p.width)?;
        for c in 0..p.channels {
            let image = &x[(n * p.channels + c) * plane..][..plane];
            let cells = rows.iter().flat_map(|ys| cols.iter().map(move |xs| (ys, xs)));
            y.extend(cells.map(|(ys, xs)| pooled(ys, xs, image, &p)));
        }
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &shape, y)?])
}

/// One cell of one channel.
fn pooled(ys: &[Pair], xs: &[Pair], image: &[f64], p: &Plan) -> f64 {
    let (mut sum, mut top) = (0.0, f64::NEG_INFINITY);
    for (v, h) in ys.iter().flat_map(|v| xs.iter().map(move |h| (v, h))) {
        let corners = v.iter().flatten().flat_map(|(i, a)| h.iter().flatten().map(move |(j, b)| (*i, *j, a * b)));
        let mut largest: Option<f64> = None;
        for (i, j, w) in corners {
            let value = w * image[i * p.width + j];
            sum += value;
            largest = Some(largest.map_or(value, |l| l.max(value)));
        }
        top = top.max(largest.unwrap_or(0.0));
    }
    match (p.max, ys.len() * xs.len()) {
        (_, 0) => 0.0,
        (true, _) => top,
        (false, count) => sum / count as f64,
    }
}
