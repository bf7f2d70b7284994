//! Residuals whose rows two processes share, here threads: every optimiser takes the same path in both, that of the
//! whole problem, and is told nothing of it.

use std::sync::{Barrier, Mutex};
use std::thread::scope;

use super::*;
use crate::optim::{GaussNewton, LevenbergMarquardt, Outcome, Scaling, Spring};

/// Where the threads meet to add up.
struct Meeting {
    barrier: Barrier,
    parts: [Mutex<Vec<f64>>; 2],
}

impl Meeting {
    fn new() -> Self {
        Meeting { barrier: Barrier::new(2), parts: Default::default() }
    }
}

/// One of the two threads.
struct Rank<'a>(&'a Meeting, usize);

impl Reduction<f64> for Rank<'_> {
    fn sum(&self, partial: &mut [f64]) -> Result<()> {
        let Rank(Meeting { barrier, parts }, rank) = *self;
        *parts[rank].lock().unwrap() = partial.to_vec();
        barrier.wait();
        let [a, b] = [0, 1].map(|rank: usize| parts[rank].lock().unwrap().clone());
        barrier.wait();
        assert_eq!((a.len(), b.len()), (partial.len(), partial.len()), "they sum different things");
        partial.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a + b);
        Ok(())
    }
}

/// The first 6 of the rows of `inner`, or the others.
struct Share<'a, R> {
    inner: R,
    rank: Rank<'a>,
}

impl<R: Residuals<f64>> Share<'_, R> {
    fn rows(&self) -> std::ops::Range<usize> {
        if self.rank.1 == 0 { 0..6 } else { 6..self.inner.residual_count() }
    }
}

impl<R: Residuals<f64>> Residuals<f64> for Share<'_, R> {
    fn parameter_count(&self) -> usize {
        self.inner.parameter_count()
    }
    fn residual_count(&self) -> usize {
        self.rows().len()
    }
    fn reduction(&self) -> Option<&dyn Reduction<f64>> {
        Some(&self.rank)
    }
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> Result<()> {
        let mut all = vec![0.0; self.inner.residual_count()];
        self.inner.residuals(x, &mut all)?;
        r.copy_from_slice(&all[self.rows()]);
        // The domain of one of them only.
        let outside = x[0] > 50.0 && self.rank.1 == 1;
        if outside { Err(Error::Singular { operation: "share", pivot: 0 }) } else { Ok(()) }
    }
    fn residuals_and_jacobian(&mut self, x: &[f64], r: &mut [f64], j: &mut Matrix<f64>) -> Result<()> {
        let (mut all, mut whole) = (vec![0.0; self.inner.residual_count()], Matrix::default());
        self.inner.residuals_and_jacobian(x, &mut all, &mut whole)?;
        r.copy_from_slice(&all[self.rows()]);
        let rows = self.rows();
        *j = Matrix::from_fn(rows.len(), x.len(), |i, k| whole[(rows.start + i, k)]);
        Ok(())
    }
}

type Fit<'a> = dyn Fn(&mut dyn Residuals<f64>, &mut [f64]) -> Result<Outcome> + Sync + 'a;

/// What both threads arrive at, which is the same.
fn together(fit: &Fit<'_>) -> (Vec<f64>, Outcome) {
    let meeting = Meeting::new();
    let run = |rank| {
        let mut share = Share { inner: exponential(), rank: Rank(&meeting, rank) };
        let mut x = vec![2.0, -0.3, 0.5];
        let outcome = fit(&mut share, &mut x).unwrap();
        (x, outcome)
    };
    let [a, b] = scope(|s| [0, 1].map(|rank| s.spawn(move || run(rank))).map(|thread| thread.join().unwrap()));
    assert_eq!(a, b);
    a
}

