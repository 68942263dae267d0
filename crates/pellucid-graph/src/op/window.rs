//! Kernel geometry of convolutions and pools, with `auto_pad` resolved.
//!
//! # Departures
//! With `auto_pad` SAME, ONNX Runtime leaves the dilation of a pool out of account and shifts kernels smaller than their stride; here the
//! output has `ceil(input / stride)` positions, padded for the dilated kernel and never by less than nothing, as the standard says.

use std::ops::Range;

use super::Call;
use super::broadcast::{grid, strides};
use crate::Result;

/// Kernel geometry, one entry per spatial axis.
///
/// Along an axis, position `s` of the small side and tap `k` of the kernel meet position `s * stride + k * dilation - begin` of the large side. The
/// large side is the input of a convolution or pool and the output of a transposed convolution.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    pub begin: Vec<i64>,
    pub end: Vec<i64>,
    /// Sizes of the large side.
    pub large: Vec<usize>,
    /// Sizes of the small side.
    pub small: Vec<usize>,
}

/// Largest kernel size, stride, dilation or padding that is taken seriously.
const MAX_STEP: i64 = 1 << 20;

/// Most elements of a kernel.
const MAX_TAPS: usize = 1 << 24;

/// One of the lists of positive sizes, 1 by default.
pub(super) fn steps(call: &Call, name: &str, rank: usize) -> Result<Vec<usize>> {
    let Some(list) = call.attrs.ints(name) else { return Ok(vec![1; rank]) };
    if list.len() == rank && list.iter().all(|n| (1..=MAX_STEP).contains(n)) {
        Ok(list.iter().map(|&n| n as usize).collect())
    } else {
        Err(call.error(format!("`{name}` is {list:?}, expected {rank} sizes of at least 1")))
    }
}

/// A list of `count` integers that aren't huge, zeros by default.
pub(super) fn small_ints(call: &Call, name: &str, count: usize) -> Result<Vec<i64>> {
    let Some(list) = call.attrs.ints(name) else { return Ok(vec![0; count]) };
    if list.len() == count && list.iter().all(|n| (-MAX_STEP..=MAX_STEP).contains(n)) {
        Ok(list.to_vec())
    } else {
        Err(call.error(format!("`{name}` is {list:?}, expected {count} sizes")))
    }
}

impl Window {
    /// Kernel and attributes of a call; padding as given, `small` left empty.
    pub fn bare(call: &Call, kernel: &[usize], large: &[usize]) -> Result<Window> {
        let rank = large.len();
        let possible = crate::volume(kernel).is_some_and(|n| (1..=MAX_TAPS).contains(&n));
        if kernel.len() != rank || !possible {
            return Err(call.error(format!("kernel {kernel:?} for {rank} spatial axes")));
        }
        let pads = small_ints(call, "pads", 2 * rank)?;
        Ok(Window {
            kernel: kernel.to_vec(),
            strides: steps(call, "strides", rank)?,
            dilations: steps(call, "dilations", rank)?,
            begin: pads[..rank].to_vec(),
            end: pads[rank..].to_vec(),
            large: large.to_vec(),
            small: vec![],
        })
    }

    /// The window of a convolution or pool over an input of spatial sizes `input`.
    pub fn over(call: &Call, kernel: &[usize], input: &[usize], ceil: bool) -> Result<Window> {
        let mut w = Window::bare(call, kernel, input)?;
        let auto = call.str("auto_pad", "NOTSET");
        for a in 0..input.len() {
            let (n, stride) = (input[a] as i64, w.strides[a] as i64);
            let size = match auto {
                "SAME_UPPER" | "SAME_LOWER" => {
                    let size = (n + stride - 1) / stride;
                    let total = ((size - 1) * stride + w.reach(a) - n).max(0);
                    (w.begin[a], w.end[a]) = halves(total, auto == "SAME_UPPER");
                    size
                }
                "NOTSET" | "" => w.fitting(a, ceil),
                "VALID" => {
                    (w.begin[a], w.end[a]) = (0, 0);
                    w.fitting(a, ceil)
                }
                other => return Err(call.error(format!("`auto_pad` is `{other}`"))),
            };
            if size < 0 || (size == 0 && input[a] > 0) {
                let (b, e) = (w.begin[a], w.end[a]);
                return Err(call.error(format!(
                    "a kernel that reaches over {} doesn't fit spatial axis {a} of size {n}, padded by {b} and {e}",
                    w.reach(a)
                )));
            }
            w.small.push(size as usize);
        }
        Ok(w)
    }

    /// Size of the dilated kernel along an axis.
    pub fn reach(&self, a: usize) -> i64 {
        (self.dilations[a] * (self.kernel[a] - 1) + 1) as i64
    }

    /// Number of positions along an axis. With `ceil` a last position that sticks out counts, if it starts inside the input or the padding before it.
    fn fitting(&self, a: usize, ceil: bool) -> i64 {
        let (n, stride) = (self.large[a] as i64, self.strides[a] as i64);
        let room = n + self.begin[a] + self.end[a] - self.reach(a);
        if room < 0 && !(ceil && room + stride > 0) {
            return 0;
        }
        if !ceil {
            return room / stride + 1;
        }
        let size = (room + stride - 1).div_euclid(stride) + 1;
        if (size - 1) * stride >= n + self.begin[a] { size - 1 } else { size }
    }

