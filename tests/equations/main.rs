//! Equations solved by networks through the public API, each against an exact or a strong reference.

mod corners;
mod held_out;
mod high_order;
mod integrals;
mod periodic;
mod processes;
mod systems;
mod waves;

use std::f64::consts::PI;

use eigennet::autodiff::Function;
use eigennet::autodiff::{Initializer, Rows, Var};
use eigennet::differential::runge_kutta::{DormandPrince, Integrator, Radau};
use eigennet::differential::{Collocation, Domain, Equation, Form, Marching, Region, Side, field, relative_l2};
use eigennet::nn::Mlp;
use eigennet::optim::{Chain, LevenbergMarquardt, Residuals};
use eigennet::par::run_threads;
use eigennet::quadrature::Quadrature;
use eigennet::reference::{Burgers, HeatModes};
use eigennet::{Error, Seed};

const TWICE: Initializer = Initializer::GlorotUniform { gain: 2.0 };

/// Trains from seed 0 and returns `"u"`.
fn solve(equation: &Equation<f64>, system: Collocation<f64>, iterations: usize) -> Function<f64> {
    solve_from(Seed(0), equation, system, iterations)
}

fn solve_from(seed: Seed, equation: &Equation<f64>, mut system: Collocation<f64>, iterations: usize) -> Function<f64> {
    let mut theta = equation.initial(seed);
    let fit = LevenbergMarquardt { max_iterations: iterations, ..LevenbergMarquardt::default() };
    let outcome = fit.minimize(&mut system, &mut theta).unwrap();
    assert!(!outcome.underdetermined);
    equation.solution("u", &theta).unwrap()
}

/// Relative L2 error on `points` against `exact`.
fn error(u: &Function<f64>, points: &Quadrature<f64>, exact: impl Fn(&[f64]) -> f64) -> f64 {
    let exact: Vec<f64> = points.points().chunks(points.dimension()).map(exact).collect();
    relative_l2(&u.on(points.points()).unwrap(), &exact).unwrap()
}

