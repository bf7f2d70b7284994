//! Where the sums over a batch are made, in an order fixed by lengths.

#[cfg(test)]
mod tests;

use crate::Scalar;
use crate::kernels::reduce::axpy;

use super::for_each_piece;

const LANES: usize = 8;

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
