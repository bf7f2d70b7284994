//! Singular values of weight matrices.

use std::f64::consts::PI;

use super::tail::PowerLaw;
use crate::error::Error;
use crate::linalg::{Matrix, singular_values};
use crate::{Result, Scalar};

/// A direction counts as dead below this, relative to the largest singular value.
const DEAD: f64 = 1e-3;

/// The singular values σ of a weight matrix and what is made of them. (An article on reading spectra prints the eigenvalues
/// of WWᵀ as norm and condition: those are σ², and for a tall W zeros are among them.)
///
/// ```
/// use eigennet::{diagnostics::WeightSpectrum, linalg::Matrix};
/// let stretched = WeightSpectrum::of(&Matrix::from_diagonal(&[4.0, 2.0, 1.0]))?;
/// assert_eq!((stretched.norm(), stretched.condition()), (4.0, 4.0));
/// assert_eq!(stretched.stable_rank(), 21.0 / 16.0);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSpectrum {
    /// σ, from the largest down, `[min(rows, cols)]`.
    pub values: Vec<f64>,
    /// Rows and columns.
    pub shape: [usize; 2],
    /// The mean square of the entries, less their mean squared.
    pub variance: f64,
    /// Its root, which is a number where the variance over- or underflows.
    deviation: f64,
}

impl WeightSpectrum {
    /// The spectrum of a matrix, the same for a wide and a tall one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an empty matrix, [`Error::NonFinite`].
    #[inline(never)]
    pub fn of<T: Scalar>(weights: &Matrix<T>) -> Result<Self> {
        let [rows, cols] = weights.shape();
        Error::require(rows * cols > 0, "weights", "an empty matrix has no spectrum; give at least one entry")?;
        let values = singular_values(weights)?.into_iter().map(Scalar::to_f64).collect::<Vec<f64>>();
        Error::check_finite("singular values of the weights", &values)?;
        let n = (rows * cols) as f64;
        // Scaled on the way, so that no square overflows.
        let scale = Scalar::to_f64(weights.max_abs()).max(f64::MIN_POSITIVE);
        let entries = || weights.as_slice().iter().map(|&w| Scalar::to_f64(w) / scale);
        let mean = entries().sum::<f64>() / n;
        let variance = entries().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
        let deviation = variance.sqrt() * scale;
        Ok(WeightSpectrum { values, shape: [rows, cols], variance: variance * scale * scale, deviation })
    }

    /// σ_max, the spectral norm.
    pub fn norm(&self) -> f64 {
        self.values[0]
    }

    /// σ_min.
    pub fn smallest(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    /// σ_max/σ_min; infinite for a singular matrix.
    pub fn condition(&self) -> f64 {
        let last = self.smallest();
        if last > 0.0 { self.norm() / last } else { f64::INFINITY }
    }

    /// ‖W‖_F²/σ_max²: 0 for W = 0.
    pub fn stable_rank(&self) -> f64 {
        self.shares().map(|share| share * share).sum()
    }

    /// exp of the entropy of σ²/Σσ² (Roy and Vetterli, 2007): 0 for W = 0.
    pub fn effective_rank(&self) -> f64 {
        let total = self.stable_rank();
        if total == 0.0 {
            return 0.0;
        }
        let entropy = |share: f64| {
            let p = share * share / total;
            if p > 0.0 { -p * p.ln() } else { 0.0 }
        };
        self.shares().map(entropy).sum::<f64>().exp()
    }

    /// Directions with σ < σ_max/1000; all of them for W = 0.
    pub fn dead_directions(&self) -> usize {
        self.shares().filter(|&share| share < DEAD).count()
    }

    /// σ/σ_max.
    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let largest = self.norm();
        self.values.iter().map(move |&v| if largest > 0.0 { v / largest } else { 0.0 })
    }

    /// The law of σ² for independent entries of the same variance: what a random matrix would show.
    pub fn marchenko_pastur(&self) -> MarchenkoPastur {
        self.law(self.variance)
    }

    fn law(&self, variance: f64) -> MarchenkoPastur {
        let [short, long] = [self.shape[0].min(self.shape[1]), self.shape[0].max(self.shape[1])];
        MarchenkoPastur { ratio: short as f64 / long as f64, scale: variance * long as f64 }
    }

    /// A power of 2 beside σ_max, in units of which squares of singular values neither over- nor underflow.
    fn unit(&self) -> f64 {
        let largest = self.norm();
        if largest > 0.0 { largest.log2().floor().exp2() } else { 1.0 }
    }

    /// How many σ² rise above the edge of the [random law](Self::marchenko_pastur), by more than its fluctuation
    /// n^(−2/3): directions that were learned.
    pub fn spikes(&self) -> usize {
        let unit = self.unit();
        let law = self.law((self.deviation / unit).powi(2));
        let edge = law.edges()[1] * (1.0 + 2.0 * (self.shape[0].max(self.shape[1]) as f64).powf(-2.0 / 3.0));
        self.values.iter().filter(|&&v| (v / unit).powi(2) > edge).count()
    }

    /// The exponent of the tail of σ², and how well it fits (Martin and Mahoney, 2021: 2 to 4 in well trained layers).
    /// `None` for fewer than 10 values; its minimum, a σ², may over- or underflow.
    pub fn power_law(&self) -> Option<PowerLaw> {
        let unit = self.unit();
        let law = PowerLaw::fit(&self.values.iter().map(|v| (v / unit).powi(2)).collect::<Vec<_>>())?;
        Some(PowerLaw { minimum: law.minimum * unit * unit, ..law })
    }
}

/// The law of the eigenvalues of WWᵀ for independent entries (Marchenko and Pastur, 1967), for the shorter side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarchenkoPastur {
    /// The shorter side over the longer, in (0, 1].
    pub ratio: f64,
    /// The variance of an entry times the longer side: the mean eigenvalue.
    pub scale: f64,
}

impl MarchenkoPastur {
    /// Where the law begins and ends: `scale · (1 ∓ √ratio)²`.
    pub fn edges(&self) -> [f64; 2] {
        [-1.0, 1.0].map(|sign: f64| self.scale * (1.0 + sign * self.ratio.sqrt()).powi(2))
    }

    /// The density at an eigenvalue.
    pub fn density(&self, value: f64) -> f64 {
        let [low, high] = self.edges();
        if value <= low || value >= high {
            return 0.0;
        }
        ((high - value) * (value - low)).sqrt() / (2.0 * PI * self.ratio * self.scale * value)
    }
}
