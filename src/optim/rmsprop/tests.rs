use super::*;
use crate::optim::Optimizer;
use crate::optim::optimizer::tests::laws;

#[test]
fn the_first_step_by_hand() {
    // v = 0.01 g², so that the step is η g / (0.1 |g| + ε) = 10 η sign g.
    let mut x = [1.0_f64, 1.0];
    RmsProp::default().step(0.01, &mut x, &[3.0, -7.0]).unwrap();
    assert!((x[0] - 0.9).abs() < 1e-8 && (x[1] - 1.1).abs() < 1e-8);
    // Centred, v − m² = 0.01 g² − 0.0001 g² and the step 1/√0.0099 times as long.
    let mut x = [1.0_f64];
    let centered = RmsPropSettings { centered: true, ..Default::default() };
    RmsProp::new(centered).unwrap().step(0.01, &mut x, &[3.0]).unwrap();
    assert!((x[0] - (1.0 - 0.01 / 0.0099_f64.sqrt())).abs() < 1e-7);
}

/// The textbook loop, one scalar at a time.
fn naive(settings: RmsPropSettings, rate: f64, mut x: f64, gradients: &[f64]) -> f64 {
    let (mut square, mut mean, mut buffer) = (0.0, 0.0, 0.0);
    for g in gradients {
        let g = g + settings.weight_decay * x;
        square = settings.alpha * square + (1.0 - settings.alpha) * g.powi(2);
        mean = settings.alpha * mean + (1.0 - settings.alpha) * g;
        let spread: f64 = if settings.centered { square - mean.powi(2) } else { square };
        buffer = settings.momentum * buffer + g / (spread.sqrt() + settings.epsilon);
        x -= rate * buffer;
    }
    x
}

#[test]
fn agrees_with_the_textbook_in_every_variant() {
    let gradients: Vec<f64> = (0..50).map(|t| (t as f64 * 0.9).sin() + 0.3).collect();
    for centered in [false, true] {
        for momentum in [0.0, 0.8] {
            let settings = RmsPropSettings { alpha: 0.95, epsilon: 1e-3, momentum, centered, weight_decay: 0.02 };
            let mut optimizer = RmsProp::new(settings).unwrap();
            let mut x = [0.7; 5];
            for g in &gradients {
                optimizer.step(0.01, &mut x, &[*g; 5]).unwrap();
            }
            let expected = naive(settings, 0.01, 0.7, &gradients);
            assert!(x.iter().all(|x| (x - expected).abs() < 1e-12), "{settings:?}: {x:?} {expected}");
            laws(|| RmsProp::<f64>::new(settings).unwrap(), 1e-3);
            laws(|| RmsProp::<f32>::new(settings).unwrap(), 1e-3);
        }
    }
}

#[test]
fn vanishing_gradients_and_variances_do_no_harm() {
    let centered = RmsPropSettings { centered: true, epsilon: 1e-300, ..Default::default() };
    let mut optimizer = RmsProp::<f32>::new(centered).unwrap();
    let mut x = [1.0_f32, 1.0];
    for _ in 0..2000 {
        optimizer.step(1e-30, &mut x, &[0.0, 1.0]).unwrap();
    }
    assert!(x.iter().all(|x| x.is_finite()), "{x:?}");
}

#[test]
fn hostile_settings_are_errors() {
    let good = RmsPropSettings::default();
    for bad in [
        RmsPropSettings { alpha: 1.0, ..good },
        RmsPropSettings { alpha: f64::NAN, ..good },
        RmsPropSettings { epsilon: 0.0, ..good },
        RmsPropSettings { epsilon: f64::INFINITY, ..good },
        RmsPropSettings { momentum: -0.1, ..good },
        RmsPropSettings { weight_decay: f64::NAN, ..good },
    ] {
        assert!(RmsProp::<f64>::new(bad).is_err(), "{bad:?}");
    }
}
