//! Every key of a model card, once: what the parser accepts, what the writer comments, what the reference page lists.

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Table it stands in: empty for the top, `output`, `layer`, `input`.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// Kind of its value, in words.
    pub kind: &'static str,
    /// What it says, one sentence.
    pub doc: &'static str,
}

/// A step of the preparation, named by its leading key.
#[derive(Clone, Copy, Debug)]
pub struct StepKey {
    /// The leading key.
    pub key: &'static str,
    /// Further keys it may have.
    pub options: &'static [&'static str],
    /// An example with all options.
    pub example: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
}

const fn key(table: &'static str, key: &'static str, kind: &'static str, doc: &'static str) -> Key {
    Key { table, key, kind, doc }
}

/// The keys, in the order in which a card is written.
pub const KEYS: &[Key] = &[
    key("", "format", "the number 1", "Version of this format."),
    key("", "name", "text", "Name of the model, for reports."),
    key("", "source", "text", "Where the model comes from: authors, paper, data, licence."),
    key("", "task", "one of the tasks", "What the model does."),
    key(
        "",
        "modality",
        "text",
        "What kind of images it takes, such as `cxr`, `ct`, `mri`, `ultrasound`, `fundus`, `histopathology`.",
    ),
    key(
        "",
        "labels",
        "list of texts",
        "Names of the classes in the order of the output; for a single score, what a low and what a high score mean.",
    ),
    key(
        "",
        "default_label",
        "text",
        "The label that is explained when none is asked for; the model's decision when left out.",
    ),
    key("output", "name", "text", "The output to explain."),
    key("output", "activation", "one of the activations", "What the output has already gone through inside the graph."),
    key("output", "class_axis", "whole number", "The axis of the output that counts classes; 1 when left out."),
    key(
        "output",
        "positive",
        "text",
        "For a single score: the label that a high score speaks for; the second label when left out.",
    ),
    key(
        "output",
        "threshold",
        "number",
        "For binary and multi-label outputs: the output value from which a label counts as found.",
    ),
    key("layer", "name", "text", "The layer at which CAMs are read when none is asked for: a wire of the graph."),
    key(
        "layer",
        "grid",
        "list of whole numbers",
        "For layers of tokens: the grid that the tokens lie on, such as `[14, 14]`.",
    ),
    key(
        "layer",
        "skip_tokens",
        "whole number",
        "For layers of tokens: how many stand before those of the grid (class token).",
    ),
    key("input", "name", "text", "Name of the graph's input."),
    key("input", "kind", "`image`, `values` or `tokens`", "What it takes; `image` when left out."),
    key(
        "input",
        "layout",
        "text of `N`, `C`, `D`, `H`, `W`",
        "Order of the tensor's axes; `NCHW` or `NCDHW` when left out.",
    ),
    key("input", "steps", "list of steps", "How an image becomes the tensor, in order."),
    key("input", "values", "list of texts", "For `kind = \"values\"`: the names of the numbers, in order."),
    key("input", "defaults", "list of numbers", "For `kind = \"values\"`: numbers to take when none are given."),
    key("input", "vocabulary", "text", "For `kind = \"tokens\"`: file beside the card that lists the words."),
    key("input", "length", "whole number", "For `kind = \"tokens\"`: how many tokens there are."),
];

const fn step(
    key: &'static str,
    options: &'static [&'static str],
    example: &'static str,
    doc: &'static str,
) -> StepKey {
    StepKey { key, options, example, doc }
}

