//! Reads an ONNX model, brings it into the dialect, and writes it again: `roundtrip IN.onnx OUT.onnx`.
//!
//! The output is plain ONNX of opset 21, whatever the input was: older opsets are lifted, fused operators of runtimes taken apart, local
//! functions inlined.

use std::process::ExitCode;

use pellucid_graph::{Result, onnx};

fn run(input: &str, output: &str) -> Result<()> {
    let model = onnx::open(input)?;
    for note in &model.info.notes {
        eprintln!("note: {note}");
    }
    onnx::save(&model.graph, output, &onnx::ExportOptions::from(&model.info))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("usage: roundtrip IN.onnx OUT.onnx");
        return ExitCode::from(2);
    };
    match run(input, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.hints().iter().for_each(|hint| eprintln!("hint: {hint}"));
            ExitCode::FAILURE
        }
    }
}
