//! What part of an image a picture shows: the whole of a 2-D image, slices of a volume.

use pellucid_image::Image;

/// Longest side of a picture of a 2-D image, and of a slice of a volume, in pixels.
const LONGEST: f64 = 640.0;
/// Small images are magnified by whole factors until their longer side has this many pixels.
const SHORTEST: f64 = 320.0;
/// Longest side of a panel of a montage: three side by side, or a large one beside two that are stacked.
const PANEL: f64 = 264.0;
const LARGE_PANEL: f64 = 396.0;
/// Room for the title between stacked panels.
const BETWEEN: f64 = 36.0;

/// A rectangle of picture pixels in the image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// Pixels across and down.
    pub size: [usize; 2],
    /// Centre of the upper left pixel, `(x, y, z)` in voxels of the image.
    origin: [f64; 3],
    /// Step to the next pixel on the right and below, in voxels.
    steps: [[f64; 3]; 2],
    /// What is shown, in words; empty for a 2-D image.
    pub title: String,
    /// Patient directions at the left, right, upper and lower edge, where known.
    pub edges: Option<[char; 4]>,
}

impl View {
    /// The place in the image, in voxels, of a place in the picture, in pixels (integers are centres).
    pub fn place(&self, x: f64, y: f64) -> [f64; 3] {
        std::array::from_fn(|i| self.origin[i] + x * self.steps[0][i] + y * self.steps[1][i])
    }

    /// Voxels that a pixel is wide and high.
    pub fn voxels_per_pixel(&self) -> f64 {
        self.steps.iter().flatten().fold(0.0, |m, s| f64::max(m, s.abs()))
    }

    /// The pixel nearest to a place of the image, in the plane of the view; clamped to the picture.
    pub fn pixel(&self, place: [f64; 3]) -> [usize; 2] {
        std::array::from_fn(|axis| {
            let step = self.steps[axis];
            let along: f64 = (0..3).map(|i| (place[i] - self.origin[i]) * step[i]).sum();
            let length: f64 = step.iter().map(|s| s * s).sum();
            ((along / length).round().max(0.0) as usize).min(self.size[axis] - 1)
        })
    }

    /// The whole of one slice, as stored.
    pub fn flat(image: &Image) -> View {
        let [_, h, w] = image.grid();
        let [sx, sy, _] = spacing(image);
        let (width, height) = (w as f64 * sx, h as f64 * sy);
        let longer = width.max(height);
        let factor = if longer >= LONGEST { LONGEST / longer } else { (SHORTEST / longer).ceil().max(1.0) };
        let across = Axis { axis: 0, grows: true };
        let down = Axis { axis: 1, grows: true };
        View::through(image, across, down, [0.0; 3], factor, String::new())
    }

    /// The plane of two image axes through a place, `factor` pixels per unit of spacing.
    fn through(image: &Image, across: Axis, down: Axis, place: [f64; 3], factor: f64, title: String) -> View {
        let spacing = spacing(image);
        let mut view = View { size: [1, 1], origin: place, steps: [[0.0; 3]; 2], title, edges: None };
        for (k, Axis { axis, grows }) in [across, down].into_iter().enumerate() {
            let n = image.grid()[2 - axis] as f64;
            let pixels = (n * spacing[axis] * factor).round().max(1.0);
            let step = n / pixels;
            view.size[k] = pixels as usize;
            view.steps[k][axis] = if grows { step } else { -step };
            view.origin[axis] = if grows { 0.5 * step - 0.5 } else { n - 0.5 - 0.5 * step };
        }
        view
    }
}

/// An axis of the image and whether the picture runs along it or against it.
#[derive(Clone, Copy, Debug)]
struct Axis {
    axis: usize,
    grows: bool,
}

