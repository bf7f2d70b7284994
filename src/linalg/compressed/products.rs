//! Products of sparse matrices with vectors, in parallel, with the same bits on any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::storage::Compressed;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;
use crate::kernels::sparse::{Rows, rows_times_block, rows_times_vector};
use crate::linalg::Matrix;
use crate::par::{shard, shard_count};

/// Entries that are worth a piece of work of their own.
const ENTRIES_PER_PIECE: usize = 1 << 14;

/// Calls `work(pointers of the lines, their results)` on ranges of lines of about equal numbers of entries.
fn for_each_range<T: Send>(
    pointers: &[usize],
    per_line: usize,
    out: &mut [T],
    work: &(dyn Fn(&[usize], &mut [T]) + Sync),
) {
    let (lines, entries) = (pointers.len() - 1, pointers[pointers.len() - 1] - pointers[0]);
    if lines < 2 || (entries + lines) * per_line.max(1) < 2 * ENTRIES_PER_PIECE {
        return work(pointers, out);
    }
    let half = pointers[0] + entries / 2;
    let middle = pointers.partition_point(|&p| p < half).clamp(1, lines - 1);
    let (left, right) = out.split_at_mut(middle * per_line);
    rayon::join(
        || for_each_range(&pointers[..=middle], per_line, left, work),
        || for_each_range(&pointers[middle..], per_line, right, work),
    );
}

impl<T: Scalar, const BY_COLUMNS: bool> Compressed<T, BY_COLUMNS> {
    fn part<'a>(&'a self, pointers: &'a [usize]) -> Rows<'a, T> {
        Rows { pointers, indices: &self.indices, values: &self.values }
    }

    /// `y_i = Σ_j a_ij x_j` over the lines i.
    pub(crate) fn times_vector(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let shape = [self.line_count(), self.width];
        if [y.len(), x.len()] != shape {
            return Err(Error::shape("sparse product", &[y.len(), x.len()], &shape));
        }
        for_each_range(&self.pointers, 1, y, &|pointers, y| rows_times_vector(self.part(pointers), x, y));
        Ok(())
    }

    /// `Y_ij = Σ_l a_il X_lj` over the lines i.
    pub(crate) fn times_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        let k = x.cols();
        if x.rows() != self.width || y.shape() != [self.line_count(), k] {
            return Err(Error::shape("sparse product", &x.shape(), &[self.width, y.cols()]));
        }
        let x = x.as_slice();
        let work = |pointers: &[usize], y: &mut [T]| rows_times_block(self.part(pointers), x, k, y);
        for_each_range(&self.pointers, k, y.as_mut_slice(), &work);
        Ok(())
    }

    /// `y_j = Σ_i a_ij x_i`: every shard of lines sums its own, and the shards are added up in order.
    pub(crate) fn transposed_times_vector(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let shape = [self.width, self.line_count()];
        if [y.len(), x.len()] != shape {
            return Err(Error::shape("sparse product", &[y.len(), x.len()], &shape));
        }
        let scatter = |range: Range<usize>, y: &mut [T]| {
            for i in range {
                let (indices, values) = self.line(i);
                indices.iter().zip(values).for_each(|(&j, &value)| y[j as usize] += value * x[i]);
            }
        };
        y.fill(T::zero());
        // The sums of a shard cost as much as `width` entries.
        let shards = shard_count(self.nnz(), ENTRIES_PER_PIECE.max(4 * self.width));
        if shards == 1 {
            scatter(0..x.len(), y);
            return Ok(());
        }
        let of_shard = |index: usize| {
            let mut sums = vec![T::zero(); self.width];
            scatter(shard(x.len(), shards, index), &mut sums);
            sums
        };
        let parts: Vec<Vec<T>> = (0..shards).into_par_iter().map(of_shard).collect();
        parts.iter().for_each(|part| axpy(T::one(), part, y));
        Ok(())
    }
}
