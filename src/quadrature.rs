//! Quadrature: points and weights with Σ wᵢ f(xᵢ) ≈ ∫ f.

mod elliptic;
mod independent;
mod spherical;
#[cfg(test)]
mod tests;

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::ops::Range;

use crate::error::Error;
use crate::{Result, Scalar};
pub use elliptic::EllipticGrid;
use independent::Origin;
pub use spherical::SphericalGrid;

/// Points `[n, d]`, row after row, and one weight each.
///
/// ```
/// use eigennet::quadrature::Quadrature;
/// let rule = Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..2.0], &[4, 4])?;
/// let integral = rule.integrate(|x| x[0] * x[1].powi(3));
/// assert!((integral - 0.5 * 4.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quadrature<T> {
    points: Vec<T>,
    weights: Vec<T>,
    dimension: usize,
    origin: Origin<T>,
}

impl<T: Scalar> Quadrature<T> {
    /// A rule of one's own: `points` `[n, dimension]`, `weights` `[n]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the lengths do not fit, [`Error::InvalidArgument`] for dimension 0,
    /// [`Error::NonFinite`] for an entry that is not finite.
    pub fn new(points: Vec<T>, weights: Vec<T>, dimension: usize) -> Result<Self> {
        Error::require(dimension > 0, "dimension of Quadrature", "0 is no dimension; give 1 or more")?;
        if weights.len().checked_mul(dimension) != Some(points.len()) {
            return Err(Error::shape("Quadrature::new", &[points.len()], &[weights.len(), dimension]));
        }
        Error::check_finite("points of Quadrature", &points)?;
        Error::check_finite("weights of Quadrature", &weights)?;
        Ok(Quadrature { points, weights, dimension, origin: Origin::Given })
    }

    /// The Gauss–Legendre rule with `n` points on an interval: exact for polynomials up to degree 2n − 1.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `n` is 0 or over [`MAX_GAUSS_POINTS`], the interval is empty or not finite, or weights
    /// underflow; [`Error::NonFinite`] if it is beyond the numbers of `T`.
    pub fn gauss_legendre(n: usize, interval: Range<f64>) -> Result<Self> {
        let Range { start, end } = interval.clone();
        let length = end - start;
        let reason = format_args!("{start:?}..{end:?} is no finite interval; give start < end");
        Error::require(start < end && length.is_normal(), "interval of gauss_legendre", reason)?;
        let half = half_gauss_legendre(n)?;
        let mirror = |i: usize| half[i.min(n - 1 - i)];
        let place = |i: usize| {
            let distance = length * mirror(i).0;
            if i < n / 2 { start + distance } else { end - distance }
        };
        let weights: Vec<T> = (0..n).map(|i| T::of(length * mirror(i).1)).collect();
        let reason = format_args!("the weights on {start:?}..{end:?} underflow; change the unit of length");
        Error::require(
            weights.iter().all(|weight| !weight.is_subnormal() && *weight != T::zero()),
            "interval of gauss_legendre",
            reason,
        )?;
        let rule = Quadrature::new((0..n).map(|i| T::of(place(i))).collect(), weights, 1)?;
        Ok(Quadrature { origin: Origin::GaussLegendre(n, interval), ..rule })
    }

    /// The rule of one dimension carried over by x = x(s): `map` returns (x, dx/ds). It moves points
    /// to where they are needed, such as into a thin layer.
    ///
    /// ```
    /// use eigennet::quadrature::Quadrature;
    /// let rule = Quadrature::<f64>::gauss_legendre(20, -1.0..1.0)?.mapped(|s| (s.powi(3), 3.0 * s * s))?;
    /// assert!((rule.integrate(|x| x[0] * x[0]) - 2.0 / 3.0).abs() < 1e-14); // dense about 0
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a rule of more than one dimension, [`Error::NonFinite`] for a map
    /// that is not finite.
    pub fn mapped(&self, mut map: impl FnMut(f64) -> (f64, f64)) -> Result<Self> {
        let dimension = self.dimension;
        let reason = format_args!("the rule has {dimension} dimensions; map its factors, then take Quadrature::tensor");
        Error::require(dimension == 1, "Quadrature::mapped", reason)?;
        let mut image = |rule: &Self| {
            let images: Vec<(f64, f64)> = rule.points.iter().map(|&s| map(Scalar::to_f64(s))).collect();
            let weights = images.iter().zip(&rule.weights).map(|((_, slope), &w)| T::of(slope.abs()) * w);
            Quadrature::new(images.iter().map(|(x, _)| T::of(*x)).collect(), weights.collect(), 1)
        };
        let second = self.independent().and_then(|rule| image(&rule).ok());
        let origin = second.map_or(Origin::Given, |rule| Origin::Made(Box::new(rule)));
        Ok(Quadrature { origin, ..image(self)? })
    }

