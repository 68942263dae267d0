//! Superpixels against label maps made by scikit-image.

mod common;

use std::collections::HashMap;
use std::path::Path;

use pellucid_image::segment::{Felzenszwalb, Labels, Quickshift, Segmenter, Slic, flood};
use pellucid_image::{Array, OpenOptions, read_array};
use serde_json::Value;

fn array(folder: &Path, name: &Value) -> Array {
    read_array(&std::fs::read(folder.join(name.as_str().unwrap())).unwrap(), &OpenOptions::default()).unwrap()
}

/// Channels first; one channel is put in front where there is no axis of channels.
fn channels_first(image: Array, last: bool) -> (Vec<f32>, Vec<usize>) {
    if !last {
        return (image.values, [&[1], &image.shape[..]].concat());
    }
    let (&channels, places) = image.shape.split_last().unwrap();
    let count: usize = places.iter().product();
    let values = (0..channels).flat_map(|c| (0..count).map(move |p| p * channels + c)).map(|i| image.values[i]);
    (values.collect(), [&[channels], places].concat())
}

fn number(params: &Value, key: &str) -> f64 {
    params[key].as_f64().unwrap_or_else(|| panic!("`{key}` of {params}"))
}

fn segmenter(algorithm: &str, p: &Value) -> Segmenter {
    match algorithm {
        "slic" | "slic with mask" => Segmenter::Slic(Slic {
            segments: number(p, "n_segments") as usize,
            compactness: number(p, "compactness"),
            connected: p["enforce_connectivity"].as_bool().unwrap_or(true),
            ..Slic::default()
        }),
        "felzenszwalb" => Segmenter::Felzenszwalb(Felzenszwalb {
            scale: number(p, "scale"),
            sigma: number(p, "sigma"),
            min_size: number(p, "min_size") as usize,
        }),
        "quickshift" => Segmenter::Quickshift(Quickshift {
            ratio: number(p, "ratio"),
            kernel: number(p, "kernel_size"),
            max_distance: number(p, "max_dist"),
            lab: p["convert2lab"].as_bool().unwrap(),
            ..Quickshift::default()
        }),
        other => panic!("unknown algorithm `{other}`"),
    }
}

/// Labels of a case, and which places count.
fn compute(folder: &Path, case: &Value) -> (Vec<u32>, Vec<bool>) {
    let params = &case["params"];
    let (values, shape) = channels_first(array(folder, &case["image"]), params["channel_axis"] == -1);
    let everywhere = vec![true; shape[1..].iter().product()];
    let unit = vec![1.0; shape.len() - 1];
    let spacing = params["spacing"].as_array().map_or(unit, |s| s.iter().map(|v| v.as_f64().unwrap()).collect());
    match case["algorithm"].as_str().unwrap() {
        "watershed" => {
            let relief = array(folder, &case["aux"]["gradient"]);
            let markers = array(folder, &case["aux"]["markers"]);
            let names: Vec<u32> = markers.values.iter().map(|&v| v as u32).collect();
            let compactness = number(params, "compactness");
            (flood(&relief.values, &names, &relief.shape, &spacing, compactness).unwrap(), everywhere)
        }
        "slic with mask" => {
            let mask: Vec<bool> = array(folder, &case["aux"]["mask"]).values.iter().map(|&v| v > 0.0).collect();
            let labels = segmenter("slic with mask", params).label_within(&values, &shape, &spacing, &mask).unwrap();
            (labels.labels, mask)
        }
        algorithm => (segmenter(algorithm, params).label(&values, &shape, &spacing).unwrap().labels, everywhere),
    }
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

/// The least adjusted Rand index: what the case asks for, but no less than our own aim where labels are meant to agree.
fn least(case: &Value) -> f64 {
    let asked = case["tolerance"]["adjusted_rand_index_min"].as_f64().unwrap();
    match case["algorithm"].as_str().unwrap() {
        "slic with mask" => asked,
        "quickshift" => asked.max(0.9),
        _ => asked.max(0.95),
    }
}

#[test]
fn label_maps_agree_with_other_tools() {
    let Some(folder) = common::shared("oracles/visual/superpixels") else { return };
    let cases: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let expected: Vec<u32> = array(&folder, &case["expected"]).values.iter().map(|&v| v as u32).collect();
        let (found, counted) = compute(&folder, case);
        let inside = |v: &[u32]| -> Vec<u32> { v.iter().zip(&counted).filter(|(_, c)| **c).map(|(l, _)| *l).collect() };
        let (found, expected) = (inside(&found), inside(&expected));
        assert!(!found.contains(&Labels::OUTSIDE));
        let count = |v: &[u32]| v.iter().collect::<std::collections::HashSet<_>>().len();
        let (rand, ours, theirs) = (adjusted_rand(&found, &expected), count(&found), count(&expected));
        let line = format!("{}: adjusted Rand {rand:.4}, {ours} labels against {theirs}", case["id"]);
        println!("{line}");
        let slack = case["tolerance"]["n_labels_rel"].as_f64().unwrap() * theirs as f64;
        if rand < least(case) || (ours as f64 - theirs as f64).abs() > slack {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_knows_equal_and_unrelated_partitions() {
    assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[5, 5, 2, 2]), 1.0);
    assert_eq!(adjusted_rand(&[0; 4], &[3; 4]), 1.0);
    assert!(adjusted_rand(&[0, 0, 1, 1], &[0, 1, 0, 1]) < 0.0);
}
