//! The diffusion equation in one dimension.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::Thomas;
use super::grid::{MAX_POINTS, equidistant};
use crate::differential::checks;
use crate::differential::method_of_lines::meet_ends;
use crate::{Error, Result, Scalar};

/// How the second difference is weighted between the old time and the new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// All at the old time: explicit, error O(Δt + Δx²), and stable only for κ Δt/Δx² ≤ ½ (Courant, Friedrichs and
    /// Lewy, 1928). At κ Δt/Δx² = 1/6 the leading errors cancel, and it is O(Δt² + Δx⁴).
    Ftcs,
    /// All at the new time: implicit, error O(Δt + Δx²), damps everything (Laasonen, 1949).
    Btcs,
    /// Half and half: implicit, error O(Δt² + Δx²) (Crank and Nicolson, 1947). It hardly damps what changes from point to
    /// point: data that jumps goes on to oscillate where κ Δt/Δx² is above ½.
    #[default]
    CrankNicolson,
}

impl Scheme {
    /// The weight θ of the new time.
    fn implicitness(self) -> f64 {
        match self {
            Scheme::Ftcs => 0.0,
            Scheme::Btcs => 1.0,
            Scheme::CrankNicolson => 0.5,
        }
    }
}

/// The equation u_t = κ u_xx + s(t, x) with fixed values at both ends, by finite differences on a uniform grid.
///
/// ```text
/// (u′ᵢ − uᵢ)/Δt = κ [θ δ²u′ᵢ + (1 − θ) δ²uᵢ] + s(t + θΔt, xᵢ),   δ²uᵢ = (uᵢ₋₁ − 2uᵢ + uᵢ₊₁)/Δx²
/// ```
///
/// ```
/// use eigennet::differential::finite_difference::Diffusion;
/// use std::f64::consts::PI;
/// let solution = Diffusion::default().solve(|x: f64| (PI * x).sin(), &[0.1])?;
/// let exact = (-PI * PI * 0.1).exp(); // at x = ½
/// assert!((solution.state(0)[50] - exact).abs() < 1e-4);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Diffusion {
    /// How to step (default Crank–Nicolson).
    pub scheme: Scheme,
    /// κ > 0 (default 1).
    pub diffusivity: f64,
    /// Where x lives (default 0..1).
    pub interval: Range<f64>,
    /// The values of u at both ends (default 0).
    pub ends: [f64; 2],
    /// Grid points, ends included (default 101).
    pub points: usize,
    /// The longest time step Δt (default 1e-3); a little shorter steps are made where they have to meet a time asked for.
    pub time_step: f64,
}

impl Default for Diffusion {
    fn default() -> Self {
        let scheme = Scheme::default();
        Diffusion { scheme, diffusivity: 1.0, interval: 0.0..1.0, ends: [0.0; 2], points: 101, time_step: 1e-3 }
    }
}

/// Values `[times, points]` of a solution on its grid.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffusionSolution<T> {
    points: Vec<T>,
    times: Vec<T>,
    states: Vec<T>,
    steps: usize,
}

impl<T: Scalar> DiffusionSolution<T> {
    /// The grid `[points]`.
    pub fn points(&self) -> &[T] {
        &self.points
    }

    /// The times asked for.
    pub fn times(&self) -> &[T] {
        &self.times
    }

    /// The values `[times, points]`, row after row.
    pub fn states(&self) -> &[T] {
        &self.states
    }

    /// The values `[points]` at time `times()[i]`.
    ///
    /// # Panics
    /// If there is no such time.
    pub fn state(&self, i: usize) -> &[T] {
        &self.states[i * self.points.len()..(i + 1) * self.points.len()]
    }

    /// Time steps made.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

impl Diffusion {
    /// Δx.
    pub fn spacing(&self) -> f64 {
        (self.interval.end - self.interval.start) / (self.points.max(2) - 1) as f64
    }

    /// The longest stable time step of [`Scheme::Ftcs`]: Δx²/(2κ).
    pub fn stable_time_step(&self) -> f64 {
        self.spacing() * self.spacing() / (2.0 * self.diffusivity)
    }

