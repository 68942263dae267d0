//! Any bytes as an ONNX file: read or refused, and what is read holds together; what can be written of it can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pellucid_graph::onnx::{self, ExportOptions};

fuzz_target!(|data: &[u8]| {
    let Ok(model) = onnx::from_bytes(data.to_vec(), "fuzzed", None) else { return };
    model.graph.verify().expect("what was read holds together");
    let _ = model.graph.to_string();
    let Ok(written) = onnx::to_bytes(&model.graph, &ExportOptions::from(&model.info)) else { return };
    onnx::from_bytes(written, "written", None).expect("what was written can be read");
});
