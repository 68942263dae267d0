//! Operators of ONNX Runtime that have a plain meaning, taken apart. A form that isn't covered stays as it is and runs forward only.

use super::newer::{rms, scaled_silu};
use super::step::{float, int, list, text};
use super::{ANY, MS, Row, Step};
use crate::{DType, Result, Tensor};

pub(super) const TABLE: &[Row] = &[
    (MS, "FusedConv", 1, ANY, fused_conv),
    (MS, "FusedGemm", 1, ANY, fused_gemm),
    (MS, "FusedMatMul", 1, ANY, fused_matmul),
    (MS, "TransposeMatMul", 1, ANY, fused_matmul),
    (MS, "Gelu", 1, ANY, gelu),
    (MS, "FastGelu", 1, ANY, fast_gelu),
    (MS, "BiasGelu", 1, ANY, bias_gelu),
    (MS, "QuickGelu", 1, ANY, quick_gelu),
    (MS, "LayerNormalization", 1, ANY, standard),
    (MS, "SimplifiedLayerNormalization", 1, ANY, simplified_layer_norm),
    ("", "SimplifiedLayerNormalization", 1, ANY, simplified_layer_norm),
    (MS, "SkipLayerNormalization", 1, ANY, skip_layer_norm),
    (MS, "SkipSimplifiedLayerNormalization", 1, ANY, skip_layer_norm),
    (MS, "GroupNorm", 1, ANY, group_norm),
    (MS, "Trilu", 1, ANY, standard),
];

/// The same operator came into the standard domain later.
fn standard(step: &mut Step) -> Result<()> {
    step.node.domain.clear();
    step.keep();
    Ok(())
}

/// Ends the step with the activation that an attribute names, applied to `x`.
fn activate(step: &mut Step, x: &str, parameters: &[f32]) -> Result<()> {
    let name = step.attr("activation").map(|a| String::from_utf8_lossy(&a.s).into_owned()).unwrap_or_default();
    let at = |i: usize| parameters.get(i).copied();
    match name.as_str() {
        "" => step.finish("Identity", &[x], vec![]),
        "Relu" | "Tanh" | "Sigmoid" | "Softplus" | "Softsign" | "HardSwish" => step.finish(&name, &[x], vec![]),
        "LeakyRelu" | "Elu" | "ThresholdedRelu" => {
            step.finish(&name, &[x], at(0).map(|a| float("alpha", a)).into_iter().collect());
        }
        "HardSigmoid" => {
            let attrs = [at(0).map(|a| float("alpha", a)), at(1).map(|b| float("beta", b))];
            step.finish("HardSigmoid", &[x], attrs.into_iter().flatten().collect());
        }
        "Clip" => {
            let (Some(low), Some(high)) = (at(0), at(1)) else {
                return Err(step.error("clips without its two bounds"));
            };
            let (low, high) = (step.constant("min", Tensor::scalar(low)), step.constant("max", Tensor::scalar(high)));
            step.finish("Clip", &[x, &low, &high], vec![]);
        }
        other => return Err(step.error(format!("has the activation `{other}`, which isn't known"))),
    }
    Ok(())
}

/// The attributes of the node without those that are listed.
fn attrs_without(step: &Step, names: &[&str]) -> Vec<super::AttributeProto> {
    step.node.attribute.iter().filter(|a| !names.contains(&a.name.as_str())).cloned().collect()
}

/// Convolution, sum with a fourth input, activation.
fn fused_conv(step: &mut Step) -> Result<()> {
    let inputs: Vec<String> = step.node.input.iter().take(3).filter(|n| !n.is_empty()).cloned().collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attrs = attrs_without(step, &["activation", "activation_params"]);
    let mut y = step.emit("conv", "Conv", &inputs, attrs);
    if let Some(z) = step.input(3) {
        y = step.emit("sum", "Add", &[&y, &z], vec![]);
    }
    let parameters = step.attr("activation_params").map(|a| a.floats.clone()).unwrap_or_default();
    activate(step, &y, &parameters)
}

/// Matrix product with bias, activation.
fn fused_gemm(step: &mut Step) -> Result<()> {
    let own = ["activation", "activation_alpha", "activation_beta", "activation_gamma"];
    let inputs: Vec<String> = step.node.input.iter().filter(|n| !n.is_empty()).cloned().collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attrs = attrs_without(step, &own);
    let y = step.emit("gemm", "Gemm", &inputs, attrs);
    let parameters: Vec<f32> = own[1..].iter().filter_map(|n| step.attr(n)).map(|a| a.f).collect();
    activate(step, &y, &parameters)
}

