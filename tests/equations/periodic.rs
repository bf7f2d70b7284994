//! Periodic conditions posed as residuals: what the two ends differ by in value and slope.

use std::f64::consts::TAU;

use eigennet::differential::fourier::FourierGrid;

use super::*;

/// The ends of x at `n` times after `start` and up to `end`, `[n, 2]` each.
fn ends(x: [f64; 2], n: usize, end: f64) -> [Vec<f64>; 2] {
    x.map(|x| (1..=n).flat_map(|i| [x, end * i as f64 / n as f64]).collect())
}

/// The values at `time` of u′ = `rate`(u, D²u) on a periodic grid, for the columns that `start` holds one after another.
fn by_fourier(
    grid: &FourierGrid,
    time: f64,
    start: &[f64],
    rate: impl Fn(&[f64], &[f64], &mut [f64]) + Sync,
) -> Vec<f64> {
    let (n, bend) = (grid.points().len(), grid.derivative(2));
    let right = |_: f64, u: &[f64], out: &mut [f64]| {
        let bent: Vec<f64> = u.chunks(n).flat_map(|u| bend.matvec(u).unwrap()).collect();
        rate(u, &bent, out);
    };
    let exact = DormandPrince { rtol: 1e-8, atol: 1e-9, ..DormandPrince::default() };
    exact.integrate(right, 0.0..time, start).unwrap().end().to_vec()
}

#[test]
fn a_wave_that_is_carried_around_and_dies_out() {
    // u_t + u_x = u_xx/50 from sin 2πx: e^{−4π²t/50} sin 2π(x − t).
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 14, 14, 1]).weights(TWICE);
    let carried = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [left, right] = ["left", "right"].map(|name| g.coordinates(name, Rows::named("ends")));
        let [u, low, high] = [[x, t], left, right].map(|[x, t]| (TAU * x).sin() + t * net.call(domain.scaled([x, t])));
        g.output("u", u);
        g.output("periodic", Var::concat(&[low - high, low.d(left[0]) - high.d(right[0])]));
        u.d(t) + u.d(x) - 0.02 * u.d(x).d(x)
    })
    .unwrap()
    .with_condition("periodic", 1.0)
    .unwrap();
    let [left, right] = ends([0.0, 1.0], 30, 1.0);
    let mut system = carried.on(&domain.gauss([24, 20]).unwrap()).unwrap();
    system.set("left", &left).unwrap().set("right", &right).unwrap();
    let fit = LevenbergMarquardt { max_iterations: 200, ..LevenbergMarquardt::default() };
    let fit = fit.fit(&mut system, Seed(0)).unwrap();
    let exact = |p: &[f64]| (-0.02 * TAU * TAU * p[1]).exp() * (TAU * (p[0] - p[1])).sin();
    let missed = error(&fit.function("u").unwrap(), &domain.uniform([51, 41]).unwrap(), exact);
    assert!(missed < 1e-3 && fit.outcome.held_out.unwrap().warning().is_none(), "{missed:.1e}: {fit}");
}

#[test]
fn allen_and_cahn_from_a_start_whose_slope_jumps() {
    // u_t = u_xx/10⁴ + 5 (u − u³) from x² cos πx, whose slopes at ±1 are 2 and −2; the network is given the layers there.
    let (n, time) = (256, 0.1);
    let domain = Domain::new(["x", "t"], [-1.0..1.0, 0.0..time]).unwrap();
    let net = Mlp::new("net", [3, 14, 14, 1]).weights(TWICE);
    let layers = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [left, right] = ["left", "right"].map(|name| g.coordinates(name, Rows::named("ends")));
        let [u, low, high] = [[x, t], left, right].map(|[x, t]| {
            let layers = (30.0 * (x - 1.0)).exp() + (-30.0 * (x + 1.0)).exp();
            x.square() * (PI * x).cos() + 10.0 * t * net.call(Var::concat(&[domain.scaled([x, t]), layers]))
        });
        g.output("u", u);
        g.output("periodic", Var::concat(&[low - high, 0.01 * (low.d(left[0]) - high.d(right[0]))]));
        0.2 * (u.d(t) - 1e-4 * u.d(x).d(x)) - u + u.powi(3)
    })
    .unwrap()
    .with_condition("periodic", 10.0)
    .unwrap();
    let [left, right] = ends([-1.0, 1.0], 8, time);
    let mut system = layers.on(&domain.gauss([90, 8]).unwrap()).unwrap();
    system.set("left", &left).unwrap().set("right", &right).unwrap().crowd(1.0).unwrap();
    let fit = LevenbergMarquardt { max_iterations: 100, resample: 10, ..LevenbergMarquardt::default() };
    let fit = fit.fit(&mut system, Seed(0)).unwrap();

    // Values on a grid alias where the slope jumps: an error far below the bound.
    let grid = FourierGrid::new(n, -1.0..1.0).unwrap();
    let start: Vec<f64> = grid.points().iter().map(|x| x * x * (PI * x).cos()).collect();
    let exact = by_fourier(&grid, time, &start, |u, bent, rate| {
        (0..n).for_each(|i| rate[i] = 1e-4 * bent[i] + 5.0 * (u[i] - u[i].powi(3)));
    });
    let places: Vec<f64> = grid.points().iter().flat_map(|&x| [x, time]).collect();
    let missed = relative_l2(&fit.function("u").unwrap().on(&places).unwrap(), &exact).unwrap();
    assert!(missed < 1e-3 && fit.outcome.held_out.unwrap().warning().is_none(), "{missed:.1e}: {fit}");
}

