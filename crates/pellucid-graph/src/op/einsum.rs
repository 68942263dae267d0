//! `Einsum`: sums of products over labelled axes, with ellipses, repeated labels and any number of operands.

use std::collections::BTreeMap;

use super::broadcast::{grid, strides};
use super::values::{Nums, num_tensor, nums};
use super::{Call, binary};
use crate::{Fact, Result, Tensor};

/// A label: a letter, or an axis of the ellipsis counted from its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Ellipsis(usize),
    Letter(char),
}

/// An equation with the sizes that the operands give.
struct Equation {
    operands: Vec<Vec<Label>>,
    output: Vec<Label>,
    sizes: BTreeMap<Label, usize>,
}

impl Equation {
    fn of(call: &Call) -> Result<Equation> {
        let text: String = call.str("equation", "").chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = match text.split_once("->") {
            Some((l, r)) => (l, Some(r)),
            None => (text.as_str(), None),
        };
        let terms: Vec<&str> = left.split(',').collect();
        if terms.len() != call.arity() {
            return Err(call.error(format!(
                "equation `{text}` is for {} operands, found {}",
                terms.len(),
                call.arity()
            )));
        }
        let mut e = Equation { operands: vec![], output: vec![], sizes: BTreeMap::new() };
        let mut dots = 0;
        for (i, term) in terms.iter().enumerate() {
            let shape = call.shape(i)?;
            let letters = term.chars().filter(|c| *c != '.').count();
            let spread = shape.len().checked_sub(letters);
            let spread =
                spread.ok_or_else(|| call.error(format!("`{term}` has more labels than {shape:?} has axes")))?;
            let labels = labels(term, spread).filter(|l| l.len() == shape.len());
            let labels =
                labels.ok_or_else(|| call.error(format!("`{term}` doesn't fit an operand of shape {shape:?}")))?;
            if term.contains('.') {
                dots = dots.max(spread);
            }
            e.note(call, &labels, &shape)?;
            e.operands.push(labels);
        }
        e.output = match right {
            Some(r) => labels(r, dots).ok_or_else(|| call.error(format!("`{r}` isn't a list of labels")))?,
            None => e.implicit_output(left),
        };
        let unknown = e.output.iter().find(|l| !e.sizes.contains_key(l));
        let twice = (1..e.output.len()).any(|i| e.output[..i].contains(&e.output[i]));
        if unknown.is_some() || twice {
            return Err(call.error(format!("the output of `{text}` must name labels of the operands, each once")));
        }
        Ok(e)
    }

    /// Sizes of labels: equal wherever they stand, 1 broadcasts.
    fn note(&mut self, call: &Call, labels: &[Label], shape: &[usize]) -> Result<()> {
        for (&label, &n) in labels.iter().zip(shape) {
            let size = self.sizes.entry(label).or_insert(n);
            match (*size, n) {
                (a, b) if a == b || b == 1 => {}
                (1, _) => *size = n,
                (a, b) => return Err(call.error(format!("an axis of {label:?} has sizes {a} and {b}"))),
            }
        }
        Ok(())
    }

    /// Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order.
    fn implicit_output(&self, left: &str) -> Vec<Label> {
        let once = |l: &Label| match l {
            Label::Ellipsis(_) => true,
            Label::Letter(c) => left.matches(*c).count() == 1,
        };
        // ellipsis axes count from the last, so they come in descending order
        let (mut dots, letters): (Vec<Label>, Vec<Label>) =
            self.sizes.keys().copied().filter(once).partition(|l| matches!(l, Label::Ellipsis(_)));
        dots.reverse();
        [dots, letters].concat()
    }

    /// The labels that the output doesn't have.
    fn summed(&self) -> Vec<Label> {
        self.sizes.keys().copied().filter(|l| !self.output.contains(l)).collect()
    }

    fn shape(&self, labels: &[Label]) -> Vec<usize> {
        labels.iter().map(|l| self.sizes[l]).collect()
    }

