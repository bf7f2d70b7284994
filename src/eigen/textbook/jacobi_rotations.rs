//! Jacobi's rotations as he made them: the largest entry first (Jacobi, 1846).

use super::run::{Run, Verdict};
use super::{Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::linalg::Matrix;
use crate::{Error, Scalar};

/// A plane rotation makes the largest entry beside the diagonal zero; again and again. All eigenvalues, in descending
/// order; one iteration is one rotation.
///
/// Domain: symmetric matrices, always. Each rotation takes `2 a_pq²` from the sum of squares beside the diagonal, so that
/// it shrinks at least by `1 − 2/(n(n−1))`, and in the end quadratically with every `n(n−1)/2` rotations.
/// [`jacobi_eigen`](crate::linalg::jacobi_eigen) goes through the entries row by row instead, which spares the search, and
/// is what to use where tiny eigenvalues matter.
///
/// ```
/// use eigennet::eigen::textbook::{JacobiRotations, Textbook};
/// use eigennet::linalg::Matrix;
/// let found = JacobiRotations::default().solve(&Matrix::from_vec(2, 2, vec![4.0_f64, 2.0, 2.0, 5.0])?)?;
/// assert!((found.values[0] - 6.561552812808830).abs() < 1e-14);
/// assert_eq!(found.iterations, 2); // one rotation, and a look at what it left
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct JacobiRotations<T> {
    /// Tolerance (on the norm of all beside the diagonal) and limit; nothing is random here.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for JacobiRotations<T> {
    /// The usual settings, but a million rotations: `O(n)` each, about `3 n²` are needed.
    fn default() -> Self {
        JacobiRotations { settings: Settings { max_iterations: 1_000_000, ..Settings::default() } }
    }
}

const ADVICE: &str = "about 3 n² rotations are usual; allow more, or use symmetric_eigen";

impl<T: Scalar> Textbook<T> for JacobiRotations<T> {
    fn method(&self) -> Method {
        Method::JacobiRotations
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut run = Run::new(Method::JacobiRotations, a, None, &self.settings, observer)?;
        run.require_symmetric()?;
        let n = run.order();
        let mut a = run.a.clone();
        // Row j is eigenvector j.
        let mut vectors = Matrix::identity(n);
        loop {
            let (mut squares, mut largest, mut pivot) = (T::zero(), T::zero(), (0, 0));
            for p in 0..n {
                for q in p + 1..n {
                    let entry = a[(p, q)].abs();
                    squares += entry * entry;
                    if entry > largest {
                        (largest, pivot) = (entry, (p, q));
                    }
                }
            }
            match run.step(&a.diagonal(), (squares + squares).sqrt()) {
                Verdict::Converged => return run.finish(vectors.transpose(), Some(Which::Largest)),
                Verdict::GiveUp => return Err(run.give_up(vectors.transpose(), ADVICE)),
                Verdict::Continue => rotate(&mut a, &mut vectors, pivot),
            }
        }
    }
}

/// `A ← G A Gᵀ`, `V ← G V` with the rotation `G` of rows `p` and `q` that makes `a_pq` zero.
fn rotate<T: Scalar>(a: &mut Matrix<T>, vectors: &mut Matrix<T>, (p, q): (usize, usize)) {
    let n = a.rows();
    // The smaller root of t² + 2 θ t = 1: the rotation by at most 45 degrees.
    let entry = a[(p, q)];
    let theta = (a[(q, q)] - a[(p, p)]) / (entry + entry);
    let t = (theta.abs() + theta.hypot(T::one())).recip().copysign(theta);
    let cosine = t.hypot(T::one()).recip();
    let sine = t * cosine;
    let turn = |x: T, y: T| (cosine * x - sine * y, sine * x + cosine * y);
    for j in 0..n {
        (vectors[(p, j)], vectors[(q, j)]) = turn(vectors[(p, j)], vectors[(q, j)]);
        if j != p && j != q {
            let (x, y) = turn(a[(p, j)], a[(q, j)]);
            (a[(p, j)], a[(j, p)], a[(q, j)], a[(j, q)]) = (x, x, y, y);
        }
    }
    a[(p, p)] -= t * entry;
    a[(q, q)] += t * entry;
    (a[(p, q)], a[(q, p)]) = (T::zero(), T::zero());
}
