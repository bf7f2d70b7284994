use super::*;

/// Mean and standard deviation of `draws` estimates of ∫ f.
fn statistics(sampler: &dyn Sampler<f64>, batch: usize, draws: u64, f: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let (mut x, mut w) = (vec![0.0_f64; 2 * batch], vec![0.0_f64; batch]);
    let (mut sum, mut squares) = (0.0, 0.0);
    for step in 0..draws {
        sampler.fill(Seed(11), step, &mut x, &mut w).unwrap();
        let estimate: f64 = x.chunks(2).zip(&w).map(|(x, w)| w * f(x[0], x[1])).sum();
        sum += estimate;
        squares += estimate * estimate;
    }
    let mean = sum / draws as f64;
    (mean, (squares / draws as f64 - mean * mean).max(0.0).sqrt())
}

/// Within five standard errors of the truth.
fn assert_unbiased(label: &str, (mean, deviation): (f64, f64), draws: u64, want: f64) {
    let standard_error = deviation / (draws as f64).sqrt();
    assert!(
        (mean - want).abs() <= 5.0 * standard_error + 1e-9 * want.abs(),
        "{label}: {mean} against {want}, standard error {standard_error}"
    );
    // The test has teeth only if the standard error is small.
    assert!(standard_error < 0.04 * want.abs().max(1.0), "{label}: standard error {standard_error}");
}

const DRAWS: u64 = 2000;

/// ∫ e^(−r/2) r² cos²θ over the plane, with a skew part that integrates to 0.
fn skew(x: f64, y: f64) -> f64 {
    let r = x.hypot(y);
    (-0.5 * r).exp() * (x * x + 3.0 * x + x * y)
}

const SKEW: f64 = PI * 6.0 * 16.0; // π 3!/(½)⁴

#[test]
fn every_sampler_is_unbiased() {
    let gaussian = TruncatedGaussian::new(16.0, 50.0).unwrap();
    assert_unbiased("gaussian, skew", statistics(&gaussian, 128, DRAWS, skew), DRAWS, SKEW);
    assert_unbiased(
        "gaussian, area",
        statistics(&TruncatedGaussian::new(16.0, 20.0).unwrap(), 128, DRAWS, |_, _| 1.0),
        DRAWS,
        1600.0,
    );
    assert_unbiased(
        "gaussian in a narrow box",
        statistics(&TruncatedGaussian::new(16.0, 3.0).unwrap(), 128, DRAWS, |x, y| x * x + y),
        DRAWS,
        36.0 * 3.0,
    );
    assert_unbiased("box", statistics(&UniformBox::new(30.0).unwrap(), 512, DRAWS, skew), DRAWS, SKEW);
    let kronecker = KroneckerBox::new(&[-30.0..30.0, -25.0..40.0]).unwrap();
    let (mean, deviation) = statistics(&kronecker, 512, DRAWS, skew);
    assert_unbiased("Kronecker", (mean, deviation), DRAWS, SKEW);
    let (_, independent) = statistics(&UniformBox::new(30.0).unwrap(), 512, DRAWS, skew);
    assert!(deviation < 0.3 * independent, "{deviation} against {independent}");
    let ellipse = Mapped::ellipse(1.0, 100.0).unwrap();
    let (mean, deviation) = statistics(&ellipse, 512, DRAWS, skew);
    assert_unbiased("ellipse", (mean, deviation), DRAWS, SKEW);
    assert!(deviation < 0.1 * independent, "{deviation} against {independent}");
    let polar = StratifiedPolar::new(100.0).unwrap();
    let each = polar.jitter(Jitter::Each);
    assert_unbiased("jitter in each ring", statistics(&each, 64, DRAWS, skew), DRAWS, SKEW);
    for batch in [1, 7, 256] {
        let draws = if batch == 1 { 200_000 } else { DRAWS };
        assert_unbiased("polar, skew", statistics(&polar, batch, draws, skew), draws, SKEW);
        // A single draw shows a wrong angle or a wrong Jacobian at the cusp.
        assert_unbiased(
            "polar, 1/r",
            statistics(&polar, batch, draws, |x, y| (-x.hypot(y)).exp() / x.hypot(y)),
            draws,
            TAU,
        );
    }
}

