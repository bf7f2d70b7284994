//! What a SpectralNet lowers, in the energies E and the covariance C of its outputs.

use crate::autodiff::Var;

/// With E = Σ wᵢⱼ ΔΔᵀ, Δ = f(xᵢ) − f(xⱼ), over the edges of a batch and C the covariance of f over its points, both
/// estimates of the sums over the graph: each is least where the outputs span the eigenfunctions of the smallest
/// eigenvalues. δ is 10⁻⁶ of the mean variance tr C/q.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// ln det(E + δI) − ln det(C + δI) + 10⁻³ ln²(tr C/q), Σ ln λ at the minimum: every level counts by its relative
    /// error. For connected graphs: eigenvalues 0 would leave it without a bound.
    LogDeterminant,
    /// tr((C + δI)⁻¹(E + δI)) + 10⁻³ ln²(tr C/q), Σ λ at the minimum.
    Trace,
    /// tr(S E), S the inverse of the second moments of the outputs over another batch, a constant to the gradient: the
    /// energies of outputs that an orthonormalisation layer has passed (Shaham et al., 2018).
    Orthonormalized {
        /// Points of that batch.
        batch: usize,
    },
}

/// δ by the mean variance.
const RIDGE: f64 = 1e-6;
/// The weight of ln²(tr C/q), which keeps the scale that the rest leaves free.
const SCALE_WEIGHT: f64 = 1e-3;
/// S, as input.
pub(super) const METRIC: &str = "metric";

impl Loss {
    /// Records the loss of E and C, both `[q, q]`.
    pub(super) fn record<'g>(self, energy: Var<'g>, covariance: Var<'g>) -> Var<'g> {
        let (g, q) = (energy.graph(), energy.width());
        if let Loss::Orthonormalized { .. } = self {
            return (energy * g.fixed_input(METRIC, [q, q])).sum();
        }
        let variance = covariance.trace() * (1.0 / q as f64);
        let identity: Vec<f64> = (0..q * q).map(|i| if i % (q + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let ridge = RIDGE * variance * g.matrix([q, q], &identity);
        let (energy, covariance) = (energy + ridge, covariance + ridge);
        let loss = match self {
            Loss::LogDeterminant => energy.log_determinant() - covariance.log_determinant(),
            _ => {
                let lower = covariance.cholesky();
                lower.solve_lower(lower.solve_lower(energy).transpose()).trace()
            }
        };
        loss + SCALE_WEIGHT * variance.ln().square()
    }
}
