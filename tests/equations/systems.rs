//! Systems of equations, and unknowns in them.

use eigennet::autodiff::Graph;

use super::*;

#[test]
fn flow_behind_a_grid() {
    // Stationary Navier–Stokes at Re = 20 against Kovasznay (1948), velocities given on the boundary.
    let nu = 1.0 / 20.0;
    let decay = 0.5 / nu - (0.25 / (nu * nu) + 4.0 * PI * PI).sqrt();
    let velocity = |p: &[f64]| {
        let e = (decay * p[0]).exp();
        [1.0 - e * (2.0 * PI * p[1]).cos(), 0.5 * decay / PI * e * (2.0 * PI * p[1]).sin()]
    };
    let domain = Domain::new(["x", "y"], [-0.5..1.0, -0.5..0.5]).unwrap();
    let net = Mlp::new("net", [2, 16, 16, 3]).weights(TWICE);
    let flow = Equation::<f64>::record(&domain, |g, [x, y]| {
        let [columns, at_edge] =
            [[x, y], g.coordinates("edge", Rows::named("edge"))].map(|x| net.call(domain.scaled(x)));
        let [u, v, p] = [0, 1, 2].map(|k| columns.columns(k..k + 1));
        g.output("u", u);
        g.output("misfit", at_edge.columns(0..2) - g.input("given", Rows::named("edge"), 2));
        Var::concat(&[
            u * u.d(x) + v * u.d(y) + p.d(x) - nu * u.laplacian([x, y]),
            u * v.d(x) + v * v.d(y) + p.d(y) - nu * v.laplacian([x, y]),
            u.d(x) + v.d(y),
        ])
    })
    .unwrap()
    .with_condition("misfit", 10.0)
    .unwrap();
    let mut system = flow.on(&domain.gauss([20, 16]).unwrap()).unwrap();
    let at = |i: usize| i as f64 / 25.0;
    let sides = (0..=25).flat_map(|i| {
        let (x, y) = (-0.5 + 1.5 * at(i), at(i) - 0.5);
        [x, -0.5, x, 0.5, -0.5, y, 1.0, y]
    });
    let edge: Vec<f64> = sides.collect();
    let given: Vec<f64> = edge.chunks(2).flat_map(velocity).collect();
    system.set("edge", &edge).unwrap().set("given", &given).unwrap();
    let lm = LevenbergMarquardt { max_iterations: 150, ..LevenbergMarquardt::default() };
    let fit = lm.fit(&mut system, Seed(0)).unwrap();
    let missed = error(&fit.function("u").unwrap(), &domain.uniform([41, 31]).unwrap(), |p| velocity(p)[0]);
    assert!(missed < 1e-4 && fit.outcome.held_out.unwrap().warning().is_none(), "{missed:.1e}: {fit}");
}

