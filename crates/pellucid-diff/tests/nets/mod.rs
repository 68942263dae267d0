//! Small random networks of every kind, in double precision.

#![allow(dead_code)]

use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire};

/// A network with input `x`.
pub struct Net {
    pub graph: Graph,
    pub x: Wire,
    pub y: Wire,
}

/// Numbers between -1 and 1 that look random.
pub fn tensor(shape: &[usize], salt: u64) -> Tensor {
    let mut state = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xA5A5_1234_5678_9ABC;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    Tensor::f64(shape, (0..shape.iter().product()).map(|_| next()).collect()).unwrap()
}

/// Weights of the elements of an output, which make a scalar of it.
pub fn weights_of(n: usize) -> Vec<f64> {
    (0..n).map(|i| 1.0 - 0.3 * (i % 5) as f64).collect()
}

/// [`weights_of`] as a seed.
pub fn weights(graph: &mut Graph, y: Wire) -> Wire {
    let shape = graph.shape(y).unwrap();
    graph.add_constant("seed", Tensor::f64(&shape, weights_of(shape.iter().product())).unwrap())
}

/// A kind's name, and how it is made from a salt.
pub type Kind = (&'static str, fn(u64) -> Net);

/// All kinds.
pub const KINDS: &[Kind] = &[
    ("convolutional", convolutional),
    ("normalised", normalised),
    ("residual", residual),
    ("squeeze and excitation", excited),
    ("attention", attention),
    ("concatenated", concatenated),
    ("three-dimensional", solid),
    ("pooled", pooled),
    ("dense", dense),
    ("segmenting", segmenting),
];

struct Maker<'g> {
    b: Build<'g>,
    salt: u64,
}

impl Maker<'_> {
    fn constant(&mut self, shape: &[usize], scale: f64) -> Wire {
        self.salt += 1;
        let t = tensor(shape, self.salt);
        let values = t.to_f64().iter().map(|v| v * scale).collect();
        self.b.constant(Tensor::f64(shape, values).unwrap())
    }

    fn op(&mut self, op: &str, inputs: &[Wire], attrs: Attrs) -> Wire {
        self.b.op(op, inputs, attrs).unwrap()
    }

    /// A convolution of kernel 3 with padding, in any rank.
    fn conv(&mut self, x: Wire, out: usize, bias: bool) -> Wire {
        let shape = self.b.shape(x).unwrap();
        let rank = shape.len() - 2;
        let w = [vec![out, shape[1]], vec![3; rank]].concat();
        let mut inputs = vec![x, self.constant(&w, 0.5)];
        if bias {
            inputs.push(self.constant(&[out], 0.3));
        }
        self.op("Conv", &inputs, Attrs::new().with("pads", vec![1; 2 * rank]))
    }

    fn norm(&mut self, op: &str, x: Wire, size: usize, attrs: Attrs) -> Wire {
        let (scale, bias) = (self.constant(&[size], 1.0), self.constant(&[size], 0.5));
        self.op(op, &[x, scale, bias], attrs)
    }

    fn dense(&mut self, x: Wire, out: usize) -> Wire {
        let shape = self.b.shape(x).unwrap();
        let last = shape[shape.len() - 1];
        let (w, bias) = (self.constant(&[last, out], 0.7), self.constant(&[out], 0.3));
        let y = self.op("MatMul", &[x, w], Attrs::new());
        self.op("Add", &[y, bias], Attrs::new())
    }

    /// Global average pool and a dense layer.
    fn head(&mut self, x: Wire, classes: usize) -> Wire {
        let p = self.op("GlobalAveragePool", &[x], Attrs::new());
        let shape = self.b.shape(p).unwrap();
        let p = self.b.reshape(p, &shape[..2]).unwrap();
        self.dense(p, classes)
    }
}

