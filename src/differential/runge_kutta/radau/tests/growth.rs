//! What starts below the tolerance and grows is followed.

use super::*;

/// y′ = 5 (y − y³/s²), which leads from any y > 0 to s.
fn bistable<T: Scalar>(scale: f64) -> impl Fn(T, &[T], &mut [T]) {
    move |_, y, dydt| {
        let y = Scalar::to_f64(y[0]) / scale;
        dydt[0] = T::of(5.0 * scale * (y - y.powi(3)));
    }
}

#[test]
fn a_growing_solution_below_the_tolerance_is_not_damped() {
    for start in [1e-9, 1e-12, -1e-12] {
        let plain = Radau::default().integrate(bistable(1.0), 0.0..8.0, &[start]).unwrap();
        let given = Radau::default().with_jacobian(|_, y: &[f64], j| j[(0, 0)] = 5.0 - 15.0 * y[0] * y[0]);
        let given = given.integrate(bistable(1.0), 0.0..8.0, &[start]).unwrap();
        let back = |t: f64, y: &[f64], dydt: &mut [f64]| {
            bistable(1.0)(t, y, dydt);
            dydt[0] = -dydt[0];
        };
        let back = Radau::default().integrate(back, 0.0..-8.0, &[start]).unwrap();
        for found in [plain, given, back] {
            assert!((found.end()[0] - f64::signum(start)).abs() < 1e-6 && found.accepted() < 300, "{found}");
        }
    }
    let single = Radau { rtol: 1e-3, atol: 1e-5, ..Radau::default() };
    let found = single.integrate(bistable(1.0), 0f32..8.0, &[1e-7]).unwrap();
    assert!((found.end()[0] - 1.0).abs() < 1e-2, "{found}");
    let linear = Radau::default().integrate(|_, y: &[f64], dydt| dydt[0] = 1e4 * y[0], 0.0..1e-2, &[1e-12]).unwrap();
    assert!((linear.end()[0] / 1e-12 / 100f64.exp() - 1.0).abs() < 0.02, "{:?}", linear.end());
}

#[test]
fn the_unit_of_the_solution_makes_no_difference() {
    let steps = [1.0, 2f64.powi(60), 2f64.powi(-60)].map(|scale| {
        let solver = Radau { atol: 1e-9 * scale, ..Radau::default() };
        let found = solver.integrate(bistable(scale), 0.0..8.0, &[1e-12 * scale]).unwrap();
        assert!((found.end()[0] / scale - 1.0).abs() < 1e-6, "{found}");
        found.accepted()
    });
    assert!(steps[1].abs_diff(steps[0]) < 5 && steps[2].abs_diff(steps[0]) < 5, "{steps:?}");
}

/// a′ = −100 a b, b′ = 100 a b, twice over, beside something that moves and is stiff.
fn autocatalysis(_: f64, y: &[f64], dydt: &mut [f64]) {
    let rates = [100.0 * y[0] * y[1], 100.0 * y[2] * y[3]];
    dydt[..4].copy_from_slice(&[-rates[0], rates[0], -rates[1], rates[1]]);
    (dydt[4], dydt[5]) = (-y[4], 1e5 * (y[4] - y[5]));
}

#[test]
fn growth_is_found_beside_what_moves_faster_and_twice_over() {
    let found = Radau::default().integrate(autocatalysis, 0.0..1.0, &[1.0, 1e-12, 1.0, 1e-12, 1.0, 0.0]).unwrap();
    assert!((found.end()[1] - 1.0).abs() < 1e-6 && (found.end()[3] - 1.0).abs() < 1e-6, "{:?}", found.end());
    assert!((found.end()[4] - (-1f64).exp()).abs() < 1e-6 && found.accepted() < 500, "{found}");
    // What is not there does not grow, and costs no steps.
    let none = Radau::default().integrate(autocatalysis, 0.0..1.0, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
    assert!(none.end()[1] == 0.0 && none.accepted() < 60, "{none}");
    // A spiral out of the unstable middle to the circle of radius 1.
    let spiral = |_: f64, y: &[f64], dydt: &mut [f64]| {
        let pull = 5.0 * (1.0 - y[0] * y[0] - y[1] * y[1]);
        (dydt[0], dydt[1]) = (pull * y[0] - 20.0 * y[1], pull * y[1] + 20.0 * y[0]);
    };
    let found = Radau::default().integrate(spiral, 0.0..8.0, &[1e-12, 0.0]).unwrap();
    assert!((found.end()[0].hypot(found.end()[1]) - 1.0).abs() < 1e-5, "{:?}", found.end());
}

#[test]
fn growth_is_found_with_any_mass_matrix() {
    let heavy = |t: f64, y: &[f64], out: &mut [f64]| {
        bistable(1.0)(t, y, out);
        out[0] *= 1e6;
    };
    let mass = Matrix::from_vec(1, 1, vec![1e6]).unwrap();
    let found = Radau::default().with_mass(mass).integrate(heavy, 0.0..8.0, &[1e-12]).unwrap();
    assert!((found.end()[0] - 1.0).abs() < 1e-6, "{found}");
    // x′ = 5 (z − z³), 0 = z − x.
    let mass = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    let bound = |_: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (5.0 * (y[1] - y[1].powi(3)), y[1] - y[0]);
    let found = Radau::default().with_mass(mass).integrate(bound, 0.0..8.0, &[1e-12; 2]).unwrap();
    assert!((found.end()[0] - 1.0).abs() < 1e-6 && found.accepted() < 300, "{found}");
}
