//! Polynomials of an operator that enlarge one end of its spectrum: what takes the place of a factorisation where there is
//! none.

use eigennet::eigen::{Eigenpairs, Lanczos, Which};
use eigennet::linalg::{LinearOperator, Matrix, Pool, Span, Symmetry, symmetric_eigen};
use eigennet::par::{for_each_piece, for_each_piece_of_two};
use eigennet::{Error, Result, Scalar};

/// `p(A) = T_d((t + c − 2A) / (t − c))` with the Chebyshev polynomial of degree d: eigenvalues of `A` between the cut c and the
/// top t become some in `[−1, 1]`, and those below the cut grow like `cosh(2 d √((c − λ)/(t − c)))` (Zhou and Saad, 2007).
/// Eigenvectors stay what they are, so that the largest of `p(A)` are the smallest of `A`, far from the others.
#[derive(Debug)]
pub struct Chebyshev<'a, A: ?Sized, T> {
    operator: &'a A,
    degree: usize,
    cut: T,
    top: T,
    workspaces: Pool<[Vec<T>; 2]>,
}

impl<'a, T: Scalar, A: LinearOperator<T> + ?Sized> Chebyshev<'a, A, T> {
    /// The polynomial of a symmetric operator that has no eigenvalue above the top.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the degree is positive, the operator symmetric, and cut and top numbers that ascend.
    pub fn new(operator: &'a A, degree: usize, cut: T, top: T) -> Result<Self> {
        let refused = |reason: String| Err(Error::invalid("Chebyshev", reason));
        if degree == 0 {
            return refused("degree 0 filters nothing; give 1 or more".into());
        }
        if !(cut < top && cut.is_finite() && top.is_finite()) {
            return refused(format!("the cut {cut:e} has to lie below the top {top:e}"));
        }
        if operator.symmetry() != Symmetry::Symmetric {
            return refused("the operator does not say it is symmetric".into());
        }
        Ok(Chebyshev { operator, degree, cut, top, workspaces: Pool::default() })
    }

    /// The smallest eigenpairs of `A`: Lanczos with these settings for the largest of `p(A)`, and Rayleigh–Ritz with `A` on
    /// what it finds. `products` are those with `A`.
    ///
    /// The residuals are those of `A`. Lanczos has bounded those of `p(A)`, which amplifies what is near the cut least: they are
    /// held against `A` itself by the root of the tolerance, as those that come by an inverse are.
    ///
    /// # Errors
    /// Those of [`Lanczos::solve`]; [`Error::InvalidArgument`] if there are fewer eigenvalues below the cut than sought, or a
    /// pair is none of `A`.
    pub fn smallest(&self, settings: &Lanczos<T>) -> Result<Eigenpairs<T>> {
        let span = self.span();
        let found = Lanczos { which: Which::Largest, ..settings.clone() }.solve(self)?;
        let k = found.values.len();
        let mut image = Matrix::zeros(self.rows(), k);
        self.operator.apply_block(&found.vectors, &mut image)?;
        let projected = span.t_matmul(&found.vectors, &image)?;
        let half = T::of(0.5);
        let ritz = symmetric_eigen(&Matrix::from_fn(k, k, |i, j| half * projected[(i, j)] + half * projected[(j, i)]))?;
        if let Some(above) = ritz.values.iter().find(|&&value| value >= self.cut) {
            let reason = format!("{above:e} is not below the cut {:e}; raise it, or ask for fewer pairs", self.cut);
            return Err(Error::invalid("cut of Chebyshev", reason));
        }
        let (vectors, image) = (span.times(&found.vectors, &ritz.vectors)?, span.times(&image, &ritz.vectors)?);
        let rest = Matrix::from_fn(k, self.rows(), |j, i| image[(i, j)] - ritz.values[j] * vectors[(i, j)]);
        let residuals = span.norms(&rest.row_iter().collect::<Vec<_>>());
        let bound = settings.tolerance.sqrt() * self.top.abs().max(self.cut.abs());
        if let Some(worst) = residuals.iter().find(|&&residual| residual.is_nan() || residual > bound) {
            let reason = format!(
                "a pair of the filter leaves a residual of {worst:e} with the operator, above {bound:e}; tighten the \
                 tolerance of Lanczos, raise the degree or the cut, and check that the operator is always the same"
            );
            return Err(Error::invalid("operator of Chebyshev", reason));
        }
        // Of p, which falls up to the cut, the value beyond is none of A.
        Ok(Eigenpairs {
            values: ritz.values,
            vectors,
            residuals,
            beyond: None,
            products: found.products * self.degree + k,
            ..found
        })
    }
}

impl<T: Scalar, A: LinearOperator<T> + ?Sized> LinearOperator<T> for Chebyshev<'_, A, T> {
    fn rows(&self) -> usize {
        self.operator.rows()
    }

    fn cols(&self) -> usize {
        self.operator.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn span(&self) -> Span {
        self.operator.span()
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        let width = self.top - self.cut;
        let (shift, slope) = ((self.top + self.cut) / width, T::of(2.0) / width);
        let two = T::of(2.0);
        self.workspaces.lend(Default::default, |[current, image]| {
            current.clear();
            current.extend_from_slice(x);
            image.resize(x.len(), T::zero());
            // T₁ in y, T₀ in `current`; then the three-term recurrence, whose newest term comes to stand in y.
            self.operator.apply(x, y)?;
            for_each_piece(y, |start, y| {
                y.iter_mut().zip(&x[start..]).for_each(|(y, &x)| *y = shift * x - slope * *y);
            });
            for _ in 1..self.degree {
                self.operator.apply(y, image)?;
                let image = &*image;
                for_each_piece_of_two(y, current, |start, newest, before| {
                    for ((newest, before), &image) in newest.iter_mut().zip(before).zip(&image[start..]) {
                        let next = two * (shift * *newest - slope * image) - *before;
                        (*before, *newest) = (*newest, next);
                    }
                });
            }
            Ok(())
        })
    }
}
