//! Metrics of explanations: localisation, faithfulness, robustness, complexity, randomisation, axioms, text, concepts, counterfactuals,
//! embeddings, calibration. Every metric is a deterministic core that takes its samples as arguments, and a seeded sampler on top.
//!
//! A metric gives a [`Score`], whose value is a number or [`Undefined`] with the reason. Model and explainer are traits that work in
//! batches ([`Model`], [`Explainer`]); perturbed inputs are made when they are needed, so memory stays bounded by one batch.
//!
//! ```
//! use pellucid_metrics::faithfulness::{Steps, deletion};
//! use pellucid_metrics::{Baseline, Evaluator, Heatmap, Image, Rows};
//!
//! # fn main() -> pellucid_metrics::Result<()> {
//! // A model of one class that sums its input; any engine will do.
//! let mut model = |rows: Rows<'_>| Ok(rows.iter().map(|x| x.iter().sum()).collect::<Vec<f64>>());
//! let image = Image::new(1, &[2, 2], &[4.0, 3.0, 2.0, 1.0])?;
//! let heatmap = Heatmap::new(&[2, 2], image.values)?;
//!
//! let mut evaluator = Evaluator::new(&mut model, 0);
//! let score = deletion::evaluate(&mut evaluator, &image, &heatmap, Steps::of(1), &Baseline::Zero)?;
//! assert_eq!(score.curve.as_ref().unwrap().y, [10.0, 6.0, 3.0, 1.0, 0.0]);
//! assert_eq!(score.value, Ok(3.75));
//! assert_eq!(score.signature(), "deletion[step=1,region=all,baseline=zero]");
//! # Ok(())
//! # }
//! ```

pub mod area;
pub mod axiomatic;
mod baseline;
mod blur;
pub mod calibration;
pub mod cam;
pub mod complexity;
pub mod concepts;
pub mod controls;
pub mod correlation;
pub mod counterfactual;
pub mod embedding;
mod error;
pub mod faithfulness;
mod frame;
mod image;
mod info;
pub mod localisation;
mod model;
mod pooling;
mod random;
pub mod randomisation;
pub mod ranking;
mod registry;
pub mod robustness;
mod score;
mod ssim;
pub mod statistics;
pub mod text;
mod undefined;
mod walk;

pub use baseline::Baseline;
pub use blur::{gaussian_blur, rise_blur, rise_kernel};
pub use error::{MetricError, Result, settle};
pub use image::{Heatmap, Image, Mask, Sign, restrict};
pub use info::{Direction, Family, MetricInfo, Need};
pub use model::{Batching, Evaluator, Explainer, Model, Outputs, Rows, explain_each};
pub use pooling::Pooling;
pub use random::Stream;
pub use registry::{DEFAULT_SUITE, METRICS, find};
pub use score::{Curve, Score};
pub use ssim::ssim;
pub use undefined::{Outcome, Undefined};
pub use walk::Walk;
