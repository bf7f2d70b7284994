//! Arnoldi's method with Krylov–Schur restarts, for operators that are not symmetric.

mod decomposition;
mod inverse;

use decomposition::Decomposition;
use inverse::Inverse;

use super::basis::{orthonormalize, random_direction, sum_of_columns};
use super::checks::{self, Products};
use super::pairs::{complex_residuals, in_order, uncut};
use super::{ComplexEigenpairs, Method, Which};
use crate::error::Error;
use crate::kernels::reduce::norm;
use crate::linalg::{Complex, LinearOperator, Matrix, Span};
use crate::rng::Stream;
use crate::{Scalar, Seed};

const NAME: &str = "Arnoldi";

/// A few eigenpairs of any square operator, by Arnoldi's method (1951) with the Krylov–Schur restart (Stewart, 2001).
///
/// All is real: the projected operator is kept in real Schur form, and a conjugate pair is never split, so that `k + 1`
/// pairs come back where `k` would cut one. When the pairs asked for are found, the search goes on from a random vector
/// orthogonal to them, until it is clear that no copy of a multiple eigenvalue was missed. Eigenvectors of a defective
/// eigenvalue come out (nearly) parallel.
///
/// [`Which::NearestTo`] iterates with `(A − σ I)⁻¹`: the user's [`inverse`](Self::inverse), or, up to order 1500, one
/// by LU of the operator written out.
///
/// The pairs have converged when `‖A x − λ x‖ ≤ tolerance · ‖A‖`, with the longest image seen of a unit vector for
/// `‖A‖`; with an inverse `M`, when `‖M x − μ x‖ ≤ tolerance · |μ|`.
///
/// ```
/// use eigennet::eigen::{Arnoldi, Which};
/// use eigennet::linalg::Matrix;
/// // A shift around a ring of 40: the roots of unity.
/// let ring = Matrix::from_fn(40, 40, |i, j| if j == (i + 1) % 40 { 1.0_f64 } else { 0.0 });
/// let pairs = Arnoldi { k: 3, which: Which::Largest, ..Arnoldi::default() }.solve(&ring)?;
/// let angle = std::f64::consts::TAU / 40.0;
/// assert!((pairs.values[0].re - 1.0).abs() < 1e-8);
/// assert!((pairs.values[1].re - angle.cos()).abs() < 1e-8 && (pairs.values[1].im - angle.sin()).abs() < 1e-8);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Arnoldi<'a, T> {
    /// Number of pairs sought.
    pub k: usize,
    /// Which of them; of complex ones, the largest and smallest real parts.
    pub which: Which<T>,
    /// Relative bound of the residuals; one below what rounding allows is taken as that.
    pub tolerance: T,
    /// Restarts before it gives up.
    pub max_iterations: usize,
    /// Dimension at which the basis is cut back. `None`: twice `k` and some, at least 24.
    pub subspace: Option<usize>,
    /// Of the random vectors.
    pub seed: Seed,
    /// `(A − σ I)⁻¹` for the σ of [`Which::NearestTo`].
    pub inverse: Option<&'a dyn LinearOperator<T>>,
    /// Approximate eigenvectors `[n, any]`; the sum of the columns starts the recursion.
    pub start: Option<&'a Matrix<T>>,
}

impl<T: Scalar> Default for Arnoldi<'_, T> {
    fn default() -> Self {
        Arnoldi {
            k: 1,
            which: Which::LargestMagnitude,
            tolerance: T::of(1e-8),
            max_iterations: 500,
            subspace: None,
            seed: Seed(0),
            inverse: None,
            start: None,
        }
    }
}

