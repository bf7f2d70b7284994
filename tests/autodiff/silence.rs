//! Derivatives that do not exist, or are not known, are refused by name or come out as NaN: never as 0.

use eigennet::autodiff::{Graph, Initializer, Rows, Var, record};
use eigennet::eigenfunctions::radius;
use eigennet::{Error, Scalar};

type Formula = for<'g> fn(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>;

/// The value of a formula of two coordinates at a point.
fn at<T: Scalar>([x, y]: [f64; 2], formula: Formula) -> f64 {
    let recording = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        formula(g, x, y)
    });
    let program = recording.unwrap().compile::<T>();
    let mut ws = program.workspace();
    ws.set("point", &[T::of(x), T::of(y)]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    Scalar::to_f64(ws.output("result").unwrap()[0])
}

#[test]
fn what_has_no_input_derivative_is_refused_by_name_and_line() {
    let cases: [(&str, &str, Formula); 8] = [
        ("sin", "other", |g, x, _| g.coordinate("z", Rows::named("other")).sin().d(x).sum()),
        ("sin", "other", |g, x, y| g.coordinate("z", Rows::named("other")).sin().laplacian([x, y]).sum()),
        ("input", "interpolant", |g, x, _| (g.input("k", Rows::named("points"), 1) * x.square().d(x)).d(x)),
        ("input", "interpolant", |g, x, y| g.input("k", Rows::named("points"), 1).laplacian([x, y])),
        ("greater_equal", "smooth", |g, x, _| x.greater_equal(g.constant(0.5)).d(x)),
        ("greater_equal", "smooth", |g, x, _| {
            x.greater_equal(g.constant(0.5)).select(g.constant(2.0), g.constant(1.0)).d(x)
        }),
        ("where", "step", |g, x, y| x.select(g.constant(2.0), g.constant(1.0)).laplacian([x, y])),
        ("max", "second", |g, x, y| x.max(g.constant(0.0)).laplacian([x, y])),
    ];
    for (k, (name, hint, formula)) in cases.into_iter().enumerate() {
        let recording = record(|g| {
            let [x, y] = g.coordinates("point", Rows::named("points"));
            formula(g, x, y)
        });
        let Err(Error::Derivative { operation, reason, location }) = recording else { panic!("case {k} is recorded") };
        assert!(operation == name && reason.contains(hint), "case {k}: {operation}: {reason}");
        assert!(location.is_some_and(|place| place.file().ends_with("silence.rs")), "case {k}");
    }
}

#[test]
fn what_is_said_to_be_constant_has_derivative_zero() {
    // ∂ₓ(k x²) = 2 k x with data k, and with a step k(x).
    let program = record(|g| {
        let x = g.coordinate("x", Rows::named("points"));
        let k = g.input("k", Rows::named("points"), 1).stop_gradient();
        let step = x.greater_equal(g.constant(0.0)).select(g.constant(2.0), g.constant(1.0)).stop_gradient();
        g.output("step", (step * x.square()).d(x));
        (k * x.square()).d(x)
    });
    let program = program.unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[3.0, -3.0]).unwrap().set("k", &[0.5, 7.0]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    assert_eq!(ws.output("result").unwrap(), [3.0, -42.0]);
    assert_eq!(ws.output("step").unwrap(), [12.0, -6.0]);
}

#[test]
fn even_powers_of_a_norm_have_their_derivatives_at_the_origin() {
    let cases: [(f64, Formula); 7] = [
        (4.0, |_, x, y| radius(&[x, y]).square().laplacian([x, y])),
        (4.0, |_, x, y| (radius(&[x, y]) * radius(&[x, y])).laplacian([x, y])),
        (4.0, |_, x, y| radius(&[x, y]).powf(2.0).laplacian([x, y])),
        (-4.0, |_, x, y| (-radius(&[x, y]).square()).exp().laplacian([x, y])),
        (-1.0, |_, x, y| (-(radius(&[x, y]) / 2.0).square()).exp().laplacian([x, y])),
        (36.0, |_, x, y| (-3.0 * Var::concat(&[x, y]).row_norm()).square().laplacian([x, y])),
        (0.0, |_, x, y| radius(&[x, y]).powi(4).laplacian([x, y])),
    ];
    for (k, (want, formula)) in cases.into_iter().enumerate() {
        for point in [[0.0, 0.0], [-0.0, 0.0]] {
            assert_eq!(at::<f64>(point, formula), want, "case {k}");
            assert_eq!(at::<f32>(point, formula), want, "case {k}");
        }
    }
    // ‖x‖ and e^{−‖x‖} bend infinitely there.
    assert!(at::<f64>([0.0; 2], |_, x, y| (-radius(&[x, y])).exp().laplacian([x, y])).is_nan());
    // A root of what may be negative stays a root.
    assert!(at::<f64>([-1.0, 0.0], |_, x, _| x.sqrt().square()).is_nan());
    let program = record(|g| g.parameter("x", [1, 2], Initializer::Constant(0.0)).norm().square());
    let program = program.unwrap().compile::<f64>();
    let mut product = [0.0; 2];
    program.hessian_vector(&[0.0; 2], &[1.0, 0.0], &mut program.workspace(), &mut product).unwrap();
    assert_eq!(product, [2.0, 0.0]);
}

