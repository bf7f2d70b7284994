//! Linear equations by least squares: parameters that the residual is affine in are found by one
//! factorisation instead of training.

use std::fmt;

use super::checks;
use crate::kernels::reduce::{self, max_abs};
use crate::linalg::{Matrix, OrthogonalFactors};
use crate::optim::{HeldOut, Residuals};
use crate::{Error, Result, Scalar, Seed};

/// Solves for parameters that the residuals are affine in, such as the last layer of a network in a
/// linear equation: `min ‖r(θ) + J δ‖`, `δ` of least norm, by QR factorisations.
///
/// ```
/// use eigennet::differential::{Domain, Equation, LinearLeastSquares};
/// // u″ = −2 with u(0) = u(1) = 0, in a basis of two polynomials: u = x(1 − x)(a + b x).
/// let domain = Domain::new(["x"], [0.0..1.0])?;
/// let poisson = Equation::<f64>::record(&domain, |g, [x]| {
///     let (a, b) = (g.scalar_parameter("a", 0.0), g.scalar_parameter("b", 0.0));
///     let u = x * (1.0 - x) * (a + b * x);
///     u.d(x).d(x) + 2.0
/// })?;
/// let mut theta = vec![0.0; 2];
/// let mut system = poisson.on(&domain.gauss([5])?)?;
/// let outcome = LinearLeastSquares::default().solve(&mut system, &mut theta, 0..2)?;
/// assert!((theta[0] - 1.0).abs() < 1e-12 && theta[1].abs() < 1e-12, "{outcome}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinearLeastSquares {
    /// Directions so much weaker than the strongest are left out (default `None`: `max(m, n) ε`).
    pub rcond: Option<f64>,
}

/// What [`LinearLeastSquares::solve`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearOutcome {
    /// Residuals (equations times points).
    pub residuals: usize,
    /// Parameters solved for.
    pub unknowns: usize,
    /// How many independent directions of them the residuals determine.
    pub rank: usize,
    /// Ratio of the strongest to the weakest direction used, estimated.
    pub condition: f64,
    /// `‖r‖` before.
    pub before: f64,
    /// `‖r‖` after.
    pub after: f64,
    /// About what rounding leaves of it where unknowns of size 1 solve the problem.
    pub rounding: f64,
    /// The residual on points that were not used, if they can be moved.
    pub held_out: Option<HeldOut>,
    /// `‖Δr‖` of a change that moves the solution (the functions that are outputs, or where there are none the trainable
    /// numbers) by as much as there is of it, where that is no more than twice `‖r‖` after, or rounding of it before: then
    /// many solutions are as good as this one.
    pub ambiguous: Option<f64>,
}

/// The part of the residual before that is left of it where there is a solution among the functions.
const SOLVED: f64 = 0.1;
/// What rounding leaves of the residual before, as a power of ε: that of the unknowns, which are large where features are
/// nearly dependent.
const ROUNDED: f64 = 0.6;
/// How much more than the residual itself a change of all of the solution has to leave.
const MORE: f64 = 2.0;

impl LinearOutcome {
    /// What may be wrong with the solution although it was computed.
    pub fn warning(&self) -> Option<String> {
        let LinearOutcome { residuals, unknowns, .. } = self;
        let parted = self.held_out.and_then(|held_out| held_out.warning());
        let few = (unknowns >= residuals).then(|| {
            format!(
                "{unknowns} unknowns for {residuals} residuals: they can vanish on the points and not between them; take \
                 twice as many points as unknowns"
            )
        });
        let ambiguous = self.ambiguous.map(|change| {
            format!(
                "a change of the solution by as much as there is of it changes the residual by {change:.1e}, which is {:.1e} \
                 itself and was {:.1e} for none: the problem has no solution, or more than one; give it all its conditions, or \
                 take more unknowns if the residual is large",
                self.after, self.before
            )
        });
        let unsolved = (self.after > SOLVED * self.before && self.after > self.rounding).then(|| {
            format!(
                "the residual is {:.1e} and was {:.1e} for none: there is no solution among these functions; check that \
                 the problem has one, or take more unknowns",
                self.after, self.before
            )
        });
        parted.or(few).or(ambiguous).or(unsolved)
    }
}

