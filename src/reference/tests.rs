//! Laws that every exact spectrum has to keep.

use super::*;

/// A spectrum, how many of its states to test, and points inside its domain, off its singularities.
type Case = (Box<dyn ExactSpectrum>, usize, Vec<[f64; 2]>);

fn spectra() -> Vec<Case> {
    let plane = vec![[0.5, -0.3], [1.0, 2.0], [-3.0, 0.7], [-0.2, -2.5], [0.0, 1.5], [4.0, -4.0]];
    let inside = vec![[0.5, 0.3], [1.0, 2.0], [2.4, 0.7], [0.9, 1.9]];
    vec![
        (Box::new(Hydrogen2d), 49, plane.clone()),
        (Box::new(Oscillator2d), 45, plane),
        (Box::new(SquareWell::new(2.7).unwrap()), 40, inside),
    ]
}

/// The derivative of `f` along `axis`, by central differences of sixth order.
fn derivative(f: impl Fn([f64; 2]) -> f64, x: [f64; 2], axis: usize, h: f64) -> f64 {
    let at = |k: f64| {
        let mut y = x;
        y[axis] += k * h;
        f(y)
    };
    (45.0 * (at(1.0) - at(-1.0)) - 9.0 * (at(2.0) - at(-2.0)) + (at(3.0) - at(-3.0))) / (60.0 * h)
}

#[test]
fn eigenfunctions_solve_their_equation() {
    for (spectrum, states, points) in spectra() {
        for index in 0..states {
            let state = spectrum.state(index);
            for &x in &points {
                let laplacian: f64 = (0..2).map(|axis| derivative(|y| state.gradient(y)[axis], x, axis, 4e-3)).sum();
                let applied = spectrum.laplacian_factor() * laplacian + spectrum.multiplier(x) * state.value(x);
                let error = applied - spectrum.eigenvalue(index) * state.value(x);
                assert!(error.abs() < 1e-8, "{} state {index} at {x:?}: {error:e}", spectrum.name());
            }
        }
    }
}

#[test]
fn gradients_are_those_of_the_values() {
    for (spectrum, states, points) in spectra() {
        for index in 0..states {
            let state = spectrum.state(index);
            for &x in &points {
                for axis in 0..2 {
                    let error = state.gradient(x)[axis] - derivative(|y| state.value(y), x, axis, 4e-3);
                    assert!(error.abs() < 1e-10, "{} state {index} at {x:?}: {error:e}", spectrum.name());
                }
            }
        }
    }
}

#[test]
fn levels_are_the_runs_of_equal_eigenvalues() {
    for (spectrum, states, _) in spectra() {
        let sign = -spectrum.laplacian_factor();
        for index in 1..states {
            let (before, here) = (spectrum.eigenvalue(index - 1), spectrum.eigenvalue(index));
            assert!(sign * (here - before) >= 0.0, "{} is out of order at {index}", spectrum.name());
            assert_eq!(before == here, spectrum.level(index - 1) == spectrum.level(index));
            assert!(spectrum.level_states(spectrum.level(index)).contains(&index));
        }
        let ranges = levels(&*spectrum, states);
        assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(ranges.last().is_some_and(|last| last.contains(&(states - 1))));
        assert_eq!(spectrum.eigenvalues(3).len(), 3);
    }
}

#[test]
fn sampling_agrees_with_single_points_and_refuses_bad_ones() {
    let points = [0.5, -0.3, 1.0, 2.0];
    let psi = sample::<f64>(&Hydrogen2d, 5, &points).unwrap();
    let state = Hydrogen2d.state(4);
    assert_eq!(psi.values[(1, 4)], state.value([1.0, 2.0]));
    assert_eq!(psi.gradients.each_ref().map(|g| g[(0, 4)]), state.gradient([0.5, -0.3]));
    assert_eq!(Hydrogen2d.eigenfunction(4, [1.0, 2.0]), state.value([1.0, 2.0]));
    assert_eq!(sample::<f32>(&Hydrogen2d, 0, &[1.0, 2.0]).unwrap().values.cols(), 0);
    assert_eq!(sample::<f32>(&Hydrogen2d, 3, &[]).unwrap().values.rows(), 0);
    assert!(matches!(sample(&Hydrogen2d, 5, &points[..3]), Err(crate::Error::Shape { .. })));
    assert!(matches!(sample(&Hydrogen2d, 5, &[1.0, f64::NAN]), Err(crate::Error::NonFinite { index: 1, .. })));
}

/// All pairs coupled by c, d oscillators of frequency ω have the squares ω(ω − c), d − 1 times, and ω(ω + (d − 1)c).
#[test]
fn coupled_oscillators_have_levels_up_to_the_critical_coupling() {
    for omega in [1e-3_f64, 1.0, 0.3, 1e5] {
        for d in 1..=6 {
            let frequencies = vec![omega; d];
            for part in [-0.999, 0.5, 0.999] {
                let coupling = part * omega / if part < 0.0 { (d - 1).max(1) as f64 } else { 1.0 };
                let modes = (d - 1) as f64 * (omega * (omega - coupling)).sqrt();
                let right = 0.5 * (modes + (omega * (omega + (d - 1) as f64 * coupling)).sqrt());
                let found = coupled_oscillators(&frequencies, coupling, 1).unwrap();
                assert!((found[0] / right - 1.0).abs() < 1e-10, "{omega} {d} {coupling}: {found:?} {right}");
            }
            if d > 1 {
                for critical in [omega, -omega / (d - 1) as f64, 1.5 * omega] {
                    assert!(coupled_oscillators(&frequencies, critical, 3).is_err(), "{omega} {d} {critical}");
                }
            }
        }
    }
}

#[test]
fn more_states_than_memory_holds_are_refused() {
    for states in [usize::MAX, 1 << 60] {
        let refused = coupled_oscillators(&[1.0, 2.0], 0.1, states);
        assert!(matches!(refused, Err(crate::Error::InvalidArgument { .. })), "{states}: {refused:?}");
    }
    assert_eq!(lowest_sums(&[vec![1.0, 2.0]], usize::MAX).unwrap(), [1.0, 2.0]);
}
