//! Systems M y′ = f(t, y) by Radau's method: the steps.

use std::fmt;
use std::ops::Range;

use super::super::events::Event;
use super::super::integrator::{Derivative, Integrator, RightHandSide, StepObserver, check_problem};
use super::super::recorder::{Recorder, through};
use super::super::step_control::{Step, Tolerance};
use super::super::trajectory::{Trajectory, Work};
use super::Radau;
use super::collocation::{self, Collocation, Jacobian, Newton};
use super::mass::Mass;
use crate::differential::checks;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// A system M y′ = f(t, y) for [`Radau`], by [`Radau::with_mass`], by [`Radau::with_jacobian`] or both.
///
/// A singular M leaves algebraic equations, the combinations of f that no derivative stands in; where they determine what
/// M y leaves open the system is a differential-algebraic one of index 1. A start that violates them by more than the
/// tolerance is refused; [`consistent_start`](Self::consistent_start) makes one that does not. The estimate of the error
/// is ((γ/h) M − J)⁻¹ (f(t, y) + M Σ eᵢ zᵢ/h) (Hairer and Wanner, *Solving Ordinary Differential Equations II*, IV.8, VI.1).
pub struct RadauSystem<'a, T> {
    settings: Radau,
    mass: Option<Matrix<T>>,
    jacobian: Option<Box<Jacobian<'a, T>>>,
}

impl<T> From<Radau> for RadauSystem<'_, T> {
    fn from(settings: Radau) -> Self {
        RadauSystem { settings, mass: None, jacobian: None }
    }
}

impl<T: fmt::Debug> fmt::Debug for RadauSystem<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RadauSystem { settings, mass, jacobian } = self;
        let given = jacobian.is_some();
        f.debug_struct("RadauSystem").field("settings", settings).field("mass", mass).field("jacobian", &given).finish()
    }
}

/// The most components: the matrices are dense, of order 2n.
const MAX_ORDER: usize = 4096;
/// The fraction of the step that the error would allow which is taken.
const SAFETY: f64 = 0.9;
/// A rate of convergence below which the Jacobian is kept. Keeping it after two iterations at any rate, as SciPy does, saves
/// half of the Jacobians and more, and costs up to 1.4 digits (Robertson's problem): what Newton's method leaves adds up.
const FAST: f64 = 1e-3;
/// Newton's iterations for a consistent start.
const CORRECTIONS: usize = 50;