impl fmt::Display for LinearOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warning().map_or(Ok(()), |warning| write!(f, "warning: {warning}; "))?;
        write!(
            f,
            "{} residuals, {} unknowns of rank {} (condition {:.1e}): norm {:.3e} -> {:.3e}",
            self.residuals, self.unknowns, self.rank, self.condition, self.before, self.after
        )?;
        self.held_out.map_or(Ok(()), |held_out| write!(f, "; {held_out}"))
    }
}

impl LinearLeastSquares {
    /// Overwrites the entries `unknowns` of `theta` by the solution; the others stay.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the residuals are not affine in the unknowns, at the solution and at a random point,
    /// or do not depend on them although they are not zero (`theta` is then as it was), for no unknown, one named twice
    /// or beyond `theta`, and for a hostile `rcond`; [`Error::Shape`] if `theta` does not have
    /// the parameters of `system`; whatever the residuals report, such as NaN.
    pub fn solve<T: Scalar>(
        &self,
        system: &mut impl Residuals<T>,
        theta: &mut [T],
        unknowns: impl IntoIterator<Item = usize>,
    ) -> Result<LinearOutcome> {
        checks::length("LinearLeastSquares", theta.len(), system.parameter_count())?;
        let columns = columns(theta.len(), unknowns)?;
        let start = theta.to_vec();
        let outcome = self.solve_columns(system, theta, &columns);
        if outcome.is_err() {
            theta.copy_from_slice(&start);
        }
        outcome
    }

    fn solve_columns<T: Scalar>(
        &self,
        system: &mut impl Residuals<T>,
        theta: &mut [T],
        columns: &[usize],
    ) -> Result<LinearOutcome> {
        let m = system.residual_count();
        let (mut before, mut full) = (vec![T::zero(); m], Matrix::default());
        // From zero, so that the solution itself has least norm.
        columns.iter().for_each(|&k| theta[k] = T::zero());
        system.residuals_and_jacobian(theta, &mut before, &mut full)?;
        if full.shape() != [m, theta.len()] {
            return Err(Error::shape("Residuals::residuals_and_jacobian", &full.shape(), &[m, theta.len()]));
        }
        let jacobian = Matrix::from_fn(m, columns.len(), |i, k| full[(i, columns[k])]);
        drop(full);
        let target = Matrix::from_vec(m, 1, before.iter().map(|r| -*r).collect())?;
        let factors = OrthogonalFactors::of(&jacobian, self.rcond.map(T::of))?;
        let found = factors.solve(&target)?;
        let solution = found.as_slice();
        columns.iter().zip(solution).for_each(|(&k, &value)| theta[k] = value);

        let affine = Affine { before: &before, jacobian: &jacobian, columns };
        let after = affine.check(system, theta, "the solution")?;
        // Where the slopes at zero vanish, as those of u² do, the solution is near zero and says little.
        let mut stream = Seed(0).stream("LinearLeastSquares");
        let unit = affine.unit(solution);
        let mut random = theta.to_vec();
        columns.iter().for_each(|&k| random[k] = unit * stream.normal());
        affine.check(system, &random, "a random point")?;
        if factors.rank == 0 && max_abs(&before) > T::zero() {
            let reason =
                "the residuals do not depend on these parameters, and are not zero; name those that they depend on";
            return Err(Error::invalid("LinearLeastSquares", reason));
        }
        let norm = |r: &[T]| r.iter().map(|&r| Scalar::to_f64(r).powi(2)).sum::<f64>().sqrt();
        let (before, after) = (norm(&before), norm(&after));
        let epsilon = T::EPSILON.to_f64();
        // What cannot be read is no reason to refuse the solution.
        let gradient = system.reading(theta).unwrap_or_default().unwrap_or_default();
        let reading: Vec<T> = columns.iter().filter_map(|&k| gradient.get(k).copied()).collect();
        let is_read = max_abs(&reading) > T::zero();
        let least = is_read.then(|| factors.least_image(&jacobian, &reading)).transpose()?.map(Scalar::to_f64);
        Ok(LinearOutcome {
            residuals: m,
            unknowns: columns.len(),
            rank: factors.rank,
            condition: Scalar::to_f64(factors.condition()),
            before,
            after,
            rounding: 1e3 * epsilon * (m as f64).sqrt() * Scalar::to_f64(max_abs(jacobian.as_slice())),
            held_out: system.held_out(theta)?,
            ambiguous: least.filter(|least| *least <= (MORE * after).max(epsilon.powf(ROUNDED) * before)),
        })
    }
}

