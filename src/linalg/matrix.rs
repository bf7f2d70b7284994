//! A dense, row-major matrix.

use std::ops::{Index, IndexMut};

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};

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
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Matrix { data: vec![T::zero(); rows * cols], rows, cols }
    }

    /// The identity of order `n`.
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { T::one() } else { T::zero() })
    }

    /// Entry (i, j) is `entry(i, j)`.
    pub fn from_fn(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for i in 0..rows {
            for j in 0..cols {
                data.push(entry(i, j));
            }
        }
        Matrix { data, rows, cols }
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
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.data[i * self.cols..(i + 1) * self.cols]
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
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)])
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
    /// [`Error::Shape`] unless `A` has as many columns as `B` has rows.
    pub fn matmul(&self, other: &Self) -> Result<Self, Error> {
        if self.cols != other.rows {
            return Err(Error::shape("matmul", &[self.rows, self.cols], &[other.rows, other.cols]));
        }
        let mut out = Self::zeros(self.rows, other.cols);
        gemm(T::one(), self.view(), other.view(), T::zero(), &mut out.view_mut(), &mut Packing::new());
        Ok(out)
    }
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (i, j): (usize, usize)) -> &T {
        assert!(j < self.cols, "column {j} of {}", self.cols);
        &self.data[i * self.cols + j]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        assert!(j < self.cols, "column {j} of {}", self.cols);
        &mut self.data[i * self.cols + j]
    }
}
