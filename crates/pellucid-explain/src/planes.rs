//! An input as one plane per channel, whatever the order of its axes in the model.

use pellucid_graph::query::is_channels_last;
use pellucid_graph::{DType, Graph, Tensor};

use crate::Result;
use crate::context::Context;
use crate::model::Model;

/// Where the channels of an input lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Planes {
    /// As the model has it, batch axis first.
    shape: Vec<usize>,
    /// `N x S.. x C` instead of `N x C x S..`.
    last: bool,
}

impl Planes {
    /// Of a tensor of a shape `N x C x S..`, or `N x S.. x C` when its channels are in the last axis.
    pub fn new(shape: &[usize], channels_last: bool) -> Planes {
        Planes { shape: shape.to_vec(), last: channels_last && shape.len() > 2 }
    }

    /// Of every input of a model that was made ready for a sample, in order.
    ///
    /// # Errors
    /// When the sample doesn't fit the model.
    pub fn of(model: &Model, sample: &[Tensor]) -> Result<Vec<Planes>> {
        Planes::of_graph(&*model.graph(1, &[])?, sample)
    }

    /// Of every input of the model, in order.
    ///
    /// # Errors
    /// When the model can't be made ready for the sample.
    pub(crate) fn of_inputs(context: &Context) -> Result<Vec<Planes>> {
        Planes::of_graph(&*context.graph(1)?, context.inputs)
    }

    fn of_graph(graph: &Graph, sample: &[Tensor]) -> Result<Vec<Planes>> {
        let pairs = graph.inputs().iter().zip(sample);
        Ok(pairs.map(|(wire, t)| Planes::new(t.shape(), is_channels_last(graph, *wire))).collect())
    }

    /// Sizes of the spatial axes; none for a vector.
    pub fn spatial(&self) -> &[usize] {
        let end = self.shape.len();
        if self.last { &self.shape[1..end - 1] } else { &self.shape[end.min(2)..] }
    }

    /// Number of positions of a channel.
    pub fn positions(&self) -> usize {
        self.spatial().iter().product()
    }

    /// Values as `N x C x S..`, row-major.
    pub fn split(&self, tensor: &Tensor) -> Vec<f64> {
        self.split_values(&tensor.to_f64())
    }

    /// [`Planes::split`] of values in the model's order.
    pub fn split_values(&self, values: &[f64]) -> Vec<f64> {
        if self.last { swapped(values, self.positions(), self.channels()) } else { values.to_vec() }
    }

    /// A tensor for the model from values as [`Planes::split`] gives them.
    pub fn join(&self, dtype: DType, values: Vec<f64>) -> Tensor {
        Tensor::from_f64(dtype, self.shape.clone(), self.join_values(values))
    }

    /// Values in the model's order from values as [`Planes::split`] gives them.
    pub fn join_values(&self, values: Vec<f64>) -> Vec<f64> {
        if self.last { swapped(&values, self.channels(), self.positions()) } else { values }
    }

    /// Shape of a map of one channel in the order of the model's axes, without batch axis.
    pub fn one_channel(&self) -> Vec<usize> {
        if self.last { [self.spatial(), &[1]].concat() } else { [&[1], self.spatial()].concat() }
    }

    fn channels(&self) -> usize {
        self.shape.get(if self.last { self.shape.len() - 1 } else { 1 }).copied().unwrap_or(1)
    }
}

