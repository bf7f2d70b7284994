//! Against exact levels, the dense basis of tensor trains, and finite differences.

use super::*;
use crate::eigenfunctions::separable::Factor;
use crate::eigenfunctions::{LineBasis, TensorTrain};
use crate::linalg::Matrix;
use crate::optim::Objective;
use crate::reference::coupled_oscillators;
use std::f64::consts::PI;

fn small() -> TensorNetwork {
    let lbfgs = Lbfgs { max_iterations: 300, ..TensorNetwork::default().lbfgs };
    TensorNetwork { products: 8, hidden: vec![8], points: 48, lbfgs, ..TensorNetwork::default() }
}

/// Neighbours, all pairs and three at once; of each kind of coordinate one.
fn mixed() -> (SeparableSum, Vec<Coordinate>) {
    let bump = Factor::function(|x| (-x * x).exp());
    let h = SeparableSum::kinetic(3, 0.5).plus(0.25, &[]).unwrap();
    let h = h.plus(0.5, &[(0, Factor::Power(2))]).unwrap().plus(0.7, &[(1, Factor::Power(2))]).unwrap();
    let h = h.plus(0.3, &[(0, bump.clone()), (1, Factor::Power(1))]).unwrap();
    let h = h.plus(-0.4, &[(2, bump.clone()), (0, bump), (1, Factor::Power(2))]).unwrap();
    (h, vec![Coordinate::line(0.0, 1.0), Coordinate::line(0.1, 0.9), Coordinate::Interval(-1.0..2.0)])
}

#[test]
fn the_gradient_is_that_of_the_loss() {
    let (h, coordinates) = mixed();
    let settings = TensorNetwork { states: 2, products: 5, hidden: vec![4, 3], points: 40, ..small() };
    let mut objective = settings.objective(&h, &coordinates, Seed(3)).unwrap();
    // Away from the start, where the penalty has a slope.
    let mut at: Vec<f64> = objective.start().iter().enumerate().map(|(i, p)| p + 0.05 * (i as f64).sin()).collect();
    let mut gradient = vec![0.0; at.len()];
    objective.value_and_gradient(&at, &mut gradient).unwrap();
    let mut room = vec![0.0; at.len()];
    for i in (0..at.len()).step_by(3) {
        let own = at[i];
        let mut value = |x: f64| {
            at[i] = x;
            objective.value_and_gradient(&at, &mut room).unwrap()
        };
        let step = 1e-4;
        // Of the fourth order.
        let [near, far] = [step, 2.0 * step].map(|s| value(own + s) - value(own - s));
        let slope = (8.0 * near - far) / (12.0 * step);
        at[i] = own;
        assert!((gradient[i] - slope).abs() < 1e-7 * (1.0 + slope.abs()), "{i}: {} for {slope}", gradient[i]);
    }
}

#[test]
fn levels_are_those_of_tensor_trains() {
    let (h, coordinates) = mixed();
    let bases: Vec<LineBasis> = coordinates.iter().map(|at| LineBasis::new(20, at.clone()).unwrap()).collect();
    let train = TensorTrain { states: 2, ..TensorTrain::default() }.solve(&h, &bases).unwrap();
    for seed in 0..2 {
        let found = TensorNetwork { states: 2, ..small() }.solve(&h, &coordinates, Seed(seed)).unwrap();
        for (network, train) in found.values().iter().zip(train.values()) {
            // From above.
            assert!(*network > train - 1e-7 && network - train < 1e-3, "{network} {train}");
        }
        assert_eq!(found.doubt(), None);
        // The functions are the same, but for their signs.
        let at = Matrix::from_vec(2, 3, vec![0.3, -0.4, 0.2, -0.5, 0.6, 1.1]).unwrap();
        let (network, train) = (found.evaluate(&at).unwrap(), train.evaluate(&at).unwrap());
        for i in 0..2 {
            let (a, b) = (network[(i, 0)].abs(), train[(i, 0)].abs());
            assert!((a - b).abs() < 0.02 * b.max(0.1), "{a} {b}");
        }
    }
}

