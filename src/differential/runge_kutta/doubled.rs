//! The error of equal steps, by steps twice and four times as long and by what rounding they make.

use super::integrator::RightHandSide;
use super::stages::{Stages, Tableau};
use crate::{Result, Scalar};

/// One step for every two of ours, from the same start on: with the order p it is off 2^p times as far, so that we are by
/// what it differs over 2^p − 1 (Richardson, 1911). Whether the order is p is seen from one step for every four: if so, it
/// differs 2^p times as much from the one for two as that from ours. A step that is left over is compared with two halves
/// of it.
pub(super) struct Doubled<T> {
    stages: Stages<T>,
    order: i32,
    twice: Longer<T>,
    fourfold: Longer<T>,
    /// What a step of ours adds.
    increment: Vec<T>,
    /// The largest difference of steps twice as long from ours; infinite if they have gone astray, none before the first.
    difference: Option<f64>,
    /// The same, and that of steps four times as long from them, where both end.
    compared: [f64; 2],
    /// max |y|.
    largest: f64,
}

/// A difference of so many ε max |y| may be all rounding, which has no order.
const ROUNDING: f64 = 16.0;

impl<T: Scalar> Doubled<T> {
    #[inline(never)]
    pub fn new(tableau: &'static Tableau, order: i32, dimension: usize) -> Self {
        let power = 2f64.powi(order);
        Doubled {
            stages: Stages::new(tableau, dimension),
            order,
            twice: Longer::new(2, power, dimension),
            fourfold: Longer::new(4, power + power * power, dimension),
            increment: vec![T::zero(); dimension],
            difference: None,
            compared: [0.0; 2],
            largest: 0.0,
        }
    }

    /// Takes note of a step of ours by h from y to (`to`, `next`), of these stages.
    pub fn note(
        &mut self,
        rhs: &mut RightHandSide<'_, '_, T>,
        made: &Stages<T>,
        (h, to): (T, T),
        (y, next): (&[T], &[T]),
    ) {
        made.increment(h, &mut self.increment);
        self.largest = next.iter().fold(self.largest, |m, v| m.max(Scalar::to_f64(v.abs())));
        let Doubled { stages, twice, fourfold, increment, .. } = self;
        fourfold.note(y, next, increment);
        if twice.note(y, next, increment) {
            twice.end(stages, rhs, to, next);
            self.settle();
        }
        let Doubled { stages, twice, fourfold, .. } = self;
        if fourfold.made + 1 == fourfold.every {
            fourfold.end(stages, rhs, to, next);
            let apart = largest(fourfold.ahead.iter().zip(&twice.ahead).map(|(&a, &b)| a - b));
            let found = [twice.largest(), if fourfold.astray { f64::INFINITY } else { apart }];
            self.compared = std::array::from_fn(|k| self.compared[k].max(found[k]));
        }
    }

    /// Goes on after that step, which led to `next` and was moved to `observed`.
    pub fn go_on(&mut self, (t, y): (T, &[T]), (next, observed): (&[T], &[T])) {
        self.twice.go_on((t, y), (next, observed));
        self.fourfold.go_on((t, y), (next, observed));
    }

    /// Comes to a last step of ours, from (t, y) to (`to`, `next`), which was moved to `observed`. If it has no second, it is
    /// compared with two of half its length. Of a step that is the only one nothing is known.
    pub fn finish(
        &mut self,
        rhs: &mut RightHandSide<'_, '_, T>,
        (t, y): (T, &[T]),
        to: T,
        (next, observed): (&[T], &[T]),
    ) {
        let Doubled { stages, twice, fourfold, .. } = self;
        if fourfold.made > 0 {
            fourfold.end(stages, rhs, to, observed);
            fourfold.made = 0;
        }
        if twice.made == 0 {
            return;
        }
        twice.made = 0;
        if self.difference.is_none() {
            return;
        }
        let Longer { start, end, ahead, rounding, scale, astray, .. } = twice;
        let middle = t + T::of(0.5) * (to - t);
        let made =
            advance(stages, rhs, t, middle, y, start).and_then(|()| advance(stages, rhs, middle, to, start, end));
        *astray |= made.is_err();
        for (j, ahead) in ahead.iter_mut().enumerate() {
            *ahead += T::of(*scale) * (next[j] - end[j]);
        }
        rounding.fill(T::zero());
        self.settle();
    }

