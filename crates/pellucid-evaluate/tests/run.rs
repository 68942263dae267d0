//! Runs of a protocol on the demo model: interrupted and taken up again, with cases that fail, with masks and without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_engine::{Choice, EngineOptions, open};
use pellucid_evaluate::{
    Case, Checker, Control, Maker, MethodWish, MetricWish, Outcome, Protocol, Row, Subject, layers_with_weights, page,
    randomised, rows_csv, run, summarise,
};
use pellucid_explain::{Model, ModelNotes, Wish, output_value};
use pellucid_graph::Tensor;

fn model() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pellucid-cli/demo/phantom2d.onnx");
    Model::open(&path, open(&EngineOptions::of(Choice::Tract)).unwrap(), ModelNotes::default()).unwrap()
}

/// A blurred disc on a gradient, and where the disc is.
fn case(name: &str, x: usize, y: usize) -> Case {
    let shape = shape();
    let (h, w) = (shape[2], shape[3]);
    let near = |p: usize| ((p / w) as f32 - y as f32).powi(2) + ((p % w) as f32 - x as f32).powi(2);
    let plane: Vec<f32> = (0..h * w).map(|p| 0.2 + 0.3 * (p % w) as f32 / w as f32 + (-near(p) / 40.0).exp()).collect();
    let values = (0..shape[1]).flat_map(|_| plane.iter().copied()).collect();
    Case {
        name: name.into(),
        sample: vec![Tensor::f32(&shape, values).unwrap()],
        mask: Some((0..h * w).map(|p| near(p) < 64.0).collect()),
        spacing: None,
        baselines: BTreeMap::new(),
    }
}

/// Shape of the demo model's input.
fn shape() -> Vec<usize> {
    let model = model();
    let fact = &model.inputs().unwrap()[0].1;
    fact.dims.iter().map(|d| if let pellucid_graph::Dim::Known(n) = d { *n } else { 1 }).collect()
}

fn protocol(metrics: &[&str]) -> Protocol {
    Protocol {
        model: None,
        card: None,
        folder: None,
        masks: None,
        baselines: vec![],
        notes: vec![],
        methods: vec![MethodWish::of("grad-cam"), MethodWish::of("saliency")],
        metrics: metrics.iter().map(|m| MetricWish::of(m)).collect(),
        controls: vec![Control::Centre],
        seeds: vec![3],
        bootstrap: 100,
    }
}

fn rows_of(folder: &Path, protocol: &Protocol, cases: &[(String, Maker)]) -> Vec<Row> {
    run(protocol, &model(), cases, folder, &mut |_, _, _| {}).unwrap().0.rows().to_vec()
}

#[test]
fn a_run_that_was_cut_off_ends_in_the_same_tables() {
    let protocol = protocol(&["relevance-mass-accuracy", "sparseness-gini", "deletion"]);
    let (a, b) = (|| Ok(case("a", 20, 30)), || Ok(case("b", 40, 25)));
    let cases: [(String, Maker); 2] = [("a".into(), &a), ("b".into(), &b)];
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = rows_of(whole.path(), &protocol, &cases);
    assert_eq!(all.len(), 2 * 3 * 3);
    rows_of(parts.path(), &protocol, &cases[..1]);
    // as if it had been killed while a line was written
    let path: PathBuf = parts.path().join("rows.jsonl");
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 30]).unwrap();
    let again = rows_of(parts.path(), &protocol, &cases);
    assert_eq!(rows_csv(&again), rows_csv(&all));
    let (one, two) = (summarise(&protocol, &all).unwrap(), summarise(&protocol, &again).unwrap());
    assert_eq!((one.csv(), one.tests_csv(), one.markdown()), (two.csv(), two.tests_csv(), two.markdown()));
    let (_, done) = run(&protocol, &model(), &cases, parts.path(), &mut |_, _, _| {}).unwrap();
    assert_eq!((done.made, done.kept), (0, 18));
}

#[test]
fn what_fails_is_told_and_the_rest_goes_on() {
    let mut protocol = protocol(&["roc-auc", "max-sensitivity", "sparseness-gini"]);
    protocol.methods.push(MethodWish::of("attention-rollout"));
    let broken = || Err("the file is cut off".to_string());
    let unmasked = || Ok(Case { mask: None, ..case("unmasked", 20, 30) });
    let cases: [(String, Maker); 2] = [("broken".into(), &broken), ("unmasked".into(), &unmasked)];
    let folder = tempfile::tempdir().unwrap();
    let rows = rows_of(folder.path(), &protocol, &cases);
    let outcome = |case: &str, method: &str, metric: &str| {
        let row =
            rows.iter().find(|r| (r.case.as_str(), r.method.as_str(), r.metric.as_str()) == (case, method, metric));
        row.unwrap_or_else(|| panic!("{case} {method} {metric}")).outcome.clone()
    };
    assert_eq!(outcome("broken", "saliency", "roc-auc"), Outcome::Failed("the file is cut off".into()));
    assert_eq!(outcome("unmasked", "saliency", "roc-auc"), Outcome::Undefined("there is no mask".into()));
    assert_eq!(
        outcome("unmasked", "control-centre", "max-sensitivity"),
        Outcome::Undefined("not for a control".into())
    );
    assert!(matches!(outcome("unmasked", "attention-rollout", "sparseness-gini"), Outcome::Failed(_)));
    assert!(outcome("unmasked", "saliency", "max-sensitivity").value().is_some_and(|v| v > 0.0));
    let table = summarise(&protocol, &rows).unwrap();
    let html = page("t", &[], &table, &[("saliency".into(), 2.0)]);
    assert!(html.contains("the file is cut off") && html.contains("<svg"));
}

