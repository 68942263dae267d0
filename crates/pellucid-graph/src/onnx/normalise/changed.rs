//! Operators whose meaning changed between opsets, written so that they still do what they did.

use super::step::{int, list, text};
use super::{ANY, Row, Step, unsupported};
use crate::{Result, Tensor};

pub(super) const TABLE: &[Row] = &[
    ("", "Softmax", 1, 12, flat),
    ("", "LogSoftmax", 1, 12, flat),
    ("", "Hardmax", 1, 12, flat),
    ("", "BatchNormalization", 7, 13, batch_normalization),
    ("", "GroupNormalization", 18, 20, group_normalization),
    ("", "Upsample", 7, 9, upsample),
    ("", "Upsample", 10, ANY, gone),
    ("", "Resize", 10, 10, resize_10),
    ("", "Resize", 11, 12, resize_11),
    ("", "Resize", 13, ANY, resize),
    ("", "Scan", 8, 8, scan_8),
    ("", "MeanVarianceNormalization", 9, ANY, mean_variance),
];

/// Before opset 13 the tensor was seen as a matrix: axes before `axis` are rows, the others together are columns.
fn flat(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    let axis = step.int("axis", 1);
    let rank = step.kinds.rank(&x).map(|r| r as i64);
    if axis == -1 || rank.is_some_and(|r| axis == r - 1) {
        step.set(int("axis", -1));
        step.keep();
        return Ok(());
    }
    let op = step.node.op_type.clone();
    let matrix = step.emit("flat", "Flatten", &[&x], vec![int("axis", axis)]);
    let values = step.emit("rows", &op, &[&matrix], vec![int("axis", -1)]);
    let shape = step.emit("shape", "Shape", &[&x], vec![]);
    step.finish("Reshape", &[&values, &shape], vec![]);
    Ok(())
}

/// Before opset 14 more than one output meant training. Before opset 9 `spatial = 0` gave each element its own statistics.
fn batch_normalization(step: &mut Step) -> Result<()> {
    let spatial = step.take("spatial").is_none_or(|a| a.i != 0);
    let training = (1..5).any(|i| step.output(i).is_some());
    if !spatial {
        return if training { Err(unsupported(&step.node, "trains with `spatial = 0`")) } else { per_element(step) };
    }
    if training {
        // What is saved for a backward pass was never written by runtimes; reading it is caught as a wire that nothing makes.
        step.node.output.truncate(3);
        step.set(int("training_mode", 1));
    } else {
        step.node.output.truncate(1);
    }
    step.keep();
    Ok(())
}

fn per_element(step: &mut Step) -> Result<()> {
    let inputs = (0..5).map(|i| step.required(i)).collect::<Result<Vec<_>>>()?;
    let [x, scale, bias, mean, var] = [0, 1, 2, 3, 4].map(|i| inputs[i].as_str());
    let epsilon = f64::from(step.float("epsilon", 1e-5));
    let epsilon = step.scalar_like("epsilon", epsilon, x);
    let safe = step.emit("safe", "Add", &[var, &epsilon], vec![]);
    let deviation = step.emit("deviation", "Sqrt", &[&safe], vec![]);
    let centred = step.emit("centred", "Sub", &[x, mean], vec![]);
    let normal = step.emit("normal", "Div", &[&centred, &deviation], vec![]);
    let scaled = step.emit("scaled", "Mul", &[&normal, scale], vec![]);
    step.finish("Add", &[&scaled, bias], vec![]);
    Ok(())
}

