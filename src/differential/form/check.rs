//! Do the conditions agree with each other, and does the form meet them?

use super::condition::{Condition, Function};
use super::lift::Lift;
use super::sample::{Samples, at_end, end, sample};
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
    fn face(&self, c: &Condition<N>) -> (usize, f64) {
        (c.axis, end(self.domain, c.axis, c.side))
    }

    fn length(&self, axis: usize) -> f64 {
        let range = &self.domain.ranges()[axis];
        range.end - range.start
    }

    /// The data of `c` in terms of the other coordinates.
    fn data<'g>(&self, c: &Condition<N>, x: [Var<'g>; N]) -> Var<'g> {
        c.data_at(at_end(self.domain, x, c.axis, c.side)).unwrap_or_else(|| x[0].number(0.0))
    }

    /// Data are finite, fit together at the edges, and repeat along periodic axes.
    pub fn data_agree(&self) -> Result<()> {
        let mut sizes = Vec::with_capacity(self.conditions.len());
        for c in self.conditions {
            let samples = sample(self.domain, &[self.face(c)], |x| self.data(c, x))?;
            let worst = samples.worst();
            if !samples.values.iter().all(|v| v.is_finite()) {
                let place = samples.place(self.domain, worst);
                return Err(Error::invalid(
                    c.name.clone(),
                    format!("its data are {} at {place}; give finite data", samples.values[worst]),
                ));
            }
            sizes.push(samples.size());
        }
        for (j, b) in self.conditions.iter().enumerate() {
            for (i, a) in self.conditions[..j].iter().enumerate() {
                if a.axis != b.axis && !(a.is_zero() && b.is_zero()) {
                    self.edge_agrees(a, b, [sizes[i], sizes[j]])?;
                }
            }
            if b.is_function() && !self.periodic[b.axis] {
                self.repeats(&b.name, &[self.face(b)], |x| self.data(b, x))?;
            }
        }
        Ok(())
    }

    /// Each condition applied to the other's data gives the same on the edge that they share.
    fn edge_agrees(&self, a: &Condition<N>, b: &Condition<N>, sizes: [f64; 2]) -> Result<()> {
        let edge = [self.face(a), self.face(b)];
        let first = sample(self.domain, &edge, |x| applied(b, self.data(a, x), x))?;
        let second = sample(self.domain, &edge, |x| applied(a, self.data(b, x), x))?;
        let reach = |c: &Condition<N>| c.value.abs() + c.slope.abs() / self.length(c.axis);
        let scale = reach(b) * sizes[0] + reach(a) * sizes[1];
        let differences: Vec<f64> = first.values.iter().zip(&second.values).map(|(a, b)| a - b).collect();
        let difference = Samples { points: first.points.clone(), values: differences };
        let worst = difference.worst();
        let bound = TOLERANCE * (scale + first.values[worst].abs() + second.values[worst].abs());
        // NaN disagrees as well.
        if difference.values[worst].abs() <= bound {
            return Ok(());
        }
        let asked = if a.slope == 0.0 && b.slope == 0.0 { "u" } else { "the other's left-hand side" };
        Err(Error::invalid(
            format!("{} and {}", a.name, b.name),
            format!(
                "they contradict each other at {}: the data of the first make {asked} {}, those of the second {}; \
                 change one of them, or impose one softly by Equation::with_condition",
                difference.place(self.domain, worst),
                first.values[worst] / if b.slope == 0.0 { b.value } else { 1.0 },
                second.values[worst] / if a.slope == 0.0 { a.value } else { 1.0 },
            ),
        ))
    }

    /// A function with its slopes is equal at both ends of each periodic axis, on a face.
    fn repeats<F>(&self, name: &str, face: &[(usize, f64)], function: F) -> Result<()>
    where
        F: for<'g> Fn([Var<'g>; N]) -> Var<'g>,
    {
        for axis in (0..N).filter(|&axis| self.periodic[axis]) {
            let range = &self.domain.ranges()[axis];
            let at = |x: f64| [face, &[(axis, x)]].concat();
            let value = |x: f64| sample(self.domain, &at(x), &function);
            let slope = |x: f64| sample(self.domain, &at(x), |x| function(x).broadcast_as(x[0]).d(x[axis]));
            let values = [value(range.start)?, value(range.end)?];
            let slopes = [slope(range.start)?, slope(range.end)?];
            let size = values[0].size().max(values[1].size());
            let unit = self.length(axis);
            for (what, [low, high], unit) in [("value", values, 1.0), ("slope", slopes, unit)] {
                let bound = TOLERANCE * (size + unit * low.size().max(high.size()));
                let mut jumps = low.values.iter().zip(&high.values).map(|(a, b)| (a - b).abs() * unit);
                if let Some(index) = jumps.position(|jump| jump.is_nan() || jump > bound) {
                    let coordinate = self.domain.names()[axis];
                    return Err(Error::invalid(
                        format!("{name} and periodic coordinate {coordinate}"),
                        format!(
                            "the {what} is {} at {coordinate} = {} and {} at {coordinate} = {}; give what is periodic",
                            low.values[index], range.start, high.values[index], range.end
                        ),
                    ));
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
        let inside = sample(self.domain, &[], |x| self.lifted(lift, x))?;
        let name = "inhomogeneous part of a form";
        self.finite(&inside, name)?;
        if let Lift::Own(function) = lift {
            self.repeats(name, &[], |x| function(x))?;
        }
        for c in self.conditions {
            let face = [self.face(c)];
            let data = sample(self.domain, &face, |x| self.data(c, x))?;
            let met = sample(self.domain, &face, |x| applied(c, self.lifted(lift, x), x))?;
            let misses = data.values.iter().zip(&met.values).map(|(data, met)| met - data).collect();
            let miss = Samples { points: met.points.clone(), values: misses };
            let reach = c.value.abs() + c.slope.abs() / self.length(c.axis);
            let bound = TOLERANCE * (reach * inside.size() + data.size() + met.size());
            let worst = miss.worst();
            if miss.values[worst].is_nan() || miss.values[worst].abs() > bound {
                return Err(Error::invalid(
                    c.name.clone(),
                    format!(
                        "the inhomogeneous part gives {} at {}, where the data say {}",
                        met.values[worst],
                        met.place(self.domain, worst),
                        data.values[worst]
                    ),
                ));
            }
        }
        let Some(factor) = factor else { return Ok(()) };
        let inside = sample(self.domain, &[], |x| factor(x))?;
        let name = "factor of a form";
        self.finite(&inside, name)?;
        self.repeats(name, &[], |x| factor(x))?;
        let alone = |c: &Condition<N>| {
            self.conditions.iter().filter(|other| (other.axis, other.side) == (c.axis, c.side)).count() == 1
        };
        for c in self.conditions.iter().filter(|c| c.slope != 0.0 && alone(c)) {
            let slope = sample(self.domain, &[self.face(c)], |x| factor(x).broadcast_as(x[0]).d(x[c.axis]))?;
            let worst = slope.worst();
            let bound = TOLERANCE * (inside.size() / self.length(c.axis));
            if slope.values[worst].is_nan() || slope.values[worst].abs() > bound {
                return Err(Error::invalid(
                    c.name.clone(),
                    format!(
                        "the factor given has the slope {} at {}, which breaks the condition; make it 0 there",
                        slope.values[worst],
                        slope.place(self.domain, worst)
                    ),
                ));
            }
        }
        Ok(())
    }

    fn finite(&self, samples: &Samples, what: &str) -> Result<()> {
        if samples.values.iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        let worst = samples.worst();
        let place = samples.place(self.domain, worst);
        Err(Error::invalid(what, format!("it is {} at {place}; give a finite one", samples.values[worst])))
    }
}
