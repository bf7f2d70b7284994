mod mass;

use super::collocation::{ALPHA, BACKWARD, BETA, FORWARD, GAMMA, NODES};
use super::*;
use crate::Error;
use crate::differential::runge_kutta::DormandPrince;
use crate::linalg::Lu;

fn matrix(rows: [[f64; 3]; 3]) -> Matrix<f64> {
    Matrix::from_fn(3, 3, |i, j| rows[i][j])
}

#[test]
fn the_constants_are_those_of_the_method() {
    // A from its definition: Σⱼ a_ij cⱼ^(k−1) = cᵢ^k/k, k = 1…3.
    let powers = Matrix::from_fn(3, 3, |j, k| NODES[j].powi(k as i32));
    let moments = Matrix::from_fn(3, 3, |i, k| NODES[i].powi(k as i32 + 1) / (k + 1) as f64);
    let a = moments.matmul(&Lu::factor(&powers).unwrap().inverse().unwrap()).unwrap();
    let blocks = matrix([[GAMMA, 0.0, 0.0], [0.0, ALPHA, -BETA], [0.0, BETA, ALPHA]]);
    let (forward, backward) = (matrix(FORWARD), matrix(BACKWARD));
    let identity = forward.matmul(&backward).unwrap().sub(&Matrix::identity(3)).unwrap();
    assert!(identity.max_abs() < 1e-14, "{:e}", identity.max_abs());
    let off = a.matmul(&forward).unwrap().matmul(&blocks).unwrap().sub(&forward).unwrap();
    assert!(off.max_abs() < 1e-14, "{:e}", off.max_abs());
}

fn van_der_pol(mu: f64) -> impl Fn(f64, &[f64], &mut [f64]) {
    move |_, y, dydt| {
        dydt[0] = y[1];
        dydt[1] = mu * (1.0 - y[0] * y[0]) * y[1] - y[0];
    }
}

#[test]
fn van_der_pol_agrees_with_the_explicit_method() {
    let explicit = DormandPrince { rtol: 1e-11, atol: 1e-13, ..DormandPrince::default() };
    let implicit = Radau { rtol: 1e-9, atol: 1e-11, ..Radau::default() };
    for (mu, end) in [(1.0, 10.0), (10.0, 25.0), (50.0, 90.0)] {
        let reference = explicit.integrate(van_der_pol(mu), 0.0..end, &[2.0, 0.0]).unwrap();
        let found = implicit.integrate(van_der_pol(mu), 0.0..end, &[2.0, 0.0]).unwrap();
        for i in 0..=200 {
            let t = end * f64::from(i) / 200.0;
            let (a, b) = (found.at(t).unwrap()[0], reference.at(t).unwrap()[0]);
            assert!((a - b).abs() < 2e-6, "μ = {mu}, t = {t}: {a} {b}");
        }
    }
}

#[test]
fn stiff_van_der_pol_keeps_its_period() {
    // Of a relaxation oscillation, by asymptotic expansion (Dorodnitsyn, 1947).
    let mu = 1000.0_f64;
    let period = (3.0 - 2.0 * 2f64.ln()) * mu + 7.01432 / mu.cbrt() - 2.0 / 3.0 * mu.ln() / mu - 1.3233 / mu;
    let solver = Radau { rtol: 1e-8, atol: 1e-8, ..Radau::default() };
    let y = solver.integrate(van_der_pol(mu), 0.0..4000.0, &[2.0, 0.0]).unwrap();
    let zeros: Vec<f64> = (1..y.times().len())
        .filter(|&i| y.state(i - 1)[0] > 0.0 && y.state(i)[0] <= 0.0)
        .map(|i| y.times()[i])
        .collect();
    assert!(zeros.len() >= 2 && (zeros[1] - zeros[0] - period).abs() < 2e-3, "{zeros:?} {period}");
    assert!(y.accepted() < 6000, "{}", y.accepted());
}

