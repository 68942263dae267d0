//! Pictures, reports and files of explanations
