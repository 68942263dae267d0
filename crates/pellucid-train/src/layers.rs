//! Writing small networks: layers with first values for their weights and names that read well in a listing.

use pellucid_graph::{Attrs, Build, DType, Graph, Tensor, Wire};

use crate::{Result, Stream, glorot_uniform, he_normal};

/// Appends layers to a graph. Spatial layers take any number of spatial axes, as many as their input has.
pub struct Layers<'g> {
    /// The graph that grows.
    pub graph: &'g mut Graph,
    seed: u64,
    drawn: u64,
}

impl<'g> Layers<'g> {
    /// Layers whose weights are drawn under a seed.
    pub fn new(graph: &'g mut Graph, seed: u64) -> Layers<'g> {
        Layers { graph, seed, drawn: 0 }
    }

    fn stream(&mut self) -> Stream {
        self.drawn += 1;
        Stream::new(self.seed, self.drawn)
    }

    /// A convolution to `channels` channels, with padding that keeps the size at stride 1: weights `NAME.weight`, `NAME.bias`, He's first values.
    ///
    /// # Errors
    /// When the input has no channel axis of fixed size.
    pub fn conv(&mut self, name: &str, x: Wire, channels: usize, kernel: usize, stride: usize) -> Result<Wire> {
        let (from, rank) = self.channels(x)?;
        let shape: Vec<usize> = [channels, from].into_iter().chain(vec![kernel; rank]).collect();
        let mut stream = self.stream();
        let weight = self.graph.add_constant(&format!("{name}.weight"), he_normal(&shape, &mut stream));
        let bias = self.bias(name, channels);
        let low = vec![((kernel - 1) / 2) as i64; rank];
        let high = vec![(kernel / 2) as i64; rank];
        let attrs = Attrs::new()
            .with("kernel_shape", vec![kernel as i64; rank])
            .with("strides", vec![stride as i64; rank])
            .with("pads", [low, high].concat());
        Ok(self.graph.push(name, "Conv", &[x, weight, bias], attrs)?)
    }

    /// `max(x, 0)`.
    ///
    /// # Errors
    /// When the input isn't a float.
    pub fn relu(&mut self, name: &str, x: Wire) -> Result<Wire> {
        Ok(self.graph.push(name, "Relu", &[x], Attrs::new())?)
    }

    /// The maximum of each block of `size` along every spatial axis.
    ///
    /// # Errors
    /// When the input has no spatial axis.
    pub fn max_pool(&mut self, name: &str, x: Wire, size: usize) -> Result<Wire> {
        self.pool("MaxPool", name, x, size)
    }

    /// The mean of each block of `size` along every spatial axis.
    ///
    /// # Errors
    /// When the input has no spatial axis.
    pub fn average_pool(&mut self, name: &str, x: Wire, size: usize) -> Result<Wire> {
        self.pool("AveragePool", name, x, size)
    }

    fn pool(&mut self, op: &str, name: &str, x: Wire, size: usize) -> Result<Wire> {
        let rank = self.channels(x)?.1;
        let blocks = vec![size as i64; rank];
        let attrs = Attrs::new().with("kernel_shape", blocks.clone()).with("strides", blocks);
        Ok(self.graph.push(name, op, &[x], attrs)?)
    }

    /// The mean of each channel over space, `N x C x S -> N x C`.
    ///
    /// # Errors
    /// When the input has no spatial axis.
    pub fn global_average(&mut self, name: &str, x: Wire) -> Result<Wire> {
        let pooled = self.graph.push(name, "GlobalAveragePool", &[x], Attrs::new())?;
        self.flatten(&format!("{name}.flat"), pooled)
    }

    /// All axes behind the first as one.
    ///
    /// # Errors
    /// When the input has no axis.
    pub fn flatten(&mut self, name: &str, x: Wire) -> Result<Wire> {
        Ok(self.graph.push(name, "Flatten", &[x], Attrs::new().with("axis", 1))?)
    }

    /// A linear layer `N x C -> N x units`: weights `NAME.weight` (`units x C`), `NAME.bias`, Glorot's first values.
    ///
    /// # Errors
    /// When the input isn't a matrix of fixed width.
    pub fn dense(&mut self, name: &str, x: Wire, units: usize) -> Result<Wire> {
        let (from, _) = self.channels(x)?;
        let mut stream = self.stream();
        let weight = self.graph.add_constant(&format!("{name}.weight"), glorot_uniform(&[units, from], &mut stream));
        let bias = self.bias(name, units);
        Ok(self.graph.push(name, "Gemm", &[x, weight, bias], Attrs::new().with("transB", 1))?)
    }

    fn bias(&mut self, name: &str, n: usize) -> Wire {
        self.graph.add_constant(&format!("{name}.bias"), Tensor::full(DType::F32, &[n], 0.0))
    }

    /// Size of the channel axis, and number of spatial axes.
    fn channels(&self, x: Wire) -> Result<(usize, usize)> {
        let fact = self.graph.fact(x)?;
        match fact.dims.get(1) {
            Some(pellucid_graph::Dim::Known(n)) => Ok((*n, fact.rank() - 2)),
            _ => {
                let reason = format!("`{}` is {fact}: a layer needs channels on axis 1", self.graph.name_of(x));
                Err(pellucid_graph::GraphError::Invalid(reason).into())
            }
        }
    }

    /// The builder, for what isn't a layer.
    pub fn build(&mut self, scope: &str) -> Build<'_> {
        Build::new(self.graph, scope)
    }
}
