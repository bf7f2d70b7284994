//! Thick-restart Lanczos for symmetric operators.

mod run;

use self::run::{Found, Goal, Ritz, Rules, Spent, descending, run};
use super::basis::{Basis, random_direction};
use super::checks::Products;
use super::gathered::Gathered;
use super::pairs::{column_residuals, select};
use super::{Eigenpairs, Method, ShiftInvert, Which, checks};
use crate::error::Error;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{LinearOperator, Matrix, Span, symmetric_eigen};
use crate::{Scalar, Seed};

/// A few eigenpairs of a symmetric operator, by the thick-restart Lanczos method (Wu and Simon, 2000).
///
/// The basis is kept orthogonal to working precision, and what a start vector has nothing of is looked for: after the
/// `k` pairs have converged, a second run starts from a random vector orthogonal to them and ends when it is sure that
/// no eigenvalue was missed. So an eigenvalue of multiplicity four is found four times, and the kernel of the Laplacian
/// of a disconnected graph is found completely.
///
/// Eigenvalues inside the spectrum, or close together at its end, take [`solve_inverted`](Self::solve_inverted).
///
/// ```
/// use eigennet::eigen::{Lanczos, Which};
/// use eigennet::sparse::Csr;
/// // The Laplacian of a ring: 2 − 2 cos(2πj/n), all but two of them double.
/// let n = 60;
/// let entries: Vec<_> = (0..n).flat_map(|i| [(i, i, 2.0_f64), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]).collect();
/// let ring = Csr::from_triplets(n, n, &entries)?;
/// let found = Lanczos { k: 3, which: Which::Smallest, ..Lanczos::default() }.solve(&ring)?;
/// let second = 2.0 - 2.0 * (std::f64::consts::TAU / n as f64).cos();
/// assert!(found.values[0].abs() < 1e-9);
/// assert!((found.values[1] - second).abs() < 1e-9 && (found.values[2] - second).abs() < 1e-9);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lanczos<T> {
    /// Number of eigenpairs.
    pub k: usize,
    /// Which of them.
    pub which: Which<T>,
    /// Pairs are converged when `‖A v − λ v‖ ≤ tolerance · ‖A‖`, with the norm estimated from below by the longest
    /// image seen of a unit vector. Tolerances below `8 ε` count as that.
    pub tolerance: T,
    /// Restarts, over all runs.
    pub max_iterations: usize,
    /// Vectors between restarts, more than `k`; by default `2 k + 24`. More of them save products and cost memory and
    /// orthogonalisation.
    pub subspace: Option<usize>,
    /// Seed of the random start vectors.
    pub seed: Seed,
    /// Start of the first run; random by default.
    pub start: Option<Vec<T>>,
    /// Whether to look for eigenvectors that the start had nothing of. Without it the copies of a multiple eigenvalue
    /// may be missing.
    pub complete: bool,
}

impl<T: Scalar> Default for Lanczos<T> {
    fn default() -> Self {
        Lanczos {
            k: 6,
            which: Which::Largest,
            tolerance: T::of(1e-10),
            max_iterations: 1000,
            subspace: None,
            seed: Seed(0),
            start: None,
            complete: true,
        }
    }
}

