//! Do the conditions agree with each other, and does the form meet them?

use std::ops::Range;

use super::condition::{Condition, Function};
use super::lift::Lift;
use super::sample::{Samples, sample, worst};
use crate::autodiff::Var;
use crate::differential::domain::Domain;
use crate::{Error, Result};

/// What counts as rounding, relative to the size of the data.
const TOLERANCE: f64 = 1e-8;

/// value · u + slope · ∂u/∂x of the condition, of a function given on its face.
fn applied<'g, const N: usize>(c: &Condition<N>, u: Var<'g>, x: [Var<'g>; N]) -> Var<'g> {
    let u = u.broadcast_as(x[c.axis]);
    match (c.value, c.slope) {
        (value, 0.0) => value * u,
        (0.0, slope) => slope * u.d(x[c.axis]),
        (value, slope) => value * u + slope * u.d(x[c.axis]),
    }
}

/// All about one form.
pub(super) struct Checks<'a, const N: usize> {
    pub domain: &'a Domain<N>,
    pub conditions: &'a [Condition<N>],
    /// Whether the axis is periodic.
    pub periodic: [bool; N],
}

impl<const N: usize> Checks<'_, N> {
    /// Data are finite, fit together at the edges, and repeat along periodic axes.
    pub fn data_agree(&self) -> Result<()> {
        let mut sizes = Vec::with_capacity(self.conditions.len());
        for (j, b) in self.conditions.iter().enumerate() {
            let samples = sample(self.domain, &[b.face()], |x| data(b, x))?;
            self.finite(&samples, &b.name)?;
            sizes.push(samples.size());
            for (a, &size) in self.conditions[..j].iter().zip(&sizes) {
                if a.axis != b.axis && !(a.is_zero() && b.is_zero()) {
                    self.edge_agrees(a, b, [size, sizes[j]])?;
                }
            }
            if b.is_function() && !self.periodic[b.axis] {
                self.repeats(&b.name, &[b.face()], |x| data(b, x))?;
            }
        }
        Ok(())
    }

    /// How large the condition's left side is for a u of size 1.
    fn reach(&self, c: &Condition<N>) -> f64 {
        c.value.abs() + c.slope.abs() / self.domain.length(c.axis)
    }

    /// Each condition applied to the other's data gives the same on the edge that they share.
    fn edge_agrees(&self, a: &Condition<N>, b: &Condition<N>, sizes: [f64; 2]) -> Result<()> {
        let edge = [a.face(), b.face()];
        let first = sample(self.domain, &edge, |x| applied(b, data(a, x), x))?;
        let second = sample(self.domain, &edge, |x| applied(a, data(b, x), x))?;
        let scale = self.reach(b) * sizes[0] + self.reach(a) * sizes[1];
        let Some(worst) = disagreement(&first, &second, |a, b| scale + a.abs() + b.abs()) else { return Ok(()) };
        let asked = if a.slope == 0.0 && b.slope == 0.0 { "u" } else { "the other's left-hand side" };
        let reason = format!(
            "they contradict each other at {}: the data of the first make {asked} {}, those of the second {}; \
             change one of them, or impose one softly by Equation::with_condition",
            first.place(self.domain, worst),
            first.values[worst] / if b.slope == 0.0 { b.value } else { 1.0 },
            second.values[worst] / if a.slope == 0.0 { a.value } else { 1.0 },
        );
        Err(Error::invalid(format!("{} and {}", a.name, b.name), reason))
    }

    /// A function with its slopes is equal at both ends of each periodic axis, on a face.
    fn repeats<F>(&self, name: &str, face: &[(usize, f64)], function: F) -> Result<()>
    where
        F: for<'g> Fn([Var<'g>; N]) -> Var<'g>,
    {
        for axis in (0..N).filter(|&axis| self.periodic[axis]) {
            let Range { start, end } = self.domain.ranges()[axis];
            let at = |x: f64| [face, &[(axis, x)]].concat();
            let value = |x: f64| sample(self.domain, &at(x), &function);
            let slope = |x: f64| sample(self.domain, &at(x), |x| function(x).broadcast_as(x[0]).d(x[axis]));
            let (values, slopes) = ([value(start)?, value(end)?], [slope(start)?, slope(end)?]);
            // Data that vanish at the ends, as sines do, have the size that they have in between.
            let size = sample(self.domain, face, &function)?.size();
            let steepness = sample(self.domain, face, |x| function(x).broadcast_as(x[0]).d(x[axis]))?.size();
            let bound = TOLERANCE * (size + self.domain.length(axis) * steepness);
            for (what, [low, high], unit) in [("value", values, 1.0), ("slope", slopes, self.domain.length(axis))] {
                let mut jumps = low.values.iter().zip(&high.values).map(|(a, b)| (a - b).abs() * unit);
                if let Some(index) = jumps.position(|jump| jump.is_nan() || jump > bound) {
                    let coordinate = self.domain.names()[axis];
                    let (low, high) = (low.values[index], high.values[index]);
                    let values = format!("{low} at {coordinate} = {start} and {high} at {coordinate} = {end}");
                    let reason = format!(
                        "the {what} is {values}; give what is periodic, or ask softly, by Equation::with_condition, that \
                         value and slope be the same at both ends"
                    );
                    return Err(Error::invalid(format!("{name} and periodic coordinate {coordinate}"), reason));
                }
            }
        }
        Ok(())
    }

    fn lifted<'g>(&self, lift: &Lift<N>, x: [Var<'g>; N]) -> Var<'g> {
        lift.at(self.domain, self.conditions, x).unwrap_or_else(|| x[0].number(0.0))
    }

    /// A meets each condition, and the user's factor keeps B's homogeneous ones.
    pub fn lift_and_factor(&self, lift: &Lift<N>, factor: Option<&Function<N>>) -> Result<()> {
        let given = matches!(lift, Lift::Own(_));
        let size = self.own("inhomogeneous part of a form", |x| self.lifted(lift, x), given)?;
        for c in self.conditions {
            let face = [c.face()];
            let wanted = sample(self.domain, &face, |x| data(c, x))?;
            let met = sample(self.domain, &face, |x| applied(c, self.lifted(lift, x), x))?;
            let scale = self.reach(c) * size + wanted.size() + met.size();
            if let Some(worst) = disagreement(&met, &wanted, |_, _| scale) {
                let (place, met, wanted) = (met.place(self.domain, worst), met.values[worst], wanted.values[worst]);
                let reason = format!("the inhomogeneous part gives {met} at {place}, where the data say {wanted}");
                return Err(Error::invalid(c.name.clone(), reason));
            }
        }
        let Some(factor) = factor else { return Ok(()) };
        let size = self.own("factor of a form", |x| factor.at(x), true)?;
        let alone = |c: &Condition<N>| {
            self.conditions.iter().filter(|other| (other.axis, other.side) == (c.axis, c.side)).count() == 1
        };
        for c in self.conditions.iter().filter(|c| c.slope != 0.0 && alone(c)) {
            let slope = sample(self.domain, &[c.face()], |x| factor.at(x).broadcast_as(x[0]).d(x[c.axis]))?;
            let steepest = worst(&slope.values);
            let (place, slope) = (slope.place(self.domain, steepest), slope.values[steepest]);
            if slope.is_nan() || slope.abs() > TOLERANCE * (size / self.domain.length(c.axis)) {
                let reason = format!(
                    "the factor given has the slope {slope} at {place}, which breaks the condition; make it 0 there"
                );
                return Err(Error::invalid(c.name.clone(), reason));
            }
        }
        Ok(())
    }

    /// The size of A or B, which is finite and, if it is the user's, periodic where that was promised.
    fn own<F>(&self, what: &str, function: F, given: bool) -> Result<f64>
    where
        F: for<'g> Fn([Var<'g>; N]) -> Var<'g>,
    {
        let inside = sample(self.domain, &[], &function)?;
        self.finite(&inside, what)?;
        if given {
            self.repeats(what, &[], function)?;
        }
        Ok(inside.size())
    }

    fn finite(&self, samples: &Samples, what: &str) -> Result<()> {
        let worst = worst(&samples.values);
        let (place, value) = (samples.place(self.domain, worst), samples.values[worst]);
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::invalid(what, format!("it is {value} at {place}; give what is finite")))
    }
}

/// The data of `c` in terms of the other coordinates.
fn data<'g, const N: usize>(c: &Condition<N>, x: [Var<'g>; N]) -> Var<'g> {
    c.data_at(c.at_end(x)).unwrap_or_else(|| x[0].number(0.0))
}

/// Where two functions differ most, if that is by more than rounding of `scale`; NaN disagrees as well.
fn disagreement(a: &Samples, b: &Samples, scale: impl Fn(f64, f64) -> f64) -> Option<usize> {
    let gaps: Vec<f64> = a.values.iter().zip(&b.values).map(|(a, b)| a - b).collect();
    let worst = worst(&gaps);
    let bound = TOLERANCE * scale(a.values[worst], b.values[worst]);
    (gaps[worst].is_nan() || gaps[worst].abs() > bound).then_some(worst)
}
