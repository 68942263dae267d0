//! What a role sees.

use crate::protocol::View;
use crate::rules::Situation;
use crate::situation::{Depth, Role};

/// `(role, vocabulary, items before one asks for more, outputs, left out)`.
type Row = (Role, &'static str, usize, &'static [&'static str], &'static [&'static str]);

const VIEWS: &[Row] = &[
    (
        Role::Researcher,
        "methods and metrics by their names in the literature",
        0,
        &["warnings", "maps", "raw arrays", "parameters", "metrics with intervals", "controls", "seeds", "log"],
        &[],
    ),
    (
        Role::Radiologist,
        "findings and anatomy",
        5,
        &[
            "warnings",
            "one statement and one overlay for each finding",
            "similar cases",
            "counterfactual on demand",
            "uncertainty in words and numbers",
        ],
        &["raw arrays", "parameters (in the file, not on the page)"],
    ),
    (
        Role::Technician,
        "acquisition and image quality",
        5,
        &[
            "warnings",
            "image quality",
            "valid region",
            "acquisition",
            "evidence on artefacts and markers",
            "whether to repeat",
        ],
        &["diagnosis"],
    ),
];

pub(super) fn of(s: &Situation) -> View {
    let row = VIEWS.iter().find(|v| v.0 == s.role).unwrap_or(&VIEWS[0]);
    let words = |list: &[&str]| list.iter().map(|w| w.to_string()).collect();
    let items = match (s.depth, row.2) {
        (Depth::Triage, _) => 1,
        (_, n) => n,
    };
    View {
        role: s.role,
        task: s.task,
        depth: s.depth,
        vocabulary: row.1.into(),
        items,
        outputs: words(row.3),
        left_out: words(row.4),
    }
}