/// Every block of `rows x columns` as `columns x rows`.
fn swapped(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let block = |b: &[f64]| (0..b.len()).map(|i| b[i % rows * columns + i / rows]).collect::<Vec<_>>();
    values.chunks((rows * columns).max(1)).flat_map(block).collect()
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{Build, Wire};
    use serde_json::{Value, json};

    use super::*;
    use crate::evidence::{Grid, Map};
    use crate::explanation::Explanation;
    use crate::method::{MethodInfo, Need};
    use crate::registry::METHODS;
    use crate::testing::{bench, conv, deviation, graph, maps, name, pooled_head, random};

    #[test]
    fn channels_come_first_and_go_back() {
        let t = Tensor::f32(&[2, 2, 2, 3], (0..24u8).map(f32::from).collect()).unwrap();
        let planes = Planes::new(t.shape(), true);
        assert_eq!((planes.spatial(), planes.one_channel()), (&[2, 2][..], vec![2, 2, 1]));
        let split = planes.split(&t);
        assert_eq!(split[..6], [0.0, 3.0, 6.0, 9.0, 1.0, 4.0]);
        assert_eq!(split[12..16], [12.0, 15.0, 18.0, 21.0]);
        assert_eq!(planes.join(t.dtype(), split), t);
    }

    #[test]
    fn the_usual_order_and_vectors_stay_as_they_are() {
        for shape in [&[1, 2, 3, 4][..], &[1, 24]] {
            let t = Tensor::f32(shape, (0..24u8).map(f32::from).collect()).unwrap();
            let planes = Planes::new(shape, shape.len() == 2);
            assert_eq!(planes.spatial(), &shape[2..]);
            assert_eq!(planes.split(&t), t.to_f64());
            assert_eq!(planes.join(t.dtype(), t.to_f64()), t);
        }
    }

    fn net(b: &mut Build, x: Wire) -> Wire {
        let y = conv(b, x, 4, 1);
        let y = b.relu(y).unwrap();
        let y = name(b, y, "features");
        pooled_head(b, y, 3, 2)
    }

    /// Of every map the values as `C x S..`, for an input of 6 x 5 positions.
    fn in_front(explanation: &Explanation, channels_last: bool) -> Vec<Vec<f64>> {
        let values = |m: &Map| {
            let on_input = matches!(m.grid, Grid::Input { .. });
            let planes = Planes::new(&[&[1], m.shape.as_slice()].concat(), channels_last && on_input);
            assert!(!on_input || planes.spatial() == [6, 5], "{:?}", m.shape);
            planes.split(&Tensor::f32(&[&[1], m.shape.as_slice()].concat(), m.values.clone()).unwrap())
        };
        maps(explanation).iter().map(values).collect()
    }

    #[test]
    fn every_method_gives_the_same_maps_wherever_the_channels_are() {
        let last = random(&[1, 6, 5, 2], 3);
        let first = Planes::new(&[1, 2, 6, 5], false).join(last.dtype(), Planes::new(last.shape(), true).split(&last));
        let mut usual = bench(graph(&[1, 2, 6, 5], net), vec![first], 1).at("features");
        let moving = graph(&[1, 6, 5, 2], |b, x| {
            let x = b.transpose(x, &[0, 3, 1, 2]).unwrap();
            net(b, x)
        });
        let mut moved = bench(moving, vec![last], 1).at("features");
        for b in [&mut usual, &mut moved] {
            b.injected.insert("head_weights_0".into(), random(&[4], 4));
        }
        let attentive = |m: &&&MethodInfo| !m.needs.contains(&Need::Attention);
        for info in METHODS.iter().filter(attentive) {
            // noise is drawn value by value, so another order of values gives other noise
            let settings: Vec<(&str, Value)> = match info.id {
                // without noise the variance is rounding
                "var-grad" => continue,
                "smooth-grad-cam-plus-plus" | "ss-cam" => vec![("samples", json!(2)), ("sigma", json!(0.0))],
                "layer-cam" => vec![("fuse", json!(true))],
                "integrated-gradients" => vec![("baseline", json!("blurred")), ("blur_sigma", json!(1.0))],
                "occlusion" => vec![("window", json!("3,2")), ("baseline", json!("channel-mean"))],
                "activation-maximisation" => vec![("steps", json!(5)), ("start", json!("input"))],
                "xrai" => vec![("min_area", json!(3)), ("min_size", json!(4)), ("dilation", json!(1))],
                // a long descent enlarges rounding
                "meaningful-perturbation" => vec![("iterations", json!(4)), ("start", json!("constant"))],
                // the order of nearly equal mask values is up to rounding
                "extremal-perturbation" => vec![("iterations", json!(1)), ("max_blur", json!(1.0))],
                "rise" => vec![("samples", json!(8)), ("baseline", json!("max"))],
                _ if info.params.iter().any(|p| p.name == "noise_level") => vec![("noise_level", json!(0.0))],
                _ => vec![],
            };
            let (usual, moved) = (usual.run(info.id, &settings).unwrap(), moved.run(info.id, &settings).unwrap());
            for (found, expected) in in_front(&moved, true).iter().zip(in_front(&usual, false)) {
                let d = deviation(found, &expected);
                assert!(d < 1e-5, "{}: {d:.1e}", info.id);
            }
        }
    }
}
