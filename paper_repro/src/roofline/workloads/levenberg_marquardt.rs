//! A step of Levenberg–Marquardt on diffusion in a rod: 2-16-16-1 tanh, 24 × 24 Gauss points.

use std::f64::consts::PI;
use std::hint::black_box;
use std::ops::ControlFlow;

use eigennet::autodiff::Initializer;
use eigennet::container::Element;
use eigennet::differential::{Collocation, Domain, Equation};
use eigennet::nn::Mlp;
use eigennet::optim::{FitState, LevenbergMarquardt, StopReason, Trainable};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::roofline::flops;
use crate::roofline::measure::Steps;

/// The step.
#[derive(Debug, Clone, Copy)]
pub struct LmStep;

impl LmStep {
    const WIDTHS: [usize; 4] = [2, 16, 16, 1];
    const SIDE: usize = 24;
}

/// A run is started anew after so many steps.
const RUN: usize = 10;

/// Damped so much that every step of a run is accepted: a step that is rejected takes no Jacobian.
fn method() -> LevenbergMarquardt {
    LevenbergMarquardt { damping: 10.0, ..LevenbergMarquardt::default() }
}

impl Problem for LmStep {
    const KIND: Kind = Kind::Training;

    /// N, ∂ₜN, ∂ₓN and ∂ₓ²N: the Jacobian as a training step's gradient whose rows are kept, and two more evaluations, one for
    /// the bend of the step and one of where it ends; half of the Gram matrix of n residuals and p parameters np²; its Cholesky factor
    /// p³/3. Together 85 MFLOP.
    fn work(&self) -> f64 {
        let n = (Self::SIDE * Self::SIDE) as f64;
        let p = Self::WIDTHS.windows(2).map(|sides| (sides[0] + 1) * sides[1]).sum::<usize>() as f64;
        let passes = flops::training_step(&Self::WIDTHS, 4, 4) + 2.0 * flops::forward_pass(&Self::WIDTHS, 4);
        n * passes + n * p * p + p.powi(3) / 3.0
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        Ok(Box::new(Self::run::<T>(seed)?))
    }
}

impl LmStep {
    fn run<T: Scalar + Element>(seed: Seed) -> Result<Run<T>, Failure> {
        let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
        let net = Mlp::new("net", Self::WIDTHS)
            .weights(Initializer::GlorotUniform { gain: 2.0 })
            .biases(Initializer::Uniform { low: -0.5, high: 0.5 });
        let equation = Equation::<T>::record(&domain, |_, [x, t]| {
            let u = (1.0 - t) * (PI * x).sin() + x * (1.0 - x) * t * net.call(domain.scaled([x, t]));
            u.d(t) - u.d(x).d(x)
        })?;
        let collocation = equation.on(&domain.gauss([Self::SIDE, Self::SIDE])?)?;
        let start = collocation.initial(seed);
        Ok(Run { collocation, start, state: None, left: 0 })
    }
}

struct Run<T: Scalar> {
    collocation: Collocation<T>,
    start: Vec<T>,
    state: Option<FitState<T>>,
    /// Steps before it is started anew.
    left: usize,
}

impl<T: Scalar> Steps for Run<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        let method = method();
        let mut taken = 0;
        while taken < steps {
            let mut state = match self.state.take().filter(|_| self.left > 0) {
                Some(state) => state,
                None => {
                    self.left = RUN;
                    method.start(&mut self.collocation, &self.start)?
                }
            };
            // As in a fit, whose residuals between its points are computed once, at its end.
            let end = steps.min(taken + self.left);
            let outcome = method.resume(&mut self.collocation, &mut state, |_| {
                taken += 1;
                self.left -= 1;
                if taken == end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if outcome.reason != StopReason::StoppedByObserver {
                // What found no step was one, and the next begins anew.
                taken += 1;
                self.left = 0;
            }
            self.state = Some(black_box(state));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nominal_work_is_as_documented() {
        assert_eq!((LmStep.work() / 1e6).round(), 85.0);
    }

    #[test]
    fn the_steps_of_a_run_are_accepted() {
        fn check<T: Scalar + Element>() {
            for seed in 0..4 {
                let mut run = LmStep::run::<T>(Seed(seed)).expect("a run");
                let method = LevenbergMarquardt { max_iterations: RUN, ..method() };
                let outcome = method.minimize(&mut run.collocation, &mut run.start).expect("steps");
                assert_eq!(outcome.accepted, RUN, "{outcome}");
            }
        }
        check::<f32>();
        check::<f64>();
    }
}
