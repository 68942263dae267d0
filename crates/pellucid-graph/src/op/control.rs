//! Operators that run bodies, draw random numbers, or whose output size depends on data: known, but without an evaluator.

use super::{Call, unary};
use crate::{DType, Dim, Fact, Result};

/// A body decides types and shapes.
pub(super) fn infer_body(call: &Call) -> Result<Vec<Fact>> {
    Err(super::unsupported(call, "runs a body, which decides types and shapes of the outputs"))
}

/// One row (batch, class, box) per kept box.
pub(super) fn infer_boxes(call: &Call) -> Result<Vec<Fact>> {
    call.fact(0)?;
    Ok(vec![Fact { dtype: DType::I64, dims: vec![Dim::Unknown, Dim::Known(3)] }])
}

/// Values, first positions, inverse positions and counts, as many as there are distinct values.
pub(super) fn infer_unique(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    let values = match call.attrs.int("axis") {
        None => vec![Dim::Unknown],
        Some(axis) => {
            let mut dims = x.dims.clone();
            dims[call.axis(axis, x.rank())?] = Dim::Unknown;
            dims
        }
    };
    let count = Fact { dtype: DType::I64, dims: vec![Dim::Unknown] };
    let mut facts = vec![Fact { dtype: x.dtype, dims: values }];
    facts.resize(call.outputs.clamp(1, 4), count);
    Ok(facts)
}

/// Random numbers of the shape in an attribute.
pub(super) fn infer_random(call: &Call) -> Result<Vec<Fact>> {
    let shape = call.attrs.ints("shape").ok_or_else(|| call.error("attribute `shape` is missing"))?;
    let shape: Vec<usize> = shape.iter().map(|&n| call.size(n)).collect::<Result<_>>()?;
    Ok(vec![Fact::new(call.result_type(call.type_attr("dtype", DType::F32)?), &shape)])
}

/// Random numbers of the input's shape.
pub(super) fn infer_random_like(call: &Call) -> Result<Vec<Fact>> {
    let mut facts = unary::same(call)?;
    facts[0].dtype = call.result_type(call.type_attr("dtype", facts[0].dtype)?);
    Ok(facts)
}

/// `sample_size` draws for each row.
pub(super) fn infer_multinomial(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let draws = call.size(call.int("sample_size", 1))?;
    match x[..] {
        [batch, _] => Ok(vec![Fact::new(call.type_attr("dtype", DType::I32)?, &[batch, draws])]),
        _ => Err(call.error(format!("input of shape {x:?}, expected batch x classes"))),
    }
}
