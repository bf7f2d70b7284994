//! One window of time, and the network that follows the flow through it.

use crate::autodiff::{Initializer, Layout};
use crate::differential::{Collocation, Domain, Equation};
use crate::linalg::Matrix;
use crate::nn::Mlp;
use crate::optim::FitStop;
use crate::{Result, Scalar, Seed};

/// The equation of a window, recorded once for its number of components m and then given other starts
/// and matrices.
///
/// On the unit sphere, with ξ ∈ [0, 1] for the window and C = h|y₀|² B for its length h, the flow
/// is du/dξ = |u|² C u − (uᵀC u) u. The trial solution is u = u₀ + ξ N(2ξ − 1).
#[derive(Debug)]
pub(super) struct WindowEquation<T> {
    equation: Equation<T>,
    pub collocation: Collocation<T>,
    hidden: usize,
}

const START: &str = "start";
const MATRIX: &str = "matrix";

impl<T: Scalar> WindowEquation<T> {
    pub fn record(components: usize, hidden: usize, nodes: usize) -> Result<Self> {
        let m = components;
        let domain = Domain::new(["xi"], [0.0..1.0])?;
        let net = Mlp::new("net", [1, hidden, m]).weights(Initializer::Constant(0.0));
        let equation = Equation::record(&domain, |g, [xi]| {
            let (start, matrix) = (g.fixed_input(START, [1, m]), g.fixed_input(MATRIX, [m, m]));
            let u = start + xi * net.call(g, domain.scaled([xi]));
            let product = u.matmul(matrix);
            u.d(xi) - u.square().row_sum() * product + (u * product).row_sum() * u
        })?;
        let collocation = equation.on(&domain.gauss([nodes])?)?;
        Ok(WindowEquation { equation, collocation, hidden })
    }

    /// Moves to the window that starts in the unit vector `start`, with the matrix C.
    pub fn bind(&mut self, start: &[T], matrix: &Matrix<T>) -> Result<()> {
        self.collocation.set(START, start)?.set(MATRIX, matrix.as_slice())?;
        Ok(())
    }

    /// The parameters before training: slopes a ~ U(−4, 4), centres −b/a ~ U(−1, 1), and outputs 0, so
    /// that the trial solution starts as the constant u₀.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        let mut stream = seed.stream("window network");
        let mut theta = vec![T::zero(); self.layout().len()];
        let (slopes, rest) = theta.split_at_mut(self.hidden);
        for (slope, bias) in slopes.iter_mut().zip(rest) {
            *slope = stream.uniform_in(T::of(-4.0), T::of(4.0));
            *bias = -*slope * stream.uniform_in(-T::one(), T::one());
        }
        theta
    }

    fn layout(&self) -> &Layout {
        self.equation.parameters()
    }
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
    pub reason: FitStop,
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
        let m = self.unit.len();
        let hidden = self.parameters.len().saturating_sub(m) / (m + 2);
        let (slopes, rest) = self.parameters.split_at(hidden);
        let (biases, rest) = rest.split_at(hidden);
        let (outputs, bias) = rest.split_at(hidden * m);
        let mut net = bias.to_vec();
        let place = xi + xi - T::one();
        for ((&slope, &bias), row) in slopes.iter().zip(biases).zip(outputs.chunks_exact(m)) {
            let activation = (slope * place + bias).tanh();
            net.iter_mut().zip(row).for_each(|(out, &weight)| *out += activation * weight);
        }
        net.iter().zip(&self.unit).map(|(&n, &u)| self.scale * (u + xi * n)).collect()
    }
}
