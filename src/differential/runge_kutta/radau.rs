//! The implicit method for stiff systems.

mod collocation;
#[cfg(test)]
mod tests;

use std::ops::{ControlFlow, Range};

use super::events::Event;
use super::integrator::{Derivative, Integrator, RightHandSide, StepObserver, check_problem};
use super::recorder::Recorder;
use super::step_control::{Step, Tolerance};
use super::trajectory::{Record, Trajectory, Work};
use crate::differential::checks;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};
use collocation::{Collocation, Jacobian, Newton};

/// The implicit Radau IIA method of order 5 with three stages (Hairer and Wanner, *Solving Ordinary Differential
/// Equations II*, IV.8): L-stable, so that only accuracy limits the step.
///
/// Each step solves the collocation equations by a simplified Newton iteration, with one real system of order n and one of
/// order 2n; the Jacobian is by differences unless it is [given](Self::integrate_with_jacobian), and kept as long as the
/// iteration converges fast. Steps are chosen by the predictive controller of Gustafsson (1994); between steps stands the
/// collocation polynomial, of degree 3, raised to degree 4 so that its order is that of the steps; where it
/// is kept or searched for events, its error too is held below the tolerance.
///
/// ```
/// use eigennet::differential::runge_kutta::{Integrator, Radau};
/// // A fast decay onto a slow curve: an explicit method would need half a million steps.
/// let rate = |t: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -1e6 * (y[0] - t.cos());
/// let y = Radau::default().integrate(rate, 0.0..2.0, &[2.0])?;
/// assert!((y.end()[0] - 2f64.cos()).abs() < 1e-6 && y.accepted() < 100);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Radau {
    /// Relative tolerance (default 1e-6).
    pub rtol: f64,
    /// Absolute tolerance (default 1e-9).
    pub atol: f64,
    /// The most steps tried, accepted or not (default 100 000).
    pub max_steps: usize,
    /// The longest step, so that no pulse shorter than the rest of the solution is stepped over (default ∞: the error
    /// alone decides, which does not see what lies between the points it looks at).
    pub max_step: f64,
    /// What is kept of the solution (default all).
    pub record: Record,
}

impl Default for Radau {
    fn default() -> Self {
        Radau { rtol: 1e-6, atol: 1e-9, max_steps: 100_000, max_step: f64::INFINITY, record: Record::default() }
    }
}

/// The fraction of the step that the error would allow which is taken.
const SAFETY: f64 = 0.9;
/// A rate of convergence below which the Jacobian is kept.
const FAST: f64 = 1e-3;

impl<T: Scalar> Integrator<T> for Radau {
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        interval: Range<T>,
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>> {
        self.run(RightHandSide::new(derivative), None, interval, start, observer, events)
    }
}

impl Radau {
    /// As [`Integrator::integrate`], with `jacobian(t, y, J)`, which writes ∂fᵢ/∂yⱼ to `J` `[n, n]` (zero when called).
    ///
    /// # Errors
    /// As [`Integrator::integrate_observed`], and [`Error::NonFinite`] for a Jacobian that is not finite.
    pub fn integrate_with_jacobian<T: Scalar>(
        &self,
        mut derivative: impl FnMut(T, &[T], &mut [T]),
        mut jacobian: impl FnMut(T, &[T], &mut Matrix<T>),
        interval: Range<T>,
        start: &[T],
    ) -> Result<Trajectory<T>> {
        let rhs = RightHandSide::new(&mut derivative);
        self.run(rhs, Some(&mut jacobian), interval, start, &mut |_, _| ControlFlow::Continue(()), &mut [])
    }

