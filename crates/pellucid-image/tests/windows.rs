//! Windows and weights against the formulas of nnU-Net and MONAI (`data/make_window_cases.py`).

use pellucid_image::windows::{Importance, Placing, Tiling, Windows};
use serde_json::Value;

fn cases() -> Value {
    serde_json::from_str(include_str!("data/window_cases.json")).unwrap()
}

fn three(value: &Value) -> [usize; 3] {
    std::array::from_fn(|i| value[i].as_u64().unwrap() as usize)
}

#[test]
fn windows_lie_where_both_put_them() {
    let all = cases();
    for case in all["placed"].as_array().unwrap() {
        let (grid, patch) = (three(&case["grid"]), three(&case["patch"]));
        for (key, placing) in [("nnunet", Placing::Even), ("monai", Placing::Fixed)] {
            let overlap = case["overlap"].as_f64().unwrap();
            let windows = Windows::new(grid, &Tiling { overlap, placing, ..Tiling::monai(patch) }).unwrap();
            let starts: Vec<Vec<i64>> = serde_json::from_value(case[key].clone()).unwrap();
            let mut due = vec![];
            for z in &starts[0] {
                for y in &starts[1] {
                    for x in &starts[2] {
                        due.push([*z, *y, *x]);
                    }
                }
            }
            let added: [i64; 3] = std::array::from_fn(|i| (patch[i].saturating_sub(grid[i]) / 2) as i64);
            let found: Vec<[i64; 3]> = windows.iter().map(|w| std::array::from_fn(|i| w.start[i] + added[i])).collect();
            assert_eq!(found, due, "{key} {case}");
        }
    }
}

#[test]
fn weights_equal_those_of_both() {
    let all = cases();
    for case in all["weights"].as_array().unwrap() {
        let (patch, sigma_scale) = (three(&case["patch"]), case["sigma_scale"].as_f64().unwrap());
        for (key, importance) in
            [("nnunet", Importance::NnUnet { sigma_scale }), ("monai", Importance::Monai { sigma_scale })]
        {
            let found = importance.weights(patch);
            let due = case[key].as_array().unwrap();
            assert_eq!(found.len(), due.len());
            for (f, d) in found.iter().zip(due) {
                let (f, d) = (f64::from(*f), d.as_f64().unwrap());
                assert!((f - d).abs() <= 1e-6 * d, "{key} {patch:?} {sigma_scale}: {f} {d}");
            }
        }
    }
}