    /// Makes what steps twice as long are ahead part of the estimate.
    fn settle(&mut self) {
        let found = self.twice.largest();
        self.difference = Some(self.difference.map_or(found, |former| former.max(found)));
    }

    /// The largest |yⱼ − yⱼ(t)|, as far as it is known.
    pub fn error(&self) -> f64 {
        let Some(difference) = self.difference else { return f64::INFINITY };
        let power = 2f64.powi(self.order);
        let whole = difference / (power - 1.0);
        let [near, far] = self.compared;
        // Steps four times as long that lead elsewhere, being unstable for one, say nothing of ours.
        if far > self.largest {
            return whole;
        }
        let noise = ROUNDING * Scalar::to_f64(T::EPSILON) * self.largest;
        let ratio = (far + power * noise) / (near + noise);
        if ratio <= 1.0 {
            f64::INFINITY
        } else if ratio < power * std::f64::consts::FRAC_1_SQRT_2 {
            difference / (ratio - 1.0)
        } else if ratio < 2.0 * power || ratio.is_nan() {
            whole
        } else {
            // Two of the three may agree by accident.
            whole.max(far / (power * (power - 1.0)))
        }
    }
}

/// Steps as long as `every` steps of ours.
struct Longer<T> {
    every: usize,
    /// Its step: from this time and y, to this one, and how many of ours have been made since.
    from: T,
    start: Vec<T>,
    end: Vec<T>,
    made: usize,
    /// Its y less ours where its last step has ended.
    ahead: Vec<T>,
    /// How far ours was moved within its step.
    moved: Vec<T>,
    /// How far ours is off by rounding since it began, as a compensated sum measures it (Kahan, 1965), and the factor with
    /// which that joins the difference, to look like an error of the order p; both then go where the equation takes them.
    rounding: Vec<T>,
    scale: f64,
    /// Whether it has come to where f is not finite, which is no error of ours.
    astray: bool,
}

impl<T: Scalar> Longer<T> {
    fn new(every: usize, scale: f64, dimension: usize) -> Self {
        let zeros = || vec![T::zero(); dimension];
        Longer {
            every,
            from: T::zero(),
            start: zeros(),
            end: zeros(),
            made: 0,
            ahead: zeros(),
            moved: zeros(),
            rounding: zeros(),
            scale,
            astray: false,
        }
    }

    /// Takes note of a step of ours from y to `next`, and returns whether its own ends there.
    fn note(&mut self, y: &[T], next: &[T], increment: &[T]) -> bool {
        let steps = next.iter().zip(y).zip(increment);
        for (rounding, ((&next, &y), &increment)) in self.rounding.iter_mut().zip(steps) {
            *rounding += (next - y) - increment;
        }
        self.made + 1 == self.every
    }

    fn go_on(&mut self, (t, y): (T, &[T]), (next, observed): (&[T], &[T])) {
        if self.made == 0 {
            self.from = t;
            for (j, &y) in y.iter().enumerate() {
                self.start[j] = y + self.ahead[j];
                self.moved[j] = T::zero();
            }
        }
        self.moved.iter_mut().zip(observed.iter().zip(next)).for_each(|(moved, (&to, &from))| *moved += to - from);
        self.made = (self.made + 1) % self.every;
    }

    /// Ends its step at time `to`, where ours is `y`.
    fn end(&mut self, stages: &mut Stages<T>, rhs: &mut RightHandSide<'_, '_, T>, to: T, y: &[T]) {
        if self.astray {
            return;
        }
        self.astray = advance(stages, rhs, self.from, to, &self.start, &mut self.end).is_err();
        for (j, ahead) in self.ahead.iter_mut().enumerate() {
            *ahead = self.end[j] + self.moved[j] - y[j] + T::of(self.scale) * self.rounding[j];
        }
        self.rounding.fill(T::zero());
        self.astray |= !self.ahead.iter().all(|v| v.is_finite());
    }

    /// How far it is ahead at most.
    fn largest(&self) -> f64 {
        if self.astray { f64::INFINITY } else { largest(self.ahead.iter().copied()) }
    }
}

fn largest<T: Scalar>(values: impl Iterator<Item = T>) -> f64 {
    values.fold(0.0, |m: f64, v| m.max(Scalar::to_f64(v.abs())))
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
