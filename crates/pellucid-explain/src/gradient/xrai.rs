//! Ranks regions of the image by the mean integrated gradient that each adds.
//!
//! # Formula
//! ```text
//! A(p) = max over channels of the mean over baselines of IG
//! full:  take again and again the mask m whose uncovered positions u(m) have the largest gain(m) = mean of A over u(m); they get that gain
//! fast:  take the masks once in the order of mean A over the whole mask; uncovered positions get their mean
//! positions that stay uncovered get their mean of A
//! ```
//!
//! # Symbols
//! - `A(p)`: attribution at position `p`, `S..`, units of the target; `IG`: integrated gradients, `C x S..`
//! - `m`: mask of a segment, dilated by a ball; the segments of several scales overlap
//!
//! # Axioms
//! The map adds up to the sum of `A`, measured as a check: every position gets the mean of its region. Completeness fails, since `A` takes the largest
//! channel.
//!
//! # Cost
//! `steps` (F + B) per baseline, 1 F for the input and each baseline, and time in proportion to the positions of all masks.
//!
//! # In images
//! Regions follow edges, so outlines are sharp whatever the network's resolution; a lesion that isn't a segment of its own at any scale is shown with
//! its surroundings. `min_area` and `dilation` are in px of the input: make them smaller for small images. Integrated gradients are taken for the
//! segmented inputs; other inputs (tables) stay as they are. In 3-D segments connect all 26 neighbours and masks grow by a ball; no published form
//! exists there.
//!
//! # Departures
//! The trapezoidal rule has weights that add up to 1; the published code divides the sum over both ends by the number of points. The image is
//! enlarged for segmentation by cubic convolution, not by a spline: of a small, noisy image that gives other segments. Sums of uncovered positions are kept up to date instead of being taken anew for each mask.
//! Handed in can be `segments` (`masks x S..`, 0 or 1, taken as they are), `base_attribution` (`S..`) and the baselines (`baseline_<input>`).
//!
//! # Source
//! kapishnikov2019xrai, algorithm 1.

use pellucid_graph::Tensor;

use crate::baseline;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::explanation::Check;
use crate::gradient::cover::{Cover, cover_fast, cover_full};
use crate::gradient::integrated_gradients::{attribution, completeness, lines, with_rule};
use crate::gradient::quadrature;
use crate::gradient::regions::{Masks, SEGMENTATION};
use crate::method::{Extras, Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, choice, float, int};
use crate::perturbation::site::{INPUT, Site, bare_sites};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    choice("variant", "full", &["full", "fast"], "choose the best mask again after each, or order all masks once"),
    ParamSpec {
        unit: "px",
        ..int("min_area", 50, 1, 1_000_000_000, "masks that would add fewer uncovered positions are dropped")
    },
    float("area", 1.0, 0.0, 1.0, "share of the image at which the full variant stops"),
    int("steps", 100, 1, 100_000, "gradients along the line from each baseline"),
    choice("rule", "trapezoid", quadrature::FIXED, "quadrature rule of integrated gradients"),
    SEGMENTATION[0],
    SEGMENTATION[1],
    SEGMENTATION[2],
    SEGMENTATION[3],
    SEGMENTATION[4],
    INPUT,
];

/// XRAI.
pub static INFO: MethodInfo = MethodInfo {
    id: "xrai",
    name: "XRAI",
    family: Family::Gradient,
    summary: "Ranks regions of the image by the mean integrated gradient that each adds",
    sources: &["kapishnikov2019xrai", "sundararajan2017ig", "felzenszwalb2004segmentation"],
    needs: &[Need::Gradient],
    cost: "steps (F + B) per baseline, 2 of them unless handed in",
    keeps: &[("sum", "every position gets the mean attribution of its region")],
    breaks: &[("completeness", "at each position the largest channel is taken")],
    params: PARAMS,
    cautions: &["a region is shown as a whole: the map can't say where in it the evidence lies"],
    revision: 1,
    file: include_str!("xrai.rs"),
    kind: Kind::Driven(drive),
};

