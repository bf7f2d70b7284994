//! Eigenfunctions and differential equations by neural networks, beside classical solvers.
//!
//! # An equation
//! A [`differential::Equation`] records its residual once; derivatives in the coordinates are part of the
//! formulas, so that it reads like the equation. On points it is a least-squares problem, which the
//! optimisers of [`optim`] take to the last digits.
//!
//! ```
//! use eigennet::differential::{Domain, Equation};
//! use eigennet::{Seed, nn::Mlp, optim::LevenbergMarquardt};
//!
//! // u″ = −u with u(0) = 0 and u′(0) = 1: the sine.
//! let domain = Domain::new(["t"], [0.0..1.5])?;
//! let net = Mlp::new("net", [1, 10, 1]);
//! let equation = Equation::<f64>::record(&domain, |g, [t]| {
//!     let u = t + t.square() * net.call(t); // both conditions hold by construction
//!     g.output("u", u);
//!     u.d(t).d(t) + u
//! })?;
//! let fit = LevenbergMarquardt::default().fit(&mut equation.on(&domain.gauss([40])?)?, Seed(0))?;
//! assert!((fit.function("u")?.at(&[1.0])? - 1f64.sin()).abs() < 1e-5, "{fit}");
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! [`differential::Form`] writes the conditions for you, on boxes; [`differential::Region`] has other
//! shapes. Finite differences, Runge–Kutta and spectral methods stand beside. Underneath lies
//! [`autodiff::record`]: any loss and its derivatives, on any number of rows.
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
//! # Points
//! [`graph`] makes graphs of points, and clusters, embeds and extends by their eigenfunctions, computed directly or by
//! [`graph::SpectralNet`].
//!
//! ```
//! use eigennet::graph::{SpectralClustering, accuracy, data};
//! use eigennet::Seed;
//!
//! let moons = data::moons::<f64>(500, 0.05, Seed(0));
//! let fit = SpectralClustering::new(2).fit(&moons.points)?;
//! assert_eq!(accuracy(&fit.labels, &moons.labels)?, 1.0);
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Numbers are `f32` or `f64` ([`Scalar`]), seeds explicit ([`Seed`]), and the same seed gives the
//! same bits on any number of threads. Bad input is an [`Error`] that says what to try next.
#![deny(missing_docs)]

pub mod autodiff;
pub mod container;
pub mod diagnostics;
pub mod differential;
pub mod eigen;
pub mod eigenfunctions;
pub mod error;
pub mod graph;
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

/// Compiles instances of doors in this crate, for every program to link: without it a generic function is compiled again
/// in each crate that calls it. `#[inline(never)]` at the door is what lets a crate link the instance that it finds.
#[cfg(not(test))]
macro_rules! compile_here {
    ($name:ident: $($door:expr),* $(,)?) => {
        #[doc(hidden)]
        #[inline(never)]
        pub fn $name() -> Vec<*const ()> {
            vec![$($door as *const ()),*]
        }
    };
}

#[cfg(not(test))]
compile_here! {
    doors:
    linalg::symmetric_eigen::<f64>,
    linalg::svd::<f64>,
    linalg::Cholesky::<f64>::factor,
    linalg::Lu::<f64>::solve,
    eigen::Eigenproblem::<f64>::solve,
    eigen::Eigenproblem::<f64>::solve_symmetric,
    autodiff::Function::<f64>::at,
    autodiff::Function::<f64>::evaluate,
    eigenfunctions::NeuralRitz::solve::<f64>,
    eigenfunctions::NeuralRitz::solve_on::<f64>,
    differential::Equation::<f64>::on,
    differential::Equation::<f64>::solution,
    differential::FormBuilder::<1>::build,
    differential::FormBuilder::<2>::build,
    optim::LevenbergMarquardt::fit::<f64, differential::Collocation<f64>>,
    <optim::Chain as optim::Resumable<f64, dyn optim::Residuals<f64>>>::resume,
    <optim::Lbfgs as optim::Resumable<f64, dyn optim::Objective<f64>>>::resume,
    sparse::Csr::<f64>::from_triplets,
}

// What examples and tests need beside: a release build does without.
#[cfg(all(debug_assertions, not(test)))]
compile_here! {
    more_doors:
    diagnostics::diagnose::<f64>,
    differential::eigenvector_ode::EigenvectorOde::solve::<f64>,
    eigenfunctions::comparison::compare::<f64>,
    <eigenfunctions::NestedLora as eigenfunctions::NeuralEigensolver>::solve::<f64>,
    graph::DiffusionMap::fit::<f64>,
    graph::SpectralClustering::fit::<f64>,
    graph::SpectralNet::fit::<f64>,
    linalg::nonsymmetric_eigenvalues::<f64>,
    linalg::singular_values::<f64>,
    linalg::symmetric_eigenvalues::<f64>,
    optim::ChainState::<f64>::load,
    <optim::Chain as optim::Resumable<f32, dyn optim::Residuals<f32>>>::resume,
    <optim::Lbfgs as optim::Resumable<f32, dyn optim::Objective<f32>>>::resume,
    optim::LbfgsState::<f64>::load,
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
