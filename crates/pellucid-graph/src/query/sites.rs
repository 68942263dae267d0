//! Where channels and image positions lie in every wire.
//!
//! A convolution, pooling or batch normalisation fixes the layout `N x C x positions`. From there it is followed: through permutations,
//! through the flattening of positions into tokens, through class tokens joined to them, through everything elementwise. Attention and
//! window partitions lose it; the residual sum around them brings it back.

use crate::{Graph, Node, Wire};

use super::{input, maker, shape};

/// How tokens lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLayout {
    /// `N x T x C`, the special tokens first.
    Sequence,
    /// `N x positions x C`, such as `N x H x W x C`.
    ChannelsLast,
}

/// How tokens correspond to positions of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrid {
    /// Tokens before the others that stand for no position: class, distillation, registers.
    pub special: usize,
    /// Sizes of the grid that the other tokens fill, row by row.
    pub grid: Vec<usize>,
    /// How they lie in the wire.
    pub layout: TokenLayout,
}

/// What a wire can be to an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteRole {
    /// `N x C x positions` or `N x positions x C`.
    FeatureMap,
    /// `N x T x C`.
    Tokens,
}

/// A wire in which positions of the image are told apart.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The wire.
    pub wire: Wire,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The operator that makes it.
    pub op: String,
    /// What it is.
    pub role: SiteRole,
}

/// The layout of one wire.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    /// The axis of the channels. All others but axis 0 are positions.
    pub channel: usize,
    /// Positions flattened into one axis.
    pub tokens: Option<Tokens>,
}

/// Positions flattened into one axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tokens {
    /// The axis.
    pub axis: usize,
    /// The sizes that were flattened.
    pub grid: Vec<usize>,
    /// Tokens in front that stand for no position.
    pub special: usize,
    /// The feature map that was flattened.
    pub origin: Wire,
}

/// Layouts by wire.
pub(super) struct Sites<'g> {
    graph: &'g Graph,
    of: Vec<Option<Site>>,
}

/// Operators after which the layout is `N x C x positions`, whatever it was thought to be.
const CHANNELS_FIRST: &[&str] = &[
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AveragePool",
    "LpPool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "DepthToSpace",
    "SpaceToDepth",
    "MaxUnpool",
];

/// Operators that work on channels in axis 1 and keep the layout where it is known.
const NORM_FIRST: &[&str] = &["BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "Resize"];

/// Operators that work on channels in the last axis.
const CHANNELS_LAST: &[&str] = &["LayerNormalization", "RMSNormalization", "Linear"];

/// Operators that mix channels and so can't work on others than those of the last axis.
const MIXES_LAST: &[&str] = &["Linear", "MatMul"];

/// Operators between an attention and the residual sum around it.
const PROJECTING: &[&str] = &[
    "Linear",
    "MatMul",
    "Gemm",
    "Add",
    "Mul",
    "Reshape",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Identity",
    "Dropout",
    "Cast",
];

/// The layouts of all wires.
pub(super) fn sites(graph: &Graph) -> Sites<'_> {
    let mut sites = Sites { graph, of: vec![None; graph.wire_count()] };
    for node in graph.nodes().iter().filter(|n| n.domain.is_empty()) {
        for (i, &output) in node.outputs.iter().enumerate() {
            if let Some(output) = output {
                sites.of[output.index()] = sites.follow(node, i, output);
            }
        }
    }
    sites
}

