//! Traces by random probes.

use crate::eigen::checks::{self, Images, Products};
use crate::linalg::LinearOperator;
use crate::{Error, Result, Scalar, Seed};

/// The most random vectors that are taken: with a million the error is a thousandth of that of one.
const MAX_PROBES: usize = 1 << 20;

/// An estimate with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceEstimate {
    /// tr A.
    pub trace: f64,
    /// The standard error of the trace, widened where few probes tell it ([`trace`]): three of them hold the trace in 97
    /// cases of 100 or more, however small the order.
    pub error: f64,
    /// tr A², of a symmetric A the sum of the squares of its eigenvalues.
    pub squares: f64,
}

impl TraceEstimate {
    /// (Σ λ)² / Σ λ²: how many eigenvalues share the trace, for a matrix without negative ones; 0 for a matrix of zeros.
    pub fn participation_ratio(&self) -> f64 {
        if self.squares == 0.0 { 0.0 } else { (self.trace / self.squares.sqrt()).powi(2) }
    }
}

/// tr A of a symmetric operator by m = `probes` vectors z of random signs: the mean of zᵀAz (Hutchinson, 1990), and that of
/// ‖Az‖², which is tr A².
///
/// The mean of zᵀAz has the variance 2 Σ_{i≠j} aᵢⱼ² / m. The sum over what is beside the diagonal is the mean of ‖Ay − d∘y‖²
/// for random y, d the diagonal. The probes tell both, and so do the two vectors of normal numbers that A was asked with
/// whether it is symmetric: probes that happen to be equal tell nothing else apart from a diagonal matrix. The error is widened
/// by (m + 1)/(m − 1), the variance of Student's law with m + 1 degrees of freedom, which a matrix of rank one leaves.
///
/// ```
/// use eigennet::{Seed, diagnostics::trace, linalg::Matrix};
/// let diagonal = Matrix::from_diagonal(&[1.0, 2.0, 3.0]);
/// let found = trace(&diagonal, 4, Seed(0))?; // exact for a diagonal matrix
/// assert!((found.trace - 6.0).abs() < 1e-12 && found.error < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] for fewer than 2 probes, which have no error, or more than 2²⁰, for an operator that is not
/// symmetric, and where a sum of squares over- or underflows; [`Error::Shape`] for one that is not square;
/// [`Error::NonFinite`] for products that are not finite; and what the operator reports.
#[inline(never)]
pub fn trace<T: Scalar>(operator: &dyn LinearOperator<T>, probes: usize, seed: Seed) -> Result<TraceEstimate> {
    check_probes("probes of a trace", probes, 2)?;
    let (n, mut products, seen) = symmetric("trace", operator, seed)?;
    // The mean of z∘Az is the diagonal so far; what is left of the squares is beside it (Welford, 1962).
    let (mut diagonal, mut squares, mut beside) = (vec![0.0; n], 0.0, 0.0);
    for probe in 0..probes {
        let z = signs::<T>(n, seed.numbered(probe as u64));
        let image = products.apply(&z)?;
        for ((mean, &z), &v) in diagonal.iter_mut().zip(&z).zip(&image) {
            let value = Scalar::to_f64(z) * Scalar::to_f64(v);
            let off = value - *mean;
            *mean += off / (probe + 1) as f64;
            beside += off * (value - *mean);
            squares += value * value / probes as f64;
        }
    }
    let m = probes as f64;
    for [y, image] in &seen {
        let parts = y.iter().zip(image).zip(&diagonal);
        let off: f64 = parts.map(|((&y, &v), mean)| (Scalar::to_f64(v) - mean * Scalar::to_f64(y)).powi(2)).sum();
        // The diagonal is off by what is beside it, divided by m.
        beside += off * m / (m + 1.0);
    }
    let found = TraceEstimate {
        trace: diagonal.iter().sum(),
        error: (2.0 * beside / (m + 1.0) / m).sqrt() * (m + 1.0) / (m - 1.0),
        squares,
    };
    let sound = [found.trace, found.error, squares].iter().all(|v| v.is_finite())
        && (squares.is_normal() || diagonal.iter().all(|&v| v == 0.0));
    let reason = format_args!("the sum of its squared entries, {squares:e}, is out of range: scale it");
    Error::require(sound, "operator of trace", reason)?;
    Ok(found)
}

/// That there are as many probes as are needed, and no more than anybody can mean.
pub(super) fn check_probes(what: &'static str, probes: usize, least: usize) -> Result<()> {
    let reason = format_args!("{probes}; give {least} to {MAX_PROBES}: one alone has no error, and more say no more");
    Error::require((least..=MAX_PROBES).contains(&probes), what, reason)
}

/// The order and the products of an operator that is square, symmetric, and as a whole here, and two vectors of normal numbers
/// with their images.
pub(super) fn symmetric<'a, T: Scalar>(
    what: &'static str,
    operator: &'a dyn LinearOperator<T>,
    seed: Seed,
) -> Result<(usize, Products<'a, T>, Images<T>)> {
    let n = checks::undivided(what, &checks::square(what, operator)?)?;
    let mut products = Products::new(what, operator);
    if let Err(refused) = checks::symmetric(what, operator) {
        // NaN is not symmetric either, but that is not what is wrong with it.
        products.apply(&vec![T::one(); n])?;
        return Err(refused);
    }
    let seen = checks::symmetric_images(what, &mut products, seed)?;
    Ok((n, products, seen))
}

/// A vector of ±1.
pub(super) fn signs<T: Scalar>(n: usize, seed: Seed) -> Vec<T> {
    let mut random = seed.into_stream();
    (0..n).map(|_| if random.below(2) == 0 { T::one() } else { -T::one() }).collect()
}
