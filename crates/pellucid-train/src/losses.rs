//! Losses: scalars on top of a model's output, as graphs.
//!
//! # Formula
//! cross entropy:         -1/n sum_n log p(n, k_n)               p = softmax(z) over axis 1
//! soft cross entropy:    -1/n sum_n sum_k t(n, k) log p(n, k)
//! binary cross entropy:  1/m sum [ max(z, 0) - t z + log(1 + exp(-|z|)) ]
//! mean squared error:    1/m sum (z - t)²
//! soft Dice:             1 - mean over (n, k) of (2 sum p t + 1) / (sum p + sum t + 1)     p = sigmoid(z), sums over space
//!
//! # Symbols
//! z     output of the model before softmax or sigmoid     N x K x S, S any number of spatial axes
//! k_n   label, 0..K                                       N x S, i64
//! t     label: probability, 0 or 1, value, mask           as z
//! n, m  number of labels: N volume(S), N K volume(S)
//!
//! # Departures
//! Soft Dice is that of milletari2016vnet with plain instead of squared terms in the denominator, with 1 added above and below so that an empty
//! mask that is left empty costs nothing, and per channel, so that structures may overlap.
//!
//! # Source
//! goodfellow2016deep, 6.2.2; milletari2016vnet, section 3

use pellucid_diff::{gradient_rules, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire};

use crate::{Result, TrainError};

/// What a model is trained to make small. Its labels are an input of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// One of K classes; labels are integers.
    CrossEntropy,
    /// One of K classes; labels are probabilities.
    SoftCrossEntropy,
    /// Any number of K findings, each there (1) or not (0).
    BinaryCrossEntropy,
    /// Values.
    MeanSquaredError,
    /// Masks, 0 or 1, one for each channel.
    SoftDice,
}

/// Writes a loss from output and labels.
type Write = fn(&mut Build, Wire, Wire) -> Result<Wire>;

/// The one table of losses: id, whether labels are integers, how it is written.
static LOSSES: &[(Loss, &str, bool, Write)] = &[
    (Loss::CrossEntropy, "cross-entropy", true, cross_entropy),
    (Loss::SoftCrossEntropy, "soft-cross-entropy", false, soft_cross_entropy),
    (Loss::BinaryCrossEntropy, "binary-cross-entropy", false, binary_cross_entropy),
    (Loss::MeanSquaredError, "mean-squared-error", false, mean_squared_error),
    (Loss::SoftDice, "soft-dice", false, soft_dice),
];

impl Loss {
    fn row(self) -> &'static (Loss, &'static str, bool, Write) {
        LOSSES.iter().find(|row| row.0 == self).unwrap_or(&LOSSES[0])
    }

    /// Its name.
    pub fn id(self) -> &'static str {
        self.row().1
    }

    /// Whether labels are class numbers rather than values.
    pub fn takes_classes(self) -> bool {
        self.row().2
    }

    /// Puts the loss on an output, with an input for the labels. Returns the labels and the loss, of shape `1`.
    ///
    /// # Errors
    /// When the output isn't a float tensor of fixed shape with samples and channels on its first two axes.
    pub fn attach(self, graph: &mut Graph, output: Wire) -> Result<(Wire, Wire)> {
        let (shape, dtype) = (graph.shape(output)?, graph.dtype(output)?);
        if shape.len() < 2 || shape.contains(&0) || !dtype.is_float() {
            return Err(TrainError::Loss {
                loss: self.id().into(),
                output: graph.name_of(output).into(),
                expected: "a float output of samples x channels, with or without spatial axes",
                found: graph.fact(output)?.to_string(),
            });
        }
        let fact = if self.takes_classes() {
            let places: Vec<usize> = shape.iter().enumerate().filter(|(axis, _)| *axis != 1).map(|(_, n)| *n).collect();
            Fact::new(DType::I64, &places)
        } else {
            Fact::new(dtype, &shape)
        };
        let labels = graph.add_input("labels", fact);
        let mut b = Build::new(graph, "loss");
        let loss = (self.row().3)(&mut b, output, labels)?;
        Ok((labels, b.reshape(loss, &[1])?))
    }
}

/// The gradient of a loss with respect to each weight: the graph of the loss, read backwards.
///
/// # Errors
/// When a node on the way has no gradient, or the loss doesn't depend on a weight, naming it.
pub fn weight_gradients(graph: &mut Graph, loss: Wire, weights: &[Wire]) -> Result<Vec<Wire>> {
    let one = Tensor::full(graph.dtype(loss)?, &graph.shape(loss)?, 1.0);
    let one = Build::new(graph, "loss~back").constant(one);
    let pulled = pull_back(graph, &[(loss, one)], weights, &gradient_rules())?;
    let flows = weights.iter().zip(pulled.wrt);
    flows
        .map(|(weight, flow)| {
            flow.ok_or_else(|| TrainError::Weight {
                name: graph.name_of(*weight).into(),
                reason: "the loss doesn't depend on it".into(),
            })
        })
        .collect()
}

