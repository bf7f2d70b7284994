//! A sequence that fills a cube evenly, taken through a change of coordinates.

use std::f64::consts::{PI, TAU};
use std::fmt;
use std::sync::Arc;

use super::kronecker::Sequence;
use super::{Sampler, check, length, positive};
use crate::error::Error;
use crate::{Result, Scalar, Seed};

/// A point x and |det ∂x/∂u| there.
type Image<const D: usize> = ([f64; D], f64);

/// The points u of [`KroneckerBox`](super::KroneckerBox) on the unit cube, taken to x(u); w = |det ∂x/∂u|/B. A change of
/// coordinates whose determinant vanishes where an operator is singular puts points there and makes the singularity harmless.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::{Mapped, Sampler};
/// let (mut x, mut w) = (vec![0.0_f64; 3 * 1024], vec![0.0_f64; 1024]);
/// Mapped::ball(40.0)?.fill(Seed(0), 0, &mut x, &mut w)?;
/// // ∫ e^(−r)/r over the space is 4π.
/// let r = x.chunks(3).map(|x| x[0].hypot(x[1]).hypot(x[2]));
/// let integral: f64 = r.zip(&w).map(|(r, w)| w * (-r).exp() / r).sum();
/// assert!((integral / (4.0 * std::f64::consts::PI) - 1.0).abs() < 1e-2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone)]
pub struct Mapped<const D: usize> {
    sequence: Sequence,
    map: Arc<dyn Fn([f64; D]) -> Image<D> + Send + Sync>,
    /// Of what the cube is taken to.
    volume: f64,
}

impl<const D: usize> fmt::Debug for Mapped<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mapped { sequence, volume, .. } = self;
        f.debug_struct("Mapped").field("sequence", sequence).field("volume", volume).finish_non_exhaustive()
    }
}

impl<const D: usize> Mapped<D> {
    /// By a map from the open unit cube to a point and the determinant's size there; `volume` is that of all the points.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no coordinate, more than 1000, or a volume that is not positive and finite.
    pub fn new(volume: f64, map: impl Fn([f64; D]) -> Image<D> + Send + Sync + 'static) -> Result<Self> {
        positive("volume of Mapped", volume)?;
        Ok(Mapped { sequence: Sequence::new(D)?, map: Arc::new(map), volume })
    }
}

impl Mapped<3> {
    /// The ball of radius R, dense about its centre: r = R s², cos θ = 1 − 2t + sin(2πt)/π (Sidi, 1993), φ = 2πv.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless R and its cube are positive and finite.
    pub fn ball(radius: f64) -> Result<Self> {
        length("radius of Mapped::ball", radius)?;
        Mapped::new(4.0 / 3.0 * PI * radius.powi(3), move |[s, t, v]| {
            let r = radius * s * s;
            // Flat at the poles, so that what is integrated over t goes on smoothly from 1 to 0.
            let (cosine, across) = (1.0 - 2.0 * t + (TAU * t).sin() / PI, 2.0 * (1.0 - (TAU * t).cos()));
            let (distance, (sin, cos)) = (r * (1.0 - cosine * cosine).max(0.0).sqrt(), (TAU * v).sin_cos());
            ([distance * cos, distance * sin, r * cosine], 2.0 * radius * s * r * r * across * TAU)
        })
    }
}

impl Mapped<2> {
    /// The ellipse with the foci (±a, 0) and the longer semi-axis R, dense about the foci: x = a cosh μ cos ν and
    /// y = a sinh μ sin ν, with μ = M s² and ν = 2πv.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 0 < a < R, whose squares are numbers.
    pub fn ellipse(focus: f64, radius: f64) -> Result<Self> {
        length("focus of Mapped::ellipse", focus)?;
        length("radius of Mapped::ellipse", radius)?;
        let reason = format_args!("{radius}; give one beyond the focus at {focus}");
        Error::require(focus < radius, "radius of Mapped::ellipse", reason)?;
        let most = (radius / focus).acosh();
        Mapped::new(PI * radius * focus * most.sinh(), move |[s, v]| {
            let (mu, (sin, cos)) = (most * s * s, (TAU * v).sin_cos());
            let (long, short) = (focus * mu.cosh(), focus * mu.sinh());
            ([long * cos, short * sin], (short * short + (focus * sin).powi(2)) * 2.0 * most * s * TAU)
        })
    }
}

impl<T: Scalar, const D: usize> Sampler<T> for Mapped<D> {
    fn dimension(&self) -> usize {
        D
    }

    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        check::<T>(points.len(), [weights.len(), D], self.volume)?;
        let random = seed.numbered(step);
        let offsets: [f64; D] = std::array::from_fn(|k| Sequence::offset(random, k));
        let share = 1.0 / weights.len() as f64;
        for (i, (point, weight)) in points.as_chunks_mut::<D>().0.iter_mut().zip(weights).enumerate() {
            // Kept off the sides of the cube, where a singularity may lie.
            let u = std::array::from_fn(|k| self.sequence.coordinate(offsets[k], i, k).clamp(1e-6, 1.0 - 1e-6));
            let (x, determinant) = (self.map)(u);
            *point = x.map(T::of);
            *weight = T::of(share * determinant);
        }
        Ok(())
    }
}