/// What the residuals are if they are affine: `before + jacobian · θ[columns]`.
struct Affine<'a, T> {
    before: &'a [T],
    jacobian: &'a Matrix<T>,
    columns: &'a [usize],
}

impl<T: Scalar> Affine<'_, T> {
    /// The size of parameters that move the residuals by as much as there is of them, and no less than a `solution`'s.
    fn unit(&self, solution: &[T]) -> T {
        let balance = max_abs(self.before) / max_abs(self.jacobian.as_slice());
        let unit = if balance.is_finite() { balance.max(max_abs(solution)) } else { max_abs(solution) };
        if unit > T::zero() { unit } else { T::one() }
    }

    /// The residuals at θ, if they are as predicted but for rounding: that of the prediction by the size of its terms, that
    /// within the residuals by what rounding of θ does to them.
    fn check(&self, system: &mut impl Residuals<T>, theta: &[T], place: &str) -> Result<Vec<T>> {
        let mut found = vec![T::zero(); self.before.len()];
        let mut nudged = found.clone();
        system.residuals(theta, &mut found)?;
        let signs = [T::one(), -T::one()].into_iter().cycle();
        let beside: Vec<T> = theta.iter().zip(signs).map(|(&p, sign)| p + sign * T::EPSILON * p).collect();
        system.residuals(&beside, &mut nudged)?;
        nudged.iter_mut().zip(&found).for_each(|(nudged, &found)| *nudged -= found);
        // As the squares are summed up, a residual smaller than the rounding of the others counts for nothing.
        let noise = reduce::norm(&nudged) / T::of(self.before.len() as f64).sqrt();
        for (i, (&old, &new)) in self.before.iter().zip(&found).enumerate() {
            let terms = || self.jacobian.row(i).iter().zip(self.columns).map(|(j, &k)| *j * theta[k]);
            let (predicted, size) = (old + terms().sum(), old.abs() + terms().map(|t| t.abs()).sum());
            // Of sums with some thousand terms, and derivatives, rounding leaves that much. NaN is no rounding.
            let agrees = (new - predicted).abs() <= T::of(1e4) * T::EPSILON * size + T::of(100.0) * noise;
            if !agrees {
                let reason = format!(
                    "the residuals are not affine in these parameters: at {place} residual {i} became {new}, {predicted} was \
                     predicted; solve for the last layer of a linear equation alone, or use LevenbergMarquardt"
                );
                return Err(Error::invalid("LinearLeastSquares", reason));
            }
        }
        Ok(found)
    }
}

fn columns(parameters: usize, unknowns: impl IntoIterator<Item = usize>) -> Result<Vec<usize>> {
    let refuse = |reason: String| Err(Error::invalid("unknowns of LinearLeastSquares", reason));
    // One more than there can be is enough to see that some are named twice.
    let mut columns: Vec<usize> = unknowns.into_iter().take(parameters + 1).collect();
    if let Some(beyond) = columns.iter().find(|&&k| k >= parameters) {
        return refuse(format!("{beyond} is beyond the {parameters} parameters"));
    }
    let count = columns.len();
    columns.sort_unstable();
    columns.dedup();
    if count == 0 || columns.len() < count {
        return refuse("name at least one, and none twice".to_string());
    }
    Ok(columns)
}