    /// The product rule: all combinations of points of the factors, the last running fastest.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no factor, the product has over [`MAX_POINTS`] points, or a weight of it over-
    /// or underflows `T`.
    pub fn tensor(factors: &[Quadrature<T>]) -> Result<Self> {
        let lengths: Vec<usize> = factors.iter().map(Quadrature::len).collect();
        let dimension = factors.iter().fold(0_usize, |d, f| d.saturating_add(f.dimension));
        let n = product_of(&lengths, dimension)?;
        let mut points = Vec::with_capacity(n * dimension);
        let (mut weights, mut in_range) = (Vec::with_capacity(n), true);
        for index in 0..n {
            // The digits of `index` in the mixed base of the factors' lengths, most significant first.
            let mut stride = n;
            let (mut weight, mut zero) = (T::one(), false);
            for factor in factors {
                stride /= factor.len();
                let i = index / stride % factor.len();
                points.extend_from_slice(factor.point(i));
                weight *= factor.weights[i];
                zero |= factor.weights[i] == T::zero();
            }
            weights.push(weight);
            in_range &= zero || weight.is_normal();
        }
        let reason = format_args!(
            "a product of them is beyond the normal numbers of {}; measure lengths in another unit, or take f64",
            T::NAME
        );
        Error::require(in_range, "weights of Quadrature::tensor", reason)?;
        let origin = Origin::Product(factors.iter().map(|f| f.origin.clone()).collect());
        Ok(Quadrature { points, weights, dimension, origin })
    }

    /// Gauss–Legendre points `[n_0 · n_1 · …]` on the box `intervals`.
    ///
    /// # Errors
    /// As [`gauss_legendre`](Self::gauss_legendre) and [`tensor`](Self::tensor);
    /// [`Error::Shape`] unless there is one count per interval.
    pub fn rectangle(intervals: &[Range<f64>], counts: &[usize]) -> Result<Self> {
        Error::same_shape("Quadrature::rectangle", &[intervals.len()], &[counts.len()])?;
        // The nodes of a product that is refused need not be found.
        product_of(counts, counts.len())?;
        let factors: Result<Vec<_>> =
            intervals.iter().zip(counts).map(|(range, &n)| Self::gauss_legendre(n, range.clone())).collect();
        Self::tensor(&factors?)
    }

    /// Points `[n, d]`, row after row.
    pub fn points(&self) -> &[T] {
        &self.points
    }

    /// Weights `[n]`.
    pub fn weights(&self) -> &[T] {
        &self.weights
    }

    /// Number of points n.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// True if there are no points.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Point `i`.
    ///
    /// # Panics
    /// If there is no such point.
    pub fn point(&self, i: usize) -> &[T] {
        &self.points[i * self.dimension..(i + 1) * self.dimension]
    }

    /// Σ wᵢ f(xᵢ).
    pub fn integrate(&self, mut f: impl FnMut(&[T]) -> T) -> T {
        self.points.chunks_exact(self.dimension).zip(&self.weights).map(|(x, &w)| w * f(x)).sum()
    }
}

/// The most points a rule may have.
pub const MAX_POINTS: usize = 1 << 26;

/// The most coordinates of all points of a product.
const MAX_ENTRIES: usize = 1 << 28;

/// The most points of a Gauss–Legendre rule: its nodes cost n² operations. Beyond, cut the interval.
pub const MAX_GAUSS_POINTS: usize = 1 << 14;

/// A polar grid on a disk: Gauss–Legendre in s with r = R s², equidistant in the angle.
///
/// The map r = R s² crowds the points at the centre, where wave functions have their cusp, and turns 1/r into a smooth
/// integrand. The weights hold r dr dθ with dr = 2 R s ds. Exact where f(R s², θ) s³ is a polynomial in s of degree
/// below 2 `radial` times a trigonometric polynomial in θ of degree below `angular`.
///
/// ```
/// use eigennet::quadrature::PolarGrid;
/// let grid = PolarGrid { radius: 40.0, ..PolarGrid::default() }.build::<f64>()?;
/// // ∫ e^(−r)/r over the plane is 2π.
/// let integral = grid.integrate(|x| { let r = x[0].hypot(x[1]); (-r).exp() / r });
/// assert!((integral - std::f64::consts::TAU).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolarGrid {
    /// Radius R of the disk.
    pub radius: f64,
    /// Points along the radius.
    pub radial: usize,
    /// Points around.
    pub angular: usize,
    /// Angle of the first ray, in radians.
    pub rotation: f64,
}

impl Default for PolarGrid {
    /// [`PolarGrid::training`].
    fn default() -> Self {
        Self::training()
    }
}

impl PolarGrid {
    /// 80 × 32 points on the disk of radius 100.
    pub const fn training() -> Self {
        PolarGrid { radius: 100.0, radial: 80, angular: 32, rotation: 0.0 }
    }

