//! Steps that move voxels: orientation, spacing, size, crops, slices.

use super::step::{CropAt, SquareHow, Step};
use super::work::Work;
use crate::affine::Affine;
use crate::image::Channels;
use crate::orientation::body;
use crate::resize::{AxisWeights, PilFilter, Resample, pil_8bit, resample};
use crate::volume::permuted;

/// Applies a spatial step; `None` for a step of another kind, else the reason why it can't be done.
pub(super) fn apply(work: &mut Work, step: &Step) -> Option<Result<(), String>> {
    Some(match step {
        Step::Orient { axes } => orient(work, axes),
        Step::Spacing { spacing_mm, mode } => spacing(work, *spacing_mm, *mode),
        Step::Resize { size, mode, round } => sizes(work, size).and_then(|s| resize(work, s, *mode, *round)),
        Step::ResizeShorter { size, mode, round } => {
            let [_, d, h, w] = work.shape;
            // The longer side is cut to a whole number, as torchvision does.
            let longer = |long: usize, short: usize| (*size as u128 * long as u128 / short.max(1) as u128) as usize;
            let new = if h <= w { [d, *size, longer(w, h)] } else { [d, longer(h, w), *size] };
            resize(work, new, *mode, *round)
        }
        Step::Crop { size, at, fill } => sizes(work, size).and_then(|s| crop(work, s, *at, *fill)),
        Step::Square { how } => square(work, *how),
        Step::Slices { count } => slices(work, *count),
        _ => return None,
    })
}

/// `[D, H, W]` of a size with two or three entries.
fn sizes(work: &Work, size: &[usize]) -> Result<[usize; 3], String> {
    match *size {
        [h, w] if work.shape[1] == 1 => Ok([1, h, w]),
        [_, _] => Err(format!(
            "the image has {} slices and the size two numbers; choose slices with `slices = 1` before it",
            work.shape[1]
        )),
        [d, h, w] => Ok([d, h, w]),
        _ => Err(format!("a size of {} numbers; two or three are due", size.len())),
    }
}

/// Most values that a step may make: a size that is a slip of the pen shouldn't take the machine down.
const MOST_VALUES: u128 = 1 << 31;

fn admit(work: &Work, size: [usize; 3]) -> Result<(), String> {
    let count = size.iter().map(|&d| d as u128).product::<u128>() * work.shape[0] as u128;
    if size.contains(&0) || count > MOST_VALUES {
        return Err(format!("the size {size:?} is empty or too large"));
    }
    Ok(())
}

fn resize(work: &mut Work, size: [usize; 3], mode: Resample, round: bool) -> Result<(), String> {
    admit(work, size)?;
    let [c, d, h, w] = work.shape;
    let round = round && work.whole_levels();
    let filter = match mode {
        Resample::LinearAntialias => Some(PilFilter::Bilinear),
        Resample::CubicAntialias => Some(PilFilter::Bicubic),
        _ => None,
    };
    work.voxels = match filter.filter(|_| round && size[0] == d) {
        Some(filter) => pil_8bit(&work.voxels, [c * d, h, w], [size[1], size[2]], filter),
        None => resample(&work.voxels, &work.shape, &size, mode),
    }
    .map_err(|e| e.to_string())?;
    if round && filter.is_none() {
        work.voxels.iter_mut().for_each(|v| *v = (*v + 0.5).floor().clamp(0.0, 255.0));
    }
    let (scale, offset): (Vec<f64>, Vec<f64>) =
        [(w, size[2]), (h, size[1]), (d, size[0])].into_iter().map(|(n_in, n_out)| place(mode, n_in, n_out)).unzip();
    moved(work, size, &Affine::scale_offset([scale[0], scale[1], scale[2]], [offset[0], offset[1], offset[2]]));
    Ok(())
}

/// `(scale, offset)` of the source coordinate of an output index.
fn place(mode: Resample, n_in: usize, n_out: usize) -> (f64, f64) {
    let scale = n_in as f64 / n_out as f64;
    match mode {
        Resample::LinearAlignCorners | Resample::SplineAlignCorners if n_out > 1 => {
            // A single input has no extent to align; its cell is spread as by half pixels.
            if n_in > 1 { ((n_in - 1) as f64 / (n_out - 1) as f64, 0.0) } else { (scale, (scale - 1.0) / 2.0) }
        }
        Resample::NearestFloor => (scale, 0.0),
        _ => (scale, (scale - 1.0) / 2.0),
    }
}

