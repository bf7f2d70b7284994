//! Minimal residuals for symmetric systems, definite or not.

use super::iteration::{Begin, Solved, Stop, begin, check_number, in_units, iterative_method, residual};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpby, axpy, dot, norm};
use crate::linalg::LinearOperator;

iterative_method! {
    /// MINRES (Paige and Saunders, 1975) for `A x = b` with `A` symmetric, definite or not, singular or not: every step
    /// makes the residual as small as the Krylov space allows, in the norm of the preconditioner.
    ///
    /// ```
    /// use eigennet::sparse::{Csr, Minres};
    /// let a = Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 0, 1.0)])?; // indefinite
    /// let solved = Minres::default().solve(&a, &[3.0, 4.0])?;
    /// assert!((solved.x[0] - 4.0_f64).abs() < 1e-14 && (solved.x[1] - 3.0).abs() < 1e-14);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    Minres
}

const METHOD: &str = "Minres";

impl<T: Scalar> Minres<T> {
    /// The solution of `A x = b`, of an inconsistent singular system one of least squares, telling an observer the
    /// iteration and its residual in the norm of the preconditioner as it goes.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit; [`Error::InvalidArgument`] for an operator that does not say that it
    /// is symmetric, a tolerance that is none, or a solution that over- or underflows; [`Error::NonFinite`] for NaN and
    /// infinities, given or met; [`Error::NotPositiveDefinite`], with the iteration for a pivot, if the preconditioner is
    /// not positive definite; [`Error::NoConvergence`] after `max_iterations`.
    pub fn solve_observed(
        &self,
        a: &(impl LinearOperator<T> + ?Sized),
        m: &(impl LinearOperator<T> + ?Sized),
        b: &[T],
        observe: impl FnMut(usize, T),
    ) -> Result<Solved<T>, Error> {
        in_units(METHOD, b, self.start.as_ref(), observe, |b, start, observe| self.iterate(a, m, b, start, observe))
    }

    fn iterate(
        &self,
        a: &(impl LinearOperator<T> + ?Sized),
        m: &(impl LinearOperator<T> + ?Sized),
        b: &[T],
        start: Option<Vec<T>>,
        observe: &mut dyn FnMut(usize, T),
    ) -> Result<Solved<T>, Error> {
        let begun = begin(METHOD, a, m, b, (self.tolerance, self.max_iterations, start))?;
        let Some(Begin { mut x, size, target, limit }) = begun else { return Ok(Solved::zero(b.len())) };
        // A loose tolerance makes no system singular: by it a residual that any small eigenvalue leaves would pass for one of
        // least squares. Of a singular system rounding lets the recursion see no less.
        let least = self.tolerance.min(T::of(3.0) * T::EPSILON.sqrt()).max(T::EPSILON);
        let (mut iterations, mut best) = (0, T::infinity());
        loop {
            let r = residual(a, b, &x)?;
            let length = norm(&r);
            check_number("residual of Minres", length, &r)?;
            if length <= target {
                return Ok(Solved { x, iterations, residual: length, stop: Stop::Converged });
            }
            // The recursion starts anew while that helps: it drifts off, and its norm is the preconditioner's.
            if iterations >= limit || length > T::of(0.5) * best {
                let spent =
                    if iterations >= limit { "raise max_iterations, " } else { "more iterations do not help; " };
                let reason = format!(
                    "the residual is {:e} of the right-hand side, wanted {:e}; {spent}loosen the tolerance, or give a \
                     (better) preconditioner",
                    length / size,
                    self.tolerance
                );
                return Err(Error::NoConvergence { method: METHOD, iterations, reason });
            }
            best = length;
            let mut lanczos = Recursion::new(m, r)?;
            let goal = target / length * lanczos.residual;
            let stationary = loop {
                if iterations >= limit {
                    break false;
                }
                iterations += 1;
                match lanczos.step(a, m, &mut x, least)? {
                    Some(stationary) => break stationary,
                    None => observe(iterations, lanczos.residual),
                }
                if lanczos.residual <= goal {
                    break false;
                }
            };
            if stationary {
                let residual = norm(&residual(a, b, &x)?);
                let stop = if residual <= target { Stop::Converged } else { Stop::LeastSquares };
                return Ok(Solved { x, iterations, residual, stop });
            }
        }
    }
}

