//! The rod: u_t = u_xx on the unit square, u(x, 0) = sin πx, cold ends; and how a solution is judged.

use std::f64::consts::PI;

use crate::failure::Failure;

/// Times of the report's figures.
pub const TIMES: [f64; 2] = [0.1, 0.3];

/// Points along x and along t of the grid that solutions are judged on.
pub const GRID: usize = 101;

/// sin(πx) e^(−π²t).
pub fn exact(x: f64, t: f64) -> f64 {
    (PI * x).sin() * (-PI * PI * t).exp()
}

/// Values on the grid, `[x, t]` with t running fastest.
#[derive(Debug, Clone)]
pub struct OnGrid(Vec<f64>);

impl OnGrid {
    /// The grid's points `[GRID · GRID, 2]`.
    pub fn points() -> Vec<f64> {
        let at = |k: usize| k as f64 / (GRID - 1) as f64;
        (0..GRID * GRID).flat_map(|k| [at(k / GRID), at(k % GRID)]).collect()
    }

    /// From values in the order of [`points`](Self::points).
    ///
    /// # Errors
    /// Another number of values.
    pub fn new(values: Vec<f64>) -> Result<Self, Failure> {
        if values.len() == GRID * GRID {
            return Ok(OnGrid(values));
        }
        Err(Failure::Other(format!("{} values for a grid of {GRID} × {GRID}", values.len())))
    }

    /// u(x_i, t_j).
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.0[i * GRID + j]
    }

    /// The values.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// (‖u − û‖₂/‖u‖₂, max |u − û|).
    pub fn errors(&self) -> (f64, f64) {
        let (mut error, mut norm, mut largest) = (0.0, 0.0, 0.0f64);
        for (point, value) in Self::points().chunks_exact(2).zip(&self.0) {
            let true_value = exact(point[0], point[1]);
            error += (value - true_value).powi(2);
            norm += true_value * true_value;
            largest = largest.max((value - true_value).abs());
        }
        ((error / norm).sqrt(), largest)
    }

    /// (x, |û/u − 1|) inside the rod at the time with index `j`.
    pub fn relative_errors(&self, j: usize) -> Vec<(f64, f64)> {
        let at = |k: usize| k as f64 / (GRID - 1) as f64;
        (1..GRID - 1).map(|i| (at(i), (self.at(i, j) / exact(at(i), at(j)) - 1.0).abs())).collect()
    }
}
