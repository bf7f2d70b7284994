use eigennet::autodiff::{Initializer, Output, Program, Rows, record};
use eigennet::diagnostics::{Curvature, OutputLoss, Samples};
use eigennet::eigen;
use eigennet::linalg::{LinearOperator, Matrix, gram, symmetric_eigen};
use eigennet::nn::Mlp;
use eigennet::{Error, Seed};

/// A small classifier of three classes: its mean cross-entropy, the losses of the samples and the logits.
fn classifier() -> (Program<f64>, [Output; 2]) {
    let recording = record(|g| {
        let (x, label) = (g.input("x", Rows::named("batch"), 2), g.input("label", Rows::named("batch"), 3));
        let logits = Mlp::new("net", [2, 5, 3]).call(x);
        g.output("logits", logits);
        let losses = -(label * logits.log_softmax()).row_sum();
        g.output("losses", losses);
        losses.mean()
    });
    let program = recording.unwrap().compile();
    let outputs = ["losses", "logits"].map(|name| program.output(name).unwrap());
    (program, outputs)
}

fn data(n: usize) -> [Vec<f64>; 2] {
    let mut random = Seed(5).into_stream();
    let x = (0..2 * n).map(|_| random.normal()).collect();
    let labels = (0..3 * n).map(|k| f64::from(u8::from(k % 3 == (k / 3) % 3))).collect();
    [x, labels]
}

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

#[test]
fn hessian_over_blocks_is_that_of_all_samples_at_once_and_that_of_differences() {
    let (program, _) = classifier();
    let ([x, labels], at) = (data(23), program.initial(Seed(1)));
    let samples = || Samples::new(23).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let (blocks, whole) = (samples().block(7).unwrap(), samples());
    let [a, b] = [&blocks, &whole].map(|samples| dense(&Curvature::hessian(&program, &at, samples).unwrap()));
    assert!(apart(&a, &b) < 1e-13);
    let mut ws = program.workspace();
    ws.set("x", &x).unwrap().set("label", &labels).unwrap();
    let mut slope = |k: usize, shift: f64| {
        let mut moved = at.clone();
        moved[k] += shift;
        program.value_and_grad(&moved, &mut ws).unwrap().1
    };
    for k in [0, 11, 20, 30] {
        let (up, down) = (slope(k, 1e-5), slope(k, -1e-5));
        let column: Vec<f64> = up.iter().zip(&down).map(|(u, d)| (u - d) / 2e-5).collect();
        assert!(column.iter().enumerate().all(|(i, v)| (v - a[(k, i)]).abs() < 1e-8));
    }
    // Both ends by Lanczos' method.
    let exact = symmetric_eigen(&a).unwrap().values;
    let hessian = Curvature::hessian(&program, &at, &blocks).unwrap();
    let scale = exact[exact.len() - 1];
    let top = eigen::largest(&hessian, 3).solve_symmetric().unwrap().values;
    let bottom = eigen::smallest(&hessian, 1).solve_symmetric().unwrap().values;
    assert!(top.iter().zip(exact.iter().rev()).all(|(v, e)| (v - e).abs() < 1e-8 * scale));
    assert!((bottom[0] - exact[0]).abs() < 1e-8 * scale);
}

