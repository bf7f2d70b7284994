//! How a damped step is computed: from one of three systems of equations, or from products alone.

use crate::optim::objective::in_domain;
use crate::optim::settings::fraction;
use crate::{Error, Result, Scalar};

use super::conjugate_gradient::conjugate_gradient;
use super::damped::System;
use super::{FitState, Residuals, multiply_transposed};

/// How the step `δ` that minimises `|Jδ + r|² + λ|δ|²` is computed, for `J` `[m, p]`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum StepSolver {
    /// [`Normal`](Self::Normal), or [`Kernel`](Self::Kernel) with more parameters than residuals.
    #[default]
    Auto,
    /// Cholesky of `JᵀJ + λI`, `[p, p]`: for more points than parameters.
    Normal,
    /// Cholesky of `JJᵀ + λI`, `[m, m]`, and `δ = Jᵀy` (Woodbury, 1950): for networks with more parameters than
    /// points. With more points than parameters the kernel is singular but for λ, and a small λ loses digits.
    Kernel,
    /// QR of `J` above `√λ I`, `[m + p, p]`: slower, but it does not square the condition number.
    Qr,
    /// Conjugate gradients on products with `J` and `Jᵀ`: no matrix is formed (Hessian-free: Martens, 2010).
    MatrixFree {
        /// Ends an inner iteration when its gradient has fallen by this factor, in [0, 1); 1e-6 is usual.
        tolerance: f64,
        /// The most products with `J` a step; 200 is usual.
        max_products: usize,
    },
}

impl StepSolver {
    pub(crate) fn check(self) -> Result<()> {
        let StepSolver::MatrixFree { tolerance, max_products } = self else { return Ok(()) };
        fraction("tolerance of StepSolver::MatrixFree", tolerance, 0.0, 1.0)?;
        Error::require(max_products > 0, "max_products of StepSolver::MatrixFree", "at least one; 200 is usual")
    }

    /// Whether it works on the Jacobian as a matrix.
    pub(crate) fn dense(self) -> bool {
        !matches!(self, StepSolver::MatrixFree { .. })
    }

    /// The system to be solved for `residuals`.
    pub(crate) fn system<T: Scalar>(self, residuals: &dyn Residuals<T>) -> System {
        let wide = residuals.parameter_count() > residuals.residual_count();
        match self {
            StepSolver::Kernel => System::Kernel,
            StepSolver::Qr => System::Qr,
            StepSolver::Auto if wide => System::Kernel,
            _ => System::Normal,
        }
    }

    /// The step of `state` for its damping; `false` if that is too small for the arithmetic.
    pub(crate) fn solve<T: Scalar>(self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<bool> {
        let system = self.system(residuals);
        let FitState { parameters, scratch, residuals: values, damping, .. } = state;
        if let StepSolver::MatrixFree { tolerance, max_products } = self {
            let [gradient, direction, _] = &mut scratch.small;
            gradient.clone_from(&scratch.descent);
            let [rest, product] = &mut scratch.large;
            rest.clone_from(values);
            let (limits, room) = ((*damping, tolerance, max_products), (gradient, direction, rest, product));
            return conjugate_gradient(residuals, parameters, limits, room, &mut scratch.step).map(|()| true);
        }
        if !scratch.prepared {
            scratch.damped.prepare(system, &scratch.jacobian)?;
            scratch.prepared = true;
        }
        let (jacobian, lambda) = (&scratch.jacobian, T::of(*damping));
        let solved = scratch.damped.solve(system, jacobian, values, &scratch.descent, lambda, &mut scratch.step);
        Ok(in_domain(solved)?.is_some())
    }

    /// After [`solve`](Self::solve), with its λ: the same for the vector `[m]` in `scratch.large[0]`, which is
    /// overwritten, in place of `r`; the result `[p]` is in `scratch.small[2]`.
    pub(crate) fn solve_again<T: Scalar>(
        self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
    ) -> Result<bool> {
        let system = self.system(residuals);
        let FitState { parameters, scratch, damping, .. } = state;
        let ([descent, direction, solution], [right, product]) = (&mut scratch.small, &mut scratch.large);
        descent.resize(parameters.len(), T::zero());
        solution.resize(parameters.len(), T::zero());
        match self.dense() {
            true => multiply_transposed(&scratch.jacobian, right, descent)?,
            false => residuals.jacobian_transpose_vector(parameters, right, descent)?,
        }
        descent.iter_mut().for_each(|d| *d = -*d);
        if let StepSolver::MatrixFree { tolerance, max_products } = self {
            let (limits, room) = ((*damping, tolerance, max_products), (descent, direction, right, product));
            return conjugate_gradient(residuals, parameters, limits, room, solution).map(|()| true);
        }
        let solved = scratch.damped.solve_again(system, &scratch.jacobian, right, descent, solution);
        Ok(in_domain(solved)?.is_some())
    }
}
