//! Derivatives through a first layer. Gradients let the rows of its weights scale the next matrix (X ⊙ r) W = X (diag(r) W);
//! Jacobians do not: each is the other's oracle.

use eigennet::Seed;
use eigennet::autodiff::{Program, Rows, Var, record};
use eigennet::nn::Mlp;

use super::comparison::entries;

fn close(what: &str, a: &[f64], b: &[f64]) {
    let scale = b.iter().fold(1.0_f64, |scale, b| scale.max(b.abs()));
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * scale), "{what}: {a:?} {b:?}");
}

/// Residuals of second order of so many members.
fn compile(widths: &[usize], members: usize) -> Program<f64> {
    let recording = record(|g| {
        let [x, y] = g.coordinates("points", Rows::named("points"));
        let u = Mlp::new("net", widths).members(members).call(Var::concat(&[x, y]));
        u + u.d(x) - u.d(y).d(y) + u.laplacian([x, y]) * 0.3 - u.d(x).d(y)
    });
    recording.unwrap().compile()
}

#[test]
fn gradients_agree_with_jacobians() {
    for (widths, members) in
        [(&[2, 7, 5, 1][..], 1), (&[2, 5, 1], 1), (&[2, 6, 40, 1], 1), (&[2, 7, 5, 1], 3), (&[2, 4, 9, 2], 2)]
    {
        let program = compile(widths, members);
        let theta = program.initial(Seed(5));
        let mut ws = program.workspace();
        ws.set("points", &entries(2 * 33, 0.3)).unwrap();
        let result = program.recording().result();
        let residuals = program.evaluate(&theta, &mut ws).unwrap().value(result).unwrap().to_vec();
        let mut jacobian = vec![f64::NAN; residuals.len() * theta.len()];
        program.linearize(&theta, &mut ws).unwrap().jacobian(|_| None, &mut jacobian).unwrap();
        let column = |j: usize| jacobian.iter().skip(j).step_by(theta.len());
        let weights = entries(residuals.len(), 0.9);
        let expected: Vec<f64> =
            (0..theta.len()).map(|j| column(j).zip(&weights).map(|(entry, weight)| entry * weight).sum()).collect();
        let what = format!("{widths:?} {members}");
        let mut gradient = vec![f64::NAN; theta.len()];
        let mut pass = program.forward(&theta, &mut ws).unwrap();
        close(&what, pass.value(result).unwrap(), &residuals);
        for _ in 0..2 {
            pass.pull_back(&[(result, &weights)], &mut gradient).unwrap();
            close(&what, &gradient, &expected);
        }
        drop(pass);
        let direction = entries(theta.len(), 0.2);
        let along: Vec<f64> =
            jacobian.chunks(theta.len()).map(|row| row.iter().zip(&direction).map(|(a, b)| a * b).sum()).collect();
        close(&what, program.push_forward(&theta, &direction, &mut ws).unwrap().tangent(result).unwrap(), &along);
    }
}
