//! Cards from TOML.

use toml::de::DeTable;

use super::keys::{ACTIVATIONS, KEYS, TASKS};
use super::reader::{Text, Value, nearest};
use super::{Activation, Card, InputCard, InputKind, LayerCard, OutputCard, Task, steps};
use crate::Result;

const TASK_VALUES: [Task; 8] = [
    Task::Classification,
    Task::Multilabel,
    Task::Binary,
    Task::Regression,
    Task::Segmentation,
    Task::Detection,
    Task::Embedding,
    Task::Captioning,
];
const ACTIVATION_VALUES: [Activation; 4] =
    [Activation::None, Activation::Softmax, Activation::LogSoftmax, Activation::Sigmoid];

/// Keys of one table.
fn known(table: &str) -> Vec<&'static str> {
    KEYS.iter().filter(|k| k.table == table).map(|k| k.key).collect()
}

/// Ids of a list with the values they stand for.
fn choices<T: Copy>(ids: &[(&'static str, &str)], values: &[T]) -> Vec<(&'static str, T)> {
    ids.iter().map(|i| i.0).zip(values.iter().copied()).collect()
}

/// The id of a value in such a list.
pub(super) fn task_id(task: Task) -> &'static str {
    TASK_VALUES.iter().position(|&t| t == task).map_or("", |i| TASKS[i].0)
}

/// The id of an activation.
pub(super) fn activation_id(activation: Activation) -> &'static str {
    ACTIVATION_VALUES.iter().position(|&a| a == activation).map_or("", |i| ACTIVATIONS[i].0)
}

/// A table being read.
struct Fields<'t, 'a> {
    text: Text<'a>,
    table: &'t DeTable<'a>,
}

impl<'a> Fields<'_, 'a> {
    fn get<T>(&self, key: &str, read: impl Fn(&Value<'a>) -> Result<T>) -> Result<Option<T>> {
        self.table.get(key).map(read).transpose()
    }

    fn string(&self, key: &str) -> Result<Option<String>> {
        self.get(key, |v| self.text.string(key, v))
    }

    fn strings(&self, key: &str) -> Result<Vec<String>> {
        let list = self.get(key, |v| self.text.list(key, v, None, |s| self.text.string(key, s)))?;
        Ok(list.unwrap_or_default())
    }
}

impl Card {
    /// Reads a card.
    ///
    /// # Errors
    /// When the text isn't TOML, or a key or value is wrong: line, column and the nearest key there is are named.
    pub fn parse(toml: &str) -> Result<Card> {
        let text = Text(toml);
        let root = text.parse()?;
        let table = root.get_ref();
        let tables = ["output", "layer", "input"];
        let top: Vec<&str> = known("").into_iter().chain(tables).collect();
        text.check_keys("", table, &top)?;
        let fields = Fields { text, table };
        if let Some(v) = table.get("format")
            && text.whole("format", v, 1)? != 1
        {
            return Err(text.error(v.span(), "`format` is newer than this program; it reads 1".into(), None));
        }
        let task = fields.get("task", |v| text.choice("task", v, &choices(TASKS, &TASK_VALUES)))?;
        let task = task.ok_or_else(|| text.error(0..0, "the card has no `task`".into(), None))?;
        let labels = fields.strings("labels")?;
        let label = |key: &str, fields: &Fields| label(key, fields, &labels);
        let card = Card {
            name: fields.string("name")?,
            source: fields.string("source")?,
            task,
            modality: fields.string("modality")?,
            default_label: label("default_label", &fields)?,
            output: output(text, table, label)?,
            layer: layer(text, table)?,
            inputs: inputs(text, table)?,
            labels: labels.clone(),
        };
        if task == Task::Binary && !labels.is_empty() && labels.len() != 2 {
            let span = table.get("labels").map_or(0..0, |v| v.span());
            let reason =
                format!("a binary model has 2 labels, what a low and what a high score mean, not {}", labels.len());
            return Err(text.error(span, reason, None));
        }
        Ok(card)
    }
}

