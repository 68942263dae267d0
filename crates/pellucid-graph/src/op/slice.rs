//! Parts of a tensor and tensors of parts: `Slice`, `Split`, `Concat`, `Pad`.

use super::broadcast::{OUTSIDE, grid, strides};
use super::layout::required;
use super::values::{join, pick, tensor};
use super::{Call, binary};
use crate::{DType, Fact, Result, Tensor};

/// Evenly spaced positions along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    first: i64,
    step: i64,
    count: usize,
}

impl Run {
    /// Positions `start, start + step, ...` before `end`, both counted from the back when negative and clamped to the axis; `None` for step 0.
    fn new(size: usize, start: i64, end: i64, step: i64) -> Option<Run> {
        let n = size as i64;
        if step == 0 || n == 0 {
            return (step != 0).then_some(Run { first: 0, step: 1, count: 0 });
        }
        let from_front = |v: i64| if v < 0 { v.saturating_add(n) } else { v };
        let (first, stop) = if step > 0 {
            (from_front(start).clamp(0, n), from_front(end).clamp(0, n))
        } else {
            // the largest integers stand for no end at all, whichever way the step goes
            let open = end == i64::from(i32::MAX) || end == i64::MAX;
            (from_front(start).clamp(0, n - 1), if open { -1 } else { from_front(end).clamp(-1, n - 1) })
        };
        let span = if step > 0 { stop - first } else { first - stop }.max(0) as u64;
        let count = span.div_ceil(step.unsigned_abs()) as usize;
        // a step beyond the axis takes one position, whatever its size
        Some(Run { first, step: step.clamp(-n, n), count })
    }

    fn whole(size: usize) -> Run {
        Run { first: 0, step: 1, count: size }
    }

    fn positions(self) -> Vec<usize> {
        (0..self.count as i64).map(|i| (self.first + i * self.step) as usize).collect()
    }
}

/// For each axis, the input positions that a slice takes.
fn slices(call: &Call) -> Result<Vec<Run>> {
    let x = call.shape(0)?;
    let (starts, ends) = (required(call, 1)?, required(call, 2)?);
    let n = starts.len();
    let axes = match call.ints(3)? {
        Some(axes) => call.axes(&axes, x.len())?,
        None => (0..n).collect(),
    };
    let steps = call.ints(4)?.unwrap_or_else(|| vec![1; n]);
    if [ends.len(), axes.len(), steps.len()] != [n; 3] || axes.iter().any(|&a| a >= x.len()) {
        let lengths = [n, ends.len(), axes.len(), steps.len()];
        return Err(call.error(format!("starts, ends, axes, steps of lengths {lengths:?} for {} axes", x.len())));
    }
    let mut out: Vec<Run> = x.iter().map(|&n| Run::whole(n)).collect();
    for (i, &axis) in axes.iter().enumerate() {
        out[axis] = Run::new(x[axis], starts[i], ends[i], steps[i])
            .ok_or_else(|| call.error(format!("step 0 along axis {axis}")))?;
    }
    Ok(out)
}

fn sizes(axes: &[Vec<usize>]) -> Vec<usize> {
    axes.iter().map(Vec::len).collect()
}

/// The elements at the given positions of each axis; [`OUTSIDE`] reads element `fill`.
fn take(x: &Tensor, shape: &[usize], axes: &[Vec<usize>], fill: usize) -> Result<Tensor> {
    let own = strides(shape);
    let scaled: Vec<Vec<usize>> = axes
        .iter()
        .zip(own)
        .map(|(axis, s)| axis.iter().map(|&i| if i == OUTSIDE { OUTSIDE } else { i * s }).collect())
        .collect();
    let at: Vec<usize> = grid(&scaled).into_iter().map(|i| if i >= OUTSIDE { fill } else { i }).collect();
    pick(x, &sizes(axes), &at)
}

/// `Slice`.
pub(super) fn infer_slice(call: &Call) -> Result<Vec<Fact>> {
    let shape: Vec<usize> = slices(call)?.iter().map(|r| r.count).collect();
    Ok(vec![Fact::new(call.dtype(0)?, &shape)])
}

/// `Slice`.
pub(super) fn slice(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let axes: Vec<Vec<usize>> = slices(call)?.into_iter().map(Run::positions).collect();
    Ok(vec![take(x, x.shape(), &axes, 0)?])
}

