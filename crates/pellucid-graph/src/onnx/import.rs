//! From the messages of a file to a graph in the dialect.

use std::collections::{HashMap, HashSet};

use super::external::Loader;
use super::function::{Fresh, Sourced};
use super::kinds::Kinds;
use super::normalise::{Emit, Normaliser};
use super::proto::{
    AttributeProto, FunctionProto, GraphProto, NodeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_shape_proto, type_proto,
};
use super::{body, function, sort, value};
use crate::{Attr, Attrs, DType, Dim, Fact, Graph, GraphError, Result, Tensor, Wire, nearest};

/// Similar names are looked for among so many, when they are shorter than this: comparing costs the product of two lengths.
const MANY: usize = 10_000;
const LONG: usize = 128;

/// What the file says around its graph.
pub(super) struct Source<'a> {
    pub functions: &'a [FunctionProto],
    pub opset: i64,
    pub ir_version: i64,
    /// Bytes of the file.
    pub size: u64,
}

/// What was read.
pub(super) struct Imported {
    pub graph: Graph,
    pub declared_outputs: Vec<(String, Fact)>,
    pub notes: Vec<String>,
}

/// The name of a node in messages.
pub(super) fn label(node: &NodeProto) -> &str {
    let named = |s: &&str| !s.is_empty();
    let output = node.output.iter().map(String::as_str).find(named);
    Some(node.name.as_str()).filter(named).or(output).unwrap_or(&node.op_type)
}

/// An error at a node of the file.
pub(super) fn at(node: &NodeProto, reason: String) -> GraphError {
    GraphError::Node { node: label(node).to_string(), op: node.op_type.clone(), reason }
}

/// Builds the graph of a model.
pub(super) fn build(mut proto: GraphProto, source: &Source, loader: &mut Loader) -> Result<Imported> {
    let mut fresh = Fresh::default();
    body::each_name(&proto, &mut |name| fresh.take(name));
    body::each_node(&proto, &mut |node| fresh.take(&node.name));
    let nodes = std::mem::take(&mut proto.node);
    let nodes = function::inline(nodes, source.functions, source.opset, source.size, &mut fresh)?;
    let mut builder =
        Builder { graph: Graph::new(&proto.name), wires: HashMap::new(), kinds: Kinds::default(), notes: vec![] };
    let constants = constants(&mut proto, loader)?;
    builder.inputs(&proto.input, &constants, source.ir_version)?;
    for (name, tensor) in constants {
        builder.constant(&name, tensor)?;
    }
    builder.reserve(&nodes)?;
    let nodes = sort::sort(nodes)?;
    let mut normaliser = Normaliser { fresh: &mut fresh, loader };
    for node in nodes {
        for emitted in normaliser.node(node, &builder.kinds)? {
            match emitted {
                Emit::Constant(name, tensor) => builder.constant(&name, tensor)?,
                Emit::Node(node) => builder.node(node, normaliser.loader)?,
            }
        }
    }
    builder.outputs(&proto.output)?;
    let declared_outputs =
        proto.output.iter().filter_map(|o| fact(o).ok().map(|fact| (o.name.clone(), fact))).collect();
    Ok(Imported { graph: builder.graph, declared_outputs, notes: builder.notes })
}

/// The initializers, dense and sparse, in the order of the file.
fn constants(proto: &mut GraphProto, loader: &mut Loader) -> Result<Vec<(String, Tensor)>> {
    let mut out = Vec::with_capacity(proto.initializer.len());
    // Each message is dropped once it is read, so that a large model isn't in memory twice.
    for t in std::mem::take(&mut proto.initializer) {
        out.push((t.name.clone(), value::from_proto(&t, &t.name, loader)?));
    }
    for s in std::mem::take(&mut proto.sparse_initializer) {
        let name = s.values.as_ref().map(|v| v.name.clone()).unwrap_or_default();
        out.push((name.clone(), value::from_sparse(&s, &name, loader)?));
    }
    Ok(out)
}

struct Builder {
    graph: Graph,
    wires: HashMap<String, Wire>,
    kinds: Kinds<'static>,
    notes: Vec<String>,
}

