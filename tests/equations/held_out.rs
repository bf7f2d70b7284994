//! Fits that make the residual vanish on their points alone: what tells them, and what cures them.

use std::f64::consts::TAU;
use std::ops::ControlFlow;

use eigennet::container::Container;
use eigennet::differential::{LinearLeastSquares, RandomFeatures};
use eigennet::linalg::Matrix;
use eigennet::optim::{
    FitState, FullBatch, GaussNewton, Lbfgs, LineSearch, Schedule, Sgd, Spring, StopReason, Trainer, least_squares,
};

use super::*;

/// u_t + u_x = 0 of a cosine, periodic: 601 parameters that can oscillate between 36 × 20 points.
fn advection() -> (Domain<2>, Collocation<f64>) {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let cosine = field(|[x, _]| (TAU * x).cos());
    let form = Form::on(&domain).periodic("x", 3).initial("t", cosine).build().unwrap();
    let net = Mlp::new("net", [form.feature_count(), 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 1.5 });
    let advection = Equation::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t) + u.d(x)
    });
    let points = domain.gauss([36, 20]).unwrap();
    (domain, advection.unwrap().on(&points).unwrap())
}

#[test]
fn a_fit_that_oscillates_between_its_points_is_told_and_cured() {
    let (domain, mut system) = advection();
    let exact = |p: &[f64]| (TAU * (p[0] - p[1])).cos();
    let lm = LevenbergMarquardt { max_iterations: 100, ..LevenbergMarquardt::default() };
    let fit = lm.fit(&mut system, Seed(0)).unwrap();
    let (judged, grid) = (fit.outcome.held_out.unwrap(), domain.uniform([61, 61]).unwrap());
    assert!(!fit.outcome.underdetermined && judged.trained < 1e-2 && judged.elsewhere > 1.0, "{fit}");
    assert!(fit.to_string().starts_with("warning: the residual is"), "{fit}");
    assert!(error(&fit.function("u").unwrap(), &grid, exact) > 0.1);
    // The same points, network and start.
    for crowding in [0.0, 1.0] {
        system.crowd(crowding).unwrap();
        let fit = LevenbergMarquardt { resample: 5, ..lm }.fit(&mut system, Seed(0)).unwrap();
        let missed = error(&fit.function("u").unwrap(), &grid, exact);
        assert!(missed < 1e-3 && fit.outcome.held_out.unwrap().warning().is_none(), "{missed:.1e}: {fit}");
    }
}

/// u′ = −u, of few parameters or of more than 6 points determine.
fn decay<T: eigennet::Scalar>(hidden: usize, points: usize) -> Collocation<T> {
    let domain = Domain::new(["t"], [0.0..9.0]).unwrap();
    let net = RandomFeatures { features: hidden, ..RandomFeatures::default() };
    let decay = Equation::record(&domain, |_, [t]| {
        let u = 1.0 + t * net.call(domain.scaled([t]));
        u.d(t) + u
    });
    decay.unwrap().on(&domain.gauss([points]).unwrap()).unwrap()
}

