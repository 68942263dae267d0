//! From the targets of the oracle format to ours.

use anyhow::{Context, Result, bail};
use pellucid::explain::{Region, RegionReduce, Target};
use serde_json::Value;

use super::case::Folder;

/// The target of a case; `None` for class-agnostic methods.
pub fn of(folder: &Folder, value: Option<&Value>) -> Result<Option<Target>> {
    let Some(value) = value.filter(|v| !v.is_null()) else { return Ok(None) };
    let number = |key: &str| -> Result<usize> {
        let n = value.get(key).and_then(Value::as_u64).with_context(|| format!("target without `{key}`"))?;
        Ok(usize::try_from(n)?)
    };
    let kind = value.get("kind").and_then(Value::as_str).context("target without a kind")?;
    Ok(Some(match kind {
        "logit" => Target::Logit { index: number("index")? },
        "prob" => Target::Probability { index: number("index")? },
        "logprob" => Target::LogProbability { index: number("index")? },
        "sigmoid" => Target::Sigmoid { index: number("index")? },
        "margin" => Target::Margin { index: number("index")? },
        "diff" => Target::Contrast { index: number("index")?, against: number("minus")? },
        "sign" => Target::Sign { sign: value.get("sign").and_then(Value::as_f64).context("target without a sign")? },
        "mask_sum" => region(folder, value, number("index")?, RegionReduce::LogitSum)?,
        "mask_mean_prob" => region(folder, value, number("index")?, RegionReduce::MeanProbability)?,
        "pixel" => {
            let at = value.get("position").and_then(Value::as_array).context("target without a position")?;
            let at = at.iter().map(|v| Ok(usize::try_from(v.as_u64().context("position")?)?));
            let mask = Region::Pixel { at: at.collect::<Result<_>>()? };
            Target::Region { index: number("index")?, mask, reduce: RegionReduce::LogitSum }
        }
        other => bail!("target kind `{other}` isn't known"),
    }))
}

fn region(folder: &Folder, value: &Value, index: usize, reduce: RegionReduce) -> Result<Target> {
    let file = value.get("mask").and_then(Value::as_str).context("target without a mask")?;
    let mask = folder.array(file)?;
    let inside = mask.values.iter().map(|v| *v != 0.0).collect();
    Ok(Target::Region { index, mask: Region::Mask { inside }, reduce })
}
