//! The locally optimal block preconditioned conjugate gradient method.

mod block;

use block::{Block, Problem, join, orthonormalized, rayleigh_ritz};

use super::basis::column_norms;
use super::checks::{self, Products};
use super::gathered::Gathered;
use super::pairs::{column_residuals, select};
use super::{Eigenpairs, Method, Which};
use crate::error::Error;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{LinearOperator, Matrix, Qr, Span, generalized_symmetric_eigen, symmetric_eigen};
use crate::rng::Stream;
use crate::{Scalar, Seed};

const NAME: &str = "Lobpcg";

/// What becomes of vectors of the block that have converged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locking {
    /// They stay in the block and improve along, but no longer ask for new directions.
    #[default]
    Soft,
    /// They leave the block, which shrinks; the rest stays orthogonal to them. Cheaper for many pairs.
    Hard,
}

/// A few of the smallest or largest eigenpairs of a symmetric operator `A x = λ x`, or of a symmetric-definite pair
/// `A x = λ B x`, by LOBPCG (Knyazev, 2001) with the basis selection of Duersch, Shao, Yang and Gu (2018).
///
/// Every step minimises the Rayleigh quotient over the span of the block `X`, its preconditioned residuals `W` and the
/// directions `P` it came by. `[X, P, W]` is kept orthonormal, and directions that are lost in rounding are dropped, so
/// that the method does not break down near convergence. When the pairs asked for have converged, the rest of the block is
/// drawn afresh, orthogonal to them, and iterated on until its best pair is behind them for good: so a start of pairs that
/// are not the ones sought misleads nobody.
///
/// A pair has converged when `‖A x − λ B x‖ ≤ tolerance · ‖A‖ · ‖B x‖`, with the largest Ritz value seen for `‖A‖`.
///
/// Where three blocks are as large as the space, the problem is solved densely. Its pairs are held against
/// `‖A x − λ B x‖ ≤ tolerance · (‖A‖_∞ + |λ| ‖B‖_∞) · ‖x‖`, on the space that the constraints leave; what the condition of `B`
/// costs is forgiven up to half of the digits.
///
/// ```
/// use eigennet::eigen::{Lobpcg, Which};
/// use eigennet::linalg::Matrix;
/// // The path of 60 vertices: λ_j = 2 − 2 cos(π j / 60).
/// let path = Matrix::from_fn(60, 60, |i, j| match i.abs_diff(j) {
///     0 if i == 0 || i == 59 => 1.0,
///     0 => 2.0,
///     1 => -1.0,
///     _ => 0.0,
/// });
/// let pairs = Lobpcg { k: 3, which: Which::Smallest, ..Lobpcg::default() }.solve(&path)?;
/// assert!((pairs.values[1] - (2.0 - 2.0 * (std::f64::consts::PI / 60.0).cos())).abs() < 1e-9);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Lobpcg<'a, T> {
    /// Number of pairs sought.
    pub k: usize,
    /// [`Which::Smallest`] or [`Which::Largest`].
    pub which: Which<T>,
    /// Relative bound of the residuals; one below what rounding allows is taken as that.
    pub tolerance: T,
    /// Steps before it gives up.
    pub max_iterations: usize,
    /// Vectors iterated on; at least `k + 1`. `None`: some more than `k`, which speeds up the last pairs.
    pub block: Option<usize>,
    /// What becomes of converged vectors.
    pub locking: Locking,
    /// Of the random vectors.
    pub seed: Seed,
    /// Approximates `A⁻¹` (symmetric positive definite) where the smallest are sought.
    pub preconditioner: Option<&'a dyn LinearOperator<T>>,
    /// `B`, symmetric positive definite; the identity if `None`. The vectors returned are `B`-orthonormal.
    pub mass: Option<&'a dyn LinearOperator<T>>,
    /// Columns `[n, any]` to which all eigenvectors shall be (`B`-)orthogonal, such as known eigenvectors.
    pub constraints: Option<&'a Matrix<T>>,
    /// Vectors `[n, any]` to start with. Dependent columns are dropped, and what is missing is random.
    pub start: Option<&'a Matrix<T>>,
    /// Whether to look for eigenvectors that the start had nothing of. Without it pairs may be missing, and
    /// [`beyond`](Eigenpairs::beyond) stays empty.
    pub complete: bool,
}

