//! Derivatives in space by central differences.

use std::ops::Range;

use super::weights::difference_weights;
use crate::differential::checks;
use crate::differential::method_of_lines::SpaceGrid;
use crate::{Error, Result, Scalar};

/// What holds at one end of the interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// u is held at this value.
    Dirichlet(f64),
    /// ∂u/∂x is held at this value.
    Neumann(f64),
}

/// What holds at both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary {
    /// Conditions at the left and at the right end.
    Ends(End, End),
    /// u(start) = u(end), with all derivatives.
    Periodic,
}

/// A uniform grid with central differences of order 2 or 4, skewed close to the ends.
///
/// A Neumann end has one point beyond it, whose value is such that the difference formula meets the condition.
/// A periodic grid leaves out its last point, which is its first.
///
/// ```
/// use eigennet::differential::finite_difference::{Boundary, DifferenceGrid, End};
/// use eigennet::differential::method_of_lines::{Local, method_of_lines};
/// use eigennet::differential::runge_kutta::DormandPrince;
/// use std::f64::consts::PI;
/// // Diffusion between insulated ends: e^(−π²t) cos πx.
/// let grid = DifferenceGrid::new(0.0..1.0, 41, 4, Boundary::Ends(End::Neumann(0.0), End::Neumann(0.0)))?;
/// let start = |x: f64| (PI * x).cos();
/// let u = method_of_lines(&grid, |p: Local<f64>| p.u_xx, start, 0.0..0.1, &DormandPrince::default())?;
/// assert!((u.end()[0] - (-PI * PI * 0.1).exp()).abs() < 1e-5);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DifferenceGrid<T> {
    points: Vec<T>,
    boundary: Boundary,
    /// Formulas for u_x and u_xx around a point: `[order + 1]`.
    central: Formula<T>,
    /// Formulas of the points within `order/2` of an end.
    edges: Vec<(usize, Formula<T>)>,
    ghosts: [Option<Ghost<T>>; 2],
}

/// u_x ≈ Σⱼ firstⱼ u_{start + j}, and so for u_xx. Point −1 and point n are those beyond the ends.
#[derive(Debug, Clone)]
struct Formula<T> {
    start: isize,
    first: Vec<T>,
    second: Vec<T>,
}

/// The value beyond an end: (slope − Σⱼ wⱼ uⱼ)/w, j counted from the end inwards.
#[derive(Debug, Clone)]
struct Ghost<T> {
    slope: T,
    inner: Vec<T>,
    reciprocal: T,
}

/// The most points of a grid.
pub(super) const MAX_POINTS: usize = 1 << 26;

impl<T: Scalar> DifferenceGrid<T> {
    /// `points` points on `interval` with differences of order `order`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the interval is empty or not finite, there are fewer than order + 4 points, the
    /// order is neither 2 nor 4, a condition is not finite, or 1/h² over- or underflows.
    pub fn new(interval: Range<f64>, points: usize, order: usize, boundary: Boundary) -> Result<Self> {
        checks::interval("interval of DifferenceGrid", &interval)?;
        if order != 2 && order != 4 {
            let reason = format!("{order} is not available; take 2 or 4, or a Chebyshev or Fourier grid");
            return Err(Error::invalid("order of DifferenceGrid", reason));
        }
        checks::within("points of DifferenceGrid", points, order + 4..=MAX_POINTS)?;
        let ends = match boundary {
            Boundary::Ends(left, right) => [Some(left), Some(right)],
            Boundary::Periodic => [None, None],
        };
        if ends.into_iter().flatten().any(|(End::Dirichlet(v) | End::Neumann(v))| !v.is_finite()) {
            return Err(Error::invalid("boundary of DifferenceGrid", format!("{boundary:?} is not finite")));
        }
        let intervals = if boundary == Boundary::Periodic { points } else { points - 1 };
        let h = (interval.end - interval.start) / intervals as f64;
        let fits = [h, 1.0 / h, 1.0 / (h * h)].iter().all(|&weight| T::of(weight).is_normal());
        let reason = format_args!("spacing {h:e}: 1/h² is beyond the numbers; change the unit of length");
        Error::require(fits, "interval of DifferenceGrid", reason)?;
        let (n, half) = (points as isize, order as isize / 2);
        // How far formulas may reach beyond the points.
        let reach = ends.map(|end| match end {
            Some(End::Dirichlet(_)) => 0,
            Some(End::Neumann(_)) => 1,
            None => half,
        });
        let (low, high) = (-reach[0], n - 1 + reach[1]);
        let near_end = |i: isize| -> Result<_> {
            let formula = if i - half < low {
                Formula::around(i, low, order + 2, h)?
            } else if i + half > high {
                Formula::around(i, high - order as isize - 1, order + 2, h)?
            } else {
                Formula::around(i, i - half, order + 1, h)?
            };
            Ok((i as usize, formula))
        };
        Ok(DifferenceGrid {
            points: equidistant(&interval, intervals, points),
            boundary,
            central: Formula::around(0, -half, order + 1, h)?,
            edges: (0..half).chain(n - half..n).map(near_end).collect::<Result<_>>()?,
            ghosts: [Ghost::beyond(ends[0], order, h)?, Ghost::beyond(ends[1], order, -h)?],
        })
    }
}

