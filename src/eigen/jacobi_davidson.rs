//! The Jacobi–Davidson method for symmetric operators.

mod correction;
mod search;
mod twice;

use search::{Candidate, Search};
use twice::Twice;

use super::basis::{Basis, orthonormalize, random_direction};
use super::checks::{self, Products};
use super::{Eigenpairs, Method, Which};
use crate::error::Error;
use crate::kernels::reduce::{dot, norm};
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::{LinearOperator, Matrix, Span};
use crate::rng::Stream;
use crate::{Scalar, Seed};

const NAME: &str = "JacobiDavidson";
/// What the first residual must fall by before the shift of the correction equation follows the Ritz value.
const TRUST: f64 = 0.1;
/// Steps of the search for missed pairs to one of the solver: they are cheaper, and fall behind in dense spectra.
const STEPS: usize = 4;

/// A few eigenpairs of a symmetric operator, at either end of the spectrum or nearest to a number, by the
/// Jacobi–Davidson method (Sleijpen and van der Vorst, 1996) in its form with deflation and thick restart (JDQR; Fokkema,
/// Sleijpen and van der Vorst, 1998).
///
/// The search space is expanded by an approximate solution `t ⊥ u` of the correction equation
/// `(I − QQᵀ)(A − θ I)(I − QQᵀ) t = −r`, `Q` being the eigenvectors found so far and the Ritz vector `u`: a few steps of
/// GMRES, preconditioned if there is a preconditioner. Interior pairs are taken from harmonic Ritz pairs (Paige, Parlett
/// and van der Vorst, 1995).
///
/// The correction equation is Newton's: it converges to the pair next to θ, whichever that is. So it is solved only where
/// the residual says that θ is near to a pair that is sought; until then the number to be near to stands for θ, or, at the
/// ends of the spectrum, the space grows by the (preconditioned) residual, as Davidson's (1975).
///
/// When the pairs asked for are found, a search of Davidson's kind from fresh random vectors, orthogonal to them, goes on
/// until its best pair is behind them for good: what was missed is found by it. Among those nearest to σ it searches the
/// smallest of `(A − σ)²`, which takes many products where the spectrum is dense about σ; to be content with the pairs that
/// came first, set [`complete`](Self::complete) to false.
///
/// A pair has converged when `‖A x − λ x‖ ≤ tolerance · ‖A‖`, with the largest Ritz value seen for `‖A‖`.
///
/// ```
/// use eigennet::eigen::{JacobiDavidson, Which};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_diagonal(&(1..=50).map(f64::from).collect::<Vec<_>>());
/// let pairs = JacobiDavidson { k: 3, which: Which::NearestTo(20.2), ..JacobiDavidson::default() }.solve(&a)?;
/// assert!((pairs.values[0] - 20.0).abs() < 1e-6 && (pairs.values[1] - 21.0).abs() < 1e-6);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct JacobiDavidson<'a, T> {
    /// Number of pairs sought.
    pub k: usize,
    /// Which of them; all but [`Which::LargestMagnitude`].
    pub which: Which<T>,
    /// Relative bound of the residuals; one below what rounding allows is taken as that.
    pub tolerance: T,
    /// Expansions of the search space before it gives up.
    pub max_iterations: usize,
    /// Dimension the search space is cut back at. `None`: about twice `k`, at least 20.
    pub subspace: Option<usize>,
    /// Most steps of GMRES on a correction equation; 0 expands by the (preconditioned) residual, as Davidson (1975) did.
    pub inner_steps: usize,
    /// Whether to look for pairs that were missed. Without it interior pairs may come out for those sought, and of
    /// multiple eigenvalues some copies.
    pub complete: bool,
    /// Of the random vectors.
    pub seed: Seed,
    /// Approximates `(A − σ I)⁻¹` for the σ sought (`A⁻¹` for the smallest of a positive definite operator).
    pub preconditioner: Option<&'a dyn LinearOperator<T>>,
    /// Vectors `[n, any]` to start with. Dependent columns are dropped, and what is missing is random.
    pub start: Option<&'a Matrix<T>>,
}

