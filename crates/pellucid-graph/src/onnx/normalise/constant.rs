//! `Constant` nodes in all their forms.

use std::sync::Arc;

use super::super::value;
use super::{Emit, Row, Step};
use crate::{Data, Result, Tensor};

pub(super) const TABLE: &[Row] = &[("", "Constant", 1, super::ANY, constant)];

fn constant(step: &mut Step) -> Result<()> {
    let name = step.output(0).ok_or_else(|| step.error("makes nothing"))?;
    let value = read(step, &name)?;
    step.out.push(Emit::Constant(name, value));
    Ok(())
}

fn read(step: &mut Step, name: &str) -> Result<Tensor> {
    let attribute = match step.node.attribute.as_slice() {
        [one] => one,
        other => return Err(step.error(format!("needs one value, but has {}", other.len()))),
    };
    let strings = |values: Vec<Vec<u8>>| Data::Str(Arc::new(values));
    match attribute.name.as_str() {
        "value" => match &attribute.t {
            Some(t) => value::from_proto(t, name, step.loader),
            None => Err(step.error("its `value` isn't a tensor")),
        },
        "sparse_value" => match &attribute.sparse_tensor {
            Some(t) => value::from_sparse(t, name, step.loader),
            None => Err(step.error("its `sparse_value` isn't a sparse tensor")),
        },
        "value_float" => Ok(Tensor::scalar(attribute.f)),
        "value_floats" => Tensor::f32(&[attribute.floats.len()], attribute.floats.clone()),
        "value_int" => Tensor::i64(&[], vec![attribute.i]),
        "value_ints" => Ok(Tensor::vec_i64(&attribute.ints)),
        "value_string" => Tensor::new(vec![], strings(vec![attribute.s.clone()])),
        "value_strings" => Tensor::new(vec![attribute.strings.len()], strings(attribute.strings.clone())),
        other => Err(step.error(format!("has the attribute `{other}`, which isn't one of its values"))),
    }
}
