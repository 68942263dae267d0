//! `cargo xtask oracles FOLDER`: runs every case of a folder and prints a line per method.

mod case;
mod compare;
mod npy;
mod postprocess;
mod property;
mod superpixels;
mod table;
mod target;
mod visual;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pellucid::engine::{Choice, EngineOptions};

use case::{Case, Folder};
use compare::Verdict;

/// What to run.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of cases, or a folder of such folders
    folder: PathBuf,
    /// Engine to run them on: tract, onnxruntime, reference
    #[arg(long, default_value = "tract")]
    engine: String,
    /// Only cases whose method contains this
    #[arg(long)]
    method: Option<String>,
    /// Only methods that are built; others are counted as left out instead of failed
    #[arg(long)]
    known: bool,
    /// Print every failing case
    #[arg(long, short)]
    verbose: bool,
    /// Models that folders name by digest
    #[arg(long)]
    models: Option<PathBuf>,
}

/// Counts of one method.
#[derive(Default)]
struct Line {
    passed: usize,
    failed: usize,
    left_out: usize,
    disputed: usize,
    worst: f64,
}

/// Runs the cases. True when none failed.
pub fn run(args: &Args) -> Result<bool> {
    let engine: Choice = args.engine.parse()?;
    let session = pellucid::engine::open(&EngineOptions::of(engine))?;
    let folders = folders(&args.folder)?;
    if folders.is_empty() && holds_metrics(&args.folder) {
        return metrics(args);
    }
    if folders.is_empty() {
        bail!("no cases.json in {} or below, and no file of a metric's cases", args.folder.display());
    }
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for path in folders {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let models = args.models.clone().unwrap_or_else(|| default_models(&path));
        let outcomes = match Folder::open(&path) {
            Ok(folder) => folder_outcomes(&folder, session.clone(), &models, args),
            Err(error) => vec![(name.clone(), "?".to_string(), Err(error))],
        };
        for (id, method, outcome) in outcomes {
            let line = lines.entry(method).or_default();
            match outcome {
                Ok(None) => line.left_out += 1,
                Ok(Some(Verdict { disputed: Some(why), .. })) => {
                    line.disputed += 1;
                    println!("DISPUTED {name} {id}: {why}");
                }
                Ok(Some(v)) if v.failures.is_empty() => {
                    line.passed += 1;
                    line.worst = line.worst.max(v.deviation);
                }
                Ok(Some(v)) => {
                    line.failed += 1;
                    line.worst = line.worst.max(v.deviation);
                    if args.verbose {
                        println!("FAILED {name} {id}: {}", v.failures.join("; "));
                    }
                }
                Err(error) => {
                    line.failed += 1;
                    if args.verbose {
                        println!("FAILED {name} {id}: {error:#}");
                    }
                }
            }
        }
    }
    Ok(report(&lines, &args.engine))
}

fn report(lines: &BTreeMap<String, Line>, engine: &str) -> bool {
    println!("{:<28} {:>6} {:>7} {:>7}  worst deviation", "method", "cases", "passed", "failed");
    let (mut passed, mut failed, mut left, mut disputed) = (0, 0, 0, 0);
    for (method, line) in lines {
        let cases = line.passed + line.failed;
        if cases > 0 {
            println!("{method:<28} {cases:>6} {:>7} {:>7}  {:.1e}", line.passed, line.failed, line.worst);
        }
        passed += line.passed;
        failed += line.failed;
        left += line.left_out;
        disputed += line.disputed;
    }
    println!("oracle cases on {engine}: {passed} passed, {failed} failed, {disputed} disputed, {left} left out");
    failed == 0
}

/// Whether a folder has files of cases, one for each metric.
fn holds_metrics(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.path()).any(|p| p.extension().is_some_and(|e| e == "json"))
}

/// Runs the files of cases of metrics; they need no engine.
fn metrics(args: &Args) -> Result<bool> {
    let reports = metric_cases::run_folder(&args.folder).map_err(|e| anyhow::anyhow!("{e}"))?;
    let wanted = |m: &str| args.method.as_ref().is_none_or(|w| m.contains(w.as_str()));
    let (mut passed, mut failed, mut left) = (0, 0, 0);
    for report in reports.iter().filter(|r| wanted(&r.metric)) {
        println!("{}", report.line());
        if args.verbose {
            report.failures.iter().for_each(|f| println!("FAILED {}: {f}", report.metric));
        }
        passed += report.passed;
        failed += report.cases - report.passed;
        match (report.known, args.known) {
            (true, _) => {}
            (false, true) => left += 1,
            (false, false) => failed += 1,
        }
    }
    println!("cases of metrics: {passed} passed, {failed} failed, {left} files left out");
    Ok(failed == 0)
}

/// The folders with a `cases.json`, the given one or those directly below it, by name.
fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    if root.join("cases.json").is_file() {
        return Ok(vec![root.to_path_buf()]);
    }
    let entries = std::fs::read_dir(root).with_context(|| format!("can't read {}", root.display()))?;
    let mut out: Vec<PathBuf> =
        entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.join("cases.json").is_file()).collect();
    out.sort();
    Ok(out)
}

/// `data/models` beside the `oracles` folder that holds the cases.
fn default_models(path: &Path) -> PathBuf {
    path.ancestors().map(|a| a.join("data/models")).find(|p| p.is_dir()).unwrap_or_default()
}

type Outcome = (String, String, Result<Option<Verdict>>);

fn folder_outcomes(folder: &Folder, session: pellucid::engine::Session, models: &Path, args: &Args) -> Vec<Outcome> {
    let wanted = |m: &str| args.method.as_ref().is_none_or(|w| m.contains(w.as_str()));
    let mut out = Vec::new();
    let mut bench = None;
    for value in &folder.cases {
        let text = |key: &str| value.get(key).and_then(|v| v.as_str()).unwrap_or("?").to_string();
        let id = text("id");
        if value.get("operation").is_some() {
            if wanted("postprocess") {
                out.push((id, "postprocess".into(), postprocess::run(folder, value).map(Some)));
            }
            continue;
        }
        if value.get("algorithm").is_some() {
            if wanted("superpixels") {
                out.push((id, "superpixels".into(), superpixels::run(folder, value).map(Some)));
            }
            continue;
        }
        let method = text("method");
        if !wanted(&method) {
            continue;
        }
        if method == "?" && args.known {
            out.push((id, method, Ok(None)));
            continue;
        }
        let case: Case = match serde_json::from_value(value.clone()) {
            Ok(case) => case,
            Err(error) => {
                out.push((id, method, Err(error.into())));
                continue;
            }
        };
        if args.known && !table::is_known(&case) {
            out.push((id, method, Ok(None)));
            continue;
        }
        if bench.is_none() {
            bench = Some(visual::Bench::open(folder, session.clone(), models));
        }
        let outcome = match &bench {
            Some(Ok(bench)) => bench.run(&case).map(Some),
            Some(Err(error)) => Err(anyhow::anyhow!("{error:#}")),
            None => Ok(None),
        };
        out.push((id, method, outcome));
    }
    out
}
