//! Maps whose score is known: perfect, without information, and worst.

use pellucid_metrics::faithfulness::aopc::Perturbation;
use pellucid_metrics::faithfulness::{self, Steps, insertion_less_deletion};
use pellucid_metrics::localisation::iou::Binarise;
use pellucid_metrics::localisation::pointing_game::Pointing;
use pellucid_metrics::localisation::*;
use pellucid_metrics::robustness::{local_lipschitz, max_sensitivity, uniform_noise};
use pellucid_metrics::{
    Baseline, Batching, Evaluator, Heatmap, Image, Mask, Outcome, Result, Rows, Score, Sign, Stream, Undefined,
    axiomatic, complexity, controls, randomisation, restrict,
};

const GRID: [usize; 3] = [3, 6, 5];
const SITES: usize = 90;

/// A linear model of two channels with one output.
struct Linear {
    weights: Vec<f64>,
}

impl Linear {
    fn new(seed: u64, positive: bool) -> Linear {
        let mut stream = Stream::new(seed, 0);
        let draw = |_| if positive { stream.uniform() } else { stream.normal() };
        Linear { weights: (0..2 * SITES).map(draw).collect() }
    }

    fn scores(&self, rows: Rows<'_>) -> Result<Vec<f64>> {
        Ok(rows.iter().map(|x| x.iter().zip(&self.weights).map(|(x, w)| x * w).sum()).collect())
    }
}

fn input(seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 1);
    (0..2 * SITES).map(|_| stream.uniform()).collect()
}

fn mask() -> Vec<bool> {
    (0..SITES).map(|i| i % 7 == 2 || (40..52).contains(&i)).collect()
}

fn value(score: Result<Score>) -> f64 {
    score.unwrap().value.unwrap()
}

/// Every localisation metric of one heatmap.
fn localisation(values: &[f64], on: &[bool]) -> Vec<(&'static str, Outcome)> {
    let (map, mask) = (Heatmap::new(&GRID, values).unwrap(), Mask::new(&GRID, on).unwrap());
    [
        relevance_mass_accuracy::evaluate(&map, &mask, Sign::Positive),
        relevance_rank_accuracy::evaluate(&map, &mask),
        top_k_intersection::evaluate(&map, &mask, None),
        attribution_localisation::evaluate(&map, &mask, false),
        pointing_game::evaluate(&map, &mask, Pointing::default()),
        roc_auc::evaluate(&map, &mask),
        average_precision::evaluate(&map, &mask),
        iou::evaluate(&map, &mask, Binarise::FractionOfMax(0.5)),
        lesion_recall::evaluate(&map, &mask, 0.4, None),
    ]
    .map(|s| s.map(|s| (s.metric, s.value)).unwrap())
    .into()
}

#[test]
fn the_mask_itself_is_the_perfect_map_and_its_opposite_the_worst() {
    let on = mask();
    let perfect: Vec<f64> = on.iter().map(|&b| f64::from(u8::from(b))).collect();
    for (metric, score) in localisation(&perfect, &on) {
        assert_eq!(score, Ok(1.0), "{metric}");
    }
    let worst: Vec<f64> = perfect.iter().map(|v| 1.0 - v).collect();
    for (metric, score) in localisation(&worst, &on) {
        // The average precision of the worst order isn't 0: all is found in the end.
        let expected = if metric == "average-precision" { mask_fraction(&on) } else { 0.0 };
        assert!((score.unwrap() - expected).abs() < 1e-12, "{metric} {score:?}");
    }
}

fn mask_fraction(on: &[bool]) -> f64 {
    on.iter().filter(|&&b| b).count() as f64 / on.len() as f64
}

#[test]
fn a_constant_map_scores_chance() {
    let on = mask();
    let chance = mask_fraction(&on);
    let values = [0.3; SITES];
    let (map, mask) = (Heatmap::new(&GRID, &values).unwrap(), Mask::new(&GRID, &on).unwrap());
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    near(value(relevance_mass_accuracy::evaluate(&map, &mask, Sign::Positive)), chance);
    let rank = relevance_rank_accuracy::evaluate(&map, &mask).unwrap();
    near(rank.get("expected_over_ties").unwrap().unwrap(), chance);
    assert_eq!(rank.tied_fraction, Some(1.0));
    assert!(rank.order_is_arbitrary());
    near(attribution_localisation::evaluate(&map, &mask, false).unwrap().get("mu_weighted").unwrap().unwrap(), 1.0);
    near(value(roc_auc::evaluate(&map, &mask)), 0.5);
    near(value(average_precision::evaluate(&map, &mask)), chance);
    let otsu = iou::evaluate(&map, &mask, Binarise::Otsu).unwrap();
    assert_eq!(otsu.value, Err(Undefined::ConstantHeatmap));
}

