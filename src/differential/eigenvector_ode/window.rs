//! One window of time, and the network that follows the flow through it.

use crate::differential::window_network::{self, WindowNetwork};
use crate::linalg::Matrix;
use crate::optim::StopReason;
use crate::{Result, Scalar};

const MATRIX: &str = "matrix";

/// The equation of a window of `m` components.
///
/// On the unit sphere, with ξ ∈ [0, 1] for the window and C = h|y₀|² B for its length h, the flow
/// is du/dξ = |u|² C u − (uᵀC u) u.
pub(super) fn record<T: Scalar>(m: usize, hidden: usize, nodes: usize) -> Result<WindowNetwork<T>> {
    WindowNetwork::record(m, hidden, nodes, |g, xi, u| {
        let product = u.matmul(g.fixed_input(MATRIX, [m, m]));
        u.d(xi) - u.square().row_sum() * product + (u * product).row_sum() * u
    })
}

/// Moves to the window that starts in the unit vector `start`, with the matrix C.
pub(super) fn bind<T: Scalar>(network: &mut WindowNetwork<T>, start: &[T], matrix: &Matrix<T>) -> Result<()> {
    network.start_in(start)?.system.set(MATRIX, matrix.as_slice())?;
    Ok(())
}

/// A trained window of [`Trajectory`](super::Trajectory).
#[derive(Debug, Clone, PartialEq)]
pub struct Window<T> {
    /// When it starts.
    pub start: T,
    /// How long it lasts.
    pub length: T,
    /// Root of the mean square residual that the training reached, in units of |x₀| a window.
    pub residual: f64,
    /// Levenberg–Marquardt iterations made.
    pub iterations: usize,
    /// Why the training ended; an observer is the accuracy that was asked for.
    pub reason: StopReason,
    /// |x₀|.
    pub(super) scale: T,
    /// u₀ `[m]`.
    pub(super) unit: Vec<T>,
    /// Slopes `[h]`, biases `[h]`, outputs `[h, m]`, their biases `[m]`.
    pub(super) parameters: Vec<T>,
}

impl<T: Scalar> Window<T> {
    /// The trained parameters of the network: slopes `[h]`, biases `[h]`, output weights `[h, m]`,
    /// output biases `[m]`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// y = |x₀| (u₀ + ξ N(2ξ − 1)) at ξ ∈ [0, 1] of the window, in the coordinates of the deflated
    /// problem `[m]`.
    pub(super) fn at(&self, xi: T) -> Vec<T> {
        let unit = window_network::value(&self.unit, &self.parameters, xi);
        unit.into_iter().map(|u| self.scale * u).collect()
    }
}