#[test]
fn each_step_of_stratification_takes_away_variance() {
    // ⟨1/r⟩ of the ground state: 2.
    let ground_state = |x: f64, y: f64| 2.0 / PI * (-2.0 * x.hypot(y)).exp() / x.hypot(y);
    let deviation = |sampler: &dyn Sampler<f64>, batch, draws| {
        let (mean, deviation) = statistics(sampler, batch, draws, ground_state);
        assert!((mean - 2.0).abs() <= 5.0 * deviation / (draws as f64).sqrt() + 1e-3, "{mean}");
        deviation
    };
    let polar = StratifiedPolar::new(100.0).unwrap();
    let gaussian = deviation(&TruncatedGaussian::new(16.0, 50.0).unwrap(), 1024, 300);
    // The rings of a batch of one are independent points of the same density.
    let independent = deviation(&polar, 1, 100_000) / 32.0;
    let each = deviation(&polar.jitter(Jitter::Each), 1024, 300);
    let shared = deviation(&polar, 1024, 300);
    let all = format!("{gaussian:.1e} {independent:.1e} {each:.1e} {shared:.1e}");
    assert!(independent < 0.5 * gaussian, "{all}");
    assert!(each < 0.05 * independent, "{all}");
    assert!(shared < 0.1 * each, "{all}");
}

#[test]
fn the_density_is_normalised_and_matches_the_weights() {
    for (sigma, half_width) in [(16.0, 50.0), (1.0, 0.5), (2.0, 3.0), (1.0, 12.0)] {
        let gaussian = TruncatedGaussian::new(sigma, half_width).unwrap();
        let rule = crate::quadrature::Quadrature::<f64>::rectangle(
            &[-half_width..half_width, -half_width..half_width],
            &[60, 60],
        )
        .unwrap();
        assert!((rule.integrate(|x| gaussian.density([x[0], x[1]])) - 1.0).abs() < 1e-12);
        let (mut x, mut w) = ([0.0; 64], [0.0; 32]);
        gaussian.fill(Seed(3), 9, &mut x, &mut w).unwrap();
        for (x, w) in x.chunks(2).zip(w) {
            assert!((w * 32.0 * gaussian.density([x[0], x[1]]) - 1.0).abs() < 1e-13);
        }
        assert_eq!(gaussian.density([2.0 * half_width, 0.0]), 0.0);
    }
}

#[test]
fn a_draw_depends_on_seed_and_step_alone() {
    fn agree(sampler: impl Sampler<f64> + Sampler<f32>) {
        let draw = |seed, step| {
            let (mut x, mut w) = ([0.0_f64; 40], [0.0_f64; 20]);
            sampler.fill(Seed(seed), step, &mut x, &mut w).unwrap();
            (x, w)
        };
        let first = draw(5, 17);
        let _ = draw(5, 18);
        assert_eq!(draw(5, 17), first);
        assert_ne!(draw(5, 18).0, first.0);
        assert_ne!(draw(6, 17).0, first.0);
        // f32 takes the same points, rounded.
        let (mut x, mut w) = ([0.0_f32; 40], [0.0_f32; 20]);
        sampler.fill(Seed(5), 17, &mut x, &mut w).unwrap();
        assert!(x.iter().zip(first.0).all(|(&a, b)| a == b as f32));
        assert!(w.iter().zip(first.1).all(|(&a, b)| (f64::from(a) / b - 1.0).abs() < 1e-5));
    }
    agree(TruncatedGaussian::new(16.0, 50.0).unwrap());
    agree(UniformBox::new(50.0).unwrap());
    agree(StratifiedPolar::new(100.0).unwrap());
    agree(StratifiedPolar::new(100.0).unwrap().jitter(Jitter::Each));
    agree(Mapped::ellipse(1.0, 100.0).unwrap());
}