impl<T: Scalar> Lanczos<T> {
    /// The `k` eigenpairs of a symmetric operator `[n, n]`. Where the subspace would be the whole space, the operator is
    /// written out and decomposed as a dense matrix.
    ///
    /// An operator may be [spread over processes](LinearOperator::span), all of which call this; start and vectors are then
    /// the rows held here, and the bits are the same on any number of them.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `k = 0`, `k > n`, a subspace that is too small, a zero start vector, an operator
    /// that is not [`Symmetric`](crate::linalg::Symmetry::Symmetric), a tolerance that is no number or [`Which::NearestTo`], which takes
    /// [`solve_inverted`](Self::solve_inverted); [`Error::Shape`] for an operator that is not square or a start of another length;
    /// [`Error::NonFinite`] if a product or the start holds NaN or an infinity; [`Error::Unconverged`] with the best
    /// pairs after `max_iterations` restarts, or if an operator that is written out is less symmetric than the tolerance; and
    /// whatever the operator returns.
    #[inline(never)]
    pub fn solve(&self, operator: &dyn LinearOperator<T>) -> Result<Eigenpairs<T>, Error> {
        let rank = match self.which {
            Which::Largest => |value: T| value,
            Which::Smallest => |value: T| -value,
            Which::LargestMagnitude => |value: T| value.abs(),
            Which::NearestTo(shift) => {
                let reason = format!(
                    "eigenvalues nearest to {shift:e} take a factorisation: ShiftInvert::sparse(&matrix, {shift:e})? \
                     and Lanczos::solve_inverted"
                );
                return Err(Error::invalid("which of Lanczos", reason));
            }
        };
        let span = self.check(operator)?;
        let mut probe = Products::new("the operator of Lanczos", operator);
        checks::keeps_symmetry("Lanczos", &mut probe, self.seed)?;
        let rules = self.rules(span.total(), rank, false);
        if rules.subspace >= span.total() {
            return if span.is_dealt() { self.gathered(operator, &span) } else { self.dense(operator, rank) };
        }
        let mut spent = Spent { products: probe.count, ..Spent::default() };
        let (mut basis, found) = self.search(operator, &rules, &mut spent)?;
        let pairs = self.polish(operator, &mut basis, rank, &mut spent)?;
        let limit = T::of(2.0) * rules.threshold(T::zero(), spent.scale);
        self.deliver(Method::Lanczos, &basis, pairs, (found.complete, found.next), limit, spent)
    }

