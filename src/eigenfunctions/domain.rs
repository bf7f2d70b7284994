//! Where the functions of an operator live, and the search of a box for them.

use std::ops::{ControlFlow, Range};

use super::check::Solution;
use super::function_box::{FunctionBox, POINTS, moved};
use super::neural_ritz::{NeuralRitz, RitzObjective};
use super::operator::SelfAdjoint;
use super::outlook::Outlook;
use super::trial::Trial;
use crate::error::Error;
use crate::optim::{Lbfgs, Outcome, Progress};
use crate::{Result, Scalar, Seed};

/// Where the functions of an operator live.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// A box, one interval for each coordinate; the functions vanish on its boundary.
    Box(Vec<Range<f64>>),
    /// The whole space. A box that holds the functions is searched, first at this length.
    Space {
        /// About how far the functions reach from the origin.
        length: f64,
    },
}

impl Domain {
    /// The box `[start, end]^dimension`.
    pub fn cube(dimension: usize, side: Range<f64>) -> Self {
        Domain::Box(vec![side; dimension])
    }
}

/// The first boxes, in the given length.
const LENGTHS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// By how much a side is moved in the search, in the half-width, and how often all are.
const MOVE: f64 = 0.25;
const MOVES: usize = 4;
/// Iterations of a training that shows how far functions reach, and the rise of a level for which a side of the box is then
/// moved out: functions so rough tell no less.
const GLANCE: usize = 60;
const ROUGH: f64 = 1e-4;