impl<T: Scalar> Default for Lobpcg<'_, T> {
    fn default() -> Self {
        Lobpcg {
            k: 1,
            which: Which::Smallest,
            tolerance: T::of(1e-8),
            max_iterations: 1000,
            block: None,
            locking: Locking::Soft,
            seed: Seed(0),
            preconditioner: None,
            mass: None,
            constraints: None,
            start: None,
            complete: true,
        }
    }
}

impl<T: Scalar> Lobpcg<'_, T> {
    /// Solves for the pairs.
    ///
    /// An operator may be [spread over processes](LinearOperator::span), all of which call this, with a mass and a
    /// preconditioner of the same span; constraints, start and vectors are then the rows held here, and the bits are the same
    /// on any number of them.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] for arguments that do not fit; the same if
    /// the operator returns NaN; [`Error::NotPositiveDefinite`] if the mass is not; [`Error::Unconverged`] with the best
    /// pairs if the iterations run out, or a dense solution has lost its digits to the mass.
    #[inline(never)]
    pub fn solve(&self, operator: &dyn LinearOperator<T>) -> Result<Eigenpairs<T>, Error> {
        let span = checks::symmetric(NAME, operator)?;
        let n = span.total();
        checks::count(NAME, self.k, n)?;
        let tolerance = checks::tolerance(NAME, self.tolerance, n)?;
        checks::companion("preconditioner of Lobpcg", &span, self.preconditioner)?;
        checks::companion("mass of Lobpcg", &span, self.mass)?;
        checks::vectors("constraints of Lobpcg", &span, self.constraints)?;
        checks::vectors("start of Lobpcg", &span, self.start)?;
        let sign = match self.which {
            Which::Smallest => T::one(),
            Which::Largest => -T::one(),
            _ => {
                let reason =
                    "LOBPCG finds the smallest or the largest; use JacobiDavidson for those nearest to a number";
                return Err(Error::invalid("which of Lobpcg", reason));
            }
        };
        let mut a = Products::new("the operator", operator);
        checks::keeps_symmetry(NAME, &mut a, self.seed)?;
        let mut problem = Problem { a, b: self.mass.map(|b| Products::new("the mass", b)), sign };
        let constraints = match self.constraints {
            Some(y) => problem.orthonormalized(y.clone(), &[])?,
            None => Block::empty(span.len(), self.mass.is_some()),
        };
        let room = n - constraints.width();
        if self.k > room {
            let reason = format!("{} pairs where the constraints leave {room}; ask for fewer", self.k);
            return Err(Error::invalid("k of Lobpcg", reason));
        }
        let spare = (self.k / 4).max(2);
        let width = self.block.unwrap_or(self.k + spare).max(self.k + 1).min(room);
        if 3 * width > room {
            return match span.is_dealt() {
                true => self.gathered(operator, &span),
                false => self.dense(&mut problem, &constraints, tolerance),
            };
        }
        Run { span, solver: self, problem, tolerance, stream: self.seed.stream("lobpcg"), room }
            .iterate(constraints, width)
    }

    /// The solution on a space so small that every process decomposes the problem as a whole.
    fn gathered(&self, operator: &dyn LinearOperator<T>, span: &Span) -> Result<Eigenpairs<T>, Error> {
        let mass = self.mass.map(Gathered::new);
        let constraints = self.constraints.map(|y| span.gathered(y)).transpose()?;
        let whole = Lobpcg {
            preconditioner: None,
            mass: mass.as_ref().map(|b| b as &dyn LinearOperator<T>),
            constraints: constraints.as_ref(),
            start: None,
            ..*self
        };
        let pairs = whole.solve(&Gathered::new(operator))?;
        Ok(Eigenpairs { vectors: span.own(&pairs.vectors)?, ..pairs })
    }

    /// The whole problem on an orthonormal basis of what the constraints leave.
    fn dense(
        &self,
        problem: &mut Problem<'_, T>,
        constraints: &Block<T>,
        tolerance: T,
    ) -> Result<Eigenpairs<T>, Error> {
        let n = constraints.x.rows();
        let mut basis = if constraints.width() == 0 {
            Matrix::identity(n)
        } else {
            let q = Qr::factor(constraints.bx())?.full_q()?;
            q.submatrix(0..n, constraints.width()..n)
        };
        let Problem { a, b, sign } = problem;
        let project = |operator: &mut Products<'_, T>, basis: &Matrix<T>| basis.t_matmul(&operator.apply_block(basis)?);
        if let Some(b) = b {
            // With the small entries of B first, the large ones of L⁻¹ A L⁻ᵀ are, and their rounding stays with them.
            let diagonal = project(b, &basis)?.diagonal();
            basis = select(&basis, &Which::Smallest.order(&diagonal));
        }
        let stiffness = project(a, &basis)?;
        let mass = b.as_mut().map(|b| project(b, &basis)).transpose()?;
        let part = symmetric_part(&stiffness);
        let eigen = match &mass {
            None => symmetric_eigen(&part)?,
            Some(mass) => {
                generalized_symmetric_eigen(&part, &symmetric_part(mass)).map_err(|error| error.of(block::MASS))?
            }
        };
        let last = eigen.values.len() - 1;
        let chosen: Vec<usize> = (0..self.k).map(|j| if *sign > T::zero() { j } else { last - j }).collect();
        let values: Vec<T> = chosen.iter().map(|&j| eigen.values[j]).collect();
        let reduced = select(&eigen.vectors, &chosen);
        // Of arbitrary constraints A x − λ B x has something; what is left beside them is to be small.
        let images = mass.as_ref().map_or_else(|| Ok(reduced.clone()), |mass| mass.matmul(&reduced))?;
        let span = Span::whole(basis.cols());
        let left = column_residuals(&span, &stiffness.matmul(&reduced)?, &values, &images);
        let (norm, of_mass) = (stiffness.infinity_norm(), mass.map_or(T::one(), |mass| mass.infinity_norm()));
        // The factor of B blows rounding up by as much as the largest λ is beyond ‖A‖ / ‖B‖.
        let spread = eigen.values[0].abs().max(eigen.values[last].abs()) * of_mass / norm;
        let rounding = checks::tolerance(NAME, T::zero(), n)? * spread;
        let tolerance = tolerance.max(rounding.min(T::EPSILON.sqrt()));
        let sizes = values.iter().zip(column_norms(&span, &reduced));
        let limits: Vec<T> = sizes.map(|(value, size)| tolerance * (norm + value.abs() * of_mass) * size).collect();
        let small = left.iter().zip(&limits).all(|(left, limit)| left <= limit);
        let found = (values, basis.matmul(&reduced)?);
        let pairs = Eigenpairs::measured(a, b.as_mut(), Method::DenseRayleighRitz, 1, found)?;
        pairs.judged(small, limits.into_iter().fold(T::infinity(), T::min))
    }
}

