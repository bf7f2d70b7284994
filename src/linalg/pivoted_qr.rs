//! QR factorisation with column pivoting, which shows the rank, blocked so that half of the work is
//! matrix products (Quintana-Ortí, Sun and Bischof, 1998).

use rayon::prelude::*;

use super::block::{block, block_mut};
use super::householder::{Reflectors, reflector};
use super::qr::triangle_of;
use super::scaling::power_of_two_scale;
use super::strips::for_each_strip;
use super::{Matrix, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce;
use crate::kernels::rows::{add_combination, multiply_rows};

/// Columns factored before the rest of the matrix is updated.
const PANEL: usize = 32;
/// Up to so many columns panels are half as wide.
const FEW: usize = 128;
/// Columns worked on side by side.
const STRIP: usize = 96;
/// The entries of a matrix from which that pays for a product with a vector.
const LARGE: usize = 1 << 17;

/// `A P = Q R` with the diagonal of `R` falling in magnitude (Businger and Golub, 1965).
///
/// ```
/// use eigennet::linalg::{Matrix, PivotedQr};
/// // The third column is the sum of the others.
/// let a = Matrix::from_vec(3, 3, vec![1.0, 0.0, 1.0, 0.0, 2.0, 2.0, 1.0, 1.0, 2.0])?;
/// assert_eq!(PivotedQr::factor(&a)?.rank(1e-12), 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PivotedQr<T> {
    pub(super) reflectors: Reflectors<T>,
    upper: Matrix<T>,
    permutation: Vec<usize>,
}

impl<T: Scalar> PivotedQr<T> {
    /// Factors a matrix of any shape `[m, n]`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the matrix holds NaN or an infinity, [`Error::InvalidArgument`] if an entry of `R`
    /// overflows.
    #[inline(never)]
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        Error::check_finite("PivotedQr::factor", a.as_slice())?;
        let (m, n) = (a.rows(), a.cols());
        let count = m.min(n);
        // Norms are compared by their squares: in units where the largest entry is about one.
        let scale = power_of_two_scale(a.max_abs());
        let mut work = Work {
            columns: a.transpose().scale(scale),
            vectors: Matrix::zeros(count, m),
            tau: vec![T::zero(); count],
            diagonal: vec![T::zero(); count],
            permutation: (0..n).collect(),
            norms: vec![T::zero(); n],
            exact: vec![T::zero(); n],
            products: Matrix::zeros(PANEL, n),
            packing: Packing::new(),
        };
        work.measure(0, |_| true);
        let panel = if count <= FEW { PANEL / 2 } else { PANEL };
        let mut start = 0;
        while start < count {
            let end = work.panel(start, (start + panel).min(count))?;
            work.update(start, end)?;
            start = end;
        }
        let Work { columns, vectors, tau, diagonal, permutation, .. } = work;
        let upper = triangle_of(&columns, &diagonal, scale);
        checks::factor("PivotedQr::factor", upper.as_slice())?;
        Ok(PivotedQr { reflectors: Reflectors::new(vectors, tau, 0), upper, permutation })
    }

    /// `R` `[min(m, n), n]`.
    pub fn r(&self) -> &Matrix<T> {
        &self.upper
    }

    /// Column `j` of `A P` is column `permutation()[j]` of `A`.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// The first `min(m, n)` columns of `Q`, `[m, min(m, n)]`.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn thin_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.upper.rows())
    }

    /// All of `Q` `[m, m]`; its columns from the rank on are a basis of the null space of `Aᵀ`.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn full_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.reflectors.order())
    }

    /// The number of diagonal entries of `R` larger than `tolerance` times the largest. Except for
    /// matrices made to deceive (Kahan, 1966) this is the number of singular values so large.
    pub fn rank(&self, tolerance: T) -> usize {
        let diagonal = self.upper.diagonal();
        let largest = diagonal.first().map_or(T::zero(), |v| v.abs());
        diagonal.iter().take_while(|v| v.abs() > tolerance * largest).count()
    }
}

