//! Orientation and resampling against nibabel and scipy (`data/make_volume_cases.py`).

use pellucid_image::preprocess::Sampling;
use pellucid_image::volume::{
    Border, Interpolation, Lattice, Operation, Resampling, reorient, resample_onto, resample_to_spacing,
};
use pellucid_image::{Affine, Format, Geometry, Image, Orientation, Units, from_bytes};
use serde_json::Value;

fn cases() -> Value {
    serde_json::from_str(include_str!("data/volume_cases.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn affine(value: &Value) -> Affine {
    let row = |i: usize| std::array::from_fn(|j| value[i][j].as_f64().unwrap());
    Affine { rows: [row(0), row(1), row(2)] }
}

/// `[D, H, W]` of a shape that is written `(W, H, D)`.
fn shape(value: &Value) -> [usize; 3] {
    std::array::from_fn(|i| value[2 - i].as_u64().unwrap() as usize)
}

fn image(case: &Value) -> Image {
    let [d, h, w] = shape(&case["shape"]);
    let value = |i: usize| ((7919 * i + 13 * (i % 7) * (i % 7)) % 1009) as f32;
    let values = (0..d * h * w).map(value).collect();
    // Through a file and back, so that what is compared is what a reader gives.
    let geometry = Geometry::oriented(affine(&case["affine"]));
    let made = Image::new(values, [1, d, h, w], Units::Intensity, Format::Synthetic).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    pellucid_image::write_nifti(&path, made.voxels(), &[d, h, w], &geometry).unwrap();
    let mut read = from_bytes(&std::fs::read(path).unwrap(), &Default::default()).unwrap();
    assert!(difference(&read.geometry.world_from_voxel, &geometry.world_from_voxel) < 1e-5);
    assert_eq!(read.voxels(), made.voxels());
    read.geometry = geometry;
    read
}

fn difference(a: &Affine, b: &Affine) -> f64 {
    a.rows.iter().flatten().zip(b.rows.iter().flatten()).fold(0.0, |m, (x, y)| f64::max(m, (x - y).abs()))
}

/// Largest difference to the expected values where there are any, and how many there are.
fn compare(found: &[f32], expected: &Value) -> (f64, usize) {
    let expected = list(expected);
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected).filter_map(|(&f, e)| e.as_f64().map(|e| (f64::from(f) - e).abs()));
    pairs.fold((0.0, 0), |(m, n), d| (f64::max(m, d), n + 1))
}

#[test]
fn axis_codes_equal_those_of_nibabel() {
    let all = cases();
    for entry in list(&all["codes"]).iter().chain(list(&all["cases"])) {
        let geometry = Geometry::oriented(affine(&entry["affine"]));
        assert_eq!(geometry.orientation().to_string(), entry["codes"].as_str().unwrap(), "{entry}");
    }
}

#[test]
fn reoriented_volumes_equal_those_of_nibabel() {
    for case in list(&cases()["cases"]) {
        let image = image(case);
        for (key, to) in [("canonical", Orientation::RAS), ("lps", Orientation::LPS)] {
            let (turned, transform) = reorient(&image, to).unwrap();
            assert!(
                difference(&turned.geometry.world_from_voxel, &affine(&case[key]["affine"])) < 1e-6,
                "{}",
                case["name"]
            );
            assert_eq!(compare(turned.voxels(), &case[key]["values"]), (0.0, image.voxels().len()));
            assert_eq!(transform.to_source(turned.voxels(), Sampling::Nearest, f32::NAN).unwrap(), image.voxels());
        }
    }
}

#[test]
fn grids_along_the_world_equal_those_of_nibabel() {
    for case in list(&cases()["cases"]) {
        let lattice = Lattice::of(&image(case)).along_world([1.5, 1.25, 2.0]).unwrap();
        let expected = &case["along_world"];
        assert_eq!(lattice.shape, shape(&expected["shape"]), "{}", case["name"]);
        assert!(difference(&lattice.geometry.world_from_voxel, &affine(&expected["affine"])) < 1e-6);
    }
}

#[test]
fn resampled_volumes_equal_those_of_nibabel() {
    let orders =
        [(Interpolation::Nearest, "order 0"), (Interpolation::Linear, "order 1"), (Interpolation::Cubic, "order 3")];
    for case in list(&cases()["cases"]) {
        let image = image(case);
        let target = &case["target"];
        let geometry = Geometry::oriented(affine(&target["affine"]));
        let lattice = Lattice { shape: shape(&target["shape"]), geometry };
        for (interpolation, key) in orders {
            let how = Resampling { interpolation, antialias: false, border: Border::NotANumber };
            let (found, _) = resample_onto(&image, &lattice, &how).unwrap();
            let (worst, count) = compare(found.voxels(), &target[key]);
            println!("{} {key}: {worst:.1e} over {count} points", case["name"]);
            assert!(worst < 1e-3 && count > 60, "{} {key}: {worst} over {count}", case["name"]);
        }
    }
}

#[test]
fn smoothing_before_a_coarser_grid_equals_scipy() {
    for case in list(&cases()["cases"]) {
        let image = image(case);
        let coarse = &case["coarse"];
        let lattice = Lattice { shape: [2; 3], geometry: Geometry::oriented(affine(&coarse["affine"])) };
        for (interpolation, key) in [(Interpolation::Linear, "order 1"), (Interpolation::Cubic, "order 3")] {
            let how = Resampling { interpolation, antialias: true, border: Border::NotANumber };
            let (found, transform) = resample_onto(&image, &lattice, &how).unwrap();
            let Operation::Resample { sigma, .. } = transform.operations[0] else { panic!("{transform:?}") };
            assert!((0..3).all(|i| (sigma[i] - coarse["sigma"][i].as_f64().unwrap()).abs() < 1e-6), "{}", case["name"]);
            let (worst, count) = compare(found.voxels(), &coarse[key]);
            assert!(worst < 1e-3 && count > 3, "{} {key}: {worst} over {count}", case["name"]);
        }
    }
}

#[test]
fn a_result_does_not_depend_on_the_number_of_threads() {
    let image = image(&cases()["cases"][3]);
    let how = Resampling { interpolation: Interpolation::Cubic, ..Resampling::default() };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| resample_to_spacing(&image, [0.7, 2.0, 1.3], &how).unwrap())
    };
    let (one, three) = (run(1), run(3));
    assert_eq!(one, three);
    assert_eq!(one.0.geometry.spacing_mm().map(|v| (v * 1e9).round() / 1e9), [0.7, 2.0, 1.3]);
}
