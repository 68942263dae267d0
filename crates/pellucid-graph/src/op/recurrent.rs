//! Recurrent layers: `LSTM`, `GRU`, `RNN`, in all directions and layouts.

use super::Call;
use super::unary::{sigmoid, softplus};
use super::values::{optional, real_tensor, reals};
use crate::{Fact, Result, Tensor};

/// Sizes and attributes of a layer.
struct Layer {
    steps: usize,
    batch: usize,
    inputs: usize,
    hidden: usize,
    /// For each direction, whether it runs from the end.
    reversed: Vec<bool>,
    /// Batch axis first.
    batch_first: bool,
    gates: usize,
}

impl Layer {
    fn of(call: &Call) -> Result<Layer> {
        let gates = match call.op {
            "LSTM" => 4,
            "GRU" => 3,
            _ => 1,
        };
        let (x, w, r) = (call.shape(0)?, call.shape(1)?, call.shape(2)?);
        let reversed = match call.str("direction", "forward") {
            "forward" => vec![false],
            "reverse" => vec![true],
            "bidirectional" => vec![false, true],
            other => return Err(call.error(format!("`direction` is `{other}`"))),
        };
        let hidden = r.last().copied().unwrap_or(0);
        let rows = hidden.saturating_mul(gates);
        let [first, second, inputs] = x[..] else {
            return Err(call.error(format!("input of shape {x:?}, expected steps x batch x features")));
        };
        let d = reversed.len();
        if w != [d, rows, inputs] || r != [d, rows, hidden] || call.int("hidden_size", hidden as i64) != hidden as i64 {
            return Err(call.error(format!("weights {w:?} and {r:?} don't fit {d} directions of an input {x:?}")));
        }
        let batch_first = call.int("layout", 0) != 0;
        let (steps, batch) = if batch_first { (second, first) } else { (first, second) };
        let layer = Layer { steps, batch, inputs, hidden, reversed, batch_first, gates };
        layer.check(call)?;
        Ok(layer)
    }

    fn check(&self, call: &Call) -> Result<()> {
        let (d, h) = (self.reversed.len(), self.hidden);
        let state = self.order(&[d, self.batch, h]);
        for (i, shape) in [(3, vec![d, 2 * self.gates * h]), (5, state.clone()), (6, state), (7, vec![d, 3 * h])] {
            if call.has(i) && call.shape(i)? != shape {
                return Err(call.error(format!("input {i} has shape {:?}, expected {shape:?}", call.shape(i)?)));
            }
        }
        Ok(())
    }

    /// Refuses sequences of different lengths.
    fn check_lengths(&self, call: &Call) -> Result<()> {
        let full = |t: &Tensor| t.to_i64().iter().all(|&n| n == self.steps as i64);
        if !call.has(4) || call.constant(4).is_some_and(full) {
            return Ok(());
        }
        Err(call.error(format!(
            "sequence lengths (input 4) other than {} for the whole batch aren't supported; run the sequences one by one",
            self.steps
        )))
    }

    /// A shape `direction x batch x ..`, batch first in layout 1.
    fn order(&self, shape: &[usize]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        if self.batch_first {
            shape.swap(0, 1);
        }
        shape
    }

    fn output_shape(&self) -> Vec<usize> {
        let d = self.reversed.len();
        if self.batch_first {
            vec![self.batch, self.steps, d, self.hidden]
        } else {
            vec![self.steps, d, self.batch, self.hidden]
        }
    }

    /// Offset of the features of a step of a sample.
    fn input_at(&self, t: usize, b: usize) -> usize {
        let row = if self.batch_first { b * self.steps + t } else { t * self.batch + b };
        row * self.inputs
    }

    /// Offset of the hidden values of a step, direction and sample in the output.
    fn output_at(&self, t: usize, d: usize, b: usize) -> usize {
        let dirs = self.reversed.len();
        let row = if self.batch_first { (b * self.steps + t) * dirs + d } else { (t * dirs + d) * self.batch + b };
        row * self.hidden
    }

    /// Offset of a state of a direction and sample.
    fn state_at(&self, d: usize, b: usize) -> usize {
        let row = if self.batch_first { b * self.reversed.len() + d } else { d * self.batch + b };
        row * self.hidden
    }
}

/// All hidden states, the last one, and for `LSTM` the last cell state.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let layer = Layer::of(call)?;
    activations(call, layer.reversed.len())?;
    let dtype = call.dtype(0)?;
    let state = Fact::new(dtype, &layer.order(&[layer.reversed.len(), layer.batch, layer.hidden]));
    let mut facts = vec![Fact::new(dtype, &layer.output_shape())];
    facts.resize(call.outputs.clamp(1, if call.op == "LSTM" { 3 } else { 2 }), state);
    Ok(facts)
}

