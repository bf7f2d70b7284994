//! A grid on an ellipse, dense about its foci.

use std::f64::consts::TAU;

use super::independent::Origin;
use super::{MAX_POINTS, Quadrature};
use crate::error::Error;
use crate::{Result, Scalar};

/// A grid on the ellipse with the foci (±a, 0): Gauss–Legendre in μ and equidistant in ν, with x = a cosh μ cos ν and
/// y = a sinh μ sin ν.
///
/// The distances from the foci are a (cosh μ ± cos ν), and the weights hold a² (cosh² μ − cos² ν) dμ dν, their product: what
/// two charges at the foci make singular becomes smooth. Exact where f (cosh² μ − cos² ν) is a polynomial in μ of degree below
/// 2 `radial` times a trigonometric polynomial in ν of degree below `angular`.
///
/// ```
/// use eigennet::quadrature::EllipticGrid;
/// let ellipse = EllipticGrid { focus: 1.0, radius: 40.0, ..EllipticGrid::default() }.build::<f64>()?;
/// // ∫ e^(−r)/r over the plane is 2π, wherever r is measured from.
/// let integral = ellipse.integrate(|x| { let r = (x[0] - 1.0).hypot(x[1]); (-r).exp() / r });
/// assert!((integral - std::f64::consts::TAU).abs() < 1e-10);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EllipticGrid {
    /// Distance a of the foci from the centre.
    pub focus: f64,
    /// The longer semi-axis.
    pub radius: f64,
    /// Points in μ.
    pub radial: usize,
    /// Points in ν.
    pub angular: usize,
    /// The first ν, in radians.
    pub rotation: f64,
}

impl Default for EllipticGrid {
    /// 48 × 32 points on the ellipse of semi-axis 60 about foci at ±1.
    fn default() -> Self {
        EllipticGrid { focus: 1.0, radius: 60.0, radial: 48, angular: 32, rotation: 0.0 }
    }
}

impl EllipticGrid {
    /// The grid `[radial · angular, 2]`, from the segment between the foci outwards.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 0 < a < the semi-axis, whose square is a number of `T` as that of a is; if the
    /// rotation is not finite, or a count is 0 or the product over [`MAX_POINTS`].
    #[inline(never)]
    pub fn build<T: Scalar>(&self) -> Result<Quadrature<T>> {
        let EllipticGrid { focus, radius, radial, angular, rotation } = *self;
        let squares = [focus, radius].iter().all(|length| T::of(length * length).is_normal());
        let reason = format_args!(
            "focus {focus}, radius {radius} and rotation {rotation}: give 0 < focus < radius whose squares {} can hold, and \
             a finite rotation",
            T::NAME
        );
        Error::require(0.0 < focus && focus < radius && squares && rotation.is_finite(), "EllipticGrid", reason)?;
        let few = radial.checked_mul(angular).is_some_and(|n| (1..=MAX_POINTS).contains(&n));
        Error::require(few, "EllipticGrid", format_args!("{radial} × {angular} points; give 1 to {MAX_POINTS}"))?;
        let rule = Quadrature::<f64>::gauss_legendre(radial, 0.0..(radius / focus).acosh())?;
        let mut points = Vec::with_capacity(2 * radial * angular);
        let mut weights = Vec::with_capacity(radial * angular);
        let arc = TAU / angular as f64;
        for (&mu, &weight) in rule.points().iter().zip(rule.weights()) {
            for j in 0..angular {
                let (sin, cos) = (rotation + arc * j as f64).sin_cos();
                let (long, short) = (focus * mu.cosh(), focus * mu.sinh());
                points.extend([long * cos, short * sin].map(T::of));
                weights.push(T::of(weight * arc * (short * short + (focus * sin).powi(2))));
            }
        }
        Ok(Quadrature { origin: Origin::Elliptic(*self), ..Quadrature::new(points, weights, 2)? })
    }
}
