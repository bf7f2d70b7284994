//! Forms meet their conditions for every network, and keep nothing out that meets them.

use std::f64::consts::TAU;

use eigennet::autodiff::{Initializer, Var, record};
use eigennet::differential::{Domain, Equation, Form, FormBuilder, POINTS, Side, field};
use eigennet::linalg::{Matrix, least_squares};
use eigennet::nn::Mlp;
use eigennet::optim::Lbfgs;
use eigennet::{Error, Seed};

/// What is prescribed at an end: combinations [α, β] of u and its slope.
const KINDS: [&[[f64; 2]]; 6] =
    [&[], &[[1.0, 0.0]], &[[0.0, 1.0]], &[[0.7, -0.4]], &[[1.0, 0.0], [0.0, 1.0]], &[[2.0, 1.0], [1.0, -3.0]]];

/// What is prescribed along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Along {
    Ends(usize, usize),
    Periodic,
}

fn all_pairs() -> Vec<Along> {
    let mut all = vec![Along::Periodic];
    for lower in 0..KINDS.len() {
        all.extend((0..KINDS.len()).map(|upper| Along::Ends(lower, upper)));
    }
    all
}

/// A function that is no product, periodic where it has to be.
fn exact<'g, const N: usize>(x: [Var<'g>; N], domain: &Domain<N>, along: [Along; N]) -> Var<'g> {
    let (mut p, mut q) = (1.0 + 0.0 * x[0], 0.5 + 0.0 * x[0]);
    for k in 0..N {
        let range = &domain.ranges()[k];
        if along[k] == Along::Periodic {
            let angle = (x[k] - range.start) * (std::f64::consts::TAU / (range.end - range.start));
            p = p * (angle + 0.3).sin().exp();
            q = q * angle.cos();
        } else {
            p = p * (0.7 * x[k]).exp();
            q = q * (x[k] + 0.2).sin();
        }
    }
    p + q + 0.3
}

/// α u + β ∂u/∂xₖ of the exact function at a face.
fn data<'g, const N: usize>(
    x: [Var<'g>; N],
    domain: &Domain<N>,
    along: [Along; N],
    k: usize,
    [a, b]: [f64; 2],
) -> Var<'g> {
    // Differentiated by hand: derivatives along a number are none.
    let (mut p, mut q) = (1.0 + 0.0 * x[0], 0.5 + 0.0 * x[0]);
    for j in 0..N {
        let range = &domain.ranges()[j];
        if along[j] == Along::Periodic {
            let angle = (x[j] - range.start) * (std::f64::consts::TAU / (range.end - range.start));
            p = p * (angle + 0.3).sin().exp();
            q = q * angle.cos();
        } else if j == k {
            p = p * (0.7 * x[j]).exp() * (a + 0.7 * b);
            q = q * (a * (x[j] + 0.2).sin() + b * (x[j] + 0.2).cos());
        } else {
            p = p * (0.7 * x[j]).exp();
            q = q * (x[j] + 0.2).sin();
        }
    }
    p + q + 0.3 * a
}

