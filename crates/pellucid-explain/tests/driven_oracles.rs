//! Driven methods against stored numbers, with the stored draws handed in. Skipped when the shared folder isn't there; the general runner is
//! `cargo xtask oracles`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_engine::{Choice, EngineOptions, open};
use pellucid_explain::{
    Evidence, Explanation, Grid, Model, ModelNotes, Region, RegionReduce, Request, Target, Wish, explain,
};
use pellucid_graph::{Tensor, onnx};
use serde_json::{Value, json};

/// Nets with one and two inputs, 2-D and 3-D, single logit, several labels, segmentation, tokens.
const FOLDERS: [&str; 7] = [
    "cnn_gap_48",
    "cnn3d_instancenorm_leaky",
    "multilabel_sigmoid_40",
    "binary_single_logit_32",
    "fusion_image_tabular",
    "unet2d_bilinear_36",
    "vit_cls_32",
];

/// Our method, its parameters and the name of its map for a case; `None` for methods that aren't driven.
fn asked(case: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_string();
    let (variant, p) = (text("variant"), &case["params"]);
    match text("method").as_str() {
        "scorecam" if variant.starts_with("softmax") => {
            vec![("score-cam", json!({"preset": "pytorch-grad-cam"}), "map")]
        }
        "scorecam" => vec![("score-cam", json!({}), "map")],
        "faster_scorecam" => vec![("faster-score-cam", json!({"channels": p["max_N"]}), "map")],
        "sscam" => {
            let on = if variant.starts_with("type 2") { "input" } else { "mask" };
            vec![("ss-cam", json!({"noise_on": on, "samples": p["N"], "score_dead": true}), "map")]
        }
        "iscam" => {
            let growth = if variant.starts_with("cumulative") { "cumulative" } else { "linear" };
            vec![("is-cam", json!({"coefficients": growth, "samples": p["N"]}), "map")]
        }
        "ablationcam" => {
            vec![("ablation-cam", json!({}), "map"), ("ablation-cam", json!({"evaluate": "suffix"}), "map")]
        }
        "eigencam" => vec![("eigen-cam", json!({}), "map")],
        "eigengradcam" => vec![("eigen-grad-cam", json!({}), "map")],
        "smooth_gradcam++" => {
            vec![("smooth-grad-cam-plus-plus", json!({"samples": p["n"], "eps": p["eps"]}), "map")]
        }
        "smoothgrad" => ["smooth-grad", "smooth-grad-squared", "var-grad"]
            .into_iter()
            .zip(["smoothgrad", "smoothgrad_sq", "vargrad"])
            .map(|(id, map)| (id, json!({"samples": p["n"]}), map))
            .collect(),
        // the stored maps for the noise baseline don't belong to the stored baseline: their sum isn't the difference of the target
        "integrated_gradients" if p["baseline"] != "noise" => {
            vec![("integrated-gradients", json!({"rule": p["method"], "steps": p["n"]}), "map")]
        }
        "occlusion" => {
            let list = |v: &Value| v.as_array().map(|a| a.iter().map(Value::to_string).collect::<Vec<_>>().join(","));
            let params = json!({"window": list(&p["window"]), "stride": list(&p["stride"]), "value": p["baseline"]});
            vec![("occlusion", params, "map")]
        }
        _ => vec![],
    }
}

struct Folder {
    path: PathBuf,
    cases: Value,
    model: Model,
    inputs: Vec<Tensor>,
}

impl Folder {
    fn open(path: PathBuf) -> Folder {
        let cases: Value = serde_json::from_str(&std::fs::read_to_string(path.join("cases.json")).unwrap()).unwrap();
        let read = onnx::open(path.join(cases["model"].as_str().unwrap())).unwrap();
        let names = read.graph.inputs().iter().map(|w| read.graph.name_of(*w).to_string());
        let inputs = names.map(|n| tensor(&path.join(cases["inputs"][&n]["file"].as_str().unwrap()))).collect();
        let model = Model::new(read, open(&EngineOptions::of(Choice::Tract)).unwrap(), ModelNotes::default());
        Folder { path, cases, model, inputs }
    }

