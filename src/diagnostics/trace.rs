//! Traces by random probes.

use crate::eigen::checks::{self, Products};
use crate::linalg::LinearOperator;
use crate::{Error, Result, Scalar, Seed};

/// An estimate with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceEstimate {
    /// tr A.
    pub trace: f64,
    /// The standard error of the trace.
    pub error: f64,
    /// tr A², of a symmetric A the sum of the squares of its eigenvalues.
    pub squares: f64,
}

impl TraceEstimate {
    /// (Σ λ)² / Σ λ²: how many eigenvalues share the trace, for a matrix without negative ones.
    pub fn participation_ratio(&self) -> f64 {
        self.trace * self.trace / self.squares
    }
}

/// tr A of a symmetric operator by `probes` vectors of random signs: the mean of zᵀAz (Hutchinson, 1990), and that of ‖Az‖²,
/// which is tr A².
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
/// [`Error::InvalidArgument`] for fewer than 2 probes, which have no error, and for an operator that is not symmetric;
/// [`Error::Shape`] for one that is not square; [`Error::NonFinite`] for products that are not finite; and what the operator
/// reports.
#[inline(never)]
pub fn trace<T: Scalar>(operator: &dyn LinearOperator<T>, probes: usize, seed: Seed) -> Result<TraceEstimate> {
    let reason = format_args!("{probes}; give 2 or more, so that their spread can be seen");
    Error::require(probes >= 2, "probes of a trace", reason)?;
    let (n, mut products) = symmetric("trace", operator, seed)?;
    let (mut traces, mut squares) = (Vec::with_capacity(probes), 0.0);
    for probe in 0..probes {
        let z = signs::<T>(n, seed.numbered(probe as u64));
        let image = products.apply(&z)?;
        traces.push(z.iter().zip(&image).map(|(&z, &v)| Scalar::to_f64(z) * Scalar::to_f64(v)).sum::<f64>());
        squares += image.iter().map(|&v| Scalar::to_f64(v).powi(2)).sum::<f64>() / probes as f64;
    }
    let trace = traces.iter().sum::<f64>() / probes as f64;
    let variance = traces.iter().map(|t| (t - trace).powi(2)).sum::<f64>() / (probes - 1) as f64;
    Ok(TraceEstimate { trace, error: (variance / probes as f64).sqrt(), squares })
}

/// The order and the products of an operator that is square, symmetric, and as a whole here.
pub(super) fn symmetric<'a, T: Scalar>(
    what: &'static str,
    operator: &'a dyn LinearOperator<T>,
    seed: Seed,
) -> Result<(usize, Products<'a, T>)> {
    let n = checks::undivided(what, &checks::square(what, operator)?)?;
    let mut products = Products::new(what, operator);
    if let Err(refused) = checks::symmetric(what, operator) {
        // NaN is not symmetric either, but that is not what is wrong with it.
        products.apply(&vec![T::one(); n])?;
        return Err(refused);
    }
    checks::keeps_symmetry(what, &mut products, seed)?;
    Ok((n, products))
}

/// A vector of ±1.
pub(super) fn signs<T: Scalar>(n: usize, seed: Seed) -> Vec<T> {
    let mut random = seed.into_stream();
    (0..n).map(|_| if random.below(2) == 0 { T::one() } else { -T::one() }).collect()
}
