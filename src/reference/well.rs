//! The infinite square well in two dimensions.

use std::f64::consts::PI;
use std::ops::Range;

use super::spectrum::{Eigenfunction, ExactSpectrum};
use crate::Result;
use crate::error::Error;

/// The states of `H = −∇²` on the square `[0, L]²` with ψ = 0 on the boundary and outside.
///
/// ```text
/// H ψ = λ ψ,   λ = π² (n_x² + n_y²)/L²,   n_x, n_y = 1, 2, …
/// ψ = (2/L) sin(π n_x x/L) sin(π n_y y/L)
/// ```
///
/// A level gathers all pairs of equal n_x² + n_y², accidental degeneracies included
/// (1² + 7² = 5² + 5² = 7² + 1²); order inside a level: n_x ascending. Finding the quantum numbers
/// of state `i` takes O(√i log i) time, its level O(i^1.5).
///
/// Source: any textbook, such as Courant and Hilbert, *Methods of Mathematical Physics* (1924), V §5.
///
/// ```
/// use eigennet::reference::{ExactSpectrum, SquareWell};
/// let well = SquareWell::new(std::f64::consts::PI)?;
/// assert_eq!(well.quantum_numbers(2), [2, 1]);
/// assert!((well.eigenvalue(2) - 5.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquareWell {
    side: f64,
}

impl SquareWell {
    /// A well of side `side`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the side is positive and finite.
    pub fn new(side: f64) -> Result<Self> {
        if !(side.is_finite() && side > 0.0) {
            return Err(Error::invalid("side of SquareWell", format!("{side} is no length; give a positive number")));
        }
        Ok(SquareWell { side })
    }

    /// L.
    pub fn side(&self) -> f64 {
        self.side
    }
}

/// How many pairs of positive integers have n_x² + n_y² ≤ e.
fn count(e: u128) -> u128 {
    (1..).map(|x: u128| e.saturating_sub(x * x)).take_while(|&rest| rest > 0).map(|rest: u128| rest.isqrt()).sum()
}

/// The pairs with n_x² + n_y² = e, by n_x.
fn pairs(e: u128) -> impl Iterator<Item = (u64, u64)> {
    (1..).take_while(move |x: &u128| x * x < e).filter_map(move |x: u128| {
        let y = (e - x * x).isqrt();
        (x * x + y * y == e).then_some((x as u64, y as u64))
    })
}

/// The value n_x² + n_y² of state `index`: the least e with count(e) > index.
fn square_sum(index: usize) -> u128 {
    let index = index as u128;
    let mut high = 2;
    while count(high) <= index {
        high *= 2;
    }
    let mut low = high / 2; // count(low) ≤ index, as count(1) = 0
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if count(middle) > index {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn mode(index: usize) -> (u64, u64) {
    let e = square_sum(index);
    let before = count(e - 1);
    pairs(e).nth((index as u128 - before) as usize).unwrap_or((1, 1))
}

impl ExactSpectrum for SquareWell {
    fn name(&self) -> &'static str {
        "2-D infinite square well"
    }

    fn laplacian_factor(&self) -> f64 {
        -1.0
    }

    fn multiplier(&self, _: [f64; 2]) -> f64 {
        0.0
    }

    fn eigenvalue(&self, index: usize) -> f64 {
        let wave_number = PI / self.side;
        wave_number * wave_number * square_sum(index) as f64
    }

    fn level(&self, index: usize) -> usize {
        (2..square_sum(index)).filter(|&e| pairs(e).next().is_some()).count()
    }

    fn level_states(&self, level: usize) -> Range<usize> {
        let e = (2..).filter(|&e| pairs(e).next().is_some()).nth(level).unwrap_or(2);
        count(e - 1) as usize..count(e) as usize
    }

    fn quantum_numbers(&self, index: usize) -> [i64; 2] {
        let (nx, ny) = mode(index);
        [nx as i64, ny as i64]
    }

    fn state(&self, index: usize) -> Box<dyn Eigenfunction> {
        let (nx, ny) = mode(index);
        let wave_number = PI / self.side;
        Box::new(State { side: self.side, kx: wave_number * nx as f64, ky: wave_number * ny as f64 })
    }
}

#[derive(Debug, Clone, Copy)]
struct State {
    side: f64,
    kx: f64,
    ky: f64,
}

impl State {
    /// NaN counts as inside, so that it reaches the result.
    fn outside(&self, x: [f64; 2]) -> bool {
        x.iter().any(|&v| v < 0.0 || v > self.side)
    }
}

impl Eigenfunction for State {
    fn value(&self, x: [f64; 2]) -> f64 {
        if self.outside(x) { 0.0 } else { 2.0 / self.side * (self.kx * x[0]).sin() * (self.ky * x[1]).sin() }
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        if self.outside(x) {
            return [0.0, 0.0];
        }
        let ((sx, cx), (sy, cy)) = ((self.kx * x[0]).sin_cos(), (self.ky * x[1]).sin_cos());
        let factor = 2.0 / self.side;
        [factor * self.kx * cx * sy, factor * self.ky * sx * cy]
    }
}

#[cfg(test)]
mod tests;
