//! Slices sorted along their normal, and the faults that keep them from being a volume.

use std::fmt;

use crate::affine::{dot, norm};
use crate::read::dicom::place::Plane;

/// Part of the common step by which a step may differ.
const EVEN: f64 = 0.05;
/// Part of the distance by which slices may lie sideways: rounding of orientations and positions. 0.002 is a tilt of 0.11 degrees.
const UPRIGHT: f64 = 0.002;
/// Least difference of two positions in mm.
const SAME_PLACE: f64 = 1e-3;

/// Slices in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Indices of the planes, along the normal of the first.
    pub order: Vec<usize>,
    /// From one slice to the next in mm, LPS.
    pub step: [f64; 3],
    /// Angle between that step and the normal, in degrees; 0 unless a tilt was accepted.
    pub tilt: f64,
}

/// Why planes are no volume. Places are distances along the normal in mm.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// One plane has no neighbour.
    Single,
    /// Planes aren't parallel, or turned within their plane.
    Orientations,
    /// Several planes in one place.
    Duplicates {
        /// Places with more than one.
        places: usize,
        /// The first of them.
        at: f64,
        /// How many lie there.
        images: usize,
    },
    /// A step of a whole number of common steps.
    Missing {
        /// How many slices are missing in all.
        count: usize,
        /// The slice before the first gap.
        after: f64,
        /// The slice behind it.
        before: f64,
        /// The common step.
        step: f64,
    },
    /// A step much longer than the others, not a multiple of them.
    Gap {
        /// The slice before it.
        after: f64,
        /// The slice behind it.
        before: f64,
        /// The common step.
        step: f64,
    },
    /// Steps of different lengths.
    Uneven {
        /// The shortest.
        least: f64,
        /// The longest.
        most: f64,
    },
    /// Each slice is shifted by the same amount: a tilted gantry.
    Tilt {
        /// Angle between the stacking direction and the normal.
        degrees: f64,
    },
    /// Slices are shifted irregularly.
    Shifted {
        /// The largest shift, mm.
        most: f64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Single => write!(f, "there is one slice only"),
            Fault::Orientations => write!(f, "slices have different orientations"),
            Fault::Duplicates { places, at, images } => write!(
                f,
                "duplicate positions: {images} images lie at {at:.2} mm ({places} such places), and nothing tells them apart"
            ),
            Fault::Missing { count, after, before, step } => {
                let slices = if *count == 1 { "slice is" } else { "slices are" };
                write!(
                    f,
                    "{count} {slices} missing, the first between {after:.2} and {before:.2} mm (slices are {step:.3} mm apart)"
                )
            }
            Fault::Gap { after, before, step } => {
                write!(f, "a gap between {after:.2} and {before:.2} mm, where slices are {step:.3} mm apart elsewhere")
            }
            Fault::Uneven { least, most } => {
                write!(f, "slices are unevenly spaced, {least:.3} to {most:.3} mm apart")
            }
            Fault::Tilt { degrees } => write!(f, "slices are sheared by {degrees:.2} degrees (gantry tilt)"),
            Fault::Shifted { most } => write!(f, "slices are shifted sideways by up to {most:.2} mm"),
        }
    }
}

impl Fault {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Fault::Single | Fault::Orientations | Fault::Duplicates { .. } => {
                "read one file or frame, or give only the files of one volume"
            }
            Fault::Missing { .. } => "copy the series again, or read its longest whole run with `longest_run`",
            Fault::Gap { .. } | Fault::Uneven { .. } => {
                "read the longest even run with `longest_run`, or resample the series with another program"
            }
            Fault::Tilt { .. } => {
                "accept the sheared geometry with `accept_tilt`, or correct the tilt with another program"
            }
            Fault::Shifted { .. } => "give only the files of one volume",
        }
    }
}