#[test]
fn the_coefficients_of_lorenz_from_a_trajectory() {
    let truth = [10.0, 15.0, 8.0 / 3.0];
    let rate = |_: f64, y: &[f64], rate: &mut [f64]| {
        let [s, r, b] = truth;
        rate.copy_from_slice(&[s * (y[1] - y[0]), y[0] * (r - y[2]) - y[1], y[0] * y[1] - b * y[2]]);
    };
    let exact = DormandPrince { rtol: 1e-10, atol: 1e-10, ..DormandPrince::default() };
    let exact = exact.integrate(rate, 0.0..3.0, &[-8.0, 7.0, 27.0]).unwrap();
    let domain = Domain::new(["t"], [0.0..3.0]).unwrap();
    let net = Mlp::new("net", [1, 40, 3]).weights(Initializer::GlorotUniform { gain: 4.0 });
    fn trial<'g>(net: &Mlp, domain: &Domain<1>, t: Var<'g>) -> Var<'g> {
        20.0 * net.call(domain.scaled([t]))
    }
    let lorenz = Equation::<f64>::record(&domain, |g: &Graph, [t]| {
        let [seen] = g.coordinates("seen at", Rows::named("data"));
        let y = trial(&net, &domain, t);
        g.output("misfit", trial(&net, &domain, seen) - g.input("seen", Rows::named("data"), 3));
        let [s, r, b] = ["sigma", "rho", "beta"].map(|name| g.scalar_parameter(name, 1.0));
        let [u, v, w] = [0, 1, 2].map(|k| y.columns(k..k + 1));
        0.1 * Var::concat(&[u.d(t) - s * (v - u), v.d(t) - (u * (r - w) - v), w.d(t) - (u * v - b * w)])
    })
    .unwrap()
    .with_condition("misfit", 10.0)
    .unwrap();
    let mut system = lorenz.on(&domain.gauss([120]).unwrap()).unwrap();
    let times: Vec<f64> = (0..=60).map(|i| 0.05 * f64::from(i)).collect();
    let seen: Vec<f64> = times.iter().flat_map(|&t| exact.at(t).unwrap()).collect();
    system.set("seen at", &times).unwrap().set("seen", &seen).unwrap();
    let lm = LevenbergMarquardt { max_iterations: 600, ..LevenbergMarquardt::default() };
    let fit = lm.fit(&mut system, Seed(0)).unwrap();
    for (name, truth) in ["sigma", "rho", "beta"].into_iter().zip(truth) {
        let found = fit.coefficient(name).unwrap();
        assert!((found - truth).abs() < 1e-4 * truth, "{name}: {found} for {truth}; {fit}");
    }
}

#[test]
fn a_reaction_rate_that_varies() {
    // u″/100 − k(x) u = sin 2πx, u = 0 at both ends: k is a network of its own, and u is seen at some points.
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let rate = |x: f64| 0.1 + (-0.5 * ((x - 0.5) / 0.15).powi(2)).exp();
    // Finite differences of 4000 steps, a tridiagonal system.
    let n = 4000;
    let h = 1.0 / n as f64;
    let (mut ratio, mut value) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    for i in 1..n {
        let (x, side) = (h * i as f64, 0.01 / (h * h));
        let pivot = -2.0 * side - rate(x) - side * ratio[i - 1];
        ratio[i] = side / pivot;
        value[i] = ((2.0 * PI * x).sin() - side * value[i - 1]) / pivot;
    }
    for i in (1..n).rev() {
        value[i] -= ratio[i] * value[i + 1];
    }
    let (state, unknown) = (Mlp::new("u", [1, 12, 1]).weights(TWICE), Mlp::new("k", [1, 10, 1]).weights(TWICE));
    let reaction = Equation::<f64>::record(&domain, |g, [x]| {
        let [seen] = g.coordinates("seen at", Rows::named("data"));
        let [u, at_data] = [x, seen].map(|x| x * (1.0 - x) * state.call(domain.scaled([x])));
        let k = unknown.call(domain.scaled([x]));
        g.output("k", k);
        g.output("misfit", at_data - g.input("seen", Rows::named("data"), 1));
        0.01 * u.d(x).d(x) - k * u - (2.0 * PI * x).sin()
    })
    .unwrap()
    .with_condition("misfit", 1e4)
    .unwrap();
    let mut system = reaction.on(&domain.gauss([80]).unwrap()).unwrap();
    let places: Vec<usize> = (1..50).map(|i| 80 * i).collect();
    let seen: Vec<f64> = places.iter().map(|&i| value[i]).collect();
    let places: Vec<f64> = places.iter().map(|&i| h * i as f64).collect();
    system.set("seen at", &places).unwrap().set("seen", &seen).unwrap();
    let lm = LevenbergMarquardt { max_iterations: 600, ..LevenbergMarquardt::default() };
    let fit = lm.fit(&mut system, Seed(0)).unwrap();
    let missed = error(&fit.function("k").unwrap(), &domain.uniform([101]).unwrap(), |p| rate(p[0]));
    assert!(missed < 1e-3, "{missed:.1e}: {fit}");
}
