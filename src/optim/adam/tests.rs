use super::*;
use crate::optim::Optimizer;
use crate::optim::optimizer::tests::laws;

#[test]
fn the_first_step_by_hand() {
    // m̂ = g and v̂ = g²: the step is η sign g whatever the size of g.
    let mut x = [1.0_f64, 1.0, 1.0];
    Adam::default().step(0.01, &mut x, &[1e-3, -70.0, 0.0]).unwrap();
    assert!((x[0] - 0.99).abs() < 1e-6 && (x[1] - 1.01).abs() < 1e-11 && x[2] == 1.0);
    // Decoupled decay shrinks by 1 − ηλ first, whatever the gradient.
    let mut x = [2.0_f64];
    let settings = AdamSettings { weight_decay: 0.5, decoupled: true, ..Default::default() };
    Adam::new(settings).unwrap().step(0.1, &mut x, &[0.0]).unwrap();
    assert!((x[0] - 2.0 * 0.95).abs() < 1e-15);
}

/// The algorithm of the paper, line by line, one scalar at a time.
fn naive(settings: AdamSettings, rate: f64, mut x: f64, gradients: &[f64]) -> f64 {
    let (mut m, mut v) = (0.0, 0.0);
    for (t, g) in (1..).zip(gradients) {
        let mut g = *g;
        if settings.decoupled {
            x -= rate * settings.weight_decay * x;
        } else {
            g += settings.weight_decay * x;
        }
        m = settings.beta1 * m + (1.0 - settings.beta1) * g;
        v = settings.beta2 * v + (1.0 - settings.beta2) * g.powi(2);
        let corrected_m = m / (1.0 - settings.beta1.powi(t));
        let corrected_v: f64 = v / (1.0 - settings.beta2.powi(t));
        x -= rate * corrected_m / (corrected_v.sqrt() + settings.epsilon);
    }
    x
}

#[test]
fn agrees_with_the_paper_with_and_without_decay() {
    let gradients: Vec<f64> = (0..50).map(|t| (t as f64 * 0.9).sin() + 0.3).collect();
    for (weight_decay, decoupled) in [(0.0, false), (0.1, false), (0.1, true)] {
        let settings = AdamSettings { beta1: 0.8, beta2: 0.97, epsilon: 1e-3, weight_decay, decoupled };
        let mut adam = Adam::new(settings).unwrap();
        let mut x = [0.7; 5];
        for g in &gradients {
            adam.step(0.01, &mut x, &[*g; 5]).unwrap();
        }
        let expected = naive(settings, 0.01, 0.7, &gradients);
        assert!(x.iter().all(|x| (x - expected).abs() < 1e-13), "{settings:?}: {x:?} {expected}");
        laws(|| Adam::<f64>::new(settings).unwrap(), 1e-2);
        laws(|| Adam::<f32>::new(settings).unwrap(), 1e-2);
    }
}

#[test]
fn extreme_gradients_do_no_harm() {
    let mut adam = Adam::<f32>::new(AdamSettings { epsilon: 1e-300, ..Default::default() }).unwrap();
    let mut x = [1.0_f32; 4];
    for _ in 0..100 {
        adam.step(1e-3, &mut x, &[0.0, 1e-38, 1e18, -1e18]).unwrap();
    }
    assert!(x.iter().all(|x| x.is_finite() && (x - 1.0).abs() < 0.2), "{x:?}");
}

#[test]
fn hostile_settings_are_errors() {
    let good = AdamSettings::default();
    for bad in [
        AdamSettings { beta1: 1.0, ..good },
        AdamSettings { beta2: -0.1, ..good },
        AdamSettings { epsilon: 0.0, ..good },
        AdamSettings { weight_decay: f64::NAN, ..good },
    ] {
        assert!(Adam::<f64>::new(bad).is_err(), "{bad:?}");
    }
}