#[test]
fn a_box_of_five_dimensions_and_coupled_oscillators() {
    let cube = vec![Coordinate::Interval(0.0..1.0); 5];
    let settings = TensorNetwork { states: 6, products: 10, ..small() };
    let found = settings.solve(&SeparableSum::kinetic(5, 1.0), &cube, Seed(0)).unwrap();
    let exact = [5.0, 8.0, 8.0, 8.0, 8.0, 8.0].map(|n| n * PI * PI);
    for (value, exact) in found.values().iter().zip(exact) {
        assert!((value / exact - 1.0).abs() < 1e-5, "{value} {exact}");
    }
    assert_eq!(found.doubt(), None);
    let frequencies = [0.8, 1.0, 1.3];
    let exact = coupled_oscillators(&frequencies, 0.2, 1).unwrap()[0];
    let h = SeparableSum::coupled_oscillators(&frequencies, 0.2);
    let found = small().solve(&h, &vec![Coordinate::line(0.0, 1.0); 3], Seed(1)).unwrap();
    let error = found.values()[0] - exact;
    assert!(error > -1e-8 && error < 1e-3, "{error}");
    // An eigenvalue lies within the residual, which random points tell to a tenth or so.
    assert!(error < 1.5 * found.checked().residuals[0], "{error} {:?}", found.checked());
}

#[test]
fn what_exploits_its_points_is_doubted() {
    // Ten points cannot integrate what eight products of wide networks are after so many steps.
    let h = SeparableSum::kinetic(1, 1.0).plus(1.0, &[(0, Factor::Power(2))]).unwrap();
    let coarse = TensorNetwork { states: 4, points: 10, penalty: 0.0, hidden: vec![24], ..small() };
    let found = coarse.solve(&h, &[Coordinate::line(0.0, 1.0)], Seed(0)).unwrap();
    assert!(found.doubt().is_some(), "{:?} {:?}", found.values(), found.checked());
    // Unbounded from below.
    let h = SeparableSum::kinetic(1, 1.0).plus(-1.0, &[(0, Factor::Power(4))]).unwrap();
    let found = small().solve(&h, &[Coordinate::line(0.0, 1.0)], Seed(0));
    assert!(!found.is_ok_and(|found| found.doubt().is_none()));
}

#[test]
fn a_training_that_went_on_is_the_same() {
    let (h, coordinates) = mixed();
    let settings = small();
    let whole = settings.solve(&h, &coordinates, Seed(2)).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let again = pool.install(|| settings.solve(&h, &coordinates, Seed(2)).unwrap());
    assert_eq!(whole.values(), again.values());
    assert_eq!(whole.checked(), again.checked());
}

#[test]
fn what_makes_no_problem_is_refused() {
    let (h, coordinates) = mixed();
    let settings = small();
    for refused in [
        TensorNetwork { states: 0, ..settings.clone() },
        TensorNetwork { states: 9, ..settings.clone() },
        TensorNetwork { states: 2, trained: Some(1), ..settings.clone() },
        TensorNetwork { trained: Some(9), ..settings.clone() },
        TensorNetwork { products: 0, ..settings.clone() },
        TensorNetwork { products: usize::MAX, ..settings.clone() },
        TensorNetwork { hidden: vec![0], ..settings.clone() },
        TensorNetwork { points: 1, ..settings.clone() },
        TensorNetwork { points: usize::MAX, ..settings.clone() },
        TensorNetwork { jitter: f64::NAN, ..settings.clone() },
        TensorNetwork { penalty: -1.0, ..settings.clone() },
    ] {
        let error = refused.solve(&h, &coordinates, Seed(0)).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{refused:?}: {error}");
    }
    assert!(settings.solve(&h, &coordinates[..2], Seed(0)).is_err());
    assert!(settings.solve(&SeparableSum::new(0), &[], Seed(0)).is_err());
    let backwards = std::ops::Range { start: 1.0, end: 0.0 };
    for bad in [Coordinate::line(f64::NAN, 1.0), Coordinate::line(0.0, -1.0), Coordinate::Interval(backwards)] {
        assert!(settings.solve(&SeparableSum::kinetic(1, 1.0), &[bad], Seed(0)).is_err());
    }
    let h = SeparableSum::kinetic(1, 1.0).plus(1.0, &[(0, Factor::function(f64::ln))]).unwrap();
    assert!(settings.solve(&h, &[Coordinate::line(0.0, 1.0)], Seed(0)).is_err());
}

