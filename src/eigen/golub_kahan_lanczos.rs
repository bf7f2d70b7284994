//! Singular values of operators by Lanczos bidiagonalisation with thick restarts.

use super::basis::{Basis, bordered, orthonormalize, random_direction, sum_of_columns};
use super::checks::{self, Products};
use super::{Eigenpairs, Method, SingularTriplets, Which};
use crate::error::Error;
use crate::kernels::reduce::norm;
use crate::linalg::{LinearOperator, Matrix, Span, Svd, svd};
use crate::rng::Stream;
use crate::{Scalar, Seed};

const NAME: &str = "GolubKahanLanczos";

/// A few of the largest or smallest singular triplets `A v = σ u`, `Aᵀ u = σ v` of an operator `[m, n]`, by the
/// bidiagonalisation of Golub and Kahan (1965), fully re-orthogonalised, with thick restarts (Baglama and Reichel, 2005;
/// Hernández, Román and Tomás, 2008).
///
/// The operator needs [`apply_transposed`](LinearOperator::apply_transposed). When the triplets asked for are found, the
/// search goes on from a random vector orthogonal to them, until it is clear that no copy of a multiple singular value
/// was missed. Of a rank-deficient operator, vanishing singular values come with vectors of the null spaces.
///
/// A triplet has converged when `‖Aᵀ u − σ v‖ ≤ tolerance · ‖A‖`, with the largest Ritz value seen for `‖A‖`.
///
/// ```
/// use eigennet::eigen::{GolubKahanLanczos, Which};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_fn(50, 30, |i, j| if i == j { 30.0 - i as f64 } else { 0.0 });
/// let found = GolubKahanLanczos { k: 2, which: Which::Largest, ..GolubKahanLanczos::default() }.solve(&a)?;
/// assert!((found.values[0] - 30.0).abs() < 1e-9 && (found.values[1] - 29.0).abs() < 1e-9);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct GolubKahanLanczos<'a, T> {
    /// Number of triplets sought, at most `min(m, n)`.
    pub k: usize,
    /// [`Which::Largest`] or [`Which::Smallest`].
    pub which: Which<T>,
    /// Relative bound of the residuals; one below what rounding allows is taken as that.
    pub tolerance: T,
    /// Restarts before it gives up.
    pub max_iterations: usize,
    /// Dimension at which the bases are cut back. `None`: twice `k` and some, at least 20; more for the smallest.
    pub subspace: Option<usize>,
    /// Of the random vectors.
    pub seed: Seed,
    /// Approximate right singular vectors `[n, any]`; the sum of the columns starts the recursion.
    pub start: Option<&'a Matrix<T>>,
}

impl<T: Scalar> Default for GolubKahanLanczos<'_, T> {
    fn default() -> Self {
        GolubKahanLanczos {
            k: 1,
            which: Which::Largest,
            tolerance: T::of(1e-8),
            max_iterations: 500,
            subspace: None,
            seed: Seed(0),
            start: None,
        }
    }
}

impl<T: Scalar> GolubKahanLanczos<'_, T> {
    /// Solves for the triplets.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] for arguments that do not fit, an operator
    /// that does not know its transpose or returns NaN; [`Error::Unconverged`] with the best values and right vectors if
    /// the restarts run out.
    #[inline(never)]
    pub fn solve(&self, operator: &dyn LinearOperator<T>) -> Result<SingularTriplets<T>, Error> {
        checks::undivided(NAME, &operator.span())?;
        let (m, n) = (operator.rows(), operator.cols());
        let short = m.min(n);
        if short == 0 {
            return Err(Error::invalid(NAME, format!("an operator [{m}, {n}] has no singular values")));
        }
        checks::memory::<T>(NAME, m.max(n), 4)?;
        checks::count(NAME, self.k, short)?;
        let tolerance = checks::tolerance(NAME, self.tolerance, m.max(n))?;
        checks::vectors("start of GolubKahanLanczos", &Span::whole(n), self.start)?;
        let descending = match self.which {
            Which::Largest | Which::LargestMagnitude => true,
            Which::Smallest => false,
            Which::NearestTo(_) => {
                let reason = "only the largest and the smallest singular values; for others use JacobiDavidson on AᵀA";
                return Err(Error::invalid("which of GolubKahanLanczos", reason));
            }
        };
        // The smallest lie close together beside the norm: they take a longer memory.
        let default = if descending { (2 * self.k + 10).max(20) } else { 3 * self.k + 60 };
        let subspace = self.subspace.unwrap_or(default).max(self.k + 3).min(short);
        let mut run = Run {
            solver: self,
            a: Products::new("the operator", operator),
            wide: m < n,
            descending,
            tolerance,
            scale: T::zero(),
            stream: self.seed.stream("golub-kahan-lanczos"),
            left: Basis::new(m.max(n)),
            right: Basis::new(short),
            next: Vec::new(),
            coupling: Vec::new(),
            projected: Matrix::zeros(0, 0),
            subspace,
        };
        run.begin()?;
        run.iterate()
    }
}

