//! The polynomial of a step, and its error between the ends.

use super::super::super::piece::{self, DEGREE};
use super::{Collocation, GAMMA, NODES, weigh};
use crate::{Result, Scalar};

impl<T: Scalar> Collocation<T> {
    /// The cubic through z at 0 and the nodes: the collocation polynomial less y.
    fn cubic(&self, j: usize) -> [T; 3] {
        let [a, b, c] = NODES;
        let [za, zb, zc] = [0, 1, 2].map(|i| self.z[i][j]);
        // z(θ)/θ is a parabola through the nodes: divided differences.
        let (ra, rb, rc) = (za / T::of(a), zb / T::of(b), zc);
        let ab = (rb - ra) / T::of(b - a);
        let bc = (rc - rb) / T::of(c - b);
        let abc = (bc - ab) / T::of(c - a);
        [ra - T::of(a) * ab + T::of(a * b) * abc, ab - T::of(a + b) * abc, abc]
    }

    /// Makes the polynomial of the step, of which the error was just estimated, and returns that of the collocation
    /// polynomial between the ends where the estimate does not see it, in units of the tolerance.
    ///
    /// The collocation polynomial u errs by O(h⁴), for two reasons. Its stages do, where the problem is not stiff:
    /// h (f(t, y) − u′(t)) Q(θ) adds the slope that was left out. For h (f − u′) stands γ times the estimated error, the
    /// same to O(h⁵) and bounded where the problem is stiff, when f at a perturbed y is anything. There, and in algebraic
    /// components, the stages are good, but four points make a cubic: a fifth is the middle of the step before. Both
    /// together leave O(h⁵), as much as the steps before have left. The first step has none before it, but a y that
    /// nothing has perturbed yet: there h (f − u′) itself tells, for one, of a start beside the slow solutions.
    pub fn between(&mut self, h: T, y: &[T], slope: &[T]) -> Result<f64> {
        let n = y.len();
        for j in 0..n {
            let missing = T::of(GAMMA) * self.error[j];
            let [a, b, c] = self.cubic(j);
            let terms = [a, b, c, T::zero()];
            (0..DEGREE).for_each(|k| self.piece[k * n + j] = terms[k] + T::of(SLOPE[k]) * missing);
            self.point[j] = a;
        }
        let Some(former) = self.former_step else {
            let mut missing = vec![T::zero(); n];
            weigh(self.mass.as_ref(), &self.point, &mut missing);
            missing.iter_mut().zip(slope).for_each(|(missing, &f)| *missing = h * f - *missing);
            if let Some(mass) = &self.mass {
                [missing, _] = mass.slope_and_correction(&missing, &self.jacobian)?;
            }
            return Ok(SLOPE_MAX * self.tolerance.norm(|j| missing[j], y, y));
        };
        let theta = T::of(-0.5) * former / h;
        piece::evaluate(y, &self.piece, theta, &mut self.point);
        let there = (0..DEGREE).rev().fold(T::zero(), |sum, k| (sum + T::of(NODAL[k])) * theta);
        for (j, (point, &middle)) in self.point.iter_mut().zip(&self.former_middle).enumerate() {
            *point = (middle - *point) / there;
            (0..DEGREE).for_each(|k| self.piece[k * n + j] += T::of(NODAL[k]) * *point);
        }
        Ok(NODAL_MAX * self.tolerance.norm(|j| self.point[j], y, y))
    }

    /// Goes on from `end`, where the step has ended or to where it was moved then.
    pub fn accept(&mut self, h: T, y: &[T], end: &[T]) {
        piece::evaluate(y, &self.piece, T::of(0.5), &mut self.former_middle);
        for j in 0..y.len() {
            let cubic = self.cubic(j);
            (0..3).for_each(|k| self.polynomial[k][j] = cubic[k]);
            // Moved alike: the next step starts with the same slope as before.
            let moved = self.moved(y, end, j);
            self.former_middle[j] += moved;
        }
        self.former_step = Some(h);
    }

    fn moved(&self, y: &[T], end: &[T], j: usize) -> T {
        end[j] - (y[j] + self.z[2][j])
    }

    /// Writes the polynomial of the step from `y`, moved so that it ends at `end`.
    pub fn write_polynomial(&self, y: &[T], end: &[T], piece: &mut [T]) {
        piece.copy_from_slice(&self.piece);
        let n = y.len();
        for j in 0..n {
            let moved = self.moved(y, end, j);
            piece[n + j] += T::of(3.0) * moved;
            piece[2 * n + j] -= T::of(2.0) * moved;
        }
    }
}

/// Q(θ): Q′ = (θ − c₁)(θ − c₂)(θ − 1)/(−c₁c₂), which is 1 at 0, and Q(0) = Q(1) = 0. Coefficients of θ, …, θ⁴, and its
/// largest value from 0 to 1.
const SLOPE: [f64; DEGREE] = [1.0, -4.5, 6.0, -2.5];
const SLOPE_MAX: f64 = 0.0678;
/// θ(θ − c₁)(θ − c₂)(θ − 1), and its largest value from 0 to 1.
const NODAL: [f64; DEGREE] = [-0.1, 0.9, -1.8, 1.0];
const NODAL_MAX: f64 = 0.0185;
