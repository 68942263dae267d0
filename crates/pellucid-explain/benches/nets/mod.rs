//! Networks of the usual architectures with random weights, built here so that nothing needs to be downloaded.

use pellucid_graph::onnx::{self, ExportOptions};
use pellucid_graph::{Attrs, Build, DType, Dim, Fact, Graph, Tensor, Wire};
use pellucid_image::random::Stream;

/// A network under construction.
struct Net<'g> {
    b: Build<'g>,
    random: Stream,
}

impl Net<'_> {
    fn weights(&mut self, shape: &[usize], scale: f64) -> Wire {
        let n = shape.iter().product();
        let values = (0..n).map(|_| (scale * self.random.normal()) as f32).collect();
        self.b.constant(Tensor::f32(shape, values).expect("the product of the shape"))
    }

    fn conv(&mut self, x: Wire, out: usize, k: usize, stride: i64) -> Wire {
        let c = self.b.shape(x).expect("static")[1];
        let w = self.weights(&[out, c, k, k], (2.0 / (c * k * k) as f64).sqrt());
        let bias = self.weights(&[out], 0.01);
        let p = (k / 2) as i64;
        let attrs = Attrs::new().with("strides", vec![stride; 2]).with("pads", vec![p; 4]);
        self.b.op("Conv", &[x, w, bias], attrs).expect("fits")
    }

    fn relu(&mut self, x: Wire) -> Wire {
        self.b.relu(x).expect("fits")
    }

    fn pool(&mut self, op: &str, x: Wire, k: i64, stride: i64, pad: i64) -> Wire {
        let attrs =
            Attrs::new().with("kernel_shape", vec![k; 2]).with("strides", vec![stride; 2]).with("pads", vec![pad; 4]);
        self.b.op(op, &[x], attrs).expect("fits")
    }

    fn head(&mut self, x: Wire, classes: usize) -> Wire {
        let c = self.b.shape(x).expect("static")[1];
        let pooled = self.b.op("GlobalAveragePool", &[x], Attrs::new()).expect("fits");
        let flat = self.b.op("Flatten", &[pooled], Attrs::new()).expect("fits");
        let w = self.weights(&[classes, c], (1.0 / c as f64).sqrt());
        let bias = self.weights(&[classes], 0.01);
        self.b.op("Gemm", &[flat, w, bias], Attrs::new().with("transB", 1)).expect("fits")
    }
}

/// A model as it would come from a file, with an open batch axis.
fn finished(mut graph: Graph, output: Wire) -> onnx::Model {
    graph.add_output(output);
    let bytes = onnx::to_bytes(&graph, &ExportOptions::default()).expect("a valid graph");
    onnx::from_bytes(bytes, "bench", None).expect("a valid model")
}

fn start(size: usize) -> (Graph, Wire) {
    let mut graph = Graph::new("bench");
    let dims = [1, 3, size, size].map(Dim::Known).to_vec();
    let x = graph.add_input("input", Fact { dtype: DType::F32, dims });
    (graph, x)
}

/// ResNet-18 with batch normalisation folded.
pub fn resnet18(size: usize) -> onnx::Model {
    let (mut graph, x) = start(size);
    let mut net = Net { b: Build::new(&mut graph, "net"), random: Stream::new(0, 18) };
    let y = net.conv(x, 64, 7, 2);
    let y = net.relu(y);
    let mut y = net.pool("MaxPool", y, 3, 2, 1);
    for (stage, width) in [64, 128, 256, 512].into_iter().enumerate() {
        for block in 0..2 {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let a = net.conv(y, width, 3, stride);
            let a = net.relu(a);
            let a = net.conv(a, width, 3, 1);
            let skip = if stride == 2 { net.conv(y, width, 1, 2) } else { y };
            let sum = net.b.add(a, skip).expect("fits");
            y = net.relu(sum);
        }
    }
    let y = net.head(y, 1000);
    finished(graph, y)
}

/// DenseNet-121 without batch normalisation (as an exporter folds what it can).
pub fn densenet121(size: usize) -> onnx::Model {
    let (mut graph, x) = start(size);
    let mut net = Net { b: Build::new(&mut graph, "net"), random: Stream::new(0, 121) };
    let y = net.conv(x, 64, 7, 2);
    let y = net.relu(y);
    let mut y = net.pool("MaxPool", y, 3, 2, 1);
    for (stage, layers) in [6, 12, 24, 16].into_iter().enumerate() {
        for _ in 0..layers {
            let a = net.relu(y);
            let a = net.conv(a, 128, 1, 1);
            let a = net.relu(a);
            let a = net.conv(a, 32, 3, 1);
            y = net.b.concat(&[y, a], 1).expect("fits");
        }
        if stage < 3 {
            let half = net.b.shape(y).expect("static")[1] / 2;
            let a = net.relu(y);
            let a = net.conv(a, half, 1, 1);
            y = net.pool("AveragePool", a, 2, 2, 0);
        }
    }
    let y = net.relu(y);
    let y = net.head(y, 1000);
    finished(graph, y)
}
