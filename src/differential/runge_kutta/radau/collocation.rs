//! The equations of one Radau step, M zᵢ = h Σⱼ a_ij f(t + cⱼh, y + zⱼ), and their solution.
//!
//! With T⁻¹ A⁻¹ T = [[γ, 0, 0], [0, α, −β], [0, β, α]] and w = T⁻¹ z, Newton's matrix falls into (γ/h) M − J and
//! ((α + iβ)/h) M − J (Butcher, 1976).

mod between;

use std::ops::Range;

use super::super::integrator::RightHandSide;
use super::super::piece::DEGREE;
use super::super::step_control::Tolerance;
use super::super::trajectory::Work;
use super::mass::Mass;
use crate::kernels::reduce::dot;
use crate::linalg::{Lu, Matrix};
use crate::{Error, Result, Scalar};

/// `jacobian(t, y, J)` writes ∂fᵢ/∂yⱼ to `J` `[n, n]`.
pub(super) type Jacobian<'a, T> = dyn Fn(T, &[T], &mut Matrix<T>) + 'a;

/// Iterations of Newton's method before a shorter step is tried.
pub(super) const MAX_ITERATIONS: usize = 7;

const SQRT_6: f64 = 2.449_489_742_783_178;
/// cᵢ.
pub(super) const NODES: [f64; 3] = [(4.0 - SQRT_6) / 10.0, (4.0 + SQRT_6) / 10.0, 1.0];
/// The eigenvalues γ and α ± iβ of A⁻¹.
pub(super) const GAMMA: f64 = 3.637_834_252_744_496;
pub(super) const ALPHA: f64 = 2.681_082_873_627_752;
pub(super) const BETA: f64 = 3.050_430_199_247_410_5;
/// T.
pub(super) const FORWARD: [[f64; 3]; 3] = [
    [0.091_232_394_870_892_94, -0.141_255_295_020_954_2, -0.030_029_194_105_147_424],
    [0.241_717_932_707_107, 0.204_129_352_293_799_93, 0.382_942_112_757_261_9],
    [0.966_048_182_615_093, 1.0, 0.0],
];
/// T⁻¹.
pub(super) const BACKWARD: [[f64; 3]; 3] = [
    [4.325_579_890_063_155, 0.339_199_251_815_809_87, 0.541_770_539_935_874_9],
    [-4.178_718_591_551_905, -0.327_682_820_761_062_4, 0.476_623_554_500_550_45],
    [-0.502_872_634_945_786_9, 2.571_926_949_855_605, -0.596_039_204_828_224_9],
];
/// The error is ((γ/h) M − J)⁻¹ (f(t, y) + M Σ eᵢ zᵢ/h). The sum is minus the slope that the collocation polynomial has at
/// t.
const ERROR: [f64; 3] = [-(13.0 + 7.0 * SQRT_6) / 3.0, (-13.0 + 7.0 * SQRT_6) / 3.0, -1.0 / 3.0];

/// What came of Newton's iteration.
pub(super) enum Newton {
    Converged { iterations: usize, rate: f64 },
    Slow,
}

pub(super) struct Collocation<T> {
    tolerance: Tolerance,
    /// M, if it is not I.
    mass: Option<Mass<T>>,
    jacobian: Matrix<T>,
    /// Factors of (γ/h) M − J and, as a real matrix, of ((α + iβ)/h) M − J, and their h; none if outdated.
    factors: Option<(T, Lu<T>, Lu<T>)>,
    z: [Vec<T>; 3],
    w: [Vec<T>; 3],
    /// M w.
    momenta: [Vec<T>; 3],
    slopes: [Vec<T>; 3],
    point: Vec<T>,
    /// The polynomial of the last step, Σ_k c_k θ^k, k = 1…3, and its h.
    polynomial: [Vec<T>; 3],
    former_step: Option<T>,
    /// The error of this step.
    error: Vec<T>,
    /// Its polynomial.
    piece: Vec<T>,
    /// y in the middle of the former step.
    former_middle: Vec<T>,
    jacobians: usize,
    factorizations: usize,
    /// θ/(1 − θ), θ the rate at which the last Newton iteration converged.
    confidence: f64,
}

