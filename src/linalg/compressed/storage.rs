//! The storage of sparse matrices, by rows or by columns.

use crate::Scalar;
use crate::error::Error;
use crate::linalg::Matrix;
use crate::linalg::checks::{self, room};

/// A sparse matrix `[rows, cols]`, stored line after line: lines are rows, or else columns, and the positions of the
/// entries ascend in every line.
///
/// What is not stored is zero; a stored zero stays stored. The columns of a matrix are the rows of its transpose, so
/// both formats are this one mechanism: see [`Csr`] and [`Csc`].
#[derive(Debug, Clone, PartialEq)]
pub struct Compressed<T, const BY_COLUMNS: bool> {
    /// Positions in a line.
    pub(crate) width: usize,
    /// Line i lies at `pointers[i]..pointers[i + 1]`; one longer than there are lines.
    pub(crate) pointers: Vec<usize>,
    pub(crate) indices: Vec<u32>,
    pub(crate) values: Vec<T>,
}

/// Compressed sparse rows.
///
/// Products run in parallel over ranges of rows of about equal numbers of entries, and have the same bits on any number
/// of threads.
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
pub type Csr<T> = Compressed<T, false>;

/// Compressed sparse columns.
///
/// Products with the transpose are as fast as those of a [`Csr`]; products with the matrix itself add up shards of
/// columns.
///
/// ```
/// use eigennet::sparse::Csc;
/// let a = Csc::from_triplets(2, 3, &[(0, 0, 1.0), (1, 2, 2.0), (1, 2, 3.0)])?;
/// assert_eq!(a.column(2), (&[1][..], &[5.0][..]));
/// # Ok::<(), eigennet::Error>(())
/// ```
pub type Csc<T> = Compressed<T, true>;

/// A zeroed vector, or an error where the machine has no room for it.
pub(super) fn zeros<V: Default + Clone>(operation: &'static str, length: usize) -> Result<Vec<V>, Error> {
    let mut out = room(operation, [length, 1])?;
    out.resize(length, V::default());
    Ok(out)
}

/// What there is memory for, where a function has no error to return.
pub(super) fn granted<V>(memory: Result<V, Error>) -> V {
    match memory {
        Ok(memory) => memory,
        Err(error) => panic!("{error}"),
    }
}

impl<T: Scalar, const BY_COLUMNS: bool> Compressed<T, BY_COLUMNS> {
    /// The sum of the entries `(row, column, value)`, given in any order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an entry outside the matrix or dimensions beyond 2³² or the memory,
    /// [`Error::NonFinite`] for NaN and infinities, also where duplicates sum up to one.
    #[inline(never)]
    pub fn from_triplets(rows: usize, cols: usize, triplets: &[(usize, usize, T)]) -> Result<Self, Error> {
        let operation = "sparse from_triplets";
        let [lines, width] = Self::turn([rows, cols]);
        Self::check_dimensions(operation, lines, width)?;
        let mut pointers = zeros::<usize>(operation, lines + 1)?;
        for (at, &(i, j, value)) in triplets.iter().enumerate() {
            if i >= rows || j >= cols {
                let reason = format!("triplet {at} = ({i}, {j}, {value:e}) lies outside {rows} × {cols}");
                return Err(Error::invalid(operation, reason));
            }
            if !value.is_finite() {
                return Err(Error::NonFinite { what: format!("{operation}: triplets"), index: at });
            }
            pointers[Self::turn([i, j])[0] + 1] += 1;
        }
        for i in 0..lines {
            pointers[i + 1] += pointers[i];
        }
        let mut next = zeros::<usize>(operation, lines)?;
        next.copy_from_slice(&pointers[..lines]);
        let mut sorted = vec![(0_u32, T::zero()); triplets.len()];
        for &(i, j, value) in triplets {
            let [line, position] = Self::turn([i, j]);
            sorted[next[line]] = (position as u32, value);
            next[line] += 1;
        }
        let mut out = Self::empty(width, triplets.len());
        for ends in pointers.windows(2) {
            let line = &mut sorted[ends[0]..ends[1]];
            // Stable, so that duplicates are summed in the order they were given in.
            line.sort_by_key(|&(j, _)| j);
            let sums = line.chunk_by(|a, b| a.0 == b.0);
            out.push_line(sums.map(|same| (same[0].0, same[1..].iter().fold(same[0].1, |sum, &(_, v)| sum + v))));
        }
        out.finite(operation)
    }

