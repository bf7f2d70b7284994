//! Eigenpairs one after another.

use std::ops::ControlFlow;

use super::deflation::{Deflated, Deflation, project, rescale};
use super::flow::EigenvectorFlow;
use super::integrate::{Arrival, Course};
use super::trajectory::{Path, Stop, Trajectory};
use crate::container::Container;
use crate::differential::checks;
use crate::differential::marching::{Marched, Marching};
use crate::kernels::reduce::norm;
use crate::linalg::Matrix;
use crate::{Result, Scalar, Seed};

/// How the flow is followed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Networks on marching windows, until x is an eigenvector.
    Network {
        /// How they march. Time is in units of 1/(|x₀|² ‖B‖_F), B the matrix that is left, in which no
        /// matrix and no start is special; the state has length 1.
        marching: Marching,
        /// Ends when ‖A x − ρ x‖ / ‖x‖ is at most this times ‖A‖_F.
        tolerance: f64,
    },
    /// Forward Euler with equal steps.
    ForwardEuler {
        /// How many steps.
        steps: usize,
        /// The final time.
        time: f64,
    },
    /// The adaptive pair of Dormand and Prince, until x is an eigenvector.
    RungeKutta {
        /// Relative tolerance of a step.
        rtol: f64,
        /// Absolute tolerance of a step.
        atol: f64,
        /// Ends when ‖A x − ρ x‖ / ‖x‖ is at most this times ‖A‖_F.
        tolerance: f64,
        /// The most time.
        time: f64,
    },
    /// The closed form at a time.
    ClosedForm {
        /// The time.
        time: f64,
    },
}

impl Default for Method {
    fn default() -> Self {
        // A window that is off by that much leads to the same eigenvector.
        let (accuracy, acceptance) = (1e-6, 1e-4);
        let marching = Marching { window: Some(4.0), accuracy, acceptance, max_windows: 500, ..Marching::default() };
        Method::Network { marching, tolerance: 1e-7 }
    }
}

/// Which eigenvalues come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum End {
    /// The largest, then descending (Theorems A and B).
    #[default]
    Largest,
    /// The smallest, then ascending: the flow of −A.
    Smallest,
}

/// Eigenpairs of a symmetric matrix by the flow of Yi, Fu and Tang (2004), one after another.
///
/// The start given leads to the first pair; later ones start from random vectors of the same length in
/// the complement of what was found. From almost every start the pairs come in the order of
/// [`End`]; from a start with no share in an eigenspace that space comes later.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::differential::eigenvector_ode::{EigenvectorOde, Method};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(2, 2, vec![2.0, 1.0, 1.0, 2.0])?;
/// // By a network; Method::RungeKutta { .. } and others are called alike.
/// let found = EigenvectorOde::default().solve(&a, &[1.0, 0.3], Seed(0))?;
/// assert!((found.pairs[0].value - 3.0_f64).abs() < 1e-10 && (found.pairs[1].value - 1.0).abs() < 1e-10);
/// let path = &found.pairs[0].trajectory;
/// assert!(path.max_error(50)? < 1e-5); // ‖x̃(t) − x(t)‖ / |x₀| against the closed form
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EigenvectorOde {
    /// How the flow is followed (default networks).
    pub method: Method,
    /// How eigenvectors that were found are kept out (default [`Deflation::Complement`]).
    pub deflation: Deflation,
    /// Which eigenvalues come first (default the largest).
    pub end: End,
    /// How many pairs (default all).
    pub pairs: Option<usize>,
}

/// An eigenpair and the path to it.
#[derive(Debug, Clone)]
pub struct Pair<T> {
    /// λ = vᵀAv.
    pub value: T,
    /// v `[n]`, of length 1.
    pub vector: Vec<T>,
    /// ‖A v − λ v‖.
    pub residual: T,
    /// The path x̃(t) that led there.
    pub trajectory: Trajectory<T>,
    /// Steps of Euler or Runge–Kutta, or iterations of training.
    pub steps: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// What [`EigenvectorOde`] found.
#[derive(Debug, Clone)]
pub struct Spectrum<T> {
    /// In the order in which they were found; fewer than asked for if the observer ended it, the last
    /// one then unfinished.
    pub pairs: Vec<Pair<T>>,
}

/// What [`EigenvectorOde::resume`] goes on from: the marches of networks. Other methods have nothing to remember.
#[derive(Debug, Clone, Default)]
pub struct FlowState<T> {
    marches: Vec<Marched<T>>,
}

impl<T: Scalar> FlowState<T> {
    /// Reads what [`FlowProgress::save`] wrote.
    ///
    /// # Errors
    /// As [`Marched::load`].
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let count = container.number::<u64>(&format!("{prefix}/marches"))?;
        let marches = (0..count).map(|i| Marched::load(container, &format!("{prefix}/{i}")));
        Ok(FlowState { marches: marches.collect::<Result<_>>()? })
    }
}

/// What an observer of [`EigenvectorOde`] sees.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FlowProgress<'a, T> {
    /// Pairs found before.
    pub pair: usize,
    /// Pairs asked for.
    pub pairs: usize,
    /// Windows, or steps, of this pair so far.
    pub steps: usize,
    /// The time of the flow.
    pub time: f64,
    /// ‖A x − ρ x‖ / ‖x‖.
    pub residual: f64,
    finished: &'a [Marched<T>],
    march: Option<&'a Marched<T>>,
}

impl<T: Scalar> FlowProgress<'_, T> {
    /// Writes the [`FlowState`] as it is, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// `InvalidArgument` if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        for (i, march) in self.finished.iter().chain(self.march).enumerate() {
            march.save(container, &format!("{prefix}/{i}"))?;
        }
        let count = self.finished.len() + usize::from(self.march.is_some());
        container.insert_number(format!("{prefix}/marches"), count as u64)
    }
}

