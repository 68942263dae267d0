//! Small networks learn small tasks, the same way every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pellucid_engine::{Choice, EngineOptions, Progress, Session, open};
use pellucid_graph::{DType, Dim, Fact, Graph, Tensor, onnx};
use pellucid_train::{
    Example, FitOptions, Layers, Loss, Optimiser, Result, Schedule, Source, Stop, Stream, TrainError, Trainable,
    evaluate, fit, predict, weights_of,
};

fn tract(threads: usize) -> Session {
    open(&EngineOptions { threads: Some(threads), ..EngineOptions::of(Choice::Tract) }).unwrap()
}

fn input(graph: &mut Graph, sizes: &[usize]) -> pellucid_graph::Wire {
    let dims = std::iter::once(Dim::Known(1)).chain(sizes.iter().map(|n| Dim::Known(*n))).collect();
    graph.add_input("x", Fact { dtype: DType::F32, dims })
}

/// Two layers on two numbers.
fn perceptron(outputs: usize) -> Trainable {
    let mut graph = Graph::new("perceptron");
    let x = input(&mut graph, &[2]);
    let mut layers = Layers::new(&mut graph, 1);
    let y = layers.dense("hidden", x, 8).unwrap();
    // of so few units none may die
    let y = layers.build("tanh").tanh(y).unwrap();
    let y = layers.dense("head", y, outputs).unwrap();
    graph.add_output(y);
    graph.open_batch("batch");
    Trainable::whole(&graph).unwrap()
}

fn xor(i: usize) -> Result<Example> {
    let (a, b) = ((i & 1) as f32, (i >> 1 & 1) as f32);
    let inputs = vec![Tensor::f32(&[1, 2], vec![a, b])?];
    Ok(Example { inputs, labels: Tensor::f32(&[1, 1], vec![(a - b).abs()])? })
}

fn options(epochs: usize, rate: f64) -> FitOptions {
    FitOptions { epochs, batch: 4, shard: 2, schedule: Schedule::Constant(rate), ..FitOptions::default() }
}

#[test]
fn xor_is_learnt() {
    let (session, mut model) = (tract(1), perceptron(1));
    let data = Source::new(4, &xor);
    let before = evaluate(&session, &model, Loss::BinaryCrossEntropy, &data).unwrap();
    let history =
        fit(&session, &mut model, Loss::BinaryCrossEntropy, &data, None, &options(600, 0.03), &mut |_| ()).unwrap();
    let after = evaluate(&session, &model, Loss::BinaryCrossEntropy, &data).unwrap();
    assert_eq!((history.epochs.len(), history.kept, history.stop), (600, 600, Stop::Done));
    assert!(before.loss > 0.5 && after.loss < 0.05, "{before:?} {after:?}");
    assert_eq!(after.accuracy, Some(1.0));
}

/// A bright square of 2 x 2 (class 1) or 4 x 1 (class 0) at a random place in noise.
fn blob(i: usize) -> Result<Example> {
    let mut stream = Stream::new(9, i as u64);
    let class = stream.below(2);
    let (height, width) = if class == 1 { (2, 2) } else { (4, 1) };
    let mut image: Vec<f32> = (0..64).map(|_| 0.2 * stream.normal() as f32).collect();
    let (top, left) = (stream.below(9 - height), stream.below(9 - width));
    for y in top..top + height {
        for x in left..left + width {
            image[y * 8 + x] += 1.0;
        }
    }
    Ok(Example { inputs: vec![Tensor::f32(&[1, 1, 8, 8], image)?], labels: Tensor::i64(&[1], vec![class as i64])? })
}