/// Sorts planes along their normal.
///
/// # Errors
/// Why they are no regular stack.
pub fn stack(planes: &[Plane], accept_tilt: bool) -> Result<Stack, Fault> {
    let first = planes.first().ok_or(Fault::Single)?;
    if planes.iter().any(|p| !first.is_parallel(p)) {
        return Err(Fault::Orientations);
    }
    let normal = first.normal();
    let (order, depth) = sorted(planes);
    if order.len() < 2 {
        return Err(Fault::Single);
    }
    check_steps(&depth)?;
    let (low, high) = (planes[order[0]].position, planes[order[order.len() - 1]].position);
    let count = (order.len() - 1) as f64;
    let whole: [f64; 3] = std::array::from_fn(|i| (high[i] - low[i]) / count);
    let upright = normal.map(|n| n * dot(whole, normal));
    let slant = norm(std::array::from_fn(|i| whole[i] - upright[i]));
    let tilted = slant > UPRIGHT * dot(whole, normal);
    let step = if tilted { whole } else { upright };
    check_line(planes, &order, step)?;
    let tilt = if tilted { (slant / dot(whole, normal)).atan().to_degrees() } else { 0.0 };
    if tilted && !accept_tilt {
        return Err(Fault::Tilt { degrees: tilt });
    }
    Ok(Stack { order, step, tilt })
}

/// Indices by place along the normal of the first plane, and those places.
fn sorted(planes: &[Plane]) -> (Vec<usize>, Vec<f64>) {
    let normal = planes.first().map_or([0.0; 3], Plane::normal);
    let depth: Vec<f64> = planes.iter().map(|p| dot(p.position, normal)).collect();
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|&a, &b| depth[a].total_cmp(&depth[b]));
    let places = order.iter().map(|&i| depth[i]).collect();
    (order, places)
}

/// Whether no two planes lie in one place.
pub fn all_apart(planes: &[Plane]) -> bool {
    sorted(planes).1.windows(2).all(|w| w[1] - w[0] > SAME_PLACE)
}

