//! Follows the probability that a unit wins backwards: of the inputs that excite a unit, each takes its share.
//!
//! # Formula
//! ```text
//! P_i = sum_j x_i+ w_ij+ P_j / sum_k x_k+ w_kj+
//! contrastive:  the same less that under negated weights of the last linear node before the target
//! ```
//!
//! # Symbols
//! - `P`: marginal winning probability, 1 at the target
//! - `x+`, `w+`: positive parts of what a node reads and of its weights
//!
//! # Axioms
//! Never negative (but for the contrastive form) and conserved: `sum P = 1` at every layer that all paths cross, but for units that nothing excites.
//!
//! # Cost
//! 1 F + 1 B of about 2 F.
//!
//! # In images
//! Shown at a layer, summed over channels; `site = input` goes on to the image, where it is noisier. Contrastive maps say what speaks for the class and not
//! for the others; plain ones what excites the network at all.
//!
//! # Departures
//! Branches of a residual sum share by their positive parts. Normalisations belong to the linear node before them and pass probability on.
//!
//! # Source
//! zhang2018excitation.

use pellucid_diff::pull_back;
use pellucid_diff::relevance::excitation_backprop;

use super::start::start;
use crate::Result;
use crate::assembly::Assembly;
use crate::evidence::Grid;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenMap};
use crate::params::{ParamSpec, Values, choice, flag};

static PARAMS: &[ParamSpec] = &[
    flag("contrastive", true, "take off the probability under negated weights of the last linear node"),
    choice("site", "layer", &["layer", "input"], "where it is shown: at the layer, or at the input"),
];

/// Excitation backpropagation.
pub static INFO: MethodInfo = MethodInfo {
    id: "excitation-backprop",
    name: "Excitation backpropagation",
    family: Family::Relevance,
    summary: "Follows the probability that a unit wins back to what excites it",
    sources: &["zhang2018excitation"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + 1 B of about 2 F",
    keeps: &[("conservation", "the inputs of a unit share its probability")],
    breaks: &[("inhibition", "negative weights and inputs have no part")],
    params: PARAMS,
    cautions: &["evidence against the target isn't shown"],
    revision: 1,
    file: include_str!("excitation_backprop.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let (wire, one) = start(assembly, true)?;
    let rules = excitation_backprop(values.flag("contrastive"));
    let at_input = values.word("site") == "input";
    let layers = if at_input { vec![] } else { vec![assembly.layer()?] };
    let mut wrt = if at_input { assembly.float_inputs() } else { vec![] };
    for layer in &layers {
        wrt.push(assembly.graph.find(&layer.name)?);
    }
    let pulled = pull_back(&mut assembly.graph, &[(wire, one)], &wrt, &rules)?;
    assembly.assignment.extend(pulled.assignment);
    let mut written = Written::default();
    for (i, (at, flow)) in wrt.iter().zip(pulled.wrt).enumerate() {
        let flow = assembly.or_zeros(*at, flow)?;
        written.maps.push(match layers.get(i) {
            None => WrittenMap { grid: Grid::Input { name: assembly.name_of(*at) }, wire: flow },
            Some(layer) => {
                let mut b = assembly.build("excitation");
                let map = layer.as_map(&mut b, flow)?;
                let wire = b.sum(map, &[1], false)?;
                WrittenMap { grid: Grid::Layer { name: layer.name.clone() }, wire }
            }
        });
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{bench, deep_net, one_map, random};

    #[test]
    fn plain_probabilities_are_shared_out() {
        let b = bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], 1);
        let map = one_map(&b.run("excitation-backprop", &[("contrastive", json!(false))]).unwrap());
        assert!(map.iter().all(|v| *v >= 0.0), "{map:?}");
        let sum: f64 = map.iter().sum();
        assert!(sum > 0.0 && sum <= 1.0 + 1e-5, "{sum}");
        let contrastive = one_map(&b.run("excitation-backprop", &[]).unwrap());
        assert_ne!(map, contrastive);
        let image = one_map(&b.run("excitation-backprop", &[("site", json!("input"))]).unwrap());
        assert_eq!(image.len(), 2 * 8 * 8);
    }
}
