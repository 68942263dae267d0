//! Explanations of biomedical imaging models: the promised Rust interface.
//!
//! One module per stage, in the order that data takes.

pub use pellucid_advise as advise;
pub use pellucid_dicom as dicom;
pub use pellucid_diff as diff;
pub use pellucid_engine as engine;
pub use pellucid_evaluate as evaluate;
pub use pellucid_explain as explain;
pub use pellucid_graph as graph;
pub use pellucid_image as image;
pub use pellucid_metrics as metrics;
pub use pellucid_report as report;
pub use pellucid_train as train;
