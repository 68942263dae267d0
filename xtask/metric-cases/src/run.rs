//! Running files of cases.

use std::path::Path;

use pellucid_metrics::MetricError;
use serde_json::Value;

use crate::compare::{Comparison, Tolerance, compare};
use crate::decode::{CaseError, Input, Result};
use crate::encode::undefined;
use crate::numeric;

/// From a case's input to what was computed.
pub type FromInput = fn(&Input) -> Result<Value>;

/// From a whole file, for cases that refer to others, and a case's input to what was computed.
pub type FromFile = fn(&Value, &Value) -> std::result::Result<Value, String>;

/// How a metric's cases are computed.
#[derive(Clone, Copy, Debug)]
pub enum Runner {
    /// From the input.
    Input(FromInput),
    /// From the file and the input.
    File(FromFile),
}

impl Runner {
    /// What was computed for a case.
    ///
    /// # Errors
    /// When the metric fails.
    pub fn run(self, file: &Value, input: &Input) -> Result<Value> {
        match self {
            Runner::Input(f) => f(input),
            Runner::File(f) => f(file, input.value()).map_err(CaseError::Input),
        }
    }
}

/// Metrics, named as their files, and their functions.
pub type Table = &'static [(&'static str, FromInput)];

/// Every table.
static TABLES: &[Table] = &[
    numeric::localisation::TABLE,
    numeric::faithfulness::TABLE,
    numeric::removal::TABLE,
    numeric::cam::TABLE,
    numeric::robustness::TABLE,
    numeric::complexity::TABLE,
    numeric::randomisation::TABLE,
    numeric::axiomatic::TABLE,
    numeric::concepts::TABLE,
    numeric::counterfactual::TABLE,
    numeric::embedding::TABLE,
    numeric::calibration::TABLE,
];

/// The function of a metric.
pub fn runner(metric: &str) -> Option<Runner> {
    let numeric = TABLES.iter().flat_map(|t| t.iter()).find(|(name, _)| *name == metric);
    let text = || crate::text::TABLE.iter().find(|(name, _)| *name == metric);
    numeric.map(|(_, f)| Runner::Input(*f)).or_else(|| text().map(|(_, f)| Runner::File(*f)))
}

/// What the cases of one file gave.
#[derive(Clone, Debug, Default)]
pub struct FileReport {
    /// The metric.
    pub metric: String,
    /// Whether there is a function for it; nothing was run otherwise.
    pub known: bool,
    /// Number of cases.
    pub cases: usize,
    /// Number of cases in which everything agrees.
    pub passed: usize,
    /// Values that were compared.
    pub compared: usize,
    /// Largest absolute deviation of a number.
    pub worst: f64,
    /// Largest deviation in units of what is allowed.
    pub worst_share: f64,
    /// Undefined values whose reason is another one.
    pub other_reasons: Vec<String>,
    /// What differs, with the case.
    pub failures: Vec<String>,
}

impl FileReport {
    fn add(&mut self, id: &str, found: Comparison) {
        self.cases += 1;
        self.passed += usize::from(found.differences.is_empty());
        self.compared += found.compared;
        self.worst = self.worst.max(found.worst);
        self.worst_share = self.worst_share.max(found.worst_share);
        let named = |all: Vec<String>| all.into_iter().map(|d| format!("{id}{d}")).collect::<Vec<String>>();
        self.other_reasons.extend(named(found.other_reasons));
        self.failures.extend(named(found.differences));
    }

    /// One line for people.
    pub fn line(&self) -> String {
        if !self.known {
            return format!("{:36} not run: no function for it", self.metric);
        }
        let failed = self.cases - self.passed;
        format!(
            "{:36} {:3} cases, {:3} passed, {:2} failed, {:5} values, worst deviation {:.1e} ({:.1e} of the allowed)",
            self.metric, self.cases, self.passed, failed, self.compared, self.worst, self.worst_share
        )
    }
}

fn tolerance(file: &Value) -> Result<Tolerance> {
    let t = Input::new(file).get("tolerance")?;
    Ok(Tolerance { abs: t.number_of("abs")?, rel: t.number_of("rel")? })
}

