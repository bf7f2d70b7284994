//! Networks with one hidden layer that stays as it was drawn.

use std::ops::Range;

use super::linear::{LinearLeastSquares, LinearOutcome};
use crate::autodiff::{Initializer, Layout, Var};
use crate::nn::{Activation, Linear, Name};
use crate::optim::Residuals;
use crate::{Error, Result, Scalar, Seed};

/// A network `Σ cⱼ σ(wⱼ·x + bⱼ) + c₀` whose hidden layer `w, b ~ U(−R, R)` is not trained (Igelnik and
/// Pao, 1995; for differential equations Dwivedi and Srinivasan, 2020). In a linear equation the
/// coefficients c are the solution of one least-squares problem: no training, ten digits.
///
/// ```
/// use eigennet::{Seed, differential::{Domain, Equation, RandomFeatures}};
/// // u″ = −u with u(0) = 0 and u′(0) = 1 built in: the sine.
/// let domain = Domain::new(["t"], [0.0..3.0])?;
/// let net = RandomFeatures { features: 40, ..RandomFeatures::default() };
/// let oscillator = Equation::<f64>::record(&domain, |g, [t]| {
///     let u = t + t.square() * net.call(domain.scaled([t]));
///     g.output("u", u);
///     u.d(t).d(t) + u
/// })?;
/// let mut theta = oscillator.initial(Seed(0));
/// let outcome = net.solve(&mut oscillator.on(&domain.gauss([100])?)?, oscillator.parameters(), &mut theta)?;
/// assert!((oscillator.solution("u", &theta)?.at(&[1.0])? - 1f64.sin()).abs() < 1e-9, "{outcome}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RandomFeatures {
    /// Leads the names of the parameters (default `"features"`); networks of one equation need different ones.
    pub name: Name,
    /// Hidden units (default 800).
    pub features: usize,
    /// Outputs (default 1).
    pub outputs: usize,
    /// R: how steep the units are on inputs scaled to [−1, 1] (default 3).
    pub range: f64,
    /// σ (default tanh).
    pub activation: Activation,
    /// Directions so much weaker than the strongest are left out (default 1e-14; in `f32` no less than
    /// rounding allows).
    pub rcond: f64,
}

impl Default for RandomFeatures {
    fn default() -> Self {
        let (name, activation) = ("features".into(), Activation::Tanh);
        RandomFeatures { name, features: 800, outputs: 1, range: 3.0, activation, rcond: 1e-14 }
    }
}

impl RandomFeatures {
    /// Records the network on `x` `[rows, in]`, scaled to [−1, 1]; the result is `[rows, outputs]`.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let g = x.graph();
        if !(self.range > 0.0 && self.range.is_finite()) {
            return g.refuse("range of RandomFeatures", "it has to be positive and finite");
        }
        let drawn = Initializer::Uniform { low: -self.range, high: self.range };
        let weight = self.name.parameter(g, "hidden.weight", [1, x.width(), self.features], drawn).stop_gradient();
        let bias = self.name.parameter(g, "hidden.bias", [1, 1, self.features], drawn).stop_gradient();
        let hidden = self.activation.apply(x.affine(weight, bias));
        let zero = Initializer::Constant(0.0);
        Linear::new(self.name.child("head"), [self.features, self.outputs]).weights(zero).biases(zero).call(hidden)
    }

    /// Solves for the coefficients; the hidden layer, and what is held by `stop_gradient`, stays.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if the equation does not hold this network; [`Error::InvalidArgument`] if it has other
    /// unknowns, which are named; those of [`LinearLeastSquares::solve`], such as for an equation that is not linear.
    /// `theta` is then as it was.
    pub fn solve<T: Scalar>(
        &self,
        system: &mut impl Residuals<T>,
        parameters: &Layout,
        theta: &mut [T],
    ) -> Result<LinearOutcome> {
        let block = |part: &str| parameters.block(self.name.child(part).as_str()).map(|block| block.range());
        let unknowns = block("head.weight")?.chain(block("head.bias")?);
        // NaN and negative numbers stay, and are refused below.
        let least = 0.01 * T::EPSILON.to_f64();
        let rcond = if (0.0..least).contains(&self.rcond) { least } else { self.rcond };
        let start = theta.to_vec();
        let outcome = LinearLeastSquares { rcond: Some(rcond) }.solve(system, theta, unknowns.clone())?;
        let others = others(system, parameters, theta, unknowns);
        if !matches!(others, Ok(None)) {
            theta.copy_from_slice(&start);
        }
        let Some(name) = others? else { return Ok(outcome) };
        let reason = format!(
            "the equation depends on `{name}` too, which would stay at its start; solve for both by LinearLeastSquares, or \
             hold it by `stop_gradient`"
        );
        Err(Error::invalid(format!("unknowns of RandomFeatures {}", self.name.as_str()), reason))
    }
}

/// The name of a parameter beside the `unknowns` that the residuals depend on. A random combination of them shows it, at
/// the solution: at the start, where all coefficients are zero, a factor of the network would not.
fn others<T: Scalar>(
    system: &mut impl Residuals<T>,
    parameters: &Layout,
    theta: &[T],
    unknowns: impl Iterator<Item = usize>,
) -> Result<Option<String>> {
    let mut stream = Seed(0).stream("RandomFeatures");
    let weights: Vec<T> = (0..system.residual_count()).map(|_| stream.normal()).collect();
    let mut slopes = vec![T::zero(); theta.len()];
    system.jacobian_transpose_vector(theta, &weights, &mut slopes)?;
    unknowns.for_each(|k| slopes[k] = T::zero());
    let depends = |range: Range<usize>| slopes[range].iter().any(|slope| *slope != T::zero());
    Ok(parameters.blocks().iter().find(|block| depends(block.range())).map(|block| block.name.clone()))
}
