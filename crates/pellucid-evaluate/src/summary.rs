//! Tables over cases: means with intervals, and paired tests between methods.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pellucid_metrics::statistics::{Comparison, compare, summarise as over_cases};
use pellucid_metrics::{Direction, Undefined};
use serde::Serialize;

use crate::protocol::Protocol;
use crate::row::{Outcome, Row};
use crate::{Control, Result};

/// A method by a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Method or control.
    pub method: String,
    /// Metric.
    pub metric: String,
    /// Mean over cases.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Standard deviation.
    pub sd: Option<f64>,
    /// 95 % interval of the mean, by bootstrap.
    pub interval: Option<(f64, f64)>,
    /// Scores with a value.
    pub count: usize,
    /// Scores without one, and why.
    pub missing: BTreeMap<String, usize>,
    /// Rank among the methods and controls, 1 the best; none for a metric without direction.
    pub rank: Option<usize>,
    /// Whether it is better than every control at the 5 % level (Wilcoxon's signed-rank test, Holm's correction); none for a control, or where
    /// there is nothing to compare with.
    pub beats_controls: Option<bool>,
}

/// All summaries of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryTable {
    /// Methods and controls, in the order of the protocol.
    pub methods: Vec<String>,
    /// Metrics with their direction, in the order of the protocol.
    pub metrics: Vec<(String, Direction)>,
    /// One entry for each metric and method.
    pub entries: Vec<Summary>,
    /// For each metric, the tests between methods.
    pub tests: Vec<(String, Vec<Comparison>)>,
    /// Number of cases.
    pub cases: usize,
}

/// Makes the tables of some rows. Seeds of a case are averaged: intervals and tests are over cases. Rows are put in order first, so that the order in which they were made doesn't matter.
///
/// # Errors
/// When a metric isn't known.
pub fn summarise(protocol: &Protocol, rows: &[Row]) -> Result<SummaryTable> {
    let methods: Vec<String> = protocol
        .methods
        .iter()
        .map(crate::MethodWish::name)
        .chain(protocol.controls.iter().map(|c| c.id().to_string()))
        .collect();
    let mut cases: Vec<&str> = rows.iter().map(|r| r.case.as_str()).collect();
    cases.sort_unstable();
    cases.dedup();
    let by_key: BTreeMap<_, &Row> = rows.iter().map(|r| (r.key(), r)).collect();
    let mut table = SummaryTable { methods, metrics: vec![], entries: vec![], tests: vec![], cases: cases.len() };
    for wish in &protocol.metrics {
        let (metric, direction) = (wish.name(), pellucid_metrics::find(&wish.id)?.direction);
        let mut columns: Vec<Vec<pellucid_metrics::Outcome>> = Vec::new();
        let mut entries = Vec::new();
        for method in &table.methods {
            let of = |case: &&str| {
                let row = |seed: &u64| by_key.get(&(case.to_string(), method.clone(), metric.clone(), *seed));
                over_seeds(protocol.seeds.iter().filter_map(row).map(|r| &r.outcome))
            };
            let outcomes: Vec<Option<Outcome>> = cases.iter().map(of).collect();
            let value = |o: &Option<Outcome>| o.as_ref().and_then(Outcome::value).ok_or(Undefined::NonFinite);
            columns.push(outcomes.iter().map(value).collect());
            entries.push(summary(method, &metric, &outcomes, protocol.bootstrap));
        }
        let tests = compare(&columns)?;
        rank(&mut entries, direction);
        judge(&mut entries, &tests, direction);
        table.entries.extend(entries);
        table.tests.push((metric.clone(), tests));
        table.metrics.push((metric, direction));
    }
    Ok(table)
}

/// One outcome of a case: the mean over seeds, which aren't independent cases; the first reason where a seed has no value.
fn over_seeds<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Option<Outcome> {
    let (mut sum, mut count) = (0.0, 0.0);
    for outcome in outcomes {
        match outcome {
            Outcome::Value(v) => (sum, count) = (sum + v, count + 1.0),
            other => return Some(other.clone()),
        }
    }
    (count > 0.0).then(|| Outcome::Value(sum / count))
}

