//! One application of an operator: what inference, evaluation and backward rules look at.

use crate::{Attrs, DType, Fact, Graph, GraphError, Node, Result, Tensor, Wire};

/// An operator with the facts and known values of its inputs.
#[derive(Clone)]
pub struct Call<'a> {
    /// Node name, for messages.
    pub name: &'a str,
    /// Operator type.
    pub op: &'a str,
    /// ONNX domain; empty for the standard one.
    pub domain: &'a str,
    /// Attributes.
    pub attrs: &'a Attrs,
    /// Facts of the inputs: `None` where an optional input is left out, or where nothing is known.
    pub facts: Vec<Option<Fact>>,
    /// Values of the inputs that are constants.
    pub constants: Vec<Option<Tensor>>,
    /// Number of outputs, left-out ones included.
    pub outputs: usize,
    /// Whether something is known of every input that is present.
    pub complete: bool,
    /// Whether floats are kept in `f64` whatever type the operator names (the reference interpreter).
    pub wide: bool,
}

impl<'a> Call<'a> {
    /// The call of an operator on wires of a graph.
    pub fn of_graph(
        graph: &Graph,
        name: &'a str,
        op: &'a str,
        domain: &'a str,
        inputs: &[Option<Wire>],
        attrs: &'a Attrs,
        outputs: usize,
    ) -> Call<'a> {
        Call {
            name,
            op,
            domain,
            attrs,
            facts: inputs.iter().map(|w| w.and_then(|w| graph.info(w).fact.clone())).collect(),
            constants: inputs.iter().map(|w| w.and_then(|w| graph.constant(w).cloned())).collect(),
            outputs,
            complete: inputs.iter().flatten().all(|w| graph.info(*w).fact.is_some()),
            wide: false,
        }
    }

    /// The call of a node of a graph.
    pub fn of_node(graph: &Graph, node: &'a Node) -> Call<'a> {
        Call::of_graph(graph, &node.name, &node.op, &node.domain, &node.inputs, &node.attrs, node.outputs.len())
    }

    /// The same call with every float input in `f64`, and float results to be left in it.
    #[must_use]
    pub(super) fn widened(&self) -> Call<'a> {
        let mut call = Call { wide: true, ..self.clone() };
        for fact in call.facts.iter_mut().flatten().filter(|f| f.dtype.is_float()) {
            fact.dtype = DType::F64;
        }
        for value in call.constants.iter_mut().flatten().filter(|t| t.dtype().is_float()) {
            *value = value.cast(DType::F64);
        }
        call
    }

    /// The element type of a result that the operator names as `dtype`.
    pub(super) fn result_type(&self, dtype: DType) -> DType {
        if self.wide && dtype.is_float() { DType::F64 } else { dtype }
    }

    /// An error at this node.
    pub fn error(&self, reason: impl Into<String>) -> GraphError {
        GraphError::Node { node: self.name.to_string(), op: self.op.to_string(), reason: reason.into() }
    }

    /// Number of inputs, left-out ones included.
    pub fn arity(&self) -> usize {
        self.facts.len()
    }

    /// Whether an input is present.
    pub fn has(&self, i: usize) -> bool {
        self.facts.get(i).is_some_and(Option::is_some)
    }

    /// Fact of a required input.
    ///
    /// # Errors
    /// When it is missing or unknown.
    pub fn fact(&self, i: usize) -> Result<&Fact> {
        self.facts.get(i).and_then(Option::as_ref).ok_or_else(|| self.error(format!("input {i} is missing")))
    }

    /// Static shape of a required input.
    ///
    /// # Errors
    /// When it is missing or not fixed.
    pub fn shape(&self, i: usize) -> Result<Vec<usize>> {
        let fact = self.fact(i)?;
        fact.shape().ok_or_else(|| self.error(format!("the shape of input {i} isn't fixed: {fact}")))
    }

    /// Element type of a required input.
    ///
    /// # Errors
    /// When it is missing or unknown.
    pub fn dtype(&self, i: usize) -> Result<DType> {
        Ok(self.fact(i)?.dtype)
    }

    /// Value of a constant input, `None` when it is left out or not constant.
    pub fn constant(&self, i: usize) -> Option<&Tensor> {
        self.constants.get(i).and_then(Option::as_ref)
    }

    /// Integers of a constant input.
    ///
    /// # Errors
    /// When the input is there but depends on data.
    pub fn ints(&self, i: usize) -> Result<Option<Vec<i64>>> {
        match (self.has(i), self.constant(i)) {
            (_, Some(t)) => Ok(Some(t.to_i64())),
            (false, None) => Ok(None),
            (true, None) => Err(self.error(format!("input {i} must be constant once the input shape is fixed"))),
        }
    }

    /// An integer attribute with its default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attrs.int(name).unwrap_or(default)
    }

    /// A float attribute with its default.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attrs.float(name).unwrap_or(default)
    }

    /// A string attribute with its default.
    pub fn str<'s>(&'s self, name: &str, default: &'s str) -> &'s str {
        self.attrs.str(name).unwrap_or(default)
    }

    /// An element type attribute with its default.
    ///
    /// # Errors
    /// When the code isn't of a type that tensors can have.
    pub(super) fn type_attr(&self, name: &str, default: DType) -> Result<DType> {
        match self.attrs.int(name) {
            None => Ok(default),
            Some(code) => i32::try_from(code)
                .ok()
                .and_then(DType::from_onnx_code)
                .ok_or_else(|| self.error(format!("element type {code} (attribute `{name}`) can't be held"))),
        }
    }

    /// Axes counted from the front, each once.
    ///
    /// # Errors
    /// When one lies outside the rank or comes twice.
    pub(super) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>> {
        let mut out = Vec::with_capacity(axes.len());
        for &a in axes {
            let axis = self.axis(a, rank)?;
            if out.contains(&axis) {
                return Err(self.error(format!("axis {a} is given twice")));
            }
            out.push(axis);
        }
        Ok(out)
    }

    /// A size from outside, such as a shape entry.
    ///
    /// # Errors
    /// When it is negative or beyond any memory.
    pub(super) fn size(&self, v: i64) -> Result<usize> {
        usize::try_from(v)
            .ok()
            .filter(|&n| n <= super::MAX_SIZE)
            .ok_or_else(|| self.error(format!("size {v} isn't possible")))
    }

    /// An axis counted from the front.
    ///
    /// # Errors
    /// When it lies outside the rank.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        let a = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        if (0..rank as i64).contains(&a) {
            Ok(a as usize)
        } else {
            Err(self.error(format!("axis {axis} of a tensor of rank {rank}")))
        }
    }
}
