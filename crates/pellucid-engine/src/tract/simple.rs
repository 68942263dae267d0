//! Operators whose plain form is one loop over memory: masks, comparisons with a number, sums at flat positions. tract walks them by index,
//! at several nanoseconds an element, and a backward pass is full of them. What they compute is what tract computes, bit for bit.

use pellucid_graph::{DType, Graph, Node, Wire, volume};
use tract_onnx::prelude::{TVec, Tensor, TractResult, tvec};
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::TypedOp;

/// An operator as one loop over `f32` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Simple {
    /// `Where(condition, values, number)`, the condition as large as the values.
    KeepWhere,
    /// A comparison with one number.
    Compare(Order),
    /// `ScatterElements` with `add` along the only axis.
    ScatterAdd,
}

/// How a value must stand to the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

const ORDERS: &[(&str, Order)] = &[
    ("Greater", Order::Greater),
    ("GreaterOrEqual", Order::GreaterOrEqual),
    ("Less", Order::Less),
    ("LessOrEqual", Order::LessOrEqual),
];

impl Simple {
    /// The loop of a node, when types and shapes are those of one.
    pub fn of(graph: &Graph, node: &Node) -> Option<Simple> {
        if !node.domain.is_empty() {
            return None;
        }
        let inputs: Vec<Wire> = node.inputs.iter().copied().collect::<Option<_>>()?;
        let is = |i: usize, dtype: DType| inputs.get(i).is_some_and(|w| graph.dtype(*w).is_ok_and(|d| d == dtype));
        let shape = |i: usize| inputs.get(i).and_then(|w| graph.shape(*w).ok());
        // a number of higher rank would raise the rank of the result
        let number = |i: usize, like: usize| {
            shape(i).zip(shape(like)).is_some_and(|(s, l)| volume(&s) == Some(1) && s.len() <= l.len())
        };
        match node.op.as_str() {
            "Where" if is(0, DType::Bool) && is(1, DType::F32) && is(2, DType::F32) => {
                (shape(0) == shape(1) && number(2, 1)).then_some(Simple::KeepWhere)
            }
            "ScatterElements" if is(0, DType::F32) && is(1, DType::I64) && is(2, DType::F32) => {
                let flat = shape(0)?.len() == 1 && shape(1)?.len() == 1 && shape(1) == shape(2);
                (flat && node.attrs.str("reduction") == Some("add")).then_some(Simple::ScatterAdd)
            }
            op if is(0, DType::F32) && is(1, DType::F32) && number(1, 0) => {
                ORDERS.iter().find(|row| row.0 == op).map(|row| Simple::Compare(row.1))
            }
            _ => None,
        }
    }
}

impl Op for Simple {
    fn name(&self) -> StaticName {
        match self {
            Simple::KeepWhere => "KeepWhere",
            Simple::Compare(_) => "CompareWithNumber",
            Simple::ScatterAdd => "ScatterAdd",
        }
        .into()
    }

    op_as_typed_op!();
}

impl EvalOp for Simple {
    not_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let made = match self {
            Simple::KeepWhere => keep_where(inputs)?,
            Simple::Compare(order) => compare(*order, &inputs)?,
            Simple::ScatterAdd => scatter_add(inputs)?,
        };
        Ok(tvec!(made.into_tvalue()))
    }
}

impl TypedOp for Simple {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let (like, dtype) = match self {
            Simple::KeepWhere => (1, f32::datum_type()),
            Simple::Compare(_) => (0, bool::datum_type()),
            Simple::ScatterAdd => (0, f32::datum_type()),
        };
        Ok(tvec!(dtype.fact(inputs[like].shape.clone())))
    }
}

fn numbers(value: &TValue) -> TractResult<&[f32]> {
    value.try_as_plain_ram()?.as_slice::<f32>()
}

fn one(value: &TValue) -> TractResult<f32> {
    numbers(value)?.first().copied().ok_or_else(|| format_err!("a number is missing"))
}

fn keep_where(inputs: TVec<TValue>) -> TractResult<Tensor> {
    let (condition, values, other) = args_3!(inputs);
    let other = one(&other)?;
    let mut out = values.into_tensor();
    let on = condition.try_as_plain_ram()?.as_slice::<bool>()?;
    for (value, on) in out.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?.iter_mut().zip(on) {
        *value = if *on { *value } else { other };
    }
    Ok(out)
}

fn compare(order: Order, inputs: &[TValue]) -> TractResult<Tensor> {
    let (values, number) = (numbers(&inputs[0])?, one(&inputs[1])?);
    let made: Vec<bool> = match order {
        Order::Greater => values.iter().map(|v| *v > number).collect(),
        Order::GreaterOrEqual => values.iter().map(|v| *v >= number).collect(),
        Order::Less => values.iter().map(|v| *v < number).collect(),
        Order::LessOrEqual => values.iter().map(|v| *v <= number).collect(),
    };
    Tensor::from_shape(inputs[0].shape(), &made)
}

fn scatter_add(inputs: TVec<TValue>) -> TractResult<Tensor> {
    let (data, places, updates) = args_3!(inputs);
    let mut out = data.into_tensor();
    let mut view = out.try_as_plain_ram_mut()?;
    let sums = view.as_slice_mut::<f32>()?;
    let size = sums.len();
    for (place, update) in places.try_as_plain_ram()?.as_slice::<i64>()?.iter().zip(numbers(&updates)?) {
        let at = if *place < 0 { place + size as i64 } else { *place };
        let slot = usize::try_from(at).ok().and_then(|at| sums.get_mut(at));
        *slot.ok_or_else(|| format_err!("position {place} of {size}"))? += update;
    }
    Ok(out)
}
