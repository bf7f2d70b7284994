//! Balls in any number of coordinates.

use super::rejection::rejected;
use crate::autodiff::Var;
use crate::differential::domain::Domain;
use crate::differential::points::{check_count, equal_weights};
use crate::quadrature::Quadrature;
use crate::{Error, Result, Scalar, Seed};

/// Names of coordinates that nobody sees; in more of them almost none of the box is ball.
const NAMES: [&str; 20] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];

/// The ball |x − center| < radius in `N` coordinates.
///
/// ```
/// use eigennet::{Seed, differential::Ball};
/// let ball = Ball::new([0.0, 0.0, 1.0], 2.0)?;
/// assert!(ball.contains(&[1.0, 0.0, 0.0]) && !ball.contains(&[2.0, 0.0, 0.0]));
/// let points = ball.points::<f64>(100, Seed(0))?;
/// assert!(points.points().chunks(3).all(|p| ball.contains(&[p[0], p[1], p[2]])));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ball<const N: usize> {
    center: [f64; N],
    radius: f64,
}

impl<const N: usize> Ball<N> {
    /// The ball of this centre and radius.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the radius is positive and the numbers are finite.
    pub fn new(center: [f64; N], radius: f64) -> Result<Self> {
        let finite = center.iter().all(|&c| (c - radius).is_finite() && (c + radius).is_finite());
        if N == 0 || !(radius > 0.0 && (radius * radius).is_normal() && finite) {
            let reason =
                format!("centre {center:?}, radius {radius}; the radius has to be positive and all numbers finite");
            return Err(Error::invalid("ball", reason));
        }
        Ok(Ball { center, radius })
    }

    /// Whether the point lies inside.
    pub fn contains(&self, point: &[f64; N]) -> bool {
        let squared: f64 = point.iter().zip(&self.center).map(|(x, c)| ((x - c) / self.radius).powi(2)).sum();
        squared < 1.0
    }

    /// (R² − |x − c|²)/2R: 0 on the sphere, with slope 1 across it, positive inside.
    ///
    /// The coordinates are each `[points, 1]`, and so is the result.
    #[track_caller]
    pub fn distance<'g>(&self, coordinates: [Var<'g>; N]) -> Var<'g> {
        // A ball has at least one coordinate.
        let mut squared = (coordinates[0] - self.center[0]).square();
        for (&x, c) in coordinates.iter().zip(self.center).skip(1) {
            squared = squared + (x - c).square();
        }
        (self.radius * self.radius - squared) * (0.5 / self.radius)
    }

    /// A box around it, with names for the coordinates.
    ///
    /// # Errors
    /// As [`Domain::new`].
    pub fn domain(&self, names: [&'static str; N]) -> Result<Domain<N>> {
        Domain::new(names, self.center.map(|c| c - self.radius..c + self.radius))
    }

    /// π^{N/2} R^N / Γ(N/2 + 1).
    pub fn volume(&self) -> f64 {
        // V_N = V_{N−2} · 2πR²/N from V_0 = 1 and V_1 = 2R.
        let start = if N.is_multiple_of(2) { 1.0 } else { 2.0 * self.radius };
        let square = std::f64::consts::TAU * self.radius * self.radius;
        (1..=N).filter(|k| k % 2 == N % 2 && *k > 1).fold(start, |volume, k| volume * square / k as f64)
    }

    /// `count` points inside, of equal weight: those of a Halton sequence in the box around it that lie in the ball.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a count of 0 or beyond what memory is likely to hold, and in so many
    /// coordinates that almost none of the box is ball.
    pub fn points<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        if N > NAMES.len() {
            return Err(Error::invalid("points of a ball", format!("{N} coordinates; up to 20 can be sampled")));
        }
        let domain = self.domain(std::array::from_fn(|k| NAMES[k]))?;
        rejected(&domain, count, seed, self.volume(), |p| p.try_into().is_ok_and(|p| self.contains(p)))
    }

    /// `count` points on the sphere, of equal weight, in random directions: for soft conditions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a count of 0 or beyond what memory is likely to hold.
    pub fn boundary<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        check_count(count)?;
        let mut stream = seed.stream("sphere");
        let mut points = Vec::with_capacity(count * N);
        while points.len() < count * N {
            let direction: [f64; N] = std::array::from_fn(|_| stream.normal());
            let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
            if length > 1e-6 {
                points.extend(direction.iter().zip(self.center).map(|(d, c)| T::of(c + self.radius * d / length)));
            }
        }
        // The sphere's measure is the derivative of the ball's.
        let area = N as f64 * self.volume() / self.radius;
        equal_weights(points, area, N)
    }
}