impl NeuralRitz {
    /// [`solve`](Self::solve) with a quadrature that the solver chooses, in up to three dimensions: a product of
    /// Gauss–Legendre rules on a box. Of [`trial`](Self::trial), the hidden layers, their activation and weights are
    /// taken; the functions vanish on the boundary, and in the whole space decay before it.
    ///
    /// In the whole space the box is searched: the Ritz values are lower bounds in any, so that the one with the largest
    /// at the start is the best. After short trainings, and after the long one, it is enlarged while a state's slope on its
    /// [rim](Solution::rim) tells that a level would still move, by as much as its decay there asks for.
    ///
    /// The potential is looked at in all of the domain, in the whole space up to eight lengths from the origin: where a well
    /// of it holds a state before the last of those found, or one that cannot be told from it in a well where none of the
    /// functions is, that was [`missed`](Solution::missed), and is [doubted](Solution::doubt). A well is seen if some of
    /// 12 000 points lie in it.
    ///
    /// ```
    /// use eigennet::Seed;
    /// use eigennet::eigenfunctions::{Domain, NeuralRitz, Schrodinger};
    /// let solver = NeuralRitz { states: 3, features: 24, ..NeuralRitz::default() };
    /// let solved = solver.solve_on::<f64>(&Schrodinger::oscillator(1), &Domain::Space { length: 4.0 }, Seed(0))?;
    /// for (value, exact) in solved.eigenfunctions.values().iter().zip([-1.0, -3.0, -5.0]) {
    ///     assert!((value - exact).abs() < 1e-5, "{value}");
    /// }
    /// assert!(solved.doubt().is_none() && solved.small_box().is_none());
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for other dimensions than 1 to 3 or a domain that is none; as [`solve`](Self::solve).
    #[inline(never)]
    pub fn solve_on<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        domain: &Domain,
        seed: Seed,
    ) -> Result<Solution<T, Outcome>> {
        self.solve_on_observed(operator, domain, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve_on`](Self::solve_on) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_on_observed<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        domain: &Domain,
        seed: Seed,
        mut observer: impl FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let objective = self.objective_on(operator, domain, seed)?;
        self.train(objective, operator, &mut observer)
    }

    /// The function that [`solve_on`](Self::solve_on) minimises first, for an optimiser of one's own or a checkpointed run;
    /// [`RitzObjective::continued`] has the next.
    ///
    /// # Errors
    /// As there.
    #[inline(never)]
    pub fn objective_on<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        domain: &Domain,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        let d = operator.dimension();
        let reason = format_args!("{d} coordinates; 1 to 3 have a rule, give `solve` a quadrature for others");
        Error::require((1..=POINTS.len()).contains(&d), "operator of NeuralRitz::solve_on", reason)?;
        self.trial.check()?;
        if let Domain::Box(sides) = domain {
            Error::same_shape("Domain::Box", &[sides.len()], &[d])?;
        }
        let (place, outlook) = match domain {
            Domain::Box(sides) => (
                FunctionBox::new(sides.clone(), false),
                Outlook::on(operator, std::slice::from_ref(sides), true, seed)?,
            ),
            Domain::Space { length } => {
                check_length(*length)?;
                let outlook = Outlook::on(operator, &LENGTHS.map(|factor| cube(d, factor * length)), false, seed)?;
                (self.find_box::<T>(operator, *length, seed)?, outlook)
            }
        };
        Ok(self.objective_in(place, operator, seed)?.with_outlook(outlook))
    }

    /// The box whose Ritz values at the start are the largest, with the sides further out that hold back the functions of a
    /// short training.
    fn find_box<T: Scalar>(&self, operator: &dyn SelfAdjoint, length: f64, seed: Seed) -> Result<FunctionBox> {
        let mut place = FunctionBox::new(self.best_sides::<T>(operator, length, seed)?, true);
        let iterations = GLANCE.min(self.lbfgs.max_iterations);
        let glance = Lbfgs { max_iterations: iterations, max_evaluations: 3 * iterations, ..self.lbfgs };
        loop {
            let mut objective = self.objective_in::<T>(place.clone(), operator, seed)?;
            let mut parameters = objective.start().to_vec();
            let _ = glance.minimize(&mut objective, &mut parameters)?;
            let rim = place.rim(&objective.functions(&parameters, self.states)?)?;
            let Some(larger) = place.enlarged(&rim, ROUGH) else { return Ok(place) };
            place = larger;
        }
    }

    /// The sides of the box whose Ritz values at the start are the largest.
    fn best_sides<T: Scalar>(&self, operator: &dyn SelfAdjoint, length: f64, seed: Seed) -> Result<Vec<Range<f64>>> {
        let d = operator.dimension();
        let score = |sides: &[Range<f64>]| -> Result<f64> {
            let mut objective = self.objective_in::<T>(FunctionBox::new(sides.to_vec(), true), operator, seed)?;
            let start = objective.start().to_vec();
            Ok(objective.functions(&start, self.states)?.values().iter().sum())
        };
        let mut best = (
            f64::NEG_INFINITY,
            Err(Error::invalid("length of Domain::Space", "no box of about it holds functions; give another")),
        );
        let consider = |sides: Vec<Range<f64>>, best: &mut (f64, Result<Vec<Range<f64>>>)| match score(&sides) {
            Ok(value) if value > best.0 => *best = (value, Ok(sides)),
            Err(error) if best.1.is_err() => best.1 = Err(error),
            _ => {}
        };
        for factor in LENGTHS {
            consider(cube(d, factor * length), &mut best);
        }
        for _ in 0..MOVES {
            for (coordinate, upper) in (0..d).flat_map(|coordinate| [(coordinate, false), (coordinate, true)]) {
                for by in [MOVE, -MOVE] {
                    let Ok(sides) = &best.1 else { break };
                    let mut sides = sides.clone();
                    sides[coordinate] = moved(&sides[coordinate], upper, by);
                    consider(sides, &mut best);
                }
            }
        }
        best.1
    }
}

fn cube(dimension: usize, half: f64) -> Vec<Range<f64>> {
    vec![-half..half; dimension]
}

fn check_length(length: f64) -> Result<()> {
    let reason = format_args!("{length}; give a positive number");
    Error::require(length > 0.0 && length.is_finite(), "length of Domain::Space", reason)
}