#[test]
fn a_soliton_of_schroedinger() {
    // i h_t + ½ h_xx + |h|² h = 0 from 2 sech x: a bound pair that breathes.
    let (n, time) = (128, 0.3);
    let domain = Domain::new(["x", "t"], [-5.0..5.0, 0.0..time]).unwrap();
    let net = Mlp::new("net", [2, 16, 16, 2]).weights(Initializer::GlorotUniform { gain: 1.5 });
    let schroedinger = Equation::<f64>::record(&domain, |g, [x, t]| {
        let [left, right] = ["left", "right"].map(|name| g.coordinates(name, Rows::named("ends")));
        let [[u, v], [ul, vl], [ur, vr]] = [[x, t], left, right].map(|[x, t]| {
            let free = net.call(domain.scaled([x, t]));
            [2.0 / x.cosh() + t * free.columns(0..1), t * free.columns(1..2)]
        });
        g.output("h", Var::concat(&[u, v]));
        let slopes = [ul.d(left[0]) - ur.d(right[0]), vl.d(left[0]) - vr.d(right[0])];
        g.output("periodic", Var::concat(&[ul - ur, vl - vr, slopes[0], slopes[1]]));
        let square = u.square() + v.square();
        Var::concat(&[0.5 * u.d(x).d(x) + square * u - v.d(t), 0.5 * v.d(x).d(x) + square * v + u.d(t)])
    })
    .unwrap()
    .with_condition("periodic", 1.0)
    .unwrap();
    let [left, right] = ends([-5.0, 5.0], 10, time);
    let mut system = schroedinger.on(&domain.gauss([50, 10]).unwrap()).unwrap();
    system.set("left", &left).unwrap().set("right", &right).unwrap().crowd(1.0).unwrap();
    let fit = LevenbergMarquardt { max_iterations: 150, resample: 10, ..LevenbergMarquardt::default() };
    let fit = fit.fit(&mut system, Seed(0)).unwrap();

    let grid = FourierGrid::new(n, -5.0..5.0).unwrap();
    let start: Vec<f64> = grid.points().iter().map(|x| 2.0 / x.cosh()).chain(std::iter::repeat_n(0.0, n)).collect();
    let exact = by_fourier(&grid, time, &start, |h, bent, rate| {
        for i in 0..n {
            let square = h[i] * h[i] + h[n + i] * h[n + i];
            rate[i] = -0.5 * bent[n + i] - square * h[n + i];
            rate[n + i] = 0.5 * bent[i] + square * h[i];
        }
    });
    let places: Vec<f64> = grid.points().iter().flat_map(|&x| [x, time]).collect();
    let ours = fit.function("h").unwrap().on(&places).unwrap();
    let ours: Vec<f64> = ours.iter().step_by(2).chain(ours.iter().skip(1).step_by(2)).copied().collect();
    let missed = relative_l2(&ours, &exact).unwrap();
    assert!(missed < 3e-3 && fit.outcome.held_out.unwrap().warning().is_none(), "{missed:.1e}: {fit}");
}
