//! The gradient checker passes what is right and names what is wrong.

use eigennet::autodiff::{CheckOptions, Initializer, Program, Rows, Var, check_gradient, record};
use eigennet::{Error, Seed};

fn network(stopped: bool) -> Program<f64> {
    let recording = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let w = g.parameter("first.weight", [2, 6], Initializer::GlorotUniform { gain: 1.0 });
        let b = g.parameter("first.bias", [1, 6], Initializer::Uniform { low: -1.0, high: 1.0 });
        let v = g.parameter("second.weight", [6, 1], Initializer::GlorotUniform { gain: 1.0 });
        // The misuse: the bias is taken as a constant.
        let b = if stopped { b.stop_gradient() } else { b };
        let u = Var::concat(&[x, y]).affine(w, b).tanh().matmul(v);
        (u.laplacian([x, y]) + u * u.d(x)).square().mean()
    });
    recording.unwrap().compile()
}

fn points() -> Vec<f64> {
    super::comparison::entries(40, 0.3)
}

#[test]
fn right_gradients_pass() {
    let program = network(false);
    let theta = program.initial(Seed(1));
    let mut ws = program.workspace();
    ws.set("point", &points()).unwrap();
    let options = CheckOptions { hessian_vector: true, ..CheckOptions::default() };
    let report = check_gradient(&program, &theta, &mut ws, &options).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!(report.checked, 24);
    assert!(report.hessian_vector.is_some());
    assert!(report.to_string().contains("agrees with"));
    // A sample of the parameters, in f32.
    let single = program.with_scalar::<f32>();
    let mut ws = single.workspace();
    ws.set("point", &points().iter().map(|&v| v as f32).collect::<Vec<_>>()).unwrap();
    let options = CheckOptions { parameters: 5, ..options };
    let report = check_gradient(&single, &single.initial(Seed(1)), &mut ws, &options).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!(report.checked, 5);
}

#[test]
fn a_stopped_gradient_is_found_and_named() {
    let program = network(true);
    let theta = program.initial(Seed(1));
    let mut ws = program.workspace();
    ws.set("point", &points()).unwrap();
    let report = check_gradient(&program, &theta, &mut ws, &CheckOptions::default()).unwrap();
    assert!(!report.passed());
    let worst = report.gradient.clone().unwrap();
    assert_eq!(worst.block, "first.bias");
    assert_eq!(worst.computed, 0.0);
    assert!(worst.index < 6 && worst.difference.abs() > 1e-6 && worst.excess > 10.0);
    let text = report.to_string();
    assert!(text.contains("differs from") && text.contains(&format!("first.bias[{}]", worst.index)), "{text}");
}

#[test]
fn buffers_survive_and_bad_options_are_refused() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("points"), 1);
        let mean = g.buffer("mean", [1, 1], 0.5);
        let y = x * g.scalar_parameter("a", 1.0);
        g.update(mean, 0.9 * mean + 0.1 * y.mean_rows());
        (y - mean).square().mean()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 4.0]).unwrap().set_training(true);
    let options = CheckOptions { hessian_vector: true, ..CheckOptions::default() };
    let report = check_gradient(&program, &[0.7], &mut ws, &options).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!(ws.input("mean").unwrap(), [0.5]);
    for options in [
        CheckOptions { step: Some(0.0), ..CheckOptions::default() },
        CheckOptions { tolerance: Some(f64::NAN), ..CheckOptions::default() },
    ] {
        assert!(matches!(
            check_gradient(&program, &[0.7], &mut ws, &options).unwrap_err(),
            Error::InvalidArgument { .. }
        ));
    }
    assert!(check_gradient(&program, &[], &mut ws, &options).is_err());
    assert!(matches!(check_gradient(&program, &[f64::NAN], &mut ws, &options).unwrap_err(), Error::NonFinite { .. }));
}
