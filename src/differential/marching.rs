//! Initial-value problems by small networks on one window of time after another.

use std::ops::{ControlFlow, Range};

use super::window_network::{self, WindowNetwork};
use crate::autodiff::{Graph, Var};
use crate::kernels::reduce::max_abs;
use crate::optim::LevenbergMarquardt;
use crate::{Error, Result, Scalar, Seed};

/// Solves y′ = f(t, y), y(t₀) = y₀ by a network with one hidden layer on each of many windows of time:
/// y = y₀ + ξ N(2ξ − 1) with ξ ∈ [0, 1] across the window (Lagaris, Likas and Fotiadis, 1998), trained
/// by Levenberg–Marquardt. Where the training falls short the window is halved, where it is easy the
/// next one is twice as long: stiff passages get short windows by themselves.
///
/// ```
/// use eigennet::{Seed, autodiff::Var, differential::Marching};
/// // A pendulum: y = (angle, velocity).
/// let pendulum = Marching::default().solve(0.0..10.0, &[1.0f64, 0.0], Seed(0), |_, _, y| {
///     let (angle, velocity) = (y.columns(0..1), y.columns(1..2));
///     Var::concat(&[velocity, -angle.sin()])
/// })?;
/// let end = pendulum.at(10.0)?;
/// let energy = 0.5 * end[1] * end[1] - end[0].cos();
/// assert!((energy + 1f64.cos()).abs() < 1e-6, "{energy}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Marching {
    /// Neurons, with tanh (default 20).
    pub hidden: usize,
    /// Gauss–Legendre nodes a window (default 30).
    pub nodes: usize,
    /// Length of the first window; `None` takes a tenth of the interval.
    pub window: Option<f64>,
    /// The root mean square residual y′ − f, times the window's length and over 1 + max |y₀|, that ends
    /// a window's training (default 1e-9).
    pub accuracy: f64,
    /// The same, above which the window is halved (default 1e-7).
    pub acceptance: f64,
    /// The most windows (default 10 000).
    pub max_windows: usize,
    /// How a window is trained (default μ₀ = 1e-2, ×¼ or ×4, 60 iterations).
    pub optimizer: LevenbergMarquardt,
}

impl Default for Marching {
    fn default() -> Self {
        Marching {
            hidden: 20,
            nodes: 30,
            window: None,
            accuracy: 1e-9,
            acceptance: 1e-7,
            max_windows: 10_000,
            optimizer: LevenbergMarquardt {
                damping: 1e-2,
                increase: 4.0,
                decrease: 0.25,
                max_iterations: 60,
                ..LevenbergMarquardt::default()
            },
        }
    }
}

/// The windows of a solved initial-value problem.
#[derive(Debug, Clone)]
pub struct Marched<T> {
    windows: Vec<MarchedWindow<T>>,
    end: T,
    rejected: usize,
}

/// One trained window.
#[derive(Debug, Clone)]
pub struct MarchedWindow<T> {
    /// When it starts.
    pub start: T,
    /// How long it lasts.
    pub length: T,
    /// The residual that its training reached, in the unit of [`Marching::accuracy`].
    pub residual: f64,
    /// Levenberg–Marquardt iterations made.
    pub iterations: usize,
    initial: Vec<T>,
    parameters: Vec<T>,
}

const WINDOW: &str = "window";

