use super::*;
use crate::eigenfunctions::functions::Functions;
use crate::eigenfunctions::metrics::orthogonality;
use crate::quadrature::PolarGrid;
use crate::reference::{ExactSpectrum, Hydrogen2d, Oscillator2d};

fn relative_error(found: &RadialSolution, spectrum: &dyn ExactSpectrum) -> f64 {
    let exact = spectrum.eigenvalues(found.states().len());
    found.eigenvalues().iter().zip(exact).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn hydrogen_to_rounding() {
    let found = RadialSolver::default().solve(1.0, |r| 1.0 / r, 25).unwrap();
    let error = relative_error(&found, &Hydrogen2d);
    assert!(error < 1e-12, "{error:e}");
    assert!(found.uncertainty() < 1e-9, "{:e}", found.uncertainty());
}

#[test]
fn the_oscillator_to_rounding() {
    let found = RadialSolver::default().solve(-1.0, |r| r * r, 28).unwrap();
    let error = relative_error(&found, &Oscillator2d);
    assert!(error < 1e-12, "{error:e}");
}

#[test]
fn the_circular_well_has_the_zeros_of_bessel_functions() {
    // j_{m,n}: Abramowitz and Stegun (1964), table 9.5.
    let zeros = [
        (0, 2.404_825_557_695_773),
        (1, 3.831_705_970_207_512),
        (2, 5.135_622_301_840_683),
        (0, 5.520_078_110_286_311),
        (3, 6.380_161_895_923_983),
    ];
    let well = RadialSolver { radius: Some(2.0), basis: 40, ..RadialSolver::default() };
    let found = well.solve(-1.0, |_| 0.0, 8).unwrap();
    let mut states = found.states().iter();
    for (m, zero) in zeros {
        for sign in if m == 0 { vec![1] } else { vec![1, -1] } {
            let state = states.next().unwrap();
            assert_eq!(state.angular_momentum(), sign * m);
            let want = zero * zero / 4.0;
            assert!((state.eigenvalue / want - 1.0).abs() < 1e-13, "{m}: {} against {want}", state.eigenvalue);
        }
    }
}

#[test]
fn units_do_not_matter() {
    // In lengths a times larger the operator is ∇²/a² + 1/(a r).
    for a in [1e-6_f64, 1e4] {
        let found = RadialSolver::default().solve(1.0 / (a * a), |r| 1.0 / (a * r), 9).unwrap();
        let error = relative_error(&found, &Hydrogen2d);
        assert!(error < 1e-12, "{a}: {error:e}");
    }
}

#[test]
fn states_are_the_exact_eigenfunctions() {
    let found = RadialSolver::default().solve(1.0, |r| 1.0 / r, 9).unwrap();
    for (index, state) in found.states().iter().enumerate() {
        let exact = Hydrogen2d.state(index);
        for x in [[0.3, 0.4], [-1.0, 2.0], [7.0, -3.0], [0.0, 20.0], [1e-5, 1e-5]] {
            assert!((state.value(x) - exact.value(x)).abs() < 1e-10, "{index} {x:?}");
            for (a, b) in state.gradient(x).iter().zip(exact.gradient(x)) {
                assert!((a - b).abs() < 1e-7, "{index} {x:?}: {a} against {b}");
            }
        }
        let (a, b) = (state.gradient([0.0, 0.0]), exact.gradient([0.0, 0.0]));
        assert!((a[0] - b[0]).abs() < 1e-5 && (a[1] - b[1]).abs() < 1e-5, "{a:?} {b:?}");
        assert_eq!(state.value([1e9, 0.0]), 0.0);
    }
    let grid = PolarGrid::independent().build::<f64>().unwrap();
    let values: Vec<f64> =
        grid.points().chunks(2).flat_map(|x| found.states().iter().map(move |s| s.value([x[0], x[1]]))).collect();
    let functions = Functions::new(&values, grid.weights()).unwrap();
    assert!(orthogonality(&functions).unwrap() < 1e-6);
    assert!(functions.norms().iter().all(|n| (n - 1.0).abs() < 1e-6));
    assert!(found.state(9).is_none());
}

#[test]
fn other_potentials_keep_the_virial_theorem() {
    // V = r⁴: 2⟨T⟩ = 4⟨V⟩, so E = 3⟨V⟩, an independent check of values and states.
    let found = RadialSolver::default().solve(-1.0, |r| r.powi(4), 6).unwrap();
    let grid = PolarGrid { radius: 6.0, ..PolarGrid::independent() }.build::<f64>().unwrap();
    for state in found.states() {
        let mean = grid.integrate(|x| {
            let r2 = x[0] * x[0] + x[1] * x[1];
            r2 * r2 * state.value([x[0], x[1]]).powi(2)
        });
        assert!((3.0 * mean / state.eigenvalue - 1.0).abs() < 1e-9, "{mean} {}", state.eigenvalue);
    }
}

#[test]
fn hostile_input_is_refused() {
    let solver = RadialSolver::default();
    let coulomb = |r: f64| 1.0 / r;
    for bad in [0.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(solver.solve(bad, coulomb, 3), Err(Error::InvalidArgument { .. })));
        let disk = RadialSolver { radius: Some(bad), ..solver };
        assert!(matches!(disk.solve(1.0, coulomb, 3), Err(Error::InvalidArgument { .. })));
    }
    assert!(matches!(solver.solve(1.0, coulomb, 0), Err(Error::InvalidArgument { .. })));
    for basis in [0, 7, 1001, usize::MAX] {
        let solver = RadialSolver { basis, ..solver };
        assert!(matches!(solver.solve(1.0, coulomb, 3), Err(Error::InvalidArgument { .. })));
    }
    let small = RadialSolver { basis: 24, ..solver };
    assert!(matches!(small.solve(1.0, |_| f64::NAN, 3), Err(Error::NonFinite { .. })));
    // A free particle, and a shallow well of one bound state, have not ten.
    assert!(matches!(small.solve(-1.0, |_| 0.0, 10), Err(Error::NoConvergence { .. })));
    assert!(matches!(small.solve(-1.0, |r| -(-r * r).exp(), 10), Err(Error::NoConvergence { .. })));
    // Too steep at the origin: unbounded below.
    let steep = RadialSolver { radius: Some(1.0), ..small };
    assert!(steep.solve(-1.0, |r| -r.powi(-3), 2).is_err());
    // More states than the basis could ever hold in one channel come from many channels.
    let many = RadialSolver { radius: Some(1.0), basis: 32, ..solver };
    assert_eq!(many.solve(-1.0, |_| 0.0, 60).unwrap().states().len(), 60);
}

