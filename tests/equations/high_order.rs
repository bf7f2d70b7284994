//! Equations of third and fourth order, by nested derivatives.

use eigennet::differential::fourier::FourierGrid;
use eigennet::reference::Solitons;

use super::*;

#[test]
fn a_clamped_beam() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let net = Mlp::new("net", [1, 12, 1]).weights(TWICE);
    let beam = Equation::record(&domain, |g, [x]| {
        let u = (x * (1.0 - x)).square() * net.call(domain.scaled([x]));
        g.output("u", u);
        u.d(x).d(x).d(x).d(x) - PI.powi(4) * (PI * x).sin()
    })
    .unwrap();
    for seed in 0..3 {
        let u = solve_from(Seed(seed), &beam, beam.on(&domain.gauss([60]).unwrap()).unwrap(), 1000);
        let exact = |p: &[f64]| (PI * p[0]).sin() - PI * p[0] * (1.0 - p[0]);
        let missed = error(&u, &domain.uniform([101]).unwrap(), exact);
        assert!(missed < 1e-9, "seed {seed}: {missed:.1e}");
    }
}

/// u and u_x of two solitons with k = 1.6 and 1, cumulants of the wave numbers.
fn solitons<'g>([x, t]: [Var<'g>; 2]) -> [Var<'g>; 2] {
    let [fast, slow] = [1.6, 1.0].map(|k: f64| (k * x - k.powi(3) * t).exp());
    let both = (0.6f64 / 2.6).powi(2) * fast * slow;
    let moment = |n| (1.6f64.powi(n) * fast + slow + 2.6f64.powi(n) * both) / (1.0 + fast + slow + both);
    let [mean, second, third] = [1, 2, 3].map(moment);
    [2.0 * (second - mean.square()), 2.0 * (third - 3.0 * mean * second + 2.0 * mean.powi(3))]
}

#[test]
fn two_solitons() {
    // Korteweg–de Vries; two conditions at the upper end, one at the lower.
    let domain = Domain::new(["x", "t"], [-6.0..6.0, -0.5..0.5]).unwrap();
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, field(|x| solitons(x)[0]))
        .dirichlet("x", Side::Upper, field(|x| solitons(x)[0]))
        .neumann("x", Side::Upper, field(|x| solitons(x)[1]))
        .initial("t", field(|x| solitons(x)[0]))
        .build()
        .unwrap();
    let net = Mlp::new("net", [2, 12, 12, 1]);
    let waves = Equation::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t) + 6.0 * u * u.d(x) + u.d(x).d(x).d(x)
    })
    .unwrap();
    let u = solve(&waves, waves.on(&domain.gauss([40, 14]).unwrap()).unwrap(), 150);
    let exact = Solitons::new(&[[1.6, 0.0], [1.0, 0.0]]).unwrap();
    let missed = error(&u, &domain.uniform([61, 11]).unwrap(), |p| exact.value(p[0], p[1]));
    assert!(missed < 1e-4, "{missed:.1e}");
}

#[test]
fn a_fourth_derivative_nested_and_by_order_reduction() {
    // Kuramoto–Sivashinsky, u_t + u u_x + u_xx + u_xxxx = 0.
    let length = 4.0 * PI;
    let domain = Domain::new(["x", "t"], [0.0..length, 0.0..0.5]).unwrap();
    let wave = |a: f64| {
        let start = field(move |[x, _]| a * (0.5 * x).cos());
        Form::on(&domain).periodic("x", 2).initial("t", start).build().unwrap()
    };
    let (u_form, w_form) = (wave(1.0), wave(-0.25));
    let net = |outputs| Mlp::new("net", [u_form.feature_count(), 12, 12, outputs]);
    let nested = Equation::record(&domain, |g, [x, t]| {
        let u = u_form.apply([x, t], |inputs| net(1).call(inputs));
        g.output("u", u);
        u.d(t) + u * u.d(x) + u.d(x).d(x) + u.d(x).d(x).d(x).d(x)
    });
    // The same with w = u_xx as an unknown of its own.
    let reduced = Equation::record(&domain, |g, [x, t]| {
        let both = net(2).call(u_form.features([x, t]));
        let u = u_form.apply([x, t], |_| both.columns(0..1));
        let w = w_form.apply([x, t], |_| both.columns(1..2));
        g.output("u", u);
        Var::concat(&[u.d(t) + u * u.d(x) + w + w.d(x).d(x), w - u.d(x).d(x)])
    });

    let grid = FourierGrid::new(32, 0.0..length).unwrap();
    let (slope, stiff) = (grid.derivative(1), grid.derivative(2).add(&grid.derivative(4)).unwrap());
    let product = |row: &[f64], u: &[f64]| row.iter().zip(u).map(|(a, u)| a * u).sum::<f64>();
    let rate = |_: f64, u: &[f64], rate: &mut [f64]| {
        (0..32).for_each(|i| rate[i] = -u[i] * product(slope.row(i), u) - product(stiff.row(i), u));
    };
    let start: Vec<f64> = grid.points().iter().map(|x| (0.5 * x).cos()).collect();
    let reference = Radau { rtol: 1e-9, atol: 1e-11, ..Radau::default() }.integrate(rate, 0.0..0.5, &start).unwrap();
    let ends: Vec<f64> = grid.points().iter().flat_map(|&x| [x, 0.5]).collect();
    for (name, flame) in [("nested", nested.unwrap()), ("reduced", reduced.unwrap())] {
        let u = solve(&flame, flame.on(&domain.gauss([36, 14]).unwrap()).unwrap(), 100);
        let missed = relative_l2(&u.on(&ends).unwrap(), reference.end()).unwrap();
        assert!(missed < 1e-4, "{name}: {missed:.1e}");
    }
}
