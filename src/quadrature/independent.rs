//! A second rule for the same integral: what was tuned on one is checked on the other.

use std::ops::Range;

use super::{EllipticGrid, PolarGrid, Quadrature, SphericalGrid};
use crate::Scalar;

/// How a second rule is made, when one is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin<T> {
    /// Not at all: the points came from elsewhere.
    Given,
    GaussLegendre(usize, Range<f64>),
    Polar(PolarGrid),
    Spherical(SphericalGrid),
    Elliptic(EllipticGrid),
    Product(Vec<Origin<T>>),
    /// It was made together with the first.
    Made(Box<Quadrature<T>>),
}

impl<T: Scalar> Origin<T> {
    /// The rule with `count` points along an axis that had so many; `made` is what becomes of a rule that was made with
    /// the first.
    fn again(
        &self,
        count: &dyn Fn(usize) -> usize,
        made: fn(&Quadrature<T>) -> Option<Quadrature<T>>,
    ) -> Option<Quadrature<T>> {
        match self {
            Origin::Given => None,
            Origin::GaussLegendre(n, interval) => Quadrature::gauss_legendre(count(*n), interval.clone()).ok(),
            Origin::Polar(grid) => {
                let rotation = grid.rotation + 0.5 / grid.angular as f64;
                PolarGrid { radial: count(grid.radial), angular: count(grid.angular), rotation, ..*grid }.build().ok()
            }
            Origin::Spherical(SphericalGrid { radius, radial, polar, angular, rotation }) => {
                let rotation = rotation + 0.5 / *angular as f64;
                let (radial, polar, angular) = (count(*radial), count(*polar), count(*angular));
                SphericalGrid { radius: *radius, radial, polar, angular, rotation }.build().ok()
            }
            Origin::Elliptic(grid) => {
                let rotation = grid.rotation + 0.5 / grid.angular as f64;
                EllipticGrid { radial: count(grid.radial), angular: count(grid.angular), rotation, ..*grid }
                    .build()
                    .ok()
            }
            Origin::Product(factors) => {
                let factors = factors.iter().map(|factor| factor.again(count, made));
                Quadrature::tensor(&factors.collect::<Option<Vec<_>>>()?).ok()
            }
            Origin::Made(second) => made(second),
        }
    }
}

impl<T: Scalar> Quadrature<T> {
    /// A rule for the same integral with half as many points again along each axis, an even number, others than these.
    /// `None` where the points were [given](Self::new), or so many do not fit.
    ///
    /// Where both agree on an integrand, each resolves it; where they do not, neither value is to be trusted.
    ///
    /// ```
    /// use eigennet::quadrature::Quadrature;
    /// let rule = Quadrature::<f64>::gauss_legendre(8, 0.0..1.0)?;
    /// let second = rule.independent().expect("a second rule");
    /// let wave = |x: &[f64]| (50.0 * x[0]).cos();
    /// assert!((rule.integrate(wave) - second.integrate(wave)).abs() > 1e-2); // eight points are too few
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn independent(&self) -> Option<Quadrature<T>> {
        // Even, since an odd rule has a point in the middle, where what is symmetric may have no second derivative.
        self.origin.again(&|n| (n + n / 2 + 1).next_multiple_of(2), |second| Some(second.clone()))
    }

    /// The rule of this kind with `factor` as many points along each axis, at least one more. `None` where the points
    /// were [given](Self::new) or [mapped](Self::mapped), or so many do not fit.
    ///
    /// ```
    /// use eigennet::quadrature::Quadrature;
    /// let square = Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..1.0], &[4, 6])?;
    /// assert_eq!(square.refined(1.5).expect("a finer rule").len(), 6 * 9);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn refined(&self, factor: f64) -> Option<Quadrature<T>> {
        self.origin.again(&|n| ((factor * n as f64).ceil() as usize).max(n + 1), |_| None)
    }
}
