//! What a network's functions save iterative solvers on the same graph: as a start, and as a coarse space.

use eigennet::eigen::{Eigenpairs, JacobiDavidson, Lobpcg, Which};
use eigennet::graph::{DiffusionCoordinates, Laplacian};
use eigennet::linalg::Matrix;
use eigennet::sparse::{CoarseCorrection, ConjugateGradient};
use eigennet::{Error, Seed};

use crate::failure::Failure;

/// Residual of eigenpairs, which a start can shorten the way to.
const EIGENPAIRS: f64 = 1e-4;
/// Residual of the linear system.
const SYSTEM: f64 = 1e-8;
/// ε of the system (L + εI) x = b, in units of the smallest eigenvalue of L that is not 0.
const SHIFT: f64 = 0.1;
/// Iterations after which a solver has lost.
const MOST: usize = 2000;

/// Iterations of solvers on the symmetric Laplacian.
#[derive(Debug)]
pub struct Race {
    pub lobpcg: Start,
    /// LOBPCG from a random block, with the coarse correction.
    pub lobpcg_preconditioned: usize,
    pub jacobi_davidson: Start,
    /// Conjugate gradients for (L + εI) x = b.
    pub cg: usize,
    /// With the coarse correction.
    pub cg_preconditioned: usize,
}

/// Iterations from random vectors and from the network's functions.
#[derive(Debug)]
pub struct Start {
    pub random: usize,
    pub network: usize,
}

impl Start {
    fn of(
        iterations: impl Fn(Option<&Matrix<f64>>) -> Result<usize, Failure>,
        warm: &Matrix<f64>,
    ) -> Result<Self, Failure> {
        Ok(Start { random: iterations(None)?, network: iterations(Some(warm))? })
    }
}

impl Race {
    /// With `functions` `[points, k]` at the points of a map.
    pub fn run(map: &DiffusionCoordinates<f64>, functions: &Matrix<f64>, seed: Seed) -> Result<Race, Failure> {
        let graph = map.graph();
        let laplacian = graph.laplacian(Laplacian::Symmetric);
        let (n, k) = (functions.rows(), functions.cols());
        let roots: Vec<f64> = graph.degrees().iter().map(|degree| degree.sqrt()).collect();
        let warm = Matrix::from_fn(n, k, |i, j| roots[i] * functions[(i, j)]);
        // The search at the end for pairs that were missed is the same from any start.
        let complete = false;
        let (tolerance, max_iterations, which) = (EIGENPAIRS, MOST, Which::Smallest);
        let lobpcg = Lobpcg { k, which, tolerance, seed, max_iterations, complete, ..Lobpcg::default() };
        let davidson =
            JacobiDavidson { k, which, tolerance, seed, max_iterations, complete, ..JacobiDavidson::default() };
        let system = laplacian.shift(SHIFT * (1.0 - map.values()[1]))?;
        let coarse = CoarseCorrection::new(&system, &warm)?;
        let mut stream = seed.stream("right-hand side");
        let b: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let cg = ConjugateGradient { tolerance: SYSTEM, ..ConjugateGradient::default() };
        Ok(Race {
            lobpcg: Start::of(|start| iterations(Lobpcg { start, ..lobpcg }.solve(&laplacian)), &warm)?,
            lobpcg_preconditioned: iterations(Lobpcg { preconditioner: Some(&coarse), ..lobpcg }.solve(&laplacian))?,
            jacobi_davidson: Start::of(
                |start| iterations(JacobiDavidson { start, ..davidson }.solve(&laplacian)),
                &warm,
            )?,
            cg: cg.solve(&system, &b)?.iterations,
            cg_preconditioned: cg.solve_preconditioned(&system, &coarse, &b)?.iterations,
        })
    }
}

fn iterations(found: Result<Eigenpairs<f64>, Error>) -> Result<usize, Failure> {
    match found {
        Ok(pairs) => Ok(pairs.iterations),
        Err(Error::Unconverged(_)) => Ok(MOST),
        Err(error) => Err(error.into()),
    }
}
