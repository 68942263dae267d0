//! Errors on the terminal: what happened, what caused it, what to do next.

use pellucid::advise::AdviseError;
use pellucid::dicom::DicomError;
use pellucid::engine::EngineError;
use pellucid::explain::ExplainError;
use pellucid::graph::GraphError;
use pellucid::image::ImageError;
use pellucid::report::ReportError;

/// Prints an error with its causes and hints to standard error.
pub fn print(error: &anyhow::Error) {
    eprintln!("{}", text(error));
}

/// An error with its causes and hints.
pub fn text(error: &anyhow::Error) -> String {
    let mut out = format!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let line = cause.to_string();
        // a transparent wrapper says the same as its cause
        if line != last {
            out.push_str(&format!("\n  caused by: {line}"));
        }
        last = line;
    }
    for hint in hints(error) {
        out.push_str(&format!("\nhint: {hint}"));
    }
    out
}

/// The hints of the first error in the chain that has any.
fn hints(error: &anyhow::Error) -> Vec<String> {
    for cause in error.chain() {
        let hints = if let Some(e) = cause.downcast_ref::<ExplainError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<EngineError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<GraphError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<ImageError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<ReportError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<DicomError>() {
            e.hints()
        } else if let Some(e) = cause.downcast_ref::<AdviseError>() {
            e.hints()
        } else {
            vec![]
        };
        if !hints.is_empty() {
            return hints;
        }
    }
    vec![]
}
