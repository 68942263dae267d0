//! Slices as a stack: their order along the normal, the distance between them, the geometry of the whole.

use pellucid_image::affine::{cross, dot, norm};
use pellucid_image::{Affine, Geometry};

use crate::Result;
use crate::error::source_error;

const ONE_STACK: &str = "give the images of one stack only";

/// Where one frame lies, with the digits of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    pub position: Option<[String; 3]>,
    pub orientation: Option<[String; 6]>,
    /// `[row spacing, column spacing]`, mm.
    pub spacing: Option<[String; 2]>,
    pub thickness: Option<String>,
    pub between: Option<String>,
}

/// What all slices of a stack have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measures {
    /// Image Orientation (Patient), with the digits of the file.
    pub orientation: Option<[String; 6]>,
    /// Pixel Spacing `[row, column]`, with the digits of the file.
    pub spacing: Option<[String; 2]>,
    /// Slice Thickness, with the digits of the file.
    pub thickness: Option<String>,
    /// Pixel Spacing as numbers.
    pub spacing_mm: Option<[f64; 2]>,
    /// Distance of slices along the normal; of a single slice its thickness. mm.
    pub step: Option<f64>,
    pub geometry: Option<Geometry>,
    pub irregular: Option<String>,
    /// Distance of each slice from the origin along the normal, mm; empty without planes.
    depths: Vec<f64>,
    /// Position of each slice, mm in LPS; empty without planes.
    positions: Vec<[f64; 3]>,
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn numbers<const N: usize>(texts: &[String; N]) -> [f64; N] {
    std::array::from_fn(|i| number(&texts[i]))
}

/// The order of frames as slices, and what they have in common.
///
/// # Errors
/// When some frames have planes and others not, they have different orientations or pixel sizes, or several lie in one place.
pub(super) fn arrange(planes: &[&Plane]) -> Result<(Vec<usize>, Measures)> {
    let given: Vec<usize> = (0..planes.len()).collect();
    let Some(first) = planes.first() else { return Ok((given, Measures::default())) };
    let complete = |p: &&Plane| p.position.is_some() && p.orientation.is_some() && p.spacing.is_some();
    let with_planes = planes.iter().filter(|p| complete(p)).count();
    if with_planes == 0 {
        let irregular = Some("the images have no positions in the patient".into());
        return Ok((given, Measures { irregular, ..Measures::default() }));
    }
    if with_planes < planes.len() {
        let reason = format!("only {with_planes} of {} images have position, orientation and pixel size", planes.len());
        return Err(source_error(reason, ONE_STACK));
    }
    let (orientation, spacing) = match (&first.orientation, &first.spacing) {
        (Some(o), Some(s)) => (o, s),
        _ => return Ok((given, Measures::default())),
    };
    let (axes, pixel) = (directions(orientation)?, numbers(spacing));
    if !pixel.iter().all(|v| *v > 0.0) {
        return Err(source_error(format!("its pixel spacing is {spacing:?}"), "it must be positive"));
    }
    alike(planes, orientation, &pixel)?;
    let normal = cross(axes[0], axes[1]);
    let place: Vec<[f64; 3]> = planes.iter().filter_map(|p| p.position.as_ref().map(numbers)).collect();
    let depth: Vec<f64> = place.iter().map(|p| dot(*p, normal)).collect();
    let mut order = given;
    order.sort_by(|&a, &b| depth[a].total_cmp(&depth[b]));
    if order.windows(2).any(|w| depth[w[1]] - depth[w[0]] <= 1e-3) {
        let reason = "several images lie in one place (time points, echoes or b-values)";
        return Err(source_error(reason, "give the images of one time point, echo or b-value"));
    }
    let stated = first.between.as_deref().or(first.thickness.as_deref()).map(|t| number(t).abs()).filter(|t| *t > 0.0);
    let measures = Measures {
        orientation: Some(orientation.clone()),
        spacing: Some(spacing.clone()),
        thickness: first.thickness.clone().filter(|t| number(t) > 0.0),
        spacing_mm: Some(pixel),
        step: stated,
        depths: order.iter().map(|&i| depth[i]).collect(),
        positions: order.iter().map(|&i| place[i]).collect(),
        ..Measures::default()
    };
    Ok((order, measures.measured()))
}

/// Whether all planes have the orientation and pixel size of the first.
fn alike(planes: &[&Plane], orientation: &[String; 6], pixel: &[f64; 2]) -> Result<()> {
    let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
    for plane in planes {
        if !plane.orientation.as_ref().is_some_and(|o| same(&numbers(o), &numbers(orientation))) {
            return Err(source_error("images have different orientations", ONE_STACK));
        }
        if !plane.spacing.as_ref().is_some_and(|s| same(&numbers(s), pixel)) {
            return Err(source_error("images have different pixel spacings", ONE_STACK));
        }
    }
    Ok(())
}

/// The directions along rows and columns.
fn directions(orientation: &[String; 6]) -> Result<[[f64; 3]; 2]> {
    let o = numbers(orientation);
    let axes = [[o[0], o[1], o[2]], [o[3], o[4], o[5]]];
    let unit = axes.iter().all(|a| (norm(*a) - 1.0).abs() < 0.01);
    if !unit || dot(axes[0], axes[1]).abs() > 0.01 {
        return Err(source_error(
            format!("its orientation {orientation:?} isn't two directions at right angles"),
            ONE_STACK,
        ));
    }
    Ok(axes)
}

