//! Kernel geometry of convolutions and pools, with `auto_pad` resolved.

use crate::{Pull, Result};

/// Kernel geometry, one entry per spatial axis.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    pub begin: Vec<i64>,
    pub end: Vec<i64>,
}

impl Window {
    /// The geometry of a convolution or pool node: `kernel` from the weights or the attribute, `from` and `to` the spatial sizes of the larger and
    /// the smaller side (input and output; for a transposed convolution output and input).
    pub fn of(pull: &Pull, kernel: Option<&[usize]>, from: &[usize], to: &[usize]) -> Result<Window> {
        let rank = from.len();
        let list = |name: &str, default: i64| -> Vec<i64> {
            pull.attrs().ints(name).map_or_else(|| vec![default; rank], <[i64]>::to_vec)
        };
        let kernel: Vec<usize> = match kernel {
            Some(k) => k.to_vec(),
            None => list("kernel_shape", 1).iter().map(|&k| k.max(1) as usize).collect(),
        };
        let strides: Vec<usize> = list("strides", 1).iter().map(|&s| s.max(1) as usize).collect();
        let dilations: Vec<usize> = list("dilations", 1).iter().map(|&d| d.max(1) as usize).collect();
        let pads = pull.attrs().ints("pads").map_or_else(|| vec![0; 2 * rank], <[i64]>::to_vec);
        if [kernel.len(), strides.len(), dilations.len(), pads.len() / 2].iter().any(|&n| n != rank) {
            return Err(pull.refuse(format!("kernel attributes don't fit {rank} spatial axes")));
        }
        let (mut begin, mut end) = (pads[..rank].to_vec(), pads[rank..].to_vec());
        let auto = pull.attrs().str("auto_pad").unwrap_or("NOTSET");
        if auto.starts_with("SAME") {
            for a in 0..rank {
                let reach = (dilations[a] * (kernel[a] - 1) + 1) as i64;
                let total = (((to[a] as i64) - 1) * strides[a] as i64 + reach - from[a] as i64).max(0);
                let small = total / 2;
                (begin[a], end[a]) = if auto == "SAME_UPPER" { (small, total - small) } else { (total - small, small) };
            }
        } else if auto == "VALID" {
            (begin, end) = (vec![0; rank], vec![0; rank]);
        }
        Ok(Window { kernel, strides, dilations, begin, end })
    }

    /// `pads` in ONNX order.
    pub fn pads(&self) -> Vec<i64> {
        self.begin.iter().chain(&self.end).copied().collect()
    }

    /// Size of the dilated kernel along an axis.
    pub fn reach(&self, axis: usize) -> usize {
        self.dilations[axis] * (self.kernel[axis] - 1) + 1
    }
}

/// As ONNX integer lists.
pub(crate) fn as_i64(v: &[usize]) -> Vec<i64> {
    v.iter().map(|&n| n as i64).collect()
}
