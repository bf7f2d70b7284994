//! A dense, row-major matrix.

use std::ops::{Index, IndexMut, Range};

use super::checks::room;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::{dot, max_abs};
use crate::kernels::transpose::transpose;

/// A dense matrix `[rows, cols]`, stored row after row.
///
/// ```
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_fn(2, 2, |i, j| (i + j) as f64);
/// assert_eq!(a.matmul(&Matrix::identity(2))?, a);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
}

impl<T: Scalar> Matrix<T> {
    /// All zero.
    ///
    /// # Panics
    /// If a machine cannot address `rows * cols` entries.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Matrix { data: vec![T::zero(); entries(rows, cols)], rows, cols }
    }

    /// All zero, of a size that nobody vouches for.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no memory for it.
    pub(crate) fn try_zeros(operation: &'static str, rows: usize, cols: usize) -> Result<Self, Error> {
        // Asked for and given back: pages that come zeroed need not be written.
        drop(room::<T>(operation, [rows, cols])?);
        Ok(Self::zeros(rows, cols))
    }

    /// The identity of order `n`.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    pub fn identity(n: usize) -> Self {
        let mut out = Self::zeros(n, n);
        (0..n).for_each(|i| out[(i, i)] = T::one());
        out
    }

    /// Entry (i, j) is `entry(i, j)`.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    pub fn from_fn(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(entries(rows, cols));
        for i in 0..if cols == 0 { 0 } else { rows } {
            data.extend((0..cols).map(|j| entry(i, j)));
        }
        Matrix { data, rows, cols }
    }

    /// The square matrix with these entries on its diagonal and zeros beside it.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    pub fn from_diagonal(diagonal: &[T]) -> Self {
        let n = diagonal.len();
        Self::from_fn(n, n, |i, j| if i == j { diagonal[i] } else { T::zero() })
    }

    /// Takes row-major entries.
    ///
    /// # Errors
    /// [`Error::Shape`] if `data` does not hold `rows * cols` entries.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<T>) -> Result<Self, Error> {
        if rows.checked_mul(cols) != Some(data.len()) {
            return Err(Error::shape("Matrix::from_vec", &[data.len()], &[rows, cols]));
        }
        Ok(Matrix { data, rows, cols })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// All entries, row after row.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// All entries, row after row.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Gives up the entries, row after row.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &mut self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Rows `i < j` at once.
    pub(crate) fn two_rows_mut(&mut self, i: usize, j: usize) -> (&mut [T], &mut [T]) {
        let (head, tail) = self.data.split_at_mut(j * self.cols);
        (&mut head[i * self.cols..(i + 1) * self.cols], &mut tail[..self.cols])
    }

    /// Exchanges rows `i < j`.
    pub(crate) fn swap_rows(&mut self, i: usize, j: usize) {
        let (x, y) = self.two_rows_mut(i, j);
        x.swap_with_slice(y);
    }

    /// `(row i, row j) ← (c · row i + s · row j, c · row j − s · row i)`, `i < j`.
    pub(crate) fn rotate_rows(&mut self, i: usize, j: usize, c: T, s: T) {
        let (x, y) = self.two_rows_mut(i, j);
        x.iter_mut().zip(y).for_each(|(x, y)| (*x, *y) = (c * *x + s * *y, c * *y - s * *x));
    }

    /// The rows, one after another.
    pub fn row_iter(&self) -> impl ExactSizeIterator<Item = &[T]> + '_ {
        (0..self.rows).map(|i| self.row(i))
    }

    /// A copy of the entries (i, i).
    pub fn diagonal(&self) -> Vec<T> {
        (0..self.rows.min(self.cols)).map(|i| self[(i, i)]).collect()
    }

    /// A copy of a rectangular block.
    ///
    /// # Panics
    /// If the block reaches past the matrix.
    pub fn submatrix(&self, rows: Range<usize>, cols: Range<usize>) -> Self {
        assert!(rows.end <= self.rows && cols.end <= self.cols, "submatrix: {rows:?} x {cols:?} of {:?}", self.shape());
        Self::from_fn(rows.len(), cols.len(), |i, j| self[(rows.start + i, cols.start + j)])
    }

    /// Overwrites the block that begins at entry (top, left).
    pub(crate) fn write_block(&mut self, top: usize, left: usize, block: &Self) {
        for (i, row) in block.row_iter().enumerate() {
            self.row_mut(top + i)[left..left + row.len()].copy_from_slice(row);
        }
    }

    /// A copy of column `j`.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, j: usize) -> Vec<T> {
        assert!(j < self.cols, "column {j} of {}", self.cols);
        (0..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// The transpose.
    pub fn transpose(&self) -> Self {
        let (rows, cols) = (self.rows, self.cols);
        let mut data = vec![T::zero(); self.data.len()];
        transpose((&self.data, cols), [rows, cols], (&mut data, rows));
        Matrix { data, rows: cols, cols: rows }
    }

    /// `[rows, cols]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.cols]
    }

    /// Whether there are as many rows as columns.
    pub fn is_square(&self) -> bool {
        self.rows == self.cols
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ tolerance` throughout (never so with NaN).
    pub fn is_symmetric(&self, tolerance: T) -> bool {
        self.is_square() && (0..self.rows).all(|i| (0..=i).all(|j| (self[(i, j)] - self[(j, i)]).abs() <= tolerance))
    }

    /// The same function of every entry.
    pub fn map(&self, function: impl FnMut(T) -> T) -> Self {
        Matrix { data: self.data.iter().copied().map(function).collect(), ..*self }
    }

    /// `α A`.
    pub fn scale(&self, alpha: T) -> Self {
        self.map(|v| alpha * v)
    }

    /// `A + B`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ.
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        self.zip("add", other, |a, b| a + b)
    }

    /// `A − B`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ.
    pub fn sub(&self, other: &Self) -> Result<Self, Error> {
        self.zip("sub", other, |a, b| a - b)
    }

    fn zip(&self, operation: &'static str, other: &Self, function: impl Fn(T, T) -> T) -> Result<Self, Error> {
        if self.shape() != other.shape() {
            return Err(Error::shape(operation, &self.shape(), &other.shape()));
        }
        let data = self.data.iter().zip(&other.data).map(|(&a, &b)| function(a, b)).collect();
        Ok(Matrix { data, ..*self })
    }

    /// The largest absolute entry: 0 if there is none, NaN if any is NaN.
    pub fn max_abs(&self) -> T {
        max_abs(&self.data)
    }

    /// The Frobenius norm `√Σ a_ij²`, without over- or underflow of the squares.
    pub fn frobenius_norm(&self) -> T {
        let largest = self.max_abs();
        if largest == T::zero() || !largest.is_finite() {
            return largest;
        }
        largest * self.data.iter().map(|&v| (v / largest) * (v / largest)).sum::<T>().sqrt()
    }

    /// The largest column sum `max_j Σ_i |a_ij|`: the norm induced by ‖·‖₁.
    pub fn one_norm(&self) -> T {
        let mut sums = vec![T::zero(); self.cols.min(self.data.len())];
        for row in self.filled_rows() {
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.abs());
        }
        max_abs(&sums)
    }

    /// The largest row sum `max_i Σ_j |a_ij|`: the norm induced by ‖·‖_∞.
    pub fn infinity_norm(&self) -> T {
        let sums: Vec<T> = self.filled_rows().map(|row| row.iter().map(|v| v.abs()).sum()).collect();
        max_abs(&sums)
    }

    /// The rows that have entries: all, or none.
    fn filled_rows(&self) -> impl ExactSizeIterator<Item = &[T]> + '_ {
        self.data.chunks_exact(self.cols.max(1))
    }

    /// A strided view for the kernels.
    pub fn view(&self) -> MatRef<'_, T> {
        MatRef::row_major(&self.data, self.rows, self.cols)
    }

    /// A strided view for the kernels.
    pub fn view_mut(&mut self) -> MatMut<'_, T> {
        MatMut::row_major(&mut self.data, self.rows, self.cols)
    }

    /// The product `A B`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `A` has as many columns as `B` has rows, [`Error::InvalidArgument`] if there is no memory
    /// for the product.
    pub fn matmul(&self, other: &Self) -> Result<Self, Error> {
        product("matmul", self.view(), other.view())
    }

    /// The product `Aᵀ B`, without forming the transpose.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `A` has as many rows as `B`.
    pub fn t_matmul(&self, other: &Self) -> Result<Self, Error> {
        product("t_matmul", self.view().transposed(), other.view())
    }

    /// The product `A Bᵀ`, without forming the transpose.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `A` has as many columns as `B`.
    pub fn matmul_t(&self, other: &Self) -> Result<Self, Error> {
        product("matmul_t", self.view(), other.view().transposed())
    }

    /// The product `A x` with a vector `[cols]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if `x` has another length.
    pub fn matvec(&self, x: &[T]) -> Result<Vec<T>, Error> {
        if x.len() != self.cols {
            return Err(Error::shape("matvec", &self.shape(), &[x.len()]));
        }
        Ok(self.row_iter().map(|row| dot(row, x)).collect())
    }
}

/// `rows * cols`, which no machine can address if it overflows.
fn entries(rows: usize, cols: usize) -> usize {
    match rows.checked_mul(cols) {
        Some(count) => count,
        None => panic!("a matrix of {rows} × {cols} entries is beyond all memory; were the sizes given as meant?"),
    }
}

fn product<T: Scalar>(operation: &'static str, a: MatRef<'_, T>, b: MatRef<'_, T>) -> Result<Matrix<T>, Error> {
    if a.cols() != b.rows() {
        return Err(Error::shape(operation, &[a.rows(), a.cols()], &[b.rows(), b.cols()]));
    }
    let mut out = Matrix::try_zeros(operation, a.rows(), b.cols())?;
    gemm(T::one(), a, b, T::zero(), &mut out.view_mut(), &mut Packing::new());
    Ok(out)
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (i, j): (usize, usize)) -> &T {
        assert!(i < self.rows && j < self.cols, "entry ({i}, {j}) of [{}, {}]", self.rows, self.cols);
        &self.data[i * self.cols + j]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        assert!(i < self.rows && j < self.cols, "entry ({i}, {j}) of [{}, {}]", self.rows, self.cols);
        &mut self.data[i * self.cols + j]
    }
}