/// `alpha A B`, each rearranged where asked: `transBatch` moves the first axis behind the batch axes, `trans` swaps the last two.
fn fused_matmul(step: &mut Step) -> Result<()> {
    let mut sides = [step.required(0)?, step.required(1)?];
    let turned = ["transA", "transB"].map(|name| step.int(name, 0) != 0);
    let batch = ["transBatchA", "transBatchB"].map(|name| step.int(name, 0) != 0);
    let ranks = [0, 1].map(|i| step.kinds.rank(&sides[i]).filter(|r| *r >= 2));
    if (0..2).any(|i| (turned[i] || batch[i]) && ranks[i].is_none()) {
        step.keep();
        return Ok(());
    }
    for i in 0..2 {
        let Some(rank) = ranks[i].filter(|_| turned[i] || batch[i]) else { continue };
        let mut perm: Vec<i64> = (0..rank as i64).collect();
        if batch[i] {
            perm[..rank - 1].rotate_left(1);
        }
        if turned[i] {
            perm.swap(rank - 1, rank - 2);
        }
        sides[i] = step.emit(["left", "right"][i], "Transpose", &[&sides[i]], vec![list("perm", &perm)]);
    }
    let alpha = step.float("alpha", 1.0);
    if alpha == 1.0 {
        step.finish("MatMul", &[&sides[0], &sides[1]], vec![]);
        return Ok(());
    }
    let product = step.emit("product", "MatMul", &[&sides[0], &sides[1]], vec![]);
    let like = step.required(0)?;
    let alpha = step.scalar_like("alpha", f64::from(alpha), &like);
    step.finish("Mul", &[&product, &alpha], vec![]);
    Ok(())
}

fn gelu(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    step.finish("Gelu", &[&x], vec![]);
    Ok(())
}

/// The form with tanh, after a bias.
fn fast_gelu(step: &mut Step) -> Result<()> {
    let x = with_bias(step, 1)?;
    step.finish("Gelu", &[&x], vec![text("approximate", "tanh")]);
    Ok(())
}

fn bias_gelu(step: &mut Step) -> Result<()> {
    let x = with_bias(step, 1)?;
    step.finish("Gelu", &[&x], vec![]);
    Ok(())
}

/// The first input plus another one, when that is there.
fn with_bias(step: &mut Step, i: usize) -> Result<String> {
    let x = step.required(0)?;
    Ok(match step.input(i) {
        Some(bias) => step.emit("biased", "Add", &[&x, &bias], vec![]),
        None => x,
    })
}

fn quick_gelu(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    let alpha = step.float("alpha", 1.702);
    scaled_silu(step, &x, alpha)
}

fn simplified_layer_norm(step: &mut Step) -> Result<()> {
    if (1..step.node.output.len()).any(|i| step.output(i).is_some()) {
        step.keep();
        return Ok(());
    }
    let (x, scale) = (step.required(0)?, step.required(1)?);
    let (epsilon, axis) = (step.float("epsilon", 1e-5), step.int("axis", -1));
    rms(step, &x, &scale, epsilon, axis);
    Ok(())
}

/// Sum of two inputs and a bias, normalised over the last axis. The fourth output is the sum.
fn skip_layer_norm(step: &mut Step) -> Result<()> {
    if step.output(1).is_some() || step.output(2).is_some() {
        step.keep();
        return Ok(());
    }
    let simplified = step.node.op_type.contains("Simplified");
    step.required(1)?;
    let scale = step.required(2)?;
    let (shift, bias) = if simplified { (None, step.input(3)) } else { (step.input(3), step.input(4)) };
    let mut sum = with_bias(step, 1)?;
    if let Some(bias) = bias {
        sum = step.emit("sum", "Add", &[&sum, &bias], vec![]);
    }
    if let Some(output) = step.output(3) {
        step.copy(&sum, output);
    }
    let epsilon = step.float("epsilon", 1e-12);
    if simplified {
        rms(step, &sum, &scale, epsilon, -1);
        return Ok(());
    }
    let inputs: Vec<&str> = [sum.as_str(), &scale].into_iter().chain(shift.as_deref()).collect();
    step.finish("LayerNormalization", &inputs, vec![int("axis", -1), float("epsilon", epsilon)]);
    Ok(())
}

/// Group normalisation with channels last or first, and an optional SiLU.
fn group_norm(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    let last = step.int("channels_last", 1) != 0;
    let f32_only = step.kinds.dtype(&x) == Some(DType::F32);
    if !f32_only || (last && step.kinds.rank(&x) != Some(4)) {
        step.keep();
        return Ok(());
    }
    let (scale, shift) = (step.required(1)?, step.required(2)?);
    let first = if last { step.emit("first", "Transpose", &[&x], vec![list("perm", &[0, 3, 1, 2])]) } else { x };
    let attrs = vec![int("num_groups", step.int("groups", 1)), float("epsilon", step.float("epsilon", 1e-5))];
    let mut y = step.emit("normal", "GroupNormalization", &[&first, &scale, &shift], attrs);
    if step.int("activation", 0) != 0 {
        y = step.emit("silu", "Silu", &[&y], vec![]);
    }
    match last {
        true => step.finish("Transpose", &[&y], vec![list("perm", &[0, 2, 3, 1])]),
        false => step.finish("Identity", &[&y], vec![]),
    }
    Ok(())
}