impl<T: Scalar> Collocation<T> {
    pub fn new(n: usize, tolerance: Tolerance, mass: Option<Mass<T>>) -> Self {
        let zeros = || [0; 3].map(|_| vec![T::zero(); n]);
        Collocation {
            tolerance,
            mass,
            jacobian: Matrix::zeros(n, n),
            factors: None,
            z: zeros(),
            w: zeros(),
            momenta: zeros(),
            slopes: zeros(),
            point: vec![T::zero(); n],
            polynomial: zeros(),
            former_step: None,
            error: vec![T::zero(); n],
            piece: vec![T::zero(); DEGREE * n],
            former_middle: vec![T::zero(); n],
            jacobians: 0,
            factorizations: 0,
            confidence: 1.0,
        }
    }

    /// J at (t, y), where the derivative is `slope`.
    pub fn renew_jacobian(
        &mut self,
        rhs: &mut RightHandSide<'_, '_, T>,
        jacobian: Option<&Jacobian<'_, T>>,
        t: T,
        y: &[T],
        slope: &[T],
    ) -> Result<()> {
        self.factors = None;
        self.jacobians += 1;
        if let Some(jacobian) = jacobian {
            self.jacobian.as_mut_slice().fill(T::zero());
            jacobian(t, y, &mut self.jacobian);
            if self.jacobian.shape() != [y.len(); 2] {
                return Err(Error::shape("jacobian of Radau", &self.jacobian.shape(), &[y.len(); 2]));
            }
        } else {
            self.point.copy_from_slice(y);
            for (j, &here) in y.iter().enumerate() {
                // Half the digits of y, or of what the tolerance sees of it.
                let seen = T::of(self.tolerance.absolute / self.tolerance.relative);
                let moved = here + T::EPSILON.sqrt() * here.abs().max(seen).max(T::min_positive_value().sqrt());
                self.point[j] = moved;
                rhs.evaluate(t, &self.point, &mut self.slopes[0])?;
                for (i, (&there, &at)) in self.slopes[0].iter().zip(slope).enumerate() {
                    self.jacobian[(i, j)] = (there - at) / (moved - here);
                }
                self.point[j] = here;
            }
        }
        Error::check_finite(&format!("jacobian of Radau at t = {t}"), self.jacobian.as_slice())
    }

    /// The first step, from the start and f there.
    ///
    /// # Errors
    /// As [`correction`](Self::correction); [`Error::InvalidArgument`] if the start is not consistent.
    pub fn first_step(
        &self,
        rhs: &mut RightHandSide<'_, '_, T>,
        interval: &Range<T>,
        start: &[T],
        f: &[T],
    ) -> Result<T> {
        let Some(mass) = &self.mass else { return Ok(self.tolerance.first_step(Some(rhs), interval, start, f, 5)) };
        let (correction, size) = self.correction(start, f)?;
        if size >= 1.0 {
            let far = (0..f.len()).fold(0, |far, j| if correction[j].abs() > correction[far].abs() { j } else { far });
            let reason = format!(
                "it violates the algebraic equations in M y′ = f: y[{far}] = {} would have to change by {:e}, {size:.1e} \
                 tolerances in all; start from RadauSystem::consistent_start",
                start[far], correction[far]
            );
            return Err(Error::invalid("start of Radau", reason));
        }
        let [slope, _] = mass.slope_and_correction(f, &self.jacobian)?;
        Ok(self.tolerance.first_step(None, interval, start, &slope, 5))
    }

    /// What the start lacks to meet the algebraic equations, and its size in units of the tolerance.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the index is not 1.
    pub fn correction(&self, y: &[T], f: &[T]) -> Result<(Vec<T>, f64)> {
        let Some(mass) = &self.mass else { return Ok((vec![T::zero(); y.len()], 0.0)) };
        let [_, correction] = mass.slope_and_correction(f, &self.jacobian)?;
        let size = self.tolerance.norm(|j| correction[j], y, y);
        Ok((correction, size))
    }

