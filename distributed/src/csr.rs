//! A sparse matrix whose rows are dealt out to the processes of a team.

mod halo;
mod symmetry;

use eigennet::linalg::{LinearOperator, Matrix, Pool, Span, Symmetry};
use eigennet::sparse::Csr;
use eigennet::{Error, Result, Scalar};

use halo::Halo;

/// A sparse matrix `[rows, cols]` of which each process of the team holds the rows of its [`Span`]; the solvers `Lanczos`,
/// `Lobpcg` and `Arnoldi` of [`eigennet::eigen`] take it as any other operator.
///
/// Before a product each process gets from the others the entries of `x` that its rows need, those and no more. They stand
/// before and after its own, in the order that they have in `x`, so that every row is summed in the same order wherever it
/// is held: products have the same bits on any number of processes and threads.
///
/// All processes make the matrix, and multiply by it, together, one product at a time.
///
/// ```
/// use eigennet::eigen::{Lanczos, Which};
/// use eigennet::linalg::LinearOperator;
/// use eigennet::par::run_threads;
/// use eigennet_mpi::DistributedCsr;
/// // A path whose first vertex stands out by 8: but for what is beyond rounding, λ = 2 + 8 + 1/8.
/// let n = 3000;
/// let solved = run_threads(3, || {
///     let row = |i: usize| {
///         let beside = [i.checked_sub(1), Some(i + 1).filter(|&j| j < n)];
///         [(i, if i == 0 { 10.0_f64 } else { 2.0 })].into_iter().chain(beside.into_iter().flatten().map(|j| (j, -1.0))).collect()
///     };
///     let path = DistributedCsr::from_rows(n, n, row)?;
///     let pairs = Lanczos { k: 1, which: Which::Largest, ..Lanczos::default() }.solve(&path)?;
///     assert_eq!(pairs.vectors.rows(), path.span().len());
///     Ok::<_, eigennet::Error>(pairs.values)
/// });
/// let values = solved[0].clone()?;
/// assert!((values[0] - 10.125).abs() < 1e-9);
/// assert!(solved.iter().all(|other| other.as_ref() == Ok(&values)));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct DistributedCsr<T> {
    span: Span,
    columns: Span,
    /// The rows held here; columns are places in what [`Halo::extend`] makes of a vector.
    local: Csr<T>,
    halo: Halo,
    symmetry: Symmetry,
    extended: Pool<[Vec<T>; 2]>,
}

/// The rows held here, with the columns of the whole matrix.
struct Rows<T> {
    pointers: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<T>,
}

impl<T: Scalar> Rows<T> {
    /// Sorted by columns, with the sums of entries of the same one in the order they were given in.
    fn collect(span: &Span, cols: usize, mut row: impl FnMut(usize) -> Vec<(usize, T)>) -> Result<Self> {
        let mut rows = Rows { pointers: vec![0], columns: Vec::new(), values: Vec::new() };
        for i in span.range() {
            let mut entries = row(i);
            if let Some(&(j, _)) = entries.iter().find(|entry| entry.0 >= cols) {
                let reason = format!("column {j} of row {i} lies outside 0..{cols}");
                return Err(Error::invalid("DistributedCsr", reason));
            }
            entries.sort_by_key(|&(j, _)| j);
            for same in entries.chunk_by(|a, b| a.0 == b.0) {
                let sum = same[1..].iter().fold(same[0].1, |sum, &(_, v)| sum + v);
                if !sum.is_finite() {
                    let what = format!("DistributedCsr: row {i}");
                    return Err(Error::NonFinite { what, index: same[0].0 });
                }
                rows.columns.push(same[0].0);
                rows.values.push(sum);
            }
            rows.pointers.push(rows.columns.len());
        }
        Ok(rows)
    }

    /// The row at this place among those held here.
    fn row(&self, i: usize) -> (&[usize], &[T]) {
        let range = self.pointers[i]..self.pointers[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }
}

impl<T: Scalar> DistributedCsr<T> {
    /// The matrix with these entries `(column, value)` of its rows, in any order; entries of one place are summed. Each
    /// process asks for the rows it holds, by their numbers in the whole matrix.
    ///
    /// The matrix is symmetric if no entry is further from its mirror image than `64 ε max |a|`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a column outside of the matrix or dimensions beyond 2³² of one process,
    /// [`Error::NonFinite`] for NaN and infinities, each on all processes; those of the team.
    pub fn from_rows(rows: usize, cols: usize, row: impl FnMut(usize) -> Vec<(usize, T)>) -> Result<Self> {
        let (span, columns) = (Span::dealt(rows), Span::dealt(cols));
        let here = Rows::collect(&span, cols, row);
        span.agreed(here.as_ref().map(|_| ()).map_err(Clone::clone))?;
        let here = here?;
        let halo = Halo::agreed(&columns, &here.columns)?;
        let places = here.columns.iter().map(|&j| u32::try_from(halo.place(j)).unwrap_or(u32::MAX)).collect();
        let local = Csr::from_parts(halo.len(), here.pointers.clone(), places, here.values.clone());
        span.agreed(local.as_ref().map(|_| ()).map_err(Clone::clone))?;
        let symmetry = if rows == cols { symmetry::agreed(&span, &here)? } else { Symmetry::General };
        Ok(DistributedCsr { span, columns, local: local?, halo, symmetry, extended: Pool::default() })
    }

    /// The rows of a matrix that every process has as a whole.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows).
    pub fn of(whole: &Csr<T>) -> Result<Self> {
        Self::from_rows(whole.rows(), whole.cols(), |i| {
            let (columns, values) = whole.row(i);
            columns.iter().map(|&j| j as usize).zip(values.iter().copied()).collect()
        })
    }

    /// Entries held here.
    pub fn nnz(&self) -> usize {
        self.local.nnz()
    }

    /// `max_i Σ_j |a_ij|` over all rows: no eigenvalue is larger.
    pub fn infinity_norm(&self) -> T {
        let sums: Vec<T> = self.local.row_iter().map(|(_, values)| values.iter().map(|v| v.abs()).sum()).collect();
        self.span.max_abs(&sums)
    }

    /// Lends out what rows `[len, width]` are with those that other processes hold between them.
    fn with_extended<R>(&self, x: &[T], width: usize, work: impl FnOnce(&mut Vec<T>) -> Result<R>) -> Result<R> {
        self.extended.lend(Default::default, |[extended, message]| {
            self.halo.extend(x, width, extended, message)?;
            work(extended)
        })
    }
}

impl<T: Scalar> LinearOperator<T> for DistributedCsr<T> {
    fn rows(&self) -> usize {
        self.span.len()
    }

    fn cols(&self) -> usize {
        self.columns.len()
    }

    fn symmetry(&self) -> Symmetry {
        self.symmetry
    }

    fn span(&self) -> Span {
        self.span.clone()
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        if self.halo.is_empty() {
            return self.local.apply(x, y);
        }
        self.with_extended(x, 1, |extended| self.local.apply(extended, y))
    }

    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<()> {
        if self.halo.is_empty() {
            return self.local.apply_block(x, y);
        }
        let k = x.cols();
        self.with_extended(x.as_slice(), k, |extended| {
            let block = Matrix::from_vec(self.halo.len(), k, std::mem::take(extended))?;
            self.local.apply_block(&block, y)?;
            *extended = block.into_vec();
            Ok(())
        })
    }
}
