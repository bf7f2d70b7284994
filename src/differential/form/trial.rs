//! The trial solution.

use std::sync::Arc;

use super::axis::Axis;
use super::condition::{Condition, Function};
use super::lift::Lift;
use crate::autodiff::Var;
use crate::differential::domain::Domain;

/// A trial solution u = A(x) + B(x) N(f(x)) on a box that meets conditions at its ends for every
/// network N, and can come as close as one likes to every smooth function that meets them.
///
/// - A meets the conditions; it is made by transfinite interpolation (Gordon and Hall, 1973).
/// - B = Π Bₖ(xₖ), each of maximum 1, meets the homogeneous ones. It vanishes only where u is prescribed:
///   Bₖ is s at an end with a value, s² at one with value and slope (s ∈ [0, 1] the distance from the
///   end over the length of the range); s(1 − s) · 4 for values at both ends.
/// - f, the network's inputs, are the coordinates mapped to [−1, 1]; s² and s³ in place of s at an end
///   where the slope or a combination α u + β ∂u/∂x alone is prescribed; sines and cosines along a
///   periodic axis. No derivative of N is taken, so that two are left for the equation.
///
/// Slopes are derivatives along the coordinate, at both ends: ∂u/∂x, not the outward normal's.
///
/// ```
/// use eigennet::{Seed, nn::Mlp, optim::LevenbergMarquardt};
/// use eigennet::differential::{Domain, Equation, Form, Side, field};
/// use std::f64::consts::PI;
/// // u_t = u_xx from sin πx, 0 at both ends.
/// let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..0.3])?;
/// let walls = Form::on(&domain).dirichlet("x", Side::Lower, 0.0).dirichlet("x", Side::Upper, 0.0);
/// let form = walls.initial("t", field(|[x, _]| (PI * x).sin())).build()?;
/// let net = Mlp::new("net", [form.feature_count(), 8, 1]);
/// let diffusion = Equation::<f64>::record(&domain, |g, [x, t]| {
///     let u = form.apply([x, t], |inputs| net.call(inputs));
///     g.output("u", u);
///     u.d(t) - u.d(x).d(x)
/// })?;
/// let fit = LevenbergMarquardt::default().fit(&mut diffusion.on(&domain.gauss([8, 8])?)?, Seed(0))?;
/// assert!((fit.function("u")?.at(&[0.5, 0.1])? - (-PI * PI * 0.1).exp()).abs() < 1e-2);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// A system has one form for each unknown, applied to its column of the network.
#[derive(Debug, Clone)]
pub struct Form<const N: usize> {
    pub(super) domain: Domain<N>,
    pub(super) conditions: Arc<[Condition<N>]>,
    /// One for each coordinate.
    pub(super) axes: Vec<Axis>,
    pub(super) lift: Arc<Lift<N>>,
    pub(super) own_factor: Option<Function<N>>,
}

impl<const N: usize> Form<N> {
    /// u = A + B · `network(f)`. The network is handed its inputs `[points, feature_count]`; of several
    /// columns in its result each is an unknown with these same conditions.
    #[track_caller]
    pub fn apply<'g>(&self, coordinates: [Var<'g>; N], network: impl FnOnce(Var<'g>) -> Var<'g>) -> Var<'g> {
        let free = network(self.features(coordinates));
        let product = self.product(coordinates).map_or(free, |factor| factor * free);
        self.lift.at(&self.domain, &self.conditions, coordinates).map_or(product, |lift| lift + product)
    }

    /// A `[points, 1]`: it meets the conditions.
    #[track_caller]
    pub fn lift<'g>(&self, coordinates: [Var<'g>; N]) -> Var<'g> {
        let lift = self.lift.at(&self.domain, &self.conditions, coordinates);
        lift.unwrap_or_else(|| coordinates[0].number(0.0)).broadcast_as(coordinates[0])
    }

    /// B `[points, 1]`.
    #[track_caller]
    #[inline(never)]
    pub fn factor<'g>(&self, coordinates: [Var<'g>; N]) -> Var<'g> {
        self.product(coordinates).unwrap_or_else(|| coordinates[0].number(1.0)).broadcast_as(coordinates[0])
    }

    fn product<'g>(&self, x: [Var<'g>; N]) -> Option<Var<'g>> {
        let own = self.own_factor.as_ref().map(|f| f.at(x));
        let factors = self.axes.iter().zip(x).filter_map(|(axis, x)| axis.factor(x));
        factors.chain(own).reduce(|product, factor| product * factor)
    }

    /// f `[points, feature_count]`, what the network is to see.
    #[track_caller]
    #[inline(never)]
    pub fn features<'g>(&self, coordinates: [Var<'g>; N]) -> Var<'g> {
        let mut features = Vec::with_capacity(self.feature_count());
        for (axis, x) in self.axes.iter().zip(coordinates) {
            axis.features(x, &mut features);
        }
        coordinates[0].graph().concat(&features)
    }

    /// The width of the network's input: one for each coordinate, 2 for one with an end where the slope
    /// alone is prescribed, twice the harmonics for a periodic one.
    pub fn feature_count(&self) -> usize {
        self.axes.iter().map(Axis::feature_count).sum()
    }

    /// The box.
    pub fn domain(&self) -> &Domain<N> {
        &self.domain
    }
}
