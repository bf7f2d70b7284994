//! The matrices of the papers, and what was published of them.

use eigennet::linalg::Matrix;

use super::oracle;
use crate::failure::Failure;

/// A small matrix, given in whole numbers over a common denominator.
#[derive(Debug, Clone)]
pub struct Problem {
    /// A few words.
    pub name: &'static str,
    /// The matrix.
    pub matrix: Matrix<f64>,
    /// Its eigenvalues to the last bit, ascending, from the exact characteristic polynomial.
    pub exact: Vec<f64>,
}

impl Problem {
    fn new(name: &'static str, numerators: &[i64], denominator: i64) -> Result<Self, Failure> {
        let n = numerators.len().isqrt();
        let entries = numerators.iter().map(|&v| v as f64 / denominator as f64).collect();
        let exact = oracle::eigenvalues(numerators, denominator)?;
        Ok(Problem { name, matrix: Matrix::from_vec(n, n, entries)?, exact })
    }

    /// Matrix (26) of the report on the diffusion equation and the eigenvector equation, as printed.
    ///
    /// # Errors
    /// None in practice: its eigenvalues are real and distinct.
    pub fn report() -> Result<Self, Failure> {
        #[rustfmt::skip]
        const THOUSANDTHS: [i64; 36] = [
            -112, -399, -259,   107,  -473, -479,
            -399, 1297,  359,   428,   678,  719,
            -259,  359, -855,   526,  -632,  945,
             107,  428,  526,   144, -1579,  175,
            -473,  678, -632, -1579,  -769, -515,
            -479,  719,  945,   175,  -515,  -15,
        ];
        Problem::new("report, matrix (26)", &THOUSANDTHS, 1000)
    }

    /// The three examples of the article on eigenvalues in deep learning.
    ///
    /// # Errors
    /// None in practice, as above.
    pub fn article() -> Result<Vec<Self>, Failure> {
        Ok(vec![
            Problem::new("[[3, 1], [0, 2]]", &[3, 1, 0, 2], 1)?,
            Problem::new("[[6, 2], [3, 7]]", &[6, 2, 3, 7], 1)?,
            Problem::new("[[4, 2], [2, 5]]", &[4, 2, 2, 5], 1)?,
        ])
    }
}

/// The eigenvalues of matrix (26) to the nine decimals that are known of it, ascending.
pub const PRINTED: [f64; 6] = [-2.306515435, -1.542268945, -0.539471379, 0.191211778, 1.685645786, 2.201398196];