#[test]
fn poisson_on_a_square() {
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 16, 16, 1]).weights(TWICE);
    let exact = |p: &[f64]| (PI * p[0]).sin() * (PI * p[1]).sin();
    let poisson = Equation::record(&domain, |g, [x, y]| {
        let u = x * (1.0 - x) * y * (1.0 - y) * net.call(domain.scaled([x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 2.0 * PI * PI * (PI * x).sin() * (PI * y).sin()
    })
    .unwrap();
    let u = solve(&poisson, poisson.on(&domain.gauss([22, 22]).unwrap()).unwrap(), 150);
    let missed = error(&u, &domain.uniform([41, 41]).unwrap(), exact);
    assert!(missed < 1e-3, "{missed:.1e}");
}

#[test]
fn poisson_on_a_square_with_a_hole() {
    // −Δu = 4 with u = 1 − x² − y² on the boundary: u is 1 − x² − y² everywhere.
    let plate = Region::rectangle([-1.0, -1.0], [1.0, 1.0]).unwrap();
    let plate = plate.difference(&Region::disk([0.2, 0.1], 0.4).unwrap()).unwrap();
    let domain = Domain::new(["x", "y"], [-1.0..1.0, -1.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 16, 1]).weights(TWICE);
    let poisson = Equation::record(&domain, |g, [x, y]| {
        // Any function with the boundary's values will do: here one that is wrong inside by the square of the distance.
        let distance = plate.distance([x, y]);
        let lift = 1.0 - x.square() - y.square() + distance.square();
        let u = lift + distance * net.call(Var::concat(&[x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 4.0
    })
    .unwrap();
    let points = plate.points(600, Seed(1)).unwrap();
    let u = solve(&poisson, poisson.on(&points).unwrap(), 150);
    let missed = error(&u, &plate.points(500, Seed(2)).unwrap(), |p| 1.0 - p[0] * p[0] - p[1] * p[1]);
    assert!(missed < 2e-2, "{missed:.1e}");
}

#[test]
fn burgers_against_cole_and_hopf() {
    let nu = 0.1 / PI;
    let domain = Domain::new(["x", "t"], [-1.0..1.0, 0.0..1.0]).unwrap();
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, 0.0)
        .dirichlet("x", Side::Upper, 0.0)
        .initial("t", field(|[x, _]| -(PI * x).sin()))
        .build()
        .unwrap();
    let net = Mlp::new("net", [2, 16, 16, 1]).weights(TWICE);
    let burgers = Equation::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t) + u * u.d(x) - nu * u.d(x).d(x)
    })
    .unwrap();
    let u = solve(&burgers, burgers.on(&domain.gauss([40, 16]).unwrap()).unwrap(), 250);
    let exact = Burgers::new(nu).unwrap();
    let missed = error(&u, &domain.uniform([101, 21]).unwrap(), |p| exact.value(p[0], p[1]));
    assert!(missed < 1e-3, "{missed:.1e}");
}

#[test]
fn an_unknown_diffusivity_from_noisy_data() {
    let (kappa, noise) = (0.3, 0.01);
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 10, 10, 1]);
    let rod = Equation::<f64>::record(&domain, |g, [x, t]| {
        let places = [[x, t], g.coordinates("seen at", Rows::named("data"))];
        let [u, at_data] = places.map(|[x, t]| (PI * x).sin() + x * (1.0 - x) * t * net.call(domain.scaled([x, t])));
        g.output("misfit", at_data - g.input("seen", Rows::named("data"), 1));
        u.d(t) - g.scalar_parameter("kappa", 1.0) * u.d(x).d(x)
    })
    .unwrap()
    .with_condition("misfit", 100.0)
    .unwrap();
    let truth = HeatModes::new(&[0.0..1.0], kappa).unwrap().mode(1.0, &[1]).unwrap();
    for seed in 0..3 {
        let (places, mut random) = (domain.random(200, Seed(seed)).unwrap(), Seed(seed).stream("noise"));
        let noisy = |p: &[f64]| truth.value(&p[..1], p[1]) + noise * random.normal::<f64>();
        let seen: Vec<f64> = places.points().chunks(2).map(noisy).collect();
        let mut system = rod.on(&domain.gauss([12, 12]).unwrap()).unwrap();
        system.set("seen at", places.points()).unwrap().set("seen", &seen).unwrap();
        let mut theta = rod.initial(Seed(seed));
        let fit = LevenbergMarquardt { max_iterations: 80, ..LevenbergMarquardt::default() };
        let outcome = fit.minimize(&mut system, &mut theta).unwrap();
        let found = rod.coefficient("kappa", &theta).unwrap();
        assert!((found - kappa).abs() < 0.01, "seed {seed}: {found} ({outcome})");
        // The misfit that is left is the noise.
        let parts = system.mean_squares(&theta).unwrap();
        assert!((parts[1].1.sqrt() / noise - 1.0).abs() < 0.2, "{parts:?}");
    }
}

#[test]
fn the_wave_equation() {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, 0.0)
        .dirichlet("x", Side::Upper, 0.0)
        .initial("t", field(|[x, _]| (PI * x).sin()))
        .initial_velocity("t", 0.0)
        .build()
        .unwrap();
    let net = Mlp::new("net", [2, 16, 16, 1]).weights(TWICE);
    let string = Equation::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t).d(t) - u.d(x).d(x)
    })
    .unwrap();
    let u = solve(&string, string.on(&domain.gauss([20, 20]).unwrap()).unwrap(), 150);
    let missed = error(&u, &domain.uniform([41, 41]).unwrap(), |p| (PI * p[0]).sin() * (PI * p[1]).cos());
    assert!(missed < 1e-3, "{missed:.1e}");
}

