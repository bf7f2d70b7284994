//! One door to all eigensolvers of the crate.

/// A solver with the settings that a problem shares with all of them, and these.
macro_rules! configured {
    ($problem:expr, $solver:ident { $($settings:tt)* }) => {{
        let (problem, default) = ($problem, $solver::default());
        $solver {
            k: problem.k,
            which: problem.which,
            tolerance: problem.tolerance,
            max_iterations: problem.max_iterations.unwrap_or(default.max_iterations),
            seed: problem.seed,
            $($settings)*,
            ..default
        }
    }};
}

mod eigensystem;
mod general;
mod symmetric;

pub use eigensystem::Eigensystem;

use std::borrow::Cow;

use super::{ComplexEigenpairs, Eigenpairs, Which, checks};
use crate::error::Error;
use crate::kernels::reduce::max_abs;
use crate::linalg::{LinearOperator, Matrix, Storage, Symmetry};
use crate::{Scalar, Seed};

const NAME: &str = "eigen::solve";
/// Up to this order an operator is written out and decomposed.
const SMALL: usize = 200;
/// Up to this order a dense matrix is decomposed for however few of its pairs.
const SMALL_DENSE: usize = 800;
/// Up to this order an operator whose iteration failed is written out and decomposed after all.
const WRITTEN_OUT: usize = 1500;

/// The `k` eigenpairs of any square operator that are sought, by the method that suits it.
///
/// | operator | symmetric | not symmetric |
/// |---|---|---|
/// | order ≤ 200, or `k` beyond a quarter of the order, or a dense matrix of order ≤ 800 | [`symmetric_eigen`](crate::linalg::symmetric_eigen) | [`nonsymmetric_eigen`](crate::linalg::nonsymmetric_eigen) |
/// | larger, `LargestMagnitude` | [`Lanczos`](super::Lanczos) | [`Arnoldi`](super::Arnoldi) |
/// | larger sparse, `Smallest` or `Largest` | `Lanczos` with [`ShiftInvert`](super::ShiftInvert) beyond that end of the spectrum (Gershgorin, 1931); plain where its factor would be too large ([`Eigenproblem::factorize`]) | `Arnoldi` |
/// | larger sparse or dense, `NearestTo(σ)` | `Lanczos` with `ShiftInvert` at σ, or at `±‖A‖_∞` if σ is beyond | `Arnoldi` with an inverse: the user's, or by dense LU up to order 1500 |
/// | larger, dense or products only, `Smallest` or `Largest` | `Lanczos` | `Arnoldi` |
/// | larger, products only, `NearestTo(σ)` | [`JacobiDavidson`](super::JacobiDavidson) | `Arnoldi`, as above |
/// | larger, with a preconditioner, a start block or an inverse | [`Lobpcg`](super::Lobpcg), or `JacobiDavidson` for `NearestTo` | `Arnoldi` |
///
/// This is the choice between `eigh` and `eig`, dense and sparse, that other libraries leave to their callers. Where an
/// iteration does not converge and the order is at most 1500, the dense solver has the last word; and the first, of a matrix
/// that is not symmetric, where the tolerance would hide whole rows beside a huge one, unless `LargestMagnitude` is sought. What
/// was chosen stands in [`Eigensystem::method`]. For more say in it: [`smallest`], [`largest`], [`nearest_to`], or the solvers
/// themselves.
///
/// ```
/// use eigennet::eigen::{self, Method, Which};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(2, 2, vec![6.0_f64, 2.0, 3.0, 7.0])?;
/// let found = eigen::solve(&a, 1, Which::Largest)?;
/// assert!((found.values()[0].re - 9.0).abs() < 1e-12);
/// assert_eq!(found.method(), Method::DenseNonsymmetric);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Eigenproblem::solve`].
#[inline(never)]
pub fn solve<T: Scalar>(operator: &dyn LinearOperator<T>, k: usize, which: Which<T>) -> Result<Eigensystem<T>, Error> {
    Eigenproblem::new(operator, k, which).solve()
}

/// The `k` algebraically smallest (of complex ones the smallest real parts), ascending.
///
/// ```
/// use eigennet::eigen::{self, Method};
/// use eigennet::sparse::Csr;
/// let n = 2000;
/// let edges = (0..n).flat_map(|i| [(i, i, 2.0), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]);
/// let ring = Csr::from_triplets(n, n, &edges.collect::<Vec<_>>())?;
/// let pairs = eigen::smallest(&ring, 3).tolerance(1e-11).solve_symmetric()?;
/// let second = 2.0 - 2.0 * (std::f64::consts::TAU / n as f64).cos();
/// assert!((pairs.values[1] - second).abs() < 1e-10 && (pairs.values[2] - second).abs() < 1e-10);
/// assert_eq!(pairs.method, Method::ShiftInvertLanczos);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn smallest<T: Scalar>(operator: &dyn LinearOperator<T>, k: usize) -> Eigenproblem<'_, T> {
    Eigenproblem::new(operator, k, Which::Smallest)
}

