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
    let mut found = Found { evidence: Evidence::Maps(vec![]), checks: vec![], extras: vec![] };
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
