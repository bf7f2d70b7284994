//! One eigenpair after another: an iteration for one vector, and deflation of what it has found.

use super::run::{Run, Verdict, from_columns, normalize, project_out};
use crate::eigen::{Eigenpairs, Which};
use crate::kernels::reduce::{axpy, dot};
use crate::linalg::{GramSchmidt, Lu, Matrix, Qr, gram_schmidt};
use crate::{Error, Scalar};

/// How a found eigenvector is taken out of the matrix before the next is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deflation {
    /// `A ← A − λ v vᵀ` (Hotelling, 1933): the eigenvalue becomes 0. Errors of the pairs found add up.
    Hotelling,
    /// `A ← (I − v vᵀ) A (I − v vᵀ)`, and every iterate is made orthogonal to what was found. Of a nonsymmetric matrix
    /// this finds the Schur vectors one by one, from which the eigenvectors follow.
    #[default]
    Projection,
}

/// The matrix without what was found.
pub(super) struct Deflated<T> {
    pub matrix: Matrix<T>,
    /// Vectors found, orthonormal with [`Deflation::Projection`].
    pub found: Vec<Vec<T>>,
    deflation: Deflation,
}

impl<T: Scalar> Deflated<T> {
    fn deflate(&mut self, v: Vec<T>, value: T) {
        match self.deflation {
            Deflation::Hotelling => {
                for (i, &weight) in v.iter().enumerate() {
                    axpy(-value * weight, &v, self.matrix.row_mut(i));
                }
            }
            Deflation::Projection => {
                // B ← B − v (vᵀB), then B ← B − (B v) vᵀ.
                for transposed in [true, false] {
                    let b = if transposed { self.matrix.transpose() } else { self.matrix.clone() };
                    let image: Vec<T> = b.row_iter().map(|row| dot(row, &v)).collect();
                    let (left, right) = if transposed { (&v, &image) } else { (&image, &v) };
                    for (i, &weight) in left.iter().enumerate() {
                        axpy(-weight, right, self.matrix.row_mut(i));
                    }
                }
            }
        }
        self.found.push(v);
    }

    /// Where the next pair is sought, if that is not everywhere.
    fn confine(&self, v: &mut [T]) {
        if self.deflation == Deflation::Projection {
            project_out(&self.found, v);
        }
    }
}

/// How one iteration for one vector goes.
pub(super) struct InTurn<'s, T, F> {
    pub pairs: usize,
    pub deflation: Deflation,
    /// Where the first pair starts, if not at random.
    pub start: Option<&'s [T]>,
    pub order: Option<Which<T>>,
    pub advice: &'s str,
    /// The next vector, not yet normalised, from a unit vector, its image and its Rayleigh quotient.
    pub next: F,
}

impl<T, F> InTurn<'_, T, F>
where
    T: Scalar,
    F: FnMut(&Deflated<T>, &[T], &[T], T) -> Result<Vec<T>, Error>,
{
    /// Runs the iteration for each pair to convergence.
    pub fn solve(mut self, mut run: Run<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut rest = Deflated { matrix: run.a.clone(), found: Vec::new(), deflation: self.deflation };
        let mut values = Vec::with_capacity(self.pairs);
        for number in 0..self.pairs {
            run.next_pair();
            let mut v = match self.start.filter(|_| number == 0) {
                Some(start) => start.to_vec(),
                None => run.random_unit(number),
            };
            rest.confine(&mut v);
            normalize(&mut v);
            values.push(T::zero());
            loop {
                let image = rest.matrix.matvec(&v)?;
                run.products += 1;
                let value = dot(&v, &image);
                values[number] = value;
                let mut residual = image.clone();
                axpy(-value, &v, &mut residual);
                match run.step(&values, dot(&residual, &residual).sqrt()) {
                    Verdict::Converged => {
                        rest.deflate(v, value);
                        break;
                    }
                    Verdict::GiveUp => {
                        rest.found.push(v);
                        let basis = basis(&run, &rest.found)?;
                        return Err(run.give_up(basis, self.advice));
                    }
                    Verdict::Continue => {
                        v = (self.next)(&rest, &v, &image, value)?;
                        rest.confine(&mut v);
                        normalize(&mut v);
                    }
                }
            }
        }
        let basis = basis(&run, &rest.found)?;
        run.finish(basis, self.order)
    }
}

/// Orthonormal columns with the same leading spans as the vectors found.
fn basis<T: Scalar>(run: &Run<'_, T>, found: &[Vec<T>]) -> Result<Matrix<T>, Error> {
    let columns = from_columns(run.order(), found);
    match gram_schmidt(&columns, GramSchmidt::default()) {
        Ok((q, _)) => Ok(q),
        // Dependent to working precision (defective matrices): complete them.
        Err(_) => Qr::factor(&columns)?.thin_q(),
    }
}

/// `(B − σ I)⁻¹`, factored. A shift that is an eigenvalue to working precision is moved by a few `ε ‖A‖`: a solution is
/// then huge, and its direction is the eigenvector (Wilkinson, 1965).
pub(super) struct ShiftedInverse<T>(Lu<T>);

impl<T: Scalar> ShiftedInverse<T> {
    /// Factors `B − σ I`, or as near to it as its solution for `probe` is finite.
    pub fn factor(b: &Matrix<T>, shift: T, norm: T, probe: &[T]) -> Result<Self, Error> {
        let n = b.rows();
        let unit = if norm > T::zero() { T::EPSILON * norm.max(shift.abs()) } else { T::EPSILON };
        for moved in [0.0, 1.0, -2.0, 4.0, -8.0, 16.0] {
            let sigma = shift + T::of(moved) * unit;
            let shifted = Matrix::from_fn(n, n, |i, j| if i == j { b[(i, j)] - sigma } else { b[(i, j)] });
            let inverse = ShiftedInverse(Lu::factor(&shifted)?);
            if inverse.apply(probe).is_ok_and(|y| y.iter().all(|v| v.is_finite())) {
                return Ok(inverse);
            }
        }
        Err(Error::Singular { operation: "inverse iteration", pivot: 0 })
    }

    /// `(B − σ I)⁻¹ x`.
    pub fn apply(&self, x: &[T]) -> Result<Vec<T>, Error> {
        Ok(self.0.substitute(&Matrix::from_vec(x.len(), 1, x.to_vec())?)?.into_vec())
    }
}
