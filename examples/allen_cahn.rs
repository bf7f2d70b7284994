//! u_t = u_xx / 10⁴ + 5 (u − u³) from x² cos πx, periodic and even (Raissi, Perdikaris and Karniadakis, 2019), in ten
//! windows of time, each started softly where the one before has ended; points are drawn anew where the residual is
//! large. The slope of the start jumps at x = ±1, so that the network is given a layer there. Against a Fourier method.

use std::f64::consts::PI;

use eigennet::autodiff::{Initializer, Rows, Var};
use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
use eigennet::differential::{Domain, Equation, fourier::FourierGrid, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let (n, length) = (512, 0.1);
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..length])?;
    let net = Mlp::new("net", [3, 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let layers = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [start, left, right] = ["start", "left", "right"].map(|name| g.coordinates(name, Rows::named(name)));
        let [u, first, low, high] = [[x, t], start, left, right]
            .map(|[x, t]| net.call(Var::concat(&[domain.scaled([x, t]), (50.0 * (x - 1.0)).exp()])));
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
    // By the coefficients of its cosine series: those of the values on the grid are off by 2e-4 where the slope jumps.
    let moment = |k: f64| if k == 0.0 { 2.0 / 3.0 } else { 4.0 * (PI * k).cos() / (PI * k).powi(2) };
    let cosine = |k: usize, x: f64| (PI * k as f64 * x).cos() * (moment(k as f64 - 1.0) + moment(k as f64 + 1.0)) / 2.0;
    let series = |&x: &f64| 0.5 * cosine(0, x) + (1..n / 2).map(|k| cosine(k, x)).sum::<f64>();
    let exact = DormandPrince { rtol: 1e-8, atol: 1e-8, ..DormandPrince::default() };
    let exact = exact.integrate(rate, 0.0..1.0, &grid.points().iter().map(series).collect::<Vec<_>>())?;

    let mut theta = layers.initial(Seed(0));
    let mut before: Vec<f64> = x.iter().map(|x| x * x * (PI * x).cos()).collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let fit = LevenbergMarquardt { max_iterations: 300, resample: 10, ..LevenbergMarquardt::default() };
    for window in 1..=10 {
        println!("{}", fit.minimize(system.set("before", &before)?, &mut theta)?);
        before = layers.solution("u", &theta)?.on(&ends)?;
        let time = length * f64::from(window);
        let exact = exact.at(time.min(1.0))?;
        let half: Vec<f64> = (n / 2..=n).map(|i| exact[i % n]).collect();
        println!("relative L2 error at t = {time:.1}: {:.1e}", relative_l2(&before, &half)?);
        ours.extend_from_slice(&before);
        theirs.extend(half);
    }
    println!("relative L2 error {:.1e}", relative_l2(&ours, &theirs)?);
    Ok(())
}
