//! What a SpectralNet fit returns, and what points that it has not used say of it.

use std::fmt;

use super::functions::SpectralFunctions;
use super::part::Part;
use super::ritz::laplacian_of;
use crate::linalg::Matrix;
use crate::optim::TrainingOutcome;
use crate::{Result, Scalar};

/// Eigenfunctions, and what speaks against them; `O` is how their training ended.
///
/// ```
/// use eigennet::graph::spectral_net::{Doubt, Loss};
/// use eigennet::graph::{Affinity, SpectralNet, data};
/// use eigennet::{Seed, optim::Trainer};
/// let circle = data::unit_circle::<f64>(&data::CircleSampling::Uniform.angles(300, Seed(0)));
/// let graph = Affinity::nearest(20).fit(&circle)?;
/// // As good as untrained: products with the kernel lower its eigenvalues by far.
/// let loss = Loss::Orthonormalized { batch: 256 };
/// let net = SpectralNet { loss, trainer: Trainer { steps: 1, ..Trainer::default() }, ..SpectralNet::paper(7) };
/// let fit = net.fit(&graph, &circle, Seed(0))?;
/// assert!(matches!(fit.doubt(), Some(Doubt::Lower { .. })));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpectralNetFit<T, O = TrainingOutcome> {
    /// The functions.
    pub functions: SpectralFunctions<T>,
    /// How the training ended.
    pub outcome: O,
    /// Eigenvalues of the graph are at most these (Courant and Fischer): those of the functions
    /// [refined](SpectralFunctions::refine) by four products.
    pub bounds: Vec<f64>,
    /// The first level [beyond](super::Refined::beyond) them.
    pub beyond: Option<f64>,
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

/// An eigenvalue that is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The graph has a lower one: the function is not settled.
    Lower {
        /// The first such level, counted from 0.
        level: usize,
        /// Its value.
        value: f64,
        /// What the graph's eigenvalue is at most.
        bound: f64,
    },
    /// It depends on the points it was computed on.
    Elsewhere {
        /// The first such level, counted from 0.
        level: usize,
        /// Its value on the points of the training.
        trained: f64,
        /// Its value on those held out.
        checked: f64,
        /// The standard error of that.
        error: f64,
        /// Its [residual](Checked::residuals) there.
        residual: f64,
    },
}

/// The share of a level, or of its distance to the first one beyond, that products with the kernel may take from it. The
/// latter share bounds the squared sine of the angle between function and eigenfunctions.
const SETTLED: f64 = 0.25;
/// Levels of two sets of points agree to this, relative to themselves, beside four standard errors.
const AGREEMENT: f64 = 0.1;

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Lower { level, value, bound } => write!(
                f,
                "level {level} is {value:.3e}, but the graph has one of at most {bound:.3e}: the function is not settled; \
                 train longer, take a larger network or a Ritz readout, or refine it"
            ),
            Doubt::Elsewhere { level, trained, checked, error, residual } => write!(
                f,
                "level {level} is {trained:.3e} on the points of the training and {checked:.3e} ± {error:.1e} on others \
                 (residual {residual:.1e}): the network follows its points; take more points or a smaller network"
            ),
        }
    }
}

impl<T: Scalar, O> SpectralNetFit<T, O> {
    /// The first level that products with the kernel lower by more than a quarter, both of itself and of its distance to the
    /// first one beyond; or else that differs on the points held out by more than a tenth and four standard errors. `None`
    /// if there is none.
    pub fn doubt(&self) -> Option<Doubt> {
        // The level of the constant is rounding.
        let rounding = 64.0 * T::EPSILON.to_f64() * self.bounds.iter().fold(1.0_f64, |most, &bound| most.max(bound));
        // NaN is doubted as well.
        let values = self.functions.values().iter().map(|&value| Scalar::to_f64(value));
        let lower = values.zip(&self.bounds).enumerate().map(|(level, (value, &bound))| (level, value, bound));
        let lower = lower.filter(|&(_, value, bound)| {
            let scale = self.beyond.map_or(value, |beyond| value.max(beyond - bound));
            let settled = value - bound <= SETTLED * scale + rounding;
            !settled
        });
        let lower = lower.map(|(level, value, bound)| Doubt::Lower { level, value, bound });
        let elsewhere = self.checked.as_ref().and_then(|checked| checked.doubt(rounding));
        lower.chain(elsewhere).next()
    }
}

impl Checked {
    fn doubt(&self, rounding: f64) -> Option<Doubt> {
        let Checked { trained, levels, errors, residuals } = self;
        let agrees = |level: &usize| {
            let [trained, checked] = [trained[*level], levels[*level]];
            let allowed = AGREEMENT * trained.abs().max(checked.abs()) + 4.0 * errors[*level] + rounding;
            (trained - checked).abs() <= allowed
        };
        (0..levels.len()).find(|level| !agrees(level)).map(|level| Doubt::Elsewhere {
            level,
            trained: trained[level],
            checked: levels[level],
            error: errors[level],
            residual: residuals[level],
        })
    }

    /// Of functions `[n, k]` at all points of a graph, on some of the points.
    #[inline(never)]
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