/// The Lanczos process in the inner product of the preconditioner; its tridiagonal matrix is factored by Givens
/// rotations as it grows. Names as in Elman, Silvester and Wathen (2005), algorithm 4.1: `v` Lanczos vectors, `z` their
/// preconditioned images, `γ` their norms, `w` directions.
struct Recursion<T> {
    v: [Vec<T>; 2],
    z: Vec<T>,
    w: [Vec<T>; 2],
    gamma: [T; 2],
    cosine: [T; 2],
    sine: [T; 2],
    /// `η`, and its absolute value: the residual in the norm of the preconditioner.
    eta: T,
    residual: T,
    /// The largest row of the tridiagonal matrix: the norm of the operator, from below.
    size: T,
}

impl<T: Scalar> Recursion<T> {
    fn new(m: &(impl LinearOperator<T> + ?Sized), r: Vec<T>) -> Result<Self, Error> {
        let n = r.len();
        let zeros = || vec![T::zero(); n];
        let mut z = zeros();
        m.apply(&r, &mut z)?;
        let gamma = length(&r, &z, 0)?;
        Ok(Recursion {
            v: [zeros(), r],
            z,
            w: [zeros(), zeros()],
            gamma: [T::one(), gamma],
            cosine: [T::one(); 2],
            sine: [T::zero(); 2],
            eta: gamma,
            residual: gamma,
            size: T::zero(),
        })
    }

    /// One product; corrects `x`. `Some` if the Krylov space is used up: whether `‖A r‖` vanished before the residual, that
    /// is, came down to `least` of `‖A‖ ‖r‖`.
    fn step(
        &mut self,
        a: &(impl LinearOperator<T> + ?Sized),
        m: &(impl LinearOperator<T> + ?Sized),
        x: &mut [T],
        least: T,
    ) -> Result<Option<bool>, Error> {
        let [before, gamma] = self.gamma;
        if gamma == T::zero() {
            return Ok(Some(false));
        }
        self.z.iter_mut().for_each(|z| *z /= gamma);
        let mut next = vec![T::zero(); self.z.len()];
        a.apply(&self.z, &mut next)?;
        let delta = dot(&next, &self.z);
        check_number("product of Minres", delta, &next)?;
        axpy(-delta / gamma, &self.v[1], &mut next);
        axpy(-gamma / before, &self.v[0], &mut next);
        let mut image = vec![T::zero(); next.len()];
        m.apply(&next, &mut image)?;
        let after = length(&next, &image, 1)?;
        self.size = self.size.max(delta.hypot(after));

        let ([c_old, c], [s_old, s]) = (self.cosine, self.sine);
        let diagonal = c * delta - c_old * s * gamma;
        // ‖A r‖ over ‖r‖: where it vanishes, no step makes the residual smaller.
        let slope = diagonal.hypot(c * after);
        if slope <= least * self.size {
            return Ok(Some(true));
        }
        let pivot = (diagonal * diagonal + after * after).sqrt();
        let (above, top) = (s * delta + c_old * c * gamma, s_old * gamma);
        let mut direction = std::mem::take(&mut self.w[0]);
        axpby(T::one(), &self.z, -top, &mut direction);
        axpy(-above, &self.w[1], &mut direction);
        direction.iter_mut().for_each(|w| *w /= pivot);
        let (cosine, sine) = (diagonal / pivot, after / pivot);
        axpy(cosine * self.eta, &direction, x);
        self.eta *= -sine;
        self.residual = self.eta.abs();
        self.cosine = [c, cosine];
        self.sine = [s, sine];
        self.w = [std::mem::take(&mut self.w[1]), direction];
        self.v = [std::mem::take(&mut self.v[1]), next];
        self.gamma = [gamma, after];
        self.z = image;
        Ok((after <= T::EPSILON * self.size).then_some(false))
    }
}

/// `√⟨v, M⁻¹ v⟩`
fn length<T: Scalar>(v: &[T], z: &[T], iteration: usize) -> Result<T, Error> {
    let square = dot(v, z);
    check_number("preconditioner of Minres", square, z)?;
    if square < T::zero() {
        return Err(Error::NotPositiveDefinite { operation: "preconditioner of Minres", pivot: iteration });
    }
    Ok(square.sqrt())
}
