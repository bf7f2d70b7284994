//! What every eigensolver of this layer returns.

use super::basis::column_norms;
use super::checks::Products;
use super::{Method, Which};
use crate::Scalar;
use crate::error::{Error, Unconverged};
use crate::linalg::{Complex, ComplexMatrix, Matrix, Span};

/// Converged eigenpairs of a symmetric operator, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigenpairs<T> {
    /// The eigenvalues, in the order of the [`Which`](super::Which) they were asked by.
    pub values: Vec<T>,
    /// Orthonormal eigenvectors, column by column `[n, k]`; of an operator that is spread over processes, the rows of its
    /// [span](crate::linalg::LinearOperator::span).
    pub vectors: Matrix<T>,
    /// `‖A v − λ v‖` of each pair, computed afresh with the vectors returned.
    pub residuals: Vec<T>,
    /// What the answer was checked by: the best value that a search from fresh random vectors, orthogonal to those found,
    /// came upon. It ranks behind them all, or before one by no more than the tolerance, or it would have been taken.
    /// `None` where there was nothing to search: all pairs were computed, the vectors are all there are, or the method makes
    /// no such search.
    pub beyond: Option<T>,
    /// Iterations made: restarts, sweeps or steps, as the method counts them.
    pub iterations: usize,
    /// Products with the operator (or with its shifted inverse), one per vector.
    pub products: usize,
    /// The method that found them.
    pub method: Method,
}

/// Converged eigenpairs of a nonsymmetric operator, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ComplexEigenpairs<T> {
    /// The eigenvalues, in the order of the [`Which`](super::Which) they were asked by; a complex one stands beside its
    /// conjugate, the positive imaginary part first.
    pub values: Vec<Complex<T>>,
    /// Right eigenvectors of norm one, column by column `[n, k]`; of an operator that is spread over processes, the rows of
    /// its [span](crate::linalg::LinearOperator::span).
    pub vectors: ComplexMatrix<T>,
    /// `‖A v − λ v‖` of each pair, computed afresh with the vectors returned.
    pub residuals: Vec<T>,
    /// What the answer was checked by: the best value that a search from fresh random vectors, orthogonal to those found,
    /// came upon. It ranks behind them all, or before one by no more than the tolerance, or it would have been taken.
    /// `None` where there was nothing to search: all pairs were computed, the vectors are all there are, or the method makes
    /// no such search.
    pub beyond: Option<Complex<T>>,
    /// Iterations made: restarts, sweeps or steps, as the method counts them.
    pub iterations: usize,
    /// Products with the operator (or with its shifted inverse), one per vector.
    pub products: usize,
    /// The method that found them.
    pub method: Method,
}

/// Singular triplets of an operator, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct SingularTriplets<T> {
    /// Orthonormal left singular vectors, column by column `[m, k]`.
    pub u: Matrix<T>,
    /// The singular values: descending if the largest were asked for, ascending if the smallest.
    pub values: Vec<T>,
    /// Orthonormal right singular vectors, column by column `[n, k]`.
    pub v: Matrix<T>,
    /// `√(‖A v − σ u‖² + ‖Aᵀ u − σ v‖²)` of each triplet, computed afresh with the vectors returned.
    pub residuals: Vec<T>,
    /// What the answer was checked by: the best value that a search from fresh random vectors, orthogonal to those found,
    /// came upon. It ranks behind them all, or before one by no more than the tolerance, or it would have been taken.
    /// `None` where there was nothing to search: all pairs were computed, the vectors are all there are, or the method makes
    /// no such search.
    pub beyond: Option<T>,
    /// Restarts made.
    pub iterations: usize,
    /// Products with the operator and with its transpose.
    pub products: usize,
    /// The method that found them.
    pub method: Method,
}

/// These columns.
pub(super) fn select<T: Scalar>(matrix: &Matrix<T>, columns: &[usize]) -> Matrix<T> {
    Matrix::from_fn(matrix.rows(), columns.len(), |i, j| matrix[(i, columns[j])])
}

/// `‖a_j − λ_j b_j‖` for every column.
pub(super) fn column_residuals<T: Scalar>(span: &Span, image: &Matrix<T>, values: &[T], vectors: &Matrix<T>) -> Vec<T> {
    let rest = |i, j| image[(i, j)] - values[j] * vectors[(i, j)];
    column_norms(span, &Matrix::from_fn(image.rows(), values.len(), rest))
}

impl<T: Scalar> Eigenpairs<T> {
    /// Pairs of `A x = λ B x` as a method found them, with residuals computed afresh; `B` is the identity if there is
    /// none. Nothing is said of what lies beyond.
    pub(super) fn measured(
        a: &mut Products<'_, T>,
        b: Option<&mut Products<'_, T>>,
        method: Method,
        iterations: usize,
        (values, vectors): (Vec<T>, Matrix<T>),
    ) -> Result<Self, Error> {
        let image = a.apply_block(&vectors)?;
        let residuals = match b {
            None => column_residuals(a.span(), &image, &values, &vectors),
            Some(b) => column_residuals(a.span(), &image, &values, &b.apply_block(&vectors)?),
        };
        Ok(Eigenpairs { values, vectors, residuals, beyond: None, iterations, products: a.count, method })
    }

