//! What a SpectralNet fit returns, and what points that it has not used say of it.

use std::fmt;

use super::functions::SpectralFunctions;
use super::part::Part;
use super::ritz::laplacian_of;
use crate::linalg::Matrix;
use crate::optim::TrainingOutcome;
use crate::{Result, Scalar};

/// Eigenfunctions, how the training ended, and what points apart say of them.
#[derive(Debug, Clone)]
pub struct SpectralNetFit<T> {
    /// The functions.
    pub functions: SpectralFunctions<T>,
    /// How the training ended.
    pub outcome: TrainingOutcome,
    /// The functions on points that neither the training nor their combination has used. `None` where none were held out.
    pub checked: Option<Checked>,
}

/// What points say that were held out. The functions are those of the network combined without these points; the
/// ones that a fit returns are combined with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Their eigenvalues on the points of the training.
    pub trained: Vec<f64>,
    /// Their Rayleigh quotients on the points held out, Σᵢ ½ Σⱼ wᵢⱼ (fᵢ − fⱼ)²/Σᵢ dᵢ fᵢ², j over all neighbours.
    pub levels: Vec<f64>,
    /// The standard error of these, as the points held out are a random sample.
    pub errors: Vec<f64>,
    /// ‖Pf − (1 − λ)f‖/‖f‖ over the points held out, P = D⁻¹W, or ‖(D − W)f − λf‖/‖f‖: an eigenvalue of the graph lies
    /// about so near. Half of what neighbours differ by at random is in it, so that it does not fall to 0.
    pub residuals: Vec<f64>,
}

/// An eigenvalue that is not to be trusted: it depends on the points it was computed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    /// The first such level, counted from 0.
    pub level: usize,
    /// Its value on the points of the training.
    pub trained: f64,
    /// Its value on the others.
    pub checked: f64,
    /// The standard error of that.
    pub error: f64,
    /// Its [residual](Checked::residuals) there.
    pub residual: f64,
}

/// Levels of two sets of points agree to this, relative to themselves, beside four standard errors.
const AGREEMENT: f64 = 0.1;

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Doubt { level, trained, checked, error, residual } = self;
        write!(
            f,
            "level {level} is {trained:.3e} on the points of the training and {checked:.3e} ± {error:.1e} on others (residual \
             {residual:.1e}): the network follows its points too closely, or not yet; take more points, a smaller network, \
             or more steps"
        )
    }
}

impl<T> SpectralNetFit<T> {
    /// The first level that differs on the points held out by more than a tenth and four standard errors; `None` if there
    /// is none, or nothing was [checked](Self::checked).
    pub fn doubt(&self) -> Option<Doubt> {
        let Checked { trained, levels, errors, residuals } = self.checked.as_ref()?;
        let doubts = (0..levels.len()).map(|level| Doubt {
            level,
            trained: trained[level],
            checked: levels[level],
            error: errors[level],
            residual: residuals[level],
        });
        // NaN is doubted as well; the constant is exact, but for rounding.
        doubts.skip(1).find(|doubt| {
            let allowed =
                AGREEMENT * doubt.trained.abs().max(doubt.checked.abs()) + 4.0 * doubt.error + f64::from(f32::EPSILON);
            !((doubt.trained - doubt.checked).abs() <= allowed)
        })
    }
}

impl Checked {
    /// Of functions `[n, k]` at all points of a graph, on some of the points.
    pub(super) fn new<T: Scalar>(all: &Part<T>, held: &[usize], functions: &Matrix<T>, trained: &[T]) -> Result<Self> {
        let image = laplacian_of(all, functions)?;
        let k = functions.cols();
        let mut out = Checked {
            trained: trained.iter().map(|&value| Scalar::to_f64(value)).collect(),
            levels: Vec::with_capacity(k),
            errors: Vec::with_capacity(k),
            residuals: Vec::with_capacity(k),
        };
        for level in 0..k {
            let value = trained[level].to_f64();
            let (mut parts, mut square) = (Vec::with_capacity(held.len()), 0.0);
            for &i in held {
                let own = functions[(i, level)].to_f64();
                let (others, row) = all.weights.row(i);
                let energy = others
                    .iter()
                    .zip(row)
                    .map(|(&j, &w)| w.to_f64() * (own - functions[(j as usize, level)].to_f64()).powi(2));
                let mass = all.mass(i).to_f64();
                parts.push([0.5 * energy.sum::<f64>() / all.total.to_f64(), mass * own * own]);
                if mass > 0.0 {
                    square += (image[(i, level)].to_f64() - value * mass * own).powi(2) / mass;
                }
            }
            let [energy, norm] = [0, 1].map(|part| parts.iter().map(|p| p[part]).sum::<f64>());
            let quotient = energy / norm;
            let scatter = parts.iter().map(|[energy, norm]| (energy - quotient * norm).powi(2)).sum::<f64>();
            out.levels.push(quotient);
            out.errors.push(scatter.sqrt() / norm);
            out.residuals.push((square / norm).sqrt());
        }
        Ok(out)
    }
}