    /// The solution at `times` (ascending, positive) from u(0, x) = `initial(x)`, without a source.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges, for an unstable step (saying which would do), for
    /// initial data that does not meet the ends, for times that are not positive and ascending, and where the solution
    /// turns more often along x than the initial data: diffusion never makes it do so (Sturm, 1836), but a long step over
    /// data that jumps does. [`Error::NonFinite`] for initial data that is not finite, or so large that the solution is not.
    pub fn solve<T: Scalar>(&self, initial: impl FnMut(T) -> T, times: &[T]) -> Result<DiffusionSolution<T>> {
        self.march(initial, None, times)
    }

    /// As [`solve`](Self::solve), with a source s(t, x). A source may make the solution turn, so that nothing is said of
    /// data that jumps: see [`Scheme::CrankNicolson`].
    ///
    /// # Errors
    /// As [`solve`](Self::solve), and [`Error::NonFinite`] for a source that is not finite.
    pub fn solve_with_source<T: Scalar>(
        &self,
        initial: impl FnMut(T) -> T,
        mut source: impl FnMut(T, T) -> T,
        times: &[T],
    ) -> Result<DiffusionSolution<T>> {
        self.march(initial, Some(&mut source), times)
    }

    fn march<T: Scalar>(
        &self,
        initial: impl FnMut(T) -> T,
        mut source: Option<&mut dyn FnMut(T, T) -> T>,
        times: &[T],
    ) -> Result<DiffusionSolution<T>> {
        self.check(times)?;
        let points = equidistant::<T>(&self.interval, self.points - 1, self.points);
        let mut u: Vec<T> = points.iter().copied().map(initial).collect();
        let ends = self.ends.map(|end| Some(T::of(end)));
        meet_ends("initial data of Diffusion", ends, &points, &mut u)?;
        let (least, most) = range(&u);
        let (turns, rounding) = (turns(&u, T::zero()), T::of(64.0) * T::EPSILON * least.abs().max(most.abs()));
        let mut next = u.clone();
        let mut states = Vec::with_capacity(times.len().saturating_mul(points.len()));
        let (mut steps, mut now) = (0, 0.0);
        for &time in times {
            let span = Scalar::to_f64(time) - now;
            // A quotient that is whole but for rounding is whole.
            let count = (span / self.time_step * (1.0 - 4.0 * Scalar::to_f64(T::EPSILON))).ceil().max(1.0);
            checks::steps("time_step of Diffusion", count, |most| format!("take {:e} or more", span / most))?;
            let count = count as usize;
            let step = span / count as f64;
            let stepper = Stepper::new(self, step)?;
            for i in 0..count {
                stepper.explicit(&u, &mut next);
                if let Some(source) = source.as_mut() {
                    let t = T::of(now + step * (i as f64 + self.scheme.implicitness()));
                    add_source(*source, t, T::of(step), &points, &mut next)?;
                }
                stepper.implicit(&mut next)?;
                std::mem::swap(&mut u, &mut next);
            }
            // Data close to the largest number may have gone beyond it.
            Error::check_finite(&format!("solution of Diffusion at t = {time}"), &u)?;
            let (least, most) = range(&u);
            // Btcs never adds a turn, and has no longest step.
            let may_turn = source.is_none() && self.scheme != Scheme::Btcs;
            if may_turn && self::turns(&u, rounding.max(T::of(VISIBLE) * (most - least))) > turns {
                return Err(self.oscillates(Scalar::to_f64(time)));
            }
            states.extend_from_slice(&u);
            steps += count;
            now = Scalar::to_f64(time);
        }
        Ok(DiffusionSolution { points, times: times.to_vec(), states, steps })
    }

    fn oscillates(&self, time: f64) -> Error {
        let spacing = self.spacing();
        // A step that is no longer keeps the turns of what it means over.
        let step = spacing * spacing / (4.0 * self.diffusivity * (1.0 - self.scheme.implicitness()));
        Error::invalid(
            "time_step of Diffusion",
            format!(
                "at t = {time} the solution turns more often along x than the initial data, which jumps from point to point: \
                 {:?} oscillates there; take Δt ≤ {step:e}, more points, or Scheme::Btcs",
                self.scheme
            ),
        )
    }