impl Sites<'_> {
    /// The layout of a wire.
    pub fn get(&self, wire: Wire) -> Option<&Site> {
        self.of[wire.index()].as_ref()
    }

    /// The layout of a wire that has more than one position.
    pub fn spatial(&self, wire: Wire) -> Option<&Site> {
        let (site, shape) = (self.get(wire)?, shape(self.graph, wire)?);
        let positions = |(axis, n): (usize, &usize)| if axis == 0 || axis == site.channel { 1 } else { *n };
        let count: usize = match &site.tokens {
            Some(tokens) => tokens.grid.iter().product(),
            None => shape.iter().enumerate().map(positions).product(),
        };
        (count > 1).then_some(site)
    }

    fn follow(&self, node: &Node, output: usize, wire: Wire) -> Option<Site> {
        let to = shape(self.graph, wire)?;
        let first = (to.len() > 2).then_some(Site { channel: 1, tokens: None });
        let op = node.op.as_str();
        match op {
            _ if CHANNELS_FIRST.contains(&op) => first.filter(|_| output == 0),
            _ if NORM_FIRST.contains(&op) => self.input(node, 0).cloned().or(first).filter(|_| output == 0),
            _ if CHANNELS_LAST.contains(&op) => self.channels_last(node, &to),
            "MatMul" => {
                input(node, 1).filter(|w| self.graph.constant(*w).is_some()).and_then(|_| self.channels_last(node, &to))
            }
            "Transpose" => self.transpose(node),
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => self.reshape(node, &to),
            "Concat" => self.concat(node, &to),
            "Slice" => self.slice(node, &to),
            "Split" => self.input(node, 0).filter(|s| self.same_positions(node, s, &to)).cloned(),
            _ => self.elementwise(node, &to),
        }
    }

    fn input(&self, node: &Node, i: usize) -> Option<&Site> {
        self.get(input(node, i)?)
    }

    /// Layer normalisation and linear layers: the channels are last.
    fn channels_last(&self, node: &Node, to: &[usize]) -> Option<Site> {
        let last = to.len().checked_sub(1)?;
        if let Some(site) = self.input(node, 0) {
            let mixes = MIXES_LAST.contains(&node.op.as_str());
            return (site.channel == last || !mixes).then(|| site.clone());
        }
        let over_last = node.attrs.int("axis").is_none_or(|a| a == -1 || a == last as i64);
        let batch = self.graph.inputs().first().and_then(|w| shape(self.graph, *w)?.first().copied());
        (over_last && to.len() > 3 && batch == Some(to[0])).then_some(Site { channel: last, tokens: None })
    }

    fn transpose(&self, node: &Node) -> Option<Site> {
        let site = self.input(node, 0)?;
        let perm = node.attrs.ints("perm")?;
        let place = |axis: usize| perm.iter().position(|p| *p == axis as i64);
        let tokens = match &site.tokens {
            Some(t) => Some(Tokens { axis: place(t.axis)?, ..t.clone() }),
            None => None,
        };
        // positions must stay in order, or a flattening afterwards would be another grid
        let order = |axis: &i64| *axis != 0 && *axis != site.channel as i64;
        let ordered = perm.first() == Some(&0) && perm.iter().filter(|a| order(a)).is_sorted();
        ordered.then_some(Site { channel: place(site.channel)?, tokens })
    }

    /// Flattening positions into tokens and back; anything else loses the layout.
    fn reshape(&self, node: &Node, to: &[usize]) -> Option<Site> {
        let (x, site) = (input(node, 0)?, self.input(node, 0)?);
        let from = shape(self.graph, x)?;
        if from == to {
            return Some(site.clone());
        }
        if to.len() < 3 || from.first() != to.first() {
            return None;
        }
        let last = site.channel == from.len() - 1;
        let channel = if last { to.len() - 1 } else { 1 };
        if (!last && site.channel != 1) || to[channel] != from[site.channel] {
            return None;
        }
        let (was, now) = (positions(&from, site.channel), positions(to, channel));
        match &site.tokens {
            None if now.len() == 1 && was.len() > 1 => {
                let axis = if last { 1 } else { 2 };
                let origin = super::back_over(self.graph, x, &["Transpose", "Identity", "Dropout", "Cast"]);
                Some(Site { channel, tokens: Some(Tokens { axis, grid: was, special: 0, origin }) })
            }
            Some(tokens) if tokens.special == 0 && tokens.grid == now => Some(Site { channel, tokens: None }),
            _ => None,
        }
    }

    /// Joining: along channels or beside each other the layout stays; what is joined in front of tokens are special ones.
    fn concat(&self, node: &Node, to: &[usize]) -> Option<Site> {
        let axis = node.attrs.int("axis")?;
        let axis = usize::try_from(if axis < 0 { axis + to.len() as i64 } else { axis }).ok()?;
        let at = (0..node.inputs.len()).find(|&i| self.input(node, i).is_some())?;
        let site = self.input(node, at)?;
        let Some(tokens) = site.tokens.as_ref().filter(|t| t.axis == axis) else { return Some(site.clone()) };
        let length = |i: usize| shape(self.graph, input(node, i)?)?.get(axis).copied();
        let before: usize = (0..at).map(length).sum::<Option<usize>>()?;
        (at + 1 == node.inputs.len()).then(|| Site {
            tokens: Some(Tokens { special: tokens.special + before, ..tokens.clone() }),
            ..site.clone()
        })
    }

    /// Slices: whole axes of positions stay positions; of tokens either all or all but the special ones may stay.
    fn slice(&self, node: &Node, to: &[usize]) -> Option<Site> {
        let site = self.input(node, 0)?;
        if shape(self.graph, input(node, 0)?)?.len() != to.len() {
            return None;
        }
        let Some(tokens) = &site.tokens else { return Some(site.clone()) };
        let (left, grid) = (to[tokens.axis], tokens.grid.iter().product::<usize>());
        if left == grid + tokens.special {
            return Some(site.clone());
        }
        let starts = self.graph.constant(input(node, 1)?)?.to_i64();
        let from_grid = left == grid && starts == [tokens.special as i64];
        from_grid.then(|| Site { tokens: Some(Tokens { special: 0, ..tokens.clone() }), ..site.clone() })
    }

    /// Anything else that keeps the shape of an operand keeps its layout.
    fn elementwise(&self, node: &Node, to: &[usize]) -> Option<Site> {
        let pads = node.op == "Pad";
        let mut sites = node.inputs.iter().flatten().filter_map(|w| Some((self.get(*w)?, shape(self.graph, *w)?)));
        sites
            .find(|(site, from)| from == to || (pads && site.tokens.is_none() && from.len() == to.len()))
            .map(|(s, _)| s.clone())
    }

    fn same_positions(&self, node: &Node, site: &Site, to: &[usize]) -> bool {
        let from = input(node, 0).and_then(|w| shape(self.graph, w));
        from.is_some_and(|f| f.len() == to.len() && positions(&f, site.channel) == positions(to, site.channel))
    }
}

