//! Label maps of superpixels: agreement by the adjusted Rand index.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail, ensure};
use pellucid::image::segment::{Felzenszwalb, Quickshift, Segmenter, Slic, flood};
use serde_json::Value;

use super::case::Folder;
use super::compare::Verdict;
use super::npy::Array;

/// Runs a case and compares.
pub fn run(folder: &Folder, case: &Value) -> Result<Verdict> {
    let of = |value: &Value, key: &str| -> Result<f64> {
        value.get(key).and_then(Value::as_f64).with_context(|| format!("no number `{key}`"))
    };
    let tolerance = case.get("tolerance").context("no tolerance")?;
    let (least, slack) = (of(tolerance, "adjusted_rand_index_min")?, of(tolerance, "n_labels_rel")?);
    let expected: Vec<u32> = labels(&array(folder, case.get("expected"))?);
    let (found, counted) = compute(folder, case)?;
    ensure!(found.len() == expected.len(), "{} labels, expected {}", found.len(), expected.len());
    let inside = |v: &[u32]| -> Vec<u32> { v.iter().zip(&counted).filter(|(_, c)| **c).map(|(l, _)| *l).collect() };
    let (found, expected) = (inside(&found), inside(&expected));
    let count = |v: &[u32]| v.iter().collect::<HashSet<_>>().len() as f64;
    let (rand, ours, theirs) = (adjusted_rand(&found, &expected), count(&found), count(&expected));
    let mut verdict = Verdict { deviation: 1.0 - rand, ..Verdict::default() };
    if rand < least {
        verdict.failures.push(format!("adjusted Rand index {rand:.4}, at least {least} is asked for"));
    }
    if (ours - theirs).abs() > slack * theirs {
        verdict.failures.push(format!("{ours} labels, expected {theirs} within {slack}"));
    }
    Ok(verdict)
}

fn array(folder: &Folder, name: Option<&Value>) -> Result<Array> {
    folder.array(name.and_then(Value::as_str).context("no array is named")?)
}

fn labels(array: &Array) -> Vec<u32> {
    array.values.iter().map(|v| *v as u32).collect()
}

/// Channels first; one channel is put in front where there is no axis of channels.
fn channels_first(image: &Array, last: bool) -> (Vec<f32>, Vec<usize>) {
    let value = |i: usize| image.values[i] as f32;
    match image.shape.split_last() {
        Some((&channels, places)) if last => {
            let count: usize = places.iter().product();
            let order = (0..channels).flat_map(|c| (0..count).map(move |p| p * channels + c));
            (order.map(value).collect(), [&[channels], places].concat())
        }
        _ => ((0..image.values.len()).map(value).collect(), [&[1], &image.shape[..]].concat()),
    }
}

fn segmenter(algorithm: &str, params: &Value) -> Result<Segmenter> {
    let number = |key: &str| {
        params.get(key).and_then(Value::as_f64).with_context(|| format!("no number `{key}` among the parameters"))
    };
    Ok(match algorithm {
        "slic" | "slic with mask" => Segmenter::Slic(Slic {
            segments: number("n_segments")? as usize,
            compactness: number("compactness")?,
            connected: params.get("enforce_connectivity").and_then(Value::as_bool).unwrap_or(true),
            ..Slic::default()
        }),
        "felzenszwalb" => Segmenter::Felzenszwalb(Felzenszwalb {
            scale: number("scale")?,
            sigma: number("sigma")?,
            min_size: number("min_size")? as usize,
        }),
        "quickshift" => Segmenter::Quickshift(Quickshift {
            ratio: number("ratio")?,
            kernel: number("kernel_size")?,
            max_distance: number("max_dist")?,
            lab: params.get("convert2lab").and_then(Value::as_bool).unwrap_or(true),
            ..Quickshift::default()
        }),
        other => bail!("the algorithm `{other}` isn't known"),
    })
}

/// Labels of a case, and which places count.
fn compute(folder: &Folder, case: &Value) -> Result<(Vec<u32>, Vec<bool>)> {
    let params = case.get("params").context("no parameters")?;
    let last = params.get("channel_axis").and_then(Value::as_i64) == Some(-1);
    let (values, shape) = channels_first(&array(folder, case.get("image"))?, last);
    let everywhere = vec![true; shape[1..].iter().product()];
    let spacing: Vec<f64> = match params.get("spacing").and_then(Value::as_array) {
        Some(given) => given.iter().filter_map(Value::as_f64).collect(),
        None => vec![1.0; shape.len() - 1],
    };
    let aux = |name: &str| array(folder, case.get("aux").and_then(|a| a.get(name)));
    Ok(match case.get("algorithm").and_then(Value::as_str).unwrap_or_default() {
        "watershed" => {
            let (relief, markers) = (aux("gradient")?, aux("markers")?);
            let heights: Vec<f32> = relief.values.iter().map(|v| *v as f32).collect();
            let compactness = params.get("compactness").and_then(Value::as_f64).context("no compactness")?;
            (flood(&heights, &labels(&markers), &relief.shape, &spacing, compactness)?, everywhere)
        }
        "slic with mask" => {
            let mask: Vec<bool> = aux("mask")?.values.iter().map(|v| *v > 0.0).collect();
            let found = segmenter("slic with mask", params)?.label_within(&values, &shape, &spacing, &mask)?;
            (found.labels, mask)
        }
        algorithm => (segmenter(algorithm, params)?.label(&values, &shape, &spacing)?.labels, everywhere),
    })
}

/// Hubert and Arabie 1985; 1 when both partitions are trivial in the same way.
fn adjusted_rand(a: &[u32], b: &[u32]) -> f64 {
    let (mut both, mut left, mut right) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (&x, &y) in a.iter().zip(b) {
        *both.entry((x, y)).or_insert(0.0) += 1.0;
        *left.entry(x).or_insert(0.0) += 1.0;
        *right.entry(y).or_insert(0.0) += 1.0;
    }
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let sum = |m: &HashMap<u32, f64>| m.values().map(|&n| pairs(n)).sum::<f64>();
    let (joint, x, y) = (both.values().map(|&n| pairs(n)).sum::<f64>(), sum(&left), sum(&right));
    let chance = x * y / pairs(a.len() as f64);
    let best = (x + y) / 2.0;
    if best == chance { 1.0 } else { (joint - chance) / (best - chance) }
}

#[cfg(test)]
mod tests {
    use super::adjusted_rand;

    #[test]
    fn the_index_knows_equal_and_unrelated_partitions() {
        assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[5, 5, 2, 2]), 1.0);
        assert_eq!(adjusted_rand(&[0; 4], &[3; 4]), 1.0);
        assert!(adjusted_rand(&[0, 0, 1, 1], &[0, 1, 0, 1]) < 0.0);
    }
}
