//! Trainings: resume, threads, files, other modules and optimisers.

use eigennet::par::run_threads;

use super::*;

#[test]
fn a_resumed_training_ends_in_the_same_bits() {
    let points = circle(300, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let net = small(40);
    let whole = net.fit(&graph, &points, Seed(2)).unwrap();

    let mut task = net.task(&graph, &points, Seed(2)).unwrap();
    let mut optimizer = net.optimizer().unwrap();
    let mut state = net.trainer.start(task.start()).unwrap();
    let mut interrupt = |report: &StepReport<'_, f64>| {
        if report.step == 17 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let _ = net.trainer.resume(&mut task, &mut *optimizer, &mut state, &mut interrupt).unwrap();
    let bytes = state.save(&*optimizer, &task).unwrap().to_bytes();

    let file = Container::from_bytes(&bytes).unwrap();
    let mut task = net.task(&graph, &points, Seed(2)).unwrap();
    let mut optimizer = net.optimizer().unwrap();
    let mut state = TrainingState::load(&file, &mut *optimizer, &mut task).unwrap();
    let outcome = net.trainer.resume(&mut task, &mut *optimizer, &mut state, &mut ()).unwrap();
    let resumed = task.finish(state.trained(), outcome).unwrap();
    assert_eq!(resumed.functions.network().parameters(), whole.functions.network().parameters());
    assert_eq!((resumed.functions.values(), resumed.outcome), (whole.functions.values(), whole.outcome));
    assert_eq!((resumed.bounds, resumed.checked), (whole.bounds, whole.checked));
    // Another seed is another run.
    let mut other = net.task(&graph, &points, Seed(3)).unwrap();
    let refused = TrainingState::load(&file, &mut *optimizer, &mut other).unwrap_err();
    assert!(refused.to_string().contains("another run"), "{refused}");
}

#[test]
fn the_same_bits_on_any_number_of_threads_and_processes() {
    let points = circle(300, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let fit = |net: &SpectralNet| {
        let fit = net.fit(&graph, &points, Seed(0)).unwrap();
        (fit.functions.transform(&points).unwrap(), fit.checked)
    };
    let on = |threads: usize, net: &SpectralNet| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| fit(net))
    };
    let paper = SpectralNet {
        sampling: Sampling::Points { batch: 200 },
        loss: Loss::Orthonormalized { batch: 250 },
        trainer: trainer(5),
        ..SpectralNet::paper(3)
    };
    for net in [small(10), paper] {
        let one = on(1, &net);
        assert_eq!(one, on(2, &net));
        assert!(run_threads(3, || fit(&net)).iter().all(|fit| *fit == one), "three processes");
    }
}

#[test]
fn functions_come_back_from_a_file_as_they_were() {
    let points = circle(200, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let fit = small(5).fit(&graph, &points, Seed(0)).unwrap();
    let saved = fit.functions.save().unwrap();
    let read = SpectralFunctions::<f64>::load(&Container::from_bytes(&saved.to_bytes()).unwrap()).unwrap();
    let new = circle(50, 1);
    assert_eq!(read.transform(&new).unwrap(), fit.functions.transform(&new).unwrap());
    assert_eq!(read.values(), fit.functions.values());
    assert_eq!(read.refine(&graph, &points, 2).unwrap(), fit.functions.refine(&graph, &points, 2).unwrap());
    assert_eq!(read.save().unwrap().to_bytes(), saved.to_bytes());
    assert!(SpectralFunctions::<f32>::load(&saved).is_err());
    assert!(SpectralFunctions::<f64>::load(&Container::new()).is_err());
}

fn own<'g>(x: Var<'g>) -> Var<'g> {
    LayerNorm::new("norm").call(Mlp::new("own", [2, 12, 12]).call(x).swish())
}

#[test]
fn any_module_and_any_optimiser_will_do() {
    let points = circle(200, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let net = SpectralNet { ritz_start: false, readout: Readout::Outputs, ..small(60) };
    let mut task = net.task_of(&own, &graph, &points, Seed(0)).unwrap();
    let mut parameters = task.start().to_vec();
    let sum = |parameters: &[f64], task: &SpectralNetTask<f64>| -> f64 {
        task.finish(parameters, ()).unwrap().functions.values().iter().sum()
    };
    let before = sum(&parameters, &task);
    let _ = net.trainer.run(&mut task, &mut RmsProp::default(), &mut parameters, &mut ()).unwrap();
    assert!(sum(&parameters, &task) < before);
}