impl Builder {
    fn inputs(&mut self, inputs: &[ValueInfoProto], constants: &[(String, Tensor)], ir_version: i64) -> Result<()> {
        let given: HashSet<&str> = constants.iter().map(|c| c.0.as_str()).collect();
        for input in inputs {
            if given.contains(input.name.as_str()) {
                // Before IR version 4 every initializer had to be listed as an input.
                if ir_version >= 4 {
                    self.notes
                        .push(format!("input `{}` has a default value in the file and is kept at it", input.name));
                }
                continue;
            }
            let fact =
                fact(input).map_err(|reason| GraphError::Invalid(format!("input `{}`: {reason}", input.name)))?;
            self.unique(&input.name)?;
            self.kinds.set(&input.name, Some(fact.dtype), Some(fact.rank()));
            let wire = self.graph.add_input(&input.name, fact);
            self.wires.insert(input.name.clone(), wire);
        }
        Ok(())
    }

    fn unique(&self, name: &str) -> Result<()> {
        if name.is_empty() {
            return Err(GraphError::Invalid("an input or a constant has no name".into()));
        }
        if self.wires.contains_key(name) {
            return Err(GraphError::Invalid(format!("two inputs, constants or outputs of nodes are named `{name}`")));
        }
        Ok(())
    }

    fn constant(&mut self, name: &str, tensor: Tensor) -> Result<()> {
        self.unique(name)?;
        self.kinds.set_constant(name, tensor.clone());
        let wire = self.graph.add_constant(name, tensor);
        self.wires.insert(name.to_string(), wire);
        Ok(())
    }

