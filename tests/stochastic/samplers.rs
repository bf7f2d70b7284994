//! Boxes and Gaussians in other dimensions than the plane.

use super::*;

#[test]
fn draws_in_any_dimension_are_unbiased() {
    const DRAWS: u64 = 400;
    for dimension in [1, 3, 5] {
        let samplers: [Box<dyn Sampler<f64>>; 2] = [
            Box::new(UniformBox::new(1.5).and_then(|s| s.dimensions(dimension)).expect("a box")),
            Box::new(TruncatedGaussian::new(1.0, 1.5).and_then(|s| s.dimensions(dimension)).expect("a Gaussian")),
        ];
        for sampler in samplers {
            assert_eq!(sampler.dimension(), dimension);
            let (mut x, mut w) = (vec![0.0; 64 * dimension], vec![0.0; 64]);
            let estimates: Vec<f64> = (0..DRAWS)
                .map(|step| {
                    sampler.fill(Seed(2), step, &mut x, &mut w).expect("points");
                    assert!(x.iter().all(|v| v.abs() <= 1.5));
                    let value = |x: &[f64]| x.iter().map(|v| 1.0 + v + v * v).product::<f64>();
                    x.chunks(dimension).zip(&w).map(|(x, w)| w * value(x)).sum()
                })
                .collect();
            // ∫ 1 + x + x² = 3 + 2 · 1.5³/3 on each axis.
            let exact = 5.25_f64.powi(dimension as i32);
            let mean = estimates.iter().sum::<f64>() / DRAWS as f64;
            let variance = estimates.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / DRAWS as f64;
            let error = (variance / DRAWS as f64).sqrt();
            assert!(
                (mean - exact).abs() < 4.0 * error && error < 0.05 * exact,
                "{sampler:?}: {mean} ± {error}, {exact}"
            );
        }
    }
}

#[test]
fn weights_are_those_of_the_density() {
    let gaussian = TruncatedGaussian::new(0.7, 2.0).and_then(|s| s.dimensions(3)).expect("a Gaussian");
    let (mut x, mut w) = ([0.0; 96], [0.0; 32]);
    gaussian.fill(Seed(3), 9, &mut x, &mut w).expect("points");
    for (x, w) in x.as_chunks::<3>().0.iter().zip(w) {
        assert!((w * 32.0 * gaussian.density(*x) - 1.0).abs() < 1e-13);
    }
    assert_eq!(gaussian.density([0.0, 0.0]), 0.0, "a point of another dimension");
}

#[test]
fn dimensions_that_make_no_volume_are_refused() {
    for dimension in [0, 1001, usize::MAX] {
        assert!(UniformBox::new(1.0).and_then(|s| s.dimensions(dimension)).is_err());
        assert!(TruncatedGaussian::new(1.0, 1.0).and_then(|s| s.dimensions(dimension)).is_err());
    }
    assert!(UniformBox::new(1e60).and_then(|s| s.dimensions(9)).is_err(), "more than f64 holds");
    let line = UniformBox::new(1.0).and_then(|s| s.dimensions(1)).expect("a box");
    let refused = line.fill(Seed(0), 0, &mut [0.0; 8], &mut [0.0; 4]);
    assert!(matches!(refused, Err(Error::Shape { .. })), "{refused:?}");
}
