//! `L D Lᵀ` of a sparse symmetric matrix.

use super::multifrontal::factor;
use super::{Csc, Csr, Symbolic};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpy, max_abs};
use crate::linalg::{Inertia, LinearOperator, checks};

/// `P A Pᵀ = L D Lᵀ` for a sparse symmetric matrix, definite or not: `L` unit lower triangular, `D` diagonal, `P` the
/// permutation of a [`Symbolic`] analysis.
///
/// Groups of columns are eliminated as dense fronts along the elimination tree (Duff and Reid, 1983), independent
/// subtrees in parallel, with the same bits on any number of threads. There is no pivoting, by 2×2 blocks or otherwise: of
/// an indefinite matrix the growth of the entries is watched, and a factorisation that would have lost its digits is
/// refused. What it refuses, such as `[[0, 1], [1, 0]]`, the dense [`linalg::Ldlt`](crate::linalg::Ldlt) or
/// [`Minres`](super::Minres) solves.
///
/// ```
/// use eigennet::sparse::{Csr, Ldlt, Symbolic};
/// let a = Csr::from_triplets(2, 2, &[(0, 0, 2.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 3.0)])?;
/// let x = Ldlt::factor(&a)?.solve(&[5.0, 10.0])?;
/// assert!((x[0] - 1.0_f64).abs() < 1e-15 && (x[1] - 3.0).abs() < 1e-15);
/// // The eigenvalues are 1.38 and 3.62: one below 2.5.
/// assert_eq!(Ldlt::factor_shifted(&a, 2.5, &Symbolic::analyze(&a)?)?.inertia().negative, 1);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ldlt<T> {
    symbolic: Symbolic,
    /// The panels of the groups of columns, row after row; their upper triangles are not read.
    panels: Vec<T>,
    pivots: Vec<T>,
    growth: T,
    /// The matrix, kept where the growth makes solutions worth refining.
    grown: Option<Box<Csr<T>>>,
}

/// Growth of the entries beyond which solutions are refined.
const GROWTH: f64 = 100.0;

impl<T: Scalar> Ldlt<T> {
    /// Factors a symmetric matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the matrix is square and symmetric but for rounding;
    /// [`Error::ZeroPivot`] if a pivot vanishes to working precision, as it does where the matrix, or only a leading part
    /// of it in the order of elimination, is singular; [`Error::InvalidArgument`] if the entries grow so
    /// much that most digits are lost: a nearby shift will do.
    pub fn factor(a: &Csr<T>) -> Result<Self, Error> {
        a.check_symmetric("sparse Ldlt::factor")?;
        Self::factor_with(a, &Symbolic::analyze(a)?)
    }

    /// Factors a matrix whose pattern lies within the one analysed. Symmetry is not checked: for every pair of mirrored
    /// entries the one that is read depends on the order.
    ///
    /// # Errors
    /// As [`factor`](Self::factor), and [`Error::Shape`] if the analysis is of another size,
    /// [`Error::InvalidArgument`] if it is of another pattern.
    pub fn factor_with(a: &Csr<T>, symbolic: &Symbolic) -> Result<Self, Error> {
        Self::factor_shifted(a, T::zero(), symbolic)
    }