/// What the preconditioner stands on: how far states move with the last layer of a coordinate, by brute force.
#[test]
fn neighbourhoods_measure_how_states_move() {
    let (h, coordinates) = mixed();
    let settings = TensorNetwork { states: 2, products: 4, hidden: vec![3], points: 24, ..small() };
    let mut objective = settings.objective(&h, &coordinates, Seed(5)).unwrap();
    let at = objective.start().to_vec();
    let gammas = objective.neighbourhoods(&at).unwrap();
    let solved = objective.finish(&at, ()).unwrap();
    let rules: Vec<_> = coordinates.iter().map(|c| c.rule(24, 8.0).unwrap()).collect();
    let points: Vec<f64> = (0..24).flat_map(|q| rules.iter().map(move |rule| rule.points()[q])).collect();
    let mut workspace = objective.family.forms.workspace();
    workspace.set("points", &points).unwrap();
    let values = objective.family.forms.evaluate(&at, &mut workspace).unwrap();
    let f: Vec<&[f64]> = objective.family.first.iter().map(|&[f, _]| values.value(f).unwrap()).collect();
    for (i, gamma) in gammas.iter().enumerate() {
        let others: Vec<usize> = (0..3).filter(|&j| j != i).collect();
        let (mut sums, [a, b]) = (Matrix::zeros(4, 4), [others[0], others[1]]);
        for (q, r) in (0..24).flat_map(|q| (0..24).map(move |r| (q, r))) {
            let weight = rules[a].weights()[q] * rules[b].weights()[r];
            for state in 0..2 {
                let part = |h: usize| solved.coefficients[(h, state)] * f[a][q * 4 + h] * f[b][r * 4 + h];
                for (h, k) in (0..4).flat_map(|h| (0..4).map(move |k| (h, k))) {
                    sums[(h, k)] += weight * part(h) * part(k);
                }
            }
        }
        let error = sums.sub(gamma).unwrap().max_abs();
        assert!(error < 1e-10 * sums.max_abs(), "{i}: {error:e}");
    }
}

#[test]
fn preconditioned_steps_reach_what_plain_ones_do_not() {
    // The same minimum of the same loss, without what the objective knows.
    struct Plain(ProductObjective);
    impl Objective<f64> for Plain {
        fn parameter_count(&self) -> usize {
            self.0.parameter_count()
        }
        fn value_and_gradient(&mut self, x: &[f64], g: &mut [f64]) -> crate::Result<f64> {
            self.0.value_and_gradient(x, g)
        }
    }
    let (h, line) = (SeparableSum::henon_heiles(3, 0.111803), vec![Coordinate::line(0.0, 1.0); 3]);
    let lbfgs = Lbfgs { max_iterations: 300, ..small().lbfgs };
    let settings = TensorNetwork { states: 4, products: 24, hidden: vec![12], ..small() };
    let run = |objective: &mut dyn Objective<f64>, mut at: Vec<f64>| {
        let bases = vec![LineBasis::new(20, line[0].clone()).unwrap(); 3];
        let exact: f64 =
            TensorTrain { states: 4, ..TensorTrain::default() }.solve(&h, &bases).unwrap().values().iter().sum();
        lbfgs.minimize(objective, &mut at).unwrap().value - exact
    };
    let mut objective = settings.objective(&h, &line, Seed(0)).unwrap();
    let start = objective.start().to_vec();
    let knowing = run(&mut objective, start.clone());
    let plain = run(&mut Plain(objective), start);
    assert!(knowing > 0.0 && knowing < 0.7 * plain, "{knowing:e} {plain:e}");
}

#[test]
fn a_well_beside_the_middle_is_found_or_doubted() {
    let (d, depth, a) = (6, 200.0, 2.5);
    let mut h = SeparableSum::kinetic(d, 0.5);
    for i in 0..d {
        h = h.plus(0.5, &[(i, Factor::Power(2))]).unwrap();
    }
    let well = Factor::function(move |x: f64| (-(x - a).powi(2)).exp());
    let h = h.plus(-depth, &(0..d).map(|i| (i, well.clone())).collect::<Vec<_>>()).unwrap();
    let settings = TensorNetwork { products: 6, lbfgs: Lbfgs { max_iterations: 60, ..small().lbfgs }, ..small() };
    // A product of Gaussians about 2.3 of the width .42 has -124.24.
    let found = settings.solve(&h, &vec![Coordinate::line(0.0, 1.0); d], Seed(0)).unwrap();
    let doubt = found.doubt().unwrap();
    assert!(found.values()[0] < -124.0 || (doubt.level == 0 && doubt.checked < -124.0), "{doubt}");
    // Where the doubt says to look.
    let centred: Vec<Coordinate> = match found.missed() {
        Some(missed) => missed.centre.iter().map(|&c| Coordinate::line(c, 0.5)).collect(),
        None => return,
    };
    let there = settings.solve(&h, &centred, Seed(0)).unwrap();
    assert!(there.values()[0] < -124.0 && there.missed().is_none(), "{:?}", there.values());
}