/// The steps. Sizes are `[H, W]` or `[D, H, W]`.
pub const STEPS: &[StepKey] = &[
    step("orient", &[], r#"{ orient = "RAS" }"#, "Turn a volume: the patient directions in which D, H, W grow."),
    step(
        "spacing_mm",
        &["mode"],
        r#"{ spacing_mm = [1.0, 1.0, 1.0], mode = "bilinear" }"#,
        "Resample a volume to voxels of D, H, W mm.",
    ),
    step(
        "resize",
        &["mode", "round"],
        r#"{ resize = [224, 224], mode = "bilinear-antialias", round = true }"#,
        "Resize, aspect ignored; `round` keeps 8-bit pictures in whole levels, as PIL and OpenCV do.",
    ),
    step(
        "resize_shorter",
        &["mode", "round"],
        r#"{ resize_shorter = 256, mode = "bilinear-antialias" }"#,
        "Resize the shorter side, aspect kept (torchvision `Resize(256)`).",
    ),
    step(
        "crop",
        &["at", "fill"],
        r#"{ crop = [224, 224], at = "center" }"#,
        "Cut a box at the `center` or around the `focus` given with the image; with `fill` it may reach outside.",
    ),
    step("square", &[], r#"{ square = "crop" }"#, "Make a picture square: `crop` the middle or `pad` with 0."),
    step(
        "slices",
        &[],
        "{ slices = 7 }",
        "Take so many neighbouring slices around the focus as channels; 1 makes a volume a picture.",
    ),
    step(
        "channels",
        &["weights"],
        r#"{ channels = "rgb" }"#,
        "`grey`, `rgb` or `bgr`; grey is repeated, colours are mixed by `weights`: `rec601` (PIL, OpenCV), `rec709` (scikit-image), `mean`, or three numbers.",
    ),
    step("select", &[], "{ select = [0, 2] }", "Keep these channels, in this order."),
    step(
        "eight_bit",
        &[],
        "{ eight_bit = true }",
        "Make levels 0 to 255 of any image: by its depth, its display window, or its range.",
    ),
    step(
        "display_window",
        &[],
        "{ display_window = [0, 1] }",
        "Send the window that the file asks for to this range (the image's range when it asks for none).",
    ),
    step(
        "window",
        &["to"],
        "{ window = [-600, 1500], to = [0, 1] }",
        "Send centre and width, in the image's units, to a range and clip.",
    ),
    step("range", &["to", "clip"], "{ range = [0, 255], to = [0, 1], clip = true }", "Send an interval to a range."),
    step(
        "percentiles",
        &["to", "clip", "over"],
        r#"{ percentiles = [1, 99], to = [0, 1], clip = true, over = "all" }"#,
        "Send two percentiles of the image to a range; `[0, 100]` is min-max. `over` counts `all` or `nonzero` voxels.",
    ),
    step(
        "z_score",
        &[],
        r#"{ z_score = "nonzero" }"#,
        "Subtract the mean, divide by the standard deviation, per channel; over `all` or `nonzero` voxels.",
    ),
    step("clip", &[], "{ clip = [-1000, 1000] }", "Limit values."),
    step(
        "mean",
        &["std"],
        "{ mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] }",
        "(v - mean) / std, per channel or for all.",
    ),
    step("scale", &["offset"], "{ scale = 1.0, offset = 1000.0 }", "scale * v + offset."),
    step("gamma", &["max"], "{ gamma = 1.2, max = 255 }", "max * (v / max)^(1/gamma)."),
    step(
        "clahe",
        &["tiles"],
        "{ clahe = 2.0, tiles = [8, 8] }",
        "Adaptive histogram equalisation of 8-bit levels with a clip limit (OpenCV).",
    ),
    step(
        "landmarks",
        &["at", "over"],
        "{ landmarks = [0, 50, 100], at = [1, 50, 99] }",
        "Send percentiles (`at`) of the image to standard values (Nyul).",
    ),
    step("replace_nan", &[], "{ replace_nan = 0 }", "Replace NaN and infinite values."),
];

/// `(id, meaning)` of the tasks.
pub const TASKS: &[(&str, &str)] = &[
    ("classification", "one class of several"),
    ("multilabel", "any number of labels"),
    ("binary", "one score for one of two labels"),
    ("regression", "numbers"),
    ("segmentation", "a class for every pixel"),
    ("detection", "boxes"),
    ("embedding", "a feature vector, or similarities of feature vectors"),
    ("captioning", "words"),
];

/// `(id, meaning)` of the activations at the end of a graph.
pub const ACTIVATIONS: &[(&str, &str)] = &[
    ("none", "raw scores (logits)"),
    ("softmax", "probabilities that sum to 1"),
    ("log-softmax", "logarithms of such"),
    ("sigmoid", "independent probabilities"),
];
