//! What methods cost in forwards of the model: run with `cargo bench -p pellucid-explain`. Ratios within one run are what counts; times depend on
//! the machine. `PELLUCID_BENCH_ENGINE` names the engine (tract by default).

mod nets;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use pellucid_engine::{Choice, EngineOptions, open};
use pellucid_explain::{Model, ModelNotes, Request, Target, Wish, explain, output_value};
use pellucid_graph::{Tensor, onnx};

/// Median seconds of `runs` calls after one that warms up.
fn median(runs: usize, mut call: impl FnMut()) -> f64 {
    call();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn measure(name: &str, model: onnx::Model, size: usize, wishes: &[(&str, Vec<Wish>, usize)]) {
    let engine: Choice = std::env::var("PELLUCID_BENCH_ENGINE").unwrap_or("tract".into()).parse().expect("an engine");
    let session = open(&EngineOptions::of(engine)).expect("the engine");
    let id = format!("{} {}", session.engine().id(), session.engine().version());
    let model = Model::new(model, session, ModelNotes::default());
    let values = (0..3 * size * size).map(|i| ((i * 37 % 101) as f32) / 50.0 - 1.0).collect();
    let sample = vec![Tensor::f32(&[1, 3, size, size], values).expect("the shape")];
    model.fix(&sample).expect("fits");
    let output = model.output().expect("an output");
    let forward = median(7, || {
        black_box(output_value(&model, &sample, &output).expect("runs"));
    });
    println!("{name} on {id}: forward {:.1} ms", 1e3 * forward);
    for (label, methods, runs) in wishes {
        let request =
            Request { methods: methods.clone(), targets: vec![Target::Logit { index: 7 }], ..Request::default() };
        let seconds = median(*runs, || {
            let outcome = explain(&model, &sample, &request).expect("runs");
            assert!(outcome.explanations.iter().all(Result::is_ok), "{:?}", outcome.explanations);
        });
        // the reading of the decision and of the target's value are forwards of their own
        println!("  {label:<34} {:>8.1} ms  {:>7.2} forwards", 1e3 * seconds, seconds / forward);
    }
}

fn main() {
    let one = |m: &str| vec![Wish::of(m)];
    let with =
        |m: &str, k: &str, v: i64| vec![Wish { method: m.into(), params: BTreeMap::from([(k.to_string(), v.into())]) }];
    let cams = ["grad-cam", "grad-cam-plus-plus", "xgrad-cam", "layer-cam", "hires-cam", "grad-cam-elementwise"];
    let all: Vec<Wish> = cams.iter().map(|m| Wish::of(m)).collect();
    let wishes = [
        ("grad-cam", one("grad-cam"), 5),
        ("all gradient CAMs", all, 5),
        ("saliency", one("saliency"), 5),
        ("ablation-cam", one("ablation-cam"), 5),
        ("integrated-gradients, 50 steps", with("integrated-gradients", "steps", 50), 1),
    ];
    measure("ResNet-18, 224 px", nets::resnet18(224), 224, &wishes);
    measure("DenseNet-121, 224 px", nets::densenet121(224), 224, &wishes[..3]);
}
