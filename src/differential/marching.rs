//! Initial-value problems by small networks on one window of time after another.

mod marched;
#[cfg(test)]
mod tests;
mod window;

use std::ops::{ControlFlow, Range};

use super::checks;
use crate::autodiff::{Graph, Var};
use crate::kernels::reduce::max_abs;
use crate::optim::{LevenbergMarquardt, Residuals};
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
    /// The root mean square residual y′ − f, times the window's length and over twice the largest |y| in it, or 1 + max |y₀|
    /// if that is less, that ends a window's training (default 1e-9). Where y is below `acceptance` times the largest |y| so
    /// far, or times 1 for a start from zero, that takes its place.
    pub accuracy: f64,
    /// The same, on the nodes or between them, above which the window is halved (default 1e-7).
    pub acceptance: f64,
    /// The most windows (default 10 000).
    pub max_windows: usize,
    /// How a window is trained (default μ₀ = 1e-2, ×¼ or ×4, 60 iterations).
    pub optimizer: LevenbergMarquardt,
}

impl Default for Marching {
    fn default() -> Self {
        let lm = LevenbergMarquardt::default();
        let optimizer = LevenbergMarquardt { damping: 1e-2, increase: 4.0, decrease: 0.25, max_iterations: 60, ..lm };
        Marching {
            hidden: 20,
            nodes: 30,
            window: None,
            accuracy: 1e-9,
            acceptance: 1e-7,
            max_windows: 10_000,
            optimizer,
        }
    }
}

/// Places of a window, beside its start, where the size of y is looked at.
const SIZED: u32 = 8;

fn stuck<T: Scalar>(window: &MarchedWindow<T>, done: usize) -> Error {
    let MarchedWindow { start, residual, between, .. } = *window;
    let length = Scalar::to_f64(window.length);
    let reason = format!(
        "the window of length {length:.1e} at t = {start} has a residual of {residual:.1e} on its nodes and {between:.1e} between them; raise `acceptance`, `hidden` \
         or `max_windows`, or look for a singularity there"
    );
    Error::NoConvergence { method: "Marching", iterations: done, reason }
}

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
            let reason = format!("{times:?} does not run forward; the end has to lie after the start");
            return Err(Error::invalid("times of Marching", reason));
        }
        if start.is_empty() {
            return Err(Error::invalid("start of Marching", "it is empty; give the state at the first time"));
        }
        Error::check_finite("start of Marching", start)?;
        let length = self.check(&times)?;
        Ok(Marched::new(times, start.to_vec(), length, seed))
    }

    /// Goes on from `march` to its last time, or until `observer`, called after each window, ends it. `march` may come
    /// from [`Marched::load`]; the windows that follow repeat those of the march that was saved, bit for bit.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use eigennet::{Seed, container::Container, differential::{Marched, Marching}};
    /// let (marching, mut file) = (Marching::default(), Container::new());
    /// let mut march = marching.start(0.0..3.0, &[1.0f64], Seed(0))?;
    /// marching.resume(&mut march, |_, _, y| -y, |_| ControlFlow::Break(()))?; // one window
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
        let mut network = WindowNetwork::record(march.state.len(), self.hidden, self.nodes, f)?;
        self.march(&mut network, march, &mut |march| observer(march))
    }

    /// As [`resume`](Self::resume), with a recorded network and an observer that may change the state.
    pub(super) fn march<T: Scalar>(
        &self,
        network: &mut WindowNetwork<T>,
        march: &mut Marched<T>,
        observer: &mut dyn FnMut(&mut Marched<T>) -> ControlFlow<()>,
    ) -> Result<()> {
        let first = self.check(&march.times)?;
        // Easy neighbours start from one another; what led nowhere is forgotten.
        let mut theta = march.windows.last().map_or_else(|| network.initial(march.seed), |w| w.parameters.clone());
        if theta.len() != Residuals::parameter_count(&network.system) {
            return Err(Error::invalid("march given to Marching", "its networks have other `hidden`; give the same"));
        }
        while march.time < march.times.end {
            // A sliver at the end would only be rounding.
            let last = march.time + 1.01 * march.length >= march.times.end;
            let step = if last { march.times.end - march.time } else { march.length };
            let window = self.train(network, march, step, &mut theta)?;
            let accepted = window.residual.max(window.between) <= self.acceptance.max(64.0 * T::EPSILON.to_f64());
            if !accepted {
                march.rejected += 1;
                march.length = 0.5 * step;
                theta = network.initial(march.seed.numbered(march.rejected as u64));
            }
            let attempts = march.windows.len() + if accepted { 0 } else { march.rejected };
            if attempts >= self.max_windows || march.length < 1e-11 * first {
                return Err(stuck(&window, march.windows.len()));
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
    fn check(&self, times: &Range<f64>) -> Result<f64> {
        let window = self.window.unwrap_or(0.1 * (times.end - times.start));
        for (name, value) in [("window", window), ("accuracy", self.accuracy), ("acceptance", self.acceptance)] {
            checks::positive(format!("{name} of Marching"), value)?;
        }
        if self.hidden == 0 || self.nodes == 0 || self.max_windows == 0 {
            return Err(Error::invalid("Marching", "`hidden`, `nodes` and `max_windows` have to be at least 1"));
        }
        Ok(window)
    }

    fn train<T: Scalar>(
        &self,
        network: &mut WindowNetwork<T>,
        march: &Marched<T>,
        step: f64,
        theta: &mut [T],
    ) -> Result<MarchedWindow<T>> {
        let (start, length) = (T::of(march.time), T::of(step));
        network.system.set(window::START, &march.state)?.set(window::WINDOW, &[start, length])?;
        let least = self.acceptance * march.largest();
        let first = Scalar::to_f64(max_abs(&march.state));
        let size = |theta: &[T]| {
            let along = (1..=SIZED).map(|k| window::value(&march.state, theta, T::of(f64::from(k) / f64::from(SIZED))));
            let largest = along.fold(least.max(first), |m, y| m.max(Scalar::to_f64(max_abs(&y))));
            (2.0 * largest).min(1.0 + first)
        };
        // No better than rounding allows.
        let accuracy = self.accuracy.max(16.0 * T::EPSILON.to_f64());
        let outcome = self.optimizer.minimize_observed(&mut network.system, theta, |progress| {
            let reached = progress.value.sqrt() <= accuracy * size(progress.parameters);
            if reached { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let size = size(theta);
        let (residual, iterations) = (outcome.value.sqrt() / size, outcome.iterations);
        let between = outcome.held_out.map_or(residual, |held_out| held_out.elsewhere / size);
        let (initial, parameters) = (march.state.clone(), theta.to_vec());
        Ok(MarchedWindow { start, length, residual, between, iterations, initial, parameters })
    }
}
