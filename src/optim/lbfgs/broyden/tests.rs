use std::ops::ControlFlow::Continue;

use quickcheck::quickcheck;

use super::*;
use crate::linalg::{Matrix, symmetric_eigen};
use crate::optim::objective::{Objective, from_fn};
use crate::optim::{InverseHessian, Lbfgs, LbfgsState, Outcome};
use crate::{Result, Seed};

const FULL: Lbfgs = Lbfgs {
    refresh: 100,
    memory: 0,
    inverse_hessian: InverseHessian::Full,
    max_iterations: 2000,
    max_evaluations: usize::MAX,
    gradient_tolerance: 1e-11,
    value_tolerance: 0.0,
    step_tolerance: 0.0,
    decrease: 1e-4,
    curvature: 0.9,
    max_trials: 40,
    first_step: 1.0,
    noise: 16.0,
};

/// Σ (1 − xᵢ)² + 100 (xᵢ₊₁ − xᵢ²)².
fn chained_rosenbrock<T: Scalar>(x: &[T], g: &mut [T]) -> Result<T> {
    let of = T::of;
    g.fill(T::zero());
    let mut value = T::zero();
    for i in 0..x.len() - 1 {
        let (a, b) = (T::one() - x[i], x[i + 1] - x[i] * x[i]);
        g[i] = g[i] - of(2.0) * a - of(400.0) * x[i] * b;
        g[i + 1] += of(200.0) * b;
        value += a * a + of(100.0) * b * b;
    }
    Ok(value)
}

fn start<T: Scalar>(n: usize) -> Vec<T> {
    (0..n).map(|i| T::of((i as f64).sin())).collect()
}

fn minimized(settings: Lbfgs, x: &mut [f64]) -> Outcome {
    settings.minimize(&mut from_fn(x.len(), chained_rosenbrock::<f64>), x).unwrap()
}

/// H after the last step.
fn after(matrix: &Broyden<f64>, n: usize) -> Matrix<f64> {
    let mut h = matrix.clone();
    let change = h.pending.take().map(|update| update.with(&h.image, &h.step));
    h.matrix.change_and_multiply(change, &vec![0.0; n], &mut h.next).unwrap();
    let entries = h.matrix.entries().unwrap();
    Matrix::from_fn(n, n, |i, j| entries[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)])
}

/// Whatever the steps: H stays symmetric and positive definite, takes the last change of the gradient to the last step, and
/// the direction is −H ∇f.
#[test]
fn every_update_fulfils_the_secant_equation() {
    fn holds(seed: u64, size: u8) -> bool {
        let n = 2 + usize::from(size % 7);
        let mut stream = Seed(seed).into_stream();
        let mut normal = |_: usize| stream.normal::<f64>();
        let root = Matrix::from_fn(n, n, |_, _| normal(0));
        // ∇f = A x of a positive definite A, and steps that are no Newton steps.
        let a = root.t_matmul(&root).unwrap();
        let a = Matrix::from_fn(n, n, |i, j| a[(i, j)] + if i == j { 0.1 } else { 0.0 });
        let mut matrix = Broyden::new(n).unwrap();
        let mut x: Vec<f64> = (0..n).map(&mut normal).collect();
        let mut direction = vec![0.0; n];
        for step in [1.0, 0.3, 2.0, 0.01, 1.0] {
            let gradient = a.matvec(&x).unwrap();
            matrix.direction(&gradient, &mut direction);
            let new_x: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let new_gradient = a.matvec(&new_x).unwrap();
            matrix.push([&x, &new_x], [&gradient, &new_gradient], step).unwrap();
            let h = after(&matrix, n);
            let size = h.as_slice().iter().fold(0.0_f64, |m, e| m.max(e.abs()));
            let change: Vec<f64> = new_gradient.iter().zip(&gradient).map(|(b, a)| b - a).collect();
            let taken = h.matvec(&change).unwrap();
            let scale = size * dot(&change, &change).sqrt();
            let secant = (0..n).all(|i| (taken[i] - (new_x[i] - x[i])).abs() <= 1e-9 * scale);
            let symmetric = (0..n).all(|i| (0..n).all(|j| (h[(i, j)] - h[(j, i)]).abs() <= 1e-12 * size));
            let definite = symmetric_eigen(&h).unwrap().values[0] > -1e-13 * size;
            let product = h.matvec(&new_gradient).unwrap();
            let scale = size * dot(&new_gradient, &new_gradient).sqrt() + 1e-300;
            let agrees = (0..n).all(|i| (product[i] - matrix.product[i]).abs() <= 1e-9 * scale);
            if !(secant && symmetric && definite && agrees) {
                return false;
            }
            x = new_x;
        }
        true
    }
    quickcheck(holds as fn(u64, u8) -> bool);
}

