//! Explanations of biomedical imaging models: the promised Rust interface
