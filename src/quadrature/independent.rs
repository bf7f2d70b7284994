//! A second rule for the same integral: what was tuned on one is checked on the other.

use std::ops::Range;

use super::{PolarGrid, Quadrature};
use crate::Scalar;

/// How a second rule is made, when one is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin<T> {
    /// Not at all: the points came from elsewhere.
    Given,
    GaussLegendre(usize, Range<f64>),
    Polar(PolarGrid),
    Product(Vec<Origin<T>>),
    /// It was made together with the first.
    Made(Box<Quadrature<T>>),
}

impl<T: Scalar> Origin<T> {
    fn second(&self) -> Option<Quadrature<T>> {
        // Even, since an odd rule has a point in the middle, where what is symmetric may have no second derivative.
        let more = |n: usize| (n + n / 2 + 1).next_multiple_of(2);
        match self {
            Origin::Given => None,
            Origin::GaussLegendre(n, interval) => Quadrature::gauss_legendre(more(*n), interval.clone()).ok(),
            Origin::Polar(grid) => {
                let rotation = grid.rotation + 0.5 / grid.angular as f64;
                PolarGrid { radial: more(grid.radial), angular: more(grid.angular), rotation, ..*grid }.build().ok()
            }
            Origin::Product(factors) => {
                Quadrature::tensor(&factors.iter().map(Origin::second).collect::<Option<Vec<_>>>()?).ok()
            }
            Origin::Made(second) => Some((**second).clone()),
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
        self.origin.second()
    }
}
