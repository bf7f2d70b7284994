//! Inverse iteration with a fixed shift (Wielandt, 1944).

use super::in_turn::{InTurn, ShiftedInverse};
use super::run::Run;
use super::{Deflation, Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::linalg::Matrix;
use crate::{Error, Scalar};

/// `v ← (A − σ I)⁻¹ v`, normalised: the pairs nearest to a shift σ, the nearest first. `A − σ I` is factored once.
///
/// Domain: matrices whose k + 1 eigenvalues nearest to σ are real and at distinct distances (or equal, if symmetric). The
/// error shrinks by `|λ₁ − σ| / |λ₂ − σ|` an iteration. A shift that *is* an eigenvalue is no error: it is moved by a few
/// `ε ‖A‖`, and one iteration gives the eigenvector (Wilkinson, 1965).
///
/// ```
/// use eigennet::eigen::textbook::{Inverse, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_diagonal(&[1.0_f64, 4.0, 9.0]);
/// let nearest = Inverse { shift: 4.5, ..Inverse::default() }.solve(&a)?;
/// assert!((nearest.values[0] - 4.0).abs() < 1e-12);
/// assert!(Inverse { shift: 9.0, ..Inverse::default() }.solve(&a)?.iterations <= 3); // singular, and welcome
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse<T> {
    /// The shift σ.
    pub shift: T,
    /// How many pairs.
    pub pairs: usize,
    /// Tolerance, limit, seed.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for Inverse<T> {
    /// The pair nearest to 0.
    fn default() -> Self {
        Inverse { shift: T::zero(), pairs: 1, settings: Settings::default() }
    }
}

const ADVICE: &str = "two eigenvalues may be (nearly) equally far from the shift, or a complex pair; move the shift, or \
                      use RayleighQuotient or QrShifted";

impl<T: Scalar> Textbook<T> for Inverse<T> {
    fn method(&self) -> Method {
        Method::Inverse
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        if !self.shift.is_finite() {
            return Err(Error::invalid(Method::Inverse.name(), format!("the shift {} is not finite", self.shift)));
        }
        let run = Run::new(Method::Inverse, a, Some(self.pairs), &self.settings, observer)?;
        let inverse = ShiftedInverse::factor(&run.a, self.shift * run.scale, run.norm, &run.random_unit(0))?;
        let next = |_: &_, v: &[T], _: &[T], _| inverse.apply(v);
        let (pairs, deflation, order) = (self.pairs, Deflation::Projection, Some(Which::NearestTo(self.shift)));
        InTurn { pairs, deflation, start: None, order, advice: ADVICE, next }.solve(run)
    }
}
