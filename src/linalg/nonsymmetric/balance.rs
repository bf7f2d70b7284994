//! Balancing: a similarity by a permutation and powers of two that brings the norms of matching rows and columns
//! together (Parlett and Reinsch, 1969), with Euclidean norms, so that it does not spoil Hessenberg-like matrices
//! (James, Langou and Lowery, 2014).

use std::ops::Range;

use crate::Scalar;
use crate::kernels::reduce::{max_abs, norm};
use crate::linalg::Matrix;

/// `B = D⁻¹ Pᵀ A P D`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balance<T> {
    /// Rows and columns outside of this range of `B` are triangular already.
    pub(super) active: Range<usize>,
    /// Row `i` of the permuted matrix is row `order[i]` of `A`.
    order: Vec<usize>,
    /// The diagonal of `D`: powers of two.
    scale: Vec<T>,
}

/// Balances a square matrix in place.
pub(super) fn balance<T: Scalar>(a: &mut Matrix<T>) -> Balance<T> {
    let n = a.rows();
    let mut order: Vec<usize> = (0..n).collect();
    let active = isolate(a, &mut order);
    let mut scale = vec![T::one(); n];
    equilibrate(a, active.clone(), &mut scale);
    Balance { active, order, scale }
}

impl<T: Scalar> Balance<T> {
    /// Leaves a matrix of order `n` as it is.
    pub(super) fn none(n: usize) -> Self {
        Balance { active: 0..n, order: (0..n).collect(), scale: vec![T::one(); n] }
    }

    /// The ratio of the largest to the smallest entry of `D`.
    pub(super) fn spread(&self) -> T {
        let (low, high) = self.scale.iter().fold((T::one(), T::one()), |(l, h), &v| (l.min(v), h.max(v)));
        high / low
    }

    /// `V ← P D V`, or `P D⁻¹ V` of left eigenvectors: those of `B` become those of `A`.
    pub(super) fn undo(&self, vectors: &Matrix<T>, left: bool) -> Matrix<T> {
        let mut out = Matrix::zeros(vectors.rows(), vectors.cols());
        for ((row, &to), &scale) in vectors.row_iter().zip(&self.order).zip(&self.scale) {
            out.row_mut(to).iter_mut().zip(row).for_each(|(o, &v)| *o = if left { v / scale } else { v * scale });
        }
        out
    }
}

/// Permutes eigenvalues that stand alone to the ends of the diagonal, and returns what is left between.
fn isolate<T: Scalar>(a: &mut Matrix<T>, order: &mut [usize]) -> Range<usize> {
    let (mut low, mut high) = (0, a.rows());
    // Rows without entries beside the diagonal go to the end …
    while let Some(i) = (low..high).rev().find(|&i| (low..high).all(|j| j == i || a[(i, j)] == T::zero())) {
        high -= 1;
        exchange(a, order, i, high);
    }
    // … and columns to the front.
    while low < high {
        let Some(j) = (low..high).find(|&j| (low..high).all(|i| i == j || a[(i, j)] == T::zero())) else { break };
        exchange(a, order, j, low);
        low += 1;
    }
    low..high
}

/// Exchanges rows and columns `i` and `j`.
fn exchange<T: Scalar>(a: &mut Matrix<T>, order: &mut [usize], i: usize, j: usize) {
    if i == j {
        return;
    }
    order.swap(i, j);
    a.swap_rows(i.min(j), i.max(j));
    (0..a.rows()).for_each(|r| a.row_mut(r).swap(i, j));
}

/// Scales rows and columns of the active block until no factor of two brings their norms closer.
fn equilibrate<T: Scalar>(a: &mut Matrix<T>, active: Range<usize>, scale: &mut [T]) {
    let n = a.rows();
    let two = T::of(2.0);
    // Factors stay where they and their inverses are normal numbers, and entries where they do not overflow.
    let least = T::min_positive_value() / T::EPSILON;
    let most = least.recip();
    let mut column = vec![T::zero(); n];
    loop {
        let mut changed = false;
        for i in active.clone() {
            (0..active.end).for_each(|r| column[r] = a[(r, i)]);
            let mut c = norm(&column[active.clone()]);
            let mut r = norm(&a.row(i)[active.clone()]);
            let mut column_max = max_abs(&column[..active.end]);
            let mut row_max = max_abs(&a.row(i)[active.start..]);
            if c == T::zero() || r == T::zero() {
                continue;
            }
            let sum = c + r;
            let mut f = T::one();
            while c < r / two && f.max(c).max(column_max) < most / two && r.min(row_max) > least * two {
                (f, c, column_max) = (f * two, c * two, column_max * two);
                (r, row_max) = (r / two, row_max / two);
            }
            while c / two >= r && r.max(row_max) < most / two && f.min(c).min(column_max) > least * two {
                (f, c, column_max) = (f / two, c / two, column_max / two);
                (r, row_max) = (r * two, row_max * two);
            }
            let total = scale[i] * f;
            if c + r >= T::of(0.95) * sum || total <= least || total >= most {
                continue;
            }
            scale[i] = total;
            changed = true;
            // The diagonal stays as it is, also where it would underflow on the way.
            let fixed = a[(i, i)];
            a.row_mut(i).iter_mut().for_each(|v| *v /= f);
            (0..active.end).for_each(|r| a[(r, i)] *= f);
            a[(i, i)] = fixed;
        }
        if !changed {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
