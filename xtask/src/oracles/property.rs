//! Cases that demand a property of the result instead of equal numbers.

use anyhow::{Result, bail};
use pellucid::explain::Explanation;

use super::case::Case;
use super::compare::Verdict;

/// A demand: words of the case, and the check of what was found.
struct Demand {
    words: &'static str,
    holds: fn(&Values) -> Result<bool>,
}

/// Numbers of a case and of an explanation.
struct Values<'a> {
    case: &'a Case,
    explanation: &'a Explanation,
}

static DEMANDS: &[Demand] = &[
    Demand {
        words: "final objective of the engine <= final_objective + 0.02*(initial_objective - final_objective)",
        holds: |v| {
            let (first, last) = (v.stated("initial_objective")?, v.stated("final_objective")?);
            Ok(v.found("final_objective")? <= last + 0.02 * (first - last))
        },
    },
    Demand {
        words: "reward of the engine >= reward - 0.05*|original_reward - reference_reward| with area penalty <= 1.5*area_penalty",
        holds: |v| {
            let range = (v.stated("original_reward")? - v.stated("reference_reward")?).abs();
            let rewarded = v.found("reward")? >= v.stated("reward")? - 0.05 * range;
            Ok(rewarded && v.found("area_penalty")? <= 1.5 * v.stated("area_penalty")?)
        },
    },
    Demand {
        words: "residual of the engine <= 1.01 * residual",
        holds: |v| Ok(v.found("residual")? <= 1.01 * v.stated("residual")?),
    },
    Demand {
        words: "final objective of the engine >= final_objective - 0.1*(final_objective - start_objective)",
        holds: |v| {
            let (start, end) = (v.stated("start_objective")?, v.stated("final_objective")?);
            let begun = (v.found("start_objective")? - start).abs() <= 1e-4 * start.abs();
            Ok(begun && v.found("final_objective")? >= end - 0.1 * (end - start))
        },
    },
];

impl Values<'_> {
    fn stated(&self, name: &str) -> Result<f64> {
        match self.case.scalars.get(name).and_then(serde_json::Value::as_f64) {
            Some(v) => Ok(v),
            None => bail!("the case doesn't state `{name}`"),
        }
    }

    fn found(&self, name: &str) -> Result<f64> {
        match self.explanation.extras.iter().find(|e| e.0 == name).and_then(|e| e.1.first()) {
            Some(v) => Ok(*v),
            None => bail!("`{name}` isn't given"),
        }
    }
}

/// Whether the property that a case demands holds; arrays of the case are only compared in size.
///
/// # Errors
/// When the demand isn't known or a number is missing.
pub fn check(case: &Case, demand: &str, explanation: &Explanation, verdict: &mut Verdict) -> Result<()> {
    let Some(known) = DEMANDS.iter().find(|d| d.words == demand) else { bail!("the demand `{demand}` isn't known") };
    if !(known.holds)(&Values { case, explanation })? {
        let found: Vec<String> =
            explanation.extras.iter().filter(|e| e.1.len() == 1).map(|e| format!("{} {}", e.0, e.1[0])).collect();
        verdict.failures.push(format!("{demand} doesn't hold ({})", found.join(", ")));
    }
    Ok(())
}
