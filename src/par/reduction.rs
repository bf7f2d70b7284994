//! Where the sums over a batch are made. Within a process their order is fixed by lengths; over several processes
//! that share the rows of a batch, whoever holds the rows adds up by a [`Reduction`].

#[cfg(test)]
mod tests;

use crate::kernels::reduce::axpy;
use crate::{Result, Scalar};

use super::for_each_piece;

const LANES: usize = 8;

/// Adds up over all processes that hold rows of one batch.
///
/// What a solver computes from the rows it has, a sum of squares, a gradient, a Gram matrix, is then a partial sum.
/// Solvers pass every such sum, and nothing else, through the reduction of the problem that they were given; what is
/// as long as the parameters is the same everywhere. A solver that knows no reduction is a solver of whole batches.
///
/// ```
/// use eigennet::par::{Reduction, whole};
/// /// Two processes that hold the same rows.
/// struct Twins;
/// impl Reduction<f64> for Twins {
///     fn sum(&self, partial: &mut [f64]) -> Result<(), eigennet::Error> {
///         partial.iter_mut().for_each(|x| *x *= 2.0);
///         Ok(())
///     }
/// }
/// let twins: &dyn Reduction<f64> = &Twins;
/// assert_eq!(whole(Some(twins), 1.5)?, 3.0);
/// assert_eq!(whole(None::<&dyn Reduction<f64>>, 1.5)?, 1.5);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub trait Reduction<T> {
    /// Replaces each entry of `partial` by its sum over all processes, in one order, so that all get the same bits.
    /// It is called by all of them equally often, with equal lengths.
    ///
    /// # Errors
    /// Whatever keeps the processes from each other.
    fn sum(&self, partial: &mut [T]) -> Result<()>;
}

/// The sum over all rows, of which `partial` is the share of those held here; without a reduction it is the whole.
///
/// # Errors
/// Those of the reduction.
pub fn whole<T: Scalar>(reduction: Option<&dyn Reduction<T>>, partial: f64) -> Result<f64> {
    if reduction.is_none() {
        return Ok(partial);
    }
    let mut sum = [T::of(partial)];
    add_up(reduction, &mut sum)?;
    Ok(sum[0].to_f64())
}

/// Makes `partial`, of the rows held here, the sum over all rows; without a reduction it is that already.
pub(crate) fn add_up<T>(reduction: Option<&dyn Reduction<T>>, partial: &mut [T]) -> Result<()> {
    reduction.map_or(Ok(()), |reduction| reduction.sum(partial))
}

/// `Σ x[i] y[i]` over the shorter of the two, accumulated in `f64` whatever the scalar, eight lanes wide.
pub fn dot<T: Scalar>(x: &[T], y: &[T]) -> f64 {
    let length = x.len().min(y.len());
    let (x, y) = (&x[..length], &y[..length]);
    let mut lanes = [0.0; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let tail: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(&a, &b)| a.to_f64() * b.to_f64()).sum();
    for (a, b) in xs.zip(ys) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a.to_f64() * b.to_f64();
        }
    }
    lanes.iter().sum::<f64>() + tail
}

/// `out[k] += factor · Σᵢ wᵢ a[i, k] b[i, k]`, row after row, for `a` and `b` `[rows, n]`, `weights` `[rows]`, `out` `[n]`.
///
/// ```
/// use eigennet::par::add_weighted_products;
/// let mut squares = [0.0; 2];
/// add_weighted_products(1.0, &[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0], &[0.5, 2.0], &mut squares);
/// assert_eq!(squares, [0.5 + 18.0, 2.0 + 32.0]);
/// ```
pub fn add_weighted_products<T: Scalar>(factor: f64, a: &[T], b: &[T], weights: &[T], out: &mut [f64]) {
    let n = out.len().max(1);
    for ((a, b), &w) in a.chunks_exact(n).zip(b.chunks_exact(n)).zip(weights) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out += factor * (w * a * b).to_f64();
        }
    }
}

/// `out = Σ partial(i)` for `i` below `count`, shard after shard, each as long as `out` `[n]`.
///
/// ```
/// let shards = [[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]];
/// let mut total = [0.0; 2];
/// eigennet::par::sum_shards(3, |i| &shards[i], &mut total);
/// assert_eq!(total, [111.0, 222.0]);
/// ```
///
/// # Panics
/// If a partial sum is shorter than `out`.
pub fn sum_shards<'a, T: Scalar>(count: usize, partial: impl Fn(usize) -> &'a [T] + Sync, out: &mut [T]) {
    for_each_piece(out, |start, out| {
        let range = start..start + out.len();
        if count == 0 {
            return out.fill(T::zero());
        }
        out.copy_from_slice(&partial(0)[range.clone()]);
        (1..count).for_each(|i| axpy(T::one(), &partial(i)[range.clone()], out));
    });
}
