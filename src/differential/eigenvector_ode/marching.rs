//! The network on marching windows.

use std::ops::ControlFlow;

use super::flow::EigenvectorFlow;
use super::trajectory::{Path, Stop};
use super::window::{self, Window};
use crate::differential::window_network::WindowNetwork;
use crate::kernels::reduce::norm;
use crate::optim::LevenbergMarquardt;
use crate::{Error, Result, Scalar, Seed};

/// Follows the flow by a small network on one window of time after another, each trained by
/// Levenberg–Marquardt from where the one before ended, until the end of a window is an eigenvector.
///
/// A network with one hidden layer follows the flow well over a bounded time, not over an unbounded
/// one: windows make the time as long as it has to be.
#[derive(Debug, Clone, PartialEq)]
pub struct MarchingNetwork {
    /// Neurons, with tanh (default 20).
    pub hidden: usize,
    /// Gauss–Legendre nodes a window (default 30).
    pub nodes: usize,
    /// The longest window, in units of 1/(|x₀|² ‖A‖_F), in which no matrix and no start is special
    /// (default 18).
    pub window: f64,
    /// The root mean square residual that ends a window's training, in units of |x₀| a window, or a
    /// hundredth of what the constant leaves, if that is less (default 1e-6).
    pub accuracy: f64,
    /// The same, above which the window is halved and tried again (default 1e-4); later windows are
    /// longer again.
    pub acceptance: f64,
    /// Ends when ‖A x − ρ x‖ / ‖x‖ is at most this times ‖A‖_F (default 1e-7).
    pub tolerance: f64,
    /// The most windows a pair (default 500).
    pub max_windows: usize,
    /// The most halvings of a window (default 10).
    pub max_halvings: usize,
    /// How a window is trained (default μ₀ = 1e-2, ×¼ or ×4, 60 iterations).
    pub optimizer: LevenbergMarquardt,
}

impl Default for MarchingNetwork {
    fn default() -> Self {
        MarchingNetwork {
            hidden: 20,
            nodes: 30,
            window: 18.0,
            accuracy: 1e-6,
            acceptance: 1e-4,
            tolerance: 1e-7,
            max_windows: 500,
            max_halvings: 10,
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

/// What a marching network looks like from outside while it runs: windows done, time, residual.
pub(super) type Watch<'a, T> = dyn FnMut(usize, T, T) -> ControlFlow<()> + 'a;

/// Where an integration ended.
pub(super) struct Arrival<T> {
    pub path: Path<T>,
    pub end: Vec<T>,
    pub time: T,
    pub steps: usize,
    pub stop: Stop,
}

/// Networks of windows, one for each number of components, recorded and compiled once; and the seed
/// that they start from.
#[derive(Debug)]
pub(super) struct Networks<T> {
    pub seed: Seed,
    networks: Vec<WindowNetwork<T>>,
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Networks { seed: Seed::default(), networks: Vec::new() }
    }
}

impl<T: Scalar> Networks<T> {
    fn of(&mut self, components: usize, settings: &MarchingNetwork) -> Result<&mut WindowNetwork<T>> {
        let place = match self.networks.iter().position(|n| n.components() == components) {
            Some(place) => place,
            None => {
                self.networks.push(window::record(components, settings.hidden, settings.nodes)?);
                self.networks.len() - 1
            }
        };
        Ok(&mut self.networks[place])
    }
}

impl MarchingNetwork {
    pub(super) fn check(&self) -> Result<()> {
        let positive = [
            ("window", self.window),
            ("accuracy", self.accuracy),
            ("acceptance", self.acceptance),
            ("tolerance", self.tolerance),
        ];
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::invalid(
                    format!("{name} of MarchingNetwork"),
                    format!("it has to be positive and finite, not {value}"),
                ));
            }
        }
        for (name, count) in [("hidden", self.hidden), ("nodes", self.nodes), ("max_windows", self.max_windows)] {
            if count == 0 {
                return Err(Error::invalid(format!("{name} of MarchingNetwork"), "0; give at least 1"));
            }
        }
        Ok(())
    }

    /// Follows `flow` from `start`; `project` is applied to the end of each window.
    pub(super) fn march<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        start: &[T],
        networks: &mut Networks<T>,
        project: &dyn Fn(&mut [T]),
        watch: &mut Watch<'_, T>,
    ) -> Result<Arrival<T>> {
        let (scale, seed) = (norm(start), networks.seed);
        let mut unit: Vec<T> = start.iter().map(|&v| v / scale).collect();
        let tolerance = T::of(self.tolerance).max(T::of(8.0) * T::EPSILON) * flow.scale();
        let unit_of_time = T::one() / (scale * scale * flow.scale());
        let longest = T::of(self.window);
        let (mut windows, mut time, mut length) = (Vec::<Window<T>>::new(), T::zero(), longest);
        let (mut halvings, mut steps) = (0, 0);
        let stop = loop {
            let residual = flow.residual(&unit);
            let done = windows.len();
            if residual <= tolerance {
                break Stop::Stationary;
            }
            if done >= self.max_windows {
                break Stop::StepLimit;
            }
            if watch(done, time, residual).is_break() {
                break Stop::Observer;
            }
            let network = networks.of(unit.len(), self)?;
            window::bind(network, &unit, &flow.matrix().scale(length / flow.scale()))?;
            let mut parameters = network.initial(seed.numbered(done as u64).numbered(halvings as u64));
            let target = self.accuracy.min(1e-2 * Scalar::to_f64(length * residual / flow.scale()));
            let outcome = self.optimizer.minimize_observed(&mut network.system, &mut parameters, |progress| {
                if progress.value.sqrt() <= target { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            steps += outcome.iterations;
            let reached = outcome.value.sqrt();
            if reached > self.acceptance {
                if halvings >= self.max_halvings {
                    return Err(self.untrained(steps, done, reached));
                }
                halvings += 1;
                length *= T::of(0.5);
                continue;
            }
            let window = Window {
                start: time,
                length: length * unit_of_time,
                residual: reached,
                iterations: outcome.iterations,
                reason: outcome.reason,
                scale,
                unit,
                parameters,
            };
            time += window.length;
            unit = window.at(T::one());
            project(&mut unit);
            unit.iter_mut().for_each(|v| *v /= scale);
            windows.push(window);
            halvings = 0;
            length = (length + length).min(longest);
        };
        let end = unit.iter().map(|&v| scale * v).collect();
        Ok(Arrival { path: Path::Windows(windows), end, time, steps, stop })
    }

    fn untrained(&self, iterations: usize, window: usize, reached: f64) -> Error {
        Error::NoConvergence {
            method: "MarchingNetwork",
            iterations,
            reason: format!(
                "the residual of window {window} is {reached:.1e} after {} halvings; raise `acceptance`, `hidden`, or \
                 the iterations of `optimizer`",
                self.max_halvings
            ),
        }
    }
}