    /// Factors `A − σI` without making it. One analysis of `A` serves every shift, as the diagonal is always part of a
    /// factor.
    ///
    /// # Errors
    /// As [`factor_with`](Self::factor_with), and [`Error::NonFinite`] if `σ`, or a difference, is not finite.
    pub fn factor_shifted(a: &Csr<T>, shift: T, symbolic: &Symbolic) -> Result<Self, Error> {
        let n = symbolic.permutation.len();
        if [a.rows(), a.cols()] != [n, n] {
            return Err(Error::shape("sparse Ldlt::factor_with", &[a.rows(), a.cols()], &[n, n]));
        }
        let diagonal: Vec<T> = a.diagonal().into_iter().map(|d| d - shift).collect();
        Error::check_finite("shifted diagonal of sparse Ldlt", &diagonal)?;
        let beside = a.row_iter().enumerate().map(|(i, (columns, entries))| {
            let entries = columns.iter().zip(entries).filter(|(j, _)| **j as usize != i);
            entries.fold(T::zero(), |largest, (_, v)| largest.max(v.abs()))
        });
        let largest = beside.fold(max_abs(&diagonal), T::max);
        let mut panels = vec![T::zero(); symbolic.supernodes.panels.last().copied().unwrap_or(0)];
        let mut pivots = vec![T::zero(); n];
        let mass = factor(a, &diagonal, symbolic, &mut panels, &mut pivots)?;
        let growth = if n > 0 { mass / largest } else { T::zero() };
        if growth * T::EPSILON > T::EPSILON.sqrt() {
            let reason = format!(
                "the entries grow {growth:e} times without pivoting, so that most digits are lost; move the shift a \
                 little, or factor the dense matrix"
            );
            return Err(Error::invalid("sparse Ldlt::factor", reason));
        }
        let grown = (growth > T::of(GROWTH)).then(|| a.shift(-shift)).transpose()?.map(Box::new);
        Ok(Ldlt { symbolic: symbolic.clone(), panels, pivots, growth, grown })
    }