#[test]
fn a_ball_is_filled_evenly() {
    let ball = Mapped::ball(80.0).unwrap();
    let estimate = |batch: usize, step: u64| {
        let (mut x, mut w) = (vec![0.0_f64; 3 * batch], vec![0.0_f64; batch]);
        ball.fill(Seed(3), step, &mut x, &mut w).unwrap();
        // ∫ e^(−r/2) (z² + 3x + xy)/r, whose other terms vanish: 4π/3 ∫ r³ e^(−r/2) dr.
        let f = |[x, y, z]: [f64; 3]| {
            let r = x.hypot(y).hypot(z);
            (-0.5 * r).exp() * (z * z + 3.0 * x + x * y) / r
        };
        x.as_chunks::<3>().0.iter().zip(&w).map(|(&x, w)| w * f(x)).sum::<f64>()
    };
    let want = 4.0 / 3.0 * PI * 6.0 * 16.0;
    let mean = (0..200).map(|step| estimate(512, step)).sum::<f64>() / 200.0;
    assert!((mean / want - 1.0).abs() < 2e-3, "{mean} against {want}");
    let [few, many] = [512, 32_768].map(|batch| {
        let worst = (0..8).map(|step| (estimate(batch, step) / want - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst > 0.0);
        worst
    });
    assert!(many < 0.05 * few, "{few}, {many}");
}

#[test]
fn single_precision_stays_off_the_origin() {
    let (mut x, mut w) = (vec![0.0_f32; 8192], vec![0.0_f32; 4096]);
    for step in 0..50 {
        StratifiedPolar::new(100.0).unwrap().fill(Seed(0), step, &mut x, &mut w).unwrap();
        assert!(x.chunks(2).all(|p| (1.0 / (p[0] * p[0] + p[1] * p[1]).sqrt()).is_finite()));
    }
}

#[test]
fn hostile_input_is_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(TruncatedGaussian::new(bad, 1.0), Err(Error::InvalidArgument { .. })));
        assert!(matches!(TruncatedGaussian::new(1.0, bad), Err(Error::InvalidArgument { .. })));
        assert!(matches!(UniformBox::new(bad), Err(Error::InvalidArgument { .. })));
        assert!(matches!(StratifiedPolar::new(bad), Err(Error::InvalidArgument { .. })));
    }
    let polar = StratifiedPolar::new(1.0).unwrap();
    assert!(matches!(polar.fill(Seed(0), 0, &mut [0.0; 5], &mut [0.0; 2]), Err(Error::Shape { .. })));
    Sampler::<f64>::fill(&polar, Seed(0), 0, &mut [], &mut []).unwrap();
}

#[test]
fn areas_that_are_no_numbers_are_refused() {
    let areas = [
        TruncatedGaussian::new(1.7e308, 1.7e308).is_err(),
        TruncatedGaussian::new(1e200, 1.0).is_err(),
        TruncatedGaussian::new(1e300, 1e-300).is_err(),
        KroneckerBox::new(&[]).is_err(),
        KroneckerBox::new(&[0.0..1.0, 1.0..1.0]).is_err(),
        KroneckerBox::new(&[0.0..f64::NAN]).is_err(),
        KroneckerBox::new(&[-1e200..1e200, -1e200..1e200]).is_err(),
        UniformBox::new(1e308).is_err(),
        UniformBox::new(1e-300).is_err(),
        StratifiedPolar::new(1e200).is_err(),
        Mapped::ball(1e200).is_err(),
        Mapped::ball(f64::NAN).is_err(),
        Mapped::ellipse(2.0, 1.0).is_err(),
        Mapped::ellipse(0.0, 1.0).is_err(),
        Mapped::<0>::new(1.0, |u| (u, 1.0)).is_err(),
    ];
    assert_eq!(areas, [true; 15]);
    // What f64 holds and f32 does not is refused where the precision is known.
    let sampler = StratifiedPolar::new(1e30).unwrap();
    let refused = Sampler::<f32>::fill(&sampler, Seed(0), 0, &mut [0.0; 4], &mut [0.0; 2]);
    assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{refused:?}");
    assert!(Sampler::<f64>::fill(&sampler, Seed(0), 0, &mut [0.0; 4], &mut [0.0; 2]).is_ok());
}