/// A label that must be one of the labels.
fn label(key: &str, fields: &Fields, labels: &[String]) -> Result<Option<String>> {
    fields.get(key, |v| {
        let word = fields.text.string(key, v)?;
        if labels.contains(&word) {
            return Ok(word);
        }
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        Err(fields.text.error(
            v.span(),
            format!("`{key}` is `{word}`, which isn't among the `labels`"),
            nearest(&word, &known),
        ))
    })
}

fn output<'a>(
    text: Text<'a>,
    root: &DeTable<'a>,
    label: impl Fn(&str, &Fields) -> Result<Option<String>>,
) -> Result<OutputCard> {
    let Some(value) = root.get("output") else {
        return Ok(OutputCard { name: None, activation: None, class_axis: None, positive: None, threshold: None });
    };
    let table = text.table("output", value)?;
    text.check_keys("output", table, &known("output"))?;
    let fields = Fields { text, table };
    let activations = choices(ACTIVATIONS, &ACTIVATION_VALUES);
    Ok(OutputCard {
        name: fields.string("name")?,
        activation: fields.get("activation", |v| text.choice("activation", v, &activations))?,
        class_axis: fields.get("class_axis", |v| text.whole("class_axis", v, 0))?,
        positive: label("positive", &fields)?,
        threshold: fields.get("threshold", |v| text.number("threshold", v))?,
    })
}

fn layer<'a>(text: Text<'a>, root: &DeTable<'a>) -> Result<Option<LayerCard>> {
    let Some(value) = root.get("layer") else { return Ok(None) };
    let table = text.table("layer", value)?;
    text.check_keys("layer", table, &known("layer"))?;
    let fields = Fields { text, table };
    let name = fields.string("name")?.ok_or_else(|| text.error(value.span(), "`layer` has no `name`".into(), None))?;
    let grid = fields.get("grid", |v| text.list("grid", v, None, |n| text.whole("grid", n, 1)))?;
    let skip_tokens = fields.get("skip_tokens", |v| text.whole("skip_tokens", v, 0))?.unwrap_or(0);
    Ok(Some(LayerCard { name, grid, skip_tokens }))
}

fn inputs<'a>(text: Text<'a>, root: &DeTable<'a>) -> Result<Vec<InputCard>> {
    let Some(value) = root.get("input") else { return Ok(vec![]) };
    if value.get_ref().is_table() {
        return Ok(vec![input(text, value)?]);
    }
    text.list("input", value, None, |v| input(text, v))
}

/// Keys that only one kind of input has.
const OWN: &[(&str, &[&str])] =
    &[("image", &["layout", "steps"]), ("values", &["values", "defaults"]), ("tokens", &["vocabulary", "length"])];

fn input<'a>(text: Text<'a>, value: &Value<'a>) -> Result<InputCard> {
    let table = text.table("input", value)?;
    text.check_keys("input", table, &known("input"))?;
    let fields = Fields { text, table };
    let kinds: Vec<(&str, &str)> = OWN.iter().map(|o| (o.0, o.0)).collect();
    let kind = fields.get("kind", |v| text.choice("kind", v, &kinds))?.unwrap_or("image");
    for (other, keys) in OWN.iter().filter(|o| o.0 != kind) {
        if let Some((key, _)) = table.iter().find(|(k, _)| keys.contains(&k.get_ref().as_ref())) {
            let reason = format!("`{}` goes with `kind = \"{other}\"`, not with `{kind}`", key.get_ref());
            return Err(text.error(key.span(), reason, None));
        }
    }
    let kind = match kind {
        "values" => InputKind::Values {
            values: fields.strings("values")?,
            defaults: fields.get("defaults", |v| text.numbers("defaults", v, None))?.unwrap_or_default(),
        },
        "tokens" => InputKind::Tokens {
            vocabulary: fields.string("vocabulary")?,
            length: fields.get("length", |v| text.whole("length", v, 1))?,
        },
        _ => InputKind::Image {
            layout: fields.get("layout", |v| {
                text.string("layout", v)?
                    .parse()
                    .map_err(|e: crate::ImageError| text.error(v.span(), e.to_string(), None))
            })?,
            steps: fields.get("steps", |v| text.list("steps", v, None, |s| steps::parse(text, s)))?.unwrap_or_default(),
        },
    };
    Ok(InputCard { name: fields.string("name")?, kind })
}