fn moved(work: &mut Work, size: [usize; 3], here_from_new: &Affine) {
    work.grid = work.grid.moved(size, here_from_new);
    work.shape = [work.shape[0], size[0], size[1], size[2]];
}

fn spacing(work: &mut Work, wanted: [f64; 3], mode: Resample) -> Result<(), String> {
    if !work.grid.geometry.spacing_known() {
        return Err("the image says nothing of its voxel size".into());
    }
    let aligned = matches!(mode, Resample::LinearAlignCorners | Resample::SplineAlignCorners | Resample::NearestFloor);
    if aligned {
        return Err("corner-aligned modes can't keep an exact voxel size; use `bilinear` or `nearest`".into());
    }
    if !wanted.iter().all(|v| v.is_finite() && *v > 0.0) {
        return Err(format!("voxel sizes of {wanted:?} mm"));
    }
    let there = work.grid.geometry.spacing_mm();
    let here = [there[2], there[1], there[0]];
    let old = [work.shape[1], work.shape[2], work.shape[3]];
    let ratio: [f64; 3] = std::array::from_fn(|i| wanted[i] / here[i]);
    let size: [usize; 3] = std::array::from_fn(|i| ((old[i] as f64 / ratio[i]).round() as usize).max(1));
    admit(work, size)?;
    // The middle of the extent stays; what is cut or added by rounding falls evenly on both ends.
    let offset: [f64; 3] = std::array::from_fn(|i| (old[i] as f64 - size[i] as f64 * ratio[i]) / 2.0);
    for axis in (0..3).rev() {
        if size[axis] != old[axis] || (ratio[axis] - 1.0).abs() > 1e-9 {
            let weights = AxisWeights::placed(mode, old[axis], size[axis], ratio[axis], offset[axis]);
            work.voxels = weights.apply(&work.voxels, &work.shape, axis + 1);
            work.shape[axis + 1] = size[axis];
        }
    }
    let scale = [ratio[2], ratio[1], ratio[0]];
    let shift: [f64; 3] = std::array::from_fn(|i| offset[2 - i] + (scale[i] - 1.0) / 2.0);
    moved(work, size, &Affine::scale_offset(scale, shift));
    Ok(())
}

/// Whether a text names three patient directions, one of each body axis.
pub(crate) fn is_orientation(axes: &str) -> bool {
    axes.len() == 3 && (0..3).all(|b| axes.chars().any(|c| body(c) == Some(b)))
}

fn orient(work: &mut Work, axes: &str) -> Result<(), String> {
    if !work.grid.geometry.orientation_known() {
        return Err("the image says nothing of the patient's directions".into());
    }
    if !is_orientation(axes) {
        return Err(format!("`{axes}` must have one letter of each pair R/L, A/P, S/I"));
    }
    let wanted: Vec<char> = axes.chars().collect();
    let codes = work.grid.geometry.axis_codes();
    // Axes of the array are D, H, W; those of coordinates are x, y, z = W, H, D.
    let array_codes = [codes[2], codes[1], codes[0]];
    let old = [work.shape[1], work.shape[2], work.shape[3]];
    let from: [usize; 3] =
        std::array::from_fn(|i| array_codes.iter().position(|&a| body(a) == body(wanted[i])).unwrap_or(0));
    let flip: [bool; 3] = std::array::from_fn(|i| array_codes[from[i]] != wanted[i]);
    let size: [usize; 3] = std::array::from_fn(|i| old[from[i]]);
    work.voxels = permuted(&work.voxels, work.shape, from, flip);
    let mut rows = [[0.0; 4]; 3];
    for (i, &f) in from.iter().enumerate() {
        let (row, column) = (2 - f, 2 - i);
        rows[row][column] = if flip[i] { -1.0 } else { 1.0 };
        rows[row][3] = if flip[i] { (old[f] - 1) as f64 } else { 0.0 };
    }
    moved(work, size, &Affine { rows });
    Ok(())
}