impl Measures {
    /// Whether there are positions.
    pub fn planes(&self) -> bool {
        !self.depths.is_empty()
    }

    /// Those of some slices.
    pub fn select(&self, slices: &[usize]) -> Measures {
        if !self.planes() {
            return self.clone();
        }
        let step = self.step;
        let part = Measures {
            depths: slices.iter().filter_map(|&i| self.depths.get(i).copied()).collect(),
            positions: slices.iter().filter_map(|&i| self.positions.get(i).copied()).collect(),
            geometry: None,
            irregular: None,
            ..self.clone()
        };
        Measures { step, ..part }.measured()
    }

    /// The same with distance of slices and geometry, found from the positions where there are several.
    fn measured(mut self) -> Measures {
        let steps: Vec<f64> = self.depths.windows(2).map(|w| w[1] - w[0]).collect();
        let (least, most) = steps.iter().fold((f64::INFINITY, 0f64), |(a, b), s| (a.min(*s), b.max(*s)));
        if !steps.is_empty() {
            if most > 1.05 * least {
                self.irregular = Some(format!("slices are {least:.3} to {most:.3} mm apart"));
                self.step = None;
                return self;
            }
            self.step = Some(steps.iter().sum::<f64>() / steps.len() as f64);
        }
        let (Some(orientation), Some([row, column])) = (&self.orientation, self.spacing_mm) else { return self };
        let o = numbers(orientation);
        let (x, y) = ([o[0], o[1], o[2]], [o[3], o[4], o[5]]);
        let normal = cross(x, y);
        let origin = self.positions.first().copied().unwrap_or_default();
        let sideways = self.positions.iter().any(|p| {
            let s: [f64; 3] = std::array::from_fn(|i| p[i] - origin[i]);
            norm(std::array::from_fn(|i| s[i] - dot(s, normal) * normal[i])) > 0.01 * most.max(1.0)
        });
        if sideways {
            self.irregular = Some("slices are shifted sideways (gantry tilt)".into());
            return self;
        }
        let ras = |v: [f64; 3], s: f64| [-v[0] * s, -v[1] * s, v[2] * s];
        let columns = [ras(x, column), ras(y, row), ras(normal, self.step.unwrap_or(1.0))];
        self.geometry = Some(Geometry::oriented(Affine::from_columns(columns, ras(origin, 1.0))));
        self
    }
}

/// How far apart the farthest pair of corresponding corner voxels of two grids of one shape lies, in mm.
pub(super) fn farthest_corner(a: &Geometry, b: &Geometry, [d, h, w]: [usize; 3]) -> f64 {
    let last = [w, h, d].map(|n| n.saturating_sub(1) as f64);
    let apart = |corner: usize| {
        let p: [f64; 3] = std::array::from_fn(|i| if corner >> i & 1 == 1 { last[i] } else { 0.0 });
        let (p, q) = (a.world_from_voxel.apply(p), b.world_from_voxel.apply(p));
        norm(std::array::from_fn(|i| p[i] - q[i]))
    };
    (0..8).map(apart).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(z: f64, y: f64) -> Plane {
        let text = |v: f64| v.to_string();
        Plane {
            position: Some([text(-100.0), text(y), text(z)]),
            orientation: Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0].map(text)),
            spacing: Some([text(0.5), text(0.75)]),
            thickness: Some(text(3.0)),
            between: None,
        }
    }

    fn arranged(planes: &[Plane]) -> Result<(Vec<usize>, Measures)> {
        arrange(&planes.iter().collect::<Vec<_>>())
    }

    #[test]
    fn slices_are_sorted_along_the_normal() {
        let (order, m) = arranged(&[plane(4.0, 0.0), plane(0.0, 0.0), plane(2.0, 0.0)]).unwrap();
        assert_eq!((order, m.step), (vec![1, 2, 0], Some(2.0)));
        let g = m.geometry.unwrap();
        assert_eq!(g.world_from_voxel.apply([2.0, 4.0, 1.0]), [98.5, -2.0, 2.0]);
        assert_eq!(m.select(&[1]).geometry.unwrap().world_from_voxel.apply([0.0; 3]), [100.0, 0.0, 2.0]);
        assert_eq!(m.select(&[0, 2]).step, Some(4.0));
    }

    #[test]
    fn one_slice_takes_its_thickness() {
        let (_, m) = arranged(&[plane(4.0, 0.0)]).unwrap();
        assert_eq!((m.step, m.planes()), (Some(3.0), true));
    }

    #[test]
    fn what_forms_no_volume_says_why() {
        let (_, gap) = arranged(&[plane(0.0, 0.0), plane(2.0, 0.0), plane(6.0, 0.0)]).unwrap();
        assert!(gap.geometry.is_none() && gap.irregular.unwrap().contains("apart"));
        let (_, tilt) = arranged(&[plane(0.0, 0.0), plane(2.0, 1.0)]).unwrap();
        assert!(tilt.geometry.is_none() && tilt.irregular.unwrap().contains("tilt"));
        assert!(arranged(&[plane(0.0, 0.0), plane(0.0, 0.0)]).is_err());
        let (_, none) = arranged(&[Plane::default()]).unwrap();
        assert!(!none.planes() && none.irregular.is_some());
        assert!(arranged(&[plane(0.0, 0.0), Plane::default()]).is_err());
    }
}
