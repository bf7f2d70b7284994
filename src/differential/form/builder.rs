//! The conditions of a form, gathered one after the other.

use std::sync::Arc;

use super::axis::Axis;
use super::check::Checks;
use super::condition::{Condition, Data, Function, Side};
use super::lift::Lift;
use super::trial::Form;
use crate::autodiff::Var;
use crate::differential::checks;
use crate::differential::domain::Domain;
use crate::{Error, Result};

/// The most harmonics of a periodic coordinate.
const MAX_HARMONICS: usize = 256;

/// Gathers the conditions of a [`Form`]. Data are numbers, or functions by [`field`](super::field).
///
/// The first mistake is kept, and returned by [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use]
pub struct FormBuilder<const N: usize> {
    domain: Domain<N>,
    conditions: Vec<Condition<N>>,
    harmonics: [usize; N],
    lift: Option<Function<N>>,
    factor: Option<Function<N>>,
    error: Option<Error>,
}

impl<const N: usize> Form<N> {
    /// Starts a form on this box; ends without a condition stay free.
    pub fn on(domain: &Domain<N>) -> FormBuilder<N> {
        let (domain, conditions) = (domain.clone(), Vec::new());
        FormBuilder { domain, conditions, harmonics: [0; N], lift: None, factor: None, error: None }
    }
}

impl<const N: usize> FormBuilder<N> {
    /// u = `data` at an end of `axis`.
    pub fn dirichlet(self, axis: &str, side: Side, data: impl Into<Data<N>>) -> Self {
        self.condition("Dirichlet condition", axis, side, [1.0, 0.0], data.into())
    }

    /// ∂u/∂x = `data` at an end of `axis` x: the derivative along the coordinate, at the lower end as
    /// well (there the outward normal's is −∂u/∂x).
    pub fn neumann(self, axis: &str, side: Side, data: impl Into<Data<N>>) -> Self {
        self.condition("Neumann condition", axis, side, [0.0, 1.0], data.into())
    }

    /// α u + β ∂u/∂x = `data` at an end of `axis` x, with `coefficients` [α, β].
    pub fn robin(self, axis: &str, side: Side, coefficients: [f64; 2], data: impl Into<Data<N>>) -> Self {
        self.condition("Robin condition", axis, side, coefficients, data.into())
    }

    /// u = `data` at the start of `axis`.
    pub fn initial(self, axis: &str, data: impl Into<Data<N>>) -> Self {
        self.condition("initial value", axis, Side::Lower, [1.0, 0.0], data.into())
    }

    /// ∂u/∂t = `data` at the start of `axis` t; beside [`initial`](Self::initial) for equations of
    /// second order in time.
    pub fn initial_velocity(self, axis: &str, data: impl Into<Data<N>>) -> Self {
        self.condition("initial velocity", axis, Side::Lower, [0.0, 1.0], data.into())
    }

    /// u and all its derivatives are the same at both ends of `axis`. The network sees sines and cosines
    /// of this many harmonics of the range; 1 suffices in principle, more make fine detail easier.
    pub fn periodic(mut self, axis: &str, harmonics: usize) -> Self {
        let what = format!("harmonics of periodic coordinate {axis}");
        let count = checks::within(what, harmonics, 1..=MAX_HARMONICS);
        match self.domain.axis(axis).and_then(|k| count.map(|()| k)) {
            Ok(k) => self.harmonics[k] = harmonics,
            Err(error) => self.refuse(error),
        }
        self
    }

    /// A of one's own, in place of the interpolation. It is checked against the data.
    ///
    /// ```
    /// use eigennet::differential::{Domain, Form, Side, field};
    /// let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0])?;
    /// let slope = Form::on(&domain).neumann("y", Side::Lower, field(|[x, _]| x.exp()));
    /// let form = slope.lift(|[x, y]| x.exp() * y.sin()).build()?;
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn lift<F>(mut self, function: F) -> Self
    where
        F: for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static,
    {
        self.lift = Some(Function::new(function));
        self
    }

