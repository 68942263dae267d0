//! The list of metrics is whole: ids, files, documentation.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use pellucid_metrics::{Direction, METRICS, find};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

#[test]
fn ids_are_unique_and_equal_to_the_names_of_their_files() {
    let ids: HashSet<&str> = METRICS.iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), METRICS.len());
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for metric in METRICS {
        let name = format!("{}.rs", metric.id.replace('-', "_"));
        let file = files.iter().find(|f| f.file_name().unwrap() == name.as_str());
        let file = file.unwrap_or_else(|| panic!("{} has no file {name}", metric.id));
        assert_eq!(std::fs::read_to_string(file).unwrap(), metric.file, "{}", metric.id);
        assert!(std::ptr::eq(find(metric.id).unwrap(), *metric));
    }
    assert!(find("no-such-metric").is_err());
}

#[test]
fn no_metric_is_left_out_of_the_list() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let listed: HashSet<String> = METRICS.iter().map(|m| m.id.replace('-', "_")).collect();
    let mut count = 0;
    for file in files {
        if std::fs::read_to_string(&file).unwrap().contains("pub static INFO: MetricInfo") {
            assert!(listed.contains(file.file_stem().unwrap().to_str().unwrap()), "{} isn't listed", file.display());
            count += 1;
        }
    }
    assert_eq!(count, METRICS.len());
}

#[test]
fn every_page_begins_with_its_summary_and_has_its_sections() {
    for metric in METRICS {
        let first = metric.file.lines().next().unwrap().replace('`', "");
        assert_eq!(first, format!("//! {}.", metric.summary), "{}", metric.id);
        for section in ["# Formula", "# Symbols", "# Source"] {
            assert!(metric.file.contains(&format!("//! {section}\n")), "{} lacks {section}", metric.id);
        }
        assert!(
            metric.range.0 < metric.range.1 && !metric.chance.is_empty() && !metric.cost.is_empty(),
            "{}",
            metric.id
        );
        if metric.sources.is_empty() {
            assert!(metric.file.contains("//! Ours."), "{}", metric.id);
        }
        for key in metric.sources {
            let cited = metric.file.split("//! # Source").nth(1).is_some_and(|s| s.contains(key));
            assert!(cited, "{} names {key} in the list only", metric.id);
        }
    }
}

#[test]
fn every_source_is_in_the_bibliography() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bibliography.bib")).unwrap();
    for metric in METRICS {
        for key in metric.sources {
            assert!(text.contains(&format!("{{{key},")), "{key} of {}", metric.id);
        }
    }
}

#[test]
fn directions_are_those_that_reports_print() {
    let of = |id: &str| find(id).unwrap().direction;
    for id in ["insertion", "aopc", "road", "irof", "consistency", "sparseness-gini", "efficient-mprt", "sparsity"] {
        assert_eq!(of(id), Direction::Higher, "{id}");
    }
    for id in ["deletion", "pixel-flipping", "sufficiency", "average-drop", "random-logit", "mprt", "continuity", "ece"]
    {
        assert_eq!(of(id), Direction::Lower, "{id}");
    }
    assert_eq!(of("completeness"), Direction::CloserToZero);
}
