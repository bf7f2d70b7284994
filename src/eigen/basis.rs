//! Orthonormal vectors kept row after row: what single-vector methods build.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatRef, Packing, gemm};
use crate::kernels::reduce::{axpy, dot, max_abs};
use crate::linalg::Matrix;
use crate::rng::Stream;

/// `‖x‖`, without over- or underflow of the squares.
pub(super) fn norm<T: Scalar>(x: &[T]) -> T {
    let square = dot(x, x);
    let safe = T::min_positive_value() / T::EPSILON;
    if square > safe && square < safe.recip() {
        return square.sqrt();
    }
    let largest = max_abs(x);
    if largest == T::zero() || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|&v| (v / largest) * (v / largest)).sum::<T>().sqrt()
}

/// Scales `x` to norm one and returns the norm it had; zero stays zero.
pub(super) fn normalize<T: Scalar>(x: &mut [T]) -> T {
    let length = norm(x);
    if length > T::zero() {
        // Divided, not multiplied: the reciprocal of a subnormal number overflows.
        x.iter_mut().for_each(|v| *v /= length);
    }
    length
}

/// Vectors of one length, one per row.
#[derive(Debug, Clone)]
pub(super) struct Basis<T> {
    data: Vec<T>,
    n: usize,
}

impl<T: Scalar> Basis<T> {
    /// No vectors yet, of length `n ≥ 1`.
    pub(super) fn new(n: usize) -> Self {
        Basis { data: Vec::new(), n }
    }

    pub(super) fn len(&self) -> usize {
        self.data.len() / self.n.max(1)
    }

    pub(super) fn row(&self, i: usize) -> &[T] {
        &self.data[i * self.n..(i + 1) * self.n]
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[T]> {
        self.data.chunks_exact(self.n.max(1))
    }

    pub(super) fn push(&mut self, vector: &[T]) {
        self.data.extend_from_slice(vector);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.data.truncate(len * self.n);
    }

    /// `⟨v_i, x⟩` for every vector.
    pub(super) fn coefficients(&self, x: &[T]) -> Vec<T> {
        self.rows().map(|v| dot(v, x)).collect()
    }

    /// Removes from `x` its components along the (orthonormal) vectors, twice for good measure (Giraud, Langou and
    /// Rozložník, 2005), and returns them.
    pub(super) fn remove_from(&self, x: &mut [T]) -> Vec<T> {
        let mut total = vec![T::zero(); self.len()];
        for _ in 0..2 {
            for ((c, sum), v) in self.coefficients(x).into_iter().zip(&mut total).zip(self.rows()) {
                axpy(-c, v, x);
                *sum += c;
            }
        }
        total
    }

    /// `Σ_i c_i v_i`.
    pub(super) fn combination(&self, coefficients: &[T]) -> Vec<T> {
        let mut sum = vec![T::zero(); self.n];
        for (&c, v) in coefficients.iter().zip(self.rows()) {
            axpy(c, v, &mut sum);
        }
        sum
    }

    /// One vector `Σ_i c_ij v_i` per column of `coefficients` `[len, k]`.
    pub(super) fn combinations(&self, coefficients: &Matrix<T>) -> Result<Self, Error> {
        if coefficients.rows() != self.len() {
            return Err(Error::shape("combinations of a basis", &coefficients.shape(), &[self.len(), self.n]));
        }
        let mut out = Matrix::zeros(coefficients.cols(), self.n);
        let vectors = MatRef::row_major(&self.data, self.len(), self.n);
        gemm(T::one(), coefficients.view().transposed(), vectors, T::zero(), &mut out.view_mut(), &mut Packing::new());
        Ok(Basis { data: out.into_vec(), n: self.n })
    }

    /// The vectors as columns `[n, k]`.
    pub(super) fn into_columns(self) -> Matrix<T> {
        let (k, n) = (self.len(), self.n);
        let data = self.data;
        Matrix::from_fn(n, k, |i, j| data[j * n + i])
    }
}

/// A random vector of norm one, orthogonal to all of these; `None` if they leave no room.
pub(super) fn random_direction<T: Scalar>(n: usize, stream: &mut Stream, bases: &[&Basis<T>]) -> Option<Vec<T>> {
    for _ in 0..3 {
        let mut x: Vec<T> = (0..n).map(|_| stream.normal()).collect();
        normalize(&mut x);
        if orthonormalize(&mut x, bases) {
            return Some(x);
        }
    }
    None
}

/// Makes `x` orthogonal to the bases (orthogonal to each other) and of norm one; `false` if nothing but rounding is left.
pub(super) fn orthonormalize<T: Scalar>(x: &mut [T], bases: &[&Basis<T>]) -> bool {
    if normalize(x) == T::zero() {
        return false;
    }
    let least = T::EPSILON * T::of(16.0 * (x.len() as f64).sqrt());
    // What little is left after the first round is normalised and cleaned again.
    for _ in 0..2 {
        for basis in bases {
            basis.remove_from(x);
        }
        let left = normalize(x);
        if left <= least {
            return false;
        }
    }
    true
}
