//! Compressed sparse rows.

use super::storage::{Compressed, check_permutation, zeros};
use crate::Scalar;
use crate::error::Error;
use crate::linalg::Matrix;

/// A sparse matrix `[rows, cols]`, stored row after row: the columns of its entries ascend in every row.
///
/// What is not stored is zero; a stored zero stays stored. Products run in parallel over ranges of rows of about equal
/// numbers of entries, and have the same bits on any number of threads.
///
/// ```
/// use eigennet::linalg::LinearOperator;
/// use eigennet::sparse::Csr;
/// // Duplicates are summed.
/// let a = Csr::from_triplets(2, 3, &[(0, 0, 1.0), (1, 2, 2.0), (1, 2, 3.0)])?;
/// let mut y = [0.0; 2];
/// a.apply(&[1.0, 10.0, 100.0], &mut y)?;
/// assert_eq!((a.nnz(), y), (2, [1.0, 500.0]));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Csr<T>(pub(crate) Compressed<T>);

impl<T: Scalar> Csr<T> {
    /// The sum of the entries `(row, column, value)`, given in any order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an entry outside the matrix or dimensions beyond 2³² or the memory,
    /// [`Error::NonFinite`] for NaN and infinities, also where duplicates sum up to one.
    pub fn from_triplets(rows: usize, cols: usize, triplets: &[(usize, usize, T)]) -> Result<Self, Error> {
        Compressed::from_triplets("Csr::from_triplets", rows, cols, triplets).map(Csr)
    }

    /// Takes storage as it is: row i has the columns `indices[p]` and entries `values[p]` for `p` in
    /// `pointers[i]..pointers[i + 1]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the pointers ascend from 0 to the number of entries and the
    /// columns of every row ascend strictly below `cols`; [`Error::NonFinite`] for NaN and infinities.
    pub fn from_parts(cols: usize, pointers: Vec<usize>, indices: Vec<u32>, values: Vec<T>) -> Result<Self, Error> {
        Compressed::from_parts("Csr::from_parts", cols, pointers, indices, values).map(Csr)
    }

    /// The entries of a dense matrix that are not zero.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn from_dense(a: &Matrix<T>) -> Result<Self, Error> {
        let mut out = Compressed { width: a.cols(), pointers: vec![0], indices: Vec::new(), values: Vec::new() };
        for row in a.row_iter() {
            for (j, &value) in row.iter().enumerate().filter(|(_, v)| **v != T::zero()) {
                out.indices.push(j as u32);
                out.values.push(value);
            }
            out.pointers.push(out.indices.len());
        }
        let Compressed { width, pointers, indices, values } = out;
        Compressed::from_parts("Csr::from_dense", width, pointers, indices, values).map(Csr)
    }

    /// The square matrix with these entries on its diagonal.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn from_diagonal(diagonal: &[T]) -> Result<Self, Error> {
        Compressed::from_diagonal("Csr::from_diagonal", diagonal.to_vec()).map(Csr)
    }

    /// The identity of order `n`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `n` is beyond 2³².
    pub fn identity(n: usize) -> Result<Self, Error> {
        Compressed::<T>::check_dimensions("Csr::identity", n, n)?;
        let mut ones = zeros("Csr::identity", n)?;
        ones.fill(T::one());
        Compressed::from_diagonal("Csr::identity", ones).map(Csr)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.0.lines()
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.0.width
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.0.values.len()
    }

    /// Where the rows begin, `[rows + 1]`.
    pub fn pointers(&self) -> &[usize] {
        &self.0.pointers
    }

    /// Columns of the entries, row after row.
    pub fn indices(&self) -> &[u32] {
        &self.0.indices
    }

    /// The entries, row after row.
    pub fn entries(&self) -> &[T] {
        &self.0.values
    }

    /// Columns and entries of row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> (&[u32], &[T]) {
        self.0.line(i)
    }

    /// Columns and entries of the rows, one after another.
    pub fn row_iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        self.0.iter()
    }

    /// Entry (i, j), zero if it is not stored; `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<T> {
        self.0.get(i, j)
    }

    /// A copy of the entries (i, i).
    pub fn diagonal(&self) -> Vec<T> {
        self.0.diagonal()
    }

    /// The same matrix with all its zeros.
    pub fn to_dense(&self) -> Matrix<T> {
        self.0.to_dense()
    }

    /// `Aᵀ`.
    pub fn transpose(&self) -> Self {
        Csr(self.0.transpose())
    }

    /// `α A`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if an entry overflows.
    pub fn scale(&self, alpha: T) -> Result<Self, Error> {
        self.0.scale("Csr::scale", alpha).map(Csr)
    }

    /// `A + B`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ, [`Error::NonFinite`] if an entry overflows.
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        self.0.add("Csr::add", T::one(), &other.0).map(Csr)
    }

    /// `A − B`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn sub(&self, other: &Self) -> Result<Self, Error> {
        self.0.add("Csr::sub", -T::one(), &other.0).map(Csr)
    }

    /// `A + σ B`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_scaled(&self, sigma: T, other: &Self) -> Result<Self, Error> {
        self.0.add("Csr::add_scaled", sigma, &other.0).map(Csr)
    }

    /// `A + σ I`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square, [`Error::NonFinite`] if `σ` or an entry is not finite.
    pub fn shift(&self, sigma: T) -> Result<Self, Error> {
        self.0.shift("Csr::shift", sigma).map(Csr)
    }

    /// Row i of the result is row `rows[i]`, column j of it column `cols[j]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless both are permutations.
    pub fn permute(&self, rows: &[usize], cols: &[usize]) -> Result<Self, Error> {
        check_permutation("Csr::permute", self.rows(), rows)?;
        check_permutation("Csr::permute", self.cols(), cols)?;
        Ok(Csr(self.0.permute(rows, cols)))
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ tolerance` throughout.
    pub fn is_symmetric(&self, tolerance: T) -> bool {
        self.0.is_symmetric(tolerance)
    }

    /// The matrix is square and symmetric within `√ε max |a|`.
    pub(crate) fn check_symmetric(&self, operation: &'static str) -> Result<(), Error> {
        let n = self.rows().max(self.cols());
        if self.rows() != self.cols() {
            return Err(Error::shape(operation, &[self.rows(), self.cols()], &[n, n]));
        }
        if !self.is_symmetric(T::EPSILON.sqrt() * self.max_abs()) {
            let reason = "the matrix is not symmetric; pass (A + Aᵀ)/2, or use a method for nonsymmetric matrices";
            return Err(Error::invalid(operation, reason));
        }
        Ok(())
    }

    /// The largest absolute entry.
    pub fn max_abs(&self) -> T {
        self.0.max_abs()
    }

    /// The largest row sum `max_i Σ_j |a_ij|`: the norm induced by ‖·‖_∞, a bound of every eigenvalue.
    pub fn infinity_norm(&self) -> T {
        self.0.largest_line_sum()
    }
}
