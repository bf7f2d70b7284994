//! Eigenpairs one after another.

use std::ops::ControlFlow;

use super::deflation::{Deflated, Deflation, project, rescale};
use super::flow::EigenvectorFlow;
use super::integrate::{dormand_prince, forward_euler};
use super::marching::{Arrival, MarchingNetwork, Networks, Watch};
use super::trajectory::{Path, Stop, Trajectory};
use crate::kernels::reduce::norm;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar, Seed};

/// How the flow is followed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// A network on marching windows.
    Network(MarchingNetwork),
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
        Method::Network(MarchingNetwork::default())
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
    /// How the flow is followed (default a [`MarchingNetwork`]).
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

/// What an observer of [`EigenvectorOde`] sees.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FlowProgress {
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
}

impl EigenvectorOde {
    /// The eigenpairs of `matrix` `[n, n]`, the first from `start` `[n]`.
    ///
    /// # Errors
    /// Those of [`EigenvectorFlow::new`] and [`EigenvectorFlow::check_start`];
    /// [`Error::InvalidArgument`] for settings outside their ranges, such as a final time ≤ 0 or more
    /// pairs than n; [`Error::NonFinite`] if Euler's steps are too long to be stable;
    /// [`Error::NoConvergence`] if a network's window cannot be trained.
    pub fn solve<T: Scalar>(&self, matrix: &Matrix<T>, start: &[T], seed: Seed) -> Result<Spectrum<T>> {
        self.solve_observed(matrix, start, seed, |_| ControlFlow::Continue(()))
    }

    /// As [`solve`](Self::solve), calling `observer` after every window or every so many steps; it may
    /// end the search.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn solve_observed<T: Scalar>(
        &self,
        matrix: &Matrix<T>,
        start: &[T],
        seed: Seed,
        mut observer: impl FnMut(&FlowProgress) -> ControlFlow<()>,
    ) -> Result<Spectrum<T>> {
        let original = EigenvectorFlow::new(matrix)?;
        original.check_start(start)?;
        let (n, length) = (original.order(), norm(start));
        let count = self.pairs.unwrap_or(n);
        if count == 0 || count > n {
            return Err(Error::invalid(
                "pairs of EigenvectorOde",
                format!("{count}; a matrix of order {n} has 1 to {n}"),
            ));
        }
        self.check()?;
        let flow = if self.end == End::Largest { original.clone() } else { original.reversed() };
        let mut found: Vec<Vec<T>> = Vec::with_capacity(count);
        let mut pairs: Vec<Pair<T>> = Vec::with_capacity(count);
        let mut networks = Networks::default();
        for pair in 0..count {
            let own = seed.numbered(pair as u64);
            networks.seed = own;
            let problem = Deflated::new(&flow, self.deflation, &found)?;
            let x0 = if pair == 0 { start.to_vec() } else { random_start(own, n, length, &found) };
            let y0 = problem.restrict(&x0)?;
            let complement = Deflated::new(&flow, Deflation::Complement, &found)?;
            let exact = complement.flow.closed_form(&complement.restrict(&x0)?)?;
            let projects = self.deflation == Deflation::Projection;
            let arrival = self.follow(
                &problem.flow,
                &y0,
                &mut networks,
                &|x| {
                    if projects {
                        project(x, &found);
                    }
                },
                &mut |steps, time, residual| {
                    let [time, residual] = [time, residual].map(Scalar::to_f64);
                    observer(&FlowProgress { pair, pairs: count, steps, time, residual })
                },
            )?;
            let mut vector = problem.lift(&arrival.end)?;
            project(&mut vector, &found);
            if !rescale(&mut vector, T::one()) {
                // Nothing but what was known: the direction is lost, and the residual will tell.
                vector = random_start(own.child("lost"), n, T::one(), &found);
            }
            let (value, residual) = (original.rayleigh_quotient(&vector), original.residual(&vector));
            let Arrival { path, time, steps, stop, .. } = arrival;
            let trajectory = Trajectory { problem, path, complement, exact, duration: time };
            found.push(vector.clone());
            pairs.push(Pair { value, vector, residual, trajectory, steps, stop });
            if stop == Stop::Observer {
                break;
            }
        }
        Ok(Spectrum { pairs })
    }

    fn check(&self) -> Result<()> {
        let time = match &self.method {
            Method::Network(network) => return network.check(),
            Method::ForwardEuler { time, .. } | Method::RungeKutta { time, .. } | Method::ClosedForm { time } => *time,
        };
        if time > 0.0 && time.is_finite() {
            return Ok(());
        }
        Err(Error::invalid("final time of EigenvectorOde", format!("{time}; it has to be positive and finite")))
    }

    fn follow<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        start: &[T],
        networks: &mut Networks<T>,
        project: &dyn Fn(&mut [T]),
        watch: &mut Watch<'_, T>,
    ) -> Result<Arrival<T>> {
        match &self.method {
            Method::Network(network) => network.march(flow, start, networks, project, watch),
            &Method::ForwardEuler { steps, time } => forward_euler(flow, start, steps, time, project, watch),
            &Method::RungeKutta { rtol, atol, tolerance, time } => {
                dormand_prince(flow, start, [rtol, atol, tolerance, time], project, watch)
            }
            &Method::ClosedForm { time } => {
                let (time, form) = (T::of(time), flow.closed_form(start)?);
                Ok(Arrival { end: form.at(time)?, path: Path::Exact(form), time, steps: 0, stop: Stop::TimeReached })
            }
        }
    }
}

/// A random vector of that length, orthogonal to unit vectors. There is always one: fewer than
/// n were found.
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