    /// Refuses nodes whose outputs have the name of an input or constant.
    fn reserve(&self, nodes: &[Sourced]) -> Result<()> {
        for n in nodes {
            if let Some(name) = n.node.output.iter().find(|o| self.wires.contains_key(o.as_str())) {
                return Err(at(&n.node, format!("makes `{name}`, which is an input or a constant too")));
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Wire, String> {
        self.wires.get(name).copied().ok_or_else(|| {
            let near = Some(name).filter(|n| n.len() < LONG).and_then(|name| {
                let near_enough = |k: &&str| k.len() < LONG;
                nearest(name, self.wires.keys().map(String::as_str).filter(near_enough).take(MANY))
            });
            let hint = near.map(|n| format!("; did the file mean `{n}`?")).unwrap_or_default();
            format!("reads `{name}`, which nothing makes{hint}")
        })
    }

    fn node(&mut self, node: NodeProto, loader: &mut Loader) -> Result<()> {
        let wire = |name: &String| match name.as_str() {
            "" => Ok(None),
            name => self.find(name).map(Some),
        };
        let inputs: Vec<Option<Wire>> =
            node.input.iter().map(wire).collect::<Result<_, String>>().map_err(|reason| at(&node, reason))?;
        let captures = body::free_names(&node)
            .into_iter()
            .map(|name| self.find(&name).map(|w| (name, w)))
            .collect::<Result<Vec<_>, String>>()
            .map_err(|reason| at(&node, format!("its body {reason}")))?;
        self.kinds.infer(&node);
        let outputs: Vec<Option<&str>> =
            node.output.iter().map(|o| Some(o.as_str()).filter(|o| !o.is_empty())).collect();
        for name in outputs.iter().flatten() {
            self.unique(name).map_err(|e| at(&node, e.to_string()))?;
        }
        let attrs = attrs(&node, loader)?;
        let domain = function::domain(&node.domain);
        let made = self.graph.push_raw(&node.name, &node.op_type, domain, &inputs, attrs, &outputs, captures)?;
        for (name, wire) in outputs.iter().zip(made) {
            if let (Some(name), Some(wire)) = (name, wire) {
                self.wires.insert(name.to_string(), wire);
            }
        }
        Ok(())
    }

    fn outputs(&mut self, outputs: &[ValueInfoProto]) -> Result<()> {
        if outputs.is_empty() {
            return Err(GraphError::Invalid("the graph has no outputs".into()));
        }
        let mut seen = HashSet::new();
        for output in outputs {
            let wire = self
                .find(&output.name)
                .map_err(|reason| GraphError::Invalid(format!("the graph's output {reason}")))?;
            if !seen.insert(wire) {
                return Err(GraphError::Invalid(format!("`{}` is listed as an output twice", output.name)));
            }
            self.graph.add_output(wire);
        }
        Ok(())
    }
}

/// Element type and shape that a file declares.
fn fact(info: &ValueInfoProto) -> Result<Fact, String> {
    let tensor = match info.r#type.as_ref().and_then(|t| t.value.as_ref()) {
        Some(type_proto::Value::TensorType(t)) => t,
        Some(_) => return Err("it isn't a tensor; sequences, maps and optional values aren't supported here".into()),
        None => return Err("its type isn't declared".into()),
    };
    let dtype = DType::from_onnx_code(tensor.elem_type)
        .ok_or_else(|| format!("its element type `{}` isn't supported", tensor.elem_type))?;
    let shape = tensor.shape.as_ref().ok_or("its number of axes isn't declared")?;
    let dims = shape.dim.iter().map(|d| match &d.value {
        // Some exporters write -1 or 0 for an axis that is free.
        Some(tensor_shape_proto::dimension::Value::DimValue(n)) => Ok(match usize::try_from(*n) {
            Ok(n) if n > 0 => Dim::Known(n),
            Ok(_) => Dim::Unknown,
            Err(_) if *n == -1 => Dim::Unknown,
            Err(_) => return Err(format!("one of its axes has the size `{n}`")),
        }),
        Some(tensor_shape_proto::dimension::Value::DimParam(s)) if !s.is_empty() => Ok(Dim::Symbol(s.clone())),
        _ => Ok(Dim::Unknown),
    });
    let dims = dims.collect::<Result<Vec<_>, String>>()?;
    if dims.len() > value::AXES {
        return Err(format!("it has {} axes, more than {}", dims.len(), value::AXES));
    }
    Ok(Fact { dtype, dims })
}

/// The attributes of a node.
fn attrs(node: &NodeProto, loader: &mut Loader) -> Result<Attrs> {
    let mut out = Attrs::new();
    for a in &node.attribute {
        let value = attr(a, loader).map_err(|reason| at(node, format!("attribute `{}`: {reason}", a.name)))?;
        if out.0.insert(a.name.clone(), value).is_some() {
            return Err(at(node, format!("attribute `{}` is given twice", a.name)));
        }
    }
    Ok(out)
}

/// The kind of an attribute; early files don't state it, so that it has to follow from what is there.
fn kind(a: &AttributeProto) -> Option<AttributeType> {
    match AttributeType::try_from(a.r#type).ok()? {
        AttributeType::Undefined => Some(if a.t.is_some() {
            AttributeType::Tensor
        } else if a.g.is_some() {
            AttributeType::Graph
        } else if !a.ints.is_empty() {
            AttributeType::Ints
        } else if !a.floats.is_empty() {
            AttributeType::Floats
        } else if !a.strings.is_empty() {
            AttributeType::Strings
        } else if !a.s.is_empty() {
            AttributeType::String
        } else if a.f != 0.0 {
            AttributeType::Float
        } else {
            AttributeType::Int
        }),
        kind => Some(kind),
    }
}

fn attr(a: &AttributeProto, loader: &mut Loader) -> Result<Attr, String> {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).map_err(|_| "it isn't valid UTF-8".to_string());
    if !a.ref_attr_name.is_empty() {
        return Err("it refers to the attribute of a function, but stands outside of one".into());
    }
    Ok(match kind(a) {
        Some(AttributeType::Int) => Attr::Int(a.i),
        Some(AttributeType::Float) => Attr::Float(a.f),
        Some(AttributeType::String) => Attr::Str(text(&a.s)?),
        Some(AttributeType::Ints) => Attr::Ints(a.ints.clone()),
        Some(AttributeType::Floats) => Attr::Floats(a.floats.clone()),
        Some(AttributeType::Strings) => Attr::Strs(a.strings.iter().map(text).collect::<Result<_, _>>()?),
        Some(AttributeType::Tensor) => {
            let t = a.t.as_ref().ok_or("it has no value")?;
            Attr::Tensor(value::from_proto(t, &a.name, loader).map_err(|e| e.to_string())?)
        }
        Some(AttributeType::Graph) => Attr::Graph(Box::new(a.g.clone().ok_or("it has no value")?)),
        other => return Err(format!("its kind `{}` isn't supported", other.map_or("?", |k| k.as_str_name()))),
    })
}
