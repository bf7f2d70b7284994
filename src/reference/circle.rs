//! The circle: its eigenfunctions, and heat that spreads along it.

use crate::linalg::Matrix;
use crate::{Error, Result};

/// The unit circle with −d²/dθ²: eigenvalues 0, 1, 1, 4, 4, 9, … with 1, cos θ, sin θ, cos 2θ, sin 2θ, …; and the solution of
/// the heat equation from a trigonometric polynomial,
///
/// ```text
/// u(θ, t) = ½ a₀ + Σ_m e^(−m² t) (aₘ cos mθ + bₘ sin mθ)
/// ```
///
/// Source: Fourier, *Théorie analytique de la chaleur* (1822).
///
/// ```
/// use eigennet::reference::CircleHeat;
/// // g = sin θ + cos 2θ
/// let heat = CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0])?;
/// assert!((heat.value(0.3, 0.0) - (0.3_f64.sin() + 0.6_f64.cos())).abs() < 1e-15);
/// assert!((heat.value(0.0, 0.5) - (-2.0_f64).exp()).abs() < 1e-15);
/// assert_eq!(CircleHeat::eigenvalue(4), 4.0);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CircleHeat {
    cosines: Vec<f64>,
    sines: Vec<f64>,
}

impl CircleHeat {
    /// From a₀, a₁, a₂, … and b₁, b₂, ….
    ///
    /// # Errors
    /// [`Error::NonFinite`] for others than numbers.
    pub fn new(cosines: &[f64], sines: &[f64]) -> Result<Self> {
        Error::check_finite("coefficients of CircleHeat", cosines)?;
        Error::check_finite("coefficients of CircleHeat", sines)?;
        Ok(CircleHeat { cosines: cosines.to_vec(), sines: sines.to_vec() })
    }

    /// u at the angle θ and time t.
    pub fn value(&self, angle: f64, time: f64) -> f64 {
        let decay = |m: usize| (-((m * m) as f64) * time).exp();
        let cosines = self.cosines.iter().enumerate().map(|(m, a)| {
            let share = if m == 0 { 0.5 } else { 1.0 };
            share * a * decay(m) * (m as f64 * angle).cos()
        });
        let sines = self.sines.iter().zip(1..).map(|(b, m)| b * decay(m) * (m as f64 * angle).sin());
        cosines.sum::<f64>() + sines.sum::<f64>()
    }

    /// Eigenvalue `index` of −d²/dθ²: 0, 1, 1, 4, 4, 9, ….
    pub fn eigenvalue(index: usize) -> f64 {
        let frequency = index.div_ceil(2);
        (frequency * frequency) as f64
    }

    /// The first `count` eigenfunctions 1, cos θ, sin θ, cos 2θ, … at some angles `[angles, count]`. An even count cuts a
    /// pair: spans of so many are not determined.
    pub fn eigenfunctions(angles: &[f64], count: usize) -> Matrix<f64> {
        Matrix::from_fn(angles.len(), count, |i, j| {
            let phase = j.div_ceil(2) as f64 * angles[i];
            if j % 2 == 0 && j > 0 { phase.sin() } else { phase.cos() }
        })
    }
}
