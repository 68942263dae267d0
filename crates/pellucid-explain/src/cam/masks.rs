//! Masks from feature maps, for the Score-CAM family: enlarged to the input, brought to `[0, 1]`, equal ones found.

use std::collections::HashMap;

use pellucid_graph::{DType, Tensor};
use pellucid_image::resize::{Resample, resample};

use crate::cam::activation::Activation;
use crate::context::Context;
use crate::planes::Planes;
use crate::{ExplainError, Result};

/// How a feature map is brought to `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Normalise {
    /// `(u - min) / (max - min + eps)` of the enlarged map; a constant map gives an empty mask.
    After,
    /// The same on the layer's grid, then enlarged.
    Before,
    /// `u / (max - min)` of the enlarged map, the minimum left in; a constant map is taken as it is.
    Range,
}

/// How masks are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaskForm {
    /// Normalisation.
    pub normalise: Normalise,
    /// Added to the divisor.
    pub eps: f64,
    /// Enlarging.
    pub resize: Resample,
}

/// An input that is masked.
#[derive(Clone, Debug)]
pub(crate) struct Masked {
    /// Place among the inputs.
    pub input: usize,
    /// Order of its axes.
    pub planes: Planes,
    /// Its values, `C x S..`.
    pub values: Vec<f64>,
    dtype: DType,
}

impl Masked {
    /// The input with other values, `C x S..`.
    pub fn with(&self, values: Vec<f64>) -> Tensor {
        self.planes.join(self.dtype, values)
    }
}

/// The inputs of real numbers with as many spatial axes as the layer: all of them are masked together, the others (tables, other modalities of
/// another dimension) are left as they are.
///
/// # Errors
/// When there is none.
pub(crate) fn masked_inputs(context: &Context, axes: usize) -> Result<Vec<Masked>> {
    let fits = |t: &Tensor| t.dtype().is_float() && t.rank() == axes + 2;
    let found = context.inputs.iter().zip(Planes::of_inputs(context)?).enumerate().filter(|(_, (t, _))| fits(t));
    let found: Vec<Masked> =
        found.map(|(input, (t, planes))| Masked { input, values: planes.split(t), planes, dtype: t.dtype() }).collect();
    if found.is_empty() {
        return Err(ExplainError::Needs {
            method: "this method".into(),
            reason: format!("masks the input with a layer's feature maps, but no input has {axes} spatial axes"),
            hint: "choose a layer whose maps have as many axes as the image with `--layer`".into(),
        });
    }
    Ok(found)
}

/// What is enlarged to make a mask.
struct Source {
    /// Values on the layer's grid.
    low: Vec<f64>,
    /// `max - min` of the feature map.
    span: f64,
}

/// Masks of some channels of a layer; channels with equal masks share one.
pub(crate) struct Masks {
    form: MaskForm,
    spatial: Vec<usize>,
    sources: Vec<Source>,
    /// Which source each channel has.
    of_channel: Vec<usize>,
}

impl Masks {
    /// The masks of the listed channels.
    pub fn new(a: &Activation, channels: &[usize], form: MaskForm) -> Masks {
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        let mut sources = Vec::new();
        let mut of_channel = Vec::with_capacity(channels.len());
        for &k in channels {
            let source = Source::new(a, k, form);
            let next = sources.len();
            let place = *known.entry(source.key(form)).or_insert(next);
            if place == next {
                sources.push(source);
            }
            of_channel.push(place);
        }
        Masks { form, spatial: a.spatial.clone(), sources, of_channel }
    }

    /// Number of different masks.
    pub fn count(&self) -> usize {
        self.sources.len()
    }

    /// The mask of the channel at a place of the list.
    pub fn of(&self, place: usize) -> usize {
        self.of_channel[place]
    }

    /// Whether a mask is 0 everywhere.
    pub fn is_empty(&self, mask: usize) -> bool {
        self.sources[mask].low.iter().all(|v| *v == 0.0)
    }

    /// A mask at a size, row-major.
    ///
    /// # Errors
    /// When the layer's grid can't be enlarged to it.
    pub fn at_size(&self, mask: usize, size: &[usize]) -> Result<Vec<f64>> {
        let Source { low, span } = &self.sources[mask];
        let mut u = enlarged(low, &self.spatial, size, self.form.resize)?;
        let (low, high) = range(&u);
        let eps = self.form.eps;
        match self.form.normalise {
            Normalise::Before => {}
            // the source spans [0, 1]; the feature map itself spans `span`, to which eps is added
            Normalise::After if high > low => {
                let divisor = (high - low) * span + eps;
                u.iter_mut().for_each(|v| *v = (*v - low) * span / divisor);
            }
            Normalise::After => u.iter_mut().for_each(|v| *v = 0.0),
            Normalise::Range if high > low => u.iter_mut().for_each(|v| *v /= high - low),
            Normalise::Range => {}
        }
        Ok(u)
    }
}

