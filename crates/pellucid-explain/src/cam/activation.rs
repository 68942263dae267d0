//! The feature maps of a layer on the host.

use pellucid_graph::Tensor;

use crate::cam::linear_sum;
use crate::evidence::{Grid, Map};
use crate::layer::{Layer, Layout};
use crate::{ExplainError, Result};

/// Feature maps of one sample, `K x S..`, in `f64`.
#[derive(Clone, Debug)]
pub(crate) struct Activation {
    /// Name of the layer.
    pub layer: String,
    /// Number of channels `K`.
    pub channels: usize,
    /// Spatial sizes `S..`.
    pub spatial: Vec<usize>,
    values: Vec<f64>,
}

impl Activation {
    /// The layer's own tensor (batch of 1) as feature maps, special tokens dropped.
    ///
    /// # Errors
    /// When the layer has no spatial axes or a value isn't finite.
    pub fn of_layer(layer: &Layer, tensor: &Tensor) -> Result<Activation> {
        let (channels, _) = layer.map_shape(tensor.shape());
        let x = tensor.to_f64();
        let skip = match &layer.layout {
            Layout::Tokens { special, .. } => *special,
            _ => 0,
        };
        let mut values = Vec::with_capacity(x.len());
        for k in 0..channels {
            values.extend(layer.channel_indices(tensor.shape(), k).into_iter().skip(skip).map(|i| x[i]));
        }
        Activation::new(layer, tensor, values)
    }

    /// A tensor that is laid out `1 x K x S..` already.
    ///
    /// # Errors
    /// As [`Activation::of_layer`].
    pub fn of_map(layer: &Layer, tensor: &Tensor) -> Result<Activation> {
        let first = Layer { layout: Layout::ChannelsFirst, ..layer.clone() };
        Activation::new(&first, tensor, tensor.to_f64())
    }

    fn new(layer: &Layer, tensor: &Tensor, values: Vec<f64>) -> Result<Activation> {
        if let Some(index) = tensor.first_non_finite() {
            return Err(ExplainError::NonFinite { wire: layer.name.clone(), index });
        }
        let (channels, spatial) = layer.map_shape(tensor.shape());
        if spatial.is_empty() || layer.layout == Layout::Flat {
            return Err(ExplainError::Needs {
                method: "this method".into(),
                reason: format!("needs a feature map, but `{}` has no spatial axes", layer.name),
                hint: "choose a layer before the pooling with `--layer`; `pellucid inspect MODEL` lists them".into(),
            });
        }
        Ok(Activation { layer: layer.name.clone(), channels, spatial, values })
    }

    /// One feature map.
    pub fn channel(&self, k: usize) -> &[f64] {
        let z = self.positions();
        &self.values[k * z..(k + 1) * z]
    }

    /// Number of positions `Z`.
    pub fn positions(&self) -> usize {
        self.spatial.iter().product()
    }

    /// All values, channel by channel.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Smallest and largest value of a channel.
    pub fn range(&self, k: usize) -> (f64, f64) {
        let channel = self.channel(k).iter();
        channel.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
    }

    /// `sum_k w_k A_k(p)`.
    pub fn weighted_sum(&self, weights: &[f64]) -> Vec<f64> {
        linear_sum((0..self.channels).map(|k| (weights[k], self.channel(k))), self.positions())
    }

    /// Values on the layer's grid.
    pub fn map(&self, values: &[f64]) -> Map {
        let values = values.iter().map(|v| *v as f32).collect();
        Map { grid: Grid::Layer { name: self.layer.clone() }, shape: self.spatial.clone(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(layout: Layout) -> Layer {
        Layer { name: "a".into(), layout, because: String::new() }
    }

    #[test]
    fn every_layout_gives_the_same_feature_maps() {
        let first = Tensor::f32(&[1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let last = Tensor::f32(&[1, 1, 2, 2], vec![1.0, 3.0, 2.0, 4.0]).unwrap();
        let tokens = Tensor::f32(&[1, 3, 2], vec![9.0, 9.0, 1.0, 3.0, 2.0, 4.0]).unwrap();
        let grid = Layout::Tokens { special: 1, grid: vec![1, 2] };
        for (layout, tensor) in [(Layout::ChannelsFirst, first), (Layout::ChannelsLast, last), (grid, tokens)] {
            let a = Activation::of_layer(&layer(layout.clone()), &tensor).unwrap();
            assert_eq!((a.channels, a.spatial.clone()), (2, vec![1, 2]), "{layout:?}");
            assert_eq!((a.channel(0), a.channel(1)), (&[1.0, 2.0][..], &[3.0, 4.0][..]), "{layout:?}");
            assert_eq!(a.weighted_sum(&[10.0, 1.0]), [13.0, 24.0]);
        }
    }

    #[test]
    fn a_layer_without_positions_is_refused() {
        let flat = Tensor::f32(&[1, 2], vec![1.0, 2.0]).unwrap();
        let error = Activation::of_layer(&layer(Layout::Flat), &flat).unwrap_err();
        assert!(error.to_string().contains("no spatial axes"), "{error}");
        let nan = Tensor::f32(&[1, 1, 1, 2], vec![1.0, f32::NAN]).unwrap();
        assert!(matches!(
            Activation::of_layer(&layer(Layout::ChannelsFirst), &nan),
            Err(ExplainError::NonFinite { index: 1, .. })
        ));
    }
}