impl<T: Scalar> Default for JacobiDavidson<'_, T> {
    fn default() -> Self {
        JacobiDavidson {
            k: 1,
            which: Which::Smallest,
            tolerance: T::of(1e-8),
            max_iterations: 1000,
            subspace: None,
            inner_steps: 20,
            complete: true,
            seed: Seed(0),
            preconditioner: None,
            start: None,
        }
    }
}

impl<T: Scalar> JacobiDavidson<'_, T> {
    /// Solves for the pairs.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] for arguments that do not fit; the same if
    /// the operator returns NaN; [`Error::Unconverged`] with the best pairs if the iterations run out.
    #[inline(never)]
    pub fn solve(&self, operator: &dyn LinearOperator<T>) -> Result<Eigenpairs<T>, Error> {
        let span = checks::symmetric(NAME, operator)?;
        let n = checks::undivided(NAME, &span)?;
        checks::count(NAME, self.k, n)?;
        let tolerance = checks::tolerance(NAME, self.tolerance, n)?;
        checks::companion("preconditioner of JacobiDavidson", &span, self.preconditioner)?;
        checks::vectors("start of JacobiDavidson", &span, self.start)?;
        checks::target(NAME, self.which)?;
        if self.which == Which::LargestMagnitude {
            let reason =
                "those of largest modulus lie at both ends: ask for the largest and the smallest, or use Lanczos";
            return Err(Error::invalid("which of JacobiDavidson", reason));
        }
        let largest = self.subspace.unwrap_or((2 * self.k).max(20)).max(self.k.min(n) + 2).min(n);
        let mut run = Run {
            solver: self,
            a: Products::new("the operator", operator),
            tolerance,
            scale: T::zero(),
            stream: self.seed.stream("jacobi-davidson"),
            locked: Basis::new(n),
            values: Vec::new(),
            beyond: None,
            iterations: 0,
            largest,
        };
        checks::keeps_symmetry(NAME, &mut run.a, self.seed)?;
        run.find_all()
    }
}

struct Run<'s, 'a, T> {
    solver: &'s JacobiDavidson<'s, T>,
    a: Products<'a, T>,
    tolerance: T,
    /// The largest Ritz value seen, for `‖A‖`.
    scale: T,
    stream: Stream,
    /// Eigenvectors found.
    locked: Basis<T>,
    values: Vec<T>,
    /// The best value that the search for missed pairs ended with.
    beyond: Option<T>,
    iterations: usize,
    /// Dimension at which the search space is cut back.
    largest: usize,
}

/// The best pair of a fresh search, and whether it ranks before one of those found.
type Beside<T> = (Candidate<T>, bool);

impl<T: Scalar> Run<'_, '_, T> {
    fn find_all(mut self) -> Result<Eigenpairs<T>, Error> {
        let (n, k) = (self.a.operator.rows(), self.solver.k);
        let mut search = Search::new(n, self.solver.which);
        if let Some(start) = self.solver.start {
            for j in 0..start.cols() {
                self.expand(&mut search, start.column(j))?;
            }
        }
        // As many directions as pairs: a multiple eigenvalue then has as many copies in the search space.
        let wanted = (k + 1).min(n).min(self.largest);
        self.fill(&mut search, wanted)?;
        while self.values.len() < k {
            match self.next(&mut search, None)? {
                Some(candidate) => self.lock(&mut search, candidate)?,
                None => return self.give_up(&search),
            }
        }
        while self.solver.complete && self.values.len() < n {
            let Some((candidate, better)) = self.missed()? else { return self.give_up(&search) };
            if !better {
                self.beyond = Some(candidate.value);
                break;
            }
            let mut found = Search::new(n, self.solver.which);
            self.expand(&mut found, candidate.vector)?;
            self.fill(&mut found, 2)?;
            match self.next(&mut found, None)? {
                Some(candidate) => self.lock(&mut found, candidate)?,
                None => return self.give_up(&found),
            }
        }
        self.finish()
    }

