//! The isotropic harmonic oscillator in two dimensions.

use std::ops::Range;

use super::special::hermite_functions;
use super::spectrum::{Eigenfunction, ExactSpectrum};

/// The states of `H = −∇² + ‖x‖²` on the plane.
///
/// ```text
/// H ψ = λ ψ,   λ = 2 (n_x + n_y) + 2,   level n = n_x + n_y: degeneracy n + 1
/// ψ = h_{n_x}(x) h_{n_y}(y),   h_k(x) = (2ᵏ k! √π)^(−½) H_k(x) e^(−x²/2)
/// ```
///
/// Order inside a level: n_y = 0, 1, …, n.
///
/// Source: any textbook, such as Griffiths, *Introduction to Quantum Mechanics* (2018), §2.3.
///
/// ```
/// use eigennet::reference::{ExactSpectrum, Oscillator2d};
/// assert_eq!(Oscillator2d.eigenvalues(6), [2.0, 4.0, 4.0, 6.0, 6.0, 6.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oscillator2d;

/// Level n begins at state n (n + 1)/2.
fn start(level: u128) -> u128 {
    level.saturating_mul(level + 1) / 2
}

/// (level, n_y)
fn level_and_offset(index: usize) -> (u64, u64) {
    let index = index as u128;
    let level = ((8 * index + 1).isqrt() - 1) / 2;
    (level as u64, (index - start(level)) as u64)
}

impl ExactSpectrum for Oscillator2d {
    fn name(&self) -> &'static str {
        "2-D harmonic oscillator"
    }

    fn laplacian_factor(&self) -> f64 {
        -1.0
    }

    fn multiplier(&self, x: [f64; 2]) -> f64 {
        x[0] * x[0] + x[1] * x[1]
    }

    fn eigenvalue(&self, index: usize) -> f64 {
        2.0 * level_and_offset(index).0 as f64 + 2.0
    }

    fn level(&self, index: usize) -> usize {
        level_and_offset(index).0 as usize
    }

    fn level_states(&self, level: usize) -> Range<usize> {
        let clamp = |v: u128| usize::try_from(v).unwrap_or(usize::MAX);
        clamp(start(level as u128))..clamp(start(level as u128 + 1))
    }

    fn quantum_numbers(&self, index: usize) -> [i64; 2] {
        let (level, ny) = level_and_offset(index);
        [(level - ny) as i64, ny as i64]
    }

    fn state(&self, index: usize) -> Box<dyn Eigenfunction> {
        let (level, ny) = level_and_offset(index);
        Box::new(State { nx: level - ny, ny })
    }
}

#[derive(Debug, Clone, Copy)]
struct State {
    nx: u64,
    ny: u64,
}

/// (h_n, h_n′)
fn hermite_with_slope(n: u64, x: f64) -> (f64, f64) {
    let (h, below) = hermite_functions(n, x);
    (h, if h == 0.0 && below == 0.0 { 0.0 } else { (2.0 * n as f64).sqrt() * below - x * h })
}

impl Eigenfunction for State {
    fn value(&self, x: [f64; 2]) -> f64 {
        hermite_functions(self.nx, x[0]).0 * hermite_functions(self.ny, x[1]).0
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        let ((u, du), (v, dv)) = (hermite_with_slope(self.nx, x[0]), hermite_with_slope(self.ny, x[1]));
        [du * v, u * dv]
    }
}

#[cfg(test)]
mod tests;
