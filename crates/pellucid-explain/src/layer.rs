//! Layers at which evidence is read, seen as feature maps `N x K x S..` whatever their layout.

use pellucid_graph::{Build, Wire};

use crate::Result;

/// A layer and how its tensor is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Name of the wire.
    pub name: String,
    /// Layout.
    pub layout: Layout,
    /// Why it was chosen.
    pub because: String,
}

/// Layout of a layer's tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `N x K x S..`.
    ChannelsFirst,
    /// `N x S.. x K`.
    ChannelsLast,
    /// `N x T x K`: special tokens first, then patches in row-major order of the grid.
    Tokens {
        /// Tokens that aren't patches.
        special: usize,
        /// Patches along each spatial axis.
        grid: Vec<usize>,
    },
    /// `N x K`: no spatial axes.
    Flat,
}

impl Layer {
    /// The layer's tensor (or a gradient of the same shape) as `N x K x S..`, special tokens dropped.
    ///
    /// # Errors
    /// When the tensor doesn't have the layout.
    pub fn as_map(&self, b: &mut Build, w: Wire) -> Result<Wire> {
        let shape = b.shape(w)?;
        let rank = shape.len();
        Ok(match &self.layout {
            Layout::ChannelsFirst | Layout::Flat => w,
            Layout::ChannelsLast => {
                let perm: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
                b.transpose(w, &perm)?
            }
            Layout::Tokens { special, grid } => {
                let w = b.slice(w, 1, *special, shape[1])?;
                let w = b.transpose(w, &[0, 2, 1])?;
                b.reshape(w, &[&[shape[0], shape[2]], grid.as_slice()].concat())?
            }
        })
    }

    /// Number of channels and spatial sizes of a tensor of this layout.
    pub fn map_shape(&self, shape: &[usize]) -> (usize, Vec<usize>) {
        match &self.layout {
            Layout::ChannelsFirst | Layout::Flat => (shape[1], shape[2..].to_vec()),
            Layout::ChannelsLast => (shape[shape.len() - 1], shape[1..shape.len() - 1].to_vec()),
            Layout::Tokens { grid, .. } => (shape[2], grid.clone()),
        }
    }

    /// Flat indices, in one sample of the layer's own tensor, of channel `k`'s elements in the order of the map.
    pub fn channel_indices(&self, shape: &[usize], k: usize) -> Vec<usize> {
        let (channels, spatial) = self.map_shape(shape);
        let z: usize = spatial.iter().product();
        match &self.layout {
            Layout::ChannelsFirst | Layout::Flat => (k * z..(k + 1) * z).collect(),
            Layout::ChannelsLast => (0..z).map(|p| p * channels + k).collect(),
            // ablating an embedding channel removes it from every token, special ones included
            Layout::Tokens { .. } => (0..shape[1]).map(|t| t * channels + k).collect(),
        }
    }
}
