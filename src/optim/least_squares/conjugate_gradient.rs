//! Truncated conjugate gradients on a damped linear least-squares problem known by products only.

use crate::par::dot;
use crate::{Result, Scalar};

use super::Residuals;

/// Writes into `solution` `[p]` an approximate minimiser of `|Jδ + r|² + λ|δ|²`, by conjugate
/// gradients for least squares (Hestenes and Stiefel, 1952; Paige and Saunders, 1982, call it CGLS): it
/// never forms `JᵀJ`, whose condition number is the square of that of `J`. It ends when the gradient
/// has fallen by the tolerance, after so many products, or where rounding ends it. Allocates once.
///
/// The vectors to work in are the gradient `[p]`, which is `−Jᵀr` at first, the direction `[p]`, the rest
/// `[m]`, which is `r` at first, and a product `[m]`.
pub(crate) fn conjugate_gradient<T: Scalar>(
    residuals: &mut dyn Residuals<T>,
    parameters: &[T],
    (lambda, tolerance, max_products): (f64, f64, usize),
    (gradient, direction, rest, product): (&mut Vec<T>, &mut Vec<T>, &mut Vec<T>, &mut Vec<T>),
    solution: &mut [T],
) -> Result<()> {
    solution.fill(T::zero());
    direction.clone_from(gradient);
    rest.iter_mut().for_each(|r| *r = -*r);
    product.resize(rest.len(), T::zero());
    let (damping, mut squares) = (T::of(lambda), dot(gradient, gradient));
    let target = tolerance * tolerance * squares;
    for _ in 0..max_products {
        residuals.jacobian_vector(parameters, direction, product)?;
        let curvature = dot(product, product) + lambda * dot(direction, direction);
        let ratio = squares / curvature;
        if !(ratio.is_finite() && ratio > 0.0) {
            break;
        }
        let alpha = T::of(ratio);
        solution.iter_mut().zip(&*direction).for_each(|(x, &d)| *x += alpha * d);
        rest.iter_mut().zip(&*product).for_each(|(r, &q)| *r -= alpha * q);
        residuals.jacobian_transpose_vector(parameters, rest, gradient)?;
        gradient.iter_mut().zip(&*solution).for_each(|(g, &x)| *g -= damping * x);
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
