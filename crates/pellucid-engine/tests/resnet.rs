//! A whole network: the engines agree on a ResNet-18.

mod common;

use common::{Noise, onnxruntime, tract};
use pellucid_engine::relative_difference;
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

#[test]
fn engines_agree_on_a_resnet() {
    let graph = resnet18(64);
    let input = [Noise(2).tensor(DType::F32, &[1, 3, 64, 64])];
    let ours = tract().run(&graph, &input).unwrap();
    if let Some(session) = onnxruntime() {
        assert!(relative_difference(&session.run(&graph, &input).unwrap()[0], &ours[0]) < 1e-4);
    }
}