    /// Multiplies B by a function of one's own: one that vanishes on a further boundary, where u = A is
    /// to hold, such as the distance of a [`Region`](crate::differential::Region).
    ///
    /// ```
    /// use eigennet::differential::{Domain, Form, Region};
    /// // A disk, through time: u = 0 on its edge and at the start.
    /// let disk = Region::disk([0.0, 0.0], 1.0)?;
    /// let domain = Domain::new(["x", "y", "t"], [-1.0..1.0, -1.0..1.0, 0.0..0.5])?;
    /// let form = Form::on(&domain).initial("t", 0.0).factor(move |[x, y, _]| disk.distance([x, y])).build()?;
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn factor<F>(mut self, function: F) -> Self
    where
        F: for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static,
    {
        self.factor = Some(Function::new(function));
        self
    }

    fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    fn condition(mut self, kind: &str, axis: &str, side: Side, [value, slope]: [f64; 2], data: Data<N>) -> Self {
        let condition = self.domain.axis(axis).and_then(|k| {
            let place = side.of(&self.domain.ranges()[k]);
            let name = format!("{kind} at {axis} = {place}");
            if !(value.is_finite() && slope.is_finite() && (value, slope) != (0.0, 0.0)) {
                let reason = format!("[{value}, {slope}]; they have to be finite, and not both 0");
                return Err(Error::invalid(format!("coefficients of the {name}"), reason));
            }
            let condition = Condition { axis: k, side, place, value, slope, data, name };
            self.check_end(&condition)?;
            Ok(condition)
        });
        match condition {
            Ok(condition) => self.conditions.push(condition),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// At most two independent conditions belong to an end.
    fn check_end(&self, new: &Condition<N>) -> Result<()> {
        let unit = self.domain.length(new.axis);
        let others = self.conditions.iter().filter(|c| (c.axis, c.side) == (new.axis, new.side));
        for (count, old) in others.enumerate() {
            let clash = |reason: &str| Err(Error::invalid(format!("{} and {}", old.name, new.name), reason));
            let (a, b) = ([old.value * unit, old.slope], [new.value * unit, new.slope]);
            let size = a[0].hypot(a[1]) * b[0].hypot(b[1]);
            if (a[0] * b[1] - a[1] * b[0]).abs() <= 1e-10 * size {
                return clash("both prescribe the same combination of u and its slope at this end; keep one");
            }
            if count > 0 {
                return clash("an end takes at most two conditions, which are its value and slope; this is the third");
            }
        }
        Ok(())
    }

    /// Makes the form, once the conditions are found to agree.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a coordinate that is none. [`Error::InvalidArgument`], naming the
    /// conditions and the place, where two of them contradict each other (at one end, at a corner where
    /// their data differ, or along a periodic coordinate), where data are not finite or not one column,
    /// where a lift or factor of one's own breaks a condition, and where a derivative of data along an
    /// edge is needed that varies there: then give [`lift`](Self::lift).
    #[inline(never)]
    pub fn build(self) -> Result<Form<N>> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if let Some(c) = self.conditions.iter().find(|c| self.harmonics[c.axis] > 0) {
            let what = format!("{} and periodic coordinate {}", c.name, self.domain.names()[c.axis]);
            return Err(Error::invalid(what, "a periodic coordinate has no ends; drop one of the two"));
        }
        let periodic = self.harmonics.map(|h| h > 0);
        let checks = Checks { domain: &self.domain, conditions: &self.conditions, periodic };
        checks.data_agree()?;
        let lift = match self.lift {
            Some(own) => Lift::Own(own),
            None => Lift::transfinite(&self.domain, &self.conditions)?,
        };
        checks.lift_and_factor(&lift, self.factor.as_ref())?;
        let axes = self.domain.ranges().iter().zip(self.harmonics).enumerate().map(|(k, (range, harmonics))| {
            let own: Vec<&Condition<N>> = self.conditions.iter().filter(|c| c.axis == k).collect();
            Axis::new(range, &own, harmonics)
        });
        let axes = axes.collect::<Result<_>>()?;
        let (conditions, lift) = (self.conditions.into(), Arc::new(lift));
        Ok(Form { domain: self.domain, conditions, axes, lift, own_factor: self.factor })
    }
}
