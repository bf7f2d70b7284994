//! Sums, transposes, permutations and norms of sparse matrices.

use super::storage::{Compressed, Csc, Csr, check_permutation, granted, zeros};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::max_abs;

impl<T: Scalar, const BY_COLUMNS: bool> Compressed<T, BY_COLUMNS> {
    /// `Aᵀ`.
    ///
    /// # Panics
    /// If there is no memory for a pointer to each of its lines.
    pub fn transpose(&self) -> Self {
        self.turned()
    }

    /// Its positions as lines: the transpose, or the same matrix in the other format.
    fn turned<const OTHER: bool>(&self) -> Compressed<T, OTHER> {
        let mut pointers: Vec<usize> = granted(zeros("sparse transpose", self.width + 1));
        self.indices.iter().for_each(|&j| pointers[j as usize + 1] += 1);
        for j in 0..self.width {
            pointers[j + 1] += pointers[j];
        }
        let mut next: Vec<usize> = granted(zeros("sparse transpose", self.width));
        next.copy_from_slice(&pointers[..self.width]);
        let mut indices = vec![0; self.nnz()];
        let mut values = vec![T::zero(); self.nnz()];
        for (i, (line, entries)) in self.lines().enumerate() {
            for (&j, &value) in line.iter().zip(entries) {
                let at = &mut next[j as usize];
                (indices[*at], values[*at]) = (i as u32, value);
                *at += 1;
            }
        }
        Compressed { width: self.line_count(), pointers, indices, values }
    }

    /// `α A`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if an entry overflows.
    pub fn scale(&self, alpha: T) -> Result<Self, Error> {
        let mut out = self.clone();
        out.values.iter_mut().for_each(|v| *v *= alpha);
        out.finite("sparse scale")
    }

    /// `A + B`.
    ///
    /// # Errors
    /// As [`add_scaled`](Self::add_scaled).
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        self.add_scaled(T::one(), other)
    }

    /// `A − B`.
    ///
    /// # Errors
    /// As [`add_scaled`](Self::add_scaled).
    pub fn sub(&self, other: &Self) -> Result<Self, Error> {
        self.add_scaled(-T::one(), other)
    }

    /// `A + σ B`: the union of both patterns.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ, [`Error::NonFinite`] if an entry overflows.
    pub fn add_scaled(&self, sigma: T, other: &Self) -> Result<Self, Error> {
        if self.shape() != other.shape() {
            return Err(Error::shape("sparse add", &self.shape(), &other.shape()));
        }
        let mut out = Self::empty(self.width, self.nnz().max(other.nnz()));
        for ((ai, av), (bi, bv)) in self.lines().zip(other.lines()) {
            let (mut p, mut q) = (0, 0);
            while let Some(&next) = ai.get(p).into_iter().chain(bi.get(q)).min() {
                let mut value = T::zero();
                if ai.get(p) == Some(&next) {
                    value += av[p];
                    p += 1;
                }
                if bi.get(q) == Some(&next) {
                    value += sigma * bv[q];
                    q += 1;
                }
                out.indices.push(next);
                out.values.push(value);
            }
            out.pointers.push(out.indices.len());
        }
        out.finite("sparse add")
    }

    /// `A + σ I`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square, [`Error::NonFinite`] if `σ` or an entry is not finite.
    pub fn shift(&self, sigma: T) -> Result<Self, Error> {
        self.add(&Self::from_diagonal(&vec![sigma; self.line_count()])?)
    }

    /// Row i of the result is row `rows[i]`, column j of it column `cols[j]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless both are permutations.
    pub fn permute(&self, rows: &[usize], cols: &[usize]) -> Result<Self, Error> {
        check_permutation("sparse permute", self.rows(), rows)?;
        check_permutation("sparse permute", self.cols(), cols)?;
        let [lines, positions] = Self::turn([rows, cols]);
        Ok(self.gather(lines).transpose().gather(positions).transpose())
    }

    /// Line i of the result is line `lines[i]`.
    fn gather(&self, lines: &[usize]) -> Self {
        let mut out = Self::empty(self.width, self.nnz());
        for (indices, values) in lines.iter().map(|&i| self.line(i)) {
            out.push_line(indices.iter().copied().zip(values.iter().copied()));
        }
        out
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ tolerance` throughout.
    pub fn is_symmetric(&self, tolerance: T) -> bool {
        self.mirrors(|_, _| tolerance)
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ allowed(i, j)` throughout.
    pub(super) fn mirrors(&self, allowed: impl Fn(usize, usize) -> T) -> bool {
        if self.rows() != self.cols() {
            return false;
        }
        // Where the pattern is symmetric, the mirrored entries of line j come up in their order.
        let mut next = self.pointers.clone();
        self.lines().enumerate().all(|(i, (indices, values))| {
            indices.iter().map(|&j| j as usize).zip(values).all(|(j, &value)| {
                let at = next[j];
                let mirrored = if at < self.pointers[j + 1] && self.indices[at] as usize == i {
                    next[j] += 1;
                    self.values[at]
                } else {
                    let (indices, values) = self.line(j);
                    indices.binary_search(&(i as u32)).map_or(T::zero(), |at| values[at])
                };
                (value - mirrored).abs() <= allowed(i, j)
            })
        })
    }

    /// The largest absolute entry.
    pub fn max_abs(&self) -> T {
        max_abs(&self.values)
    }

    /// The largest sum of absolute values along a line.
    fn largest_line_sum(&self) -> T {
        let sum = |(_, values): (&[u32], &[T])| values.iter().map(|v| v.abs()).sum::<T>();
        self.lines().map(sum).fold(T::zero(), T::max)
    }
}

impl<T: Scalar> Csr<T> {
    /// The same matrix, stored by columns.
    ///
    /// # Panics
    /// As [`transpose`](Compressed::transpose).
    pub fn to_csc(&self) -> Csc<T> {
        self.turned()
    }

    /// The largest row sum `max_i Σ_j |a_ij|`: the norm induced by ‖·‖_∞, a bound of every eigenvalue.
    pub fn infinity_norm(&self) -> T {
        self.largest_line_sum()
    }
}

impl<T: Scalar> Csc<T> {
    /// The same matrix, stored by rows.
    ///
    /// # Panics
    /// As [`transpose`](Compressed::transpose).
    pub fn to_csr(&self) -> Csr<T> {
        self.turned()
    }

    /// The largest column sum `max_j Σ_i |a_ij|`: the norm induced by ‖·‖₁, a bound of every eigenvalue.
    pub fn one_norm(&self) -> T {
        self.largest_line_sum()
    }
}
