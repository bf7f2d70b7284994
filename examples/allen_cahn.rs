//! u_t = u_xx / 10⁴ + 5 (u − u³) from x² cos πx, periodic and even, in ten windows of time, each started softly where the
//! one before has ended; points are drawn anew where the residual is large. Against a Fourier method.

use std::f64::consts::PI;

use eigennet::autodiff::{Initializer, Rows};
use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
use eigennet::differential::{Domain, Equation, fourier::FourierGrid, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let (n, length) = (512, 0.1);
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..length])?;
    let net = Mlp::new("net", [2, 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let layers = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [start, left, right] = ["start", "left", "right"].map(|name| g.coordinates(name, Rows::named(name)));
        let [u, first, low, high] = [[x, t], start, left, right].map(|x| net.call(domain.scaled(x)));
        g.output("u", u);
        g.output("misfit", first - g.input("before", Rows::named("start"), 1));
        g.output("slope at 0", low.d(left[0]));
        g.output("slope at 1", high.d(right[0]));
        0.2 * (u.d(t) - 1e-4 * u.d(x).d(x)) - u + u.powi(3)
    })?;
    let layers = layers.with_condition("misfit", 100.0)?.with_condition("slope at 0", 0.01)?;
    let layers = layers.with_condition("slope at 1", 0.01)?;
    let mut system = layers.on(&domain.gauss([90, 10])?)?;
    let x: Vec<f64> = (0..=n / 2).map(|i| 2.0 * i as f64 / n as f64).collect();
    let [starts, ends] = [0.0, length].map(|t| x.iter().flat_map(|&x| [x, t]).collect::<Vec<_>>());
    let side = |x: f64| (1..=8).flat_map(|i| [x, length * f64::from(i) / 8.0]).collect::<Vec<_>>();
    system.set("start", &starts)?.set("left", &side(0.0))?.set("right", &side(1.0))?.crowd(1.0)?;

    let grid = FourierGrid::new(n, -1.0..1.0)?;
    let bend = grid.derivative(2);
    let product = |row: &[f64], u: &[f64]| row.iter().zip(u).map(|(a, u)| a * u).sum::<f64>();
    let rate = |_: f64, u: &[f64], rate: &mut [f64]| {
        (0..n).for_each(|i| rate[i] = 1e-4 * product(bend.row(i), u) + 5.0 * (u[i] - u[i].powi(3)));
    };
    let first = |x: &f64| x * x * (PI * x).cos();
    let exact = DormandPrince { rtol: 1e-7, atol: 1e-8, ..DormandPrince::default() };
    let exact = exact.integrate(rate, 0.0..1.0, &grid.points().iter().map(first).collect::<Vec<_>>())?;

    let (mut theta, mut before) = (layers.initial(Seed(0)), x.iter().map(first).collect::<Vec<_>>());
    let fit = LevenbergMarquardt { max_iterations: 150, resample: 10, ..LevenbergMarquardt::default() };
    for window in 1..=10 {
        println!("{}", fit.minimize(system.set("before", &before)?, &mut theta)?);
        before = layers.solution("u", &theta)?.on(&ends)?;
        let time = length * f64::from(window);
        let exact = exact.at(time.min(1.0))?;
        let half: Vec<f64> = (n / 2..=n).map(|i| exact[i % n]).collect();
        println!("relative L2 error at t = {time:.1}: {:.1e}", relative_l2(&before, &half)?);
    }
    Ok(())
}
