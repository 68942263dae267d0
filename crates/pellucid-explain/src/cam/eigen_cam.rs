//! Projects the feature maps on their first principal component, whatever the target.
//!
//! # Formula
//! ```text
//! X = [A_k(p) - mean_q A_k(q)]_pk = U S V'        L = X v_1        sign: the entry of L of largest magnitude is positive
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `X`: positions x channels; `v_1`: first right singular vector, `K`
//!
//! # Axioms
//! The target doesn't enter: all classes have the same map. Completeness fails.
//!
//! # Cost
//! 1 F and an eigenproblem of the smaller of `K` and the number of positions, in `f64`.
//!
//! # In images
//! Shows what varies most over the image, which may be a border, a marker or the body outline.
//!
//! # Departures
//! The sign of a singular vector is arbitrary; it is fixed here, and with the wrong sign a rectifier would show the other half. The paper projects activations
//! that aren't centred: `centred = false`. When the first two singular values are within 0.1 % a note says that the map isn't unique.
//!
//! # Source
//! muhammad2020eigencam, section 3.

use crate::Result;
use crate::cam::principal::Projection;
use crate::cam::scored::activations;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::method::{Family, Found, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, Values, flag};

/// Whether the mean of each channel is subtracted first.
pub(crate) const CENTRED: ParamSpec = flag("centred", true, "subtract the mean of each channel first");

static PARAMS: &[ParamSpec] = &[CENTRED];

/// Eigen-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "eigen-cam",
    name: "Eigen-CAM",
    family: Family::Cam,
    summary: "Projects the feature maps on their first principal component, whatever the target",
    sources: &["muhammad2020eigencam"],
    needs: &[Need::FeatureMap],
    cost: "1 F",
    keeps: &[],
    breaks: &[
        ("completeness", "a projection isn't a share of the value"),
        ("class-sensitivity", "the target doesn't enter"),
    ],
    params: PARAMS,
    cautions: &["the target doesn't enter: the map is the same for every class"],
    revision: 1,
    file: include_str!("eigen_cam.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let activations = activations(context)?;
    let mut found = Found { evidence: Evidence::Maps(vec![]), ..Found::default() };
    let mut maps = Vec::new();
    for a in &activations {
        let projection = Projection::of(a, values.flag("centred"));
        context.notes.extend(projection.note(&a.layer));
        maps.push(a.map(&projection.map));
        found.extras.push((named("singular_values", &a.layer, activations.len()), projection.singular_values));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::target::Target;
    use crate::testing::{assert_close, bench, deep_net, extra, maps, one_map, random};

    #[test]
    fn the_map_is_the_same_for_every_class_and_its_largest_entry_positive() {
        for size in [&[7, 6][..], &[3, 4, 3]] {
            let run = |class| {
                let b = bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 8)], 1).at("features");
                b.for_target(Target::Logit { index: class }).run("eigen-cam", &[]).unwrap()
            };
            let found = run(0);
            let map = one_map(&found);
            assert_eq!(map, one_map(&run(2)));
            assert_eq!(maps(&found)[0].shape, size);
            let top = map.iter().fold(0.0f64, |m, v| if v.abs() > m.abs() { *v } else { m });
            assert!(top > 0.0);
            // X v_1 has the length of the first singular value
            let length = map.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert_close(&[length], &extra(&found, "singular_values")[..1], 1e-6);
        }
    }

    #[test]
    fn centring_removes_the_mean_of_the_map() {
        let b = bench(deep_net(&[7, 6]), vec![random(&[1, 2, 7, 6], 8)], 1).at("features");
        let mean = |m: Vec<f64>| m.iter().sum::<f64>() / m.iter().map(|v| v.abs()).sum::<f64>();
        assert!(mean(b.map("eigen-cam", &[])).abs() < 1e-6);
        assert!(mean(b.map("eigen-cam", &[("centred", false.into())])).abs() > 0.1);
    }
}
