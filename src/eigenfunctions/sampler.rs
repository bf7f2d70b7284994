//! Random quadrature: each draw is an unbiased estimate of an integral.

mod kronecker;
mod mapped;

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};
use std::fmt;

use crate::error::Error;
use crate::reference::special::erf;
use crate::rng::Stream;
use crate::{Result, Scalar, Seed};
pub use kronecker::KroneckerBox;
pub use mapped::Mapped;

/// Draws points x₁ … x_B with weights wᵢ, so that the mean of Σ wᵢ f(xᵢ) over all draws
/// is ∫ f over the sampler's domain.
///
/// A draw is a function of `(seed, step)` alone: training resumes at step k with exactly the points
/// it would have had. For an unbiased product of two estimates take two independent draws, with
/// `seed.child("first")` and `seed.child("second")`, never two halves of one.
pub trait Sampler<T: Scalar>: fmt::Debug + Send + Sync {
    /// The number d of coordinates: 2 unless it is told otherwise.
    fn dimension(&self) -> usize {
        2
    }

    /// Fills `points` `[B, d]` and `weights` `[B]` with draw number `step`, without allocating; B is the batch of a training,
    /// and more where its functions are checked.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `points` holds d numbers for each weight.
    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()>;
}

/// Refuses slices that do not fit, and an `area` that the weights of this scalar cannot hold.
fn check<T: Scalar>(points: usize, [weights, dimension]: [usize; 2], area: f64) -> Result<()> {
    if weights.checked_mul(dimension) != Some(points) {
        return Err(Error::shape("Sampler::fill", &[points], &[weights, dimension]));
    }
    positive("area of a sampler, as a number of this precision,", Scalar::to_f64(T::of(area)))
}

fn positive(what: &str, value: f64) -> Result<()> {
    Error::require(value.is_normal() && value > 0.0, what, format_args!("{value:?}; give a positive, finite length"))
}

/// A length whose square is a number as well.
fn length(what: &str, value: f64) -> Result<()> {
    positive(what, value)?;
    positive(&format!("square of the {what}"), 4.0 * value * value)
}

/// The volume `edge^dimension`, if that is a number.
fn volume(sampler: &str, edge: f64, dimension: usize) -> Result<f64> {
    let reason = format_args!("{dimension}; give at least one and at most {MAX_DIMENSION}");
    Error::require((1..=MAX_DIMENSION).contains(&dimension), format!("dimensions of {sampler}"), reason)?;
    let volume = edge.powi(dimension as i32);
    positive(&format!("volume of {sampler}"), volume)?;
    Ok(volume)
}

/// Beyond, weights of independent points tell nothing of an integral.
const MAX_DIMENSION: usize = 1000;

/// Independent points from N(0, σ² I) truncated to the box [−D, D]ᵈ, by default in the plane; w = 1/(p(x) B).
///
/// p(x) = Πᵢ e^(−xᵢ²/2σ²)/(σ √(2π) erf(D/(σ√2))).
///
/// The variance of an estimate of ∫ f is finite only if f²/p is integrable: an f like 1/r at the
/// origin has infinite variance, whatever σ.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::{Sampler, TruncatedGaussian};
/// let sampler = TruncatedGaussian::new(16.0, 50.0)?;
/// let (mut x, mut w) = (vec![0.0; 256], vec![0.0; 128]);
/// sampler.fill(Seed(1), 0, &mut x, &mut w)?;
/// assert!(x.iter().all(|&v: &f64| v.abs() <= 50.0));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruncatedGaussian {
    sigma: f64,
    half_width: f64,
    dimension: usize,
    /// 1/p(0).
    inverse_peak: f64,
}

impl TruncatedGaussian {
    /// Standard deviation σ, box half-width D.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless both are positive and finite.
    pub fn new(sigma: f64, half_width: f64) -> Result<Self> {
        length("sigma of TruncatedGaussian", sigma)?;
        length("half-width of TruncatedGaussian", half_width)?;
        TruncatedGaussian { sigma, half_width, dimension: 2, inverse_peak: 1.0 }.dimensions(2)
    }

    /// The same in so many dimensions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for none, or so many that 1/p(0) is no number.
    pub fn dimensions(self, dimension: usize) -> Result<Self> {
        let mass = self.sigma * (2.0 * PI).sqrt() * erf(self.half_width / self.sigma * FRAC_1_SQRT_2);
        let inverse_peak = volume("TruncatedGaussian", mass, dimension)?;
        Ok(TruncatedGaussian { dimension, inverse_peak, ..self })
    }

    /// The density p(x); 0 at a point of another dimension.
    pub fn density<const D: usize>(&self, x: [f64; D]) -> f64 {
        if D != self.dimension || x.iter().any(|v| v.abs() > self.half_width) {
            return 0.0;
        }
        (-self.exponent(x)).exp() / self.inverse_peak
    }

    fn exponent(&self, x: impl IntoIterator<Item = f64>) -> f64 {
        0.5 * x.into_iter().map(|v| (v / self.sigma).powi(2)).sum::<f64>()
    }

    /// Rejection from whichever envelope accepts more: the normal, or the uniform on the box. At
    /// least 3 of 4 proposals pass.
    fn coordinate(&self, random: &mut Stream) -> f64 {
        loop {
            if self.half_width > 1.25 * self.sigma {
                let x = self.sigma * random.normal::<f64>();
                if x.abs() <= self.half_width {
                    return x;
                }
            } else {
                let x = random.uniform_in(-self.half_width, self.half_width);
                if random.uniform::<f64>() < (-self.exponent([x])).exp() {
                    return x;
                }
            }
        }
    }
}

