use std::ops::ControlFlow;

use super::*;
use crate::container::Container;
use crate::optim::{Adam, RmsProp, RmsPropSettings, Sgd, SgdSettings, StopReason};
use crate::{Error, Seed};

/// A noisy quadratic, each step's noise drawn from its number.
fn noisy(step: u64, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
    let mut stream = Seed(3).numbered(step).into_stream();
    let mut loss = 0.0;
    for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
        let error = x - 1.0 + 0.1 * stream.normal::<f64>();
        *g = (1 + i) as f64 * error;
        loss += 0.5 * (1 + i) as f64 * error * error;
    }
    Ok(loss)
}

/// The same with a stream that is drawn from step after step, and has to be saved.
struct Stateful {
    drawn: u64,
}

impl TrainingStep<f64> for Stateful {
    fn gradient(&mut self, _: u64, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.drawn += 1;
        noisy(self.drawn, x, gradient)
    }
    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_number("drawn", self.drawn)
    }
    fn restore_state(&mut self, container: &Container) -> Result<()> {
        self.drawn = container.number("drawn")?;
        Ok(())
    }
}

fn trainer(steps: u64) -> Trainer {
    Trainer {
        steps,
        schedule: Schedule::cosine(0.05, 500).unwrap().warm_up(10),
        clip: Some(Clip::GlobalNorm(2.0)),
        average: Some(0.95),
        early_stopping: Some(EarlyStopping { every: 20, patience: 1000, ..Default::default() }),
        ..Trainer::default()
    }
}

#[test]
fn it_trains() {
    let mut x = [5.0, -5.0, 0.0];
    let outcome = trainer(500).run(&mut noisy, &mut Adam::default(), &mut x, &mut ()).unwrap();
    assert_eq!((outcome.iterations, outcome.reason, outcome.recoveries), (500, StopReason::StepsDone, 0));
    assert!(x.iter().all(|x| (x - 1.0).abs() < 0.1), "{x:?} {outcome}");
}

/// N steps are k steps, a checkpoint through bytes, and N − k steps, bit for bit.
#[test]
fn resuming_is_exact() {
    fn lowered(steps: u64) -> Trainer {
        let plateau = ReduceOnPlateau { every: 7, patience: 2, ..Default::default() };
        Trainer { plateau: Some(plateau), ..trainer(steps) }
    }
    fn check<P: Optimizer<f64>>(new: impl Fn() -> P) {
        let start = [5.0, -5.0, 0.0, 2.0];
        let (mut task, mut optimizer) = (Stateful { drawn: 0 }, new());
        let mut whole = lowered(200).start(&start).unwrap();
        let expected = lowered(200).resume(&mut task, &mut optimizer, &mut whole, &mut ()).unwrap();
        let expected_bytes = whole.save(&optimizer, &task).unwrap().to_bytes();

        for k in [0, 1, 19, 100, 137] {
            let (mut task, mut optimizer) = (Stateful { drawn: 0 }, new());
            let mut state = lowered(k).start(&start).unwrap();
            let _ = lowered(k).resume(&mut task, &mut optimizer, &mut state, &mut ()).unwrap();
            let bytes = state.save(&optimizer, &task).unwrap().to_bytes();

            let (mut task, mut optimizer) = (Stateful { drawn: 99 }, new());
            let container = Container::from_bytes(&bytes).unwrap();
            let mut state = TrainingState::load(&container, &mut optimizer, &mut task).unwrap();
            assert_eq!(state.step(), k);
            let outcome = lowered(200).resume(&mut task, &mut optimizer, &mut state, &mut ()).unwrap();
            assert_eq!(outcome, expected);
            assert_eq!(state.save(&optimizer, &task).unwrap().to_bytes(), expected_bytes, "{k}");
        }
    }
    check(Adam::default);
    check(|| RmsProp::new(RmsPropSettings { centered: true, momentum: 0.5, ..Default::default() }).unwrap());
    check(|| Sgd::new(SgdSettings { momentum: 0.9, nesterov: true, ..Default::default() }).unwrap());
    check(Sgd::default);
}

