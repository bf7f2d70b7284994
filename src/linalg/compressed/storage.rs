//! The storage behind CSR and CSC: lines of a matrix, only their nonzero entries kept.
//!
//! The columns of a matrix are the rows of its transpose, so both formats are this one mechanism; what differs is
//! whether a line is called a row or a column.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpy, max_abs};
use crate::kernels::sparse::{Rows, rows_times_block, rows_times_vector};
use crate::linalg::Matrix;
use crate::par::{shard, shard_count};
use rayon::prelude::*;

/// Entries that are worth a piece of work of their own.
const ENTRIES_PER_PIECE: usize = 1 << 14;

/// Lines of `width` positions. Indices within a line ascend strictly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compressed<T> {
    pub width: usize,
    /// Line i lies at `pointers[i]..pointers[i + 1]`; one longer than there are lines.
    pub pointers: Vec<usize>,
    pub indices: Vec<u32>,
    pub values: Vec<T>,
}

/// A zeroed vector, or an error where the machine has no room for it.
pub(super) fn zeros<V: Default + Clone>(what: &'static str, length: usize) -> Result<Vec<V>, Error> {
    let mut out = Vec::new();
    let refused =
        |_| Error::invalid(what, format!("no memory for {length} entries; were the dimensions given as meant?"));
    out.try_reserve_exact(length).map_err(refused)?;
    out.resize(length, V::default());
    Ok(out)
}

impl<T: Scalar> Compressed<T> {
    pub fn lines(&self) -> usize {
        self.pointers.len() - 1
    }

