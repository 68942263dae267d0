//! The layer to explain at, when nobody names one.

use super::attention::stream;
use super::sites::{Site, Sites, sites};
use super::{
    AttentionBlock, attention_blocks, back_over, input, main_output, maker, reduction, shape, trailing_activation,
};
use crate::{Graph, GraphError, Node, Result, Wire};

/// A proposal with its reason.
#[derive(Clone, Debug)]
pub struct Found {
    /// The wire.
    pub wire: Wire,
    /// Why this one, in words.
    pub because: String,
}

/// Operators that finish an output map without being part of what was learned.
const FINISHING: &[&str] = &[
    "Relu",
    "Sigmoid",
    "Softmax",
    "LogSoftmax",
    "Tanh",
    "Clip",
    "Identity",
    "Cast",
    "Dropout",
    "Transpose",
    "Resize",
    "Slice",
    "Pad",
];
/// Operators that pass values on as they are.
const PASSING: &[&str] = &["Identity", "Cast", "Dropout"];
/// Operators between the last activation and a flattening, after which positions are coarser but features are the same.
const BEFORE_FLATTEN: &[&str] = &["MaxPool", "AveragePool", "LpPool", "Identity", "Cast", "Dropout", "Transpose"];
/// Arithmetic that turns features into scores of their own, such as distances to prototypes.
const ARITHMETIC: &[&str] = &["Log", "Exp", "Div", "Sub", "Neg", "Pow", "Sqrt", "Reciprocal", "Abs"];
/// Linear layers over positions.
const CONVOLUTIONS: &[&str] = &["Conv", "ConvTranspose"];

/// The last wire before the classifier in which positions of the image are told apart, after its activation: what a class activation map is
/// usually made of. For a network whose output is a map itself, what its last convolution sees. For a transformer the normalised tokens that
/// enter its last attention, or the feature map of the convolutions before it.
///
/// # Errors
/// When no wire with positions leads to the first output.
pub fn last_spatial(graph: &Graph) -> Result<Found> {
    let none = || GraphError::Invalid("the graph has no output of real numbers".into());
    let output = main_output(graph).ok_or_else(none)?;
    let sites = sites(graph);
    let end = trailing_activation(graph, output).map_or(output, |(_, before)| before);
    if sites.spatial(end).is_some() {
        return Ok(of_map(graph, &sites, end));
    }
    let borders = borders(graph, &sites, end);
    let best = borders.iter().max_by_key(|b| (b.site.tokens.is_none(), b.wire));
    let best = best.ok_or_else(|| {
        let name = graph.name_of(output);
        GraphError::Invalid(format!("no wire with positions of the image leads to output `{name}`; name a layer"))
    })?;
    let mut found = match best.site.tokens {
        Some(_) => of_tokens(graph, &sites, best),
        None => of_features(graph, best),
    };
    if borders.len() > 1 {
        found.because += &format!("; {} such wires lead to the output, this is the last", borders.len());
    }
    Ok(found)
}

/// A wire with positions, where it is read by something without.
struct Border<'g> {
    wire: Wire,
    site: Site,
    reader: &'g Node,
}

/// All borders that one meets going back from `end`, each once.
fn borders<'g>(graph: &'g Graph, sites: &Sites, end: Wire) -> Vec<Border<'g>> {
    let mut wanted = vec![false; graph.wire_count()];
    wanted[end.index()] = true;
    let mut out: Vec<Border> = Vec::new();
    for reader in graph.nodes().iter().rev() {
        if !reader.outputs.iter().flatten().any(|w| wanted[w.index()]) {
            continue;
        }
        for wire in reader.reads().filter(|w| graph.constant(*w).is_none()) {
            match sites.spatial(wire) {
                Some(_) if out.iter().any(|b| b.wire == wire) => {}
                Some(site) => out.push(Border { wire, site: site.clone(), reader }),
                None => wanted[wire.index()] = true,
            }
        }
    }
    out
}

/// The network's output is a map.
fn of_map(graph: &Graph, sites: &Sites, output: Wire) -> Found {
    let mut wire = output;
    while let Some(node) = maker(graph, wire) {
        let next = match node.op.as_str() {
            op if CONVOLUTIONS.contains(&op) || matches!(op, "Linear" | "MatMul") => {
                let Some(x) = input(node, 0) else { break };
                let because = format!("it is what the last convolution, `{}`, sees", node.name);
                return Found { wire: back_over(graph, x, PASSING), because };
            }
            "Add" | "Sum" => {
                let made = |w: &Wire| maker(graph, *w).is_some_and(|n| CONVOLUTIONS.contains(&n.op.as_str()));
                if let Some(w) = node.inputs.iter().flatten().copied().filter(made).max() {
                    let because =
                        "it is made by the last convolution, to which a shortcut is added to give the output".into();
                    return Found { wire: w, because };
                }
                node.inputs.iter().flatten().copied().filter(|w| sites.spatial(*w).is_some()).max()
            }
            op if FINISHING.contains(&op) => input(node, 0).filter(|w| sites.spatial(*w).is_some()),
            _ => None,
        };
        match next {
            Some(next) => wire = next,
            None => break,
        }
    }
    Found { wire, because: "it is the last map before the output".into() }
}

