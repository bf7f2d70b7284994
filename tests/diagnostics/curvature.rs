use eigennet::autodiff::{Initializer, Rows, record};
use eigennet::diagnostics::{Curvature, OutputLoss, Samples, tangent_kernel};
use eigennet::eigen;
use eigennet::linalg::{Matrix, gram, symmetric_eigen};
use eigennet::{Error, Seed};

use crate::{apart, classifier, data, dense};

#[test]
fn hessian_over_blocks_is_that_of_all_samples_at_once_and_that_of_differences() {
    let (program, _) = classifier::<f64>();
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
    let (program, [losses, _]) = classifier::<f64>();
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
    // The Gram trick: the 17 × 17 matrix of products, made in blocks and centred, has the same eigenvalues.
    let products = tangent_kernel(&program, losses, &at, &samples).unwrap();
    let row_means: Vec<f64> = products.row_iter().map(|row| row.iter().sum::<f64>() / 17.0).collect();
    let mean = row_means.iter().sum::<f64>() / 17.0;
    let trick = Matrix::from_fn(17, 17, |i, j| (products[(i, j)] - row_means[i] - row_means[j] + mean) / 17.0);
    let mut few = symmetric_eigen(&trick).unwrap().values;
    let mut many = symmetric_eigen(&covariance).unwrap().values;
    few.reverse();
    many.reverse();
    assert!(few.iter().zip(&many).all(|(a, b)| (a - b).abs() < 1e-10 * few[0]));
}

#[test]
fn a_linear_model_has_its_closed_forms() {
    // Residuals rᵢ = xᵢᵀw − yᵢ, losses rᵢ²/2: Hessian XᵀX/n, gradients rᵢ xᵢ.
    let recording = record(|g| {
        let (x, y) = (g.input("x", Rows::named("batch"), 3), g.input("y", Rows::named("batch"), 1));
        let losses = 0.5 * (x.matmul(g.parameter("w", [3, 1], Initializer::Constant(0.0))) - y).square();
        g.output("losses", losses);
        losses.mean()
    });
    let program = recording.unwrap().compile::<f64>();
    let mut random = Seed(9).into_stream();
    let [x, y] = [30, 10].map(|count| (0..count).map(|_| random.normal()).collect::<Vec<f64>>());
    let samples = Samples::new(10).unwrap().input("x", &x).unwrap().input("y", &y).unwrap().block(4).unwrap();
    let w = [0.3, -1.0, 2.0];
    let inputs = Matrix::from_vec(10, 3, x.clone()).unwrap();
    let hessian = dense(&Curvature::hessian(&program, &w, &samples).unwrap());
    assert!(apart(&hessian, &gram(&inputs).unwrap().scale(0.1)) < 1e-14);
    let r: Vec<f64> = inputs.matvec(&w).unwrap().iter().zip(&y).map(|(u, y)| u - y).collect();
    let gradients = Matrix::from_fn(10, 3, |i, j| r[i] * inputs[(i, j)]);
    let mean: Vec<f64> = (0..3).map(|j| gradients.column(j).iter().sum::<f64>() / 10.0).collect();
    let centred = Matrix::from_fn(10, 3, |i, j| gradients[(i, j)] - mean[j]);
    let losses = program.output("losses").unwrap();
    let covariance = dense(&Curvature::gradient_covariance(&program, losses, &w, &samples).unwrap());
    assert!(apart(&covariance, &gram(&centred).unwrap().scale(0.1)) < 1e-13);
}

#[test]
fn the_same_bits_on_any_number_of_threads_and_processes() {
    let (program, _) = classifier::<f64>();
    let ([x, labels], at) = (data(300), program.initial(Seed(4)));
    let samples = Samples::new(300).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let product = || dense(&Curvature::hessian(&program, &at, &samples).unwrap());
    let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(product);
    assert_eq!(with(1), with(3));
    assert!(eigennet::par::run_threads(2, product).iter().all(|matrix| *matrix == with(1)), "two processes");
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
    let (program, [losses, logits]) = classifier::<f64>();
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
    let (other, _) = classifier::<f64>();
    assert!(Curvature::gradient_covariance(&other, losses, &at, &samples).is_err());
}