    pub fn line(&self, i: usize) -> (&[u32], &[T]) {
        let range = self.pointers[i]..self.pointers[i + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        (0..self.lines()).map(|i| self.line(i))
    }

    /// Both dimensions fit the index type.
    pub fn check_dimensions(operation: &'static str, lines: usize, width: usize) -> Result<(), Error> {
        if lines.max(width) > u32::MAX as usize {
            let reason = format!("dimensions {lines} and {width}: at most {} are supported", u32::MAX);
            return Err(Error::invalid(operation, reason));
        }
        Ok(())
    }

    /// Sums entries `(line, position, value)` given in any order.
    pub fn from_triplets(
        operation: &'static str,
        lines: usize,
        width: usize,
        triplets: &[(usize, usize, T)],
    ) -> Result<Self, Error> {
        Self::check_dimensions(operation, lines, width)?;
        let mut pointers = zeros::<usize>(operation, lines + 1)?;
        for (at, &(i, j, value)) in triplets.iter().enumerate() {
            if i >= lines || j >= width {
                let reason = format!("triplet {at} = ({i}, {j}, {value:e}) lies outside {lines} × {width}");
                return Err(Error::invalid(operation, reason));
            }
            if !value.is_finite() {
                return Err(Error::NonFinite { what: format!("{operation}: triplets"), index: at });
            }
            pointers[i + 1] += 1;
        }
        for i in 0..lines {
            pointers[i + 1] += pointers[i];
        }
        let mut next = pointers.clone();
        let mut sorted = vec![(0_u32, T::zero()); triplets.len()];
        for &(i, j, value) in triplets {
            sorted[next[i]] = (j as u32, value);
            next[i] += 1;
        }
        let mut out = Compressed {
            width,
            pointers: Vec::with_capacity(lines + 1),
            indices: Vec::with_capacity(triplets.len()),
            values: Vec::with_capacity(triplets.len()),
        };
        out.pointers.push(0);
        for i in 0..lines {
            let line = &mut sorted[pointers[i]..pointers[i + 1]];
            // Stable, so that duplicates are summed in the order they were given in.
            line.sort_by_key(|&(j, _)| j);
            let start = out.indices.len();
            for &(j, value) in line.iter() {
                if out.indices.len() > start && out.indices.last() == Some(&j) {
                    let at = out.values.len() - 1;
                    out.values[at] += value;
                } else {
                    out.indices.push(j);
                    out.values.push(value);
                }
            }
            out.pointers.push(out.indices.len());
        }
        Error::check_finite(operation, &out.values)?;
        Ok(out)
    }

    /// Takes storage as it is, if it is in order.
    pub fn from_parts(
        operation: &'static str,
        width: usize,
        pointers: Vec<usize>,
        indices: Vec<u32>,
        values: Vec<T>,
    ) -> Result<Self, Error> {
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
        for (i, (indices, _)) in out.iter().enumerate() {
            if indices.windows(2).any(|p| p[0] >= p[1]) {
                return invalid(format!("indices of line {i} do not ascend strictly; from_triplets sorts and sums"));
            }
            if indices.last().is_some_and(|&j| j as usize >= width) {
                return invalid(format!("an index of line {i} lies outside 0..{width}"));
            }
        }
        Error::check_finite(operation, &out.values)?;
        Ok(out)
    }

    /// The square matrix with these entries on its diagonal.
    pub fn from_diagonal(operation: &'static str, diagonal: Vec<T>) -> Result<Self, Error> {
        let n = diagonal.len();
        Self::from_parts(operation, n, (0..=n).collect(), (0..n).map(|i| i as u32).collect(), diagonal)
    }

    /// The same matrix with its other dimension as lines.
    pub fn transpose(&self) -> Self {
        let mut pointers = vec![0; self.width + 1];
        self.indices.iter().for_each(|&j| pointers[j as usize + 1] += 1);
        for j in 0..self.width {
            pointers[j + 1] += pointers[j];
        }
        let mut next = pointers.clone();
        let mut indices = vec![0; self.indices.len()];
        let mut values = vec![T::zero(); self.values.len()];
        for (i, (line, entries)) in self.iter().enumerate() {
            for (&j, &value) in line.iter().zip(entries) {
                let at = &mut next[j as usize];
                (indices[*at], values[*at]) = (i as u32, value);
                *at += 1;
            }
        }
        Compressed { width: self.lines(), pointers, indices, values }
    }

    pub fn get(&self, i: usize, j: usize) -> Option<T> {
        if i >= self.lines() || j >= self.width {
            return None;
        }
        let (indices, values) = self.line(i);
        Some(indices.binary_search(&(j as u32)).map_or(T::zero(), |at| values[at]))
    }

    pub fn diagonal(&self) -> Vec<T> {
        (0..self.lines().min(self.width)).map(|i| self.get(i, i).unwrap_or(T::zero())).collect()
    }

    /// `A + βB`: the union of both patterns.
    pub fn add(&self, operation: &'static str, beta: T, other: &Self) -> Result<Self, Error> {
        if (self.lines(), self.width) != (other.lines(), other.width) {
            return Err(Error::shape(operation, &[self.lines(), self.width], &[other.lines(), other.width]));
        }
        let mut out = Compressed { width: self.width, pointers: vec![0], indices: Vec::new(), values: Vec::new() };
        out.indices.reserve(self.indices.len().max(other.indices.len()));
        out.values.reserve(self.indices.len().max(other.indices.len()));
        for i in 0..self.lines() {
            let ((ai, av), (bi, bv)) = (self.line(i), other.line(i));
            let (mut p, mut q) = (0, 0);
            while p < ai.len() || q < bi.len() {
                let (left, right) = (ai.get(p).copied(), bi.get(q).copied());
                let next = left.into_iter().chain(right).min().unwrap_or_default();
                let mut value = T::zero();
                if left == Some(next) {
                    value += av[p];
                    p += 1;
                }
                if right == Some(next) {
                    value += beta * bv[q];
                    q += 1;
                }
                out.indices.push(next);
                out.values.push(value);
            }
            out.pointers.push(out.indices.len());
        }
        Error::check_finite(operation, &out.values)?;
        Ok(out)
    }

    /// `αA`
    pub fn scale(&self, operation: &'static str, alpha: T) -> Result<Self, Error> {
        let mut out = self.clone();
        out.values.iter_mut().for_each(|v| *v *= alpha);
        Error::check_finite(operation, &out.values)?;
        Ok(out)
    }

    /// `A + σI`
    pub fn shift(&self, operation: &'static str, sigma: T) -> Result<Self, Error> {
        self.add(operation, T::one(), &Self::from_diagonal(operation, vec![sigma; self.lines()])?)
    }

    /// Line i of the result is line `lines[i]`; position j of it is position `positions[j]`.
    pub fn permute(&self, lines: &[usize], positions: &[usize]) -> Self {
        let mut back = vec![0_u32; self.width];
        positions.iter().enumerate().for_each(|(new, &old)| back[old] = new as u32);
        let mut out = Compressed {
            width: self.width,
            pointers: vec![0],
            indices: Vec::with_capacity(self.indices.len()),
            values: Vec::with_capacity(self.values.len()),
        };
        let mut entries = Vec::new();
        for &i in lines {
            let (indices, values) = self.line(i);
            entries.clear();
            entries.extend(indices.iter().map(|&j| back[j as usize]).zip(values.iter().copied()));
            entries.sort_unstable_by_key(|&(j, _)| j);
            out.indices.extend(entries.iter().map(|e| e.0));
            out.values.extend(entries.iter().map(|e| e.1));
            out.pointers.push(out.indices.len());
        }
        out
    }

    /// Whether the matrix is square and `|a_ij − a_ji| ≤ tolerance` throughout; an entry that is not stored is zero.
    pub fn is_symmetric(&self, tolerance: T) -> bool {
        if self.lines() != self.width {
            return false;
        }
        let fits = |i: usize, j: u32, value: T| {
            self.get(j as usize, i).is_some_and(|mirrored| (value - mirrored).abs() <= tolerance)
        };
        // Where the pattern is symmetric, the mirrored entries of line j come up in their order.
        let mut next = self.pointers.clone();
        self.iter().enumerate().all(|(i, (indices, values))| {
            indices.iter().zip(values).all(|(&j, &value)| {
                let at = next[j as usize];
                if at < self.pointers[j as usize + 1] && self.indices[at] as usize == i {
                    next[j as usize] += 1;
                    (value - self.values[at]).abs() <= tolerance
                } else {
                    fits(i, j, value)
                }
            })
        })
    }

    pub fn max_abs(&self) -> T {
        max_abs(&self.values)
    }

    /// The largest sum of absolute values along a line.
    pub fn largest_line_sum(&self) -> T {
        let sum = |(_, values): (&[u32], &[T])| values.iter().map(|v| v.abs()).sum::<T>();
        self.iter().map(sum).fold(T::zero(), T::max)
    }

    pub fn to_dense(&self) -> Matrix<T> {
        let mut out = Matrix::zeros(self.lines(), self.width);
        for (i, (indices, values)) in self.iter().enumerate() {
            let row = out.row_mut(i);
            indices.iter().zip(values).for_each(|(&j, &value)| row[j as usize] = value);
        }
        out
    }

    /// Calls `work(pointers of the lines, their results)` on ranges of lines of about equal numbers of entries.
    fn for_each_range(&self, per_line: usize, out: &mut [T], work: &(impl Fn(&[usize], &mut [T]) + Sync)) {
        fn split<T: Send>(
            pointers: &[usize],
            per_line: usize,
            out: &mut [T],
            work: &(impl Fn(&[usize], &mut [T]) + Sync),
        ) {
            let (lines, entries) = (pointers.len() - 1, pointers[pointers.len() - 1] - pointers[0]);
            if lines < 2 || (entries + lines) * per_line.max(1) < 2 * ENTRIES_PER_PIECE {
                return work(pointers, out);
            }
            let half = pointers[0] + entries / 2;
            let middle = pointers.partition_point(|&p| p < half).clamp(1, lines - 1);
            let (left, right) = out.split_at_mut(middle * per_line);
            rayon::join(
                || split(&pointers[..=middle], per_line, left, work),
                || split(&pointers[middle..], per_line, right, work),
            );
        }
        split(&self.pointers, per_line, out, work);
    }

    fn rows<'a>(&'a self, pointers: &'a [usize]) -> Rows<'a, T> {
        Rows { pointers, indices: &self.indices, values: &self.values }
    }

    /// `y_i = Σ_j a_ij x_j` over the lines i.
    pub fn times_vector(&self, operation: &'static str, x: &[T], y: &mut [T]) -> Result<(), Error> {
        if x.len() != self.width || y.len() != self.lines() {
            return Err(Error::shape(operation, &[y.len(), x.len()], &[self.lines(), self.width]));
        }
        self.for_each_range(1, y, &|pointers, y| rows_times_vector(self.rows(pointers), x, y));
        Ok(())
    }

    /// `Y_ij = Σ_l a_il X_lj` over the lines i.
    pub fn times_block(&self, operation: &'static str, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        let k = x.cols();
        if x.rows() != self.width || y.shape() != [self.lines(), k] {
            return Err(Error::shape(operation, &x.shape(), &[self.width, y.cols()]));
        }
        let x = x.as_slice();
        let work = |pointers: &[usize], y: &mut [T]| rows_times_block(self.rows(pointers), x, k, y);
        self.for_each_range(k, y.as_mut_slice(), &work);
        Ok(())
    }

    /// `y_j = Σ_i a_ij x_i`: every shard of lines sums its own, and the shards are added up in order.
    pub fn transposed_times_vector(&self, operation: &'static str, x: &[T], y: &mut [T]) -> Result<(), Error> {
        if x.len() != self.lines() || y.len() != self.width {
            return Err(Error::shape(operation, &[y.len(), x.len()], &[self.width, self.lines()]));
        }
        let scatter = |range: std::ops::Range<usize>, y: &mut [T]| {
            for i in range {
                let (indices, values) = self.line(i);
                indices.iter().zip(values).for_each(|(&j, &value)| y[j as usize] += value * x[i]);
            }
        };
        y.fill(T::zero());
        // The sums of a shard cost as much as `width` entries.
        let shards = shard_count(self.values.len(), ENTRIES_PER_PIECE.max(4 * self.width));
        if shards == 1 {
            scatter(0..self.lines(), y);
            return Ok(());
        }
        let of_shard = |index: usize| {
            let mut sums = vec![T::zero(); self.width];
            scatter(shard(self.lines(), shards, index), &mut sums);
            sums
        };
        let parts: Vec<Vec<T>> = (0..shards).into_par_iter().map(of_shard).collect();
        parts.iter().for_each(|part| axpy(T::one(), part, y));
        Ok(())
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
