//! A digest of a graph: equal digests mean equal graphs (nodes, attributes, shapes, values of constants), so a plan can be used again.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pellucid_graph::{Attr, Attrs, Data, Dim, Fact, Graph, Tensor, Wire};
use prost::Message;
use sha2::{Digest as _, Sha256};

/// SHA-256 of everything that decides what a graph computes and how its plan looks.
pub type Digest = [u8; 32];

/// Digests of constants, each computed once for as long as its values live.
#[derive(Default)]
pub struct Digester {
    known: Mutex<HashMap<usize, Known>>,
}

/// The digest of the values at one address. While the weak reference is held the address isn't used for other values, and values that are
/// referred to weakly can't be changed in place; so an entry whose reference still lives is right.
struct Known {
    alive: Box<dyn Alive>,
    digest: Digest,
}

trait Alive: Send {
    fn alive(&self) -> bool;
}

impl<T: Send + Sync> Alive for Weak<Vec<T>> {
    fn alive(&self) -> bool {
        self.strong_count() > 0
    }
}

/// Constants below this size are hashed where they stand.
const SMALL: usize = 4096;

impl Digester {
    /// The digest of a graph.
    pub fn digest(&self, graph: &Graph) -> Digest {
        let mut hash = Sha256::new();
        hash.update((graph.wire_count() as u64).to_le_bytes());
        for (_, info) in graph.wires() {
            // Names count: bodies of control flow refer to wires by name.
            text(&mut hash, &info.name);
            match &info.fact {
                None => hash.update([0]),
                Some(f) => fact(&mut hash, f),
            }
            match &info.constant {
                None => hash.update([0]),
                Some(value) => {
                    hash.update([1]);
                    hash.update(self.tensor(value));
                }
            }
        }
        wires(&mut hash, graph.inputs().iter().copied().map(Some));
        wires(&mut hash, graph.outputs().iter().copied().map(Some));
        for node in graph.nodes() {
            text(&mut hash, &node.op);
            text(&mut hash, &node.domain);
            wires(&mut hash, node.inputs.iter().copied());
            wires(&mut hash, node.outputs.iter().copied());
            self.attrs(&mut hash, &node.attrs);
            wires(&mut hash, node.captures.iter().map(|c| Some(c.1)));
            for (name, _) in &node.captures {
                text(&mut hash, name);
            }
        }
        hash.finalize().into()
    }

    fn attrs(&self, hash: &mut Sha256, attrs: &Attrs) {
        length(hash, attrs.0.len());
        for (name, attr) in &attrs.0 {
            text(hash, name);
            match attr {
                Attr::Int(v) => {
                    hash.update([0]);
                    hash.update(v.to_le_bytes());
                }
                Attr::Float(v) => {
                    hash.update([1]);
                    hash.update(v.to_bits().to_le_bytes());
                }
                Attr::Str(v) => {
                    hash.update([2]);
                    text(hash, v);
                }
                Attr::Tensor(v) => {
                    hash.update([3]);
                    hash.update(self.tensor(v));
                }
                Attr::Graph(v) => {
                    hash.update([4]);
                    bytes(hash, &v.encode_to_vec());
                }
                Attr::Ints(v) => {
                    hash.update([5]);
                    length(hash, v.len());
                    v.iter().for_each(|x| hash.update(x.to_le_bytes()));
                }
                Attr::Floats(v) => {
                    hash.update([6]);
                    length(hash, v.len());
                    v.iter().for_each(|x| hash.update(x.to_bits().to_le_bytes()));
                }
                Attr::Strs(v) => {
                    hash.update([7]);
                    length(hash, v.len());
                    v.iter().for_each(|x| text(hash, x));
                }
            }
        }
    }

    /// The digest of a tensor: type, shape and values.
    fn tensor(&self, tensor: &Tensor) -> Digest {
        let mut hash = Sha256::new();
        fact(&mut hash, &Fact::new(tensor.dtype(), tensor.shape()));
        hash.update(self.values(tensor.data()));
        hash.finalize().into()
    }