impl Marching {
    /// Solves from `times.start` to `times.end`. `f` records the right-hand side: it is given the time
    /// `[points, 1]` and the state `[points, n]` and returns y′ `[points, n]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for times that do not run forward and settings outside their ranges,
    /// [`Error::Shape`] if `f` does not return as many columns as there are states,
    /// [`Error::NonFinite`] for a start or a right-hand side that is not finite,
    /// [`Error::NoConvergence`] where windows shrink to nothing: a singularity, or too few neurons.
    #[track_caller]
    pub fn solve<T, F>(&self, times: Range<f64>, start: &[T], seed: Seed, f: F) -> Result<Marched<T>>
    where
        T: Scalar,
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        self.solve_observed(times, start, seed, f, |_| ControlFlow::Continue(()))
    }

    /// As [`solve`](Self::solve), calling `observer` after each window; it may end the march.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    #[track_caller]
    pub fn solve_observed<T, F>(
        &self,
        times: Range<f64>,
        start: &[T],
        seed: Seed,
        f: F,
        mut observer: impl FnMut(&MarchedWindow<T>) -> ControlFlow<()>,
    ) -> Result<Marched<T>>
    where
        T: Scalar,
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        self.check(&times, start)?;
        let mut network = self.record(start.len(), f)?;
        let (mut t, mut state) = (times.start, start.to_vec());
        let mut length = self.window.unwrap_or(0.1 * (times.end - times.start));
        let shortest = 1e-12 * (times.end - times.start);
        let mut theta = network.initial(seed);
        let (mut windows, mut rejected) = (Vec::new(), 0);
        while t < times.end {
            // A sliver at the end would only be rounding.
            let last = t + 1.01 * length >= times.end;
            let step = if last { times.end - t } else { length };
            let size = 1.0 + Scalar::to_f64(max_abs(&state));
            let window = self.train(&mut network, [t, step], &state, size, &mut theta)?;
            if window.residual > self.acceptance.max(64.0 * T::EPSILON.to_f64()) {
                rejected += 1;
                length = 0.5 * step;
                if length < shortest || windows.len() + rejected > self.max_windows {
                    return Err(self.stuck(&window, windows.len()));
                }
                theta = network.initial(seed.numbered(rejected as u64));
                continue;
            }
            if windows.len() >= self.max_windows {
                return Err(self.stuck(&window, windows.len()));
            }
            if 2 * window.iterations <= self.optimizer.max_iterations {
                length = step * if 4 * window.iterations <= self.optimizer.max_iterations { 2.0 } else { 1.2 };
            }
            t = if last { times.end } else { t + step };
            state = window.at(T::one());
            let stop = observer(&window).is_break();
            windows.push(window);
            if stop {
                break;
            }
        }
        Ok(Marched { windows, end: T::of(t), rejected })
    }

    fn check<T: Scalar>(&self, times: &Range<f64>, start: &[T]) -> Result<()> {
        let duration = times.end - times.start;
        if !(duration > 0.0 && duration.is_finite()) {
            return Err(Error::invalid(
                "times of Marching",
                format!("{}..{} does not run forward; the end has to lie after the start", times.start, times.end),
            ));
        }
        if start.is_empty() {
            return Err(Error::invalid("start of Marching", "it is empty; give the state at the first time"));
        }
        Error::check_finite("start of Marching", start)?;
        let window = self.window.unwrap_or(1.0);
        for (name, value) in [("window", window), ("accuracy", self.accuracy), ("acceptance", self.acceptance)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::invalid(
                    format!("{name} of Marching"),
                    format!("it has to be positive and finite, not {value}"),
                ));
            }
        }
        if self.hidden == 0 || self.nodes == 0 || self.max_windows == 0 {
            return Err(Error::invalid("Marching", "`hidden`, `nodes` and `max_windows` have to be at least 1"));
        }
        Ok(())
    }

    fn stuck<T: Scalar>(&self, window: &MarchedWindow<T>, done: usize) -> Error {
        Error::NoConvergence {
            method: "Marching",
            iterations: done,
            reason: format!(
                "the window of length {:.1e} at t = {} has a residual of {:.1e}; raise `acceptance`, `hidden` or \
                 `max_windows`, or look for a singularity there",
                Scalar::to_f64(window.length),
                window.start,
                window.residual
            ),
        }
    }

    #[track_caller]
    fn record<T, F>(&self, n: usize, f: F) -> Result<WindowNetwork<T>>
    where
        T: Scalar,
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        WindowNetwork::record(n, self.hidden, self.nodes, |g, xi, y| {
            let window = g.fixed_input(WINDOW, [1, 2]);
            let (start, length) = (window.columns(0..1), window.columns(1..2));
            let rate = f(g, start + length * xi, y);
            if ![0, n].contains(&rate.width()) {
                let reason = format!("it returned {} columns for {n} states", rate.width());
                return g.refuse("right-hand side of Marching", &reason);
            }
            y.d(xi) - length * rate
        })
    }

    fn train<T: Scalar>(
        &self,
        network: &mut WindowNetwork<T>,
        [t, step]: [f64; 2],
        state: &[T],
        size: f64,
        theta: &mut [T],
    ) -> Result<MarchedWindow<T>> {
        network.start_in(state)?.system.set(WINDOW, &[T::of(t), T::of(step)])?;
        // No better than rounding allows.
        let target = (self.accuracy.max(16.0 * T::EPSILON.to_f64()) * size).powi(2);
        let outcome = self.optimizer.minimize_observed(&mut network.system, theta, |progress| {
            if progress.value <= target { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(MarchedWindow {
            start: T::of(t),
            length: T::of(step),
            residual: outcome.value.sqrt() / size,
            iterations: outcome.iterations,
            initial: state.to_vec(),
            parameters: theta.to_vec(),
        })
    }
}

impl<T: Scalar> MarchedWindow<T> {
    /// y `[n]` at ξ ∈ [0, 1] of the window.
    fn at(&self, xi: T) -> Vec<T> {
        window_network::value(&self.initial, &self.parameters, xi)
    }
}

impl<T: Scalar> Marched<T> {
    /// y(t) `[n]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] outside the times that were solved for.
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        let window = self.windows.iter().rev().find(|w| w.start <= t);
        match window {
            Some(window) if t <= self.end => Ok(window.at(((t - window.start) / window.length).min(T::one()))),
            _ => {
                let start = self.windows.first().map_or(T::zero(), |w| w.start);
                Err(Error::invalid("t of Marched::at", format!("{t} lies outside {start}..={}", self.end)))
            }
        }
    }

    /// The trained windows, in order.
    pub fn windows(&self) -> &[MarchedWindow<T>] {
        &self.windows
    }

    /// Windows that were halved because their training fell short.
    pub fn rejected(&self) -> usize {
        self.rejected
    }
}
