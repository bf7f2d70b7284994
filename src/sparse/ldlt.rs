//! `L D Lᵀ` of a sparse symmetric matrix.

use super::elimination_tree::inverse;
use super::{Csc, Csr, Symbolic};
use crate::Scalar;
use crate::error::Error;

/// How many eigenvalues of a symmetric matrix are negative and positive (Sylvester, 1852).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inertia {
    /// Negative eigenvalues; of `A − σI` the eigenvalues of `A` below `σ`.
    pub negative: usize,
    /// Positive eigenvalues; of `A − σI` the eigenvalues of `A` above `σ`.
    pub positive: usize,
}

/// `P A Pᵀ = L D Lᵀ` for a sparse symmetric matrix, definite or not: `L` unit lower triangular, `D` diagonal, `P` the
/// permutation of a [`Symbolic`] analysis.
///
/// Rows are eliminated one after another along the elimination tree (Davis, 2005). There is no pivoting: of an
/// indefinite matrix the growth of the entries is watched, and a factorisation that would have lost its digits is
/// refused.
///
/// ```
/// use eigennet::sparse::{Csr, Ldlt};
/// let a = Csr::from_triplets(2, 2, &[(0, 0, 2.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 3.0)])?;
/// let x = Ldlt::factor(&a)?.solve(&[5.0, 10.0])?;
/// assert!((x[0] - 1.0_f64).abs() < 1e-15 && (x[1] - 3.0).abs() < 1e-15);
/// // The eigenvalues are 1.38 and 3.62: one below 2.
/// assert_eq!(Ldlt::factor(&a.shift(-2.0)?)?.inertia().negative, 1);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ldlt<T> {
    permutation: Vec<usize>,
    pointers: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<T>,
    pivots: Vec<T>,
    growth: T,
}

impl<T: Scalar> Ldlt<T> {
    /// Factors a symmetric matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the matrix is square and symmetric within `√ε max |a|`;
    /// [`Error::Singular`] if a pivot vanishes to working precision; [`Error::InvalidArgument`] if the entries grow so
    /// much that most digits are lost: a nearby shift will do.
    pub fn factor(a: &Csr<T>) -> Result<Self, Error> {
        check_symmetric("Ldlt::factor", a)?;
        Self::factor_with(a, &Symbolic::analyze(a)?)
    }

    /// Factors a matrix whose pattern lies within the one analysed. Symmetry is not checked: for every pair of mirrored
    /// entries the one that is read depends on the order.
    ///
    /// # Errors
    /// As [`factor`](Self::factor), and [`Error::Shape`] if the analysis is of another size,
    /// [`Error::InvalidArgument`] if it is of another pattern.
    pub fn factor_with(a: &Csr<T>, symbolic: &Symbolic) -> Result<Self, Error> {
        let n = symbolic.permutation.len();
        if [a.rows(), a.cols()] != [n, n] {
            return Err(Error::shape("Ldlt::factor_with", &[a.rows(), a.cols()], &[n, n]));
        }
        let mut out = Ldlt {
            permutation: symbolic.permutation.clone(),
            pointers: symbolic.pointers.clone(),
            indices: vec![0; symbolic.factor_nnz()],
            values: vec![T::zero(); symbolic.factor_nnz()],
            pivots: Vec::with_capacity(n),
            growth: T::zero(),
        };
        out.eliminate(a, &symbolic.parents)?;
        Ok(out)
    }

    fn eliminate(&mut self, a: &Csr<T>, parents: &[u32]) -> Result<(), Error> {
        let n = self.permutation.len();
        let place = inverse(&self.permutation);
        let largest = a.max_abs();
        // Rounding of the sums that make a pivot, of which it has to stand clear.
        let rounding = T::EPSILON * T::of(64.0 + 8.0 * (n as f64).sqrt());
        let mut ends = self.pointers.clone();
        let mut row = vec![T::zero(); n];
        let mut seen = vec![u32::MAX; n];
        let (mut pattern, mut path) = (vec![0; n], Vec::new());
        for i in 0..n {
            seen[i] = i as u32;
            let mut top = n;
            let (columns, entries) = a.row(self.permutation[i]);
            for (&column, &entry) in columns.iter().zip(entries) {
                let mut j = place[column as usize] as usize;
                if j > i {
                    continue;
                }
                row[j] += entry;
                while j < n && seen[j] != i as u32 {
                    path.push(j);
                    seen[j] = i as u32;
                    j = parents[j] as usize;
                }
                // The pattern of the row in an order in which every entry comes before those it changes.
                while let Some(j) = path.pop() {
                    top -= 1;
                    pattern[top] = j;
                }
            }
            let mut pivot = std::mem::take(&mut row[i]);
            let mut size = pivot.abs();
            for &j in &pattern[top..] {
                let value = std::mem::take(&mut row[j]);
                let (begin, end) = (self.pointers[j], ends[j]);
                if end == self.pointers[j + 1] {
                    let reason = "the matrix has entries where the analysed pattern has none; analyse it anew";
                    return Err(Error::invalid("Ldlt::factor_with", reason));
                }
                for (&at, &factor) in self.indices[begin..end].iter().zip(&self.values[begin..end]) {
                    row[at as usize] -= factor * value;
                }
                let factor = value / self.pivots[j];
                pivot -= factor * value;
                size += (factor * value).abs();
                (self.indices[end], self.values[end]) = (i as u32, factor);
                ends[j] += 1;
            }
            if !size.is_finite() || pivot.abs() <= rounding * size {
                return Err(Error::Singular { operation: "Ldlt::factor", pivot: self.permutation[i] });
            }
            self.growth = self.growth.max(size / largest);
            self.pivots.push(pivot);
        }
        if self.growth * T::EPSILON > T::EPSILON.sqrt() {
            let reason = format!(
                "the entries grow {:e} times without pivoting, so that most digits are lost; move the shift a little, \
                 or factor the dense matrix",
                self.growth
            );
            return Err(Error::invalid("Ldlt::factor", reason));
        }
        Ok(())
    }