#[test]
fn covariance_of_gradients_directly_and_by_their_products() {
    let (program, [losses, _]) = classifier();
    let ([x, labels], at) = (data(17), program.initial(Seed(2)));
    let samples = Samples::new(17).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let samples = samples.block(5).unwrap();
    let covariance = dense(&Curvature::gradient_covariance(&program, losses, &at, &samples).unwrap());
    let mut gradients = Matrix::zeros(17, at.len());
    let mut ws = program.workspace();
    for i in 0..17 {
        ws.set("x", &x[2 * i..2 * i + 2]).unwrap().set("label", &labels[3 * i..3 * i + 3]).unwrap();
        program.gradient(&at, &mut ws, gradients.row_mut(i)).unwrap();
    }
    let means: Vec<f64> = (0..at.len()).map(|j| gradients.column(j).iter().sum::<f64>() / 17.0).collect();
    let centred = Matrix::from_fn(17, at.len(), |i, j| (gradients[(i, j)] - means[j]) / 17.0_f64.sqrt());
    assert!(apart(&covariance, &gram(&centred).unwrap()) < 1e-12);
    // The Gram trick: the 17 × 17 matrix of products has the same eigenvalues.
    let mut few = symmetric_eigen(&centred.matmul_t(&centred).unwrap()).unwrap().values;
    let mut many = symmetric_eigen(&covariance).unwrap().values;
    few.reverse();
    many.reverse();
    assert!(few.iter().zip(&many).all(|(a, b)| (a - b).abs() < 1e-10 * few[0]));
}

#[test]
fn gauss_newton_is_the_hessian_of_a_model_that_is_linear() {
    let recording = record(|g| {
        let (x, label) = (g.input("x", Rows::named("batch"), 2), g.input("label", Rows::named("batch"), 3));
        let logits = x.matmul(g.parameter("w", [2, 3], Initializer::GlorotUniform { gain: 1.0 }));
        g.output("logits", logits);
        let residuals = logits - label;
        g.output("squares", (0.5 * residuals.square()).row_sum().mean());
        (-(label * logits.log_softmax())).row_sum().mean()
    });
    let program = recording.unwrap().compile::<f64>();
    let logits = program.output("logits").unwrap();
    let ([x, labels], at) = (data(19), program.initial(Seed(3)));
    let samples = Samples::new(19).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let samples = samples.block(6).unwrap();
    let gauss_newton = |loss| dense(&Curvature::gauss_newton(&program, logits, loss, &at, &samples).unwrap());
    let hessian = dense(&Curvature::hessian(&program, &at, &samples).unwrap());
    assert!(apart(&gauss_newton(OutputLoss::CrossEntropy), &hessian) < 1e-12);
    // Of squares it is XᵀX/n for each output.
    let inputs = gram(&Matrix::from_vec(19, 2, x.clone()).unwrap()).unwrap().scale(1.0 / 19.0);
    let blocks = Matrix::from_fn(6, 6, |i, j| if i % 3 == j % 3 { inputs[(i / 3, j / 3)] } else { 0.0 });
    assert!(apart(&gauss_newton(OutputLoss::Squares), &blocks) < 1e-12);
}

#[test]
fn hostile_samples_and_parameters_are_refused() {
    let (program, [losses, logits]) = classifier();
    let ([x, labels], at) = (data(6), program.initial(Seed(1)));
    assert!(matches!(Samples::<f64>::new(0), Err(Error::InvalidArgument { .. })));
    assert!(matches!(Samples::new(6).unwrap().input("x", &x[1..]), Err(Error::Shape { .. })));
    assert!(matches!(Samples::new(1).unwrap().input("x", &[f64::NAN]), Err(Error::NonFinite { .. })));
    assert!(matches!(Samples::<f64>::new(6).unwrap().block(0), Err(Error::InvalidArgument { .. })));
    let samples = Samples::new(6).unwrap().input("x", &x).unwrap();
    assert!(Curvature::hessian(&program, &at, &samples).is_err()); // labels are missing
    let samples = samples.input("label", &labels).unwrap();
    assert!(matches!(Curvature::hessian(&program, &at[1..], &samples), Err(Error::Shape { .. })));
    let infinite = vec![f64::INFINITY; at.len()];
    assert!(matches!(Curvature::hessian(&program, &infinite, &samples), Err(Error::NonFinite { .. })));
    assert!(Curvature::gradient_covariance(&program, logits, &at, &samples).is_err()); // three a sample
    let (other, _) = classifier();
    assert!(Curvature::gradient_covariance(&other, losses, &at, &samples).is_err());
}
