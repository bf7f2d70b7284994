//! Both ends of a spectrum, its trace and its density, from products alone.

use super::density::{SpectralDensity, spectral_density};
use super::trace::{TraceEstimate, trace};
use crate::eigen::{Lanczos, Which};
use crate::error::{Error, Unconverged};
use crate::linalg::{LinearOperator, Matrix};
use crate::{Result, Scalar, Seed};

/// What is computed of a spectrum, and so what it costs. The products with the operator are a few hundred for the two ends
/// (60 for each restart at the most), `probes` for the trace and `probes · steps` for the density, with two more each that
/// ask whether it is symmetric.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectrumSettings {
    /// Eigenpairs at the upper end; fewer where the order is less (default 5).
    pub largest: usize,
    /// Eigenpairs at the lower end (default 1). More of them may take long: of a Hessian they often lie close together.
    pub smallest: usize,
    /// Residuals of the pairs, relative to the norm of the operator (default 1e-9; of `f32` what rounding allows).
    pub tolerance: f64,
    /// Restarts of Lanczos' method (default 200). What has not converged by then is reported with its residual.
    pub restarts: usize,
    /// Random vectors for the trace and the density (default 8); fewer than 2 leave both out.
    pub probes: usize,
    /// Steps of Lanczos' method from each of them (default 40).
    pub steps: usize,
    /// Seed of all random vectors.
    pub seed: Seed,
}

impl Default for SpectrumSettings {
    fn default() -> Self {
        SpectrumSettings {
            largest: 5,
            smallest: 1,
            tolerance: 1e-9,
            restarts: 200,
            probes: 8,
            steps: 40,
            seed: Seed(0),
        }
    }
}

/// Eigenpairs at one end of a spectrum, the outermost first.
#[derive(Debug, Clone, PartialEq)]
pub struct End<T> {
    /// The eigenvalues λ.
    pub values: Vec<f64>,
    /// `‖A v − λ v‖`, computed afresh with the vectors: an eigenvalue of A lies within it of λ.
    pub residuals: Vec<f64>,
    /// Orthonormal eigenvectors, column by column, `[n, eigenpairs]`.
    pub vectors: Matrix<T>,
    /// Products that it took.
    pub products: usize,
    /// Whether all residuals met the tolerance.
    pub converged: bool,
}

/// What products tell of the spectrum of a symmetric operator.
///
/// ```
/// use eigennet::diagnostics::{Spectrum, SpectrumSettings};
/// use eigennet::linalg::Matrix;
/// // An article's example, eigenvalues (9 ± √17)/2.
/// let a = Matrix::from_vec(2, 2, vec![4.0_f64, 2.0, 2.0, 5.0])?;
/// let found = Spectrum::of(&a, &SpectrumSettings { largest: 1, ..SpectrumSettings::default() })?;
/// assert!((found.largest() - 6.5616).abs() < 1e-4 && (found.smallest() - 2.4384).abs() < 1e-4);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum<T> {
    /// The order of the operator.
    pub order: usize,
    /// The largest eigenvalues, descending.
    pub top: End<T>,
    /// The smallest, ascending.
    pub bottom: End<T>,
    /// The trace, and the sum of the squares of all eigenvalues.
    pub trace: Option<TraceEstimate>,
    /// The density of eigenvalues.
    pub density: Option<SpectralDensity>,
}

impl<T: Scalar> Spectrum<T> {
    /// By Lanczos' method at both ends, Hutchinson's estimate of the trace and stochastic Lanczos quadrature.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no eigenpairs and an operator that is not symmetric, [`Error::NonFinite`] for products
    /// that are not finite, and what the operator reports.
    #[inline(never)]
    pub fn of(operator: &dyn LinearOperator<T>, settings: &SpectrumSettings) -> Result<Self> {
        let order = operator.rows();
        Error::require(order > 0, "operator of Spectrum", "it is empty: there are no parameters; record at least one")?;
        let random = settings.probes >= 2;
        let (probes, seed) = (settings.probes, settings.seed);
        let density = |_| spectral_density(operator, probes, settings.steps, seed.child("density"));
        Ok(Spectrum {
            order,
            top: End::of(operator, Which::Largest, settings.largest, settings)?,
            bottom: End::of(operator, Which::Smallest, settings.smallest, settings)?,
            trace: random.then(|| trace(operator, probes, seed.child("trace"))).transpose()?,
            density: random.then_some(()).map(density).transpose()?,
        })
    }

    /// λ₁.
    pub fn largest(&self) -> f64 {
        self.top.values[0]
    }

    /// The smallest eigenvalue.
    pub fn smallest(&self) -> f64 {
        self.bottom.values[0]
    }

    /// The largest |λ|.
    pub fn norm(&self) -> f64 {
        self.largest().abs().max(self.smallest().abs())
    }

    /// Σλ/λ₁: how many eigenvalues of size λ₁ make up the trace. `None` without a trace, or where λ₁ is not positive.
    pub fn stable_rank(&self) -> Option<f64> {
        self.trace.filter(|_| self.largest() > 0.0).map(|trace| trace.trace / self.largest())
    }

    /// The share of eigenvalues with |λ| ≤ `fraction` · the largest |λ|. `None` without a density.
    pub fn small(&self, fraction: f64) -> Option<f64> {
        let bound = fraction * self.norm();
        self.density.as_ref().map(|density| density.share(-bound..=bound))
    }
}

/// Vectors between restarts at the lower end, beside two for each pair: of a Hessian eigenvalues lie close together there,
/// and a longer recurrence takes a quarter of the products.
const CROWDED: usize = 60;

impl<T: Scalar> End<T> {
    fn of(operator: &dyn LinearOperator<T>, which: Which<T>, k: usize, settings: &SpectrumSettings) -> Result<Self> {
        let lanczos = Lanczos {
            k: k.min(operator.rows()),
            which,
            // Products in `f32` have rounding errors of about a hundred units.
            tolerance: T::of(settings.tolerance).max(T::of(128.0) * T::epsilon()),
            max_iterations: settings.restarts,
            subspace: (which == Which::Smallest).then_some((2 * k.min(operator.rows()) + CROWDED).min(operator.rows())),
            seed: settings.seed.child("ends"),
            ..Lanczos::default()
        };
        match lanczos.solve(operator) {
            Ok(pairs) => Ok(End {
                values: pairs.values.into_iter().map(Scalar::to_f64).collect(),
                residuals: pairs.residuals.into_iter().map(Scalar::to_f64).collect(),
                vectors: pairs.vectors,
                products: pairs.products,
                converged: true,
            }),
            Err(Error::Unconverged(best)) if !best.values.is_empty() => Ok(End::unconverged(&best)),
            Err(error) => Err(error),
        }
    }

    fn unconverged(best: &Unconverged) -> Self {
        let [n, k] = [best.vectors[0].len(), best.values.len()];
        End {
            values: best.values.iter().map(|value| value.0).collect(),
            residuals: best.residuals.clone(),
            vectors: Matrix::from_fn(n, k, |i, j| T::of(best.vectors[j][i].0)),
            products: best.products,
            converged: false,
        }
    }
}
