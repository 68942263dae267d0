//! Writing graphs in Rust: one short method per operation, on wires of one graph.
//!
//! Targets, heads, backward passes, losses and tests are written with it. Operations on constants are evaluated at once.

use crate::{Attrs, DType, Graph, Result, Tensor, Wire, volume};

/// Appends operations to a graph, naming what it adds after a scope.
pub struct Build<'g> {
    /// The graph that grows.
    pub graph: &'g mut Graph,
    scope: String,
}

/// Methods that are one ONNX operator of one input.
macro_rules! unary {
    ($($method:ident $op:literal),* $(,)?) => {
        impl Build<'_> {
            $(
                #[doc = concat!("`", $op, "(x)`.")]
                #[doc = ""]
                #[doc = "# Errors"]
                #[doc = "When the input doesn't fit."]
                pub fn $method(&mut self, x: Wire) -> Result<Wire> {
                    self.op($op, &[x], Attrs::new())
                }
            )*
        }
    };
}

/// Methods that are one ONNX operator of two inputs, broadcasting.
macro_rules! binary {
    ($($method:ident $op:literal),* $(,)?) => {
        impl Build<'_> {
            $(
                #[doc = concat!("`", $op, "(a, b)`, broadcasting.")]
                #[doc = ""]
                #[doc = "# Errors"]
                #[doc = "When the inputs don't fit."]
                pub fn $method(&mut self, a: Wire, b: Wire) -> Result<Wire> {
                    self.op($op, &[a, b], Attrs::new())
                }
            )*
        }
    };
}

unary! {
    neg "Neg", exp "Exp", log "Log", sqrt "Sqrt", tanh "Tanh", sigmoid "Sigmoid", relu "Relu", abs "Abs", sign "Sign",
    reciprocal "Reciprocal", erf "Erf", sin "Sin", cos "Cos", softplus "Softplus", not "Not", identity "Identity",
    sinh "Sinh", cosh "Cosh",
}

binary! {
    add "Add", sub "Sub", mul "Mul", div "Div", pow "Pow", min "Min", max "Max", equal "Equal", less "Less",
    greater "Greater", greater_or_equal "GreaterOrEqual", and "And", or "Or", matmul "MatMul",
}

