//! Explicit methods with equal steps.

use std::ops::Range;

use super::doubled::Doubled;
use super::events::Event;
use super::integrator::{Derivative, Integrator, RightHandSide, StepObserver};
use super::piece;
use super::recorder::{Recorder, through};
use super::stages::{Stages, Tableau};
use super::trajectory::{Record, Trajectory, Work};
use crate::differential::checks;
use crate::{Error, Result, Scalar};

/// A method of equal steps: its settings, and how it integrates.
macro_rules! fixed_step {
    ($(#[$doc:meta])* $Method:ident, $tableau:expr, $order:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Method {
            /// How many equal steps (default 1000, at most 10⁹).
            pub steps: usize,
            /// What is kept of the solution (default all).
            pub record: Record,
        }

        impl Default for $Method {
            fn default() -> Self {
                $Method { steps: 1000, record: Record::default() }
            }
        }

        impl<T: Scalar> Integrator<T> for $Method {
            fn integrate_observed(
                &self,
                derivative: &mut Derivative<'_, T>,
                times: &[T],
                start: &[T],
                observer: &mut StepObserver<'_, T>,
                events: &mut [Event<'_, T>],
            ) -> Result<Trajectory<T>> {
                let $Method { steps, record } = *self;
                let method = FixedStep { name: stringify!($Method), tableau: &$tableau, steps };
                let mut doubled = Doubled::new(&$tableau, $order, start.len());
                let named = (method.name, record);
                let found = through(named, derivative, times, start, observer, events, |rhs, span, start, recorder| {
                    method.integrate(rhs, span, start, recorder, &mut doubled)
                })?;
                Ok(found.with_error_estimate(doubled.error()))
            }
        }
    };
}

fixed_step! {
    /// The classical Runge–Kutta method of order 4 with equal steps (Kutta, 1901), beside one with half as many and one
    /// with a quarter, which cost three quarters as much again and tell the [error](Trajectory::error_estimate), that of
    /// rounding included.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{Integrator, RungeKutta4};
    /// let method = RungeKutta4 { steps: 100, ..RungeKutta4::default() };
    /// let decay = method.integrate(|_, y, dydt| dydt[0] = -y[0], 0.0..1.0, &[1.0])?;
    /// assert!((decay.end()[0] - (-1f64).exp()).abs() < 1e-10);
    /// assert!(decay.error_estimate().unwrap() < 1e-10, "{decay}");
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    RungeKutta4, KUTTA, 4
}

fixed_step! {
    /// The forward Euler method, of order 1, with equal steps (Euler, 1768): y(t + h) ≈ y + h f(t, y); its
    /// [error](Trajectory::error_estimate) as that of [`RungeKutta4`].
    ForwardEuler, EULER, 1
}

static KUTTA: Tableau = Tableau {
    nodes: &[0.5, 0.5, 1.0],
    rows: &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    weights: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
};

static EULER: Tableau = Tableau { nodes: &[], rows: &[], weights: &[1.0] };

struct FixedStep {
    name: &'static str,
    tableau: &'static Tableau,
    steps: usize,
}

impl FixedStep {
    fn integrate<T: Scalar>(
        &self,
        mut rhs: RightHandSide<'_, '_, T>,
        interval: Range<T>,
        start: &[T],
        recorder: &mut Recorder<'_, '_, T>,
        doubled: &mut Doubled<T>,
    ) -> Result<Work> {
        if self.steps == 0 {
            return Err(Error::invalid(format!("steps of {}", self.name), "0 steps lead nowhere; give 1 or more"));
        }
        checks::steps(format!("steps of {}", self.name), self.steps as f64, |most| {
            format!("give at most {most:e}, or use DormandPrince, which chooses its steps")
        })?;
        let length = interval.end - interval.start;
        let below_rounding = || {
            let Range { start, end } = interval;
            let reason = format!("{} steps from {start} to {end} are below rounding; give fewer", self.steps);
            Error::invalid(format!("steps of {}", self.name), reason)
        };
        if length.abs() / T::of(self.steps as f64) < T::EPSILON * interval.start.abs().max(interval.end.abs()) {
            return Err(below_rounding());
        }
        // In f64, where every count of steps that can be made is exact.
        let time = |i: usize| interval.start + T::of(Scalar::to_f64(length) * (i as f64 / self.steps as f64));
        recorder.reserve(self.steps)?;
        let mut stages = Stages::new(self.tableau, start.len());
        let (mut y, mut next) = (start.to_vec(), start.to_vec());
        let mut slope = vec![T::zero(); start.len()];
        rhs.evaluate(interval.start, &y, &mut slope)?;
        for i in 0..self.steps {
            let t = if i == 0 { interval.start } else { time(i) };
            let to = if i + 1 == self.steps { interval.end } else { time(i + 1) };
            let h = to - t;
            if h == T::zero() {
                return Err(below_rounding());
            }
            stages.slopes[0].copy_from_slice(&slope);
            stages.evaluate(&mut rhs, t, h, &y)?;
            stages.advance(h, &y, &mut next);
            if let Some(index) = next.iter().position(|v| !v.is_finite()) {
                let what = format!("state of {} at t = {to}, after {} of {} steps", self.name, i + 1, self.steps);
                return Err(Error::NonFinite { what, index });
            }
            doubled.note(&mut rhs, &stages, (h, to), (&y, &next));
            let (_, finished) = recorder.observe(to, &mut next)?;
            doubled.go_on((t, &y), (recorder.unobserved(), &next));
            // The slope at the end of this step is the first stage of the next.
            let last = i + 1 == self.steps || finished;
            if !last || recorder.dense() {
                rhs.evaluate(to, &next, &mut slope)?;
            }
            let ended = recorder.push(to, &next, |out| {
                piece::hermite(out, h, [&y, &next], [&stages.slopes[0], &slope], |_| T::zero());
            })?;
            if ended || i + 1 == self.steps {
                doubled.finish(&mut rhs, (t, &y), to, (recorder.unobserved(), &next));
            }
            std::mem::swap(&mut y, &mut next);
            if ended {
                break;
            }
        }
        Ok(Work { evaluations: rhs.evaluations, ..Work::default() })
    }
}
