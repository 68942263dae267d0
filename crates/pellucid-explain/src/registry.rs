//! The one list of methods, in the order of all listings.

use crate::method::MethodInfo;
use crate::{ExplainError, Result, cam, gradient};

/// Every method.
pub static METHODS: &[&MethodInfo] = &[
    &cam::cam::INFO,
    &cam::grad_cam::INFO,
    &cam::grad_cam_plus_plus::INFO,
    &cam::xgrad_cam::INFO,
    &cam::layer_cam::INFO,
    &cam::hires_cam::INFO,
    &cam::grad_cam_elementwise::INFO,
    &gradient::saliency::INFO,
    &gradient::input_x_gradient::INFO,
    &gradient::full_grad::INFO,
    &gradient::deconvnet::INFO,
    &gradient::guided_backprop::INFO,
    &gradient::guided_grad_cam::INFO,
];

/// A method by id.
///
/// # Errors
/// When there is none, with the nearest id.
pub fn find(id: &str) -> Result<&'static MethodInfo> {
    METHODS.iter().copied().find(|m| m.id == id).ok_or_else(|| ExplainError::NoMethod {
        name: id.to_string(),
        near: pellucid_graph::nearest(id, METHODS.iter().map(|m| m.id)),
    })
}
