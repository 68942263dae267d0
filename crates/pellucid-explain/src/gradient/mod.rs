//! Gradients with respect to the input, and what is made of them.

pub mod activation_maximisation;
pub(crate) mod ascent;
pub(crate) mod canvas;
pub(crate) mod cover;
pub mod deconvnet;
pub(crate) mod field;
pub mod full_grad;
pub mod gradient_shap;
pub mod guided_backprop;
pub mod guided_grad_cam;
pub mod guided_ig;
pub(crate) mod image_prior;
pub mod input_x_gradient;
pub mod integrated_gradients;
pub(crate) mod noise;
pub(crate) mod quadrature;
pub(crate) mod regions;
pub mod saliency;
pub(crate) mod slope;
pub(crate) mod smooth;
pub mod smooth_full_grad;
pub mod smooth_grad;
pub mod smooth_grad_squared;
pub(crate) mod successive;
pub mod var_grad;
pub mod xrai;

use pellucid_diff::RuleSet;
use pellucid_graph::Wire;

use crate::Result;
use crate::assembly::Assembly;
use crate::evidence::Grid;
use crate::method::{Written, WrittenMap};

/// A map for each input that holds real numbers, made of the input and its gradient.
pub(crate) fn per_input(
    assembly: &mut Assembly,
    mut make: impl FnMut(&mut Assembly, Wire, Wire) -> Result<Wire>,
) -> Result<Written> {
    let mut written = Written::default();
    for input in assembly.float_inputs() {
        let gradient = assembly.gradient_at(input)?;
        let wire = make(assembly, input, gradient)?;
        written.maps.push(WrittenMap { grid: Grid::Input { name: assembly.name_of(input) }, wire });
    }
    Ok(written)
}

/// What flows back to each input under a rule set.
pub(crate) fn per_input_under(assembly: &mut Assembly, rules: &RuleSet) -> Result<Written> {
    let wrt = assembly.float_inputs();
    let flows = assembly.pull(rules, &wrt)?;
    let maps = wrt.into_iter().zip(flows);
    let maps = maps.map(|(input, wire)| WrittenMap { grid: Grid::Input { name: assembly.name_of(input) }, wire });
    Ok(Written { maps: maps.collect(), ..Written::default() })
}
