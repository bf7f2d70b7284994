//! Orthogonal (subspace, simultaneous) iteration (Bauer, 1957; Rutishauser, 1969).

use super::run::{Run, Verdict};
use super::{Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::linalg::{Matrix, Qr};
use crate::{Error, Scalar};

/// `Q R = A Q`, again and again: power iteration on k vectors kept orthonormal; column j tends to the Schur vector of the
/// j-th largest modulus.
///
/// Domain: as of [`Power`](super::Power), but the gap is needed at every one of the k places: the error shrinks by the
/// largest `|λ_{j+1}/λ_j|`, j ≤ k. More vectors than wanted widen the last gap.
///
/// ```
/// use eigennet::eigen::textbook::{Orthogonal, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_diagonal(&[1.0_f64, -4.0, 2.0]);
/// let found = Orthogonal { pairs: 2, ..Orthogonal::default() }.solve(&a)?;
/// assert!((found.values[0] + 4.0).abs() < 1e-10 && (found.values[1] - 2.0).abs() < 1e-10);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Orthogonal<T> {
    /// How many pairs k.
    pub pairs: usize,
    /// Tolerance, limit, seed.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for Orthogonal<T> {
    /// One pair.
    fn default() -> Self {
        Orthogonal { pairs: 1, settings: Settings::default() }
    }
}

const ADVICE: &str = "two of the eigenvalues sought, or the last of them and the next, may be of (nearly) equal modulus; \
                      ask for one pair more, shift the matrix, allow more iterations, or use QrShifted or symmetric_eigen";

impl<T: Scalar> Textbook<T> for Orthogonal<T> {
    fn method(&self) -> Method {
        Method::Orthogonal
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut run = Run::new(Method::Orthogonal, a, Some(self.pairs), &self.settings, observer)?;
        let starts: Vec<Vec<T>> = (0..self.pairs).map(|j| run.random_unit(j)).collect();
        let mut q = Qr::factor(&super::run::from_columns(run.order(), &starts))?.thin_q()?;
        loop {
            let image = run.a.matmul(&q)?;
            run.products += self.pairs;
            let mut schur = q.t_matmul(&image)?;
            let values = schur.diagonal();
            // What an eigenvector leaves over, or, of a nonsymmetric matrix, a Schur vector.
            for i in 0..self.pairs {
                let drop = if run.symmetric { 0..self.pairs } else { 0..i };
                drop.filter(|&j| j != i).for_each(|j| schur[(i, j)] = T::zero());
            }
            let rest = image.sub(&q.matmul(&schur)?)?.transpose();
            let largest = rest.row_iter().map(|r| crate::kernels::reduce::dot(r, r).sqrt()).fold(T::zero(), T::max);
            match run.step(&values, largest) {
                Verdict::Converged => return run.finish(q, Some(Which::LargestMagnitude)),
                Verdict::GiveUp => return Err(run.give_up(q, ADVICE)),
                Verdict::Continue => q = Qr::factor(&image)?.thin_q()?,
            }
        }
    }
}
