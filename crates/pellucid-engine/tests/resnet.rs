//! What a ResNet-18 costs: time to prepare, time to run, memory. Run with
//! `cargo test --release -p pellucid-engine --test resnet -- --ignored --nocapture --test-threads 1`.

mod common;

use std::time::Instant;

use common::{Noise, onnxruntime, tract};
use pellucid_engine::{Session, relative_difference};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire};

/// A ResNet-18 of random weights with batch norm folded, as exporters write it.
fn resnet18(size: usize) -> Graph {
    let mut graph = Graph::new("resnet18");
    let image = graph.add_input("image", Fact::new(DType::F32, &[1, 3, size, size]));
    let mut noise = Noise(1);
    let mut b = Build::new(&mut graph, "resnet");
    let mut x = conv(&mut b, &mut noise, image, [64, 3, 7], 2);
    x = b.relu(x).unwrap();
    let pool = Attrs::new().with("kernel_shape", vec![3, 3]).with("strides", vec![2, 2]).with("pads", vec![1; 4]);
    x = b.op("MaxPool", &[x], pool).unwrap();
    let mut channels = 64;
    for (wide, stride) in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)] {
        x = block(&mut b, &mut noise, x, channels, wide, stride);
        channels = wide;
    }
    let pooled = b.op("GlobalAveragePool", &[x], Attrs::new()).unwrap();
    let flat = b.op("Flatten", &[pooled], Attrs::new()).unwrap();
    let head = b.graph.add_constant("head", noise.tensor(DType::F32, &[1000, 512]));
    let bias = b.graph.add_constant("bias", noise.tensor(DType::F32, &[1000]));
    let scores = b.op("Gemm", &[flat, head, bias], Attrs::new().with("transB", 1)).unwrap();
    graph.set_outputs(&[scores]);
    graph
}

fn block(b: &mut Build, noise: &mut Noise, x: Wire, channels: usize, wide: usize, stride: i64) -> Wire {
    let y = conv(b, noise, x, [wide, channels, 3], stride);
    let y = b.relu(y).unwrap();
    let y = conv(b, noise, y, [wide, wide, 3], 1);
    let shortcut = if channels == wide { x } else { conv(b, noise, x, [wide, channels, 1], stride) };
    let sum = b.add(y, shortcut).unwrap();
    b.relu(sum).unwrap()
}

fn conv(b: &mut Build, noise: &mut Noise, x: Wire, [out, channels, kernel]: [usize; 3], stride: i64) -> Wire {
    let scale = (2.0 / (channels * kernel * kernel) as f32).sqrt();
    let shape = [out, channels, kernel, kernel];
    let weights = noise.tensor(DType::F32, &shape).to_f32().into_iter().map(|v| v * scale).collect();
    let weights = b.graph.add_constant("weights", Tensor::f32(&shape, weights).unwrap());
    let bias = b.graph.add_constant("bias", noise.tensor(DType::F32, &[out]));
    let pads = vec![(kernel / 2) as i64; 4];
    b.op("Conv", &[x, weights, bias], Attrs::new().with("strides", vec![stride; 2]).with("pads", pads)).unwrap()
}

/// Peak memory of this process in megabytes, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) / 1024
}

fn measure(session: &Session, graph: &Graph, input: &Tensor) -> Vec<Tensor> {
    let start = Instant::now();
    let plan = session.plan(graph).unwrap();
    println!(
        "{:12} prepared in {:.0} ms, peak {} MB",
        session.engine().id(),
        start.elapsed().as_secs_f64() * 1e3,
        peak()
    );
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            plan.run(std::slice::from_ref(input)).unwrap();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let first = times[0];
    times.sort_by(f64::total_cmp);
    println!("{:12} first run {first:.0} ms, median {:.0} ms, peak {} MB", session.engine().id(), times[3], peak());
    plan.run(std::slice::from_ref(input)).unwrap()
}

#[test]
#[ignore = "a measurement"]
fn resnet_on_tract() {
    let graph = resnet18(224);
    println!("graph made, peak {} MB", peak());
    let start = Instant::now();
    tract().digest(&graph);
    println!("digest in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    measure(&tract(), &graph, &Noise(2).tensor(DType::F32, &[1, 3, 224, 224]));
}

#[test]
#[ignore = "a measurement"]
fn resnet_on_onnxruntime() {
    let Some(session) = onnxruntime() else { return };
    measure(&session, &resnet18(224), &Noise(2).tensor(DType::F32, &[1, 3, 224, 224]));
}

#[test]
fn engines_agree_on_a_resnet() {
    let graph = resnet18(64);
    let input = [Noise(2).tensor(DType::F32, &[1, 3, 64, 64])];
    let ours = tract().run(&graph, &input).unwrap();
    if let Some(session) = onnxruntime() {
        assert!(relative_difference(&session.run(&graph, &input).unwrap()[0], &ours[0]) < 1e-4);
    }
}
