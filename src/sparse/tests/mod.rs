//! Sparse matrices against dense ones, and against bad input.

mod factorization;
mod iterative;