fn blob_network() -> Graph {
    let mut graph = Graph::new("blobs");
    let x = input(&mut graph, &[1, 8, 8]);
    let mut layers = Layers::new(&mut graph, 2);
    let y = layers.conv("conv", x, 6, 3, 1).unwrap();
    let y = layers.relu("relu", y).unwrap();
    let y = layers.max_pool("pool", y, 2).unwrap();
    let y = layers.conv("conv2", y, 8, 3, 1).unwrap();
    let y = layers.relu("relu2", y).unwrap();
    let y = layers.global_average("gap", y).unwrap();
    let y = layers.dense("head", y, 2).unwrap();
    graph.add_output(y);
    graph.open_batch("batch");
    graph
}

fn fit_blobs(session: &Session, epochs: usize) -> Trainable {
    let mut model = Trainable::whole(&blob_network()).unwrap();
    let options = FitOptions {
        epochs,
        batch: 16,
        shard: 4,
        schedule: Schedule::Cosine { rate: 0.02, warm_up: 5 },
        seed: 4,
        ..FitOptions::default()
    };
    fit(session, &mut model, Loss::CrossEntropy, &Source::new(160, &blob), None, &options, &mut |_| ()).unwrap();
    model
}

#[test]
fn shapes_are_learnt_and_the_model_is_an_ordinary_one_afterwards() {
    let session = tract(2);
    let model = fit_blobs(&session, 12);
    let unseen = Source::new(100, &|i| blob(1000 + i));
    let score = evaluate(&session, &model, Loss::CrossEntropy, &unseen).unwrap();
    assert!(score.accuracy.unwrap() > 0.9, "{score:?}");

    let graph = model.model().unwrap();
    assert_eq!(graph.inputs().len(), 1);
    let bytes = onnx::to_bytes(&graph, &onnx::ExportOptions::default()).unwrap();
    let again = onnx::from_bytes(bytes, "trained", None).unwrap().graph;
    let again = Trainable::new(&again, &weights_of(&again)).unwrap();
    assert_eq!(
        predict(&session, &again, &unseen).unwrap(),
        predict(&session, &model, &unseen).unwrap(),
        "the file computes what was trained"
    );
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let (one, two) = (fit_blobs(&tract(1), 2), fit_blobs(&tract(2), 2));
    assert_eq!(one.values(), two.values());
    assert_ne!(one.values(), Trainable::whole(&blob_network()).unwrap().values());
}

#[test]
fn a_step_doesnt_depend_on_how_the_batch_is_cut() {
    let session = tract(1);
    let model = Trainable::whole(&blob_network()).unwrap();
    let example = blob(0).unwrap();
    let at = |shard: usize| {
        let step = pellucid_train::Step::new(&model, Loss::CrossEntropy, &example, shard).unwrap();
        step.run(&session, model.values(), 8 / shard, &blob).unwrap()
    };
    let (whole, cut) = (at(8), at(2));
    assert!((whole.0 - cut.0).abs() < 1e-6);
    for (a, b) in whole.1.iter().flatten().zip(cut.1.iter().flatten()) {
        assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
    }
}

#[test]
fn only_the_weights_that_are_named_change() {
    let session = tract(1);
    let graph = blob_network();
    let head: Vec<_> = ["head.weight", "head.bias"].iter().map(|n| graph.find(n).unwrap()).collect();
    let mut model = Trainable::new(&graph, &head).unwrap();
    let data = Source::new(16, &blob);
    fit(&session, &mut model, Loss::CrossEntropy, &data, None, &options(1, 0.1), &mut |_| ()).unwrap();
    let trained = model.model().unwrap();
    for weight in weights_of(&graph) {
        let name = graph.name_of(weight);
        let now = trained.constant(trained.find(name).unwrap());
        assert_eq!(now == graph.constant(weight), !name.starts_with("head"), "{name}");
    }
}