    fn check<T: Scalar>(&self, times: &[T]) -> Result<()> {
        let refuse = |what: &str, reason: String| Err(Error::invalid(format!("{what} of Diffusion"), reason));
        checks::within("points of Diffusion", self.points, 3..=MAX_POINTS)?;
        checks::interval("interval of Diffusion", &self.interval)?;
        checks::positive("diffusivity of Diffusion", self.diffusivity)?;
        checks::positive("time_step of Diffusion", self.time_step)?;
        if self.ends.iter().any(|v| !v.is_finite()) {
            return refuse("ends", format!("{:?} are not both finite", self.ends));
        }
        let ascending = times.windows(2).all(|pair| pair[0] < pair[1]);
        let positive = times.iter().all(|t| *t > T::zero() && t.is_finite());
        if times.is_empty() || !positive || !ascending {
            return refuse("times", format!("{times:?} are not positive and ascending; the initial data is at t = 0"));
        }
        let ratio = self.diffusivity * self.time_step / (self.spacing() * self.spacing());
        if self.scheme == Scheme::Ftcs && ratio > 0.5 * (1.0 + 1e-9) {
            let (spacing, step) = (self.spacing(), self.stable_time_step());
            let advice = format!("with Δx = {spacing} take Δt ≤ {step:e}, or an implicit scheme");
            return refuse("time_step", format!("κΔt/Δx² = {ratio:.4} > 1/2 makes FTCS unstable; {advice}"));
        }
        Ok(())
    }
}

/// Part of the range of a solution that its turns have to reach to count.
const VISIBLE: f64 = 1e-3;

/// The least and the largest.
fn range<T: Scalar>(u: &[T]) -> (T, T) {
    u.iter().fold((T::infinity(), T::neg_infinity()), |(least, most), &v| (least.min(v), most.max(v)))
}

/// How often `u` turns from rising to falling or back, by more than `by` each time.
fn turns<T: Scalar>(u: &[T], by: T) -> usize {
    let (mut low, mut high) = (u[0], u[0]);
    let (mut rising, mut turns) = (None, 0);
    for &v in u {
        (low, high) = (low.min(v), high.max(v));
        let turned = match rising {
            Some(true) => high - v > by,
            Some(false) => v - low > by,
            None => high - low > by,
        };
        if turned {
            turns += usize::from(rising.is_some());
            rising = Some(rising.map_or(v == high, |rising: bool| !rising));
            (low, high) = (v, v);
        }
    }
    turns
}

fn add_source<T: Scalar>(source: &mut dyn FnMut(T, T) -> T, t: T, step: T, points: &[T], u: &mut [T]) -> Result<()> {
    for (index, (u, &x)) in u.iter_mut().zip(points).enumerate().take(points.len() - 1).skip(1) {
        let value = source(t, x);
        if !value.is_finite() {
            return Err(Error::NonFinite { what: format!("source of Diffusion at t = {t}, x = {x}"), index });
        }
        *u += step * value;
    }
    Ok(())
}

/// One step: (1 − θr δ²) u′ = (1 + (1 − θ)r δ²) u, with r = κΔt/Δx² and δ² in units of the grid.
struct Stepper<T> {
    explicit: T,
    /// The factored left side of the inner points and its entry beside the diagonal; none if it is the identity.
    implicit: Option<(Thomas<T>, T)>,
}

impl<T: Scalar> Stepper<T> {
    fn new(problem: &Diffusion, step: f64) -> Result<Self> {
        let ratio = problem.diffusivity * step / (problem.spacing() * problem.spacing());
        let theta = problem.scheme.implicitness();
        let mut implicit = None;
        if theta > 0.0 {
            let off = T::of(-theta * ratio);
            let diagonal = vec![T::of(1.0 + 2.0 * theta * ratio); problem.points - 2];
            let beside = vec![off; diagonal.len() - 1];
            implicit = Some((Thomas::factor(&beside, &diagonal, &beside)?, off));
        }
        Ok(Stepper { explicit: T::of((1.0 - theta) * ratio), implicit })
    }

    /// `next` = (1 + (1 − θ)r δ²) u inside; the ends stay as they are.
    fn explicit(&self, u: &[T], next: &mut [T]) {
        let n = u.len();
        let (r, two) = (self.explicit, T::of(2.0));
        let around = u[..n - 2].iter().zip(&u[1..n - 1]).zip(&u[2..]);
        for (to, ((&left, &middle), &right)) in next[1..n - 1].iter_mut().zip(around) {
            *to = middle + r * (left - two * middle + right);
        }
    }

    fn implicit(&self, next: &mut [T]) -> Result<()> {
        let Some((thomas, off)) = &self.implicit else { return Ok(()) };
        let last = next.len() - 1;
        let (left, right) = (next[0], next[last]);
        next[1] -= *off * left;
        next[last - 1] -= *off * right;
        thomas.solve_in_place(&mut next[1..last])
    }
}