    /// Those of these places, in that order.
    pub(super) fn select(self, places: &[usize]) -> Self {
        Eigenpairs {
            values: places.iter().map(|&i| self.values[i]).collect(),
            vectors: select(&self.vectors, places),
            residuals: places.iter().map(|&i| self.residuals[i]).collect(),
            ..self
        }
    }

    pub(super) fn into_complex(self) -> ComplexEigenpairs<T> {
        let Eigenpairs { values, vectors, residuals, beyond, iterations, products, method } = self;
        let beyond = beyond.map(Complex::from_real);
        let values = values.into_iter().map(Complex::from_real).collect();
        let vectors = ComplexMatrix::from_real(vectors);
        ComplexEigenpairs { values, vectors, residuals, beyond, iterations, products, method }
    }

    /// The pairs of a direct method, if their residuals are small enough: `limit` is the least that one may be.
    pub(super) fn judged(self, small: bool, limit: T) -> Result<Self, Error> {
        if small {
            return Ok(self);
        }
        let advice = "the dense solver leaves more than the tolerance: the operator is less symmetric than that (pass \
                      (A + Aᵀ)/2), or a mass so ill-conditioned that the digits are lost; or loosen the tolerance";
        Err(self.given_up(limit, advice))
    }

    /// As [`ComplexEigenpairs::given_up`].
    pub(super) fn given_up(self, tolerance: T, advice: &str) -> Error {
        self.into_complex().given_up(tolerance, advice)
    }
}

impl<T: Scalar> ComplexEigenpairs<T> {
    /// These pairs as the error of a solver that gave up; `tolerance` bounds the residuals of those that converged.
    pub(super) fn given_up(self, tolerance: T, advice: &str) -> Error {
        let parts = |z: &Complex<T>| (Scalar::to_f64(z.re), Scalar::to_f64(z.im));
        let k = self.values.len();
        Error::Unconverged(Box::new(Unconverged {
            method: self.method.name(),
            iterations: self.iterations,
            products: self.products,
            values: self.values.iter().map(parts).collect(),
            vectors: (0..k).map(|j| self.vectors.column(j).iter().map(parts).collect()).collect(),
            residuals: self.residuals.iter().map(|&v| v.to_f64()).collect(),
            converged: self.residuals.iter().filter(|&&r| r <= tolerance).count(),
            advice: advice.to_string(),
        }))
    }
}

/// `‖A x − λ x‖` afresh.
pub(super) fn complex_residuals<T: Scalar>(
    a: &mut Products<'_, T>,
    values: &[Complex<T>],
    vectors: &ComplexMatrix<T>,
) -> Result<Vec<T>, Error> {
    let mut residuals = Vec::with_capacity(values.len());
    for (j, &value) in values.iter().enumerate() {
        let x = vectors.column(j);
        let re = a.apply(&x.iter().map(|z| z.re).collect::<Vec<T>>())?;
        let im = match value.im == T::zero() {
            true => vec![T::zero(); re.len()],
            false => a.apply(&x.iter().map(|z| z.im).collect::<Vec<T>>())?,
        };
        let rest = x.iter().zip(re.iter().zip(&im)).map(|(&x, (&re, &im))| Complex::new(re, im) - value * x);
        residuals.push(a.span().norm(&rest.flat_map(|z| [z.re, z.im]).collect::<Vec<T>>()));
    }
    Ok(residuals)
}

/// Sorts pairs into the order sought; of these the positive imaginary part stays first.
pub(super) fn in_order<T: Scalar>(
    values: Vec<Complex<T>>,
    vectors: &ComplexMatrix<T>,
    which: Which<T>,
) -> (Vec<Complex<T>>, ComplexMatrix<T>) {
    // A pair takes the place of its first value: rounding must not tear it apart.
    let mut keys: Vec<(T, usize)> = Vec::with_capacity(values.len());
    for (j, &value) in values.iter().enumerate() {
        let key = if value.im < T::zero() && j > 0 { keys[j - 1].0 } else { which.rank(value) };
        keys.push((key, j));
    }
    keys.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal).then(a.1.cmp(&b.1)));
    let places: Vec<usize> = keys.iter().map(|&(_, j)| j).collect();
    let vectors = ComplexMatrix { re: select(&vectors.re, &places), im: select(&vectors.im, &places) };
    (places.iter().map(|&j| values[j]).collect(), vectors)
}

/// `count`, or one more where that would cut a conjugate pair.
pub(super) fn uncut<T: Scalar>(values: &[Complex<T>], count: usize) -> usize {
    let mut at = 0;
    while at < count.min(values.len()) {
        at += if values[at].im > T::zero() { 2 } else { 1 };
    }
    at.min(values.len())
}
