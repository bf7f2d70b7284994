//! Eigenfunctions and differential equations by neural networks, beside classical solvers.
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
