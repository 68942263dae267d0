//! Recurrent layers: the layer is written out step by step in operators that have adjoints, and read backwards.

use pellucid_graph::{Attr, Attrs, Build, Wire};

use super::Flows;
use crate::{Pull, Result, gradient_rules, pull_back};

/// The plain gradient of `LSTM`, `GRU` and `RNN` with respect to the input, weights, biases, initial states and peepholes.
pub(super) fn recurrent(p: &mut Pull) -> Result<Flows> {
    let inputs = aliases(p)?;
    let outputs = unrolled(p, &inputs)?;
    let seeds: Vec<(Wire, Wire)> =
        outputs.into_iter().zip(&p.cotangents).filter_map(|(y, g)| Some((y, (*g)?))).collect();
    let (at, wrt): (Vec<usize>, Vec<Wire>) =
        inputs.iter().enumerate().filter(|(i, _)| p.wants(*i)).filter_map(|(i, w)| Some((i, (*w)?))).unzip();
    let pulled = pull_back(p.b.graph, &seeds, &wrt, &gradient_rules())?;
    let mut flows = vec![None; p.node.inputs.len()];
    for (i, flow) in at.into_iter().zip(pulled.wrt) {
        flows[i] = flow;
    }
    Ok(flows)
}

/// The node's outputs, written out step by step from other inputs.
pub(crate) fn unrolled(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    Layer::of(p)?.unroll(&mut p.b, inputs)
}

