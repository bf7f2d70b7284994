//! Spectra of networks, against closed forms, dense matrices and laws.

mod activations;
mod collapse;
mod curvature;
mod density;
mod diagnosis;
mod recorder;
mod spectrum;
mod tangent_kernel;
mod weights;

use eigennet::Scalar;
use eigennet::Seed;
use eigennet::autodiff::{Output, Program, Rows, record};
use eigennet::linalg::{LinearOperator, Matrix};
use eigennet::nn::{Linear, Mlp};

/// A small classifier of three classes with everything that a diagnosis asks for: its mean cross-entropy, the losses of
/// the samples and the logits.
fn classifier<T: Scalar>() -> (Program<T>, [Output; 2]) {
    let recording = record(|g| {
        let (x, label) = (g.input("x", Rows::named("batch"), 2), g.input("label", Rows::named("batch"), 3));
        let features = Mlp::new("net", [2, 5, 4]).call(x).tanh();
        let logits = Linear::new("classifier", [4, 3]).call(features);
        let losses = -(label * logits.log_softmax()).row_sum();
        for (name, value) in [("features", features), ("logits", logits), ("losses", losses)] {
            g.output(name, value);
        }
        losses.mean()
    });
    let program = recording.unwrap().compile();
    let outputs = ["losses", "logits"].map(|name| program.output(name).unwrap());
    (program, outputs)
}

/// Points `[n, 2]` and their classes one-hot `[n, 3]`.
fn data<T: Scalar>(n: usize) -> [Vec<T>; 2] {
    let mut random = Seed(5).into_stream();
    let x = (0..2 * n).map(|_| random.normal()).collect();
    let labels = (0..3 * n).map(|k| T::of(f64::from(u8::from(k % 3 == (k / 3) % 3)))).collect();
    [x, labels]
}

/// An operator written out.
fn dense(operator: &dyn LinearOperator<f64>) -> Matrix<f64> {
    let n = operator.cols();
    let mut columns = Matrix::zeros(n, n);
    for j in 0..n {
        let unit: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == j))).collect();
        operator.apply(&unit, columns.row_mut(j)).unwrap();
    }
    columns
}

fn apart(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    a.sub(b).unwrap().max_abs() / b.max_abs()
}