    fn run<T: Scalar>(
        &self,
        mut rhs: RightHandSide<'_, '_, T>,
        mut jacobian: Option<&mut Jacobian<'_, T>>,
        interval: Range<T>,
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>> {
        check_problem("Radau", &interval, start)?;
        checks::within("components of Radau", start.len(), 1..=MAX_ORDER)?;
        let tolerance = Tolerance::new::<T>("Radau", self.rtol, self.atol)?;
        let mut recorder = Recorder::new(self.record, &interval, start, observer, events)?;
        let mut system = Collocation::new(start.len(), tolerance);
        let (mut y, mut next) = (start.to_vec(), start.to_vec());
        let (mut slope, mut slope_after) = (start.to_vec(), start.to_vec());
        rhs.evaluate(interval.start, &y, &mut slope)?;
        let first = tolerance.first_step(&mut rhs, &interval, start, &slope, 5);
        let mut step = Step::new("Radau", &interval, first, self.max_step)?;
        let mut former = None; // the last accepted step and its error
        let mut fresh = false; // whether the Jacobian is of this t and y
        let mut outdated = true; // whether it has to be renewed

        for _ in 0..self.max_steps {
            let (to, last) = step.aim(recorder.accepted(), "")?;
            let (t, h) = (step.t, step.h);
            let at_start = recorder.accepted() == 0;
            if outdated {
                system.renew_jacobian(&mut rhs, jacobian.as_deref_mut(), t, &y, &slope)?;
                (fresh, outdated) = (true, false);
            }
            let newton = system.factor(h).and_then(|()| system.solve(&mut rhs, t, h, &y));
            let (iterations, rate) = match newton {
                Ok(Newton::Converged { iterations, rate }) => (iterations, rate),
                failed => {
                    // The derivative is not finite, the matrix is singular, or it does not converge.
                    step.reject(0.5, failed.err().filter(|error| matches!(error, Error::NonFinite { .. })));
                    outdated = !fresh;
                    continue;
                }
            };
            let size = match system.error(&mut rhs, t, h, &y, &slope, step.after_rejection || at_start) {
                // Nobody sees the error between steps where nobody looks.
                Ok(size) if size.is_finite() && recorder.dense() => size.max(system.between(h, &y, &slope)),
                Ok(size) if size.is_finite() => size,
                other => {
                    step.reject(0.1, other.err());
                    continue;
                }
            };
            let factor = by_error(size, iterations);
            if size >= 1.0 {
                step.reject(if at_start { 0.1 } else { factor.min(1.0) }, None);
                outdated = !fresh;
                continue;
            }
            system.end(&y, &mut next);
            let (changed, _) = recorder.observe(to, &mut next)?;
            rhs.evaluate(to, &next, &mut slope_after)?;
            let ended = recorder.push(to, &next, |out| system.write_polynomial(&y, &next, out))?;
            system.accept(h, &y, changed);
            if last || ended {
                return Ok(recorder.finish(Work { rejected: step.rejected, evaluations: rhs.evaluations }));
            }
            let length = Scalar::to_f64(h.abs());
            let most = if step.after_rejection { 1.0 } else { f64::INFINITY };
            let factor = former.map_or(factor, |former| factor.min(by_trend(former, length, size))).min(most);
            former = Some((length, size.max(1e-2)));
            step.accept(to);
            std::mem::swap(&mut y, &mut next);
            std::mem::swap(&mut slope, &mut slope_after);
            (fresh, outdated, step.refusal) = (false, rate > FAST, None);
            // A step that is hardly longer is not worth new factors.
            if outdated || !(1.0..1.2).contains(&factor) {
                step.h *= T::of(factor);
            }
        }
        Err(step.exhausted(self.max_steps, "raise max_steps or loosen rtol and atol"))
    }
}

/// The most components: the matrices are dense, of order 2n.
const MAX_ORDER: usize = 4096;

/// h_new/h by the error of this step alone, less when Newton's iteration was slow.
fn by_error(size: f64, iterations: usize) -> f64 {
    let limit = collocation::MAX_ITERATIONS as f64;
    let safety = SAFETY * (1.0 + 2.0 * limit) / (iterations as f64 + 2.0 * limit);
    (safety.min(SAFETY) * size.max(1e-20).powf(-0.25)).clamp(0.125, 8.0)
}

/// h_new/h by the trend from the former step and its error (Gustafsson, 1994).
fn by_trend((former_step, former_size): (f64, f64), h: f64, size: f64) -> f64 {
    (SAFETY * h / former_step * (former_size / (size * size).max(1e-40)).powf(0.25)).clamp(0.125, 8.0)
}