    /// Factors both matrices for step `h`, unless they are there.
    pub fn factor(&mut self, h: T) -> Result<()> {
        if self.factors.as_ref().is_some_and(|(step, ..)| *step == h) {
            return Ok(());
        }
        self.factorizations += 1;
        let (n, jacobian) = (self.point.len(), &self.jacobian);
        let mass = |i: usize, j: usize| match &self.mass {
            Some(mass) => mass.matrix[(i, j)],
            None if i == j => T::one(),
            None => T::zero(),
        };
        let shifted = |i: usize, j: usize, shift: T| shift * mass(i, j) - jacobian[(i, j)];
        let [gamma, alpha, beta] = [GAMMA, ALPHA, BETA].map(|v| T::of(v) / h);
        let real = Matrix::from_fn(n, n, |i, j| shifted(i, j, gamma));
        let complex = Matrix::from_fn(2 * n, 2 * n, |i, j| match (i < n, j < n) {
            (true, true) => shifted(i, j, alpha),
            (false, false) => shifted(i - n, j - n, alpha),
            (true, false) => -beta * mass(i, j - n),
            (false, true) => beta * mass(i - n, j),
        });
        self.factors = Some((h, Lu::factor(&real)?, Lu::factor(&complex)?));
        Ok(())
    }

    /// Solves for z by Newton's method with frozen Jacobian, from the last polynomial continued.
    pub fn solve(&mut self, rhs: &mut RightHandSide<'_, '_, T>, t: T, h: T, y: &[T]) -> Result<Newton> {
        let Some((_, real, complex)) = &self.factors else { return Ok(Newton::Slow) };
        let n = y.len();
        for (node, z) in NODES.into_iter().zip(&mut self.z) {
            let theta = self.former_step.map_or(T::zero(), |former| T::one() + T::of(node) * h / former);
            for (j, z) in z.iter_mut().enumerate() {
                let [a, b, c] = [0, 1, 2].map(|k| self.polynomial[k][j]);
                let continued = theta * (a + theta * (b + theta * c)) - (a + b + c);
                *z = if self.former_step.is_some() { continued } else { T::zero() };
            }
        }
        transform(&BACKWARD, &self.z, &mut self.w);
        let relative = self.tolerance.relative;
        let target = (10.0 * Scalar::to_f64(T::EPSILON) / relative).max(relative.sqrt().min(HARMLESS));
        let [gamma, alpha, beta] = [GAMMA, ALPHA, BETA].map(|v| T::of(v) / h);
        let mut former = 0.0;
        let (mut rate, mut confidence) = (FIRST_RATE, self.confidence.max(Scalar::to_f64(T::EPSILON)).powf(0.8));
        let (mut first, mut pair) = (Matrix::zeros(n, 1), Matrix::zeros(2 * n, 1));
        for iteration in 1..=MAX_ITERATIONS {
            for ((node, z), slope) in NODES.into_iter().zip(&self.z).zip(&mut self.slopes) {
                sum(y, z, &mut self.point);
                rhs.evaluate(t + T::of(node) * h, &self.point, slope)?;
            }
            for (w, momentum) in self.w.iter().zip(&mut self.momenta) {
                weigh(self.mass.as_ref(), w, momentum);
            }
            for j in 0..n {
                let f = [0, 1, 2].map(|i| self.slopes[i][j]);
                let [a, b, c] = BACKWARD.map(|row| T::of(row[0]) * f[0] + T::of(row[1]) * f[1] + T::of(row[2]) * f[2]);
                let [u, v, w] = [0, 1, 2].map(|i| self.momenta[i][j]);
                first[(j, 0)] = a - gamma * u;
                pair[(j, 0)] = b - alpha * v + beta * w;
                pair[(n + j, 0)] = c - alpha * w - beta * v;
            }
            let (first, pair) = (real.substitute(&first)?, complex.substitute(&pair)?);
            let (middle, last) = pair.as_slice().split_at(n);
            let norms = [first.as_slice(), middle, last].map(|change| self.tolerance.norm(|j| change[j], y, y));
            let change = (norms.iter().map(|v| v * v).sum::<f64>() / 3.0).sqrt();
            if !change.is_finite() {
                return Ok(Newton::Slow);
            }
            if iteration > 1 {
                let present = change / former;
                // What will be left after all iterations.
                let left = (MAX_ITERATIONS - iteration) as i32;
                if present >= 0.99 || present / (1.0 - present) * change * present.powi(left) > target {
                    let rounding = former.max(change) <= HARMLESS;
                    return Ok(if rounding { Newton::Converged { iterations: iteration, rate } } else { Newton::Slow });
                }
                rate = present;
                confidence = rate / (1.0 - rate);
            }
            former = change.max(f64::MIN_POSITIVE);
            for (w, change) in self.w.iter_mut().zip([first.as_slice(), middle, last]) {
                w.iter_mut().zip(change).for_each(|(w, &d)| *w += d);
            }
            transform(&FORWARD, &self.w, &mut self.z);
            if confidence * change <= target {
                self.confidence = confidence;
                return Ok(Newton::Converged { iterations: iteration, rate });
            }
        }
        Ok(Newton::Slow)
    }

