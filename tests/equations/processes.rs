//! Equations solved by several processes, here threads that send each other messages: the bits of one, and checkpoints
//! that another number of them goes on from.

use std::ops::ControlFlow;
use std::path::PathBuf;

use eigennet::optim::{Checkpoints, GaussNewton, Lbfgs, Resumable, SolveState, Spring, StepSolver, SumOfSquares};

use super::*;

/// −Δu = f in the square by a network of 337 parameters: Gram matrices of many strips, points of many shards.
fn poisson() -> Collocation<f64> {
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 16, 16, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let equation = Equation::record(&domain, |g, [x, y]| {
        let u = x * (1.0 - x) * y * (1.0 - y) * net.call(domain.scaled([x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 5.0 * PI * PI * (PI * x).sin() * (2.0 * PI * y).sin()
    });
    equation.unwrap().on(&domain.gauss([33, 31]).unwrap()).unwrap()
}

/// Saved after `stop` iterations by `first` processes and gone on with by `then`, a solve ends in the bits of one process.
fn moves<M: for<'a> Resumable<f64, Collocation<f64>> + Sync>(method: &M, stop: u64, [first, then]: [usize; 2])
where
    M::Outcome: PartialEq + std::fmt::Debug + Send,
{
    let path = std::env::temp_dir().join(format!("eigennet-{}-{}-{first}", std::process::id(), method.name()));
    struct File(PathBuf);
    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
    let file = File(path);
    let checkpoints = Checkpoints { path: file.0.clone(), every: 2 };
    let run = |checkpoints: Option<&Checkpoints>, stop: u64| {
        let mut system = poisson();
        let mut theta = system.equation().initial(Seed(0));
        let mut until = |state: &dyn SolveState<f64>| match state.iterations() == stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let outcome = match checkpoints {
            Some(checkpoints) => checkpoints.run("poisson", method, &mut system, &mut theta, &mut until).unwrap(),
            None => {
                let mut state = method.start(&mut system, &theta).unwrap();
                let outcome = method.resume(&mut system, &mut state, &mut until).unwrap();
                theta.copy_from_slice(state.best_parameters());
                outcome
            }
        };
        (outcome, theta)
    };
    let alone = run(None, u64::MAX);
    let name = method.name();
    assert!(run_threads(then, || run(None, u64::MAX)).iter().all(|end| *end == alone), "{name} in {then} processes");
    let interrupted = run_threads(first, || run(Some(&checkpoints), stop));
    assert!(interrupted.iter().all(|end| *end == interrupted[0]), "{name}: they part");
    assert!(interrupted[0].0 != alone.0, "{name}: nothing was left to do");
    let resumed = run_threads(then, || run(Some(&checkpoints), u64::MAX));
    assert!(resumed.iter().all(|end| *end == alone), "{name}: {first} processes, then {then}");
}

#[test]
fn a_solve_moves_from_processes_to_others_in_the_same_bits() {
    let free = StepSolver::MatrixFree { tolerance: 1e-8, max_products: 40 };
    moves(&LevenbergMarquardt { max_iterations: 24, ..LevenbergMarquardt::default() }, 15, [2, 3]);
    moves(&LevenbergMarquardt { max_iterations: 16, solver: free, ..LevenbergMarquardt::default() }, 11, [3, 1]);
    moves(&LevenbergMarquardt { max_iterations: 6, solver: StepSolver::Qr, ..Default::default() }, 3, [1, 2]);
    moves(&GaussNewton { max_iterations: 5, ..GaussNewton::default() }, 2, [4, 2]);
    moves(&Spring { max_iterations: 6, ..Spring::default() }, 3, [2, 4]);
}

#[test]
fn a_full_batch_objective_has_the_bits_of_one_process() {
    let run = || {
        let mut objective = SumOfSquares::new(poisson());
        let mut theta = poisson().equation().initial(Seed(0));
        let lbfgs = Lbfgs { max_iterations: 12, ..Lbfgs::default() };
        let outcome = lbfgs.minimize(&mut objective, &mut theta).unwrap();
        (outcome, theta)
    };
    let alone = run();
    for processes in [2, 3, 5] {
        assert!(run_threads(processes, run).iter().all(|end| *end == alone), "{processes} processes");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_everywhere() {
    let missing = std::env::temp_dir().join("eigennet-no-such-folder/file");
    let errors = run_threads(3, || eigennet::container::Container::load(&missing).unwrap_err().to_string());
    assert!(errors.iter().all(|error| error.contains("eigennet-no-such-folder")), "{errors:?}");
    let errors = run_threads(2, || eigennet::container::Container::new().save(&missing).unwrap_err().to_string());
    assert!(errors.iter().all(|error| error.contains("eigennet-no-such-folder")), "{errors:?}");
}
