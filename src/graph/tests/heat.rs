//! Heat by eigenpairs: of a graph against the matrix exponential, of the circle against the exact solution.

use crate::graph::{Affinity, Bandwidth, DiffusionMap, HeatFlow, Laplacian, Neighborhood, data};
use crate::linalg::{Matrix, matrix_exponential, symmetric_eigen};
use crate::reference::CircleHeat;
use crate::{Error, Seed};

#[test]
fn all_eigenpairs_are_the_matrix_exponential() {
    let points = data::moons::<f64>(30, 0.1, Seed(0)).points;
    let affinity = Affinity { bandwidth: Bandwidth::Fixed(0.5), ..Affinity::nearest(8) };
    let laplacian = affinity.fit(&points).unwrap().laplacian(Laplacian::Unnormalized).to_dense();
    let eigen = symmetric_eigen(&laplacian).unwrap();
    let start: Vec<f64> = (0..30).map(|i| f64::from(i % 5)).collect();
    let flow = HeatFlow::new(eigen.vectors, eigen.values, &start).unwrap();
    assert!(flow.misfit() < 1e-13);
    for time in [0.0, 0.1, 2.0] {
        let right = matrix_exponential(&laplacian.scale(-time)).unwrap().matvec(&start).unwrap();
        let found = flow.at(time);
        assert!(found.iter().zip(&right).all(|(a, b)| (a - b).abs() < 1e-12), "t = {time}");
    }
}

#[test]
fn a_diffusion_map_spreads_heat_on_the_circle() {
    let angles = data::CircleSampling::Uniform.angles(1500, Seed(1));
    let points = data::unit_circle::<f64>(&angles);
    let affinity =
        Affinity { neighborhood: Neighborhood::Within(0.45), bandwidth: Bandwidth::Fixed(0.1), ..Affinity::default() };
    let map = DiffusionMap { components: 5, affinity, ..DiffusionMap::default() }.fit(&points).unwrap();
    let exact = CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0]).unwrap();
    let at = |time: f64| -> Vec<f64> { angles.iter().map(|&angle| exact.value(angle, time)).collect() };
    let flow = HeatFlow::new(map.functions().clone(), map.generator_values(), &at(0.0)).unwrap();
    let error = |time: f64| {
        let (found, right) = (flow.at(time), at(time));
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        (squares(&mut found.iter().zip(&right).map(|(a, b)| a - b)) / squares(&mut right.iter().copied())).sqrt()
    };
    assert!(flow.misfit() < 0.1, "{}", flow.misfit());
    assert!((error(0.0) - flow.misfit()).abs() < 1e-12);
    assert!(error(0.5) < 0.1, "{}", error(0.5));
}

#[test]
fn what_does_not_fit_is_refused() {
    let functions = Matrix::<f64>::identity(3);
    assert!(matches!(HeatFlow::new(functions.clone(), vec![0.0; 2], &[0.0; 3]), Err(Error::Shape { .. })));
    assert!(matches!(HeatFlow::new(functions.clone(), vec![0.0; 3], &[0.0; 4]), Err(Error::Shape { .. })));
    assert!(matches!(HeatFlow::new(functions.clone(), vec![f64::NAN; 3], &[0.0; 3]), Err(Error::NonFinite { .. })));
    assert!(HeatFlow::new(functions.clone(), vec![0.0; 3], &[f64::NAN; 3]).is_err());
    assert_eq!(HeatFlow::new(functions, vec![0.0; 3], &[0.0; 3]).unwrap().misfit(), 0.0);
}
