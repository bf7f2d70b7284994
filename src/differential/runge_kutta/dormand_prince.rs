//! The adaptive method of Dormand and Prince.

use std::ops::Range;

use super::events::Event;
use super::integrator::{Derivative, Integrator, RightHandSide, StepObserver};
use super::piece;
use super::recorder::{Recorder, through};
use super::stages::{Stages, Tableau};
use super::step_control::{Step, Tolerance};
use super::trajectory::{Record, Trajectory, Work};
use crate::{Result, Scalar};

/// The explicit pair of orders 5 and 4 of Dormand and Prince (1980), with steps chosen by a PI controller and dense
/// output of order 4 (Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, II.4–6).
///
/// The error of one step is held below `atol + rtol |y|`; between steps it is a small multiple of that. A trial step on
/// which the right-hand side is not finite is made shorter, so that a solution may run close by the edge of where f is
/// defined.
///
/// ```
/// use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
/// // The pendulum keeps its energy.
/// let rate = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0].sin());
/// let swing = DormandPrince { rtol: 1e-10, ..DormandPrince::default() }.integrate(rate, 0.0..20.0, &[1.0, 0.0])?;
/// let energy = |y: &[f64]| 0.5 * y[1] * y[1] - y[0].cos();
/// assert!((energy(swing.end()) - energy(swing.state(0))).abs() < 1e-8);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DormandPrince {
    /// Relative tolerance (default 1e-6).
    pub rtol: f64,
    /// Absolute tolerance (default 1e-9).
    pub atol: f64,
    /// The most steps tried, accepted or not (default 100 000, at most 10⁹).
    pub max_steps: usize,
    /// The longest step, so that no pulse shorter than the rest of the solution is stepped over (default ∞: the error
    /// alone decides, which does not see what lies between the points it looks at).
    pub max_step: f64,
    /// What is kept of the solution (default all).
    pub record: Record,
}

impl Default for DormandPrince {
    fn default() -> Self {
        DormandPrince { rtol: 1e-6, atol: 1e-9, max_steps: 100_000, max_step: f64::INFINITY, record: Record::default() }
    }
}

/// The last row is the weights of the method of order 5, so that the last stage is the first of the next step.
static DORMAND_PRINCE: Tableau = Tableau {
    nodes: &[0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0],
    rows: &[
        &[0.2],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    weights: &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
};

/// Weights of order 5 minus those of order 4.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// The quartic of the dense output.
const DENSE: [f64; 7] = [
    -12715105075.0 / 11282082432.0,
    0.0,
    87487479700.0 / 32700410799.0,
    -10690763975.0 / 1880347072.0,
    701980252875.0 / 199316789632.0,
    -1453857185.0 / 822651844.0,
    69997945.0 / 29380423.0,
];

/// The exponent of the former error in the PI controller, and the one of the present error.
const BETA: f64 = 0.04;
const ALPHA: f64 = 0.2 - 0.75 * BETA;

/// On the edge of stability h |λ| is 3.3.
const STABILITY_EDGE: f64 = 3.25;

impl<T: Scalar> Integrator<T> for DormandPrince {
    #[inline(never)]
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        times: &[T],
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>> {
        through(
            ("DormandPrince", self.record),
            derivative,
            times,
            start,
            observer,
            events,
            |rhs, interval, start, recorder| self.steps(rhs, interval, start, recorder),
        )
    }
}

impl DormandPrince {
    fn steps<T: Scalar>(
        &self,
        mut rhs: RightHandSide<'_, '_, T>,
        interval: Range<T>,
        start: &[T],
        recorder: &mut Recorder<'_, '_, T>,
    ) -> Result<Work> {
        let tolerance = Tolerance::new::<T>("DormandPrince", self.rtol, self.atol)?;
        let mut stages = Stages::new(&DORMAND_PRINCE, start.len());
        let (mut y, mut next) = (start.to_vec(), start.to_vec());
        rhs.evaluate(interval.start, &y, &mut stages.slopes[0])?;
        let first = tolerance.first_step(Some(&mut rhs), &interval, start, &stages.slopes[0], 5);
        let mut step = Step::new("DormandPrince", &interval, first, self.max_step, self.max_steps)?;
        let mut former = 1e-4_f64;
        let mut stiffness = 0.0;

        for _ in 0..self.max_steps {
            let (to, last) = step.aim(recorder.accepted(), ", or stiff (use the implicit Radau)")?;
            let (t, h) = (step.t, step.h);
            let tried = stages.evaluate(&mut rhs, t, h, &y);
            let error = |j: usize| h * weighted(&stages, &ERROR, j);
            let size = match &tried {
                Ok(()) if stages.point.iter().all(|v| v.is_finite()) => tolerance.norm(error, &y, &stages.point),
                _ => f64::INFINITY,
            };
            if !size.is_finite() {
                step.reject(0.1, tried.err());
                continue;
            }
            let growth = 0.9 * size.powf(-ALPHA) * former.powf(BETA);
            if size > 1.0 {
                step.reject((0.9 * size.powf(-ALPHA)).clamp(0.1, 1.0), None);
                continue;
            }
            former = size.max(1e-4);
            next.copy_from_slice(&stages.point);
            let (changed, _) = recorder.observe(to, &mut next)?;
            if changed {
                rhs.evaluate(to, &next, &mut stages.slopes[6])?;
            }
            let ended = recorder.push(to, &next, |out| {
                let slopes = [&stages.slopes[0], &stages.slopes[6]].map(Vec::as_slice);
                piece::hermite(out, h, [&y, &next], slopes, |j| h * weighted(&stages, &DENSE, j));
            })?;
            if last || ended {
                return Ok(Work { rejected: step.rejected, evaluations: rhs.evaluations, ..Work::default() });
            }
            stiffness = 0.95 * stiffness + 0.05 * spectral_radius(&stages, h, &y);
            std::mem::swap(&mut y, &mut next);
            stages.slopes.swap(0, 6);
            step.h *= T::of(growth.clamp(0.2, if step.after_rejection { 1.0 } else { 10.0 }));
            step.accept(to);
        }
        let advice = if stiffness > 0.8 * STABILITY_EDGE {
            "the steps are at the limit of stability, so the problem is stiff: use the implicit Radau"
        } else {
            "raise max_steps or loosen rtol and atol; if the problem is stiff, use the implicit Radau"
        };
        Err(step.exhausted(self.max_steps, advice))
    }
}

/// Σ wᵢ kᵢ of component `j`.
fn weighted<T: Scalar>(stages: &Stages<T>, weights: &[f64; 7], j: usize) -> T {
    stages.slopes.iter().zip(weights).map(|(slope, &weight)| T::of(weight) * slope[j]).sum()
}

/// An estimate of h |λ| for the fastest mode, from the last two stages, both at t + h (same book, IV.2).
fn spectral_radius<T: Scalar>(stages: &Stages<T>, h: T, y: &[T]) -> f64 {
    let row = DORMAND_PRINCE.rows[4];
    let (mut slopes, mut points) = (T::zero(), T::zero());
    for (j, &start) in y.iter().enumerate() {
        let sixth = start + h * stages.slopes.iter().zip(row).map(|(slope, &a)| T::of(a) * slope[j]).sum::<T>();
        let (slope, point) = (stages.slopes[6][j] - stages.slopes[5][j], stages.point[j] - sixth);
        slopes += slope * slope;
        points += point * point;
    }
    if points > T::zero() { Scalar::to_f64(h.abs() * (slopes / points).sqrt()) } else { 0.0 }
}