/// Cross entropy of one class out of `K`. `z` is `N x K x S`, `labels` `N x S` of type `i64`.
///
/// # Errors
/// When shapes don't fit.
pub fn cross_entropy(b: &mut Build, z: Wire, labels: Wire) -> Result<Wire> {
    let shape = b.shape(z)?;
    let (mut thin, mut ruler) = (shape.clone(), vec![1; shape.len()]);
    (thin[1], ruler[1]) = (1, shape[1]);
    let labels = b.reshape(labels, &thin)?;
    let classes = b.constant(Tensor::from_i64(DType::I64, ruler, (0..shape[1] as i64).collect()));
    let own = b.equal(labels, classes)?;
    let log_p = b.op("LogSoftmax", &[z], Attrs::new().with("axis", 1))?;
    let log_p = b.keep_where(own, log_p)?;
    mean_over_labels(b, log_p, -1.0)
}

/// Cross entropy of a distribution over `K` classes. `z` and `labels` are `N x K x S`.
///
/// # Errors
/// When shapes don't fit.
pub fn soft_cross_entropy(b: &mut Build, z: Wire, labels: Wire) -> Result<Wire> {
    let log_p = b.op("LogSoftmax", &[z], Attrs::new().with("axis", 1))?;
    let terms = b.mul(labels, log_p)?;
    mean_over_labels(b, terms, -1.0)
}

/// `sign / n` times the sum of terms of which each label has `K`.
fn mean_over_labels(b: &mut Build, terms: Wire, sign: f64) -> Result<Wire> {
    let shape = b.shape(terms)?;
    let labels: usize = shape.iter().product::<usize>() / shape[1];
    let sum = total(b, terms)?;
    Ok(b.scale(sum, sign / labels as f64)?)
}

/// Binary cross entropy on logits; `z` and `labels` have the same shape. It stays finite however large `z` is, and its gradient is
/// `sigmoid(z) - t` at zero as well, for it is written with conditions rather than with `max` and `abs`.
///
/// # Errors
/// When shapes don't fit.
pub fn binary_cross_entropy(b: &mut Build, z: Wire, labels: Wire) -> Result<Wire> {
    let above = b.above(z, 0.0)?;
    let positive = b.keep_where(above, z)?;
    let minus_z = b.neg(z)?;
    let minus_size = b.select(above, minus_z, z)?;
    let e = b.exp(minus_size)?;
    let e = b.shift(e, 1.0)?;
    let tail = b.log(e)?;
    let tz = b.mul(labels, z)?;
    let terms = b.sub(positive, tz)?;
    let terms = b.add(terms, tail)?;
    mean(b, terms)
}

/// Mean squared error; `z` and `labels` have the same shape.
///
/// # Errors
/// When shapes don't fit.
pub fn mean_squared_error(b: &mut Build, z: Wire, labels: Wire) -> Result<Wire> {
    let d = b.sub(z, labels)?;
    let d = b.mul(d, d)?;
    mean(b, d)
}

/// Soft Dice on logits; `z` and `labels` have the same shape `N x K x S`.
///
/// # Errors
/// When shapes don't fit.
pub fn soft_dice(b: &mut Build, z: Wire, labels: Wire) -> Result<Wire> {
    let space: Vec<usize> = (2..b.shape(z)?.len()).collect();
    let p = b.sigmoid(z)?;
    let both = b.mul(p, labels)?;
    let both = b.sum(both, &space, false)?;
    let above = b.scale(both, 2.0)?;
    let above = b.shift(above, 1.0)?;
    let sizes = b.add(p, labels)?;
    let below = b.sum(sizes, &space, false)?;
    let below = b.shift(below, 1.0)?;
    let dice = b.div(above, below)?;
    let dice = mean(b, dice)?;
    let dice = b.neg(dice)?;
    Ok(b.shift(dice, 1.0)?)
}

fn total(b: &mut Build, x: Wire) -> Result<Wire> {
    let axes: Vec<usize> = (0..b.shape(x)?.len()).collect();
    Ok(b.sum(x, &axes, false)?)
}

fn mean(b: &mut Build, x: Wire) -> Result<Wire> {
    let n = b.volume(x)?;
    let sum = total(b, x)?;
    Ok(b.scale(sum, 1.0 / n as f64)?)
}

#[cfg(test)]
mod tests {
    use pellucid_graph::interpret;

    use super::*;
    use crate::Stream;

    /// Loss and gradient with respect to the output, in `f64`.
    fn at(loss: Loss, shape: &[usize], z: &[f64], labels: &Tensor) -> (f64, Vec<f64>) {
        let mut graph = Graph::new("loss");
        let output = graph.add_input("z", Fact::new(DType::F64, shape));
        let (_, value) = loss.attach(&mut graph, output).unwrap();
        let gradient = weight_gradients(&mut graph, value, &[output]).unwrap();
        graph.set_outputs(&[value, gradient[0]]);
        let inputs = [Tensor::f64(shape, z.to_vec()).unwrap(), labels.clone()];
        let out = interpret::run(&graph, &inputs, true).unwrap();
        (out[0].to_f64()[0], out[1].to_f64())
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-7 * (1.0 + b.abs())
    }

