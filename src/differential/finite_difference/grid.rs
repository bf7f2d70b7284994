//! Derivatives in space by central differences.

use std::ops::Range;

use super::weights::difference_weights;
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
const MAX_POINTS: usize = 1 << 26;

impl<T: Scalar> DifferenceGrid<T> {
    /// `points` points on `interval` with differences of order `order`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the interval is empty or not finite, there are fewer than order + 4 points, the
    /// order is neither 2 nor 4 or a condition is not finite.
    pub fn new(interval: Range<f64>, points: usize, order: usize, boundary: Boundary) -> Result<Self> {
        let refuse = |what: &str, reason: String| Err(Error::invalid(format!("{what} of DifferenceGrid"), reason));
        let Range { start, end } = interval;
        if !(start < end && (end - start).is_finite()) {
            return refuse("interval", format!("{start}..{end} has no finite positive length; give start < end"));
        }
        if order != 2 && order != 4 {
            return refuse("order", format!("{order} is not available; take 2 or 4, or a Chebyshev or Fourier grid"));
        }
        if !(order + 4..=MAX_POINTS).contains(&points) {
            return refuse("points", format!("{points} will not do; give {} to {MAX_POINTS}", order + 4));
        }
        if let Boundary::Ends(left, right) = boundary
            && [left, right].iter().any(|end| match end {
                End::Dirichlet(v) | End::Neumann(v) => !v.is_finite(),
            })
        {
            return refuse("boundary", format!("{boundary:?} is not finite"));
        }
        let intervals = if boundary == Boundary::Periodic { points } else { points - 1 };
        let h = (end - start) / intervals as f64;
        let place = |i: usize| (start * (intervals - i) as f64 + end * i as f64) / intervals as f64;
        let mut grid = DifferenceGrid {
            points: (0..points).map(|i| T::of(place(i))).collect(),
            boundary,
            central: Formula::around(0, -(order as isize / 2), order + 1, h)?,
            edges: Vec::new(),
            ghosts: [None, None],
        };
        let (n, half) = (points as isize, order as isize / 2);
        let near_ends = (0..half).chain(n - half..n);
        match boundary {
            Boundary::Periodic => {
                for i in near_ends {
                    grid.edges.push((i as usize, Formula::around(i, i - half, order + 1, h)?));
                }
            }
            Boundary::Ends(left, right) => {
                let low = if matches!(left, End::Neumann(_)) { -1 } else { 0 };
                let high = if matches!(right, End::Neumann(_)) { n } else { n - 1 };
                for i in near_ends {
                    let formula = if i - half < low {
                        Formula::around(i, low, order + 2, h)?
                    } else if i + half > high {
                        Formula::around(i, high - order as isize - 1, order + 2, h)?
                    } else {
                        Formula::around(i, i - half, order + 1, h)?
                    };
                    grid.edges.push((i as usize, formula));
                }
                grid.ghosts = [Ghost::beyond(left, order, h)?, Ghost::beyond(right, order, -h)?];
            }
        }
        Ok(grid)
    }

    /// What holds at the ends.
    pub fn boundary(&self) -> Boundary {
        self.boundary
    }

    fn slopes_at_ends(&self) -> [Option<T>; 2] {
        [0, 1].map(|side| self.ghosts[side].as_ref().map(|ghost| ghost.slope))
    }
}

impl<T: Scalar> Formula<T> {
    /// Around point `i`, from `count` points beginning with `start`.
    fn around(i: isize, start: isize, count: usize, h: f64) -> Result<Self> {
        let nodes: Vec<f64> = (0..count).map(|j| (start - i) as f64 + j as f64).collect();
        let weights = difference_weights(0.0, &nodes, 2)?;
        let scaled = |k: usize, unit: f64| weights[k].iter().map(|w| T::of(w / unit)).collect();
        Ok(Formula { start, first: scaled(1, h), second: scaled(2, h * h) })
    }

    fn apply(&self, value: impl Fn(isize) -> T) -> (T, T) {
        let mut sums = (T::zero(), T::zero());
        for ((j, &first), &second) in (self.start..).zip(&self.first).zip(&self.second) {
            let u = value(j);
            sums.0 += first * u;
            sums.1 += second * u;
        }
        sums
    }
}

impl<T: Scalar> Ghost<T> {
    /// Beyond an end with a slope; `h` points inwards.
    fn beyond(end: End, order: usize, h: f64) -> Result<Option<Self>> {
        let End::Neumann(slope) = end else { return Ok(None) };
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
            let mut sums = (T::zero(), T::zero());
            for ((&u, &w), &v) in window.iter().zip(&self.central.first).zip(&self.central.second) {
                sums.0 += w * u;
                sums.1 += v * u;
            }
            (*first, *second) = sums;
        }
        for (i, formula) in &self.edges {
            (first[*i], second[*i]) = formula.apply(value);
        }
        let [at_start, at_end] = self.slopes_at_ends();
        first[0] = at_start.unwrap_or(first[0]);
        first[n - 1] = at_end.unwrap_or(first[n - 1]);
    }

    fn constrain_rate(&self, rate: &mut [T]) {
        if let Boundary::Ends(left, right) = self.boundary {
            let last = rate.len() - 1;
            for (i, end) in [(0, left), (last, right)] {
                if matches!(end, End::Dirichlet(_)) {
                    rate[i] = T::zero();
                }
            }
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