    /// The error of the step in units of the tolerance; `again` filters it once more if it is too large, which stiff
    /// components need on a first step.
    pub fn error(
        &mut self,
        rhs: &mut RightHandSide<'_, '_, T>,
        t: T,
        h: T,
        y: &[T],
        slope: &[T],
        again: bool,
    ) -> Result<f64> {
        let Some((_, real, _)) = &self.factors else { return Ok(f64::INFINITY) };
        let n = y.len();
        let weights = ERROR.map(|e| T::of(e) / h);
        let sums: Vec<T> = (0..n).map(|j| (0..3).map(|i| weights[i] * self.z[i][j]).sum()).collect();
        let mut embedded = sums.clone();
        weigh(self.mass.as_ref(), &sums, &mut embedded);
        let with = |slope: &[T]| Matrix::from_fn(n, 1, |j, _| embedded[j] + slope[j]);
        self.error.copy_from_slice(real.substitute(&with(slope))?.as_slice());
        let size = |error: &[T]| self.tolerance.norm(|j| error[j], y, y).max(1e-10);
        let first = size(&self.error);
        if first < 1.0 || !again || !first.is_finite() {
            return Ok(first);
        }
        sum(y, &self.error, &mut self.point);
        rhs.evaluate(t, &self.point, &mut self.slopes[0])?;
        self.error.copy_from_slice(real.substitute(&with(&self.slopes[0]))?.as_slice());
        Ok(size(&self.error))
    }

    pub fn work(&self, rejected: usize, evaluations: usize) -> Work {
        Work { rejected, evaluations, jacobians: self.jacobians, factorizations: self.factorizations }
    }

    /// `out` = y(t + h).
    pub fn end(&self, y: &[T], out: &mut [T]) {
        sum(y, &self.z[2], out);
    }
}

/// An error of Newton's method, in units of the tolerance, that does no harm: what is aimed at for loose tolerances, and
/// what is put up with for tight ones when changes grow no smaller, because they are the rounding of f.
const HARMLESS: f64 = 0.03;

/// The rate of convergence when one iteration did not tell: such that the Jacobian is kept.
const FIRST_RATE: f64 = 1e-4;

/// `out` = M v.
fn weigh<T: Scalar>(mass: Option<&Mass<T>>, v: &[T], out: &mut [T]) {
    match mass {
        Some(mass) => out.iter_mut().zip(mass.matrix.row_iter()).for_each(|(out, row)| *out = dot(row, v)),
        None => out.copy_from_slice(v),
    }
}

/// `out` = a + b.
fn sum<T: Scalar>(a: &[T], b: &[T], out: &mut [T]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = a + b);
}

/// `to` = matrix · `from`, component by component.
fn transform<T: Scalar>(matrix: &[[f64; 3]; 3], from: &[Vec<T>; 3], to: &mut [Vec<T>; 3]) {
    for (row, to) in matrix.iter().zip(to) {
        let [a, b, c] = row.map(T::of);
        for (j, to) in to.iter_mut().enumerate() {
            *to = a * from[0][j] + b * from[1][j] + c * from[2][j];
        }
    }
}