    /// 200 × 56 points on the same disk, turned, so that no point is shared with
    /// [`training`](Self::training): what results are measured on.
    pub const fn independent() -> Self {
        PolarGrid { radius: 100.0, radial: 200, angular: 56, rotation: 0.05 }
    }

    /// The grid `[radial · angular, 2]`, all angles of a radius together, from the centre outwards.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the radius is not positive or its square no number of `T`, the rotation not finite,
    /// or a count is 0 or the product over [`MAX_POINTS`].
    pub fn build<T: Scalar>(&self) -> Result<Quadrature<T>> {
        let PolarGrid { radius, radial, angular, rotation } = *self;
        // Of a square that underflows, every integral would be 0.
        let finite = radius > 0.0 && T::of(radius * radius).is_normal() && rotation.is_finite();
        let reason = format_args!(
            "radius {radius} and rotation {rotation}: give a positive number whose square {} can hold, and a finite one",
            T::NAME
        );
        Error::require(finite, "PolarGrid", reason)?;
        let few = angular > 0 && radial.checked_mul(angular).is_some_and(|n| n <= MAX_POINTS);
        Error::require(few, "PolarGrid", format_args!("{radial} × {angular} points; give 1 to {MAX_POINTS}"))?;
        let s = Quadrature::<f64>::gauss_legendre(radial, 0.0..1.0)?;
        let mut points = Vec::with_capacity(2 * radial * angular);
        let mut weights = Vec::with_capacity(radial * angular);
        let arc = TAU / angular as f64;
        for (&s, &w) in s.points().iter().zip(s.weights()) {
            let r = radius * s * s;
            let weight = w * 2.0 * radius * s * r * arc;
            for j in 0..angular {
                let (sin, cos) = (rotation + arc * j as f64).sin_cos();
                points.extend([T::of(r * cos), T::of(r * sin)]);
                weights.push(T::of(weight));
            }
        }
        Ok(Quadrature { origin: Origin::Polar(*self), ..Quadrature::new(points, weights, 2)? })
    }
}

/// The first half of the Gauss–Legendre rule on [0, 1], the middle point included: each point's
/// distance to the nearer end, and its weight.
///
/// Newton's method in θ, x = cos θ, on P_n(cos θ), with P_n from the recurrence for differences in
/// y = 1 − x: unlike the usual one in x it loses nothing near the ends, where nodes crowd like 1/n².
/// Start: Tricomi's asymptotic formula. w = 2/(dP_n/dθ)² on [−1, 1].
fn half_gauss_legendre(n: usize) -> Result<Vec<(f64, f64)>> {
    let reason = format_args!("{n} points; give 1 to {MAX_GAUSS_POINTS}, or cut the interval");
    Error::require((1..=MAX_GAUSS_POINTS).contains(&n), "points of gauss_legendre", reason)?;
    let pair = |i: usize| {
        if 2 * i + 1 == n {
            return (0.5, legendre_of_angle(n, FRAC_PI_2).1.powi(-2));
        }
        let half = n as f64 + 0.5;
        let phi = PI * (i as f64 + 0.75) / half;
        let mut theta = phi + 1.0 / (8.0 * half * half * phi.tan());
        // Relative errors of at most 2e-3, 2e-6, 1e-12, rounding.
        for _ in 0..3 {
            let (value, slope) = legendre_of_angle(n, theta);
            theta -= value / slope;
        }
        ((0.5 * theta).sin().powi(2), legendre_of_angle(n, theta).1.powi(-2))
    };
    Ok((0..n.div_ceil(2)).map(pair).collect())
}

/// (P_n(cos θ), dP_n(cos θ)/dθ).
fn legendre_of_angle(n: usize, theta: f64) -> (f64, f64) {
    let y = 2.0 * (0.5 * theta).sin().powi(2);
    // d_k = P_k − P_{k−1}:  d_{k+1} = (k d_k − (2k + 1) y P_k)/(k + 1).
    let (mut p, mut d) = (1.0, 0.0);
    for k in 0..n {
        let k = k as f64;
        d = k / (k + 1.0) * d - (2.0 * k + 1.0) / (k + 1.0) * y * p;
        p += d;
    }
    (p, -(n as f64) * (y * p - d) / theta.sin())
}

/// The points of a product of rules of so many points, which is neither empty nor too large.
fn product_of(lengths: &[usize], dimension: usize) -> Result<usize> {
    let n = lengths.iter().try_fold(1_usize, |n, &length| n.checked_mul(length));
    let few = |count: usize| count <= MAX_ENTRIES;
    let fits = |&n: &usize| n <= MAX_POINTS && few(dimension) && n.checked_mul(dimension).is_some_and(few);
    n.filter(fits).filter(|_| !lengths.is_empty()).ok_or_else(|| {
        let reason = format!(
            "the product of {} rules is empty or has over {MAX_POINTS} points or {MAX_ENTRIES} coordinates",
            lengths.len()
        );
        Error::invalid("factors of Quadrature::tensor", reason)
    })
}
