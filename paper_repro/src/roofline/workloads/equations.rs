//! Training steps of the residuals of differential equations: the mean square of one, its gradient, Adam.

use std::f64::consts::PI;
use std::hint::black_box;

use eigennet::autodiff::{Graph, Initializer, Program, Rows, Var, Workspace, record};
use eigennet::container::Element;
use eigennet::differential::Domain;
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Adam, Optimizer};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::roofline::flops;
use crate::roofline::measure::Steps;

const RATE: f64 = 1e-3;

fn network(widths: &[usize]) -> Mlp {
    Mlp::new("net", widths).activation(Activation::Sigmoid).weights(Initializer::GlorotNormal { gain: 1.0 })
}

/// u_t = ∂ₓᵏu with u = (1 − t) sin πx + x (1 − x) t N, N 2-50-20-1 sigmoid, on 20 × 20 points of the unit square.
#[derive(Debug, Clone, Copy)]
pub struct Diffusion {
    /// k, at least 1.
    pub order: usize,
}

impl Diffusion {
    const WIDTHS: [usize; 4] = [2, 50, 20, 1];
    const POINTS: [usize; 2] = [20, 20];

    /// Diffusion (Lagaris, Likas and Fotiadis, 1998).
    pub fn lagaris() -> Self {
        Diffusion { order: 2 }
    }
}

impl Problem for Diffusion {
    const KIND: Kind = Kind::Training;

    /// All of N, ∂ₜN, ∂ₓN, …, ∂ₓᵏN forward and in reverse: 9.95 MFLOP for k = 2.
    fn work(&self) -> f64 {
        let streams = self.order + 2;
        let points: usize = Self::POINTS.iter().product();
        points as f64 * flops::training_step(&Self::WIDTHS, streams, streams)
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        let points = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?.uniform(Self::POINTS)?;
        Descent::<T>::boxed(seed, points.points(), &[], |g| {
            let [x, t] = g.coordinates("points", Rows::named("points"));
            let n = network(&Self::WIDTHS).call(Var::concat(&[x, t]));
            let u = (1.0 - t) * (PI * x).sin() + x * (1.0 - x) * t * n;
            u.d(t) - (0..self.order).fold(u, |u, _| u.d(x))
        })
    }
}

/// x′ = −x + f(x), f(x) = ‖x‖² A x + (1 − xᵀA x) x with x = e⁻ᵗ x₀ + (1 − e⁻ᵗ) N, N 1-100-6 sigmoid, on 100 points in
/// [0, 10] (Yi, Fu and Tang, 2004).
#[derive(Debug, Clone, Copy)]
pub struct EigenFlow;

impl EigenFlow {
    const ORDER: usize = 6;
    const WIDTHS: [usize; 3] = [1, 100, Self::ORDER];
    const POINTS: usize = 100;
}

impl Problem for EigenFlow {
    const KIND: Kind = Kind::Training;

    /// N and ∂ₜN forward and in reverse: .76 MFLOP. The products with A, 2 % of it, are left out.
    fn work(&self) -> f64 {
        Self::POINTS as f64 * flops::training_step(&Self::WIDTHS, 2, 2)
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        const N: usize = EigenFlow::ORDER;
        let points = Domain::new(["t"], [0.0..10.0])?.uniform([Self::POINTS])?;
        let mut stream = seed.stream("matrix");
        let q: Vec<f64> = (0..N * N).map(|_| stream.normal()).collect();
        let matrix: Vec<T> = (0..N * N).map(|k| T::of(0.5 * (q[k] + q[k % N * N + k / N]))).collect();
        let start: Vec<T> = (0..N).map(|_| T::of(stream.normal())).collect();
        Descent::<T>::boxed(seed, points.points(), &[("matrix", &matrix), ("start", &start)], |g| {
            let t = g.coordinate("points", Rows::named("points"));
            let [matrix, start] = [g.fixed_input("matrix", [N, N]), g.fixed_input("start", [1, N])];
            let decay = (-t).exp();
            let x = decay * start + (1.0 - decay) * network(&Self::WIDTHS).call(t);
            let ax = x.matmul(matrix);
            let f = x.square().row_sum() * ax + (1.0 - (x * ax).row_sum()) * x;
            x.d(t) + x - f
        })
    }
}

/// A training on all points at once.
struct Descent<T: Scalar> {
    program: Program<T>,
    workspace: Workspace<T>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    adam: Adam<T>,
}

impl<T: Scalar> Descent<T> {
    /// Of the mean square of `residual` on the points `[n, coordinates]`, with other inputs by name.
    fn boxed(
        seed: Seed,
        points: &[T],
        inputs: &[(&str, &[T])],
        residual: impl Fn(&Graph) -> Var<'_>,
    ) -> Result<Box<dyn Steps>, Failure> {
        let program = record(|g| residual(g).square().mean())?.compile();
        let mut workspace = program.workspace();
        workspace.set("points", points)?;
        for (name, values) in inputs {
            workspace.set(name, values)?;
        }
        let parameters = program.initial(seed);
        let gradient = vec![T::zero(); parameters.len()];
        Ok(Box::new(Descent { program, workspace, parameters, gradient, adam: Adam::default() }))
    }
}

impl<T: Scalar> Steps for Descent<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        for _ in 0..steps {
            black_box(self.program.gradient(&self.parameters, &mut self.workspace, &mut self.gradient)?);
            self.adam.step(T::of(RATE), &mut self.parameters, &self.gradient)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nominal_work_is_as_documented() {
        assert_eq!((Diffusion::lagaris().work() / 1e4).round(), 995.0);
        assert_eq!((EigenFlow.work() / 1e4).round(), 76.0);
    }
}