/// `A V = U B`, `Aᵀ U = V Bᵀ + v ρᵀ` with orthonormal `U`, `V` and a unit vector `v ⊥ V`; of a wide operator the
/// transpose, so that `V` is in the smaller space.
struct Run<'s, 'a, T> {
    solver: &'s GolubKahanLanczos<'s, T>,
    a: Products<'a, T>,
    wide: bool,
    descending: bool,
    tolerance: T,
    /// The largest singular value seen, for `‖A‖`.
    scale: T,
    stream: Stream,
    left: Basis<T>,
    right: Basis<T>,
    /// The vector `v`.
    next: Vec<T>,
    /// The coefficients `ρ`.
    coupling: Vec<T>,
    /// The matrix `B`.
    projected: Matrix<T>,
    subspace: usize,
}

/// The singular triplets of `B` in the order sought, and the residuals they stand for.
struct Ritz<T> {
    values: Vec<T>,
    u: Matrix<T>,
    v: Matrix<T>,
    residuals: Vec<T>,
}

impl<T: Scalar> Run<'_, '_, T> {
    fn forward(&mut self, x: &[T]) -> Result<Vec<T>, Error> {
        if self.wide { self.a.apply_transposed(x) } else { self.a.apply(x) }
    }

    fn backward(&mut self, x: &[T]) -> Result<Vec<T>, Error> {
        if self.wide { self.a.apply(x) } else { self.a.apply_transposed(x) }
    }

    /// The first right vector: the user's, or a random one.
    fn begin(&mut self) -> Result<(), Error> {
        if let Some(start) = self.solver.start {
            let sum = sum_of_columns(start);
            let mut sum = if self.wide { self.a.apply(&sum)? } else { sum };
            if orthonormalize(&Span::whole(sum.len()), &mut sum, &[]) {
                self.next = sum;
                return Ok(());
            }
        }
        self.randomize_next();
        Ok(())
    }

    /// A random `v ⊥ V`; empty where `V` is all of the space.
    fn randomize_next(&mut self) {
        let n = self.a.operator.rows().min(self.a.operator.cols());
        self.next = random_direction(&Span::whole(n), &mut self.stream, &[&self.right]).unwrap_or_default();
    }

    /// Appends vectors up to the largest dimension.
    fn extend(&mut self) -> Result<(), Error> {
        while self.right.len() < self.subspace && !self.next.is_empty() {
            let j = self.right.len();
            let v = std::mem::take(&mut self.next);
            // B gains the column (ρ, α) and A v = U ρ + α u.
            let mut u = self.forward(&v)?;
            let before = norm(&u);
            self.right.push(&v);
            let coupling = self.left.remove_from(&mut u);
            let mut alpha = Span::whole(u.len()).normalize(&mut u);
            let negligible = |left: T, whole: T| left <= T::EPSILON * T::of(16.0) * whole;
            if negligible(alpha, before.max(self.scale))
                || !orthonormalize(&Span::whole(u.len()), &mut u, &[&self.left])
            {
                alpha = T::zero();
                let m = u.len();
                u = random_direction(&Span::whole(m), &mut self.stream, &[&self.left])
                    .unwrap_or_else(|| vec![T::zero(); m]);
            }
            self.left.push(&u);
            self.projected = bordered(&self.projected, &coupling, &vec![T::zero(); j], alpha);
            // Aᵀ u = α v + β v₊.
            let mut w = self.backward(&u)?;
            let before = norm(&w);
            self.scale = self.scale.max(before).max(alpha);
            self.right.remove_from(&mut w);
            let beta = Span::whole(w.len()).normalize(&mut w);
            self.coupling = vec![T::zero(); j + 1];
            if negligible(beta, before.max(self.scale))
                || !orthonormalize(&Span::whole(w.len()), &mut w, &[&self.right])
            {
                self.randomize_next();
            } else {
                self.coupling[j] = beta;
                self.next = w;
            }
        }
        Ok(())
    }

    fn ritz(&self) -> Result<Ritz<T>, Error> {
        let Svd { u, values, v_transposed } = svd(&self.projected)?;
        let size = values.len();
        let from = |j: usize| if self.descending { j } else { size - 1 - j };
        let u = Matrix::from_fn(size, size, |i, j| u[(i, from(j))]);
        let v = Matrix::from_fn(size, size, |i, j| v_transposed[(from(j), i)]);
        let coupled = |j: usize| (0..size).map(|i| self.coupling[i] * u[(i, j)]).sum::<T>();
        let residuals = (0..size).map(coupled).collect();
        Ok(Ritz { values: (0..size).map(|j| values[from(j)]).collect(), u, v, residuals })
    }

