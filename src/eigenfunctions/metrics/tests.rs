use super::*;
use crate::quadrature::{PolarGrid, Quadrature};
use crate::reference::{ExactSpectrum, Hydrogen2d, levels, sample};

/// cos(kx) and sin(kx) on [−π, π]: orthogonal, norm √π.
fn waves(order: usize) -> Functions {
    let rule = Quadrature::<f64>::gauss_legendre(40, -std::f64::consts::PI..std::f64::consts::PI).unwrap();
    let values: Vec<f64> = rule
        .points()
        .iter()
        .flat_map(|&x| (1..=order).flat_map(move |k| [(k as f64 * x).cos(), (k as f64 * x).sin()]))
        .collect();
    Functions::new(&values, rule.weights()).unwrap()
}

#[test]
fn orthogonality_is_the_cosine_of_the_worst_pair() {
    let waves = waves(3);
    assert!(orthogonality(&waves).unwrap() < 1e-14);
    // (f₀, f₀ cos φ + f₁ sin φ) have cosine cos φ, at any scale.
    for phi in [0.1_f64, 1.0, 1.5] {
        let mix = Matrix::from_fn(6, 2, |i, j| match (i, j) {
            (0, 0) => 1e-120,
            (0, 1) => -1e100 * phi.cos(),
            (1, 1) => -1e100 * phi.sin(),
            _ => 0.0,
        });
        let pair = waves.combine(&mix).unwrap();
        assert!((orthogonality(&pair).unwrap() - phi.cos()).abs() < 1e-14);
        assert!((mean_square_overlap(&pair).unwrap() - phi.cos().powi(2)).abs() < 1e-14);
    }
    assert_eq!(orthogonality(&waves.select(0..1).unwrap()).unwrap(), 0.0);
    assert_eq!(mean_square_overlap(&waves.select(0..1).unwrap()).unwrap(), 0.0);
}

#[test]
fn principal_angles_are_those_built_in() {
    let waves = waves(4);
    let built_in = [1e-12, 1e-6, 0.3, std::f64::consts::FRAC_PI_2];
    // Space a: f₀ … f₃; space b: cos φᵢ fᵢ + sin φᵢ f₄₊ᵢ, then mixed by an invertible matrix.
    let a = waves.select(0..4).unwrap();
    let b = waves
        .combine(&Matrix::from_fn(8, 4, |i, j| match i {
            _ if i == j => built_in[j].cos(),
            _ if i == j + 4 => built_in[j].sin(),
            _ => 0.0,
        }))
        .unwrap()
        .combine(&Matrix::from_fn(4, 4, |i, j| if i == j { 2.0 } else { 0.3 / (1.0 + i as f64) }))
        .unwrap();
    let angles = principal_angles(&a, &b).unwrap();
    for (angle, want) in angles.iter().zip(built_in) {
        assert!((angle - want).abs() < 1e-14 + 1e-10 * want, "{angle:e} against {want:e}");
    }
    let want: f64 = built_in.iter().map(|v| v.sin().powi(2)).sum::<f64>() / 4.0;
    assert!((subspace_distance(&a, &b).unwrap() - want).abs() < 1e-14);
    assert_eq!(subspace_distance(&a, &b).unwrap().to_bits(), subspace_distance(&a, &b).unwrap().to_bits());
    // A subspace of a lies at distance 0; orthogonal spaces at 1.
    assert!(subspace_distance(&a.select(1..3).unwrap(), &a).unwrap() < 1e-28);
    assert!((subspace_distance(&a, &waves.select(4..8).unwrap()).unwrap() - 1.0).abs() < 1e-14);
}

#[test]
fn the_subspace_distance_is_the_trace_formula() {
    let waves = waves(4);
    let mut random = crate::Seed(5).stream("mix");
    let mut space = || waves.combine(&Matrix::from_fn(8, 3, |_, _| random.normal())).unwrap();
    for _ in 0..10 {
        let (a, b) = (space(), space());
        let basis = |f: &Functions| linalg::cholesky_qr(&f.columns()).unwrap().0;
        let c = basis(&a).t_matmul(&basis(&b)).unwrap();
        let trace: f64 = c.as_slice().iter().map(|v| v * v).sum(); // tr(P₁P₂)
        assert!((subspace_distance(&a, &b).unwrap() - (1.0 - trace / 3.0)).abs() < 1e-13);
    }
}

