//! No operator panics, whatever its inputs and attributes, and what it computes is what it inferred.

#[path = "common/cases.rs"]
mod cases;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cases::{Case, cases};

use pellucid_graph::op::{self, OPS};
use pellucid_graph::{Attr, Attrs, DType, Dim, Fact, Tensor};

/// A small generator, so that the cases are the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % n as u64) as usize
    }

    fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }

    fn int(&mut self) -> i64 {
        self.of(&[0, 0, 1, 1, 1, 2, 2, 3, -1, -2, 4, 7, 100, i64::MAX, i64::MIN, 1 << 40, i64::from(i32::MAX)])
    }

    /// Mostly what a sane model would hold.
    fn small(&mut self) -> i64 {
        if self.roll(8) == 0 { self.int() } else { self.of(&[0, 1, 1, 2, 2, 3]) }
    }
}

const NAMES: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "axis",
    "axes",
    "group",
    "kernel_shape",
    "strides",
    "dilations",
    "pads",
    "output_padding",
    "output_shape",
    "auto_pad",
    "ceil_mode",
    "count_include_pad",
    "storage_order",
    "p",
    "keepdims",
    "noop_with_empty_axes",
    "to",
    "perm",
    "blocksize",
    "mode",
    "batch_dims",
    "reduction",
    "num_outputs",
    "upper",
    "batch_axis",
    "time_axis",
    "start",
    "end",
    "value",
    "dtype",
    "k",
    "equation",
    "coordinate_transformation_mode",
    "nearest_mode",
    "keep_aspect_ratio_policy",
    "antialias",
    "exclude_outside",
    "num_groups",
    "size",
    "epsilon",
    "training_mode",
    "padding_mode",
    "align_corners",
    "output_height",
    "output_width",
    "sampling_ratio",
    "direction",
    "hidden_size",
    "activations",
    "layout",
    "block_size",
    "output_dtype",
    "shape",
    "sample_size",
    "largest",
    "exclusive",
    "reverse",
    "select_last_index",
    "allowzero",
    "fmod",
    "transA",
    "transB",
    "linear_before_reset",
    "approximate",
    "detect_positive",
];

const WORDS: &[&str] = &[
    "",
    "NOTSET",
    "SAME_UPPER",
    "SAME_LOWER",
    "VALID",
    "constant",
    "reflect",
    "edge",
    "wrap",
    "DCR",
    "CRD",
    "add",
    "mul",
    "max",
    "min",
    "none",
    "nearest",
    "linear",
    "cubic",
    "zeros",
    "border",
    "reflection",
    "half_pixel",
    "asymmetric",
    "align_corners",
    "tf_crop_and_resize",
    "floor",
    "ceil",
    "round_prefer_ceil",
    "not_larger",
    "not_smaller",
    "LEFT",
    "RIGHT",
    "bidirectional",
    "reverse",
    "avg",
    "tanh",
    "ij,jk->ik",
    "...i,i...",
    "ii",
    "i..->",
    "->",
    ",",
    "a.b",
    "ij->ji",
    "é,é",
];

fn tensor(d: &mut Dice) -> Tensor {
    let dtype = d.of(&[
        DType::F32,
        DType::F32,
        DType::F32,
        DType::F64,
        DType::I64,
        DType::I64,
        DType::I32,
        DType::U8,
        DType::Bool,
    ]);
    let rank = d.of(&[0, 1, 1, 1, 2, 3, 4, 4, 5]);
    let shape: Vec<usize> = (0..rank).map(|_| d.of(&[0, 1, 1, 2, 2, 3, 4])).collect();
    let n = shape.iter().product();
    if dtype.is_float() {
        let one = |d: &mut Dice| d.of(&[0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e30, f64::NAN, f64::INFINITY]);
        return Tensor::from_f64(dtype, shape, (0..n).map(|_| one(d)).collect());
    }
    Tensor::from_i64(dtype, shape, (0..n).map(|_| d.small()).collect())
}

fn attr(d: &mut Dice) -> Attr {
    match d.roll(7) {
        0 | 1 => Attr::Int(d.small()),
        2 => Attr::Float(d.of(&[0.0, 0.5, -1.0, f32::NAN, 1e30])),
        3 => Attr::Str(d.of(WORDS).to_string()),
        4 => Attr::Tensor(tensor(d)),
        5 => Attr::Strs(vec![d.of(&["Tanh", "Relu", "x"]).to_string(); d.roll(4)]),
        _ => Attr::Ints((0..d.roll(5)).map(|_| d.small()).collect()),
    }
}

/// A call of random inputs and attributes.
fn random(name: &str, d: &mut Dice) -> Case {
    let mut attrs = Attrs::new();
    for _ in 0..d.roll(6) {
        attrs = attrs.with(d.of(NAMES), attr(d));
    }
    let like = tensor(d);
    let mut inputs: Vec<Option<Tensor>> = vec![];
    for _ in 0..d.roll(6) {
        let same = d.roll(3) == 0;
        inputs.push((d.roll(10) > 0).then(|| if same { like.clone() } else { tensor(d) }));
    }
    Case { line: 0, op: name.to_string(), attrs, inputs, outputs: vec![like; 1 + d.roll(3)] }
}

