//! Singular functions of operators that are not self-adjoint, against closed forms and the dense decomposition.

use std::f64::consts::PI;
use std::ops::ControlFlow;

use eigennet::container::Container;
use eigennet::eigenfunctions::{NeuralSvd, SampledOperator, SingularFunctions, TrialFunctions};
use eigennet::linalg::{Cholesky, LinearOperator, Matrix, Triangular, gram, singular_values, symmetric_eigen};
use eigennet::optim::{Objective, StepReport, TrainingState};
use eigennet::quadrature::Quadrature;
use eigennet::{Error, Seed};

/// `(T f)(y) = ∫₀^y f` on [0, 1], whose singular values are 1/((k + ½) π), by pairs on the triangle x < y and further
/// points for the inner products.
fn volterra(n: usize) -> SampledOperator<f64> {
    let rule = Quadrature::<f64>::gauss_legendre(n, 0.0..1.0).unwrap();
    let nodes = || rule.points().iter().zip(rule.weights());
    let (mut x, mut y, mut coupling) = (Vec::new(), Vec::new(), Vec::new());
    for (&height, &w) in nodes() {
        for (&share, &v) in nodes() {
            x.push(height * share);
            y.push(height);
            coupling.push(w * v * height);
        }
    }
    let mut weights = vec![0.0; coupling.len()];
    x.extend(rule.points());
    y.extend(rule.points());
    weights.extend(rule.weights());
    coupling.resize(weights.len(), 0.0);
    let side = |points: Vec<f64>| Quadrature::new(points, weights.clone(), 1).unwrap();
    SampledOperator::pairs(coupling, &side(x), &side(y)).unwrap()
}

/// A kernel whose singular values are ½ᵏ, between normal laws of different mean and deviation (Mehler, 1866).
fn mehler() -> SampledOperator<f64> {
    let law = |mean: f64, deviation: f64| {
        let rule = Quadrature::<f64>::gauss_legendre(60, -7.5..7.5).unwrap();
        rule.mapped(|z| (mean + deviation * z, (-0.5 * z * z).exp() / (2.0 * PI).sqrt())).unwrap()
    };
    let kernel = |y: &[f64], x: &[f64]| {
        let (y, x, rho) = ((y[0] - 2.0) / 1.5, x[0], 0.5_f64);
        let rest = 1.0 - rho * rho;
        ((2.0 * rho * x * y - rho * rho * (x * x + y * y)) / (2.0 * rest)).exp() / rest.sqrt()
    };
    SampledOperator::kernel(kernel, &law(0.0, 1.0), &law(2.0, 1.5)).unwrap()
}

fn points(n: usize, dimension: usize, seed: Seed) -> Quadrature<f64> {
    let mut random = seed.into_stream();
    let points = (0..n * dimension).map(|_| random.normal()).collect();
    let weights = (0..n).map(|_| random.uniform_in(0.1, 1.0)).collect();
    Quadrature::new(points, weights, dimension).unwrap()
}

