//! The symmetric half of the door.

use std::iter;

use super::Eigenproblem;
use crate::Scalar;
use crate::eigen::basis::sum_of_columns;
use crate::eigen::checks::Products;
use crate::eigen::pairs::select;
use crate::eigen::{Eigenpairs, JacobiDavidson, Lanczos, Lobpcg, Method, ShiftInvert, Which};
use crate::error::Error;
use crate::linalg::{EigenRange, Storage, SymmetricEigen, symmetric_eigen, symmetric_eigen_range};
use crate::sparse::{Csr, Symbolic};

/// The most entries of a sparse factor that is made unasked: two gigabytes of `f64`.
const LARGEST_FACTOR: usize = 250_000_000;
/// The most multiplications of a factorisation that is made unasked: a minute or so. A grid of 10⁶ points takes a tenth
/// of it, while the factor of a social network of a tenth of its size may fill up to no end.
const LONGEST_FACTORIZATION: f64 = 2e11;
/// How often a shift that does not do is moved before that is given up.
const NUDGES: usize = 3;

impl<T: Scalar> Eigenproblem<'_, T> {
    pub(super) fn dense_symmetric(&self) -> Result<Eigenpairs<T>, Error> {
        let (n, k) = (self.operator.rows(), self.k);
        let a = self.matrix()?;
        let SymmetricEigen { values, vectors } = match self.which {
            Which::Smallest => symmetric_eigen_range(&a, &EigenRange::Indices(0..k))?,
            Which::Largest => symmetric_eigen_range(&a, &EigenRange::Indices(n - k..n))?,
            _ => symmetric_eigen(&a)?,
        };
        let mut order = self.which.order(&values);
        order.truncate(k);
        let found = (order.iter().map(|&j| values[j]).collect(), select(&vectors, &order));
        Eigenpairs::measured(&mut Products::new("the operator", &*a), None, Method::DenseSymmetric, 1, found)
    }

    pub(super) fn iterate_symmetric(&self) -> Result<Eigenpairs<T>, Error> {
        let helped = self.start.is_some() || self.preconditioner.is_some() || self.inverse.is_some();
        match (self.which, self.operator.storage()) {
            (Which::Smallest | Which::Largest, _) if helped => self.lobpcg(),
            (Which::NearestTo(_), Storage::Implicit) => self.jacobi_davidson(),
            (Which::NearestTo(_), _) if helped => self.jacobi_davidson(),
            (Which::NearestTo(sigma), Storage::Dense(a)) => {
                self.inverted(sigma, a.infinity_norm(), &|shift| ShiftInvert::dense(a, shift))
            }
            (Which::NearestTo(sigma), Storage::Sparse(a)) => self.sparse_nearest(a, sigma),
            (Which::Smallest | Which::Largest, Storage::Sparse(a)) => self.sparse_end(a),
            _ => self.lanczos().solve(self.operator),
        }
    }

    fn lanczos(&self) -> Lanczos<T> {
        let start = self.start.map(sum_of_columns).filter(|sum| sum.iter().any(|&v| v != T::zero()));
        configured!(self, Lanczos { start })
    }

    fn lobpcg(&self) -> Result<Eigenpairs<T>, Error> {
        let preconditioner = self.preconditioner;
        configured!(self, Lobpcg { preconditioner, start: self.start }).solve(self.operator)
    }

    fn jacobi_davidson(&self) -> Result<Eigenpairs<T>, Error> {
        let preconditioner = self.preconditioner.or(self.inverse);
        configured!(self, JacobiDavidson { preconditioner, start: self.start }).solve(self.operator)
    }

    /// Those nearest to `sigma` by an inverse, of a matrix of that norm; a shift that does not do is moved a little.
    fn inverted<'m>(
        &self,
        sigma: T,
        norm: T,
        factor: &dyn Fn(T) -> Result<ShiftInvert<'m, T>, Error>,
    ) -> Result<Eigenpairs<T>, Error> {
        let nudge = little(norm);
        // No eigenvalue is beyond ±‖A‖, and those nearest to a number there are those nearest to that end.
        let within = sigma.max(-norm - nudge).min(norm + nudge);
        let mut shift = within;
        for attempt in 0..NUDGES {
            let lanczos = Lanczos { which: Which::NearestTo(shift), ..self.lanczos() };
            match factor(shift).and_then(|inverse| lanczos.solve_inverted(&inverse)) {
                Err(error) if is_of_shift(&error) => shift = within + nudge * T::of(10f64.powi(attempt as i32)),
                outcome => {
                    return outcome.map(|pairs| {
                        let order = self.which.order(&pairs.values);
                        pairs.select(&order)
                    });
                }
            }
        }
        self.jacobi_davidson()
    }

    /// The analysis of a matrix whose factor fits, by what was asked for or by the estimate.
    fn fitting(&self, a: &Csr<T>) -> Result<Option<Symbolic>, Error> {
        if self.factorize == Some(false) {
            return Ok(None);
        }
        let symbolic = Symbolic::analyze(a)?;
        let fits = symbolic.factor_nnz() <= LARGEST_FACTOR && symbolic.factor_work() <= LONGEST_FACTORIZATION;
        Ok(Some(symbolic).filter(|_| fits || self.factorize == Some(true)))
    }

    fn sparse_nearest(&self, a: &Csr<T>, sigma: T) -> Result<Eigenpairs<T>, Error> {
        let Some(symbolic) = self.fitting(a)? else { return self.jacobi_davidson().map_err(unfactored) };
        self.inverted(sigma, a.infinity_norm(), &|shift| ShiftInvert::sparse_with(a, shift, &symbolic))
    }

    /// Shift-invert at a bound of the spectrum.
    fn sparse_end(&self, a: &Csr<T>) -> Result<Eigenpairs<T>, Error> {
        let plain = || self.lanczos().solve(self.operator);
        let Some(symbolic) = self.fitting(a)? else { return plain().map_err(unfactored) };
        // A little beyond, so that the matrix is definite, and no more, so that the wanted stand out.
        let norm = a.infinity_norm();
        let little = little(norm);
        let sign = if self.which == Which::Largest { T::one() } else { -T::one() };
        // ‖A‖ bounds the spectrum as well: what lies beyond it says nothing.
        let known = self.bound.map(|bound| sign * bound).filter(|&bound| bound <= norm + little);
        for bound in known.into_iter().chain(iter::once_with(|| outer_bound(a, sign))) {
            let inverse = ShiftInvert::sparse_with(a, sign * (bound + little), &symbolic);
            match inverse.and_then(|inverse| self.lanczos().solve_inverted(&inverse)) {
                Err(error) if is_of_shift(&error) => {}
                outcome => return outcome,
            }
        }
        plain()
    }
}

