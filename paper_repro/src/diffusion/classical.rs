//! The rod by classical methods.

use std::f64::consts::PI;
use std::time::Instant;

use eigennet::differential::chebyshev::{ChebyshevGrid, EndCondition};
use eigennet::differential::finite_difference::{Diffusion, Scheme};

use super::problem::{GRID, OnGrid, TIMES, exact};
use super::solved::Solved;
use crate::failure::Failure;

fn start(x: f64) -> f64 {
    // Exactly 0 at the far end, which sin π is not.
    if x == 1.0 { 0.0 } else { (PI * x).sin() }
}

/// The solution at the times of the grid that solutions are judged on.
pub fn finite_differences(name: &'static str, scheme: Scheme, time_step: f64) -> Result<Solved, Failure> {
    let started = Instant::now();
    let solver = Diffusion { scheme, points: GRID, time_step, ..Diffusion::default() };
    let times: Vec<f64> = (1..GRID).map(|k| k as f64 / (GRID - 1) as f64).collect();
    let solution = solver.solve(start, &times)?;
    let seconds = started.elapsed().as_secs_f64();
    let at = |i: usize, j: usize| if j == 0 { start(solution.points()[i]) } else { solution.state(j - 1)[i] };
    let grid = OnGrid::new((0..GRID * GRID).map(|k| at(k / GRID, k % GRID)).collect())?;
    let what = format!("Δx = 0.01, Δt ≤ {time_step:.2e}");
    Ok(Solved {
        name,
        what,
        grid,
        seconds,
        losses: vec![],
        errors: vec![],
        stopped: format!("{} steps", solution.steps()),
    })
}

/// Chebyshev collocation in x, the matrix exponential in t.
pub fn chebyshev() -> Result<Solved, Failure> {
    const POINTS: usize = 24;
    let started = Instant::now();
    let cheb = ChebyshevGrid::new(POINTS, 0.0..1.0)?;
    let initial: Vec<f64> = cheb.points().iter().map(|&x| start(x)).collect();
    let walls = [EndCondition::dirichlet(0.0); 2];
    let place = |k: usize| k as f64 / (GRID - 1) as f64;
    let mut columns = Vec::with_capacity(GRID);
    // One step of the grid's time after the other: the exponential is exact, its errors add up to rounding.
    let mut state = initial;
    for j in 0..GRID {
        if j > 0 {
            state = cheb.evolve(cheb.second_derivative(), &[0.0; POINTS], walls, &state, place(1))?;
        }
        let column: Result<Vec<f64>, _> = (0..GRID).map(|i| cheb.interpolate(&state, place(i))).collect();
        columns.push(column?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let grid = OnGrid::new((0..GRID * GRID).map(|k| columns[k % GRID][k / GRID]).collect())?;
    let what = format!("{POINTS} points, exact in time");
    let stopped = "direct".to_string();
    Ok(Solved { name: "chebyshev", what, grid, seconds, losses: vec![], errors: vec![], stopped })
}

/// One of the report's four runs of FTCS: its solution at both times, and the largest relative error.
#[derive(Debug, Clone)]
pub struct Ftcs {
    /// Δx as the report states it.
    pub spacing: f64,
    /// Δt.
    pub time_step: f64,
    /// The grid.
    pub points: Vec<f64>,
    /// Values at each of [`TIMES`].
    pub states: Vec<Vec<f64>>,
}

impl Ftcs {
    /// With Δx = 1/10 and 1/100; as published, a grid of 10 and 100 points is taken for one of that spacing,
    /// which makes the rod conduct (Δx_true/Δx)² times too well.
    pub fn runs(as_published: bool) -> Result<Vec<Self>, Failure> {
        let mut runs = Vec::new();
        for (intervals, time_step) in [(10_usize, 2e-4), (100, 2e-5)] {
            let spacing = 1.0 / intervals as f64;
            let points = if as_published { intervals } else { intervals + 1 };
            let diffusivity = (1.0 / (points - 1) as f64 / spacing).powi(2);
            let solver = Diffusion { scheme: Scheme::Ftcs, points, time_step, diffusivity, ..Diffusion::default() };
            let solution = solver.solve(start, &TIMES)?;
            let states = (0..TIMES.len()).map(|k| solution.state(k).to_vec()).collect();
            runs.push(Ftcs { spacing, time_step, points: solution.points().to_vec(), states });
        }
        Ok(runs)
    }

    /// (x, |û/u − 1|) inside the rod at `TIMES[k]`.
    pub fn relative_errors(&self, k: usize) -> Vec<(f64, f64)> {
        let inside = 1..self.points.len() - 1;
        inside.map(|i| (self.points[i], (self.states[k][i] / exact(self.points[i], TIMES[k]) - 1.0).abs())).collect()
    }

    /// The largest of them.
    pub fn largest(&self, k: usize) -> f64 {
        self.relative_errors(k).iter().map(|e| e.1).fold(0.0, f64::max)
    }
}

/// What our solver says to the step that the report prints for Δx = 1/100.
pub fn printed_step() -> String {
    let solver = Diffusion { scheme: Scheme::Ftcs, points: 101, time_step: 2e-4, ..Diffusion::default() };
    match solver.solve(start, &TIMES) {
        Ok(_) => "the printed step is stable".to_string(),
        Err(error) => error.to_string(),
    }
}