fn builder<const N: usize>(domain: &Domain<N>, along: [Along; N]) -> FormBuilder<N> {
    let mut builder = Form::on(domain);
    for k in 0..N {
        let name = domain.names()[k];
        let Along::Ends(lower, upper) = along[k] else {
            builder = builder.periodic(name, 1);
            continue;
        };
        for (side, kind) in [(Side::Lower, lower), (Side::Upper, upper)] {
            for &[a, b] in KINDS[kind] {
                let inner = domain.clone();
                let data = field(move |x: [Var<'_>; N]| data(x, &inner, along, k, [a, b]));
                builder = match [a, b] {
                    [1.0, 0.0] => builder.dirichlet(name, side, data),
                    [0.0, 1.0] => builder.neumann(name, side, data),
                    _ => builder.robin(name, side, [a, b], data),
                };
            }
        }
    }
    builder
}

/// The largest miss of a condition by the form with a random network, against the exact function, relative
/// to the values and slopes that it is made of.
fn largest_miss<const N: usize>(form: &Form<N>, along: [Along; N], seed: u64) -> f64 {
    let domain = form.domain();
    let net = Mlp::new("net", [form.feature_count(), 6, 1])
        .weights(Initializer::Uniform { low: -1.5, high: 1.5 })
        .biases(Initializer::Uniform { low: -1.0, high: 1.0 });
    let program = record(|g| {
        let x = domain.coordinates(g);
        let u = form.apply(x, |inputs| net.call(inputs));
        let w = exact(x, domain, along);
        let mut columns = vec![u - w];
        columns.extend(x.map(|x| u.d(x) - w.d(x)));
        g.output("size", columns.iter().fold(w.abs() + u.abs(), |size, c| size + c.abs()));
        g.concat(&columns)
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(seed));
    let mut ws = program.workspace();
    let (mut worst, mut size) = (0.0f64, 1.0f64);
    let sampled = domain.latin_hypercube::<f64>(20, Seed(seed)).unwrap();
    let mut on_face = |k: usize, x: f64| {
        let mut points = sampled.points().to_vec();
        points.chunks_exact_mut(N).for_each(|p| p[k] = x);
        ws.set(POINTS, &points).unwrap();
        program.evaluate(&theta, &mut ws).unwrap();
        size = ws.output("size").unwrap().iter().fold(size, |size, s| size.max(*s));
        ws.output("result").unwrap().to_vec()
    };
    for k in 0..N {
        let range = &domain.ranges()[k];
        match along[k] {
            Along::Periodic => {
                let (low, high) = (on_face(k, range.start), on_face(k, range.end));
                worst = low.iter().zip(&high).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
            }
            Along::Ends(lower, upper) => {
                for (kind, x) in [(lower, range.start), (upper, range.end)] {
                    let misses = on_face(k, x);
                    for [a, b] in KINDS[kind] {
                        for row in misses.chunks_exact(N + 1) {
                            worst = worst.max((a * row[0] + b * row[k + 1]).abs());
                        }
                    }
                }
            }
        }
    }
    worst / size
}

#[test]
fn every_condition_on_an_interval_holds_for_every_network() {
    let domain = Domain::new(["x"], [-0.3..1.4]).unwrap();
    for along in all_pairs() {
        let form = builder(&domain, [along]).build().unwrap();
        for seed in 0..3 {
            let miss = largest_miss(&form, [along], seed);
            assert!(miss < 1e-13, "{along:?}: {miss}");
        }
    }
}

#[test]
fn every_pair_of_pairs_on_a_rectangle_holds() {
    let domain = Domain::new(["x", "y"], [-0.3..1.1, 0.2..1.0]).unwrap();
    let pairs = all_pairs();
    for (i, &along) in pairs.iter().enumerate() {
        // A third of all combinations; every two conditions meet in some of them.
        for (j, &across) in pairs.iter().enumerate().filter(|(j, _)| (i + j) % 3 == 0) {
            let form = builder(&domain, [along, across]).build();
            let form = form.unwrap_or_else(|e| panic!("{along:?} {across:?}: {e}"));
            let miss = largest_miss(&form, [along, across], (i * 40 + j) as u64);
            assert!(miss < 1e-13, "{along:?} {across:?}: {miss}");
        }
    }
}

#[test]
fn conditions_hold_in_three_dimensions() {
    let domain = Domain::new(["x", "y", "z"], [-0.3..1.1, 0.2..1.0, 0.0..2.0]).unwrap();
    let kinds = [Along::Periodic, Along::Ends(1, 1), Along::Ends(1, 0), Along::Ends(0, 0)];
    for derivative in all_pairs() {
        for (i, &other) in kinds.iter().enumerate() {
            let along = [[derivative, other, kinds[(i + 1) % 4]], [other, kinds[(i + 1) % 4], derivative]][i % 2];
            let form = builder(&domain, along).build().unwrap_or_else(|e| panic!("{along:?}: {e}"));
            let miss = largest_miss(&form, along, i as u64);
            assert!(miss < 1e-13, "{along:?}: {miss}");
        }
    }
    // Two axes with slopes: what varies along an edge cannot be differentiated there, and is said.
    let along = [Along::Ends(2, 0), Along::Ends(0, 3), Along::Ends(0, 0)];
    let message = builder(&domain, along).build().unwrap_err().to_string();
    assert!(message.contains("varies along this edge") && message.contains("lift"), "{message}");
    let inner = domain.clone();
    let form = builder(&domain, along).lift(move |x| exact(x, &inner, along)).build().unwrap();
    assert!(largest_miss(&form, along, 7) < 1e-13);
}

/// Whether derivatives vary along an edge is judged beside the data and the lengths, not beside 1.
#[test]
fn small_data_on_a_large_domain_are_judged_as_others_are() {
    for (size, length) in [(1.0, 1.0), (1e6, 1.0), (1e-12, 1e6), (1e9, 1e-3)] {
        let domain = Domain::new(["x", "y", "t"], [0.0..length, 0.0..length, 0.0..1.0]).unwrap();
        let wave = TAU / length;
        // ∂ₜ of the slope on x = ℓ at t = 0 is 0, but for the rounding of sin 2π; −cos y varies.
        let still = Form::on(&domain)
            .initial("t", field(move |[x, y, _]| x * (wave * y).cos() * (size / length)))
            .initial_velocity("t", 0.0)
            .neumann(
                "x",
                Side::Upper,
                field(move |[_, y, t]| (wave * y).cos() * (TAU * (t - 1.0)).cos() * (size / length)),
            );
        still.build().unwrap_or_else(|e| panic!("{size:e} {length:e}: {e}"));
        let moving = Form::on(&domain)
            .initial("t", field(move |[x, y, _]| (wave * x).sin() * (wave * y).cos() * size))
            .initial_velocity("t", field(move |[x, y, _]| (wave * x).sin() * (wave * y).cos() * -size))
            .neumann("x", Side::Upper, field(move |[_, y, t]| (wave * y).cos() * (-t).exp() * (size * wave)));
        let message = moving.build().unwrap_err().to_string();
        assert!(message.contains("varies along this edge"), "{size:e} {length:e}: {message}");
    }
}

/// The largest error of the best fit to the exact function by the form with random features.
fn best_fit<const N: usize>(along: [Along; N], domain: &Domain<N>, features: usize, points: [usize; N]) -> f64 {
    let form = builder(domain, along).build().unwrap();
    let net = Mlp::new("net", [form.feature_count(), features])
        .weights(Initializer::Uniform { low: -1.0, high: 1.0 })
        .biases(Initializer::Uniform { low: -1.5, high: 1.5 });
    let program = record(|g| {
        let x = domain.coordinates(g);
        g.output("gap", exact(x, domain, along) - form.lift(x));
        form.factor(x) * net.call(form.features(x)).tanh()
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(1));
    let mut ws = program.workspace();
    let mut table = |points: &[f64]| {
        ws.set(POINTS, points).unwrap();
        program.evaluate(&theta, &mut ws).unwrap();
        let rows = points.len() / N;
        let a = Matrix::from_vec(rows, features, ws.output("result").unwrap().to_vec()).unwrap();
        (a, Matrix::from_vec(rows, 1, ws.output("gap").unwrap().to_vec()).unwrap())
    };
    let (a, b) = table(domain.gauss(points).unwrap().points());
    let c = least_squares(&a, &b, Some(1e-14)).unwrap().solution;
    let (a, b) = table(domain.uniform(points.map(|n| n + 1)).unwrap().points());
    a.matmul(&c).unwrap().sub(&b).unwrap().max_abs()
}

#[test]
fn forms_keep_nothing_out() {
    let domain = Domain::new(["x"], [-0.3..1.1]).unwrap();
    for along in all_pairs() {
        let error = best_fit([along], &domain, 90, [140]);
        assert!(error < 1e-9, "{along:?}: {error}");
    }
    let domain = Domain::new(["x", "y"], [-0.3..1.1, 0.2..1.0]).unwrap();
    for (along, bound) in [
        ([Along::Ends(2, 2), Along::Ends(1, 0)], 1e-5),
        ([Along::Ends(3, 0), Along::Ends(1, 3)], 1e-6),
        ([Along::Ends(2, 3), Along::Ends(4, 0)], 1e-6),
        ([Along::Periodic, Along::Ends(1, 2)], 1e-4),
    ] {
        let error = best_fit(along, &domain, 300, [22, 22]);
        assert!(error < bound, "{along:?}: {error}");
    }
}

#[test]
fn a_driven_end_and_an_initial_velocity() {
    // u = sin(x) cos(2t) + t² on all of it: both axes have slopes with data that vary.
    let domain = Domain::new(["x", "t"], [0.0..1.5, 0.0..1.0]).unwrap();
    let form = Form::on(&domain)
        .neumann("x", Side::Lower, field(|[x, t]| x.cos() * (2.0 * t).cos()))
        .neumann("x", Side::Upper, field(|[x, t]| x.cos() * (2.0 * t).cos()))
        .initial("t", field(|[x, _]| x.sin()))
        .initial_velocity("t", 0.0)
        .build()
        .unwrap();
    assert_eq!(form.feature_count(), 3);
    assert!(format!("{form:?}").contains("Neumann condition at x = 1.5"));
}

#[test]
fn a_system_has_one_form_for_each_unknown() {
    let domain = Domain::new(["t"], [0.0..2.0]).unwrap();
    let cosine = Form::on(&domain).initial("t", 1.0).build().unwrap();
    let sine = Form::on(&domain).initial("t", 0.0).build().unwrap();
    let net = Mlp::new("net", [1, 12, 2]);
    let oscillator = Equation::<f64>::record(&domain, |g, [t]| {
        let both = net.call(domain.scaled([t]));
        let c = cosine.apply([t], |_| both.columns(0..1));
        let s = sine.apply([t], |_| both.columns(1..2));
        g.output("s", s);
        Var::concat(&[c.d(t) + s, s.d(t) - c])
    })
    .unwrap();
    let mut theta = oscillator.initial(Seed(0));
    let mut loss = oscillator.on(&domain.gauss([20]).unwrap()).unwrap();
    let outcome = Lbfgs { max_iterations: 400, ..Lbfgs::default() }.minimize(&mut loss, &mut theta).unwrap();
    let s = oscillator.solution("s", &theta).unwrap();
    assert_eq!(s.at(&[0.0]).unwrap(), 0.0);
    assert!((s.at(&[1.7]).unwrap() - 1.7f64.sin()).abs() < 1e-3, "{}", outcome.reason);
}

#[test]
fn what_contradicts_itself_is_refused_by_name() {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..2.0]).unwrap();
    let refused = |builder: FormBuilder<2>, words: &[&str]| {
        let error = builder.build().unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    let form = || Form::on(&domain);
    let start = || form().initial("t", field(|[x, _]| x.cos()));
    // Corners.
    refused(
        start().dirichlet("x", Side::Lower, 0.0),
        &["initial value at t = 0", "Dirichlet condition at x = 0", "x = 0, t = 0", "0", "1"],
    );
    refused(
        start().neumann("x", Side::Upper, 0.0),
        &["initial value at t = 0", "Neumann condition at x = 1", "x = 1, t = 0", "0.84"],
    );
    refused(start().robin("x", Side::Lower, [1.0, 1.0], 2.0), &["Robin condition at x = 0", "x = 0, t = 0"]);
    refused(
        start().initial_velocity("t", 1.0).dirichlet("x", Side::Lower, 1.0),
        &["initial velocity at t = 0", "Dirichlet condition at x = 0"],
    );
    // One end.
    refused(start().dirichlet("t", Side::Lower, 1.0), &["initial value at t = 0 and Dirichlet condition at t = 0"]);
    refused(form().robin("x", Side::Lower, [2.0, 0.0], 1.0).dirichlet("x", Side::Lower, 1.0), &["Robin", "Dirichlet"]);
    refused(start().initial_velocity("t", 0.0).robin("t", Side::Lower, [1.0, 1.0], 1.0), &["third"]);
    // Periodic coordinates.
    refused(form().periodic("x", 1).dirichlet("x", Side::Upper, 0.0), &["Dirichlet", "x = 1", "periodic coordinate x"]);
    refused(start().periodic("x", 1), &["initial value at t = 0", "periodic coordinate x", "value", "0.54"]);
    refused(
        form().initial("t", field(|[x, _]| x * (1.0 - x))).periodic("x", 1),
        &["initial value at t = 0", "periodic coordinate x", "slope"],
    );
    refused(form().periodic("x", 1).lift(|[x, _]| x), &["periodic coordinate x"]);
    refused(form().periodic("x", 0), &["harmonics"]);
    // Data.
    refused(form().initial("t", f64::NAN), &["initial value at t = 0", "NaN"]);
    refused(form().initial("t", field(|[x, _]| (x - 0.5).ln())), &["initial value at t = 0", "NaN"]);
    refused(form().initial("t", field(|[x, _]| Var::concat(&[x, x]))), &["2 columns", "form of its own"]);
    refused(form().robin("x", Side::Lower, [0.0, 0.0], 1.0), &["coefficients", "not both 0"]);
    refused(form().robin("x", Side::Lower, [f64::NAN, 1.0], 1.0), &["coefficients"]);
    refused(form().robin("x", Side::Lower, [1e300, 1e-300], 0.0), &["Robin"]);
    // Lifts and factors of one's own.
    refused(start().lift(|[x, t]| x.sin() + t), &["initial value at t = 0", "the data say"]);
    refused(form().lift(|[x, _]| x.ln() - (x - 0.5).ln()), &["inhomogeneous part"]);
    refused(form().neumann("x", Side::Lower, 0.0).factor(|[x, _]| 1.0 + x), &["Neumann condition at x = 0", "slope 1"]);
    assert!(matches!(form().dirichlet("y", Side::Lower, 0.0).build(), Err(Error::UnknownName { .. })));
}

#[test]
fn many_coordinates() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "t"];
    let domain = Domain::new(names, std::array::from_fn(|_| 0.0..1.0)).unwrap();
    let (mut zero, mut one) = (Form::on(&domain), Form::on(&domain));
    for name in &names[..10] {
        zero = zero.dirichlet(name, Side::Lower, 0.0).neumann(name, Side::Upper, 0.0);
        one = one.dirichlet(name, Side::Lower, 1.0);
    }
    let bump = field(|x: [Var<'_>; 11]| x[..10].iter().fold(1.0 + 0.0 * x[0], |u, &x| u * x * (2.0 - x)));
    let form = zero.initial("t", bump).initial_velocity("t", 0.0).build().unwrap();
    assert_eq!(form.feature_count(), 21);
    assert!(one.build().unwrap_err().to_string().contains("FormBuilder::lift"));
}

#[test]
fn own_factors_and_free_forms() {
    let domain = Domain::new(["x", "t"], [-1.0..1.0, 0.0..2.0]).unwrap();
    // A disk's worth of distance in a coordinate, next to an initial value.
    let form = Form::on(&domain).initial("t", 0.0).factor(|[x, _]| 1.0 - x.square()).build().unwrap();
    let free = Form::on(&domain).build().unwrap();
    let program = record(|g| {
        let x = domain.coordinates(g);
        g.output("free", free.apply(x, |inputs| inputs.columns(0..1)));
        Var::concat(&[form.factor(x), form.lift(x), free.factor(x), free.lift(x)])
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set(POINTS, &[1.0, 0.5, 0.0, 2.0]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    assert_eq!(ws.output("result").unwrap(), &[0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(ws.output("free").unwrap(), &[1.0, 0.0]);
}

#[test]
fn data_that_are_periodic_up_to_rounding_are_accepted() {
    use std::f64::consts::TAU;
    for length in [1.0, 0.3, 7.0, 1e-3, 1e4] {
        for wave in [1.0, 3.0, 8.0] {
            for (offset, size) in [(0.0, 1.0), (0.0, 1e-9), (0.0, 1e6), (5.0, 1.0)] {
                let domain = Domain::new(["x", "t"], [-length..length, 0.0..1.0]).unwrap();
                let number = wave * TAU / (2.0 * length);
                let start = field(move |[x, _]| offset + size * (number * x).sin());
                let built = Form::on(&domain).periodic("x", 1).initial("t", start).build();
                assert!(built.is_ok(), "{length} {wave} {offset} {size}: {built:?}");
                // A jump of a thousandth is none of rounding's.
                let tilted = field(move |[x, _]| offset + size * ((number * x).sin() + 1e-3 * x / length));
                assert!(Form::on(&domain).periodic("x", 1).initial("t", tilted).build().is_err());
            }
        }
    }
}
