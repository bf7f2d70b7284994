//! Strided views of matrices. A view can be made only of entries that exist, and one to write to only of distinct ones:
//! the pointers of the product rest on these checks.

use super::super::extent::fits;
use crate::error::Error;

/// A strided, read-only view of a matrix `[rows, cols]`: entry (i, j) is `data[i * row_stride + j * col_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct MatRef<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

/// A strided view of a matrix `[rows, cols]` to write to.
#[derive(Debug)]
pub struct MatMut<'a, T> {
    pub(super) data: &'a mut [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a, T> MatRef<'a, T> {
    /// A view with explicit strides.
    ///
    /// # Errors
    /// [`Error::Shape`] if the view would reach past the end of `data`.
    pub fn new(data: &'a [T], rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Result<Self, Error> {
        if !fits(data.len(), rows, cols, row_stride, col_stride) {
            return Err(Error::shape("matrix view", &[data.len()], &[rows, cols, row_stride, col_stride]));
        }
        Ok(MatRef { data, rows, cols, row_stride, col_stride })
    }

    /// A contiguous row-major view.
    ///
    /// # Panics
    /// If `data` is shorter than `rows * cols`, also where that product overflows.
    pub fn row_major(data: &'a [T], rows: usize, cols: usize) -> Self {
        assert!(fits(data.len(), rows, cols, cols, 1), "row_major: {} entries for [{rows}, {cols}]", data.len());
        MatRef { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The same entries with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        MatRef {
            data: self.data,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }
}

impl<'a, T> MatMut<'a, T> {
    /// A view with explicit strides.
    ///
    /// # Errors
    /// [`Error::Shape`] if the view would reach past the end of `data`, or if two entries would share a place.
    pub fn new(
        data: &'a mut [T],
        rows: usize,
        cols: usize,
        row_stride: usize,
        col_stride: usize,
    ) -> Result<Self, Error> {
        // `fits` comes first: it bounds the products below.
        let sound = fits(data.len(), rows, cols, row_stride, col_stride)
            && (rows <= 1 || row_stride > 0)
            && (cols <= 1 || col_stride > 0)
            && (rows <= 1 || cols <= 1 || row_stride > (cols - 1) * col_stride || col_stride > (rows - 1) * row_stride);
        if !sound {
            return Err(Error::shape("matrix view", &[data.len()], &[rows, cols, row_stride, col_stride]));
        }
        Ok(MatMut { data, rows, cols, row_stride, col_stride })
    }

    /// A contiguous row-major view.
    ///
    /// # Panics
    /// If `data` is shorter than `rows * cols`, also where that product overflows.
    pub fn row_major(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        assert!(fits(data.len(), rows, cols, cols, 1), "row_major: {} entries for [{rows}, {cols}]", data.len());
        MatMut { data, rows, cols, row_stride: cols, col_stride: 1 }
    }
}