/// The `k` algebraically largest (of complex ones the largest real parts), descending.
pub fn largest<T: Scalar>(operator: &dyn LinearOperator<T>, k: usize) -> Eigenproblem<'_, T> {
    Eigenproblem::new(operator, k, Which::Largest)
}

/// The `k` largest in modulus, descending.
pub fn largest_magnitude<T: Scalar>(operator: &dyn LinearOperator<T>, k: usize) -> Eigenproblem<'_, T> {
    Eigenproblem::new(operator, k, Which::LargestMagnitude)
}

/// The `k` nearest to `sigma`, the nearest first.
pub fn nearest_to<T: Scalar>(operator: &dyn LinearOperator<T>, k: usize, sigma: T) -> Eigenproblem<'_, T> {
    Eigenproblem::new(operator, k, Which::NearestTo(sigma))
}

/// An eigenproblem to be solved by the method that suits it: see [`solve`]. Of an operator known to be symmetric
/// [`solve_symmetric`](Self::solve_symmetric) gives real pairs, of any other [`solve`](Self::solve) what it has.
#[derive(Clone, Copy)]
pub struct Eigenproblem<'a, T> {
    operator: &'a dyn LinearOperator<T>,
    k: usize,
    which: Which<T>,
    tolerance: T,
    max_iterations: Option<usize>,
    seed: Seed,
    start: Option<&'a Matrix<T>>,
    preconditioner: Option<&'a dyn LinearOperator<T>>,
    inverse: Option<&'a dyn LinearOperator<T>>,
    bound: Option<T>,
    factorize: Option<bool>,
}

impl<'a, T: Scalar> Eigenproblem<'a, T> {
    /// The problem, with a tolerance of 1e-10 (of `f32` what rounding allows).
    #[inline(never)]
    pub fn new(operator: &'a dyn LinearOperator<T>, k: usize, which: Which<T>) -> Self {
        Eigenproblem {
            operator,
            k,
            which,
            tolerance: T::of(1e-10),
            max_iterations: None,
            seed: Seed(0),
            start: None,
            preconditioner: None,
            inverse: None,
            bound: None,
            factorize: None,
        }
    }

    /// Residuals of iterative methods are to be at most this times the norm of the operator.
    #[must_use]
    pub fn tolerance(self, tolerance: T) -> Self {
        Eigenproblem { tolerance, ..self }
    }

    /// Restarts, or steps, of an iterative method; by default its own.
    #[must_use]
    pub fn max_iterations(self, limit: usize) -> Self {
        Eigenproblem { max_iterations: Some(limit), ..self }
    }