    /// Takes storage as it is: line i has its entries `values[p]` at the positions `indices[p]`, for `p` in
    /// `pointers[i]..pointers[i + 1]`; a line is `width` long.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the pointers ascend from 0 to the number of entries and
    /// the indices of every line ascend strictly below `width`; [`Error::NonFinite`] for NaN and infinities.
    pub fn from_parts(width: usize, pointers: Vec<usize>, indices: Vec<u32>, values: Vec<T>) -> Result<Self, Error> {
        let operation = "sparse from_parts";
        let invalid = |reason: String| Err(Error::invalid(operation, reason));
        if indices.len() != values.len() {
            return Err(Error::shape(operation, &[indices.len()], &[values.len()]));
        }
        let (Some(0), Some(&last)) = (pointers.first().copied(), pointers.last()) else {
            return invalid("pointers have to begin with 0 and be one more than there are lines".into());
        };
        if last != indices.len() {
            return invalid(format!("pointers end with {last}, but there are {} entries", indices.len()));
        }
        Self::check_dimensions(operation, pointers.len() - 1, width)?;
        if let Some(i) = pointers.windows(2).position(|p| p[0] > p[1]) {
            return invalid(format!("pointers descend at line {i}"));
        }
        let out = Compressed { width, pointers, indices, values };
        for (i, (indices, _)) in out.lines().enumerate() {
            if indices.windows(2).any(|p| p[0] >= p[1]) {
                return invalid(format!("indices of line {i} do not ascend strictly; from_triplets sorts and sums"));
            }
            if indices.last().is_some_and(|&j| j as usize >= width) {
                return invalid(format!("an index of line {i} lies outside 0..{width}"));
            }
        }
        out.finite(operation)
    }

