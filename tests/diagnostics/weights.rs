use eigennet::diagnostics::{Finding, PowerLaw, WeightSpectrum};
use eigennet::linalg::{Matrix, Qr};
use eigennet::{Error, Seed};

fn random(rows: usize, cols: usize, seed: u64) -> Matrix<f64> {
    let mut random = Seed(seed).into_stream();
    Matrix::from_fn(rows, cols, |_, _| random.normal())
}

fn findings(weights: &Matrix<f64>) -> Vec<Finding> {
    WeightSpectrum::of(weights).unwrap().verdicts().into_iter().map(|verdict| verdict.finding).collect()
}

#[test]
fn tall_and_wide_agree_and_values_are_sigma_rather_than_its_square() {
    let tall = random(30, 12, 1);
    let [a, b] = [&tall, &tall.transpose()].map(|w| WeightSpectrum::of(w).unwrap());
    assert!(a.values.iter().zip(&b.values).all(|(x, y)| (x - y).abs() < 1e-12));
    assert!((a.condition() - b.condition()).abs() < 1e-9 && (a.effective_rank() - b.effective_rank()).abs() < 1e-10);
    assert_eq!(a.values.len(), 12); // no zeros, as the eigenvalues of WWᵀ would have
    let squares: f64 = a.values.iter().map(|v| v * v).sum();
    assert!((squares / tall.frobenius_norm().powi(2) - 1.0).abs() < 1e-13);
}

#[test]
fn special_matrices_have_the_ranks_and_verdicts_that_they_should() {
    let orthogonal = Qr::factor(&random(9, 9, 2)).unwrap().thin_q().unwrap();
    let spectrum = WeightSpectrum::of(&orthogonal).unwrap();
    assert!((spectrum.stable_rank() - 9.0).abs() < 1e-12 && (spectrum.effective_rank() - 9.0).abs() < 1e-12);
    assert_eq!(findings(&orthogonal), [Finding::Healthy]);
    let rank_one = Matrix::from_fn(8, 5, |i, j| 0.1 * (i as f64 + 1.0) * (j as f64 + 1.0));
    let spectrum = WeightSpectrum::of(&rank_one).unwrap();
    assert!((spectrum.stable_rank() - 1.0).abs() < 1e-12 && (spectrum.effective_rank() - 1.0).abs() < 1e-10);
    assert_eq!(spectrum.dead_directions(), 4);
    assert!(findings(&rank_one).contains(&Finding::RankCollapse));
    let zero = WeightSpectrum::of(&Matrix::<f64>::zeros(4, 4)).unwrap();
    assert_eq!((zero.norm(), zero.stable_rank(), zero.effective_rank(), zero.dead_directions()), (0.0, 0.0, 0.0, 4));
    assert!(zero.condition().is_infinite());
    assert_eq!(findings(&Matrix::zeros(4, 4)), [Finding::Vanishing, Finding::RankCollapse]);
    let huge = orthogonal.scale(1e200);
    assert_eq!(findings(&huge), [Finding::Exploding]);
    assert!((WeightSpectrum::of(&huge).unwrap().stable_rank() - 9.0).abs() < 1e-9);
    let graded = Matrix::from_diagonal(&[1.0, 1.0, 1.0, 1.0, 1.0, 5e-4]);
    assert_eq!(findings(&graded), [Finding::IllConditioned]);
    assert!(matches!(WeightSpectrum::of(&Matrix::<f64>::zeros(0, 3)), Err(Error::InvalidArgument { .. })));
    assert!(matches!(WeightSpectrum::of(&huge.scale(f64::INFINITY)), Err(Error::NonFinite { .. })));
}

#[test]
fn a_healthy_start_does_not_explode() {
    for (seed, [rows, cols]) in [[64, 64], [16, 256], [300, 40]].into_iter().enumerate() {
        let start = random(rows, cols, seed as u64).scale((2.0 / rows as f64).sqrt());
        let found = findings(&start);
        assert!(
            !found.contains(&Finding::Exploding) && !found.contains(&Finding::Vanishing),
            "{rows} × {cols}: {found:?}"
        );
    }
}

#[test]
fn random_entries_follow_marchenko_and_pastur_and_a_learned_direction_stands_out() {
    let noise = random(300, 150, 4).scale(0.2);
    let spectrum = WeightSpectrum::of(&noise).unwrap();
    let law = spectrum.marchenko_pastur();
    let [low, high] = law.edges();
    // The density is one, with the mean of the entries' squares.
    let steps = 20_000;
    let nodes = (0..steps).map(|k| low + (high - low) * (f64::from(k) + 0.5) / f64::from(steps));
    let width = (high - low) / f64::from(steps);
    let (mass, mean) = nodes.fold((0.0, 0.0), |(mass, mean), x| {
        let share = law.density(x) * width;
        (mass + share, mean + x * share)
    });
    assert!((mass - 1.0).abs() < 1e-4 && (mean / law.scale - 1.0).abs() < 1e-4, "{mass} {mean}");
    assert!(spectrum.values[0].powi(2) < 1.1 * high && spectrum.values[149].powi(2) > 0.8 * low);
    assert_eq!(spectrum.spikes(), 0);
    let learned = Matrix::from_fn(300, 150, |i, j| noise[(i, j)] + 0.1 * (i as f64).sin() * (j as f64).cos());
    assert_eq!(WeightSpectrum::of(&learned).unwrap().spikes(), 1);
}

#[test]
fn tails_are_told_from_what_has_none() {
    assert!(PowerLaw::fit(&[1.0; 9]).is_none());
    assert!(PowerLaw::fit(&[2.0; 40]).is_none());
    assert!(PowerLaw::fit(&[f64::NAN; 40]).is_none());
    let quantile = |i: i32| (f64::from(i) + 0.5) / 1000.0;
    let power: Vec<f64> = (0..1000).map(|i| quantile(i).powf(-1.0 / 2.0)).collect();
    let uniform: Vec<f64> = (0..1000).map(quantile).collect();
    let [power, uniform] = [power, uniform].map(|values| PowerLaw::fit(&values).unwrap());
    assert!((power.exponent - 3.0).abs() < 0.1 && power.distance < 0.01, "{power:?}");
    assert!(uniform.exponent > 6.0, "{uniform:?}");
}

/// Units do not matter, not where squares over- or underflow either.
#[test]
fn spikes_and_tails_are_the_same_in_all_units() {
    let u = random(60, 1, 8);
    let weights = random(60, 40, 7).add(&Matrix::from_fn(60, 40, |i, j| u[(i, 0)] * (j as f64).cos())).unwrap();
    let right = WeightSpectrum::of(&weights).unwrap();
    let law = right.power_law().unwrap();
    assert_eq!(right.spikes(), 1);
    for exponent in [-600, -530, -20, 20, 530, 600] {
        let found = WeightSpectrum::of(&weights.scale(2f64.powi(exponent))).unwrap();
        assert_eq!(found.spikes(), 1, "2^{exponent}");
        let tail = found.power_law().unwrap();
        let same = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert!(same(tail.exponent, law.exponent) && same(tail.distance, law.distance), "2^{exponent}: {tail:?}");
        assert_eq!(tail.count, law.count);
    }
}
