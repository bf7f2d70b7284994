//! Linear equations by one least-squares problem: ten digits, and what is refused.

use std::f64::consts::PI;
use std::time::Instant;

use eigennet::differential::{Domain, Equation, LinearLeastSquares, RandomFeatures};
use eigennet::nn::Activation;
use eigennet::quadrature::Quadrature;
use eigennet::{Error, Scalar, Seed};

/// u_t = u_xx with u = (1 − t) sin πx + x(1 − x) t N.
fn heat<T: Scalar>(domain: &Domain<2>, net: &RandomFeatures) -> Equation<T> {
    Equation::record(domain, |g, [x, t]| {
        let n = net.call(domain.scaled([x, t]));
        let u = (1.0 - t) * (PI * x).sin() + x * (1.0 - x) * t * n;
        g.output("u", u);
        u.d(t) - u.d(x).d(x)
    })
    .unwrap()
}

/// Relative L2 error on 101 × 101 points.
fn heat_error<T: Scalar>(net: &RandomFeatures, counts: [usize; 2], seed: u64) -> f64 {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let start = Instant::now();
    let equation = heat::<T>(&domain, net);
    let mut theta = equation.initial(Seed(seed));
    let mut system = equation.on(&domain.gauss(counts).unwrap()).unwrap();
    let outcome = net.solve(&mut system, equation.parameters(), &mut theta).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let points: Vec<T> = (0..101 * 101).flat_map(|k| [k / 101, k % 101].map(|i| T::of(i as f64 / 100.0))).collect();
    let values = equation.solution("u", &theta).unwrap().on(&points).unwrap();
    let (mut wrong, mut all) = (0.0, 0.0);
    for (value, point) in values.iter().zip(points.chunks(2)) {
        let exact = (PI * Scalar::to_f64(point[0])).sin() * (-PI * PI * Scalar::to_f64(point[1])).exp();
        wrong += (Scalar::to_f64(*value) - exact).powi(2);
        all += exact * exact;
    }
    let error = (wrong / all).sqrt();
    println!("{} seed {seed}: relative error {error:.2e}, {seconds:.3} s, {outcome}", T::NAME);
    assert!(outcome.warning().is_none());
    error
}

#[test]
fn diffusion_to_ten_digits() {
    // All ten seeds with EIGENNET_SEEDS=10.
    let seeds = std::env::var("EIGENNET_SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    for seed in 0..seeds {
        assert!(heat_error::<f64>(&RandomFeatures::default(), [40, 40], seed) < 1e-10);
    }
}

#[test]
fn fewer_features_and_single_precision() {
    let few = RandomFeatures { features: 150, range: 1.5, ..RandomFeatures::default() };
    assert!(heat_error::<f64>(&few, [20, 20], 1) < 1e-4);
    assert!(heat_error::<f32>(&few, [20, 20], 1) < 2e-2);
}

#[test]
fn an_ordinary_equation_and_a_system() {
    // u′ = −v, v′ = u: a rotation.
    let domain = Domain::new(["t"], [0.0..2.0]).unwrap();
    let net = RandomFeatures { features: 60, outputs: 2, ..RandomFeatures::default() };
    let equation = Equation::<f64>::record(&domain, |g, [t]| {
        let n = net.call(domain.scaled([t]));
        let (u, v) = (1.0 + t * n.columns(0..1), t * n.columns(1..2));
        g.output("u", u);
        eigennet::autodiff::Var::concat(&[u.d(t) + v, v.d(t) - u])
    })
    .unwrap();
    let mut theta = equation.initial(Seed(2));
    let mut system = equation.on(&domain.gauss([80]).unwrap()).unwrap();
    let outcome = net.solve(&mut system, equation.parameters(), &mut theta).unwrap();
    let u = equation.solution("u", &theta).unwrap();
    for t in [0.0, 0.5, 1.3, 2.0] {
        assert!((u.at(&[t]).unwrap() - t.cos()).abs() < 1e-9, "{outcome}");
    }
}

