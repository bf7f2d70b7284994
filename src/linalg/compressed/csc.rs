//! Compressed sparse columns.

use super::Csr;
use super::storage::{Compressed, check_permutation};
use crate::Scalar;
use crate::error::Error;
use crate::linalg::Matrix;

/// A sparse matrix `[rows, cols]`, stored column after column: the rows of its entries ascend in every column.
///
/// It is the [`Csr`] of the transpose read the other way. Products with the transpose are as fast as those of a [`Csr`];
/// products with the matrix itself add up shards of columns.
///
/// ```
/// use eigennet::linalg::LinearOperator;
/// use eigennet::sparse::Csc;
/// let a = Csc::from_triplets(2, 3, &[(0, 0, 1.0), (1, 2, 2.0), (1, 2, 3.0)])?;
/// assert_eq!(a.column(2), (&[1][..], &[5.0][..]));
/// let mut y = [0.0; 2];
/// a.apply(&[1.0, 10.0, 100.0], &mut y)?;
/// assert_eq!(y, [1.0, 500.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Csc<T>(pub(crate) Compressed<T>);

impl<T: Scalar> Csc<T> {
    /// The sum of the entries `(row, column, value)`, given in any order.
    ///
    /// # Errors
    /// As [`Csr::from_triplets`].
    pub fn from_triplets(rows: usize, cols: usize, triplets: &[(usize, usize, T)]) -> Result<Self, Error> {
        let operation = "Csc::from_triplets";
        if let Some((at, (i, j, _))) = triplets.iter().enumerate().find(|(_, t)| t.0 >= rows || t.1 >= cols) {
            return Err(Error::invalid(operation, format!("triplet {at} at ({i}, {j}) lies outside {rows} × {cols}")));
        }
        let turned: Vec<_> = triplets.iter().map(|&(i, j, value)| (j, i, value)).collect();
        Compressed::from_triplets(operation, cols, rows, &turned).map(Csc)
    }

    /// Takes storage as it is: column j has the rows `indices[p]` and entries `values[p]` for `p` in
    /// `pointers[j]..pointers[j + 1]`.
    ///
    /// # Errors
    /// As [`Csr::from_parts`], with rows and columns exchanged.
    pub fn from_parts(rows: usize, pointers: Vec<usize>, indices: Vec<u32>, values: Vec<T>) -> Result<Self, Error> {
        Compressed::from_parts("Csc::from_parts", rows, pointers, indices, values).map(Csc)
    }

    /// The entries of a dense matrix that are not zero.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn from_dense(a: &Matrix<T>) -> Result<Self, Error> {
        Ok(Csr::from_dense(a)?.to_csc())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.0.width
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.0.lines()
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.0.values.len()
    }

    /// Where the columns begin, `[cols + 1]`.
    pub fn pointers(&self) -> &[usize] {
        &self.0.pointers
    }

    /// Rows of the entries, column after column.
    pub fn indices(&self) -> &[u32] {
        &self.0.indices
    }

    /// The entries, column after column.
    pub fn entries(&self) -> &[T] {
        &self.0.values
    }

    /// Rows and entries of column `j`.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, j: usize) -> (&[u32], &[T]) {
        self.0.line(j)
    }

    /// Rows and entries of the columns, one after another.
    pub fn column_iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        self.0.iter()
    }

    /// Entry (i, j), zero if it is not stored; `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<T> {
        self.0.get(j, i)
    }

    /// A copy of the entries (i, i).
    pub fn diagonal(&self) -> Vec<T> {
        self.0.diagonal()
    }

    /// The same matrix with all its zeros.
    pub fn to_dense(&self) -> Matrix<T> {
        self.0.to_dense().transpose()
    }

    /// The same matrix, stored by rows.
    pub fn to_csr(&self) -> Csr<T> {
        Csr(self.0.transpose())
    }

    /// `Aᵀ`.
    pub fn transpose(&self) -> Self {
        Csc(self.0.transpose())
    }

    /// `α A`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if an entry overflows.
    pub fn scale(&self, alpha: T) -> Result<Self, Error> {
        self.0.scale("Csc::scale", alpha).map(Csc)
    }

    /// `A + B`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ, [`Error::NonFinite`] if an entry overflows.
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        self.0.add("Csc::add", T::one(), &other.0).map(Csc)
    }

    /// `A − B`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn sub(&self, other: &Self) -> Result<Self, Error> {
        self.0.add("Csc::sub", -T::one(), &other.0).map(Csc)
    }

    /// `A + σ B`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_scaled(&self, sigma: T, other: &Self) -> Result<Self, Error> {
        self.0.add("Csc::add_scaled", sigma, &other.0).map(Csc)
    }

    /// `A + σ I`.
    ///
    /// # Errors
    /// As [`Csr::shift`].
    pub fn shift(&self, sigma: T) -> Result<Self, Error> {
        self.0.shift("Csc::shift", sigma).map(Csc)
    }

    /// Row i of the result is row `rows[i]`, column j of it column `cols[j]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless both are permutations.
    pub fn permute(&self, rows: &[usize], cols: &[usize]) -> Result<Self, Error> {
        check_permutation("Csc::permute", self.rows(), rows)?;
        check_permutation("Csc::permute", self.cols(), cols)?;
        Ok(Csc(self.0.permute(cols, rows)))
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ tolerance` throughout.
    pub fn is_symmetric(&self, tolerance: T) -> bool {
        self.0.is_symmetric(tolerance)
    }

    /// The largest absolute entry.
    pub fn max_abs(&self) -> T {
        self.0.max_abs()
    }

    /// The largest column sum `max_j Σ_i |a_ij|`: the norm induced by ‖·‖₁, a bound of every eigenvalue.
    pub fn one_norm(&self) -> T {
        self.0.largest_line_sum()
    }
}

impl<T: Scalar> Csr<T> {
    /// The same matrix, stored by columns.
    pub fn to_csc(&self) -> Csc<T> {
        Csc(self.0.transpose())
    }
}