/// The axis and the sizes of the parts along it.
fn parts(call: &Call) -> Result<(usize, Vec<usize>)> {
    let x = call.shape(0)?;
    let axis = call.axis(call.int("axis", 0), x.len())?;
    let sizes = match call.ints(1)? {
        Some(sizes) => sizes.into_iter().map(|n| call.size(n)).collect::<Result<Vec<_>>>()?,
        None => {
            let count = call.size(call.int("num_outputs", call.outputs as i64))?;
            if count == 0 || count > 1 << 20 {
                return Err(call.error(format!("{count} parts")));
            }
            // parts of equal size, the last one takes what is left
            let each = x[axis].div_ceil(count);
            (0..count).map(|i| each.min(x[axis].saturating_sub(i * each))).collect()
        }
    };
    if sizes.iter().sum::<usize>() != x[axis] || sizes.len() < call.outputs {
        return Err(call.error(format!("parts {sizes:?} of axis {axis} of {x:?} for {} outputs", call.outputs)));
    }
    Ok((axis, sizes))
}

/// `Split`.
pub(super) fn infer_split(call: &Call) -> Result<Vec<Fact>> {
    let (axis, sizes) = parts(call)?;
    let mut shape = call.shape(0)?;
    let mut fact = |n: usize| -> Result<Fact> {
        shape[axis] = n;
        Ok(Fact::new(call.dtype(0)?, &shape))
    };
    sizes.into_iter().map(&mut fact).collect()
}

/// `Split`.
pub(super) fn split(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let (axis, sizes) = parts(call)?;
    let mut start = 0;
    let one = |n: usize| {
        let mut axes: Vec<Vec<usize>> = x.shape().iter().map(|&n| (0..n).collect()).collect();
        axes[axis] = (start..start + n).collect();
        start += n;
        take(x, x.shape(), &axes, 0)
    };
    sizes.into_iter().map(one).collect()
}

/// The inputs' shapes and the axis along which they are joined.
fn joined(call: &Call) -> Result<(Vec<Vec<usize>>, usize)> {
    let shapes: Vec<Vec<usize>> = (0..call.arity()).map(|i| call.shape(i)).collect::<Result<_>>()?;
    let first = shapes.first().ok_or_else(|| call.error("no inputs"))?;
    let axis = call.attrs.int("axis").ok_or_else(|| call.error("attribute `axis` is missing"))?;
    let axis = call.axis(axis, first.len())?;
    let fits = |s: &Vec<usize>| s.len() == first.len() && (0..s.len()).all(|a| a == axis || s[a] == first[a]);
    match shapes.iter().find(|s| !fits(s)) {
        Some(s) => Err(call.error(format!("shapes {first:?} and {s:?} can't be joined along axis {axis}"))),
        None => Ok((shapes, axis)),
    }
}

/// `Concat`.
pub(super) fn infer_concat(call: &Call) -> Result<Vec<Fact>> {
    let (shapes, axis) = joined(call)?;
    for i in 1..shapes.len() {
        binary::same_type(call, 0, i)?;
    }
    let mut shape = shapes[0].clone();
    shape[axis] = shapes.iter().map(|s| s[axis]).sum();
    Ok(vec![Fact::new(call.dtype(0)?, &shape)])
}

/// `Concat`.
pub(super) fn concat(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (shapes, axis) = joined(call)?;
    let parts: Vec<&Tensor> = (0..shapes.len()).map(|i| tensor(call, inputs, i)).collect::<Result<_>>()?;
    let outer: usize = shapes[0][..axis].iter().product();
    let rows: Vec<usize> = shapes.iter().map(|s| s[axis..].iter().product()).collect();
    let starts: Vec<usize> = parts
        .iter()
        .scan(0, |at, t| {
            let start = *at;
            *at += t.len();
            Some(start)
        })
        .collect();
    let mut at = Vec::with_capacity(parts.iter().map(|t| t.len()).sum());
    for o in 0..outer {
        for (start, row) in starts.iter().zip(&rows) {
            at.extend(start + o * row..start + (o + 1) * row);
        }
    }
    let mut shape = shapes[0].clone();
    shape[axis] = shapes.iter().map(|s| s[axis]).sum();
    Ok(vec![pick(&join(call, &parts)?, &shape, &at)?])
}