/// The sizes of all axes but the batch and the channels.
fn positions(shape: &[usize], channel: usize) -> Vec<usize> {
    shape.iter().enumerate().filter(|(i, _)| *i != 0 && *i != channel).map(|(_, n)| *n).collect()
}

/// How the tokens of a wire correspond to positions: for `N x T x C`, and for maps with the channels last. `None` for maps with the channels
/// first and for wires without positions.
pub fn token_grid(graph: &Graph, wire: Wire) -> Option<TokenGrid> {
    let (sites, shape) = (sites(graph), shape(graph, wire)?);
    let last = shape.len().checked_sub(1)?;
    match sites.get(wire) {
        Some(Site { channel, tokens: Some(t) }) if *channel == last && t.axis == 1 && last == 2 => Some(sequence(t)),
        Some(Site { channel, tokens: None }) if *channel == last && last > 2 => {
            Some(TokenGrid { special: 0, grid: shape[1..last].to_vec(), layout: TokenLayout::ChannelsLast })
        }
        Some(_) => None,
        // the inside of attention: as many tokens as the stream around it
        None if last == 2 && attends(graph, wire) => sites
            .of
            .iter()
            .flatten()
            .filter_map(|s| s.tokens.as_ref().filter(|_| s.channel == 2))
            .find(|t| t.grid.iter().product::<usize>() + t.special == shape[1])
            .map(sequence),
        None => None,
    }
}

/// Whether a wire is what an attention gives, projected at most.
fn attends(graph: &Graph, mut wire: Wire) -> bool {
    let variable = |node: &Node| -> Vec<Wire> {
        node.inputs.iter().flatten().copied().filter(|w| graph.constant(*w).is_none()).collect()
    };
    while let Some(node) = maker(graph, wire) {
        match (variable(node)[..].as_ref(), node.op.as_str()) {
            ([_, _], "MatMul" | "Einsum") => return true,
            ([x], op) if PROJECTING.contains(&op) => wire = *x,
            _ => return false,
        }
    }
    false
}

fn sequence(t: &Tokens) -> TokenGrid {
    TokenGrid { special: t.special, grid: t.grid.clone(), layout: TokenLayout::Sequence }
}

/// Whether a wire is a map with the channels in its last axis, such as `N x H x W x C`. Of an input the model itself says so, by moving the last
/// axis to the front before anything else.
pub fn is_channels_last(graph: &Graph, wire: Wire) -> bool {
    let is_input = graph.inputs().contains(&wire);
    (is_input && graph.nodes().iter().any(|n| n.inputs.contains(&Some(wire)) && brings_channels_first(n)))
        || token_grid(graph, wire).is_some_and(|t| t.layout == TokenLayout::ChannelsLast)
}

/// `N x S.. x C` to `N x C x S..`.
fn brings_channels_first(node: &Node) -> bool {
    let perm = node.attrs.ints("perm").unwrap_or_default();
    let last = perm.len() as i64 - 1;
    node.op == "Transpose" && perm.len() > 2 && perm[..2] == [0, last] && perm[2..].iter().copied().eq(1..last)
}

/// All wires on the way from the inputs to the outputs in which positions of the image are told apart, in order.
pub fn spatial_candidates(graph: &Graph) -> Vec<Candidate> {
    let (sites, needed) = (sites(graph), graph.needed_for(graph.outputs()));
    let real = |w: Wire| graph.dtype(w).is_ok_and(|d| d.is_float());
    graph
        .wires()
        .filter(|(wire, _)| needed[wire.index()] && real(*wire))
        .filter_map(|(wire, _)| {
            let site = sites.spatial(wire)?;
            let role = if site.tokens.is_some() { SiteRole::Tokens } else { SiteRole::FeatureMap };
            Some(Candidate { wire, shape: shape(graph, wire)?, op: maker(graph, wire)?.op.clone(), role })
        })
        .collect()
}
