//! LU factorisation with partial pivoting.

use super::block::block_mut;
use super::condition::Condition;
use super::{Matrix, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::axpy;

/// Columns factored before the rest of the matrix is updated.
const PANEL: usize = 48;

/// `P A = L U`: `P` a permutation of rows, `L` unit lower triangular, `U` upper triangular.
///
/// ```
/// use eigennet::linalg::{Lu, Matrix};
/// let lu = Lu::factor(&Matrix::from_vec(2, 2, vec![0.0, 2.0, 1.0, 3.0])?)?;
/// assert_eq!(lu.determinant(), -2.0);
/// assert_eq!(lu.solve(&Matrix::from_vec(2, 1, vec![2.0, 5.0])?)?.as_slice(), [2.0, 1.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lu<T> {
    /// U on and above the diagonal, L below it.
    factors: Matrix<T>,
    permutation: Vec<usize>,
    swaps: usize,
    condition: Condition,
}

impl<T: Scalar> Lu<T> {
    /// Factors a square matrix, singular or not.
    ///
    /// # Errors
    /// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
    /// [`Error::InvalidArgument`] if an entry of a factor overflows.
    #[inline(never)]
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        Self::factor_in_place(a.clone())
    }

    /// As [`factor`](Self::factor), in the memory of the matrix.
    ///
    /// # Errors
    /// As [`factor`](Self::factor).
    pub fn factor_in_place(a: Matrix<T>) -> Result<Self, Error> {
        checks::square("Lu::factor", &a)?;
        let n = a.rows();
        let mut lu = Lu { factors: a, permutation: (0..n).collect(), swaps: 0, condition: Condition::default() };
        let mut packing = Packing::new();
        for start in (0..n).step_by(PANEL) {
            let end = (start + PANEL).min(n);
            lu.factor_panel(start, end);
            // U₁₂ = L₁₁⁻¹ A₁₂, then A₂₂ ← A₂₂ − L₂₁ U₁₂.
            let (width, rest) = (end - start, n - end);
            let mut upper = lu.factors.submatrix(start..end, end..n);
            let corner = &lu.factors.as_slice()[start * n + start..];
            let unit = Triangular::lower().unit_diagonal();
            unit.solve_in_place(corner, n, width, upper.as_mut_slice(), rest)?;
            lu.factors.write_block(start, end, &upper);
            let lower = lu.factors.submatrix(end..n, start..end);
            let mut target = block_mut(lu.factors.as_mut_slice(), n, end..n, end..n)?;
            gemm(-T::one(), lower.view(), upper.view(), T::one(), &mut target, &mut packing);
        }
        checks::factor("Lu::factor", lu.factors.as_slice())?;
        Ok(lu)
    }

    /// Eliminates columns `start..end` below the diagonal; rows are exchanged in full.
    fn factor_panel(&mut self, start: usize, end: usize) {
        let n = self.factors.cols();
        for j in start..end {
            let magnitude = |i: usize| self.factors[(i, j)].abs();
            let pivot = (j + 1..n).fold(j, |best, i| if magnitude(i) > magnitude(best) { i } else { best });
            let (head, tail) = self.factors.as_mut_slice().split_at_mut((j + 1) * n);
            let row = &mut head[j * n..];
            if pivot != j {
                row.swap_with_slice(&mut tail[(pivot - j - 1) * n..(pivot - j) * n]);
                self.permutation.swap(j, pivot);
                self.swaps += 1;
            }
            if row[j] == T::zero() {
                continue;
            }
            for other in tail.chunks_exact_mut(n) {
                other[j] /= row[j];
                axpy(-other[j], &row[j + 1..end], &mut other[j + 1..end]);
            }
        }
    }

    /// `L` `[n, n]`, unit lower triangular.
    pub fn lower(&self) -> Matrix<T> {
        let n = self.factors.rows();
        Matrix::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => T::zero(),
            std::cmp::Ordering::Equal => T::one(),
            std::cmp::Ordering::Greater => self.factors[(i, j)],
        })
    }

    /// `U` `[n, n]`, upper triangular.
    pub fn upper(&self) -> Matrix<T> {
        let n = self.factors.rows();
        Matrix::from_fn(n, n, |i, j| if i > j { T::zero() } else { self.factors[(i, j)] })
    }

    /// `Ok(())` if no pivot is of modulus `threshold` or less.
    ///
    /// # Errors
    /// [`Error::Singular`] of the `operation`, with the first such pivot.
    pub fn check_pivots(&self, operation: &'static str, threshold: T) -> Result<(), Error> {
        match self.factors.diagonal().iter().position(|u| u.abs() <= threshold) {
            Some(pivot) => Err(Error::Singular { operation, pivot }),
            None => Ok(()),
        }
    }

    /// Row `i` of `P A` is row `permutation()[i]` of `A`.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// The solution `X` `[n, k]` of `A X = B`. The first one looks at the condition of the matrix as well, in about ten
    /// multiplications for each entry of it.
    ///
    /// # Errors
    /// [`Error::Shape`] if `B` has another number of rows, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::Singular`] if rounding leaves no digit of a solution, `ε ‖ C |A⁻¹| |L| |U| C⁻¹ ‖_∞ ≥ n/8`, C the sizes of the
    /// columns (units of equations and unknowns do not count); [`Error::InvalidArgument`] if the solution overflows.
    #[inline(never)]
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        checks::right_hand_sides("Lu::solve", self.factors.rows(), b)?;
        let halves = [Triangular::lower().unit_diagonal(), Triangular::upper()];
        let n = self.factors.rows();
        self.condition.check(
            "Lu::solve",
            || [self.lower(), self.upper()],
            |x, transposed| {
                let [first, second] = if transposed { [halves[1].transpose(), halves[0].transpose()] } else { halves };
                first.solve_in_place(self.factors.as_slice(), n, n, x, 1)?;
                second.solve_in_place(self.factors.as_slice(), n, n, x, 1)
            },
        )?;
        self.substitute(b)
    }

    /// As [`solve`](Self::solve), whatever the condition: for inverse iteration, where a nearly singular matrix is what is
    /// wanted, and for those who look at it themselves.
    #[inline(never)]
    pub(crate) fn substitute(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let (n, k) = (self.factors.rows(), b.cols());
        checks::right_hand_sides("Lu::solve", n, b)?;
        let mut x = Matrix::from_fn(n, k, |i, j| b[(self.permutation[i], j)]);
        for half in [Triangular::lower().unit_diagonal(), Triangular::upper()] {
            half.solve_in_place(self.factors.as_slice(), n, n, x.as_mut_slice(), k)?;
        }
        checks::solution("Lu::solve", x.as_slice())?;
        Ok(x)
    }

    /// `A⁻¹`. To solve a system use [`solve`](Self::solve), which is faster and more accurate.
    ///
    /// # Errors
    /// [`Error::Singular`] as of [`solve`](Self::solve), [`Error::InvalidArgument`] if an entry overflows.
    pub fn inverse(&self) -> Result<Matrix<T>, Error> {
        self.solve(&Matrix::identity(self.factors.rows()))
    }

    /// `det A`; 1 if empty. It may over- or underflow where [`log_determinant`](Self::log_determinant) does not.
    pub fn determinant(&self) -> T {
        let sign = if self.swaps.is_multiple_of(2) { T::one() } else { -T::one() };
        self.factors.diagonal().into_iter().fold(sign, |product, pivot| product * pivot)
    }

    /// `(sign, ln |det A|)` with `det A = sign · e^ln`; `(0, −∞)` if singular.
    pub fn log_determinant(&self) -> (T, T) {
        let pivots = self.factors.diagonal();
        if pivots.contains(&T::zero()) {
            return (T::zero(), T::neg_infinity());
        }
        let negative = pivots.iter().filter(|&&v| v < T::zero()).count() + self.swaps;
        let sign = if negative.is_multiple_of(2) { T::one() } else { -T::one() };
        (sign, pivots.into_iter().map(|v| v.abs().ln()).sum())
    }
}