impl EigenvectorOde {
    /// The eigenpairs of `matrix` `[n, n]`, the first from `start` `[n]`.
    ///
    /// # Errors
    /// Those of [`EigenvectorFlow::new`] and [`EigenvectorFlow::check_start`]; `InvalidArgument` for settings outside
    /// their ranges and steps of Euler too long to be stable; `NoConvergence` if a network's windows cannot be trained or
    /// are used up.
    #[inline(never)]
    pub fn solve<T: Scalar>(&self, matrix: &Matrix<T>, start: &[T], seed: Seed) -> Result<Spectrum<T>> {
        self.resume(matrix, start, seed, &mut FlowState::default(), |_| ControlFlow::Continue(()))
    }

    /// As [`solve`](Self::solve), from a state that is [new](FlowState::default) or [loaded](FlowState::load): what follows
    /// is as in the search that saved it, bit for bit. `observer`, called now and then, may end the search.
    ///
    /// # Errors
    /// As [`solve`](Self::solve), and `InvalidArgument` for the state of another search, where it shows.
    pub fn resume<T: Scalar>(
        &self,
        matrix: &Matrix<T>,
        start: &[T],
        seed: Seed,
        state: &mut FlowState<T>,
        mut observer: impl FnMut(&FlowProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Spectrum<T>> {
        let original = EigenvectorFlow::new(matrix)?;
        original.check_start(start)?;
        let (n, length) = (original.order(), norm(start));
        let pairs = self.pairs.unwrap_or(n);
        checks::within("pairs of EigenvectorOde", pairs, 1..=n)?;
        self.check()?;
        let flow = if self.end == End::Largest { original.clone() } else { original.reversed() };
        let mut vectors: Vec<Vec<T>> = Vec::with_capacity(pairs);
        let mut found: Vec<Pair<T>> = Vec::with_capacity(pairs);
        for pair in 0..pairs {
            let own = seed.numbered(pair as u64);
            let problem = Deflated::new(&flow, self.deflation, &vectors)?;
            let x0 = if pair == 0 { start.to_vec() } else { random_start(own, n, length, &vectors) };
            let y0 = problem.restrict(&x0)?;
            let complement = Deflated::new(&flow, Deflation::Complement, &vectors)?;
            let exact = complement.flow.closed_form(&complement.restrict(&x0)?)?;
            let march = (pair < state.marches.len()).then(|| state.marches.remove(pair));
            let finished = &state.marches[..];
            let keep_out = |x: &mut [T]| {
                if self.deflation == Deflation::Projection {
                    project(x, &vectors);
                }
            };
            let mut watch = |steps, time, residual, march: Option<&Marched<T>>| {
                let [time, residual] = [time, residual].map(Scalar::to_f64);
                observer(&FlowProgress { pair, pairs, steps, time, residual, finished, march })
            };
            let course = Course { flow: &problem.flow, start: &y0, project: &keep_out, watch: &mut watch };
            let arrival = self.follow(course, own, march)?;
            if let Path::March(march) = &arrival.path {
                state.marches.insert(pair, march.clone());
            }
            let mut vector = problem.lift(&arrival.end)?;
            project(&mut vector, &vectors);
            if !rescale(&mut vector, T::one()) {
                // Nothing but what was known: the direction is lost, and the residual will tell.
                vector = random_start(own.child("lost"), n, T::one(), &vectors);
            }
            let (value, residual) = (original.rayleigh_quotient(&vector), original.residual(&vector));
            let Arrival { path, time, steps, stop, .. } = arrival;
            let trajectory = Trajectory { problem, path, complement, exact, duration: time };
            vectors.push(vector.clone());
            found.push(Pair { value, vector, residual, trajectory, steps, stop });
            if stop == Stop::Observer {
                break;
            }
        }
        Ok(Spectrum { pairs: found })
    }

    fn check(&self) -> Result<()> {
        match self.method {
            Method::Network { tolerance, .. } => checks::positive("tolerance of a network", tolerance),
            Method::ForwardEuler { time, .. } | Method::RungeKutta { time, .. } | Method::ClosedForm { time } => {
                checks::positive("final time of EigenvectorOde", time)
            }
        }
    }

    fn follow<T: Scalar>(
        &self,
        course: Course<'_, '_, T>,
        seed: Seed,
        march: Option<Marched<T>>,
    ) -> Result<Arrival<T>> {
        match &self.method {
            Method::Network { marching, tolerance } => course.windows((marching, *tolerance), seed, march),
            &Method::ForwardEuler { steps, time } => course.forward_euler(steps, time),
            &Method::RungeKutta { rtol, atol, tolerance, time } => course.dormand_prince(rtol, atol, tolerance, time),
            &Method::ClosedForm { time } => {
                let (time, form) = (T::of(time), course.flow.closed_form(course.start)?);
                Ok(Arrival { end: form.at(time)?, path: Path::Exact(form), time, steps: 0, stop: Stop::TimeReached })
            }
        }
    }
}

/// A random vector of that length, orthogonal to unit vectors. There is always one: fewer than n were found.
fn random_start<T: Scalar>(seed: Seed, n: usize, length: T, found: &[Vec<T>]) -> Vec<T> {
    let mut stream = seed.stream("start");
    loop {
        let mut x: Vec<T> = (0..n).map(|_| stream.normal()).collect();
        let before = norm(&x);
        project(&mut x, found);
        // What is left of a vector almost inside what was found is rounding.
        if norm(&x) > T::EPSILON.sqrt() * before && rescale(&mut x, length) {
            return x;
        }
    }
}