    /// Offsets in an operand for all combinations of the given labels; labels that it doesn't have don't move it, repeated ones move along
    /// the diagonal.
    fn offsets(&self, operand: &[Label], shape: &[usize], over: &[Label]) -> Vec<usize> {
        let own = strides(shape);
        let step = |l: &Label| -> usize {
            operand.iter().zip(shape).zip(&own).filter(|((o, n), _)| *o == l && **n != 1).map(|(_, s)| s).sum()
        };
        let axes: Vec<Vec<usize>> = over.iter().map(|l| (0..self.sizes[l]).map(|i| i * step(l)).collect()).collect();
        grid(&axes)
    }
}

/// The labels of one term, an ellipsis spread over `dots` axes; `None` when the term is malformed.
fn labels(term: &str, dots: usize) -> Option<Vec<Label>> {
    let mut out = vec![];
    let mut rest = term;
    let mut seen = false;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            if std::mem::replace(&mut seen, true) {
                return None;
            }
            out.extend((0..dots).rev().map(Label::Ellipsis));
            rest = after;
        } else if c.is_ascii_alphabetic() {
            out.push(Label::Letter(c));
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(out)
}

/// The sizes of the output labels.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let e = Equation::of(call)?;
    for i in 1..call.arity() {
        binary::same_type(call, 0, i)?;
    }
    Ok(vec![Fact::new(call.dtype(0)?, &e.shape(&e.output))])
}

/// Number of products that an output element sums.
pub(super) fn reads(call: &Call) -> usize {
    Equation::of(call).map_or(usize::MAX, |e| crate::volume(&e.shape(&e.summed())).unwrap_or(usize::MAX))
}

/// `Einsum`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let e = Equation::of(call)?;
    let summed = e.summed();
    if crate::volume(&e.shape(&summed)).is_none_or(|n| n > 1 << 28) {
        return Err(call.error("the sum runs over too many elements"));
    }
    let mut at_out = vec![];
    let mut at_sum = vec![];
    for (i, labels) in e.operands.iter().enumerate() {
        let shape = call.shape(i)?;
        at_out.push(e.offsets(labels, &shape, &e.output));
        at_sum.push(e.offsets(labels, &shape, &summed));
    }
    let values: Vec<Nums> = (0..call.arity()).map(|i| nums(call, inputs, i)).collect::<Result<_>>()?;
    let reals: Option<Vec<&[f64]>> =
        values.iter().map(|v| if let Nums::Real(v) = v { Some(&v[..]) } else { None }).collect();
    let ints: Option<Vec<&[i64]>> =
        values.iter().map(|v| if let Nums::Int(v) = v { Some(&v[..]) } else { None }).collect();
    let y = match (reals, ints) {
        (Some(v), _) => Nums::Real(contract(&v, &at_out, &at_sum, 1.0, |a, b| a * b, |a, b| a + b)),
        (_, Some(v)) => Nums::Int(contract(&v, &at_out, &at_sum, 1, i64::wrapping_mul, i64::wrapping_add)),
        _ => return Err(call.error("one operand is float, another isn't")),
    };
    Ok(vec![num_tensor(call, call.dtype(0)?, &e.shape(&e.output), y)?])
}

/// For each output element the sum over `at_sum` of the product of one element of each operand.
fn contract<T: Copy + Default>(
    values: &[&[T]],
    at_out: &[Vec<usize>],
    at_sum: &[Vec<usize>],
    one: T,
    mul: impl Fn(T, T) -> T,
    add: impl Fn(T, T) -> T,
) -> Vec<T> {
    let cells = at_out.first().map_or(0, Vec::len);
    let terms = at_sum.first().map_or(0, Vec::len);
    (0..cells)
        .map(|o| match (values, at_sum) {
            // two operands are by far the most common
            ([a, b], [sa, sb]) => {
                let (oa, ob) = (at_out[0][o], at_out[1][o]);
                sa.iter().zip(sb).fold(T::default(), |sum, (i, j)| add(sum, mul(a[oa + i], b[ob + j])))
            }
            _ => (0..terms).fold(T::default(), |sum, t| {
                let factors = values.iter().zip(at_out).zip(at_sum).map(|((v, o_at), s_at)| v[o_at[o] + s_at[t]]);
                add(sum, factors.fold(one, &mul))
            }),
        })
        .collect()
}
