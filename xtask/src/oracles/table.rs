//! From the names of the oracle format to methods of the list: one row per method and variant.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use pellucid::explain::Wish;
use serde_json::Value;

use super::case::Case;

/// A method to run, and under which name its map is expected.
pub struct Ask {
    /// Method and parameters.
    pub wish: Wish,
    /// Name of the expected map.
    pub map: &'static str,
    /// Injected arrays: name in Pellucid, name in the case.
    pub inject: Vec<(String, String)>,
    /// Further arrays that have another name in the case: theirs, ours.
    pub extras: &'static [(&'static str, &'static str)],
}

/// One row: oracle method, words that the variant must contain, our id, fixed parameters, parameters carried over (theirs, ours), parameters
/// told in words (theirs, then word and ours of each number in it), those
/// that only describe, injected arrays (theirs, ours; not handed in when ours is empty), name of the map, and further arrays expected (theirs, ours); a name that is both is that of an array.
struct Row {
    method: &'static str,
    variant: &'static str,
    id: &'static str,
    fixed: &'static [(&'static str, &'static str)],
    carried: &'static [(&'static str, &'static str)],
    worded: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    described: &'static [&'static str],
    inject: &'static [(&'static str, &'static str)],
    map: &'static str,
    extras: &'static [(&'static str, &'static str)],
}

const ROW: Row = Row {
    method: "",
    variant: "",
    id: "",
    fixed: &[],
    carried: &[],
    worded: &[],
    described: &[],
    inject: &[],
    map: "map",
    extras: &[],
};

