use std::sync::Arc;

use super::*;
use crate::Seed;
use crate::eigenfunctions::{Schrodinger, TrialFunctions};
use crate::linalg::gram;

const FEATURES: usize = 5;

/// So many points that a shard has several blocks, the last of them shorter.
fn rule() -> Quadrature<f64> {
    let rule = Quadrature::rectangle(&[-4.0..4.0, -4.0..4.1], &[79, 79]).unwrap();
    assert!(rule.len() > 16 * BLOCK && !rule.len().is_multiple_of(16));
    rule
}

fn sweep() -> (Sweep<f64>, Vec<f64>) {
    let trial = TrialFunctions { hidden: vec![6], ..TrialFunctions::default() };
    let family = Arc::new(Family::record(&Schrodinger::hydrogen(), &trial, FEATURES).unwrap());
    let (parameters, buffers) = (family.weak.initial(Seed(3)), family.weak.workspace().buffers());
    (Sweep::new(family, &buffers).unwrap(), parameters)
}

fn inner(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| x * y).sum()
}

/// M is √W f times its transpose, f evaluated at all points at once.
#[test]
fn the_mass_matrix_is_that_of_all_points() {
    let ((mut sweep, parameters), rule) = (sweep(), rule());
    let [_, m] = sweep.forms(&parameters, &rule).unwrap();
    let mut ws = sweep.family.values.workspace();
    ws.set(POINTS, rule.points()).unwrap();
    let values = sweep.family.values.evaluate(&parameters, &mut ws).unwrap();
    let f = values.value(sweep.family.f).unwrap();
    let weighted = Matrix::from_fn(rule.len(), FEATURES, |i, j| rule.weights()[i].sqrt() * f[i * FEATURES + j]);
    let whole = gram(&weighted).unwrap();
    let error = m.as_slice().iter().zip(whole.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(error < 1e-13 * inner(&whole, &whole).sqrt(), "{error:e}");
}

/// tr(S A) − tr(S′ M) changes along a direction as the gradient says, also the second time, with shards already used.
#[test]
fn the_gradient_is_that_of_the_matrices() {
    let ((mut sweep, parameters), rule) = (sweep(), rule());
    let symmetric =
        |k: f64| Matrix::from_fn(FEATURES, FEATURES, |i, j| (k * (1 + i * j) as f64).sin() + (i + j) as f64);
    let slopes = [symmetric(0.3), symmetric(0.7)];
    let mut stream = Seed(5).into_stream();
    let direction: Vec<f64> = parameters.iter().map(|_| stream.normal()).collect();
    let mut gradient = vec![f64::NAN; parameters.len()];
    for _ in 0..2 {
        let mut value = |step: f64| {
            let moved: Vec<f64> = parameters.iter().zip(&direction).map(|(p, d)| p + step * d).collect();
            let [a, m] = sweep.forms(&moved, &rule).unwrap();
            inner(&slopes[0], &a) - inner(&slopes[1], &m)
        };
        let step = 1e-4;
        let [far, near] = [2.0 * step, step].map(|h| (value(h) - value(-h)) / (2.0 * h));
        let difference = (4.0 * near - far) / 3.0;
        sweep.gradient(&parameters, &rule, &slopes, &mut gradient).unwrap();
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        assert!((slope / difference - 1.0).abs() < 1e-8, "{slope} {difference}");
    }
}
