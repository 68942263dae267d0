//! Targets as they are typed.

use anyhow::{Result, bail};
use pellucid::explain::{Model, Output, Region, RegionReduce, Target, argmax};
use pellucid::graph::{Tensor, nearest};

/// The targets that a list of words asks for, given the model's output for this sample. Empty for the model's own decision.
pub fn parse(words: &[String], model: &Model, output: &Output, value: &Tensor) -> Result<Vec<Target>> {
    let mut out = Vec::new();
    for word in words {
        out.extend(one(word, model, output, value)?);
    }
    Ok(out)
}

fn one(word: &str, model: &Model, output: &Output, value: &Tensor) -> Result<Vec<Target>> {
    let labels = &model.notes.labels;
    let mut parts = word.split(':');
    let kind = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let class = |i: usize| -> Result<usize> {
        match rest.get(i) {
            Some(name) => class_index(name, labels),
            None => bail!("target `{word}` lacks a class, as in `{kind}:1`"),
        }
    };
    Ok(vec![match kind {
        "decision" => model.default_target(value, output),
        "prob" | "probability" => Target::Probability { index: class(0)? },
        "logprob" => Target::LogProbability { index: class(0)? },
        "sigmoid" => Target::Sigmoid { index: class(0)? },
        "margin" => Target::Margin { index: class(0)? },
        "contrast" => Target::Contrast { index: class(0)?, against: class(1)? },
        "sign" => match rest.first().copied() {
            Some("+1" | "1" | "+") => Target::Sign { sign: 1.0 },
            Some("-1" | "-") => Target::Sign { sign: -1.0 },
            _ => bail!("target `{word}`: the sign is `+1` or `-1`"),
        },
        "region" => region(word, class(0)?, &rest[1..])?,
        "pixel" => {
            let at = rest[1.min(rest.len())..].iter().map(|v| v.parse::<usize>());
            let at = at.collect::<std::result::Result<Vec<_>, _>>();
            let Ok(at) = at else { bail!("target `{word}`: a position is whole numbers, as in `pixel:1:20:31`") };
            Target::Region { index: class(0)?, mask: Region::Pixel { at }, reduce: RegionReduce::LogitSum }
        }
        "unit" => match rest.as_slice() {
            // layer names may hold colons, the channel doesn't
            [layer @ .., channel] if !layer.is_empty() => match channel.parse() {
                Ok(channel) => Target::Unit { layer: layer.join(":"), channel, position: None },
                Err(_) => bail!("target `{word}`: the channel `{channel}` isn't a number"),
            },
            _ => bail!("target `{word}` needs a layer and a channel, as in `unit:/relu/Relu_output_0:12`"),
        },
        _ => {
            if let Some(n) = kind.strip_prefix("top").and_then(|n| n.parse::<usize>().ok()) {
                return top(n, model, output, value);
            }
            let index = class_index(word, labels)?;
            let classes = output.shape.get(output.class_axis).copied().unwrap_or(1);
            if value.len() > classes {
                Target::Region { index, mask: Region::Predicted, reduce: RegionReduce::LogitSum }
            } else {
                Target::Logit { index }
            }
        }
    }])
}

fn region(word: &str, index: usize, options: &[&str]) -> Result<Target> {
    let (mut mask, mut reduce) = (Region::Predicted, RegionReduce::LogitSum);
    for option in options {
        match *option {
            "predicted" => mask = Region::Predicted,
            "largest" => mask = Region::LargestComponent,
            "smallest" => mask = Region::SmallestComponent,
            "sum" => reduce = RegionReduce::LogitSum,
            "mean" => reduce = RegionReduce::MeanProbability,
            other => bail!("target `{word}`: `{other}` isn't one of predicted, largest, smallest, sum, mean"),
        }
    }
    Ok(Target::Region { index, mask, reduce })
}

/// The classes with the largest logits.
fn top(n: usize, model: &Model, output: &Output, value: &Tensor) -> Result<Vec<Target>> {
    let classes = output.shape.get(output.class_axis).copied().unwrap_or(1);
    if value.len() != classes || classes < 2 {
        return Ok(vec![model.default_target(value, output)]);
    }
    let mut left = value.to_f64();
    let mut out = Vec::new();
    for _ in 0..n.clamp(1, classes) {
        let index = argmax(&left);
        left[index] = f64::NEG_INFINITY;
        out.push(Target::Logit { index });
    }
    Ok(out)
}

/// A class by number or by name.
fn class_index(text: &str, labels: &[String]) -> Result<usize> {
    if let Ok(index) = text.parse() {
        return Ok(index);
    }
    if let Some(index) = labels.iter().position(|l| l.eq_ignore_ascii_case(text)) {
        return Ok(index);
    }
    if labels.is_empty() {
        bail!("`{text}` isn't a class number, and the model card names no classes (key `labels`)");
    }
    let near = nearest(text, labels.iter().map(String::as_str));
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    bail!("there is no class `{text}`{near} (the card has: {})", labels.join(", "));
}