static ROWS: &[Row] = &[
    Row { method: "gradient", id: "saliency", ..ROW },
    Row { method: "input_x_gradient", id: "input-x-gradient", ..ROW },
    Row { method: "guided_backprop", id: "guided-backprop", ..ROW },
    Row { method: "deconvnet", id: "deconvnet", ..ROW },
    Row { method: "gradcam", variant: "tokens", id: "grad-cam", map: "gradcam", ..ROW },
    Row { method: "gradcam", variant: "tokens", id: "hires-cam", map: "hirescam", ..ROW },
    Row { method: "gradcam", variant: "tokens", id: "layer-cam", map: "layercam", ..ROW },
    Row { method: "gradcam", id: "grad-cam", ..ROW },
    Row { method: "gradcam++", variant: "authors", id: "grad-cam-plus-plus", fixed: &[("variant", "authors")], ..ROW },
    Row { method: "gradcam++", id: "grad-cam-plus-plus", carried: &[("eps", "eps")], ..ROW },
    Row {
        method: "xgradcam",
        variant: "1e-7",
        id: "xgrad-cam",
        fixed: &[("guard", "eps")],
        described: &["eps"],
        ..ROW
    },
    Row { method: "xgradcam", variant: "safe", id: "xgrad-cam", ..ROW },
    Row {
        method: "layercam",
        variant: "several layers",
        id: "layer-cam",
        fixed: &[("fuse", "true")],
        carried: &[("gamma", "gamma")],
        ..ROW
    },
    Row { method: "layercam", id: "layer-cam", ..ROW },
    Row { method: "hirescam", id: "hires-cam", ..ROW },
    Row { method: "gradcam_elementwise", id: "grad-cam-elementwise", ..ROW },
    Row { method: "eigencam", id: "eigen-cam", ..ROW },
    Row { method: "eigengradcam", id: "eigen-grad-cam", ..ROW },
    Row { method: "hrcam", id: "hr-cam", inject: &[("head_weights_", "head_weights_")], ..ROW },
    Row {
        method: "dff",
        id: "dff",
        carried: &[("components", "components"), ("max_iter", "max_iter"), ("tol", "tol")],
        inject: &[("W0", "W0"), ("H0", "H0")],
        ..ROW
    },
    Row { method: "cam", id: "cam", described: &["head_weight"], ..ROW },
    Row {
        method: "guided_gradcam",
        variant: "nearest",
        id: "guided-grad-cam",
        fixed: &[("interpolation", "nearest")],
        ..ROW
    },
    Row { method: "guided_gradcam", id: "guided-grad-cam", ..ROW },
    Row { method: "fullgrad", id: "full-grad", described: &["bias_tensors", "eps"], ..ROW },
    Row { method: "ablationcam", id: "ablation-cam", described: &["ablation_value", "normaliser"], ..ROW },
    Row {
        method: "scorecam",
        variant: "softmax over channels of the raw target",
        id: "score-cam",
        fixed: &[("preset", "pytorch-grad-cam")],
        described: &["upsample"],
        ..ROW
    },
    Row { method: "scorecam", id: "score-cam", described: &["upsample", "normalise"], ..ROW },
    Row { method: "faster_scorecam", id: "faster-score-cam", carried: &[("max_N", "channels")], ..ROW },
    Row {
        method: "sscam",
        variant: "type 2",
        id: "ss-cam",
        fixed: &[("noise_on", "input")],
        carried: &[("N", "samples")],
        inject: &[("noise", "noise")],
        ..ROW
    },
    Row {
        method: "sscam",
        variant: "type 1",
        id: "ss-cam",
        fixed: &[("noise_on", "mask"), ("score_dead", "true")],
        carried: &[("N", "samples")],
        inject: &[("noise", "noise")],
        ..ROW
    },
    Row {
        method: "iscam",
        variant: "cumulative",
        id: "is-cam",
        fixed: &[("coefficients", "cumulative")],
        carried: &[("N", "samples")],
        ..ROW
    },
    Row { method: "iscam", id: "is-cam", carried: &[("N", "samples")], ..ROW },
    Row {
        method: "smooth_gradcam++",
        id: "smooth-grad-cam-plus-plus",
        carried: &[("n", "samples"), ("eps", "eps")],
        inject: &[("noise", "noise")],
        ..ROW
    },
    Row {
        method: "smoothgrad",
        id: "smooth-grad",
        carried: &[("n", "samples")],
        described: &["sigma", "noise"],
        inject: &[("noise", "noise")],
        map: "smoothgrad",
        ..ROW
    },
    Row {
        method: "smoothgrad",
        id: "smooth-grad-squared",
        carried: &[("n", "samples")],
        described: &["sigma", "noise"],
        inject: &[("noise", "noise")],
        map: "smoothgrad_sq",
        ..ROW
    },
    Row {
        method: "smoothgrad",
        id: "var-grad",
        carried: &[("n", "samples")],
        described: &["sigma", "noise"],
        inject: &[("noise", "noise")],
        map: "vargrad",
        ..ROW
    },
    Row {
        method: "integrated_gradients",
        id: "integrated-gradients",
        carried: &[("method", "rule"), ("n", "steps")],
        described: &["baseline"],
        inject: &[("baseline_", "baseline_")],
        ..ROW
    },
    Row {
        method: "activation_maximization",
        id: "activation-maximisation",
        carried: &[("steps", "steps"), ("jitter", "jitter")],
        worded: &[
            ("optimiser", &[("lr", "rate"), ("momentum", "momentum"), ("rho", "rho")]),
            ("objective", &[("*TV/numel", "tv"), ("*L1/numel", "l1")]),
        ],
        described: &["rotation"],
        inject: &[("start", "start")],
        ..ROW
    },
    Row {
        method: "guided_ig",
        id: "guided-ig",
        carried: &[
            ("steps", "steps"),
            ("fraction", "fraction"),
            ("max_dist", "max_distance"),
            ("baseline", "baseline"),
        ],
        inject: &[("baseline_", "baseline_")],
        ..ROW
    },
    Row {
        method: "xrai",
        variant: "fast",
        id: "xrai",
        fixed: &[("variant", "fast")],
        carried: &[("area_threshold", "area"), ("min_pixel_diff", "min_area")],
        inject: &[("base_attribution", "base_attribution"), ("segments", "segments")],
        ..ROW
    },
    Row {
        method: "xrai",
        id: "xrai",
        carried: &[("area_threshold", "area"), ("min_pixel_diff", "min_area")],
        inject: &[("base_attribution", "base_attribution"), ("segments", "segments")],
        ..ROW
    },
    Row {
        method: "gradientshap",
        id: "gradient-shap",
        carried: &[("samples", "samples")],
        inject: &[("alphas", "alphas"), ("index", "index"), ("background_", "baseline_"), ("noise_", "noise_")],
        ..ROW
    },
    Row {
        method: "lrp",
        id: "lrp",
        carried: &[
            ("conv", "conv"),
            ("linear", "linear"),
            ("first", "first"),
            ("eps", "epsilon"),
            ("alpha", "alpha"),
            ("beta", "beta"),
            ("gamma", "gamma"),
            ("low", "low"),
            ("high", "high"),
            ("act", "activation"),
            ("start", "start"),
        ],
        described: &["stabiliser"],
        ..ROW
    },
    Row { method: "attn_lrp", id: "attn-lrp", described: &["start"], ..ROW },
    Row { method: "cp_lrp", id: "cp-lrp", described: &["start"], ..ROW },
    Row {
        method: "deeplift",
        id: "deep-lift",
        carried: &[("tau", "threshold")],
        described: &["baseline"],
        inject: &[("baseline_", "baseline_")],
        ..ROW
    },
    Row { method: "deepshap", id: "deep-shap", inject: &[("background_", "baseline_")], ..ROW },
    Row { method: "attention", id: "raw-attention", ..ROW },
    Row {
        method: "attention_rollout",
        id: "attention-rollout",
        fixed: &[("matrix", "true")],
        carried: &[("head_fusion", "heads")],
        described: &["special_tokens"],
        map: "cls_to_patches",
        ..ROW
    },
    Row { method: "attention_flow", id: "attention-flow", described: &["source"], ..ROW },
    Row { method: "chefer_cvpr", id: "chefer-cvpr", fixed: &[("matrix", "true")], map: "cls_to_patches", ..ROW },
    Row { method: "chefer_iccv", id: "chefer-iccv", fixed: &[("matrix", "true")], map: "cls_to_patches", ..ROW },
    Row {
        method: "occlusion",
        id: "occlusion",
        carried: &[("window", "window"), ("stride", "stride"), ("baseline", "value")],
        described: &["windows_per_axis"],
        ..ROW
    },
    Row {
        method: "lime",
        id: "lime",
        fixed: &[("score", "target")],
        carried: &[("alpha", "alpha"), ("kernel_width", "kernel_width"), ("off_value", "baseline")],
        described: &["M", "distance", "weight"],
        inject: &[("segments", "segments"), ("coalitions", "coalitions")],
        extras: &[("coefficients", "attribution")],
        ..ROW
    },
    Row {
        method: "kernelshap",
        id: "kernel-shap",
        carried: &[("off_value", "baseline")],
        described: &["M"],
        inject: &[("segments", "segments"), ("coalitions", "coalitions"), ("weights", "weights")],
        extras: &[("phi", "attribution")],
        ..ROW
    },
    Row {
        method: "shapley",
        variant: "exact",
        id: "exact-shapley",
        carried: &[("off_value", "baseline")],
        described: &["M"],
        inject: &[("segments", "segments")],
        extras: &[("shapley", "attribution")],
        ..ROW
    },
    Row {
        method: "shapley",
        variant: "exact",
        id: "partition-shap",
        fixed: &[("tree", "order"), ("samples", "100000")],
        carried: &[("off_value", "baseline")],
        described: &["M"],
        inject: &[("segments", "segments")],
        map: "owen_balanced_tree",
        extras: &[("owen_balanced_tree", "attribution")],
        ..ROW
    },
    Row {
        method: "shapley",
        variant: "tabular values",
        id: "exact-shapley",
        fixed: &[("input", "tab")],
        described: &["M"],
        extras: &[("shapley", "attribution")],
        ..ROW
    },
    Row {
        method: "anchors",
        id: "anchors",
        fixed: &[("search", "exact")],
        carried: &[("threshold", "threshold")],
        described: &["M"],
        inject: &[("segments", "segments"), ("off_image", "")],
        ..ROW
    },
    Row {
        method: "permutation_shap",
        id: "permutation-shap",
        carried: &[("off_value", "baseline")],
        described: &["M"],
        inject: &[("segments", "segments"), ("permutations", "permutations")],
        extras: &[("phi", "attribution")],
        ..ROW
    },
    // the stored masks, and masks made of the stored cells and shifts
    Row {
        method: "rise",
        id: "rise",
        carried: &[("N", "samples"), ("s", "cells"), ("p", "keep")],
        described: &["cell"],
        inject: &[("masks", "masks"), ("grid", ""), ("shift", "")],
        ..ROW
    },
    Row {
        method: "rise",
        id: "rise",
        fixed: &[("normalise", "per-pixel")],
        carried: &[("N", "samples"), ("s", "cells"), ("p", "keep")],
        described: &["cell"],
        inject: &[("masks", ""), ("grid", "grid"), ("shift", "shift")],
        map: "map_per_pixel",
        ..ROW
    },
    Row {
        method: "sidu",
        id: "sidu",
        carried: &[("tau", "tau"), ("sigma", "sigma")],
        map: "code",
        extras: &[("P", "probabilities"), ("U", "uniqueness"), ("SDc", "similarity")],
        ..ROW
    },
    Row {
        method: "sidu",
        id: "sidu",
        fixed: &[("variant", "paper")],
        carried: &[("tau", "tau"), ("sigma", "sigma")],
        map: "paper",
        extras: &[("SDp", "similarity")],
        ..ROW
    },
    Row {
        method: "meaningful_perturbation",
        id: "meaningful-perturbation",
        // 2.5 px on cells of 6 px
        fixed: &[("start", "constant"), ("smooth", "0.4166666666666667")],
        carried: &[
            ("l1", "l1"),
            ("tv", "tv"),
            ("beta", "beta"),
            ("iterations", "iterations"),
            ("mask_grid", "cells"),
            ("init", "start_value"),
            ("jitter", "jitter"),
        ],
        described: &["objective", "optimiser", "mask_upsampling", "compositing"],
        inject: &[("reference", "baseline_input")],
        ..ROW
    },
    Row {
        method: "extremal_perturbation",
        id: "extremal-perturbation",
        fixed: &[("cover", "baseline")],
        carried: &[
            ("area", "areas"),
            ("iterations", "iterations"),
            ("step", "step"),
            ("sigma", "sigma"),
            ("lr", "learning_rate"),
            ("momentum", "momentum"),
            ("variant", "variant"),
        ],
        described: &["dampening", "lambda_", "coldness", "perturbation"],
        inject: &[("reference", "baseline_input")],
        ..ROW
    },
];

