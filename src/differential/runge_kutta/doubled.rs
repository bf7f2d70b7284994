//! The error of equal steps, by steps twice as long and by what rounding they make.

use super::integrator::RightHandSide;
use super::stages::{Stages, Tableau};
use crate::{Result, Scalar};

/// One step for every two of ours, from the same start on: with the order p it is off 2^p times as far, so that we are by
/// what it differs over 2^p − 1 (Richardson, 1911). What rounding adds to ours is measured at each step, as a compensated sum
/// does (Kahan, 1965), and joins that difference with the factor that makes it count once; both then go where the equation
/// takes them. A step that is left over is compared with two halves of it.
pub(super) struct Doubled<T> {
    stages: Stages<T>,
    order: i32,
    /// Its step: from this time and y, to this one.
    from: T,
    start: Vec<T>,
    end: Vec<T>,
    /// Its y less ours where its last step has ended.
    ahead: Vec<T>,
    /// How far ours was moved within its step.
    moved: Vec<T>,
    /// How far ours is off by rounding since it began.
    rounding: Vec<T>,
    /// What a step of ours adds.
    increment: Vec<T>,
    /// The largest estimate; infinite if it has gone astray, none before the first.
    error: Option<f64>,
}

impl<T: Scalar> Doubled<T> {
    #[inline(never)]
    pub fn new(tableau: &'static Tableau, order: i32, dimension: usize) -> Self {
        let zeros = || vec![T::zero(); dimension];
        let stages = Stages::new(tableau, dimension);
        Doubled {
            stages,
            order,
            from: T::zero(),
            start: zeros(),
            end: zeros(),
            ahead: zeros(),
            moved: zeros(),
            rounding: zeros(),
            increment: zeros(),
            error: None,
        }
    }

    /// Takes note of a step of ours by h from y to `next`, of these stages.
    pub fn note(&mut self, made: &Stages<T>, h: T, y: &[T], next: &[T]) {
        made.increment(h, &mut self.increment);
        let moved = next.iter().zip(y).zip(&self.increment);
        for (rounding, ((&next, &y), &increment)) in self.rounding.iter_mut().zip(moved) {
            *rounding += (next - y) - increment;
        }
    }

    /// Begins a step beside ours from (t, y), which led to `next` and was moved to `observed`.
    pub fn begin(&mut self, t: T, y: &[T], next: &[T], observed: &[T]) {
        self.from = t;
        for (j, &y) in y.iter().enumerate() {
            self.start[j] = y + self.ahead[j];
            self.moved[j] = observed[j] - next[j];
        }
    }

    /// Ends it at time `to`, where ours is `y`. A derivative that is not finite where it has come to is no error of ours.
    pub fn end(&mut self, rhs: &mut RightHandSide<'_, '_, T>, to: T, y: &[T]) {
        if self.error == Some(f64::INFINITY) {
            return;
        }
        let Doubled { stages, from, start, end, ahead, moved, rounding, .. } = self;
        let made = advance(stages, rhs, *from, to, start, end);
        let scale = T::of(2f64.powi(self.order));
        for (j, ahead) in ahead.iter_mut().enumerate() {
            *ahead = end[j] + moved[j] - y[j] + scale * rounding[j];
        }
        self.settle(made.is_ok());
    }

    /// Looks at a last step of ours that has no second, from (t, y) to (`to`, `next`), by two of half its length. Of a step
    /// that is the only one nothing is known.
    pub fn halve(&mut self, rhs: &mut RightHandSide<'_, '_, T>, t: T, to: T, y: &[T], next: &[T]) {
        if !self.error.is_some_and(f64::is_finite) {
            return;
        }
        let Doubled { stages, start, end, ahead, .. } = self;
        let middle = t + T::of(0.5) * (to - t);
        let made =
            advance(stages, rhs, t, middle, y, start).and_then(|()| advance(stages, rhs, middle, to, start, end));
        let scale = T::of(2f64.powi(self.order));
        for (j, ahead) in ahead.iter_mut().enumerate() {
            *ahead += scale * (next[j] - end[j]);
        }
        self.settle(made.is_ok());
    }

    /// Makes what it is `ahead` part of the estimate.
    fn settle(&mut self, made: bool) {
        self.rounding.fill(T::zero());
        let found = made && self.ahead.iter().all(|v| v.is_finite());
        let largest = self.ahead.iter().fold(0.0, |m: f64, v| m.max(Scalar::to_f64(v.abs())));
        let error = if found { largest / (2f64.powi(self.order) - 1.0) } else { f64::INFINITY };
        self.error = Some(self.error.map_or(error, |former| former.max(error)));
    }

    /// The largest |yⱼ − yⱼ(t)|, as far as it is known.
    pub fn error(&self) -> f64 {
        self.error.unwrap_or(f64::INFINITY)
    }
}

/// `out` = a step from (`from`, y) to the time `to`.
fn advance<T: Scalar>(
    stages: &mut Stages<T>,
    rhs: &mut RightHandSide<'_, '_, T>,
    from: T,
    to: T,
    y: &[T],
    out: &mut [T],
) -> Result<()> {
    rhs.evaluate(from, y, &mut stages.slopes[0])?;
    stages.evaluate(rhs, from, to - from, y)?;
    stages.advance(to - from, y, out);
    Ok(())
}
