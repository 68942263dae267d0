//! Values and gradients over the inputs of a model.

use pellucid_graph::Tensor;

use crate::context::Context;
use crate::evidence::{Grid, Map};
use crate::method::{Form, Gradients};
use crate::{ExplainError, Result};

/// One value per element of each input that holds real numbers.
pub(crate) type Field = Vec<Vec<f64>>;

/// Gradients at the inputs.
pub(crate) const INPUTS: Gradients = Gradients { layers: false, inputs: true, attention: false, form: Form::Canonical };

/// The values of the tensors that hold real numbers.
pub(crate) fn floats(tensors: &[Tensor]) -> Field {
    tensors.iter().filter(|t| t.dtype().is_float()).map(Tensor::to_f64).collect()
}

/// The inputs with other values where they hold real numbers.
pub(crate) fn with_values(inputs: &[Tensor], field: &Field) -> Vec<Tensor> {
    let mut field = field.iter();
    let one = |t: &Tensor| match t.dtype().is_float().then(|| field.next()).flatten() {
        Some(values) => Tensor::from_f64(t.dtype(), t.shape().to_vec(), values.clone()),
        None => t.clone(),
    };
    inputs.iter().map(one).collect()
}

/// Gradients as values.
///
/// # Errors
/// When one isn't finite.
pub(crate) fn finite(gradients: &[Tensor]) -> Result<Field> {
    for gradient in gradients {
        if let Some(index) = gradient.first_non_finite() {
            return Err(ExplainError::NonFinite { wire: "gradient at the input".into(), index });
        }
    }
    Ok(gradients.iter().map(Tensor::to_f64).collect())
}

/// A map for each input that holds real numbers.
///
/// # Errors
/// When an input of the model has no type.
pub(crate) fn maps(context: &Context, field: &Field) -> Result<Vec<Map>> {
    let inputs = context.float_inputs()?.into_iter().zip(field);
    let one = |((name, shape), values): (_, &Vec<f64>)| Map {
        grid: Grid::Input { name },
        shape,
        values: values.iter().map(|v| *v as f32).collect(),
    };
    Ok(inputs.map(one).collect())
}
