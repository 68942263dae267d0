//! Attributes that became inputs, and names that changed: the meaning stays.

use super::super::proto::AttributeProto;
use super::step::{int, text};
use super::{Row, Step, unsupported};
use crate::{Result, Tensor};

pub(super) const TABLE: &[Row] = &[
    ("", "ReduceL1", 1, 17, axes),
    ("", "ReduceL2", 1, 17, axes),
    ("", "ReduceLogSum", 1, 17, axes),
    ("", "ReduceLogSumExp", 1, 17, axes),
    ("", "ReduceMax", 1, 17, axes),
    ("", "ReduceMean", 1, 17, axes),
    ("", "ReduceMin", 1, 17, axes),
    ("", "ReduceProd", 1, 17, axes),
    ("", "ReduceSum", 1, 12, axes),
    ("", "ReduceSumSquare", 1, 17, axes),
    ("", "Squeeze", 1, 12, axes),
    ("", "Unsqueeze", 1, 12, axes),
    ("", "Clip", 6, 10, clip),
    ("", "Dropout", 7, 11, dropout),
    ("", "Pad", 2, 10, pad),
    ("", "Slice", 1, 9, slice),
    ("", "Split", 2, 17, split),
    ("", "TopK", 1, 9, top_k),
    ("", "DFT", 17, 19, dft),
    ("", "GridSample", 16, 19, grid_sample),
    ("", "RoiAlign", 10, 15, roi_align),
    ("", "Scatter", 9, super::ANY, scatter),
];

/// `axes` became the second input.
fn axes(step: &mut Step) -> Result<()> {
    if let Some(axes) = step.take("axes").filter(|a| !a.ints.is_empty()) {
        let axes = step.ints("axes", &axes.ints);
        step.set_input(1, axes);
    }
    step.keep();
    Ok(())
}

/// `min` and `max` became inputs of the type of the data.
fn clip(step: &mut Step) -> Result<()> {
    let data = step.required(0)?;
    for (i, name) in ["min", "max"].into_iter().enumerate() {
        if let Some(bound) = step.take(name) {
            let bound = step.scalar_like(name, f64::from(bound.f), &data);
            step.set_input(i + 1, bound);
        }
    }
    step.keep();
    Ok(())
}

/// `ratio` became an input. Before opset 10 the mask had the type of the data.
fn dropout(step: &mut Step) -> Result<()> {
    if step.opset < 10 && step.output(1).is_some() {
        return Err(unsupported(&step.node, "gives out its mask as numbers, which ended with opset 10"));
    }
    if let Some(ratio) = step.take("ratio") {
        let ratio = step.constant("ratio", Tensor::scalar(ratio.f));
        step.set_input(1, ratio);
    }
    step.keep();
    Ok(())
}

/// `pads` and `value` became inputs.
fn pad(step: &mut Step) -> Result<()> {
    let data = step.required(0)?;
    let pads = step.take("pads").ok_or_else(|| step.error("has no `pads`"))?;
    let pads = step.ints("pads", &pads.ints);
    step.set_input(1, pads);
    if let Some(value) = step.take("value").filter(|v| v.f != 0.0) {
        let value = step.scalar_like("value", f64::from(value.f), &data);
        step.set_input(2, value);
    }
    step.keep();
    Ok(())
}

/// `starts`, `ends` and `axes` became inputs.
fn slice(step: &mut Step) -> Result<()> {
    for (i, name) in ["starts", "ends", "axes"].into_iter().enumerate() {
        match step.take(name) {
            Some(values) => {
                let values = step.ints(name, &values.ints);
                step.set_input(i + 1, values);
            }
            None if name == "axes" => {}
            None => return Err(step.error(format!("has no `{name}`"))),
        }
    }
    step.keep();
    Ok(())
}

/// `split` became an input with opset 13; from 18 on equal parts must be counted.
fn split(step: &mut Step) -> Result<()> {
    if let Some(split) = step.take("split").filter(|s| !s.ints.is_empty()) {
        let split = step.ints("split", &split.ints);
        step.set_input(1, split);
    }
    if step.input(1).is_none() {
        step.node.input.truncate(1);
        let parts = step.node.output.len() as i64;
        step.set(int("num_outputs", parts));
    }
    step.keep();
    Ok(())
}

/// `k` became an input.
fn top_k(step: &mut Step) -> Result<()> {
    let k = step.take("k").ok_or_else(|| step.error("has no `k`"))?;
    let k = step.ints("k", &[k.i]);
    step.set_input(1, k);
    step.keep();
    Ok(())
}

/// `axis` became an input, and its default changed.
fn dft(step: &mut Step) -> Result<()> {
    let axis = step.take("axis").map_or(1, |a| a.i);
    let axis = step.constant("axis", Tensor::i64(&[], vec![axis])?);
    step.set_input(2, axis);
    step.keep();
    Ok(())
}

/// The modes have other names.
fn grid_sample(step: &mut Step) -> Result<()> {
    let mode = match step.attr("mode").map(|a: &AttributeProto| a.s.as_slice()) {
        None | Some(b"bilinear") => "linear",
        Some(b"bicubic") => "cubic",
        Some(b"nearest") => "nearest",
        Some(other) => {
            return Err(step.error(format!("has the mode `{}`", String::from_utf8_lossy(other))));
        }
    };
    step.set(text("mode", mode));
    step.keep();
    Ok(())
}

/// What it did before opset 16 is a mode now.
fn roi_align(step: &mut Step) -> Result<()> {
    step.set(text("coordinate_transformation_mode", "output_half_pixel"));
    step.keep();
    Ok(())
}

/// Another name, for what is otherwise the same.
fn scatter(step: &mut Step) -> Result<()> {
    step.node.op_type = "ScatterElements".into();
    step.keep();
    Ok(())
}
