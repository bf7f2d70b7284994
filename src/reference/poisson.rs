//! Exact solutions of the Poisson equation on a box.

use std::ops::Range;

use super::sine_modes::SineModes;
use crate::Result;

/// Solutions of −∇²u = f on a box, zero on its boundary, as sums of modes:
///
/// ```text
/// u(x) = Σ_m c_m Π_i sin(k_{m,i} (x_i − a_i)),   f(x) = Σ_m |k_m|² c_m Π_i sin(…),   k_{m,i} = π m_i/(b_i − a_i)
/// ```
///
/// Source: any textbook, such as Courant and Hilbert, *Methods of Mathematical Physics* (1924), V.
///
/// ```
/// use eigennet::reference::PoissonModes;
/// use std::f64::consts::PI;
/// let u = PoissonModes::new(&[0.0..1.0, 0.0..1.0])?.mode(1.0, &[1, 1])?;
/// assert!((u.source(&[0.5, 0.5]) - 2.0 * PI * PI).abs() < 1e-13);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PoissonModes {
    modes: SineModes,
}

impl PoissonModes {
    /// No modes yet: u = 0 on the box of `intervals`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) if there is no interval or one is empty or not finite.
    pub fn new(intervals: &[Range<f64>]) -> Result<Self> {
        Ok(PoissonModes { modes: SineModes::new("PoissonModes", intervals)? })
    }

    /// Adds `amplitude` times the mode of `numbers`, one for each dimension.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for another number of numbers,
    /// [`Error::NonFinite`](crate::Error::NonFinite) for the amplitude.
    pub fn mode(mut self, amplitude: f64, numbers: &[u32]) -> Result<Self> {
        self.modes.push("mode of PoissonModes", amplitude, numbers)?;
        Ok(self)
    }

    /// u(x).
    ///
    /// # Panics
    /// Here and below, if `x` has not one coordinate for each dimension.
    pub fn value(&self, x: &[f64]) -> f64 {
        self.modes.sum(x, None, |_| 1.0)
    }

    /// ∂u/∂x_i for each i.
    pub fn gradient(&self, x: &[f64]) -> Vec<f64> {
        (0..self.modes.dimension()).map(|i| self.modes.sum(x, Some(i), |_| 1.0)).collect()
    }

    /// f(x) = −∇²u.
    pub fn source(&self, x: &[f64]) -> f64 {
        self.modes.sum(x, None, |mode| -mode.eigenvalue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_minus_the_laplacian() {
        let u =
            PoissonModes::new(&[0.0..2.0, -1.0..1.0]).unwrap().mode(1.0, &[1, 2]).unwrap().mode(0.3, &[3, 1]).unwrap();
        let (x, y, h) = (0.7, 0.2, 1e-4);
        let around = u.value(&[x + h, y]) + u.value(&[x - h, y]) + u.value(&[x, y + h]) + u.value(&[x, y - h]);
        let laplacian = (around - 4.0 * u.value(&[x, y])) / (h * h);
        assert!((u.source(&[x, y]) + laplacian).abs() < 1e-5);
        assert!((u.gradient(&[x, y])[1] - (u.value(&[x, y + h]) - u.value(&[x, y - h])) / (2.0 * h)).abs() < 1e-5);
    }
}
