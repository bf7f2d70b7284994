//! What the methods share while they run: the scaled matrix, the count, the observer, and how a run ends.

use std::ops::ControlFlow;

use super::triangular_vectors::triangular_vectors;
use super::{Observer, Settings, Step};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::kernels::reduce::{axpy, dot};
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::{Matrix, checks, sort_places};
use crate::{Error, Scalar};

/// One run of a method on one matrix.
pub(super) struct Run<'a, T> {
    method: Method,
    /// The matrix as it was given.
    given: &'a Matrix<T>,
    /// The matrix, scaled; symmetric to the bit if it was within the tolerance.
    pub a: Matrix<T>,
    /// Whether it is.
    pub symmetric: bool,
    /// What the matrix was multiplied by.
    pub scale: T,
    /// `‖A‖_F` of the scaled matrix.
    pub norm: T,
    pub settings: Settings<T>,
    observer: &'a mut Observer<'a, T>,
    iterations: usize,
    /// Iterations at which to give up.
    limit: usize,
    /// Products with the matrix, counted by the method.
    pub products: usize,
}

const AFRESH: &str = "with the matrix itself the pairs leave more than with what deflation left of it: of a nonsymmetric \
                      matrix use Deflation::Projection, or QrShifted";

/// What to do after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Continue,
    Converged,
    GiveUp,
}

impl<'a, T: Scalar> Run<'a, T> {
    /// Checks matrix and settings; `pairs` is `None` where all are found.
    pub fn new(
        method: Method,
        given: &'a Matrix<T>,
        pairs: Option<usize>,
        settings: &Settings<T>,
        observer: &'a mut Observer<'_, T>,
    ) -> Result<Self, Error> {
        let name = method.name();
        checks::square(name, given)?;
        let n = given.rows();
        match pairs {
            Some(0) => return Err(Error::invalid(name, "no pairs were asked for; ask for at least one")),
            Some(k) if k > n => {
                return Err(Error::invalid(name, format!("{k} pairs were asked for, but the order is {n}")));
            }
            _ => {}
        }
        if settings.tolerance.is_nan() || settings.tolerance <= T::zero() {
            let reason = format!("the tolerance {} is not positive; 1e-10 is usual", settings.tolerance);
            return Err(Error::invalid(name, reason));
        }
        if settings.max_iterations == 0 {
            return Err(Error::invalid(name, "no iterations are allowed; allow at least one"));
        }
        // A power of two rounds nothing, and squares are safe from then on.
        let scale = power_of_two_scale(given.max_abs());
        let a = given.scale(scale);
        let norm = a.frobenius_norm();
        // The pairs of the symmetric part leave as much with the matrix as it differs.
        let part = checks::symmetric_part(&a);
        let allowed = settings.tolerance.max(T::of(n as f64) * T::EPSILON);
        let symmetric = checks::symmetric(name, given).is_ok() && a.sub(&part)?.frobenius_norm() <= allowed * norm;
        let a = if symmetric { part } else { a };
        let (limit, settings) = (settings.max_iterations, *settings);
        Ok(Run { method, given, a, symmetric, scale, norm, settings, observer, iterations: 0, limit, products: 0 })
    }

    /// Refuses what is not symmetric.
    pub fn require_symmetric(&self) -> Result<(), Error> {
        let name = self.method.name();
        checks::symmetric(name, self.given)?;
        let reason = "the matrix is less symmetric than the tolerance; pass (A + Aᵀ)/2, or loosen it";
        Error::require(self.symmetric, name, reason)
    }

    /// Order of the matrix.
    pub fn order(&self) -> usize {
        self.a.rows()
    }

    /// A start vector of norm one for the pair of that number.
    pub fn random_unit(&self, number: usize) -> Vec<T> {
        let mut stream = self.settings.seed.child(self.method.name()).numbered(number as u64).into_stream();
        let mut v: Vec<T> = (0..self.order()).map(|_| stream.normal()).collect();
        normalize(&mut v);
        v
    }

    /// Counts the iterations of the next pair anew.
    pub fn next_pair(&mut self) {
        self.limit = self.iterations.saturating_add(self.settings.max_iterations);
    }

