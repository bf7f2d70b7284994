use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::optim::least_squares::tests::{network, rosenbrock, start};
use crate::optim::{
    Chain, GaussNewton, Lbfgs, LevenbergMarquardt, LineSearch, Spring, StepSolver, StopReason, SumOfSquares,
};

/// A file that is removed in the end.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("eigennet-{}-{}.checkpoint", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        File(std::env::temp_dir().join(name))
    }

    fn every(&self, every: u64) -> Checkpoints {
        Checkpoints { path: self.0.clone(), every }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn go_on<T>(_: &dyn SolveState<T>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Interrupted anywhere, in good order or by a crash, and run again with the same file, a solve ends in the bits of the
/// whole one.
fn resumes_exactly<T, P, M>(method: &M, problem: impl Fn() -> P, start: &[T])
where
    T: Scalar,
    M: Resumable<T, P>,
    M::Outcome: PartialEq + Debug,
{
    let name = method.name();
    let mut whole = method.start(&mut problem(), start).unwrap();
    let ended = method.resume(&mut problem(), &mut whole, &mut |_| ControlFlow::Continue(())).unwrap();
    let total = whole.iterations();
    assert!(total > 8, "{name}: {ended:?}");
    for at in [1, 5, total / 2, total] {
        for (every, crash) in [(3, true), (3, false), (0, false)] {
            let file = File::new();
            let checkpoints = file.every(every);
            let mut interrupt = |state: &dyn SolveState<T>| {
                assert!(!(crash && state.iterations() == at), "killed");
                if state.iterations() == at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let mut x = start.to_vec();
            let run = |watch: &mut dyn Watch<T>, x: &mut [T]| checkpoints.run("it", method, &mut problem(), x, watch);
            let first = catch_unwind(AssertUnwindSafe(|| run(&mut interrupt, &mut x)));
            assert_eq!(first.is_err(), crash, "{name} {at}");
            assert_eq!(file.0.exists(), !crash || at > every, "{name} {at}");
            for again in [false, true] {
                let mut x = start.to_vec();
                let outcome = run(&mut go_on, &mut x).unwrap();
                assert_eq!(
                    (&x[..], &outcome),
                    (whole.best_parameters(), &ended),
                    "{name} {at} {every} {crash} {again}"
                );
            }
        }
    }
}

#[test]
fn every_method_resumes_exactly() {
    let problem = || network::<f64>(20, 4);
    let from = start::<f64>(4, 3);
    let free = StepSolver::MatrixFree { tolerance: 1e-4, max_products: 20 };
    let grid = Some(LineSearch::Grid { halvings: 10 });
    for solver in [StepSolver::Auto, free] {
        let method = LevenbergMarquardt { solver, max_iterations: 25, ..LevenbergMarquardt::default() };
        resumes_exactly(&method, problem, &from);
        let method = GaussNewton { solver, damping: 1e-4, max_iterations: 15, ..GaussNewton::default() };
        resumes_exactly(&method, problem, &from);
    }
    resumes_exactly(&Spring { max_iterations: 15, ..Spring::default() }, problem, &from);
    resumes_exactly(&Spring { max_iterations: 15, line_search: grid, ..Spring::default() }, problem, &from);
    resumes_exactly(&Lbfgs { max_iterations: 20, ..Lbfgs::default() }, || SumOfSquares::new(problem()), &from);
    let chain = Chain::new().adam(7, 1e-2).lbfgs(6).levenberg_marquardt(9).energy_natural_gradient(3);
    resumes_exactly(&chain, problem, &from);
    resumes_exactly(&chain.then(Spring { max_iterations: 4, ..Spring::default() }), problem, &from);
    resumes_exactly(&Chain::new().adam(5, 1e-2).levenberg_marquardt(9), || network::<f32>(20, 4), &start(4, 3));
}

#[test]
fn more_iterations_go_on_from_a_finished_file() {
    let file = File::new();
    let method = |max_iterations| LevenbergMarquardt { max_iterations, ..LevenbergMarquardt::default() };
    let run = |max_iterations| {
        let mut x = [-1.2, 1.0];
        let outcome = file.every(100).run("it", &method(max_iterations), &mut rosenbrock::<f64>(), &mut x, &mut go_on);
        (x, outcome.unwrap())
    };
    assert_eq!(run(5).1.reason, StopReason::MaxIterations);
    let (x, outcome) = run(500);
    let mut whole = [-1.2, 1.0];
    let expected = method(500).minimize(&mut rosenbrock::<f64>(), &mut whole).unwrap();
    assert_eq!((x, outcome), (whole, expected));
}

/// A curve that is kept in the file.
#[derive(Default)]
struct Curve {
    values: Vec<f64>,
    until: usize,
}

impl Watch<f64> for Curve {
    fn look(&mut self, state: &dyn SolveState<f64>) -> ControlFlow<()> {
        self.values.push(state.value());
        if self.values.len() == self.until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert("values", &[self.values.len()], &self.values)
    }
    fn restore_state(&mut self, container: &Container) -> Result<()> {
        self.values = container.get::<f64>("values")?.to_vec();
        Ok(())
    }
}

#[test]
fn what_a_watch_has_seen_is_kept() {
    let run = |file: &File, until| {
        let mut curve = Curve { until, ..Curve::default() };
        let method = Chain::new().adam(10, 1e-2).lbfgs(10);
        let _ = file.every(2).run("it", &method, &mut rosenbrock::<f64>(), &mut [-1.2, 1.0], &mut curve).unwrap();
        curve.values
    };
    let (file, other) = (File::new(), File::new());
    assert_eq!(run(&file, 13).len(), 13);
    let (resumed, whole) = (run(&file, usize::MAX), run(&other, usize::MAX));
    assert!(resumed == whole && whole.len() == 20, "{resumed:?} {whole:?}");
}

/// Runs with a file that does not fit: an error, the parameters as before.
fn refused<M: Resumable<f64, P>, P>(path: &Path, fingerprint: &str, method: &M, mut problem: P, p: usize) -> Error {
    let mut x = vec![0.5; p];
    let checkpoints = Checkpoints { path: path.to_path_buf(), every: 1 };
    let Err(error) = checkpoints.run(fingerprint, method, &mut problem, &mut x, &mut go_on) else {
        panic!("{} took it", method.name())
    };
    assert_eq!(x, vec![0.5; p]);
    error
}

#[test]
fn files_of_others_are_refused() {
    let file = File::new();
    let method = LevenbergMarquardt { max_iterations: 6, ..LevenbergMarquardt::default() };
    let _ = file.every(1).run("a fit", &method, &mut network::<f64>(20, 4), &mut start(4, 1), &mut go_on).unwrap();

    let error = refused(&file.0, "another", &method, network::<f64>(20, 4), 12).to_string();
    assert!(error.contains("`a fit`, not `another`") && error.contains("remove the file"), "{error}");
    let error = refused(&file.0, "a fit", &GaussNewton::default(), network::<f64>(20, 4), 12).to_string();
    assert!(error.contains("`LevenbergMarquardt`, not `GaussNewton`"), "{error}");
    refused(&file.0, "a fit", &Chain::new().lbfgs(3), network::<f64>(20, 4), 12);
    refused(&file.0, "a fit", &Lbfgs::default(), SumOfSquares::new(network::<f64>(20, 4)), 12);
    assert!(matches!(refused(&file.0, "a fit", &method, network::<f64>(20, 5), 15), Error::Shape { .. }));
    // The same parameters, but other points.
    let mut x = vec![0.5; 12];
    assert!(file.every(1).run("a fit", &method, &mut network(21, 4), &mut x, &mut go_on).is_err());
    let mut x = vec![0.5_f32; 12];
    assert!(file.every(1).run("a fit", &method, &mut network(20, 4), &mut x, &mut go_on).is_err());

    let chain = File::new();
    let stages = Chain::new().adam(3, 1e-3).lbfgs(3);
    let mut stop = |state: &dyn SolveState<f64>| match state.iterations() {
        5 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let _ = chain.every(1).run("a fit", &stages, &mut network(20, 4), &mut start(4, 1), &mut stop).unwrap();
    for other in [Chain::new().lbfgs(3).adam(3, 1e-3), Chain::new().adam(3, 1e-3).gauss_newton(3)] {
        let mut x = vec![0.5; 12];
        let error = chain.every(1).run("a fit", &other, &mut network(20, 4), &mut x, &mut go_on).unwrap_err();
        assert!(error.to_string().contains("another chain"), "{error}");
    }
}

#[test]
fn damaged_files_are_refused() {
    let stages = Chain::new().adam(3, 1e-3).levenberg_marquardt(2).lbfgs(3);
    for stop in 1..8 {
        let file = File::new();
        let mut watch = |state: &dyn SolveState<f64>| match state.iterations() == stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let _ = file.every(0).run("a fit", &stages, &mut network(20, 4), &mut start(4, 1), &mut watch).unwrap();
        let bytes = fs::read(&file.0).unwrap();
        for length in [0, 1, 7, bytes.len() / 3, bytes.len() - 1] {
            fs::write(&file.0, &bytes[..length]).unwrap();
            refused(&file.0, "a fit", &stages, network::<f64>(20, 4), 12);
        }
        // Sound files that lack a section, or hold another in its place.
        let container = Container::from_bytes(&bytes).unwrap();
        for missing in container.names().filter(|name| !name.starts_with("watch")) {
            for replaced in [false, true] {
                let mut other = Container::new();
                for name in container.names() {
                    if name != missing {
                        copy(&container, name, &mut other);
                    } else if replaced {
                        other.insert_text(name, "neither").unwrap();
                    }
                }
                other.save(&file.0).unwrap();
                let mut x = vec![0.5; 12];
                let run = file.every(1).run("a fit", &stages, &mut network(20, 4), &mut x, &mut go_on);
                assert!(run.is_err(), "{stop} {missing} {replaced}");
            }
        }
    }
}

fn copy(from: &Container, name: &str, to: &mut Container) {
    if let Ok(text) = from.text(name) {
        return to.insert_text(name, text).unwrap();
    }
    let shape = from.shape(name).unwrap();
    if let Ok(values) = from.get::<f64>(name) {
        return to.insert(name, shape, values).unwrap();
    }
    to.insert(name, shape, from.get::<u64>(name).unwrap()).unwrap();
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let path = std::env::temp_dir().join("eigennet-no-such-folder").join("file");
    let mut x = [-1.2, 1.0];
    let mut count = 0;
    let mut watch = |_: &dyn SolveState<f64>| {
        count += 1;
        ControlFlow::Continue(())
    };
    let method = LevenbergMarquardt::default();
    let result = Checkpoints { path, every: 2 }.run("it", &method, &mut rosenbrock::<f64>(), &mut x, &mut watch);
    // It says so at once, not after a week.
    assert!(result.is_err() && count == 2);
}
