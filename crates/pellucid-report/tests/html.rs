//! The report: complete, self-contained, and safe whatever the names are.

mod common;

use common::*;
use pellucid_explain::Outcome;
use pellucid_report::{Case, CaseInput, Truth, WriteOptions, table, write_case};

/// The report of a 2-D case.
fn report(name: &str, labels: &[String], outcome: &Outcome, truth: Option<&Truth>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let image = plane(16, 16);
    let prepared = prepared(&image);
    let inputs = vec![CaseInput { name: "x", image: &image, prepared: &prepared }];
    let case = Case { name, model: "lesions.onnx", labels, inputs, outcome, truth };
    let written = write_case(&folder.path().join("out"), &case, &WriteOptions::default()).unwrap();
    std::fs::read_to_string(written.report).unwrap()
}

fn maps() -> Vec<pellucid_explain::Explanation> {
    let ramp: Vec<f32> = (0..256).map(|i| i as f32 - 100.0).collect();
    vec![
        explanation("grad-cam", 1, vec![on_layer("conv5", &[4, 4], &ramp[100..116])]),
        explanation("saliency", 1, vec![on_input("x", &[1, 16, 16], &ramp)]),
    ]
}

#[test]
fn everything_a_reader_needs_is_there() {
    let mut outcome = outcome(maps());
    outcome.explanations.push(Err(failure("cam")));
    let mut inside = vec![false; 256];
    inside[200] = true;
    let truth = Truth::new("planted lesion", [1, 16, 16], &inside).unwrap();
    let html = report("scan 7", &["normal".into(), "lesion".into()], &outcome, Some(&truth));
    for text in [
        "<h1>scan 7</h1>",
        "lesions.onnx",
        "Not for diagnosis",
        "lesion, probability 75 %",
        "Grad-CAM",
        "Saliency",
        "Why: logit of class 1 = 1.25",
        "before the model's Softmax",
        "Completeness holds",
        "The layer is coarse.",
        "<li>scaled to 0..1</li>",
        "1 forward, 1 backward, 0.125 s",
        "Do the methods agree?",
        "Does the evidence lie in the planted lesion?",
        "needs a pooled linear head",
        "steps = 50",
        "conv1 (Conv): gradient, linear",
        "tract 0.23, CPU",
    ] {
        assert!(html.contains(text), "`{text}` is missing");
    }
    // a failed check is said in words
    let mut failing = maps();
    failing[0].checks[0].holds = false;
    assert!(report("a", &[], &common::outcome(failing), None).contains("Completeness fails"));
}

#[test]
fn report_needs_nothing_from_elsewhere() {
    let html = report("scan 7", &[], &outcome(maps()), None);
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"));
    for attribute in ["src=\"", "url("] {
        for (at, _) in html.match_indices(attribute) {
            assert!(html[at + attribute.len()..].starts_with("data:image/png;base64,"), "{}", &html[at..at + 40]);
        }
    }
    let images = html.matches("<img ").count();
    assert_eq!((images, html.matches(" alt=\"").count()), (3, images));
    for tag in ["div", "section", "table", "tr", "td", "th", "ul", "li", "details", "figure", "article", "p", "dl"] {
        let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "<{tag}>");
    }
}

#[test]
fn names_from_outside_cannot_become_markup() {
    let evil = "<script>alert(1)</script>\" onload='x'";
    let mut explanations = maps();
    for e in &mut explanations {
        e.target.description = evil.into();
        e.target.stepped_over = Some(evil.into());
        e.site = evil.into();
        e.notes = vec![evil.into()];
        e.checks[0].statement = evil.into();
        e.checks[0].name = evil.into();
        let p = &mut e.provenance;
        p.rules = vec![evil.into()];
        p.parameters.insert(evil.into(), serde_json::json!(evil));
        p.inputs_sha256.insert(evil.into(), evil.into());
        p.preprocessing = vec![evil.into()];
        (p.engine, p.device, p.time, p.pellucid) = (evil.into(), evil.into(), evil.into(), evil.into());
    }
    explanations.push(explanation(evil, 1, vec![on_layer(evil, &[2, 2], &[0.0, 1.0, 2.0, 3.0])]));
    let mut outcome = outcome(explanations);
    outcome.output.name = evil.into();
    outcome.output.activation = Some(evil.into());
    outcome.explanations.push(Err(failure(evil)));
    let mut inside = vec![false; 256];
    inside[3] = true;
    let truth = Truth::new(evil, [1, 16, 16], &inside).unwrap();
    let html = report(evil, &[evil.into(), evil.into()], &outcome, Some(&truth));
    assert!(!html.contains("<script") && !html.contains("onload='") && !html.contains("alert(1)</script"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39;"));
}

#[test]
fn maps_that_show_nothing_say_so() {
    let zero = explanation("grad-cam", 1, vec![on_layer("conv5", &[4, 4], &[0.0; 16])]);
    let misfit = explanation("layer-cam", 1, vec![on_layer("pool", &[4], &[1.0; 4])]);
    let table_input = explanation("saliency", 1, vec![on_input("age", &[1], &[0.5])]);
    let html = report("a", &[], &outcome(vec![zero, misfit, table_input]), None);
    assert!(html.contains("Every value is zero: there is nothing to show."));
    assert!(html.contains("has 1 spatial axes, the input 2"));
    assert!(html.contains("This input isn&#39;t an image"));
    assert!(!html.contains("NaN"));
}

#[test]
fn terminal_table_lines_up_and_fits() {
    let mut outcome = outcome(maps());
    outcome.explanations.push(Err(failure("cam")));
    let text = table(&outcome, 120);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("METHOD"));
    let column = lines[0].find("RANGE").unwrap();
    assert!(lines[1][column..].starts_with("0 to 15") && lines[2][column..].starts_with("-100 to 155"), "{text}");
    assert!(lines[1].contains("completeness holds"));
    assert!(lines[3].starts_with("cam: no result: ") && lines[3].contains("pooled linear head"));
    let mut long = common::outcome(maps());
    if let Ok(e) = &mut long.explanations[0] {
        e.target.description = "logit of a class with a name that goes on and on and on without an end in sight".into();
    }
    let narrow = table(&long, 110);
    assert!(narrow.lines().all(|l| l.chars().count() <= 110), "{narrow}");
    assert!(narrow.contains(".."));
}