fn net(name: &str, shape: &[usize], salt: u64, write: impl FnOnce(&mut Maker, Wire) -> Wire) -> Net {
    let mut graph = Graph::new(name);
    let x = graph.add_input("x", Fact::new(DType::F64, shape));
    let mut maker = Maker { b: Build::new(&mut graph, "net"), salt: salt * 1000 };
    let y = write(&mut maker, x);
    Net { graph, x, y }
}

fn window(k: i64, stride: i64, pad: i64, rank: usize) -> Attrs {
    Attrs::new()
        .with("kernel_shape", vec![k; rank])
        .with("strides", vec![stride; rank])
        .with("pads", vec![pad; 2 * rank])
}

/// Convolutions and rectifiers, an overlapping max pool, an average pool.
pub fn convolutional(salt: u64) -> Net {
    net("convolutional", &[1, 2, 7, 7], salt, |m, x| {
        let h = m.conv(x, 4, true);
        let h = m.op("Relu", &[h], Attrs::new());
        let h = m.op("MaxPool", &[h], window(3, 2, 1, 2));
        let h = m.conv(h, 4, true);
        let h = m.op("LeakyRelu", &[h], Attrs::new());
        let h = m.op("AveragePool", &[h], window(2, 2, 0, 2));
        m.head(h, 3)
    })
}

/// Batch, instance and group normalisation.
pub fn normalised(salt: u64) -> Net {
    net("normalised", &[2, 2, 5, 5], salt, |m, x| {
        let h = m.conv(x, 4, true);
        let (scale, bias, mean) = (m.constant(&[4], 1.0), m.constant(&[4], 1.0), m.constant(&[4], 1.0));
        let var = m.b.mul(mean, mean).unwrap();
        let h = m.op("BatchNormalization", &[h, scale, bias, mean, var], Attrs::new().with("epsilon", 0.1f32));
        let h = m.op("Elu", &[h], Attrs::new());
        let h = m.conv(h, 4, true);
        let h = m.norm("InstanceNormalization", h, 4, Attrs::new());
        let h = m.op("Selu", &[h], Attrs::new());
        let h = m.conv(h, 4, false);
        let h = m.norm("GroupNormalization", h, 4, Attrs::new().with("num_groups", 2));
        let h = m.op("HardSwish", &[h], Attrs::new());
        m.head(h, 3)
    })
}

/// Residual sums, and a product of two branches.
pub fn residual(salt: u64) -> Net {
    net("residual", &[1, 3, 6, 6], salt, |m, x| {
        let h = m.conv(x, 3, true);
        let s = m.op("Add", &[h, x], Attrs::new());
        let s = m.op("Relu", &[s], Attrs::new());
        let h = m.conv(s, 3, true);
        let h = m.op("Softplus", &[h], Attrs::new());
        let h = m.op("Mul", &[h, s], Attrs::new());
        let h = m.op("Sub", &[h, s], Attrs::new());
        m.head(h, 4)
    })
}

/// Squeeze and excitation, depthwise convolution, SiLU.
pub fn excited(salt: u64) -> Net {
    net("excited", &[1, 2, 6, 6], salt, |m, x| {
        let h = m.conv(x, 4, true);
        let h = m.op("Silu", &[h], Attrs::new());
        let w = m.constant(&[4, 1, 3, 3], 0.6);
        let h = m.op("Conv", &[h, w], Attrs::new().with("group", 4).with("pads", vec![1; 4]));
        let h = m.op("Mish", &[h], Attrs::new());
        let s = m.head(h, 2);
        let s = m.op("Silu", &[s], Attrs::new());
        let s = m.dense(s, 4);
        let s = m.op("Sigmoid", &[s], Attrs::new());
        let s = m.b.reshape(s, &[1, 4, 1, 1]).unwrap();
        let h = m.op("Mul", &[h, s], Attrs::new());
        m.head(h, 3)
    })
}

