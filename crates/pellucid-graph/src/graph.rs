//! The graph: a value of nodes in topological order, wires with facts, constants, named inputs and outputs.
//!
//! Nodes are only ever appended, and a node may read only wires that already exist, so the order of `nodes` is always a
//! topological order and ids stay valid while a graph grows. Removing happens in [`Graph::prune`], which returns a new graph.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::op::{self, Call};
use crate::{Attrs, DType, Fact, GraphError, Result, Tensor};

/// The ONNX opset that every graph is written in: import normalises into it, export writes it.
pub const OPSET: i64 = 21;

/// A wire of one graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wire(pub(crate) usize);

impl Wire {
    /// Position in the graph's list of wires.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What is known of a wire.
#[derive(Clone, Debug)]
pub struct WireInfo {
    /// Unique name: the tensor name of the file, where it has one.
    pub name: String,
    /// Type and shape, once inferred.
    pub fact: Option<Fact>,
    /// The value of a constant.
    pub constant: Option<Tensor>,
    /// Index of the node that makes it; none for inputs and constants.
    pub producer: Option<usize>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name, as in the file where it has one.
    pub name: String,
    /// Operator type in the dialect: an ONNX type, or one of Pellucid's grouped operators ([`op::GROUPED`]).
    pub op: String,
    /// ONNX domain; empty for the standard one.
    pub domain: String,
    /// Inputs; `None` for an optional input left out.
    pub inputs: Vec<Option<Wire>>,
    /// Outputs; `None` for an optional output left out.
    pub outputs: Vec<Option<Wire>>,
    /// Attributes.
    pub attrs: Attrs,
    /// Wires that bodies of `If`, `Loop` or `Scan` read from outside, with the name they use for them.
    pub captures: Vec<(String, Wire)>,
}

impl Node {
    /// All wires that the node reads, captures included.
    pub fn reads(&self) -> impl Iterator<Item = Wire> + '_ {
        self.inputs.iter().flatten().copied().chain(self.captures.iter().map(|c| c.1))
    }
}

/// A computation from named inputs to named outputs.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Name of the graph.
    pub name: String,
    wires: Vec<WireInfo>,
    nodes: Vec<Node>,
    inputs: Vec<Wire>,
    outputs: Vec<Wire>,
    names: HashMap<String, Wire>,
}

/// Where wires of an older graph went.
#[derive(Clone, Debug, Default)]
pub struct NameMap(pub BTreeMap<String, Option<String>>);

impl Graph {
    /// An empty graph.
    pub fn new(name: &str) -> Graph {
        Graph { name: name.to_string(), ..Graph::default() }
    }

    /// The nodes in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Number of wires.
    pub fn wire_count(&self) -> usize {
        self.wires.len()
    }

    /// All wires.
    pub fn wires(&self) -> impl Iterator<Item = (Wire, &WireInfo)> {
        self.wires.iter().enumerate().map(|(i, w)| (Wire(i), w))
    }

    /// The inputs in order.
    pub fn inputs(&self) -> &[Wire] {
        &self.inputs
    }

    /// The outputs in order.
    pub fn outputs(&self) -> &[Wire] {
        &self.outputs
    }

    /// Replaces the outputs.
    pub fn set_outputs(&mut self, outputs: &[Wire]) {
        self.outputs = outputs.to_vec();
    }

    /// What is known of a wire.
    pub fn info(&self, wire: Wire) -> &WireInfo {
        &self.wires[wire.0]
    }

    /// The name of a wire.
    pub fn name_of(&self, wire: Wire) -> &str {
        &self.wires[wire.0].name
    }

    /// The value of a constant wire.
    pub fn constant(&self, wire: Wire) -> Option<&Tensor> {
        self.wires[wire.0].constant.as_ref()
    }

    /// The node that makes a wire.
    pub fn producer(&self, wire: Wire) -> Option<&Node> {
        self.wires[wire.0].producer.map(|i| &self.nodes[i])
    }

    /// Type and shape of a wire.
    ///
    /// # Errors
    /// When it hasn't been inferred.
    pub fn fact(&self, wire: Wire) -> Result<&Fact> {
        let info = self.info(wire);
        info.fact.as_ref().ok_or_else(|| GraphError::Invalid(format!("type and shape of `{}` aren't known", info.name)))
    }

