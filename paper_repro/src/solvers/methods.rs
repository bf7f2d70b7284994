//! Every eigenvalue method of the library, one line each.

use std::ops::ControlFlow;

use eigennet::eigen::textbook::{
    Deflation, EigenGame, Inverse, JacobiRotations, Orthogonal, Power, QrShifted, QrUnshifted, RayleighQuotient,
    Settings, Step, Textbook,
};
use eigennet::eigen::{self, Arnoldi, ComplexEigenpairs, Eigenpairs, JacobiDavidson, Lanczos, Lobpcg, Which};
use eigennet::linalg::{self, Complex, Matrix, SymmetricEigen};
use eigennet::{Error, Seed};

use super::ratios;

/// What a method found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Eigenvalues: all of them, or the largest few.
    pub values: Vec<Complex<f64>>,
    /// The largest `‖A v − λ v‖`.
    pub residual: f64,
    /// Iterations, of iterative methods.
    pub iterations: Option<usize>,
}

/// Is told the eigenvalues as they stand, once an iteration.
pub type Watch<'a> = dyn FnMut(usize, &[f64]) + 'a;

type Solve = Box<dyn Fn(&Matrix<f64>, Seed, &mut Watch<'_>) -> Result<Found, Error> + Send + Sync>;

/// A way to eigenpairs of a matrix.
pub struct Method {
    /// Name in tables, and behind the dot of its metric.
    pub name: &'static str,
    /// Finds all pairs, or says why not.
    pub solve: Solve,
}

/// All of them.
pub fn all() -> Vec<Method> {
    vec![
        textbook("power", |pairs, settings| Power { pairs, settings, deflation: Deflation::Projection }),
        textbook("power-hotelling", |pairs, settings| Power { pairs, settings, deflation: Deflation::Hotelling }),
        textbook("inverse", |pairs, settings| Inverse { pairs, settings, shift: 0.0 }),
        textbook("rayleigh-quotient", |pairs, settings| RayleighQuotient { pairs, settings, start: None }),
        textbook("orthogonal", |pairs, settings| Orthogonal { pairs, settings }),
        textbook("qr-unshifted", |_, settings| QrUnshifted { settings }),
        textbook("qr-shifted", |_, settings| QrShifted { settings }),
        textbook("jacobi-rotations", |_, settings| JacobiRotations { settings }),
        textbook("eigen-game", |pairs, settings| EigenGame { pairs, settings }),
        dense("symmetric-eigen", linalg::symmetric_eigen),
        dense("jacobi-eigen", linalg::jacobi_eigen),
        nonsymmetric("nonsymmetric-eigen"),
        iterative("lanczos", |a, k, seed| Lanczos { k, seed, tolerance: TIGHT, ..Lanczos::default() }.solve(a)),
        iterative("lobpcg", |a, k, seed| {
            Lobpcg { k, seed, which: Which::Largest, tolerance: TIGHT, ..Lobpcg::default() }.solve(a)
        }),
        iterative("jacobi-davidson", |a, k, seed| {
            JacobiDavidson { k, seed, which: Which::Largest, tolerance: TIGHT, ..JacobiDavidson::default() }.solve(a)
        }),
        arnoldi("arnoldi", |a, k, seed| {
            Arnoldi { k, seed, which: Which::Largest, tolerance: TIGHT, ..Arnoldi::default() }.solve(a)
        }),
        door("solve"),
    ]
}

/// The one door, for all pairs: it chooses the method.
fn door(name: &'static str) -> Method {
    let solve: Solve = Box::new(|a, seed, _| {
        let found = eigen::largest(a, a.rows()).seed(seed).tolerance(TIGHT).solve()?;
        let residual = found.residuals().iter().copied().fold(0.0, f64::max);
        Ok(Found { values: found.values(), residual, iterations: None })
    });
    Method { name, solve }
}

/// A textbook method, told how many pairs and its settings.
fn textbook<M: Textbook<f64> + 'static>(name: &'static str, method: fn(usize, Settings<f64>) -> M) -> Method {
    let solve: Solve = Box::new(move |a, seed, watch| {
        let method = method(a.rows(), Settings { seed, ..Settings::default() });
        let mut observer = |step: &Step<'_, f64>| {
            watch(step.iteration, step.values);
            ControlFlow::Continue(())
        };
        method.solve_observed(a, &mut observer).map(of_pairs)
    });
    Method { name, solve }
}

/// A dense decomposition of a symmetric matrix.
fn dense(name: &'static str, decompose: fn(&Matrix<f64>) -> Result<SymmetricEigen<f64>, Error>) -> Method {
    let solve: Solve = Box::new(move |a, _, _| {
        let eigen = decompose(a)?;
        let image = a.matmul(&eigen.vectors)?;
        let residual = (0..a.rows()).map(|j| {
            let rest = (0..a.rows()).map(|i| image[(i, j)] - eigen.values[j] * eigen.vectors[(i, j)]);
            rest.map(|r| r * r).sum::<f64>().sqrt()
        });
        Ok(Found { residual: residual.fold(0.0, f64::max), values: real(&eigen.values), iterations: None })
    });
    Method { name, solve }
}

/// The dense decomposition of any square matrix.
fn nonsymmetric(name: &'static str) -> Method {
    let solve: Solve = Box::new(|a, _, _| {
        let eigen = linalg::nonsymmetric_eigen(a)?;
        let (moduli, power) = ratios::nonsymmetric_residual(a, &eigen)?;
        let residual = (0..a.rows()).map(|j| moduli.column(j).iter().map(|r| r * r).sum::<f64>().sqrt() / power);
        Ok(Found { residual: residual.fold(0.0, f64::max), values: eigen.values, iterations: None })
    });
    Method { name, solve }
}

/// The tolerance of iterative solvers.
const TIGHT: f64 = 1e-12;

/// A third of the pairs: of so small a matrix all pairs would leave an iterative method nothing to do.
fn some(n: usize) -> usize {
    n.div_ceil(3)
}

/// A solver for so many pairs.
type Few<P> = fn(&Matrix<f64>, usize, Seed) -> Result<P, Error>;

/// An iterative solver, for the largest few pairs of a symmetric matrix.
fn iterative(name: &'static str, run: Few<Eigenpairs<f64>>) -> Method {
    Method { name, solve: Box::new(move |a, seed, _| run(a, some(a.rows()), seed).map(of_pairs)) }
}

/// The same for any square matrix.
fn arnoldi(name: &'static str, run: Few<ComplexEigenpairs<f64>>) -> Method {
    let solve: Solve = Box::new(move |a, seed, _| {
        let pairs = run(a, some(a.rows()), seed)?;
        let residual = pairs.residuals.iter().copied().fold(0.0, f64::max);
        Ok(Found { values: pairs.values, residual, iterations: Some(pairs.iterations) })
    });
    Method { name, solve }
}

/// What an iterative solver hands back.
fn of_pairs(pairs: Eigenpairs<f64>) -> Found {
    let residual = pairs.residuals.iter().copied().fold(0.0, f64::max);
    Found { values: real(&pairs.values), residual, iterations: Some(pairs.iterations) }
}

fn real(values: &[f64]) -> Vec<Complex<f64>> {
    values.iter().copied().map(Complex::from_real).collect()
}