/// Whether a method of the list stands for the case's, whatever its parameters.
pub fn is_known(case: &Case) -> bool {
    rows(case).next().is_some()
}

fn rows(case: &Case) -> impl Iterator<Item = &'static Row> {
    let variant = case.variant.clone().unwrap_or_default();
    let method = case.method.clone();
    ROWS.iter().filter(move |row| row.method == method && variant.contains(row.variant))
}

/// The methods to run for a case.
pub fn asks(case: &Case) -> Result<Vec<Ask>> {
    let Some(first) = rows(case).next() else {
        bail!("method `{}` ({}) isn't known", case.method, case.variant.as_deref().unwrap_or_default());
    };
    let rows = rows(case).filter(|r| r.variant == first.variant);
    rows.filter(|r| r.map == "map" || case.expected.contains_key(r.map)).map(|row| ask(row, case)).collect()
}

fn ask(row: &Row, case: &Case) -> Result<Ask> {
    let mut params: BTreeMap<String, Value> =
        row.fixed.iter().map(|(k, v)| ((*k).to_string(), Value::from(*v))).collect();
    for (name, value) in &case.params {
        if let Some((_, ours)) = row.carried.iter().find(|(theirs, _)| theirs == name) {
            params.insert((*ours).to_string(), plain(value));
        } else if let Some((_, words)) = row.worded.iter().find(|(theirs, _)| theirs == name) {
            params.extend(numbers(value.as_str().unwrap_or_default(), words));
        } else if !row.described.contains(&name.as_str()) {
            bail!("parameter `{name}` of `{}` isn't known", case.method);
        }
    }
    let mut inject = Vec::new();
    for name in case.aux.keys() {
        match row.inject.iter().find(|(theirs, _)| name.starts_with(theirs)) {
            Some((_, "")) => {}
            Some((theirs, ours)) => inject.push((name.replacen(theirs, ours, 1), name.clone())),
            None => bail!("the array `{name}` of `{}` isn't known", case.method),
        }
    }
    Ok(Ask { wish: Wish { method: row.id.to_string(), params }, map: row.map, inject, extras: row.extras })
}

