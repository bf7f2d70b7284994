use super::*;
use crate::container::Container;
use crate::optim::objective::from_fn;

type Values<'a> = (&'a [f64], &'a mut [f64]);

/// The extended Rosenbrock function in any even number of dimensions.
fn rosenbrock((x, g): Values<'_>) -> f64 {
    let mut value = 0.0;
    for (x, g) in x.chunks_exact(2).zip(g.chunks_exact_mut(2)) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        g[0] = -2.0 * a - 400.0 * x[0] * b;
        g[1] = 200.0 * b;
        value += a * a + 100.0 * b * b;
    }
    value
}

/// The chained one, whose dimensions are all coupled.
fn chained_rosenbrock((x, g): Values<'_>) -> f64 {
    g.fill(0.0);
    let mut value = 0.0;
    for i in 0..x.len() - 1 {
        let (a, b) = (1.0 - x[i], x[i + 1] - x[i] * x[i]);
        g[i] += -2.0 * a - 400.0 * x[i] * b;
        g[i + 1] += 200.0 * b;
        value += a * a + 100.0 * b * b;
    }
    value
}

fn beale((x, g): Values<'_>) -> f64 {
    let (x, y) = (x[0], x[1]);
    let mut value = 0.0;
    g.fill(0.0);
    for (power, constant) in [(1, 1.5), (2, 2.25), (3, 2.625)] {
        let residual = constant - x + x * y.powi(power);
        value += residual * residual;
        g[0] += 2.0 * residual * (y.powi(power) - 1.0);
        g[1] += 2.0 * residual * x * f64::from(power) * y.powi(power - 1);
    }
    value
}

/// xᵀAx / xᵀx with A = diag(1 … n): the smallest eigenvalue is 1, and the value stays near it while
/// the gradient goes to zero.
fn rayleigh((x, g): Values<'_>) -> f64 {
    let squares: f64 = x.iter().map(|x| x * x).sum();
    let value = x.iter().zip(1..).map(|(x, i)| f64::from(i) * x * x).sum::<f64>() / squares;
    for ((g, x), i) in g.iter_mut().zip(x).zip(1..) {
        *g = 2.0 * (f64::from(i) - value) * x / squares;
    }
    value
}

fn minimize(f: impl Fn(Values<'_>) -> f64, x: &mut [f64], lbfgs: Lbfgs) -> Outcome<f64> {
    lbfgs.minimize(&mut from_fn(x.len(), |x: &[f64], g: &mut [f64]| Ok(f((x, g)))), x).unwrap()
}

fn distance(x: &[f64], target: impl Fn(usize) -> f64) -> f64 {
    x.iter().enumerate().map(|(i, x)| (x - target(i)).abs()).fold(0.0, f64::max)
}

#[test]
fn rosenbrock_in_2_and_100_dimensions() {
    for n in [2, 100] {
        let mut x: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
        let outcome = minimize(rosenbrock, &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged() && outcome.evaluations < 80, "{outcome}");
        assert!(distance(&x, |_| 1.0) < 1e-11, "{outcome}");

        let mut x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let outcome = minimize(chained_rosenbrock, &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged() && outcome.evaluations < 700, "{outcome}");
    }
}

#[test]
fn beale_and_other_starts_that_are_not_convex() {
    for start in [[1.0, 1.0], [0.0, 0.0], [4.0, 0.9], [0.5, -1.5]] {
        let mut x = start;
        let outcome = minimize(beale, &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged(), "{start:?}: {outcome}");
        assert!(outcome.value < 1e-20 && (x[0] - 3.0).abs() < 1e-8 && (x[1] - 0.5).abs() < 1e-8, "{x:?} {outcome}");
    }
    // A double well from beside its hump, where the curvature is negative.
    let mut x = [1e-3];
    let well = |(x, g): Values<'_>| {
        g[0] = 4.0 * x[0] * (x[0] * x[0] - 1.0);
        (x[0] * x[0] - 1.0).powi(2)
    };
    let outcome = minimize(well, &mut x, Lbfgs::default());
    assert!(outcome.reason.is_converged() && (x[0].abs() - 1.0).abs() < 1e-9, "{x:?} {outcome}");
}

#[test]
fn ill_conditioned_quadratics() {
    // Curvatures from 1 to 1e8, with the minimum off the origin.
    for n in [2, 10, 20] {
        let weight = |i: usize| 1e8_f64.powf(i as f64 / (n - 1) as f64);
        let quadratic = |(x, g): Values<'_>| {
            let mut value = 0.0;
            for i in 0..x.len() {
                g[i] = weight(i) * (x[i] - 1.0);
                value += 0.5 * weight(i) * (x[i] - 1.0) * (x[i] - 1.0);
            }
            value
        };
        let mut x = vec![0.0; n];
        let lbfgs = Lbfgs { max_iterations: 3000, gradient_tolerance: 1e-9, ..Lbfgs::default() };
        let outcome = minimize(quadratic, &mut x, lbfgs);
        assert!(outcome.reason.is_converged(), "{n}: {outcome}");
        assert!(distance(&x, |_| 1.0) < 1e-8, "{n}: {outcome}");
    }
}

/// The point of the approximate Wolfe conditions: the value is 1 up to rounding long before the
/// gradient is small, and the gradient goes on shrinking.
#[test]
fn the_gradient_shrinks_below_the_rounding_of_the_value() {
    let mut x = [1.0; 50];
    let outcome = minimize(rayleigh, &mut x, Lbfgs { gradient_tolerance: 1e-13, ..Lbfgs::default() });
    assert_eq!(outcome.reason, StopReason::GradientTolerance, "{outcome}");
    assert!((outcome.value - 1.0).abs() < 1e-15, "{outcome}");
    assert!(outcome.evaluations < 300, "{outcome}");
}