/// Runs one case. Being undefined is a result, every other error is a failure.
fn run_case(run: Runner, file: &Value, case: &Input, tolerance: Tolerance) -> Result<Comparison> {
    let want = case.get("expected")?;
    let got = match run.run(file, &case.get("input")?) {
        Ok(got) => got,
        Err(CaseError::Metric(MetricError::Undefined(reason))) => undefined(reason),
        Err(other) => {
            let differences = vec![format!(": {other}")];
            return Ok(Comparison { differences, ..Comparison::default() });
        }
    };
    Ok(compare(want.value(), &got, tolerance))
}

/// Runs the cases of one file.
///
/// # Errors
/// When the file isn't in the form of the cases.
pub fn run_file(file: &Value) -> Result<FileReport> {
    let metric = Input::new(file).get("metric")?.word()?.to_string();
    match runner(&metric) {
        Some(run) => run_with(file, &metric, run),
        None => Ok(FileReport { metric, ..FileReport::default() }),
    }
}

fn run_with(file: &Value, metric: &str, run: Runner) -> Result<FileReport> {
    let mut report = FileReport { metric: metric.to_string(), known: true, ..FileReport::default() };
    let tolerance = tolerance(file)?;
    for case in Input::new(file).get("cases")?.items()? {
        report.add(case.get("id")?.word()?, run_case(run, file, &case, tolerance)?);
    }
    Ok(report)
}

/// Runs every `.json` file of a folder, in the order of their names.
///
/// # Errors
/// When the folder or a file can't be read, or a file isn't in the form of the cases.
pub fn run_folder(folder: &Path) -> Result<Vec<FileReport>> {
    let failed = |path: &Path, e: &dyn std::fmt::Display| CaseError::Input(format!("{}: {e}", path.display()));
    let entries = std::fs::read_dir(folder).map_err(|e| failed(folder, &e))?;
    let mut paths =
        entries.map(|entry| entry.map(|e| e.path()).map_err(|e| failed(folder, &e))).collect::<Result<Vec<_>>>()?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let run = |path: &std::path::PathBuf| {
        let text = std::fs::read(path).map_err(|e| failed(path, &e))?;
        let file = serde_json::from_slice(&text).map_err(|e| failed(path, &e))?;
        run_file(&file).map_err(|e| failed(path, &e))
    };
    paths.iter().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_metrics::Undefined;
    use serde_json::json;

    fn file() -> Value {
        json!({
            "metric": "double", "factor": 2.0, "tolerance": {"abs": 1e-9, "rel": 0.0},
            "cases": [
                {"id": "right", "input": {"x": 2.0}, "expected": {"y": 4.0}},
                {"id": "wrong", "input": {"x": 2.0}, "expected": {"y": 4.1}},
                {"id": "none", "input": {"x": -1.0}, "expected": {"undefined": "bad_k"}},
                {"id": "broken", "input": {}, "expected": {"y": 0.0}}
            ]
        })
    }

    fn from_input(input: &Input) -> Result<Value> {
        let x = input.number_of("x")?;
        if x < 0.0 { Err(MetricError::from(Undefined::BadK).into()) } else { Ok(json!({ "y": 2.0 * x })) }
    }

    fn from_file(file: &Value, input: &Value) -> std::result::Result<Value, String> {
        let x = input["x"].as_f64().ok_or("no x")?;
        let factor = file["factor"].as_f64().ok_or("no factor")?;
        Ok(if x < 0.0 { json!({"undefined": "bad_k"}) } else { json!({ "y": factor * x }) })
    }

    #[test]
    fn what_agrees_passes_and_what_differs_or_breaks_fails() {
        for run in [Runner::Input(from_input), Runner::File(from_file)] {
            let report = run_with(&file(), "double", run).unwrap();
            assert_eq!((report.cases, report.passed), (4, 2), "{report:?}");
            assert!((report.worst - 0.1).abs() < 1e-9);
            assert!(report.failures[0].starts_with("wrong/y") && report.failures[1].starts_with("broken"));
        }
    }

    #[test]
    fn an_unknown_metric_is_reported_and_a_file_of_another_form_refused() {
        let report = run_file(&file()).unwrap();
        assert!(!report.known && report.cases == 0 && report.line().contains("not run"));
        assert!(run_file(&json!({"metric": 1})).is_err());
        assert!(run_file(&json!([])).is_err());
        assert!(run_file(&json!({"metric": "road", "tolerance": {"abs": 0.0}})).is_err());
    }
}
