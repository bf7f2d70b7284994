//! The thesis's points on the unit circle.

use clap::ValueEnum;
use eigennet::Seed;
use eigennet::graph::data::{self, CircleSampling};
use eigennet::linalg::Matrix;

/// How points lie on the circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sampling {
    /// θ = 2πx, x uniform in [0, 1)
    Uniform,
    /// θ = 2πx²: dense near θ = 0
    Squared,
}

/// Points to learn from, and fresh ones.
#[derive(Debug)]
pub struct Circle {
    /// θ `[points]`
    pub angles: Vec<f64>,
    /// `[points, 2]`
    pub points: Matrix<f64>,
    /// θ of the fresh points.
    pub fresh_angles: Vec<f64>,
    /// `[fresh points, 2]`
    pub fresh: Matrix<f64>,
}

/// Fresh points.
const FRESH: usize = 2000;

impl Circle {
    /// Random points.
    pub fn new(sampling: Sampling, count: usize, seed: Seed) -> Self {
        let sampling = match sampling {
            Sampling::Uniform => CircleSampling::Uniform,
            Sampling::Squared => CircleSampling::Squared,
        };
        let angles = sampling.angles(count, seed.child("points"));
        let fresh_angles = sampling.angles(FRESH, seed.child("held out"));
        let (points, fresh) = (data::unit_circle(&angles), data::unit_circle(&fresh_angles));
        Circle { angles, points, fresh_angles, fresh }
    }

    /// The order of the points by their angles, few of them: enough for a curve.
    pub fn drawn(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.angles.len()).collect();
        order.sort_by(|&a, &b| self.angles[a].total_cmp(&self.angles[b]));
        order.into_iter().step_by((self.angles.len() / 500).max(1)).collect()
    }
}
