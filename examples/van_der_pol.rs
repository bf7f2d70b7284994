//! A stiff equation: van der Pol's oscillator x″ = μ (1 − x²) x′ − x with μ = 10, by networks on windows that adapt,
//! against an implicit Runge–Kutta method.

use eigennet::autodiff::Var;
use eigennet::differential::{
    Marching,
    runge_kutta::{Integrator, Radau},
};
use eigennet::{Result, Seed};

fn main() -> Result<()> {
    let (mu, start) = (10.0, [2.0, 0.0]);
    let networks = Marching::default().solve(0.0..20.0, &start, Seed(0), |_, _, y| {
        let (x, v) = (y.columns(0..1), y.columns(1..2));
        Var::concat(&[v, mu * (1.0 - x.square()) * v - x])
    })?;
    let lengths = networks.windows().iter().map(|w| w.length);
    println!(
        "{} windows of {:.4} to {:.4}",
        lengths.len(),
        lengths.clone().fold(1.0, f64::min),
        lengths.fold(0.0, f64::max)
    );

    let rate = |_: f64, y: &[f64], rate: &mut [f64]| {
        rate.copy_from_slice(&[y[1], mu * (1.0 - y[0] * y[0]) * y[1] - y[0]]);
    };
    let radau = Radau { rtol: 1e-12, atol: 1e-12, ..Radau::default() }.integrate(rate, 0.0..20.0, &start)?;
    let mut largest = 0.0f64;
    for k in 0..=2000 {
        let t = f64::from(k) / 100.0;
        largest = largest.max((networks.at(t)?[0] - radau.at(t)?[0]).abs());
    }
    println!("largest error of x over a cycle {largest:.1e}");
    Ok(())
}
