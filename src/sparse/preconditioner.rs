//! Approximate inverses for the iterative solvers.
//!
//! A preconditioner is a [`LinearOperator`] whose product is taken for `M⁻¹ r`; for conjugate gradients and MINRES it
//! has to be symmetric positive definite.

use super::Csr;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{LinearOperator, Symmetry};

/// The inverse of the diagonal (Jacobi, 1845).
#[derive(Debug, Clone, PartialEq)]
pub struct Jacobi<T> {
    inverse: Vec<T>,
}

impl<T: Scalar> Jacobi<T> {
    /// From the diagonal of a matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square, [`Error::Singular`] if a diagonal entry is zero or so small that
    /// its inverse overflows.
    pub fn new(a: &Csr<T>) -> Result<Self, Error> {
        a.check_square("Jacobi::new")?;
        let inverse: Vec<T> = a.diagonal().into_iter().map(T::recip).collect();
        match inverse.iter().position(|v| !v.is_finite()) {
            Some(pivot) => Err(Error::Singular { operation: "Jacobi::new", pivot }),
            None => Ok(Jacobi { inverse }),
        }
    }
}

impl<T: Scalar> LinearOperator<T> for Jacobi<T> {
    fn rows(&self) -> usize {
        self.inverse.len()
    }

    fn cols(&self) -> usize {
        self.inverse.len()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let n = self.inverse.len();
        if x.len() != n || y.len() != n {
            return Err(Error::shape("Jacobi::apply", &[x.len(), y.len()], &[n]));
        }
        y.iter_mut().zip(x).zip(&self.inverse).for_each(|((y, &x), &d)| *y = d * x);
        Ok(())
    }
}

/// The incomplete Cholesky factorisation `A ≈ L Lᵀ`, with entries only where `A` has some (IC(0); Meijerink and van der
/// Vorst, 1977).
///
/// ```
/// use eigennet::sparse::{ConjugateGradient, Csr, IncompleteCholesky};
/// let n = 50;
/// let entries: Vec<_> = (0..n).flat_map(|i| [(i, i, 2.1), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]).collect();
/// let a = Csr::from_triplets(n, n, &entries)?;
/// let m = IncompleteCholesky::new(&a)?;
/// let solved = ConjugateGradient::default().solve_preconditioned(&a, &m, &vec![1.0; n])?;
/// assert!((solved.x[7] - 10.0_f64).abs() < 1e-8 && solved.iterations < 10);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IncompleteCholesky<T> {
    /// `L` by rows, the diagonal last in each.
    lower: Csr<T>,
    shift: T,
}

impl<T: Scalar> IncompleteCholesky<T> {
    /// Factors a symmetric matrix with a positive diagonal. Where a pivot would not be positive, the factorisation is
    /// that of `A + α diag(A)`, for the first `α` among 10⁻³, 2·10⁻³, 4·10⁻³, … that will do (Manteuffel, 1980).
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the matrix is square and symmetric but for rounding;
    /// [`Error::NotPositiveDefinite`] if a diagonal entry is not positive.
    pub fn new(a: &Csr<T>) -> Result<Self, Error> {
        let operation = "IncompleteCholesky::new";
        a.check_symmetric(operation)?;
        if let Some(pivot) = a.diagonal().iter().position(|&d| d <= T::zero()) {
            return Err(Error::NotPositiveDefinite { operation, pivot });
        }
        let mut original = Csr::empty(a.cols(), a.nnz());
        for (i, (columns, entries)) in a.row_iter().enumerate() {
            let left = columns.iter().copied().zip(entries.iter().copied()).take_while(|&(j, _)| j as usize <= i);
            original.push_line(left);
        }
        let mut shift = T::zero();
        loop {
            match Self::factor(&original, shift) {
                Ok(lower) => return Ok(IncompleteCholesky { lower, shift }),
                // A large multiple of the diagonal makes every matrix dominant.
                Err(error) if shift > T::of(1e6) => return Err(error),
                Err(_) => shift = if shift == T::zero() { T::of(1e-3) } else { T::of(2.0) * shift },
            }
        }
    }

    fn factor(original: &Csr<T>, shift: T) -> Result<Csr<T>, Error> {
        let mut lower = original.clone();
        let (pointers, indices) = (original.pointers(), original.indices());
        let values = &mut lower.values;
        for i in 0..original.rows() {
            let (begin, end) = (pointers[i], pointers[i + 1]);
            for at in begin..end {
                let j = indices[at] as usize;
                // The product of rows i and j left of column j, over the entries both have.
                let (mut p, mut q, mut sum) = (begin, pointers[j], T::zero());
                while p < at && q + 1 < pointers[j + 1] {
                    match indices[p].cmp(&indices[q]) {
                        std::cmp::Ordering::Less => p += 1,
                        std::cmp::Ordering::Greater => q += 1,
                        std::cmp::Ordering::Equal => {
                            sum += values[p] * values[q];
                            (p, q) = (p + 1, q + 1);
                        }
                    }
                }
                if j < i {
                    values[at] = (values[at] - sum) / values[pointers[j + 1] - 1];
                } else {
                    let diagonal = values[at] + shift * values[at];
                    let pivot = diagonal - sum;
                    if !(pivot > T::EPSILON.sqrt() * diagonal && pivot.is_finite()) {
                        return Err(Error::NotPositiveDefinite { operation: "IncompleteCholesky::new", pivot: i });
                    }
                    values[at] = pivot.sqrt();
                }
            }
        }
        Ok(lower)
    }

    /// The multiple `α` of the diagonal that had to be added.
    pub fn shift(&self) -> T {
        self.shift
    }
}

impl<T: Scalar> LinearOperator<T> for IncompleteCholesky<T> {
    fn rows(&self) -> usize {
        self.lower.rows()
    }

    fn cols(&self) -> usize {
        self.lower.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    /// `y = L⁻ᵀ L⁻¹ x`
    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let n = self.lower.rows();
        if x.len() != n || y.len() != n {
            return Err(Error::shape("IncompleteCholesky::apply", &[x.len(), y.len()], &[n]));
        }
        y.copy_from_slice(x);
        for (i, (columns, entries)) in self.lower.row_iter().enumerate() {
            let (left, diagonal) = (columns.len() - 1, entries[columns.len() - 1]);
            let sum = columns[..left].iter().zip(entries).map(|(&j, &l)| l * y[j as usize]).sum::<T>();
            y[i] = (y[i] - sum) / diagonal;
        }
        for i in (0..n).rev() {
            let (columns, entries) = self.lower.row(i);
            let left = columns.len() - 1;
            let value = y[i] / entries[left];
            y[i] = value;
            columns[..left].iter().zip(entries).for_each(|(&j, &l)| y[j as usize] -= l * value);
        }
        Ok(())
    }
}