#[test]
fn random_maps_score_chance_on_average() {
    let on = mask();
    let n = 400;
    let mut sums = [0.0; 3];
    for seed in 0..n {
        let values = controls::random(&GRID, seed);
        let (map, mask) = (Heatmap::new(&GRID, &values).unwrap(), Mask::new(&GRID, &on).unwrap());
        sums[0] += value(relevance_mass_accuracy::evaluate(&map, &mask, Sign::Positive)) / n as f64;
        sums[1] += value(relevance_rank_accuracy::evaluate(&map, &mask)) / n as f64;
        sums[2] += value(roc_auc::evaluate(&map, &mask)) / n as f64;
    }
    let chance = mask_fraction(&on);
    assert!(
        (sums[0] - chance).abs() < 0.01 && (sums[1] - chance).abs() < 0.02 && (sums[2] - 0.5).abs() < 0.01,
        "{sums:?}"
    );
}

#[test]
fn nothing_is_invented_for_empty_masks_and_broken_maps() {
    let none = [false; SITES];
    for (metric, score) in localisation(&input(1)[..SITES], &none) {
        // Overlap still has its foreground to be wrong about.
        let expected = if metric == "iou" { Ok(0.0) } else { Err(Undefined::EmptyMask) };
        assert_eq!(score, expected, "{metric}");
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut values = input(1)[..SITES].to_vec();
        values[17] = bad;
        for (metric, score) in localisation(&values, &mask()) {
            assert_eq!(score, Err(Undefined::NonFinite), "{metric}");
        }
    }
}

