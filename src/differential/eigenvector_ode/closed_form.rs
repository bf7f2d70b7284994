//! The exact solution.

use crate::kernels::reduce::{dot, norm};
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Error, Result, Scalar};

/// x(t) = |x₀| e^{sAt}x₀ / ‖e^{sAt}x₀‖ with s = |x₀|²: the flow is linear but for the length, which it keeps. The
/// exponential is taken in the eigenbasis, relative to its largest term, so that no time is too long.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedForm<T> {
    length: T,
    /// The eigenvalues, ascending.
    values: Vec<T>,
    /// Eigenvectors as rows.
    vectors: Matrix<T>,
    /// ln |Vᵀx₀| (−∞ for 0), and the sign.
    shares: Vec<(T, T)>,
}

impl<T: Scalar> ClosedForm<T> {
    /// From a start that was checked.
    pub(super) fn new(matrix: &Matrix<T>, start: &[T]) -> Result<Self> {
        let eigen = symmetric_eigen(matrix)?;
        let vectors = eigen.vectors.transpose();
        let share = |row: &[T]| {
            let share = dot(row, start);
            (share.abs().ln(), share.signum())
        };
        let shares = vectors.row_iter().map(share).collect();
        Ok(ClosedForm { length: norm(start), values: eigen.values, vectors, shares })
    }

    /// x(t) `[n]`; t may be negative.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `t` is not finite.
    #[inline(never)]
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        if !t.is_finite() {
            return Err(Error::invalid("t of ClosedForm::at", format!("{t} is no time; give a finite one")));
        }
        let bound = T::max_value();
        let time = (self.length * self.length * t).max(-bound).min(bound);
        let present = || self.shares.iter().zip(&self.values).filter(|((log, _), _)| log.is_finite());
        // What grows fastest among the terms there are.
        let mut leading = present().map(|(_, &value)| value);
        let leading = if t < T::zero() { leading.next() } else { leading.next_back() };
        let Some(leading) = leading else {
            return Err(Error::invalid("ClosedForm::at", "the start has no share in any eigenvector"));
        };
        let exponent = |log: T, value: T| (value - leading) * time + log;
        let largest = present().map(|(&(log, _), &v)| exponent(log, v)).fold(T::neg_infinity(), T::max);
        let mut out = vec![T::zero(); self.values.len()];
        for (((log, sign), &value), row) in self.shares.iter().zip(&self.values).zip(self.vectors.row_iter()) {
            if log.is_finite() {
                let weight = *sign * (exponent(*log, value) - largest).exp();
                out.iter_mut().zip(row).for_each(|(out, &v)| *out += weight * v);
            }
        }
        let factor = self.length / norm(&out);
        out.iter_mut().for_each(|v| *v *= factor);
        Ok(out)
    }

    /// |x₀|, which the flow keeps.
    pub fn length(&self) -> T {
        self.length
    }
}
