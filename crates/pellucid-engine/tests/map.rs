//! Many samples: order, laziness, bounded memory, cancelling, progress, batches that don't change results.

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::{Noise, onnxruntime};
use pellucid_engine::{
    Cancel, Choice, Count, Engine, EngineError, EngineOptions, Fixed, GraphFamily, Limits, Plan, Progress, Result,
    Session, Tract, Verdict, batch_self_test, open, relative_difference,
};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor};

/// A small convolutional net of any batch size.
fn net(batch: usize) -> Graph {
    let mut graph = Graph::new("net");
    let image = graph.add_input("image", Fact::new(DType::F32, &[batch, 2, 12, 12]));
    let mut noise = Noise(3);
    let weights = graph.add_constant("weights", noise.tensor(DType::F32, &[4, 2, 3, 3]));
    let head = graph.add_constant("head", noise.tensor(DType::F32, &[4, 3]));
    let mut build = Build::new(&mut graph, "net");
    let features = build.op("Conv", &[image, weights], Attrs::new()).unwrap();
    let active = build.relu(features).unwrap();
    let pooled = build.op("GlobalAveragePool", &[active], Attrs::new()).unwrap();
    let flat = build.op("Flatten", &[pooled], Attrs::new()).unwrap();
    let scores = build.matmul(flat, head).unwrap();
    graph.set_outputs(&[scores, active]);
    graph
}

struct Net(Vec<bool>);

impl GraphFamily for Net {
    fn at_batch(&self, n: usize) -> Result<Arc<Graph>> {
        Ok(Arc::new(net(n)))
    }

    fn max_batch(&self) -> usize {
        usize::MAX
    }

    fn batched_inputs(&self) -> &[bool] {
        &self.0
    }
}

fn family() -> Net {
    Net(vec![true])
}

fn sample(index: usize) -> Vec<Tensor> {
    vec![Noise(index as u64).tensor(DType::F32, &[1, 2, 12, 12])]
}

/// tract made to take batches, so that the batched way is tested without any library.
struct Batching;

impl Engine for Batching {
    fn id(&self) -> &'static str {
        "batching"
    }

    fn version(&self) -> String {
        Tract.version()
    }

    fn device(&self) -> String {
        Tract.device()
    }

    fn prepare(&self, graph: &Graph) -> Result<Arc<dyn Plan>> {
        Tract.prepare(graph)
    }

    fn parallel_samples(&self) -> bool {
        false
    }

    fn largest_batch(&self) -> usize {
        7
    }
}

const ROOMY: u64 = 1 << 30;

fn on_threads(threads: usize) -> Session {
    open(&EngineOptions { threads: Some(threads), memory: Some(ROOMY), ..EngineOptions::of(Choice::Tract) }).unwrap()
}

fn batching(memory: u64) -> Session {
    Session::new(Arc::new(Batching), "test", Limits { threads: 2, memory, memory_stated: true })
}

fn all(session: &Session, family: &dyn GraphFamily, count: usize) -> Vec<Vec<Tensor>> {
    let mut out = vec![];
    session
        .map(family, count, &|i| Ok(sample(i)), &mut |i, outputs| {
            assert_eq!(i, out.len());
            out.push(outputs);
            Ok(())
        })
        .unwrap();
    assert_eq!(out.len(), count);
    out
}

#[test]
fn results_come_in_order_and_do_not_depend_on_threads() {
    let one = all(&on_threads(1), &family(), 23);
    for threads in [2, 5] {
        assert_eq!(one, all(&on_threads(threads), &family(), 23), "{threads} threads");
    }
    assert!(one[0] != one[1]);
    assert_eq!(all(&on_threads(4), &family(), 0).len(), 0);
}

#[test]
fn results_do_not_depend_on_batches() {
    let one = all(&on_threads(1), &family(), 23);
    for count in [1, 2, 7, 8, 23] {
        let session = batching(ROOMY);
        let batched = all(&session, &family(), count);
        for (a, b) in one.iter().zip(&batched) {
            for (a, b) in a.iter().zip(b) {
                assert_eq!(a.shape(), b.shape());
                assert!(relative_difference(a, b) < 1e-5);
            }
        }
        assert!(session.counts().peak_batch <= 7);
        assert!(count == 1 || session.counts().peak_batch > 1);
    }
}

#[test]
fn the_runtime_takes_batches() {
    let Some(session) = onnxruntime() else { return };
    let one = all(&on_threads(1), &family(), 40);
    for (a, b) in one.iter().flatten().zip(all(&session, &family(), 40).iter().flatten()) {
        assert!(relative_difference(a, b) < 1e-4);
    }
    assert!(session.counts().peak_batch > 1);
    assert!(session.notes().is_empty(), "{:?}", session.notes());
}

