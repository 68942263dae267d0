//! Properties over random inputs: what a score mustn't depend on, and that nothing breaks.

use pellucid_metrics::faithfulness::{self, Order, Steps, impute};
use pellucid_metrics::localisation::iou::Binarise;
use pellucid_metrics::localisation::pointing_game::Pointing;
use pellucid_metrics::localisation::*;
use pellucid_metrics::ranking::{ascending, descending, mid_ranks};
use pellucid_metrics::robustness::{gaussian_noise, local_lipschitz};
use pellucid_metrics::statistics::{holm, summarise, wilcoxon};
use pellucid_metrics::{
    Baseline, Batching, Evaluator, Heatmap, Image, Mask, MetricError, Outcome, Pooling, Rows, Score, Sign, calibration,
    cam, complexity, concepts, correlation, counterfactual, embedding, randomisation,
};
use proptest::prelude::*;

/// Values with many ties, signs, and now and then something that isn't finite.
fn odd_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-4i32..5).prop_map(|v| f64::from(v) / 2.0),
        4 => -1e3f64..1e3,
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0), Just(1e300), Just(-1e300), Just(5e-324)],
    ]
}

fn finite_value() -> impl Strategy<Value = f64> {
    prop_oneof![(-4i32..5).prop_map(|v| f64::from(v) / 2.0), -10f64..10.0]
}

fn grid() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![prop::collection::vec(1usize..9, 2), prop::collection::vec(1usize..5, 3)]
}

/// A grid, values and a mask on it.
fn map_and_mask() -> impl Strategy<Value = (Vec<usize>, Vec<f64>, Vec<bool>)> {
    grid().prop_flat_map(|grid| {
        let n = grid.iter().product::<usize>();
        (Just(grid), prop::collection::vec(odd_value(), n), prop::collection::vec(any::<bool>(), n))
    })
}

/// A grid, an image of two channels and a heatmap.
fn image_and_map() -> impl Strategy<Value = (Vec<usize>, Vec<f64>, Vec<f64>)> {
    grid().prop_flat_map(|grid| {
        let n = grid.iter().product::<usize>();
        (Just(grid), prop::collection::vec(finite_value(), 2 * n), prop::collection::vec(finite_value(), n))
    })
}

/// A model of three outputs that isn't linear.
fn outputs(rows: Rows<'_>) -> pellucid_metrics::Result<Vec<f64>> {
    let one = |x: &[f64]| {
        let sum = |k: f64| x.iter().enumerate().map(|(i, v)| (v * (i as f64 * k).sin()).tanh()).sum::<f64>();
        let z = [sum(0.7), sum(1.3), sum(2.1)].map(f64::exp);
        let total: f64 = z.iter().sum();
        z.map(|z| z / total)
    };
    Ok(rows.iter().flat_map(one).collect())
}