/// Before opset 21 scale and bias had one value per group, since then one per channel.
fn group_normalization(step: &mut Step) -> Result<()> {
    let x = step.required(0)?;
    let groups = step.int("num_groups", 0);
    let channels = step.emit("channels", "Shape", &[&x], vec![int("start", 1), int("end", 2)]);
    let count = step.ints("groups", &[groups]);
    let size = step.emit("size", "Div", &[&channels, &count], vec![]);
    let table = step.emit("table", "Concat", &[&count, &size], vec![int("axis", 0)]);
    let (one, all) = (step.ints("one", &[1]), step.ints("all", &[-1]));
    for i in 1..3 {
        let value = step.required(i)?;
        let column = step.emit("column", "Unsqueeze", &[&value, &one], vec![]);
        let wide = step.emit("wide", "Expand", &[&column, &table], vec![]);
        let per_channel = step.emit("per_channel", "Reshape", &[&wide, &all], vec![]);
        step.set_input(i, per_channel);
    }
    step.keep();
    Ok(())
}

/// The operator before `Resize`: output position `i` reads input position `i / scale`.
fn upsample(step: &mut Step) -> Result<()> {
    let scales = match step.take("scales") {
        Some(scales) => {
            let values = Tensor::f32(&[scales.floats.len()], scales.floats)?;
            step.constant("scales", values)
        }
        None => step.required(1)?,
    };
    step.node.op_type = "Resize".into();
    as_before_11(step, scales)
}

fn gone(step: &mut Step) -> Result<()> {
    Err(unsupported(&step.node, format!("ended with opset 9, but the model says opset {}", step.opset)))
}

fn resize_10(step: &mut Step) -> Result<()> {
    let scales = step.required(1)?;
    as_before_11(step, scales)
}

/// Sampling as it was before opset 11. `nearest` rounded towards the value that is surely inside: down when enlarging, up when shrinking.
fn as_before_11(step: &mut Step, scales: String) -> Result<()> {
    let mode = step.attr("mode").map_or_else(|| b"nearest".to_vec(), |a| a.s.clone());
    let nearest = match mode.as_slice() {
        b"nearest" => true,
        b"linear" | b"bilinear" => false,
        other => return Err(step.error(format!("has the mode `{}`", String::from_utf8_lossy(other)))),
    };
    if nearest {
        let values = step.kinds.value(&scales).or_else(|| step.made(&scales)).map(Tensor::to_f32);
        let shrinks = values.as_ref().is_some_and(|v| v.iter().any(|&s| s < 1.0));
        if shrinks && values.is_some_and(|v| v.iter().any(|&s| s > 1.0)) {
            return Err(unsupported(
                &step.node,
                "enlarges some axes and shrinks others, which opset 11 and later round differently",
            ));
        }
        step.set(text("nearest_mode", if shrinks { "ceil" } else { "floor" }));
    }
    step.set(text("mode", if nearest { "nearest" } else { "linear" }));
    step.set(text("coordinate_transformation_mode", "asymmetric"));
    step.node.input = vec![step.required(0)?, String::new(), scales];
    step.keep();
    Ok(())
}

fn resize_11(step: &mut Step) -> Result<()> {
    if step.attr("coordinate_transformation_mode").is_some_and(|a| a.s == b"tf_half_pixel_for_nn") {
        return Err(unsupported(&step.node, "uses `tf_half_pixel_for_nn`, which ended with opset 12"));
    }
    resize(step)
}

/// Inputs that aren't used may be empty tensors in the file; here they are left out.
fn resize(step: &mut Step) -> Result<()> {
    for i in 1..step.node.input.len() {
        let empty = step.input(i).is_some_and(|name| step.kinds.value(&name).is_some_and(Tensor::is_empty));
        if empty {
            step.node.input[i] = String::new();
        }
    }
    while step.node.input.last().is_some_and(String::is_empty) {
        step.node.input.pop();
    }
    step.keep();
    Ok(())
}

/// The default axes are written out: `onnx.checker` fails on the operator without them.
fn mean_variance(step: &mut Step) -> Result<()> {
    if step.attr("axes").is_none() {
        step.set(list("axes", &[0, 2, 3]));
    }
    step.keep();
    Ok(())
}

fn scan_8(step: &mut Step) -> Result<()> {
    Err(unsupported(
        &step.node,
        "has the form of opset 8, with a batch axis, which ended with opset 9; export the model again",
    ))
}