/// b = h = 1 is an exact quadratic model, which no update changes; a model too soft or too steep is scaled.
#[test]
fn factors_of_known_models() {
    assert_eq!(factors(1.0, 1.0, 5), (1.0, 1.0));
    let (_, tau) = factors(4.0, 0.25, 5);
    assert_eq!(tau, 1.0);
    let (phi, tau) = factors(0.5, 4.0, 5);
    assert!(tau < 0.5 && phi.is_finite() && tau > 0.0, "{phi} {tau}");
}

#[test]
fn it_goes_on_where_the_limited_memory_crawls() {
    let mut x = start::<f64>(100);
    let outcome = minimized(FULL, &mut x);
    assert!(outcome.reason.is_converged(), "{outcome}");
    assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-9), "{x:?}");

    // Σ cᵢ (xᵢ − 1)² + (xᵢ − xᵢ₊₁)⁴ with c from 1 to 1e6: ten pairs do not tell so many scales apart.
    let stiff = |x: &[f64], g: &mut [f64]| {
        let mut value = 0.0;
        g.fill(0.0);
        for i in 0..x.len() {
            let c = 1e6_f64.powf(i as f64 / (x.len() - 1) as f64);
            value += c * (x[i] - 1.0).powi(2);
            g[i] += 2.0 * c * (x[i] - 1.0);
            if i + 1 < x.len() {
                let d = x[i] - x[i + 1];
                value += d.powi(4);
                g[i] += 4.0 * d.powi(3);
                g[i + 1] -= 4.0 * d.powi(3);
            }
        }
        Ok(value)
    };
    let evaluations = |settings: Lbfgs| {
        let mut x = vec![0.0; 60];
        let outcome = settings.minimize(&mut from_fn(60, stiff), &mut x).unwrap();
        assert!(outcome.reason.is_converged(), "{outcome}");
        outcome.evaluations
    };
    let gradient_tolerance = 1e-8;
    let full = evaluations(Lbfgs { gradient_tolerance, ..FULL });
    let limited = evaluations(Lbfgs { gradient_tolerance, max_iterations: 100_000, memory: 10, ..Lbfgs::default() });
    assert!(2 * full < limited, "{full} against {limited}");
}

#[test]
fn single_precision_has_it_too() {
    let mut x = start::<f32>(30);
    let outcome = FULL.minimize(&mut from_fn(30, chained_rosenbrock::<f32>), &mut x).unwrap();
    assert!(outcome.reason.is_converged() && x.iter().all(|x| (x - 1.0).abs() < 1e-3), "{x:?} {outcome}");
}

#[test]
fn saved_and_resumed_it_is_the_whole_run_bit_for_bit_on_any_number_of_threads() {
    // Beyond the size from which threads share the rows.
    let n = 300;
    let settings = Lbfgs { max_iterations: 40, ..FULL };
    let mut whole = start::<f64>(n);
    assert_eq!(minimized(settings, &mut whole).iterations, 40);
    let mut objective = from_fn(n, chained_rosenbrock::<f64>);
    let half = Lbfgs { max_iterations: 17, ..settings };
    let mut state = half.start(&mut objective, &start::<f64>(n)).unwrap();
    assert_eq!(half.resume(&mut objective, &mut state, |_| Continue(())).unwrap().iterations, 17);
    let mut file = Container::new();
    state.save(&mut file, "run").unwrap();
    let read = Container::from_bytes(&file.to_bytes()).unwrap();
    let mut state = LbfgsState::<f64>::load(&read, "run").unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let outcome = pool.install(|| settings.resume(&mut objective, &mut state, |_| Continue(()))).unwrap();
    assert_eq!(outcome.iterations, 40);
    assert_eq!(state.parameters(), whole);
    // Of the other kind it is refused, and so is a matrix of another size.
    let other = Lbfgs { inverse_hessian: InverseHessian::Limited, ..settings };
    assert!(other.resume(&mut objective, &mut state, |_| Continue(())).is_err());
    assert!(Broyden::<f64>::load(&read, "run/history", n + 1).is_err());
}

#[test]
fn what_does_not_fit_into_memory_is_refused() {
    let mut many = from_fn(1 << 20, |_: &[f64], _: &mut [f64]| Ok(0.0));
    let error = FULL.minimize(&mut many, &mut vec![0.0; 1 << 20]).unwrap_err();
    assert!(error.to_string().contains("Limited"), "{error}");
    let mut none = from_fn(0, |_: &[f64], _: &mut [f64]| Ok(3.0));
    assert_eq!(Objective::<f64>::parameter_count(&none), 0);
    assert!(FULL.minimize(&mut none, &mut []).unwrap().reason.is_converged());
}