    fn target(&self, case: &Value) -> Vec<Target> {
        let t = &case["target"];
        let index = t["index"].as_u64().unwrap_or_default() as usize;
        let region = |reduce| {
            let mask = tensor(&self.path.join(t["mask"].as_str().unwrap())).to_f64();
            Target::Region { index, mask: Region::Mask { inside: mask.iter().map(|v| *v != 0.0).collect() }, reduce }
        };
        vec![match t["kind"].as_str() {
            None => return vec![],
            Some("logit") => Target::Logit { index },
            Some("prob") => Target::Probability { index },
            Some("logprob") => Target::LogProbability { index },
            Some("sigmoid") => Target::Sigmoid { index },
            Some("sign") => Target::Sign { sign: t["sign"].as_f64().unwrap() },
            Some("mask_sum") => region(RegionReduce::LogitSum),
            Some("mask_mean_prob") => region(RegionReduce::MeanProbability),
            Some(other) => panic!("target {other}"),
        }]
    }

    fn run(&self, case: &Value, id: &str, params: &Value) -> Explanation {
        let params = params.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let aux = case["aux"].as_object().unwrap();
        let injected: BTreeMap<String, Tensor> =
            aux.iter().map(|(k, file)| (k.clone(), tensor(&self.path.join(file.as_str().unwrap())))).collect();
        let request = Request {
            methods: vec![Wish { method: id.into(), params }],
            targets: self.target(case),
            layers: case["layer"].as_str().map(str::to_string).into_iter().collect(),
            injected,
        };
        let outcome = explain(&self.model, &self.inputs, &request).unwrap();
        outcome.explanations.into_iter().next().unwrap().unwrap_or_else(|e| panic!("{id}: {}", e.1))
    }
}

fn tensor(path: &Path) -> Tensor {
    let bytes = std::fs::read(path).unwrap();
    let array = pellucid_image::read_array(&bytes, &pellucid_image::OpenOptions::default()).unwrap();
    Tensor::f32(&array.shape, array.values).unwrap()
}

/// Arrays of an explanation under the names of the format.
fn arrays(explanation: &Explanation, map_name: &str, expected: &Value) -> Vec<(String, Vec<f64>)> {
    let Evidence::Maps(maps) = &explanation.evidence;
    let name = |grid: &Grid| match grid {
        Grid::Input { name } if !expected[format!("{map_name}_{name}")].is_null() => format!("{map_name}_{name}"),
        _ => map_name.to_string(),
    };
    let maps = maps.iter().map(|m| (name(&m.grid), m.values.iter().map(|v| f64::from(*v)).collect()));
    maps.chain(explanation.extras.iter().cloned()).collect()
}

fn check(folder: &Folder, case: &Value) -> (usize, Vec<String>) {
    let (mut compared, mut failures) = (0, Vec::new());
    let id = case["id"].as_str().unwrap_or_default();
    for (method, params, map) in asked(case) {
        let explanation = folder.run(case, method, &params);
        let rounding = case["float32_rel_to_max"].as_f64().unwrap_or(0.0);
        let allowed = case["tolerance"]["rel_to_max"].as_f64().unwrap_or(1e-5).max(20.0 * rounding);
        for (name, found) in arrays(&explanation, map, &case["expected"]) {
            let Some(file) = case["expected"][&name].as_str() else { continue };
            let expected = tensor(&folder.path.join(file)).to_f64();
            assert_eq!(found.len(), expected.len(), "{id} {method} {name}");
            let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
            let worst = found.iter().zip(&expected).map(|(f, e)| (f - e).abs() / scale);
            let worst = worst.fold(0.0, |m: f64, d| if d.is_nan() { f64::INFINITY } else { m.max(d) });
            compared += 1;
            if worst > allowed {
                failures.push(format!("{id} {method} {name}: {worst:.1e}, allowed {allowed:.1e}"));
            }
        }
    }
    (compared, failures)
}

#[test]
fn driven_methods_give_the_stored_numbers() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/visual"));
    if !root.is_dir() {
        eprintln!("skipped: {} isn't there", root.display());
        return;
    }
    let (mut compared, mut failures) = (0, Vec::new());
    for name in FOLDERS {
        let folder = Folder::open(root.join(name));
        for case in folder.cases["cases"].as_array().unwrap() {
            let (n, failed) = check(&folder, case);
            compared += n;
            failures.extend(failed.into_iter().map(|f| format!("{name} {f}")));
        }
    }
    println!("{compared} arrays compared");
    assert!(compared > 150, "only {compared} arrays were compared");
    assert!(failures.is_empty(), "{} of {compared} arrays deviate:\n{}", failures.len(), failures.join("\n"));
}
