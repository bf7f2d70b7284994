//! How good computed eigenfunctions are: eigenvalues, orthogonality, subspaces, angles.

use std::ops::Range;

use super::alignment::align;
use super::functions::Functions;
use crate::Result;
use crate::error::Error;
use crate::linalg::{self, Matrix};

/// The Gram matrix of the functions scaled to norm 1: ⟨fᵢ, fⱼ⟩/(‖fᵢ‖‖fⱼ‖), `[k, k]`.
///
/// # Errors
/// [`Error::InvalidArgument`] for a function of norm 0.
pub fn normalized_gram(functions: &Functions) -> Result<Matrix<f64>> {
    Ok(functions.normalized()?.gram())
}

/// The largest absolute off-diagonal entry of the [`normalized_gram`] matrix; 0 for one function.
///
/// # Errors
/// As [`normalized_gram`].
pub fn orthogonality(functions: &Functions) -> Result<f64> {
    Ok(off_diagonal(&normalized_gram(functions)?).fold(0.0, |m, v| v.abs().max(m)))
}

/// The mean square of the off-diagonal entries of the [`normalized_gram`] matrix; 0 for one function.
///
/// # Errors
/// As [`normalized_gram`].
pub fn mean_square_overlap(functions: &Functions) -> Result<f64> {
    let k = functions.count();
    let sum: f64 = off_diagonal(&normalized_gram(functions)?).map(|v| v * v).sum();
    Ok(sum / (k * (k - 1)).max(1) as f64)
}

fn off_diagonal(gram: &Matrix<f64>) -> impl Iterator<Item = f64> {
    let k = gram.rows();
    (0..k * k).filter(move |i| i / k != i % k).map(move |i| gram.as_slice()[i])
}

/// The weak form of `L = κ ∇² + c(x)` on functions that vanish at the boundary,
///
/// ```text
/// a[i, j] = ⟨fᵢ, L fⱼ⟩ = ∫ c fᵢ fⱼ − κ ∇fᵢ·∇fⱼ,   [k, k]
/// ```
///
/// `gradients` holds ∂f/∂x, ∂f/∂y, …; `multiplier` c at the points.
///
/// # Errors
/// [`Error::Shape`] if the parts differ in size; [`Error::NonFinite`] if c is not finite at a point.
pub fn weak_form(
    functions: &Functions,
    gradients: &[Functions],
    laplacian_factor: f64,
    multiplier: &[f64],
) -> Result<Matrix<f64>> {
    if multiplier.len() != functions.points() {
        return Err(Error::shape("weak_form", &[functions.points()], &[multiplier.len()]));
    }
    Error::check_finite("multiplier of weak_form", multiplier)?;
    let mut form = functions.gram_with(multiplier);
    for gradient in gradients {
        if (gradient.count(), gradient.points()) != (functions.count(), functions.points()) {
            return Err(Error::shape(
                "weak_form",
                &[functions.points(), functions.count()],
                &[gradient.points(), gradient.count()],
            ));
        }
        for (a, g) in form.as_mut_slice().iter_mut().zip(gradient.gram().as_slice()) {
            *a -= laplacian_factor * g;
        }
    }
    Ok(form)
}

/// The Rayleigh quotients aᵢᵢ/gᵢᵢ of a [`weak_form`] and a Gram matrix.
///
/// # Errors
/// [`Error::Shape`] unless both are square and of one order; [`Error::InvalidArgument`] for a function of norm 0.
pub fn rayleigh_quotients(form: &Matrix<f64>, gram: &Matrix<f64>) -> Result<Vec<f64>> {
    let k = form.rows();
    if (form.cols(), gram.rows(), gram.cols()) != (k, k, k) {
        return Err(Error::shape("rayleigh_quotients", &[k, form.cols()], &[gram.rows(), gram.cols()]));
    }
    (0..k)
        .map(|i| {
            if gram[(i, i)] > 0.0 {
                Ok(form[(i, i)] / gram[(i, i)])
            } else {
                Err(Error::invalid(
                    format!("function {i}"),
                    format!("its norm² is {}; a function that vanished has no Rayleigh quotient", gram[(i, i)]),
                ))
            }
        })
        .collect()
}

