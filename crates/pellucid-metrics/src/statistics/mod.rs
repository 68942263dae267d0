//! Statistics over images: summaries with intervals, and paired tests between methods.

mod comparison;
mod distribution;
mod histogram;
mod moments;
mod paired;
mod summary;

pub use comparison::{Comparison, compare};
pub use distribution::{normal_two_sided, student_t_two_sided};
pub use histogram::{entropy, histogram};
pub use moments::{mean, median, quantile, variance};
pub use paired::{Alternatives, PairedTest, holm, sign_flip, wilcoxon};
pub use summary::{Summary, summarise};