impl Source {
    fn new(a: &Activation, k: usize, form: MaskForm) -> Source {
        let (low, high) = a.range(k);
        let span = high - low;
        let channel = a.channel(k);
        let values = match form.normalise {
            Normalise::Range => channel.to_vec(),
            _ if span <= 0.0 => vec![0.0; channel.len()],
            Normalise::Before => channel.iter().map(|v| (v - low) / (span + form.eps)).collect(),
            Normalise::After => channel.iter().map(|v| (v - low) / span).collect(),
        };
        Source { low: values, span }
    }

    /// Equal keys make equal masks.
    fn key(&self, form: MaskForm) -> Vec<u64> {
        let mut key: Vec<u64> = self.low.iter().map(|v| v.to_bits()).collect();
        if form.normalise == Normalise::After && form.eps > 0.0 {
            key.push(self.span.to_bits());
        }
        key
    }
}

/// A map enlarged (or shrunk) to a size.
///
/// # Errors
/// When a size is 0.
pub(crate) fn enlarged(values: &[f64], from: &[usize], to: &[usize], method: Resample) -> Result<Vec<f64>> {
    resample(values, from, to, method).map_err(|error| ExplainError::Needs {
        method: "this method".into(),
        reason: format!("can't enlarge a map of {from:?} to {to:?}: {error}"),
        hint: "choose another layer with `--layer`".into(),
    })
}

fn range(u: &[f64]) -> (f64, f64) {
    u.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Layer, Layout};

    const FORM: MaskForm = MaskForm { normalise: Normalise::After, eps: 0.0, resize: Resample::LinearHalfPixel };

    fn maps(channels: usize, spatial: &[usize], values: Vec<f32>) -> Activation {
        let layer = Layer { name: "a".into(), layout: Layout::ChannelsFirst, because: String::new() };
        let shape = [&[1, channels], spatial].concat();
        Activation::of_layer(&layer, &Tensor::f32(&shape, values).unwrap()).unwrap()
    }

    /// Normalising as the definition says: enlarge the feature map, then scale.
    fn by_definition(channel: &[f64], size: usize, form: MaskForm) -> Vec<f64> {
        let up = |v: &[f64]| resample(v, &[v.len()], &[size], form.resize).unwrap();
        let scaled = |v: Vec<f64>| {
            let (low, high) = range(&v);
            if high > low {
                v.iter().map(|x| (x - low) / (high - low + form.eps)).collect()
            } else {
                vec![0.0; v.len()]
            }
        };
        match form.normalise {
            Normalise::After => scaled(up(channel)),
            Normalise::Before => up(&scaled(channel.to_vec())),
            Normalise::Range => {
                let u = up(channel);
                let (low, high) = range(&u);
                if high > low { u.iter().map(|x| x / (high - low)).collect() } else { u }
            }
        }
    }

    #[test]
    fn masks_follow_their_definition() {
        let a = maps(3, &[4], vec![1.0, 3.0, -2.0, 0.5, 7.0, 7.0, 7.0, 7.0, 0.0, 0.0, 1e-3, 0.0]);
        for normalise in [Normalise::After, Normalise::Before, Normalise::Range] {
            for (eps, resize) in [(0.0, Resample::LinearHalfPixel), (1e-8, Resample::LinearAlignCorners)] {
                let form = MaskForm { normalise, eps, resize };
                let masks = Masks::new(&a, &[0, 1, 2], form);
                for k in 0..3 {
                    let found = masks.at_size(masks.of(k), &[11]).unwrap();
                    let expected = by_definition(a.channel(k), 11, form);
                    for (f, e) in found.iter().zip(&expected) {
                        assert!((f - e).abs() < 1e-12, "{form:?} channel {k}: {f} {e}");
                    }
                }
            }
        }
    }

    #[test]
    fn equal_masks_are_shared_and_constant_ones_are_empty() {
        // channels 0 and 2 differ by a factor, 1 and 3 are constant
        let a = maps(4, &[2, 2], vec![0.0, 1.0, 0.0, 2.0, 5.0, 5.0, 5.0, 5.0, 0.0, 2.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        let masks = Masks::new(&a, &[0, 1, 2, 3], FORM);
        assert_eq!((masks.count(), masks.of(0), masks.of(1)), (2, masks.of(2), masks.of(3)));
        assert!(masks.is_empty(masks.of(1)) && !masks.is_empty(masks.of(0)));
        // with eps in the divisor the factor matters
        let with_eps = Masks::new(&a, &[0, 2], MaskForm { eps: 1e-8, ..FORM });
        assert_eq!(with_eps.count(), 2);
        // taken as it is, a constant map of 5 is a mask of 5
        let raw = Masks::new(&a, &[1], MaskForm { normalise: Normalise::Range, ..FORM });
        assert_eq!(raw.at_size(0, &[3, 3]).unwrap(), [5.0; 9]);
    }

    #[test]
    fn one_position_makes_an_empty_mask_in_any_dimension() {
        for spatial in [&[1][..], &[1, 1], &[1, 1, 1]] {
            let a = maps(1, spatial, vec![3.0]);
            let masks = Masks::new(&a, &[0], FORM);
            let size = vec![4; spatial.len()];
            assert!(masks.at_size(0, &size).unwrap().iter().all(|v| *v == 0.0));
        }
    }
}