#[test]
fn values_at_special_points() {
    let inf = f64::INFINITY;
    let cases: [([f64; 2], f64, Formula); 12] = [
        ([1000.0, 0.0], 0.0, |g, x, _| x.exp().min(g.constant(1.0)).d(x)),
        ([-1000.0, 0.0], 0.0, |g, x, _| (-x).exp().min(g.constant(1.0)).d(x)),
        ([0.0, 2.0], 0.0, |_, x, y| x.pow(y).d(x)),
        ([0.0, 2.0], 0.0, |_, x, y| x.pow(y).d(y)),
        ([0.0, 1.0], 1.0, |_, x, y| x.pow(y).d(x)),
        ([0.0, 0.0], 0.0, |_, x, y| (x.square() + y.square()).powf(0.5).d(x)),
        ([0.0, 0.0], -inf, |_, x, y| Var::concat(&[x.ln(), y.ln()]).log_sum_exp()),
        ([0.0, 2.0], 2.0, |_, x, y| Var::concat(&[x.ln(), y]).log_sum_exp()),
        ([0.0, 2.0], inf, |_, x, y| Var::concat(&[x.recip(), y]).log_sum_exp()),
        ([2.0, 2.0], 1.0, |_, x, y| (x.max(y) + x.min(y)).d(x)),
        ([2.0, 2.0], 1.0, |_, x, y| (x.max(y) + x.min(y)).d(y)),
        ([2.0, 0.0], 1.0, |_, x, _| x.clamp(-2.0, 2.0).d(x)),
    ];
    for (k, (point, want, formula)) in cases.into_iter().enumerate() {
        assert_eq!(at::<f64>(point, formula), want, "case {k}");
        assert_eq!(at::<f32>(point, formula), want, "case {k}");
    }
}

#[test]
fn tails_keep_their_digits() {
    let cases: [([f64; 2], f64, Formula); 4] = [
        // ∂ atan2 = (x, −y)/(x² + y²), whose squares over- and underflow.
        ([3e-200, 4e-200], 1.6e199, |_, y, x| y.atan2(x).d(y)),
        ([3e200, 4e200], -1.2e-201, |_, y, x| y.atan2(x).d(x)),
        // x^y by e^{y ln x} would lose two digits.
        ([1.5, 700.0], 700.0 * 1.5_f64.powf(699.0), |_, x, y| x.pow(y).d(x)),
        ([1.5, 700.0], 1.5_f64.powf(700.0) * 1.5_f64.ln(), |_, x, y| x.pow(y).d(y)),
    ];
    for (k, (point, want, formula)) in cases.into_iter().enumerate() {
        let got = at::<f64>(point, formula);
        assert!((got / want - 1.0).abs() < 1e-14, "case {k}: {got:e} against {want:e}");
    }
    // A factor that f32 does not have meets one that makes it a number again.
    let got = at::<f32>([1.0, 0.0], |_, x, _| 1.1e-68 * x.sin() * 1e34 * 1e34 / 1.1);
    assert!((got / 1.0_f64.sin() - 1.0).abs() < 1e-6, "{got:e}");
}