    /// Seed of random start vectors.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        Eigenproblem { seed, ..self }
    }

    /// Approximate eigenvectors `[n, any]` to start with.
    #[must_use]
    pub fn start(self, start: &'a Matrix<T>) -> Self {
        Eigenproblem { start: Some(start), ..self }
    }

    /// Approximates `A⁻¹`, or `(A − σI)⁻¹` of those nearest to σ; symmetric operators only.
    #[must_use]
    pub fn preconditioner(self, preconditioner: &'a dyn LinearOperator<T>) -> Self {
        Eigenproblem { preconditioner: Some(preconditioner), ..self }
    }

    /// `(A − σI)⁻¹` of those nearest to σ, for operators that are not symmetric.
    #[must_use]
    pub fn inverse(self, inverse: &'a dyn LinearOperator<T>) -> Self {
        Eigenproblem { inverse: Some(inverse), ..self }
    }

    /// A number that no eigenvalue lies beyond, at the end of the spectrum that is asked for. Where it is nearer to the
    /// spectrum than the bound of Gershgorin's discs, shift-invert takes fewer steps: the Laplacian of a graph has none below
    /// 0, whatever its rows say. One that is wrong is noticed by the signs of the factor, and left alone, as is one that is no
    /// number or beyond `±‖A‖_∞`.
    #[must_use]
    pub fn bound(self, bound: T) -> Self {
        Eigenproblem { bound: Some(bound), ..self }
    }

    /// Whether a sparse symmetric matrix is factored for shift-invert. By default it is if the factor, by the analysis of
    /// its pattern, has up to 2.5·10⁸ entries and takes up to 2·10¹¹ multiplications.
    #[must_use]
    pub fn factorize(self, factorize: bool) -> Self {
        Eigenproblem { factorize: Some(factorize), ..self }
    }

    /// The pairs: real ones if the operator is symmetric, complex ones if not.
    ///
    /// # Errors
    /// [`Error::Shape`] if the operator is not square; [`Error::InvalidArgument`] for `k = 0`, `k > n` and arguments
    /// that do not fit; [`Error::NonFinite`] for NaN and infinities in the operator or its products;
    /// [`Error::Unconverged`] with the best pairs if the method gave up and the order is beyond the dense solver.
    #[inline(never)]
    pub fn solve(self) -> Result<Eigensystem<T>, Error> {
        let problem = self.checked()?;
        match problem.symmetry() {
            Symmetry::Symmetric => problem.symmetric().map(Eigensystem::Real),
            Symmetry::General => problem.general().map(Eigensystem::Complex),
        }
    }

    /// The pairs of a symmetric operator.
    ///
    /// # Errors
    /// As [`solve`](Self::solve), and [`Error::InvalidArgument`] if the operator is not symmetric.
    #[inline(never)]
    pub fn solve_symmetric(self) -> Result<Eigenpairs<T>, Error> {
        let problem = self.checked()?;
        if problem.symmetry() == Symmetry::General {
            let reason = "the operator is not symmetric, or does not say so; pass (A + Aᵀ)/2 if only rounding is in the \
                          way, let `symmetry` return Symmetric if it is, or use solve";
            return Err(Error::invalid("Eigenproblem::solve_symmetric", reason));
        }
        problem.symmetric()
    }

    /// The problem, its arguments looked over and its tolerance no less than rounding allows.
    fn checked(self) -> Result<Self, Error> {
        let span = checks::square(NAME, self.operator)?;
        let n = checks::undivided(NAME, &span)?;
        checks::count(NAME, self.k, n)?;
        let tolerance = checks::tolerance(NAME, self.tolerance, n)?;
        checks::target(NAME, self.which)?;
        checks::vectors("start of eigen::solve", &span, self.start)?;
        checks::companion("preconditioner of eigen::solve", &span, self.preconditioner)?;
        checks::companion("inverse of eigen::solve", &span, self.inverse)?;
        // The entries of a sparse matrix are finite ever since it was made.
        if let Storage::Dense(a) = self.operator.storage() {
            Error::check_finite("matrix of eigen::solve", a.as_slice())?;
        }
        Ok(Eigenproblem { tolerance, ..self })
    }

    /// What a dense matrix is stands in its entries, whatever the operator says.
    fn symmetry(&self) -> Symmetry {
        match self.operator.storage() {
            Storage::Dense(a) => a.symmetry(),
            _ => self.operator.symmetry(),
        }
    }

    fn symmetric(&self) -> Result<Eigenpairs<T>, Error> {
        self.dense_or(Self::dense_symmetric, Self::iterate_symmetric)
    }

    fn general(&self) -> Result<ComplexEigenpairs<T>, Error> {
        if self.preconditioner.is_some() {
            let reason = "only methods for symmetric operators take one; give `inverse` with those nearest to a number";
            return Err(Error::invalid("preconditioner of eigen::solve", reason));
        }
        let of_any_size = !matches!(self.which, Which::LargestMagnitude);
        if of_any_size && self.operator.rows() <= WRITTEN_OUT && self.hides_rows() {
            return self.dense_general();
        }
        self.dense_or(Self::dense_general, Self::iterate_general)
    }

    /// Whether residuals within the tolerance may hide whole rows, beside which another one is huge: what they have to say of
    /// the spectrum would be lost.
    fn hides_rows(&self) -> bool {
        let hides = |sizes: &mut dyn Iterator<Item = T>| {
            let range = |(least, most): (T, T), size: T| (least.min(size), most.max(size));
            let (least, most) = sizes.filter(|&size| size > T::zero()).fold((T::infinity(), T::zero()), range);
            least < self.tolerance * most
        };
        match self.operator.storage() {
            Storage::Dense(a) => hides(&mut a.row_iter().map(max_abs)),
            Storage::Sparse(a) => hides(&mut a.pointers().windows(2).map(|w| max_abs(&a.entries()[w[0]..w[1]]))),
            Storage::Implicit => false,
        }
    }

    /// Iterates, unless a dense decomposition is cheap, or has to have the last word.
    fn dense_or<P>(
        &self,
        dense: impl Fn(&Self) -> Result<P, Error>,
        iterate: impl Fn(&Self) -> Result<P, Error>,
    ) -> Result<P, Error> {
        let n = self.operator.rows();
        let few = 4 * self.k <= n;
        if n <= SMALL || !few || n <= SMALL_DENSE && matches!(self.operator.storage(), Storage::Dense(_)) {
            return dense(self);
        }
        match iterate(self) {
            Err(Error::Unconverged(_)) if n <= WRITTEN_OUT && self.max_iterations.is_none() => dense(self),
            outcome => outcome,
        }
    }

    /// The operator written out.
    fn matrix(&self) -> Result<Cow<'_, Matrix<T>>, Error> {
        if let Storage::Dense(a) = self.operator.storage() {
            return Ok(Cow::Borrowed(a));
        }
        let n = self.operator.rows();
        checks::memory::<T>(NAME, n, n)?;
        checks::Products::new("the operator", self.operator).apply_block(&Matrix::identity(n)).map(Cow::Owned)
    }
}
