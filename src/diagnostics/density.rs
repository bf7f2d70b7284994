//! Spectral densities of operators by stochastic Lanczos quadrature.

use super::trace::{check_probes, signs, symmetric};
use crate::eigen::checks::Products;
use crate::kernels::reduce::{axpy, dot, norm};
use crate::linalg::checks::room;
use crate::linalg::{LinearOperator, Matrix, symmetric_eigen};
use crate::{Error, Result, Scalar, Seed};

/// A density of eigenvalues as points with weights that sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDensity {
    /// Ritz values of all probes, ascending, each with its weight.
    pub nodes: Vec<(f64, f64)>,
}

impl SpectralDensity {
    /// The density at λ, each node widened to a normal law of deviation `width`.
    ///
    /// # Panics
    /// For a width that is not positive: no law has that deviation.
    pub fn at(&self, lambda: f64, width: f64) -> f64 {
        assert!(width > 0.0 && width.is_finite(), "a density of width {width}; give a positive one");
        let bell = |node: f64| (-0.5 * ((lambda - node) / width).powi(2)).exp();
        let scale = width * (2.0 * std::f64::consts::PI).sqrt();
        self.nodes.iter().map(|&(node, weight)| weight * bell(node)).sum::<f64>() / scale
    }

    /// The share of eigenvalues in an interval.
    pub fn share(&self, interval: std::ops::RangeInclusive<f64>) -> f64 {
        self.nodes.iter().filter(|(node, _)| interval.contains(node)).map(|(_, weight)| weight).sum()
    }

    /// Σ weight · λᵖ, the mean of λᵖ: exact up to the spread of the probes for p ≤ 2 steps − 1.
    pub fn moment(&self, power: i32) -> f64 {
        self.nodes.iter().map(|(node, weight)| weight * node.powi(power)).sum()
    }
}

/// The density of eigenvalues of a symmetric operator: from each of `probes` random vectors so many steps of Lanczos'
/// method, reorthogonalised in full, make a quadrature of the spectrum (Golub and Welsch, 1969; Lin, Saad and Yang, 2016).
///
/// ```
/// use eigennet::{Seed, diagnostics::spectral_density, linalg::Matrix};
/// let half = Matrix::from_fn(40, 40, |i, j| if i == j { f64::from(u8::from(i % 2 == 0)) } else { 0.0 });
/// let density = spectral_density(&half, 2, 10, Seed(0))?;
/// assert!((density.share(0.9..=1.1) - 0.5).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] for no steps or probes, for more than 2²⁰ probes or steps that no memory holds, and for an
/// operator that is not symmetric; [`Error::Shape`] for one that is not square; [`Error::NonFinite`] for products that are
/// not finite; and what the operator reports.
#[inline(never)]
pub fn spectral_density<T: Scalar>(
    operator: &dyn LinearOperator<T>,
    probes: usize,
    steps: usize,
    seed: Seed,
) -> Result<SpectralDensity> {
    check_probes("probes of spectral_density", probes, 1)?;
    Error::require(steps > 0, "steps of spectral_density", "none; give one or more")?;
    let (n, mut products, _) = symmetric("spectral_density", operator, seed)?;
    // The vectors of one probe are kept side by side.
    room::<T>("spectral_density", [n, steps.min(n)])?;
    let mut nodes = Vec::new();
    for probe in 0..probes {
        let tridiagonal = lanczos(&mut products, n, steps, seed.numbered(probe as u64))?;
        let pairs = symmetric_eigen(&tridiagonal)?;
        nodes.extend((0..pairs.values.len()).map(|k| {
            let first = Scalar::to_f64(pairs.vectors[(0, k)]);
            (Scalar::to_f64(pairs.values[k]), first * first / probes as f64)
        }));
    }
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(SpectralDensity { nodes })
}

/// Where a residual is taken for 0, relative to the largest entry so far.
const BREAKDOWN: f64 = 64.0;

/// The tridiagonal matrix of Lanczos' method from a vector of random signs; smaller than `steps` where the vector has
/// parts of so few eigenvectors only.
fn lanczos<T: Scalar>(products: &mut Products<'_, T>, n: usize, steps: usize, seed: Seed) -> Result<Matrix<T>> {
    let mut basis = vec![signs::<T>(n, seed)];
    let scale = T::of((n as f64).sqrt()).recip();
    basis[0].iter_mut().for_each(|v| *v *= scale);
    let (mut alphas, mut betas) = (Vec::<T>::new(), Vec::<T>::new());
    let mut largest = T::zero();
    loop {
        let mut next = products.apply(&basis[basis.len() - 1])?;
        alphas.push(dot(&basis[basis.len() - 1], &next));
        // Twice is enough (Parlett, 1980).
        for _ in 0..2 {
            for vector in &basis {
                let along = dot(vector, &next);
                axpy(-along, vector, &mut next);
            }
        }
        let beta = norm(&next);
        largest = largest.max(beta).max(alphas[alphas.len() - 1].abs());
        if alphas.len() == steps.min(n) || beta <= T::of(BREAKDOWN) * T::epsilon() * largest {
            break;
        }
        next.iter_mut().for_each(|v| *v /= beta);
        betas.push(beta);
        basis.push(next);
    }
    Ok(Matrix::from_fn(alphas.len(), alphas.len(), |i, j| match i.abs_diff(j) {
        0 => alphas[i],
        1 => betas[i.min(j)],
        _ => T::zero(),
    }))
}