/// One run on a block that is small beside the space.
struct Run<'s, 'a, T> {
    solver: &'s Lobpcg<'s, T>,
    problem: Problem<'a, T>,
    span: Span,
    tolerance: T,
    stream: Stream,
    /// Dimension of what the constraints leave.
    room: usize,
}

impl<T: Scalar> Run<'_, '_, T> {
    fn iterate(mut self, mut fixed: Block<T>, width: usize) -> Result<Eigenpairs<T>, Error> {
        let (n, k, limit) = (fixed.x.rows(), self.solver.k, self.solver.max_iterations);
        let start = match self.solver.start {
            Some(start) => self.problem.orthonormalized(start.clone(), &[&fixed])?,
            None => Block::empty(n, fixed.bx.is_some()),
        };
        let (mut x, mut theta) = self.filled(start, &fixed, width)?;
        let mut p = Block::empty(n, x.bx.is_some());
        let mut locked: Vec<T> = Vec::new();
        let constraints = fixed.width();
        let mut scale = T::zero();
        let mut fresh = false;
        for iteration in 0..=limit {
            scale = theta.iter().fold(scale, |s, v| s.max(v.abs()));
            let (mut residual, mut converged) = self.residuals(&x, &theta, scale);
            let wanted = k - locked.len();
            if converged[..wanted].iter().all(|&c| c) {
                // Afresh: what was carried along may have drifted from A X.
                x.ax = self.problem.image(&x.x)?;
                (residual, converged) = self.residuals(&x, &theta, scale);
            }
            let done = converged[..wanted].iter().all(|&c| c);
            let searched = fresh && done && self.is_behind(&x, &theta, &residual, scale);
            let verified = searched || done && !self.solver.complete;
            if iteration == limit || verified {
                let beyond = theta.get(wanted).map(|&value| self.problem.sign * value).filter(|_| searched);
                locked.extend_from_slice(&theta[..wanted]);
                let all = join(&[&fixed, &x])?;
                let vectors = all.x.submatrix(0..n, constraints..constraints + k);
                return self.finish((locked, vectors), iteration, scale, verified, beyond);
            }
            if done && !fresh {
                // What the block holds beside them came from the same start: random vectors tell whether it lacked any.
                fresh = true;
                let found = join(&[&fixed.columns(constraints..fixed.width()), &x.columns(0..wanted)])?;
                (fixed, locked) = (fixed.columns(0..constraints), Vec::new());
                (x, theta) = self.filled(found, &fixed, width)?;
                p = Block::empty(n, x.bx.is_some());
                (residual, converged) = self.residuals(&x, &theta, scale);
            }
            if self.solver.locking == Locking::Hard && !fresh {
                let lead = converged[..wanted].iter().take_while(|&&c| c).count();
                if lead > 0 {
                    locked.extend_from_slice(&theta[..lead]);
                    fixed = join(&[&fixed, &x.columns(0..lead)])?;
                    x = x.columns(lead..x.width());
                    theta.drain(..lead);
                    converged.drain(..lead);
                    residual = residual.submatrix(0..n, lead..residual.cols());
                }
            }
            let active: Vec<usize> = (0..x.width()).filter(|&j| !converged[j]).collect();
            let w = self.directions(select(&residual, &active), &[&fixed, &x, &p])?;
            let s = join(&[&x, &p, &w])?;
            let ritz = rayleigh_ritz(&self.span, &s)?;
            scale = ritz.values.iter().fold(scale, |s, v| s.max(v.abs()));
            let m = x.width();
            let best = select(&ritz.vectors, &(0..m).collect::<Vec<_>>());
            // The part of the step outside X, orthonormal to the new X: Hetmaniuk and Lehoucq's (2006) choice of P.
            let mut step = select(&best, &active);
            step.as_mut_slice()[..m * active.len()].fill(T::zero());
            let (step, _) = orthonormalized(&Span::whole(step.rows()), step, &[(&best, &best)], None)?;
            p = s.times(&self.span, &step)?;
            x = s.times(&self.span, &best)?;
            theta = ritz.values[..m].to_vec();
        }
        Err(Error::invalid("max_iterations of Lobpcg", "there must be room for one step"))
    }

