//! Running files of cases.

use std::path::Path;

use pellucid_metrics::MetricError;
use serde_json::Value;

use crate::compare::{Comparison, Tolerance, compare};
use crate::decode::{CaseError, Input, Result};
use crate::encode::undefined;
use crate::numeric;

/// From a case's input to what was computed.
pub type Runner = fn(&Input) -> Result<Value>;

/// Metrics, named as their files, and their functions.
pub type Table = &'static [(&'static str, Runner)];

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
    TABLES.iter().flat_map(|t| t.iter()).find(|(name, _)| *name == metric).map(|(_, f)| *f)
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
fn run_case(run: Runner, case: &Input, tolerance: Tolerance) -> Result<Comparison> {
    let want = case.get("expected")?;
    let got = match run(&case.get("input")?) {
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
    let input = Input::new(file);
    let mut report = FileReport { metric: input.get("metric")?.word()?.to_string(), ..FileReport::default() };
    let Some(run) = runner(&report.metric) else { return Ok(report) };
    report.known = true;
    let tolerance = tolerance(file)?;
    for case in input.get("cases")?.items()? {
        report.add(case.get("id")?.word()?, run_case(run, &case, tolerance)?);
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