/// |λ̂/λ − 1| for each state.
///
/// # Errors
/// [`Error::Shape`] if the lengths differ; [`Error::InvalidArgument`] if an exact value is 0.
pub fn relative_errors(computed: &[f64], exact: &[f64]) -> Result<Vec<f64>> {
    if computed.len() != exact.len() {
        return Err(Error::shape("relative_errors", &[computed.len()], &[exact.len()]));
    }
    if let Some(i) = exact.iter().position(|&v| v == 0.0) {
        return Err(Error::invalid("exact eigenvalues", format!("value {i} is 0; compare absolutely")));
    }
    Ok(computed.iter().zip(exact).map(|(a, b)| (a / b - 1.0).abs()).collect())
}

/// The distance of the spans of two sets of functions: 1 − tr(P₁P₂)/k, P the orthogonal projectors, k
/// the smaller dimension. It is the mean square sine of the [`principal_angles`], and computed as such,
/// so that it is meaningful far below machine epsilon.
///
/// # Errors
/// [`Error::Shape`] if the two live on different quadratures; [`Error::Singular`] if the functions of
/// a set are dependent.
pub fn subspace_distance(a: &Functions, b: &Functions) -> Result<f64> {
    let angles = principal_angles(a, b)?;
    Ok(angles.iter().map(|angle| angle.sin().powi(2)).sum::<f64>() / angles.len() as f64)
}

/// The [principal angles](linalg::principal_angles) between the spans of two sets of functions, ascending, in radians.
///
/// # Errors
/// As [`subspace_distance`].
pub fn principal_angles(a: &Functions, b: &Functions) -> Result<Vec<f64>> {
    a.check_points("principal_angles", b)?;
    linalg::principal_angles(&a.columns(), &b.columns())
}

/// The angle between fᵢ and gᵢ for each i, in radians, 0 to π.
///
/// # Errors
/// [`Error::Shape`] if the numbers of functions or points differ; [`Error::InvalidArgument`] for a function of norm 0.
pub fn angles(f: &Functions, g: &Functions) -> Result<Vec<f64>> {
    f.check_points("angles", g)?;
    if f.count() != g.count() {
        return Err(Error::shape("angles", &[f.count()], &[g.count()]));
    }
    let (f, g) = (f.normalized()?, g.normalized()?);
    (0..f.count())
        .map(|i| {
            // Kahan's formula: 2 atan2(‖f − g‖, ‖f + g‖), precise at 0 and at π.
            let pair = Functions::pair(&f, &g, i)?;
            let sum_and_difference =
                pair.combine(&Matrix::from_fn(2, 2, |i, j| if (i, j) == (1, 1) { -1.0 } else { 1.0 }))?;
            let norms = sum_and_difference.norms();
            Ok(2.0 * norms[1].atan2(norms[0]))
        })
        .collect()
}

/// The [`subspace_distance`] of each level: of the learned functions with the level's indices to the
/// span of *all* exact functions of the level. No function moves between levels.
///
/// # Errors
/// As [`align`] and [`subspace_distance`].
pub fn level_distances(learned: &Functions, exact: &Functions, levels: &[Range<usize>]) -> Result<Vec<f64>> {
    super::alignment::check_levels(levels, learned.count(), exact.count())?;
    levels
        .iter()
        .map(|level| {
            let found = learned.select(level.start..level.end.min(learned.count()))?;
            subspace_distance(&found, &exact.select(level.clone())?)
        })
        .collect()
}

/// The angle of each learned function to its exact counterpart, after [`align`]ment inside the levels.
///
/// # Errors
/// As [`align`].
pub fn aligned_angles(learned: &Functions, exact: &Functions, levels: &[Range<usize>]) -> Result<Vec<f64>> {
    let counterpart = align(learned, exact, levels)?.exact_to_learned(exact)?;
    angles(learned, &counterpart)
}

#[cfg(test)]
mod tests;
