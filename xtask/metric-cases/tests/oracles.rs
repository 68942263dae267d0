//! Every file of numeric cases passes.

use std::path::Path;

use metric_cases::run_folder;

#[test]
fn every_case_of_the_folder_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles/metrics");
    if !folder.is_dir() {
        println!("skipped: {} is missing", folder.display());
        return;
    }
    let reports = run_folder(&folder).expect("files in the form of the cases");
    let mut wrong = Vec::new();
    for report in &reports {
        println!("{}", report.line());
        report.other_reasons.iter().for_each(|r| println!("    another reason: {r}"));
        wrong.extend(report.failures.iter().map(|f| format!("{}: {f}", report.metric)));
        if !report.known {
            wrong.push(format!("{}: no function for it", report.metric));
        }
    }
    let (cases, passed): (usize, usize) = reports.iter().fold((0, 0), |t, r| (t.0 + r.cases, t.1 + r.passed));
    println!("{} files, {cases} cases run, {passed} passed", reports.len());
    assert!(cases > 0, "no case was run");
    assert!(wrong.is_empty(), "{} values differ:\n{}", wrong.len(), wrong.join("\n"));
}