    /// The `k` eigenpairs of `A` nearest to the shift of `(A − σI)⁻¹`, the nearest first. With
    /// [`Which::Smallest`] or [`Which::Largest`] the shift has to lie beyond that end of the spectrum; the order is then
    /// ascending or descending.
    ///
    /// A pair is converged when `‖A v − λ v‖ ≤ 2 · tolerance · ‖A‖_∞`. A shift far outside the spectrum tells eigenvalues
    /// apart by the last digits of the inverse alone: where these do not suffice, the pairs are unconverged.
    ///
    /// ```
    /// use eigennet::eigen::{Lanczos, ShiftInvert, Which};
    /// use eigennet::sparse::Csr;
    /// let a = Csr::from_diagonal(&(0..500).map(f64::from).collect::<Vec<_>>())?;
    /// let inverse = ShiftInvert::sparse(&a, 99.6)?;
    /// let found = Lanczos { k: 3, which: Which::NearestTo(99.6), ..Lanczos::default() }.solve_inverted(&inverse)?;
    /// let expected = [100.0, 99.0, 101.0];
    /// assert!(found.values.iter().zip(expected).all(|(v, e)| (v - e).abs() < 1e-9));
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`solve`](Self::solve), and [`Error::InvalidArgument`] if the shift does not suit [`which`](Self::which).
    pub fn solve_inverted(&self, inverse: &ShiftInvert<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let n = checks::undivided("Lanczos::solve_inverted", &self.check(inverse)?)?;
        inverse.check_end(self.which)?;
        let (shift, which) = (inverse.shift(), self.which);
        let order = move |value: T| match which {
            Which::Smallest => -value,
            Which::Largest => value,
            _ => -(value - shift).abs(),
        };
        // By M = (A − σI)⁻¹, what leaves ‖M v − μ v‖ ≤ δ |μ| leaves ‖A v − λ v‖ ≤ δ (‖A‖ + |σ|).
        let (norm, rules) = (inverse.norm(), self.rules(n, |value: T| value.abs(), true));
        let tolerance = rules.tolerance * ((norm + norm) / (norm + shift.abs())).min(T::one());
        let rules = Rules { tolerance, ..rules };
        let mut spent = Spent::default();
        let (mut basis, found) = self.search(inverse, &rules, &mut spent)?;
        // Values by the inverse keep the digits that the norm of A would drown.
        let values: Vec<T> = found.pairs.iter().map(|pair| inverse.eigenvalue(pair.value)).collect();
        let by_rank = descending(values.len(), |i| order(values[i]));
        basis.rotate(0, &selection(values.len(), &by_rank))?;
        let values = by_rank.iter().map(|&i| values[i]).collect();
        let pairs = residuals(inverse.original(), &basis, values)?;
        let limit = T::of(2.0) * self.tolerance.max(T::of(8.0) * T::EPSILON) * norm;
        let beyond = found.next.map(|value| inverse.eigenvalue(value));
        self.deliver(Method::ShiftInvertLanczos, &basis, pairs, (found.complete, beyond), limit, spent)
    }

    fn check(&self, operator: &dyn LinearOperator<T>) -> Result<Span, Error> {
        let span = checks::symmetric("Lanczos", operator)?;
        let n = span.total();
        checks::count("Lanczos", self.k, n)?;
        checks::tolerance("Lanczos", self.tolerance, n)?;
        checks::start("start of Lanczos", &span, self.start.as_deref())?;
        if let Some(subspace) = self.subspace.filter(|&m| m < n && m < self.k + 2) {
            let reason = format!("{subspace} vectors for {} pairs; give k + 2 or more", self.k);
            return Err(Error::invalid("subspace of Lanczos", reason));
        }
        if self.max_iterations == 0 {
            return Err(Error::invalid("max_iterations of Lanczos", "0 restarts find nothing; give 1 or more"));
        }
        Ok(span)
    }

    fn rules(&self, n: usize, rank: fn(T) -> T, relative: bool) -> Rules<T> {
        let subspace = self.subspace.unwrap_or_else(|| self.k.saturating_mul(2).saturating_add(24)).min(n);
        Rules { rank, relative, tolerance: self.tolerance, subspace, max_iterations: self.max_iterations }
    }

    /// Runs until `k` pairs have converged and, if asked to, nothing better is left in their complement.
    fn search(
        &self,
        operator: &dyn LinearOperator<T>,
        rules: &Rules<T>,
        spent: &mut Spent<T>,
    ) -> Result<(Basis<T>, Found<T>), Error> {
        let span = operator.span();
        let mut random = self.seed.stream("Lanczos");
        let room = (2 * self.k + rules.subspace).min(span.total()).max(rules.subspace);
        let mut basis = Basis::with_room(&span, room)?;
        let start = match &self.start {
            Some(given) => {
                let largest = span.max_abs(given);
                let mut start: Vec<T> = given.iter().map(|&v| v / largest).collect();
                span.normalize(&mut start);
                Some(start)
            }
            None => random_direction(&span, &mut random, &[&basis]),
        };
        let Some(start) = start else {
            return Err(Error::invalid("operator of Lanczos", "no start vector could be drawn"));
        };
        let mut all = run(operator, &mut basis, start, Goal::Best(self.k), rules, &mut random, spent)?;
        all.next = None;
        while self.complete && all.complete {
            let Some(start) = random_direction(&span, &mut random, &[&basis]) else { break };
            let ranks = all.pairs.iter().map(|pair| (rules.rank)(pair.value));
            let worst = ranks.fold(T::infinity(), T::min);
            // What is better by less than the tolerance is no better: a multiple eigenvalue may be cut by k.
            let bar = worst + rules.threshold(worst, spent.scale);
            let goal = Goal::Above { bar, most: self.k };
            let more = run(operator, &mut basis, start, goal, rules, &mut random, spent)?;
            (all.complete, all.next) = (more.complete, more.next);
            let added = !more.pairs.is_empty();
            all.pairs.extend(more.pairs);
            if !added {
                break;
            }
            // What the new ones push out goes.
            let mut order = descending(all.pairs.len(), |i| (rules.rank)(all.pairs[i].value));
            order.truncate(self.k);
            basis.rotate(0, &selection(all.pairs.len(), &order))?;
            all.pairs = order.iter().map(|&i| all.pairs[i]).collect();
        }
        Ok((basis, all))
    }

    /// Rayleigh–Ritz with the operator itself on the vectors found; values and residuals, best first.
    fn polish(
        &self,
        operator: &dyn LinearOperator<T>,
        basis: &mut Basis<T>,
        rank: fn(T) -> T,
        spent: &mut Spent<T>,
    ) -> Result<Vec<Ritz<T>>, Error> {
        let x = basis.columns();
        let image = image(operator, &x)?;
        spent.products += 2 * basis.len();
        let eigen = symmetric_eigen(&symmetric_part(&operator.span().t_matmul(&x, &image)?))?;
        let order = descending(basis.len(), |i| rank(eigen.values[i]));
        basis.rotate(0, &select(&eigen.vectors, &order))?;
        residuals(operator, basis, order.iter().map(|&i| eigen.values[i]).collect())
    }

    /// The solution on a space so small that every process decomposes the operator as a whole.
    fn gathered(&self, operator: &dyn LinearOperator<T>, span: &Span) -> Result<Eigenpairs<T>, Error> {
        let pairs = Lanczos { start: None, ..self.clone() }.solve(&Gathered::new(operator))?;
        Ok(Eigenpairs { vectors: span.own(&pairs.vectors)?, ..pairs })
    }

    /// All pairs of the operator written out.
    fn dense(&self, operator: &dyn LinearOperator<T>, rank: fn(T) -> T) -> Result<Eigenpairs<T>, Error> {
        let n = operator.rows();
        let room = n.saturating_mul(n);
        if Vec::<T>::new().try_reserve_exact(room).is_err() {
            let reason = format!("{} pairs of order {n} take a dense matrix, for which there is no memory", self.k);
            return Err(Error::invalid("k of Lanczos", reason + "; ask for fewer"));
        }
        let a = image(operator, &Matrix::identity(n))?;
        let eigen = symmetric_eigen(&symmetric_part(&a))?;
        let mut order = descending(n, |i| rank(eigen.values[i]));
        order.truncate(self.k);
        let vectors = select(&eigen.vectors, &order);
        let values: Vec<T> = order.iter().map(|&i| eigen.values[i]).collect();
        let residuals = column_residuals(&Span::whole(n), &a.matmul(&vectors)?, &values, &vectors);
        let method = Method::DenseSymmetric;
        let norm = eigen.values.iter().fold(T::zero(), |norm, value| norm.max(value.abs()));
        let limit = T::of(2.0) * checks::tolerance("Lanczos", self.tolerance, n)? * norm;
        let found = Eigenpairs { values, vectors, residuals, beyond: None, iterations: 1, products: n, method };
        let small = found.residuals.iter().all(|&residual| residual <= limit);
        found.judged(small, limit)
    }

    fn deliver(
        &self,
        method: Method,
        basis: &Basis<T>,
        pairs: Vec<Ritz<T>>,
        (complete, beyond): (bool, Option<T>),
        limit: T,
        spent: Spent<T>,
    ) -> Result<Eigenpairs<T>, Error> {
        let converged = pairs.iter().filter(|pair| pair.residual <= limit).count();
        let found = Eigenpairs {
            values: pairs.iter().map(|pair| pair.value).collect(),
            vectors: basis.columns(),
            residuals: pairs.iter().map(|pair| pair.residual).collect(),
            beyond,
            iterations: spent.iterations,
            products: spent.products,
            method,
        };
        if complete && converged == self.k {
            return Ok(found);
        }
        let advice = if converged == self.k {
            "all pairs converged, but whether a copy of a multiple eigenvalue was missed could not be told in time; raise \
             max_iterations, or set complete to false"
        } else if spent.iterations >= self.max_iterations {
            "raise max_iterations or subspace, loosen the tolerance, or use solve_inverted with a shift near the \
             eigenvalues sought"
        } else {
            "the residuals stay above the tolerance by rounding; loosen it, or move the shift"
        };
        Err(found.given_up(limit, advice))
    }
}

/// The columns `chosen` of the identity `[n, n]`.
fn selection<T: Scalar>(n: usize, chosen: &[usize]) -> Matrix<T> {
    select(&Matrix::identity(n), chosen)
}

/// `A X`
fn image<T: Scalar>(operator: &dyn LinearOperator<T>, x: &Matrix<T>) -> Result<Matrix<T>, Error> {
    let mut image = Matrix::zeros(x.rows(), x.cols());
    operator.apply_block(x, &mut image)?;
    checks::finite("product with the operator of Lanczos", &operator.span(), image.as_slice())?;
    Ok(image)
}

/// The residuals `‖A v − λ v‖` of the vectors of a basis with these values.
fn residuals<T: Scalar>(
    operator: &dyn LinearOperator<T>,
    basis: &Basis<T>,
    values: Vec<T>,
) -> Result<Vec<Ritz<T>>, Error> {
    let x = basis.columns();
    let residuals = column_residuals(&operator.span(), &image(operator, &x)?, &values, &x);
    Ok(values.into_iter().zip(residuals).map(|(value, residual)| Ritz { value, residual }).collect())
}