/// The three orthogonal planes of a volume and how they are shown.
pub(crate) struct Planes {
    /// Axial, coronal, sagittal: the axes across and down.
    axes: [[Axis; 2]; 3],
    names: [&'static str; 3],
    edges: Option<[[char; 4]; 3]>,
    /// Pixels per unit of spacing.
    factor: f64,
    /// Whether the second and third plane are so flat that they fit below each other beside the first.
    pub stacked: bool,
}

impl Planes {
    /// Planes of a volume: in the usual orientation of radiology where the image says it (the patient's right on the left of the
    /// picture, front or head up), as stored otherwise.
    pub fn of(image: &Image) -> Planes {
        let axis = |axis| Axis { axis, grows: true };
        let (mut axes, mut names, mut edges) =
            ([[axis(0), axis(1)], [axis(0), axis(2)], [axis(1), axis(2)]], ["slice", "row", "column"], None);
        if image.geometry.orientation_known() {
            let codes = image.geometry.axis_codes();
            let towards = |wanted: char| {
                let axis = codes.iter().position(|c| *c == wanted || *c == opposite(wanted)).unwrap_or(0);
                Axis { axis, grows: codes[axis] == wanted }
            };
            let (left, back, foot) = (towards('L'), towards('P'), towards('I'));
            axes = [[left, back], [left, foot], [back, foot]];
            names = ["axial", "coronal", "sagittal"];
            edges = Some([['R', 'L', 'A', 'P'], ['R', 'L', 'S', 'I'], ['A', 'P', 'S', 'I']]);
        }
        let spacing = spacing(image);
        let length = |a: usize| image.grid()[2 - a] as f64 * spacing[a];
        let longest = (0..3).map(length).fold(0.0, f64::max);
        let height = |k: usize| length(axes[k][1].axis) * LARGE_PANEL / longest;
        let stacked = height(1) + height(2) + BETWEEN <= height(0);
        Planes { axes, names, edges, factor: if stacked { LARGE_PANEL } else { PANEL } / longest, stacked }
    }

    /// The three planes through a voxel.
    pub fn through(&self, image: &Image, voxel: [f64; 3]) -> [View; 3] {
        std::array::from_fn(|k| self.slice(image, k, voxel, self.factor))
    }

    /// Up to `count` slices of the first plane, evenly spread between two voxels, each at most `width` pixels wide.
    pub fn strip(&self, image: &Image, from: [f64; 3], to: [f64; 3], count: usize, width: usize) -> Vec<View> {
        let normal = 3 - self.axes[0][0].axis - self.axes[0][1].axis;
        let (low, high) = (from[normal].min(to[normal]).max(0.0), from[normal].max(to[normal]));
        let (low, high) = (low.round(), high.round().min(image.grid()[2 - normal] as f64 - 1.0));
        let span = high - low + 1.0;
        let count = count.min(span.max(1.0) as usize);
        let across = self.axes[0][0].axis;
        let full = image.grid()[2 - across] as f64 * spacing(image)[across];
        let factor = (width as f64 / full).min(self.factor);
        let at = |i: usize| low + (span * (i as f64 + 0.5) / count as f64 - 0.5).round();
        let views = (0..count).map(|i| {
            let mut place = [0.0; 3];
            place[normal] = at(i);
            self.slice(image, 0, place, factor)
        });
        views.collect()
    }

    fn slice(&self, image: &Image, k: usize, voxel: [f64; 3], factor: f64) -> View {
        let [across, down] = self.axes[k];
        let normal = 3 - across.axis - down.axis;
        let index = voxel[normal].round().clamp(0.0, image.grid()[2 - normal] as f64 - 1.0);
        let title = format!("{} {}", self.names[k], index as usize);
        let mut place = voxel;
        place[normal] = index;
        let mut view = View::through(image, across, down, place, factor, title);
        view.edges = self.edges.map(|e| e[k]);
        view
    }
}

fn opposite(direction: char) -> char {
    match direction {
        'R' => 'L',
        'L' => 'R',
        'A' => 'P',
        'P' => 'A',
        'S' => 'I',
        _ => 'S',
    }
}

/// Spacing along `(x, y, z)`, the smallest as 1; all 1 when it isn't known or unusable.
fn spacing(image: &Image) -> [f64; 3] {
    let mm = image.geometry.spacing_mm();
    let used = if image.is_2d() { &mm[..2] } else { &mm[..] };
    let least = used.iter().copied().fold(f64::INFINITY, f64::min);
    let most = used.iter().copied().fold(0.0, f64::max);
    // a ratio beyond any scanner is a mistake in the header, and would give a sliver
    if !image.geometry.spacing_known() || !least.is_finite() || least <= 0.0 || most / least > 50.0 {
        return [1.0; 3];
    }
    mm.map(|s| s / least)
}

#[cfg(test)]
mod tests {
    use pellucid_image::{Affine, Format, Geometry, Units};

