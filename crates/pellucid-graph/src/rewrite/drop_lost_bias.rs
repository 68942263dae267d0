//! A bias that a normalisation takes away again isn't added.
//!
//! Instance normalisation subtracts the mean of each channel, so a bias added right before it has no influence. Left in, it costs accuracy: for an
//! input of zeros the channel is a constant, whose mean single precision can't subtract to exactly zero, and the sign of what is left decides
//! rectifiers. The wire between the two loses the constant, so the rule leaves it alone where it is held or read by anything else.

use super::edit::{Edit, Feed, With};
use super::view::{View, input};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["InstanceNormalization"]).filter_map(|i| drop(view, i)).collect()
}

fn drop(view: &View, i: usize) -> Option<Edit> {
    let between = input(view.node(i), 0)?;
    let linear = view.made_by(between, &["Conv", "ConvTranspose"])?;
    let node = view.node(linear);
    let (x, weights, _) = (input(node, 0)?, input(node, 1)?, view.value(input(node, 2)?)?);
    if view.held(between) || view.readers(between) != [i] {
        return None;
    }
    Some(Edit {
        at: linear,
        nodes: vec![],
        with: With::Node {
            op: if node.op == "Conv" { "Conv" } else { "ConvTranspose" },
            attrs: node.attrs.clone(),
            inputs: vec![Feed::Old(x), Feed::Old(weights)],
        },
        what: format!("the bias of `{}` is lost in `{}`", node.name, view.node(i).name),
    })
}