/// A transformer block: patches, layer normalisation, attention, GELU, RMS normalisation, and a softmax at the end.
pub fn attention(salt: u64) -> Net {
    net("attention", &[1, 2, 6, 6], salt, |m, x| {
        let w = m.constant(&[8, 2, 2, 2], 0.6);
        let h = m.op("Conv", &[x, w], Attrs::new().with("strides", vec![2, 2]));
        let h = m.b.reshape(h, &[1, 8, 9]).unwrap();
        let h = m.b.transpose(h, &[0, 2, 1]).unwrap();
        let n = m.norm("LayerNormalization", h, 8, Attrs::new());
        let heads = |m: &mut Maker, perm: &[usize]| {
            let q = m.dense(n, 8);
            let q = m.b.reshape(q, &[1, 9, 2, 4]).unwrap();
            m.b.transpose(q, perm).unwrap()
        };
        let (q, k, v) = (heads(m, &[0, 2, 1, 3]), heads(m, &[0, 2, 3, 1]), heads(m, &[0, 2, 1, 3]));
        let s = m.op("MatMul", &[q, k], Attrs::new());
        let s = m.op("Softmax", &[s], Attrs::new());
        let a = m.op("MatMul", &[s, v], Attrs::new());
        let a = m.b.transpose(a, &[0, 2, 1, 3]).unwrap();
        let a = m.b.reshape(a, &[1, 9, 8]).unwrap();
        let h = m.op("Add", &[h, a], Attrs::new());
        let scale = m.constant(&[8], 1.0);
        let n = m.op("RMSNormalization", &[h, scale], Attrs::new());
        let f = m.dense(n, 12);
        let f = m.op("Gelu", &[f], Attrs::new());
        let f = m.dense(f, 8);
        let h = m.op("Add", &[h, f], Attrs::new());
        let h = m.b.mean(h, &[1], false).unwrap();
        let y = m.dense(h, 3);
        m.op("LogSoftmax", &[y], Attrs::new())
    })
}

/// Branches of several functions, joined; maxima of two signals; a slice.
pub fn concatenated(salt: u64) -> Net {
    net("concatenated", &[1, 2, 5, 5], salt, |m, x| {
        let h = m.conv(x, 3, true);
        let parts: Vec<Wire> = ["Tanh", "Sigmoid", "Erf", "Abs", "Softsign", "Celu"]
            .iter()
            .map(|op| m.op(op, &[h], Attrs::new()))
            .collect();
        let joined = m.b.concat(&parts, 1).unwrap();
        let half = m.b.slice(joined, 1, 2, 11).unwrap();
        let h = m.conv(half, 3, true);
        let top = m.op("Max", &[h, parts[0], parts[3]], Attrs::new());
        let low = m.op("Min", &[h, parts[1]], Attrs::new());
        let one = m.b.exp(low).unwrap();
        let h = m.op("Div", &[top, one], Attrs::new());
        m.head(h, 3)
    })
}

/// A volume: convolution, instance normalisation, leaky rectifier, transposed convolution, pools.
pub fn solid(salt: u64) -> Net {
    net("solid", &[1, 1, 4, 5, 4], salt, |m, x| {
        let h = m.conv(x, 3, true);
        let h = m.norm("InstanceNormalization", h, 3, Attrs::new());
        let h = m.op("LeakyRelu", &[h], Attrs::new());
        let h = m.op("MaxPool", &[h], window(2, 2, 0, 3));
        let w = m.constant(&[3, 2, 2, 2, 2], 0.6);
        let h = m.op("ConvTranspose", &[h, w], Attrs::new().with("strides", vec![2; 3]));
        let h = m.op("Relu", &[h], Attrs::new());
        let h = m.conv(h, 3, true);
        let h = m.op("Gelu", &[h], Attrs::new().with("approximate", "tanh"));
        m.head(h, 2)
    })
}

