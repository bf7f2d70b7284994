//! Truncated conjugate gradients on a damped linear least-squares problem known by products only.

use crate::optim::vector::dot;
use crate::{Error, Scalar};

use super::{FitState, Residuals};

/// Writes into the step of `state` an approximate minimiser of `|Jδ + r|² + λ|δ|²`, by conjugate
/// gradients for least squares (Hestenes and Stiefel, 1952; Paige and Saunders, 1982, call it CGLS): it
/// never forms `JᵀJ`, whose condition number is the square of that of `J`. It ends when the gradient
/// has fallen by `tolerance`, after `iterations`, or where rounding ends it. Allocates once.
pub(crate) fn conjugate_gradient<T, R>(
    residuals: &mut R,
    state: &mut FitState<T>,
    lambda: f64,
    tolerance: f64,
    iterations: usize,
) -> Result<(), Error>
where
    T: Scalar,
    R: Residuals<T> + ?Sized,
{
    let FitState { parameters, scratch, residuals: values, .. } = state;
    let [gradient, direction] = &mut scratch.small;
    let [rest, product] = &mut scratch.large;
    let step = &mut scratch.step;
    step.fill(T::zero());
    gradient.clone_from(&scratch.descent);
    direction.clone_from(&scratch.descent);
    rest.clear();
    rest.extend(values.iter().map(|&r| -r));
    product.resize(rest.len(), T::zero());
    let (damping, mut squares) = (T::of(lambda), dot(gradient, gradient));
    let target = tolerance * tolerance * squares;
    for _ in 0..iterations {
        residuals.jacobian_vector(parameters, direction, product)?;
        let curvature = dot(product, product) + lambda * dot(direction, direction);
        let ratio = squares / curvature;
        if !(ratio.is_finite() && ratio > 0.0) {
            break;
        }
        let alpha = T::of(ratio);
        step.iter_mut().zip(&*direction).for_each(|(x, &d)| *x += alpha * d);
        rest.iter_mut().zip(&*product).for_each(|(r, &q)| *r -= alpha * q);
        residuals.jacobian_transpose_vector(parameters, rest, gradient)?;
        gradient.iter_mut().zip(&*step).for_each(|(g, &x)| *g -= damping * x);
        let smaller = dot(gradient, gradient);
        if !(smaller.is_finite() && smaller > target) {
            break;
        }
        let beta = T::of(smaller / squares);
        direction.iter_mut().zip(&*gradient).for_each(|(d, &g)| *d = g + beta * *d);
        squares = smaller;
    }
    Ok(())
}
