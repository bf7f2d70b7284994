use eigennet::diagnostics::{Curvature, Finding, OutputLoss, Samples, TangentKernel, tangent_kernel};
use eigennet::linalg::{Matrix, symmetric_eigenvalues};
use eigennet::optim::{Residuals, least_squares};
use eigennet::{Error, Seed};

use crate::{classifier, data, dense};

#[test]
fn the_kernel_has_the_eigenvalues_of_the_gauss_newton_matrix() {
    let (program, [_, logits]) = classifier::<f64>();
    let ([x, labels], at) = (data(7), program.initial(Seed(1)));
    let samples = Samples::new(7).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap().block(3).unwrap();
    let kernel = symmetric_eigenvalues(&tangent_kernel(&program, logits, &at, &samples).unwrap()).unwrap();
    let matrix = Curvature::gauss_newton(&program, logits, OutputLoss::Squares, &at, &samples).unwrap();
    let other = symmetric_eigenvalues(&dense(&matrix)).unwrap();
    let scale = kernel[kernel.len() - 1];
    let pairs = kernel.iter().rev().zip(other.iter().rev());
    assert!(pairs.clone().count() == 21 && pairs.clone().all(|(a, b)| (a - 7.0 * b).abs() < 1e-12 * scale));
}

/// r = A θ − b.
fn linear(a: Matrix<f64>, b: Vec<f64>) -> impl Residuals<f64> {
    let (m, p) = (a.rows(), a.cols());
    least_squares::from_fn(m, p, move |theta: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.copy_from_slice(&a.matvec(theta)?);
        r.iter_mut().zip(&b).for_each(|(r, b)| *r -= b);
        if let Some(jacobian) = jacobian {
            *jacobian = a.clone();
        }
        Ok(())
    })
}

#[test]
fn shares_predict_gradient_descent_on_a_linear_problem() {
    let mut random = Seed(2).into_stream();
    let a = Matrix::from_fn(12, 5, |_, j| random.normal::<f64>() * 0.3f64.powi(j as i32));
    let b: Vec<f64> = (0..12).map(|_| random.normal()).collect();
    let mut residuals = linear(a, b);
    let start = vec![0.5; 5];
    let kernel = TangentKernel::of(&mut residuals, &start).unwrap();
    let (mut theta, mut r, mut gradient) = (start, vec![0.0; 12], vec![0.0; 5]);
    for step in 0..200 {
        let loss = residuals.sum_of_squares(&theta, &mut r, &mut gradient).unwrap();
        assert!((loss / kernel.loss - kernel.left_after(f64::from(step))).abs() < 1e-10, "step {step}");
        // The gradient is 2 Jᵀ r.
        theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t -= 0.5 / kernel.values[0] * g);
    }
    let known: f64 = kernel.shares.iter().sum();
    assert!(known < 1.0 && (kernel.slow_share(0.0) - (1.0 - known)).abs() < 1e-14);
}

#[test]
fn residuals_along_weak_directions_are_told_and_hostile_ones_refused() {
    let weak = Matrix::from_diagonal(&[1.0, 1e-3]);
    let kernel = TangentKernel::of(&mut linear(weak.clone(), vec![0.1, 1.0]), &[0.0; 2]).unwrap();
    assert_eq!(kernel.verdicts()[0].finding, Finding::SlowDirections);
    assert!((kernel.slow_share(1e-4) - 1.0 / 1.01).abs() < 1e-12 && (kernel.condition() - 1e6).abs() < 1e-3);
    let strong = TangentKernel::of(&mut linear(weak.clone(), vec![1.0, 0.1]), &[0.0; 2]).unwrap();
    assert!(strong.verdicts().is_empty() && strong.to_string().contains("λ₁ 1.000e0"), "{strong}");
    let solved = TangentKernel::of(&mut linear(weak.clone(), vec![0.0; 2]), &[0.0; 2]).unwrap();
    assert_eq!((solved.slow_share(1e-4), solved.left_after(10.0)), (0.0, 0.0));
    let blind = TangentKernel::of(&mut linear(Matrix::zeros(2, 3), vec![1.0; 2]), &[0.0; 3]).unwrap();
    assert_eq!((blind.left_after(1e9), blind.slow_share(1e-4)), (1.0, 1.0));
    assert!(blind.condition().is_infinite());
    let refused =
        |mut residuals: Box<dyn Residuals<f64>>, theta: &[f64]| TangentKernel::of(&mut *residuals, theta).unwrap_err();
    assert!(matches!(refused(Box::new(linear(weak.clone(), vec![1.0; 2])), &[0.0]), Error::Shape { .. }));
    assert!(matches!(refused(Box::new(linear(weak, vec![f64::NAN; 2])), &[0.0; 2]), Error::NonFinite { .. }));
    assert!(matches!(refused(Box::new(linear(Matrix::zeros(0, 2), vec![])), &[0.0; 2]), Error::InvalidArgument { .. }));
    let (program, [_, logits]) = classifier::<f64>();
    let x = vec![0.0; 2 * 7000];
    let samples = Samples::new(7000).unwrap().input("x", &x).unwrap();
    let many = tangent_kernel(&program, logits, &program.initial(Seed(0)), &samples);
    assert!(matches!(many, Err(Error::InvalidArgument { .. })));
}
