//! Drawing a phantom: background, lesion, dots, marker, noise, each from a stream of its own.

use crate::image::{Format, Units};
use crate::phantom::{Attributes, Spec};
use crate::random::Stream;
use crate::{Geometry, Image, ImageError, Result};

/// An image with its masks.
pub(super) struct Drawn {
    pub image: Image,
    pub mask: Vec<bool>,
    pub marker: Vec<bool>,
}

/// A lesion: centre and radius in voxels, directions of its spikes.
struct Lesion {
    centre: Vec<f64>,
    radius: f64,
    spikes: Vec<Vec<f64>>,
    dots: Vec<Vec<f64>>,
}

/// How far a spike reaches beyond the radius, in radii.
const SPIKE: f64 = 0.9;

/// Smallest axis that holds a large lesion with spikes and a marker.
const SMALLEST: usize = 16;

pub(super) fn draw(spec: &Spec, attributes: &Attributes, stream: Stream) -> Result<Drawn> {
    let size = &spec.size;
    if !(2..=3).contains(&size.len()) || size.iter().any(|&n| n < SMALLEST) {
        return Err(ImageError::Invalid(format!(
            "a phantom of size {size:?}: two or three axes of at least {SMALLEST} are expected"
        )));
    }
    let lesion = Lesion::place(size, attributes, &stream);
    let waves = waves(size, &mut stream.part(2));
    let mut noise = stream.part(3);
    let count: usize = size.iter().product();
    let (mut values, mut mask, mut marker) = (Vec::with_capacity(count), vec![false; count], vec![false; count]);
    for i in 0..count {
        let p = position(i, size);
        let mut v = 90.0 + waves.iter().map(|w| w.at(&p)).sum::<f64>();
        if attributes.lesion {
            let inside = lesion.depth(&p, attributes.spiculated);
            v += attributes.brightness * sigmoid(2.0 * inside);
            mask[i] = inside > 0.0;
            if attributes.calcified && mask[i] && lesion.near_dot(&p) {
                v += 70.0;
            }
        }
        // drawn for every voxel, so that what is in the image doesn't shift the noise
        v += spec.noise * noise.normal();
        if attributes.marker && in_marker(&p) {
            v = 235.0;
            marker[i] = true;
        }
        values.push(v.round().clamp(0.0, 255.0) as f32);
    }
    let shape = match size.as_slice() {
        [h, w] => [1, 1, *h, *w],
        [d, h, w] => [1, *d, *h, *w],
        _ => [1, 1, 1, count],
    };
    let mut image = Image::new(values, shape, Units::Levels { max: 255.0 }, Format::Synthetic)?;
    image.geometry = Geometry::spacing([1.0; 3]);
    Ok(Drawn { image, mask, marker })
}

/// Index along each axis.
fn position(mut i: usize, size: &[usize]) -> Vec<f64> {
    let mut p = vec![0.0; size.len()];
    for a in (0..size.len()).rev() {
        p[a] = (i % size[a]) as f64;
        i /= size[a];
    }
    p
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A low-frequency cosine.
struct Wave {
    direction: Vec<f64>,
    phase: f64,
    height: f64,
}

impl Wave {
    fn at(&self, p: &[f64]) -> f64 {
        let t: f64 = p.iter().zip(&self.direction).map(|(x, d)| x * d).sum();
        self.height * (t + self.phase).cos()
    }
}

fn waves(size: &[usize], s: &mut Stream) -> Vec<Wave> {
    (0..3)
        .map(|_| Wave {
            // at most one and a half periods along an axis
            direction: size.iter().map(|&n| s.between(-1.5, 1.5) * std::f64::consts::TAU / n as f64).collect(),
            phase: s.between(0.0, std::f64::consts::TAU),
            height: s.between(4.0, 10.0),
        })
        .collect()
}

impl Lesion {
    fn place(size: &[usize], attributes: &Attributes, stream: &Stream) -> Lesion {
        let mut s = stream.part(1);
        let smallest = size.iter().copied().min().unwrap_or(SMALLEST) as f64;
        let small = smallest * s.between(0.075, 0.095);
        let large = smallest * s.between(0.12, 0.14);
        let last = size.len() - 1;
        let mut centre: Vec<f64> = size.iter().map(|&n| n as f64 * s.between(0.32, 0.68)).collect();
        let offset = s.between(0.24, 0.34);
        let width = size[last] as f64;
        centre[last] = if attributes.right { width * (1.0 - offset) } else { width * offset };
        let spikes = (0..if size.len() == 2 { 9 } else { 14 }).map(|_| direction(size.len(), &mut s)).collect();
        let radius = if attributes.large { large } else { small };
        let dots = (0..4)
            .map(|_| {
                let (d, far) = (direction(size.len(), &mut s), s.between(0.1, 0.6));
                centre.iter().zip(&d).map(|(c, d)| (c + far * radius * d).round()).collect()
            })
            .collect();
        Lesion { centre, radius, spikes, dots }
    }

    /// Voxels inside the edge (negative outside).
    fn depth(&self, p: &[f64], spiculated: bool) -> f64 {
        let d: Vec<f64> = p.iter().zip(&self.centre).map(|(x, c)| x - c).collect();
        let distance = d.iter().map(|v| v * v).sum::<f64>().sqrt();
        let mut edge = self.radius;
        if spiculated && distance > 0.0 {
            let reach = self.spikes.iter().map(|s| {
                let cosine: f64 = d.iter().zip(s).map(|(a, b)| a * b / distance).sum();
                cosine.max(0.0).powi(60)
            });
            edge *= 1.0 + SPIKE * reach.fold(0.0, f64::max);
        }
        edge - distance
    }

    fn near_dot(&self, p: &[f64]) -> bool {
        self.dots.iter().any(|dot| dot.iter().zip(p).all(|(a, b)| (a - b).abs() <= 0.5))
    }
}

/// A random unit vector.
fn direction(axes: usize, s: &mut Stream) -> Vec<f64> {
    let v: Vec<f64> = (0..axes).map(|_| s.normal()).collect();
    let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
    v.into_iter().map(|x| x / norm).collect()
}

/// An L of 5 x 5 in the corner of the last two axes, in the first slices of a volume.
fn in_marker(p: &[f64]) -> bool {
    let (y, x) = (p[p.len() - 2] - 2.0, p[p.len() - 1] - 2.0);
    let slice = p.len() == 2 || p[0] < 5.0;
    let inside = (0.0..5.0).contains(&y) && (0.0..5.0).contains(&x);
    slice && inside && (x < 2.0 || y >= 3.0)
}