#[test]
fn poisson_on_a_square() {
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = RandomFeatures { features: 300, activation: Activation::Sin, ..RandomFeatures::default() };
    let equation = Equation::<f64>::record(&domain, |g, [x, y]| {
        let u = x * (1.0 - x) * y * (1.0 - y) * net.call(domain.scaled([x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 2.0 * PI * PI * (PI * x).sin() * (PI * y).sin()
    })
    .unwrap();
    let mut theta = equation.initial(Seed(5));
    let mut system = equation.on(&domain.gauss([25, 25]).unwrap()).unwrap();
    let outcome = net.solve(&mut system, equation.parameters(), &mut theta).unwrap();
    let value = equation.solution("u", &theta).unwrap().at(&[0.3, 0.6]).unwrap();
    let exact = (PI * 0.3).sin() * (PI * 0.6).sin();
    assert!((value - exact).abs() < 1e-8, "{value} {exact}, {outcome}");
    assert!(outcome.after < 1e-5 * outcome.before);
}

#[test]
fn what_is_not_affine_is_refused_and_nothing_is_changed() {
    let domain = Domain::new(["t"], [0.0..1.0]).unwrap();
    let net = RandomFeatures { features: 20, ..RandomFeatures::default() };
    let logistic = Equation::<f64>::record(&domain, |_, [t]| {
        let u = 0.5 + t * net.call(domain.scaled([t]));
        u.d(t) - u * (1.0 - u)
    })
    .unwrap();
    let start = logistic.initial(Seed(0));
    let mut theta = start.clone();
    let mut system = logistic.on(&domain.gauss([50]).unwrap()).unwrap();
    let message = net.solve(&mut system, logistic.parameters(), &mut theta).unwrap_err().to_string();
    assert!(message.contains("not affine") && message.contains("LevenbergMarquardt"), "{message}");
    assert_eq!(theta, start);

    let solver = LinearLeastSquares::default();
    for hostile in [0..0, 0..usize::MAX, 60..90] {
        assert!(matches!(solver.solve(&mut system, &mut theta, hostile), Err(Error::InvalidArgument { .. })));
    }
    assert!(solver.solve(&mut system, &mut theta, (40..60).chain(50..55)).is_err());
    assert!(LinearLeastSquares { rcond: Some(f64::NAN) }.solve(&mut system, &mut theta, 40..60).is_err());
    assert!(net.solve(&mut system, logistic.parameters(), &mut theta[1..]).is_err());
    assert!(net.solve(&mut system, logistic.parameters(), &mut vec![f64::NAN; start.len()]).is_err());
    let other = RandomFeatures { name: "other".into(), ..net.clone() };
    assert!(matches!(other.solve(&mut system, logistic.parameters(), &mut theta), Err(Error::UnknownName { .. })));
    let flat = RandomFeatures { range: f64::NAN, ..net };
    assert!(Equation::<f64>::record(&domain, |_, [t]| flat.call(t)).is_err());
}

/// Nonlinear equations whose slopes vanish at zero, where the solution seems to be.
#[test]
fn what_is_flat_at_zero_is_not_taken_for_affine() {
    fn check<T: Scalar>(scale: f64) {
        let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
        let net = RandomFeatures { features: 20, ..RandomFeatures::default() };
        for case in ["eikonal", "square", "modulus", "nothing", "cubic"] {
            let equation = Equation::<T>::record(&domain, |_, [x]| {
                let u = x * net.call(domain.scaled([x]));
                scale
                    * match case {
                        "eikonal" => u.d(x).square() - 1.0,
                        "square" => u.square() - 1.0,
                        "modulus" => u.d(x).abs() - 1.0,
                        "nothing" => 0.0 * u - 1.0,
                        _ => u.d(x) + 0.01 * u * u * u - 1.0,
                    }
            })
            .unwrap();
            let start = equation.initial(Seed(0));
            let mut theta = start.clone();
            let mut system = equation.on(&domain.gauss([60]).unwrap()).unwrap();
            let message = net.solve(&mut system, equation.parameters(), &mut theta).unwrap_err().to_string();
            let word = if case == "nothing" { "do not depend" } else { "not affine" };
            assert!(message.contains(word), "{case}: {message}");
            assert_eq!(theta, start);
        }
    }
    for scale in [1e-8, 1.0, 1e8] {
        check::<f64>(scale);
        check::<f32>(scale);
    }
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let squared = Equation::<f64>::record(&domain, |g, [x]| g.scalar_parameter("a", 0.0).square() * x - 1.0).unwrap();
    let mut system = squared.on(&domain.gauss([10]).unwrap()).unwrap();
    let message = LinearLeastSquares::default().solve(&mut system, &mut [0.0], 0..1).unwrap_err().to_string();
    assert!(message.contains("not affine"), "{message}");
}

/// u − λ ∫ u = x near λ = 1, where u is x and a large constant, of which the residual shows next to nothing.
#[test]
fn what_cancels_within_the_residuals_is_rounding() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let rule = Quadrature::<f64>::gauss_legendre(8, 0.0..1.0).unwrap();
    let net = RandomFeatures { features: 15, ..RandomFeatures::default() };
    for gap in [0.5, 1e-3, 1e-6] {
        let fredholm = Equation::<f64>::record(&domain, |g, [x]| {
            let [s, w] = g.quadrature(&rule);
            let u = net.call(domain.scaled([x]));
            g.output("u", u);
            u - (1.0 - gap) * (w * net.call(domain.scaled([s]))).sum() - x
        })
        .unwrap();
        for seed in 0..3 {
            let mut theta = fredholm.initial(Seed(seed));
            let mut system = fredholm.on(&domain.gauss([40]).unwrap()).unwrap();
            net.solve(&mut system, fredholm.parameters(), &mut theta).unwrap();
            let (u, exact) = (fredholm.solution("u", &theta).unwrap().at(&[0.0]).unwrap(), 0.5 / gap - 0.5);
            // How well so few features follow x, and what rounding makes of λ.
            assert!((u / exact - 1.0).abs() < 1e-5 + 1e-13 / gap, "{gap} {seed}: {u} {exact}");
        }
    }
}

/// u′ = c u + k with u(0) = 1: what multiplies the network, and what stands beside it, are unknowns as well.
#[test]
fn other_unknowns_are_refused_by_name_unless_they_are_held() {
    let domain = Domain::new(["t"], [0.0..1.0]).unwrap();
    let net = RandomFeatures { features: 30, ..RandomFeatures::default() };
    for (factor, beside) in [(true, false), (false, true), (false, false)] {
        let equation = Equation::<f64>::record(&domain, |g, [t]| {
            let (c, k) = (g.scalar_parameter("c", -1.0), g.scalar_parameter("k", 0.0));
            let c = if factor { c } else { c.stop_gradient() };
            let k = if beside { k } else { k.stop_gradient() };
            let u = 1.0 + t * net.call(domain.scaled([t]));
            g.output("u", u);
            u.d(t) - c * u - k
        })
        .unwrap();
        let start = equation.initial(Seed(0));
        let mut theta = start.clone();
        let mut system = equation.on(&domain.gauss([60]).unwrap()).unwrap();
        let found = net.solve(&mut system, equation.parameters(), &mut theta);
        if factor || beside {
            let message = found.unwrap_err().to_string();
            let name = if factor { "`c`" } else { "`k`" };
            assert!(message.contains(name) && message.contains("LinearLeastSquares"), "{message}");
            assert_eq!(theta, start);
        } else {
            let end = equation.solution("u", &theta).unwrap().at(&[1.0]).unwrap();
            assert!((end - (-1f64).exp()).abs() < 1e-10, "{end} {}", found.unwrap());
        }
    }
}

#[test]
fn too_few_points_are_said_and_equal_features_are_no_harm() {
    let domain = Domain::new(["t"], [0.0..1.0]).unwrap();
    // Three parameters that do the same.
    let net = RandomFeatures { features: 30, ..RandomFeatures::default() };
    let twice = Equation::<f64>::record(&domain, |g, [t]| {
        let copy = g.scalar_parameter("copy", 0.0);
        let same = g.scalar_parameter("same", 0.0);
        let u = 1.0 + t * (net.call(domain.scaled([t])) + copy + same);
        g.output("u", u);
        u.d(t) + u
    })
    .unwrap();
    let mut theta = twice.initial(Seed(0));
    let everything = ["features.head.weight", "features.head.bias", "copy", "same"]
        .map(|name| twice.parameters().block(name).unwrap().range());
    let mut system = twice.on(&domain.gauss([100]).unwrap()).unwrap();
    let solver = LinearLeastSquares { rcond: Some(1e-10) };
    let outcome = solver.solve(&mut system, &mut theta, everything.clone().into_iter().flatten()).unwrap();
    assert!(outcome.rank <= 31 && outcome.unknowns == 33 && outcome.warning().is_none());
    let [_, bias, copy, same] = everything.clone().map(|range| theta[range.start]);
    assert!((bias - copy).abs() < 1e-6 * copy.abs() && (copy - same).abs() < 1e-6 * copy.abs(), "least norm");
    let u = twice.solution("u", &theta).unwrap();
    assert!((u.at(&[0.7]).unwrap() - (-0.7f64).exp()).abs() < 1e-8);

    let mut system = twice.on(&domain.gauss([10]).unwrap()).unwrap();
    let outcome = solver.solve(&mut system, &mut theta, everything.clone().into_iter().flatten()).unwrap();
    assert!(outcome.rank <= 10 && outcome.to_string().starts_with("warning: the residual is"), "{outcome}");
}

/// The warning for u″ + k u = scale · (f₀ + f₁ sin πx + f₂ sin 2πx) with u = 0 at both ends.
fn string<T: Scalar>(k: f64, f: [f64; 3], scale: f64, seed: u64) -> Option<String> {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let net = RandomFeatures { features: 40, ..RandomFeatures::default() };
    let equation = Equation::<T>::record(&domain, |g, [x]| {
        let u = x * (1.0 - x) * net.call(domain.scaled([x]));
        g.output("u", u);
        let load = f[1] * (PI * x).sin() + f[2] * (2.0 * PI * x).sin() + f[0];
        u.d(x).d(x) + k * u - scale * load
    })
    .unwrap();
    let mut theta = equation.initial(Seed(seed));
    let mut system = equation.on(&domain.gauss([100]).unwrap()).unwrap();
    let outcome = net.solve(&mut system, equation.parameters(), &mut theta).unwrap();
    println!("{} {k} {f:?} {scale:e} {seed}: {outcome}", T::NAME);
    outcome.warning()
}

#[test]
fn a_problem_without_a_unique_solution_is_warned_of() {
    let [one, first, second] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let resonance = PI * PI;
    for seed in 0..3 {
        for scale in [1e-9, 1.0, 1e9] {
            for f in [one, second, first] {
                let warning = string::<f64>(resonance, f, scale, seed);
                assert!(warning.is_some_and(|warning| warning.contains("more than one")), "{scale} {seed}");
            }
            // Beside the resonance, at low and high frequency, and decaying.
            for (k, f) in [(0.0, one), (0.0, second), (resonance - 0.1, first), (200.0, second), (-1e3, one)] {
                assert_eq!(string::<f64>(k, f, scale, seed), None, "{k} {scale} {seed}");
            }
        }
        assert!(string::<f32>(resonance, one, 1.0, seed).is_some());
        for (k, f) in [(0.0, one), (0.0, second), (-10.0, one)] {
            assert_eq!(string::<f32>(k, f, 1.0, seed), None, "{k} {seed}");
        }
    }
}

#[test]
fn numbers_that_stand_for_one_another_are_warned_of() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let solve = |both: bool, scale: f64| {
        let line = Equation::<f64>::record(&domain, |g, [x]| {
            let (a, b) = (g.scalar_parameter("a", 0.0), g.scalar_parameter("b", 0.0));
            let other = if both { b * x } else { b * x * x };
            a * x + other - 3.0 * scale * x
        })
        .unwrap();
        let mut theta = vec![0.0; 2];
        let mut system = line.on(&domain.gauss([10]).unwrap()).unwrap();
        let outcome = LinearLeastSquares::default().solve(&mut system, &mut theta, 0..2).unwrap();
        (outcome.rank, outcome.warning())
    };
    for scale in [1e-9, 1.0, 1e9] {
        let (rank, warning) = solve(true, scale);
        assert!(rank == 1 && warning.is_some_and(|warning| warning.contains("more than one")));
        assert_eq!(solve(false, scale), (2, None));
    }
}

#[test]
fn residuals_that_do_not_fall_are_warned_of() {
    // u = c x is not e^x.
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    for scale in [1e-9, 1.0, 1e9] {
        let line =
            Equation::<f64>::record(&domain, |g, [x]| g.scalar_parameter("c", 0.0) * x - scale * x.exp()).unwrap();
        let mut theta = vec![0.0];
        let mut system = line.on(&domain.gauss([10]).unwrap()).unwrap();
        let outcome = LinearLeastSquares::default().solve(&mut system, &mut theta, 0..1).unwrap();
        assert!(outcome.warning().is_some_and(|warning| warning.contains("no solution")), "{outcome}");
    }
}
