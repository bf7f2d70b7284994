//! Exact solutions of the diffusion equation on a box.

use std::ops::Range;

use super::sine_modes::SineModes;
use crate::{Error, Result};

/// Solutions of u_t = κ ∇²u on a box, zero on its boundary, as sums of modes:
///
/// ```text
/// u(x, t) = Σ_m c_m e^{−κ|k_m|² t} Π_i sin(k_{m,i} (x_i − a_i)),   k_{m,i} = π m_i/(b_i − a_i)
/// ```
///
/// Source: Fourier, *Théorie analytique de la chaleur* (1822).
///
/// ```
/// use eigennet::reference::HeatModes;
/// use std::f64::consts::PI;
/// let u = HeatModes::new(&[0.0..1.0], 1.0)?.mode(1.0, &[1])?;
/// assert!((u.value(&[0.5], 0.1) - (-PI * PI * 0.1).exp()).abs() < 1e-15);
/// assert_eq!(u.time_derivative(&[0.3], 0.1), u.laplacian(&[0.3], 0.1)); // κ = 1
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeatModes {
    diffusivity: f64,
    modes: SineModes,
}

impl HeatModes {
    /// No modes yet: u = 0 on the box of `intervals`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no interval, one is empty or not finite, or κ is not positive.
    pub fn new(intervals: &[Range<f64>], diffusivity: f64) -> Result<Self> {
        if !(diffusivity > 0.0 && diffusivity.is_finite()) {
            return Err(Error::invalid("diffusivity of HeatModes", format!("{diffusivity} is not positive")));
        }
        Ok(HeatModes { diffusivity, modes: SineModes::new("HeatModes", intervals)? })
    }

    /// Adds `amplitude` times the mode of `numbers`, one for each dimension.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of numbers, [`Error::NonFinite`] for the amplitude.
    pub fn mode(mut self, amplitude: f64, numbers: &[u32]) -> Result<Self> {
        self.modes.push("mode of HeatModes", amplitude, numbers)?;
        Ok(self)
    }

    /// κ.
    pub fn diffusivity(&self) -> f64 {
        self.diffusivity
    }

    /// The number of space dimensions.
    pub fn dimension(&self) -> usize {
        self.modes.dimension()
    }

    /// u(x, t).
    ///
    /// # Panics
    /// Here and below, if `x` has not one coordinate for each dimension.
    pub fn value(&self, x: &[f64], t: f64) -> f64 {
        self.modes.sum(x, None, |mode| (self.diffusivity * mode.eigenvalue * t).exp())
    }

    /// ∂u/∂x_i for each i.
    pub fn gradient(&self, x: &[f64], t: f64) -> Vec<f64> {
        let decay = |i| self.modes.sum(x, Some(i), |mode| (self.diffusivity * mode.eigenvalue * t).exp());
        (0..self.dimension()).map(decay).collect()
    }

    /// ∇²u.
    pub fn laplacian(&self, x: &[f64], t: f64) -> f64 {
        self.modes.sum(x, None, |mode| mode.eigenvalue * (self.diffusivity * mode.eigenvalue * t).exp())
    }

    /// ∂u/∂t.
    pub fn time_derivative(&self, x: &[f64], t: f64) -> f64 {
        self.diffusivity * self.laplacian(x, t)
    }
}

#[cfg(test)]
mod tests;
