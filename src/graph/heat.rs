//! Heat that spreads, from eigenpairs.

use crate::linalg::{Matrix, least_squares};
use crate::{Error, Result, Scalar};

/// The solution of ∂u/∂t = −L u by eigenpairs L ψ = λ ψ that are known at some points,
///
/// ```text
/// u(x, t) = Σⱼ cⱼ e^(−λⱼ t) ψⱼ(x),   Σⱼ cⱼ ψⱼ ≈ u(x, 0) by least squares over the points
/// ```
///
/// ```
/// use eigennet::graph::HeatFlow;
/// use eigennet::reference::CircleHeat;
/// let angles: Vec<f64> = (0..100).map(|i| i as f64 * std::f64::consts::TAU / 100.0).collect();
/// let exact = CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0])?;
/// let initial: Vec<f64> = angles.iter().map(|&angle| exact.value(angle, 0.0)).collect();
/// let values: Vec<f64> = (0..5).map(CircleHeat::eigenvalue).collect();
/// let flow = HeatFlow::new(CircleHeat::eigenfunctions(&angles, 5), values, &initial)?;
/// let later = flow.at(0.5);
/// assert!(flow.misfit() < 1e-14);
/// assert!((0..100).all(|i| (later[i] - exact.value(angles[i], 0.5)).abs() < 1e-14));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeatFlow<T> {
    functions: Matrix<T>,
    values: Vec<T>,
    coefficients: Vec<T>,
    misfit: f64,
}

impl<T: Scalar> HeatFlow<T> {
    /// From functions `[points, k]`, their eigenvalues λ `[k]`, and u at time 0 `[points]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other numbers of functions or points, those of [`least_squares`].
    #[inline(never)]
    pub fn new(functions: Matrix<T>, values: Vec<T>, initial: &[T]) -> Result<Self> {
        if [initial.len(), values.len()] != functions.shape() {
            return Err(Error::shape("HeatFlow", &functions.shape(), &[initial.len(), values.len()]));
        }
        Error::check_finite("eigenvalues of HeatFlow", &values)?;
        let start = Matrix::from_vec(initial.len(), 1, initial.to_vec())?;
        let coefficients = least_squares(&functions, &start, None)?.solution;
        let rest = functions.matmul(&coefficients)?.sub(&start)?.frobenius_norm().to_f64();
        let misfit = if rest == 0.0 { 0.0 } else { rest / start.frobenius_norm().to_f64() };
        Ok(HeatFlow { functions, values, coefficients: coefficients.into_vec(), misfit })
    }

    /// u at the points and time t.
    pub fn at(&self, time: T) -> Vec<T> {
        let factors: Vec<T> =
            self.coefficients.iter().zip(&self.values).map(|(&c, &value)| c * (-value * time).exp()).collect();
        let sum = |row: &[T]| row.iter().zip(&factors).fold(T::zero(), |sum, (&psi, &factor)| sum + psi * factor);
        self.functions.row_iter().map(sum).collect()
    }

    /// What of u at time 0 the functions cannot express, relative to it, in the mean square over the points.
    pub fn misfit(&self) -> f64 {
        self.misfit
    }
}
