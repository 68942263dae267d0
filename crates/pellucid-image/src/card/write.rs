//! Cards to TOML, plain or with comments that explain every key.

use std::fmt::Write as _;

use super::guess::{ModelFacts, PortFacts};
use super::keys::{ACTIVATIONS, KEYS, STEPS, TASKS};
use super::parse::{activation_id, task_id};
use super::{Card, InputCard, InputKind, steps};

/// A card being written; with `comments`, each key is preceded by what it says and left-out keys stand as comments.
struct Page {
    out: String,
    comments: bool,
}

fn text(v: &str) -> String {
    toml::Value::String(v.to_string()).to_string()
}

fn texts(list: &[String]) -> String {
    format!("[{}]", list.iter().map(|v| text(v)).collect::<Vec<_>>().join(", "))
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// A key with its value, or, when there is none, a comment with an example.
    fn key(&mut self, table: &str, key: &str, value: Option<String>, example: &str) {
        if self.comments
            && let Some(known) = KEYS.iter().find(|k| k.table == table && k.key == key)
        {
            let line = format!("# {}", known.doc);
            self.line(&line);
        }
        match value {
            Some(value) => self.line(&format!("{key} = {value}")),
            None if self.comments => self.line(&format!("# {key} = {example}")),
            None => (),
        }
    }

    fn list(&mut self, what: &str, entries: impl Iterator<Item = (&'static str, &'static str)>) {
        if self.comments {
            self.line(&format!("# {what}:"));
            entries.for_each(|(id, meaning)| self.line(&format!("#   {id:<20} {meaning}")));
        }
    }
}

impl Card {
    /// The card as TOML without comments.
    pub fn to_toml(&self) -> String {
        let mut page = Page { out: String::new(), comments: false };
        self.write(&mut page);
        page.out
    }

    /// The card as TOML in which every key is explained, under a heading that tells what the model's file says.
    pub fn to_toml_commented(&self, facts: &ModelFacts) -> String {
        let mut page = Page { out: String::new(), comments: true };
        page.line("# Model card: what the model's file can't say. Lines that start with `#` are comments.");
        page.line(
            "# Check every line, above all the `steps`: a model that gets its images prepared in another way than",
        );
        page.line("# in training gives answers, and explanations, that mean nothing.");
        page.line("#");
        facts.inputs.iter().for_each(|p| page.line(&format!("# input  {}", describe(p))));
        facts.outputs.iter().for_each(|p| page.line(&format!("# output {}", describe(p))));
        page.line("");
        self.write(&mut page);
        if !facts.layers.is_empty() {
            page.line("");
            page.line("# Layers that could be read, deepest last:");
            facts.layers.iter().for_each(|l| page.line(&format!("#   {l}")));
        }
        page.out
    }

    fn write(&self, page: &mut Page) {
        page.key("", "format", Some("1".into()), "");
        page.key("", "name", self.name.as_deref().map(text), "\"Pneumonia on chest X-rays\"");
        page.key("", "source", self.source.as_deref().map(text), "\"authors, paper, data, licence\"");
        page.list("Tasks", TASKS.iter().copied());
        page.key("", "task", Some(text(task_id(self.task))), "");
        page.key("", "modality", self.modality.as_deref().map(text), "\"cxr\"");
        page.key("", "labels", (!self.labels.is_empty()).then(|| texts(&self.labels)), "[\"normal\", \"pneumonia\"]");
        page.key("", "default_label", self.default_label.as_deref().map(text), "\"pneumonia\"");
        self.write_output(page);
        self.write_layer(page);
        if page.comments {
            describe_steps(page);
        }
        self.inputs.iter().for_each(|input| write_input(input, page));
    }

    fn write_output(&self, page: &mut Page) {
        let o = &self.output;
        let said = o.name.is_some() || o.activation.is_some() || o.class_axis.is_some();
        if !page.comments && !said && o.positive.is_none() && o.threshold.is_none() {
            return;
        }
        page.line("\n[output]");
        page.key("output", "name", o.name.as_deref().map(text), "\"output\"");
        page.list("Activations", ACTIVATIONS.iter().copied());
        page.key("output", "activation", o.activation.map(|a| text(activation_id(a))), "\"none\"");
        page.key("output", "class_axis", o.class_axis.map(|a| a.to_string()), "1");
        page.key("output", "positive", o.positive.as_deref().map(text), "\"pneumonia\"");
        page.key("output", "threshold", o.threshold.map(|t| format!("{t:?}")), "0.5");
    }

    fn write_layer(&self, page: &mut Page) {
        match &self.layer {
            Some(layer) => {
                page.line("\n[layer]");
                page.key("layer", "name", Some(text(&layer.name)), "");
                page.key("layer", "grid", layer.grid.as_ref().map(|g| format!("{g:?}")), "[14, 14]");
                let skip = (layer.skip_tokens > 0).then(|| layer.skip_tokens.to_string());
                page.key("layer", "skip_tokens", skip, "1");
            }
            None if page.comments => {
                page.line("\n# [layer]");
                page.key("layer", "name", None, "\"/features/relu/Relu_output_0\"");
            }
            None => (),
        }
    }
}

fn describe_steps(page: &mut Page) {
    page.line("");
    page.line("# Steps of the preparation, done in the order in which they stand. Sizes are `[H, W]` or `[D, H, W]`.");
    for step in STEPS {
        page.line(&format!("#   {}", step.example));
        page.line(&format!("#       {}", step.doc));
    }
    page.list("Modes of resizing", steps::modes());
}

fn write_input(input: &InputCard, page: &mut Page) {
    page.line("\n[[input]]");
    page.key("input", "name", input.name.as_deref().map(text), "\"input\"");
    match &input.kind {
        InputKind::Image { layout, steps } => {
            page.key("input", "layout", layout.as_ref().map(|l| text(l.as_str())), "\"NCHW\"");
            let lines: String = steps.iter().fold(String::new(), |mut out, step| {
                let _ = writeln!(out, "    {},", super::steps::write(step));
                out
            });
            page.key("input", "steps", Some(if steps.is_empty() { "[]".into() } else { format!("[\n{lines}]") }), "");
        }
        InputKind::Values { values, defaults } => {
            page.key("input", "kind", Some(text("values")), "");
            page.key("input", "values", Some(texts(values)), "");
            page.key("input", "defaults", (!defaults.is_empty()).then(|| format!("{defaults:?}")), "[0.0]");
        }
        InputKind::Tokens { vocabulary, length } => {
            page.key("input", "kind", Some(text("tokens")), "");
            page.key("input", "vocabulary", vocabulary.as_deref().map(text), "\"vocab.json\"");
            page.key("input", "length", length.map(|n| n.to_string()), "12");
        }
    }
}

/// `name: float32 [batch x 3 x 224 x 224]`
fn describe(port: &PortFacts) -> String {
    let dims: Vec<String> = port.dims.iter().map(|d| d.map_or("?".into(), |n| n.to_string())).collect();
    format!("`{}`: {} [{}]", port.name, port.dtype, dims.join(" x "))
}
