//! Cases that demand a property of what was reached instead of numbers: a method that optimises may take another way.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::case::Case;
use super::compare::Verdict;

/// What must hold of a method's numbers.
struct Property {
    method: &'static str,
    /// How the case words it; other words may mean another property.
    words: &'static str,
    /// Given what the case stores and what was found, each bound: name, found, whether it may at most (or must at least) be the limit, limit.
    bounds: fn(&dyn Fn(&str) -> Result<f64>) -> Result<Vec<Bound>>,
}

struct Bound {
    name: &'static str,
    at_most: bool,
    limit: f64,
}

static PROPERTIES: &[Property] = &[
    Property {
        method: "meaningful_perturbation",
        words: "final objective of the engine <= final_objective + 0.02*(initial_objective - final_objective)",
        bounds: |stored| {
            let (first, last) = (stored("initial_objective")?, stored("final_objective")?);
            Ok(vec![Bound { name: "final_objective", at_most: true, limit: last + 0.02 * (first - last) }])
        },
    },
    Property {
        method: "extremal_perturbation",
        words: "reward of the engine >= reward - 0.05*|original_reward - reference_reward| with area penalty <= 1.5*area_penalty",
        bounds: |stored| {
            let range = (stored("original_reward")? - stored("reference_reward")?).abs();
            let (reward, penalty) = (stored("reward")?, stored("area_penalty")?);
            Ok(vec![
                Bound { name: "reward", at_most: false, limit: reward - 0.05 * range },
                Bound { name: "area_penalty", at_most: true, limit: 1.5 * penalty },
            ])
        },
    },
];

/// Whether the numbers of an explanation have the property that a case demands.
pub fn check(case: &Case, wanted: &str, extras: &[(String, Vec<f64>)], verdict: &mut Verdict) -> Result<()> {
    let known = PROPERTIES.iter().find(|p| p.method == case.method && p.words == wanted);
    let Some(property) = known else {
        bail!("the property \"{wanted}\" of `{}` isn't known", case.method);
    };
    let stored = |name: &str| {
        case.scalars.get(name).and_then(Value::as_f64).with_context(|| format!("the case has no scalar `{name}`"))
    };
    for Bound { name, at_most, limit } in (property.bounds)(&stored)? {
        let given = extras.iter().find(|e| e.0 == name).and_then(|e| e.1.first().copied());
        let found = given.with_context(|| format!("`{name}` isn't given"))?;
        let expected = stored(name)?;
        let worse = if at_most { found - expected } else { expected - found };
        verdict.deviation = verdict.deviation.max(worse.max(0.0) / expected.abs().max(f64::MIN_POSITIVE));
        // a number that isn't one holds no bound
        let holds = if at_most { found <= limit } else { found >= limit };
        if !holds {
            let side = if at_most { "at most" } else { "at least" };
            verdict.failures.push(format!("{name}: {found:.6}, {side} {limit:.6} is demanded (stored {expected:.6})"));
        }
    }
    Ok(())
}
