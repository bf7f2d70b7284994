//! Training and minimising allocate nothing once they are under way.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::{ControlFlow, Range};

use eigennet::eigenfunctions::sampler::StratifiedPolar;
use eigennet::eigenfunctions::{
    Form, GramEstimate, NestedLora, NestedOmm, NeuralEf, NeuralEigensolver, Schrodinger, Spin, StochasticMethod,
    StochasticTraining,
};
use eigennet::graph::spectral_net::Sampling;
use eigennet::graph::{Affinity, SpectralNet, data};
use eigennet::linalg::Matrix;
use eigennet::optim::{
    Adam, Clip, EarlyStopping, FitProgress, GaussNewton, Lbfgs, LevenbergMarquardt, LineSearch, Optimizer, Outcome,
    Recovery, Residuals, RmsProp, Scaling, Schedule, Sgd, SgdSettings, Soap, SoapSettings, Spring, StepReport,
    StepSolver, Trainer, TrainingStep, least_squares, objective,
};
use eigennet::{Error, Seed};

/// The system's allocator, with a count of the calls a thread has made.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is passed on unchanged to the system's allocator, which upholds the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's obligations are those of `System`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's obligations are those of `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's obligations are those of `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn calls() -> usize {
    CALLS.with(Cell::get)
}

fn quadratic(x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
    let mut value = 0.0;
    for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
        let weight = 1.0 + i as f64;
        *g = weight * (x - 1.0);
        value += 0.5 * weight * (x - 1.0) * (x - 1.0);
    }
    Ok(value)
}

/// After two snapshots every step, look and snapshot happens in memory that is there.
#[test]
fn training_allocates_nothing_from_step_to_step() {
    let trainer = Trainer {
        steps: 500,
        schedule: Schedule::cosine(1e-3, 500).unwrap().warm_up(10),
        clip: Some(Clip::GlobalNorm(1.0)),
        average: Some(0.99),
        early_stopping: Some(EarlyStopping { every: 10, patience: 1000, ..EarlyStopping::default() }),
        recovery: Recovery { snapshot_every: 20, ..Recovery::default() },
        ..Trainer::default()
    };
    let momentum = SgdSettings { momentum: 0.9, ..SgdSettings::default() };
    let optimizers: [Box<dyn Optimizer<f64>>; 5] = [
        Box::new(Adam::default()),
        Box::new(RmsProp::default()),
        Box::new(Sgd::default()),
        Box::new(Sgd::new(momentum).unwrap()),
        Box::new(Soap::new(SoapSettings::default(), [[2, 20, 25]]).unwrap()),
    ];
    for mut optimizer in optimizers {
        let mut task = |_: u64, x: &[f64], g: &mut [f64]| quadratic(x, g);
        let mut marks = [0; 2];
        let mut x = vec![0.0; 1000];
        let outcome = trainer.run(&mut task, optimizer.as_mut(), &mut x, &mut |report: &StepReport<'_, f64>| {
            match report.step {
                50 => marks[0] = calls(),
                500 => marks[1] = calls(),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        assert_eq!(outcome.unwrap().iterations, 500);
        assert_eq!(marks[0], marks[1], "{}", optimizer.name());
    }
}

#[test]
fn lbfgs_allocates_nothing_from_iteration_to_iteration() {
    let mut objective = objective::from_fn(200, quadratic);
    let mut marks = Vec::with_capacity(1000);
    let mut x = vec![0.0; 200];
    let outcome = Lbfgs::default().minimize_observed(&mut objective, &mut x, |_| {
        marks.push(calls());
        ControlFlow::Continue(())
    });
    assert!(outcome.unwrap().reason.is_converged());
    assert!(marks.len() > 40 && marks.iter().all(|&calls| calls == marks[0]), "{marks:?}");
}

/// Σⱼ cⱼ tanh(aⱼ t + bⱼ) − sin 3t at `m` points.
fn network(m: usize, hidden: usize) -> impl Residuals<f64> {
    least_squares::from_fn(m, 3 * hidden, move |x: &[f64], r: &mut [f64], mut jacobian: Option<&mut Matrix<f64>>| {
        for (i, r) in r.iter_mut().enumerate() {
            let t = 2.0 * i as f64 / (m - 1) as f64 - 1.0;
            *r = -(3.0 * t).sin();
            for (k, unit) in x.chunks_exact(3).enumerate() {
                let h = (unit[0] * t + unit[1]).tanh();
                *r += unit[2] * h;
                if let Some(j) = jacobian.as_deref_mut() {
                    let slope = unit[2] * (1.0 - h * h);
                    j.row_mut(i)[3 * k..3 * k + 3].copy_from_slice(&[slope * t, slope, h]);
                }
            }
        }
        Ok(())
    })
}

/// Whether nothing was allocated between the fifth iteration and the last.
fn fits_in_place(name: &str, fit: impl FnOnce(&mut dyn FnMut(usize)) -> Outcome) {
    let mut marks = Vec::with_capacity(1000);
    let outcome = fit(&mut |_| marks.push(calls()));
    assert!(marks.len() > 10, "{name}: {outcome}");
    assert!(marks[4..].iter().all(|&calls| calls == marks[4]), "{name}: {marks:?}");
}

#[test]
fn fitting_residuals_allocates_nothing_from_iteration_to_iteration() {
    for (points, hidden) in [(60, 7), (20, 25)] {
        let start: Vec<f64> = (0..3 * hidden).map(|i| (i as f64 * 1.7).sin()).collect();
        let free = StepSolver::MatrixFree { tolerance: 1e-3, max_products: 50 };
        for (solver, scaling) in [
            (StepSolver::Auto, Scaling::Identity),
            (StepSolver::Auto, Scaling::MarquardtDiagonal),
            (free, Scaling::Identity),
        ] {
            let method = LevenbergMarquardt { solver, scaling, max_iterations: 30, ..LevenbergMarquardt::default() };
            fits_in_place("Levenberg-Marquardt", |mark| {
                let watch = |p: &FitProgress<'_, f64>| {
                    mark(p.iteration);
                    ControlFlow::Continue(())
                };
                method.minimize_observed(&mut network(points, hidden), &mut start.clone(), watch).unwrap()
            });
        }
        for solver in [StepSolver::Auto, free] {
            for line_search in [
                LineSearch::Armijo { decrease: 1e-4, max_trials: 40 },
                LineSearch::StrongWolfe { decrease: 1e-4, curvature: 0.9, max_trials: 40 },
                LineSearch::Grid { halvings: 10 },
            ] {
                let method =
                    GaussNewton { solver, line_search, damping: 1e-6, max_iterations: 30, ..Default::default() };
                fits_in_place("Gauss-Newton", |mark| {
                    let watch = |p: &FitProgress<'_, f64>| {
                        mark(p.iteration);
                        ControlFlow::Continue(())
                    };
                    method.minimize_observed(&mut network(points, hidden), &mut start.clone(), watch).unwrap()
                });
            }
        }
        let spring = Spring { damping: 1e-2, max_iterations: 30, ..Spring::default() };
        fits_in_place("SPRING", |mark| {
            let watch = |p: &FitProgress<'_, f64>| {
                mark(p.iteration);
                ControlFlow::Continue(())
            };
            spring.minimize_observed(&mut network(points, hidden), &mut start.clone(), watch).unwrap()
        });
    }
}

