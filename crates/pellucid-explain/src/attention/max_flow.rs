//! Maximum flow through layers of dense edges, from weighted nodes of the last layer to one node of the first.
//!
//! Augmentation along shortest residual ways, all of one length at a time. Flow can't exceed what leaves the source or what enters the sink, so
//! that reaching either ends the search.

/// Layers of `T` nodes: `T x T` capacities between each and the one below, the lowest first.
pub(crate) struct Layered<'c> {
    /// `capacities[l][i * T + j]`: from node `i` of layer `l + 1` to node `j` of layer `l`.
    pub capacities: &'c [Vec<f64>],
    /// What each node of the last layer may send.
    pub source: &'c [f64],
}

/// Capacities below this count as used up.
const NOTHING: f64 = 1e-13;

impl Layered<'_> {
    /// The largest flow to node `sink` of layer 0.
    pub fn to(&self, sink: usize) -> f64 {
        let bound = self.bound(sink);
        let mut search = Search {
            tokens: self.source.len(),
            sink,
            down: self.capacities.to_vec(),
            up: self.capacities.iter().map(|c| vec![0.0; c.len()]).collect(),
            distance: vec![],
            next: vec![],
        };
        let (mut left, mut flow) = (self.source.to_vec(), 0.0);
        let top = self.capacities.len() * search.tokens;
        while flow < bound - NOTHING && search.measure() {
            let before = flow;
            for (i, left) in left.iter_mut().enumerate() {
                if *left > NOTHING && search.distance[top + i] != FAR {
                    let sent = search.push(top + i, *left);
                    *left -= sent;
                    flow += sent;
                }
            }
            if flow <= before {
                break;
            }
        }
        flow
    }

    /// What leaves the source, or enters the sink, whichever is less.
    pub fn bound(&self, sink: usize) -> f64 {
        let leaves: f64 = self.source.iter().sum();
        let enters = self.capacities.first().map(|c| c.iter().skip(sink).step_by(self.source.len()).sum::<f64>());
        leaves.min(enters.unwrap_or(leaves))
    }
}

const FAR: usize = usize::MAX;

/// Residual capacities of one search. Node `i` of layer `l` is `l T + i`.
struct Search {
    tokens: usize,
    sink: usize,
    /// What an edge can still take.
    down: Vec<Vec<f64>>,
    /// What an edge carries: it can be sent back.
    up: Vec<Vec<f64>>,
    /// Steps to the sink.
    distance: Vec<usize>,
    /// First edge of a node that may still lead on.
    next: Vec<usize>,
}

impl Search {
    /// Notes how far every node is from the sink. False when only the sink was reached.
    fn measure(&mut self) -> bool {
        let (t, layers) = (self.tokens, self.down.len());
        self.distance = vec![FAR; (layers + 1) * t];
        self.next = vec![0; (layers + 1) * t];
        self.distance[self.sink] = 0;
        let mut queue = vec![self.sink];
        let mut at = 0;
        while let Some(&node) = queue.get(at) {
            at += 1;
            let (layer, j) = (node / t, node % t);
            let mut reach = |from: usize, residual: f64| {
                if residual > NOTHING && self.distance[from] == FAR {
                    self.distance[from] = self.distance[node] + 1;
                    queue.push(from);
                }
            };
            if layer < layers {
                (0..t).for_each(|i| reach((layer + 1) * t + i, self.down[layer][i * t + j]));
            }
            if layer > 0 {
                (0..t).for_each(|k| reach((layer - 1) * t + k, self.up[layer - 1][j * t + k]));
            }
        }
        queue.len() > 1
    }

    /// Sends up to `want` from a node along shortest ways; gives what arrived.
    fn push(&mut self, node: usize, want: f64) -> f64 {
        if node == self.sink {
            return want;
        }
        let t = self.tokens;
        let mut sent = 0.0;
        // the first T edges of a node lead down, the others back up
        while self.next[node] < 2 * t {
            let edge = self.edge(node, self.next[node]);
            if let Some((to, residual)) = edge.filter(|e| self.leads_on(node, *e)) {
                let arrived = self.push(to, residual.min(want - sent));
                self.carry(node, self.next[node], arrived);
                sent += arrived;
                if want - sent <= NOTHING {
                    return sent;
                }
            }
            self.next[node] += 1;
        }
        sent
    }

    /// Whether an edge can take something one step closer to the sink.
    fn leads_on(&self, node: usize, (to, residual): (usize, f64)) -> bool {
        residual > NOTHING && self.distance[to] != FAR && self.distance[to] + 1 == self.distance[node]
    }

    /// Where an edge leads and what it can still take.
    fn edge(&self, node: usize, edge: usize) -> Option<(usize, f64)> {
        let t = self.tokens;
        let (layer, i, k) = (node / t, node % t, edge % t);
        if edge < t {
            let below = layer.checked_sub(1)?;
            return Some((below * t + k, self.down[below][i * t + k]));
        }
        let carried = self.up.get(layer)?[k * t + i];
        Some(((layer + 1) * t + k, carried))
    }

    /// Books an amount on an edge that exists.
    fn carry(&mut self, node: usize, edge: usize, amount: f64) {
        let t = self.tokens;
        let (layer, i, k) = (node / t, node % t, edge % t);
        let (at, entry, amount) = if edge < t { (layer - 1, i * t + k, amount) } else { (layer, k * t + i, -amount) };
        self.down[at][entry] -= amount;
        self.up[at][entry] += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::Layered;
    use crate::random::Stream;

    /// The cheapest cut, over all sets of nodes on the side of the source.
    fn cheapest_cut(net: &Layered, sink: usize) -> f64 {
        let (t, layers) = (net.source.len(), net.capacities.len());
        let nodes = (layers + 1) * t;
        let cost = |inside: usize| -> f64 {
            let holds = |node: usize| inside >> node & 1 == 1;
            let source = (0..t).filter(|i| !holds(layers * t + i)).map(|i| net.source[i]).sum::<f64>();
            let cut = |l: usize, e: usize| holds((l + 1) * t + e / t) && !holds(l * t + e % t);
            let edges = (0..layers).flat_map(|l| (0..t * t).map(move |e| (l, e))).filter(|(l, e)| cut(*l, *e));
            source + edges.map(|(l, e)| net.capacities[l][e]).sum::<f64>()
        };
        (0..1usize << nodes).filter(|inside| inside >> sink & 1 == 0).map(cost).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_largest_flow_equals_the_cheapest_cut() {
        let mut below_the_bound = 0;
        for seed in 0..40 {
            let mut draw = Stream::new(seed, 0, 0);
            // powers make a few edges wide and most narrow, so that ways compete
            let mut values = |n: usize| draw.normals(n).into_iter().map(|v| v.abs().powi(3)).collect::<Vec<f64>>();
            let capacities: Vec<Vec<f64>> = (0..3).map(|_| values(9)).collect();
            let source = values(3);
            let net = Layered { capacities: &capacities, source: &source };
            for sink in 0..3 {
                let (flow, cut) = (net.to(sink), cheapest_cut(&net, sink));
                assert!((flow - cut).abs() < 1e-9, "seed {seed}, sink {sink}: flow {flow}, cut {cut}");
                below_the_bound += usize::from(flow < net.bound(sink) - 1e-9);
            }
        }
        assert!(below_the_bound > 10, "only {below_the_bound} cuts lie inside the layers");
    }
}
