//! Convolutions and matrix products.

use pellucid_graph::{Attrs, Wire};

use super::Flows;
use crate::window::{Window, as_i64};
use crate::{Pull, Result};

/// `y = x * W + b`. To the input: at stride 1 a plain convolution with flipped weights, otherwise the transposed convolution.
pub(super) fn conv(p: &mut Pull) -> Result<Flows> {
    let (x, w, y, g) = (p.x(0)?, p.x(1)?, p.y()?, p.g()?);
    let (xs, ws, ys) = (p.shape(x)?, p.shape(w)?, p.shape(y)?);
    let window = Window::of(p, Some(&ws[2..]), &xs[2..], &ys[2..])?;
    let group = p.int("group", 1).max(1) as usize;
    let dx = if !p.wants(0) {
        None
    } else if let Some(pads) = flipped_pads(p, &window, w) {
        Some(flipped_conv(p, g, w, group, &window, pads)?)
    } else {
        Some(transposed_conv(p, g, w, group, &window, &xs, &ys)?)
    };
    let dw = if p.wants(1) { Some(weight_flow(p, x, g, group, &window, &ws[2..])?) } else { None };
    let mut out = vec![dx, dw];
    if p.node.inputs.len() > 2 {
        out.push(bias_flow(p, 2, g)?);
    }
    Ok(out)
}

/// The pads of the flipped convolution, when it applies: stride 1, constant weights, and no pad beyond the kernel.
fn flipped_pads(p: &Pull, window: &Window, w: Wire) -> Option<Vec<i64>> {
    let constant = p.b.graph.constant(w).is_some();
    if !constant || window.strides.iter().any(|&s| s != 1) {
        return None;
    }
    let flip = |pads: &[i64]| -> Vec<i64> {
        pads.iter().enumerate().map(|(a, &pad)| window.reach(a) as i64 - 1 - pad).collect()
    };
    let pads: Vec<i64> = flip(&window.begin).into_iter().chain(flip(&window.end)).collect();
    pads.iter().all(|&v| v >= 0).then_some(pads)
}

fn flipped_conv(p: &mut Pull, g: Wire, w: Wire, group: usize, window: &Window, pads: Vec<i64>) -> Result<Wire> {
    let ws = p.shape(w)?;
    let (m, c, kernel) = (ws[0] / group, ws[1], &ws[2..]);
    let grouped: Vec<usize> = [&[group, m, c], kernel].concat();
    let mut f = p.b.reshape(w, &grouped)?;
    let perm: Vec<usize> = [0, 2, 1].into_iter().chain(3..grouped.len()).collect();
    f = p.b.transpose(f, &perm)?;
    f = p.b.reshape(f, &[&[group * c, m], kernel].concat())?;
    for (a, &k) in kernel.iter().enumerate() {
        if k > 1 {
            f = p.b.reverse(f, a + 2)?;
        }
    }
    let attrs = Attrs::new()
        .with("group", group as i64)
        .with("dilations", as_i64(&window.dilations))
        .with("kernel_shape", as_i64(kernel))
        .with("strides", vec![1; kernel.len()])
        .with("pads", pads);
    Ok(p.b.op("Conv", &[g, f], attrs)?)
}

/// The transposed convolution that leads from `small` (spatial sizes `ys`) back to `xs`.
fn transposed_conv(
    p: &mut Pull,
    g: Wire,
    w: Wire,
    group: usize,
    window: &Window,
    xs: &[usize],
    ys: &[usize],
) -> Result<Wire> {
    let rank = xs.len() - 2;
    let mut output_padding = Vec::with_capacity(rank);
    let mut excess = vec![0usize; rank];
    for a in 0..rank {
        let reached = (window.strides[a] * (ys[a + 2] - 1) + window.reach(a)) as i64 - window.begin[a] - window.end[a];
        let missing = xs[a + 2] as i64 - reached;
        // Engines want the output padding below the stride; what is left over is zeros, put on afterwards.
        let within = missing.clamp(0, window.strides[a] as i64 - 1);
        excess[a] = (missing - within).max(0) as usize;
        output_padding.push(within);
    }
    let attrs = Attrs::new()
        .with("group", group as i64)
        .with("kernel_shape", as_i64(&window.kernel))
        .with("strides", as_i64(&window.strides))
        .with("dilations", as_i64(&window.dilations))
        .with("pads", window.pads())
        .with("output_padding", output_padding);
    let dx = p.b.op("ConvTranspose", &[g, w], attrs)?;
    let pads: Vec<(usize, usize)> = [(0, 0), (0, 0)].into_iter().chain(excess.into_iter().map(|e| (0, e))).collect();
    Ok(p.b.pad_zeros(dx, &pads)?)
}

