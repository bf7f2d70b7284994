//! Linear operators: all that an iterative method asks of a matrix.

use super::compressed::{Csc, Csr};
use super::{Matrix, Span, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};

/// What is known of an operator beyond its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// `⟨x, A y⟩ = ⟨A x, y⟩`.
    Symmetric,
    /// Nothing is known.
    General,
}

impl Symmetry {
    /// What is known of a matrix whose entries are at hand.
    fn of(symmetric: bool) -> Self {
        if symmetric { Symmetry::Symmetric } else { Symmetry::General }
    }
}

/// The entries of an operator, where it has them at hand.
#[derive(Debug, Clone, Copy)]
pub enum Storage<'a, T> {
    /// All of them.
    Dense(&'a Matrix<T>),
    /// Those that are not zero.
    Sparse(&'a Csr<T>),
    /// None: there are only products.
    Implicit,
}

/// A linear map `[rows, cols]` known by its products with vectors. Products may run side by side: scratch memory goes
/// into a [`Pool`](super::Pool).
///
/// ```
/// use eigennet::linalg::{LinearOperator, Matrix, Symmetry};
/// use eigennet::Error;
///
/// /// The second difference on a ring.
/// struct Ring(usize);
///
/// impl LinearOperator<f64> for Ring {
///     fn rows(&self) -> usize { self.0 }
///     fn cols(&self) -> usize { self.0 }
///     fn symmetry(&self) -> Symmetry { Symmetry::Symmetric }
///     fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
///         let n = self.0;
///         for i in 0..n {
///             y[i] = 2.0 * x[i] - x[(i + 1) % n] - x[(i + n - 1) % n];
///         }
///         Ok(())
///     }
/// }
/// let mut y = [0.0; 4];
/// Ring(4).apply(&[1.0, 0.0, 0.0, 0.0], &mut y)?;
/// assert_eq!(y, [2.0, -1.0, 0.0, -1.0]);
/// # Ok::<(), Error>(())
/// ```
pub trait LinearOperator<T: Scalar>: Sync {
    /// Length of `A x`.
    fn rows(&self) -> usize;

    /// Length of `x`.
    fn cols(&self) -> usize;

    /// What is known of it.
    fn symmetry(&self) -> Symmetry {
        Symmetry::General
    }

    /// Which entries of the vectors it takes and gives are held here. Where they are spread over several processes, its rows
    /// and columns are those held here, and what else it says is the same on all of them; what it does it does on all of
    /// them at once. All by default.
    fn span(&self) -> Span {
        Span::whole(self.rows())
    }

    /// Its entries, for methods that factor it.
    fn storage(&self) -> Storage<'_, T> {
        Storage::Implicit
    }

    /// `y = A x` for `x` `[cols]`, `y` `[rows]`.
    ///
    /// # Errors
    /// Whatever the operator cannot do.
    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error>;

    /// `Y = A X` for a block of vectors, `X` `[cols, k]`, `Y` `[rows, k]`; one by one unless the operator knows better.
    ///
    /// # Errors
    /// Whatever the operator cannot do.
    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        let mut image = vec![T::zero(); self.rows()];
        for j in 0..x.cols() {
            self.apply(&x.column(j), &mut image)?;
            image.iter().enumerate().for_each(|(i, &v)| y[(i, j)] = v);
        }
        Ok(())
    }

    /// `y = Aᵀ x` for `x` `[rows]`, `y` `[cols]`. A symmetric operator need not write it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the operator does not know its transpose.
    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        match self.symmetry() {
            Symmetry::Symmetric => self.apply(x, y),
            Symmetry::General => {
                let reason = "the operator does not know its transpose; implement apply_transposed";
                Err(Error::invalid("LinearOperator::apply_transposed", reason))
            }
        }
    }
}

/// Asymmetry `|a_ij − a_ji|` up to `64 ε √(rᵢ rⱼ)` is taken for rounding, rᵢ the largest entry of row and column i.
impl<T: Scalar> LinearOperator<T> for Matrix<T> {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn cols(&self) -> usize {
        self.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::of(self.is_square() && checks::first_asymmetry(self, checks::rounding()).is_none())
    }

    fn storage(&self) -> Storage<'_, T> {
        Storage::Dense(self)
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        y.copy_from_slice(&self.matvec(x)?);
        Ok(())
    }

    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        if x.rows() != self.cols() || y.shape() != [self.rows(), x.cols()] {
            return Err(Error::shape("apply_block", &self.shape(), &x.shape()));
        }
        gemm(T::one(), self.view(), x.view(), T::zero(), &mut y.view_mut(), &mut Packing::new());
        Ok(())
    }

    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let column = Matrix::from_vec(x.len(), 1, x.to_vec())?;
        y.copy_from_slice(self.t_matmul(&column)?.as_slice());
        Ok(())
    }
}

/// Asymmetry `|a_ij − a_ji|` up to `64 ε √(rᵢ rⱼ)` is taken for rounding, rᵢ the largest entry of row and column i.
impl<T: Scalar> LinearOperator<T> for Csr<T> {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn cols(&self) -> usize {
        self.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::of(self.is_symmetric_by_rows(checks::rounding()))
    }

    fn storage(&self) -> Storage<'_, T> {
        Storage::Sparse(self)
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        self.times_vector(x, y)
    }

    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        self.times_block(x, y)
    }

    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        self.transposed_times_vector(x, y)
    }
}

/// Asymmetry `|a_ij − a_ji|` up to `64 ε √(rᵢ rⱼ)` is taken for rounding, rᵢ the largest entry of row and column i.
impl<T: Scalar> LinearOperator<T> for Csc<T> {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn cols(&self) -> usize {
        self.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::of(self.is_symmetric_by_rows(checks::rounding()))
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        self.transposed_times_vector(x, y)
    }

    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        self.times_vector(x, y)
    }
}

#[cfg(test)]
mod tests;
