//! Matrices of derivatives as linear operators, against the matrices themselves.

use eigennet::Seed;
use eigennet::autodiff::{Graph, Program, Rows, Var, Workspace, record};
use eigennet::linalg::{LinearOperator, Matrix, Symmetry};
use eigennet::nn::Mlp;

fn residual(g: &Graph) -> Var<'_> {
    let x = g.coordinate("x", Rows::named("points"));
    let u = Mlp::new("net", [1, 5, 2]).call(x);
    g.output("mean", u.mean_rows());
    u.d(x).d(x) + u
}

fn ready<T: eigennet::Scalar>(program: &Program<T>) -> (Vec<T>, Workspace<T>) {
    let mut ws = program.workspace();
    ws.set("x", &[-0.4, 0.1, 0.9].map(T::of)).unwrap();
    (program.initial(Seed(4)), ws)
}

fn column(operator: &dyn LinearOperator<f64>, k: usize, transposed: bool) -> Vec<f64> {
    let (mut from, mut to) = (operator.cols(), operator.rows());
    if transposed {
        (from, to) = (to, from);
    }
    let unit: Vec<f64> = (0..from).map(|i| f64::from(i == k)).collect();
    let mut out = vec![f64::NAN; to];
    if transposed { operator.apply_transposed(&unit, &mut out) } else { operator.apply(&unit, &mut out) }.unwrap();
    out
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * (1.0 + b.abs())), "{a:?} {b:?}");
}

#[test]
fn jacobians_and_gauss_newton_matrices() {
    let program = record(residual).unwrap().compile::<f64>();
    let (theta, mut ws) = ready(&program);
    let jacobian = program.jacobian(&theta, &ws).unwrap();
    let normal = program.gauss_newton(&theta, &ws).unwrap();
    let mut dense = Matrix::zeros(8, theta.len());
    program.linearize(&theta, &mut ws).unwrap().jacobian(|_| None, dense.as_mut_slice()).unwrap();
    let product = dense.transpose().matmul(&dense).unwrap();
    assert_eq!((jacobian.rows(), jacobian.cols(), jacobian.symmetry()), (8, theta.len(), Symmetry::General));
    assert_eq!((normal.rows(), normal.symmetry()), (theta.len(), Symmetry::Symmetric));
    for k in 0..theta.len() {
        close(&column(&jacobian, k, false), &dense.column(k));
        close(&column(&normal, k, false), &product.column(k));
        close(&column(&normal, k, true), &product.column(k));
    }
    for k in 0..8 {
        close(&column(&jacobian, k, true), dense.row(k));
    }
    // Hostile lengths, and parameters that do not fit.
    assert!(jacobian.apply(&[0.0; 3], &mut [0.0; 8]).is_err());
    assert!(jacobian.apply_transposed(&[0.0; 7], &mut vec![0.0; theta.len()]).is_err());
    assert!(program.jacobian(&theta[1..], &ws).is_err());
    assert!(program.hessian(&theta, &ws).is_err(), "residuals have no Hessian");
    assert!(program.jacobian(&theta, &program.workspace()).is_err(), "nothing is bound");
}

#[test]
fn products_run_side_by_side() {
    let program = record(|g| residual(g).square().mean()).unwrap().compile::<f64>();
    let (theta, ws) = ready(&program);
    let hessian = program.hessian(&theta, &ws).unwrap();
    let alone: Vec<Vec<f64>> = (0..theta.len()).map(|k| column(&hessian, k, false)).collect();
    let together = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..theta.len()).map(|k| column(&hessian, k, false)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(together.iter().all(|columns| *columns == alone));
    let symmetric = (0..theta.len()).all(|i| (0..i).all(|j| (alone[i][j] - alone[j][i]).abs() < 1e-12));
    assert!(symmetric);
}
