//! Computed eigenpairs against an exact spectrum, in one call.

use std::fmt;
use std::ops::Range;

use super::functions::Functions;
use super::metrics::{
    aligned_angles, level_distances, mean_square_overlap, normalized_gram, orthogonality, rayleigh_quotients,
    relative_errors, weak_form,
};
use crate::error::Error;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::quadrature::Quadrature;
use crate::reference::{ExactSpectrum, levels, sample};
use crate::{Result, Scalar};

/// What [`compare`] found. All figures are of the functions in the order given, no rotation between
/// levels; only [`ritz_eigenvalues`](Self::ritz_eigenvalues) mixes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Rayleigh quotients λ̂ᵢ = ⟨fᵢ, L fᵢ⟩/⟨fᵢ, fᵢ⟩ in the weak form.
    pub eigenvalues: Vec<f64>,
    /// The exact eigenvalues.
    pub exact: Vec<f64>,
    /// |λ̂ᵢ/λᵢ − 1|.
    pub relative_errors: Vec<f64>,
    /// Gram matrix of the functions scaled to norm 1.
    pub gram: Matrix<f64>,
    /// Largest absolute off-diagonal entry of `gram`.
    pub orthogonality: f64,
    /// Mean square of the off-diagonal entries of `gram`.
    pub mean_square_overlap: f64,
    /// The states of each level, all of them: the last range may end beyond the functions.
    pub levels: Vec<Range<usize>>,
    /// 1 − tr(P₁P₂)/k of each level.
    pub subspace_distances: Vec<f64>,
    /// Angle of each function to its exact counterpart, aligned inside its level, in radians.
    pub angles: Vec<f64>,
    /// Eigenvalues of the Rayleigh–Ritz problem on the span of all functions; `None` if the functions
    /// are too nearly dependent for it.
    pub ritz_eigenvalues: Option<Vec<f64>>,
}

/// Compares functions on a quadrature in the plane with the first states of an exact spectrum.
///
/// `values` and both `gradients` are `[points, states]`, row after row.
///
/// ```
/// use eigennet::{eigenfunctions::comparison::compare, quadrature::PolarGrid};
/// use eigennet::reference::{sample, Hydrogen2d};
/// let grid = PolarGrid::training().build::<f64>()?;
/// let psi = sample(&Hydrogen2d, 4, grid.points())?;
/// let [dx, dy] = &psi.gradients;
/// let found = compare(&Hydrogen2d, &grid, psi.values.as_slice(), [dx.as_slice(), dy.as_slice()])?;
/// assert!(found.max_relative_error() < 1e-12 && found.orthogonality < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if the sizes do not fit or the quadrature is not in the plane; [`Error::NonFinite`] for values that
/// are not finite, or a point on a singularity of the operator; [`Error::InvalidArgument`] for a function of norm 0;
/// [`Error::Singular`] if functions of one level are dependent.
#[inline(never)]
pub fn compare<T: Scalar>(
    spectrum: &dyn ExactSpectrum,
    quadrature: &Quadrature<T>,
    values: &[T],
    gradients: [&[T]; 2],
) -> Result<Comparison> {
    if quadrature.dimension() != 2 {
        return Err(Error::shape("compare", &[quadrature.dimension()], &[2]));
    }
    let points: Vec<f64> = quadrature.points().iter().map(|&x| Scalar::to_f64(x)).collect();
    let functions = Functions::new(values, quadrature.weights())?;
    let states = functions.count();
    let norms = functions.norms();
    let functions = functions.divided_by(&norms)?;
    let mut slopes = Vec::with_capacity(2);
    for gradient in gradients {
        let gradient = Functions::new(gradient, quadrature.weights())?;
        if gradient.count() != states {
            return Err(Error::shape(
                "compare",
                &[functions.points(), states],
                &[functions.points(), gradient.count()],
            ));
        }
        slopes.push(gradient.divided_by(&norms)?);
    }
    let levels = levels(spectrum, states);
    let all = levels.last().map_or(states, |l| l.end);
    let psi = sample::<f64>(spectrum, all, &points)?.values;
    let psi = Functions::new(psi.as_slice(), functions.weights())?;

    let multiplier: Vec<f64> = points.as_chunks::<2>().0.iter().map(|&x| spectrum.multiplier(x)).collect();
    let form = weak_form(&functions, &slopes, spectrum.laplacian_factor(), &multiplier)?;
    let gram = functions.gram();
    let eigenvalues = rayleigh_quotients(&form, &gram)?;
    let exact = spectrum.eigenvalues(states);
    Ok(Comparison {
        relative_errors: relative_errors(&eigenvalues, &exact)?,
        gram: normalized_gram(&functions)?,
        orthogonality: orthogonality(&functions)?,
        mean_square_overlap: mean_square_overlap(&functions)?,
        subspace_distances: level_distances(&functions, &psi, &levels)?,
        angles: aligned_angles(&functions, &psi, &levels)?,
        ritz_eigenvalues: ritz(&form, &gram, spectrum.laplacian_factor() > 0.0),
        eigenvalues,
        exact,
        levels,
    })
}

/// Ritz values, largest first if `descending`.
fn ritz(form: &Matrix<f64>, gram: &Matrix<f64>, descending: bool) -> Option<Vec<f64>> {
    let mut values = generalized_symmetric_eigen(form, gram).ok()?.values;
    values.sort_by(|a, b| if descending { b.total_cmp(a) } else { a.total_cmp(b) });
    Some(values)
}

impl Comparison {
    /// The largest of the relative eigenvalue errors.
    pub fn max_relative_error(&self) -> f64 {
        self.relative_errors.iter().fold(0.0, |m, &v| v.max(m))
    }

    /// The mean of the subspace distances over the levels.
    pub fn subspace_distance(&self) -> f64 {
        self.subspace_distances.iter().sum::<f64>() / self.subspace_distances.len().max(1) as f64
    }

    /// The largest relative error of the [`ritz_eigenvalues`](Self::ritz_eigenvalues).
    pub fn ritz_max_relative_error(&self) -> Option<f64> {
        let errors = relative_errors(self.ritz_eigenvalues.as_ref()?, &self.exact).ok()?;
        Some(errors.into_iter().fold(0.0, f64::max))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "state   eigenvalue          exact               relative error   angle")?;
        for i in 0..self.eigenvalues.len() {
            writeln!(
                f,
                "{i:>5}   {:<17.12}   {:<17.12}   {:<14.2e}   {:.2e}",
                self.eigenvalues[i], self.exact[i], self.relative_errors[i], self.angles[i]
            )?;
        }
        writeln!(f, "largest relative error {:.2e}", self.max_relative_error())?;
        writeln!(f, "orthogonality          {:.2e}", self.orthogonality)?;
        write!(f, "subspace distance      {:.2e}", self.subspace_distance())
    }
}

#[cfg(test)]
mod tests;