    /// The solution of `A x = b`. Where entries grew more than 100-fold, a step of iterative refinement (Skeel, 1980) makes
    /// good what elimination without pivoting has lost, and the residual that is left is looked at.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another length, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::InvalidArgument`] if the solution overflows, or misses the equations by more than half the digits.
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
        let n = self.order();
        if b.len() != n || x.len() != n {
            return Err(Error::shape("sparse Ldlt::solve", &[b.len(), x.len()], &[n]));
        }
        Error::check_finite("sparse Ldlt::solve", b)?;
        x.copy_from_slice(&self.substituted(b)?);
        let Some(a) = &self.grown else { return Ok(()) };
        let missed = residual(a, x, b)?;
        axpy(T::one(), &self.substituted(&missed)?, x);
        let left = max_abs(&residual(a, x, b)?);
        let terms = a.infinity_norm() * max_abs(x) + max_abs(b);
        let agrees = left <= T::EPSILON.sqrt() * terms; // NaN does not
        if !agrees {
            let reason = format!(
                "the solution misses the equations by {left:e} of {terms:e}, as the entries grew {:e} times without \
                 pivoting; move the shift a little, or use Minres or the dense matrix",
                self.growth
            );
            return Err(Error::invalid("sparse Ldlt::solve", reason));
        }
        Ok(())
    }

    /// `A⁻¹ b`, in the order of `b`.
    fn substituted(&self, b: &[T]) -> Result<Vec<T>, Error> {
        let permutation = &self.symbolic.permutation;
        let mut y: Vec<T> = permutation.iter().map(|&i| b[i]).collect();
        self.substitute(&mut y);
        checks::solution("sparse Ldlt::solve", &y)?;
        let mut x = vec![T::zero(); y.len()];
        permutation.iter().zip(y).for_each(|(&i, value)| x[i] = value);
        Ok(x)
    }

    /// `y ← L⁻ᵀ D⁻¹ L⁻¹ y`
    fn substitute(&self, y: &mut [T]) {
        let nodes = &self.symbolic.supernodes;
        for s in 0..nodes.len() {
            let (columns, panel) = (nodes.columns(s), &self.panels[nodes.panel(s)]);
            let (head, tail) = y.split_at_mut(columns.end);
            let head = &mut head[columns.start..];
            let (square, rest) = panel.split_at(columns.len() * columns.len());
            for (i, row) in square.chunks_exact(columns.len()).enumerate() {
                head[i] -= product(&row[..i], &head[..i]);
            }
            for (row, &i) in rest.chunks_exact(columns.len()).zip(nodes.below(s)) {
                tail[i as usize - columns.end] -= product(row, head);
            }
        }
        y.iter_mut().zip(&self.pivots).for_each(|(y, &d)| *y /= d);
        for s in (0..nodes.len()).rev() {
            let (columns, panel) = (nodes.columns(s), &self.panels[nodes.panel(s)]);
            let (head, tail) = y.split_at_mut(columns.end);
            let head = &mut head[columns.start..];
            let (square, rest) = panel.split_at(columns.len() * columns.len());
            for (row, &i) in rest.chunks_exact(columns.len()).zip(nodes.below(s)) {
                subtract(tail[i as usize - columns.end], row, head);
            }
            for (i, row) in square.chunks_exact(columns.len()).enumerate().rev() {
                let (before, value) = head.split_at_mut(i);
                subtract(value[0], &row[..i], before);
            }
        }
    }

    /// The signs of the eigenvalues, which are those of the pivots.
    pub fn inertia(&self) -> Inertia {
        let negative = self.pivots.iter().filter(|&&d| d < T::zero()).count();
        Inertia { negative, positive: self.pivots.len() - negative, zero: 0 }
    }

    /// Order of the matrix.
    pub fn order(&self) -> usize {
        self.pivots.len()
    }

    /// Numbers stored for `L`: its entries, and some zeros that make its panels dense.
    pub fn nnz(&self) -> usize {
        self.panels.len()
    }

    /// The diagonal of `D`, in the order of elimination.
    pub fn pivots(&self) -> &[T] {
        &self.pivots
    }

    /// Unknown `permutation()[i]` is the i-th to be eliminated.
    pub fn permutation(&self) -> &[usize] {
        &self.symbolic.permutation
    }

    /// The largest sum that made up a pivot, over the largest entry of the matrix. A solution satisfies `(A + E) x = b` with
    /// `|E|` of about `ε` times this times the largest entry: digits are lost as it grows, half of them at the most, and
    /// beyond 100 [`solve`](Self::solve) refines what it finds.
    pub fn growth(&self) -> T {
        self.growth
    }

    /// `L` `[n, n]` with its unit diagonal; zeros may be stored.
    pub fn lower(&self) -> Csc<T> {
        let nodes = &self.symbolic.supernodes;
        let mut out = Csc::empty(self.order(), self.nnz());
        for s in 0..nodes.len() {
            let (columns, panel) = (nodes.columns(s), &self.panels[nodes.panel(s)]);
            for (j, column) in columns.clone().enumerate() {
                let rows = (column..columns.end).map(|i| i as u32).chain(nodes.below(s).iter().copied());
                out.push_line(rows.zip(panel.chunks_exact(columns.len()).skip(j).map(|row| row[j])));
            }
        }
        out
    }

    /// `(sign, ln |det A|)` with `det A = sign · e^ln`.
    pub fn log_determinant(&self) -> (T, T) {
        let sign = if self.inertia().negative.is_multiple_of(2) { T::one() } else { -T::one() };
        (sign, self.pivots.iter().map(|d| d.abs().ln()).sum())
    }
}

/// `b − A x`
fn residual<T: Scalar>(a: &Csr<T>, x: &[T], b: &[T]) -> Result<Vec<T>, Error> {
    let mut product = vec![T::zero(); b.len()];
    a.apply(x, &mut product)?;
    product.iter_mut().zip(b).for_each(|(p, &b)| *p = b - *p);
    Ok(product)
}

/// `Σ x[i] y[i]`, short as a rule
fn product<T: Scalar>(x: &[T], y: &[T]) -> T {
    x.iter().zip(y).fold(T::zero(), |sum, (&x, &y)| sum + x * y)
}

/// `y ← y − α x`, short as a rule
fn subtract<T: Scalar>(alpha: T, x: &[T], y: &mut [T]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y -= alpha * x);
}