#[test]
fn a_stiff_oscillator_by_windows_that_adapt() {
    let (mu, start) = (10.0, [2.0, 0.0]);
    let networks = Marching::default()
        .solve(0.0..12.0, &start, Seed(0), |_, _, y| {
            let (x, v) = (y.columns(0..1), y.columns(1..2));
            Var::concat(&[v, mu * (1.0 - x.square()) * v - x])
        })
        .unwrap();
    let rate = |_: f64, y: &[f64], rate: &mut [f64]| {
        rate.copy_from_slice(&[y[1], mu * (1.0 - y[0] * y[0]) * y[1] - y[0]]);
    };
    let exact = Radau { rtol: 1e-11, atol: 1e-11, ..Radau::default() }.integrate(rate, 0.0..12.0, &start).unwrap();
    for k in 0..=600 {
        let t = f64::from(k) / 50.0;
        let (ours, theirs) = (networks.at(t).unwrap()[0], exact.at(t).unwrap()[0]);
        assert!((ours - theirs).abs() < 1e-4, "t = {t}: {ours} {theirs}");
    }
    // The jump at t = 9 takes short windows, the slow passages long ones.
    let lengths = || networks.windows().iter().map(|w| w.length);
    assert!(lengths().fold(0.0, f64::max) > 30.0 * lengths().fold(9.0, f64::min));
    assert!(networks.at(12.5).is_err() && networks.at(f64::NAN).is_err());
}

#[test]
fn heat_in_a_cube() {
    let domain = Domain::new(["x", "y", "z", "t"], [0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..0.1]).unwrap();
    let net = Mlp::new("net", [4, 12, 12, 1]);
    let heat = Equation::record(&domain, |g, [x, y, z, t]| {
        let start = (PI * x).sin() * (PI * y).sin() * (PI * z).sin();
        let walls = x * (1.0 - x) * y * (1.0 - y) * z * (1.0 - z);
        let u = start + 640.0 * walls * t * net.call(domain.scaled([x, y, z, t]));
        g.output("u", u);
        u.d(t) - u.laplacian([x, y, z])
    })
    .unwrap();
    let u = solve(&heat, heat.on(&domain.halton(1200, Seed(1)).unwrap()).unwrap(), 80);
    let exact = HeatModes::new(&[0.0..1.0, 0.0..1.0, 0.0..1.0], 1.0).unwrap().mode(1.0, &[1, 1, 1]).unwrap();
    let missed = error(&u, &domain.random(2000, Seed(2)).unwrap(), |p| exact.value(&p[..3], p[3]));
    assert!(missed < 2e-3, "{missed:.1e}");
}

#[test]
fn a_boundary_value_problem_with_a_slope_at_one_end() {
    let domain = Domain::new(["x"], [0.0..2.0]).unwrap();
    let form = Form::on(&domain).dirichlet("x", Side::Lower, 1.0).neumann("x", Side::Upper, 0.0).build().unwrap();
    let net = Mlp::new("net", [form.feature_count(), 12, 1]).weights(TWICE);
    let beam = Equation::<f64>::record(&domain, |g, [x]| {
        let u = form.apply([x], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(x).d(x) + u - x
    })
    .unwrap();
    let u = solve(&beam, beam.on(&domain.gauss([60]).unwrap()).unwrap(), 300);
    let c = (2f64.sin() - 1.0) / 2f64.cos();
    let missed = error(&u, &domain.uniform([201]).unwrap(), |p| p[0] + p[0].cos() + c * p[0].sin());
    assert!(missed < 1e-6, "{missed:.1e}");
}

#[test]
fn adam_then_lbfgs_then_levenberg_marquardt_in_one_line() {
    let domain = Domain::new(["t"], [0.0..3.0]).unwrap();
    let net = Mlp::new("net", [1, 10, 1]).weights(TWICE);
    let decay = Equation::<f64>::record(&domain, |g, [t]| {
        let u = 1.0 + t * net.call(domain.scaled([t]));
        g.output("u", u);
        u.d(t) + u
    })
    .unwrap();
    let mut system = decay.on(&domain.gauss([40]).unwrap()).unwrap();
    let mut theta = decay.initial(Seed(0));
    let outcome =
        Chain::new().adam(300, 1e-2).lbfgs(50).levenberg_marquardt(100).minimize(&mut system, &mut theta).unwrap();
    assert_eq!(outcome.stages.iter().map(|s| s.name).collect::<Vec<_>>(), ["adam", "lbfgs", "levenberg_marquardt"]);
    assert!(outcome.stages.iter().all(|s| s.value <= s.before && s.error.is_none()), "{outcome}");
    let u = decay.solution("u", &theta).unwrap();
    assert!((u.at(&[2.0]).unwrap() - (-2f64).exp()).abs() < 1e-4, "{outcome}");
}

#[test]
fn more_parameters_than_residuals_are_told() {
    let domain = Domain::new(["t"], [0.0..1.0]).unwrap();
    let net = Mlp::new("net", [1, 20, 1]);
    let decay = Equation::<f64>::record(&domain, |_, [t]| {
        let u = 1.0 + t * net.call(domain.scaled([t]));
        u.d(t) + u
    })
    .unwrap();
    let mut system = decay.on(&domain.gauss([10]).unwrap()).unwrap();
    assert!(system.residual_count() < decay.parameters().len());
    let mut theta = decay.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut system, &mut theta).unwrap();
    assert!(outcome.underdetermined && outcome.to_string().contains("add points"), "{outcome}");
}