/// Numbers of a text by the word before or after each, `lr 0.5`, `0.3*L1/numel`; its first word names the optimiser where it is one of ours.
fn numbers(text: &str, words: &[(&str, &str)]) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    let tokens: Vec<&str> = text.split([' ', ',', '(', ')']).filter(|t| !t.is_empty()).collect();
    if let Some(first) = tokens.first().map(|t| t.to_lowercase()).filter(|t| t == "sgd" || t == "rmsprop") {
        out.insert("optimiser".to_string(), Value::from(first));
    }
    for (word, ours) in words {
        let after = tokens.windows(2).find(|pair| pair[0] == *word).and_then(|pair| pair[1].parse::<f64>().ok());
        let before = tokens.iter().find_map(|t| t.strip_suffix(word)).and_then(|t| t.parse::<f64>().ok());
        if let Some(value) = after.or(before) {
            out.insert((*ours).to_string(), Value::from(value));
        }
    }
    out
}

/// Words of the cases that we have other words for.
const WORDS: &[(&str, &str)] = &[
    ("zero", "constant"),
    ("segment_mean", "segment-mean"),
    ("eps", "epsilon"),
    ("zplus", "z-plus"),
    ("ab", "alpha-beta"),
    ("w2", "w-squared"),
    ("zbox", "box"),
    ("grad", "gradient"),
    ("target value", "value"),
    ("1", "one"),
    ("preserve, simple reward", "preserve"),
    ("delete, simple reward", "delete"),
    ("dual, simple reward", "dual"),
];

/// Lists become text, `8,8`; words become ours.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::from(items.iter().map(Value::to_string).collect::<Vec<_>>().join(",")),
        Value::String(word) => Value::from(WORDS.iter().find(|w| w.0 == word).map_or(word.as_str(), |w| w.1)),
        other => other.clone(),
    }
}