/// Elements added (or, negative, taken away) before and after each axis.
fn pads(call: &Call) -> Result<Vec<(i64, i64)>> {
    let x = call.shape(0)?;
    let pads = required(call, 1)?;
    let axes = match call.ints(3)? {
        Some(axes) => call.axes(&axes, x.len())?,
        None => (0..x.len()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(call.error(format!("{} pads for {} axes", pads.len(), axes.len())));
    }
    let limit = super::MAX_SIZE as i64;
    let mut out = vec![(0, 0); x.len()];
    for (k, &axis) in axes.iter().enumerate() {
        let (n, begin, end) = (x[axis] as i64, pads[k], pads[k + axes.len()]);
        let possible = [begin, end].iter().all(|p| (-limit..=limit).contains(p)) && n + begin + end >= 0;
        if !possible {
            return Err(call.error(format!("pads {begin} and {end} on axis {axis} of size {n}")));
        }
        if n == 0 && begin + end > 0 && call.str("mode", "constant") != "constant" {
            return Err(call.error(format!("axis {axis} is empty, so there is nothing to repeat")));
        }
        out[axis] = (begin, end);
    }
    Ok(out)
}

/// Which position of an axis of size `n` stands at `i`, outside of `0..n` too; [`OUTSIDE`] for the constant.
fn reader(call: &Call) -> Result<fn(i64, i64) -> i64> {
    Ok(match call.str("mode", "constant") {
        "constant" => |i, n| if (0..n).contains(&i) { i } else { OUTSIDE as i64 },
        "edge" => |i, n| i.clamp(0, n - 1),
        "wrap" => |i, n| i.rem_euclid(n),
        "reflect" => |i, n| {
            let period = (2 * (n - 1)).max(1);
            let i = i.rem_euclid(period);
            i.min(period - i).min(n - 1)
        },
        other => return Err(call.error(format!("`mode` is `{other}`, expected constant, edge, reflect or wrap"))),
    })
}

/// `Pad`.
pub(super) fn infer_pad(call: &Call) -> Result<Vec<Fact>> {
    reader(call)?;
    let shape: Vec<usize> =
        call.shape(0)?.iter().zip(pads(call)?).map(|(&n, (b, e))| (n as i64 + b + e) as usize).collect();
    Ok(vec![Fact::new(call.dtype(0)?, &shape)])
}

/// `Pad`.
pub(super) fn pad(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let fill = match inputs.get(2).and_then(Option::as_ref) {
        Some(t) if t.len() == 1 => t.clone(),
        Some(t) => return Err(call.error(format!("the constant has shape {:?}, expected a scalar", t.shape()))),
        None if x.dtype() == DType::Str => return Err(call.error("strings need a constant to pad with")),
        None => Tensor::full(x.dtype(), &[], 0.0),
    };
    let read = reader(call)?;
    let along = |(&n, (begin, end)): (&usize, (i64, i64))| {
        let n = n as i64;
        (-begin..n + end).map(|i| read(i, n) as usize).collect()
    };
    let axes: Vec<Vec<usize>> = x.shape().iter().zip(pads(call)?).map(along).collect();
    Ok(vec![take(&join(call, &[x, &fill])?, x.shape(), &axes, x.len())?])
}

#[cfg(test)]
mod tests {
    use super::Run;

    fn positions(size: usize, start: i64, end: i64, step: i64) -> Option<Vec<usize>> {
        Run::new(size, start, end, step).map(Run::positions)
    }

    #[test]
    fn slices_clamp_and_step_back() {
        assert_eq!(positions(5, 1, i64::MAX, 2), Some(vec![1, 3]));
        assert_eq!(positions(5, -1, i64::MIN, -2), Some(vec![4, 2, 0]));
        assert_eq!(positions(5, 10, 0, -1), Some(vec![4, 3, 2, 1]));
        assert_eq!(positions(5, -10, 2, 1), Some(vec![0, 1]));
        assert_eq!(positions(5, 3, 1, 1), Some(vec![]));
        assert_eq!(positions(0, 0, 5, 1), Some(vec![]));
        assert_eq!(positions(0, -1, i64::MIN, -1), Some(vec![]));
        assert_eq!(positions(5, 0, 5, i64::MAX), Some(vec![0]));
        assert_eq!(positions(5, 4, i64::MIN, i64::MIN), Some(vec![4]));
        assert_eq!(positions(5, 3, i64::MAX, -2), Some(vec![3, 1]));
        assert_eq!(positions(5, -9, i64::MIN, -1), Some(vec![0]));
        assert_eq!(positions(5, 0, 5, 0), None);
    }
}
