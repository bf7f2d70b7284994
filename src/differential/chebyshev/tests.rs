use std::f64::consts::PI;

use super::*;
use crate::Error;
use crate::linalg::Matrix;

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

#[test]
fn small_initial_data_are_judged_as_large_ones() {
    let grid = ChebyshevGrid::new(24, 0.0..1.0).unwrap();
    let evolve = |ends: [EndCondition; 2], u: &dyn Fn(f64) -> f64| {
        let start: Vec<f64> = grid.points().iter().map(|&x| u(x)).collect();
        grid.evolve(grid.second_derivative(), &[0.0; 24], ends, &start, 1e-3)
    };
    for scale in [1e-200, 1e-9, 1.0, 1e9] {
        let [held, free] = [EndCondition::dirichlet(0.0), EndCondition::neumann(0.0)];
        // sin π is not 0, and the slope of a cosine at π is not either.
        assert!(evolve([held; 2], &|x| scale * (PI * x).sin()).is_ok());
        assert!(evolve([free; 2], &|x| scale * (PI * x).cos()).is_ok());
        assert!(evolve([EndCondition::dirichlet(scale), held], &|x| scale * (1.0 - x)).is_ok());
        for ends in [[held, EndCondition::dirichlet(scale)], [free, EndCondition::neumann(scale)]] {
            assert!(evolve(ends, &|_| 0.0).is_err(), "{scale:e}");
        }
        assert!(evolve([held; 2], &|_| scale).is_err() && evolve([held, free], &|x| scale * x).is_err(), "{scale:e}");
        assert!(evolve([held; 2], &|_| 0.0).unwrap().iter().all(|&u| u == 0.0));
    }
}

#[test]
fn a_problem_without_a_unique_solution_is_refused_on_every_grid() {
    let [held, free] = [EndCondition::dirichlet(0.0), EndCondition::neumann(0.0)];
    for n in (3..=40).chain([64, 100, 128, 177, 200]) {
        for length in [1.0, 7.0, 1e-3] {
            let grid = ChebyshevGrid::new(n, 0.0..length).unwrap();
            let f: Vec<f64> = grid.points().iter().map(|x| (3.0 * x / length).cos()).collect();
            let refused = |operator: &Matrix<f64>, ends| {
                let found = grid.solve_boundary_value(operator, &f, ends);
                assert!(matches!(found, Err(Error::Singular { .. })), "{n} {length}: {found:?}");
            };
            refused(grid.second_derivative(), [free; 2]);
            refused(&grid.second_derivative().scale(1e-9), [free; 2]);
            // u″ + (π/ℓ)² u has the sine, once the grid resolves it to rounding.
            if n >= 15 {
                let resonance = |k: f64| grid.operator(|_| 1.0, |_| 0.0, |_| (k * PI / length).powi(2));
                refused(&resonance(1.0), [held; 2]);
                if n >= 22 {
                    refused(&resonance(2.0), [free; 2]);
                }
            }
        }
    }
    for n in [16, 24, 40, 64] {
        let side = ChebyshevGrid::new(n, 0.0..1.0).unwrap();
        let found = poisson_rectangle(&side, &side, 2.0 * PI * PI, |x, _| x, |_, _| 0.0);
        assert!(matches!(found, Err(Error::Singular { .. })), "{n}: {found:?}");
    }
}

#[test]
fn close_to_a_singular_problem_the_solution_is_still_found() {
    let u = |x: f64| x.exp() * (3.0 * x).sin();
    let bend = |x: f64| x.exp() * (-8.0 * (3.0 * x).sin() + 6.0 * (3.0 * x).cos());
    for n in [16, 24, 40, 64, 100, 128, 200] {
        let grid = ChebyshevGrid::new(n, 0.0..1.0).unwrap();
        let solved = |r: f64, ends: [EndCondition; 2]| {
            let operator = grid.operator(|_| 1.0, |_| 0.0, |_| r);
            let f: Vec<f64> = grid.points().iter().map(|&x| bend(x) + r * u(x)).collect();
            let found = grid.solve_boundary_value(&operator, &f, ends).unwrap_or_else(|e| panic!("{n} {r}: {e}"));
            found.iter().zip(grid.points()).map(|(v, &x)| (v - u(x)).abs()).fold(0.0, f64::max)
        };
        let held = [EndCondition::dirichlet(0.0), EndCondition::dirichlet(u(1.0))];
        for away in [1e-3, -1e-3, 1e-5, 1e-7] {
            let error = solved(PI * PI + away, held);
            assert!(error < 1e-10 / away.abs(), "{n} {away}: {error:e}");
        }
        // Almost between two slopes, a stiff decay and fast waves.
        let slope = 1f64.exp() * (3f64.sin() + 3.0 * 3f64.cos());
        assert!(solved(1e-6, [EndCondition::neumann(3.0), EndCondition::neumann(slope)]) < 1e-3);
        assert!(solved(-1e8, held) < 1e-9 && solved(1e4, held) < 1e-9);
    }
    let exact = |x: f64, y: f64| (PI * x).sin() * (1.0 + y).ln();
    for n in [16, 24, 40, 64] {
        let side = ChebyshevGrid::new(n, 0.0..1.0).unwrap();
        let shift = 2.0 * PI * PI + 1e-3;
        let f = |x: f64, y: f64| (shift - PI * PI) * exact(x, y) - (PI * x).sin() / (1.0 + y).powi(2);
        let found = poisson_rectangle(&side, &side, shift, f, exact).unwrap();
        for (i, &x) in side.points().iter().enumerate() {
            for (j, &y) in side.points().iter().enumerate() {
                assert!((found[(i, j)] - exact(x, y)).abs() < 1e-6, "{n}: {:e}", found[(i, j)] - exact(x, y));
            }
        }
    }
}

