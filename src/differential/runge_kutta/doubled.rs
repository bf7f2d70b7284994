//! The error of equal steps, by steps twice as long.

use super::integrator::RightHandSide;
use super::stages::{Stages, Tableau};
use crate::Scalar;

/// One step for every two of ours, from the same start on: with the order p it is off 2^p times as far, so that we are by
/// what it differs over 2^p − 1 (Richardson, 1911).
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
            error: None,
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
        let Doubled { stages, from, start, end, ahead, moved, .. } = self;
        let h = to - *from;
        let made = rhs
            .evaluate(*from, start, &mut stages.slopes[0])
            .and_then(|()| stages.evaluate(rhs, *from, h, start))
            .map(|()| stages.advance(h, start, end));
        for (j, ahead) in ahead.iter_mut().enumerate() {
            *ahead = end[j] + moved[j] - y[j];
        }
        let found = made.is_ok() && ahead.iter().all(|v| v.is_finite());
        let largest = ahead.iter().fold(0.0, |m: f64, v| m.max(Scalar::to_f64(v.abs())));
        let error = if found { largest / (2f64.powi(self.order) - 1.0) } else { f64::INFINITY };
        self.error = Some(self.error.map_or(error, |former| former.max(error)));
    }

    /// The largest |yⱼ − yⱼ(t)|, as far as it is known.
    pub fn error(&self) -> f64 {
        self.error.unwrap_or(f64::INFINITY)
    }
}
