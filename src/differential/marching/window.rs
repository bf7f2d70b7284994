//! The network of one window of time, recorded once and then given one window after another.

use crate::autodiff::{Graph, Initializer, Var};
use crate::differential::collocation::Collocation;
use crate::differential::domain::Domain;
use crate::differential::equation::Equation;
use crate::nn::Mlp;
use crate::{Result, Scalar, Seed};

/// The trial solution u = u₀ + ξ N(2ξ − 1), ξ ∈ [0, 1] across the window, with one hidden layer of
/// tanh, and its residual on Gauss–Legendre nodes.
#[derive(Debug)]
pub(in crate::differential) struct WindowNetwork<T> {
    equation: Equation<T>,
    /// The residual; what else it depends on is set by name.
    pub system: Collocation<T>,
    hidden: usize,
}

const START: &str = "start";

impl<T: Scalar> WindowNetwork<T> {
    /// `residual` is given ξ `[nodes, 1]` and u `[nodes, components]`.
    #[track_caller]
    pub fn record<F>(components: usize, hidden: usize, nodes: usize, residual: F) -> Result<Self>
    where
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        let domain = Domain::new(["xi"], [0.0..1.0])?;
        let net = Mlp::new("net", [1, hidden, components]).weights(Initializer::Constant(0.0));
        let equation = Equation::record(&domain, |g, [xi]| {
            let u = g.fixed_input(START, [1, components]) + xi * net.call(domain.scaled([xi]));
            residual(g, xi, u)
        })?;
        let system = equation.on(&domain.gauss([nodes])?)?;
        Ok(WindowNetwork { equation, system, hidden })
    }

    /// Moves to a window that starts in u₀ `[components]`.
    pub fn start_in(&mut self, start: &[T]) -> Result<&mut Self> {
        self.system.set(START, start)?;
        Ok(self)
    }

    /// The parameters before training: slopes a ~ U(−4, 4), centres −b/a ~ U(−1, 1), and outputs 0, so
    /// that the trial solution starts as the constant u₀.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        let mut stream = seed.stream("window network");
        let mut theta = vec![T::zero(); self.parameter_count()];
        let (slopes, rest) = theta.split_at_mut(self.hidden);
        for (slope, bias) in slopes.iter_mut().zip(rest) {
            *slope = stream.uniform_in(T::of(-4.0), T::of(4.0));
            *bias = -*slope * stream.uniform_in(-T::one(), T::one());
        }
        theta
    }

    /// Number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.equation.parameters().len()
    }
}

/// u at ξ from u₀ and the trained parameters: slopes `[h]`, biases `[h]`, outputs `[h, m]`, their
/// biases `[m]`.
pub(super) fn value<T: Scalar>(start: &[T], parameters: &[T], xi: T) -> Vec<T> {
    let m = start.len();
    let hidden = parameters.len().saturating_sub(m) / (m + 2);
    let (slopes, rest) = parameters.split_at(hidden);
    let (biases, rest) = rest.split_at(hidden);
    let (outputs, bias) = rest.split_at(hidden * m);
    let mut net = bias.to_vec();
    let place = xi + xi - T::one();
    for ((&slope, &bias), row) in slopes.iter().zip(biases).zip(outputs.chunks_exact(m)) {
        let activation = (slope * place + bias).tanh();
        net.iter_mut().zip(row).for_each(|(out, &weight)| *out += activation * weight);
    }
    net.iter().zip(start).map(|(&n, &u)| u + xi * n).collect()
}
