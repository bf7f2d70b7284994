use super::*;
use crate::optim::Optimizer;
use crate::optim::optimizer::tests::laws;

#[test]
fn first_steps_by_hand() {
    let mut x = [1.0_f64];
    let mut sgd = Sgd::new(SgdSettings { momentum: 0.5, ..Default::default() }).unwrap();
    // b: 2, then 0.5·2 + 4 = 5.
    sgd.step(0.1, &mut x, &[2.0]).unwrap();
    assert!((x[0] - 0.8).abs() < 1e-15);
    sgd.step(0.1, &mut x, &[4.0]).unwrap();
    assert!((x[0] - 0.3).abs() < 1e-15);

    let mut x = [1.0_f64];
    let mut nesterov = Sgd::new(SgdSettings { momentum: 0.5, nesterov: true, weight_decay: 0.5 }).unwrap();
    // g = 2 + 0.5, b = 2.5, update 2.5 + 1.25.
    nesterov.step(0.1, &mut x, &[2.0]).unwrap();
    assert!((x[0] - 0.625).abs() < 1e-15);
}

#[test]
fn the_laws_of_an_optimiser() {
    for momentum in [0.0, 0.9] {
        for nesterov in [false, true] {
            if nesterov && momentum == 0.0 {
                continue;
            }
            let settings = SgdSettings { momentum, nesterov, weight_decay: 1e-3 };
            laws(|| Sgd::<f64>::new(settings).unwrap(), 0.01);
            laws(|| Sgd::<f32>::new(settings).unwrap(), 0.01);
        }
    }
}

/// One coordinate at a time, with the momentum written as a sum over the past.
#[test]
fn agrees_with_the_sum_over_the_past() {
    let gradients: Vec<f64> = (0..20).map(|t| (t as f64).cos()).collect();
    let mut sgd = Sgd::new(SgdSettings { momentum: 0.7, ..Default::default() }).unwrap();
    let mut x = [0.0];
    for g in &gradients {
        sgd.step(0.1, &mut x, &[*g]).unwrap();
    }
    let total: f64 = (0..20)
        .flat_map(|t| (0..=t).map(move |s| (t, s)))
        .map(|(t, s)| 0.7_f64.powi(t - s) * gradients[s as usize])
        .sum();
    assert!((x[0] + 0.1 * total).abs() < 1e-14);
}

#[test]
fn hostile_settings_are_errors() {
    for momentum in [-0.1, 1.0, f64::NAN] {
        assert!(Sgd::<f64>::new(SgdSettings { momentum, ..Default::default() }).is_err());
    }
    assert!(Sgd::<f64>::new(SgdSettings { nesterov: true, ..Default::default() }).is_err());
    assert!(Sgd::<f64>::new(SgdSettings { weight_decay: -1.0, ..Default::default() }).is_err());
}
