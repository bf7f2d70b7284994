//! Long formulas: what recording, differentiating and planning take grows with their length, no faster.

use eigennet::autodiff::{Initializer, Rows, record};

/// Each of these would take hours if any phase were quadratic.
#[test]
fn a_chain_of_a_hundred_thousand_operations() {
    let n = 100_000;
    let program = record(|g| (0..n).fold(g.scalar_parameter("a", 0.5), |x, _| x.sin())).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    let (value, gradient) = program.value_and_grad(&[0.5], &mut ws).unwrap();
    let (x, slope) = (0..n).fold((0.5_f64, 1.0), |(x, slope), _| (x.sin(), slope * x.cos()));
    assert!(
        (value - x).abs() < 1e-12 * x && (gradient[0] - slope).abs() < 1e-9 * slope,
        "{value} {x} {gradient:?} {slope}"
    );
}

#[test]
fn second_derivatives_and_their_gradient_along_ten_thousand_layers() {
    let n = 10_000;
    let program = record(|g| {
        let t = g.coordinate("t", Rows::named("points"));
        let a = g.scalar_parameter("a", 0.5);
        (0..n).fold(t, |x, _| (0.5 * x + a * t).tanh()).d(t).d(t).mean()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("t", &[0.3]).unwrap();
    // The Taylor series of x(t), to second order, layer by layer.
    let curvature = |a: f64| {
        let start: [f64; 3] = [0.3, 1.0, 0.0];
        let last = (0..n).fold(start, |[x, x1, x2], _| {
            let [z, z1, z2] = [0.5 * x + a * 0.3, 0.5 * x1 + a, 0.5 * x2];
            let (y, slope) = (z.tanh(), 1.0 - z.tanh().powi(2));
            [y, slope * z1, slope * z2 - 2.0 * y * slope * z1 * z1]
        });
        last[2]
    };
    let (value, gradient) = program.value_and_grad(&[0.7], &mut ws).unwrap();
    let slope = (curvature(0.7 + 1e-5) - curvature(0.7 - 1e-5)) / 2e-5;
    assert!((value - curvature(0.7)).abs() < 1e-12, "{value} {}", curvature(0.7));
    assert!((gradient[0] - slope).abs() < 1e-8, "{gradient:?} {slope}");
}

/// Blocks are found by their names, each of which is looked up when it is recorded.
#[test]
fn a_hundred_thousand_names() {
    let n = 100_000;
    let recording = record(|g| (0..n).fold(g.constant(0.0), |sum, k| sum + g.scalar_parameter(&format!("w{k}"), 0.5)));
    let program = recording.unwrap().compile::<f64>();
    let layout = program.parameters();
    assert_eq!(layout.block("w777").unwrap().range(), 777..778);
    let start = program.initial(eigennet::Seed(0));
    assert_eq!(program.value(&start, &mut program.workspace()).unwrap(), 0.5 * n as f64);
}

/// A sum of more terms than can be fused at once, and more rows repeated along the batch than registers can be
/// numbered.
#[test]
fn a_sum_of_seventy_thousand_terms() {
    let n = 70_000;
    let program = record(|g| {
        let (x, a) = (g.input("x", Rows::named("points"), 2), g.parameter("a", [1, 2], Initializer::Constant(0.0)));
        let rows = (0..n).map(|k| (a + k as f64 / n as f64).sin());
        rows.fold(x, |sum, row| sum + row).mean()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[0.0; 6]).unwrap();
    let value = program.value(&[0.0, 0.0], &mut ws).unwrap();
    let sum: f64 = (0..n).map(|k| (k as f64 / n as f64).sin()).sum();
    assert!((value - sum).abs() < 1e-9 * sum, "{value} {sum}");
}