/// A gate's function with its parameters.
#[derive(Clone, Copy)]
struct Gate {
    f: fn(f64, f64, f64) -> f64,
    alpha: f64,
    beta: f64,
}

impl Gate {
    fn of(self, x: f64) -> f64 {
        (self.f)(x, self.alpha, self.beta)
    }
}

/// Name, function, and the defaults of alpha and beta as far as the function has them.
type Row = (&'static str, fn(f64, f64, f64) -> f64, &'static [f32]);

const FUNCTIONS: &[Row] = &[
    ("sigmoid", |x, _, _| sigmoid(x), &[]),
    ("tanh", |x, _, _| x.tanh(), &[]),
    ("relu", |x, _, _| x.max(0.0), &[]),
    ("affine", |x, a, b| a * x + b, &[1.0, 0.0]),
    ("leakyrelu", |x, a, _| if x < 0.0 { a * x } else { x }, &[0.01]),
    ("thresholdedrelu", |x, a, _| if x >= a { x } else { 0.0 }, &[1.0]),
    ("scaledtanh", |x, a, b| a * (b * x).tanh(), &[1.0, 1.0]),
    ("hardsigmoid", |x, a, b| (a * x + b).clamp(0.0, 1.0), &[0.2, 0.5]),
    ("elu", |x, a, _| if x < 0.0 { a * x.exp_m1() } else { x }, &[1.0]),
    ("softsign", |x, _, _| x / (1.0 + x.abs()), &[]),
    ("softplus", |x, _, _| softplus(x), &[]),
];

/// The functions of the gates, direction by direction. Parameters are taken in order by the functions that have some.
fn activations(call: &Call, directions: usize) -> Result<Vec<Gate>> {
    let default: &[&str] = match call.op {
        "LSTM" => &["Sigmoid", "Tanh", "Tanh"],
        "GRU" => &["Sigmoid", "Tanh"],
        _ => &["Tanh"],
    };
    let names: Vec<String> = match call.attrs.get("activations") {
        Some(crate::Attr::Strs(names)) if !names.is_empty() => names.clone(),
        _ => (0..directions).flat_map(|_| default.iter().map(ToString::to_string)).collect(),
    };
    if names.len() != default.len() * directions {
        return Err(call.error(format!("{} activations, expected {}", names.len(), default.len() * directions)));
    }
    let list = |name: &str| match call.attrs.get(name) {
        Some(crate::Attr::Floats(v)) => v.clone(),
        _ => vec![],
    };
    let mut given = [list("activation_alpha").into_iter(), list("activation_beta").into_iter()];
    names
        .iter()
        .map(|name| {
            let row = FUNCTIONS.iter().find(|r| r.0 == name.to_lowercase());
            let &(_, f, defaults) = row.ok_or_else(|| call.error(format!("activation `{name}` isn't known")))?;
            let mut p = [0.0; 2];
            for ((p, default), given) in p.iter_mut().zip(defaults).zip(&mut given) {
                *p = f64::from(given.next().unwrap_or(*default));
            }
            Ok(Gate { f, alpha: p[0], beta: p[1] })
        })
        .collect()
}

/// The weights of one direction and the state that it carries.
struct Cell<'a> {
    op: &'a str,
    hidden: usize,
    w: &'a [f64],
    r: &'a [f64],
    /// Input and recurrent bias, gates x hidden each.
    bias: Option<(&'a [f64], &'a [f64])>,
    peep: Option<&'a [f64]>,
    gates: &'a [Gate],
    clip: f64,
    /// `LSTM`: the forget gate is one minus the input gate. `GRU`: the reset gate acts after the recurrent product.
    linked: bool,
}

