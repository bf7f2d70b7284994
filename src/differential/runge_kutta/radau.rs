//! The implicit method for stiff systems.

mod collocation;
mod mass;
mod system;
#[cfg(test)]
mod tests;

use super::events::Event;
use super::integrator::{Derivative, Integrator, StepObserver};
use super::trajectory::{Record, Trajectory};
use crate::linalg::Matrix;
use crate::{Result, Scalar};
pub use system::RadauSystem;

/// The implicit Radau IIA method of order 5 with three stages (Hairer and Wanner, *Solving Ordinary Differential
/// Equations II*, IV.8): L-stable, so that only accuracy limits the step. What grows from far below `atol` is as
/// good as 0 to the tolerances, may be damped as what is stiff is, and then never grows: let `atol` be below the least value
/// that matters.
///
/// Each step solves the collocation equations by a simplified Newton iteration, with one real system of order n and one of
/// order 2n; the Jacobian is by differences unless it is [given](Self::with_jacobian), and kept as long as the
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
    /// The most steps tried, accepted or not (default 100 000, at most 10⁹).
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

impl Radau {
    /// With `jacobian(t, y, J)`, which writes ∂fᵢ/∂yⱼ to J `[n, n]` (zero when called).
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{Integrator, Radau};
    /// let decay = Radau::default().with_jacobian(|_, _, j| j[(0, 0)] = -1e6);
    /// let y = decay.integrate(|t: f64, y, dydt| dydt[0] = -1e6 * (y[0] - t.cos()), 0.0..2.0, &[2.0])?;
    /// assert!((y.end()[0] - 2f64.cos()).abs() < 1e-6);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn with_jacobian<'a, T: Scalar>(self, jacobian: impl Fn(T, &[T], &mut Matrix<T>) + 'a) -> RadauSystem<'a, T> {
        RadauSystem::from(self).with_jacobian(jacobian)
    }

    /// For M y′ = f(t, y), `mass` = M `[n, n]`: regular, or singular with index 1, which is an equation for the
    /// derivatives of some components and algebraic ones for the others.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{Integrator, Radau};
    /// use eigennet::linalg::Matrix;
    /// // x′ = −z and 0 = x − z³: z = √(1 − ⅔t), from z(0) = 1.
    /// let mass = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 0.0])?;
    /// let f = |_: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (-y[1], y[0] - y[1].powi(3));
    /// let y = Radau::default().with_mass(mass).integrate(f, 0.0..1.0, &[1.0, 1.0])?;
    /// assert!((y.end()[1] - (1.0 / 3f64).sqrt()).abs() < 1e-5);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn with_mass<'a, T: Scalar>(self, mass: Matrix<T>) -> RadauSystem<'a, T> {
        RadauSystem::from(self).with_mass(mass)
    }
}

impl<T: Scalar> Integrator<T> for Radau {
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        times: &[T],
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>> {
        RadauSystem::from(*self).integrate_observed(derivative, times, start, observer, events)
    }
}
