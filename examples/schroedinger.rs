//! i h_t + ½ h_xx + |h|² h = 0 from 2 sech x, periodic softly (its slope jumps at the start), against a Fourier method:
//! on fixed points the fit oscillates between them (0.3 off); points drawn anew where the residual is large cure it.

use eigennet::autodiff::{Initializer, Rows, Var};
use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
use eigennet::differential::{Domain, Equation, fourier::FourierGrid, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let (end, n) = (std::f64::consts::FRAC_PI_2, 128);
    let domain = Domain::new(["x", "t"], [-5.0..5.0, 0.0..end])?;
    let net = Mlp::new("net", [2, 20, 20, 2]).weights(Initializer::GlorotUniform { gain: 1.5 });
    let schroedinger = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [left, right] = ["left", "right"].map(|name| g.coordinates(name, Rows::named("ends")));
        let [[u, v], [ul, vl], [ur, vr]] = [[x, t], left, right].map(|[x, t]| {
            let free = net.call(domain.scaled([x, t]));
            [4.0 / (x.exp() + (-x).exp()) + t * free.columns(0..1), t * free.columns(1..2)]
        });
        g.output("h", Var::concat(&[u, v]));
        let slopes = [ul.d(left[0]) - ur.d(right[0]), vl.d(left[0]) - vr.d(right[0])];
        g.output("periodic", Var::concat(&[ul - ur, vl - vr, slopes[0], slopes[1]]));
        let square = u.square() + v.square();
        Var::concat(&[0.5 * u.d(x).d(x) + square * u - v.d(t), 0.5 * v.d(x).d(x) + square * v + u.d(t)])
    })?
    .with_condition("periodic", 1.0)?;
    let mut system = schroedinger.on(&domain.gauss([60, 24])?)?;
    let at = |x: f64| (1..=40).flat_map(|i| [x, end * f64::from(i) / 40.0]).collect::<Vec<_>>();
    system.set("left", &at(-5.0))?.set("right", &at(5.0))?.crowd(1.0)?;
    let fit = LevenbergMarquardt { max_iterations: 600, resample: 10, ..LevenbergMarquardt::default() };
    let fit = fit.fit(&mut system, Seed(0))?;
    println!("{fit}");

    let grid = FourierGrid::new(n, -5.0..5.0)?;
    let bend = grid.derivative(2);
    let product = |row: &[f64], u: &[f64]| row.iter().zip(u).map(|(a, u)| a * u).sum::<f64>();
    let rate = |_: f64, h: &[f64], rate: &mut [f64]| {
        let (u, v) = h.split_at(n);
        for i in 0..n {
            let square = u[i] * u[i] + v[i] * v[i];
            rate[i] = -0.5 * product(bend.row(i), v) - square * v[i];
            rate[n + i] = 0.5 * product(bend.row(i), u) + square * u[i];
        }
    };
    let start: Vec<f64> = grid.points().iter().map(|x| 2.0 / x.cosh()).chain(std::iter::repeat_n(0.0, n)).collect();
    let exact = DormandPrince { rtol: 1e-7, atol: 1e-8, ..DormandPrince::default() };
    let exact = exact.integrate(rate, 0.0..end, &start)?;
    let ours = fit.function("h")?.on(&grid.points().iter().flat_map(|&x| [x, end]).collect::<Vec<_>>())?;
    let ours: Vec<f64> = ours.iter().step_by(2).chain(ours.iter().skip(1).step_by(2)).copied().collect();
    println!("relative L2 error at the end {:.1e}", relative_l2(&ours, exact.end())?);
    Ok(())
}
