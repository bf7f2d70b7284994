//! Eigensolvers against operators whose spectra are known, hostile ones, and bad input.

mod golub_kahan_lanczos;
mod graphs;
mod jacobi_davidson;
mod krylov_schur;
mod lanczos;
mod liars;
mod lobpcg;
mod operators;
mod random_operators;
mod solve;
