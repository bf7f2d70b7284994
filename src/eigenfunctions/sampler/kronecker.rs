//! A sequence that fills a box evenly, moved at random.

use std::ops::Range;

use super::{MAX_DIMENSION, Sampler, check, positive};
use crate::error::Error;
use crate::{Result, Scalar, Seed};

/// Points of a Kronecker sequence on a box, moved by a random offset at each draw: unbiased as independent points are, and
/// on smooth functions that vanish at the sides as much nearer as a good rule is. w = volume/B.
///
/// xᵢ = frac(u + i α), with αₖ = φ⁻ᵏ for the root of φᵈ⁺¹ = φ + 1, which in one dimension is the golden ratio (Roberts,
/// 2018), and a uniform offset u (Cranley and Patterson, 1976).
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::{KroneckerBox, Sampler};
/// let sampler = KroneckerBox::new(&[-6.0..6.0, -6.0..6.0])?;
/// let (mut points, mut weights) = (vec![0.0_f64; 512], vec![0.0_f64; 256]);
/// sampler.fill(Seed(0), 0, &mut points, &mut weights)?;
/// let gaussian = |x: &[f64]| (-x[0] * x[0] - x[1] * x[1]).exp();
/// let integral: f64 = points.chunks(2).zip(&weights).map(|(x, w)| w * gaussian(x)).sum();
/// assert!((integral - std::f64::consts::PI).abs() < 0.2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KroneckerBox {
    sides: Vec<Range<f64>>,
    sequence: Sequence,
    volume: f64,
}

/// frac(u + i α) in the unit cube.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sequence {
    /// α.
    steps: Vec<f64>,
}

impl Sequence {
    /// In so many coordinates.
    pub fn new(d: usize) -> Result<Self> {
        let reason = format_args!("{d}; give at least one and at most {MAX_DIMENSION}");
        Error::require((1..=MAX_DIMENSION).contains(&d), "coordinates of a Kronecker sequence", reason)?;
        // A contraction: its fixed point is the root.
        let root = (0..100).fold(2.0_f64, |phi, _| (1.0 + phi).powf(1.0 / (d + 1) as f64));
        Ok(Sequence { steps: (1..=d).map(|k| root.powi(-(k as i32))).collect() })
    }

    /// The offset u of coordinate `k` in a draw.
    pub fn offset(draw: Seed, k: usize) -> f64 {
        draw.numbered(k as u64).into_stream().uniform()
    }

    /// Coordinate `k` of point `i`.
    pub fn coordinate(&self, offset: f64, i: usize, k: usize) -> f64 {
        (offset + i as f64 * self.steps[k]).fract()
    }
}

impl KroneckerBox {
    /// On a box of these sides.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no side, more than 1000, one that is not a finite interval, or a volume that is no number.
    pub fn new(sides: &[Range<f64>]) -> Result<Self> {
        let sequence = Sequence::new(sides.len())?;
        let mut volume = 1.0;
        for side in sides {
            positive("length of a side of KroneckerBox", side.end - side.start)?;
            volume *= side.end - side.start;
        }
        positive("volume of KroneckerBox", volume)?;
        Ok(KroneckerBox { sides: sides.to_vec(), sequence, volume })
    }
}

impl<T: Scalar> Sampler<T> for KroneckerBox {
    fn dimension(&self) -> usize {
        self.sides.len()
    }

    fn fill(&self, seed: Seed, step: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        let d = self.sides.len();
        check::<T>(points.len(), [weights.len(), d], self.volume)?;
        let random = seed.numbered(step);
        for (k, side) in self.sides.iter().enumerate() {
            let offset = Sequence::offset(random, k);
            for (i, x) in points.iter_mut().skip(k).step_by(d).enumerate() {
                let u = self.sequence.coordinate(offset, i, k);
                *x = T::of(side.start + u * (side.end - side.start));
            }
        }
        weights.fill(T::of(self.volume / weights.len() as f64));
        Ok(())
    }
}