#[test]
fn robertson() {
    // Reference of Hairer and Wanner's test set at t = 40.
    let solver = Radau { rtol: 1e-9, atol: 1e-13, ..Radau::default() };
    let rates = |_: f64, y: &[f64], dydt: &mut [f64]| {
        let [slow, fast, medium] = [0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]];
        dydt[0] = -slow + medium;
        dydt[1] = slow - medium - fast;
        dydt[2] = fast;
    };
    let jacobian = |_: f64, y: &[f64], j: &mut Matrix<f64>| {
        let rows =
            [[-0.04, 1e4 * y[2], 1e4 * y[1]], [0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1]], [0.0, 6e7 * y[1], 0.0]];
        (0..9).for_each(|k| j[(k / 3, k % 3)] = rows[k / 3][k % 3]);
    };
    let exact = [0.715_827_068_718_509, 9.185_534_764_557_4e-6, 0.284_163_745_746_72];
    let by_differences = solver.integrate(rates, 0.0..40.0, &[1.0, 0.0, 0.0]).unwrap();
    let given = solver.with_jacobian(jacobian).integrate(rates, 0.0..40.0, &[1.0, 0.0, 0.0]).unwrap();
    for y in [by_differences, given] {
        for (found, exact) in y.end().iter().zip(exact) {
            assert!((found / exact - 1.0).abs() < 1e-7, "{found} {exact}");
        }
        assert!((y.end().iter().sum::<f64>() - 1.0).abs() < 1e-12); // nothing is lost
    }
}

#[test]
fn work_grows_slowly_with_the_accuracy() {
    let steps = |rtol: f64| {
        let solver = Radau { rtol, atol: rtol, ..Radau::default() };
        let y = solver.integrate(van_der_pol(1.0), 0.0..20.0, &[2.0, 0.0]).unwrap();
        y.accepted() as f64
    };
    // The controller goes by an estimate of order 3, with exponent 1/4.
    let order = 5.0 / (steps(1e-10) / steps(1e-5)).log10();
    assert!((3.4..5.5).contains(&order), "{order}");
}

#[test]
fn single_precision_works() {
    let solver = Radau { rtol: 1e-4, atol: 1e-6, ..Radau::default() };
    let y = solver.integrate(|t: f32, y, dydt| dydt[0] = -1e4 * (y[0] - t.cos()), 0.0..1.0, &[1.0_f32]).unwrap();
    assert!((y.end()[0] - 1f32.cos()).abs() < 1e-3);
}

#[test]
fn hostile_problems_are_refused() {
    let solver = Radau::default();
    let decay = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -y[0];
    assert!(solver.integrate(decay, 1.0..1.0, &[1.0]).is_err());
    assert!(solver.integrate(decay, 0.0..1.0, &[]).is_err());
    assert!(solver.integrate(decay, 0.0..1.0, &[f64::NAN]).is_err());
    assert!(solver.integrate(decay, 0.0..1.0, &vec![0.0; 5000]).is_err());
    assert!(Radau { rtol: -1.0, ..solver }.integrate(decay, 0.0..1.0, &[1.0]).is_err());
    let edge = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t >= 0.5 { f64::NAN } else { 1.0 };
    let error = solver.integrate(edge, 0.0..1.0, &[1.0]).unwrap_err();
    assert!(matches!(&error, Error::NonFinite { what, .. } if what.contains("t = 0.5")), "{error}");
    let blow_up = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = y[0] * y[0];
    let error = solver.integrate(blow_up, 0.0..2.0, &[1.0]).unwrap_err();
    assert!(matches!(error, Error::NoConvergence { .. } | Error::NonFinite { .. }), "{error}");
    let few = Radau { max_steps: 3, ..solver }.integrate(van_der_pol(10.0), 0.0..100.0, &[2.0, 0.0]).unwrap_err();
    assert!(matches!(few, Error::NoConvergence { iterations: 3, .. }), "{few}");
    let wrong = |_: f64, _: &[f64], j: &mut Matrix<f64>| *j = Matrix::zeros(2, 2);
    let error = solver.with_jacobian(wrong).integrate(decay, 0.0..1.0, &[1.0]).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}