impl<T: Scalar> Arnoldi<'_, T> {
    /// Solves for the pairs: `k`, or `k + 1` where `k` would split a conjugate pair.
    ///
    /// An operator may be [spread over processes](LinearOperator::span), all of which call this, but for an inverse; start
    /// and vectors are then the rows held here, and the bits are the same on any number of them.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] for arguments that do not fit, or an operator
    /// that returns NaN; [`Error::Singular`] if the number to be near to is an eigenvalue to working precision;
    /// [`Error::Unconverged`] with the best pairs if the restarts run out.
    #[inline(never)]
    pub fn solve(&self, operator: &dyn LinearOperator<T>) -> Result<ComplexEigenpairs<T>, Error> {
        let span = checks::square(NAME, operator)?;
        let n = span.total();
        checks::count(NAME, self.k, n)?;
        let tolerance = checks::tolerance(NAME, self.tolerance, n)?;
        checks::target(NAME, self.which)?;
        checks::companion("inverse of Arnoldi", &span, self.inverse)?;
        checks::vectors("start of Arnoldi", &span, self.start)?;
        if matches!(self.which, Which::NearestTo(_)) {
            checks::undivided("Arnoldi with an inverse", &span)?;
        }
        let dense;
        let (iterated, inverted) = match (self.which, self.inverse) {
            (Which::NearestTo(sigma), None) => {
                dense = Inverse::of(operator, sigma)?;
                (&dense as &dyn LinearOperator<T>, Some(sigma))
            }
            (Which::NearestTo(sigma), Some(inverse)) => (inverse, Some(sigma)),
            _ => (operator, None),
        };
        let subspace = self.subspace.unwrap_or((2 * self.k + 12).max(24)).max(self.k + 4).min(n);
        let what = if inverted.is_some() { "the shifted inverse" } else { "the operator" };
        let run = Run {
            solver: self,
            operator: Products::new("the operator", operator),
            iterated: Products::new(what, iterated),
            inverted,
            sought: if inverted.is_some() { Which::LargestMagnitude } else { self.which },
            tolerance,
            stream: self.seed.stream("krylov-schur"),
            space: Decomposition::new(&span),
            span,
            subspace,
        };
        run.iterate()
    }
}

struct Run<'s, 'a, T> {
    solver: &'s Arnoldi<'s, T>,
    operator: Products<'a, T>,
    /// The operator, or its shifted inverse.
    iterated: Products<'a, T>,
    /// The shift of the inverse.
    inverted: Option<T>,
    /// Which of the values of what is iterated with.
    sought: Which<T>,
    tolerance: T,
    stream: Stream,
    span: Span,
    space: Decomposition<T>,
    subspace: usize,
}

impl<T: Scalar> Run<'_, '_, T> {
    fn iterate(mut self) -> Result<ComplexEigenpairs<T>, Error> {
        let (k, n) = (self.solver.k, self.span.total());
        self.begin();
        // The values before a search for missed copies began.
        let mut accepted: Option<Vec<Complex<T>>> = None;
        for iteration in 0.. {
            self.space.extend(&mut self.iterated, &mut self.stream, self.subspace)?;
            let values = self.space.sort(|value| self.sought.rank(value))?;
            let count = uncut(&values, k);
            let bound = self.bound(values[count - 1]);
            let converged = norm(&self.space.coupling[..count]) <= bound;
            let complete = self.space.len() == n;
            let behind = self.is_behind(&values, count, bound);
            let same = accepted.as_ref().is_some_and(|before: &Vec<Complex<T>>| {
                before.len() == count && before.iter().zip(&values).all(|(a, b)| (*a - *b).abs() <= bound)
            });
            // Pairs whose missed copies are still searched for as the restarts run out are not to be trusted.
            let verified = converged && (complete || same && behind);
            if verified || iteration >= self.solver.max_iterations {
                let beyond = values.get(count).map(|&value| self.original(value));
                return self.finish(count, iteration, verified, beyond);
            }
            if converged && (accepted.is_none() || behind) {
                accepted = Some(values[..count].to_vec());
                self.space.cut(count)?;
                self.space.coupling.fill(T::zero());
                self.space.randomize_next(&mut self.stream);
            } else {
                let keep =
                    (count + (self.subspace - count.min(self.subspace)) / 2).min(self.subspace.saturating_sub(2));
                self.space.cut(uncut(&values, keep.max(1)).min(values.len()))?;
            }
        }
        Err(Error::invalid(NAME, "unreachable: the restarts are counted"))
    }

