//! Weighs each feature map by the classifier's own weight for the class.
//!
//! # Formula
//! ```text
//! y_c = sum_k W[c, k] 1/Z sum_p A_k(p) + b_c        L(p) = sum_k W[c, k] A_k(p)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the pooled layer, `K x S..`, model units
//! - `W`, `b`: weights and bias of the linear head, `classes x K`
//! - `Z`: number of positions
//!
//! # Axioms
//! Completeness holds up to the bias: the mean of the map is the logit minus `b_c` (the sum, where features are summed).
//!
//! # Cost
//! 1 F; no gradient.
//!
//! # In images
//! Only for networks whose features are pooled globally and classified by one linear layer; anything else is refused, with Grad-CAM as the
//! alternative (equal to this map divided by `Z` where both exist).
//!
//! # Departures
//! No rectifier, as in the paper. For a contrast of classes the weights are contrasted; a probability target is refused, since softmax isn't
//! linear.
//!
//! # Source
//! zhou2016cam, eq. 1 and 2.

use pellucid_graph::query::{self, Pooled, TokenLayout};

use crate::assembly::Assembly;
use crate::cam::{on_layer, weighted_sum};
use crate::layer::{Layer, Layout};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenCheck};
use crate::params::Values;
use crate::target::Head;
use crate::{ExplainError, Result};

/// CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "cam",
    name: "CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by the classifier's own weight for the class",
    sources: &["zhou2016cam"],
    needs: &[Need::FeatureMap, Need::PooledHead],
    cost: "1 F",
    keeps: &[("completeness", "the mean of the map is the logit minus the bias")],
    breaks: &[],
    params: &[],
    cautions: &["only for global pooling followed by one linear layer"],
    revision: 1,
    file: include_str!("cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn refuse(reason: String) -> ExplainError {
    ExplainError::Needs { method: "cam".into(), reason, hint: "use `grad-cam`: it needs no particular head".into() }
}

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    let head = query::classifier_head(&assembly.graph)
        .ok_or_else(|| refuse("needs a linear head on globally pooled features, and the model has none".into()))?;
    if head.pooled == Pooled::Max {
        return Err(refuse("needs mean or sum pooling, and the model pools by maximum".into()));
    }
    if assembly.objective.head != Head::Logit || assembly.graph.find(&assembly.objective.wire)? != head.logits {
        return Err(refuse(format!(
            "needs a target that is linear in the logits, not the {}",
            assembly.objective.description
        )));
    }
    let name = assembly.name_of(head.features);
    if let Some(other) = assembly.layers.iter().find(|l| l.name != name) {
        return Err(refuse(format!("reads the pooled layer `{name}`, not `{}`", other.name)));
    }
    let layer = Layer { layout: layout_of(assembly, head.features), name, because: "pooled by the head".into() };
    let (classes, channels) = (head.weight.shape()[0], head.weight.shape()[1]);
    let a = assembly.activation(&layer)?;
    let target = assembly.weight;
    let mut b = assembly.build("cam");
    let weights = b.constant(head.weight);
    let rank = b.shape(a)?.len();
    let t = b.reshape(target, &[1, classes])?;
    let w = b.matmul(t, weights)?;
    let mut shape = vec![1; rank];
    shape[1] = channels;
    let w = b.reshape(w, &shape)?;
    let map = weighted_sum(&mut b, w, a)?;
    let axes: Vec<usize> = (1..rank - 1).collect();
    let pooled = if head.pooled == Pooled::Mean { b.mean(map, &axes, false)? } else { b.sum(map, &axes, false)? };
    let bias = b.constant(head.bias.reshape(&[classes, 1])?);
    let bias = b.matmul(t, bias)?;
    let bias = b.reshape(bias, &[1])?;
    let found = b.add(pooled, bias)?;
    let check = WrittenCheck {
        name: "completeness",
        statement: "pooled map + bias = logit",
        found,
        expected: assembly.score,
        tolerance: 1e-3,
    };
    Ok(Written { maps: vec![on_layer(&layer, map)], checks: vec![check], ..Written::default() })
}

fn layout_of(assembly: &Assembly, wire: pellucid_graph::Wire) -> Layout {
    match query::token_grid(&assembly.graph, wire) {
        Some(t) if t.layout == TokenLayout::ChannelsLast => Layout::ChannelsLast,
        Some(t) => Layout::Tokens { special: t.special, grid: t.grid },
        None => Layout::ChannelsFirst,
    }
}