/// By how much a shift is moved, in a matrix of that norm.
fn little<T: Scalar>(norm: T) -> T {
    T::EPSILON.sqrt() * if norm > T::zero() { norm } else { T::one() }
}

/// Whether another shift, or none, may do: for one so near to the spectrum of the matrix, or of a part of it, that rounding
/// blurs the factor, so far from it that nothing stands out, on the wrong side of it, or no number.
fn is_of_shift(error: &Error) -> bool {
    matches!(
        error,
        Error::Singular { .. }
            | Error::ZeroPivot { .. }
            | Error::NonFinite { .. }
            | Error::Unconverged(_)
            | Error::InvalidArgument { .. }
    )
}

/// Says that there is a factorisation to ask for.
fn unfactored(error: Error) -> Error {
    match error {
        Error::Unconverged(mut best) => {
            best.advice += "; the factor of the shifted matrix was left out, or held to be too large: \
                            `Eigenproblem::factorize(true)` makes it all the same";
            Error::Unconverged(best)
        }
        error => error,
    }
}

/// How often the scales of [`outer_bound`] are improved: products with the matrix, which a factorisation costs hundreds of.
const SCALINGS: usize = 100;

/// A number that no eigenvalue of `± A` lies above: the greatest `± a_ii + Σ_{j ≠ i} |a_ij| d_j / d_i` (Gershgorin, 1931),
/// for the best of some positive `d`. Those of a power iteration with the absolute values come from one to what makes
/// all of these numbers equal (Collatz, 1942; Wielandt, 1950): for a normalised Laplacian, whose rows reach beyond 0, they
/// become the roots of the degrees, and the bound 0.
fn outer_bound<T: Scalar>(a: &Csr<T>, sign: T) -> T {
    let n = a.rows();
    // Every d stays positive, and steps between two halves of a graph die out.
    let lift = a.infinity_norm() * T::of(1.5);
    let (mut scales, mut next) = (vec![T::one(); n], vec![T::zero(); n]);
    let mut least = T::infinity();
    for _ in 0..SCALINGS {
        let mut bound = -T::infinity();
        for ((i, (columns, values)), next) in a.row_iter().enumerate().zip(&mut next) {
            let entries = columns.iter().zip(values);
            let sum: T =
                entries.map(|(&j, &v)| scales[j as usize] * if j as usize == i { sign * v } else { v.abs() }).sum();
            bound = bound.max(sum / scales[i]);
            *next = sum + lift * scales[i];
        }
        least = least.min(bound);
        let largest = next.iter().fold(T::min_positive_value(), |m, &v| m.max(v));
        scales.iter_mut().zip(&next).for_each(|(scale, &v)| *scale = (v / largest).max(T::EPSILON));
    }
    least
}

#[cfg(test)]
mod tests {
    use super::outer_bound;
    use crate::sparse::Csr;

    #[test]
    fn no_eigenvalue_lies_beyond_the_discs() {
        let a = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (0, 1, -3.0), (1, 0, -3.0), (1, 1, 5.0)]).unwrap();
        // Its eigenvalues are 3 ± √13.
        let [above, below] = [outer_bound(&a, 1.0), outer_bound(&a, -1.0)];
        assert!((3.0 + 13f64.sqrt()..8.0).contains(&above), "{above}");
        assert!((13f64.sqrt() - 3.0..2.0).contains(&below), "{below}");
        assert_eq!(outer_bound(&Csr::from_triplets(2, 2, &[(0, 0, -1.0), (1, 1, -1.0)]).unwrap(), 1.0), -1.0);
    }

    /// Points of very different degrees: the rows alone would say that eigenvalues may be far below 0.
    #[test]
    fn a_normalised_laplacian_is_known_to_have_none_below_zero() {
        let n = 200_u32;
        let mut edges = Vec::new();
        for i in 0..n {
            for j in [(i + 1) % n, (i * i + 7) % n, 0] {
                if i != j {
                    edges.extend([(i, j), (j, i)]);
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let degree = |i: u32| edges.iter().filter(|edge| edge.0 == i).count() as f64;
        let entry = |&(i, j): &(u32, u32)| (i as usize, j as usize, -(degree(i) * degree(j)).sqrt().recip());
        let diagonal = (0..n as usize).map(|i| (i, i, 1.0));
        let entries: Vec<_> = edges.iter().map(entry).chain(diagonal).collect();
        let laplacian = Csr::from_triplets(n as usize, n as usize, &entries).unwrap();
        let rows = laplacian.row_iter().map(|(_, values)| values.iter().map(|v: &f64| v.abs()).sum::<f64>());
        assert!(rows.fold(0.0, f64::max) - 2.0 > 1.0);
        let below = outer_bound(&laplacian, -1.0);
        assert!((-1e-12..1e-3).contains(&below), "{below}");
    }
}
