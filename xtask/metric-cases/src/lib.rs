//! Runs files of numeric cases, one file per metric, against `pellucid-metrics`; used by `cargo xtask oracles` and by this crate's test.
pub mod text;
