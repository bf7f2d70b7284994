//! Differential equations: by networks that meet their conditions by construction (Lagaris, Likas
//! and Fotiadis, 1998), and by classical solvers to compare them with.

pub mod chebyshev;
pub mod finite_difference;
pub mod fourier;
pub mod method_of_lines;
pub mod runge_kutta;