    /// Cuts both bases back to the first `keep` triplets.
    fn restart(&mut self, ritz: &Ritz<T>, keep: usize) -> Result<(), Error> {
        let rows = ritz.values.len();
        self.left = self.left.combinations(&ritz.u.submatrix(0..rows, 0..keep))?;
        self.right = self.right.combinations(&ritz.v.submatrix(0..rows, 0..keep))?;
        self.projected = Matrix::from_diagonal(&ritz.values[..keep]);
        self.coupling = ritz.residuals[..keep].to_vec();
        Ok(())
    }

    fn iterate(mut self) -> Result<SingularTriplets<T>, Error> {
        let k = self.solver.k;
        let short = self.a.operator.rows().min(self.a.operator.cols());
        // The values before a search for missed copies began.
        let mut accepted: Option<Vec<T>> = None;
        for iteration in 0.. {
            self.extend()?;
            let ritz = self.ritz()?;
            self.scale = ritz.values.iter().fold(self.scale, |s, &v| s.max(v));
            let bound = self.tolerance * self.scale;
            let converged = ritz.residuals[..k].iter().all(|r| r.abs() <= bound);
            let complete = self.right.len() == short && self.next.is_empty();
            let settled = accepted.as_ref().is_some_and(|before| {
                let same = before.iter().zip(&ritz.values).all(|(a, b)| (*a - *b).abs() <= bound);
                same && self.is_behind(&ritz, bound)
            });
            // Triplets whose missed copies are still searched for as the restarts run out are not to be trusted.
            let verified = converged && (complete || settled);
            if verified || iteration >= self.solver.max_iterations {
                return self.finish(&ritz, iteration, verified);
            }
            if converged && (accepted.is_none() || self.is_behind(&ritz, bound)) {
                accepted = Some(ritz.values[..k].to_vec());
                self.restart(&ritz, k)?;
                self.coupling.fill(T::zero());
                self.randomize_next();
            } else {
                // Some more than are sought, with room to move on.
                let keep = (k + (self.subspace - k) / 2).min(self.subspace.saturating_sub(2)).max(1);
                self.restart(&ritz, keep.min(ritz.values.len()))?;
            }
        }
        Err(Error::invalid(NAME, "unreachable: the restarts are counted"))
    }

    /// Whether the best triplet beyond those sought is behind them for good.
    fn is_behind(&self, ritz: &Ritz<T>, bound: T) -> bool {
        let k = self.solver.k;
        let (Some(&value), Some(&residual)) = (ritz.values.get(k), ritz.residuals.get(k)) else { return true };
        let gap = (ritz.values[k - 1] - value).abs();
        checks::settled(residual.abs(), gap, bound, self.left.row(0).len())
    }

    fn finish(mut self, ritz: &Ritz<T>, iterations: usize, converged: bool) -> Result<SingularTriplets<T>, Error> {
        let found = self.measured(ritz, iterations)?;
        let bound = if converged { T::of(4.0) } else { T::one() } * self.tolerance * self.scale;
        if converged && found.residuals.iter().all(|&r| r <= bound) {
            return Ok(found);
        }
        let SingularTriplets { values, v: vectors, residuals, beyond, iterations, products, method, .. } = found;
        Err(Eigenpairs { values, vectors, residuals, beyond, iterations, products, method }.given_up(
            bound,
            "raise max_iterations or subspace; small singular values come fast from the eigenvalues of a \
             shift-inverted AᵀA, or from linalg::svd if the matrix fits in memory",
        ))
    }

    /// The triplets sought, with residuals computed afresh.
    fn measured(&mut self, ritz: &Ritz<T>, iterations: usize) -> Result<SingularTriplets<T>, Error> {
        let (k, rows) = (self.solver.k, ritz.values.len());
        let left = self.left.combinations(&ritz.u.submatrix(0..rows, 0..k))?;
        let right = self.right.combinations(&ritz.v.submatrix(0..rows, 0..k))?;
        let mut residuals = Vec::with_capacity(k);
        for j in 0..k {
            let sigma = ritz.values[j];
            let difference = |image: Vec<T>, x: &[T]| -> T {
                norm(&image.iter().zip(x).map(|(&a, &b)| a - sigma * b).collect::<Vec<T>>())
            };
            let forward = self.forward(right.row(j))?;
            let backward = self.backward(left.row(j))?;
            residuals.push(difference(forward, left.row(j)).hypot(difference(backward, right.row(j))));
        }
        let (left, right) = (left.columns(), right.columns());
        let (u, v) = if self.wide { (right, left) } else { (left, right) };
        let (values, method) = (ritz.values[..k].to_vec(), Method::GolubKahanLanczos);
        let beyond = ritz.values.get(k).copied();
        Ok(SingularTriplets { u, values, v, residuals, beyond, iterations, products: self.a.count, method })
    }
}