    /// The best `width` Ritz vectors, and their values, of a block made up to so many by random vectors.
    fn filled(&mut self, mut x: Block<T>, fixed: &Block<T>, width: usize) -> Result<(Block<T>, Vec<T>), Error> {
        for _ in 0..4 {
            if x.width() >= width.min(self.room) {
                break;
            }
            let random = self.random(width - x.width())?;
            let random = self.problem.orthonormalized(random, &[fixed, &x])?;
            x = join(&[&x, &random])?;
        }
        x.ax = self.problem.image(&x.x)?;
        let mut ritz = rayleigh_ritz(&self.span, &x)?;
        ritz.values.truncate(width);
        Ok((x.times(&self.span, &select(&ritz.vectors, &(0..ritz.values.len()).collect::<Vec<_>>()))?, ritz.values))
    }

    /// So many random vectors.
    fn random(&mut self, count: usize) -> Result<Matrix<T>, Error> {
        Matrix::from_vec(self.span.len(), count, self.span.draw(count, &mut self.stream))
    }

    /// Whether the best pair beyond those sought is behind them for good.
    fn is_behind(&self, x: &Block<T>, theta: &[T], residual: &Matrix<T>, scale: T) -> bool {
        let k = self.solver.k;
        let Some(&next) = theta.get(k) else { return true };
        let size = self.span.norm(&residual.column(k)) / self.span.norm(&x.bx().column(k));
        checks::settled(size, next - theta[k - 1], self.tolerance * scale, self.room)
    }

