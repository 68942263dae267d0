//! Intensity steps: statistics of the image taken, then a function of each value.

use super::pointwise::Pointwise;
use super::step::{Over, Step};
use super::work::Work;
use crate::image::Units;

/// Applies an intensity step; `None` for a step of another kind, else the reason why it can't be done.
pub(super) fn apply(work: &mut Work, step: &Step) -> Option<Result<(), String>> {
    if let Step::Clahe { limit, tiles } = step {
        return Some(clahe(work, *limit, *tiles));
    }
    let functions = match functions(work, step)? {
        Ok(functions) => functions,
        Err(reason) => return Some(Err(reason)),
    };
    let whole = matches!(step, Step::EightBit) || matches!(step, Step::Gamma { .. } if work.whole_levels());
    for function in &functions {
        work.map(function);
    }
    if let Some(list) = &mut work.functions {
        list.extend(functions);
    }
    let same = matches!(step, Step::ReplaceNan { .. } | Step::Clip { .. });
    if !same {
        work.display = None;
        work.units = if whole { Units::Levels { max: 255.0 } } else { Units::Intensity };
    }
    Some(Ok(()))
}

fn functions(work: &mut Work, step: &Step) -> Option<Result<Vec<Pointwise>, String>> {
    Some(Ok(match step {
        Step::EightBit => eight_bit(work),
        Step::DisplayWindow { to } => vec![display_window(work, *to)],
        Step::Window { center, width, to } => {
            vec![Pointwise::between([center - width / 2.0, center + width / 2.0], *to, true)]
        }
        Step::Range { from, to, clip } => vec![Pointwise::between(*from, *to, *clip)],
        Step::Percentiles { from, to, clip, over } => {
            let ends = percentiles(&work.voxels, from, *over);
            work.measured(&[("low", ends[0]), ("high", ends[1])]);
            vec![Pointwise::between([ends[0], ends[1]], *to, *clip)]
        }
        Step::ZScore { over } => vec![z_score(work, *over)],
        Step::Clip { limits } => {
            vec![Pointwise::Linear { scale: vec![1.0], offset: vec![0.0], limits: Some(*limits) }]
        }
        Step::MeanStd { mean, std } => match mean_std(mean, std, work.shape[0]) {
            Ok(function) => vec![function],
            Err(reason) => return Some(Err(reason)),
        },
        Step::Scale { scale, offset } => vec![Pointwise::linear(*scale, *offset)],
        Step::Gamma { gamma, max } => vec![Pointwise::Power { gamma: *gamma, max: *max, whole: work.whole_levels() }],
        Step::Landmarks { percentiles: places, values, over } => {
            let from = percentiles(&work.voxels, places, *over);
            from.iter().zip(places).for_each(|(v, p)| work.measured(&[(&format!("percentile {p}"), *v)]));
            vec![Pointwise::Lines { from, to: values.clone() }]
        }
        Step::ReplaceNan { value } => vec![Pointwise::ReplaceNan { value: f64::from(*value) }],
        _ => return None,
    }))
}

fn eight_bit(work: &mut Work) -> Vec<Pointwise> {
    let to = [0.0, 255.0];
    match work.units {
        Units::Levels { max: 255.0 } => vec![],
        Units::Levels { max } => vec![Pointwise::between([0.0, f64::from(max)], to, true), Pointwise::Round],
        _ => vec![display_window(work, to), Pointwise::Round],
    }
}

/// The file's window, or the range of the values.
fn display_window(work: &mut Work, to: [f64; 2]) -> Pointwise {
    if let Some(window) = &work.display {
        return Pointwise::Window { window: window.clone(), to };
    }
    let ends = percentiles(&work.voxels, &[0.0, 100.0], Over::All);
    work.measured(&[("low", ends[0]), ("high", ends[1])]);
    work.notes.push("the file has no display window; the range of its values was taken".into());
    Pointwise::between([ends[0], ends[1]], to, true)
}

/// Percentiles with linear interpolation, as NumPy's default; NaN and infinities don't count. Zeros when nothing counts.
fn percentiles(values: &[f32], places: &[f64], over: Over) -> Vec<f64> {
    let counts = |v: f32| v.is_finite() && (over == Over::All || v != 0.0);
    let mut kept: Vec<f32> = values.iter().copied().filter(|&v| counts(v)).collect();
    let Some(last) = kept.len().checked_sub(1) else { return vec![0.0; places.len()] };
    let mut order = |i: usize| f64::from(*kept.select_nth_unstable_by(i, f32::total_cmp).1);
    let find = |place: &f64| {
        let u = (place / 100.0).clamp(0.0, 1.0) * last as f64;
        let low = u.floor() as usize;
        let (a, b) = (order(low), order((low + 1).min(last)));
        a + (u - low as f64) * (b - a)
    };
    places.iter().map(find).collect()
}

fn z_score(work: &mut Work, over: Over) -> Pointwise {
    let channels = work.shape[0];
    let n = work.voxels.len() / channels;
    let (mut scale, mut offset) = (vec![], vec![]);
    for c in 0..channels {
        let counts = |v: f64| v.is_finite() && (over == Over::All || v != 0.0);
        let values = || work.voxels[c * n..(c + 1) * n].iter().map(|&v| f64::from(v)).filter(|&v| counts(v));
        let count = values().count().max(1) as f64;
        let mean = values().sum::<f64>() / count;
        let deviation = (values().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
        work.measured(&[("mean", mean), ("standard deviation", deviation)]);
        let inverse = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        scale.push(inverse);
        offset.push(-mean * inverse);
    }
    Pointwise::Linear { scale, offset, limits: None }
}

fn mean_std(mean: &[f64], std: &[f64], channels: usize) -> Result<Pointwise, String> {
    for (name, list) in [("mean", mean), ("std", std)] {
        if list.len() != 1 && list.len() != channels {
            return Err(format!("`{name}` has {} numbers, the image {channels} channels", list.len()));
        }
    }
    let pick = |list: &[f64], c: usize| list.get(c).copied().unwrap_or(list[0]);
    let n = mean.len().max(std.len());
    let scale: Vec<f64> = (0..n).map(|c| 1.0 / pick(std, c)).collect();
    let offset = (0..n).map(|c| -pick(mean, c) / pick(std, c)).collect();
    Ok(Pointwise::Linear { scale, offset, limits: None })
}

fn clahe(work: &mut Work, limit: f64, tiles: [usize; 2]) -> Result<(), String> {
    if !work.whole_levels() {
        return Err("it needs 8-bit levels; put `eight_bit` before it".into());
    }
    let [_, _, height, width] = work.shape;
    for plane in work.voxels.chunks_exact_mut(height * width) {
        super::clahe::equalise(plane, height, width, limit, tiles);
    }
    // What a value becomes now depends on where it stands.
    work.functions = None;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_as_numpy() {
        let values = [8.0, 1.0, 4.0, 2.0, f32::NAN, 0.0];
        // numpy.percentile([8, 1, 4, 2, 0], [0, 30, 99.9, 100]) and without the 0.
        assert_eq!(percentiles(&values, &[0.0, 30.0, 100.0], Over::All), [0.0, 1.2, 8.0]);
        assert!((percentiles(&values, &[99.9], Over::All)[0] - 7.984).abs() < 1e-9);
        assert_eq!(percentiles(&values, &[0.0, 50.0], Over::Nonzero), [1.0, 3.0]);
        assert_eq!(percentiles(&[f32::NAN], &[50.0], Over::All), [0.0]);
    }
}
