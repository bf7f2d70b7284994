//! Known spectra, hostile operators, and what a start block is worth.

mod lobpcg;
mod operators;