/// A sane call with one or two things wrong.
fn damage(case: &mut Case, d: &mut Dice) {
    for _ in 0..1 + d.roll(2) {
        let names: Vec<String> = case.attrs.0.keys().cloned().collect();
        let i = d.roll(case.inputs.len().max(1));
        match d.roll(6) {
            0 if !names.is_empty() => {
                let name = d.of(&names);
                case.attrs.0.insert(name, attr(d));
            }
            1 if !names.is_empty() => drop(case.attrs.0.remove(&d.of(&names))),
            2 if !names.is_empty() => {
                let name = d.of(&names);
                match case.attrs.0.get_mut(&name) {
                    Some(Attr::Int(v)) => *v = d.small(),
                    Some(Attr::Ints(v)) if !v.is_empty() => {
                        let i = d.roll(v.len());
                        v[i] = d.small();
                    }
                    _ => {}
                }
            }
            3 => case.attrs.0.extend([(d.of(NAMES).to_string(), attr(d))]),
            4 if !case.inputs.is_empty() => case.inputs[i] = (d.roll(3) > 0).then(|| tensor(d)),
            _ => {
                let Some(Some(t)) = case.inputs.get(i) else { continue };
                let mut values = t.to_f64();
                let mut shape = t.shape().to_vec();
                if !values.is_empty() && d.roll(2) == 0 {
                    let i = d.roll(values.len());
                    values[i] = d.small() as f64;
                } else if !shape.is_empty() {
                    let a = d.roll(shape.len());
                    shape[a] = d.roll(4);
                    values.resize(shape.iter().product(), 1.0);
                }
                case.inputs[i] = Some(Tensor::from_f64(t.dtype(), shape, values));
            }
        }
    }
}

fn check(case: &Case, d: &mut Dice) {
    let mut call = case.call();
    let mut facts: Vec<Option<Fact>> = call.facts.clone();
    let inferred = op::infer(&call);
    op::can_fold(&call);
    // large results are right as well, but slow
    let large = |f: &Fact| f.shape().and_then(|s| pellucid_graph::volume(&s)).is_some_and(|n| n > 1 << 20);
    if inferred.as_ref().is_ok_and(|f| f.iter().any(large)) {
        return;
    }
    for wide in [false, true] {
        let Ok(values) = op::eval(&call, wide) else { continue };
        // in `f64` inputs of different float types agree
        let Ok(inferred) = inferred.as_ref() else {
            assert!(wide, "evaluated, but not inferred");
            continue;
        };
        for (value, fact) in values.iter().zip(inferred) {
            assert_eq!(fact.shape().as_deref(), Some(value.shape()), "shape");
            assert!(wide || fact.dtype == value.dtype(), "{} inferred, {} computed", fact.dtype, value.dtype());
        }
    }
    // facts alone, some of them huge or unknown
    for fact in facts.iter_mut().flatten() {
        if let Some(dim) = fact.dims.first_mut() {
            *dim = d.of(&[
                Dim::Known(usize::MAX),
                Dim::Known(1 << 39),
                Dim::Unknown,
                Dim::Symbol("n".into()),
                Dim::Known(3),
            ]);
        }
    }
    call.constants.iter_mut().for_each(|c| {
        if d.roll(2) == 0 {
            *c = None
        }
    });
    call.facts = facts;
    for (f, c) in call.facts.iter_mut().zip(&call.constants) {
        if let Some(c) = c {
            *f = Some(Fact::new(c.dtype(), c.shape()));
        }
    }
    let _ = op::infer(&call);
    op::can_fold(&call);
}

fn rounds() -> u64 {
    std::env::var("PELLUCID_HOSTILE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// Runs `f` for each of the rounds of each item; panics are gathered, not thrown.
fn survive<T>(items: &[T], name: impl Fn(&T) -> String, f: impl Fn(&T, &mut Dice)) {
    let mut failed = vec![];
    for (i, item) in items.iter().enumerate() {
        for round in 0..rounds() {
            let seed = ((i as u64) << 32 | round).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            if catch_unwind(AssertUnwindSafe(|| f(item, &mut Dice(seed)))).is_err() {
                failed.push(format!("{} in round {round}", name(item)));
            }
        }
    }
    assert!(failed.is_empty(), "{} panics, the first of them {:?}", failed.len(), &failed[..failed.len().min(9)]);
}

#[test]
fn random_calls_never_panic() {
    survive(OPS, |o| o.name.to_string(), |o, d| check(&random(o.name, d), d));
}

#[test]
fn damaged_calls_never_panic() {
    let name = |c: &Case| format!("line {} ({})", c.line, c.op);
    survive(&cases(), name, |c, d| {
        let mut case = Case {
            line: c.line,
            op: c.op.clone(),
            attrs: c.attrs.clone(),
            inputs: c.inputs.clone(),
            outputs: c.outputs.clone(),
        };
        damage(&mut case, d);
        check(&case, d);
    });
}
