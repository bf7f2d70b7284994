//! Why a network of an equation trains badly: the tangent kernel of its residuals.

use eigennet::diagnostics::TangentKernel;
use eigennet::differential::{Domain, Equation};
use eigennet::nn::Mlp;
use eigennet::optim::{LevenbergMarquardt, Residuals};

use crate::experiment::Context;
use crate::failure::Failure;

/// Steps of gradient descent that are made, against what the kernel says of them.
pub const STEPS: usize = 10_000;

/// A network of u″ = −100 u, u(0) = 1, u′(0) = 0.
#[derive(Debug)]
pub struct Slow {
    /// At initialisation.
    pub kernel: TangentKernel,
    /// ‖r‖² over the steps of gradient descent with the step 1/λ₁.
    pub descent: Vec<(f64, f64)>,
    /// ‖r‖² after Levenberg and Marquardt's method from the same start.
    pub second_order: f64,
    /// The largest error of that solution against cos 10t.
    pub error: f64,
}

/// Looks at it, and trains it by both.
///
/// # Errors
/// Ctrl-C, and what the library says.
pub fn slow(context: &Context) -> Result<Slow, Failure> {
    let domain = Domain::new(["t"], [0.0..1.0])?;
    let net = Mlp::new("net", [1, 20, 1]);
    let equation = Equation::<f64>::record(&domain, |g, [t]| {
        let u = 1.0 + t.square() * net.call(t);
        g.output("u", u);
        u.d(t).d(t) + 100.0 * u
    })?;
    let mut collocation = equation.on(&domain.gauss([40])?)?;
    let start = equation.initial(context.seed);
    let kernel = TangentKernel::of(&mut collocation, &start)?;
    let step = 0.5 / kernel.values[0];
    let (mut theta, mut gradient) = (start, vec![0.0; collocation.parameter_count()]);
    let mut r = vec![0.0; collocation.residual_count()];
    let mut descent = Vec::new();
    for k in 0..STEPS {
        context.check_interrupt()?;
        let loss = collocation.sum_of_squares(&theta, &mut r, &mut gradient)?;
        if k % 50 == 0 {
            descent.push((k as f64, loss));
        }
        theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t -= step * g);
    }
    let fit = LevenbergMarquardt::default().fit(&mut collocation, context.seed)?;
    let u = fit.function("u")?;
    let points: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
    let off = u.on(&points)?.iter().zip(&points).map(|(u, t)| (u - (10.0 * t).cos()).abs()).fold(0.0, f64::max);
    Ok(Slow { kernel, descent, second_order: fit.outcome.value, error: off })
}