    /// The solution of `A x = b`.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another length, [`Error::NonFinite`] for NaN and infinities.
    pub fn solve(&self, b: &[T]) -> Result<Vec<T>, Error> {
        let mut x = vec![T::zero(); b.len()];
        self.solve_into(b, &mut x)?;
        Ok(x)
    }

    /// `x = A⁻¹ b`.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn solve_into(&self, b: &[T], x: &mut [T]) -> Result<(), Error> {
        let n = self.permutation.len();
        if b.len() != n || x.len() != n {
            return Err(Error::shape("Ldlt::solve", &[b.len(), x.len()], &[n]));
        }
        Error::check_finite("Ldlt::solve", b)?;
        let mut y: Vec<T> = self.permutation.iter().map(|&i| b[i]).collect();
        for j in 0..n {
            let value = y[j];
            let column = self.pointers[j]..self.pointers[j + 1];
            for (&i, &factor) in self.indices[column.clone()].iter().zip(&self.values[column]) {
                y[i as usize] -= factor * value;
            }
        }
        for j in (0..n).rev() {
            let column = self.pointers[j]..self.pointers[j + 1];
            let mut value = y[j] / self.pivots[j];
            for (&i, &factor) in self.indices[column.clone()].iter().zip(&self.values[column]) {
                value -= factor * y[i as usize];
            }
            y[j] = value;
        }
        self.permutation.iter().zip(y).for_each(|(&i, value)| x[i] = value);
        Ok(())
    }

    /// The signs of the eigenvalues, which are those of the pivots.
    pub fn inertia(&self) -> Inertia {
        let negative = self.negative_pivots();
        Inertia { negative, positive: self.pivots.len() - negative }
    }

    /// How many pivots are negative.
    pub fn negative_pivots(&self) -> usize {
        self.pivots.iter().filter(|&&d| d < T::zero()).count()
    }

    /// Order of the matrix.
    pub fn order(&self) -> usize {
        self.permutation.len()
    }

    /// Entries of `L` below its diagonal.
    pub fn nnz(&self) -> usize {
        self.values.len()
    }

    /// The diagonal of `D`, in the order of elimination.
    pub fn pivots(&self) -> &[T] {
        &self.pivots
    }

    /// Unknown `permutation()[i]` is the i-th to be eliminated.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// The largest sum that made up a pivot, over the largest entry of the matrix: digits are lost as it grows.
    pub fn growth(&self) -> T {
        self.growth
    }

    /// `L` `[n, n]` with its unit diagonal.
    pub fn lower(&self) -> Csc<T> {
        let n = self.order();
        let mut out = super::compressed::Compressed {
            width: n,
            pointers: vec![0],
            indices: Vec::with_capacity(n + self.nnz()),
            values: Vec::with_capacity(n + self.nnz()),
        };
        for j in 0..n {
            let column = self.pointers[j]..self.pointers[j + 1];
            out.indices.push(j as u32);
            out.values.push(T::one());
            out.indices.extend(&self.indices[column.clone()]);
            out.values.extend(&self.values[column]);
            out.pointers.push(out.indices.len());
        }
        Csc(out)
    }

    /// `(sign, ln |det A|)` with `det A = sign · e^ln`.
    pub fn log_determinant(&self) -> (T, T) {
        let sign = if self.negative_pivots().is_multiple_of(2) { T::one() } else { -T::one() };
        (sign, self.pivots.iter().map(|d| d.abs().ln()).sum())
    }
}

/// `A` is square and symmetric within `√ε max |a|`.
pub(super) fn check_symmetric<T: Scalar>(operation: &'static str, a: &Csr<T>) -> Result<(), Error> {
    let n = a.rows().max(a.cols());
    if a.rows() != a.cols() {
        return Err(Error::shape(operation, &[a.rows(), a.cols()], &[n, n]));
    }
    if !a.is_symmetric(T::EPSILON.sqrt() * a.max_abs()) {
        let reason = "the matrix is not symmetric; pass (A + Aᵀ)/2, or use a method for nonsymmetric matrices";
        return Err(Error::invalid(operation, reason));
    }
    Ok(())
}