impl<'a, T: Scalar> RadauSystem<'a, T> {
    /// With `jacobian(t, y, J)`, which writes ∂fᵢ/∂yⱼ to J `[n, n]` (zero when called).
    #[must_use]
    pub fn with_jacobian<'b>(self, jacobian: impl Fn(T, &[T], &mut Matrix<T>) + 'b) -> RadauSystem<'b, T> {
        RadauSystem { settings: self.settings, mass: self.mass, jacobian: Some(Box::new(jacobian)) }
    }

    /// With M = `mass` `[n, n]`.
    #[must_use]
    pub fn with_mass(self, mass: Matrix<T>) -> Self {
        RadauSystem { mass: Some(mass), ..self }
    }

    /// The start next to `guess` at time `t` that meets the algebraic equations, M y unchanged, by Newton's method.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{Integrator, Radau};
    /// use eigennet::linalg::Matrix;
    /// // x′ = −x, 0 = x − z³.
    /// let system = Radau::default().with_mass(Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 0.0])?);
    /// let f = |_: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (-y[0], y[0] - y[1].powi(3));
    /// assert!(system.integrate(f, 0.0..1.0, &[8.0, 1.0]).is_err());
    /// let start = system.consistent_start(f, 0.0, &[8.0, 1.0])?;
    /// assert!(start[0] == 8.0 && (start[1] - 2.0).abs() < 1e-9);
    /// assert!(system.integrate(f, 0.0..1.0, &start).is_ok());
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Integrator::integrate_observed`]; [`Error::NoConvergence`] if Newton's method does not come to rest.
    pub fn consistent_start(&self, mut derivative: impl FnMut(T, &[T], &mut [T]), t: T, guess: &[T]) -> Result<Vec<T>> {
        check_problem("Radau", &[t, t + T::one().max(t.abs())], guess)?;
        let mut system = self.collocation(guess.len())?;
        let mut rhs = RightHandSide::new(&mut derivative);
        let (mut y, mut slope) = (guess.to_vec(), guess.to_vec());
        for _ in 0..CORRECTIONS {
            rhs.evaluate(t, &y, &mut slope)?;
            system.renew_jacobian(&mut rhs, self.jacobian.as_deref(), t, &y, &slope)?;
            let (correction, size) = system.correction(&y, &slope)?;
            y.iter_mut().zip(&correction).for_each(|(y, &c)| *y += c);
            // Newton's method squares it once more.
            if size < 1e-3 {
                return Ok(y);
            }
        }
        let reason = "Newton's method does not come to a start that meets the algebraic equations; give a closer guess";
        Err(Error::NoConvergence { method: "Radau", iterations: CORRECTIONS, reason: reason.into() })
    }

    fn collocation(&self, n: usize) -> Result<Collocation<T>> {
        checks::within("components of Radau", n, 1..=MAX_ORDER)?;
        let tolerance = Tolerance::new::<T>("Radau", self.settings.rtol, self.settings.atol)?;
        let mass = self.mass.clone().map(|mass| Mass::new(mass, n)).transpose()?;
        Ok(Collocation::new(n, tolerance, mass))
    }
}

impl<T: Scalar> Integrator<T> for RadauSystem<'_, T> {
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        times: &[T],
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>> {
        through(
            ("Radau", self.settings.record),
            derivative,
            times,
            start,
            observer,
            events,
            |rhs, interval, start, recorder| self.steps(rhs, interval, start, recorder),
        )
    }
}

impl<T: Scalar> RadauSystem<'_, T> {
    fn steps(
        &self,
        mut rhs: RightHandSide<'_, '_, T>,
        interval: Range<T>,
        start: &[T],
        recorder: &mut Recorder<'_, '_, T>,
    ) -> Result<Work> {
        let Radau { max_steps, max_step, .. } = self.settings;
        let mut system = self.collocation(start.len())?;
        let (mut y, mut next) = (start.to_vec(), start.to_vec());
        let (mut slope, mut slope_after) = (start.to_vec(), start.to_vec());
        rhs.evaluate(interval.start, &y, &mut slope)?;
        system.renew_jacobian(&mut rhs, self.jacobian.as_deref(), interval.start, &y, &slope)?;
        let first = system.first_step(&mut rhs, &interval, start, &slope)?;
        let mut step = Step::new("Radau", &interval, first, max_step, max_steps)?;
        let mut former = None; // the last accepted step and its error
        let mut fresh = true; // whether the Jacobian is of this t and y
        let mut outdated = false; // whether it has to be renewed

        for _ in 0..max_steps {
            let (to, last) = step.aim(recorder.accepted(), "")?;
            let (t, h) = (step.t, step.h);
            let at_start = former.is_none();
            if outdated {
                system.renew_jacobian(&mut rhs, self.jacobian.as_deref(), t, &y, &slope)?;
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
                Ok(size) if size.is_finite() && recorder.dense() => size.max(system.between(h, &y, &slope)?),
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
            recorder.observe(to, &mut next)?;
            rhs.evaluate(to, &next, &mut slope_after)?;
            let ended = recorder.push(to, &next, |out| system.write_polynomial(&y, &next, out))?;
            system.accept(h, &y, &next);
            if last || ended {
                return Ok(system.work(step.rejected, rhs.evaluations));
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
        Err(step.exhausted(max_steps, "raise max_steps or loosen rtol and atol"))
    }
}

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