/// The middle one of the distances between neighbours.
fn common_step(depth: &[f64]) -> f64 {
    let mut steps: Vec<f64> = depth.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

fn check_steps(depth: &[f64]) -> Result<(), Fault> {
    if let Some(i) = depth.windows(2).position(|w| w[1] - w[0] <= SAME_PLACE) {
        let images = depth.iter().filter(|d| (*d - depth[i]).abs() <= SAME_PLACE).count();
        let mut places = 0;
        let mut last = f64::NEG_INFINITY;
        for w in depth.windows(2).filter(|w| w[1] - w[0] <= SAME_PLACE) {
            places += usize::from(w[0] - last > SAME_PLACE);
            last = w[1];
        }
        return Err(Fault::Duplicates { places, at: depth[i], images });
    }
    let step = common_step(depth);
    let uneven = |w: &[f64]| (w[1] - w[0] - step).abs() > EVEN * step;
    let Some(odd) = depth.windows(2).find(|w| uneven(w)) else { return Ok(()) };
    let whole = |w: &[f64]| ((w[1] - w[0]) / step).round();
    let multiple = |w: &[f64]| whole(w) >= 1.0 && (w[1] - w[0] - whole(w) * step).abs() <= EVEN * step;
    let (after, before) = (odd[0], odd[1]);
    if depth.windows(2).all(multiple) {
        let count = depth.windows(2).map(|w| whole(w) as usize - 1).sum();
        return Err(Fault::Missing { count, after, before, step });
    }
    let odd_steps = depth.windows(2).filter(|w| uneven(w)).count();
    if odd_steps == 1 && before - after > step {
        return Err(Fault::Gap { after, before, step });
    }
    let steps = || depth.windows(2).map(|w| w[1] - w[0]);
    Err(Fault::Uneven { least: steps().fold(f64::MAX, f64::min), most: steps().fold(0.0, f64::max) })
}

/// Refuses planes that lie off the line of even steps by more than rounding and [`EVEN`] allow.
fn check_line(planes: &[Plane], order: &[usize], step: [f64; 3]) -> Result<(), Fault> {
    let start = planes[order[0]].position;
    let (length, mut most) = (norm(step), 0f64);
    for (k, &i) in order.iter().enumerate() {
        let off = norm(std::array::from_fn(|j| planes[i].position[j] - start[j] - k as f64 * step[j]));
        if off > 2.0 * EVEN * length + UPRIGHT * k as f64 * length {
            most = most.max(off);
        }
    }
    if most > 0.0 { Err(Fault::Shifted { most }) } else { Ok(()) }
}

/// The longest run of neighbours that are a common step apart, as indices in order.
pub fn longest_run(planes: &[Plane]) -> Vec<usize> {
    let (order, depth) = sorted(planes);
    let step = common_step(&depth);
    let (mut best, mut start) = (0..order.len().min(1), 0);
    for end in 1..=order.len() {
        let goes_on = end < order.len() && (depth[end] - depth[end - 1] - step).abs() <= EVEN * step;
        if !goes_on {
            if end - start > best.len() {
                best = start..end;
            }
            start = end;
        }
    }
    order[best].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(z: f64) -> Plane {
        Plane { along_row: [1.0, 0.0, 0.0], along_column: [0.0, 1.0, 0.0], position: [-100.0, -80.0, z] }
    }

    fn fault(z: &[f64]) -> String {
        stack(&z.iter().map(|&z| plane(z)).collect::<Vec<_>>(), false).unwrap_err().to_string()
    }

    #[test]
    fn sorted_by_position() {
        let sorted = stack(&[plane(4.0), plane(0.0), plane(2.0)], false).unwrap();
        assert_eq!(sorted, Stack { order: vec![1, 2, 0], step: [0.0, 0.0, 2.0], tilt: 0.0 });
    }

    #[test]
    fn each_fault_has_its_name() {
        assert!(fault(&[0.0]).contains("one slice only"));
        assert!(fault(&[0.0, 0.0, 2.0]).contains("duplicate positions: 2 images lie at 0.00 mm (1 such places)"));
        assert!(
            fault(&[0.0, 2.0, 4.0, 8.0, 10.0, 16.0]).contains("3 slices are missing, the first between 4.00 and 8.00")
        );
        assert!(fault(&[0.0, 2.0, 4.0, 9.0, 11.0]).contains("a gap between 4.00 and 9.00 mm"));
        assert!(fault(&[0.0, 2.0, 4.0, 5.5, 8.0]).contains("unevenly spaced, 1.500 to 2.500"));
    }

    #[test]
    fn tilt_is_measured_and_may_be_accepted() {
        let tilted: Vec<Plane> = (0..5)
            .map(|k| {
                let mut p = plane(2.0 * f64::from(k));
                p.position[1] += f64::from(k) * 2.0 * 15f64.to_radians().tan();
                p
            })
            .collect();
        assert_eq!(stack(&tilted, false).unwrap_err().to_string(), "slices are sheared by 15.00 degrees (gantry tilt)");
        let sheared = stack(&tilted, true).unwrap();
        assert!((sheared.step[1] - 2.0 * 15f64.to_radians().tan()).abs() < 1e-12 && (sheared.tilt - 15.0).abs() < 1e-9);
        let mut bent = tilted;
        bent[2].position[1] += 3.0;
        assert!(matches!(stack(&bent, true), Err(Fault::Shifted { .. })));
    }

    #[test]
    fn slow_drift_is_no_even_spacing() {
        // Each step within 5 % of the common one, but the places drift by more than a tenth of a step.
        let z: Vec<f64> = (0..40).map(|k| f64::from(k) + 0.04 * f64::from(k.min(20))).collect();
        assert!(fault(&z).contains("shifted"));
    }

    #[test]
    fn the_longest_even_run_is_found() {
        let planes: Vec<Plane> = [0.0, 1.0, 5.0, 6.0, 7.0, 8.0, 12.0].map(plane).to_vec();
        assert_eq!(longest_run(&planes), [2, 3, 4, 5]);
        assert_eq!(longest_run(&planes[..1]), [0]);
    }
}
