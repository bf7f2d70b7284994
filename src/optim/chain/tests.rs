use super::*;
use crate::linalg::Matrix;
use crate::optim::least_squares::from_fn;
use crate::optim::least_squares::tests::{network, rosenbrock, start};
use crate::par::dot;

#[test]
fn every_stage_goes_on_where_the_one_before_ended() {
    let chain = Chain::new().adam(300, 1e-2).lbfgs(20).levenberg_marquardt(50).energy_natural_gradient(10);
    let chain = chain.gauss_newton(5).then(Spring { max_iterations: 3, ..Spring::default() });
    let mut x = start::<f64>(5, 1);
    let mut seen = Vec::new();
    let outcome = chain.minimize_observed(&mut network::<f64>(40, 5), &mut x, |p| {
        assert!(p.iteration <= p.total && p.parameters.len() == 15 && p.value.is_finite());
        if seen.last() != Some(&(p.index, p.stage)) {
            seen.push((p.index, p.stage));
        }
        ControlFlow::Continue(())
    });
    let outcome = outcome.unwrap();
    let names: Vec<_> = outcome.stages.iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["adam", "lbfgs", "levenberg_marquardt", "gauss_newton", "gauss_newton", "spring"]);
    assert!(outcome.stages.windows(2).all(|pair| pair[0].value == pair[1].before), "{outcome}");
    assert!(outcome.stages.iter().all(|stage| stage.value <= stage.before), "{outcome}");
    assert_eq!(outcome.stages[0].iterations, 300);
    assert_eq!(outcome.to_string().lines().count(), 6);
    assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "{seen:?}");
    let mut r = [0.0; 40];
    network(40, 5).residuals(&x, &mut r).unwrap();
    assert_eq!((dot(&r, &r), outcome.reason == StopReason::StoppedByObserver), (outcome.value, false));
}

#[test]
fn the_observer_ends_the_whole_chain() {
    let chain = Chain::new().adam(10, 1e-2).lbfgs(10).levenberg_marquardt(10);
    for (index, name) in [(0, "adam"), (1, "lbfgs"), (2, "levenberg_marquardt")] {
        let outcome = chain.minimize_observed(&mut rosenbrock::<f64>(), &mut [-1.2, 1.0], |p| {
            if p.index == index && p.iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let outcome = outcome.unwrap();
        assert_eq!(outcome.reason, StopReason::StoppedByObserver, "{outcome}");
        let last = outcome.stages.last().unwrap();
        assert_eq!((outcome.stages.len(), last.name, last.iterations), (index + 1, name, 3));
        assert!(last.reason == outcome.reason && last.error.is_none(), "{last}");
    }
}

#[test]
fn what_cannot_run_is_an_error() {
    let mut f = rosenbrock::<f64>();
    let mut x = [-1.2, 1.0];
    assert!(Chain::new().minimize(&mut f, &mut x).is_err());
    assert!(Chain::new().adam(10, -1.0).lbfgs(10).minimize(&mut f, &mut x).is_err());
    assert!(Chain::new().adam(0, 1.0).minimize(&mut f, &mut x).is_err());
    let chain = Chain::new().levenberg_marquardt(5);
    assert!(matches!(chain.minimize(&mut f, &mut [1.0]), Err(Error::Shape { .. })));
    assert!(matches!(chain.minimize(&mut f, &mut [1.0, f64::NAN]), Err(Error::NonFinite { index: 1, .. })));
    let bad = LevenbergMarquardt { damping: -1.0, ..LevenbergMarquardt::default() };
    assert!(chain.then(bad).minimize(&mut f, &mut x).is_err());
    let mut nan = from_fn(2, 1, |_: &[f64], r: &mut [f64], _: Option<&mut Matrix<f64>>| {
        r[1] = f64::NAN;
        Ok(())
    });
    let error = Chain::new().lbfgs(3).minimize(&mut nan, &mut [1.0]).unwrap_err();
    assert!(matches!(error, Error::NonFinite { index: 1, .. }), "{error}");
}

/// More parameters than residuals are named once, for the whole chain.
#[test]
fn an_underdetermined_chain_says_so() {
    let mut x = start::<f64>(20, 1);
    let outcome = Chain::new().lbfgs(5).levenberg_marquardt(5).minimize(&mut network(10, 20), &mut x).unwrap();
    assert!(outcome.underdetermined && outcome.to_string().matches("add points").count() == 1, "{outcome}");
}

/// A stage that fails where another may not hands on, with its reason as a type.
#[test]
fn a_failed_stage_hands_on() {
    // Adam steps over the edge of the domain, whatever the rate.
    let mut edge = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = if x[0] > 1.0 { x[0].ln() } else { f64::NAN };
        if let Some(j) = jacobian {
            j[(0, 0)] = 1.0 / x[0];
        }
        Ok(())
    });
    let mut x = [1.0 + 1e-9];
    let outcome = Chain::new().adam(10, 1.0).levenberg_marquardt(5).minimize(&mut edge, &mut x).unwrap();
    let [adam, _] = &outcome.stages[..] else { panic!("{outcome}") };
    assert_eq!((adam.reason, adam.value), (StopReason::Failed, adam.before), "{outcome}");
    let error = adam.error.as_deref().unwrap_or_default();
    assert!(error.contains("lower the learning rate") && adam.to_string().contains(error), "{adam}");
}