#[test]
fn a_march_refuses_what_it_cannot_do() {
    let march = Marching::default();
    let decay = |times, start: &[f64]| march.solve(times, start, Seed(0), |_, _, y| -y);
    for times in [0.0..0.0, 1.0..0.0, 0.0..f64::NAN, f64::NEG_INFINITY..0.0] {
        assert!(decay(times, &[1.0]).unwrap_err().to_string().contains("run forward"));
    }
    // Without an end there is no tenth of the interval.
    assert!(decay(0.0..f64::INFINITY, &[1.0]).unwrap_err().to_string().contains("window"));
    assert!(decay(0.0..1.0, &[]).is_err());
    assert!(matches!(decay(0.0..1.0, &[f64::NAN]), Err(Error::NonFinite { .. })));
    let widths = march.solve(0.0..1.0, &[1.0, 2.0], Seed(0), |_, _, y| y.columns(0..1).exp());
    assert!(widths.unwrap_err().to_string().contains("1 columns for 2 states"));
    // y′ = y² from 1 has a pole at t = 1.
    let pole =
        Marching { max_windows: 60, ..Marching::default() }.solve(0.0..2.0, &[1.0], Seed(0), |_, _, y| y.square());
    assert!(matches!(pole, Err(Error::NoConvergence { .. } | Error::NonFinite { .. })), "{pole:?}");
}

#[test]
fn a_march_in_single_precision_ends_at_its_rounding() {
    let decay = Marching::default().solve(0.0..3.0, &[1.0f32], Seed(0), |_, _, y| -y).unwrap();
    assert!((decay.at(3.0).unwrap()[0] - (-3f32).exp()).abs() < 1e-4);
}

#[test]
fn a_march_agrees_with_an_adaptive_method_and_with_itself_on_any_thread() {
    let solve = || {
        Marching::default()
            .solve(0.0..6.0, &[1.2, 0.8], Seed(4), |_, t, y| {
                let (x, z) = (y.columns(0..1), y.columns(1..2));
                Var::concat(&[x - x * z + 0.1 * t.sin(), x * z - z])
            })
            .unwrap()
    };
    let networks = solve();
    let rate = |t: f64, y: &[f64], rate: &mut [f64]| {
        rate.copy_from_slice(&[y[0] - y[0] * y[1] + 0.1 * t.sin(), y[0] * y[1] - y[1]]);
    };
    let exact = DormandPrince { rtol: 1e-11, atol: 1e-11, ..DormandPrince::default() };
    let exact = exact.integrate(rate, 0.0..6.0, &[1.2, 0.8]).unwrap();
    let (ours, theirs) = (networks.at(6.0).unwrap(), exact.end());
    assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-6), "{ours:?} {theirs:?}");
    assert_eq!(std::thread::spawn(move || solve().at(6.0).unwrap()).join().unwrap(), ours);
    assert!(run_threads(2, || solve().at(6.0).unwrap()).iter().all(|end| *end == ours), "two processes");
}
