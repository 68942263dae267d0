//! The inputs that a perturbation covers, each with what it is covered by.

use pellucid_graph::{DType, Tensor};

use crate::baseline;
use crate::context::Context;
use crate::params::{ParamSpec, Values, text};
use crate::planes::Planes;
use crate::{ExplainError, Result};

/// Which input is covered.
pub(crate) const INPUT: ParamSpec = text(
    "input",
    "",
    "name of the input that is covered; the first with spatial axes, and those of its size, when empty",
);

/// An input that is covered, with its fill.
pub(crate) struct Site {
    /// Place among the inputs.
    pub input: usize,
    /// Order of its axes.
    pub planes: Planes,
    /// Values, `C x S..`.
    pub values: Vec<f64>,
    /// What covers it, `C x S..`; empty for a bare site.
    pub fill: Vec<f64>,
    dtype: DType,
}

impl Site {
    /// A site on its own.
    #[cfg(test)]
    pub fn of(planes: Planes, values: Vec<f64>) -> Site {
        let fill = vec![0.0; values.len()];
        Site { input: 0, planes, values, fill, dtype: DType::F32 }
    }

    /// The input with other values, `C x S..`.
    pub fn with(&self, values: Vec<f64>) -> Tensor {
        self.planes.join(self.dtype, values)
    }
}

/// The vector whose elements are switched one by one: the input that `input` names when it has no spatial axes, or the first of a model without
/// images.
///
/// # Errors
/// When several fills were handed in.
pub(crate) fn vector(context: &Context, values: &Values, method: &str) -> Result<Option<(String, Site)>> {
    let names: Vec<String> = context.model.inputs()?.into_iter().map(|(name, _)| name).collect();
    let planes = Planes::of_inputs(context)?;
    let float = |i: usize| context.inputs[i].dtype().is_float();
    let flat = |i: usize| float(i) && planes[i].spatial().is_empty() && context.inputs[i].rank() == 2;
    let images = (0..names.len()).any(|i| float(i) && !planes[i].spatial().is_empty());
    let wanted = values.word("input");
    let chosen = (0..names.len()).find(|&i| flat(i) && (names[i] == wanted || (wanted.is_empty() && !images)));
    let Some(input) = chosen else { return Ok(None) };
    let fills = baseline::baselines(context, values)?;
    let [fills] = fills.as_slice() else {
        let reason = format!("one fill is expected, {} were handed in", fills.len());
        return Err(ExplainError::Parameter { method: method.into(), reason });
    };
    let (planes, clean) = (planes[input].clone(), &context.inputs[input]);
    let (values, fill) = (clean.to_f64(), fills[input].to_f64());
    Ok(Some((names[input].clone(), Site { input, planes, values, fill, dtype: clean.dtype() })))
}

/// The inputs to cover: the one named, or the first with spatial axes and all of the same size. With the name of the first.
///
/// # Errors
/// When no input fits, or several fills were handed in.
pub(crate) fn sites(context: &Context, values: &Values, method: &str) -> Result<(String, Vec<Site>)> {
    let (name, mut sites) = bare_sites(context, values, method)?;
    let fills = baseline::baselines(context, values)?;
    let [fills] = fills.as_slice() else {
        let reason = format!("one fill is expected, {} were handed in", fills.len());
        return Err(ExplainError::Parameter { method: method.into(), reason });
    };
    sites.iter_mut().for_each(|s| s.fill = s.planes.split(&fills[s.input]));
    Ok((name, sites))
}

/// The same without anything to cover them by.
///
/// # Errors
/// When no input fits.
pub(crate) fn bare_sites(context: &Context, values: &Values, method: &str) -> Result<(String, Vec<Site>)> {
    let names: Vec<String> = context.model.inputs()?.into_iter().map(|(name, _)| name).collect();
    let planes = Planes::of_inputs(context)?;
    let spatial = |i: usize| context.inputs[i].dtype().is_float() && !planes[i].spatial().is_empty();
    let wanted = values.word("input");
    let first = (0..names.len()).find(|&i| spatial(i) && (wanted.is_empty() || names[i] == wanted));
    let Some(first) = first else {
        let reason = if wanted.is_empty() {
            "no input of the model has spatial axes".to_string()
        } else {
            format!("`input` is `{wanted}`, which isn't an input with spatial axes (inputs: {})", names.join(", "))
        };
        return Err(ExplainError::Parameter { method: method.into(), reason });
    };
    let same = |i: usize| wanted.is_empty() && spatial(i) && planes[i].spatial() == planes[first].spatial();
    let chosen = (0..names.len()).filter(|&i| i == first || same(i));
    let site = |input: usize| {
        let (planes, clean) = (planes[input].clone(), &context.inputs[input]);
        Site { input, values: planes.split(clean), planes, fill: vec![], dtype: clean.dtype() }
    };
    Ok((names[first].clone(), chosen.map(site).collect()))
}