#[test]
fn a_time_over_which_rounding_grows_is_refused() {
    let walls = [EndCondition::neumann(0.0); 2];
    let held = [EndCondition::dirichlet(0.0); 2];
    for scale in [1e-9, 1.0, 1e9] {
        for (n, times) in [(16, [1.0, 1e6, 1e15]), (64, [10.0, 1e4, 1e12])] {
            let grid = ChebyshevGrid::new(n, 0.0..1.0).unwrap();
            let start: Vec<f64> = grid.points().iter().map(|x| scale * (2.0 + (PI * x).cos())).collect();
            let evolve = |t: f64| grid.evolve(grid.second_derivative(), &vec![0.0; n], walls, &start, t);
            for t in &times[..2] {
                let exact = |x: f64| 2.0 + (-PI * PI * t).exp() * (PI * x).cos();
                let found = evolve(*t).unwrap();
                let off =
                    found.iter().zip(grid.points()).map(|(u, &x)| (u / scale - exact(x)).abs()).fold(0.0, f64::max);
                assert!(off < 1e-6, "{n} {t}: {off:e}");
            }
            let message = evolve(times[2]).unwrap_err().to_string();
            assert!(message.contains("t of evolve") && message.contains("shorter time"), "{n}: {message}");
            assert!(n < 64 || evolve(1e6).is_err(), "1e-5 off");
            // What decays, alone or to a steady state, does not care.
            let sine: Vec<f64> = grid.points().iter().map(|x| scale * (PI * x).sin()).collect();
            let steady = grid.evolve(grid.second_derivative(), &vec![-2.0 * scale; n], held, &sine, times[2]).unwrap();
            for (u, x) in steady.iter().zip(grid.points()) {
                assert!((u / scale + x * (1.0 - x)).abs() < 1e-9, "{n} {x}: {u}");
            }
        }
    }
}

#[test]
fn a_layer_between_the_points_is_refused() {
    let held = [EndCondition::dirichlet(0.0); 2];
    // ε u″ + u′ = 1: u = x − (1 − e^(−x/ε))/(1 − e^(−1/ε)), a layer of the width ε at 0.
    for scale in [1e-12, 1.0, 1e12] {
        for epsilon in [0.3, 0.1, 1e-2, 1e-3, 1e-4] {
            for n in [6, 12, 13, 24, 40, 41, 64, 128] {
                let grid = ChebyshevGrid::new(n, 0.0..1.0).unwrap();
                let operator = grid.operator(|_| epsilon, |_| 1.0, |_| 0.0);
                let found = grid.solve_boundary_value(&operator, &vec![scale; n], held);
                let exact = |x: f64| x - (-x / epsilon).exp_m1() / (-1.0 / epsilon).exp_m1();
                match found {
                    Ok(u) => {
                        let off = u.iter().zip(grid.points()).map(|(u, &x)| (u / scale - exact(x)).abs());
                        let off = off.fold(0.0, f64::max);
                        assert!(off < 0.02, "{epsilon} {n}: {off:.1e}");
                    }
                    Err(Error::InvalidArgument { what, reason }) => {
                        assert!(what.contains("points") && reason.contains("more points"), "{what} {reason}");
                        // Points are πx/n apart at the distance x from the end.
                        assert!(epsilon * (n * n) as f64 <= 30.0, "{epsilon} {n}: {reason}");
                    }
                    Err(error) => panic!("{epsilon} {n}: {error}"),
                }
            }
        }
    }
}

#[test]
fn polynomials_that_the_grid_holds_are_no_layers() {
    for n in 3..20 {
        // The highest power that there is: its coefficients do not fall.
        let grid = ChebyshevGrid::new(n, -1.0..1.0).unwrap();
        let degree = (n - 1) as i32;
        let u = |x: f64| (f64::from(degree) * x.acos()).cos();
        let values: Vec<f64> = grid.points().iter().map(|&x| u(x)).collect();
        let bend = grid.second_derivative().matvec(&values).unwrap();
        let ends = [EndCondition::dirichlet(u(-1.0)), EndCondition::dirichlet(u(1.0))];
        let found = grid.solve_boundary_value(grid.second_derivative(), &bend, ends).unwrap();
        assert!(found.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-9), "{n}");
        assert!(grid.coefficients(&values).iter().rev().skip(1).all(|c| c.abs() < 1e-12), "{n}");
    }
}
