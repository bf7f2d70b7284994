//! Damped linear least squares: the step `δ` that minimises `|J δ + r|² + λ |δ|²`.

use crate::linalg::cholesky::{Workspace, solve_vector};
use crate::linalg::{Gram, Matrix, Qr};
use crate::par::team;
use crate::{Result, Scalar};

use super::{fit_matrix, multiply_transposed};

/// Which system of equations gives the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// `(JᵀJ + λI) δ = −Jᵀr`, `[p, p]`.
    Normal,
    /// `(JJᵀ + λI) y = −r`, `δ = Jᵀy`, `[m, m]`.
    Kernel,
    /// QR of `J` above `√λ I`, `[m + p, p]`.
    Qr,
}

/// Solves for several λ; the Gram matrix is formed once for each Jacobian. Except for [`System::Qr`],
/// nothing is allocated once the sizes are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Damped<T> {
    products: Gram<T>,
    gram: Matrix<T>,
    factor: Matrix<T>,
    cholesky: Workspace<T>,
    qr: Option<Qr<T>>,
    small: Vec<T>,
}

impl<T: Scalar> Damped<T> {
    /// Forms what does not depend on λ.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no memory for it, and those of a team.
    pub(crate) fn prepare(&mut self, system: System, jacobian: &Matrix<T>) -> Result<()> {
        let order = match system {
            System::Normal => jacobian.cols(),
            System::Kernel => jacobian.rows(),
            System::Qr => return Ok(()),
        };
        fit_matrix(&mut self.gram, order, order)?;
        fit_matrix(&mut self.factor, order, order)?;
        self.products.share_with(team());
        match system {
            System::Kernel => self.products.rows(jacobian, &mut self.gram),
            _ => self.products.columns(jacobian, &mut self.gram),
        }
    }

    /// The step `δ` `[p]` for residuals `r` `[m]` and `descent` `−Jᵀr` `[p]`, after [`prepare`](Self::prepare).
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] or [`Error::Singular`] if λ is too small for the arithmetic.
    pub(crate) fn solve(
        &mut self,
        system: System,
        jacobian: &Matrix<T>,
        residuals: &[T],
        descent: &[T],
        lambda: T,
        step: &mut [T],
    ) -> Result<()> {
        self.qr = None;
        match system {
            System::Normal | System::Kernel => self.factor(lambda)?,
            System::Qr => {
                let ([m, p], root) = (jacobian.shape(), lambda.sqrt());
                let mut stacked = Matrix::zeros(0, 0);
                fit_matrix(&mut stacked, m + p, p)?;
                stacked.as_mut_slice()[..m * p].copy_from_slice(jacobian.as_slice());
                (0..p).for_each(|i| stacked[(m + i, i)] = root);
                self.qr = Some(Qr::factor(&stacked)?);
            }
        }
        self.solve_again(system, jacobian, residuals, descent, step)
    }

    /// The same for other residuals, with the λ of the last [`solve`](Self::solve).
    pub(crate) fn solve_again(
        &mut self,
        system: System,
        jacobian: &Matrix<T>,
        residuals: &[T],
        descent: &[T],
        step: &mut [T],
    ) -> Result<()> {
        match (system, &self.qr) {
            (System::Qr, Some(qr)) => {
                let [m, p] = jacobian.shape();
                let mut right = Matrix::zeros(m + p, 1);
                right.as_mut_slice().iter_mut().zip(residuals).for_each(|(b, &r)| *b = -r);
                step.copy_from_slice(qr.solve(&right)?.as_slice());
                Ok(())
            }
            (System::Kernel, _) => {
                self.small.clear();
                self.small.extend(residuals.iter().map(|&r| -r));
                solve_vector(self.factor.as_slice(), residuals.len(), &mut self.small)?;
                multiply_transposed(jacobian, &self.small, step)
            }
            _ => {
                step.copy_from_slice(descent);
                solve_vector(self.factor.as_slice(), step.len(), step)
            }
        }
    }

    /// The largest diagonal entry of the Gram matrix.
    pub(crate) fn largest_diagonal(&self) -> f64 {
        let n = self.gram.rows();
        self.gram.as_slice().iter().step_by(n + 1).map(|&v| Scalar::to_f64(v)).fold(0.0, f64::max)
    }

    /// Factors the Gram matrix + λI.
    fn factor(&mut self, lambda: T) -> Result<()> {
        let n = self.gram.rows();
        for (i, (to, from)) in self.factor.as_mut_slice().chunks_mut(n.max(1)).zip(self.gram.row_iter()).enumerate() {
            to[..=i].copy_from_slice(&from[..=i]);
            to[i] += lambda;
        }
        self.cholesky.factor(self.factor.as_mut_slice(), n)
    }
}
