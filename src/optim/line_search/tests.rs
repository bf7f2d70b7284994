use super::*;

fn wolfe() -> Wolfe {
    Wolfe { decrease: 1e-4, curvature: 0.1, noise: 0.0, lowest: f64::INFINITY, evaluations: 60 }
}

/// Runs the search on φ and checks the strong Wolfe conditions at what it returns.
fn accepted(phi: impl Fn(f64) -> (f64, f64), first: f64) -> (f64, usize) {
    let mut count = 0;
    let (value, slope) = phi(0.0);
    let found = wolfe()
        .search(Point { step: 0.0, value, slope }, first, |step| {
            count += 1;
            let (value, slope) = phi(step);
            Ok(if value.is_finite() { Trial::Inside((value, slope)) } else { Trial::Outside })
        })
        .unwrap();
    let Found::Accepted(step) = found else { panic!("{found:?}") };
    let (new, steep) = phi(step);
    assert!(new <= value + 1e-4 * step * slope && steep.abs() <= 0.1 * slope.abs(), "{step}");
    (step, count)
}

/// The three functions of Moré and Thuente (1994), section 5, from first steps over six decades.
#[test]
fn functions_of_more_and_thuente() {
    let first = |a: f64| (-a / (a * a + 2.0), (a * a - 2.0) / (a * a + 2.0).powi(2));
    let second =
        |a: f64| ((a + 0.004).powi(5) - 2.0 * (a + 0.004).powi(4), (a + 0.004).powi(3) * (5.0 * (a + 0.004) - 8.0));
    for start in [1e-3, 1e-1, 1e1, 1e3] {
        assert!(accepted(first, start).1 <= 20);
        assert!(accepted(second, start).1 <= 25);
    }
}

#[test]
fn a_quadratic_takes_two_trials() {
    for start in [0.4, 3.0, 50.0] {
        let (step, count) = accepted(|a| ((a - 1.0) * (a - 1.0), 2.0 * (a - 1.0)), start);
        assert!((step - 1.0).abs() < 0.1 && count <= 4, "{step} {count}");
    }
}

#[test]
fn a_wall_of_nan_is_stepped_back_from() {
    // −ln(1 − x) − 2x outside x < 1 is NaN; the first trial is far beyond.
    let (step, _) = accepted(|a| (-(1.0 - a).ln() - 2.0 * a, 1.0 / (1.0 - a) - 2.0), 1e6);
    assert!((step - 0.5).abs() < 0.1);
}

#[test]
fn values_lost_in_rounding_leave_the_slope_to_decide() {
    // 1 + (a − 1)² · 1e-18 is 1 for every a, the slope still tells where the minimum is.
    let wolfe = Wolfe { noise: 1e-15, lowest: 1.0, ..wolfe() };
    let origin = Point { step: 0.0, value: 1.0, slope: -2e-18 };
    let found = wolfe.search(origin, 20.0, |a| Ok(Trial::Inside((1.0, 2e-18 * (a - 1.0))))).unwrap();
    let Found::Accepted(step) = found else { panic!("{found:?}") };
    assert!((step - 1.0).abs() < 0.11);
}

#[test]
fn hopeless_functions_end() {
    let origin = Point { step: 0.0, value: 0.0, slope: -1.0 };
    // A slope that lies about its sign, and nothing but NaN.
    let lies = wolfe().search(origin, 1.0, |a| Ok(Trial::Inside((a, 1.0)))).unwrap();
    assert!(matches!(lies, Found::Failed { all_outside: false, .. }), "{lies:?}");
    let nowhere = wolfe().search(origin, 1.0, |_| Ok(Trial::Outside)).unwrap();
    assert!(matches!(nowhere, Found::Failed { all_outside: true, .. }), "{nowhere:?}");
    // Unbounded below: there is no end to the descent.
    let falling = wolfe().search(origin, 1.0, |a| Ok(Trial::Inside((-a, -1.0)))).unwrap();
    assert!(matches!(falling, Found::Unbounded), "{falling:?}");
}