/// Allocations of steps 2 to 40.
fn calls_of_steps(task: &mut dyn TrainingStep<f64>, start: &[f64]) -> usize {
    let mut gradient = vec![0.0; start.len()];
    let mut steps = |range: Range<u64>| {
        let before = calls();
        for step in range {
            task.gradient(step, start, &mut gradient).unwrap();
        }
        calls() - before
    };
    let _ = steps(0..2);
    steps(2..40)
}

#[test]
fn a_step_of_spectral_net_allocates_nothing() {
    let circle = data::unit_circle::<f64>(&data::CircleSampling::Uniform.angles(300, Seed(0)));
    let graph = Affinity::nearest(20).fit(&circle).unwrap();
    let net = SpectralNet { sampling: Sampling::Edges { edges: 64, nodes: 64 }, ..SpectralNet::new(5) };
    let mut task = net.task(&graph, &circle, Seed(0)).unwrap();
    let start = task.start().to_vec();
    // Inside a pool: work that enters one from outside allocates now and then.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert_eq!(pool.install(|| calls_of_steps(&mut task, &start)), 0);
}

#[test]
fn a_step_of_a_stochastic_eigensolver_allocates_nothing() {
    let sampler = StratifiedPolar::new(60.0).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for form in [Form::Strong, Form::Weak] {
        let training = StochasticTraining { states: 4, form, batch: 64, ..StochasticTraining::default() };
        let methods: [Box<dyn StochasticMethod>; 5] = [
            Box::new(NestedLora {
                training: training.clone(),
                gram: GramEstimate::Independent,
                ..NestedLora::default()
            }),
            Box::new(NeuralEf { training: training.clone() }),
            Box::new(Spin { training: training.clone(), ..Spin::default() }),
            Box::new(Spin { training: training.clone(), decay: 0.01 }),
            Box::new(NestedOmm { training, ..NestedOmm::default() }),
        ];
        for method in methods {
            let mut task = method.task::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).unwrap();
            let start = task.start();
            assert_eq!(pool.install(|| calls_of_steps(&mut task, &start)), 0, "{method:?}");
        }
    }
}
