//! Orthonormal vectors kept row after row: what single-vector methods build.

use rayon::prelude::*;

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::axpy;
use crate::linalg::{Matrix, Span};
use crate::par::for_each_chunk;
use crate::rng::Stream;

/// The norms of the columns.
pub(super) fn column_norms<T: Scalar>(span: &Span, w: &Matrix<T>) -> Vec<T> {
    let columns = w.transpose();
    span.norms(&(0..columns.rows()).map(|j| columns.row(j)).collect::<Vec<_>>())
}

/// The columns scaled to norm one.
pub(super) fn with_unit_columns<T: Scalar>(span: &Span, w: &Matrix<T>) -> Matrix<T> {
    let norms = column_norms(span, w);
    // Divided, not multiplied: the reciprocal of a subnormal number overflows.
    let unit = |v: T, norm: T| if norm > T::zero() { v / norm } else { v };
    Matrix::from_fn(w.rows(), w.cols(), |i, j| unit(w[(i, j)], norms[j]))
}

/// The sum of the columns of a block of approximate eigenvectors, for what starts from one vector.
pub(super) fn sum_of_columns<T: Scalar>(block: &Matrix<T>) -> Vec<T> {
    block.row_iter().map(|row| row.iter().copied().sum()).collect()
}

/// `[[A, column], [row, corner]]`: a projected operator when its basis gains a vector.
pub(super) fn bordered<T: Scalar>(a: &Matrix<T>, column: &[T], row: &[T], corner: T) -> Matrix<T> {
    let m = a.rows();
    Matrix::from_fn(m + 1, m + 1, |i, j| match (i < m, j < m) {
        (true, true) => a[(i, j)],
        (true, false) => column[i],
        (false, true) => row[j],
        (false, false) => corner,
    })
}

/// Entries of a basis that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 17;
/// Columns that are worked on at a time. They begin where blocks of a span do: products then have the same shape, and bits,
/// wherever they are made.
const PIECE: usize = Span::PIECE;

/// Vectors of one length, one per row, of which the entries of a span are held. What is said of projections holds if they
/// are orthonormal.
#[derive(Debug, Clone)]
pub(super) struct Basis<T> {
    data: Vec<T>,
    span: Span,
    /// Entries of a vector held here; there may be none.
    n: usize,
    count: usize,
}

impl<T: Scalar> Basis<T> {
    /// No vectors yet, all of whose entries `n` will be here.
    pub(super) fn new(n: usize) -> Self {
        Self::over(&Span::whole(n))
    }

    /// No vectors yet.
    pub(super) fn over(span: &Span) -> Self {
        Basis { data: Vec::new(), span: span.clone(), n: span.len(), count: 0 }
    }