/// Pools and norms of every kind, joined.
pub fn pooled(salt: u64) -> Net {
    net("pooled", &[1, 3, 6, 6], salt, |m, x| {
        let h = m.conv(x, 3, true);
        let h = m.op("LRN", &[h], Attrs::new().with("size", 3).with("alpha", 0.5f32));
        let l = m.op("LpPool", &[h], window(3, 2, 1, 2));
        let pools = ["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"].map(|op| m.op(op, &[l], Attrs::new()));
        let flat: Vec<Wire> = pools.iter().map(|p| m.b.reshape(*p, &[1, 3]).unwrap()).collect();
        let axes = m.b.ints(&[2, 3]);
        let drop = || Attrs::new().with("keepdims", 0);
        let reductions =
            ["ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceMean"];
        let mut all: Vec<Wire> = reductions.iter().map(|op| m.op(op, &[l, axes], drop())).collect();
        all.extend(flat);
        let j = m.b.concat(&all, 1).unwrap();
        let j = m.op("LpNormalization", &[j], Attrs::new());
        m.dense(j, 3)
    })
}

/// Dense layers with functions between.
pub fn dense(salt: u64) -> Net {
    net("dense", &[2, 6], salt, |m, x| {
        let w = m.constant(&[8, 6], 0.7);
        let c = m.constant(&[8], 0.3);
        let attrs = Attrs::new().with("transB", 1).with("alpha", 0.8f32).with("beta", -1.2f32);
        let h = m.op("Gemm", &[x, w, c], attrs);
        let h = m.op("Relu", &[h], Attrs::new());
        let h = m.dense(h, 7);
        let h = m.op("Tanh", &[h], Attrs::new());
        let (w, c) = (m.constant(&[7, 5], 0.7), m.constant(&[5], 0.3));
        let h = m.op("Linear", &[h, w, c], Attrs::new());
        let h = m.op("Softplus", &[h], Attrs::new());
        let h = m.op("Sqrt", &[h], Attrs::new());
        m.dense(h, 3)
    })
}

/// An encoder and decoder with a skip connection; the output is a map.
pub fn segmenting(salt: u64) -> Net {
    net("segmenting", &[1, 1, 6, 6], salt, |m, x| {
        let e = m.conv(x, 3, true);
        let e = m.op("Relu", &[e], Attrs::new());
        let d = m.op("MaxPool", &[e], window(2, 2, 0, 2));
        let d = m.conv(d, 3, true);
        let d = m.op("Relu", &[d], Attrs::new());
        let sizes = m.b.ints(&[1, 3, 6, 6]);
        let attrs = Attrs::new().with("mode", "linear").with("coordinate_transformation_mode", "half_pixel");
        let d = m.b.op_many("Resize", &[Some(d), None, None, Some(sizes)], attrs, 1).unwrap()[0];
        let j = m.b.concat(&[e, d], 1).unwrap();
        let y = m.conv(j, 2, true);
        m.op("Softmax", &[y], Attrs::new().with("axis", 1))
    })
}

/// Linear operators only.
pub fn linear(salt: u64) -> Net {
    net("linear", &[1, 2, 6, 6], salt, |m, x| {
        let h = m.conv(x, 4, true);
        let h = m.op("AveragePool", &[h], window(3, 2, 1, 2));
        let h = m.op("Neg", &[h], Attrs::new());
        m.head(h, 3)
    })
}

/// Rectifiers and maxima without biases.
pub fn unbiased(salt: u64) -> Net {
    net("unbiased", &[1, 2, 6, 6], salt, |m, x| {
        let h = m.conv(x, 4, false);
        let h = m.op("Relu", &[h], Attrs::new());
        let h = m.op("MaxPool", &[h], window(2, 2, 0, 2));
        let h = m.conv(h, 4, false);
        let h = m.op("Relu", &[h], Attrs::new());
        let w = m.constant(&[4, 3], 1.0);
        let p = m.op("GlobalAveragePool", &[h], Attrs::new());
        let p = m.b.reshape(p, &[1, 4]).unwrap();
        m.op("MatMul", &[p, w], Attrs::new())
    })
}
