//! Training and minimising allocate nothing once they are under way.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::ControlFlow;

use eigennet::Error;
use eigennet::optim::{
    Adam, Clip, EarlyStopping, Lbfgs, Optimizer, Recovery, RmsProp, Schedule, Sgd, SgdSettings, StepReport, Trainer,
    objective,
};

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
    let optimizers: [Box<dyn Optimizer<f64>>; 4] = [
        Box::new(Adam::default()),
        Box::new(RmsProp::default()),
        Box::new(Sgd::default()),
        Box::new(Sgd::new(momentum).unwrap()),
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
        assert_eq!(outcome.unwrap().steps, 500);
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
