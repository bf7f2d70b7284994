//! Initial-value problems y′ = f(t, y), y(t₀) = y₀ by Runge–Kutta methods.
//!
//! [`DormandPrince`] chooses its steps by itself; [`RungeKutta4`] and [`ForwardEuler`] make as many equal steps as
//! they are told, and say what error those have; [`Radau`] is for stiff systems. All are [`Integrator`]s, find [`Event`]s and
//! return a [`Trajectory`].
//!
//! ```
//! use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
//! // The oscillator u″ = −u as a system: y = (u, u′).
//! let solver = DormandPrince { rtol: 1e-10, atol: 1e-12, ..DormandPrince::default() };
//! let rate = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0]);
//! let orbit = solver.integrate(rate, 0.0..10.0, &[0.0, 1.0])?;
//! assert!((orbit.end()[0] - 10f64.sin()).abs() < 1e-8);
//! assert!((orbit.at(3.7)?[0] - 3.7f64.sin()).abs() < 1e-8); // between the steps
//! # Ok::<(), eigennet::Error>(())
//! ```

mod dormand_prince;
mod doubled;
mod events;
mod fixed_step;
mod integrator;
mod piece;
mod radau;
mod recorder;
mod stages;
mod step_control;
#[cfg(test)]
mod tests;
mod trajectory;

pub use dormand_prince::DormandPrince;
pub use events::{Event, Occurrence};
pub use fixed_step::{ForwardEuler, RungeKutta4};
pub use integrator::{Derivative, Integrator, StepObserver};
pub use radau::{Radau, RadauSystem};
pub use trajectory::{Finish, Record, Trajectory};
