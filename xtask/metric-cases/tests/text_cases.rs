//! Every file of cases of a metric of text, at the file's own tolerance.

use std::path::Path;

use metric_cases::text::{TABLE, run};

#[test]
fn every_file_of_text_cases_agrees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles/metrics");
    let mut failures = Vec::new();
    for (name, compute) in TABLE {
        let path = folder.join(format!("{name}.json"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("{name}: skipped, the file of cases isn't here");
            continue;
        };
        let file = serde_json::from_str(&text).expect("a file of cases is JSON");
        match run(&file, *compute) {
            Ok(cases) => {
                println!("{name}: {cases} cases agree");
                assert!(cases > 0, "{name}: the file has no cases");
            }
            Err(differences) => {
                println!("{name}: {} values differ", differences.len());
                failures.extend(differences.into_iter().map(|d| format!("{name}: {d}")));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
