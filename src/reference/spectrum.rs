//! What it means to know a spectrum exactly.

use std::fmt;
use std::ops::Range;

use crate::error::Error;
use crate::linalg::Matrix;
use crate::{Result, Scalar};

/// One real eigenfunction on the plane, L²-normalised.
pub trait Eigenfunction: fmt::Debug + Send + Sync {
    /// ψ(x).
    fn value(&self, x: [f64; 2]) -> f64;

    /// ∇ψ(x); where ψ has a cusp or a kink, the mean of ∇ψ over the directions of approach.
    fn gradient(&self, x: [f64; 2]) -> [f64; 2];
}

/// The complete discrete spectrum of an operator `L = κ ∇² + c(x)` on the plane.
///
/// States are numbered from 0 in the order in which an eigensolver finds them: by eigenvalue,
/// largest first for `κ > 0`, smallest first for `κ < 0`. States of equal eigenvalue form a *level*
/// and are neighbours; their order inside the level is a convention that each spectrum states.
pub trait ExactSpectrum: fmt::Debug + Send + Sync {
    /// A name for tables, such as `"2-D hydrogen atom"`.
    fn name(&self) -> &'static str;

    /// κ, the factor of the Laplacian: `1.0` or `-1.0`.
    fn laplacian_factor(&self) -> f64;

    /// c(x), the factor of the multiplication part.
    fn multiplier(&self, x: [f64; 2]) -> f64;

    /// The eigenvalue of state `index`.
    fn eigenvalue(&self, index: usize) -> f64;

    /// The level of state `index`, from 0.
    fn level(&self, index: usize) -> usize;

    /// The states of `level`; its length is the degeneracy.
    fn level_states(&self, level: usize) -> Range<usize>;

    /// The quantum numbers of state `index`, as written in the literature.
    fn quantum_numbers(&self, index: usize) -> [i64; 2];

    /// The eigenfunction of state `index`.
    fn state(&self, index: usize) -> Box<dyn Eigenfunction>;

    /// The value of eigenfunction `index` at `x`. For many points, keep [`state`](Self::state).
    fn eigenfunction(&self, index: usize, x: [f64; 2]) -> f64 {
        self.state(index).value(x)
    }

    /// The first `states` eigenvalues, repeated by degeneracy.
    fn eigenvalues(&self, states: usize) -> Vec<f64> {
        (0..states).map(|i| self.eigenvalue(i)).collect()
    }
}

/// The levels that hold the first `states` states, each with **all** its states: the last range may
/// end beyond `states`.
///
/// ```
/// use eigennet::reference::{levels, Hydrogen2d};
/// assert_eq!(levels(&Hydrogen2d, 6), vec![0..1, 1..4, 4..9]);
/// ```
pub fn levels(spectrum: &dyn ExactSpectrum, states: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    while found.last().map_or(0, |r| r.end) < states {
        found.push(spectrum.level_states(found.len()));
    }
    found
}

/// Eigenfunctions and their gradients on a set of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled<T> {
    /// ψ, `[points, states]`.
    pub values: Matrix<T>,
    /// ∂ψ/∂x and ∂ψ/∂y, `[points, states]` each.
    pub gradients: [Matrix<T>; 2],
}

/// The first `states` eigenfunctions on `points` `[n, 2]`, computed in f64 and rounded to `T`.
///
/// # Errors
/// [`Error::Shape`] if `points` holds no whole number of points; [`Error::NonFinite`] if a coordinate is not finite.
///
/// ```
/// use eigennet::reference::{sample, Hydrogen2d};
/// let psi = sample::<f32>(&Hydrogen2d, 4, &[0.5, -1.0, 3.0, 4.0])?;
/// assert_eq!((psi.values.rows(), psi.values.cols()), (2, 4));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[inline(never)]
pub fn sample<T: Scalar>(spectrum: &dyn ExactSpectrum, states: usize, points: &[T]) -> Result<Sampled<T>> {
    let (pairs, rest) = points.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Error::shape("reference::sample", &[points.len()], &[pairs.len(), 2]));
    }
    Error::check_finite("points of reference::sample", points)?;
    let mut values = Matrix::zeros(pairs.len(), states);
    let mut gradients = [Matrix::zeros(pairs.len(), states), Matrix::zeros(pairs.len(), states)];
    for j in 0..states {
        let state = spectrum.state(j);
        for (i, point) in pairs.iter().enumerate() {
            let x = point.map(Scalar::to_f64);
            values[(i, j)] = T::of(state.value(x));
            for (block, slope) in gradients.iter_mut().zip(state.gradient(x)) {
                block[(i, j)] = T::of(slope);
            }
        }
    }
    Ok(Sampled { values, gradients })
}
