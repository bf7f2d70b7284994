//! The QR algorithm as first written (Francis, 1961; Kublanovskaya, 1961).

use super::run::{Run, Verdict};
use super::{Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::kernels::reduce::dot;
use crate::linalg::{Matrix, Qr};
use crate::{Error, Scalar};

/// `A = Q R`, `A ← R Q`, again and again: all eigenvalues, in descending order.
///
/// It is [`Orthogonal`](super::Orthogonal) iteration on a full basis in disguise, with the same domain and speed: moduli
/// real and distinct (or equal eigenvalues, if symmetric), the error × `max |λ_{j+1}/λ_j|` an iteration of `O(n³)`.
/// [`QrShifted`](super::QrShifted) is what made it useful.
///
/// ```
/// use eigennet::eigen::textbook::{QrUnshifted, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(2, 2, vec![6.0_f64, 2.0, 3.0, 7.0])?;
/// let found = QrUnshifted::default().solve(&a)?;
/// assert!((found.values[0] - 9.0).abs() < 1e-10 && (found.values[1] - 4.0).abs() < 1e-10);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct QrUnshifted<T> {
    /// Tolerance and limit; nothing is random here.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for QrUnshifted<T> {
    /// The usual settings.
    fn default() -> Self {
        QrUnshifted { settings: Settings::default() }
    }
}

const ADVICE: &str = "two eigenvalues may be of (nearly) equal modulus, such as λ and −λ or a complex pair; use QrShifted \
                      or symmetric_eigen";

impl<T: Scalar> Textbook<T> for QrUnshifted<T> {
    fn method(&self) -> Method {
        Method::QrUnshifted
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut run = Run::new(Method::QrUnshifted, a, None, &self.settings, observer)?;
        let mut iterate = run.a.clone();
        let mut basis = Matrix::identity(run.order());
        loop {
            let below: T = iterate.row_iter().enumerate().map(|(i, row)| dot(&row[..i], &row[..i])).sum();
            match run.step(&iterate.diagonal(), below.sqrt()) {
                Verdict::Converged => return run.finish(basis, Some(Which::Largest)),
                Verdict::GiveUp => return Err(run.give_up(basis, ADVICE)),
                Verdict::Continue => {
                    let qr = Qr::factor(&iterate)?;
                    let q = qr.thin_q()?;
                    iterate = qr.r().matmul(&q)?;
                    basis = basis.matmul(&q)?;
                }
            }
        }
    }
}