impl<T: Scalar> Sampler<T> for TruncatedGaussian {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        check::<T>(points.len(), [weights.len(), self.dimension], self.inverse_peak)?;
        let mut random = seed.numbered(step).into_stream();
        let scale = self.inverse_peak / weights.len() as f64;
        for (point, weight) in points.chunks_exact_mut(self.dimension).zip(weights) {
            // The weight belongs to the point as rounded to `T`.
            point.fill_with(|| T::of(self.coordinate(&mut random)));
            *weight = T::of(scale * self.exponent(point.iter().map(|&v| Scalar::to_f64(v))).exp());
        }
        Ok(())
    }
}

/// Independent uniform points on the box [−D, D]ᵈ, by default in the plane; w = (2D)ᵈ/B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UniformBox {
    half_width: f64,
    dimension: usize,
    volume: f64,
}

impl UniformBox {
    /// Box half-width D.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless it is positive and finite.
    pub fn new(half_width: f64) -> Result<Self> {
        length("half-width of UniformBox", half_width)?;
        UniformBox { half_width, dimension: 2, volume: 1.0 }.dimensions(2)
    }

    /// The same in so many dimensions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for none, or so many that the volume is no number.
    pub fn dimensions(self, dimension: usize) -> Result<Self> {
        let volume = volume("UniformBox", 2.0 * self.half_width, dimension)?;
        Ok(UniformBox { dimension, volume, ..self })
    }
}

impl<T: Scalar> Sampler<T> for UniformBox {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        check::<T>(points.len(), [weights.len(), self.dimension], self.volume)?;
        let mut random = seed.numbered(step).into_stream();
        points.fill_with(|| T::of(random.uniform_in(-self.half_width, self.half_width)));
        weights.fill(T::of(self.volume / weights.len() as f64));
        Ok(())
    }
}

/// Where in its ring each point of a [`StratifiedPolar`] draw lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// One random shift for all rings, so that a draw is a lattice in (s, θ) shifted at random
    /// (Cranley and Patterson, 1976). For smooth functions its error is that of a rule of high order: on overlaps of
    /// hydrogen states with B = 1024 it is below 1e-7, against 2e-4 with [`Each`](Jitter::Each).
    #[default]
    Shared,
    /// A shift of its own for each ring: more randomness, error O(B^(−3/2)).
    Each,
}

/// Stratified points on the disk of radius R: one in each of B rings, turned by the golden angle.
///
/// ```text
/// sᵢ = (i + uᵢ)/B,   r = R s²,   θᵢ = 2π (i φ + v),   w = 2 R s · r · 2π/B,   φ = (√5 − 1)/2
/// ```
///
/// with uᵢ ([`Jitter`]) and v uniform on (0, 1). The map r = R s² draws where wave functions are
/// large and makes 1/r harmless: its weight vanishes like s³. Neighbours in the batch are neighbours
/// in r: for two independent estimates take two draws.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::{Sampler, StratifiedPolar};
/// let (mut x, mut w) = (vec![0.0; 2048], vec![0.0; 1024]);
/// StratifiedPolar::new(100.0)?.fill(Seed(1), 0, &mut x, &mut w)?;
/// // ∫ e^(−r)/r = 2π from a single draw
/// let integral: f64 =
///     x.chunks(2).zip(&w).map(|(x, w)| { let r = f64::hypot(x[0], x[1]); w * (-r).exp() / r }).sum();
/// assert!((integral / std::f64::consts::TAU - 1.0).abs() < 0.01);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratifiedPolar {
    radius: f64,
    jitter: Jitter,
}

/// (√5 − 1)/2, the fraction of a turn of the golden angle.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

impl StratifiedPolar {
    /// Radius R of the disk.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless it is positive and finite.
    pub fn new(radius: f64) -> Result<Self> {
        length("radius of StratifiedPolar", radius)?;
        Ok(StratifiedPolar { radius, jitter: Jitter::default() })
    }

    /// Chooses where in its ring each point lies.
    pub fn jitter(self, jitter: Jitter) -> Self {
        StratifiedPolar { jitter, ..self }
    }
}

impl<T: Scalar> Sampler<T> for StratifiedPolar {
    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        check::<T>(points.len(), [weights.len(), 2], PI * self.radius * self.radius)?;
        let mut random = seed.numbered(step).into_stream();
        let batch = weights.len() as f64;
        let offset: f64 = random.uniform();
        // Kept off 0, where 1/r has no value; r² must not underflow in f32 either.
        let shift = |random: &mut Stream| random.uniform::<f64>().max(1e-6);
        let shared = shift(&mut random);
        for (i, (point, weight)) in points.as_chunks_mut::<2>().0.iter_mut().zip(weights).enumerate() {
            let i = i as f64;
            let u = match self.jitter {
                Jitter::Shared => shared,
                Jitter::Each => shift(&mut random),
            };
            let s = (i + u) / batch;
            let r = self.radius * s * s;
            let (sin, cos) = (TAU * (i * GOLDEN + offset).fract()).sin_cos();
            *point = [T::of(r * cos), T::of(r * sin)];
            *weight = T::of(2.0 * self.radius * s * r * TAU / batch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