/// The first `points` points of those that divide `interval` in `intervals` equal ones: exact at both ends.
pub(super) fn equidistant<T: Scalar>(interval: &Range<f64>, intervals: usize, points: usize) -> Vec<T> {
    let Range { start, end } = *interval;
    let place = |i: usize| (start * (intervals - i) as f64 + end * i as f64) / intervals as f64;
    (0..points).map(|i| T::of(place(i))).collect()
}

impl<T: Scalar> Formula<T> {
    /// Around point `i`, from `count` points beginning with `start`.
    fn around(i: isize, start: isize, count: usize, h: f64) -> Result<Self> {
        let nodes: Vec<f64> = (0..count).map(|j| (start - i) as f64 + j as f64).collect();
        let weights = difference_weights(0.0, &nodes, 2)?;
        let scaled = |k: usize, unit: f64| weights[k].iter().map(|w| T::of(w / unit)).collect();
        Ok(Formula { start, first: scaled(1, h), second: scaled(2, h * h) })
    }

    /// u_x and u_xx from the values at its points.
    fn apply(&self, values: impl Iterator<Item = T>) -> (T, T) {
        let mut sums = (T::zero(), T::zero());
        for ((u, &first), &second) in values.zip(&self.first).zip(&self.second) {
            sums.0 += first * u;
            sums.1 += second * u;
        }
        sums
    }
}

impl<T: Scalar> Ghost<T> {
    /// Beyond an end with a slope; `h` points inwards.
    fn beyond(end: Option<End>, order: usize, h: f64) -> Result<Option<Self>> {
        let Some(End::Neumann(slope)) = end else { return Ok(None) };
        // Order 2 mirrors; a higher order needs as many points as u_xx beside the end, lest that lose an order.
        let count = if order == 2 { 3 } else { order + 2 };
        let nodes: Vec<f64> = (0..count).map(|j| j as f64 - 1.0).collect();
        let weights = difference_weights(0.0, &nodes, 1)?;
        let inner = weights[1][1..].iter().map(|w| T::of(w / h)).collect();
        Ok(Some(Ghost { slope: T::of(slope), inner, reciprocal: T::of(h / weights[1][0]) }))
    }

    fn value(&self, inwards: impl Iterator<Item = T>) -> T {
        let sum: T = self.inner.iter().zip(inwards).map(|(&w, u)| w * u).sum();
        (self.slope - sum) * self.reciprocal
    }
}

impl<T: Scalar> SpaceGrid<T> for DifferenceGrid<T> {
    fn points(&self) -> &[T] {
        &self.points
    }

    fn derivatives(&self, u: &[T], first: &mut [T], second: &mut [T]) {
        let n = u.len();
        let [left, right] = &self.ghosts;
        let left = left.as_ref().map_or(T::zero(), |ghost| ghost.value(u.iter().copied()));
        let right = right.as_ref().map_or(T::zero(), |ghost| ghost.value(u.iter().rev().copied()));
        let value = |j: isize| match usize::try_from(j) {
            Ok(j) if j < n => u[j],
            _ if self.boundary == Boundary::Periodic => u[j.rem_euclid(n as isize) as usize],
            Ok(_) => right,
            Err(_) => left,
        };
        let width = self.central.first.len();
        let inside = width / 2..n - width / 2;
        for ((window, first), second) in u.windows(width).zip(&mut first[inside.clone()]).zip(&mut second[inside]) {
            (*first, *second) = self.central.apply(window.iter().copied());
        }
        for (i, formula) in &self.edges {
            (first[*i], second[*i]) = formula.apply((formula.start..).map(value));
        }
        for (i, ghost) in [0, n - 1].into_iter().zip(&self.ghosts) {
            first[i] = ghost.as_ref().map_or(first[i], |ghost| ghost.slope);
        }
    }

    fn end_values(&self) -> [Option<T>; 2] {
        let held = |end: End| match end {
            End::Dirichlet(value) => Some(T::of(value)),
            End::Neumann(_) => None,
        };
        match self.boundary {
            Boundary::Ends(left, right) => [held(left), held(right)],
            Boundary::Periodic => [None, None],
        }
    }
}

#[cfg(test)]
mod tests;