/// A feature map that is pooled or flattened.
fn of_features(graph: &Graph, border: &Border) -> Found {
    // a maximum over all positions is the last step of a stack of max pools, not a pooling of features
    let global = reduction(graph, border.reader).is_some() && border.reader.op != "MaxPool";
    let wire = back_over(graph, border.wire, if global { PASSING } else { BEFORE_FLATTEN });
    if let Some(wire) = before_arithmetic(graph, wire) {
        let because = "it is made by the last convolution; what follows turns features into scores".to_string();
        return Found { wire, because };
    }
    let because = match global {
        true => format!("it is the last feature map: `{}` pools it over all positions", border.reader.name),
        false => format!("it is the last feature map before `{}` ends the positions", border.reader.name),
    };
    Found { wire, because }
}

/// The last convolution before a map that is made by arithmetic.
fn before_arithmetic(graph: &Graph, wire: Wire) -> Option<Wire> {
    maker(graph, wire).filter(|n| ARITHMETIC.contains(&n.op.as_str()))?;
    let (needed, size) = (graph.needed_for(&[wire]), shape(graph, wire)?);
    let last = graph.nodes().iter().rev().find(|n| {
        n.op == "Conv"
            && n.outputs
                .iter()
                .flatten()
                .any(|w| needed[w.index()] && shape(graph, *w).is_some_and(|s| s[2..] == size[2..]))
    })?;
    last.outputs.first().copied().flatten()
}

/// Tokens.
fn of_tokens(graph: &Graph, sites: &Sites, border: &Border) -> Found {
    let Some(tokens) = &border.site.tokens else { return of_features(graph, border) };
    if let Some(wire) = stem(graph, tokens.origin) {
        return Found { wire, because: "it is the last feature map of the convolutions that make the tokens".into() };
    }
    let needed = graph.needed_for(&[border.wire]);
    let own = |b: &&AttentionBlock| needed[b.output.index()] && b.is_square() && !b.windows;
    let last = attention_blocks(graph).iter().rfind(own).and_then(|b| entering(graph, sites, b));
    match last {
        Some((wire, because)) => Found { wire, because },
        None => Found {
            wire: back_over(graph, border.wire, &["Transpose", "Identity", "Cast", "Dropout"]),
            because: format!("these are the last tokens: `{}` ends the positions", border.reader.name),
        },
    }
}

/// The feature map that tokens are made of, unless that is a bare patch embedding.
fn stem(graph: &Graph, origin: Wire) -> Option<Wire> {
    let node = maker(graph, origin)?;
    if node.op != "Conv" {
        return Some(origin);
    }
    // a projection of the features of another convolution
    let x = back_over(graph, input(node, 0)?, PASSING);
    let needed = graph.needed_for(&[x]);
    let learned = graph.nodes().iter().any(|n| n.op == "Conv" && n.outputs.iter().flatten().any(|w| needed[w.index()]));
    learned.then_some(x)
}

/// The tokens that enter an attention: normalised, where they are.
fn entering(graph: &Graph, sites: &Sites, block: &AttentionBlock) -> Option<(Wire, String)> {
    let mut wire = stream(graph, sites, block.query)?;
    let found = wire;
    while let Some(node) = maker(graph, wire) {
        if matches!(node.op.as_str(), "LayerNormalization" | "RMSNormalization") {
            return Some((wire, "these are the normalised tokens that enter the last attention".into()));
        }
        let linear = matches!(
            node.op.as_str(),
            "Linear" | "MatMul" | "Add" | "Mul" | "Div" | "Reshape" | "Transpose" | "Identity" | "Cast"
        );
        let data: Vec<Wire> = node.inputs.iter().flatten().copied().filter(|w| graph.constant(*w).is_none()).collect();
        match data[..] {
            [x] if linear => wire = x,
            _ => break,
        }
    }
    Some((
        if sites.get(wire).is_some() { wire } else { found },
        "these are the tokens that enter the last attention".into(),
    ))
}
