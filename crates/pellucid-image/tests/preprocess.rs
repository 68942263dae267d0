//! Steps against the values of PIL 13, OpenCV 5, NumPy and SciPy on a picture made by a formula.

use pellucid_image::preprocess::{
    Colour, CropAt, Grid, Layout, Over, Prepared, REC_601, Sampling, SquareHow, Step, prepare,
};
use pellucid_image::resize::Resample;
use pellucid_image::{Affine, Format, Geometry, Image, ImageError, Units};

fn formula(c: usize, y: usize, x: usize) -> u8 {
    ((x * 37 + y * 91 + c * 53 + x * y * 7) % 256) as u8
}

fn picture(channels: usize, height: usize, width: usize, units: Units) -> Image {
    let mut values = vec![];
    for c in 0..channels {
        for y in 0..height {
            values.extend((0..width).map(|x| f32::from(formula(c, y, x))));
        }
    }
    Image::new(values, [channels, 1, height, width], units, Format::Synthetic).unwrap()
}

const LEVELS: Units = Units::Levels { max: 255.0 };

fn run(image: &Image, steps: &[Step]) -> Prepared {
    prepare(image, steps, &Layout::usual(!image.is_2d()), None).unwrap()
}

/// Compares the first values, the sum, and the sum weighted by index mod 97.
fn check(name: &str, found: &[f32], first: &[f64], sum: f64, weighted: f64, tolerance: f64) {
    for (i, (a, b)) in found.iter().zip(first).enumerate() {
        assert!((f64::from(*a) - b).abs() <= tolerance, "{name}, value {i}: {a} {b}");
    }
    let total: f64 = found.iter().map(|&v| f64::from(v)).sum();
    let total_weighted: f64 = found.iter().enumerate().map(|(i, &v)| f64::from(v) * (i % 97) as f64).sum();
    assert!((total - sum).abs() <= tolerance * found.len() as f64, "{name}: {total} {sum}");
    assert!((total_weighted - weighted).abs() <= tolerance * 48.0 * found.len() as f64, "{name}: {total_weighted}");
}

fn resize(size: [usize; 2], mode: Resample) -> Step {
    Step::Resize { size: size.to_vec(), mode, round: true }
}

#[test]
fn eight_bit_pictures_resize_as_in_pil_bit_for_bit() {
    use Resample::*;
    let image = picture(1, 13, 17, LEVELS);
    type Row = (Resample, [usize; 2], [f64; 6], f64, f64);
    let rows: [Row; 6] = [
        (Nearest, [7, 5], [37.0, 185.0, 40.0, 151.0, 43.0, 233.0], 4878.0, 84552.0),
        (Nearest, [20, 30], [0.0, 0.0, 37.0, 37.0, 74.0, 111.0], 76784.0, 3626866.0),
        (LinearAntialias, [7, 5], [102.0, 124.0, 112.0, 128.0, 121.0, 130.0], 4528.0, 77954.0),
        (LinearAntialias, [20, 30], [0.0, 13.0, 34.0, 55.0, 76.0, 97.0], 77071.0, 3614406.0),
        (CubicAntialias, [7, 5], [99.0, 125.0, 109.0, 131.0, 120.0, 130.0], 4528.0, 78020.0),
        (CubicAntialias, [20, 30], [0.0, 4.0, 27.0, 48.0, 69.0, 88.0], 77102.0, 3611327.0),
    ];
    for (mode, size, first, sum, weighted) in rows {
        let out = run(&image, &[resize(size, mode)]);
        assert_eq!(out.shape, [1, 1, size[0], size[1]]);
        check(&format!("{mode:?} {size:?}"), &out.values, &first, sum, weighted, 0.0);
    }
}

#[test]
fn float_pictures_resize_as_in_pil_and_opencv() {
    use Resample::*;
    let image = picture(1, 13, 17, Units::Intensity);
    type Row = (Resample, [usize; 2], [f64; 4], f64, f64);
    let rows: [Row; 10] = [
        (LinearAntialias, [7, 5], [101.62185, 123.69173, 112.19775, 127.82874], 4527.55076, 77979.31754),
        (LinearAntialias, [20, 30], [0.0, 12.95, 33.91667, 54.88334], 77065.49325, 3613806.23732),
        (CubicAntialias, [7, 5], [98.79067, 124.86166, 108.74979, 130.49266], 4526.07026, 77977.33532),
        (CubicAntialias, [20, 30], [-9.13558, 3.17263, 27.04074, 47.95857], 77078.64326, 3610831.06327),
        (NearestFloor, [7, 5], [0.0, 111.0, 222.0, 114.0], 4316.0, 74330.0),
        (NearestFloor, [20, 30], [0.0, 0.0, 37.0, 37.0], 75908.0, 3545642.0),
        (LinearHalfPixel, [7, 5], [87.0, 113.28571, 103.0, 129.28572], 4665.88575, 80165.14331),
        (CubicHalfPixel, [7, 5], [83.74342, 94.61483, 110.29446, 125.35013], 4697.461, 80717.36201),
        (CubicHalfPixel, [20, 30], [-11.7562, 1.80903, 23.88282, 45.97794], 77123.8198, 3614832.86986),
        (Area, [7, 5], [91.69683, 129.28508, 109.00453, 126.95024], 4498.0546, 77745.91505),
    ];
    for (mode, size, first, sum, weighted) in rows {
        let out = run(&image, &[resize(size, mode)]);
        check(&format!("{mode:?} {size:?}"), &out.values, &first, sum, weighted, 2e-4);
    }
}

