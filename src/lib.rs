//! Eigenfunctions and differential equations by neural networks, beside classical solvers.
//!
//! # An equation
//! [`record`](autodiff::record) runs a closure once and keeps its formulas. Derivatives in the
//! coordinates are part of them, so that the residual reads like the equation; the compiled program
//! gives the loss and its gradient in the parameters, on any number of points.
//!
//! ```
//! use eigennet::Seed;
//! use eigennet::autodiff::{Rows, record};
//! use eigennet::nn::Mlp;
//! use eigennet::optim::{Lbfgs, objective};
//!
//! // u″ = −u with u(0) = 0 and u′(0) = 1: the sine.
//! let net = Mlp::new("net", [1, 10, 1]);
//! let equation = record(|g| {
//!     let t = g.coordinate("t", Rows::named("points"));
//!     let u = t + t.square() * net.call(g, t); // both conditions hold by construction
//!     g.output("u", u);
//!     (u.d(t).d(t) + u).square().mean()
//! })?
//! .compile::<f64>();
//!
//! let mut ws = equation.workspace();
//! ws.set("t", &[0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5])?;
//! let mut theta = equation.initial(Seed(0));
//! let mut loss = objective::from_fn(theta.len(), |theta: &[f64], gradient| equation.gradient(theta, &mut ws, gradient));
//! let outcome = Lbfgs { max_iterations: 200, ..Lbfgs::default() }.minimize(&mut loss, &mut theta)?;
//! assert!(outcome.value < 1e-6, "{}", outcome.reason);
//!
//! ws.set("t", &[1.0])?; // another number of rows, the same program
//! equation.evaluate(&theta, &mut ws)?;
//! assert!((ws.output("u")?[0] - 1f64.sin()).abs() < 1e-2);
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! # An eigenproblem
//! The solvers of [`eigenfunctions`] take any self-adjoint operator, and seek its largest
//! eigenvalues. [`reference`](mod@reference) knows exact spectra to compare with, and [`linalg`] is
//! there for what is a matrix.
//!
//! ```no_run
//! use eigennet::Seed;
//! use eigennet::quadrature::PolarGrid;
//! use eigennet::eigenfunctions::{NeuralRitz, Schrodinger, radius};
//!
//! // −H of the hydrogen atom in the plane: 1, 1/9 three times, 1/25 five times, …
//! let atom = Schrodinger::new(2, |x| -1.0 / radius(x));
//! let grid = PolarGrid::training().build::<f64>()?;
//! let solved = NeuralRitz { states: 9, ..NeuralRitz::default() }.solve(&atom, &grid, Seed(0))?;
//! println!("{:.9?}: {}", solved.eigenfunctions.values(), solved.outcome.reason);
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Numbers are `f32` or `f64` ([`Scalar`]), seeds explicit ([`Seed`]), and the same seed gives the
//! same bits on any number of threads. Bad input is an [`Error`] that says what to try next.
#![deny(missing_docs)]

pub mod autodiff;
pub mod container;
pub mod differential;
pub mod eigen;
pub mod eigenfunctions;
pub mod error;
pub mod kernels;
pub mod linalg;
pub mod nn;
pub mod optim;
pub mod par;
pub mod quadrature;
pub mod reference;
pub mod rng;
pub mod scalar;
pub mod sparse;

pub use error::Error;
pub use rng::Seed;
pub use scalar::Scalar;

/// `std::result::Result` with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
