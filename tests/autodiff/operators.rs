//! Operators of second order that are carried as one component, against their terms one by one.

use eigennet::Seed;
use eigennet::autodiff::{Graph, Program, Rows, Var, record};
use eigennet::nn::Mlp;

type Residual = for<'g> fn(&'g Graph, Var<'g>, [Var<'g>; 3]) -> Var<'g>;

/// Residuals of `u`; with `apart`, somebody else reads every derivative, so none is merged.
fn program(residual: Residual, apart: bool) -> Program<f64> {
    record(|g| {
        let [x, y, t] = g.coordinates::<3>("points", Rows::named("points"));
        let net = Mlp::new("net", [3, 6, 5, 1]).call(Var::concat(&[x, y, t]));
        let u = (x * y).sin() * net + t * (1.0 + net.square()).sqrt();
        if apart {
            let all = [x, y, t];
            let sum = all.iter().flat_map(|a| all.map(|b| u.d(*a).d(b))).fold(u, |sum, d| sum + d);
            g.output("others", sum + u.laplacian([x, y]));
        }
        residual(g, u, [x, y, t])
    })
    .unwrap()
    .compile()
}

#[test]
fn merged_derivatives_are_the_separate_ones() {
    let residuals: [Residual; 7] = [
        |_, u, [x, _, t]| u.d(t) - u.d(x).d(x),
        |_, u, [x, _, t]| u.d(t).d(t) - 2.25 * u.d(x).d(x),
        |_, u, [x, y, t]| u.d(x) / 4.0 - (u.laplacian([x, y]) - 0.3 * u.d(t)) + u.square(),
        |_, u, [x, y, t]| u.d(t) + u * u.d(x) - 0.1 * u.d(x).d(x) + 2.0 * u.d(y).d(x) - u.d(x).d(y) - x,
        // The parts of second order cancel.
        |_, u, [x, _, t]| u.d(x).d(x) - u.d(x).d(x) + u.d(t) - 3.0,
        // Two functions in one sum.
        |_, u, [x, _, t]| u.d(t) - u.d(x).d(x) + u.sin().d(t) + 0.5 * u.sin().d(x).d(x),
        // A derivative of the sum.
        |_, u, [x, y, t]| {
            let flux = u.d(x) - 2.0 * u.d(y) + u;
            flux.d(t) + flux.d(x)
        },
    ];
    let mut stream = Seed(3).stream("points");
    let points: Vec<f64> = (0..30).map(|_| stream.uniform()).collect();
    for (k, residual) in residuals.into_iter().enumerate() {
        let run = |apart| {
            let program = program(residual, apart);
            let mut ws = program.workspace();
            ws.set("points", &points).unwrap();
            let theta = program.initial(Seed(1));
            program.residual_jacobian(&theta, &mut ws).unwrap()
        };
        let ((merged, jacobian), (separate, expected)) = (run(false), run(true));
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + b.abs()));
        assert!(close(&merged, &separate), "residual {k}: {merged:?} {separate:?}");
        assert!(close(jacobian.as_slice(), expected.as_slice()), "jacobian {k}");
    }
}

/// Both sines find the one cosine as their partner.
#[test]
fn three_functions_of_one_argument_share_an_evaluation() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("x"), 1);
        let a = g.scalar_parameter("a", 0.5) * x;
        (a.sin() + a.stop_gradient().sin() * a.cos()).sum()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[0.3, 2.0]).unwrap();
    let (value, gradient) = program.value_and_grad(&[0.7], &mut ws).unwrap();
    let (mut sum, mut slope) = (0.0, 0.0);
    for x in [0.3, 2.0] {
        let (sin, cos) = f64::sin_cos(0.7 * x);
        sum += sin + sin * cos;
        slope += x * (cos - sin * sin);
    }
    assert!((value - sum).abs() < 1e-14 && (gradient[0] - slope).abs() < 1e-14);
}

/// Formulas are simplified by reading through signs and repetitions; derivatives of slopes must not get lost there.
#[test]
fn what_is_negated_or_repeated_has_its_curvature() {
    type Build = for<'g> fn(Var<'g>) -> Var<'g>;
    let (s, c) = f64::sin_cos(0.4);
    let cases: [(Build, f64); 4] = [
        (|x| (-x.sin()).square(), 2.0 * (c * c - s * s)),
        (|x| (-x.sin()).cos(), s.sin() * s - s.cos() * c * c),
        (|x| (-x.sin()).recip(), -(1.0 + c * c) / (s * s * s)),
        // The angle of (cos x, sin x) is x, of (e^x, e^x sin x) the one of (1, sin x).
        (
            |x| {
                let wide = Var::concat(&[x, x]);
                let angle = (x.exp() * x.sin()).broadcast_as(wide).atan2(x.exp().broadcast_as(wide));
                (angle + x.sin().broadcast_as(wide).atan2(x.cos().broadcast_as(wide))).columns(0..1)
            },
            -s * (1.0 + s * s + 2.0 * c * c) / (1.0 + s * s).powi(2),
        ),
    ];
    for (k, (build, expected)) in cases.into_iter().enumerate() {
        let program = record(|g| {
            let x = g.coordinate("x", Rows::named("x"));
            g.output("twice", build(x).d(x).d(x));
            build(x).laplacian([x])
        })
        .unwrap()
        .compile::<f64>();
        let mut ws = program.workspace();
        ws.set("x", &[0.4]).unwrap();
        program.evaluate(&[], &mut ws).unwrap();
        for name in ["twice", "result"] {
            let have = ws.output(name).unwrap()[0];
            assert!((have - expected).abs() < 1e-12 * (1.0 + expected.abs()), "case {k}: {have} {expected}");
        }
    }
}
