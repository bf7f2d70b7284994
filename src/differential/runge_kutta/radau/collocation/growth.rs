//! How fast what the solution is made of grows, which the error estimate does not tell.

use super::super::super::step_control::Tolerance;
use super::super::mass::Mass;
use super::{Collocation, GAMMA, weigh};
use crate::linalg::{Lu, Matrix};
use crate::{Result, Scalar};

/// The largest |λh| of a growing mode that a step may have, and what is aimed at: there the step errs by 2e-3 and 2e-4 of
/// the mode.
pub(in super::super) const FOLLOWED: f64 = 1.5;
const AIM: f64 = 1.0;

/// Turns of the direction at each length before the first step, and for every new matrix after it.
const FIRST_TURNS: usize = 3;
const TURNS: usize = 1;
/// What a slope adds to the direction.
const FEED: f64 = 0.01;
/// A mode counts as growing if C stretches it by so much: less is rounding.
const LEAST: f64 = 1.02;
/// By what the lengths before the first step differ, and how many they are at most.
const STRIDE: f64 = 4.0;
const MOST_LENGTHS: i32 = 30;

/// The direction that grows fastest of those the solution goes.
pub(super) struct Growth<T> {
    mode: Vec<T>,
    /// What was found with the factors there are.
    pub known: Option<f64>,
}

impl<T: Scalar> Growth<T> {
    pub fn new(n: usize) -> Self {
        Growth { mode: vec![T::zero(); n], known: None }
    }

    /// Turns the direction and returns |λh| of the fastest growing mode, 0 if none grows; `real` has the factors of
    /// (γ/h) M − J.
    fn size(
        &mut self,
        (real, mass): (&Lu<T>, Option<&Mass<T>>),
        (tolerance, y): (Tolerance, &[T]),
        (h, slope, turns): (T, &[T], usize),
    ) -> Result<f64> {
        let n = slope.len();
        let weigh_up = |j: usize| 1.0 / (tolerance.absolute + tolerance.relative * Scalar::to_f64(y[j].abs()));
        let weights: Vec<f64> = (0..n).map(weigh_up).collect();
        let dot = |a: &[T], b: &[T]| {
            let term = |j: usize| (weights[j] * Scalar::to_f64(a[j])) * (weights[j] * Scalar::to_f64(b[j]));
            (0..n).map(term).sum::<f64>()
        };
        let unit = |v: &[T]| {
            let norm = dot(v, v).sqrt();
            let scale = if norm > 0.0 && norm.is_finite() { 1.0 / norm } else { 0.0 };
            v.iter().map(|&v| T::of(scale * Scalar::to_f64(v))).collect::<Vec<T>>()
        };
        // R of each v with M v among the `momenta`, R = γ (γM − hJ)⁻¹ M.
        let shrink = |momenta: &[&[T]]| -> Result<Vec<Vec<T>>> {
            let solved = real.solve(&Matrix::from_fn(n, momenta.len(), |j, k| momenta[k][j]))?;
            let column = |k: usize| (0..n).map(|j| T::of(GAMMA) / h * solved[(j, k)]).collect();
            Ok((0..momenta.len()).map(column).collect())
        };
        let momentum = |v: &[T]| {
            let mut momentum = v.to_vec();
            weigh(mass, v, &mut momentum);
            momentum
        };
        let mut largest = 0.0;
        for _ in 0..turns {
            // The slope, M y′, is a momentum.
            let [mode, feed] = &shrink(&[&momentum(&self.mode), slope])?[..] else { break };
            let (mode, feed) = (unit(mode), unit(feed));
            let mixed: Vec<T> = mode.iter().zip(&feed).map(|(&mode, &feed)| mode + T::of(FEED) * feed).collect();
            let start = unit(&mixed);
            let once = shrink(&[&momentum(&start)])?.concat();
            let twice = shrink(&[&momentum(&once)])?.concat();
            largest = fastest(&start, &once, &twice, &dot);
            // C R = 2 R² − R.
            let turned: Vec<T> = once.iter().zip(&twice).map(|(&once, &twice)| twice + twice - once).collect();
            self.mode = unit(&turned);
        }
        Ok(largest)
    }
}