    /// Positions `s` of the small side that meet the large side at tap `k` of axis `a`.
    fn span(&self, a: usize, k: usize) -> Range<usize> {
        let (stride, shift) = (self.strides[a] as i64, (k * self.dilations[a]) as i64 - self.begin[a]);
        // s * stride + shift in 0..large
        let low = (-shift + stride - 1).div_euclid(stride).max(0);
        let high = (self.large[a] as i64 - shift + stride - 1)
            .div_euclid(stride)
            .clamp(low, self.small[a].max(low as usize) as i64);
        low as usize..high as usize
    }

    /// Where the small and the large side meet, tap by tap of the kernel: runs `(offset in small, offset in large, length)` along the last
    /// axis, whose step is 1 on the small and the last stride on the large side.
    pub fn runs(&self) -> Vec<Vec<(usize, usize, usize)>> {
        let rank = self.kernel.len();
        let (own_small, own_large) = (strides(&self.small), strides(&self.large));
        let place = |a: usize, k: usize, s: usize| {
            ((s * self.strides[a] + k * self.dilations[a]) as i64 - self.begin[a]) as usize * own_large[a]
        };
        taps(&self.kernel)
            .into_iter()
            .map(|tap| {
                let spans: Vec<Range<usize>> = (0..rank).map(|a| self.span(a, tap[a])).collect();
                let last = spans.last().cloned().unwrap_or(0..1);
                if last.is_empty() {
                    return vec![];
                }
                // all axes but the last step by step, of the last the first position only
                let upto = |a: usize| if a + 1 == rank { last.start..last.start + 1 } else { spans[a].clone() };
                let small: Vec<Vec<usize>> = (0..rank).map(|a| upto(a).map(|s| s * own_small[a]).collect()).collect();
                let large: Vec<Vec<usize>> =
                    (0..rank).map(|a| upto(a).map(|s| place(a, tap[a], s)).collect()).collect();
                grid(&small).into_iter().zip(grid(&large)).map(|(s, l)| (s, l, last.len())).collect()
            })
            .collect()
    }
}

/// Padding split in two, the larger half after (`upper`) or before.
pub(super) fn halves(total: i64, upper: bool) -> (i64, i64) {
    let small = total / 2;
    if upper { (small, total - small) } else { (total - small, small) }
}

/// All positions of a kernel in row-major order.
pub(super) fn taps(kernel: &[usize]) -> Vec<Vec<usize>> {
    kernel.iter().fold(vec![vec![]], |done, &n| {
        done.iter().flat_map(|t| (0..n).map(move |k| [t.as_slice(), &[k]].concat())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attrs, DType, Fact};

    fn window(input: usize, kernel: usize, attrs: &Attrs, ceil: bool) -> Result<Window> {
        let facts = vec![Some(Fact::new(DType::F32, &[1, 1, input]))];
        let call = Call {
            name: "pool",
            op: "MaxPool",
            domain: "",
            attrs,
            facts,
            constants: vec![None],
            outputs: 1,
            complete: true,
            wide: false,
        };
        Window::over(&call, &[kernel], &[input], ceil)
    }

    #[test]
    fn sizes_round_down_or_up() {
        let attrs = Attrs::new().with("strides", vec![2]);
        assert_eq!(window(6, 3, &attrs, false).unwrap().small, [2]);
        assert_eq!(window(6, 3, &attrs, true).unwrap().small, [3]);
        // a last window that would start in the padding is left out
        let attrs = Attrs::new().with("strides", vec![3]).with("pads", vec![0, 2]);
        assert_eq!(window(5, 2, &attrs, true).unwrap().small, [2]);
    }

    #[test]
    fn same_padding_puts_the_odd_one_last_or_first() {
        for (auto, begin, end) in [("SAME_UPPER", 1, 2), ("SAME_LOWER", 2, 1)] {
            let w = window(6, 4, &Attrs::new().with("auto_pad", auto), false).unwrap();
            assert_eq!((w.small[0], w.begin[0], w.end[0]), (6, begin, end));
        }
    }

    #[test]
    fn runs_stay_inside_both_sides() {
        let attrs = Attrs::new().with("strides", vec![2]).with("dilations", vec![3]).with("pads", vec![2, 1]);
        let w = window(7, 2, &attrs, false).unwrap();
        // positions 2 s + 3 k - 2 of the input
        assert_eq!(w.small, [4]);
        assert_eq!(w.runs(), [vec![(1, 0, 3)], vec![(0, 1, 3)]]);
    }

    #[test]
    fn a_kernel_that_does_not_fit_is_refused() {
        let error = window(3, 5, &Attrs::new(), false).unwrap_err().to_string();
        assert!(error.contains("reaches over 5 doesn't fit spatial axis 0 of size 3"), "{error}");
        assert!(window(3, 2, &Attrs::new().with("strides", vec![0]), false).is_err());
    }
}
