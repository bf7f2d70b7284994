//! Power iteration (Müntz, 1913; von Mises and Pollaczek-Geiringer, 1929).

use super::in_turn::InTurn;
use super::run::Run;
use super::{Deflation, Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::linalg::Matrix;
use crate::{Error, Scalar};

/// `v ← A v / ‖A v‖`: the pair of the largest modulus; with [`Deflation`] the k largest, in descending order.
///
/// Domain: matrices whose k + 1 largest eigenvalues are real with distinct moduli, or equal (of a symmetric matrix: equal,
/// not opposite). The error shrinks by `|λ₂/λ₁|` an iteration. With λ and −λ the iterates swing for ever, and the method
/// says so instead of taking their Rayleigh quotient for an eigenvalue.
///
/// ```
/// use eigennet::eigen::textbook::{Power, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(2, 2, vec![3.0_f64, 1.0, 0.0, 2.0])?;
/// let both = Power { pairs: 2, ..Power::default() }.solve(&a)?;
/// assert!((both.values[0] - 3.0).abs() < 1e-10 && (both.values[1] - 2.0).abs() < 1e-10);
/// let swap = Matrix::from_vec(2, 2, vec![0.0, 1.0, 1.0, 0.0])?; // 1 and −1
/// assert!(Power::<f64>::default().solve(&swap).is_err());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Power<T> {
    /// How many pairs.
    pub pairs: usize,
    /// How a pair is taken out before the next.
    pub deflation: Deflation,
    /// Tolerance, limit, seed.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for Power<T> {
    /// One pair.
    fn default() -> Self {
        Power { pairs: 1, deflation: Deflation::default(), settings: Settings::default() }
    }
}

const ADVICE: &str = "two eigenvalues may be of (nearly) equal modulus, such as λ and −λ or a complex pair; shift the \
                      matrix by a multiple of the identity, allow more iterations, or use QrShifted or symmetric_eigen";

impl<T: Scalar> Textbook<T> for Power<T> {
    fn method(&self) -> Method {
        Method::Power
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let run = Run::new(Method::Power, a, Some(self.pairs), &self.settings, observer)?;
        let (pairs, deflation, order) = (self.pairs, self.deflation, Some(Which::LargestMagnitude));
        let next = |_: &_, _: &[T], image: &[T], _| Ok(image.to_vec());
        InTurn { pairs, deflation, start: None, order, advice: ADVICE, next }.solve(run)
    }
}