    use super::*;

    fn image(grid: [usize; 3]) -> Image {
        let [d, h, w] = grid;
        Image::new(vec![0.0; d * h * w], [1, d, h, w], Units::Intensity, Format::Synthetic).unwrap()
    }

    #[test]
    fn small_images_are_magnified_by_whole_factors_and_large_ones_reduced() {
        assert_eq!(View::flat(&image([1, 28, 28])).size, [336, 336]);
        assert_eq!(View::flat(&image([1, 150, 100])).size, [300, 450]);
        assert_eq!(View::flat(&image([1, 400, 500])).size, [500, 400]);
        assert_eq!(View::flat(&image([1, 1000, 2000])).size, [640, 320]);
        let v = View::flat(&image([1, 28, 28]));
        // the first 12 pixels lie in the first voxel
        assert!(v.place(11.0, 0.0)[0] < 0.5 && v.place(12.0, 0.0)[0] > 0.5);
        assert_eq!(v.pixel(v.place(77.0, 5.0)), [77, 5]);
    }

    #[test]
    fn pixels_of_unequal_spacing_keep_their_proportions() {
        let mut i = image([1, 100, 100]);
        i.geometry = Geometry::spacing([0.5, 1.0, 1.0]);
        assert_eq!(View::flat(&i).size, [200, 400]);
    }

    #[test]
    fn volumes_are_shown_as_radiologists_hang_them() {
        let mut i = image([10, 20, 30]);
        // x grows to the left, y to the back, z to the head, slices 3 mm apart
        i.geometry = Geometry::oriented(Affine::scale_offset([-1.0, -1.0, 3.0], [0.0; 3]));
        let [axial, coronal, sagittal] = Planes::of(&i).through(&i, [7.0, 5.0, 2.0]);
        assert_eq!((axial.title.as_str(), coronal.title.as_str()), ("axial 2", "coronal 5"));
        assert_eq!(axial.edges, Some(['R', 'L', 'A', 'P']));
        assert_eq!(axial.size, [264, 176]);
        assert_eq!(coronal.size, [264, 264]);
        // up in the coronal plane is the head: the last slice
        assert!(coronal.place(0.0, 0.0)[2] > 9.0 && coronal.place(0.0, 263.0)[2] < 0.0);
        assert_eq!(coronal.place(0.0, 0.0)[1], 5.0);
        assert_eq!((sagittal.place(3.0, 3.0)[0], sagittal.size), (7.0, [176, 264]));
    }

    #[test]
    fn flat_volumes_are_stacked() {
        assert!(Planes::of(&image([10, 100, 100])).stacked);
        assert!(!Planes::of(&image([50, 100, 100])).stacked);
        let [axial, coronal, _] = Planes::of(&image([10, 100, 100])).through(&image([10, 100, 100]), [0.0; 3]);
        assert_eq!((axial.size, coronal.size), ([396, 396], [396, 40]));
    }

    #[test]
    fn unoriented_volumes_are_shown_as_stored() {
        let i = image([8, 8, 8]);
        let [slice, row, column] = Planes::of(&i).through(&i, [1.0, 2.0, 3.0]);
        assert_eq!([&slice.title, &row.title, &column.title], ["slice 3", "row 2", "column 1"]);
        assert!(row.place(0.0, 0.0)[2] < 0.0 && row.edges.is_none());
        let strip = Planes::of(&i).strip(&i, [0.0; 3], [0.0, 0.0, 7.0], 4, 100);
        assert_eq!(
            strip.iter().map(|v| v.title.as_str()).collect::<Vec<_>>(),
            ["slice 1", "slice 3", "slice 5", "slice 7"]
        );
        assert!(strip.iter().all(|v| v.size[0] == 100));
        assert_eq!(Planes::of(&i).strip(&i, [0.0; 3], [0.0, 0.0, 1.0], 4, 100).len(), 2);
    }
}
