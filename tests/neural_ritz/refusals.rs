//! Settings and problems that have no answer.

use super::*;

fn refused(solver: &NeuralRitz, grid: &Quadrature<f64>) -> Error {
    refused_by(&Schrodinger::hydrogen(), solver, grid)
}

fn refused_by(operator: &dyn SelfAdjoint, solver: &NeuralRitz, grid: &Quadrature<f64>) -> Error {
    solver.solve(operator, grid, Seed(0)).map(|solved| solved.outcome).expect_err("it should refuse")
}

#[test]
fn settings_that_do_not_fit_are_told() {
    let grid = small_grid::<f64>();
    let base = small(12, 2);
    let trial = |trial: TrialFunctions| NeuralRitz { trial, ..small(12, 2) };
    let exponential =
        |first, last| trial(TrialFunctions { envelope: Envelope::Exponential { first, last }, ..small(12, 2).trial });
    for (solver, words) in [
        (NeuralRitz { states: 0, ..base.clone() }, "at least one"),
        (NeuralRitz { states: 13, ..base.clone() }, "raise features"),
        (NeuralRitz { trained: Some(13), ..base.clone() }, "raise features"),
        (NeuralRitz { trained: Some(3), ..base.clone() }, "4 states, 3 trained"),
        (NeuralRitz { features: usize::MAX, ..base.clone() }, "at most"),
        (NeuralRitz { jitter: f64::NAN, ..base.clone() }, "jitter"),
        (NeuralRitz { jitter: -1.0, ..base.clone() }, "jitter"),
        (NeuralRitz { penalty: f64::INFINITY, ..base.clone() }, "penalty"),
        (NeuralRitz { loss: RitzLoss::LogSum { floor: 0.0 }, ..base.clone() }, "floor"),
        (NeuralRitz { loss: RitzLoss::LogSum { floor: f64::NAN }, ..base.clone() }, "floor"),
        (trial(TrialFunctions { length: 0.0, ..base.trial.clone() }), "length"),
        (trial(TrialFunctions { length: f64::NAN, ..base.trial.clone() }), "length"),
        (trial(TrialFunctions { hidden: vec![0], ..base.trial.clone() }), "width 0"),
        (trial(TrialFunctions { centres: vec![vec![0.0]], ..base.trial.clone() }), "one number for each"),
        (trial(TrialFunctions { centres: vec![vec![0.0, f64::NAN]], ..base.trial.clone() }), "finite coordinates"),
        (exponential(-1.0, 0.1), "first rate"),
        (exponential(1.0, f64::NAN), "last rate"),
        (trial(TrialFunctions { envelope: Envelope::Box { half_width: 0.0 }, ..base.trial.clone() }), "half-width"),
    ] {
        let error = refused(&solver, &grid);
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn hostile_problems_are_told() {
    let grid = small_grid::<f64>();
    let line = Quadrature::gauss_legendre(20, 0.0..1.0).expect("a rule");
    assert!(matches!(refused(&small(12, 2), &line), Error::Shape { .. }));
    // A potential that is NaN, one that is infinite, and points on which nothing is left of a function.
    let nan = Schrodinger::new(2, |x| (-1.0 - squared_radius(x)).sqrt());
    assert!(matches!(refused_by(&nan, &small(12, 2), &grid), Error::NonFinite { .. }));
    let infinite = Schrodinger::new(2, |x| -1.0 / (squared_radius(x) * 0.0));
    assert!(matches!(refused_by(&infinite, &small(12, 2), &grid), Error::NonFinite { .. }));
    let far = Quadrature::new(vec![1e8, 1e8, -1e8, 1e8], vec![1.0, 1.0], 2).expect("a rule");
    assert!(matches!(refused(&small(12, 2), &far), Error::NotPositiveDefinite { .. } | Error::NonFinite { .. }));
    let empty = Quadrature::new(Vec::new(), Vec::new(), 2).expect("a rule");
    assert!(matches!(refused(&small(12, 2), &empty), Error::InvalidArgument { .. }));
    // Fewer points than features and no jitter: M is singular.
    let few = Quadrature::new(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.5], vec![1.0; 3], 2).expect("a rule");
    let error = refused(&NeuralRitz { jitter: 0.0, ..small(12, 2) }, &few);
    assert!(matches!(error, Error::NotPositiveDefinite { .. }), "{error:?}");
    // Another number of coordinates than the points have, and none.
    let error = refused_by(&Schrodinger::oscillator(4), &small(12, 2), &grid);
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    let error = refused_by(&Schrodinger::new(0, |x| x[0]), &small(12, 2), &grid);
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
    // Evaluation where there are no points, half a point, or NaN.
    let functions = hydrogen::<f64>(&small(12, 2)).eigenfunctions;
    assert!(matches!(functions.evaluate(&[]), Err(Error::Shape { .. })));
    assert!(matches!(functions.evaluate(&[1.0]), Err(Error::Shape { .. })));
    assert!(matches!(functions.evaluate(&[f64::NAN, 0.0]), Err(Error::NonFinite { .. })));
    assert!(matches!(functions.matrices(&line), Err(Error::Shape { .. })));
}
