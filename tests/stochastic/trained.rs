//! What trainings end in, and what of it is doubted.

use super::*;

#[test]
fn both_nestings_converge_to_the_scaled_eigenfunctions_in_order() {
    let sampler = Exact::<f64>::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            for (off_diagonal, balanced) in
                [(OffDiagonalWeight::PLAIN, false), (NestedLora::default().off_diagonal, true)]
            {
                let solver = NestedLora {
                    nesting,
                    off_diagonal,
                    balanced,
                    ..with(linear(), |t| {
                        t.form = form;
                        t.rate = 0.02;
                    })
                };
                let functions = solver.solve(&Diagonal, &sampler, Seed(3)).expect("trained").eigenfunctions;
                // At the corners (1, 1), (−1, 1), (−1, −1), (1, −1) the functions are ±√λ (1, x, y).
                let values = functions.evaluate(&sampler.0).expect("values").values;
                for (state, lambda) in SPECTRUM.iter().enumerate() {
                    for (other, phi) in [[1.0; 4], [1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]].iter().enumerate() {
                        let overlap = (0..4).map(|p| 0.25 * values[(p, state)] * phi[p]).sum::<f64>().abs();
                        let expected = if state == other { lambda.sqrt() } else { 0.0 };
                        assert!(
                            (overlap - expected).abs() < 1e-5,
                            "{nesting:?}, {form:?}, balanced {balanced}: f{state} on φ{other} is {overlap}"
                        );
                    }
                    assert!((functions.values()[state] - lambda).abs() < 1e-4, "{nesting:?}: {:?}", functions.values());
                }
            }
        }
    }
}

/// Largest relative eigenvalue error and orthogonality after a short training.
fn trained<T: Scalar + eigennet::container::Element>(solver: &NestedLora) -> (f64, f64) {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solved = solver.solve::<T>(&Schrodinger::hydrogen(), &sampler, Seed(0)).expect("trained");
    let functions = solved.eigenfunctions;
    let grid = PolarGrid { radius: 60.0, radial: 100, ..PolarGrid::independent() }.build::<T>().expect("a grid");
    let on_grid = functions.evaluate(grid.points()).expect("values");
    let [dx, dy] = &on_grid.gradients[..] else { panic!("two coordinates") };
    let found =
        compare(&Hydrogen2d, &grid, on_grid.values.as_slice(), [dx.as_slice(), dy.as_slice()]).expect("compared");
    (found.max_relative_error(), found.orthogonality)
}

#[test]
fn a_short_training_finds_the_lowest_levels_of_hydrogen() {
    for nesting in NESTINGS {
        let (error, overlap) = trained::<f64>(&NestedLora {
            nesting,
            ..with(hydrogen(), |t| {
                t.steps = 2500;
                t.batch = 128;
            })
        });
        assert!(error < 2e-2 && overlap < 5e-2, "{nesting:?}: {error:e}, {overlap:e}");
    }
    let (error, overlap) = trained::<f32>(&with(hydrogen(), |t| {
        t.steps = 2500;
        t.batch = 128;
    }));
    assert!(error < 2e-2 && overlap < 5e-2, "f32: {error:e}, {overlap:e}");
}

/// Batches smaller than the number of states cannot tell the states apart: quotients in the thousands used to come back
/// with nothing said.
#[test]
fn what_small_batches_or_few_steps_leave_is_doubted() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solve = |solver: NestedLora| solver.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).expect("trained");
    for (batch, steps) in [(1, 20), (2, 400), (64, 20)] {
        let solved = solve(with(hydrogen(), |t| {
            t.batch = batch;
            t.steps = steps;
        }));
        let doubt = solved.doubt().expect("a doubt");
        assert!(doubt.to_string().contains("train longer"), "{doubt}");
    }
    let solved = solve(with(hydrogen(), |t| {
        t.steps = 2500;
        t.batch = 128;
    }));
    assert_eq!(solved.doubt(), None, "{:?}", solved.checked);
}
