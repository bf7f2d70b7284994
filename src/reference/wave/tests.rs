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