#[test]
fn inputs_are_made_once_and_not_far_ahead() {
    let session = on_threads(3);
    let made = Mutex::new(BTreeSet::new());
    let ahead = AtomicUsize::new(0);
    let taken = AtomicUsize::new(0);
    session
        .map(
            &family(),
            60,
            &|i| {
                assert!(made.lock().unwrap().insert(i), "sample {i} was made twice");
                ahead.fetch_max(i.saturating_sub(taken.load(Ordering::SeqCst)), Ordering::SeqCst);
                Ok(sample(i))
            },
            &mut |i, _| {
                std::thread::sleep(std::time::Duration::from_millis(1));
                taken.store(i + 1, Ordering::SeqCst);
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(made.lock().unwrap().len(), 60);
    assert!(ahead.load(Ordering::SeqCst) <= 7, "{} samples ahead", ahead.load(Ordering::SeqCst));
}

#[test]
fn a_small_budget_makes_small_batches() {
    let roomy = batching(ROOMY);
    all(&roomy, &family(), 14);
    let need = pellucid_engine::Need::of(&net(1));
    let tight = batching(need.weights + 3 * need.live);
    all(&tight, &family(), 14);
    assert_eq!(roomy.counts().peak_batch, 7);
    assert_eq!(tight.counts().peak_batch, 3);
    let error = batching(need.live / 2).map(&family(), 2, &|i| Ok(sample(i)), &mut |_, _| Ok(())).unwrap_err();
    assert!(matches!(error, EngineError::Memory { .. }), "{error}");
    assert!(!error.hints().is_empty());
}

#[test]
fn the_first_error_by_index_comes_back() {
    for threads in [1, 4] {
        let session = on_threads(threads);
        let mut seen = 0;
        let error = session
            .map(
                &family(),
                40,
                &|i| {
                    if i >= 10 && i % 5 == 0 {
                        let what = "sample";
                        return Err(EngineError::Setting { what, value: i.to_string(), expected: "another".into() });
                    }
                    Ok(sample(i))
                },
                &mut |_, _| {
                    seen += 1;
                    Ok(())
                },
            )
            .unwrap_err();
        assert!(error.to_string().contains("`10`"), "{error}");
        assert_eq!(seen, 10);
    }
    let refuse = &mut |i: usize, _: Vec<Tensor>| if i == 3 { Err(EngineError::Cancelled) } else { Ok(()) };
    assert!(matches!(on_threads(4).map(&family(), 40, &|i| Ok(sample(i)), refuse), Err(EngineError::Cancelled)));
}

#[test]
fn a_panic_in_the_callers_code_passes_through() {
    for threads in [1, 3] {
        let run = std::panic::AssertUnwindSafe(|| {
            let make = |i: usize| if i == 4 { panic!("on purpose") } else { Ok(sample(i)) };
            on_threads(threads).map(&family(), 20, &make, &mut |_, _| Ok(()))
        });
        assert!(std::panic::catch_unwind(run).is_err());
    }
}

#[test]
fn cancelling_stops_before_the_next_sample() {
    for session in [on_threads(1), on_threads(3), batching(ROOMY)] {
        let cancel = Cancel::new();
        let session = session.with_cancel(cancel.clone());
        let mut seen = 0;
        let result = session.map(&family(), 1000, &|i| Ok(sample(i)), &mut |i, _| {
            seen += 1;
            if i == 5 {
                cancel.cancel();
            }
            Ok(())
        });
        assert!(matches!(result, Err(EngineError::Cancelled)));
        assert!((6..40).contains(&seen), "{seen}");
        assert!(matches!(session.run(&net(1), &sample(0)), Err(EngineError::Cancelled)));
        cancel.reset();
        assert!(session.run(&net(1), &sample(0)).is_ok());
    }
}

#[derive(Default)]
struct Watch {
    total: AtomicUsize,
    done: AtomicUsize,
    finished: AtomicUsize,
}

impl Progress for Watch {
    fn start(&self, total: usize, label: &str) {
        assert_eq!(label, "masks");
        self.total.store(total, Ordering::SeqCst);
    }

    fn advance(&self, steps: usize) {
        self.done.fetch_add(steps, Ordering::SeqCst);
    }

    fn finish(&self) {
        self.finished.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn progress_is_told_and_ends_also_after_an_error() {
    for session in [on_threads(2), batching(ROOMY)] {
        let watch = Arc::new(Watch::default());
        let session = session.with_progress(watch.clone());
        session.map_labelled("masks", &family(), 11, &|i| Ok(sample(i)), &mut |_, _| Ok(())).unwrap();
        assert_eq!(watch.total.load(Ordering::SeqCst), 11);
        assert_eq!(watch.done.load(Ordering::SeqCst), 11);
        let fail = &mut |_: usize, _: Vec<Tensor>| Err(EngineError::Cancelled);
        assert!(session.map_labelled("masks", &family(), 11, &|i| Ok(sample(i)), fail).is_err());
        assert_eq!(watch.finished.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn plans_are_found_again() {
    let session = on_threads(1);
    session.run(&net(1), &sample(0)).unwrap();
    session.run(&net(1), &sample(1)).unwrap();
    session.clone().run(&net(1), &sample(2)).unwrap();
    let counts = session.counts();
    assert_eq!((counts.plans_prepared, counts.cache_hits, counts.plan_runs), (1, 2, 3));
    session.run(&net(2), &[Noise(1).tensor(DType::F32, &[2, 2, 12, 12])]).unwrap();
    assert_eq!(session.counts().plans_prepared, 2);
    session.count(Count::Forward, 3);
    session.count(Count::Backward, 2);
    assert_eq!((session.counts().forwards, session.counts().backwards), (3, 2));
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    let session = on_threads(1);
    let wrong = [Noise(1).tensor(DType::F32, &[1, 3, 12, 12])];
    let error = session.run(&net(1), &wrong).unwrap_err().to_string();
    assert!(
        error.contains("`image`") && error.contains("1 x 2 x 12 x 12") && error.contains("1 x 3 x 12 x 12"),
        "{error}"
    );
    assert!(session.run(&net(1), &[]).unwrap_err().to_string().contains("image"));
    let mut two = sample(0);
    two.extend(sample(1));
    assert!(session.run(&net(1), &two).is_err());
    let int = [Tensor::full(DType::I64, &[1, 2, 12, 12], 0.0)];
    assert!(session.run(&net(1), &int).is_err());
}

/// A net whose batch is baked into a reshape: a batch runs, but gives every sample the mean of the batch.
struct Baked;

impl GraphFamily for Baked {
    fn at_batch(&self, n: usize) -> Result<Arc<Graph>> {
        let mut graph = Graph::new("baked");
        let image = graph.add_input("image", Fact::new(DType::F32, &[n, 2, 12, 12]));
        let mut build = Build::new(&mut graph, "baked");
        let axes = build.ints(&[0]);
        let mean = build.op("ReduceMean", &[image, axes], Attrs::new()).unwrap();
        let mixed = build.sub(image, mean).unwrap();
        graph.set_outputs(&[mixed]);
        Ok(Arc::new(graph))
    }

    fn max_batch(&self) -> usize {
        usize::MAX
    }

    fn batched_inputs(&self) -> &[bool] {
        &[true]
    }
}

/// A net that can't be made for more than one sample although it says so.
struct Brittle;

impl GraphFamily for Brittle {
    fn at_batch(&self, n: usize) -> Result<Arc<Graph>> {
        if n == 1 { family().at_batch(1) } else { Err(EngineError::Run { engine: "tract", reason: "reshape".into() }) }
    }

    fn max_batch(&self) -> usize {
        8
    }

    fn batched_inputs(&self) -> &[bool] {
        &[true]
    }
}

#[test]
fn a_batch_that_mixes_samples_is_found_out() {
    let session = batching(ROOMY);
    assert_eq!(batch_self_test(&session, &family(), [&sample(0), &sample(1)]).unwrap(), Verdict::Sound);
    for bad in [&Baked as &dyn GraphFamily, &Brittle, &Fixed::new(Arc::new(net(1)))] {
        let verdict = batch_self_test(&session, bad, [&sample(0), &sample(1)]).unwrap();
        assert!(matches!(verdict, Verdict::OneByOne(_)), "{verdict:?}");
    }
    let got = all(&session, &Baked, 9);
    assert!(got.iter().all(|s| s[0].to_f32().iter().all(|v| *v == 0.0)));
    assert_eq!(session.notes().len(), 1, "{:?}", session.notes());
    assert!(session.notes()[0].contains("one by one"));
    all(&session, &Brittle, 9);
    assert_eq!(all(&session, &Fixed::new(Arc::new(net(1))), 9), all(&on_threads(1), &family(), 9));
}

#[test]
fn an_input_without_a_batch_axis_is_shared_or_falls_back() {
    struct Scaled;
    impl GraphFamily for Scaled {
        fn at_batch(&self, n: usize) -> Result<Arc<Graph>> {
            let mut graph = Graph::new("scaled");
            let image = graph.add_input("image", Fact::new(DType::F32, &[n, 3]));
            let scale = graph.add_input("scale", Fact::new(DType::F32, &[3]));
            let out = Build::new(&mut graph, "scaled").mul(image, scale).unwrap();
            graph.set_outputs(&[out]);
            Ok(Arc::new(graph))
        }

        fn max_batch(&self) -> usize {
            usize::MAX
        }

        fn batched_inputs(&self) -> &[bool] {
            &[true, false]
        }
    }
    let row = |v: f32| Tensor::f32(&[1, 3], vec![v, v + 1.0, v + 2.0]).unwrap();
    let scale = |v: f32| Tensor::f32(&[3], vec![v; 3]).unwrap();
    let run = |session: &Session, change: usize| {
        let mut out = vec![];
        let make = |i: usize| Ok(vec![row(i as f32), scale(if i < change { 1.0 } else { 2.0 })]);
        session
            .map(&Scaled, 12, &make, &mut |_, o| {
                out.push(o[0].to_f32()[0]);
                Ok(())
            })
            .unwrap();
        out
    };
    let shared = batching(ROOMY);
    assert_eq!(run(&shared, 12), (0..12).map(|i| i as f32).collect::<Vec<_>>());
    assert!(shared.counts().peak_batch > 1);
    let want: Vec<f32> = (0..12).map(|i| if i < 8 { i as f32 } else { 2.0 * i as f32 }).collect();
    assert_eq!(run(&batching(ROOMY), 8), want);
    assert_eq!(run(&on_threads(3), 8), want);
}
