use super::*;
use crate::quadrature::PolarGrid;
use crate::reference::{Hydrogen2d, Oscillator2d, SquareWell};

fn exact_against_itself<T: Scalar>(spectrum: &dyn ExactSpectrum, grid: &Quadrature<T>, states: usize) -> Comparison {
    let psi = sample::<T>(spectrum, states, grid.points()).unwrap();
    let [dx, dy] = &psi.gradients;
    compare(spectrum, grid, psi.values.as_slice(), [dx.as_slice(), dy.as_slice()]).unwrap()
}

fn assert_exact(found: &Comparison, tolerance: f64) {
    assert!(found.max_relative_error() < tolerance, "{found}");
    assert!(found.orthogonality < tolerance, "{found}");
    assert!(found.subspace_distance() < tolerance * tolerance, "{found}");
    assert!(found.angles.iter().all(|&a| a < tolerance), "{found}");
    assert!(found.ritz_max_relative_error().unwrap() < tolerance, "{found}");
}

#[test]
fn every_exact_spectrum_is_orthonormal_with_its_rayleigh_quotients() {
    let wide = PolarGrid { radius: 400.0, ..PolarGrid::independent() }.build::<f64>().unwrap();
    assert_exact(&exact_against_itself(&Hydrogen2d, &wide, 25), 1e-11);
    // A cut level is no reason to fail.
    assert_exact(&exact_against_itself(&Hydrogen2d, &wide, 7), 1e-11);
    let disk = PolarGrid { radius: 12.0, ..PolarGrid::independent() }.build::<f64>().unwrap();
    assert_exact(&exact_against_itself(&Oscillator2d, &disk, 28), 1e-12);
    let square = Quadrature::<f64>::rectangle(&[0.0..3.0, 0.0..3.0], &[40, 40]).unwrap();
    assert_exact(&exact_against_itself(&SquareWell::new(3.0).unwrap(), &square, 30), 1e-12);
}

#[test]
fn norms_are_one() {
    let wide = PolarGrid { radius: 400.0, ..PolarGrid::independent() }.build::<f64>().unwrap();
    let psi = sample::<f64>(&Hydrogen2d, 25, wide.points()).unwrap();
    for norm in Functions::new(psi.values.as_slice(), wide.weights()).unwrap().norms() {
        assert!((norm - 1.0).abs() < 1e-12, "{norm}");
    }
}

#[test]
fn single_precision_is_measured_in_double() {
    let grid = PolarGrid::training().build::<f32>().unwrap();
    assert_exact(&exact_against_itself(&Hydrogen2d, &grid, 4), 1e-5);
}

#[test]
fn ritz_undoes_a_mixture_of_levels() {
    let grid = PolarGrid { radius: 150.0, ..PolarGrid::independent() }.build::<f64>().unwrap();
    let psi = sample::<f64>(&Hydrogen2d, 9, grid.points()).unwrap();
    let mix = Matrix::from_fn(9, 9, |i, j| if i == j { 3.0 } else { 1.0 / (1.0 + (i + 2 * j) as f64) });
    let mixed = |m: &Matrix<f64>| m.matmul(&mix).unwrap();
    let (f, [dx, dy]) = (mixed(&psi.values), psi.gradients.each_ref().map(mixed));
    let found = compare(&Hydrogen2d, &grid, f.as_slice(), [dx.as_slice(), dy.as_slice()]).unwrap();
    assert!(found.max_relative_error() > 1e-2);
    assert!(found.ritz_max_relative_error().unwrap() < 1e-10, "{:?}", found.ritz_eigenvalues);
}

#[test]
fn hostile_input_is_refused() {
    let grid = PolarGrid { radial: 5, angular: 4, ..PolarGrid::training() }.build::<f64>().unwrap();
    let bad = |values: &[f64], slopes: &[f64]| compare(&Hydrogen2d, &grid, values, [slopes, slopes]);
    assert!(matches!(bad(&[], &[]), Err(Error::InvalidArgument { .. })));
    assert!(matches!(bad(&[1.0; 7], &[1.0; 20]), Err(Error::Shape { .. })));
    assert!(matches!(bad(&[1.0; 20], &[1.0; 40]), Err(Error::Shape { .. })));
    assert!(matches!(bad(&[0.0; 20], &[0.0; 20]), Err(Error::InvalidArgument { .. })));
    assert!(matches!(bad(&[f64::NAN; 20], &[0.0; 20]), Err(Error::NonFinite { .. })));
    assert!(bad(&[1e200; 20], &[0.0; 20]).unwrap().eigenvalues[0].is_finite());
    assert!(matches!(bad(&[1e307; 20], &[0.0; 20]), Err(Error::InvalidArgument { .. })));
    let line = Quadrature::<f64>::gauss_legendre(4, 0.0..1.0).unwrap();
    assert!(matches!(compare(&Hydrogen2d, &line, &[1.0; 4], [&[1.0; 4]; 2]), Err(Error::Shape { .. })));
    let origin = Quadrature::new(vec![0.0, 0.0], vec![1.0], 2).unwrap();
    assert!(matches!(compare(&Hydrogen2d, &origin, &[1.0], [&[0.0], &[0.0]]), Err(Error::NonFinite { .. })));
}
