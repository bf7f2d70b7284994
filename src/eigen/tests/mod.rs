//! Known spectra, hostile operators, and what a start block is worth.

mod golub_kahan_lanczos;
mod jacobi_davidson;
mod krylov_schur;
mod lobpcg;
mod operators;
//! Eigensolvers against graphs whose spectra are known, and against bad input.

mod graphs;
mod lanczos;