impl Cell<'_> {
    /// `W x + b_w` and `R h + b_r` for every gate row.
    fn parts(&self, x: &[f64], h: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let product = |m: &[f64], v: &[f64], b: Option<&[f64]>| -> Vec<f64> {
            let rows = m.len().checked_div(v.len()).unwrap_or(0).max(b.map_or(0, <[f64]>::len));
            (0..rows)
                .map(|i| {
                    let row = &m[i * v.len()..(i + 1) * v.len()];
                    b.map_or(0.0, |b| b[i]) + row.iter().zip(v).map(|(m, v)| m * v).sum::<f64>()
                })
                .collect()
        };
        (product(self.w, x, self.bias.map(|b| b.0)), product(self.r, h, self.bias.map(|b| b.1)))
    }

    fn clipped(&self, v: f64) -> f64 {
        v.clamp(-self.clip, self.clip)
    }

    /// The next hidden and cell state.
    fn step(&self, x: &[f64], h: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        match self.op {
            "LSTM" => self.lstm(x, h, c),
            "GRU" => (self.gru(x, h), vec![]),
            _ => {
                let (a, b) = self.parts(x, h);
                (a.iter().zip(b).map(|(a, b)| self.gates[0].of(self.clipped(a + b))).collect(), vec![])
            }
        }
    }

    /// Gate rows in the order input, output, forget, cell; peepholes input, output, forget.
    fn lstm(&self, x: &[f64], h: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (a, b) = self.parts(x, h);
        let n = self.hidden;
        let peep = |k: usize, j: usize, c: f64| self.peep.map_or(0.0, |p| p[k * n + j] * c);
        let pre = |gate: usize, j: usize| a[gate * n + j] + b[gate * n + j];
        let one = |j: usize| {
            let i = self.gates[0].of(self.clipped(pre(0, j) + peep(0, j, c[j])));
            let f = if self.linked { 1.0 - i } else { self.gates[0].of(self.clipped(pre(2, j) + peep(2, j, c[j]))) };
            let next = f * c[j] + i * self.gates[1].of(self.clipped(pre(3, j)));
            let o = self.gates[0].of(self.clipped(pre(1, j) + peep(1, j, next)));
            (o * self.gates[2].of(next), next)
        };
        (0..n).map(one).unzip()
    }

    /// Gate rows in the order update, reset, hidden.
    fn gru(&self, x: &[f64], h: &[f64]) -> Vec<f64> {
        let n = self.hidden;
        let (a, b) = self.parts(x, h);
        let gate = |k: usize, j: usize| self.gates[0].of(self.clipped(a[k * n + j] + b[k * n + j]));
        let reset: Vec<f64> = (0..n).map(|j| gate(1, j)).collect();
        let recurrent: Vec<f64> = if self.linked {
            (0..n).map(|j| reset[j] * b[2 * n + j]).collect()
        } else {
            let scaled: Vec<f64> = h.iter().zip(&reset).map(|(h, r)| h * r).collect();
            self.parts(x, &scaled).1[2 * n..].to_vec()
        };
        (0..n)
            .map(|j| {
                let (z, candidate) = (gate(0, j), self.gates[1].of(self.clipped(a[2 * n + j] + recurrent[j])));
                (1.0 - z) * candidate + z * h[j]
            })
            .collect()
    }
}

/// `LSTM`, `GRU` and `RNN`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let layer = Layer::of(call)?;
    layer.check_lengths(call)?;
    let (dirs, h, rows) = (layer.reversed.len(), layer.hidden, layer.gates * layer.hidden);
    let gates = activations(call, dirs)?;
    let (x, w, r) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?, reals(call, inputs, 2)?);
    let get = |i| optional(call, inputs, i);
    let (bias, h0, c0, peep) = (get(3)?, get(5)?, get(6)?, get(7)?);
    let states = dirs * layer.batch * h;
    let mut y = vec![0.0; layer.steps * states];
    let mut last_h = h0.unwrap_or_else(|| vec![0.0; states]);
    let mut last_c = c0.unwrap_or_else(|| vec![0.0; states]);
    let linked = if call.op == "LSTM" { "input_forget" } else { "linear_before_reset" };
    for d in 0..dirs {
        let per = gates.len() / dirs;
        let bias = bias.as_ref().map(|b| b[d * 2 * rows..(d + 1) * 2 * rows].split_at(rows));
        let cell = Cell {
            op: call.op,
            hidden: h,
            w: &w[d * rows * layer.inputs..(d + 1) * rows * layer.inputs],
            r: &r[d * rows * h..(d + 1) * rows * h],
            bias,
            peep: peep.as_ref().map(|p| &p[d * 3 * h..(d + 1) * 3 * h]),
            gates: &gates[d * per..(d + 1) * per],
            clip: call.attrs.float("clip").filter(|c| *c > 0.0).map_or(f64::INFINITY, f64::from),
            linked: call.int(linked, 0) != 0,
        };
        for b in 0..layer.batch {
            let at = layer.state_at(d, b);
            let (mut hidden, mut state) = (last_h[at..at + h].to_vec(), last_c[at..at + h].to_vec());
            for t in 0..layer.steps {
                let t = if layer.reversed[d] { layer.steps - 1 - t } else { t };
                let from = layer.input_at(t, b);
                (hidden, state) = cell.step(&x[from..from + layer.inputs], &hidden, &state);
                let to = layer.output_at(t, d, b);
                y[to..to + h].copy_from_slice(&hidden);
            }
            last_h[at..at + h].copy_from_slice(&hidden);
            last_c[at..at + state.len()].copy_from_slice(&state);
        }
    }
    let facts = infer(call)?;
    let tensor = |(f, v): (Fact, Vec<f64>)| {
        let shape = f.shape().ok_or_else(|| call.error("the output shape isn't fixed"))?;
        real_tensor(call, f.dtype, &shape, v)
    };
    facts.into_iter().zip([y, last_h, last_c]).map(tensor).collect()
}