/// What flows to the weights of a (transposed) convolution: `large` (N x C x S) correlated with `small` (N x M x O), giving
/// `M x C/group x kernel`. Batch takes the place of channels, strides and dilations change places.
fn weight_flow(
    p: &mut Pull,
    large: Wire,
    small: Wire,
    group: usize,
    window: &Window,
    kernel: &[usize],
) -> Result<Wire> {
    let (ls, ss) = (p.shape(large)?, p.shape(small)?);
    let (n, c, m) = (ls[0], ls[1] / group, ss[1]);
    let rank = kernel.len();
    let spatial = 2..rank + 2;
    let x = p.b.reshape(large, &[&[n, group, c], &ls[2..]].concat())?;
    let perm: Vec<usize> = [2, 1, 0].into_iter().chain(spatial.clone().map(|a| a + 1)).collect();
    let x = p.b.transpose(x, &perm)?;
    let x = p.b.reshape(x, &[&[c, group * n], &ls[2..]].concat())?;
    let perm: Vec<usize> = [1, 0].into_iter().chain(spatial.clone()).collect();
    let f = p.b.transpose(small, &perm)?;
    let attrs = Attrs::new()
        .with("group", group as i64)
        .with("kernel_shape", as_i64(&ss[2..]))
        .with("strides", as_i64(&window.dilations))
        .with("dilations", as_i64(&window.strides))
        .with("pads", window.pads());
    let mut dw = p.b.op("Conv", &[x, f], attrs)?;
    for (a, &k) in kernel.iter().enumerate() {
        dw = p.b.slice(dw, a + 2, 0, k)?;
    }
    let perm: Vec<usize> = [1, 0].into_iter().chain(spatial).collect();
    debug_assert_eq!(p.shape(dw)?[..2], [c, m]);
    Ok(p.b.transpose(dw, &perm)?)
}

/// The sum over samples and positions, when input `i` is wanted.
fn bias_flow(p: &mut Pull, i: usize, g: Wire) -> Result<Option<Wire>> {
    if !p.wants(i) {
        return Ok(None);
    }
    let rank = p.shape(g)?.len();
    let axes: Vec<usize> = (0..rank).filter(|&a| a != 1).collect();
    Ok(Some(p.b.sum(g, &axes, false)?))
}

/// The adjoint of a transposed convolution is the convolution with the same weights.
pub(super) fn conv_transpose(p: &mut Pull) -> Result<Flows> {
    let (x, w, y, g) = (p.x(0)?, p.x(1)?, p.y()?, p.g()?);
    let (xs, ws, ys) = (p.shape(x)?, p.shape(w)?, p.shape(y)?);
    let mut window = Window::of(p, Some(&ws[2..]), &ys[2..], &xs[2..])?;
    let group = p.int("group", 1).max(1) as usize;
    let padding = p.attrs().ints("output_padding").map_or_else(|| vec![0; ys.len() - 2], <[i64]>::to_vec);
    for a in 0..ys.len() - 2 {
        // total pad = stride (n - 1) + output_padding + reach - size, whatever way it was given (pads, auto_pad, output_shape)
        let full = (window.strides[a] * (xs[a + 2] - 1) + window.reach(a)) as i64 + padding[a];
        let total = full - ys[a + 2] as i64;
        if total != window.begin[a] + window.end[a] {
            let small = total.div_euclid(2);
            let upper = p.attrs().str("auto_pad") == Some("SAME_UPPER");
            (window.begin[a], window.end[a]) = if upper { (small, total - small) } else { (total - small, small) };
        }
    }
    if window.begin.iter().chain(&window.end).any(|&v| v < 0) {
        return Err(p.refuse("pads below zero aren't supported"));
    }
    let attrs = Attrs::new()
        .with("group", group as i64)
        .with("kernel_shape", as_i64(&window.kernel))
        .with("strides", as_i64(&window.strides))
        .with("dilations", as_i64(&window.dilations))
        .with("pads", window.pads());
    let dx = if p.wants(0) {
        let mut dx = p.b.op("Conv", &[g, w], attrs)?;
        for (a, &n) in xs[2..].iter().enumerate() {
            dx = p.b.slice(dx, a + 2, 0, n)?;
        }
        Some(dx)
    } else {
        None
    };
    let dw = if p.wants(1) { Some(weight_flow(p, g, x, group, &window, &ws[2..])?) } else { None };
    let mut out = vec![dx, dw];
    if p.node.inputs.len() > 2 {
        out.push(bias_flow(p, 2, g)?);
    }
    Ok(out)
}