    /// `A X − B X Θ`, and which of its columns are small enough.
    fn residuals(&self, x: &Block<T>, theta: &[T], scale: T) -> (Matrix<T>, Vec<bool>) {
        let bx = x.bx();
        let residual = Matrix::from_fn(bx.rows(), bx.cols(), |i, j| x.ax[(i, j)] - theta[j] * bx[(i, j)]);
        let sizes = column_norms(&self.span, &residual).into_iter().zip(column_norms(&self.span, bx));
        let small = sizes.take(theta.len()).map(|(size, of)| size <= self.tolerance * scale * of).collect();
        (residual, small)
    }

    /// New directions: the residuals, preconditioned, orthonormal to all there is; random ones if nothing is left.
    fn directions(&mut self, residual: Matrix<T>, against: &[&Block<T>]) -> Result<Block<T>, Error> {
        let count = residual.cols();
        let raw = match self.solver.preconditioner {
            Some(preconditioner) => Products::new("the preconditioner", preconditioner).apply_block(&residual)?,
            None => residual,
        };
        let mut w = self.problem.orthonormalized(raw, against)?;
        if w.width() == 0 {
            let random = self.random(count)?;
            w = self.problem.orthonormalized(random, against)?;
        }
        w.ax = self.problem.image(&w.x)?;
        Ok(w)
    }

    fn finish(
        mut self,
        (signed, vectors): (Vec<T>, Matrix<T>),
        iterations: usize,
        scale: T,
        verified: bool,
        beyond: Option<T>,
    ) -> Result<Eigenpairs<T>, Error> {
        let order = Which::Smallest.order(&signed);
        let values = order.iter().map(|&j| self.problem.sign * signed[j]).collect();
        let found = (values, select(&vectors, &order));
        let Problem { a, b, .. } = &mut self.problem;
        let pairs = Eigenpairs::measured(a, b.as_mut(), Method::Lobpcg, iterations, found)?;
        // Twice the bound: products computed afresh differ by rounding from those that were carried along.
        let bound = T::of(2.0) * self.tolerance * scale * self.problem.largest_image(&pairs.vectors)?;
        if verified && pairs.residuals.iter().all(|&r| r <= bound) {
            return Ok(Eigenpairs { beyond, ..pairs });
        }
        Err(pairs.given_up(
            bound,
            "raise max_iterations, start from better vectors, widen the block, or give a preconditioner; \
             for the smallest of an assembled matrix shift-invert converges in a few steps",
        ))
    }
}
