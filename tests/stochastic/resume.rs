//! Resumed trainings, batch statistics and checkpoints of other runs.

use eigennet::par::run_threads;

use super::*;

/// The bits after `steps`, interrupted after `interruption` steps if there is one: saved, read back, gone on.
fn bits(solver: &dyn StochasticMethod, trial: &dyn Trial, interruption: Option<u64>) -> Vec<u64> {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let operator = Schrodinger::hydrogen();
    let trainer = solver.trainer().expect("a trainer");
    let mut task = solver.task_of::<f64>(trial, &operator, &sampler, Seed(4)).expect("a task");
    let mut optimizer = solver.optimizer(&task).expect("an optimiser");
    let mut state = trainer.start(&task.start()).expect("a start");
    if let Some(stop) = interruption {
        let mut until = |report: &StepReport<'_, f64>| {
            if report.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let outcome = trainer.resume(&mut task, &mut *optimizer, &mut state, &mut until).expect("the first part");
        assert_eq!(outcome.iterations, stop);
        let bytes = state.save(&*optimizer, &task).expect("saved").to_bytes();
        task = solver.task_of(trial, &operator, &sampler, Seed(4)).expect("a task");
        optimizer = solver.optimizer(&task).expect("an optimiser");
        let container = Container::from_bytes(&bytes).expect("intact");
        state = TrainingState::load(&container, &mut *optimizer, &mut task).expect("loaded");
        assert_eq!(state.step(), stop);
    }
    let mut on = |_: &StepReport<'_, f64>| ControlFlow::Continue(());
    let outcome = trainer.resume(&mut task, &mut *optimizer, &mut state, &mut on).expect("trained");
    assert_eq!(outcome.iterations, solver.training().steps);
    let functions = task.eigenfunctions(state.trained()).unwrap();
    let statistics = functions.trial().buffers().iter().flat_map(|(_, data)| data);
    let at = functions.evaluate(&[0.3, 0.2]).expect("values").values.into_vec();
    let all = functions.parameters().iter().chain(functions.values()).chain(statistics).chain(&at);
    all.map(|v| v.to_bits()).collect()
}

/// Trial functions with batch statistics and dropout.
fn normalised<'g>(g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
    let hidden = BatchNorm::new("norm").call(Linear::new("first", [2, 8]).call(g.concat(x))).tanh();
    let f = Linear::new("last", [8, count]).call(Dropout { rate: 0.1 }.call(hidden));
    f * (-0.3 * (x[0].square() + x[1].square()).sqrt()).exp()
}

#[test]
fn batch_statistics_are_learned_and_resume_in_the_same_bits() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solver = with(hydrogen(), |t| t.steps = 60);
    let task = solver.task_of::<f64>(&normalised, &Schrodinger::hydrogen(), &sampler, Seed(4)).expect("a task");
    let fresh = task.eigenfunctions(&task.start()).expect("functions").trial().buffers().clone();
    let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
    let whole = threads(1).install(|| bits(&solver, &normalised, None));
    assert_eq!(whole, threads(2).install(|| bits(&solver, &normalised, Some(23))));
    assert!(run_threads(2, || bits(&solver, &normalised, None)).iter().all(|bits| *bits == whole));
    // They were learned: none is left where it started.
    let started: Vec<u64> = fresh.iter().flat_map(|(_, data)| data.iter().map(|v| v.to_bits())).collect();
    assert!(started.len() >= 16 && started.iter().filter(|v| whole.contains(v)).count() <= 1, "{started:?}");

    // Whole functions, statistics among them, live on in a file.
    let functions = task.eigenfunctions(&task.start()).expect("functions");
    let read = Container::from_bytes(&functions.save().expect("saved").to_bytes()).expect("intact");
    let read = Eigenfunctions::<f64>::load(&read).expect("loaded");
    assert_eq!(read.evaluate(&[0.3, 0.2]).expect("values"), functions.evaluate(&[0.3, 0.2]).expect("values"));
    let grid = PolarGrid { radius: 60.0, ..PolarGrid::independent() }.build::<f64>().expect("a grid");
    assert_eq!(read.matrices(&grid).expect("matrices"), functions.matrices(&grid).expect("matrices"));
}

#[test]
fn a_resumed_training_ends_in_the_same_bits_on_any_number_of_threads_and_processes() {
    for gram in [GramEstimate::Shared, GramEstimate::Independent] {
        let solver = NestedLora { gram, ..with(hydrogen(), |t| t.steps = 60) };
        let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        let bits = |interruption| bits(&solver, &solver.training.trial, interruption);
        let whole = threads(1).install(|| bits(None));
        assert_eq!(whole, threads(2).install(|| bits(Some(37))));
        assert_eq!(whole, threads(3).install(|| bits(Some(1))));
        for processes in [2, 3] {
            let all = run_threads(processes, || bits((processes == 3).then_some(21)));
            assert!(all.iter().all(|bits| *bits == whole), "{processes} processes");
        }
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let operator = Schrodinger::hydrogen();
    let solver = hydrogen();
    let task = solver.task::<f64>(&operator, &sampler, Seed(4)).expect("a task");
    let optimizer = solver.optimizer(&task).expect("an optimiser");
    let state = solver.trainer().expect("a trainer").start(&task.start()).expect("a start");
    let saved = state.save(&*optimizer, &task).expect("saved");
    let other_sampler = StratifiedPolar::new(61.0).expect("a sampler");
    for (mut other, what) in [
        (solver.task::<f64>(&operator, &sampler, Seed(5)).expect("a task"), "seed"),
        (solver.task(&operator, &other_sampler, Seed(4)).expect("a task"), "sampler"),
        (with(hydrogen(), |t| t.states = 3).task(&operator, &sampler, Seed(4)).expect("a task"), "states"),
    ] {
        let mut optimizer = solver.optimizer(&other).expect("an optimiser");
        let error = TrainingState::load(&saved, &mut *optimizer, &mut other);
        let error = error.expect_err(what);
        assert!(
            matches!(error, Error::InvalidArgument { .. }) && error.to_string().contains("same settings"),
            "{what}"
        );
    }
}

#[test]
fn rivals_resume_in_the_same_bits_on_any_number_of_threads() {
    for form in [Form::Strong, Form::Weak] {
        let training = StochasticTraining { form, steps: 40, ..hydrogen().training };
        for method in rivals(&training).into_iter().chain([Box::new(averaged(&training)) as Box<_>]) {
            let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
            let bits = |interruption| bits(&*method, &training.trial, interruption);
            let whole = threads(1).install(|| bits(None));
            assert_eq!(whole, threads(2).install(|| bits(Some(23))), "{method:?}");
            assert!(run_threads(2, || bits(None)).iter().all(|bits| *bits == whole), "{method:?} in two processes");
        }
    }
}
