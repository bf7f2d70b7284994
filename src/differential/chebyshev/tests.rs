use std::f64::consts::PI;

use super::*;
use crate::Error;

#[test]
fn derivatives_of_smooth_functions_are_spectral() {
    let grid = ChebyshevGrid::new(30, -1.0..2.0).unwrap();
    let values: Vec<f64> = grid.points().iter().map(|x| (2.0 * x).sin()).collect();
    for (order, bound) in [(0, 1e-15), (1, 1e-12), (2, 1e-10), (3, 1e-8), (4, 1e-6)] {
        let found = grid.derivative(order).matvec(&values).unwrap();
        let turn = order as f64 * PI / 2.0;
        for (x, v) in grid.points().iter().zip(found) {
            let exact = 2f64.powi(order as i32) * (2.0 * x + turn).sin();
            assert!((v - exact).abs() < bound, "{order} {x}: {:e}", v - exact);
        }
    }
}

#[test]
fn polynomials_are_exact() {
    for n in [3, 4, 9, 12] {
        let grid = ChebyshevGrid::new(n, 0.0..2.0).unwrap();
        assert!(grid.points().windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((grid.points()[0], grid.points()[n - 1]), (0.0, 2.0));
        for degree in 0..n as i32 {
            let values: Vec<f64> = grid.points().iter().map(|x| x.powi(degree)).collect();
            let integral = 2f64.powi(degree + 1) / f64::from(degree + 1);
            assert!((grid.integrate(&values).unwrap() / integral - 1.0).abs() < 1e-13, "{n} {degree}");
            for x in [0.0, 0.3, 1.7, 2.0] {
                assert!((grid.interpolate(&values, x).unwrap() - x.powi(degree)).abs() < 1e-11, "{n} {degree} {x}");
            }
            let slopes = grid.first_derivative().matvec(&values).unwrap();
            for (x, v) in grid.points().iter().zip(slopes) {
                let exact = if degree == 0 { 0.0 } else { f64::from(degree) * x.powi(degree - 1) };
                assert!((v - exact).abs() < 1e-9, "{n} {degree} {x}: {v} {exact}");
            }
        }
        assert!(grid.derivative(n).max_abs() == 0.0 && grid.derivative(usize::MAX).max_abs() == 0.0);
    }
}

#[test]
fn boundary_value_problems() {
    // u = e^x cos 3x solves x u″ + u′ − u = f for the f that fits, between a Robin and a Neumann end.
    let u = |x: f64| x.exp() * (3.0 * x).cos();
    let slope = |x: f64| x.exp() * ((3.0 * x).cos() - 3.0 * (3.0 * x).sin());
    let bend = |x: f64| x.exp() * (-8.0 * (3.0 * x).cos() - 6.0 * (3.0 * x).sin());
    let grid = ChebyshevGrid::new(32, 1.0..3.0).unwrap();
    let operator = grid.operator(|x| x, |_| 1.0, |_| -1.0);
    let f: Vec<f64> = grid.points().iter().map(|&x| x * bend(x) + slope(x) - u(x)).collect();
    let ends = [EndCondition::robin(2.0, -1.0, 2.0 * u(1.0) - slope(1.0)), EndCondition::neumann(slope(3.0))];
    let found = grid.solve_boundary_value(&operator, &f, ends).unwrap();
    for (&x, v) in grid.points().iter().zip(&found) {
        assert!((v - u(x)).abs() < 1e-10, "{x}: {:e}", v - u(x));
    }
}

#[test]
fn heat_by_the_matrix_exponential_is_exact() {
    let grid = ChebyshevGrid::new(24, 0.0..1.0).unwrap();
    let sine: Vec<f64> = grid.points().iter().map(|x| (PI * x).sin()).collect();
    let u = grid.evolve(grid.second_derivative(), &[0.0; 24], [EndCondition::dirichlet(0.0); 2], &sine, 0.3).unwrap();
    let decay = (-PI * PI * 0.3).exp();
    let worst = u.iter().zip(&sine).map(|(u, s)| (u - decay * s).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst:e}");
    // Insulated ends keep the mean: no steady state is needed.
    let cosine: Vec<f64> = grid.points().iter().map(|x| 2.0 + (PI * x).cos()).collect();
    let walls = [EndCondition::neumann(0.0); 2];
    let u = grid.evolve(grid.second_derivative(), &[0.0; 24], walls, &cosine, 0.3).unwrap();
    let worst = u.iter().zip(&cosine).map(|(u, c)| (u - 2.0 - decay * (c - 2.0)).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-11, "{worst:e}");
    // With a source the mean grows with it; nothing happens in no time.
    let warmed = grid.evolve(grid.second_derivative(), &[1.5; 24], walls, &[0.0; 24], 2.0).unwrap();
    assert!(warmed.iter().all(|u| (u - 3.0).abs() < 1e-8), "{warmed:?}");
    let now = grid.evolve(grid.second_derivative(), &[1.5; 24], walls, &cosine, 0.0).unwrap();
    assert!(now.iter().zip(&cosine).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn poisson_on_a_rectangle() {
    // u = e^x sin y + x² y³ has ∇²u = 2 y³ + 6 x² y, and nonzero sides.
    let u = |x: f64, y: f64| x.exp() * y.sin() + x * x * y * y * y;
    let (x, y) = (ChebyshevGrid::new(18, -1.0..1.0).unwrap(), ChebyshevGrid::new(21, 0.0..3.0).unwrap());
    for shift in [0.0, -5.0] {
        let f = |x: f64, y: f64| 2.0 * y * y * y + 6.0 * x * x * y + shift * u(x, y);
        let found = poisson_rectangle(&x, &y, shift, f, u).unwrap();
        for (i, &px) in x.points().iter().enumerate() {
            for (j, &py) in y.points().iter().enumerate() {
                assert!((found[(i, j)] - u(px, py)).abs() < 1e-11, "{px} {py}: {:e}", found[(i, j)] - u(px, py));
            }
        }
    }
}

#[test]
fn hostile_input_is_refused() {
    for points in [0, 2, usize::MAX] {
        assert!(matches!(ChebyshevGrid::new(points, 0.0..1.0), Err(Error::InvalidArgument { .. })));
    }
    for interval in [1.0..1.0, 1.0..0.0, f64::NAN..1.0, 0.0..f64::INFINITY, 0.0..1e-310] {
        assert!(matches!(ChebyshevGrid::new(8, interval), Err(Error::InvalidArgument { .. })));
    }
    let grid = ChebyshevGrid::new(12, 0.0..1.0).unwrap();
    let zero = [0.0; 12];
    assert!(grid.interpolate(&zero, 1.5).is_err() && grid.interpolate(&zero, f64::NAN).is_err());
    assert!(grid.interpolate(&zero[1..], 0.5).is_err() && grid.integrate(&zero[1..]).is_err());
    let laplacian = grid.second_derivative();
    let [held, free] = [EndCondition::dirichlet(0.0), EndCondition::neumann(0.0)];
    let singular = grid.solve_boundary_value(laplacian, &[1.0; 12], [free, free]);
    assert!(matches!(singular, Err(Error::Singular { .. })), "{singular:?}");
    let none = EndCondition::robin(0.0, 0.0, 1.0);
    assert!(grid.solve_boundary_value(laplacian, &zero, [held, none]).is_err());
    assert!(grid.solve_boundary_value(laplacian, &[f64::NAN; 12], [held, held]).is_err());
    assert!(matches!(grid.solve_boundary_value(laplacian, &[0.0; 3], [held, held]), Err(Error::Shape { .. })));
    let nan = grid.operator(|_| f64::NAN, |_| 0.0, |_| 0.0);
    assert!(matches!(grid.solve_boundary_value(&nan, &zero, [held, held]), Err(Error::NonFinite { .. })));
    for t in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(grid.evolve(laplacian, &zero, [held, held], &zero, t), Err(Error::InvalidArgument { .. })));
    }
    assert!(grid.evolve(laplacian, &zero, [held, held], &[1.0; 12], 1.0).is_err()); // inconsistent
    assert!(grid.evolve(laplacian, &zero, [held, none], &zero, 1.0).is_err());
    assert!(poisson_rectangle(&grid, &grid, 0.0, |_, _| f64::NAN, |_, _| 0.0).is_err());
    assert!(poisson_rectangle(&grid, &grid, f64::NAN, |_, _| 0.0, |_, _| 0.0).is_err());
}