    /// Ends one iteration: `values` and the residual `error` are those of the scaled matrix.
    pub fn step(&mut self, values: &[T], error: T) -> Verdict {
        self.iterations += 1;
        let error = if self.norm > T::zero() { error / self.norm } else { error };
        let values: Vec<T> = values.iter().map(|&v| v / self.scale).collect();
        let told = (self.observer)(&Step { iteration: self.iterations, values: &values, error });
        if error <= self.settings.tolerance {
            Verdict::Converged
        } else if told == ControlFlow::Break(()) || self.iterations >= self.limit {
            Verdict::GiveUp
        } else {
            Verdict::Continue
        }
    }

    /// The pairs of the matrix in the span of orthonormal `basis` `[n, k]`, whose leading columns span invariant
    /// subspaces: eigenvectors if symmetric, Schur vectors if not.
    fn pairs(&mut self, basis: Matrix<T>) -> Result<Eigenpairs<T>, Error> {
        let schur = basis.t_matmul(&self.a.matmul(&basis)?)?;
        let vectors = if self.symmetric { basis } else { basis.matmul(&triangular_vectors(&schur))? };
        let image = self.given.scale(self.scale).matmul(&vectors)?;
        // One product for each Rayleigh quotient, one more for each residual of a vector that is no basis vector.
        self.products += if self.symmetric { vectors.cols() } else { 2 * vectors.cols() };
        let values = schur.diagonal();
        let residuals = values.iter().enumerate().map(|(j, &value)| {
            let mut rest = image.column(j);
            axpy(-value, &vectors.column(j), &mut rest);
            dot(&rest, &rest).sqrt() / self.scale
        });
        let residuals = residuals.collect();
        let values = values.iter().map(|&v| v / self.scale).collect();
        let (iterations, products, method) = (self.iterations, self.products, self.method);
        Ok(Eigenpairs { values, vectors, residuals, beyond: None, iterations, products, method })
    }

    /// A run that converged, in that order (`None`: as found). It is not believed: deflation may have added up errors.
    pub fn finish(mut self, basis: Matrix<T>, order: Option<Which<T>>) -> Result<Eigenpairs<T>, Error> {
        let unit = self.norm / self.scale;
        let allowed = self.settings.tolerance.max(T::of(self.order() as f64) * T::EPSILON) * unit;
        let pairs = self.pairs(basis)?;
        let slack = T::of(10.0 * pairs.values.len() as f64);
        if pairs.residuals.iter().any(|residual| *residual > slack * allowed) {
            return Err(pairs.given_up(allowed, AFRESH));
        }
        let Some(which) = order else { return Ok(pairs) };
        let places = which.order(&pairs.values);
        Ok(pairs.select(&places))
    }

    /// A run that did not: what it has, best first.
    pub fn give_up(mut self, basis: Matrix<T>, advice: &str) -> Error {
        let allowed = self.settings.tolerance * self.norm / self.scale;
        let pairs = match self.pairs(basis) {
            Ok(pairs) => pairs,
            Err(error) => return error,
        };
        let mut places: Vec<usize> = (0..pairs.values.len()).collect();
        sort_places(&mut places, &|i, j| pairs.residuals[i].to_f64().total_cmp(&pairs.residuals[j].to_f64()));
        pairs.select(&places).given_up(allowed, advice)
    }
}

/// `v / ‖v‖`, whatever the size of its entries; the norm. A zero vector stays as it is.
pub(super) fn normalize<T: Scalar>(v: &mut [T]) -> T {
    let largest = crate::kernels::reduce::max_abs(v);
    if largest == T::zero() || !largest.is_finite() {
        return largest;
    }
    v.iter_mut().for_each(|x| *x /= largest);
    let norm = dot(v, v).sqrt();
    v.iter_mut().for_each(|x| *x /= norm);
    norm * largest
}

/// Takes from `v` its components along orthonormal `basis`, twice, so that rounding leaves none.
pub(super) fn project_out<T: Scalar>(basis: &[Vec<T>], v: &mut [T]) {
    for _ in 0..2 {
        for q in basis {
            axpy(-dot(q, v), q, v);
        }
    }
}

/// The matrix `[n, k]` with these columns.
pub(super) fn from_columns<T: Scalar>(n: usize, columns: &[Vec<T>]) -> Matrix<T> {
    Matrix::from_fn(n, columns.len(), |i, j| columns[j][i])
}
