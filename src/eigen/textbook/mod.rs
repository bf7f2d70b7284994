//! The methods that textbooks name, one file each, behind one interface: to teach, to compare, to watch converge.
//!
//! Each is the method as it is printed, and each says on which matrices it works and how fast. For work of any size
//! [`symmetric_eigen`](crate::linalg::symmetric_eigen()) and its like are faster and need no assumption.
//!
//! | method | finds | of | error per iteration |
//! |---|---|---|---|
//! | [`Power`] | the k largest in modulus | any, their moduli real and distinct | × `\|λ₂/λ₁\|` |
//! | [`Inverse`] | the k nearest to a shift σ | any, their distances distinct | × `\|λ₁ − σ\| / \|λ₂ − σ\|` |
//! | [`RayleighQuotient`] | those its start leads to | any, real eigenvalues | cubed (squared if nonsymmetric) |
//! | [`Orthogonal`] | the k largest in modulus | any, their moduli real and distinct | × `max \|λ_{j+1}/λ_j\|` |
//! | [`QrUnshifted`] | all | any, moduli real and distinct | × `max \|λ_{j+1}/λ_j\|` |
//! | [`QrShifted`] | all | any with real eigenvalues | cubed (squared if nonsymmetric) |
//! | [`JacobiRotations`] | all | symmetric | squared per sweep |
//! | [`EigenGame`] | the k largest | symmetric | linear, by gaps |
//!
//! Of a symmetric matrix equal eigenvalues do no harm; it is equal *moduli* (λ and −λ, or a complex pair) that defeat the
//! methods of the first and fourth kind: they then end in [`Error::Unconverged`] with the best they had.
//!
//! ```
//! use eigennet::eigen::textbook::{Power, QrShifted, Textbook};
//! use eigennet::linalg::Matrix;
//!
//! let a = Matrix::from_vec(2, 2, vec![4.0_f64, 2.0, 2.0, 5.0])?;
//! let methods: [&dyn Textbook<f64>; 2] = [&Power { pairs: 2, ..Power::default() }, &QrShifted::default()];
//! for method in methods {
//!     let found = method.solve(&a)?;
//!     assert!((found.values[0] - 6.561552812808830).abs() < 1e-10, "{}", method.method());
//! }
//! # Ok::<(), eigennet::Error>(())
//! ```

mod eigen_game;
mod in_turn;
mod inverse;
mod jacobi_rotations;
mod power;
mod qr_shifted;
mod qr_unshifted;
mod rayleigh_quotient;
mod run;
mod subspace;
mod triangular_vectors;

use std::ops::ControlFlow;

use super::{Eigenpairs, Method};
use crate::linalg::Matrix;
use crate::{Error, Scalar, Seed};

pub use eigen_game::EigenGame;
pub use in_turn::Deflation;
pub use inverse::Inverse;
pub use jacobi_rotations::JacobiRotations;
pub use power::Power;
pub use qr_shifted::QrShifted;
pub use qr_unshifted::QrUnshifted;
pub use rayleigh_quotient::RayleighQuotient;
pub use subspace::Orthogonal;

/// What every method is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings<T> {
    /// Converged is what leaves a residual `‖A v − λ v‖` of at most this times `‖A‖_F`. Of a symmetric matrix the
    /// eigenvalue is then off by no more than the residual (and usually by its square).
    pub tolerance: T,
    /// Iterations before giving up; of methods that find one pair after another, for each pair.
    pub max_iterations: usize,
    /// Seed of the random start.
    pub seed: Seed,
}

impl<T: Scalar> Default for Settings<T> {
    /// `ε^¾` (2e-12 in `f64`, 6e-6 in `f32`) and 10 000 iterations.
    fn default() -> Self {
        Settings { tolerance: T::EPSILON.powf(T::of(0.75)), max_iterations: 10_000, seed: Seed(0) }
    }
}

/// A moment of an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a, T> {
    /// Iterations made.
    pub iteration: usize,
    /// The eigenvalues as they stand: those found and those at work.
    pub values: &'a [T],
    /// The estimate of the error that is compared with [`Settings::tolerance`].
    pub error: T,
}

/// Watches an iteration, and may break it off.
pub type Observer<'a, T> = dyn FnMut(&Step<'_, T>) -> ControlFlow<()> + 'a;

/// A textbook method for the real eigenpairs of a dense matrix `[n, n]`.
///
/// All of them bring the matrix to the order of magnitude 1 by a power of two first, so that nothing over- or underflows.
/// Asymmetry within the tolerance, and of no more than half the digits, is forgiven; residuals are those of the matrix as it
/// was given. Vectors are of norm one; those of a symmetric
/// matrix are orthonormal.
pub trait Textbook<T: Scalar>: Sync {
    /// Which one it is.
    fn method(&self) -> Method;

    /// The eigenpairs, watched: `observer` is called once an iteration and may break it off.
    ///
    /// # Errors
    /// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
    /// [`Error::InvalidArgument`] for no pairs, more pairs than the order, settings out of range, or an asymmetric matrix
    /// where a symmetric one is needed; [`Error::Unconverged`], with the best pairs so far, if the iteration was broken
    /// off, reached its limit, or can be seen not to converge.
    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error>;

    /// The eigenpairs.
    ///
    /// # Errors
    /// As [`solve_observed`](Self::solve_observed).
    fn solve(&self, a: &Matrix<T>) -> Result<Eigenpairs<T>, Error> {
        self.solve_observed(a, &mut |_| ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests;