#[test]
fn monotone_transforms_leave_ranking_metrics_alone() {
    let on = mask();
    let values = input(5)[..SITES].to_vec();
    let moved: Vec<f64> = values.iter().map(|v| (3.0 * v).exp() - 40.0).collect();
    let ranking = [
        "relevance-rank-accuracy",
        "top-k-intersection",
        "pointing-game",
        "roc-auc",
        "average-precision",
        "lesion-recall",
    ];
    for (a, b) in localisation(&values, &on).into_iter().zip(localisation(&moved, &on)) {
        if ranking.contains(&a.0) {
            assert_eq!(a, b);
        }
    }
    let model = Linear::new(2, false);
    let (x, mut f) = (input(2), |rows: Rows<'_>| model.scores(rows));
    let image = Image::new(2, &GRID, &x).unwrap();
    let mut scores = |values: &[f64]| {
        let map = Heatmap::new(&GRID, values).unwrap();
        let mut e = Evaluator::new(&mut f, 0);
        let del = faithfulness::deletion::evaluate(&mut e, &image, &map, Steps::of(4), &Baseline::Mean).unwrap();
        let road = faithfulness::road::evaluate(&mut e, &image, &map, &[20.0, 60.0], None).unwrap();
        (del.value, del.curve, road.value)
    };
    assert_eq!(scores(&values), scores(&moved));
}

#[test]
fn the_exact_attribution_of_a_linear_model_is_perfectly_faithful() {
    let (model, x) = (Linear::new(3, false), input(3));
    let exact: Vec<f64> = x.iter().zip(&model.weights).map(|(x, w)| x * w).collect();
    let image = Image::new(2, &GRID, &x).unwrap();
    let mut f = |rows: Rows<'_>| model.scores(rows);
    let mut e = Evaluator::new(&mut f, 0);
    let zero = Baseline::Zero;
    let one = |v: f64| assert!((v - 1.0).abs() < 1e-9, "{v}");
    let subsets = faithfulness::faithfulness_correlation::sample(x.len(), None, 50, 1).unwrap();
    one(value(faithfulness::faithfulness_correlation::evaluate(&mut e, &image, &exact, &subsets, &zero)));
    one(value(faithfulness::faithfulness_estimate::evaluate(&mut e, &image, &exact, 3, &zero)));
    let sizes = faithfulness::sensitivity_n::sample(x.len(), 6, 30, 1).unwrap();
    one(value(faithfulness::sensitivity_n::evaluate(&mut e, &image, &exact, &sizes, &zero)));
    let complete = axiomatic::completeness::evaluate(&mut e, &x, &vec![0.0; x.len()], &exact).unwrap();
    assert!(complete.value.unwrap().abs() < 1e-12);
    assert_eq!(complete.get("complete"), Some(Ok(1.0)));
    // Gaussian infidelity wants the gradient; the product with the input is divided by it when the metric is told so.
    for (attribution, times_input) in [(&model.weights, false), (&exact, true)] {
        let noise = faithfulness::infidelity::gaussian(0.3, 7);
        let score = faithfulness::infidelity::evaluate(&mut e, &image, attribution, times_input, 12, noise);
        assert!(value(score) < 1e-20);
    }
    let removal = faithfulness::infidelity::square_removal(&image, &zero, 2, 7).unwrap();
    assert!(value(faithfulness::infidelity::evaluate(&mut e, &image, &model.weights, false, 12, removal)) < 1e-20);
}

#[test]
fn the_true_order_beats_random_and_reverse_orders() {
    let (model, x) = (Linear::new(4, true), input(4));
    let exact: Vec<f64> = x.iter().zip(&model.weights).map(|(x, w)| x * w).collect();
    let truth: Vec<f64> = (0..SITES).map(|i| exact[i] + exact[SITES + i]).collect();
    let image = Image::new(2, &GRID, &x).unwrap();
    let mut f = |rows: Rows<'_>| model.scores(rows);
    let mut e = Evaluator::new(&mut f, 0);
    let mut all = |values: &[f64]| {
        let map = Heatmap::new(&GRID, values).unwrap();
        let zero = [Baseline::Zero];
        let del = faithfulness::deletion::evaluate(&mut e, &image, &map, Steps::of(3), &zero[0]).unwrap();
        let ins = faithfulness::insertion::evaluate(&mut e, &image, &map, Steps::of(3), &zero[0]).unwrap();
        let rule = Perturbation { size: 2, steps: 10 };
        let aopc = value(faithfulness::aopc::evaluate(&mut e, &image, &map, rule, &zero));
        (insertion_less_deletion(&ins, &del).unwrap(), aopc, ins.value.unwrap(), -del.value.unwrap())
    };
    let reverse: Vec<f64> = truth.iter().map(|v| -v).collect();
    let (best, worst) = (all(&truth), all(&reverse));
    for seed in 0..5 {
        let other = all(&controls::random(&GRID, seed));
        assert!(best.0 > other.0 && other.0 > worst.0, "{best:?} {other:?} {worst:?}");
        assert!(best.1 > other.1 && other.1 > worst.1);
        assert!(best.2 > other.2 && best.3 > other.3);
    }
}

#[test]
fn a_region_of_interest_takes_the_air_out() {
    let (model, x) = (Linear::new(6, true), input(6));
    let body = mask();
    let image = Image::new(2, &GRID, &x).unwrap();
    let values = controls::random(&GRID, 1);
    let (map, region) = (Heatmap::new(&GRID, &values).unwrap(), Mask::new(&GRID, &body).unwrap());
    let mut f = |rows: Rows<'_>| model.scores(rows);
    let mut e = Evaluator::new(&mut f, 0);
    let steps = Steps { size: Some(1), region: Some(region) };
    let score = faithfulness::deletion::evaluate(&mut e, &image, &map, steps, &Baseline::Zero).unwrap();
    let curve = score.curve.unwrap();
    assert_eq!(curve.y.len(), region.count() + 1);
    let left: f64 = (0..2 * SITES).filter(|i| !body[i % SITES]).map(|i| x[i] * model.weights[i]).sum();
    assert!((curve.y.last().unwrap() - left).abs() < 1e-9);
    assert_eq!(restrict(&values, &region).unwrap().len(), region.count());
}

#[test]
fn tolerance_in_mm_knows_thick_slices() {
    let mut on = [false; SITES];
    on[0] = true;
    let mut values = [0.0; SITES];
    values[30] = 1.0; // One slice up.
    let (map, mask) = (Heatmap::new(&GRID, &values).unwrap(), Mask::new(&GRID, &on).unwrap());
    let hit =
        |tolerance, spacing| value(pointing_game::evaluate(&map, &mask, Pointing { tolerance, spacing, any: false }));
    assert_eq!(hit(1.0, None), 0.0);
    assert_eq!(hit(1.5, None), 1.0);
    assert_eq!(hit(1.5, Some(&[5.0, 0.7, 0.7])), 0.0);
    assert_eq!(hit(5.1, Some(&[5.0, 0.7, 0.7])), 1.0);
    assert!(
        pointing_game::evaluate(&map, &mask, Pointing { tolerance: 1.0, spacing: Some(&[1.0]), any: false }).is_err()
    );
}

#[test]
fn constant_explanations_are_robust_and_ignore_the_model() {
    let x = input(8);
    let mut constant = |rows: Rows<'_>| Ok(rows.iter().flat_map(|_| [1.0, 2.0, 3.0]).collect::<Vec<f64>>());
    let all = Batching::default();
    assert_eq!(value(local_lipschitz::evaluate(&mut constant, all, &x, 9, uniform_noise(&x, 0.1, 1))), 0.0);
    assert_eq!(value(max_sensitivity::evaluate(&mut constant, all, &x, 9, uniform_noise(&x, 0.1, 1))), 0.0);
    let map = &x[..SITES];
    let same = randomisation::mprt::evaluate(
        map,
        4,
        randomisation::mprt::Cascade::TopDown,
        randomisation::Similarity::default(),
        |_| Ok(map.to_vec()),
    );
    assert!((value(same) - 1.0).abs() < 1e-12);
    let other = randomisation::random_logit::evaluate(&Image::new(1, &[10, 9], map).unwrap(), map).unwrap();
    assert!((other.value.unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn one_value_is_the_sparsest_map_and_a_constant_the_least() {
    let mut one = [0.0; 50];
    one[3] = -7.0;
    assert!((complexity::sparseness_gini::evaluate(&one).value.unwrap() - 49.0 / 50.0).abs() < 1e-12);
    assert_eq!(complexity::complexity_entropy::evaluate(&one).value, Ok(0.0));
    assert_eq!(complexity::effective_complexity::evaluate(&one, 0.01).unwrap().value, Ok(1.0));
    assert!(complexity::sparseness_gini::evaluate(&[2.0; 50]).value.unwrap().abs() < 1e-12);
    assert!((complexity::complexity_entropy::evaluate(&[2.0; 50]).value.unwrap() - 50f64.ln()).abs() < 1e-12);
}

#[test]
fn a_score_says_what_it_is() {
    let on = mask();
    let values = input(1)[..SITES].to_vec();
    let (map, mask) = (Heatmap::new(&GRID, &values).unwrap(), Mask::new(&GRID, &on).unwrap());
    let score = top_k_intersection::evaluate(&map, &mask, Some(5)).unwrap();
    assert_eq!(score.signature(), "top-k-intersection[k=5]");
    let json = serde_json::to_value(&score).unwrap();
    assert_eq!(json["name"], "top-k-intersection");
    assert_eq!(json["direction"], "higher");
    assert_eq!(json["params"]["k"], "5");
    let json = serde_json::to_value(top_k_intersection::evaluate(&map, &mask, Some(0)).unwrap()).unwrap();
    assert_eq!(json["undefined"], "bad_k");
    assert_eq!(json["parts"]["concept_influence"]["undefined"], "bad_k");
}

#[test]
fn deletion_with_imputation_leaves_one_step_and_repeats_with_its_seed() {
    let (model, x) = (Linear::new(9, true), input(9));
    let (image, values) = (Image::new(2, &GRID, &x).unwrap(), controls::random(&GRID, 3));
    let map = Heatmap::new(&GRID, &values).unwrap();
    let mut f = |rows: Rows<'_>| model.scores(rows);
    let mut e = Evaluator::new(&mut f, 0);
    let mut run =
        |seed| faithfulness::deletion::with_imputation(&mut e, &image, &map, Steps::of(20), 0.01, seed).unwrap();
    let (a, b, c) = (run(1), run(1), run(2));
    assert_eq!(a, b);
    assert_ne!(a.value, c.value);
    // 90 sites in steps of 20: 0, 20, 40, 60, 80 removed; all 90 can't be filled in from anything.
    assert_eq!(a.curve.unwrap().x.len(), 5);
}
