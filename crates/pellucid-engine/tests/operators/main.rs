//! Every operator of the dialect, over a grid of attributes and shapes, gives what the plain evaluator gives: on tract and, where it is
//! found, on ONNX Runtime.

mod arranging;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod computing;

use arranging::{later, layouts, merges, resampling};
use case::{Case, Cases};
use common::{onnxruntime, reference, tract};
use computing::{convolutions, functions, normalisations, pools, products, reductions};
use pellucid_engine::{Session, relative_difference};

fn all_cases() -> Vec<Case> {
    let mut cases = Cases(vec![]);
    for family in
        [convolutions, products, functions, pools, reductions, normalisations, merges, layouts, resampling, later]
    {
        family(&mut cases);
    }
    cases.0
}

/// Differences that rounding explains; integers and truth values must be equal.
const RELATIVE: f64 = 2e-5;

fn compare(session: &Session, plain: &Session, skip: &[&str]) {
    let mut failures = vec![];
    let cases = all_cases();
    for case in cases.iter().filter(|case| !skip.contains(&case.label.trim())) {
        let want = plain.run(&case.graph, &case.inputs).unwrap_or_else(|e| panic!("{}: {e}", case.label));
        match session.run(&case.graph, &case.inputs) {
            Err(error) => failures.push(format!("{}: {error}", case.label)),
            Ok(have) => {
                for (i, (a, b)) in want.iter().zip(&have).enumerate() {
                    let difference = relative_difference(a, b);
                    let exact = !a.dtype().is_float();
                    if a.shape() != b.shape()
                        || a.dtype() != b.dtype()
                        || difference > if exact { 0.0 } else { RELATIVE }
                    {
                        failures.push(format!("{}: output {i} differs by {difference:.1e}", case.label));
                    }
                }
            }
        }
    }
    println!("{} cases on {}", cases.len(), session.engine().id());
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// NaN goes through comparisons as "not greater": inputs that aren't finite are refused before they get here.
const TRACT_DEPARTS: &[&str] = &["Relu nan", "Max nan", "Min nan", "Clip nan"];

#[test]
fn tract_gives_what_the_plain_evaluator_gives() {
    compare(&tract(), &reference(), TRACT_DEPARTS);
}

/// Where ONNX Runtime itself refuses or departs from the standard.
const RUNTIME_DEPARTS: &[&str] = &["LRN even"];

#[test]
fn onnxruntime_gives_what_the_plain_evaluator_gives() {
    if let Some(session) = onnxruntime() {
        compare(&session, &reference(), RUNTIME_DEPARTS);
    }
}