/// Relative residual within which completeness of integrated gradients counts as kept.
const KEPT_WITHIN: f64 = 0.01;

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (name, sites) = bare_sites(context, values, INFO.id)?;
    let planes = sites[0].planes.clone();
    let masks = Masks::new(context, &sites, values, INFO.id)?;
    let (base, mut checks) = match context.injected("base_attribution", planes.spatial())? {
        Some(given) => (given.to_f64(), vec![]),
        None => base_attribution(context, &sites, values)?,
    };
    if let Some(index) = base.iter().position(|v| !v.is_finite()) {
        return Err(ExplainError::NonFinite { wire: "base_attribution".into(), index });
    }
    let min_area = values.count("min_area");
    let cover = match values.word("variant") {
        "fast" => cover_fast(&masks, &base, min_area),
        _ => cover_full(&masks, &base, min_area, values.float("area")),
    };
    let (sum, expected): (f64, f64) = (cover.map.iter().sum(), base.iter().sum());
    let mass: f64 = base.iter().map(|v| v.abs()).sum();
    let statement = "sum over the map = sum over the attribution of positions";
    checks.push(Check::equal("sum", statement, sum, expected, mass, 1e-6));
    context.notes.extend(remark(&cover, &masks, base.len()));
    let values = cover.map.iter().map(|v| *v as f32).collect();
    Ok(Found {
        evidence: Evidence::Maps(vec![Map { grid: Grid::Input { name }, shape: planes.one_channel(), values }]),
        checks,
        extras: extras(cover, base),
        ..Found::default()
    })
}

fn extras(cover: Cover, base: Vec<f64>) -> Extras {
    let areas = cover.areas.iter().map(|a| *a as f64).collect();
    vec![("gains".into(), cover.gains), ("areas".into(), areas), ("base_attribution".into(), base)]
}

/// What the reader should know of the regions.
fn remark(cover: &Cover, masks: &Masks, positions: usize) -> Option<String> {
    let covered: usize = cover.areas.iter().sum();
    let taken = cover.areas.len();
    (covered < positions).then(|| {
        format!(
            "{taken} of {} masks were taken; {} of {positions} positions are in none of them and have one value",
            masks.count(),
            positions - covered
        )
    })
}

/// Integrated gradients of the sites, the largest channel at each position.
fn base_attribution(context: &mut Context, sites: &[Site], values: &Values) -> Result<(Vec<f64>, Vec<Check>)> {
    let baselines = baselines(context, sites)?;
    let lines = lines(context, baselines)?;
    let rule = quadrature::fixed(values.word("rule"), values.count("steps"));
    let sums = with_rule(context, &lines, &rule)?;
    let field = attribution(&lines, &sums);
    let check = completeness(context, &lines, &field, KEPT_WITHIN);
    let positions = sites[0].planes.positions();
    let mut out = vec![f64::NEG_INFINITY; positions];
    // the field leaves out inputs of whole numbers
    let floats: Vec<usize> = (0..context.inputs.len()).filter(|&i| context.inputs[i].dtype().is_float()).collect();
    for site in sites {
        let Some(values) = floats.iter().position(|&i| i == site.input).map(|i| &field[i]) else { continue };
        let channels = site.planes.split(&Tensor::f64(context.inputs[site.input].shape(), values.clone())?);
        for channel in channels.chunks(positions.max(1)) {
            out.iter_mut().zip(channel).for_each(|(o, v)| *o = o.max(*v));
        }
    }
    Ok((out, vec![check]))
}

