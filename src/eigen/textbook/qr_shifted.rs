//! The QR algorithm with shifts and deflation (Francis, 1961; Wilkinson, 1968).

use super::run::{Run, Verdict};
use super::{Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::kernels::reduce::{axpy, dot, max_abs};
use crate::linalg::Matrix;
use crate::{Error, Scalar};

/// `A − μ I = Q R`, `A ← R Q + μ I` on the Hessenberg (if symmetric: tridiagonal) form, with Wilkinson's shift μ, the
/// eigenvalue of the last 2 × 2 block nearest to its corner; the problem splits wherever an entry below the diagonal has
/// come down to rounding. All eigenvalues, in descending order.
///
/// Domain: symmetric matrices, always, in about two iterations of `O(n²)` an eigenvalue (Wilkinson, 1968); other matrices
/// with real eigenvalues only, as its shifts are real: at a complex pair it gives up and says so.
///
/// ```
/// use eigennet::eigen::textbook::{QrShifted, Textbook};
/// use eigennet::linalg::Matrix;
/// let found = QrShifted::default().solve(&Matrix::from_vec(2, 2, vec![0.0_f64, 1.0, 1.0, 0.0])?)?;
/// assert!((found.values[0] - 1.0).abs() < 1e-15 && (found.values[1] + 1.0).abs() < 1e-15);
/// let turn = Matrix::from_vec(2, 2, vec![0.0_f64, -1.0, 1.0, 0.0])?; // ±i
/// assert!(QrShifted::default().solve(&turn).is_err());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct QrShifted<T> {
    /// Tolerance (on what is left below the diagonal) and limit; nothing is random here.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for QrShifted<T> {
    /// The usual settings.
    fn default() -> Self {
        QrShifted { settings: Settings::default() }
    }
}

/// Iterations without a split after which a shift off the beaten track is tried.
const PATIENCE: usize = 12;
const COMPLEX: &str =
    "the matrix has complex eigenvalues, which real shifts cannot find; use the dense nonsymmetric solver";
const LIMIT: &str = "eigenvalues may be complex, which real shifts cannot find; use the dense nonsymmetric solver, or allow \
                     more iterations";

impl<T: Scalar> Textbook<T> for QrShifted<T> {
    fn method(&self) -> Method {
        Method::QrShifted
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut run = Run::new(Method::QrShifted, a, None, &self.settings, observer)?;
        let n = run.order();
        let (mut h, mut q) = hessenberg(&run.a);
        let negligible = T::EPSILON * run.norm;
        let (mut end, mut since_split) = (n, 0);
        loop {
            // Split off what has converged at the end.
            while end > 1 && h[(end - 1, end - 2)].abs() <= negligible {
                end -= 1;
                since_split = 0;
            }
            let open = (1..end).map(|i| h[(i, i - 1)] * h[(i, i - 1)]).sum::<T>().sqrt();
            match run.step(&h.diagonal(), open) {
                Verdict::Converged => return run.finish(q, Some(Which::Largest)),
                Verdict::GiveUp => return Err(run.give_up(q, LIMIT)),
                Verdict::Continue => {}
            }
            let start = (1..end).rev().find(|&i| h[(i, i - 1)].abs() <= negligible).unwrap_or(0);
            let corner =
                [(end - 2, end - 2), (end - 2, end - 1), (end - 1, end - 2), (end - 1, end - 1)].map(|at| h[at]);
            since_split += 1;
            let shift = match wilkinson(corner) {
                None if end - start == 2 => return Err(run.give_up(q, COMPLEX)),
                _ if since_split % PATIENCE == 0 => corner[3] + corner[2].abs() + corner[1].abs(),
                nearest => nearest.unwrap_or(corner[3]),
            };
            iterate(&mut h, &mut q, start, end, shift);
        }
    }
}

/// The eigenvalue of `[[a, b], [c, d]]` nearest to `d`, if it is real.
fn wilkinson<T: Scalar>([a, b, c, d]: [T; 4]) -> Option<T> {
    let half = T::of(0.5) * (a - d);
    let product = b * c;
    let discriminant = half * half + product;
    // What rounding alone makes negative is a double eigenvalue.
    let rounding = T::of(4.0) * T::EPSILON * (half * half + product.abs());
    if discriminant < -rounding {
        return None;
    }
    let root = discriminant.max(T::zero()).sqrt();
    let far = half + if half < T::zero() { -root } else { root };
    Some(if far == T::zero() { d } else { d - product / far })
}

/// `(H, Q)` with `Qᵀ A Q = H` zero below the first subdiagonal, by reflections (Householder, 1958).
fn hessenberg<T: Scalar>(a: &Matrix<T>) -> (Matrix<T>, Matrix<T>) {
    let n = a.rows();
    let (mut h, mut q) = (a.clone(), Matrix::identity(n));
    for j in 0..n.saturating_sub(2) {
        let mut v: Vec<T> = (j + 1..n).map(|i| h[(i, j)]).collect();
        if max_abs(&v) <= T::EPSILON * T::EPSILON {
            continue; // nothing to speak of, in a matrix of magnitude 1
        }
        let (first, length) = (v[0], dot(&v, &v).sqrt());
        v[0] += length.copysign(first);
        let factor = T::of(2.0) / dot(&v, &v);
        // H ← H (I − factor v vᵀ), the same for Q, then H ← (I − factor v vᵀ) H.
        for matrix in [&mut h, &mut q] {
            for i in 0..n {
                let row = &mut matrix.row_mut(i)[j + 1..];
                axpy(-factor * dot(row, &v), &v, row);
            }
        }
        let mut sums = vec![T::zero(); n];
        v.iter().enumerate().for_each(|(i, &weight)| axpy(weight, h.row(j + 1 + i), &mut sums));
        v.iter().enumerate().for_each(|(i, &weight)| axpy(-factor * weight, &sums, h.row_mut(j + 1 + i)));
    }
    (h, q)
}

/// One QR step with a shift on rows and columns `start..end`, by rotations (Givens, 1958).
fn iterate<T: Scalar>(h: &mut Matrix<T>, q: &mut Matrix<T>, start: usize, end: usize, shift: T) {
    (start..end).for_each(|i| h[(i, i)] -= shift);
    let mut rotations = Vec::with_capacity(end - start);
    for i in start..end - 1 {
        let (x, y) = (h[(i, i)], h[(i + 1, i)]);
        let length = x.hypot(y);
        let (cosine, sine) = if length > T::zero() { (x / length, y / length) } else { (T::one(), T::zero()) };
        rotations.push((cosine, sine));
        for j in i..end {
            let (x, y) = (h[(i, j)], h[(i + 1, j)]);
            h[(i, j)] = cosine * x + sine * y;
            h[(i + 1, j)] = cosine * y - sine * x;
        }
        h[(i + 1, i)] = T::zero();
    }
    for (i, &(cosine, sine)) in (start..).zip(&rotations) {
        let rotate = |matrix: &mut Matrix<T>, rows: std::ops::Range<usize>| {
            for row in rows {
                let (x, y) = (matrix[(row, i)], matrix[(row, i + 1)]);
                matrix[(row, i)] = cosine * x + sine * y;
                matrix[(row, i + 1)] = cosine * y - sine * x;
            }
        };
        rotate(h, start..i + 2);
        rotate(q, 0..q.rows());
    }
    (start..end).for_each(|i| h[(i, i)] += shift);
}
