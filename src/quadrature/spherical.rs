//! A grid on a ball, dense about its centre.

use std::f64::consts::TAU;

use super::independent::Origin;
use super::{MAX_POINTS, Quadrature};
use crate::error::Error;
use crate::{Result, Scalar};

/// A grid on a ball: Gauss–Legendre in s with r = R s² and in cos θ, equidistant in φ.
///
/// As of [`PolarGrid`](super::PolarGrid), the points crowd at the centre, where wave functions of atoms have their cusp.
/// The weights hold r² dr d(cos θ) dφ with dr = 2 R s ds. Exact where f s⁵ is a polynomial in s of degree below
/// 2 `radial`, one in cos θ of degree below 2 `polar`, and trigonometric in φ of degree below `angular`.
///
/// ```
/// use eigennet::quadrature::SphericalGrid;
/// let ball = SphericalGrid { radius: 40.0, radial: 40, ..SphericalGrid::default() }.build::<f64>()?;
/// // ∫ e^(−r)/r over the space is 4π.
/// let integral = ball.integrate(|x| { let r = x[0].hypot(x[1]).hypot(x[2]); (-r).exp() / r });
/// assert!((integral / (4.0 * std::f64::consts::PI) - 1.0).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SphericalGrid {
    /// Radius R of the ball.
    pub radius: f64,
    /// Points along the radius.
    pub radial: usize,
    /// Points from pole to pole.
    pub polar: usize,
    /// Points around.
    pub angular: usize,
    /// Angle φ of the first, in radians.
    pub rotation: f64,
}

impl Default for SphericalGrid {
    /// 40 × 8 × 12 points on the ball of radius 60.
    fn default() -> Self {
        SphericalGrid { radius: 60.0, radial: 40, polar: 8, angular: 12, rotation: 0.0 }
    }
}

impl SphericalGrid {
    /// The grid `[radial · polar · angular, 3]`, from the centre outwards.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the radius is not positive or its cube no number of `T`, the rotation not finite, or
    /// a count is 0 or the product over [`MAX_POINTS`].
    #[inline(never)]
    pub fn build<T: Scalar>(&self) -> Result<Quadrature<T>> {
        let SphericalGrid { radius, radial, polar, angular, rotation } = *self;
        let finite = radius > 0.0 && T::of(radius.powi(3)).is_normal() && rotation.is_finite();
        let reason = format_args!(
            "radius {radius} and rotation {rotation}: give a positive number whose cube {} can hold, and a finite one",
            T::NAME
        );
        Error::require(finite, "SphericalGrid", reason)?;
        let count = radial.checked_mul(polar).and_then(|n| n.checked_mul(angular));
        let few = count.is_some_and(|n| (1..=MAX_POINTS).contains(&n));
        let reason = format_args!("{radial} × {polar} × {angular} points; give 1 to {MAX_POINTS}");
        Error::require(few, "SphericalGrid", reason)?;
        let s = Quadrature::<f64>::gauss_legendre(radial, 0.0..1.0)?;
        let cosines = Quadrature::<f64>::gauss_legendre(polar, -1.0..1.0)?;
        let (mut points, mut weights) = (Vec::new(), Vec::new());
        let arc = TAU / angular as f64;
        for (&s, &along) in s.points().iter().zip(s.weights()) {
            let r = radius * s * s;
            for (&cosine, &across) in cosines.points().iter().zip(cosines.weights()) {
                let (distance, weight) =
                    (r * (1.0 - cosine * cosine).sqrt(), along * across * 2.0 * radius * s * r * r);
                for j in 0..angular {
                    let (sin, cos) = (rotation + arc * j as f64).sin_cos();
                    points.extend([distance * cos, distance * sin, r * cosine].map(T::of));
                    weights.push(T::of(weight * arc));
                }
            }
        }
        Ok(Quadrature { origin: Origin::Spherical(*self), ..Quadrature::new(points, weights, 3)? })
    }
}
