//! Singular values of an operator that is not self-adjoint: blurring by a Gaussian whose width grows with the place,
//! T f(y) = ∫ exp(−(y − x)²/2s(y)²) f(x) dx on [0, 1], by two networks, against the dense decomposition of a Nyström matrix.

use eigennet::eigenfunctions::{NeuralSvd, SampledOperator};
use eigennet::linalg::{Matrix, singular_values};
use eigennet::{Seed, quadrature::Quadrature};

fn main() -> eigennet::Result<()> {
    let blur = |y: &[f64], x: &[f64]| (-0.5 * ((y[0] - x[0]) / (0.1 + 0.2 * y[0])).powi(2)).exp();
    let rule = Quadrature::gauss_legendre(64, 0.0..1.0)?;
    let operator = SampledOperator::kernel(blur, &rule, &rule)?;
    let solved = NeuralSvd { states: 5, steps: 200, ..NeuralSvd::default() }.solve(&operator, Seed(0))?;
    assert!(solved.doubt().is_none()); // checked on a second quadrature

    let finer = Quadrature::<f64>::gauss_legendre(200, 0.0..1.0)?;
    let weight = |i: usize| finer.weights()[i].sqrt();
    let entry = |i: usize, j: usize| weight(i) * blur(finer.point(i), finer.point(j)) * weight(j);
    let dense = singular_values(&Matrix::from_fn(200, 200, entry))?;
    println!("singular value  relative error  residual");
    for (k, (value, residual)) in
        solved.singular.values().iter().zip(&solved.checked.expect("a second rule").residuals).enumerate()
    {
        println!("{value:.10}    {:.1e}         {residual:.1e}", (value / dense[k] - 1.0).abs());
        assert!((value - dense[k]).abs() <= *residual);
    }
    Ok(())
}