#[test]
fn every_method_carries_both_figures() {
    for (hidden, points, parted) in [(30, 6, true), (6, 60, false)] {
        let mut system = decay::<f64>(hidden, points);
        let start = system.equation().initial(Seed(0));
        let layout = system.equation().parameters().clone();
        let mut judged = Vec::new();
        let mut told =
            |text: String, held_out: Option<eigennet::optim::HeldOut>| judged.push((text, held_out.unwrap()));
        let fresh = || start.clone();
        let mut fitted = fresh();
        let outcome = LevenbergMarquardt::default().minimize(&mut system, &mut fitted).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let outcome = GaussNewton::default().minimize(&mut system, &mut fresh()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let spring =
            Spring { line_search: Some(LineSearch::Armijo { decrease: 1e-4, max_trials: 40 }), ..Spring::default() };
        let outcome = spring.minimize(&mut system, &mut fresh()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let outcome = Lbfgs::default().minimize(&mut system, &mut fresh()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let trainer = Trainer { steps: 2, schedule: Schedule::constant(1e-9).unwrap(), ..Trainer::default() };
        let step = &mut FullBatch(&mut system);
        let outcome = trainer.run(step, &mut Sgd::default(), &mut fitted, &mut ()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let outcome = Chain::new().lbfgs(20).levenberg_marquardt(100).minimize(&mut system, &mut fresh()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        let net = RandomFeatures { features: hidden, ..RandomFeatures::default() };
        let outcome = net.solve(&mut system, &layout, &mut fresh()).unwrap();
        told(outcome.to_string(), outcome.held_out);
        for (text, judged) in judged {
            assert_eq!(judged.warning().is_some(), parted, "{text}");
            assert_eq!(text.starts_with("warning"), parted, "{text}");
            assert!(text.contains("between"), "{text}");
        }
    }
}

#[test]
fn rounding_raises_no_alarm() {
    // Sixty points and three unknowns, in single precision: all that is left of the residual is noise.
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let line = Equation::<f32>::record(&domain, |g, [x]| {
        let [a, b, c] = ["a", "b", "c"].map(|name| g.scalar_parameter(name, 0.1));
        a + b * x + c * x.square() - 3.0 * x + 100.0 * x.square()
    })
    .unwrap();
    let mut system = line.on(&domain.gauss([60]).unwrap()).unwrap();
    let mut theta = line.initial(Seed(0));
    let outcome = LinearLeastSquares::default().solve(&mut system, &mut theta, 0..3).unwrap();
    assert!(outcome.warning().is_none(), "{outcome}");
    let judged = outcome.held_out.unwrap();
    assert!(judged.rounding > 0.0 && judged.rounding < 1e-3, "{judged:?}");
}

#[test]
fn a_residual_that_is_not_finite_between_the_points_is_told() {
    // √cos 38πx is 1 on every point, and half of what lies between is outside its domain.
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let gap =
        Equation::<f64>::record(&domain, |g, [x]| g.scalar_parameter("a", 0.5) - (38.0 * PI * x).cos().sqrt()).unwrap();
    let fit = LevenbergMarquardt::default().fit(&mut gap.on(&domain.uniform([20]).unwrap()).unwrap(), Seed(0)).unwrap();
    assert_eq!(fit.outcome.held_out.unwrap().elsewhere, f64::INFINITY);
    assert!(fit.to_string().starts_with("warning: the residual is inf"), "{fit}");
}

#[test]
fn points_that_are_drawn_anew_are_drawn_again_by_a_fit_that_resumes() {
    for crowding in [0.0, 2.0] {
        let (_, mut system) = advection();
        system.crowd(crowding).unwrap();
        let fit = LevenbergMarquardt { max_iterations: 9, resample: 2, ..LevenbergMarquardt::default() };
        let mut whole = system.equation().initial(Seed(0));
        let outcome = fit.minimize(&mut system, &mut whole).unwrap();
        for stop_at in [1, 2, 5] {
            let (_, mut system) = advection();
            system.crowd(crowding).unwrap();
            let start = system.equation().initial(Seed(0));
            let mut state = fit.start(&mut system, &start).unwrap();
            let stopped = fit.resume(&mut system, &mut state, |progress| {
                if progress.iteration == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(stopped.unwrap().reason, StopReason::StoppedByObserver);
            let mut file = Container::new();
            state.save(&mut file, "fit").unwrap();
            let (_, mut system) = advection();
            system.crowd(crowding).unwrap();
            let mut state = FitState::load(&file, "fit").unwrap();
            let resumed = fit.resume(&mut system, &mut state, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!((state.best_parameters(), resumed), (&whole[..], outcome), "stopped at {stop_at}");
        }
    }
}

#[test]
fn what_cannot_move_is_neither_judged_nor_drawn() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let net = Mlp::new("net", [1, 3, 1]);
    let seen = Equation::<f64>::record(&domain, |g, [x]| {
        net.call(domain.scaled([x])) - g.input("data", Rows::named(eigennet::differential::POINTS), 1)
    })
    .unwrap();
    let mut system = seen.on(&domain.gauss([20]).unwrap()).unwrap();
    system.set("data", &[0.5; 20]).unwrap();
    let fit = LevenbergMarquardt::default().fit(&mut system, Seed(0)).unwrap();
    assert!(fit.outcome.held_out.is_none(), "{fit}");
    let resampled = LevenbergMarquardt { resample: 1, ..LevenbergMarquardt::default() };
    let refused = resampled.fit(&mut system, Seed(0)).unwrap_err();
    assert!(matches!(refused, Error::InvalidArgument { .. }) && refused.to_string().contains("resample"), "{refused}");
    let mut line = least_squares::from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = x[0];
        if let Some(j) = jacobian {
            j[(0, 0)] = 1.0;
        }
        Ok(())
    });
    assert!(resampled.start(&mut line, &[1.0]).unwrap_err().to_string().contains("resample"));
    for power in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(system.crowd(power), Err(Error::InvalidArgument { .. })), "{power}");
    }
}