    fn begin(&mut self) {
        if let Some(start) = self.solver.start {
            let mut sum = sum_of_columns(start);
            if orthonormalize(&self.span, &mut sum, &[]) {
                self.space.next = Some(sum);
                return;
            }
        }
        self.space.randomize_next(&mut self.stream);
    }

    /// What the residual of the pairs up to this value may be.
    fn bound(&self, value: Complex<T>) -> T {
        let scale = self.space.scale;
        match self.inverted {
            None => self.tolerance * scale,
            Some(_) => (self.tolerance * value.abs()).max(T::of(16.0) * T::EPSILON * scale),
        }
    }

    /// Whether the best value beyond those sought is behind them for good.
    fn is_behind(&self, values: &[Complex<T>], count: usize, bound: T) -> bool {
        let Some(&next) = values.get(count) else { return true };
        let width = if next.im == T::zero() { 1 } else { 2 };
        let residual = norm(&self.space.coupling[count..(count + width).min(values.len())]);
        let gap = (self.sought.rank(next) - self.sought.rank(values[count - 1])).abs();
        checks::settled(residual, gap, bound, self.span.total())
    }

    /// The value of the operator that belongs to one of what is iterated with.
    fn original(&self, value: Complex<T>) -> Complex<T> {
        let Some(sigma) = self.inverted else { return value };
        let inverse = Complex::from_real(T::one()) / value;
        Complex::new(sigma + inverse.re, inverse.im)
    }

    /// What `‖A‖` is at least, and the residuals may be. What came by an inverse is held against the operator itself, by
    /// the root of the tolerance: of the inverse little is known, and a wrong one is to be told.
    fn limit(&mut self) -> Result<T, Error> {
        if self.inverted.is_none() {
            return Ok(T::of(4.0) * self.tolerance * self.space.scale);
        }
        let direction = random_direction(&self.span, &mut self.stream, &[]).unwrap_or_default();
        Ok(self.tolerance.sqrt() * norm(&self.operator.apply(&direction)?))
    }

    fn finish(
        mut self,
        count: usize,
        iterations: usize,
        verified: bool,
        beyond: Option<Complex<T>>,
    ) -> Result<ComplexEigenpairs<T>, Error> {
        let (mut values, mut vectors) = self.space.eigenvectors(count)?;
        if self.inverted.is_some() {
            values = values.into_iter().map(|value| self.original(value)).collect();
            // Inversion turns the signs of imaginary parts; with the conjugates the positive ones are first again.
            values.iter_mut().for_each(|value| *value = value.conj());
            vectors.im.as_mut_slice().iter_mut().for_each(|v| *v = -*v);
        }
        let (values, vectors) = in_order(values, &vectors, self.solver.which);
        let residuals = complex_residuals(&mut self.operator, &values, &vectors)?;
        let method = match (self.inverted, self.solver.inverse) {
            (None, _) => Method::KrylovSchur,
            (Some(_), None) => Method::KrylovSchurDenseInverse,
            (Some(_), Some(_)) => Method::KrylovSchurGivenInverse,
        };
        let limit = self.limit()?;
        let products = self.iterated.count + self.operator.count;
        let pairs = ComplexEigenpairs { values, vectors, residuals, beyond, iterations, products, method };
        if verified && pairs.residuals.iter().all(|&r| r <= limit) {
            return Ok(pairs);
        }
        Err(pairs.given_up(
            limit,
            "raise max_iterations or subspace, or ask for those nearest to a number, with an inverse; if one was given, \
             check that it is that of A − σI",
        ))
    }
}
