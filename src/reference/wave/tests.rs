use super::*;
use std::f64::consts::PI;

#[test]
fn standing_waves_on_a_string() {
    // f = sin(πmξ), g = cω sin: ω = cπm/L.
    let (c, start, end) = (1.7, -1.0, 2.0);
    for m in [1.0, 2.0, 5.0] {
        let wave = m * PI / (end - start);
        let shape = move |x: f64| (wave * (x - start)).sin();
        let u = WaveSolution::on_string(c, start..end, shape, move |x| c * wave * shape(x)).unwrap();
        for (x, t) in [(0.1, 0.3), (1.9, 2.0), (-1.0, 0.7), (0.5, 11.3), (0.5, -0.4)] {
            let exact = shape(x) * ((c * wave * t).cos() + (c * wave * t).sin());
            assert!((u.value(x, t) - exact).abs() < 1e-11, "{m} {x} {t}: {} {exact}", u.value(x, t));
        }
    }
}

#[test]
fn a_travelling_wave_on_the_line() {
    let pulse = |x: f64| (-x * x).exp();
    let u = WaveSolution::on_line(2.0, pulse, |x: f64| 4.0 * x * (-x * x).exp()).unwrap(); // g = −c f′
    for (x, t) in [(0.0, 1.0), (3.0, 1.2), (-4.0, 0.5), (0.3, 0.0)] {
        assert!((u.value(x, t) - pulse(x - 2.0 * t)).abs() < 1e-13, "{x} {t}");
    }
}

/// The cosine far out, and bumps that one rule does not see.
#[test]
fn velocities_are_resolved() {
    let cosine = WaveSolution::on_line(1.0, |_| 0.0, |x: f64| x.cos()).unwrap();
    for (x, t) in [(15.0f64, 1e3f64), (15.0, 1e4), (-2.0, -3e4)] {
        assert!((cosine.value(x, t) - x.cos() * t.sin()).abs() < 1e-9, "{x} {t}: {}", cosine.value(x, t));
    }
    assert!(cosine.value(0.0, 1e9).is_nan());
    let bump = WaveSolution::on_line(1.0, |_| 0.0, |x: f64| (-x * x).exp()).unwrap();
    assert!((bump.value(15.0, 1e3) - 0.5 * PI.sqrt()).abs() < 1e-13);
    let corner = WaveSolution::on_line(1.0, |_| 0.0, |x: f64| (x - 0.1234).abs()).unwrap();
    assert!((corner.value(0.1234, 3.0) - 4.5).abs() < 1e-12);
    for width in [0.01, 0.02, 0.03] {
        let hit = move |x: f64| (-((x - 0.43) / width).powi(2)).exp();
        let string = WaveSolution::on_string(1.0, 0.0..1.0, |_| 0.0, hit).unwrap();
        assert!((string.value(0.43, 0.3) - 0.5 * width * PI.sqrt()).abs() < 1e-14, "{width}");
    }
    // The ends are held up to rounding of what lies between.
    assert!(WaveSolution::on_string(1.0, 0.0..1.0, |x| 1e9 * (PI * x).sin(), |_| 0.0).is_ok());
    assert!(WaveSolution::on_string(1.0, 0.0..1.0, |x| 1e-9 * (PI * x).cos(), |_| 0.0).is_err());
}

#[test]
fn hostile_strings_are_refused() {
    assert!(WaveSolution::on_line(0.0, |x| x, |x| x).is_err());
    assert!(WaveSolution::on_line(f64::NAN, |x| x, |x| x).is_err());
    assert!(WaveSolution::on_string(1.0, 1.0..1.0, |_| 0.0, |_| 0.0).is_err());
    assert!(WaveSolution::on_string(1.0, 0.0..1.0, |x| x, |_| 0.0).is_err());
    assert!(WaveSolution::on_string(1.0, 0.0..1.0, |_| f64::NAN, |_| 0.0).is_err());
    let u = WaveSolution::on_string(1.0, 0.0..1.0, |_| 0.0, |_| 1.0).unwrap();
    assert!(u.value(0.5, f64::INFINITY).is_nan() && u.value(f64::NAN, 0.1).is_nan());
}