#[test]
fn checkpoints_are_written_when_due_and_at_the_end() {
    let folder = std::env::temp_dir().join(format!("eigennet-trainer-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("training.eigennet");
    let saving =
        |steps, every| Trainer { checkpoints: Some(Checkpoints { path: path.clone(), every }), ..trainer(steps) };
    let saved_step = || Container::load(&path).unwrap().get::<u64>("counts").unwrap()[0];

    let mut seen = Vec::new();
    let mut x = [2.0, 3.0];
    let outcome = saving(250, 40).run(&mut noisy, &mut Adam::default(), &mut x, &mut |r: &StepReport<'_, f64>| {
        if r.checkpointed {
            assert_eq!(saved_step(), r.step);
            seen.push(r.step);
        }
        if r.step == 170 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(outcome.unwrap().reason, StopReason::StoppedByObserver);
    assert_eq!((seen, saved_step()), (vec![40, 80, 120, 160], 170));

    let mut adam = Adam::default();
    let container = Container::load(&path).unwrap();
    let mut state = TrainingState::load(&container, &mut adam, &mut noisy).unwrap();
    let _ = saving(250, 0).resume(&mut noisy, &mut adam, &mut state, &mut ()).unwrap();
    let mut whole = [2.0, 3.0];
    let _ = trainer(250).run(&mut noisy, &mut Adam::default(), &mut whole, &mut ()).unwrap();
    assert_eq!((state.trained(), saved_step()), (&whole[..], 250));

    // Another optimiser, another precision, a lost vector, a missing folder.
    assert!(TrainingState::load(&container, &mut Sgd::default(), &mut noisy).is_err());
    let single = &mut |_: u64, _: &[f32], _: &mut [f32]| Ok(0.0_f32);
    assert!(TrainingState::<f32>::load(&container, &mut Adam::default(), single).is_err());
    assert!(TrainingState::load(&Container::new(), &mut adam, &mut noisy).is_err());
    let lost = Checkpoints { path: folder.join("no").join("where"), every: 1 };
    let lost = Trainer { checkpoints: Some(lost), ..trainer(5) };
    assert!(matches!(lost.run(&mut noisy, &mut adam, &mut [0.0; 2], &mut ()), Err(Error::Io { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// −ln(1 − x) − 2x is NaN beyond 1: a rate that is too high leads there, a lower one does not.
#[test]
fn nan_sends_it_back_with_a_lower_rate() {
    let mut barrier = |_: u64, x: &[f64], g: &mut [f64]| {
        g[0] = 1.0 / (1.0 - x[0]) - 2.0;
        Ok(-(1.0 - x[0]).ln() - 2.0 * x[0])
    };
    let trainer = Trainer {
        steps: 300,
        schedule: Schedule::constant(3.0).unwrap(),
        average: Some(0.9),
        recovery: Recovery { rate_factor: 0.1, ..Recovery::default() },
        ..Trainer::default()
    };
    let mut x = [0.0];
    let mut rates = Vec::new();
    let outcome = trainer.run(&mut barrier, &mut Sgd::default(), &mut x, &mut |r: &StepReport<'_, f64>| {
        rates.push(r.rate);
        ControlFlow::Continue(())
    });
    let outcome = outcome.unwrap();
    assert!((1..=5).contains(&outcome.recoveries), "{outcome}");
    assert!((x[0] - 0.5).abs() < 1e-6, "{x:?} {outcome}");
    assert!(rates.is_sorted_by(|a, b| a >= b) && rates[299] < 3.0);
    assert!(outcome.to_string().contains("recoveries"));
}

#[test]
fn hopeless_nan_is_an_error_at_the_last_good_state() {
    type Failure = fn(&mut [f64]) -> Result<f64>;
    let failures: [Failure; 4] = [
        |_| Ok(f64::NAN),
        |g| {
            g[1] = f64::NAN;
            Ok(0.0)
        },
        |g| {
            g[0] = f64::INFINITY;
            Ok(0.0)
        },
        |_| Err(Error::NotPositiveDefinite { operation: "cholesky", pivot: 2 }),
    ];
    for clip in [None, Some(Clip::Value(1.0)), Some(Clip::GlobalNorm(1.0))] {
        for failure in failures {
            let mut calls = 0;
            let mut task = |step: u64, _: &[f64], g: &mut [f64]| {
                calls += 1;
                g.fill(1.0);
                if step < 25 { Ok(1.0) } else { failure(g) }
            };
            let recovery = Recovery { retries: 3, snapshot_every: 10, ..Recovery::default() };
            let trainer = Trainer { clip, recovery, schedule: Schedule::constant(1.0).unwrap(), ..Trainer::default() };
            let mut x = [0.0, 0.0];
            let error = trainer.run(&mut task, &mut Sgd::default(), &mut x, &mut ()).unwrap_err();
            let message = error.to_string();
            assert!(matches!(error, Error::NoConvergence { iterations: 25, .. }), "{error:?}");
            assert!(message.contains("lower the learning rate") && message.contains("step 20"), "{message}");
            assert_eq!((calls, x[0]), (26 + 3 * 6, if clip == Some(Clip::GlobalNorm(1.0)) { x[0] } else { -20.0 }));
        }
    }
    // As many retries as one likes end once the rate is worn down to nothing.
    let mut task = |step: u64, _: &[f64], g: &mut [f64]| {
        g.fill(1.0);
        Ok(if step == 3 { f64::NAN } else { 1.0 })
    };
    let recovery = Recovery { retries: u32::MAX, ..Recovery::default() };
    let error = Trainer { recovery, ..Trainer::default() }.run(&mut task, &mut Sgd::default(), &mut [0.0], &mut ());
    assert!(matches!(error, Err(Error::NoConvergence { iterations: 3, .. })), "{error:?}");
    // From the start there is nothing to go back to.
    let mut never = |_: u64, _: &[f64], _: &mut [f64]| Ok(f64::NAN);
    let error = Trainer::default().run(&mut never, &mut Sgd::default(), &mut [0.0], &mut ()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { .. }));
    // Errors that no other parameters can cure end it at once.
    let mut wrong = |_: u64, _: &[f64], _: &mut [f64]| Err(Error::shape("matmul", &[1], &[2]));
    let error = Trainer::default().run(&mut wrong, &mut Sgd::default(), &mut [0.0], &mut ()).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }));
}

#[test]
fn parameters_that_overflow_are_no_result() {
    // The gradient is finite, the update is not.
    let mut steep = |_: u64, _: &[f32], g: &mut [f32]| {
        g[0] = 1e30;
        Ok(0.0)
    };
    let trainer = Trainer { steps: 1, schedule: Schedule::constant(1e20).unwrap(), ..Trainer::default() };
    let mut x = [0.0_f32];
    assert!(trainer.run(&mut steep, &mut Sgd::default(), &mut x, &mut ()).is_err());
    assert_eq!(x, [0.0]);
}

struct Validated(Vec<f64>);

impl TrainingStep<f64> for Validated {
    fn gradient(&mut self, step: u64, _: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient[0] = -1.0;
        Ok(step as f64)
    }
    fn validate(&mut self, step: u64, _: &[f64]) -> Result<Option<f64>> {
        Ok(self.0.get(step as usize / 10 - 1).copied())
    }
}

#[test]
fn early_stopping_waits_for_its_patience_and_keeps_the_best() {
    let early = EarlyStopping { every: 10, patience: 3, minimum_improvement: 0.1, keep_best: true };
    let stopping = |early| Trainer {
        schedule: Schedule::constant(1.0).unwrap(),
        early_stopping: Some(early),
        ..Trainer::default()
    };
    // Each step adds 1 to x. 4.95 is no improvement on 5 by 0.1, and NaN never is.
    let values = vec![9.0, 8.0, f64::NAN, 5.0, 4.95, 6.0, f64::NAN, 1.0];
    let mut x = [0.0];
    let outcome = stopping(early).run(&mut Validated(values.clone()), &mut Sgd::default(), &mut x, &mut ()).unwrap();
    assert_eq!((outcome.reason, outcome.iterations, outcome.best_step), (StopReason::EarlyStopped, 70, 40));
    assert_eq!((outcome.best_value, x), (5.0, [40.0]));
    let last = stopping(EarlyStopping { keep_best: false, ..early });
    let mut x = [0.0];
    let _ = last.run(&mut Validated(values), &mut Sgd::default(), &mut x, &mut ()).unwrap();
    assert_eq!(x, [70.0]);
    // Without a validation, the mean loss counts: here it only rises.
    let mut x = [0.0];
    let outcome = stopping(early).run(&mut Validated(vec![]), &mut Sgd::default(), &mut x, &mut ()).unwrap();
    assert_eq!((outcome.iterations, outcome.best_step, outcome.best_value), (40, 10, 4.5));
    // Ended before the first look, there is no best but the last.
    let mut x = [0.0];
    let short = Trainer { steps: 5, ..stopping(early) };
    let _ = short.run(&mut Validated(vec![]), &mut Sgd::default(), &mut x, &mut ()).unwrap();
    assert_eq!(x, [5.0]);
}

#[test]
fn the_observer_sees_what_happens() {
    let mut steps = Vec::new();
    let mut x = [1.0, 1.0];
    let outcome = trainer(50).run(&mut noisy, &mut Adam::default(), &mut x, &mut |r: &StepReport<'_, f64>| {
        assert_eq!((r.steps, r.parameters.len(), r.average.map(<[f64]>::len)), (50, 2, Some(2)));
        assert_eq!(r.monitored.is_some(), r.step.is_multiple_of(20));
        assert!(r.gradient_norm > 0.0 && r.loss > 0.0 && r.rate > 0.0);
        steps.push(r.step);
        ControlFlow::Continue(())
    });
    assert!(outcome.unwrap().to_string().contains("all steps are made"));
    assert!(steps.into_iter().eq(1..=50));
}

#[test]
fn hostile_settings_are_errors() {
    let good = trainer(10);
    let recovery = Recovery::default();
    let early = EarlyStopping::default();
    for bad in [
        Trainer { clip: Some(Clip::Value(f64::NAN)), ..good.clone() },
        Trainer { average: Some(1.0), ..good.clone() },
        Trainer { early_stopping: Some(EarlyStopping { every: 0, ..early }), ..good.clone() },
        Trainer { early_stopping: Some(EarlyStopping { patience: 0, ..early }), ..good.clone() },
        Trainer { early_stopping: Some(EarlyStopping { minimum_improvement: f64::NAN, ..early }), ..good.clone() },
        Trainer { recovery: Recovery { rate_factor: 0.0, ..recovery }, ..good.clone() },
        Trainer { recovery: Recovery { rate_factor: f64::NAN, ..recovery }, ..good.clone() },
        Trainer { recovery: Recovery { snapshot_every: 0, ..recovery }, ..good.clone() },
    ] {
        assert!(bad.run(&mut noisy, &mut Adam::default(), &mut [0.0], &mut ()).is_err(), "{bad:?}");
    }
    assert!(good.start(&[1.0, f64::NAN]).is_err());
    let mut state = good.start(&[1.0]).unwrap();
    let other = Trainer { average: None, ..good };
    assert!(other.resume(&mut noisy, &mut Adam::default(), &mut state, &mut ()).is_err());
}

/// The rate of every step is the schedule's times the factor to the power of the drops that a plain count of the looks
/// gives; the value is asked for once where early stopping looks in the same step.
#[test]
fn a_plateau_lowers_the_rate_for_good() {
    struct Scripted(Vec<f64>);
    impl TrainingStep<f64> for Scripted {
        fn gradient(&mut self, _: u64, _: &[f64], gradient: &mut [f64]) -> Result<f64> {
            gradient[0] = 0.0;
            Ok(1.0)
        }
        fn validate(&mut self, step: u64, _: &[f64]) -> Result<Option<f64>> {
            assert!(step.is_multiple_of(5));
            Ok(Some(self.0[(step / 5 - 1) as usize]))
        }
    }
    let values = vec![4.0, 3.0, 3.0, 2.99, 3.5, f64::NAN, 2.5, 2.5, 2.5, 2.5, 2.5, 1.0];
    let plateau = ReduceOnPlateau { every: 5, patience: 2, factor: 0.1, minimum_improvement: 0.1 };
    let early = EarlyStopping { every: 5, patience: 100, ..EarlyStopping::default() };
    for early_stopping in [None, Some(early)] {
        let trainer = Trainer {
            steps: 60,
            schedule: Schedule::step(1.0, 30, 0.5).unwrap(),
            plateau: Some(plateau),
            early_stopping,
            ..Trainer::default()
        };
        let mut rates = Vec::new();
        let outcome =
            trainer.run(&mut Scripted(values.clone()), &mut Sgd::default(), &mut [0.0], &mut |r: &StepReport<
                '_,
                f64,
            >| {
                assert_eq!(r.monitored.is_some(), r.step.is_multiple_of(5));
                rates.push(r.rate);
                ControlFlow::Continue(())
            });
        assert_eq!(outcome.unwrap().iterations, 60);
        // Looks 3 and 4 do not improve on 3 by a tenth, nor 5 and 6; 7 does; 8 and 9 do not, nor 10 and 11.
        let drops = [0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4];
        for (step, rate) in rates.into_iter().enumerate() {
            let expected = 0.1_f64.powi(drops[step / 5]) * if step < 30 { 1.0 } else { 0.5 };
            assert!((rate / expected - 1.0).abs() < 1e-14, "step {step}: {rate} {expected}");
        }
    }
    for bad in [
        ReduceOnPlateau { every: 0, ..plateau },
        ReduceOnPlateau { patience: 0, ..plateau },
        ReduceOnPlateau { factor: 0.0, ..plateau },
        ReduceOnPlateau { factor: 1.5, ..plateau },
        ReduceOnPlateau { minimum_improvement: f64::NAN, ..plateau },
    ] {
        let trainer = Trainer { plateau: Some(bad), ..Trainer::default() };
        assert!(trainer.start(&[0.0]).is_err(), "{bad:?}");
    }
}