#[test]
fn every_metric_of_the_suite_gives_a_score() {
    let mut protocol = protocol(&[]);
    protocol.metrics = pellucid_evaluate::SUITE.iter().map(|e| MetricWish::of(e.id)).collect();
    protocol.methods.truncate(1);
    protocol.controls.clear();
    let a = || Ok(case("a", 20, 30));
    let folder = tempfile::tempdir().unwrap();
    let rows = rows_of(folder.path(), &protocol, &[("a".into(), &a as Maker)]);
    assert_eq!(rows.len(), pellucid_evaluate::SUITE.len());
    for row in rows {
        let (_, info) = (&row, pellucid_metrics::find(&row.metric).unwrap());
        match row.outcome {
            Outcome::Value(v) => {
                assert!(
                    v >= info.range.0 - 1e-9 && v <= info.range.1 + 1e-9,
                    "{}: {v} is outside {:?}",
                    row.metric,
                    info.range
                );
            }
            Outcome::Undefined(_) => {}
            Outcome::Failed(why) => panic!("{}: {why}", row.metric),
        }
    }
}

#[test]
fn shuffled_weights_change_the_model_and_nothing_else() {
    let model = model();
    let sample = case("a", 20, 30).sample;
    model.fix(&sample).unwrap();
    let layers = layers_with_weights(&model).len();
    assert!(layers > 1);
    let value = |m: &Model| output_value(m, &sample, &m.output().unwrap()).unwrap().to_f64();
    let other = |which: &[usize], seed| {
        let other = randomised(&model, which, seed).unwrap();
        other.fix(&sample).unwrap();
        value(&other)
    };
    assert_eq!(other(&[], 1), value(&model));
    assert_ne!(other(&[layers - 1], 1), value(&model));
    assert_eq!(other(&[0, layers - 1], 1), other(&[layers - 1, 0], 1));
    assert_ne!(other(&[0], 1), other(&[0], 2));
}

#[test]
fn a_map_is_checked_against_chance_and_against_other_weights() {
    let model = model();
    let subject = Subject::new(&model, &case("a", 20, 30).sample, None).unwrap();
    let found = Checker::new(&subject, 0).unwrap().check(&Wish::of("grad-cam")).unwrap();
    let names: Vec<&str> = found.checks.iter().map(|c| c.name.as_str()).collect();
    assert!(names.contains(&"better-than-chance"), "{names:?}");
    assert_eq!(found.warning.is_some(), found.checks.iter().any(|c| c.name == "better-than-chance" && !c.holds));
}

#[test]
fn baselines_of_the_protocol_reach_methods_and_metrics() {
    let mut protocol = protocol(&["deletion", "sparseness-gini"]);
    let named = |id: &str, baseline: &str| MethodWish { baseline: Some(baseline.into()), ..MethodWish::of(id) };
    protocol.baselines = ["own", "broken"].map(|id| [("id".to_string(), id.into())].into_iter().collect()).to_vec();
    protocol.methods = vec![named("deep-lift", "own"), named("occlusion", "broken"), MethodWish::of("saliency")];
    protocol.metrics.push(MetricWish { baseline: Some("own".into()), ..MetricWish::of("deletion") });
    let a = || {
        let case = case("a", 20, 30);
        let own = (String::from("own"), Ok(case.sample[0].clone()));
        let broken = (String::from("broken"), Err("it has no unit".to_string()));
        Ok(Case { baselines: [own, broken].into(), ..case })
    };
    let folder = tempfile::tempdir().unwrap();
    let rows = rows_of(folder.path(), &protocol, &[("a".into(), &a as Maker)]);
    let row = |method: &str, metric: &str| {
        rows.iter().find(|r| r.method == method && r.metric == metric).unwrap_or_else(|| panic!("{method} {metric}"))
    };
    // against itself nothing differs, so the map is 0 everywhere
    assert!(matches!(row("deep-lift[baseline:own]", "sparseness-gini").outcome, Outcome::Undefined(_)));
    assert_eq!(row("occlusion[baseline:broken]", "deletion").outcome, Outcome::Failed("it has no unit".into()));
    // what is taken away is put back at once, so the curve is flat
    let signature = &row("saliency", "deletion[baseline:own]").signature;
    let kept = row("saliency", "deletion[baseline:own]").outcome.value().unwrap();
    assert!(kept > row("saliency", "deletion").outcome.value().unwrap(), "{signature}");
}

#[test]
fn seeds_of_a_case_are_averaged_and_what_draws_nothing_is_scored_once() {
    let mut protocol = protocol(&["deletion", "faithfulness-correlation"]);
    protocol.seeds = vec![0, 1, 2];
    let a = || Ok(case("a", 20, 30));
    let folder = tempfile::tempdir().unwrap();
    let rows = rows_of(folder.path(), &protocol, &[("a".into(), &a as Maker)]);
    let values = |metric: &str| -> Vec<f64> {
        rows.iter().filter(|r| r.method == "saliency" && r.metric == metric).filter_map(|r| r.outcome.value()).collect()
    };
    let (same, drawn) = (values("deletion"), values("faithfulness-correlation"));
    assert!(same.len() == 3 && same[0] == same[1] && same[1] == same[2]);
    assert!(drawn[0] != drawn[1]);
    let table = summarise(&protocol, &rows).unwrap();
    let entry = table.entry("saliency", "faithfulness-correlation").unwrap();
    assert_eq!((table.cases, entry.count), (1, 1));
    assert!((entry.mean.unwrap() - drawn.iter().sum::<f64>() / 3.0).abs() < 1e-12);
}