    fn values(&self, data: &Data) -> Digest {
        match data {
            Data::F32(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_bits().to_le_bytes())),
            Data::F64(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_bits().to_le_bytes())),
            Data::F16(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_bits().to_le_bytes())),
            Data::BF16(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_bits().to_le_bytes())),
            Data::I8(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::I16(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::I32(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::I64(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::U8(v) => self.known(v, |h, x| h.update(x)),
            Data::U16(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::U32(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::U64(v) => self.known(v, |h, x| numbers(h, x, |n| n.to_le_bytes())),
            Data::Bool(v) => self.known(v, |h, x| numbers(h, x, |n| [u8::from(n)])),
            Data::Str(v) => self.known(v, |h, x| x.iter().for_each(|s| bytes(h, s))),
        }
    }

    fn known<T: Any + Send + Sync>(&self, values: &Arc<Vec<T>>, feed: impl FnOnce(&mut Sha256, &[T])) -> Digest {
        let fresh = |values: &Arc<Vec<T>>| -> Digest {
            let mut hash = Sha256::new();
            feed(&mut hash, values);
            hash.finalize().into()
        };
        if std::mem::size_of_val(values.as_slice()) <= SMALL {
            return fresh(values);
        }
        let key = Arc::as_ptr(values) as usize;
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key).filter(|k| k.alive.alive()) {
            return known.digest;
        }
        // The weak reference comes before the values are read, so that they can't change unseen in between.
        let alive = Box::new(Arc::downgrade(values));
        let digest = fresh(values);
        let mut known = lock();
        known.retain(|_, k| k.alive.alive());
        known.insert(key, Known { alive, digest });
        digest
    }
}

/// Feeds numbers through a buffer, for one call per number would cost more than the hash.
fn numbers<T: Copy, const N: usize>(hash: &mut Sha256, values: &[T], bits: impl Fn(T) -> [u8; N]) {
    let mut buffer = [0u8; 8192];
    for chunk in values.chunks(buffer.len() / N) {
        for (slot, value) in buffer.chunks_exact_mut(N).zip(chunk) {
            slot.copy_from_slice(&bits(*value));
        }
        hash.update(&buffer[..chunk.len() * N]);
    }
}

fn length(hash: &mut Sha256, n: usize) {
    hash.update((n as u64).to_le_bytes());
}

fn bytes(hash: &mut Sha256, value: &[u8]) {
    length(hash, value.len());
    hash.update(value);
}

fn text(hash: &mut Sha256, value: &str) {
    bytes(hash, value.as_bytes());
}

fn fact(hash: &mut Sha256, fact: &Fact) {
    hash.update([1]);
    hash.update(fact.dtype.onnx_code().to_le_bytes());
    length(hash, fact.dims.len());
    for dim in &fact.dims {
        match dim {
            Dim::Known(n) => {
                hash.update([0]);
                length(hash, *n);
            }
            Dim::Symbol(s) => {
                hash.update([1]);
                text(hash, s);
            }
            Dim::Unknown => hash.update([2]),
        }
    }
}

fn wires(hash: &mut Sha256, wires: impl Iterator<Item = Option<Wire>>) {
    let list: Vec<u64> = wires.map(|w| w.map_or(u64::MAX, |w| w.index() as u64)).collect();
    length(hash, list.len());
    list.iter().for_each(|w| hash.update(w.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use pellucid_graph::DType;

    use super::*;

    fn graph(value: f32, shape: &[usize]) -> Graph {
        let mut g = Graph::new("g");
        let x = g.add_input("x", Fact::new(DType::F32, shape));
        let c = g.add_constant("c", Tensor::full(DType::F32, &[2000], f64::from(value)));
        let out = g.push_raw("add", "Add", "", &[Some(x), Some(c)], Attrs::new(), &[Some("y")], vec![]).unwrap();
        g.set_outputs(&[out[0].unwrap()]);
        g
    }

    #[test]
    fn equal_graphs_and_only_they_agree() {
        let d = Digester::default();
        let base = d.digest(&graph(1.0, &[1, 2000]));
        assert_eq!(base, d.digest(&graph(1.0, &[1, 2000])));
        assert_ne!(base, d.digest(&graph(2.0, &[1, 2000])));
        assert_ne!(base, d.digest(&graph(1.0, &[2, 2000])));
        let mut other = graph(1.0, &[1, 2000]);
        other.set_outputs(&[]);
        assert_ne!(base, d.digest(&other));
    }

    #[test]
    fn values_are_hashed_once_and_forgotten_with_them() {
        let d = Digester::default();
        let g = graph(1.0, &[1, 2000]);
        let first = d.digest(&g);
        assert_eq!(d.known.lock().unwrap().len(), 1);
        assert_eq!(first, d.digest(&g.clone()));
        drop(g);
        d.digest(&graph(3.0, &[1, 2000]));
        assert_eq!(d.known.lock().unwrap().len(), 1);
    }

    #[test]
    fn shape_of_a_constant_counts() {
        let d = Digester::default();
        let values = Tensor::full(DType::F32, &[2, 3], 0.0);
        assert_ne!(d.tensor(&values), d.tensor(&values.reshape(&[3, 2]).unwrap()));
    }
}
