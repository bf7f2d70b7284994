//! Initial-value problems by small networks on one window of time after another.

mod marched;
#[cfg(test)]
mod tests;
mod window;

use std::ops::{ControlFlow, Range};

use crate::autodiff::{Graph, Var};
use crate::kernels::reduce::max_abs;
use crate::optim::LevenbergMarquardt;
use crate::{Error, Result, Scalar, Seed};
pub use marched::{Marched, MarchedWindow};
pub(super) use window::WindowNetwork;

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
        let mut march = self.start(times, start, seed)?;
        self.resume(&mut march, f, |_| ControlFlow::Continue(()))?;
        Ok(march)
    }

    /// The march before its first window, for [`resume`](Self::resume).
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn start<T: Scalar>(&self, times: Range<f64>, start: &[T], seed: Seed) -> Result<Marched<T>> {
        if !(times.end > times.start && times.start.is_finite()) {
            return Err(Error::invalid(
                "times of Marching",
                format!("{}..{} does not run forward; the end has to lie after the start", times.start, times.end),
            ));
        }
        if start.is_empty() {
            return Err(Error::invalid("start of Marching", "it is empty; give the state at the first time"));
        }
        Error::check_finite("start of Marching", start)?;
        let length = self.first_window(&times);
        self.check(length)?;
        Ok(Marched::new(times, start.to_vec(), length, seed))
    }

    /// Goes on from `march` to its last time, or until `observer`, called after each window, ends it.
    /// `march` may come from [`Marched::load`]; the windows that follow repeat those of the march that
    /// was saved, bit for bit.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use eigennet::{Seed, container::Container, differential::{Marched, Marching}};
    /// let marching = Marching::default();
    /// let mut march = marching.start(0.0..3.0, &[1.0f64], Seed(0))?;
    /// let mut file = Container::new();
    /// marching.resume(&mut march, |_, _, y| -y, |march| {
    ///     if march.windows().len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// march.save(&mut file, "march")?;
    /// let mut march = Marched::<f64>::load(&file, "march")?;
    /// marching.resume(&mut march, |_, _, y| -y, |_| ControlFlow::Continue(()))?;
    /// assert!((march.at(3.0)?[0] - (-3f64).exp()).abs() < 1e-6);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`solve`](Self::solve), and [`Error::InvalidArgument`] for a march with other `hidden`; `march`
    /// then holds the windows that were done.
    #[track_caller]
    pub fn resume<T, F>(
        &self,
        march: &mut Marched<T>,
        f: F,
        mut observer: impl FnMut(&Marched<T>) -> ControlFlow<()>,
    ) -> Result<()>
    where
        T: Scalar,
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        let mut network = self.record(march.state.len(), f)?;
        self.march(&mut network, march, &mut |march| observer(march))
    }

    /// As [`resume`](Self::resume), with a recorded network and an observer that may change the state.
    pub(super) fn march<T: Scalar>(
        &self,
        network: &mut WindowNetwork<T>,
        march: &mut Marched<T>,
        observer: &mut dyn FnMut(&mut Marched<T>) -> ControlFlow<()>,
    ) -> Result<()> {
        let first = self.first_window(&march.times);
        self.check(first)?;
        // Easy neighbours start from one another; what led nowhere is forgotten.
        let mut theta = march.windows.last().map_or_else(|| network.initial(march.seed), |w| w.parameters.clone());
        if theta.len() != network.parameter_count() {
            return Err(Error::invalid("march given to Marching", "its networks have other `hidden`; give the same"));
        }
        while march.time < march.times.end {
            // A sliver at the end would only be rounding.
            let last = march.time + 1.01 * march.length >= march.times.end;
            let step = if last { march.times.end - march.time } else { march.length };
            let window = self.train(network, march, step, &mut theta)?;
            let accepted = window.residual <= self.acceptance.max(64.0 * T::EPSILON.to_f64());
            if !accepted {
                march.rejected += 1;
                march.length = 0.5 * step;
                theta = network.initial(march.seed.numbered(march.rejected as u64));
            }
            let attempts = march.windows.len() + if accepted { 0 } else { march.rejected };
            if attempts >= self.max_windows || march.length < 1e-11 * first {
                return Err(self.stuck(&window, march.windows.len()));
            }
            if !accepted {
                continue;
            }
            if 2 * window.iterations <= self.optimizer.max_iterations {
                march.length = step * if 4 * window.iterations <= self.optimizer.max_iterations { 2.0 } else { 1.2 };
            }
            march.time = if last { march.times.end } else { march.time + step };
            march.state = window.at(T::one());
            march.windows.push(window);
            if observer(march).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The length of the first window.
    fn first_window(&self, times: &Range<f64>) -> f64 {
        self.window.unwrap_or(0.1 * (times.end - times.start))
    }

    fn check(&self, window: f64) -> Result<()> {
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
    pub(super) fn record<T, F>(&self, n: usize, f: F) -> Result<WindowNetwork<T>>
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
        march: &Marched<T>,
        step: f64,
        theta: &mut [T],
    ) -> Result<MarchedWindow<T>> {
        let (start, length) = (T::of(march.time), T::of(step));
        network.start_in(&march.state)?.system.set(WINDOW, &[start, length])?;
        let size = 1.0 + Scalar::to_f64(max_abs(&march.state));
        // No better than rounding allows.
        let target = (self.accuracy.max(16.0 * T::EPSILON.to_f64()) * size).powi(2);
        let outcome = self.optimizer.minimize_observed(&mut network.system, theta, |progress| {
            if progress.value <= target { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(MarchedWindow {
            start,
            length,
            residual: outcome.value.sqrt() / size,
            iterations: outcome.iterations,
            initial: march.state.clone(),
            parameters: theta.to_vec(),
        })
    }
}