    /// The entries of a dense matrix that are not zero.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn from_dense(a: &Matrix<T>) -> Result<Self, Error> {
        let operation = "sparse from_dense";
        let [lines, width] = Self::turn(a.shape());
        Self::check_dimensions(operation, lines, width)?;
        let mut out = Self::empty(width, 0);
        for line in 0..lines {
            let entries = (0..width).map(|position| {
                let [i, j] = Self::turn([line, position]);
                (position as u32, a[(i, j)])
            });
            out.push_line(entries.filter(|(_, value)| *value != T::zero()));
        }
        out.finite(operation)
    }

    /// The square matrix with these entries on its diagonal.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn from_diagonal(diagonal: &[T]) -> Result<Self, Error> {
        let n = diagonal.len();
        Self::from_parts(n, (0..=n).collect(), (0..n).map(|i| i as u32).collect(), diagonal.to_vec())
    }

    /// The identity of order `n`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `n` is beyond 2³² or the memory.
    pub fn identity(n: usize) -> Result<Self, Error> {
        let operation = "sparse identity";
        Self::check_dimensions(operation, n, n)?;
        let mut ones = zeros(operation, n)?;
        ones.fill(T::one());
        Self::from_diagonal(&ones)
    }

    /// Lines of `width` positions, none yet, and room for entries.
    pub(crate) fn empty(width: usize, room: usize) -> Self {
        Compressed { width, pointers: vec![0], indices: Vec::with_capacity(room), values: Vec::with_capacity(room) }
    }

    /// One line more, its positions ascending.
    pub(crate) fn push_line(&mut self, entries: impl Iterator<Item = (u32, T)>) {
        for (index, value) in entries {
            self.indices.push(index);
            self.values.push(value);
        }
        self.pointers.push(self.indices.len());
    }

    /// `[row, column]` as `[line, position]`, and the other way round.
    pub(super) fn turn<V>([a, b]: [V; 2]) -> [V; 2] {
        if BY_COLUMNS { [b, a] } else { [a, b] }
    }

    /// The matrix, unless an entry is NaN or infinite.
    pub(super) fn finite(self, operation: &'static str) -> Result<Self, Error> {
        Error::check_finite(operation, &self.values)?;
        Ok(self)
    }

    /// Both dimensions fit the index type.
    fn check_dimensions(operation: &'static str, lines: usize, width: usize) -> Result<(), Error> {
        if lines.max(width) > u32::MAX as usize {
            let reason = format!("dimensions {lines} and {width}: at most {} are supported", u32::MAX);
            return Err(Error::invalid(operation, reason));
        }
        Ok(())
    }

    /// The matrix is square.
    pub(crate) fn check_square(&self, operation: &'static str) -> Result<(), Error> {
        let n = self.rows().max(self.cols());
        if self.shape() == [n, n] { Ok(()) } else { Err(Error::shape(operation, &self.shape(), &[n, n])) }
    }

    /// The matrix is square and symmetric but for rounding, as [`checks::symmetric`] has it.
    pub(crate) fn check_symmetric(&self, operation: &'static str) -> Result<(), Error> {
        self.check_square(operation)?;
        let reason = "the matrix is not symmetric; pass (A + Aᵀ)/2, or use a method for nonsymmetric matrices";
        Error::require(self.is_symmetric_by_rows(checks::forgiven()), operation, reason)
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ share · √(rᵢ rⱼ)` throughout, as [`checks::first_asymmetry`] has it.
    pub(crate) fn is_symmetric_by_rows(&self, share: T) -> bool {
        if self.is_symmetric(T::zero()) {
            return true;
        }
        let mut roots = vec![T::zero(); self.rows().max(self.cols())];
        for (i, (indices, values)) in self.lines().enumerate() {
            for (&j, v) in indices.iter().zip(values) {
                for place in [i, j as usize] {
                    roots[place] = roots[place].max(v.abs());
                }
            }
        }
        roots.iter_mut().for_each(|size| *size = size.sqrt());
        self.mirrors(|i, j| share * roots[i] * roots[j])
    }

    pub(super) fn line_count(&self) -> usize {
        self.pointers.len() - 1
    }

    /// Positions and entries of line `i`.
    pub(super) fn line(&self, i: usize) -> (&[u32], &[T]) {
        let range = self.pointers[i]..self.pointers[i + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    pub(super) fn lines(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        (0..self.line_count()).map(|i| self.line(i))
    }

    /// `[rows, cols]`.
    pub fn shape(&self) -> [usize; 2] {
        Self::turn([self.line_count(), self.width])
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.shape()[0]
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.shape()[1]
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.values.len()
    }

    /// Where the lines begin, one more than there are lines.
    pub fn pointers(&self) -> &[usize] {
        &self.pointers
    }

    /// Positions of the entries, line after line.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The entries, line after line.
    pub fn entries(&self) -> &[T] {
        &self.values
    }

    /// Entry (i, j), zero if it is not stored; `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<T> {
        let [line, position] = Self::turn([i, j]);
        if line >= self.line_count() || position >= self.width {
            return None;
        }
        let (indices, values) = self.line(line);
        Some(indices.binary_search(&(position as u32)).map_or(T::zero(), |at| values[at]))
    }

    /// A copy of the entries (i, i).
    pub fn diagonal(&self) -> Vec<T> {
        (0..self.rows().min(self.cols())).map(|i| self.get(i, i).unwrap_or(T::zero())).collect()
    }

    /// The same matrix with all its zeros.
    ///
    /// # Panics
    /// If there is no memory for them.
    pub fn to_dense(&self) -> Matrix<T> {
        let mut out = granted(Matrix::try_zeros("sparse to_dense", self.rows(), self.cols()));
        for (line, (indices, values)) in self.lines().enumerate() {
            for (&position, &value) in indices.iter().zip(values) {
                let [i, j] = Self::turn([line, position as usize]);
                out[(i, j)] = value;
            }
        }
        out
    }
}

impl<T: Scalar> Csr<T> {
    /// Columns and entries of row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> (&[u32], &[T]) {
        self.line(i)
    }

    /// Columns and entries of the rows, one after another.
    pub fn row_iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        self.lines()
    }
}

impl<T: Scalar> Csc<T> {
    /// Rows and entries of column `j`.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, j: usize) -> (&[u32], &[T]) {
        self.line(j)
    }

    /// Rows and entries of the columns, one after another.
    pub fn column_iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        self.lines()
    }
}

/// Every number of `0..n` once.
pub(crate) fn check_permutation(operation: &'static str, n: usize, order: &[usize]) -> Result<(), Error> {
    if order.len() != n {
        return Err(Error::shape(operation, &[order.len()], &[n]));
    }
    let mut seen = vec![false; n];
    for &i in order {
        match seen.get_mut(i) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(Error::invalid(operation, format!("{i} is out of 0..{n} or there twice: no permutation"))),
        }
    }
    Ok(())
}