#[test]
fn two_processes_take_the_path_of_one() {
    fn close(name: &str, fit: &Fit<'_>) {
        let (x, outcome) = together(fit);
        let mut whole = [2.0, -0.3, 0.5];
        let alone = fit(&mut exponential(), &mut whole).unwrap();
        assert_eq!((outcome.residuals, outcome.underdetermined), (Some(15), false), "{name}");
        assert!((outcome.value / alone.value - 1.0).abs() < 1e-9, "{name}: {outcome}\n{alone}");
        assert!(x.iter().zip(whole).all(|(x, y)| (x - y).abs() < 1e-4), "{name}: {x:?} {whole:?}");
    }
    let free = StepSolver::MatrixFree { tolerance: 1e-10, max_products: 50 };
    for (solver, scaling) in [
        (StepSolver::Auto, Scaling::Identity),
        (StepSolver::Normal, Scaling::MarquardtDiagonal),
        (free, Scaling::Identity),
    ] {
        let method = LevenbergMarquardt { solver, scaling, ..LevenbergMarquardt::default() };
        close("Levenberg-Marquardt", &|r, x| method.minimize(r, x));
    }
    for (solver, line_search) in [
        (StepSolver::Auto, LineSearch::Grid { halvings: 20 }),
        (free, LineSearch::StrongWolfe { decrease: 1e-4, curvature: 0.9, max_trials: 40 }),
    ] {
        let method = GaussNewton { solver, line_search, ..GaussNewton::default() };
        close("Gauss-Newton", &|r, x| method.minimize(r, x));
    }
    let spring = Spring { line_search: Some(LineSearch::Grid { halvings: 20 }), ..Spring::default() };
    close("SPRING", &|r, x| spring.minimize(r, x));
}

#[test]
fn what_is_outside_for_one_is_so_for_both() {
    // The first full step leads to x[0] = 100, which only one of the two minds.
    let meeting = Meeting::new();
    let far = || {
        from_fn(15, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            r.fill(x[0] - 100.0);
            if let Some(j) = jacobian {
                j.as_mut_slice().fill(1.0);
            }
            Ok(())
        })
    };
    let run = |rank| {
        let mut x = [0.0];
        let method = GaussNewton { max_iterations: 3, ..GaussNewton::default() };
        let outcome = method.minimize(&mut Share { inner: far(), rank: Rank(&meeting, rank) }, &mut x).unwrap();
        (x, outcome)
    };
    let [a, b] = scope(|s| [0, 1].map(|rank| s.spawn(move || run(rank))).map(|thread| thread.join().unwrap()));
    assert_eq!(a, b);
    assert!(a.0[0] > 0.0 && a.0[0] <= 50.0 && a.1.accepted > 0, "{a:?}");
}

#[test]
fn an_objective_of_shared_residuals_is_the_whole_sum() {
    let meeting = Meeting::new();
    let run = |rank| {
        let mut x = [2.0, -0.3, 0.5];
        let mut objective = SumOfSquares::new(Share { inner: exponential(), rank: Rank(&meeting, rank) });
        let outcome = Lbfgs::default().minimize(&mut objective, &mut x).unwrap();
        (x, outcome.value)
    };
    let [a, b] = scope(|s| [0, 1].map(|rank| s.spawn(move || run(rank))).map(|thread| thread.join().unwrap()));
    assert_eq!(a, b);
    let mut whole = [2.0, -0.3, 0.5];
    let alone = Lbfgs::default().minimize(&mut SumOfSquares::new(exponential()), &mut whole).unwrap();
    assert!((a.1 / alone.value - 1.0).abs() < 1e-9 && whole.iter().zip(a.0).all(|(x, y)| (x - y).abs() < 1e-4));
}

#[test]
fn systems_of_all_rows_are_refused() {
    let meeting = Meeting::new();
    for solver in [StepSolver::Kernel, StepSolver::Qr] {
        let mut share = Share { inner: exponential(), rank: Rank(&meeting, 0) };
        let error = GaussNewton { solver, ..GaussNewton::default() }.minimize(&mut share, &mut [2.0, -0.3, 0.5]);
        assert!(error.unwrap_err().to_string().contains("Normal or MatrixFree"));
    }
}