#[test]
fn grey_is_that_of_pil() {
    let steps = [Step::Channels { colour: Colour::Grey, weights: REC_601 }];
    let out = run(&picture(3, 13, 17, LEVELS), &steps);
    check("grey", &out.values, &[43.0, 80.0, 117.0, 154.0, 191.0, 199.0], 28245.0, 1256040.0, 0.0);
}

#[test]
fn clahe_and_gamma_are_those_of_opencv() {
    let image = picture(1, 50, 61, LEVELS).map(|v| (v / 3.0).floor() + 60.0);
    let clahe = Step::Clahe { limit: 2.0, tiles: [8, 8] };
    let out = run(&image, std::slice::from_ref(&clahe));
    check("clahe", &out.values, &[23.0, 55.0, 77.0, 118.0, 146.0, 177.0], 379367.0, 18142890.0, 0.0);
    assert_eq!(out.value_of(60.0, 0), None);
    let out = run(&image, &[clahe, Step::Gamma { gamma: 1.2, max: 255.0 }]);
    check("gamma", &out.values, &[34.0, 71.0, 94.0, 134.0, 160.0, 188.0], 418633.0, 20011669.0, 0.0);
    let even =
        [Step::Crop { size: vec![48, 60], at: CropAt::Focus, fill: None }, Step::Clahe { limit: 3.0, tiles: [4, 5] }];
    let out = prepare(&image, &even, &Layout::usual(false), Some([0.0; 3])).unwrap();
    check("clahe, even tiles", &out.values, &[39.0, 60.0, 81.0, 106.0, 135.0], 361817.0, 17204117.0, 0.0);
    let error = prepare(
        &picture(1, 9, 9, Units::Intensity),
        &[Step::Clahe { limit: 2.0, tiles: [2, 2] }],
        &Layout::usual(false),
        None,
    );
    assert!(error.unwrap_err().to_string().contains("needs 8-bit levels"));
}

#[test]
fn intensity_steps_come_down_to_functions() {
    let hu =
        Image::new(vec![-2000.0, -600.0, 150.0, 900.0], [1, 1, 2, 2], Units::Hounsfield, Format::Synthetic).unwrap();
    let lung = Step::Window { center: -600.0, width: 1500.0, to: [0.0, 1.0] };
    let out = run(&hu, &[lung, Step::MeanStd { mean: vec![0.5], std: vec![0.25] }]);
    assert_eq!(out.values, [-2.0, 0.0, 2.0, 2.0]);
    assert_eq!(out.value_of(-975.0, 0), Some(-1.0));
    let clipped = run(&hu, &[Step::Clip { limits: [-1000.0, 1000.0] }]);
    assert_eq!(clipped.values, [-1000.0, -600.0, 150.0, 900.0]);
    let z = run(&hu, &[Step::ZScore { over: Over::All }]);
    // numpy: (a - a.mean()) / a.std()
    for (a, b) in z.values.iter().zip([-1.5049937, -0.1983325, 0.5016646, 1.2016617f32]) {
        assert!((a - b).abs() < 1e-6);
    }
    let share = run(&hu, &[Step::Percentiles { from: [0.0, 100.0], to: [0.0, 1.0], clip: true, over: Over::All }]);
    assert_eq!((share.values[0], share.values[3]), (0.0, 1.0));
    assert_eq!(share.steps[0].measured, [("low".to_string(), -2000.0), ("high".to_string(), 900.0)]);
    let nyul = Step::Landmarks { percentiles: vec![0.0, 50.0, 100.0], values: vec![0.0, 10.0, 100.0], over: Over::All };
    assert_eq!(run(&hu, &[nyul]).values[..], [0.0, 7.887324, 40.0, 100.0]);
}