fn worst(values: &[f64], exact: impl Iterator<Item = f64>) -> f64 {
    values.iter().zip(exact).map(|(value, exact)| (value / exact - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn adjoint_of_kernels_pairs_and_centred_operators() {
    let (inputs, outputs) = (points(13, 2, Seed(1)), points(9, 3, Seed(2)));
    let kernel = |y: &[f64], x: &[f64]| (y[0] * x[0] - y[2]).sin() + x[1];
    let plain = SampledOperator::kernel(kernel, &inputs, &outputs).unwrap();
    let pairs = SampledOperator::pairs((0..13).map(f64::from).collect(), &inputs, &points(13, 3, Seed(3))).unwrap();
    for operator in [plain.clone(), plain.clone().centred(), pairs.clone(), pairs.centred()] {
        let mut random = Seed(4).into_stream();
        let mut vector = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f64>>();
        let (x, y) = (vector(operator.cols()), vector(operator.rows()));
        let (mut image, mut back) = (vec![0.0; y.len()], vec![0.0; x.len()]);
        operator.apply(&x, &mut image).unwrap();
        operator.apply_transposed(&y, &mut back).unwrap();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (one, other) = (dot(&y, &image), dot(&back, &x));
        assert!((one - other).abs() < 1e-12 * one.abs().max(1.0), "{one} {other}");
    }
    // The entries themselves, and what centring takes away.
    let mut image = vec![0.0; 9];
    let root = |q: &Quadrature<f64>, i: usize| q.weights()[i].sqrt();
    let unit: Vec<f64> = (0..13).map(|j| f64::from(u8::from(j == 5))).collect();
    plain.apply(&unit, &mut image).unwrap();
    for (i, entry) in image.iter().enumerate() {
        let expected = root(&outputs, i) * kernel(outputs.point(i), inputs.point(5)) * root(&inputs, 5);
        assert!((entry - expected).abs() < 1e-14);
    }
    let constant: Vec<f64> = (0..13).map(|j| root(&inputs, j)).collect();
    plain.centred().apply(&constant, &mut image).unwrap();
    assert!(image.iter().all(|v| v.abs() < 1e-13));
}

#[test]
fn gradient_of_the_ritz_objective_is_that_of_its_value() {
    let hidden = |width| TrialFunctions { hidden: vec![width], ..NeuralSvd::default().right };
    let solver = NeuralSvd { states: 2, oversampling: 1, right: hidden(5), left: hidden(4), ..NeuralSvd::default() };
    let operator = mehler();
    let task = solver.task_of([&solver.right, &solver.left], &operator, Seed(3)).unwrap();
    let mut objective = solver.objective([&solver.right, &solver.left], &operator).unwrap();
    let (mut at, n) = (task.start(), objective.parameter_count());
    let (mut gradient, mut unused) = (vec![0.0; n], vec![0.0; n]);
    objective.value_and_gradient(&at, &mut gradient).unwrap();
    for k in (0..n).step_by(7) {
        let mut value = |shift: f64| {
            at[k] += shift;
            let value = objective.value_and_gradient(&at, &mut unused).unwrap();
            at[k] -= shift;
            value
        };
        let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
        assert!((slope - gradient[k]).abs() < 1e-6 * slope.abs().max(1.0), "{k}: {slope} {}", gradient[k]);
    }
}

#[test]
fn integration_has_its_singular_values_by_batches_and_by_the_ritz_step() {
    let operator = volterra(16).checked_on(volterra(23)).unwrap();
    let exact = || (0..).map(|k| 1.0 / ((f64::from(k) + 0.5) * PI));
    let nested = NeuralSvd { states: 2, oversampling: 1, ritz: None, batch: 512, ..NeuralSvd::default() };
    let solved = nested.solve(&operator, Seed(0)).unwrap();
    let off = worst(solved.singular.values(), exact());
    assert!(off < 1e-3, "NeuralSVD {off:.1e}");
    let ritz = NeuralSvd { states: 4, steps: 50, batch: 512, ..NeuralSvd::default() };
    let solved = ritz.solve(&operator, Seed(0)).unwrap();
    assert!(worst(solved.singular.values(), exact()) < 1e-6, "{:?}", solved.singular.values());
    assert!(worst(&solved.checked.as_ref().unwrap().levels, exact()) < 1e-5, "{:?}", solved.checked);
    // T f = σ g itself, which no pair can say: the functions are cos and sin of the same multiple.
    let [f, g] = [solved.singular.right(&[0.3, 0.7]).unwrap(), solved.singular.left(&[0.3, 0.7]).unwrap()];
    for k in 0..2 {
        let wave = (k as f64 + 0.5) * PI;
        let ratio = f[(0, k)] / (wave * 0.3).cos();
        // Where values are off by 1e-6 functions are by its root and more.
        assert!((ratio.abs() - 2.0_f64.sqrt()).abs() < 1e-2 && (f[(1, k)] / (wave * 0.7).cos() - ratio).abs() < 1e-2);
        assert!((g[(0, k)] / (wave * 0.3).sin() - ratio).abs() < 1e-2);
    }
}

#[test]
fn a_skew_kernel_has_its_singular_values_and_says_how_far_they_are_off() {
    for seed in 0..2 {
        let solved = NeuralSvd { states: 4, steps: 50, ..NeuralSvd::default() }.solve(&mehler(), Seed(seed)).unwrap();
        assert!(worst(solved.singular.values(), (0..).map(|k| 0.5_f64.powi(k))) < 1e-6);
        assert!(solved.doubt().is_none());
        let residuals = &solved.checked.unwrap().residuals;
        for (k, (value, residual)) in solved.singular.values().iter().zip(residuals).enumerate() {
            assert!((value - 0.5_f64.powi(k as i32)).abs() <= residual + 1e-9, "{k}: {value}, {residual:.1e}");
        }
    }
    // Functions of no training are far from singular functions, and that is said.
    let untrained = NeuralSvd { steps: 1, ritz: None, ..NeuralSvd::default() };
    assert!(untrained.solve(&mehler(), Seed(0)).unwrap().doubt().is_some());
}

#[test]
fn kernel_on_64_dimensional_data_agrees_with_the_dense_decomposition() {
    let data = |n: usize, phase: f64, seed: Seed| {
        let mut random = seed.into_stream();
        let mut points = Vec::new();
        for _ in 0..n {
            let (rate, shift) = (random.uniform_in(0.0, 2.0), random.uniform_in(-1.0, 1.0));
            points.extend((0..64).map(|j| {
                let noise: f64 = random.normal();
                0.3 * (0.1 * f64::from(j) * rate + shift + phase).sin() + 0.01 * noise
            }));
        }
        Quadrature::new(points, vec![1.0 / n as f64; n], 64).unwrap()
    };
    let (x, y) = (data(160, 0.0, Seed(7)), data(120, 0.5, Seed(8)));
    let kernel = |y: &[f64], x: &[f64]| (-0.25 * y.iter().zip(x).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp();
    let matrix = Matrix::from_fn(120, 160, |i, j| kernel(y.point(i), x.point(j)) / (120.0_f64 * 160.0).sqrt());
    let dense = singular_values(&matrix).unwrap();
    let operator = SampledOperator::kernel(kernel, &x, &y).unwrap();
    let solved = NeuralSvd { states: 3, steps: 50, ..NeuralSvd::default() }.solve(&operator, Seed(0)).unwrap();
    let off = worst(solved.singular.values(), dense.into_iter());
    assert!(off < 1e-4, "{off:.1e}");
    assert!(solved.doubt().is_none());
}

/// Functions that are linear in what they are given.
fn linear() -> NeuralSvd {
    let plain = TrialFunctions { hidden: vec![], ..NeuralSvd::default().right };
    NeuralSvd { right: plain.clone(), left: plain, steps: 20, ..NeuralSvd::default() }
}

#[test]
fn principal_components_are_those_of_the_covariance() {
    let raw = points(60, 4, Seed(5));
    let data = Matrix::from_fn(60, 4, |i, j| raw.point(i)[j] * (4.0 - j as f64) + 10.0 + raw.point(i)[0]);
    let means: Vec<f64> = (0..4).map(|j| data.column(j).iter().sum::<f64>() / 60.0).collect();
    let covariance = gram(&Matrix::from_fn(60, 4, |i, j| (data[(i, j)] - means[j]) / 60.0_f64.sqrt())).unwrap();
    let exact = symmetric_eigen(&covariance).unwrap().values;
    let solver = NeuralSvd { states: 3, oversampling: 2, ..linear() };
    let solved = solver.solve(&SampledOperator::pca(&data).unwrap(), Seed(0)).unwrap();
    assert!(worst(solved.singular.values(), exact.into_iter().rev()) < 1e-9, "{:?}", solved.singular.values());
}

#[test]
fn canonical_correlations_are_those_of_the_whitened_covariance_and_overfitting_is_told() {
    let mut random = Seed(6).into_stream();
    let x = Matrix::from_fn(400, 3, |_, _| random.normal::<f64>());
    let y = Matrix::from_fn(400, 2, |i, j| x[(i, j)] + 0.5 * x[(i, 2)] + random.normal::<f64>());
    let operator = SampledOperator::cca(&x, &y).unwrap();
    let solved = NeuralSvd { states: 2, oversampling: 2, ..linear() }.solve(&operator, Seed(0)).unwrap();
    let kept: Vec<usize> = (0..400).filter(|i| i % 4 != 3).collect();
    let centred = |m: &Matrix<f64>| {
        let mean: Vec<f64> =
            (0..m.cols()).map(|j| kept.iter().map(|&i| m[(i, j)]).sum::<f64>() / kept.len() as f64).collect();
        Matrix::from_fn(kept.len(), m.cols(), |i, j| m[(kept[i], j)] - mean[j])
    };
    let (x, y) = (centred(&x), centred(&y));
    let whiten = |m: &Matrix<f64>, cross: &Matrix<f64>| {
        Triangular::lower().solve(Cholesky::factor(&gram(m).unwrap()).unwrap().lower(), cross).unwrap()
    };
    let whitened = whiten(&x, &whiten(&y, &y.t_matmul(&x).unwrap()).transpose());
    let exact = singular_values(&whitened).unwrap();
    assert!(worst(solved.singular.values(), exact.into_iter()) < 1e-8, "{:?}", solved.singular.values());
    assert!(solved.doubt().is_none(), "{:?}", solved.checked);

    // Wide networks find correlations in noise; the pairs that were held out know nothing of them.
    let noise = |seed| Matrix::from_vec(60, 2, points(60, 2, seed).points().to_vec()).unwrap();
    let operator = SampledOperator::cca(&noise(Seed(8)), &noise(Seed(9))).unwrap();
    let solved = NeuralSvd { states: 1, oversampling: 1, steps: 50, ..NeuralSvd::default() };
    let solved = solved.solve(&operator, Seed(0)).unwrap();
    let doubt = solved.doubt().expect("overfitting is doubted");
    assert!(doubt.trained > 0.8 && doubt.checked < 0.6, "{doubt}");
}

#[test]
fn resumed_training_ends_in_the_same_bits_and_functions_can_be_saved() {
    let operator = mehler();
    let solver = NeuralSvd { states: 2, oversampling: 0, batch: 16, steps: 30, ..NeuralSvd::default() };
    let run = |stop: Option<u64>| {
        let task = || solver.task_of([&solver.right, &solver.left], &operator, Seed(1)).unwrap();
        let (mut task_now, mut optimizer) = (task(), solver.optimizer::<f64>().unwrap());
        let trainer = solver.trainer().unwrap();
        let mut state = trainer.start(&task_now.start()).unwrap();
        if let Some(stop) = stop {
            let mut until = |report: &StepReport<'_, f64>| match report.step == stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let _ = trainer.resume(&mut task_now, &mut optimizer, &mut state, &mut until).unwrap();
            let bytes = state.save(&optimizer, &task_now).unwrap().to_bytes();
            (task_now, optimizer) = (task(), solver.optimizer().unwrap());
            state =
                TrainingState::load(&Container::from_bytes(&bytes).unwrap(), &mut optimizer, &mut task_now).unwrap();
        }
        let _ = trainer.resume(&mut task_now, &mut optimizer, &mut state, &mut ()).unwrap();
        (task_now.singular_functions(state.trained()).unwrap(), state.parameters().to_vec())
    };
    let ((whole, parameters), (_, resumed)) = (run(None), run(Some(11)));
    assert_eq!(parameters, resumed);
    let singular = whole.ritz(&operator).unwrap();
    let bytes = singular.save().unwrap().to_bytes();
    let read = SingularFunctions::<f64>::load(&Container::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(read.values(), singular.values());
    assert_eq!(read.left(&[0.5]).unwrap(), singular.left(&[0.5]).unwrap());
}

#[test]
fn hostile_operators_are_refused_or_answered_in_full() {
    let rule = Quadrature::<f64>::gauss_legendre(12, 0.0..1.0).unwrap();
    let quick = NeuralSvd { states: 3, oversampling: 0, steps: 20, ..NeuralSvd::default() };
    let nan = SampledOperator::kernel(|y, x| (y[0] - x[0]).ln(), &rule, &rule).unwrap();
    assert!(matches!(quick.solve(&nan, Seed(0)), Err(Error::NonFinite { .. })));
    let zero = SampledOperator::kernel(|_, _| 0.0, &rule, &rule).unwrap();
    let solved = quick.solve(&zero, Seed(0)).unwrap();
    assert!(solved.singular.values().iter().all(|v| v.abs() < 1e-12), "{:?}", solved.singular.values());
    let unchecked = quick.solve(&volterra(3), Seed(0)).unwrap();
    assert!(unchecked.checked.is_none() && unchecked.doubt().is_none()); // pairs say nothing of themselves
    let product = SampledOperator::kernel(|y, x| y[0] * x[0], &rule, &rule).unwrap();
    let solved = quick.solve(&product, Seed(0)).unwrap();
    assert!((solved.singular.values()[0] - 1.0 / 3.0).abs() < 1e-6);
    assert!(solved.singular.values()[1..].iter().all(|v| v.abs() < 1e-6), "{:?}", solved.singular.values());
    let one = points(5, 1, Seed(0));
    assert!(SampledOperator::pairs(vec![1.0; 4], &one, &one).is_err());
    assert!(SampledOperator::pairs(vec![f64::NAN; 5], &one, &one).is_err());
    let negative = Quadrature::new(vec![0.0, 1.0], vec![1.0, -1.0], 1).unwrap();
    assert!(SampledOperator::kernel(|_, _| 1.0, &negative, &one).is_err());
    assert!(product.clone().checked_on(volterra(3)).is_ok());
    assert!(NeuralSvd { states: 0, ..quick.clone() }.solve(&product, Seed(0)).is_err());
    assert!(NeuralSvd { batch: 0, ..quick.clone() }.solve(&product, Seed(0)).is_err());
    assert!(NeuralSvd { states: usize::MAX, oversampling: usize::MAX, ..quick }.solve(&product, Seed(0)).is_err());
}

#[test]
fn principal_components_do_not_depend_on_where_the_data_lie() {
    let raw = points(40, 3, Seed(8));
    // So that a shift is exact.
    let data = |shift: f64| Matrix::from_fn(40, 3, |i, j| (raw.point(i)[j] * 1024.0).round() / 1024.0 + shift);
    let x: Vec<f64> = (0..40).map(|i| f64::from(i).sin()).collect();
    let image = |shift: f64| {
        let mut image = vec![0.0; 40];
        SampledOperator::pca(&data(shift)).unwrap().apply(&x, &mut image).unwrap();
        image
    };
    let right = image(0.0);
    for shift in [1.0, 1024.0, 2f64.powi(20), 2f64.powi(33)] {
        let worst = image(shift).iter().zip(&right).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-11, "{shift}: {worst:e}");
    }
}
