//! The same product for several heads, such as the disjoint nets of an ensemble.

use super::super::Simd;
use super::driver::Packing;
use super::gemm;
use super::view::{MatMut, MatRef, fits};

/// A view of the first head's matrix, and how many entries of its slice lie between the starts of
/// one head and the next. A stride of 0 gives every head the same matrix.
#[derive(Debug, Clone, Copy)]
pub struct Heads<V> {
    first: V,
    stride: usize,
}

impl<'a, T> MatRef<'a, T> {
    /// This matrix for head 0, and its like every `stride` entries for the further heads.
    pub fn per_head(self, stride: usize) -> Heads<MatRef<'a, T>> {
        Heads { first: self, stride }
    }
}

impl<'a, T> MatMut<'a, T> {
    /// This matrix for head 0, and its like every `stride` entries for the further heads.
    pub fn per_head(self, stride: usize) -> Heads<MatMut<'a, T>> {
        Heads { first: self, stride }
    }
}

/// Where head `head` starts in a slice of `len` entries.
fn start(head: usize, stride: usize, len: usize, sides: [usize; 4]) -> usize {
    let [rows, cols, row_stride, col_stride] = sides;
    match head.checked_mul(stride) {
        Some(start) if start <= len && fits(len - start, rows, cols, row_stride, col_stride) => start,
        _ => panic!("gemm_batched: head {head} every {stride} entries reaches past the end of {len} entries"),
    }
}

impl<'a, T> Heads<MatRef<'a, T>> {
    fn head(&self, head: usize) -> MatRef<'a, T> {
        let MatRef { data, rows, cols, row_stride, col_stride } = self.first;
        let start = start(head, self.stride, data.len(), [rows, cols, row_stride, col_stride]);
        MatRef { data: &data[start..], ..self.first }
    }
}

impl<T> Heads<MatMut<'_, T>> {
    fn head(&mut self, head: usize) -> MatMut<'_, T> {
        let MatMut { ref mut data, rows, cols, row_stride, col_stride } = self.first;
        let start = start(head, self.stride, data.len(), [rows, cols, row_stride, col_stride]);
        MatMut { data: &mut data[start..], rows, cols, row_stride, col_stride }
    }
}

/// `C_h ← α A_h B_h + β C_h` for h = 0 … `heads` − 1, one head after the other, with one packing
/// space. Heads of `C` that overlap are written in that order.
///
/// ```
/// use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm_batched};
///
/// let a = [1.0, 2.0, 3.0, 4.0]; // two heads of [1, 2]
/// let b = [10.0, 1.0]; // [2, 1], shared
/// let mut c = [0.0; 2];
/// gemm_batched(
///     2,
///     1.0,
///     MatRef::row_major(&a, 1, 2).per_head(2),
///     MatRef::row_major(&b, 2, 1).per_head(0),
///     0.0,
///     MatMut::row_major(&mut c, 1, 1).per_head(1),
///     &mut Packing::new(),
/// );
/// assert_eq!(c, [12.0, 34.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit, or the last head reaches past the end of a slice.
pub fn gemm_batched<T: Simd>(
    heads: usize,
    alpha: T,
    a: Heads<MatRef<'_, T>>,
    b: Heads<MatRef<'_, T>>,
    beta: T,
    mut c: Heads<MatMut<'_, T>>,
    packing: &mut Packing<T>,
) {
    for head in 0..heads {
        gemm(alpha, a.head(head), b.head(head), beta, &mut c.head(head), packing);
    }
}
