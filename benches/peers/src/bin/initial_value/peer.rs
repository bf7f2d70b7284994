//! The methods of diffsol, with Jacobians by differences as ours have them.

use std::cell::{Cell, RefCell};
use std::error::Error;

use diffsol::{NalgebraLU, NalgebraMat, OdeBuilder, OdeEquations, OdeSolverMethod, OdeSolverStopReason, Vector};
use eigennet::reference::InitialValueProblem;

use super::Found;

type Factors = NalgebraLU<f64>;

/// f, and how often it and its Jacobian were asked for.
struct Counted<'a> {
    problem: &'a InitialValueProblem,
    evaluations: Cell<usize>,
    products: Cell<usize>,
    /// t, y and f(t, y) that the last product with the Jacobian was taken at.
    base: RefCell<(f64, Vec<f64>, Vec<f64>)>,
}

impl Counted<'_> {
    fn f(&self, t: f64, y: &[f64], out: &mut [f64]) {
        self.evaluations.set(self.evaluations.get() + 1);
        (self.problem.derivative)(t, y, out);
    }

    /// `out` = J(t, y) v by a difference, for a unit vector v: it makes the matrix column by column.
    fn product(&self, t: f64, y: &[f64], v: &[f64], out: &mut [f64]) {
        self.products.set(self.products.get() + 1);
        let mut base = self.base.borrow_mut();
        if base.0 != t || base.1 != y {
            let mut slope = vec![0.0; y.len()];
            self.f(t, y, &mut slope);
            *base = (t, y.to_vec(), slope);
        }
        let size = y.iter().zip(v).filter(|(_, v)| **v != 0.0).map(|(y, _)| y.abs()).fold(self.problem.scale, f64::max);
        let step = f64::EPSILON.sqrt() * size;
        let moved: Vec<f64> = y.iter().zip(v).map(|(y, v)| y + step * v).collect();
        self.f(t, &moved, out);
        out.iter_mut().zip(&base.2).for_each(|(out, at)| *out = (*out - at) / step);
    }
}

/// Poses the problem, with a mass matrix or without, which are two types, and takes the steps of a method.
macro_rules! solve {
    ($problem:expr, $rtol:expr, |$posed:ident| $method:expr) => {{
        let problem = $problem;
        let n = problem.start.len();
        let base = RefCell::new((f64::NAN, Vec::new(), Vec::new()));
        let counted = Counted { problem, evaluations: Cell::new(0), products: Cell::new(0), base };
        let builder = OdeBuilder::<NalgebraMat<f64>>::new()
            .t0(problem.interval.start)
            .rtol($rtol)
            .atol([$rtol * problem.scale])
            .rhs_implicit(
                |y: &[f64], _: &[f64], t: f64, out: &mut [f64]| counted.f(t, y, out),
                |y: &[f64], _: &[f64], t: f64, v: &[f64], out: &mut [f64]| counted.product(t, y, v, out),
            )
            .init(|_: &[f64], _: f64, y: &mut [f64]| y.copy_from_slice(&problem.start), n);
        let (end, steps, factorizations) = if let Some(mass) = &problem.mass {
            let weigh = |v: &[f64], _: &[f64], _: f64, beta: f64, out: &mut [f64]| {
                for (out, row) in out.iter_mut().zip(mass.row_iter()) {
                    *out = row.iter().zip(v).map(|(m, v)| m * v).sum::<f64>() + beta * *out;
                }
            };
            let $posed = builder.mass(weigh).build()?;
            run(&mut $method, problem.interval.end)?
        } else {
            let $posed = builder.build()?;
            run(&mut $method, problem.interval.end)?
        };
        let work = [steps, counted.evaluations.get(), counted.products.get() / n, factorizations];
        Ok(Found { end, work })
    }};
}

/// y at `end`, steps and factorisations.
fn run<'a, E>(solver: &mut impl OdeSolverMethod<'a, E>, end: f64) -> Result<(Vec<f64>, usize, usize), Box<dyn Error>>
where
    E: OdeEquations<T = f64> + 'a,
{
    solver.set_stop_time(end)?;
    while !matches!(solver.step()?, OdeSolverStopReason::TstopReached) {}
    let work = solver.get_statistics();
    let (steps, setups) = (work.number_of_steps, work.number_of_linear_solver_setups);
    Ok((solver.state().y.clone_as_vec(), steps, setups))
}

pub fn bdf(problem: &InitialValueProblem, rtol: f64) -> Result<Found, Box<dyn Error>> {
    solve!(problem, rtol, |posed| posed.bdf::<Factors>()?)
}

pub fn esdirk34(problem: &InitialValueProblem, rtol: f64) -> Result<Found, Box<dyn Error>> {
    solve!(problem, rtol, |posed| posed.esdirk34::<Factors>()?)
}

pub fn tsit45(problem: &InitialValueProblem, rtol: f64) -> Result<Found, Box<dyn Error>> {
    solve!(problem, rtol, |posed| posed.tsit45()?)
}