fn gemm_of(p: &mut Pull, a: Wire, b: Wire, ta: bool, tb: bool, alpha: f64) -> Result<Wire> {
    let attrs = Attrs::new().with("transA", i64::from(ta)).with("transB", i64::from(tb)).with("alpha", alpha as f32);
    Ok(p.b.op("Gemm", &[a, b], attrs)?)
}

/// `y = alpha A' B' + beta C`.
pub(super) fn gemm(p: &mut Pull) -> Result<Flows> {
    let (a, b, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let (ta, tb) = (p.int("transA", 0) != 0, p.int("transB", 0) != 0);
    let (alpha, beta) = (p.float("alpha", 1.0), p.float("beta", 1.0));
    let da = if !p.wants(0) {
        None
    } else if ta {
        Some(gemm_of(p, b, g, tb, true, alpha)?)
    } else {
        Some(gemm_of(p, g, b, false, !tb, alpha)?)
    };
    let db = if !p.wants(1) {
        None
    } else if tb {
        Some(gemm_of(p, g, a, true, ta, alpha)?)
    } else {
        Some(gemm_of(p, a, g, !ta, false, alpha)?)
    };
    let mut out = vec![da, db];
    if let Some(c) = p.input(2) {
        out.push(if p.wants(2) {
            let shape = p.shape(c)?;
            let dc = p.b.scale(g, beta)?;
            Some(p.b.sum_to(dc, &shape)?)
        } else {
            None
        });
    }
    Ok(out)
}

/// `y = A B` over the last two axes, broadcasting the others; one-dimensional operands count as a row or a column.
pub(super) fn matmul(p: &mut Pull) -> Result<Flows> {
    let (a, b, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let (sa, sb, sg) = (p.shape(a)?, p.shape(b)?, p.shape(g)?);
    let a2 = if sa.len() == 1 { p.b.reshape(a, &[1, sa[0]])? } else { a };
    let b2 = if sb.len() == 1 { p.b.reshape(b, &[sb[0], 1])? } else { b };
    let mut full = sg;
    if sa.len() == 1 {
        let at = full.len() - usize::from(sb.len() != 1);
        full.insert(at, 1);
    }
    if sb.len() == 1 {
        full.push(1);
    }
    let g2 = p.b.reshape(g, &full)?;
    let da = if p.wants(0) {
        let bt = p.b.swap_last(b2)?;
        let d = p.b.matmul(g2, bt)?;
        let shape = p.shape(a2)?;
        let d = p.b.sum_to(d, &shape)?;
        Some(p.b.reshape(d, &sa)?)
    } else {
        None
    };
    let db = if p.wants(1) {
        let at = p.b.swap_last(a2)?;
        let d = p.b.matmul(at, g2)?;
        let shape = p.shape(b2)?;
        let d = p.b.sum_to(d, &shape)?;
        Some(p.b.reshape(d, &sb)?)
    } else {
        None
    };
    Ok(vec![da, db])
}

/// `y = x W + b`, `x` of any rank, `W` of `K x M`.
pub(super) fn linear(p: &mut Pull) -> Result<Flows> {
    let (x, w, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let (xs, gs) = (p.shape(x)?, p.shape(g)?);
    let dx = if p.wants(0) {
        let wt = p.b.swap_last(w)?;
        Some(p.b.matmul(g, wt)?)
    } else {
        None
    };
    let (k, m) = (xs[xs.len() - 1], gs[gs.len() - 1]);
    let dw = if p.wants(1) {
        let rows: usize = xs[..xs.len() - 1].iter().product();
        let x2 = p.b.reshape(x, &[rows, k])?;
        let g2 = p.b.reshape(g, &[rows, m])?;
        Some(gemm_of(p, x2, g2, true, false, 1.0)?)
    } else {
        None
    };
    let mut out = vec![dx, dw];
    if p.node.inputs.len() > 2 {
        out.push(if p.wants(2) { Some(p.b.sum_to(g, &[m])?) } else { None });
    }
    Ok(out)
}

/// `Einsum`: the flow to an operand is the einsum of the others with the output's flow; labels that only this operand has are repeated.
pub(super) fn einsum(p: &mut Pull) -> Result<Flows> {
    let equation = p.attrs().str("equation").unwrap_or_default().replace(' ', "");
    let g = p.g()?;
    let inputs: Vec<Wire> = (0..p.node.inputs.len()).map(|i| p.x(i)).collect::<Result<_>>()?;
    let shapes: Vec<Vec<usize>> = inputs.iter().map(|w| p.shape(*w)).collect::<Result<_>>()?;
    let Some((terms, result)) = explicit_labels(&equation, &shapes) else {
        return Err(p.refuse(format!("the equation `{equation}` has a form without a gradient rule")));
    };
    let mut out = Vec::new();
    for i in 0..inputs.len() {
        if !p.wants(i) {
            out.push(None);
            continue;
        }
        let mut labels = vec![result.clone()];
        let mut operands = vec![g];
        for j in (0..inputs.len()).filter(|&j| j != i) {
            labels.push(terms[j].clone());
            operands.push(inputs[j]);
        }
        let kept: String = terms[i].chars().filter(|c| labels.iter().any(|l| l.contains(*c))).collect();
        let equation = format!("{}->{kept}", labels.join(","));
        let d = p.b.op("Einsum", &operands, Attrs::new().with("equation", equation.as_str()))?;
        out.push(Some(spread_labels(p, d, &kept, &terms[i], &shapes[i])?));
    }
    Ok(out)
}

/// Brings a flow with the labels `have` to the labels `want` and the shape of the operand: missing labels are repeated, broadcast ones summed.
fn spread_labels(p: &mut Pull, d: Wire, have: &str, want: &str, shape: &[usize]) -> Result<Wire> {
    let ds = p.shape(d)?;
    let size = |c: char| have.chars().position(|h| h == c).map(|i| ds[i]);
    let with_ones: Vec<usize> = want.chars().map(|c| size(c).unwrap_or(1)).collect();
    let d = p.b.reshape(d, &with_ones)?;
    let summed: Vec<usize> =
        with_ones.iter().zip(shape).map(|(&have, &target)| if target == 1 { 1 } else { have }).collect();
    let d = p.b.sum_to(d, &summed)?;
    Ok(p.b.expand(d, shape)?)
}

/// The equation with the ellipsis written out as letters and an explicit result, or `None` for repeated labels within one term.
fn explicit_labels(equation: &str, shapes: &[Vec<usize>]) -> Option<(Vec<String>, String)> {
    let (left, right) = match equation.split_once("->") {
        Some((l, r)) => (l, Some(r)),
        None => (equation, None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != shapes.len() {
        return None;
    }
    let dots = terms
        .iter()
        .zip(shapes)
        .filter(|(t, _)| t.contains("..."))
        .map(|(t, s)| s.len().checked_sub(t.len() - 3))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
        .unwrap_or(0);
    let free: Vec<char> = ('a'..='z').chain('A'..='Z').filter(|c| !equation.contains(*c)).take(dots).collect();
    if free.len() < dots {
        return None;
    }
    let spell = |term: &str, rank: Option<usize>| -> String {
        let n = rank.map_or(dots, |r| r + 3 - term.len());
        term.replace("...", &free[dots - n..].iter().collect::<String>())
    };
    let spelled: Vec<String> = terms
        .iter()
        .zip(shapes)
        .map(|(t, s)| if t.contains("...") { spell(t, Some(s.len())) } else { (*t).to_string() })
        .collect();
    let repeated = |t: &String| t.chars().enumerate().any(|(i, c)| t.chars().skip(i + 1).any(|d| d == c));
    if spelled.iter().any(repeated) || spelled.iter().zip(shapes).any(|(t, s)| t.len() != s.len()) {
        return None;
    }
    let result = match right {
        Some(r) if r.contains("...") => spell(r, None),
        Some(r) => r.to_string(),
        None => implicit_result(&spelled, &free),
    };
    Some((spelled, result))
}

/// Without `->`: the ellipsis first, then labels that occur once, in alphabetical order.
fn implicit_result(terms: &[String], dots: &[char]) -> String {
    let all: String = terms.concat();
    let mut once: Vec<char> = all.chars().filter(|c| !dots.contains(c) && all.matches(*c).count() == 1).collect();
    once.sort_unstable();
    dots.iter().copied().chain(once).collect()
}
