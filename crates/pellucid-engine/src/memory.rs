//! How much memory a run needs, and how much there is.

use pellucid_graph::{Fact, Graph, Wire, volume};

/// Free memory of the machine in bytes (within the limit of a container, where there is one); `None` where it can't be read.
pub fn free() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))?;
    let container =
        std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|t| t.trim().parse::<u64>().ok());
    let used = std::fs::read_to_string("/sys/fs/cgroup/memory.current").ok().and_then(|t| t.trim().parse::<u64>().ok());
    Some(match (container, used) {
        (Some(limit), Some(used)) => machine.min(limit.saturating_sub(used)),
        _ => machine,
    })
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The budget where none is given and the free memory isn't known.
pub const DEFAULT_BUDGET: u64 = 2 << 30;

/// What a graph needs while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Bytes of the constants.
    pub weights: u64,
    /// Most bytes of activations alive at the same time, when each is freed after its last use.
    pub live: u64,
}

impl Need {
    /// An estimate from the facts of the graph. Wires of unknown shape count nothing.
    pub fn of(graph: &Graph) -> Need {
        let bytes = |wire: Wire| graph.info(wire).fact.as_ref().map_or(0, fact_bytes);
        let weights = graph.wires().filter(|(_, i)| i.constant.is_some()).map(|(w, _)| bytes(w)).sum();
        let last = last_uses(graph);
        let mut live: u64 = graph.inputs().iter().map(|w| bytes(*w)).sum();
        let mut most = live;
        for (index, node) in graph.nodes().iter().enumerate() {
            live += node.outputs.iter().flatten().map(|w| bytes(*w)).sum::<u64>();
            most = most.max(live);
            let made = node.outputs.iter().flatten().copied().filter(|w| last[w.index()].is_none());
            let mut done: Vec<Wire> = node.reads().filter(|w| last[w.index()] == Some(index)).chain(made).collect();
            done.sort();
            done.dedup();
            live -= done.iter().filter(|w| graph.constant(**w).is_none()).map(|w| bytes(*w)).sum::<u64>().min(live);
        }
        Need { weights, live: most }
    }

    /// How many samples fit into `budget` at the same time: weights once, activations once per sample. At least 1.
    pub fn samples_within(&self, budget: u64) -> usize {
        let room = budget.saturating_sub(self.weights);
        (room / self.live.max(1)).clamp(1, usize::MAX as u64) as usize
    }
}

/// For each wire, the last node that reads it; outputs of the graph are never done (an index past the end), unread wires are `None`.
fn last_uses(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.wire_count()];
    for (index, node) in graph.nodes().iter().enumerate() {
        for wire in node.reads() {
            last[wire.index()] = Some(index);
        }
    }
    for wire in graph.outputs() {
        last[wire.index()] = Some(graph.nodes().len());
    }
    last
}

fn fact_bytes(fact: &Fact) -> u64 {
    fact.shape().and_then(|s| volume(&s)).map_or(0, |n| (n as u64).saturating_mul(fact.dtype.size() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   12 kB\n"), Some(12 * 1024));
        assert_eq!(available("nothing"), None);
    }

    #[test]
    fn samples_share_the_weights() {
        let need = Need { weights: 100, live: 50 };
        assert_eq!(need.samples_within(300), 4);
        assert_eq!(need.samples_within(10), 1);
        assert_eq!(Need { weights: 0, live: 0 }.samples_within(8), 8);
    }
}
