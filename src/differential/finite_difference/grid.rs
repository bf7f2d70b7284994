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
mod tests {
    use super::*;
    use crate::linalg::{Matrix, nonsymmetric_eigenvalues};

    /// The largest errors of u_x and u_xx for u = sin(3x + ½) on [0, 1] (or sin 2πx, periodic), end points aside.
    fn errors(points: usize, order: usize, boundary: Boundary) -> (f64, f64) {
        let grid = DifferenceGrid::<f64>::new(0.0..1.0, points, order, boundary).unwrap();
        let (wave, phase) = if boundary == Boundary::Periodic { (std::f64::consts::TAU, 0.0) } else { (3.0, 0.5) };
        let u: Vec<f64> = grid.points().iter().map(|x| (wave * x + phase).sin()).collect();
        let (mut first, mut second) = (vec![0.0; points], vec![0.0; points]);
        grid.derivatives(&u, &mut first, &mut second);
        let worst = |found: &[f64], exact: &dyn Fn(f64) -> f64| {
            let inside = 1..points - 1;
            found[inside.clone()]
                .iter()
                .zip(&grid.points()[inside])
                .map(|(v, &x)| (v - exact(x)).abs())
                .fold(0.0, f64::max)
        };
        let cosine = |x: f64| wave * (wave * x + phase).cos();
        let sine = |x: f64| -wave * wave * (wave * x + phase).sin();
        (worst(&first, &cosine), worst(&second, &sine))
    }

    #[test]
    fn differences_have_their_order() {
        let neumann = Boundary::Ends(End::Neumann(3.0 * 0.5_f64.cos()), End::Neumann(3.0 * 3.5_f64.cos()));
        let dirichlet = Boundary::Ends(End::Dirichlet(0.5_f64.sin()), End::Dirichlet(3.5_f64.sin()));
        for order in [2, 4] {
            for boundary in [Boundary::Periodic, dirichlet, neumann] {
                let (coarse, fine) = (errors(40, order, boundary), errors(80, order, boundary));
                let least = order as f64 - 0.25;
                assert!((coarse.0 / fine.0).log2() > least, "{order} {boundary:?}: {coarse:?} {fine:?}");
                assert!((coarse.1 / fine.1).log2() > least, "{order} {boundary:?}: {coarse:?} {fine:?}");
            }
        }
    }

    /// u_t = u_xx must not grow: no eigenvalue to the right of 0.
    #[test]
    fn diffusion_is_stable_with_all_ends() {
        let ends = [End::Neumann(0.0), End::Dirichlet(0.0)];
        for order in [2, 4] {
            for (left, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                for n in [12, 31, 60] {
                    let grid = DifferenceGrid::<f64>::new(0.0..1.0, n, order, Boundary::Ends(ends[left], ends[right]))
                        .unwrap();
                    let mut columns = Matrix::zeros(n, n);
                    for j in 0..n {
                        let mut unit = vec![0.0; n];
                        unit[j] = 1.0;
                        let (mut first, mut second) = (vec![0.0; n], vec![0.0; n]);
                        grid.derivatives(&unit, &mut first, &mut second);
                        grid.constrain_rate(&mut second);
                        columns.row_mut(j).copy_from_slice(&second);
                    }
                    let values = nonsymmetric_eigenvalues(&columns).unwrap();
                    assert!(values.iter().all(|v| v.re < 1e-8), "{order} {left} {right} {n}");
                }
            }
        }
    }

    #[test]
    fn polynomials_of_the_order_are_exact() {
        let boundary = Boundary::Ends(End::Neumann(0.0), End::Neumann(4.0));
        let grid = DifferenceGrid::<f64>::new(0.0..1.0, 12, 4, boundary).unwrap();
        let u: Vec<f64> = grid.points().iter().map(|x| x.powi(4)).collect();
        let (mut first, mut second) = (vec![0.0; 12], vec![0.0; 12]);
        grid.derivatives(&u, &mut first, &mut second);
        for (i, x) in grid.points().iter().enumerate() {
            assert!((first[i] - 4.0 * x.powi(3)).abs() < 1e-11 && (second[i] - 12.0 * x * x).abs() < 1e-10, "{i}");
        }
    }

    #[test]
    fn hostile_grids_are_refused() {
        let walls = Boundary::Ends(End::Dirichlet(0.0), End::Dirichlet(0.0));
        assert!(DifferenceGrid::<f64>::new(1.0..0.0, 20, 2, walls).is_err());
        assert!(DifferenceGrid::<f64>::new(0.0..f64::NAN, 20, 2, walls).is_err());
        assert!(DifferenceGrid::<f64>::new(0.0..1.0, 5, 2, walls).is_err());
        assert!(DifferenceGrid::<f64>::new(0.0..1.0, usize::MAX, 2, walls).is_err());
        assert!(DifferenceGrid::<f64>::new(0.0..1.0, 20, 3, walls).is_err());
        let nan = Boundary::Ends(End::Neumann(f64::NAN), End::Dirichlet(0.0));
        assert!(DifferenceGrid::<f32>::new(0.0..1.0, 20, 2, nan).is_err());
    }
}
