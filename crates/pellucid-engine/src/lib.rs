//! Running graphs: tract built in, ONNX Runtime when found