fn summary(method: &str, metric: &str, outcomes: &[Option<Outcome>], resamples: usize) -> Summary {
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    let mut values = Vec::new();
    for outcome in outcomes {
        match outcome {
            Some(Outcome::Value(v)) => values.push(Ok(*v)),
            Some(Outcome::Undefined(why) | Outcome::Failed(why)) => *missing.entry(why.clone()).or_default() += 1,
            None => *missing.entry("not run".into()).or_default() += 1,
        }
    }
    let found = over_cases(&values, resamples, 0).ok();
    Summary {
        method: method.into(),
        metric: metric.into(),
        mean: found.as_ref().map(|s| s.mean),
        median: found.as_ref().map(|s| s.median),
        sd: found.as_ref().and_then(|s| s.sd),
        interval: found.as_ref().map(|s| s.interval),
        count: values.len(),
        missing,
        rank: None,
        beats_controls: None,
    }
}

/// How good a mean is: the larger the better.
pub(crate) fn goodness(mean: f64, direction: Direction) -> Option<f64> {
    match direction {
        Direction::Higher => Some(mean),
        Direction::Lower => Some(-mean),
        Direction::CloserToZero => Some(-mean.abs()),
        Direction::None => None,
    }
}

fn rank(entries: &mut [Summary], direction: Direction) {
    let good: Vec<Option<f64>> = entries.iter().map(|e| e.mean.and_then(|m| goodness(m, direction))).collect();
    for (entry, mine) in entries.iter_mut().zip(&good) {
        entry.rank = mine.map(|mine| 1 + good.iter().flatten().filter(|other| **other > mine).count());
    }
}

/// Level of the tests.
const LEVEL: f64 = 0.05;

fn judge(entries: &mut [Summary], tests: &[Comparison], direction: Direction) {
    let controls: Vec<usize> = (0..entries.len())
        .filter(|&i| Control::named(&entries[i].method).is_some() && entries[i].mean.is_some())
        .collect();
    let good: Vec<Option<f64>> = entries.iter().map(|e| e.mean.and_then(|m| goodness(m, direction))).collect();
    if controls.is_empty() {
        return;
    }
    for i in 0..entries.len() {
        if Control::named(&entries[i].method).is_some() || good[i].is_none() {
            continue;
        }
        let better = |c: usize| {
            let test = tests.iter().find(|t| (t.first, t.second) == (i.min(c), i.max(c)));
            good[i] > good[c] && test.is_some_and(|t| t.corrected < LEVEL)
        };
        entries[i].beats_controls = Some(controls.iter().all(|&c| better(c)));
    }
}

impl SummaryTable {
    /// The entry of a method and a metric.
    pub fn entry(&self, method: &str, metric: &str) -> Option<&Summary> {
        self.entries.iter().find(|e| e.method == method && e.metric == metric)
    }

    /// Mean of the ranks of a method over the metrics that have one.
    pub fn mean_rank(&self, method: &str) -> Option<f64> {
        let ranks: Vec<f64> =
            self.entries.iter().filter(|e| e.method == method).filter_map(|e| e.rank).map(|r| r as f64).collect();
        (!ranks.is_empty()).then(|| ranks.iter().sum::<f64>() / ranks.len() as f64)
    }