#[test]
fn training_stops_when_nothing_gets_better_and_keeps_the_best() {
    let (session, mut model) = (tract(1), perceptron(1));
    // the labels held out are the opposite of those learnt: every epoch makes it worse
    let opposite = |i: usize| {
        let mut example = xor(i)?;
        example.labels = Tensor::f32(&[1, 1], vec![1.0 - example.labels.to_f32()[0]])?;
        Ok(example)
    };
    let (data, held_out) = (Source::new(4, &xor), Source::new(4, &opposite));
    let options = FitOptions { patience: Some(3), ..options(100, 0.05) };
    let loss = Loss::BinaryCrossEntropy;
    let history = fit(&session, &mut model, loss, &data, Some(&held_out), &options, &mut |_| ()).unwrap();
    assert_eq!(history.stop, Stop::Patience);
    assert_eq!(history.epochs.len(), history.kept + 3);
    let kept = history.epochs[history.kept - 1].held_out.unwrap();
    assert_eq!(evaluate(&session, &model, loss, &held_out).unwrap(), kept);
}

#[derive(Default)]
struct Steps(AtomicUsize, AtomicUsize);

impl Progress for Steps {
    fn start(&self, total: usize, _label: &str) {
        self.0.fetch_add(total, Ordering::Relaxed);
    }
    fn advance(&self, steps: usize) {
        self.1.fetch_add(steps, Ordering::Relaxed);
    }
    fn finish(&self) {}
}

#[test]
fn progress_counts_steps_and_a_stop_is_obeyed() {
    let steps = Arc::new(Steps::default());
    let session = tract(1).with_progress(steps.clone());
    let data = Source::new(6, &xor);
    let cancel = session.cancel().clone();
    let mut watch = |epoch: &pellucid_train::Epoch| {
        if epoch.epoch == 3 {
            cancel.cancel();
        }
    };
    let mut model = perceptron(1);
    let error = fit(&session, &mut model, Loss::MeanSquaredError, &data, None, &options(10, 0.01), &mut watch);
    assert!(error.unwrap_err().is_cancelled());
    assert_eq!(steps.0.load(Ordering::Relaxed), 20);
    assert_eq!(steps.1.load(Ordering::Relaxed), 6);
}

fn refusal(loss: Loss, outputs: usize, data: &Source, options: &FitOptions) -> String {
    fit(&tract(1), &mut perceptron(outputs), loss, data, None, options, &mut |_| ()).unwrap_err().to_string()
}

#[test]
fn what_cant_be_trained_is_refused_with_the_reason() {
    let good = options(1, 0.1);
    let data = Source::new(4, &xor);
    let binary = Loss::BinaryCrossEntropy;
    for (options, word) in [
        (FitOptions { batch: 3, ..good.clone() }, "multiple of `shard`"),
        (FitOptions { epochs: 0, ..good.clone() }, "`epochs`"),
        (FitOptions { patience: Some(2), ..good.clone() }, "held out"),
        (FitOptions { schedule: Schedule::Constant(f64::NAN), ..good.clone() }, "learning rate"),
        (FitOptions { optimiser: Optimiser::Sgd { momentum: 2.0, decay: 0.0 }, ..good.clone() }, "momentum"),
    ] {
        let error = refusal(binary, 1, &data, &options);
        assert!(error.contains(word), "{error}");
    }
    assert!(refusal(binary, 1, &Source::new(0, &xor), &good).contains("`examples`"));

    let seven = |i: usize| Ok(Example { labels: Tensor::i64(&[1], vec![7])?, ..xor(i)? });
    let error = refusal(Loss::CrossEntropy, 2, &Source::new(4, &seven), &good);
    assert!(error.contains("label 7") && error.contains("2 classes"), "{error}");

    let broken = |i: usize| if i == 2 { Err(TrainError::Example { index: 2, reason: "lost".into() }) } else { xor(i) };
    assert_eq!(refusal(binary, 1, &Source::new(4, &broken), &good), "example 2: lost");

    let error = refusal(Loss::MeanSquaredError, 1, &data, &options(50, 1e30));
    assert!(error.contains("diverged"), "{error}");

    let graph = blob_network();
    assert!(Trainable::new(&graph, &[graph.inputs()[0]]).unwrap_err().to_string().contains("`x`"));
}
