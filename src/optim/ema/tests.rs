use super::*;

/// Both forms against their definitions as weighted sums over the whole past.
#[test]
fn agrees_with_the_weighted_sums() {
    let history: Vec<f64> = (0..30).map(|t| (t as f64 * 0.7).sin()).collect();
    for decay in [0.0, 0.5, 0.995] {
        for corrected in [false, true] {
            let mut average = Average::new(decay, corrected, &[7.0]).unwrap();
            for t in 1..=history.len() {
                average.update(&history[t - 1..t]).unwrap();
                let weights = (0..t).map(|s| (1.0 - decay) * decay.powi((t - 1 - s) as i32));
                let sum: f64 = weights.zip(&history).map(|(w, x)| w * x).sum();
                let rest = decay.powi(t as i32);
                let expected = if corrected { sum / (1.0 - rest) } else { sum + rest * 7.0 };
                assert!((average.values()[0] - expected).abs() < 1e-12, "{decay} {corrected} {t}");
            }
        }
    }
}

#[test]
fn saved_and_loaded_it_goes_on_bit_for_bit() {
    let mut whole = Average::new(0.9_f64, true, &[0.0_f32, 0.0]).unwrap();
    whole.update(&[1.0, -2.0]).unwrap();
    let mut container = Container::new();
    whole.save(&mut container, "average").unwrap();
    let mut resumed = Average::load(&Container::from_bytes(&container.to_bytes()).unwrap(), "average").unwrap();
    whole.update(&[0.3, 0.1]).unwrap();
    resumed.update(&[0.3, 0.1]).unwrap();
    assert_eq!(whole, resumed);
    assert!(Average::<f64>::load(&container, "average").is_err());
    let mut forged = Container::new();
    forged.insert("average/values", &[2], &[0.0_f32, 0.0]).unwrap();
    forged.insert_number("average/decay", 0.9).unwrap();
    forged.insert("average/counts", &[2], &[1_u64, 2]).unwrap();
    assert!(matches!(Average::<f32>::load(&forged, "average"), Err(Error::Corrupt { .. })));
}

#[test]
fn hostile_arguments_are_errors() {
    for decay in [-0.1, 1.0, f64::NAN] {
        assert!(Average::new(decay, false, &[0.0]).is_err());
    }
    let mut average = Average::new(0.5, false, &[0.0]).unwrap();
    assert!(average.update(&[]).is_err());
    Average::<f32>::new(0.5, true, &[]).unwrap().update(&[]).unwrap();
}
