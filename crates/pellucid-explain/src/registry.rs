//! The one list of methods, in the order of all listings.

use crate::method::MethodInfo;
use crate::{ExplainError, Result, attention, cam, gradient, perturbation, relevance};

/// Every method.
pub static METHODS: &[&MethodInfo] = &[
    &cam::cam::INFO,
    &cam::grad_cam::INFO,
    &cam::grad_cam_plus_plus::INFO,
    &cam::smooth_grad_cam_plus_plus::INFO,
    &cam::xgrad_cam::INFO,
    &cam::score_cam::INFO,
    &cam::faster_score_cam::INFO,
    &cam::ss_cam::INFO,
    &cam::is_cam::INFO,
    &cam::layer_cam::INFO,
    &cam::ablation_cam::INFO,
    &cam::eigen_cam::INFO,
    &cam::eigen_grad_cam::INFO,
    &cam::hires_cam::INFO,
    &cam::grad_cam_elementwise::INFO,
    &cam::dff::INFO,
    &cam::hr_cam::INFO,
    &gradient::saliency::INFO,
    &gradient::input_x_gradient::INFO,
    &gradient::smooth_grad::INFO,
    &gradient::smooth_grad_squared::INFO,
    &gradient::var_grad::INFO,
    &gradient::integrated_gradients::INFO,
    &gradient::guided_ig::INFO,
    &gradient::xrai::INFO,
    &gradient::gradient_shap::INFO,
    &gradient::activation_maximisation::INFO,
    &gradient::full_grad::INFO,
    &gradient::smooth_full_grad::INFO,
    &gradient::deconvnet::INFO,
    &gradient::guided_backprop::INFO,
    &gradient::guided_grad_cam::INFO,
    &relevance::lrp::INFO,
    &relevance::attn_lrp::INFO,
    &relevance::cp_lrp::INFO,
    &relevance::excitation_backprop::INFO,
    &relevance::deep_lift::INFO,
    &relevance::deep_shap::INFO,
    &attention::raw_attention::INFO,
    &attention::attention_rollout::INFO,
    &attention::attention_flow::INFO,
    &attention::chefer_cvpr::INFO,
    &attention::chefer_iccv::INFO,
    &perturbation::lime::INFO,
    &perturbation::kernel_shap::INFO,
    &perturbation::exact_shapley::INFO,
    &perturbation::permutation_shap::INFO,
    &perturbation::partition_shap::INFO,
    &perturbation::anchors::INFO,
    &perturbation::occlusion::INFO,
    &perturbation::rise::INFO,
    &perturbation::sidu::INFO,
    &perturbation::meaningful_perturbation::INFO,
    &perturbation::extremal_perturbation::INFO,
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
