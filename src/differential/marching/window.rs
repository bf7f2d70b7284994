//! The network of one window of time, recorded once and then given one window after another.

use crate::autodiff::{Graph, Initializer, Var};
use crate::differential::collocation::Collocation;
use crate::differential::domain::Domain;
use crate::differential::equation::Equation;
use crate::nn::Mlp;
use crate::optim::Residuals;
use crate::{Result, Scalar, Seed};

/// The trial solution u = u₀ + ξ N(2ξ − 1), ξ ∈ [0, 1] across the window, with one hidden layer of
/// tanh, and its residual on Gauss–Legendre nodes.
#[derive(Debug)]
pub(in crate::differential) struct WindowNetwork<T> {
    /// The residual; what else it depends on is set by name.
    pub system: Collocation<T>,
    hidden: usize,
}

/// The inputs u₀ `[1, n]`, and when a window starts and how long it lasts `[1, 2]`.
pub(super) const START: &str = "start";
pub(super) const WINDOW: &str = "window";

impl<T: Scalar> WindowNetwork<T> {
    /// For y′ = `f`, which is given the time `[nodes, 1]` and the state `[nodes, n]`.
    #[track_caller]
    pub fn record<F>(n: usize, hidden: usize, nodes: usize, f: F) -> Result<Self>
    where
        F: for<'g> FnOnce(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>,
    {
        let domain = Domain::new(["xi"], [0.0..1.0])?;
        let net = Mlp::new("net", [1, hidden, n]).weights(Initializer::Constant(0.0));
        let equation = Equation::record(&domain, |g, [xi]| {
            let y = g.fixed_input(START, [1, n]) + xi * net.call(domain.scaled([xi]));
            let window = g.fixed_input(WINDOW, [1, 2]);
            let (start, length) = (window.columns(0..1), window.columns(1..2));
            let rate = f(g, start + length * xi, y);
            if ![0, n].contains(&rate.width()) {
                let reason = format!("it returned {} columns for {n} states", rate.width());
                return g.refuse("right-hand side of Marching", &reason);
            }
            y.d(xi) - length * rate
        })?;
        Ok(WindowNetwork { system: equation.on(&domain.gauss([nodes])?)?, hidden })
    }

    /// The parameters before training: slopes a ~ U(−4, 4), centres −b/a ~ U(−1, 1), and outputs 0, so
    /// that the trial solution starts as the constant u₀.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        let mut stream = seed.stream("window network");
        let mut theta = vec![T::zero(); Residuals::parameter_count(&self.system)];
        let (slopes, rest) = theta.split_at_mut(self.hidden);
        for (slope, bias) in slopes.iter_mut().zip(rest) {
            *slope = stream.uniform_in(T::of(-4.0), T::of(4.0));
            *bias = -*slope * stream.uniform_in(-T::one(), T::one());
        }
        theta
    }
}

/// u at ξ from u₀ and the trained parameters: slopes `[h]`, biases `[h]`, outputs `[h, m]`, their biases `[m]`.
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