    /// The best pair of a fresh search beside those found, and whether it ranks before one of them. `None` if the iterations
    /// ran out.
    fn missed(&mut self) -> Result<Option<Beside<T>>, Error> {
        let (last, solver, a) = (self.worst(), self.solver, self.a.operator);
        let Which::NearestTo(sigma) = solver.which else {
            return self.beside(a, solver.which, solver.preconditioner, self.tolerance, last);
        };
        // Inside a spectrum nothing converges in order; the smallest of the square do. It has half of the digits: all of
        // them are needed.
        let scale = power_of_two_scale(self.scale);
        let square = Twice { operator: a, shift: sigma, unit: scale.recip() };
        let preconditioner = solver.preconditioner.map(|operator| Twice { operator, shift: T::zero(), unit: scale });
        let preconditioner = preconditioner.as_ref().map(|twice| twice as &dyn LinearOperator<T>);
        let tolerance = checks::tolerance(NAME, T::zero(), a.rows())?;
        let distance = ((last - sigma) * scale).powi(2);
        let outcome = self.beside(&square, Which::Smallest, preconditioner, tolerance, distance)?;
        let Some((mut candidate, better)) = outcome else { return Ok(None) };
        // How far from σ the value is says its square, on which side the vector.
        let side = dot(&candidate.vector, &self.a.apply(&candidate.vector)?) - sigma;
        candidate.value = sigma + (candidate.value.max(T::zero()).sqrt() / scale).copysign(side);
        Ok(Some((candidate, better)))
    }

    /// [`missed`](Self::missed) by an operator that has the eigenvectors found. No correction equation leads the way.
    fn beside(
        &mut self,
        operator: &dyn LinearOperator<T>,
        which: Which<T>,
        preconditioner: Option<&dyn LinearOperator<T>>,
        tolerance: T,
        rival: T,
    ) -> Result<Option<Beside<T>>, Error> {
        let given = self.solver;
        let max_iterations = given.max_iterations.saturating_mul(STEPS);
        let solver = JacobiDavidson { which, preconditioner, max_iterations, inner_steps: 0, ..*given };
        let mut run = Run {
            solver: &solver,
            a: Products::new("the operator", operator),
            tolerance,
            scale: T::zero(),
            stream: given.seed.child("missed").numbered(self.values.len() as u64).into_stream(),
            locked: self.locked.clone(),
            values: Vec::new(),
            beyond: None,
            iterations: 0,
            largest: (2 * self.largest).min(operator.rows()),
        };
        let mut fresh = Search::new(operator.rows(), which);
        run.fill(&mut fresh, 2)?;
        let outcome = run.next(&mut fresh, Some(rival))?;
        self.a.count += run.a.count;
        let told = outcome.map(|candidate| {
            let better = run.lead(candidate.value, rival) > run.tolerance * run.scale;
            (candidate, better)
        });
        Ok(told)
    }

    /// Makes up the search space to `wanted` random directions.
    fn fill(&mut self, search: &mut Search<T>, wanted: usize) -> Result<(), Error> {
        let n = self.a.operator.rows();
        while search.len() < wanted.min(n - self.locked.len()) {
            let Some(x) = random_direction(&Span::whole(n), &mut self.stream, &[&self.locked, search.basis()]) else {
                break;
            };
            search.push(x, &mut self.a)?;
        }
        Ok(())
    }

    /// Adds what of `x` is new; whether anything was.
    fn expand(&mut self, search: &mut Search<T>, mut x: Vec<T>) -> Result<bool, Error> {
        let new = orthonormalize(&Span::whole(x.len()), &mut x, &[&self.locked, search.basis()]);
        if new {
            search.push(x, &mut self.a)?;
        }
        Ok(new)
    }

