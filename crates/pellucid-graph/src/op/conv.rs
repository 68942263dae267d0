//! `Conv` and `ConvTranspose`, any number of spatial axes, in groups.

use super::values::{optional, real_tensor, reals};
use super::window::{Window, halves, small_ints};
use super::{Call, binary};
use crate::{Fact, Result, Tensor};

/// Batch size, channels and groups of a convolution, with its window.
pub(super) struct Conv {
    pub batch: usize,
    pub groups: usize,
    /// Channels of the input, in all groups.
    pub c_in: usize,
    /// Channels of the output, in all groups.
    pub c_out: usize,
    pub window: Window,
}

impl Conv {
    /// The convolution of input `x` with weights `w` (indices of the call's inputs).
    pub fn of(call: &Call, x: usize, w: usize) -> Result<Conv> {
        let (xs, ws) = (call.shape(x)?, call.shape(w)?);
        let (groups, rank) = common(call, &xs, &ws)?;
        let (c_in, c_out) = (xs[1], ws[0]);
        if ws[1].saturating_mul(groups) != c_in || c_out % groups != 0 {
            return Err(call.error(format!("weights {ws:?} in {groups} groups don't fit {c_in} input channels")));
        }
        let window = Window::over(call, kernel(call, &ws[2..])?, &xs[2..2 + rank], false)?;
        Ok(Conv { batch: xs[0], groups, c_in, c_out, window })
    }

    /// The transposed convolution of input 0 with weights 1.
    fn transposed(call: &Call) -> Result<Conv> {
        let (xs, ws) = (call.shape(0)?, call.shape(1)?);
        let (groups, rank) = common(call, &xs, &ws)?;
        if ws[0] != xs[1] || ws[0] % groups != 0 {
            return Err(call.error(format!("weights {ws:?} in {groups} groups don't fit {} input channels", xs[1])));
        }
        let mut window = Window::bare(call, kernel(call, &ws[2..])?, &vec![0; rank])?;
        window.small = xs[2..].to_vec();
        grow(call, &mut window)?;
        Ok(Conv { batch: xs[0], groups, c_in: xs[1], c_out: ws[1].saturating_mul(groups), window })
    }

    /// Shape of the output whose spatial sizes are `spatial`.
    pub fn shape(&self, spatial: &[usize]) -> Vec<usize> {
        [&[self.batch, self.c_out], spatial].concat()
    }
}

/// Groups and number of spatial axes.
fn common(call: &Call, x: &[usize], w: &[usize]) -> Result<(usize, usize)> {
    let groups = call.size(call.int("group", 1))?;
    if x.len() < 3 || w.len() != x.len() || groups == 0 {
        return Err(call.error(format!("input {x:?}, weights {w:?}, {groups} groups; expected N x C x spatial axes")));
    }
    Ok((groups, x.len() - 2))
}

/// The kernel sizes of the weights, which the attribute must repeat if it is there.
fn kernel<'k>(call: &Call, of_weights: &'k [usize]) -> Result<&'k [usize]> {
    match call.attrs.ints("kernel_shape") {
        Some(k) if k.iter().map(|&k| k as usize).ne(of_weights.iter().copied()) => {
            Err(call.error(format!("`kernel_shape` is {k:?}, but the weights have {of_weights:?}")))
        }
        _ => Ok(of_weights),
    }
}

/// Sizes and padding of the large side of a transposed convolution.
fn grow(call: &Call, w: &mut Window) -> Result<()> {
    let rank = w.kernel.len();
    let extra = small_ints(call, "output_padding", rank)?;
    let auto = call.str("auto_pad", "NOTSET");
    let upper = auto == "SAME_UPPER";
    let given = call.attrs.ints("output_shape").map(<[i64]>::to_vec);
    // some exporters give batch and channels as well
    let given = given.map(|g| if g.len() == rank + 2 { g[2..].to_vec() } else { g });
    if given.as_ref().is_some_and(|g| g.len() != rank) {
        return Err(call.error(format!("`output_shape` has {:?} sizes for {rank} spatial axes", given)));
    }
    for a in 0..rank {
        let n = w.small[a] as i64;
        let full = w.strides[a] as i64 * (n - 1) + extra[a] + w.reach(a);
        let wanted = match (&given, auto) {
            (Some(g), _) => Some(call.size(g[a])? as i64),
            (None, "SAME_UPPER" | "SAME_LOWER") => Some(n * w.strides[a] as i64),
            (None, "VALID") => Some(full),
            (None, "NOTSET" | "") => None,
            (None, other) => return Err(call.error(format!("`auto_pad` is `{other}`"))),
        };
        if let Some(wanted) = wanted {
            // a kernel smaller than its stride has nothing to cut off, and the output stays smaller than wanted
            (w.begin[a], w.end[a]) = halves((full - wanted).max(0), upper);
        }
        let size = match &given {
            Some(g) => call.size(g[a])? as i64,
            None => full - w.begin[a] - w.end[a],
        };
        if size < 0 {
            return Err(call.error(format!("spatial axis {a} of the output would have size {size}")));
        }
        w.large[a] = size as usize;
    }
    Ok(())
}

