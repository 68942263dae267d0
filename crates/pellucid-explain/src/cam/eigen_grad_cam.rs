//! Projects the products of activation and gradient on their first principal component.
//!
//! # Formula
//! ```text
//! X = [g_k(p) A_k(p) - mean_q g_k(q) A_k(q)]_pk = U S V'        L = X v_1        sign: the entry of L of largest magnitude is positive
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target with respect to it, units of the target per model unit
//! - `X`: positions x channels; `v_1`: first right singular vector, `K`
//!
//! # Axioms
//! Depends on the target, unlike Eigen-CAM. Completeness fails.
//!
//! # Cost
//! 1 F, the backward of the part after the layer, and an eigenproblem of the smaller of `K` and the number of positions, in `f64`.
//!
//! # In images
//! The sign says nothing about for or against: it is fixed by a rule. Compare with HiResCAM, which sums the same products.
//!
//! # Departures
//! As Eigen-CAM: the sign is fixed, and a note says when the first component isn't unique.
//!
//! # Source
//! gildenblat2021gradcam (published in code only); principal component: muhammad2020eigencam.

use pellucid_graph::Tensor;

use crate::Result;
use crate::cam::activation::Activation;
use crate::cam::eigen_cam::CENTRED;
use crate::cam::principal::Projection;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::method::{Family, Found, Gradients, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[CENTRED];

/// Eigen-Grad-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "eigen-grad-cam",
    name: "Eigen-Grad-CAM",
    family: Family::Cam,
    summary: "Projects the products of activation and gradient on their first principal component",
    sources: &["gildenblat2021gradcam", "muhammad2020eigencam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[],
    breaks: &[("completeness", "a projection isn't a share of the value")],
    params: PARAMS,
    cautions: &["the sign is fixed by a rule and says nothing about evidence for or against"],
    revision: 1,
    file: include_str!("eigen_grad_cam.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    context.layer()?;
    let (layers, inputs) = (context.layers, context.inputs);
    let mut tensors = Vec::new();
    let needs = Gradients { layers: true, ..Gradients::default() };
    context.gradients(needs, 1, INFO.id, &|_| Ok(inputs.to_vec()), &mut |_, found| {
        tensors = found;
        Ok(())
    })?;
    let mut found = Found { evidence: Evidence::Maps(vec![]), ..Found::default() };
    let mut maps = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let (a, g) = (&tensors[1 + i], &tensors[1 + layers.len() + i]);
        let product = a.to_f64().iter().zip(g.to_f64()).map(|(a, g)| a * g).collect();
        let product = Tensor::from_f64(pellucid_graph::DType::F64, a.shape().to_vec(), product);
        let product = Activation::of_map(layer, &product)?;
        let projection = Projection::of(&product, values.flag("centred"));
        context.notes.extend(projection.note(&layer.name));
        maps.push(product.map(&projection.map));
        found.extras.push((named("singular_values", &layer.name, layers.len()), projection.singular_values));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::cam::activation::Activation;
    use crate::cam::principal::Projection;
    use crate::layer::{Layer, Layout};
    use crate::target::Target;
    use crate::testing::{assert_close, bench, one_map, pooled_net, random};

    #[test]
    fn on_a_pooled_head_the_products_are_the_maps_times_the_heads_weights() {
        let b = bench(pooled_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 8)], 1).at("features");
        let b = b.for_target(Target::Logit { index: 1 });
        let a = b.wire("features");
        let head = random(&[6, 3], 2).to_f64();
        let product = a.to_f64().iter().enumerate().map(|(i, a)| a * head[i / 30 * 3 + 1] / 30.0).collect();
        let product = pellucid_graph::Tensor::from_f64(pellucid_graph::DType::F64, a.shape().to_vec(), product);
        let layer = Layer { name: "features".into(), layout: Layout::ChannelsFirst, because: String::new() };
        let expected = Projection::of(&Activation::of_map(&layer, &product).unwrap(), true);
        let found = b.run("eigen-grad-cam", &[]).unwrap();
        assert_close(&one_map(&found), &expected.map, 1e-4);
        assert_eq!((found.counts.forwards, found.counts.backwards), (1, 1));
    }
}