    /// The static shape of a wire.
    ///
    /// # Errors
    /// When an axis isn't fixed.
    pub fn shape(&self, wire: Wire) -> Result<Vec<usize>> {
        let fact = self.fact(wire)?;
        fact.shape()
            .ok_or_else(|| GraphError::Invalid(format!("the shape of `{}` isn't fixed: {fact}", self.name_of(wire))))
    }

    /// Element type of a wire.
    ///
    /// # Errors
    /// When it hasn't been inferred.
    pub fn dtype(&self, wire: Wire) -> Result<DType> {
        Ok(self.fact(wire)?.dtype)
    }

    /// A wire by name.
    ///
    /// # Errors
    /// When there is none, with the nearest name.
    pub fn find(&self, name: &str) -> Result<Wire> {
        self.names.get(name).copied().ok_or_else(|| GraphError::NoSuch {
            kind: "wire",
            name: name.to_string(),
            near: nearest(name, self.names.keys().map(String::as_str)),
        })
    }

    /// For each wire, the nodes that read it.
    pub fn consumers(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.wires.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            for w in node.reads() {
                if out[w.0].last() != Some(&i) {
                    out[w.0].push(i);
                }
            }
        }
        out
    }

    /// For each wire, whether it depends on one of `roots` (roots included).
    pub fn depends_on(&self, roots: &[Wire]) -> Vec<bool> {
        let mut live = vec![false; self.wires.len()];
        for r in roots {
            live[r.0] = true;
        }
        for node in &self.nodes {
            if node.reads().any(|w| live[w.0]) {
                for o in node.outputs.iter().flatten() {
                    live[o.0] = true;
                }
            }
        }
        live
    }

    /// For each wire, whether one of `ends` needs it (ends included).
    pub fn needed_for(&self, ends: &[Wire]) -> Vec<bool> {
        let mut live = vec![false; self.wires.len()];
        for e in ends {
            live[e.0] = true;
        }
        for node in self.nodes.iter().rev() {
            if node.outputs.iter().flatten().any(|w| live[w.0]) {
                for w in node.reads() {
                    live[w.0] = true;
                }
            }
        }
        live
    }

    /// A name that no wire has yet.
    pub fn fresh_name(&self, hint: &str) -> String {
        if !hint.is_empty() && !self.names.contains_key(hint) {
            return hint.to_string();
        }
        let base = if hint.is_empty() { "wire" } else { hint };
        (self.wires.len()..).map(|i| format!("{base}.{i}")).find(|n| !self.names.contains_key(n)).unwrap_or_default()
    }

    fn push_wire(&mut self, hint: &str, fact: Option<Fact>, constant: Option<Tensor>) -> Wire {
        let name = self.fresh_name(hint);
        let wire = Wire(self.wires.len());
        self.names.insert(name.clone(), wire);
        self.wires.push(WireInfo { name, fact, constant, producer: None });
        wire
    }

    /// Adds an input.
    pub fn add_input(&mut self, name: &str, fact: Fact) -> Wire {
        let wire = self.push_wire(name, Some(fact), None);
        self.inputs.push(wire);
        wire
    }

    /// Adds a constant.
    pub fn add_constant(&mut self, name: &str, value: Tensor) -> Wire {
        let fact = Fact::new(value.dtype(), value.shape());
        self.push_wire(name, Some(fact), Some(value))
    }

    /// Turns a constant into the last input: its value is then given with every run, as that of a weight that is trained.
    ///
    /// # Errors
    /// When the wire isn't a constant.
    pub fn free(&mut self, wire: Wire) -> Result<()> {
        if self.wires[wire.0].constant.take().is_none() {
            return Err(GraphError::Invalid(format!("`{}` isn't a constant", self.name_of(wire))));
        }
        self.inputs.push(wire);
        Ok(())
    }

    /// Gives an input its value for good: it becomes a constant. The reverse of [`Graph::free`].
    ///
    /// # Errors
    /// When the wire isn't an input, or the value is of another type or shape.
    pub fn bind(&mut self, wire: Wire, value: Tensor) -> Result<()> {
        let Some(place) = self.inputs.iter().position(|w| *w == wire) else {
            return Err(GraphError::NoSuch { kind: "input", name: self.name_of(wire).to_string(), near: None });
        };
        let (want, have) = (self.fact(wire)?, Fact::new(value.dtype(), value.shape()));
        if !want.admits(&have) {
            return Err(GraphError::Invalid(format!("`{}` is {want}, its value {have}", self.name_of(wire))));
        }
        self.inputs.remove(place);
        let info = &mut self.wires[wire.0];
        (info.fact, info.constant) = (Some(have), Some(value));
        Ok(())
    }

    /// Leaves the batch of a graph that was built for one sample to the user: axis 0 of every input and output gets a name, and what was inferred for
    /// one sample of the wires between them is forgotten.
    pub fn open_batch(&mut self, symbol: &str) {
        let ends: Vec<Wire> = self.inputs.iter().chain(&self.outputs).copied().collect();
        for (i, info) in self.wires.iter_mut().enumerate() {
            match info.fact.as_mut() {
                Some(fact) if ends.contains(&Wire(i)) => {
                    if let Some(first) = fact.dims.first_mut() {
                        *first = crate::Dim::Symbol(symbol.to_string());
                    }
                }
                Some(_) if info.constant.is_none() => info.fact = None,
                _ => {}
            }
        }
    }

    /// Marks a wire as an output.
    pub fn add_output(&mut self, wire: Wire) {
        self.outputs.push(wire);
    }

    /// Gives a wire another name.
    ///
    /// # Errors
    /// When another wire has it.
    pub fn rename(&mut self, wire: Wire, name: &str) -> Result<()> {
        match self.names.get(name) {
            Some(&w) if w == wire => Ok(()),
            Some(_) => Err(GraphError::Invalid(format!("two wires would be named `{name}`"))),
            None => {
                self.names.remove(&self.wires[wire.0].name);
                self.names.insert(name.to_string(), wire);
                self.wires[wire.0].name = name.to_string();
                Ok(())
            }
        }
    }

    /// Sets type and shape of a wire (import and shape inference).
    pub(crate) fn set_fact(&mut self, wire: Wire, fact: Fact) {
        self.wires[wire.0].fact = Some(fact);
    }

    /// Appends a node as it is, without inference, and makes its output wires. `outputs` holds a name for each output, or `None`
    /// for one that is left out. Captures are given with the names that the body uses.
    ///
    /// # Errors
    /// When an input doesn't exist.
    pub fn push_raw(
        &mut self,
        name: &str,
        op: &str,
        domain: &str,
        inputs: &[Option<Wire>],
        attrs: Attrs,
        outputs: &[Option<&str>],
        captures: Vec<(String, Wire)>,
    ) -> Result<Vec<Option<Wire>>> {
        if inputs.iter().flatten().any(|w| w.0 >= self.wires.len()) {
            return Err(GraphError::Invalid(format!("node `{name}` reads a wire of another graph")));
        }
        let index = self.nodes.len();
        let outputs: Vec<Option<Wire>> = outputs
            .iter()
            .map(|o| {
                o.map(|hint| {
                    let w = self.push_wire(hint, None, None);
                    self.wires[w.0].producer = Some(index);
                    w
                })
            })
            .collect();
        self.nodes.push(Node {
            name: name.to_string(),
            op: op.to_string(),
            domain: domain.to_string(),
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
            attrs,
            captures,
        });
        Ok(outputs)
    }

    /// Appends a node of the standard domain, infers its outputs' facts, and evaluates it at once when its result is known ([`op::can_fold`]; so
    /// shape arithmetic and rearranged weights never reach an engine). Returns the `count` outputs.
    ///
    /// # Errors
    /// When the inputs don't fit the operator.
    pub fn push_many(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[Option<Wire>],
        attrs: Attrs,
        count: usize,
    ) -> Result<Vec<Wire>> {
        let call = Call::of_graph(self, name, op, "", inputs, &attrs, count);
        if op::can_fold(&call) {
            let values = op::eval(&call, false)?;
            return Ok(values.into_iter().take(count).map(|v| self.add_constant(name, v)).collect());
        }
        let facts = op::infer(&call)?;
        let hints: Vec<String> =
            (0..count).map(|i| if i == 0 { name.to_string() } else { format!("{name}:{i}") }).collect();
        let names: Vec<Option<&str>> = hints.iter().map(|h| Some(h.as_str())).collect();
        let outputs = self.push_raw(name, op, "", inputs, attrs, &names, vec![])?;
        let wires: Vec<Wire> = outputs.into_iter().flatten().collect();
        for (wire, fact) in wires.iter().zip(facts) {
            self.set_fact(*wire, fact);
        }
        Ok(wires)
    }

    /// [`Graph::push_many`] for an operator of one output.
    ///
    /// # Errors
    /// When the inputs don't fit the operator.
    pub fn push(&mut self, name: &str, op: &str, inputs: &[Wire], attrs: Attrs) -> Result<Wire> {
        let inputs: Vec<Option<Wire>> = inputs.iter().map(|w| Some(*w)).collect();
        Ok(self.push_many(name, op, &inputs, attrs, 1)?[0])
    }

    /// [`Graph::push`] that never evaluates at once: for constants that would be large, such as zeros of a feature map's shape.
    ///
    /// # Errors
    /// When the inputs don't fit the operator.
    pub fn push_lazy(&mut self, name: &str, op: &str, inputs: &[Wire], attrs: Attrs) -> Result<Wire> {
        let inputs: Vec<Option<Wire>> = inputs.iter().map(|w| Some(*w)).collect();
        let call = Call::of_graph(self, name, op, "", &inputs, &attrs, 1);
        let facts = op::infer(&call)?;
        let outputs = self.push_raw(name, op, "", &inputs, attrs, &[Some(name)], vec![])?;
        let wire = outputs.first().copied().flatten();
        let (Some(wire), Some(fact)) = (wire, facts.into_iter().next()) else {
            return Err(GraphError::Invalid(format!("node `{name}` has no output")));
        };
        self.set_fact(wire, fact);
        Ok(wire)
    }

    /// A further output of a node that left it out, such as the indices of a max pool. Returns the wire that is there already, or a new one.
    ///
    /// # Errors
    /// When the wire has no producer.
    pub fn extend_output(&mut self, of: Wire, position: usize, fact: Fact) -> Result<Wire> {
        let Some(index) = self.wires[of.0].producer else {
            return Err(GraphError::Invalid(format!("`{}` isn't made by a node", self.name_of(of))));
        };
        if let Some(Some(wire)) = self.nodes[index].outputs.get(position) {
            return Ok(*wire);
        }
        let hint = format!("{}:{position}", self.nodes[index].name);
        let wire = self.push_wire(&hint, Some(fact), None);
        self.wires[wire.0].producer = Some(index);
        let outputs = &mut self.nodes[index].outputs;
        outputs.resize(outputs.len().max(position + 1), None);
        outputs[position] = Some(wire);
        Ok(wire)
    }

    /// The same graph with only what its outputs need. All inputs stay, in order. Returns the place of each old wire in the new graph.
    pub fn prune(&self) -> (Graph, Vec<Option<Wire>>) {
        let needed = self.needed_for(&self.outputs);
        let keep: HashSet<Wire> = self.inputs.iter().copied().collect();
        let mut out = Graph::new(&self.name);
        let mut map: Vec<Option<Wire>> = vec![None; self.wires.len()];
        for (i, info) in self.wires.iter().enumerate() {
            let made_here = info.producer.is_some_and(|p| self.nodes[p].outputs.iter().flatten().any(|o| needed[o.0]));
            if needed[i] || keep.contains(&Wire(i)) || made_here {
                map[i] = Some(out.push_wire(&info.name, info.fact.clone(), info.constant.clone()));
            }
        }
        for node in &self.nodes {
            if !node.outputs.iter().flatten().any(|w| needed[w.0]) {
                continue;
            }
            let at = |w: &Wire| map[w.0];
            let index = out.nodes.len();
            let copy = Node {
                inputs: node.inputs.iter().map(|w| w.as_ref().and_then(at)).collect(),
                outputs: node.outputs.iter().map(|w| w.as_ref().and_then(at)).collect(),
                captures: node.captures.iter().filter_map(|(n, w)| at(w).map(|w| (n.clone(), w))).collect(),
                ..node.clone()
            };
            for o in copy.outputs.iter().flatten() {
                out.wires[o.0].producer = Some(index);
            }
            out.nodes.push(copy);
        }
        out.inputs = self.inputs.iter().filter_map(|w| map[w.0]).collect();
        out.outputs = self.outputs.iter().filter_map(|w| map[w.0]).collect();
        (out, map)
    }
}

/// The candidate nearest to `name` by edit distance, when it is near enough to be a slip.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let limit = (name.len() / 3).max(2);
    candidates
        .filter(|c| c.len().abs_diff(name.len()) <= limit)
        .map(|c| (edit_distance(name, c), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c.to_string())
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let next = (diagonal + usize::from(ca != *cb)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}