/// Slopes where the function rounds to its limit, to relative accuracy: σ′ = e⁻ˣ/(1 + e⁻ˣ)², tanh′ x = 4 σ′(2x), their own
/// derivatives by −σ′ and −2 tanh′ in the right tail, and gelu by the normal density φ: x Φ(x) ≈ −φ (1 − 1/x² + 3/x⁴ − …).
#[test]
fn slopes_keep_their_digits_in_both_tails() {
    fn check<T: Scalar>(x: f64) {
        let density = |x: f64| (-x).exp() / (1.0 + (-x).exp()).powi(2);
        let curvature = |x: f64| density(x) * (-x / 2.0).tanh();
        let cases: [(&str, Formula, f64); 7] = [
            ("σ′", |_, x, _| x.sigmoid().d(x), density(x)),
            ("softplus″", |_, x, _| x.softplus().d(x).d(x), density(x)),
            ("σ″", |_, x, _| x.sigmoid().d(x).d(x), curvature(x)),
            ("Δ softplus′", |_, x, y| (x + 0.0 * y).softplus().d(x).d(x).d(x), curvature(x)),
            ("tanh′", |_, x, _| x.tanh().d(x), 4.0 * density(2.0 * x)),
            ("tanh″", |_, x, y| x.tanh().laplacian([x, y]), 8.0 * curvature(2.0 * x)),
            ("silu′", |_, x, _| (x * x.sigmoid()).d(x), 1.0 / (1.0 + (-x).exp()) + x * density(x)),
        ];
        for (name, formula, right) in cases {
            let (left, reflected) = (at::<T>([x, 0.3], formula), at::<T>([-x, 0.3], formula));
            let bound = 30.0 * Scalar::to_f64(T::epsilon());
            assert!((left / right - 1.0).abs() < bound, "{name} at {x}: {left:e}, not {right:e}");
            if !name.starts_with("silu") {
                assert!((reflected.abs() / right.abs() - 1.0).abs() < bound, "{name} at −{x}: {reflected:e}");
            }
        }
    }
    [0.5, 3.0, 17.0, 40.0, 300.0].into_iter().for_each(check::<f64>);
    [0.5, 3.0, 17.0, 40.0].into_iter().for_each(check::<f32>);
    for x in [-9.0_f64, -14.0, -30.0] {
        let series = (1..12).rev().fold(1.0, |rest, k| 1.0 - f64::from(2 * k - 1) / (x * x) * rest);
        let gelu = -(-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt() * series;
        let value = at::<f64>([x, 0.0], |_, x, _| x.gelu());
        assert!((value / gelu - 1.0).abs() < 1e-5, "gelu at {x}: {value:e}, not {gelu:e}");
    }
}

#[test]
fn of_a_matrix_that_is_not_symmetric_cholesky_differentiates_what_it_reads() {
    let recording = record(|g| g.parameter("a", [2, 2], Initializer::Constant(0.0)).cholesky().sum());
    let program = recording.unwrap().compile::<f64>();
    let mut ws = program.workspace();
    let at = [4.0, 1.5, 1.0, 3.0];
    let (_, gradient) = program.value_and_grad(&at, &mut ws).unwrap();
    let result = program.recording().result();
    for k in 0..4 {
        let mut moved = |h: f64| {
            let mut a = at;
            a[k] += h;
            program.value(&a, &mut ws).unwrap()
        };
        let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!((gradient[k] - difference).abs() < 1e-9, "entry {k}: {} against {difference}", gradient[k]);
        let direction: [f64; 4] = std::array::from_fn(|i| f64::from(u8::from(i == k)));
        let pushed = program.push_forward(&at, &direction, &mut ws).unwrap().tangent(result).unwrap()[0];
        assert!((gradient[k] - pushed).abs() < 1e-14, "entry {k} forward: {pushed}");
    }
}

#[test]
fn starts_that_are_no_numbers_are_refused() {
    for initializer in [
        Initializer::Constant(f64::INFINITY),
        Initializer::Uniform { low: f64::NAN, high: 1.0 },
        Initializer::Uniform { low: 1.0, high: 0.0 },
        Initializer::Normal { deviation: -1.0 },
        // A number of f64 that is infinite as f32, which the recording may be compiled to.
        Initializer::Constant(1e300),
        Initializer::Uniform { low: -1e39, high: 0.0 },
        Initializer::Normal { deviation: 1e60 },
        Initializer::GlorotUniform { gain: f64::NAN },
    ] {
        let error = record(|g| g.parameter("w", [2, 2], initializer).sum()).unwrap_err();
        assert!(error.to_string().contains("finite"), "{initializer:?}: {error}");
    }
}
