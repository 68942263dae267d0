//! Damaged presets, protocols and files of codes: a clear error or a valid value, never a panic.

use pellucid_advise::{Ontology, PRESETS, Preset, Protocol};
use proptest::prelude::*;

const PROTOCOL: &str = r#"format = 1
[view]
role = "technician"
task = "classification"
depth = "triage"
vocabulary = "w"
items = 1
outputs = ["maps"]
left_out = []
[preset]
id = "ct"
sha256 = "00"
reason = "named"
evidence = "e"
[model]
[data]
[targets]
kind = "region"
labels = ["a"]
regions = ["predicted"]
reasons = [{ text = "t", source = "s" }]
[evaluation]
seeds = [0, 1]
bootstrap = 1000
interval = 0.95
controls = []
smoothing = [0.5, 0.5]
reasons = []
[evaluation.segments.slic]
segments = 10
[[baselines]]
id = "blur"
kind = "blur"
sigma = { share = 0.04 }
along = "xy"
over = "image"
meaning = "m"
[[methods]]
id = "occlusion"
family = "perturbation"
baseline = "blur"
forwards = 226.0
params = { window = "8,8" }
reasons = [{ text = "t", source = "s" }]
"#;

const CODES: &str = "format = 1\n[[concept]]\nid = \"a\"\nsystem = \"L\"\ncode = \"1\"\ndisplay = \"A\"\nversion = \"1\"\n\
    [[concept]]\nid = \"b\"\nsystem = \"L\"\ncode = \"2\"\ndisplay = \"B\"\nversion = \"1\"\nis_a = [\"a\"]\n";

/// The text with some characters replaced, then cut.
fn damaged(text: &str, changes: &[(usize, char)], cut: usize) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let n = chars.len();
    changes.iter().for_each(|&(at, c)| chars[at % n] = c);
    chars.truncate(if cut.is_multiple_of(3) { cut % n } else { n });
    chars.into_iter().collect()
}

/// A line of the text exchanged for another of it: keys in wrong tables, values of wrong keys.
fn shuffled(text: &str, from: usize, to: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let n = lines.len();
    lines[to % n] = lines[from % n];
    lines.join("\n")
}

fn read_all(text: &str) {
    for message in [
        Preset::parse(text, "f").err().map(|e| e.to_string()),
        Protocol::parse(text, "f").err().map(|e| e.to_string()),
        Ontology::parse(text, "f").err().map(|e| e.to_string()),
    ] {
        assert!(message.is_none_or(|m| m.starts_with("`f`, line ")));
    }
}

#[test]
fn the_whole_texts_are_good() {
    Protocol::parse(PROTOCOL, "f").unwrap();
    Ontology::parse(CODES, "f").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_an_error_with_a_place(
        changes in prop::collection::vec((any::<usize>(), prop::sample::select(vec!['0', '9', '"', '[', ']', '=', '\n', '-', 'e', 'é', '.', '{'])), 0..4),
        cut: usize, from: usize, to: usize, which in 0usize..22,
    ) {
        let preset = PRESETS.entries()[which].preset.to_toml().unwrap();
        for text in [preset.as_str(), PROTOCOL, CODES] {
            read_all(&damaged(text, &changes, cut));
            read_all(&shuffled(text, from, to));
        }
    }
}
