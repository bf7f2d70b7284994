//! Eigensolvers against graphs whose spectra are known, and against bad input.

mod graphs;
mod lanczos;