    /// No vectors yet, and room for `capacity`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no memory for so many.
    pub(super) fn with_room(span: &Span, capacity: usize) -> Result<Self, Error> {
        let mut basis = Self::over(span);
        let n = basis.n;
        span.agreed(basis.data.try_reserve_exact(capacity.saturating_mul(n)).map_err(|_| {
            let reason =
                format!("no memory for {capacity} vectors of length {n}; ask for fewer pairs or a smaller one");
            Error::invalid("subspace", reason)
        }))?;
        Ok(basis)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn row(&self, i: usize) -> &[T] {
        &self.data[i * self.n..(i + 1) * self.n]
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[T]> {
        (0..self.count).map(|i| self.row(i))
    }

    pub(super) fn push(&mut self, vector: &[T]) {
        self.data.extend_from_slice(vector);
        self.count += 1;
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.data.truncate(len * self.n);
        self.count = self.count.min(len);
    }

    fn is_large(&self) -> bool {
        self.data.len() >= MIN_PARALLEL
    }

    /// `⟨v_i, x⟩` for every vector.
    pub(super) fn coefficients(&self, x: &[T]) -> Vec<T> {
        self.span.products(&self.rows().collect::<Vec<_>>(), x)
    }

    /// `x ← x + α Σ_i c_i v_i`
    fn add_combination(&self, alpha: T, coefficients: &[T], x: &mut [T]) {
        for_each_chunk(x, PIECE, self.is_large(), &|index, piece| {
            for (&c, v) in coefficients.iter().zip(self.rows()) {
                axpy(alpha * c, &v[index * PIECE..][..piece.len()], piece);
            }
        });
    }

    /// Removes from `x` its components along the vectors, again until it no longer shrinks (Giraud, Langou and
    /// Rozložník, 2005), and adds them to `coefficients`. Returns the norm of what is left, orthogonal to the basis to
    /// working precision however little that is.
    pub(super) fn orthogonalize(&self, x: &mut [T], coefficients: &mut [T]) -> T {
        let mut before = self.span.norm(x);
        for _ in 0..4 {
            let components = self.coefficients(x);
            self.add_combination(-T::one(), &components, x);
            coefficients.iter_mut().zip(&components).for_each(|(sum, &c)| *sum += c);
            let after = self.span.norm(x);
            if after > T::of(0.7) * before || after == T::zero() || !after.is_finite() {
                return after;
            }
            before = after;
        }
        before
    }

    /// [`orthogonalize`](Self::orthogonalize), returning the components removed.
    pub(super) fn remove_from(&self, x: &mut [T]) -> Vec<T> {
        let mut total = vec![T::zero(); self.len()];
        self.orthogonalize(x, &mut total);
        total
    }

    /// `Σ_i c_i v_i`.
    pub(super) fn combination(&self, coefficients: &[T]) -> Vec<T> {
        let mut sum = vec![T::zero(); self.n];
        self.add_combination(T::one(), coefficients, &mut sum);
        sum
    }

    /// One vector `Σ_i c_ij v_i` per column of `coefficients` `[len, k]`.
    pub(super) fn combinations(&self, coefficients: &Matrix<T>) -> Result<Self, Error> {
        let mut out = self.clone();
        out.rotate(0, coefficients)?;
        Ok(out)
    }

    /// Replaces the vectors from `first` on by one vector `Σ_i c_ij v_i` per column of `coefficients`
    /// `[len − first, k]`.
    pub(super) fn rotate(&mut self, first: usize, coefficients: &Matrix<T>) -> Result<(), Error> {
        let (count, k, n) = (coefficients.rows(), coefficients.cols(), self.n);
        if first + count != self.len() {
            return Err(Error::shape("combinations of a basis", &coefficients.shape(), &[self.len(), n]));
        }
        self.count = first + k;
        let old = &self.data[first * n..];
        let starts: Vec<usize> = (0..n).step_by(PIECE).collect();
        let piece = |&start: &usize| {
            let width = PIECE.min(n - start);
            let mut new = vec![T::zero(); k * width];
            let vectors = MatRef::new(&old[start.min(old.len())..], count, width, n, 1)?;
            let mut out = MatMut::row_major(&mut new, k, width);
            gemm(T::one(), coefficients.view().transposed(), vectors, T::zero(), &mut out, &mut Packing::new());
            Ok(new)
        };
        let pieces: Vec<Vec<T>> = if self.is_large() {
            starts.par_iter().map(piece).collect::<Result<_, Error>>()?
        } else {
            starts.iter().map(piece).collect::<Result<_, Error>>()?
        };
        self.data.resize((first + k) * n, T::zero());
        for (&start, new) in starts.iter().zip(&pieces) {
            let width = PIECE.min(n - start);
            for (i, row) in new.chunks_exact(width).enumerate() {
                self.data[(first + i) * n + start..][..width].copy_from_slice(row);
            }
        }
        Ok(())
    }

    /// The vectors as columns `[n, k]`.
    pub(super) fn columns(&self) -> Matrix<T> {
        Matrix::from_fn(self.n, self.len(), |i, j| self.data[j * self.n + i])
    }
}

/// A random vector of norm one, orthogonal to all of these; `None` if they leave no room.
pub(super) fn random_direction<T: Scalar>(span: &Span, stream: &mut Stream, bases: &[&Basis<T>]) -> Option<Vec<T>> {
    if bases.iter().map(|basis| basis.len()).sum::<usize>() >= span.total() {
        return None;
    }
    for _ in 0..3 {
        let mut x: Vec<T> = span.draw(1, stream);
        span.normalize(&mut x);
        if orthonormalize(span, &mut x, bases) {
            return Some(x);
        }
    }
    None
}

/// Makes `x` orthogonal to the bases (orthogonal to each other) and of norm one; `false` if nothing but rounding is left.
pub(super) fn orthonormalize<T: Scalar>(span: &Span, x: &mut [T], bases: &[&Basis<T>]) -> bool {
    if span.normalize(x) == T::zero() {
        return false;
    }
    let least = T::EPSILON * T::of(16.0 * (span.total() as f64).sqrt());
    // What little is left after the first round is normalised and cleaned again.
    for _ in 0..2 {
        for basis in bases {
            basis.remove_from(x);
        }
        let left = span.normalize(x);
        if left <= least {
            return false;
        }
    }
    true
}
