//! Matrix products: `MatMul`, `Gemm`, and the grouped `Linear`.

use super::broadcast;
use super::values::{Nums, num_tensor, nums, optional, real_tensor, reals};
use super::{Call, binary};
use crate::{Fact, Result, Tensor};

/// Batched product of stacks of matrices.
struct Product {
    /// Broadcast batch axes.
    batch: Vec<usize>,
    a_batch: Vec<usize>,
    b_batch: Vec<usize>,
    rows: usize,
    inner: usize,
    cols: usize,
    /// Shape of the result.
    shape: Vec<usize>,
}

impl Product {
    fn of(call: &Call, ia: usize, ib: usize) -> Result<Product> {
        let (a, b) = (call.shape(ia)?, call.shape(ib)?);
        let misfit = || call.error(format!("shapes {a:?} and {b:?} can't be multiplied"));
        // a vector is a row on the left and a column on the right, and leaves no axis
        let left = if a.len() == 1 { vec![1, a[0]] } else { a.clone() };
        let right = if b.len() == 1 { vec![b[0], 1] } else { b.clone() };
        let ([a_batch @ .., rows, k], [b_batch @ .., inner, cols]) = (&left[..], &right[..]) else {
            return Err(misfit());
        };
        let batch = broadcast::shape(a_batch, b_batch).filter(|_| k == inner).ok_or_else(misfit)?;
        let mut shape = batch.clone();
        shape.extend((a.len() > 1).then_some(*rows));
        shape.extend((b.len() > 1).then_some(*cols));
        let (a_batch, b_batch) = (a_batch.to_vec(), b_batch.to_vec());
        Ok(Product { batch, a_batch, b_batch, rows: *rows, inner: *k, cols: *cols, shape })
    }

    fn run<T: Copy + Default>(&self, a: &[T], b: &[T], mul_add: impl Fn(T, T, T) -> T + Copy) -> Vec<T> {
        let (at_a, at_b) =
            (broadcast::indices(&self.a_batch, &self.batch), broadcast::indices(&self.b_batch, &self.batch));
        let (size_a, size_b) = (self.rows * self.inner, self.inner * self.cols);
        let mut y = Vec::with_capacity(at_a.len() * self.rows * self.cols);
        for (ia, ib) in at_a.into_iter().zip(at_b) {
            let (a, b) = (&a[ia * size_a..(ia + 1) * size_a], &b[ib * size_b..(ib + 1) * size_b]);
            y.extend(multiply(a, b, [self.rows, self.inner, self.cols], mul_add));
        }
        y
    }
}

/// Row-major product of a `rows x inner` and an `inner x cols` matrix.
fn multiply<T: Copy + Default>(
    a: &[T],
    b: &[T],
    [rows, inner, cols]: [usize; 3],
    mul_add: impl Fn(T, T, T) -> T + Copy,
) -> Vec<T> {
    let mut y = vec![T::default(); rows * cols];
    for r in 0..rows {
        let out = &mut y[r * cols..(r + 1) * cols];
        for k in 0..inner {
            let v = a[r * inner + k];
            out.iter_mut().zip(&b[k * cols..(k + 1) * cols]).for_each(|(o, w)| *o = mul_add(v, *w, *o));
        }
    }
    y
}

fn real_step(a: f64, b: f64, sum: f64) -> f64 {
    sum + a * b
}

fn int_step(a: i64, b: i64, sum: i64) -> i64 {
    sum.wrapping_add(a.wrapping_mul(b))
}

/// `MatMul`.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(binary::same_type(call, 0, 1)?, &Product::of(call, 0, 1)?.shape)])
}

/// `MatMul`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let p = Product::of(call, 0, 1)?;
    let y = match (nums(call, inputs, 0)?, nums(call, inputs, 1)?) {
        (Nums::Real(a), Nums::Real(b)) => Nums::Real(p.run(&a, &b, real_step)),
        (Nums::Int(a), Nums::Int(b)) => Nums::Int(p.run(&a, &b, int_step)),
        _ => return Err(call.error("one input is float, the other isn't")),
    };
    Ok(vec![num_tensor(call, call.dtype(0)?, &p.shape, y)?])
}