/// A factorisation under way.
struct Work<T> {
    /// Row j is a column of A, then of R before the diagonal.
    columns: Matrix<T>,
    /// Row j is the reflector made from it.
    vectors: Matrix<T>,
    tau: Vec<T>,
    diagonal: Vec<T>,
    permutation: Vec<usize>,
    /// The norms of what is left of the columns, as updated, and as last computed.
    norms: Vec<T>,
    exact: Vec<T>,
    /// Row l of a panel is `f_l = τ Aᵀ v_l`, such that `A ← A − Σ v_l f_lᵀ`.
    products: Matrix<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Work<T> {
    /// Computes the norms of columns `start..` below row `start` afresh, where `needed`.
    fn measure(&mut self, start: usize, needed: impl Fn(T) -> bool) {
        let norms = self.norms.iter_mut().zip(&mut self.exact).zip(self.columns.row_iter()).skip(start);
        for ((norm, exact), column) in norms.filter(|((norm, _), _)| needed(**norm)) {
            *norm = reduce::norm(&column[start..]);
            *exact = *norm;
        }
    }

    /// Factors columns `start..end`, or fewer: it ends early when a norm has to be computed afresh, as the columns
    /// right of the panel are not up to date. Such norms become negative. Returns where it ended.
    fn panel(&mut self, start: usize, end: usize) -> Result<usize, Error> {
        let (n, m) = (self.columns.rows(), self.columns.cols());
        let mut lost = false;
        let mut small = [T::zero(); PANEL];
        let mut row = vec![T::zero(); n];
        for j in start..end {
            let terms = j - start;
            let pivot = (j + 1..n).fold(j, |best, i| if self.norms[i] > self.norms[best] { i } else { best });
            self.exchange(j, pivot, terms);

            // The column as the panel so far makes it, and its reflector.
            let known = &mut small[..terms];
            for (f, products) in known.iter_mut().zip(self.products.row_iter()) {
                *f = -products[j];
            }
            let (before, column) = self.vectors.as_mut_slice().split_at_mut(j * m);
            let (before, column) = (&before[start * m..], &mut column[j..m]);
            let previous = before.get(j..).unwrap_or(&[]);
            column.copy_from_slice(&self.columns.row(j)[j..]);
            add_combination(previous, m, known, column);
            (self.tau[j], self.diagonal[j]) = reflector(column);
            if j + 1 == n {
                return Ok(end);
            }

            // f = τ (Aᵀ v − F Vᵀ v)
            multiply_rows(previous, m, column, known);
            known.iter_mut().for_each(|x| *x = -*x);
            let (products, product) = self.products.as_mut_slice().split_at_mut(terms * n);
            let product = &mut product[j + 1..n];
            let rest = &self.columns.as_slice()[(j + 1) * m + j..];
            if (n - j) * (m - j) < LARGE {
                multiply_rows(rest, m, column, product);
            } else {
                let v = MatRef::row_major(column, m - j, 1);
                product.par_chunks_mut(STRIP).enumerate().try_for_each(|(strip, out)| {
                    let (first, height) = (strip * STRIP, out.len());
                    let rows = block(rest, m, first..first + height, 0..m - j)?;
                    gemm(T::one(), rows, v, T::zero(), &mut MatMut::row_major(out, height, 1), &mut Packing::new());
                    Ok::<(), Error>(())
                })?;
            }
            add_combination(products.get(j + 1..).unwrap_or(&[]), n, known, product);
            product.iter_mut().for_each(|x| *x *= self.tau[j]);

            // Row j of R, and what it leaves of the norms.
            let known = &mut small[..=terms];
            for (x, l) in known.iter_mut().zip(start..) {
                *x = self.vectors[(l, j)];
            }
            let row = &mut row[j + 1..];
            row.fill(T::zero());
            add_combination(&self.products.as_slice()[j + 1..], n, known, row);
            for (i, &change) in (j + 1..n).zip(&*row) {
                let entry = &mut self.columns.as_mut_slice()[i * m + j];
                *entry -= change;
                lost |= downdate(&mut self.norms[i], self.exact[i], *entry);
            }
            if lost {
                return Ok(j + 1);
            }
        }
        Ok(end)
    }

    /// Exchanges columns `j` and `pivot`, of which `terms` entries of the panel's products are in use.
    fn exchange(&mut self, j: usize, pivot: usize, terms: usize) {
        if pivot == j {
            return;
        }
        self.columns.swap_rows(j, pivot);
        self.permutation.swap(j, pivot);
        self.norms.swap(j, pivot);
        self.exact.swap(j, pivot);
        for l in 0..terms {
            self.products.row_mut(l).swap(j, pivot);
        }
    }

    /// `A ← A − V Fᵀ` right of and below the panel; then norms that were lost.
    fn update(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let (n, m) = (self.columns.rows(), self.columns.cols());
        let (vectors, products) = (self.vectors.as_slice(), self.products.as_slice());
        if end < m {
            let rest = &mut self.columns.as_mut_slice()[end * m..];
            for_each_strip(rest, m, STRIP, &mut self.packing, |row, strip, packing| {
                let (first, height) = (end + row, strip.len() / m);
                let f = block(products, n, 0..end - start, first..first + height)?.transposed();
                let vt = block(vectors, m, start..end, end..m)?;
                gemm(-T::one(), f, vt, T::one(), &mut block_mut(strip, m, 0..height, end..m)?, packing);
                Ok(())
            })?;
        }
        self.measure(end, |norm| norm < T::zero());
        Ok(())
    }
}

/// `‖x_{j+1..}‖² = ‖x_{j..}‖² − x_j²`, for the norm of a column and its next entry. Once too many digits have cancelled
/// since the norm was `exact` (Drmač and Bujanović, 2008) it becomes −1 instead, and the answer yes.
fn downdate<T: Scalar>(norm: &mut T, exact: T, entry: T) -> bool {
    if *norm <= T::zero() {
        return false;
    }
    let ratio = entry / *norm;
    let left = ((T::one() + ratio) * (T::one() - ratio)).max(T::zero());
    let drop = *norm / exact;
    if left * drop * drop <= T::EPSILON.sqrt() {
        *norm = -T::one();
        return true;
    }
    *norm *= left.sqrt();
    false
}