impl<'g> Build<'g> {
    /// A builder whose additions are named after `scope`.
    pub fn new(graph: &'g mut Graph, scope: &str) -> Build<'g> {
        Build { graph, scope: scope.to_string() }
    }

    /// An operator of one output on wires that are all present.
    ///
    /// # Errors
    /// When the inputs don't fit.
    pub fn op(&mut self, op: &str, inputs: &[Wire], attrs: Attrs) -> Result<Wire> {
        let name = format!("{}/{op}", self.scope);
        self.graph.push(&name, op, inputs, attrs)
    }

    /// An operator of several outputs, or with left-out inputs.
    ///
    /// # Errors
    /// When the inputs don't fit.
    pub fn op_many(&mut self, op: &str, inputs: &[Option<Wire>], attrs: Attrs, outputs: usize) -> Result<Vec<Wire>> {
        let name = format!("{}/{op}", self.scope);
        self.graph.push_many(&name, op, inputs, attrs, outputs)
    }

    /// Static shape of a wire.
    ///
    /// # Errors
    /// When it isn't fixed.
    pub fn shape(&self, x: Wire) -> Result<Vec<usize>> {
        self.graph.shape(x)
    }

    /// A constant.
    pub fn constant(&mut self, value: Tensor) -> Wire {
        let name = format!("{}/constant", self.scope);
        self.graph.add_constant(&name, value)
    }

    /// A one-dimensional `i64` constant.
    pub fn ints(&mut self, values: &[i64]) -> Wire {
        self.constant(Tensor::vec_i64(values))
    }

    /// A constant scalar of the element type of `like`.
    ///
    /// # Errors
    /// When the type of `like` isn't known.
    pub fn scalar(&mut self, value: f64, like: Wire) -> Result<Wire> {
        let dtype = self.graph.dtype(like)?;
        Ok(self.constant(Tensor::full(dtype, &[], value)))
    }

    /// `x * value`.
    ///
    /// # Errors
    /// When the type of `x` isn't known.
    pub fn scale(&mut self, x: Wire, value: f64) -> Result<Wire> {
        if value == 1.0 {
            return Ok(x);
        }
        let v = self.scalar(value, x)?;
        self.mul(x, v)
    }

    /// `x + value`.
    ///
    /// # Errors
    /// When the type of `x` isn't known.
    pub fn shift(&mut self, x: Wire, value: f64) -> Result<Wire> {
        let v = self.scalar(value, x)?;
        self.add(x, v)
    }

    /// Zeros of a shape, made when the graph runs (so that they take no room in a file).
    ///
    /// # Errors
    /// When the shape is too large.
    pub fn zeros(&mut self, dtype: DType, shape: &[usize]) -> Result<Wire> {
        let name = format!("{}/zeros", self.scope);
        let dims: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        let dims = self.ints(&dims);
        let attrs = Attrs::new().with("value", Tensor::full(dtype, &[1], 0.0));
        self.graph.push_lazy(&name, "ConstantOfShape", &[dims], attrs)
    }

    /// `cond ? a : b`, broadcasting.
    ///
    /// # Errors
    /// When the inputs don't fit.
    pub fn select(&mut self, cond: Wire, a: Wire, b: Wire) -> Result<Wire> {
        self.op("Where", &[cond, a, b], Attrs::new())
    }

    /// `cond ? x : 0`.
    ///
    /// # Errors
    /// When the inputs don't fit.
    pub fn keep_where(&mut self, cond: Wire, x: Wire) -> Result<Wire> {
        let zero = self.scalar(0.0, x)?;
        self.select(cond, x, zero)
    }

    /// `x > value`, elementwise.
    ///
    /// # Errors
    /// When the type of `x` isn't known.
    pub fn above(&mut self, x: Wire, value: f64) -> Result<Wire> {
        let v = self.scalar(value, x)?;
        self.greater(x, v)
    }

    /// Conversion to an element type; nothing when it has it already.
    ///
    /// # Errors
    /// When the type of `x` isn't known.
    pub fn cast(&mut self, x: Wire, dtype: DType) -> Result<Wire> {
        if self.graph.dtype(x)? == dtype {
            return Ok(x);
        }
        self.op("Cast", &[x], Attrs::new().with("to", i64::from(dtype.onnx_code())))
    }

    /// The same elements under another shape; nothing when it has it already.
    ///
    /// # Errors
    /// When the number of elements differs.
    pub fn reshape(&mut self, x: Wire, shape: &[usize]) -> Result<Wire> {
        if self.shape(x)? == shape {
            return Ok(x);
        }
        let dims: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        let dims = self.ints(&dims);
        self.op("Reshape", &[x, dims], Attrs::new().with("allowzero", 1))
    }

    /// Axes in another order: output axis `i` is input axis `perm[i]`; nothing for the identity.
    ///
    /// # Errors
    /// When `perm` isn't a permutation of the axes.
    pub fn transpose(&mut self, x: Wire, perm: &[usize]) -> Result<Wire> {
        if perm.iter().enumerate().all(|(i, &p)| i == p) {
            return Ok(x);
        }
        let perm: Vec<i64> = perm.iter().map(|&p| p as i64).collect();
        self.op("Transpose", &[x], Attrs::new().with("perm", perm))
    }

    /// The last two axes exchanged.
    ///
    /// # Errors
    /// When the rank is below 2.
    pub fn swap_last(&mut self, x: Wire) -> Result<Wire> {
        let rank = self.shape(x)?.len();
        let mut perm: Vec<usize> = (0..rank).collect();
        perm.swap(rank - 1, rank - 2);
        self.transpose(x, &perm)
    }

    /// `x` repeated to a shape that it broadcasts to; nothing when it has it already.
    ///
    /// # Errors
    /// When it doesn't broadcast.
    pub fn expand(&mut self, x: Wire, shape: &[usize]) -> Result<Wire> {
        if self.shape(x)? == shape {
            return Ok(x);
        }
        let dims: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        let dims = self.ints(&dims);
        let name = format!("{}/Expand", self.scope);
        self.graph.push_lazy(&name, "Expand", &[x, dims], Attrs::new())
    }

    fn reduce(&mut self, op: &str, x: Wire, axes: &[usize], keep: bool) -> Result<Wire> {
        if axes.is_empty() {
            return Ok(x);
        }
        let axes: Vec<i64> = axes.iter().map(|&a| a as i64).collect();
        let axes = self.ints(&axes);
        self.op(op, &[x, axes], Attrs::new().with("keepdims", i64::from(keep)))
    }

    /// Sum over axes.
    ///
    /// # Errors
    /// When an axis doesn't exist.
    pub fn sum(&mut self, x: Wire, axes: &[usize], keep: bool) -> Result<Wire> {
        self.reduce("ReduceSum", x, axes, keep)
    }

    /// Mean over axes.
    ///
    /// # Errors
    /// When an axis doesn't exist.
    pub fn mean(&mut self, x: Wire, axes: &[usize], keep: bool) -> Result<Wire> {
        self.reduce("ReduceMean", x, axes, keep)
    }

    /// Maximum over axes.
    ///
    /// # Errors
    /// When an axis doesn't exist.
    pub fn max_over(&mut self, x: Wire, axes: &[usize], keep: bool) -> Result<Wire> {
        self.reduce("ReduceMax", x, axes, keep)
    }

    /// The adjoint of broadcasting: `x` summed down to `shape`.
    ///
    /// # Errors
    /// When `shape` doesn't broadcast to that of `x`.
    pub fn sum_to(&mut self, x: Wire, shape: &[usize]) -> Result<Wire> {
        let have = self.shape(x)?;
        if have == shape {
            return Ok(x);
        }
        let lead = have.len().saturating_sub(shape.len());
        let axes: Vec<usize> =
            (0..have.len()).filter(|&a| a < lead || (shape[a - lead] == 1 && have[a] != 1)).collect();
        let y = self.sum(x, &axes, true)?;
        self.reshape(y, shape)
    }

    /// Wires joined along an axis.
    ///
    /// # Errors
    /// When shapes don't fit.
    pub fn concat(&mut self, parts: &[Wire], axis: usize) -> Result<Wire> {
        if parts.len() == 1 {
            return Ok(parts[0]);
        }
        self.op("Concat", parts, Attrs::new().with("axis", axis as i64))
    }

    /// `x[start..end]` along an axis.
    ///
    /// # Errors
    /// When the axis doesn't exist.
    pub fn slice(&mut self, x: Wire, axis: usize, start: usize, end: usize) -> Result<Wire> {
        if start == 0 && self.shape(x)?.get(axis) == Some(&end) {
            return Ok(x);
        }
        let (s, e, a) = (self.ints(&[start as i64]), self.ints(&[end as i64]), self.ints(&[axis as i64]));
        self.op("Slice", &[x, s, e, a], Attrs::new())
    }

    /// `x` reversed along an axis.
    ///
    /// # Errors
    /// When the axis doesn't exist.
    pub fn reverse(&mut self, x: Wire, axis: usize) -> Result<Wire> {
        let (s, e) = (self.ints(&[-1]), self.ints(&[i64::MIN + 1]));
        let (a, step) = (self.ints(&[axis as i64]), self.ints(&[-1]));
        self.op("Slice", &[x, s, e, a, step], Attrs::new())
    }

    /// Zeros put before and after each axis: `pads[axis] = (before, after)`; nothing when there are none.
    ///
    /// # Errors
    /// When there is a pad for an axis that doesn't exist.
    pub fn pad_zeros(&mut self, x: Wire, pads: &[(usize, usize)]) -> Result<Wire> {
        if pads.iter().all(|p| *p == (0, 0)) {
            return Ok(x);
        }
        let amounts: Vec<i64> = pads.iter().map(|p| p.0 as i64).chain(pads.iter().map(|p| p.1 as i64)).collect();
        let amounts = self.ints(&amounts);
        let zero = self.scalar(0.0, x)?;
        self.op("Pad", &[x, amounts, zero], Attrs::new().with("mode", "constant"))
    }

    /// Number of elements of a wire.
    ///
    /// # Errors
    /// When the shape isn't fixed.
    pub fn volume(&self, x: Wire) -> Result<usize> {
        Ok(volume(&self.shape(x)?).unwrap_or(0))
    }

    /// A linear map applied along each listed axis: `y[.., o, ..] = sum_i m[o, i] x[.., i, ..]`, `m` of `n_out x n_in`, row-major.
    ///
    /// # Errors
    /// When a matrix doesn't fit its axis.
    pub fn along_axes(&mut self, x: Wire, maps: &[AxisMap]) -> Result<Wire> {
        let dtype = self.graph.dtype(x)?;
        let mut y = x;
        for map in maps {
            let rank = self.shape(y)?.len();
            let matrix = Tensor::from_f64(dtype, vec![map.n_out, map.n_in], map.matrix.clone());
            let m = self.constant(matrix);
            if map.axis + 2 == rank {
                y = self.matmul(m, y)?;
            } else {
                let mut perm: Vec<usize> = (0..rank).collect();
                perm.swap(map.axis, rank - 1);
                let t = self.transpose(y, &perm)?;
                let mt = self.swap_last(m)?;
                let t = self.matmul(t, mt)?;
                y = self.transpose(t, &perm)?;
            }
        }
        Ok(y)
    }
}

/// A linear map along one axis, as a dense matrix.
#[derive(Clone, Debug)]
pub struct AxisMap {
    /// The axis.
    pub axis: usize,
    /// Its length afterwards.
    pub n_out: usize,
    /// Its length before.
    pub n_in: usize,
    /// `n_out x n_in`, row-major.
    pub matrix: Vec<f64>,
}

impl AxisMap {
    /// The transposed map.
    pub fn adjoint(&self) -> AxisMap {
        let mut matrix = vec![0.0; self.matrix.len()];
        for o in 0..self.n_out {
            for i in 0..self.n_in {
                matrix[i * self.n_out + o] = self.matrix[o * self.n_in + i];
            }
        }
        AxisMap { axis: self.axis, n_out: self.n_in, n_in: self.n_out, matrix }
    }
}
