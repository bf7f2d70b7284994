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
const CYCLIC: &str = "CyclicThomas::factor (which does not pivot: linalg::Lu takes any regular matrix)";

impl<T: Scalar> Thomas<T> {
    /// Factors the matrix `[n, n]` with these entries below, on and above its diagonal: `[n − 1]`, `[n]`, `[n − 1]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the lengths do not fit or n is 0, [`Error::NonFinite`], and [`Error::Singular`] at a
    /// pivot that is zero to working precision.
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
            // All of the pivot that rounding leaves.
            if pivot.abs() <= T::EPSILON * scale || !pivot.is_finite() {
                return Err(Error::Singular { operation: FACTOR, pivot: i });
            }
            reciprocals[i] = T::one() / pivot;
            if i + 1 < n {
                scaled[i] = upper[i] * reciprocals[i];
            }
        }
        Ok(Thomas { multipliers, reciprocals, upper: scaled })
    }

    /// Replaces the right-hand side `[n]` by the solution. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] if it has another length.
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
        Ok(())
    }
}

/// A tridiagonal matrix with entries in its two far corners, as periodic boundary conditions give: a [`Thomas`]
/// factorisation with a correction of rank one (Sherman and Morrison, 1950).
///
/// ```
/// use eigennet::differential::finite_difference::CyclicThomas;
/// let factored = CyclicThomas::factor(&[-1.0; 4], &[3.0; 4], &[-1.0; 4])?;
/// let mut x = [1.0_f64; 4]; // rows sum to 1
/// factored.solve_in_place(&mut x)?;
/// assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-15));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CyclicThomas<T> {
    inner: Thomas<T>,
    /// A₀⁻¹ u, where A = A₀ + u vᵀ, v = (1, 0, …, 0, ratio).
    correction: Vec<T>,
    ratio: T,
    /// 1/(1 + vᵀ A₀⁻¹ u).
    reciprocal: T,
}

impl<T: Scalar> CyclicThomas<T> {
    /// Factors the matrix `[n, n]`, n ≥ 3, whose row i holds `lower[i]` at i − 1, `diagonal[i]` at i and `upper[i]` at
    /// i + 1, all columns modulo n.
    ///
    /// # Errors
    /// As [`Thomas::factor`]; [`Error::Shape`] unless all have length n ≥ 3.
    pub fn factor(lower: &[T], diagonal: &[T], upper: &[T]) -> Result<Self> {
        let n = diagonal.len();
        if n < 3 || lower.len() != n || upper.len() != n {
            return Err(Error::shape("CyclicThomas::factor", &[lower.len(), n, upper.len()], &[n.max(3); 3]));
        }
        Error::check_finite("lower band of CyclicThomas::factor", lower)?;
        Error::check_finite("upper band of CyclicThomas::factor", upper)?;
        // A = A₀ + u vᵀ with u = (γ, 0, …, 0, corner), v = (1, 0, …, 0, other/γ).
        let (corner, other) = (upper[n - 1], lower[0]);
        let gamma = if diagonal[0] == T::zero() { -T::one() } else { -diagonal[0] };
        let ratio = other / gamma;
        let mut inner_diagonal = diagonal.to_vec();
        inner_diagonal[0] -= gamma;
        inner_diagonal[n - 1] -= corner * ratio;
        let inner = Thomas::factor(&lower[1..], &inner_diagonal, &upper[..n - 1])?;
        let mut correction = vec![T::zero(); n];
        correction[0] = gamma;
        correction[n - 1] = corner;
        inner.solve_in_place(&mut correction)?;
        let tail = ratio * correction[n - 1];
        let denominator = T::one() + correction[0] + tail;
        let scale = T::one() + correction[0].abs() + tail.abs();
        if denominator.abs() <= T::of(4.0) * T::EPSILON * scale || !denominator.is_finite() {
            return Err(Error::Singular { operation: CYCLIC, pivot: n - 1 });
        }
        Ok(CyclicThomas { inner, correction, ratio, reciprocal: T::one() / denominator })
    }

    /// Replaces the right-hand side `[n]` by the solution. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] if it has another length.
    pub fn solve_in_place(&self, x: &mut [T]) -> Result<()> {
        self.inner.solve_in_place(x)?;
        let factor = (x[0] + self.ratio * x[x.len() - 1]) * self.reciprocal;
        x.iter_mut().zip(&self.correction).for_each(|(x, &c)| *x -= factor * c);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