#[test]
fn pictures_of_any_depth_become_eight_bit() {
    let deep =
        Image::new(vec![0.0, 257.0, 65535.0], [1, 1, 1, 3], Units::Levels { max: 65535.0 }, Format::Png).unwrap();
    assert_eq!(run(&deep, &[Step::EightBit]).values, [0.0, 1.0, 255.0]);
    let mut ct = Image::new(vec![-1000.0, 40.0, 3000.0], [1, 1, 1, 3], Units::Hounsfield, Format::Dicom).unwrap();
    let ranged = run(&ct, &[Step::EightBit]);
    assert_eq!((&ranged.values[..], ranged.notes.len()), (&[0.0, 66.0, 255.0][..], 1));
    ct.display = Some(pellucid_image::DisplayWindow::LinearExact { center: 40.0, width: 400.0 });
    let shown = run(&ct, &[Step::EightBit]);
    assert_eq!((&shown.values[..], shown.notes.len()), (&[0.0, 128.0, 255.0][..], 0));
}

#[test]
fn crops_know_where_they_were() {
    let image = picture(1, 10, 13, LEVELS);
    let center = run(&image, &[Step::Crop { size: vec![4, 6], at: CropAt::Center, fill: None }]);
    // torchvision: top round((10-4)/2) = 3, left round((13-6)/2) = round(3.5) = 4.
    assert_eq!(center.grid.source_from_grid.apply([0.0; 3]), [4.0, 3.0, 0.0]);
    assert_eq!(center.values[0], f32::from(formula(0, 3, 4)));
    let padded = run(&image, &[Step::Square { how: SquareHow::Pad }]);
    assert_eq!((padded.shape.clone(), padded.values[0]), (vec![1, 1, 13, 13], 0.0));
    assert_eq!(padded.values[13], f32::from(formula(0, 0, 0)));
    let outside = Step::Crop { size: vec![4, 4], at: CropAt::Focus, fill: Some(-1.0) };
    let out = prepare(&image, &[outside], &Layout::usual(false), Some([0.0, 0.0, 0.0])).unwrap();
    assert_eq!(out.values[..3], [-1.0; 3]);
    assert_eq!(out.values[10], f32::from(formula(0, 0, 0)));
    let inside = Step::Crop { size: vec![4, 4], at: CropAt::Focus, fill: None };
    let out = prepare(&image, &[inside], &Layout::usual(false), Some([12.0, 0.0, 0.0])).unwrap();
    assert_eq!(out.values[0], f32::from(formula(0, 0, 9)));
}

/// A volume whose value at a voxel is a code of the world position of its centre.
fn volume(affine: Affine, shape: [usize; 3]) -> Image {
    let mut values = vec![];
    for z in 0..shape[0] {
        for y in 0..shape[1] {
            for x in 0..shape[2] {
                let p = affine.apply([x as f64, y as f64, z as f64]);
                values.push((p[0] + 3.0 * p[1] - 2.0 * p[2]) as f32);
            }
        }
    }
    let mut image = Image::new(values, [1, shape[0], shape[1], shape[2]], Units::Intensity, Format::Synthetic).unwrap();
    image.geometry = Geometry::oriented(affine);
    image
}

