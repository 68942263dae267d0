//! Operators and attributes newer than opset 21, written in its terms.

use super::step::{float, int};
use super::{ANY, Row, Step, attention, unsupported};
use crate::{DType, Result};

pub(super) const TABLE: &[Row] = &[
    ("", "Swish", 24, ANY, swish),
    ("", "SwiGLU", 28, ANY, swiglu),
    ("", "Attention", 23, ANY, attention::standard),
    ("", "RotaryEmbedding", 23, ANY, attention::rotary),
    ("", "Cast", 24, ANY, cast),
    ("", "CastLike", 24, ANY, cast_like),
    ("", "QuantizeLinear", 23, ANY, quantize),
    ("", "DequantizeLinear", 23, ANY, dequantize),
    ("", "Range", 27, ANY, range),
    ("", "SpaceToDepth", 28, ANY, space_to_depth),
    ("", "TensorScatter", 24, ANY, none),
    ("", "BitCast", 26, ANY, none),
    ("", "CumProd", 26, ANY, none),
    ("", "CausalConvWithState", 27, ANY, none),
    ("", "LinearAttention", 27, ANY, none),
];

fn none(step: &mut Step) -> Result<()> {
    Err(unsupported(&step.node, "is newer than opset 21 and has no form in it; export the model with an older opset"))
}

/// `x * sigmoid(alpha x)`.
fn swish(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    let alpha = step.float("alpha", 1.0);
    scaled_silu(step, &x, alpha)
}

/// Ends the step with `x * sigmoid(alpha x)`.
pub(super) fn scaled_silu(step: &mut Step, x: &str, alpha: f32) -> Result<()> {
    if alpha == 1.0 {
        step.finish("Silu", &[x], vec![]);
        return Ok(());
    }
    let gate = gate(step, x, alpha);
    step.finish("Mul", &[x, &gate], vec![]);
    Ok(())
}

fn gate(step: &mut Step, x: &str, alpha: f32) -> String {
    let alpha = step.scalar_like("alpha", f64::from(alpha), x);
    let scaled = step.emit("scaled", "Mul", &[x, &alpha], vec![]);
    step.emit("gate", "Sigmoid", &[&scaled], vec![])
}

/// `a * sigmoid(alpha a) * b`.
fn swiglu(step: &mut Step) -> Result<()> {
    let (a, b) = (step.required(0)?, step.required(1)?);
    let alpha = step.float("alpha", 1.0);
    let gated = if alpha == 1.0 {
        step.emit("silu", "Silu", &[&a], vec![])
    } else {
        let gate = gate(step, &a, alpha);
        step.emit("silu", "Mul", &[&a, &gate], vec![])
    };
    step.finish("Mul", &[&gated, &b], vec![]);
    Ok(())
}

/// `round_mode` concerns an 8-bit type that opset 21 doesn't have.
fn cast(step: &mut Step) -> Result<()> {
    step.take("round_mode");
    if DType::from_onnx_code(step.int("to", 0) as i32).is_none() && step.int("to", 0) >= 23 {
        return Err(unsupported(&step.node, "converts to an element type that is newer than opset 21"));
    }
    step.keep();
    Ok(())
}

fn cast_like(step: &mut Step) -> Result<()> {
    step.take("round_mode");
    step.keep();
    Ok(())
}

/// Whether an element type given by an attribute is what opset 21 uses anyway, the type of the scale.
fn is_scale_type(step: &Step, code: i64) -> bool {
    let scale = step.input(1).and_then(|s| step.kinds.dtype(&s));
    code == 0 || scale.is_some_and(|t| i64::from(t.onnx_code()) == code)
}

fn quantize(step: &mut Step) -> Result<()> {
    let precision = step.take("precision").map_or(0, |a| a.i);
    if !is_scale_type(step, precision) {
        return Err(unsupported(
            &step.node,
            "divides in another precision than that of its scale, which is newer than opset 21",
        ));
    }
    step.keep();
    Ok(())
}

fn dequantize(step: &mut Step) -> Result<()> {
    let code = step.take("output_dtype").map_or(0, |a| a.i);
    if is_scale_type(step, code) {
        step.keep();
        return Ok(());
    }
    let inputs = step.node.input.clone();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attrs = std::mem::take(&mut step.node.attribute);
    let value = step.emit("value", "DequantizeLinear", &inputs, attrs);
    step.finish("Cast", &[&value], vec![int("to", code)]);
    Ok(())
}

/// `stash_type` concerns how steps in half precision add up.
fn range(step: &mut Step) -> Result<()> {
    step.take("stash_type");
    step.keep();
    Ok(())
}

fn space_to_depth(step: &mut Step) -> Result<()> {
    if step.take("mode").is_some_and(|a| a.s != b"DCR") {
        return Err(unsupported(&step.node, "has a mode that is newer than opset 21"));
    }
    step.keep();
    Ok(())
}

/// Layer normalisation without a mean.
pub(super) fn rms(step: &mut Step, x: &str, scale: &str, epsilon: f32, axis: i64) {
    step.finish("RMSNormalization", &[x, scale], vec![float("epsilon", epsilon), int("axis", axis)]);
}