/// The node's inputs, the wanted ones under names of their own: one input may be computed from another, and constant weights must not
/// be folded into the steps.
fn aliases(p: &mut Pull) -> Result<Flows> {
    let mut out = vec![None; p.node.inputs.len().max(8)];
    for (i, out) in out.iter_mut().enumerate() {
        *out = match p.input(i) {
            Some(w) if p.wants(i) => {
                let name = format!("{}~steps", p.b.graph.name_of(w));
                Some(p.b.graph.push_lazy(&name, "Identity", &[w], Attrs::new())?)
            }
            other => other,
        };
    }
    Ok(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Lstm,
    Gru,
    Rnn,
}

/// Sizes and attributes of a layer.
struct Layer {
    kind: Kind,
    steps: usize,
    batch: usize,
    hidden: usize,
    /// For each direction, whether it runs from the end.
    reversed: Vec<bool>,
    /// Batch axis first in input, output and states.
    batch_first: bool,
    /// `LSTM`: the forget gate is one minus the input gate. `GRU`: the reset gate acts after the recurrent product.
    linked: bool,
    /// Bound on what goes into a gate's function.
    clip: Option<f64>,
}

impl Layer {
    fn of(p: &Pull) -> Result<Layer> {
        let (kind, linked, functions): (Kind, &str, &[&str]) = match p.node.op.as_str() {
            "LSTM" => (Kind::Lstm, "input_forget", &["sigmoid", "tanh", "tanh"]),
            "GRU" => (Kind::Gru, "linear_before_reset", &["sigmoid", "tanh"]),
            _ => (Kind::Rnn, "", &["tanh"]),
        };
        let reversed = match p.attrs().str("direction").unwrap_or("forward") {
            "forward" => vec![false],
            "reverse" => vec![true],
            "bidirectional" => vec![false, true],
            other => return Err(p.refuse(format!("`direction` is `{other}`"))),
        };
        check_functions(p, functions)?;
        let (x, r) = (p.shape(p.x(0)?)?, p.shape(p.x(2)?)?);
        let ([first, second, _], [_, _, hidden]) = (&x[..], &r[..]) else {
            return Err(p.refuse(format!("input of shape {x:?} and recurrent weights of shape {r:?}")));
        };
        let batch_first = p.int("layout", 0) != 0;
        let (steps, batch) = if batch_first { (*second, *first) } else { (*first, *second) };
        check_lengths(p, steps)?;
        Ok(Layer {
            kind,
            steps,
            batch,
            hidden: *hidden,
            reversed,
            batch_first,
            linked: p.int(linked, 0) != 0,
            clip: p.attrs().float("clip").filter(|c| *c > 0.0).map(f64::from),
        })
    }

    /// All hidden states, the last ones, and for `LSTM` the last cell states, in the shapes of the node's outputs.
    fn unroll(&self, b: &mut Build, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
        let of = |i: usize| inputs.get(i).copied().flatten();
        let (Some(x), Some(w), Some(r)) = (of(0), of(1), of(2)) else { return Ok(vec![]) };
        let x = if self.batch_first { b.transpose(x, &[1, 0, 2])? } else { x };
        let (h0, c0) = (self.initial(b, of(5), x)?, self.initial(b, of(6), x)?);
        let (mut ys, mut hs, mut cs) = (vec![], vec![], vec![]);
        for (d, &reversed) in self.reversed.iter().enumerate() {
            let cell = Cell::of(self, b, d, [Some(w), Some(r), of(3), of(7)])?;
            let (h, c) = (b.slice(h0, 0, d, d + 1)?, b.slice(c0, 0, d, d + 1)?);
            let (y, h, c) = self.run(b, &cell, x, (h, c), reversed)?;
            ys.push(b.reshape(y, &[self.steps, 1, self.batch, self.hidden])?);
            hs.push(h);
            cs.push(c);
        }
        let y = b.concat(&ys, 1)?;
        let mut out = vec![if self.batch_first { b.transpose(y, &[2, 0, 1, 3])? } else { y }];
        for states in if self.kind == Kind::Lstm { vec![hs, cs] } else { vec![hs] } {
            let state = b.concat(&states, 0)?;
            out.push(if self.batch_first { b.transpose(state, &[1, 0, 2])? } else { state });
        }
        Ok(out)
    }

    /// An initial state, `directions x batch x hidden`; zeros when it is left out.
    fn initial(&self, b: &mut Build, given: Option<Wire>, like: Wire) -> Result<Wire> {
        Ok(match given {
            Some(state) if self.batch_first => b.transpose(state, &[1, 0, 2])?,
            Some(state) => state,
            None => {
                let dtype = b.graph.dtype(like)?;
                b.zeros(dtype, &[self.reversed.len(), self.batch, self.hidden])?
            }
        })
    }

    /// One direction: all hidden states `steps x batch x hidden`, and the last hidden and cell state.
    fn run(
        &self,
        b: &mut Build,
        cell: &Cell,
        x: Wire,
        start: (Wire, Wire),
        reversed: bool,
    ) -> Result<(Wire, Wire, Wire)> {
        let (mut h, mut c) = start;
        let projected = biased(b, x, cell.w, cell.input_bias)?;
        let mut at = split(b, projected, 0, self.steps)?;
        if reversed {
            at.reverse();
        }
        let mut all = Vec::with_capacity(self.steps);
        for step in at {
            (h, c) = match self.kind {
                Kind::Lstm => cell.lstm(b, step, h, c)?,
                Kind::Gru => (cell.gru(b, step, h)?, c),
                Kind::Rnn => (cell.rnn(b, step, h)?, c),
            };
            all.push(h);
        }
        if reversed {
            all.reverse();
        }
        Ok((b.concat(&all, 0)?, h, c))
    }
}

/// Refuses gate functions other than the operator's defaults.
fn check_functions(p: &Pull, defaults: &[&str]) -> Result<()> {
    let Some(Attr::Strs(names)) = p.attrs().get("activations") else { return Ok(()) };
    match names.iter().zip(defaults.iter().cycle()).find(|(name, default)| name.to_lowercase() != **default) {
        Some((name, default)) => Err(p.refuse(format!("activation `{name}` in the place of `{default}`"))),
        None => Ok(()),
    }
}

/// Refuses sequences that are, or may be, shorter than the input.
fn check_lengths(p: &Pull, steps: usize) -> Result<()> {
    if steps == 0 {
        return Err(p.refuse("the sequence has no steps"));
    }
    match p.ints(4)? {
        Some(lengths) if lengths.iter().any(|&n| n != steps as i64) => {
            Err(p.refuse(format!("sequence lengths (input 4) other than {steps} for the whole batch")))
        }
        _ => Ok(()),
    }
}

/// The weights of one direction, ready to multiply from the right.
struct Cell {
    /// `1 x inputs x (gates hidden)`.
    w: Wire,
    /// `1 x hidden x (gates hidden)`.
    r: Wire,
    /// `1 x (gates hidden)`.
    input_bias: Option<Wire>,
    /// `1 x (gates hidden)`.
    recurrent_bias: Option<Wire>,
    /// Of the input, output and forget gate, `1 x hidden` each.
    peep: Option<Vec<Wire>>,
    hidden: usize,
    linked: bool,
    clip: Option<f64>,
}

impl Cell {
    /// Takes direction `d` of the weights, recurrent weights, biases and peepholes.
    fn of(layer: &Layer, b: &mut Build, d: usize, weights: [Option<Wire>; 4]) -> Result<Cell> {
        let mut part = [None; 4];
        for (part, from) in part.iter_mut().zip(weights) {
            *part = from.map(|w| b.slice(w, 0, d, d + 1)).transpose()?;
        }
        let [w, r, bias, peep] = part;
        let mut turned = |w: Option<Wire>| match w {
            Some(w) => Ok(b.swap_last(w)?),
            None => Err(pellucid_graph::GraphError::Invalid("a recurrent layer without weights".into())),
        };
        let (w, r) = (turned(w)?, turned(r)?);
        let biases = bias.map(|bias| split(b, bias, 1, 2)).transpose()?;
        let bias = |i: usize| biases.as_ref().and_then(|v| v.get(i).copied());
        Ok(Cell {
            w,
            r,
            input_bias: bias(0),
            recurrent_bias: bias(1),
            peep: peep.map(|peep| split(b, peep, 1, 3)).transpose()?,
            hidden: layer.hidden,
            linked: layer.linked,
            clip: layer.clip,
        })
    }

    fn clipped(&self, b: &mut Build, x: Wire) -> Result<Wire> {
        let Some(clip) = self.clip else { return Ok(x) };
        let (low, high) = (b.scalar(-clip, x)?, b.scalar(clip, x)?);
        Ok(b.op("Clip", &[x, low, high], Attrs::new())?)
    }

    fn sigmoid(&self, b: &mut Build, x: Wire) -> Result<Wire> {
        let x = self.clipped(b, x)?;
        Ok(b.sigmoid(x)?)
    }

    fn tanh(&self, b: &mut Build, x: Wire) -> Result<Wire> {
        let x = self.clipped(b, x)?;
        Ok(b.tanh(x)?)
    }

    /// `x + p c` with the peephole `k`, or `x`.
    fn peeped(&self, b: &mut Build, x: Wire, k: usize, c: Wire) -> Result<Wire> {
        let Some(weight) = self.peep.as_ref().and_then(|p| p.get(k).copied()) else { return Ok(x) };
        let seen = b.mul(c, weight)?;
        Ok(b.add(x, seen)?)
    }

    /// Gates in the order input, output, forget, cell; all of `1 x batch x hidden`.
    fn lstm(&self, b: &mut Build, x: Wire, h: Wire, c: Wire) -> Result<(Wire, Wire)> {
        let recurrent = biased(b, h, self.r, self.recurrent_bias)?;
        let sum = b.add(x, recurrent)?;
        let pre = split(b, sum, 2, 4)?;
        let input = self.peeped(b, pre[0], 0, c)?;
        let input = self.sigmoid(b, input)?;
        let forget = if self.linked {
            one_minus(b, input)?
        } else {
            let forget = self.peeped(b, pre[2], 2, c)?;
            self.sigmoid(b, forget)?
        };
        let candidate = self.tanh(b, pre[3])?;
        let (kept, new) = (b.mul(forget, c)?, b.mul(input, candidate)?);
        let next = b.add(kept, new)?;
        let output = self.peeped(b, pre[1], 1, next)?;
        let output = self.sigmoid(b, output)?;
        let shown = b.tanh(next)?;
        Ok((b.mul(output, shown)?, next))
    }

    /// Gates in the order update, reset, hidden; all of `1 x batch x hidden`.
    fn gru(&self, b: &mut Build, x: Wire, h: Wire) -> Result<Wire> {
        let x = split(b, x, 2, 3)?;
        let n = self.hidden;
        let gates = if self.linked { 3 } else { 2 };
        let recurrent = self.rows(b, h, 0, gates * n)?;
        let recurrent = split(b, recurrent, 2, gates)?;
        let (update, reset) = (b.add(x[0], recurrent[0])?, b.add(x[1], recurrent[1])?);
        let (update, reset) = (self.sigmoid(b, update)?, self.sigmoid(b, reset)?);
        let inner = if self.linked {
            b.mul(reset, recurrent[2])?
        } else {
            let scaled = b.mul(reset, h)?;
            self.rows(b, scaled, 2 * n, 3 * n)?
        };
        let candidate = b.add(x[2], inner)?;
        let candidate = self.tanh(b, candidate)?;
        let fresh = one_minus(b, update)?;
        let (new, kept) = (b.mul(fresh, candidate)?, b.mul(update, h)?);
        Ok(b.add(new, kept)?)
    }

    fn rnn(&self, b: &mut Build, x: Wire, h: Wire) -> Result<Wire> {
        let recurrent = biased(b, h, self.r, self.recurrent_bias)?;
        let sum = b.add(x, recurrent)?;
        self.tanh(b, sum)
    }

    /// The recurrent product of the gate rows `from..to`.
    fn rows(&self, b: &mut Build, h: Wire, from: usize, to: usize) -> Result<Wire> {
        let r = b.slice(self.r, 2, from, to)?;
        let bias = self.recurrent_bias.map(|bias| b.slice(bias, 1, from, to)).transpose()?;
        biased(b, h, r, bias)
    }
}

/// `x W + b` over the last two axes.
fn biased(b: &mut Build, x: Wire, w: Wire, bias: Option<Wire>) -> Result<Wire> {
    let y = b.matmul(x, w)?;
    Ok(match bias {
        Some(bias) => b.add(y, bias)?,
        None => y,
    })
}

fn one_minus(b: &mut Build, x: Wire) -> Result<Wire> {
    let one = b.scalar(1.0, x)?;
    Ok(b.sub(one, x)?)
}

/// `count` equal parts along an axis.
fn split(b: &mut Build, x: Wire, axis: usize, count: usize) -> Result<Vec<Wire>> {
    let size = b.shape(x)?.get(axis).copied().unwrap_or(0);
    let sizes = b.ints(&vec![(size / count.max(1)) as i64; count]);
    Ok(b.op_many("Split", &[Some(x), Some(sizes)], Attrs::new().with("axis", axis as i64), count)?)
}