fn crop(work: &mut Work, size: [usize; 3], at: CropAt, fill: Option<f32>) -> Result<(), String> {
    admit(work, size)?;
    let old = [work.shape[1], work.shape[2], work.shape[3]];
    let focus = work.focus_here();
    let mut start = [0i64; 3];
    for i in 0..3 {
        let (n, m) = (old[i] as i64, size[i] as i64);
        start[i] = match at {
            // Odd differences as torchvision: halves go to the even number inside, and to the left outside.
            CropAt::Center if n >= m => (n - m) / 2 + i64::from((n - m) % 4 == 3),
            CropAt::Center => -((m - n) / 2),
            CropAt::Focus => (focus[2 - i].round() as i64).clamp(-n, 2 * n) - m / 2,
        };
        if fill.is_none() {
            if m > n {
                return Err(format!("a box of {size:?} doesn't fit into {old:?}; give `fill` to let it reach outside"));
            }
            start[i] = start[i].clamp(0, n - m);
        }
    }
    cut(work, start, size, fill.unwrap_or(0.0));
    Ok(())
}

/// The box of `size` at `start`, with `fill` outside the image.
fn cut(work: &mut Work, start: [i64; 3], size: [usize; 3], fill: f32) {
    let [c, d, h, w] = work.shape;
    let mut out = vec![fill; c * size.iter().product::<usize>()];
    let span =
        |s: i64, m: usize, n: usize| ((-s).clamp(0, m as i64) as usize, (n as i64 - s).clamp(0, m as i64) as usize);
    let (x0, x1) = span(start[2], size[2], w);
    for (row, line) in out.chunks_exact_mut(size[2]).enumerate() {
        let (channel, z, y) = (row / size[1] / size[0], row / size[1] % size[0], row % size[1]);
        let (z, y) = (z as i64 + start[0], y as i64 + start[1]);
        if x1 > x0 && (0..d as i64).contains(&z) && (0..h as i64).contains(&y) {
            let base = ((channel * d + z as usize) * h + y as usize) * w;
            let first = (x0 as i64 + start[2]) as usize;
            line[x0..x1].copy_from_slice(&work.voxels[base + first..base + first + x1 - x0]);
        }
    }
    work.voxels = out;
    let offset = [start[2] as f64, start[1] as f64, start[0] as f64];
    moved(work, size, &Affine::scale_offset([1.0; 3], offset));
}

fn square(work: &mut Work, how: SquareHow) -> Result<(), String> {
    let [_, d, h, w] = work.shape;
    match how {
        SquareHow::Crop => crop(work, [d, h.min(w), h.min(w)], CropAt::Center, None),
        SquareHow::Pad => crop(work, [d, h.max(w), h.max(w)], CropAt::Center, Some(0.0)),
    }
}

fn slices(work: &mut Work, count: usize) -> Result<(), String> {
    let [c, d, h, w] = work.shape;
    if count.is_multiple_of(2) {
        return Err(format!("{count} slices; an odd number is due"));
    }
    if c > 1 && count > 1 {
        return Err(format!("the image has {c} channels already"));
    }
    let middle = (work.focus_here()[2].round() as i64).clamp(0, d as i64 - 1);
    let half = (count / 2) as i64;
    let chosen: Vec<usize> = (middle - half..=middle + half).map(|z| z.clamp(0, d as i64 - 1) as usize).collect();
    let plane = h * w;
    let mut out = Vec::with_capacity(c * count * plane);
    for channel in work.voxels.chunks_exact(d * plane) {
        chosen.iter().for_each(|&z| out.extend_from_slice(&channel[z * plane..(z + 1) * plane]));
    }
    work.voxels = out;
    if count > 1 {
        work.channels = Channels::Named((-half..=half).map(|k| format!("slice {k:+}")).collect());
        work.shape[0] = count;
    }
    work.measured(&[("middle slice", middle as f64)]);
    moved(work, [1, h, w], &Affine::scale_offset([1.0; 3], [0.0, 0.0, middle as f64]));
    Ok(())
}