/// Those handed in, or two: each segmented input at its smallest and at its largest value. Other inputs stay as they are.
fn baselines(context: &Context, sites: &[Site]) -> Result<Vec<Vec<Tensor>>> {
    if context.injected.keys().any(|k| k.starts_with("baseline_")) {
        let names = context.model.inputs()?;
        let mut baselines = baseline::baselines(context, &Values::default())?;
        for (i, (name, _)) in names.iter().enumerate() {
            if !context.injected.contains_key(&format!("baseline_{name}")) {
                baselines.iter_mut().for_each(|b| b[i] = context.inputs[i].clone());
            }
        }
        return Ok(baselines);
    }
    let constant = |largest: bool| {
        let mut inputs = context.inputs.to_vec();
        for site in sites {
            let fold = |m: f64, v: &f64| if largest { m.max(*v) } else { m.min(*v) };
            let value = site.values.iter().fold(site.values[0], fold);
            inputs[site.input] = site.with(vec![value; site.values.len()]);
        }
        inputs
    };
    Ok(vec![constant(false), constant(true)])
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{DType, Tensor};

    use crate::testing::{Bench, assert_close, bench, deep_net, extra, graph, linear_net, maps, one_map, random};

    /// A dark image with a bright square, a linear target that reads the square.
    fn square() -> (Bench, Vec<bool>) {
        let inside: Vec<bool> =
            (0..32 * 32).map(|p| (8..20).contains(&(p / 32)) && (10..22).contains(&(p % 32))).collect();
        let image = inside.iter().map(|i| if *i { 1.0 } else { 0.0 }).collect();
        let weights = inside.iter().map(|i| if *i { 1.0 } else { 0.0 }).collect();
        let g = graph(&[1, 1, 32, 32], |b, x| {
            let flat = b.reshape(x, &[1, 1024]).unwrap();
            let w = b.constant(Tensor::f32(&[1024, 1], weights).unwrap());
            b.matmul(flat, w).unwrap()
        });
        (bench(g, vec![Tensor::f32(&[1, 1, 32, 32], image).unwrap()], 2), inside)
    }

    #[test]
    fn a_region_that_the_target_reads_stands_out() {
        let (b, inside) = square();
        let found = b.run("xrai", &[("dilation", 0.into())]).unwrap();
        let map = one_map(&found);
        // against black 1 per position of the square, against white 0: half on average
        let expected: Vec<f64> = inside.iter().map(|i| if *i { 0.5 } else { 0.0 }).collect();
        let off = map.iter().zip(&expected).filter(|(m, e)| (*m - *e).abs() > 0.1).count();
        // the blur before segmentation may move an edge by a position
        assert!(off <= 48, "{off}");
        assert_eq!(maps(&found)[0].shape, [1, 32, 32]);
        assert!(found.checks.iter().all(|c| c.holds), "{:?}", found.checks);
        assert_eq!((found.counts.forwards, found.counts.backwards), (203, 200));
    }

    #[test]
    fn one_segment_gives_the_mean_and_single_positions_the_attribution() {
        let (g, w) = linear_net(&[1, 2, 3, 4], 2);
        let mut b = bench(g, vec![random(&[1, 2, 3, 4], 1)], 1);
        let x = b.inputs[0].to_f64();
        let middle = 0.5 * (x.iter().copied().fold(f64::INFINITY, f64::min) + x.iter().copied().fold(-1e9, f64::max));
        let share: Vec<f64> = x.iter().zip(&w).map(|(x, w)| (x - middle) * w).collect();
        let largest: Vec<f64> = (0..12).map(|p| share[p].max(share[12 + p])).collect();
        let eye = (0..144).map(|i| if i % 13 == 0 { 1.0 } else { 0.0 }).collect();
        b.injected.insert("segments".into(), Tensor::f32(&[12, 3, 4], eye).unwrap());
        for variant in ["full", "fast"] {
            let found = b.run("xrai", &[("min_area", 1.into()), ("variant", variant.into())]).unwrap();
            assert_close(&one_map(&found), &largest, 1e-5);
            assert_close(extra(&found, "base_attribution"), &largest, 1e-5);
            assert!(extra(&found, "gains").is_sorted_by(|a, b| a >= b));
        }
        b.injected.insert("segments".into(), Tensor::full(DType::F32, &[1, 3, 4], 1.0));
        let mean = largest.iter().sum::<f64>() / 12.0;
        assert_close(&b.map("xrai", &[("min_area", 12.into())]), &[mean; 12], 1e-5);
    }

    #[test]
    fn baselines_handed_in_are_averaged() {
        let (g, w) = linear_net(&[1, 1, 3, 4], 2);
        let mut b = bench(g, vec![random(&[1, 1, 3, 4], 1)], 1);
        let baselines = random(&[3, 1, 3, 4], 8);
        let rows = baselines.to_f64();
        let mean = |p: usize| (rows[p] + rows[12 + p] + rows[24 + p]) / 3.0;
        let expected: Vec<f64> = b.inputs[0].to_f64().iter().enumerate().map(|(p, x)| (x - mean(p)) * w[p]).collect();
        b.injected.insert("baseline_x".into(), baselines);
        let found = b.run("xrai", &[("steps", 2.into())]).unwrap();
        assert_close(extra(&found, "base_attribution"), &expected, 1e-5);
        assert_eq!(found.counts.backwards, 6);
    }

    #[test]
    fn signals_and_volumes_work_on_any_threads() {
        for size in [&[40][..], &[6, 7, 9]] {
            let run = |threads| {
                let b = bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 9)], threads);
                let params =
                    [("steps", 8.into()), ("min_area", 4.into()), ("min_size", 6.into()), ("dilation", 1.into())];
                b.run("xrai", &params).unwrap()
            };
            let (one, four) = (run(1), run(4));
            assert!(one_map(&one) == one_map(&four));
            assert_eq!(maps(&one)[0].shape, [&[1], size].concat());
            assert!(extra(&one, "gains").len() > 1, "{size:?}");
        }
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let (mut b, _) = square();
        b.injected.insert("segments".into(), Tensor::full(DType::F32, &[2, 32, 31], 1.0));
        assert!(b.error("xrai", &[]).to_string().contains("expected masks x [32, 32]"));
        b.injected.insert("segments".into(), Tensor::full(DType::F32, &[2, 32, 32], 2.0));
        assert!(b.error("xrai", &[]).to_string().contains("expected 0 or 1"));
        let (mut b, _) = square();
        b.injected.insert("base_attribution".into(), Tensor::full(DType::F32, &[32, 32], f64::NAN));
        assert!(b.error("xrai", &[]).to_string().contains("base_attribution"));
        assert!(square().0.error("xrai", &[("scales", "x".into())]).to_string().contains("`scales` is `x`"));
    }
}
