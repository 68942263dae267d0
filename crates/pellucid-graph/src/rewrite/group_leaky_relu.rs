//! `max(x, a x)` with a slope below 1 is one activation, `LeakyRelu`.

use super::edit::{Edit, Feed, With};
use super::formula::polynomial;
use super::view::View;
use crate::{Attrs, DType};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Max"]).filter_map(|i| leaky(view, i)).collect()
}

fn leaky(view: &View, root: usize) -> Option<Edit> {
    let (a, b) = view.pair(root)?;
    [(a, b), (b, a)].into_iter().find_map(|(x, scaled)| {
        let mut nodes = vec![];
        let [0.0, slope, 0.0, 0.0] = polynomial(view, scaled, x, &mut nodes)? else { return None };
        // the slope is an attribute of single precision
        let exact = f64::from(slope as f32) == slope || view.graph.dtype(x).ok()? != DType::F64;
        if !(0.0..1.0).contains(&slope) || !exact {
            return None;
        }
        let attrs = Attrs::new().with("alpha", slope as f32);
        let with = With::Node { op: "LeakyRelu", attrs, inputs: vec![Feed::Old(x)] };
        Some(Edit { at: root, nodes, with, what: format!("`max(x, {slope} x)` is one activation") })
    })
}
