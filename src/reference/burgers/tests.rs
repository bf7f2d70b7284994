use super::*;

const SHARP: f64 = 0.01 / PI;

#[test]
fn the_equation_holds() {
    // u_t + u u_x − ν u_xx by differences of order 4, relative to its terms.
    for viscosity in [SHARP, 0.1 / PI, 0.3, 2.0] {
        let burgers = Burgers::new(viscosity).unwrap();
        for (x, t) in [(0.3, 0.2), (-0.7, 0.5), (0.02, 0.4), (0.9, 1.3), (-0.1, 0.05)] {
            let h = 2e-3 * (viscosity / 0.1).min(1.0).sqrt();
            let line = |f: &dyn Fn(f64) -> f64| (f(-2.0) - 8.0 * f(-1.0) + 8.0 * f(1.0) - f(2.0)) / (12.0 * h);
            let rate = line(&|k| burgers.value(x, t + k * h));
            let slope = line(&|k| burgers.value(x + k * h, t));
            let bend = line(&|k| burgers.slope(x + k * h, t));
            assert!((slope - burgers.slope(x, t)).abs() < 1e-4 * (1.0 + slope.abs()), "{viscosity} {x} {t}");
            let (flow, spread) = (burgers.value(x, t) * slope, viscosity * bend);
            let size = 1.0 + rate.abs() + flow.abs() + spread.abs();
            assert!((rate + flow - spread).abs() < 2e-4 * size, "{viscosity} {x} {t}: {rate} {flow} {spread}");
        }
    }
}

#[test]
fn the_published_slope() {
    // Basdevant et al. (1986): the steepest slope is −152.00516 at πt = 1.6037.
    let burgers = Burgers::new(SHARP).unwrap();
    assert!((burgers.slope(0.0, 1.6037 / PI) + 152.00516).abs() < 1e-5, "{}", burgers.slope(0.0, 1.6037 / PI));
}

#[test]
fn a_finer_rule_changes_nothing() {
    for viscosity in [1e-3, SHARP, 0.1 / PI, 0.5, 10.0] {
        let burgers = Burgers::new(viscosity).unwrap();
        for t in [1e-3, 0.1, 0.3, 0.5, 1.0, 3.0] {
            for i in 1..40 {
                let x = f64::from(i) / 40.0;
                let [coarse, fine] = [1.0, 2.7].map(|fineness| burgers.means(x, t, fineness)[0]);
                let bound = 5e-16 * (1.0 / viscosity).max(10.0);
                assert!((coarse - fine).abs() < bound, "{viscosity} {x} {t}: {:e}", coarse - fine);
            }
        }
    }
}

#[test]
fn symmetric_and_held_at_the_ends() {
    for viscosity in [1e-4, SHARP, 0.1 / PI, 1.0] {
        let burgers = Burgers::new(viscosity).unwrap();
        for t in [1e-6, 0.1, 0.5, 1.0, 10.0] {
            assert!(burgers.value(1.0, t).abs() < 1e-12 && burgers.value(0.0, t).abs() < 1e-12, "{viscosity} {t}");
            let (left, right) = (burgers.value(-0.4, t), burgers.value(0.4, t));
            assert!((left + right).abs() < 1e-11 && left.abs() <= 1.0, "{viscosity} {t}: {left} {right}");
        }
        assert!((burgers.value(0.3, 1e-9) + (PI * 0.3).sin()).abs() < 1e-7);
    }
}

#[test]
fn large_viscosity_is_diffusion() {
    // With ν large the flow is a small correction, of order 1/ν: u ≈ −e^{−νπ²t} sin πx.
    let burgers = Burgers::new(1e3).unwrap();
    let t = 1e-4;
    let linear = -(-1e3 * PI * PI * t).exp() * (PI * 0.3).sin();
    assert!((burgers.value(0.3, t) - linear).abs() < 1e-3 * linear.abs(), "{} {linear}", burgers.value(0.3, t));
}

#[test]
fn hostile_input() {
    for viscosity in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9] {
        assert!(Burgers::new(viscosity).is_err());
    }
    let burgers = Burgers::new(SHARP).unwrap();
    assert!(burgers.value(0.1, -1.0).is_nan() && burgers.value(f64::NAN, 1.0).is_nan());
    assert!(burgers.value(0.1, f64::INFINITY).is_nan());
    for t in [1e6, 1e20, 1e300] {
        assert_eq!([burgers.value(0.1, t), burgers.slope(0.1, t)], [0.0; 2]);
    }
}
