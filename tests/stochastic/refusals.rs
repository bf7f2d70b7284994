//! Settings and problems that make no training.

use super::*;

#[test]
fn settings_that_do_not_fit_are_told() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let weight = |last, begin, end| NestedLora { off_diagonal: OffDiagonalWeight { last, begin, end }, ..hydrogen() };
    for (solver, words) in [
        (with(hydrogen(), |t| t.states = 0), "positive"),
        (with(hydrogen(), |t| t.batch = 0), "positive"),
        (with(hydrogen(), |t| t.batch = usize::MAX), "at most"),
        (
            with(hydrogen(), |t| {
                t.states = 1 << 20;
                t.batch = 1;
            }),
            "at most",
        ),
        (with(hydrogen(), |t| t.rate = f64::NAN), "1 or less"),
        (with(hydrogen(), |t| t.rate = 1e30), "1 or less"),
        (with(hydrogen(), |t| t.rate = -1.0), ""),
        (with(hydrogen(), |t| t.average = 1.5), ""),
        (with(hydrogen(), |t| t.trial = TrialFunctions { length: -1.0, ..hydrogen().training.trial }), "length"),
        (weight(f64::NAN, 0.0, 1.0), "off_diagonal"),
        (weight(0.0, 0.0, 1.0), "off_diagonal"),
        (weight(2.0, 0.6, 0.3), "off_diagonal"),
    ] {
        let error = solver.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn hostile_problems_are_told() {
    let sampler = TruncatedGaussian::new(16.0, 50.0).expect("a sampler");
    let three = Schrodinger::oscillator(3);
    let error = hydrogen().solve::<f64>(&three, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
    let nan = Schrodinger::new(2, |x| (-1.0 - x[0].square()).sqrt());
    for form in [Form::Strong, Form::Weak] {
        let solver = with(hydrogen(), |t| t.form = form);
        let error = solver.solve::<f64>(&nan, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
    }
    // A sampler that breaks its word is told, not believed.
    let broken = Exact(vec![f64::NAN; 128], vec![1.0; 64]);
    let error = hydrogen().solve(&Schrodinger::hydrogen(), &broken, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
}

#[test]
fn rivals_tell_settings_that_do_not_fit() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let plain = StochasticTraining { states: 2, batch: 16, steps: 10, ..StochasticTraining::default() };
    for (training, words) in [
        (StochasticTraining { states: 0, ..plain.clone() }, "positive"),
        (StochasticTraining { batch: usize::MAX, ..plain.clone() }, "at most"),
        (StochasticTraining { shift: f64::NAN, ..plain.clone() }, "finite"),
        (StochasticTraining { rate: f64::NAN, ..plain.clone() }, "1 or less"),
        (StochasticTraining { average: 2.0, ..plain.clone() }, ""),
    ] {
        for method in rivals(&training) {
            let error =
                method.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
            assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
            assert!(error.to_string().contains(words), "{words}: {error}");
        }
    }
    for decay in [0.0, -1.0, 1.5, f64::NAN] {
        let spin = Spin { training: plain.clone(), decay };
        let error = spin.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(error.to_string().contains("(0, 1]"), "{error}");
    }
    // Averages of a Jacobian that fits in no memory.
    let wide = TrialFunctions { hidden: vec![4000, 4000], ..plain.trial.clone() };
    let spin = averaged(&StochasticTraining { states: 6, trial: wide, ..plain.clone() });
    let error = spin.task::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(error.to_string().contains("fewer states"), "{error}");
    for method in rivals(&plain) {
        let error =
            method.solve::<f64>(&Schrodinger::oscillator(3), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(error.to_string().contains("3"), "{error}");
    }
}

/// −H of an oscillator has no positive level: nothing but a shift keeps these methods' functions apart.
#[test]
fn an_operator_that_is_not_positive_is_told() {
    let sampler = UniformBox::new(4.0).expect("a sampler");
    let trial = TrialFunctions {
        hidden: vec![8],
        length: 2.0,
        radius_input: false,
        envelope: Envelope::Box { half_width: 4.0 },
        weights: Initializer::GlorotUniform { gain: 3.0 },
        ..TrialFunctions::default()
    };
    let training = StochasticTraining { states: 2, batch: 64, steps: 200, trial, ..StochasticTraining::default() };
    let oscillator = Schrodinger::oscillator(2);
    let refused = |method: &dyn StochasticMethod| {
        method.solve::<f64>(&oscillator, &sampler, Seed(0)).map(|_| ()).expect_err("refused").to_string()
    };
    let error = refused(&NeuralEf { training: training.clone() });
    assert!(error.contains("give a shift"), "{error}");
    for nesting in NESTINGS {
        let error = refused(&NestedOmm { training: training.clone(), nesting, resolvent: false });
        assert!(error.contains("no lower bound"), "{error}");
        // Its levels are −2 and −4, and T + 30 is positive there.
        let training = StochasticTraining { shift: 30.0, ..training.clone() };
        let error = refused(&NestedOmm { training, nesting, resolvent: true });
        assert!(error.contains("give a smaller one"), "{error}");
    }
}

#[test]
fn a_checkpoint_of_another_method_is_refused() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let training = StochasticTraining { states: 2, batch: 16, steps: 10, ..StochasticTraining::default() };
    let mut methods = rivals(&training);
    methods.push(Box::new(averaged(&training)));
    for (k, saved) in methods.iter().enumerate() {
        let task = saved.task::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(4)).expect("a task");
        let mut container = Container::new();
        task.save_state(&mut container).expect("saved");
        for (other, method) in methods.iter().enumerate() {
            let mut task = method.task::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(4)).expect("a task");
            assert_eq!(task.restore_state(&container).is_ok(), k == other, "{saved:?} by {method:?}");
        }
    }
}