/// A linear function of the world position must be found at every grid point that lies inside.
fn check_positions(grid: &Grid, values: &[f32], tolerance: f64) {
    let [d, h, w] = grid.shape;
    let mut checked = 0;
    for z in 0..d {
        for y in 0..h {
            for x in 0..w {
                let q = grid.source_from_grid.apply([x as f64, y as f64, z as f64]);
                let inside = (0..3).all(|i| q[i] >= 0.0 && q[i] <= (grid.source_shape[2 - i] - 1) as f64);
                if inside {
                    let p = grid.geometry.world_from_voxel.apply([x as f64, y as f64, z as f64]);
                    let expected = p[0] + 3.0 * p[1] - 2.0 * p[2];
                    let found = f64::from(values[(z * h + y) * w + x]);
                    assert!((found - expected).abs() < tolerance, "at {x} {y} {z}: {found} {expected}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 20);
}

#[test]
fn volumes_keep_their_place_through_every_step() {
    let oblique = Affine::from_columns([[-0.9, 0.1, 0.0], [0.08, 0.7, -0.2], [0.1, 0.3, 2.4]], [30.0, -12.0, 5.0]);
    let image = volume(oblique, [6, 9, 11]);
    for axes in ["RAS", "LIA", "SPL", "PRS", "ASR"] {
        let out = run(&image, &[Step::Orient { axes: axes.into() }]);
        check_positions(&out.grid, &out.values, 1e-3);
        let codes = out.grid.geometry.axis_codes();
        assert_eq!(axes.chars().rev().collect::<Vec<_>>(), codes, "{axes}");
    }
    let steps = [
        Step::Orient { axes: "LIA".into() },
        Step::Spacing { spacing_mm: [0.8, 1.3, 1.1], mode: Resample::LinearHalfPixel },
        Step::Crop { size: vec![12, 9, 7], at: CropAt::Center, fill: Some(0.0) },
    ];
    let out = run(&image, &steps);
    check_positions(&out.grid, &out.values, 1e-3);
    let spacing = out.grid.geometry.spacing_mm();
    for (a, b) in spacing.iter().zip([1.1, 1.3, 0.8]) {
        assert!((a - b).abs() < 1e-9);
    }
    for mode in [Resample::LinearHalfPixel, Resample::LinearAlignCorners] {
        let out = run(&image, &[Step::Resize { size: vec![9, 7, 15], mode, round: false }]);
        check_positions(&out.grid, &out.values, 1e-3);
    }
}

#[test]
fn slices_become_channels() {
    let image = volume(Affine::scale_offset([1.0, 1.0, 2.0], [0.0; 3]), [5, 3, 4]);
    let out = prepare(&image, &[Step::Slices { count: 3 }], &Layout::usual(false), Some([0.0, 0.0, 4.2])).unwrap();
    assert_eq!(out.shape, [1, 3, 3, 4]);
    // Slices 3, 4, and 4 again at the end of the volume.
    assert_eq!([out.values[0], out.values[12], out.values[24]], [-12.0, -16.0, -16.0]);
    assert_eq!(out.grid.source_from_grid.apply([0.0; 3]), [0.0, 0.0, 4.0]);
    let back = out.resample_to_source(&[1.0; 12], &[3, 4], Sampling::Linear, 0.0).unwrap();
    assert_eq!(back.iter().sum::<f32>(), 12.0);
    assert!(back[4 * 12..].iter().all(|&v| v == 1.0));
}

#[test]
fn maps_return_to_the_source_grid() {
    let image = picture(1, 40, 60, LEVELS);
    let steps = [
        Step::ResizeShorter { size: 32, mode: Resample::LinearAntialias, round: true },
        Step::Crop { size: vec![32, 32], at: CropAt::Center, fill: None },
    ];
    let out = run(&image, &steps);
    // A bright cell of the feature map lies where its corner of the crop lies in the picture.
    let mut map = vec![0.0; 16];
    map[3] = 1.0;
    let back = out.resample_to_source(&map, &[4, 4], Sampling::Nearest, -1.0).unwrap();
    let at = |y: usize, x: usize| back[y * 60 + x];
    assert_eq!((at(0, 0), at(0, 59)), (-1.0, -1.0));
    assert_eq!((at(2, 48), at(2, 38), at(30, 48)), (1.0, 0.0, 0.0));
}

#[test]
fn what_cannot_be_done_is_said() {
    let image = picture(1, 10, 13, LEVELS);
    let fails =
        |image: &Image, step: Step| prepare(image, &[step], &Layout::usual(false), None).unwrap_err().to_string();
    let spacing = Step::Spacing { spacing_mm: [1.0; 3], mode: Resample::LinearHalfPixel };
    assert_eq!(
        fails(&image, spacing),
        "step 1 of the preparation (`spacing_mm`): the image says nothing of its voxel size"
    );
    assert!(fails(&image, Step::Orient { axes: "RAS".into() }).contains("patient's directions"));
    assert!(fails(&image, Step::Select { channels: vec![2] }).contains("no channel 2"));
    assert!(fails(&image, Step::Crop { size: vec![20, 20], at: CropAt::Center, fill: None }).contains("doesn't fit"));
    assert!(fails(&image, resize([0, 4], Resample::Nearest)).contains("empty or too large"));
    assert!(fails(&image, resize([1 << 20, 1 << 20], Resample::Nearest)).contains("empty or too large"));
    assert!(fails(&image, Step::MeanStd { mean: vec![0.0; 2], std: vec![1.0] }).contains("1 channels"));
    let volume = volume(Affine::IDENTITY, [3, 4, 5]);
    assert!(fails(&volume, resize([4, 4], Resample::Nearest)).contains("slices = 1"));
    assert!(fails(&volume, Step::Orient { axes: "RAR".into() }).contains("one letter of each pair"));
    let holes = Image::new(vec![1.0, f32::NAN], [1, 1, 1, 2], Units::Intensity, Format::Npy).unwrap();
    let error = prepare(&holes, &[], &Layout::usual(false), None).unwrap_err();
    assert!(matches!(error, ImageError::NotFinite { found: 1, of: 2 }));
    assert!(error.hints()[0].contains("replace_nan"));
    assert!(prepare(&holes, &[Step::ReplaceNan { value: 0.0 }], &Layout::usual(false), None).is_ok());
}
