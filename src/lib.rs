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
//! ```
//! use eigennet::Seed;
//! use eigennet::eigenfunctions::quadrature::Quadrature;
//! use eigennet::eigenfunctions::{Envelope, NeuralRitz, Schrodinger, TrialFunctions};
//! use eigennet::optim::Lbfgs;
//!
//! // −H of the well V = −6/cosh² x (Pöschl and Teller, 1933), which binds two states: 4 and 1.
//! let well = Schrodinger::new(1, |x| -24.0 / (x[0].exp() + (-x[0]).exp()).square());
//! let interval = Quadrature::<f64>::gauss_legendre(60, -9.0..9.0)?;
//! let solver = NeuralRitz {
//!     states: 2,
//!     features: 8,
//!     trial: TrialFunctions {
//!         hidden: vec![16],
//!         length: 2.0,
//!         radius_input: false,
//!         envelope: Envelope::Box { half_width: 9.0 },
//!         ..TrialFunctions::default()
//!     },
//!     lbfgs: Lbfgs { max_iterations: 80, ..Lbfgs::default() },
//!     ..NeuralRitz::default()
//! };
//! let solved = solver.solve(&well, &interval, Seed(0))?;
//! for (value, exact) in solved.eigenfunctions.values().iter().zip([4.0, 1.0]) {
//!     assert!((value / exact - 1.0).abs() < 1e-2, "{value} for {exact}");
//! }
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Numbers are `f32` or `f64` ([`Scalar`]), seeds explicit ([`Seed`]), and the same seed gives the
//! same bits on any number of threads. Bad input is an [`Error`] that says what to try next.
#![deny(missing_docs)]

pub mod autodiff;
pub mod container;
pub mod eigenfunctions;
pub mod error;
pub mod kernels;
pub mod linalg;
pub mod nn;
pub mod optim;
pub mod par;
pub mod reference;
pub mod rng;
pub mod scalar;

pub use error::Error;
pub use rng::Seed;
pub use scalar::Scalar;

/// `std::result::Result` with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
