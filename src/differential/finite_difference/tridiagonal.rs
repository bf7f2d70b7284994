//! Tridiagonal systems.

use crate::differential::checks;
use crate::{Error, Result, Scalar};

/// A tridiagonal matrix factored as `L U` without pivoting (Thomas, 1949): stable for matrices that are diagonally
/// dominant or positive definite, in n divisions for the factors and none for a solve.
///
/// ```
/// use eigennet::differential::finite_difference::Thomas;
/// // −1, 2, −1: a discrete −u″.
/// let factored = Thomas::factor(&[-1.0, -1.0], &[2.0, 2.0, 2.0], &[-1.0, -1.0])?;
/// let mut x = [1.0_f64, 0.0, 1.0];
/// factored.solve_in_place(&mut x)?;
/// assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-15));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Thomas<T> {
    /// lᵢ / (pivot i − 1): the factor by which row i − 1 was taken from row i; 0 first.
    multipliers: Vec<T>,
    /// 1/pivot.
    reciprocals: Vec<T>,
    /// uᵢ / (pivot i); 0 last.
    upper: Vec<T>,
}

/// What a zero pivot means, in the words of [`Error::Singular`].
const FACTOR: &str = "Thomas::factor (which does not pivot: linalg::Lu takes any regular matrix)";

impl<T: Scalar> Thomas<T> {
    /// Factors the matrix `[n, n]` with these entries below, on and above its diagonal: `[n − 1]`, `[n]`, `[n − 1]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the lengths do not fit or n is 0, [`Error::NonFinite`], and [`Error::Singular`] at a
    /// pivot that is zero to working precision, whose reciprocal overflows, or from which on rounding takes half of all digits:
    /// what is taken from it is `1/√ε` times all that stands in its row and column.
    pub fn factor(lower: &[T], diagonal: &[T], upper: &[T]) -> Result<Self> {
        let n = diagonal.len();
        if n == 0 || lower.len() != n - 1 || upper.len() != n - 1 {
            let beside = n.saturating_sub(1);
            return Err(Error::shape("Thomas::factor", &[lower.len(), n, upper.len()], &[beside, n, beside]));
        }
        for (name, band) in [("lower", lower), ("diagonal", diagonal), ("upper", upper)] {
            Error::check_finite(&format!("{name} band of Thomas::factor"), band)?;
        }
        let [mut multipliers, mut reciprocals, mut scaled] = [(); 3].map(|()| vec![T::zero(); n]);
        for i in 0..n {
            let mut pivot = diagonal[i];
            let mut scale = pivot.abs();
            if i > 0 {
                multipliers[i] = lower[i - 1] * reciprocals[i - 1];
                pivot -= multipliers[i] * upper[i - 1];
                scale += (multipliers[i] * upper[i - 1]).abs();
            }
            reciprocals[i] = T::one() / pivot;
            let mut around = diagonal[i].abs();
            if i > 0 {
                around = around.max(lower[i - 1].abs()).max(upper[i - 1].abs());
            }
            if i + 1 < n {
                scaled[i] = upper[i] * reciprocals[i];
                around = around.max(lower[i].abs()).max(upper[i].abs());
            }
            // All of the pivot that rounding leaves, and how much the entries have grown on their way to it.
            let regular = pivot.abs() > T::EPSILON * scale && T::EPSILON.sqrt() * scale <= around;
            if !regular || ![pivot, reciprocals[i], scaled[i]].iter().all(|v| v.is_finite()) {
                return Err(Error::Singular { operation: FACTOR, pivot: i });
            }
        }
        Ok(Thomas { multipliers, reciprocals, upper: scaled })
    }

    /// Replaces the right-hand side `[n]` by the solution. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] if it has another length, [`Error::NonFinite`] if it holds NaN or an infinity, or the solution overflows.
    pub fn solve_in_place(&self, x: &mut [T]) -> Result<()> {
        checks::length("Thomas::solve_in_place", x.len(), self.reciprocals.len())?;
        let mut former = T::zero();
        for (x, &multiplier) in x.iter_mut().zip(&self.multipliers) {
            *x -= multiplier * former;
            former = *x;
        }
        let mut next = T::zero();
        for ((x, &reciprocal), &upper) in x.iter_mut().zip(&self.reciprocals).zip(&self.upper).rev() {
            *x = *x * reciprocal - upper * next;
            next = *x;
        }
        // What is no number on the right is none in the solution.
        Error::check_finite("solution of a tridiagonal system", x)
    }
}

#[cfg(test)]
mod tests;
