//! The quadratures and boxes that the solver chooses, and what it says of those it is given.

use super::*;

/// Functions of a small network that vanish at ±6.
fn in_box() -> TrialFunctions {
    TrialFunctions {
        hidden: vec![16],
        length: 2.0,
        radius_input: false,
        envelope: Envelope::Box { half_width: 6.0 },
        ..TrialFunctions::default()
    }
}

/// The first levels −1, −3 of the oscillator in one dimension, on so many points, refined so often.
pub fn oscillator(points: usize, refinements: usize) -> Solution<f64, Outcome> {
    let lbfgs = Lbfgs { max_iterations: 150, max_evaluations: 450, ..Lbfgs::default() };
    let solver = NeuralRitz { states: 2, features: 12, trial: in_box(), lbfgs, refinements, ..NeuralRitz::default() };
    let grid = Quadrature::gauss_legendre(points, -6.0..6.0).expect("a grid");
    solver.solve(&Schrodinger::oscillator(1), &grid, Seed(0)).expect("a solution")
}

#[test]
fn levels_that_the_quadrature_made_are_doubted() {
    let (fine, coarse) = (oscillator(200, 0), oscillator(16, 0));
    assert_eq!(fine.doubt(), None, "{:?}", fine.checked);
    let residuals = fine.checked.expect("a second rule").residuals;
    assert!(residuals.iter().all(|r| *r < 0.05), "{residuals:?}");
    for (found, exact) in fine.eigenfunctions.values().iter().zip([-1.0, -3.0]) {
        assert!((found - exact).abs() < 1e-3, "{found}");
    }
    let doubt = coarse.doubt().expect("a doubt");
    assert_eq!(doubt.trained, coarse.eigenfunctions.values()[doubt.level]);
    assert!(doubt.residual > 1.0 && doubt.to_string().contains("more points"), "{doubt}");
}

/// The levels that 16 points made are gone once the solver takes more, and the bounds hold the exact ones.
#[test]
fn a_rule_too_coarse_is_refined() {
    let solved = oscillator(16, 6);
    assert_eq!(solved.doubt(), None, "{:?}", solved.checked);
    let bounds = solved.error_bounds().expect("a second rule");
    for ((found, bound), exact) in solved.eigenfunctions.values().iter().zip(bounds).zip([-1.0, -3.0]) {
        assert!((found - exact).abs() <= bound + 1e-9 && bound < 0.1, "{found} ± {bound}");
    }
}

/// Whether the last level is cut: two wells so far apart that levels come in pairs, the first at about 8, the next at 22.
#[test]
fn a_cut_level_is_told() {
    let wells = Schrodinger::new(1, |x| 4.0 * (x[0].square() - 4.0).square());
    let cut = |states| {
        let solver = NeuralRitz { states, features: 16, lbfgs: iterations(100), ..NeuralRitz::default() };
        let domain = Domain::cube(1, -3.2..3.2);
        solver.solve_on::<f64>(&wells, &domain, Seed(0)).expect("a solution").cut_level()
    };
    let told = cut(1).expect("a cut level");
    assert!(told.to_string().contains("`trained` to 2"), "{told}");
    assert_eq!(cut(2), None);
}

/// Levels on a domain, by a rule that the solver chooses, at some seeds.
fn on(domain: &Domain, operator: &Schrodinger, exact: &[f64]) {
    for seed in 0..2 {
        let lbfgs = iterations(100);
        let solver = NeuralRitz { states: exact.len(), features: 24, lbfgs, ..NeuralRitz::default() };
        let solved = solver.solve_on::<f64>(operator, domain, Seed(seed)).expect("a solution");
        assert_eq!((solved.doubt(), solved.small_box()), (None, None), "seed {seed}");
        for (level, exact) in solved.eigenfunctions.values().iter().zip(exact) {
            assert!((level / exact - 1.0).abs() < 1e-5, "seed {seed}: {level}, exact {exact}");
        }
    }
}

#[test]
fn lines_need_no_quadrature() {
    let well: Vec<f64> = (1..=6).map(|k| -(f64::from(k) * std::f64::consts::FRAC_PI_2).powi(2)).collect();
    on(&Domain::cube(1, -1.0..1.0), &Schrodinger::free(1), &well);
    let space = Domain::Space { length: 4.0 };
    on(&space, &Schrodinger::morse(25.0, 1.0), &[-4.75, -12.75, -18.75]);
    on(&space, &Schrodinger::poschl_teller(5.0), &[25.0, 16.0, 9.0, 4.0]);
    on(&space, &Schrodinger::quartic(1), &[-1.060362090484, -3.799673029801, -7.455697937987]);
}

/// Two cusps, whose distances are inputs, on a grid that knows both.
#[test]
fn an_electron_between_two_protons_is_found() {
    let grid =
        EllipticGrid { radius: 30.0, radial: 28, angular: 16, ..EllipticGrid::default() }.build().expect("a grid");
    let trial = TrialFunctions {
        hidden: vec![16],
        centres: vec![vec![-1.0, 0.0], vec![1.0, 0.0]],
        envelope: Envelope::Exponential { first: 2.0, last: 0.5 },
        ..TrialFunctions::default()
    };
    let solver = NeuralRitz { states: 2, features: 12, trial, lbfgs: iterations(100), ..NeuralRitz::default() };
    let solved = solver.solve::<f64>(&Schrodinger::hydrogen_molecular_ion(2, 2.0), &grid, Seed(0)).expect("a solution");
    assert_eq!(solved.doubt(), None);
    let exact = hydrogen_molecular_ion(2.0, 2).expect("levels");
    for (level, exact) in solved.eigenfunctions.values().iter().zip(exact) {
        assert!((level / -exact - 1.0).abs() < 1e-4, "{level} {exact}");
    }
}

/// Without a distance among the inputs and from biases of 0 they would be odd at the start, and stay so.
#[test]
fn functions_are_not_odd_by_default() {
    let solver = NeuralRitz { states: 1, features: 8, trial: in_box(), lbfgs: iterations(40), ..NeuralRitz::default() };
    let grid = Quadrature::<f64>::gauss_legendre(80, -6.0..6.0).expect("a grid");
    for seed in 0..3 {
        let solved = solver.solve(&Schrodinger::oscillator(1), &grid, Seed(seed)).expect("a solution");
        assert!((solved.eigenfunctions.values()[0] + 1.0).abs() < 1e-3, "{:?}", solved.eigenfunctions.values());
    }
}

#[test]
fn domains_that_are_none_are_told() {
    let refused = |dimension, domain: Domain| {
        NeuralRitz::default().solve_on::<f64>(&Schrodinger::oscillator(dimension), &domain, Seed(0)).err()
    };
    for domain in [Domain::Space { length: 0.0 }, Domain::Space { length: f64::NAN }, Domain::cube(1, 1.0..1.0)] {
        assert!(matches!(refused(1, domain), Some(Error::InvalidArgument { .. })));
    }
    assert!(matches!(refused(2, Domain::cube(1, 0.0..1.0)), Some(Error::Shape { .. })));
    let error = refused(4, Domain::cube(4, 0.0..1.0)).expect("an error");
    assert!(error.to_string().contains("1 to 3"), "{error}");
}