/// Refuses a bias (input `i`) that isn't one value per output channel.
pub(super) fn check_bias(call: &Call, i: usize, channels: usize) -> Result<()> {
    if call.has(i) && call.shape(i)? != [channels] {
        return Err(call.error(format!("bias of shape {:?}, expected [{channels}]", call.shape(i)?)));
    }
    Ok(())
}

/// `Conv`.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let conv = Conv::of(call, 0, 1)?;
    check_bias(call, 2, conv.c_out)?;
    Ok(vec![Fact::new(binary::same_type(call, 0, 1)?, &conv.shape(&conv.window.small))])
}

/// `ConvTranspose`.
pub(super) fn infer_transposed(call: &Call) -> Result<Vec<Fact>> {
    let conv = Conv::transposed(call)?;
    check_bias(call, 2, conv.c_out)?;
    Ok(vec![Fact::new(binary::same_type(call, 0, 1)?, &conv.shape(&conv.window.large))])
}

/// The output's starting values: the bias of each channel.
fn start(bias: Option<Vec<f64>>, batch: usize, channels: usize, plane: usize) -> Vec<f64> {
    match bias {
        None => vec![0.0; batch * channels * plane],
        Some(b) => (0..batch * channels).flat_map(|i| std::iter::repeat_n(b[i % channels], plane)).collect(),
    }
}

/// `Conv`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let conv = Conv::of(call, 0, 1)?;
    let y = convolve(&conv, &reals(call, inputs, 0)?, &reals(call, inputs, 1)?, optional(call, inputs, 2)?);
    Ok(vec![real_tensor(call, call.dtype(0)?, &conv.shape(&conv.window.small), y)?])
}

/// Sums of weighted inputs, plus the bias.
pub(super) fn convolve(conv: &Conv, x: &[f64], w: &[f64], bias: Option<Vec<f64>>) -> Vec<f64> {
    let runs = conv.window.runs();
    let (plane_in, plane_out): (usize, usize) =
        (conv.window.large.iter().product(), conv.window.small.iter().product());
    let step = conv.window.strides.last().copied().unwrap_or(1);
    let (c_group, m_group) = (conv.c_in / conv.groups, conv.c_out / conv.groups);
    let mut y = start(bias, conv.batch, conv.c_out, plane_out);
    if plane_out == 0 {
        return y;
    }
    for (i, out) in y.chunks_exact_mut(plane_out).enumerate() {
        let (n, m) = (i / conv.c_out, i % conv.c_out);
        for c in 0..c_group {
            let channel = n * conv.c_in + m / m_group * c_group + c;
            let input = &x[channel * plane_in..(channel + 1) * plane_in];
            let weights = &w[(m * c_group + c) * runs.len()..];
            for (runs, &w) in runs.iter().zip(weights) {
                for &(s, l, len) in runs {
                    add_strided(&mut out[s..s + len], &input[l..], step, w);
                }
            }
        }
    }
    y
}

/// `out[i] += w * x[i * step]`.
#[inline]
fn add_strided(out: &mut [f64], x: &[f64], step: usize, w: f64) {
    if step == 1 {
        out.iter_mut().zip(x).for_each(|(o, x)| *o += w * x);
    } else {
        out.iter_mut().zip(x.iter().step_by(step)).for_each(|(o, x)| *o += w * x);
    }
}

/// `ConvTranspose`.
pub(super) fn eval_transposed(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let conv = Conv::transposed(call)?;
    let (x, w) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?);
    let runs = conv.window.runs();
    let (plane_in, plane_out): (usize, usize) =
        (conv.window.small.iter().product(), conv.window.large.iter().product());
    let step = conv.window.strides.last().copied().unwrap_or(1);
    let (c_group, m_group) = (conv.c_in / conv.groups, conv.c_out / conv.groups);
    let mut y = start(optional(call, inputs, 2)?, conv.batch, conv.c_out, plane_out);
    if plane_out > 0 {
        for (i, out) in y.chunks_exact_mut(plane_out).enumerate() {
            let (n, m) = (i / conv.c_out, i % conv.c_out);
            for c in m / m_group * c_group..(m / m_group + 1) * c_group {
                let channel = n * conv.c_in + c;
                let input = &x[channel * plane_in..(channel + 1) * plane_in];
                let weights = &w[(c * m_group + m % m_group) * runs.len()..];
                for (runs, &w) in runs.iter().zip(weights) {
                    for &(s, l, len) in runs {
                        let to = out[l..].iter_mut().step_by(step);
                        to.zip(&input[s..s + len]).for_each(|(o, x)| *o += w * x);
                    }
                }
            }
        }
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &conv.shape(&conv.window.large), y)?])
}
