//! An orthonormal basis, row after row.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::{axpy, dot, max_abs};
use crate::linalg::Matrix;
use crate::rng::Stream;
use rayon::prelude::*;

/// Entries of the basis that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 17;
/// Columns that are worked on at a time, so that they stay in the first cache.
const PIECE: usize = 1024;

/// Orthonormal vectors of length `n`, one after another.
pub(super) struct Basis<T> {
    n: usize,
    rows: Vec<T>,
}

impl<T: Scalar> Basis<T> {
    /// An empty basis with room for `capacity` vectors.
    pub fn new(n: usize, capacity: usize) -> Result<Self, Error> {
        let mut rows = Vec::new();
        let room = capacity.saturating_mul(n);
        rows.try_reserve_exact(room).map_err(|_| {
            let reason =
                format!("no memory for {capacity} vectors of length {n}; ask for fewer pairs or a smaller one");
            Error::invalid("subspace of Lanczos", reason)
        })?;
        Ok(Basis { n, rows })
    }

    pub fn len(&self) -> usize {
        self.rows.len() / self.n.max(1)
    }

    pub fn row(&self, i: usize) -> &[T] {
        &self.rows[i * self.n..(i + 1) * self.n]
    }

    pub fn push(&mut self, row: &[T]) {
        self.rows.extend_from_slice(row);
    }

    pub fn truncate(&mut self, length: usize) {
        self.rows.truncate(length * self.n);
    }

    /// `w ← w − Vᵀ V w`, again until it no longer shrinks; adds `V w` to `coefficients`. Returns the norm of what is
    /// left, orthogonal to the basis to working precision however little that is.
    pub fn orthogonalize(&self, w: &mut [T], coefficients: &mut [T]) -> T {
        let mut before = norm(w);
        // Two passes are enough unless rounding is all that is left (Giraud, Langou and Rozložník, 2005).
        for _ in 0..4 {
            let projections = self.project(w);
            self.subtract(&projections, w);
            coefficients.iter_mut().zip(&projections).for_each(|(c, &p)| *c += p);
            let after = norm(w);
            if after > T::of(0.7) * before || after == T::zero() || !after.is_finite() {
                return after;
            }
            before = after;
        }
        before
    }

    fn is_large(&self) -> bool {
        self.rows.len() >= MIN_PARALLEL
    }

    /// `V w`
    fn project(&self, w: &[T]) -> Vec<T> {
        if self.is_large() {
            self.rows.par_chunks_exact(self.n).map(|row| dot(row, w)).collect()
        } else {
            self.rows.chunks_exact(self.n.max(1)).map(|row| dot(row, w)).collect()
        }
    }

    /// `w ← w − Vᵀ c`
    fn subtract(&self, c: &[T], w: &mut [T]) {
        let work = |(index, piece): (usize, &mut [T])| {
            for (row, &c) in self.rows.chunks_exact(self.n).zip(c) {
                axpy(-c, &row[index * PIECE..][..piece.len()], piece);
            }
        };
        if self.is_large() {
            w.par_chunks_mut(PIECE).enumerate().for_each(work);
        } else {
            w.chunks_mut(PIECE).enumerate().for_each(work);
        }
    }

    /// Replaces the vectors from `first` on by `Sᵀ` times them, for `S` `[len − first, k]`.
    pub fn rotate(&mut self, first: usize, s: &Matrix<T>) -> Result<(), Error> {
        let (count, k, n) = (s.rows(), s.cols(), self.n);
        let old = &self.rows[first * n..];
        let pieces: Vec<usize> = (0..n).step_by(PIECE).collect();
        let piece = |&start: &usize| {
            let width = PIECE.min(n - start);
            let mut new = vec![T::zero(); k * width];
            let left = s.view().transposed();
            let right = MatRef::new(&old[start.min(old.len())..], count, width, n, 1)?;
            gemm(T::one(), left, right, T::zero(), &mut MatMut::row_major(&mut new, k, width), &mut Packing::new());
            Ok(new)
        };
        let new: Vec<Vec<T>> = if self.is_large() {
            pieces.par_iter().map(piece).collect::<Result<_, Error>>()?
        } else {
            pieces.iter().map(piece).collect::<Result<_, Error>>()?
        };
        for (&start, new) in pieces.iter().zip(&new) {
            let width = PIECE.min(n - start);
            for (i, row) in new.chunks_exact(width).enumerate() {
                self.rows[(first + i) * n + start..][..width].copy_from_slice(row);
            }
        }
        self.truncate(first + k);
        Ok(())
    }

    /// A random unit vector orthogonal to the basis; `None` if the basis spans everything.
    pub fn fresh(&self, random: &mut Stream) -> Option<Vec<T>> {
        if self.len() >= self.n {
            return None;
        }
        // A draw that lies in the span of the basis up to rounding has probability zero; a few are forgiven.
        for _ in 0..8 {
            let mut w: Vec<T> = (0..self.n).map(|_| random.normal()).collect();
            let before = norm(&w);
            let after = self.orthogonalize(&mut w, &mut []);
            if after > T::of(1e3) * T::EPSILON * before && normalize(&mut w, after) {
                return Some(w);
            }
        }
        None
    }
}

/// `‖w‖`, without over- or underflow of the squares; not finite if an entry is not.
pub(super) fn norm<T: Scalar>(w: &[T]) -> T {
    let square = dot(w, w);
    if square.is_finite() && square > T::min_positive_value() / T::EPSILON {
        return square.sqrt();
    }
    let largest = max_abs(w);
    if largest == T::zero() || !largest.is_finite() {
        return largest;
    }
    largest * w.iter().map(|&v| (v / largest) * (v / largest)).sum::<T>().sqrt()
}

/// Divides by a norm; whether that gave finite numbers of norm about one.
pub(super) fn normalize<T: Scalar>(w: &mut [T], norm: T) -> bool {
    w.iter_mut().for_each(|v| *v /= norm);
    let check = dot(w, w);
    check > T::of(0.5) && check < T::of(2.0)
}