    /// Iterates until the best candidate has converged; with a `rival`, until it is certain which of the two is better.
    /// `None` if the iterations ran out.
    fn next(&mut self, search: &mut Search<T>, rival: Option<T>) -> Result<Option<Candidate<T>>, Error> {
        let n = self.a.operator.rows();
        let mut first = None;
        let mut attempt = 0;
        loop {
            let candidate = search.best(&self.locked)?;
            self.scale = self.scale.max(search.largest_value()).max(candidate.value.abs());
            let size = norm(&candidate.residual);
            if size <= self.tolerance * self.scale || search.len() + self.locked.len() == n && size == T::zero() {
                return Ok(Some(candidate));
            }
            // Within `size` of the candidate there is an eigenvalue.
            let told = rival.is_some_and(|rival| {
                let lead = self.lead(candidate.value, rival);
                let better = lead > self.tolerance * self.scale && size <= T::of(TRUST) * lead;
                better || checks::settled(size, -lead, T::zero(), n)
            });
            if told {
                return Ok(Some(candidate));
            }
            if self.iterations >= self.solver.max_iterations {
                return Ok(None);
            }
            self.iterations += 1;
            if search.len() >= self.largest.min(n - self.locked.len()) {
                search.restart(self.largest.div_ceil(2))?;
            }
            let start = *first.get_or_insert(size);
            let trusted = T::of(TRUST) * start.min(self.scale);
            let (shift, steps) = match self.solver.which {
                _ if size <= trusted => (candidate.value, self.solver.inner_steps),
                Which::NearestTo(sigma) => (sigma, self.solver.inner_steps),
                _ => (candidate.value, 0),
            };
            attempt = if steps == 0 { 0 } else { attempt + 1 };
            let correction = self.correct(&candidate, shift, steps, attempt)?;
            // Where rounding leaves nothing new of the correction, the residual or chance may have something.
            if !self.expand(search, correction)?
                && !self.expand(search, candidate.residual.clone())?
                && search.len() < n - self.locked.len()
            {
                let wanted = search.len() + 1;
                self.fill(search, wanted)?;
            }
        }
    }

    fn correct(&mut self, candidate: &Candidate<T>, shift: T, steps: usize, attempt: usize) -> Result<Vec<T>, Error> {
        let mut against = self.locked.clone();
        against.push(&candidate.vector);
        let equation = correction::Equation::new(self.a.operator, shift, &against, self.solver.preconditioner)?;
        let mut counted = 0;
        let solution = equation.solve(&candidate.residual, steps, attempt, &mut counted)?;
        self.a.count += counted;
        Ok(solution)
    }

    fn lock(&mut self, search: &mut Search<T>, candidate: Candidate<T>) -> Result<(), Error> {
        search.remove(&candidate)?;
        let mut vector = candidate.vector;
        if !orthonormalize(&Span::whole(vector.len()), &mut vector, &[&self.locked]) {
            return Ok(());
        }
        self.locked.push(&vector);
        self.values.push(candidate.value);
        self.fill(search, 2)
    }

    /// How far from what is sought; smaller is better.
    fn distance(&self, value: T) -> T {
        self.solver.which.rank_real(value)
    }

    /// By how much a value is better than another.
    fn lead(&self, value: T, rival: T) -> T {
        self.distance(rival) - self.distance(value)
    }

    /// The worst of the best `k`.
    fn worst(&self) -> T {
        let order = self.order();
        self.values[order[self.solver.k - 1]]
    }

    fn order(&self) -> Vec<usize> {
        self.solver.which.order(&self.values)
    }

    fn finish(mut self) -> Result<Eigenpairs<T>, Error> {
        let mut order = self.order();
        order.truncate(self.solver.k);
        let values = order.iter().map(|&j| self.values[j]).collect();
        let mut chosen = Basis::new(self.a.operator.rows());
        order.iter().for_each(|&j| chosen.push(self.locked.row(j)));
        let found = (values, chosen.columns());
        let pairs = Eigenpairs::measured(&mut self.a, None, Method::JacobiDavidson, self.iterations, found)?;
        let bound = T::of(4.0) * self.tolerance * self.scale;
        if pairs.residuals.iter().all(|&r| r <= bound) {
            return Ok(Eigenpairs { beyond: self.beyond, ..pairs });
        }
        Err(pairs.given_up(bound, "the residuals stay above the tolerance by rounding; loosen it"))
    }

    /// What was found, then the best of the search space.
    fn give_up(mut self, search: &Search<T>) -> Result<Eigenpairs<T>, Error> {
        let missing = self.solver.k.saturating_sub(self.values.len());
        for candidate in search.leading(missing, &self.locked)? {
            self.locked.push(&candidate.vector);
            self.values.push(candidate.value);
        }
        let found = (self.values, self.locked.columns());
        let best = Eigenpairs::measured(&mut self.a, None, Method::JacobiDavidson, self.iterations, found)?;
        Err(best.given_up(
            T::of(2.0) * self.tolerance * self.scale,
            "raise max_iterations, inner_steps or subspace, start from better vectors, or give a preconditioner, the more \
             so if all pairs converged and only the search for missed ones did not end; \
             for an assembled matrix shift-invert converges in a few steps",
        ))
    }
}