#[test]
fn angles_between_functions() {
    let waves = waves(1);
    for phi in [0.0, 1e-13, 0.5, 2.0, std::f64::consts::PI] {
        let turned = waves
            .combine(&Matrix::from_fn(2, 2, |i, j| match (i, j) {
                (0, 0) => 3.0 * phi.cos(),
                (1, 0) => 3.0 * phi.sin(),
                (0, 1) => phi.sin(),
                _ => phi.cos(),
            }))
            .unwrap();
        for angle in angles(&waves, &turned).unwrap() {
            assert!((angle - phi).abs() < 1e-14, "{angle} against {phi}");
        }
    }
}

#[test]
fn rayleigh_quotients_of_exact_states_are_the_eigenvalues() {
    let grid = PolarGrid::independent().build::<f64>().unwrap();
    let psi = sample::<f64>(&Hydrogen2d, 9, grid.points()).unwrap();
    let make = |m: &Matrix<f64>| Functions::new(m.as_slice(), grid.weights()).unwrap();
    let (f, gradients) = (make(&psi.values), psi.gradients.each_ref().map(make));
    let c: Vec<f64> = grid.points().chunks(2).map(|x| Hydrogen2d.multiplier([x[0], x[1]])).collect();
    let form = weak_form(&f, &gradients, 1.0, &c).unwrap();
    let found = rayleigh_quotients(&form, &f.gram()).unwrap();
    // The disk of radius 100 cuts the tails of level 2 at 6e-11 of the eigenvalue.
    let errors = relative_errors(&found, &Hydrogen2d.eigenvalues(9)).unwrap();
    assert!(errors.iter().all(|&e| e < 1e-7), "{errors:?}");
    assert!(errors[..4].iter().all(|&e| e < 1e-12), "{errors:?}");
    assert!(orthogonality(&f).unwrap() < 1e-6);
    assert!(level_distances(&f, &f, &levels(&Hydrogen2d, 9)).unwrap().iter().all(|&d| d < 1e-25));
}

#[test]
fn hostile_input_is_refused() {
    let invalid = |r: Result<Functions>| assert!(matches!(r, Err(Error::InvalidArgument { .. })), "{r:?}");
    invalid(Functions::new::<f64>(&[], &[]));
    invalid(Functions::new::<f64>(&[1.0], &[]));
    invalid(Functions::new::<f64>(&[], &[1.0]));
    invalid(Functions::new(&[1.0, 2.0], &[1.0, -1.0]));
    assert!(matches!(Functions::new(&[1.0; 3], &[1.0; 2]), Err(Error::Shape { .. })));
    assert!(matches!(Functions::new(&[1.0, f64::NAN], &[1.0, 1.0]), Err(Error::NonFinite { index: 1, .. })));
    assert!(matches!(Functions::new(&[1.0_f32, 1.0], &[f32::INFINITY, 1.0]), Err(Error::NonFinite { index: 0, .. })));

    let waves = waves(2);
    invalid(waves.select(0..5));
    invalid(waves.select(2..2));
    invalid(waves.combine(&Matrix::zeros(4, 1)).unwrap().normalized());
    let zero = waves.combine(&Matrix::zeros(4, 2)).unwrap();
    assert!(matches!(orthogonality(&zero), Err(Error::InvalidArgument { .. })));
    assert!(matches!(subspace_distance(&zero, &waves), Err(Error::Singular { .. })));
    let twice = waves.combine(&Matrix::from_fn(4, 2, |i, _| i as f64)).unwrap();
    assert!(matches!(subspace_distance(&twice, &waves), Err(Error::Singular { pivot: 1, .. })));
    assert!(matches!(angles(&twice, &waves), Err(Error::Shape { .. })));
    let elsewhere = Functions::new(&[1.0, 2.0], &[1.0, 1.0]).unwrap();
    assert!(matches!(subspace_distance(&waves, &elsewhere), Err(Error::Shape { .. })));
    assert!(matches!(waves.overlaps(&elsewhere), Err(Error::Shape { .. })));
    assert!(matches!(waves.combine(&Matrix::identity(3)), Err(Error::Shape { .. })));
    assert!(matches!(weak_form(&waves, &[], 1.0, &[1.0]), Err(Error::Shape { .. })));
    assert!(matches!(weak_form(&waves, &[elsewhere], 1.0, &[0.0; 40]), Err(Error::Shape { .. })));
    assert!(matches!(weak_form(&waves, &[], 1.0, &[f64::INFINITY; 40]), Err(Error::NonFinite { .. })));
    assert!(rayleigh_quotients(&Matrix::identity(2), &Matrix::zeros(2, 2)).is_err());
    assert!(rayleigh_quotients(&Matrix::identity(2), &Matrix::identity(3)).is_err());
    assert!(relative_errors(&[1.0], &[]).is_err());
    assert!(relative_errors(&[1.0], &[0.0]).is_err());
}