/// |λh| of the fastest growing of the one or two modes that v is made of, from R v and R² v; 0 if none grows. Two fulfil
/// R² v = c₁ R v + c₀ v with ρ² = c₁ ρ + c₀.
fn fastest<T: Scalar>(start: &[T], once: &[T], twice: &[T], dot: &impl Fn(&[T], &[T]) -> f64) -> f64 {
    let less =
        |a: &[T], factor: f64, v: &[T]| -> Vec<T> { a.iter().zip(v).map(|(&a, &v)| a - T::of(factor) * v).collect() };
    let along = dot(once, start);
    let beside = less(once, along, start);
    let square = dot(&beside, &beside);
    let alone = growing([along, 0.0], square.sqrt());
    if square == 0.0 {
        return alone;
    }
    let [c, d] = [dot(twice, start), dot(twice, &beside) / square];
    let rest = less(&less(twice, c, start), d, &beside);
    let rest = (dot(&rest, &rest) / square).sqrt();
    let (half, product) = (0.5 * d, c - along * d);
    let square = half * half + product;
    let root = square.abs().sqrt();
    let pair = if square < 0.0 { [[half, root]; 2] } else { [[half - root, 0.0], [half + root, 0.0]] };
    pair.into_iter().map(|rho| growing(rho, rest)).fold(alone, f64::max)
}

/// |λh| from ρ = γ/(γ − λh), known to `rest`; 0 if μ = 2ρ − 1 does not grow.
fn growing([re, im]: [f64; 2], rest: f64) -> f64 {
    let grows = (2.0 * re - 1.0).hypot(2.0 * im) > LEAST + 2.0 * rest;
    if grows { GAMMA * (re - 1.0).hypot(im) / re.hypot(im) } else { 0.0 }
}

impl<T: Scalar> Collocation<T> {
    /// The largest |λh| of the growing modes, (λM − J) v = 0 with Re λh > 0, that the slope at y is made of.
    ///
    /// Of a mode that is still below the tolerance the error estimate, rational in λh, sees as little as of a stiff one: the
    /// step would damp what ought to grow by e^λh. The Cayley transform C = (γM − hJ)⁻¹ (γM + hJ) tells them apart: its
    /// eigenvalue (γ + λh)/(γ − λh) is above 1 in modulus for what grows, below for what decays. Each time that the matrix is
    /// new, one direction is turned by C and by R = γ (γM − hJ)⁻¹ M, which takes away what is stiff or algebraic; a mode that
    /// no slope has had a part in stays out of it.
    pub fn growth(&mut self, h: T, y: &[T], slope: &[T]) -> Result<f64> {
        let Collocation { factors, mass, tolerance, growth, .. } = self;
        if let (None, Some((_, real, _))) = (growth.known, factors) {
            growth.known = Some(growth.size((real, mass.as_ref()), (*tolerance, y), (h, slope, TURNS))?);
        }
        Ok(growth.known.unwrap_or(0.0))
    }

    /// By what a step may become longer that has this `growth`.
    pub fn longer(growth: f64) -> f64 {
        (AIM / growth).max(1.0)
    }

    /// The first step h, or a shorter one from which the fastest growing mode is followed: C hardly tells modes apart whose
    /// |λh| is large, so that h is come to from where none is.
    pub fn short_enough(&mut self, h: T, y: &[T], slope: &[T]) -> T {
        let fastest = (0..y.len()).map(|i| {
            let size = |row: &[T]| row.iter().fold(0.0, |sum: f64, v| sum + Scalar::to_f64(v.abs()));
            let mass = self.mass.as_ref().map_or(1.0, |mass| size(mass.matrix.row(i)));
            size(self.jacobian.row(i)) / if mass > 0.0 { mass } else { 1.0 }
        });
        let fastest = Scalar::to_f64(h.abs()) * fastest.fold(0.0, f64::max);
        let lengths = (fastest.max(1.0).log(STRIDE).ceil() as i32).min(MOST_LENGTHS);
        for length in (0..=lengths).rev() {
            let h = h * T::of(STRIDE.powi(-length));
            // What goes wrong here goes wrong in that step, which is then made shorter.
            let Ok(real) = Lu::factor(&self.shifted(T::of(GAMMA) / h)) else { continue };
            let Collocation { mass, tolerance, growth, .. } = self;
            let size = growth.size((&real, mass.as_ref()), (*tolerance, y), (h, slope, FIRST_TURNS)).unwrap_or(0.0);
            if size > FOLLOWED {
                return h * T::of(AIM / size);
            }
        }
        h
    }
}