/// Shape of the product of inputs `a` and `b`.
pub(super) fn product_shape(call: &Call, a: usize, b: usize) -> Result<Vec<usize>> {
    Ok(Product::of(call, a, b)?.shape)
}

/// Product of integer matrices that stand in inputs `ia` and `ib`, whose values were prepared by the caller.
pub(super) fn int_product(call: &Call, ia: usize, ib: usize, a: &[i64], b: &[i64]) -> Result<Vec<i64>> {
    Ok(Product::of(call, ia, ib)?.run(a, b, int_step))
}

/// `[rows, inner, cols]` of a `Gemm`.
fn gemm_sizes(call: &Call) -> Result<[usize; 3]> {
    let (a, b) = (call.shape(0)?, call.shape(1)?);
    let turned = |s: &[usize], name: &str| match (s, call.int(name, 0) != 0) {
        ([r, c], false) => Ok([*r, *c]),
        ([r, c], true) => Ok([*c, *r]),
        _ => Err(call.error(format!("a matrix of shape {s:?}, expected two axes"))),
    };
    let ([rows, k], [inner, cols]) = (turned(&a, "transA")?, turned(&b, "transB")?);
    if k != inner {
        return Err(call.error(format!("shapes {a:?} and {b:?} can't be multiplied")));
    }
    if call.has(2) && broadcast::shape(&call.shape(2)?, &[rows, cols]) != Some(vec![rows, cols]) {
        return Err(call.error(format!("input 2 of shape {:?} doesn't broadcast to {rows} x {cols}", call.shape(2)?)));
    }
    Ok([rows, inner, cols])
}

/// `Gemm`.
pub(super) fn infer_gemm(call: &Call) -> Result<Vec<Fact>> {
    let [rows, _, cols] = gemm_sizes(call)?;
    Ok(vec![Fact::new(binary::same_type(call, 0, 1)?, &[rows, cols])])
}

/// `alpha A' B' + beta C`.
pub(super) fn gemm(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let sizes @ [rows, inner, cols] = gemm_sizes(call)?;
    let turned = |i: usize, name: &str, r: usize, c: usize| -> Result<Vec<f64>> {
        let m = reals(call, inputs, i)?;
        if call.int(name, 0) == 0 {
            return Ok(m);
        }
        Ok((0..r * c).map(|i| m[i % c * r + i / c]).collect())
    };
    let (a, b) = (turned(0, "transA", rows, inner)?, turned(1, "transB", inner, cols)?);
    let (alpha, beta) = (f64::from(call.float("alpha", 1.0)), f64::from(call.float("beta", 1.0)));
    let mut y = multiply(&a, &b, sizes, real_step);
    y.iter_mut().for_each(|y| *y *= alpha);
    if let Some(c) = optional(call, inputs, 2)? {
        let at = broadcast::indices(&call.shape(2)?, &[rows, cols]);
        y.iter_mut().zip(at).for_each(|(y, i)| *y += beta * c[i]);
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &[rows, cols], y)?])
}

/// The grouped `x W + b`: `x` of any rank of at least 2, `W` inner x outer, optional `b` of `outer`.
pub(super) fn infer_linear(call: &Call) -> Result<Vec<Fact>> {
    let (x, w) = (call.shape(0)?, call.shape(1)?);
    if x.len() < 2 || w.len() != 2 || x[x.len() - 1] != w[0] {
        return Err(call.error(format!("input {x:?} and weights {w:?}, expected .. x K and K x M")));
    }
    if call.has(2) && call.shape(2)? != [w[1]] {
        return Err(call.error(format!("bias of shape {:?}, expected [{}]", call.shape(2)?, w[1])));
    }
    Ok(vec![Fact::new(binary::same_type(call, 0, 1)?, &[&x[..x.len() - 1], &[w[1]]].concat())])
}

/// `Linear`.
pub(super) fn linear(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, w) = (call.shape(0)?, call.shape(1)?);
    let rows = x[..x.len() - 1].iter().product();
    let mut y = multiply(&reals(call, inputs, 0)?, &reals(call, inputs, 1)?, [rows, w[0], w[1]], real_step);
    if let Some(b) = optional(call, inputs, 2)? {
        y.iter_mut().enumerate().for_each(|(i, y)| *y += b[i % b.len()]);
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &[&x[..x.len() - 1], &[w[1]]].concat(), y)?])
}
