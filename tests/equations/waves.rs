//! Waves: what is carried along, without anything to damp an error.

use eigennet::differential::RandomFeatures;
use eigennet::nn::Activation;

use super::*;

/// Points `[n, 2]` on a line along which the other coordinate is `place`.
fn along(axis: usize, place: f64, range: std::ops::Range<f64>, n: usize) -> Vec<f64> {
    let at = |i: usize| range.start + (range.end - range.start) * i as f64 / (n - 1) as f64;
    (0..n).flat_map(|i| if axis == 0 { [at(i), place] } else { [place, at(i)] }).collect()
}

/// Plane waves: what wave equations are made of.
fn sines(features: usize, range: f64) -> RandomFeatures {
    RandomFeatures { features, range, activation: Activation::Sin, ..RandomFeatures::default() }
}

#[test]
fn a_pulse_that_is_carried_along() {
    // u_t + u_x = 0, over four times the pulse's width, with u given where it flows in.
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..0.4]).unwrap();
    let net = sines(700, 20.0);
    fn pulse<'g>(x: Var<'g>) -> Var<'g> {
        (-(10.0 * (x - 0.3)).square()).exp()
    }
    let advection = Equation::<f64>::record(&domain, |g, [x, t]| {
        let inflow = g.coordinates("inflow", Rows::named("inflow"));
        let [u, at_inflow] = [[x, t], inflow].map(|[x, t]| pulse(x) + t * net.call(domain.scaled([x, t])));
        g.output("u", u);
        g.output("misfit", at_inflow - pulse(inflow[0] - inflow[1]));
        u.d(t) + u.d(x)
    })
    .unwrap()
    .with_condition("misfit", 100.0)
    .unwrap();
    let mut system = advection.on(&domain.gauss([50, 30]).unwrap()).unwrap();
    system.set("inflow", &along(1, 0.0, 0.0..0.4, 60)).unwrap();
    let mut theta = advection.initial(Seed(0));
    let outcome = net.solve(&mut system, advection.parameters(), &mut theta).unwrap();
    let u = advection.solution("u", &theta).unwrap();
    let exact = |p: &[f64]| (-(10.0 * (p[0] - p[1] - 0.3)).powi(2)).exp();
    let missed = error(&u, &domain.uniform([101, 21]).unwrap(), exact);
    assert!(missed < 2e-4 && outcome.warning().is_none(), "{missed:.1e}: {outcome}");
}

#[test]
fn a_fast_string_in_windows() {
    // u_tt = 100 u_xx to t = 0.96, nineteen periods of the fourth mode: windows in which a wave goes 0.4 of the way, each
    // started softly where the one before has ended.
    let (modes, windows) = ([(1.0, 1.0), (4.0, 0.5)], 24);
    let domain = Domain::new(["x", "s"], [0.0..1.0, 0.0..0.4]).unwrap();
    let net = sines(500, 8.0);
    let string = Equation::<f64>::record(&domain, |g, [x, s]| {
        let start = g.coordinates("start", Rows::named("start"));
        let [u, first] = [[x, s], start].map(|[x, s]| 4.0 * x * (1.0 - x) * net.call(domain.scaled([x, s])));
        g.output("u and u_s", Var::concat(&[u, u.d(s)]));
        let now = Var::concat(&[first, first.d(start[1])]);
        g.output("misfit", now - g.input("before", Rows::named("start"), 2));
        0.01 * (u.d(s).d(s) - u.d(x).d(x))
    })
    .unwrap()
    .with_condition("misfit", 100.0)
    .unwrap();
    let mut system = string.on(&domain.gauss([36, 24]).unwrap()).unwrap();
    let places = along(0, 0.0, 0.0..1.0, 80);
    let ends: Vec<f64> = places.chunks(2).flat_map(|p| [p[0], 0.4]).collect();
    system.set("start", &places).unwrap();
    let sine = |k: f64, x: f64| (k * PI * x).sin();
    let mut before: Vec<f64> =
        places.chunks(2).flat_map(|p| [modes.iter().map(|(k, a)| a * sine(*k, p[0])).sum::<f64>(), 0.0]).collect();
    let mut theta = string.initial(Seed(0));
    for _ in 0..windows {
        system.set("before", &before).unwrap();
        let outcome = net.solve(&mut system, string.parameters(), &mut theta).unwrap();
        assert!(outcome.warning().is_none(), "{outcome}");
        before = string.solution("u and u_s", &theta).unwrap().on(&ends).unwrap();
    }
    let end = 0.4 * windows as f64;
    let exact = |x: f64| modes.iter().map(|(k, a)| a * sine(*k, x) * (k * PI * end).cos()).sum::<f64>();
    let exact: Vec<f64> = places.chunks(2).map(|p| exact(p[0])).collect();
    let ours: Vec<f64> = before.chunks(2).map(|u| u[0]).collect();
    let missed = relative_l2(&ours, &exact).unwrap();
    assert!(missed < 1e-10, "{missed:.1e}");
}

#[test]
fn helmholtz_of_a_wave_number_of_twenty() {
    // Δu + 400 u = 0 of a plane wave, three wavelengths across.
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = sines(500, 8.0);
    let exact = |p: &[f64]| (20.0 * (0.8 * p[0] + 0.6 * p[1]) + 0.3).sin();
    let helmholtz = Equation::<f64>::record(&domain, |g, [x, y]| {
        let edge = g.coordinates("edge", Rows::named("edge"));
        let [u, at_edge] = [[x, y], edge].map(|x| net.call(domain.scaled(x)));
        g.output("u", u);
        g.output("misfit", at_edge - (20.0 * (0.8 * edge[0] + 0.6 * edge[1]) + 0.3).sin());
        (u.laplacian([x, y]) + 400.0 * u) / 400.0
    })
    .unwrap()
    .with_condition("misfit", 1.0)
    .unwrap();
    let mut system = helmholtz.on(&domain.gauss([38, 38]).unwrap()).unwrap();
    let sides = [(0, 0.0), (0, 1.0), (1, 0.0), (1, 1.0)];
    let edges: Vec<f64> = sides.iter().flat_map(|&(axis, place)| along(axis, place, 0.0..1.0, 80)).collect();
    system.set("edge", &edges).unwrap();
    let mut theta = helmholtz.initial(Seed(0));
    let outcome = net.solve(&mut system, helmholtz.parameters(), &mut theta).unwrap();
    let u = helmholtz.solution("u", &theta).unwrap();
    let missed = error(&u, &domain.uniform([61, 61]).unwrap(), exact);
    assert!(missed < 1e-9 && outcome.warning().is_none(), "{missed:.1e}: {outcome}");
}