/// The scores of every metric that removes something, with a number of rows per batch.
fn removals(batch: usize, grid: &[usize], x: &[f64], map: &[f64]) -> Vec<Score> {
    let image = Image::new(2, grid, x).unwrap();
    let heatmap = Heatmap::new(grid, map).unwrap();
    let attribution: Vec<f64> = map.iter().chain(map).zip(x).map(|(m, x)| m * x).collect();
    let mut model = outputs;
    let mut e = Evaluator::new(&mut model, 1).batch(batch);
    let (zero, mean) = (Baseline::Zero, [Baseline::Mean]);
    let rule = faithfulness::aopc::Perturbation { size: 2, steps: 5 };
    let labels: Vec<i64> = (0..map.len()).map(|i| i as i64 / 3).collect();
    let subsets = faithfulness::faithfulness_correlation::sample(x.len(), None, 7, 3).unwrap();
    let noise = faithfulness::infidelity::gaussian(0.2, 3);
    let road_noise = faithfulness::road::sample(&image, &[20.0, 50.0], 0.01, 3).unwrap();
    [
        faithfulness::deletion::evaluate(&mut e, &image, &heatmap, Steps::of(2), &zero),
        faithfulness::insertion::evaluate(&mut e, &image, &heatmap, Steps::default(), &Baseline::RiseBlur),
        faithfulness::pixel_flipping::evaluate(&mut e, &image, &attribution, 3, &zero),
        faithfulness::aopc::evaluate(&mut e, &image, &heatmap, rule, &mean),
        faithfulness::irof::evaluate(&mut e, &image, &heatmap, &labels, &Baseline::ChannelMean),
        faithfulness::monotonicity::evaluate(&mut e, &image, &attribution, 2, &zero),
        faithfulness::comprehensiveness::evaluate(&mut e, &image, &attribution, &[0.1, 0.5], &zero),
        faithfulness::sufficiency::evaluate(&mut e, &image, &attribution, &[0.1, 0.5], &zero),
        faithfulness::faithfulness_correlation::evaluate(&mut e, &image, &attribution, &subsets, &zero),
        faithfulness::infidelity::evaluate(&mut e, &image, &attribution, true, 5, noise),
        faithfulness::road::evaluate(&mut e, &image, &heatmap, &[20.0, 50.0], Some(&road_noise)),
    ]
    .map(Result::unwrap)
    .into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn both_orders_are_sorted_and_stable(values in prop::collection::vec(finite_value(), 0..60)) {
        let (down, up) = (descending(&values).unwrap(), ascending(&values).unwrap());
        prop_assert!(down.windows(2).all(|w| values[w[0]] > values[w[1]] || (values[w[0]] == values[w[1]] && w[0] < w[1])));
        prop_assert!(up.windows(2).all(|w| values[w[0]] < values[w[1]] || (values[w[0]] == values[w[1]] && w[0] < w[1])));
        let n = values.len() as f64;
        prop_assert!((mid_ranks(&values).unwrap().iter().sum::<f64>() - n * (n + 1.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn localisation_gives_a_number_in_its_range_or_a_reason((grid, values, on) in map_and_mask(), k in 0usize..40) {
        let (map, mask) = (Heatmap::new(&grid, &values).unwrap(), Mask::new(&grid, &on).unwrap());
        let pointing = Pointing { tolerance: k as f64 / 4.0, spacing: None, any: k % 2 == 0 };
        for score in [
            relevance_mass_accuracy::evaluate(&map, &mask, Sign::Positive),
            relevance_mass_accuracy::evaluate(&map, &mask, Sign::Abs),
            relevance_rank_accuracy::evaluate(&map, &mask),
            attribution_localisation::evaluate(&map, &mask, true),
            top_k_intersection::evaluate(&map, &mask, Some(k)),
            pointing_game::evaluate(&map, &mask, pointing),
            roc_auc::evaluate(&map, &mask),
            average_precision::evaluate(&map, &mask),
            iou::evaluate(&map, &mask, Binarise::FractionOfMax(0.2)),
            iou::evaluate(&map, &mask, Binarise::TopFraction(0.3)),
            iou::evaluate(&map, &mask, Binarise::Otsu),
            lesion_recall::evaluate(&map, &mask, 0.1, None),
            focus::evaluate(&map, [true, false, false, true]),
        ] {
            let score = score.unwrap();
            prop_assert!(score.value.is_err() || (-1e-12..=1.0 + 1e-12).contains(&score.value.unwrap()), "{score:?}");
            prop_assert!(score.value.is_err() || values.iter().all(|v| v.is_finite()));
            for (name, part) in &score.parts {
                prop_assert!(part.is_err() || part.unwrap().is_finite(), "{} {name}", score.metric);
            }
        }
    }

    #[test]
    fn moving_sites_about_moves_nothing_else((_, values, on) in map_and_mask(), seed in any::<u64>()) {
        // Of equal values the lower index counts, so the values are made different first.
        let values: Vec<f64> = values.iter().enumerate().map(|(i, v)| {
            let v = if v.abs() < 1e6 { *v } else { 0.0 };
            v + i as f64 * 1e-7
        }).collect();
        let order = pellucid_metrics::Stream::new(seed, 0).permutation(values.len());
        let line = [values.len()];
        let moved: (Vec<f64>, Vec<bool>) = order.iter().map(|&i| (values[i], on[i])).unzip();
        let scores = |values: &[f64], on: &[bool]| {
            let (map, mask) = (Heatmap::new(&line, values).unwrap(), Mask::new(&line, on).unwrap());
            [
                relevance_rank_accuracy::evaluate(&map, &mask).unwrap().value,
                roc_auc::evaluate(&map, &mask).unwrap().value,
                average_precision::evaluate(&map, &mask).unwrap().value,
                relevance_mass_accuracy::evaluate(&map, &mask, Sign::Positive).unwrap().value,
                complexity::sparseness_gini::evaluate(values).value,
            ]
        };
        for (a, b) in scores(&values, &on).into_iter().zip(scores(&moved.0, &moved.1)) {
            match (a, b) {
                (Ok(a), Ok(b)) => prop_assert!((a - b).abs() < 1e-9, "{a} {b}"),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn scores_do_not_depend_on_the_batch_size((grid, x, map) in image_and_map(), batch in 1usize..9) {
        prop_assert_eq!(removals(batch, &grid, &x, &map), removals(1000, &grid, &x, &map));
        let mut explain = |rows: Rows<'_>| Ok(rows.iter().flat_map(|r| r.iter().map(|v| v * v).collect::<Vec<_>>()).collect());
        let mut run = |rows| {
            local_lipschitz::evaluate(&mut explain, Batching { rows: Some(rows) }, &x, 11, gaussian_noise(&x, 0.1, 5)).unwrap()
        };
        prop_assert_eq!(run(batch), run(1000));
    }

    #[test]
    fn a_set_in_another_order_gives_the_same_results_in_that_order(
        p in prop::collection::vec(0.01f64..1.0, 30), labels in prop::collection::vec(0usize..3, 10), seed in any::<u64>()
    ) {
        let p: Vec<f64> = p.chunks(3).flat_map(|c| { let s: f64 = c.iter().sum(); c.iter().map(move |v| v / s).collect::<Vec<_>>() }).collect();
        let order = pellucid_metrics::Stream::new(seed, 1).permutation(10);
        let moved: Vec<f64> = order.iter().flat_map(|&i| p[3 * i..3 * i + 3].to_vec()).collect();
        let moved_labels: Vec<usize> = order.iter().map(|&i| labels[i]).collect();
        fn rows(values: &[f64]) -> Rows<'_> {
            Rows { values, width: 3 }
        }
        let per_sample = |v: &[f64], l: &[usize]| {
            let s = faithfulness::sufficiency_dasgupta::evaluate(rows(v), l, 0.6).unwrap();
            s.series("per_sample").unwrap().to_vec()
        };
        let (a, b) = (per_sample(&p, &labels), per_sample(&moved, &moved_labels));
        for (k, &i) in order.iter().enumerate() {
            prop_assert_eq!(b[k], a[i]);
        }
        for f in [calibration::ece::evaluate, calibration::mce::evaluate, calibration::classwise_ece::evaluate] {
            let (a, b) = (f(rows(&p), &labels, 5).unwrap().value.unwrap(), f(rows(&moved), &moved_labels, 5).unwrap().value.unwrap());
            prop_assert!((a - b).abs() < 1e-12 && (0.0..=1.0).contains(&a));
        }
        let brier = calibration::brier::evaluate(rows(&p), &labels).unwrap().value.unwrap();
        prop_assert!((0.0..=2.0).contains(&brier));
    }

    #[test]
    fn odd_inputs_give_reasons_and_never_panic((grid, values, _) in map_and_mask(), other in prop::collection::vec(odd_value(), 64)) {
        let n = values.len();
        let other: Vec<f64> = other.into_iter().cycle().take(n).collect();
        let defined = |o: pellucid_metrics::Result<f64>| o.map_or_else(|e| matches!(e, MetricError::Undefined(_)), |v| v.is_finite());
        for f in [correlation::pearson, correlation::spearman, correlation::kendall, correlation::cosine] {
            prop_assert!(defined(f(&values, &other)));
        }
        prop_assert!(defined(pellucid_metrics::ssim(&grid, &values, &other)));
        let image = Image::new(1, &grid, &values).unwrap();
        for name in Pooling::names() {
            if let Ok(map) = Pooling::named(name).unwrap().pool(&image) {
                prop_assert_eq!(map.len(), n);
            }
        }
        let scores: Vec<Score> = vec![
            complexity::sparseness_gini::evaluate(&values),
            complexity::complexity_entropy::evaluate(&values),
            complexity::effective_complexity::evaluate(&values, 0.01).unwrap(),
            randomisation::efficient_mprt::evaluate(&values, &other, 10).unwrap(),
            randomisation::random_logit::evaluate(&image, &other).unwrap(),
            cam::coherency::evaluate(&values, &other).unwrap(),
            counterfactual::diversity::evaluate(Rows { values: &values, width: *grid.last().unwrap() }),
            counterfactual::proximity::evaluate(Rows { values: &values, width: n }, Rows { values: &other, width: n }, None).unwrap(),
            embedding::trustworthiness::evaluate(Rows { values: &values, width: 1 }, Rows { values: &other, width: 1 }, 2).unwrap(),
            embedding::shepard_correlation::evaluate(Rows { values: &values, width: 1 }, Rows { values: &other, width: 1 }).unwrap(),
            concepts::concept_completeness::evaluate(values[0], other[0], 0.5),
        ];
        for score in scores {
            prop_assert!(score.value.is_err() || score.value.unwrap().is_finite(), "{score:?}");
        }
        let removed = Order::MostRelevantFirst.of(&values).map(|o| o[..n / 2].to_vec());
        if let Ok(removed) = removed {
            let filled = impute(&image, &removed, None);
            prop_assert!(filled.is_err() || filled.unwrap().iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn filled_in_values_lie_between_the_known_ones((grid, x, map) in image_and_map(), share in 0.0f64..0.99) {
        let n = map.len();
        let image = Image::new(1, &grid, &x[..n]).unwrap();
        let order = descending(&map).unwrap();
        let count = (share * n as f64) as usize;
        let filled = impute(&image, &order[..count], None).unwrap();
        let known = order[count..].iter().map(|&i| x[i]);
        let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |r, v| (r.0.min(v), r.1.max(v)));
        for &i in &order[..count] {
            prop_assert!(filled[i] >= low - 1e-9 && filled[i] <= high + 1e-9, "{} outside {low} {high}", filled[i]);
        }
    }

    #[test]
    fn statistics_take_undefined_values(values in prop::collection::vec(odd_value(), 1..40), others in prop::collection::vec(odd_value(), 40)) {
        let outcome = |v: &f64| -> Outcome { if *v == 2.0 { Err(pellucid_metrics::Undefined::EmptyMask) } else { Ok(*v) } };
        let (a, b): (Vec<Outcome>, Vec<Outcome>) = values.iter().zip(&others).map(|(a, b)| (outcome(a), outcome(b))).unzip();
        if let Ok(s) = summarise(&a, 50, 1) {
            prop_assert_eq!(s.count + s.undefined.values().sum::<usize>(), a.len());
        }
        if let Ok(test) = wilcoxon(&a, &b) {
            prop_assert!((0.0..=1.0).contains(&test.p));
            let back = wilcoxon(&b, &a).unwrap();
            prop_assert!((back.p - test.p).abs() < 1e-9);
            let corrected = holm(&[test.p, back.p, 0.5]);
            prop_assert!(corrected[0] >= test.p);
        }
    }
}