    #[test]
    fn values_by_hand() {
        let two = |v: [f64; 2]| Tensor::f64(&[1, 2], v.to_vec()).unwrap();
        let ln = f64::ln;
        // softmax(0, ln 3) = (1/4, 3/4)
        let z = [0.0, ln(3.0)];
        assert!(close(at(Loss::CrossEntropy, &[1, 2], &z, &Tensor::i64(&[1], vec![0]).unwrap()).0, ln(4.0)));
        assert!(close(at(Loss::SoftCrossEntropy, &[1, 2], &z, &two([0.5, 0.5])).0, ln(4.0) - 0.5 * ln(3.0)));
        // sigmoid(ln 3) = 3/4
        assert!(close(at(Loss::BinaryCrossEntropy, &[1, 2], &z, &two([1.0, 0.0])).0, (ln(2.0) + ln(4.0)) / 2.0));
        assert!(close(at(Loss::MeanSquaredError, &[1, 2], &[1.0, -2.0], &two([0.0, 1.0])).0, 5.0));
        // one channel of two voxels, p = (1/2, 3/4), t = (0, 1): (2 * 3/4 + 1) / (5/4 + 1 + 1)
        let mask = Tensor::f64(&[1, 1, 2], vec![0.0, 1.0]).unwrap();
        assert!(close(at(Loss::SoftDice, &[1, 1, 2], &z, &mask).0, 1.0 - 2.5 / 3.25));
    }

    #[test]
    fn cross_entropy_of_voxels_reads_the_label_of_each() {
        let shape = [2, 3, 2, 2];
        let mut stream = Stream::new(5, 0);
        let z: Vec<f64> = (0..24).map(|_| stream.normal()).collect();
        let labels: Vec<i64> = (0..8).map(|_| stream.below(3) as i64).collect();
        let mut expected = 0.0;
        for n in 0..2 {
            for s in 0..4 {
                let own = |k: usize| z[n * 12 + k * 4 + s];
                let normaliser: f64 = (0..3).map(|k| own(k).exp()).sum::<f64>().ln();
                expected += (normaliser - own(labels[n * 4 + s] as usize)) / 8.0;
            }
        }
        let labels = Tensor::i64(&[2, 2, 2], labels).unwrap();
        assert!(close(at(Loss::CrossEntropy, &shape, &z, &labels).0, expected));
    }

    /// Labels of the right kind for a loss.
    fn labels(loss: Loss, shape: &[usize], stream: &mut Stream) -> Tensor {
        let n: usize = shape.iter().product();
        if loss.takes_classes() {
            let places: Vec<usize> = [&shape[..1], &shape[2..]].concat();
            let values = (0..n / shape[1]).map(|_| stream.below(shape[1]) as i64).collect();
            return Tensor::i64(&places, values).unwrap();
        }
        Tensor::f64(shape, (0..n).map(|_| stream.uniform()).collect()).unwrap()
    }

    #[test]
    fn gradients_by_finite_differences() {
        for (loss, ..) in LOSSES {
            for shape in [vec![3, 4], vec![2, 3, 4], vec![2, 1, 3, 2], vec![1, 2, 2, 2, 3]] {
                let mut stream = Stream::new(7, shape.len() as u64);
                let n: usize = shape.iter().product();
                let z: Vec<f64> = (0..n).map(|_| 2.0 * stream.normal()).collect();
                let t = labels(*loss, &shape, &mut stream);
                let (_, gradient) = at(*loss, &shape, &z, &t);
                let h = 1e-5;
                for i in 0..n {
                    let moved = |by: f64| {
                        let mut z = z.clone();
                        z[i] += by;
                        at(*loss, &shape, &z, &t).0
                    };
                    let difference = (moved(h) - moved(-h)) / (2.0 * h);
                    assert!(close(gradient[i], difference), "{}: {} {difference}", loss.id(), gradient[i]);
                }
            }
        }
    }

    #[test]
    fn binary_cross_entropy_is_stable_and_right_at_zero() {
        let t = Tensor::f64(&[1, 3], vec![0.0, 1.0, 1.0]).unwrap();
        let (loss, gradient) = at(Loss::BinaryCrossEntropy, &[1, 3], &[800.0, -800.0, 0.0], &t);
        assert!(close(loss, (1600.0 + 2f64.ln()) / 3.0), "{loss}");
        for (g, e) in gradient.iter().zip([1.0, -1.0, -0.5]) {
            assert!(close(*g, e / 3.0), "{gradient:?}");
        }
    }

    #[test]
    fn an_output_without_channels_is_refused() {
        let mut graph = Graph::new("flat");
        let output = graph.add_input("y", Fact::new(DType::F32, &[3]));
        let error = Loss::CrossEntropy.attach(&mut graph, output).unwrap_err().to_string();
        assert!(error.contains("`y`") && error.contains("f32[3]"), "{error}");
    }
}
