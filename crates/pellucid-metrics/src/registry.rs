//! The one list of metrics, in the order of all listings.

use crate::error::{MetricError, Result};
use crate::info::MetricInfo;
use crate::{
    axiomatic, calibration, cam, complexity, concepts, counterfactual, embedding, faithfulness, localisation,
    randomisation, robustness,
};

/// Every metric.
pub static METRICS: &[&MetricInfo] = &[
    &localisation::attribution_localisation::INFO,
    &localisation::average_precision::INFO,
    &localisation::focus::INFO,
    &localisation::iou::INFO,
    &localisation::lesion_recall::INFO,
    &localisation::pointing_game::INFO,
    &localisation::relevance_mass_accuracy::INFO,
    &localisation::relevance_rank_accuracy::INFO,
    &localisation::roc_auc::INFO,
    &localisation::top_k_intersection::INFO,
    &faithfulness::aopc::INFO,
    &faithfulness::comprehensiveness::INFO,
    &faithfulness::deletion::INFO,
    &faithfulness::faithfulness_correlation::INFO,
    &faithfulness::faithfulness_estimate::INFO,
    &faithfulness::infidelity::INFO,
    &faithfulness::insertion::INFO,
    &faithfulness::irof::INFO,
    &faithfulness::monotonicity::INFO,
    &faithfulness::monotonicity_correlation::INFO,
    &faithfulness::pixel_flipping::INFO,
    &faithfulness::road::INFO,
    &faithfulness::selectivity::INFO,
    &faithfulness::sensitivity_n::INFO,
    &faithfulness::sufficiency::INFO,
    &faithfulness::sufficiency_dasgupta::INFO,
    &cam::adcc::INFO,
    &cam::arcc::INFO,
    &cam::average_drop::INFO,
    &cam::average_gain::INFO,
    &cam::coherency::INFO,
    &cam::cam_complexity::INFO,
    &cam::increase_in_confidence::INFO,
    &robustness::avg_sensitivity::INFO,
    &robustness::consistency::INFO,
    &robustness::continuity::INFO,
    &robustness::local_lipschitz::INFO,
    &robustness::max_sensitivity::INFO,
    &robustness::relative_input_stability::INFO,
    &robustness::relative_output_stability::INFO,
    &robustness::relative_representation_stability::INFO,
    &complexity::complexity_entropy::INFO,
    &complexity::effective_complexity::INFO,
    &complexity::sparseness_gini::INFO,
    &randomisation::efficient_mprt::INFO,
    &randomisation::mprt::INFO,
    &randomisation::random_logit::INFO,
    &randomisation::smooth_mprt::INFO,
    &axiomatic::completeness::INFO,
    &axiomatic::input_invariance::INFO,
    &axiomatic::non_sensitivity::INFO,
    &concepts::cace::INFO,
    &concepts::concept_accuracy::INFO,
    &concepts::concept_completeness::INFO,
    &concepts::concept_shap::INFO,
    &concepts::intervention_curve::INFO,
    &concepts::tcav::INFO,
    &counterfactual::diversity::INFO,
    &counterfactual::im1::INFO,
    &counterfactual::im2::INFO,
    &counterfactual::image_similarity::INFO,
    &counterfactual::plausibility::INFO,
    &counterfactual::proximity::INFO,
    &counterfactual::sparsity::INFO,
    &counterfactual::validity::INFO,
    &embedding::embedding_continuity::INFO,
    &embedding::neighbour_preservation::INFO,
    &embedding::shepard_correlation::INFO,
    &embedding::stress::INFO,
    &embedding::trustworthiness::INFO,
    &calibration::adaptive_ece::INFO,
    &calibration::brier::INFO,
    &calibration::classwise_ece::INFO,
    &calibration::ece::INFO,
    &calibration::mce::INFO,
    &calibration::nll::INFO,
    &calibration::rmsce::INFO,
];

/// What to run for one method's heatmaps when nothing else is asked for, beside the controls.
pub static DEFAULT_SUITE: &[&MetricInfo] = &[
    &localisation::relevance_mass_accuracy::INFO,
    &localisation::relevance_rank_accuracy::INFO,
    &localisation::pointing_game::INFO,
    &faithfulness::insertion::INFO,
    &faithfulness::deletion::INFO,
    &faithfulness::aopc::INFO,
    &faithfulness::road::INFO,
    &faithfulness::infidelity::INFO,
    &robustness::max_sensitivity::INFO,
    &complexity::sparseness_gini::INFO,
    &randomisation::mprt::INFO,
];

/// A metric by id.
///
/// # Errors
/// When there is none.
pub fn find(id: &str) -> Result<&'static MetricInfo> {
    METRICS.iter().copied().find(|m| m.id == id).ok_or_else(|| MetricError::NoMetric(id.to_string()))
}
