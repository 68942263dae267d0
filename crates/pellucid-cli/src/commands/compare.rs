//! `pellucid compare`: many methods on one image, and how far they agree.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pellucid::explain::{ExplainError, Explanation, Outcome};
use pellucid::report::{AgreementPart, Case, WriteOptions, table, write_case};

use crate::args::CompareArgs;
use crate::commands::explain::{explained, wishes};
use crate::{input, session, source};

/// Methods of every family that cost no more than some hundred forwards.
const USUAL: &[&str] = &[
    "grad-cam",
    "grad-cam-plus-plus",
    "layer-cam",
    "hires-cam",
    "eigen-cam",
    "ablation-cam",
    "saliency",
    "input-x-gradient",
    "smooth-grad",
    "integrated-gradients",
    "guided-backprop",
    "lrp",
    "attention-rollout",
    "chefer-iccv",
    "occlusion",
    "partition-shap",
];

/// Runs the methods and prints the matrix. False when a method failed that fits the model.
pub fn run(args: &CompareArgs) -> Result<bool> {
    let session = session::open(&args.engine, args.quiet)?;
    let (mut model, card) = input::model(&args.model, session)?;
    if let Some(output) = &args.target.output {
        model.notes.output = Some(output.clone());
    }
    let usual: Vec<String> = USUAL.iter().map(|m| (*m).to_string()).collect();
    let wishes = wishes(if args.method.is_empty() { &usual } else { &args.method }, &args.target.set)?;
    let image = source::only(&args.image, &args.series)?.read(model.session())?;
    let ready = input::prepared(&model, card.as_ref(), image)?;
    let (mut outcome, _) = explained(&model, &ready, &wishes, &args.target)?;
    let unfit = if args.method.is_empty() { leave_out_unfit(&mut outcome) } else { vec![] };
    if outcome.explanations.iter().filter(|e| e.is_ok()).count() < 2 {
        bail!("fewer than two methods gave a map, so there is nothing to compare; {}", unfit.join("; "));
    }
    let name = args.image.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let model_name = args.model.model.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let case = Case {
        name: &name,
        model: &model_name,
        labels: &model.notes.labels,
        inputs: vec![ready.case_input()],
        outcome: &outcome,
        truth: None,
    };
    let written = write_case(&args.out, &case, &WriteOptions { overwrite: args.force })
        .with_context(|| format!("results of `{name}` can't be written to `{}`", args.out.display()))?;
    let agreement = &written.document.agreement;
    save(&args.out.join("agreement.csv"), &pairs(agreement))?;
    save(&args.out.join("cost.csv"), &costs(&outcome))?;
    println!("{}", table(&outcome, 100));
    agreement.iter().for_each(|a| println!("{}", matrix(a)));
    unfit.iter().for_each(|u| println!("left out: {u}"));
    println!("wrote {}", written.report.display());
    Ok(outcome.explanations.iter().all(Result::is_ok))
}

/// Takes out the methods that the model has nothing for; in words.
fn leave_out_unfit(outcome: &mut Outcome) -> Vec<String> {
    let mut words = Vec::new();
    outcome.explanations.retain(|e| match e {
        Err((method, ExplainError::Needs { reason, .. })) => {
            words.push(format!("`{method}` {reason}"));
            false
        }
        _ => true,
    });
    words.dedup();
    words
}

fn save(path: &Path, text: &str) -> Result<()> {
    pellucid::image::write_atomically(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("`{}`", path.display()))
}

/// Rank correlations above the diagonal, overlaps of the strongest tenth below it.
fn matrix(part: &AgreementPart) -> String {
    let mut out = format!(
        "{}\nrank correlation of magnitudes above the diagonal, overlap of the strongest tenth below (0.10 by chance)\n",
        part.target
    );
    let wide = part.maps.iter().map(|m| m.chars().count()).max().unwrap_or(0);
    let _ = write!(out, "{:wide$}     ", "");
    for i in 1..=part.maps.len() {
        let _ = write!(out, "{i:>6}");
    }
    out.push('\n');
    let cell = |v: Option<f64>| v.map_or_else(|| "-".to_string(), |v| format!("{v:.2}"));
    for (i, name) in part.maps.iter().enumerate() {
        let _ = write!(out, "{:>3}  {name:wide$}", i + 1);
        for j in 0..part.maps.len() {
            let text = match i.cmp(&j) {
                std::cmp::Ordering::Less => cell(part.rank_correlation[i][j]),
                std::cmp::Ordering::Greater => cell(part.top_tenth_overlap[i][j]),
                std::cmp::Ordering::Equal => ".".into(),
            };
            let _ = write!(out, "{text:>6}");
        }
        out.push('\n');
    }
    out
}

/// One line per pair of maps.
fn pairs(parts: &[AgreementPart]) -> String {
    let mut out = String::from("target,map,other,rank_correlation,top_tenth_overlap\n");
    let cell = |v: Option<f64>| v.map_or_else(String::new, |v| v.to_string());
    for part in parts {
        for i in 0..part.maps.len() {
            for j in i + 1..part.maps.len() {
                let (rho, top) = (cell(part.rank_correlation[i][j]), cell(part.top_tenth_overlap[i][j]));
                let names = [&part.target, &part.maps[i], &part.maps[j]].map(|s| quoted(s));
                let _ = writeln!(out, "{},{rho},{top}", names.join(","));
            }
        }
    }
    out
}

/// One line per explanation.
fn costs(outcome: &Outcome) -> String {
    let mut out = String::from("target,method,forwards,backwards,partial_forwards,seconds,checks\n");
    for e in outcome.explanations.iter().flatten() {
        let Explanation { method, target, counts, provenance, checks, .. } = e;
        let checks: Vec<String> =
            checks.iter().map(|c| format!("{} {}", c.name, if c.holds { "holds" } else { "fails" })).collect();
        let _ = writeln!(
            out,
            "{},{},{},{},{},{:.4},{}",
            quoted(&target.description),
            quoted(method),
            counts.forwards,
            counts.backwards,
            counts.suffixes,
            provenance.seconds,
            quoted(&checks.join("; "))
        );
    }
    out
}

/// A field of a comma-separated file.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_correlations_above_and_overlaps_below() {
        let part = AgreementPart {
            target: "logit, of class 1".into(),
            maps: vec!["a".into(), "b".into()],
            rank_correlation: vec![vec![Some(1.0), Some(0.25)], vec![Some(0.25), Some(1.0)]],
            top_tenth_overlap: vec![vec![Some(1.0), None], vec![None, Some(1.0)]],
        };
        let lines: Vec<String> = matrix(&part).lines().map(str::to_string).collect();
        assert!(lines[3].ends_with("  .  0.25"), "{lines:?}");
        assert!(lines[4].ends_with("  -     ."), "{lines:?}");
        assert_eq!(pairs(&[part]).lines().nth(1), Some("\"logit, of class 1\",a,b,0.25,"));
    }

    #[test]
    fn every_usual_method_exists() {
        let usual: Vec<String> = USUAL.iter().map(|m| (*m).to_string()).collect();
        assert_eq!(wishes(&usual, &[]).unwrap().len(), USUAL.len());
    }
}