#[test]
fn what_lies_between_the_points_is_not_missed() {
    let refused = |found: Result<RadialSolution>| matches!(found, Err(Error::NoConvergence { .. }));
    let solver = RadialSolver::default();
    // A well of the level -4.7156 at the origin, and a ring of the width .01 that is deeper, about -23754.
    let ring = |depth: f64, at: f64, width: f64| move |r: f64| -depth * (-((r - at) / width).powi(2)).exp();
    let narrow = ring(4e4, 8.0, 0.01);
    assert!(refused(solver.solve(-1.0, |r: f64| -10.0 * (-r * r).exp() + narrow(r), 1)));
    // In any unit of length.
    let a = 1e3;
    let scaled = |r: f64| (-10.0 * (-(r / a).powi(2)).exp() + narrow(r / a)) / (a * a);
    assert!(refused(solver.solve(-1.0, scaled, 1)));
    // A ring in a disk that holds no state, but moves all of them; deeper, one that does.
    let disk = RadialSolver { radius: Some(1.0), ..solver };
    for depth in [1e4, 1e8] {
        let found = disk.solve(-1.0, ring(depth, 0.7, 3e-4), 1);
        assert!(refused(found.clone()), "{depth}: {found:?}");
    }
    // Far beyond all that the search of a radius has tried.
    assert!(refused(solver.solve(-1.0, |r: f64| -10.0 * (-r * r).exp() + ring(30.0, 100.0, 1.0)(r), 1)));
    // A ring that the basis does resolve, shallower than the well and deeper: −D + √D − ⅜ of its oscillator and the fourth
    // power in it, −1/4r² of the circle.
    for (depth, level) in [(1.0, -4.7156), (20.0, -15.93)] {
        let found = solver.solve(-1.0, |r: f64| -10.0 * (-r * r).exp() + ring(depth, 3.0, 1.0)(r), 1).unwrap();
        assert!((found.eigenvalues()[0] / level - 1.0).abs() < 0.01, "{depth}: {found:?}");
    }
}