    /// The summaries as comma-separated values.
    pub fn csv(&self) -> String {
        let mut out = String::from("metric,method,mean,low,high,median,sd,count,missing,rank,beats_controls\n");
        let cell = |v: Option<f64>| v.map_or_else(String::new, |v| v.to_string());
        for e in &self.entries {
            let missing: Vec<String> = e.missing.iter().map(|(why, n)| format!("{why}: {n}")).collect();
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{},{},{},{},{}",
                quoted(&e.metric),
                quoted(&e.method),
                cell(e.mean),
                cell(e.interval.map(|i| i.0)),
                cell(e.interval.map(|i| i.1)),
                cell(e.median),
                cell(e.sd),
                e.count,
                quoted(&missing.join("; ")),
                e.rank.map_or_else(String::new, |r| r.to_string()),
                e.beats_controls.map_or_else(String::new, |b| b.to_string()),
            );
        }
        out
    }

    /// The tests between methods as comma-separated values.
    pub fn tests_csv(&self) -> String {
        let mut out = String::from("metric,first,second,pairs,mean_difference,median_difference,p,p_corrected\n");
        for (metric, tests) in &self.tests {
            for t in tests {
                let _ = writeln!(
                    out,
                    "{},{},{},{},{},{},{},{}",
                    quoted(metric),
                    quoted(&self.methods[t.first]),
                    quoted(&self.methods[t.second]),
                    t.test.pairs,
                    t.test.mean_difference,
                    t.test.median_difference,
                    t.test.p,
                    t.corrected
                );
            }
        }
        out
    }

    /// A table for the terminal and for documents: methods by metrics, means, the best of each metric marked.
    pub fn markdown(&self) -> String {
        let mut out = String::from("| method | mean rank |");
        let arrow = |d: Direction| match d {
            Direction::Higher => " ↑",
            Direction::Lower => " ↓",
            Direction::CloserToZero => " →0",
            Direction::None => "",
        };
        self.metrics.iter().for_each(|(m, d)| out.push_str(&format!(" {m}{} |", arrow(*d))));
        out.push_str("\n|---|---|");
        self.metrics.iter().for_each(|_| out.push_str("---|"));
        out.push('\n');
        let mut methods: Vec<&String> = self.methods.iter().collect();
        methods.sort_by(|a, b| {
            let rank = |m: &str| self.mean_rank(m).unwrap_or(f64::INFINITY);
            rank(a).total_cmp(&rank(b))
        });
        for method in methods {
            let rank = self.mean_rank(method).map_or_else(|| "-".into(), |r| format!("{r:.1}"));
            let _ = write!(out, "| {method} | {rank} |");
            for (metric, _) in &self.metrics {
                let cell = match self.entry(method, metric) {
                    Some(Summary { mean: Some(mean), rank, beats_controls, .. }) => {
                        let mark = if *rank == Some(1) { "**" } else { "" };
                        let doubt = if *beats_controls == Some(false) { " ·" } else { "" };
                        format!("{mark}{mean:.3}{mark}{doubt}")
                    }
                    _ => "-".into(),
                };
                let _ = write!(out, " {cell} |");
            }
            out.push('\n');
        }
        out
    }
}

/// The rows as comma-separated values, in order.
pub fn rows_csv(rows: &[Row]) -> String {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|r| r.key());
    let mut out = String::from("case,target,method,metric,seed,value,reason,passes,tied_fraction,signature\n");
    for r in sorted {
        let (value, reason) = match &r.outcome {
            Outcome::Value(v) => (v.to_string(), String::new()),
            Outcome::Undefined(why) => (String::new(), format!("undefined: {why}")),
            Outcome::Failed(why) => (String::new(), format!("failed: {why}")),
        };
        let texts = [&r.case, &r.target, &r.method, &r.metric].map(|s| quoted(s)).join(",");
        let tied = r.tied.map_or_else(String::new, |t| t.to_string());
        let _ = writeln!(
            out,
            "{texts},{},{value},{},{},{tied},{}",
            r.seed,
            quoted(&reason),
            r.passes,
            quoted(&r.signature)
        );
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

/// Mean passes through the model of each method, controls left out.
pub fn costs(rows: &[Row]) -> Vec<(String, f64)> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.passes > 0) {
        let sum = sums.entry(&row.method).or_default();
        *sum = (sum.0 + row.passes as f64, sum.1 + 1.0);
    }
    sums.into_iter().map(|(m, (sum, n))| (m.to_string(), sum / n)).collect()
}
