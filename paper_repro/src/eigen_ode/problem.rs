//! The matrix of the report, its spectrum, and the exact solution.

use eigennet::differential::eigenvector_ode::{ClosedForm, EigenvectorFlow};
use eigennet::linalg::{Matrix, SymmetricEigen, symmetric_eigen};

use super::published::START;
use crate::failure::Failure;
use crate::solvers::problems;

/// Matrix (26), its spectrum by our symmetric eigensolver, and the exact solution from x₀.
#[derive(Debug)]
pub struct Problem {
    pub matrix: Matrix<f64>,
    pub reference: SymmetricEigen<f64>,
    pub flow: EigenvectorFlow<f64>,
    pub exact: ClosedForm<f64>,
}

impl Problem {
    /// As printed in the report.
    pub fn of_report() -> Result<Self, Failure> {
        let matrix = problems::Problem::report()?.matrix;
        let flow = EigenvectorFlow::new(&matrix)?;
        let exact = flow.closed_form(&START)?;
        Ok(Problem { reference: symmetric_eigen(&matrix)?, matrix, flow, exact })
    }

    /// Eigenvector `index` (ascending), with that length and the sign of `like`.
    pub fn level(&self, index: usize, like: &[f64], length: f64) -> Vec<f64> {
        let vector = self.reference.vectors.column(index);
        let overlap: f64 = vector.iter().zip(like).map(|(a, b)| a * b).sum();
        vector.iter().map(|v| v * length * overlap.signum()).collect()
    }
}
