//! Dense decompositions of random matrices.
//!
//! Their nominal work is that of the classical algorithms (Golub and Van Loan, *Matrix Computations*, 4th edition).

use std::hint::black_box;

use eigennet::container::Element;
use eigennet::linalg::{Matrix, NonsymmetricOptions, svd, symmetric_eigen};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::roofline::measure::Steps;

/// A decomposition of a matrix of order n.
#[derive(Debug, Clone, Copy)]
pub enum Decomposition {
    /// All eigenpairs of a symmetric matrix.
    Symmetric(usize),
    /// All eigenvalues and right eigenvectors of any matrix.
    Nonsymmetric(usize),
    /// All singular values and both sides of vectors.
    Singular(usize),
}

impl Decomposition {
    /// Those that are measured.
    pub const ALL: [Decomposition; 4] = [
        Decomposition::Symmetric(500),
        Decomposition::Symmetric(1000),
        Decomposition::Nonsymmetric(500),
        Decomposition::Singular(800),
    ];

    /// `eigh_N`, `eig_N` or `svd_N`.
    pub fn name(&self) -> String {
        match self {
            Decomposition::Symmetric(n) => format!("eigh_{n}"),
            Decomposition::Nonsymmetric(n) => format!("eig_{n}"),
            Decomposition::Singular(n) => format!("svd_{n}"),
        }
    }
}

impl Problem for Decomposition {
    const KIND: Kind = Kind::Decomposition;

    /// Divide and conquer multiplies the vectors of the halves by those of the whole: n³ at the top, a quarter of it at each
    /// level below, 4n³/3 together where nothing is deflated.
    ///
    /// * Symmetric: tridiagonal form 4n³/3 (§8.3.1), divide and conquer 4n³/3, vectors transformed back 2n³.
    /// * Nonsymmetric: Schur form with its vectors 25n³ (§7.5.6), eigenvectors of the triangle n³/3, their product with
    ///   the Schur vectors n³.
    /// * Singular: bidiagonal form 8n³/3 (§5.4.8), divide and conquer 4n³/3 for each side, both sides transformed back
    ///   4n³.
    fn work(&self) -> f64 {
        let (Decomposition::Symmetric(n) | Decomposition::Nonsymmetric(n) | Decomposition::Singular(n)) = *self;
        let thirds = match self {
            Decomposition::Symmetric(_) => 4 + 4 + 6,
            Decomposition::Nonsymmetric(_) => 75 + 1 + 3,
            Decomposition::Singular(_) => 8 + 2 * 4 + 12,
        };
        f64::from(thirds) / 3.0 * (n as f64).powi(3)
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        let mut stream = seed.stream("matrix");
        let mut random = |n: usize| Matrix::<T>::from_fn(n, n, |_, _| T::of(stream.normal()));
        let matrix = match *self {
            Decomposition::Symmetric(n) => {
                let a = random(n);
                Matrix::from_fn(n, n, |i, j| a[(i.min(j), i.max(j))])
            }
            Decomposition::Nonsymmetric(n) | Decomposition::Singular(n) => random(n),
        };
        Ok(Box::new(Decomposed { decomposition: *self, matrix }))
    }
}

struct Decomposed<T> {
    decomposition: Decomposition,
    matrix: Matrix<T>,
}

impl<T: Scalar> Steps for Decomposed<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        for _ in 0..steps {
            let matrix = black_box(&self.matrix);
            match self.decomposition {
                Decomposition::Symmetric(_) => drop(black_box(symmetric_eigen(matrix)?)),
                Decomposition::Nonsymmetric(_) => drop(black_box(NonsymmetricOptions::default().solve(matrix)?)),
                Decomposition::Singular(_) => drop(black_box(svd(matrix)?)),
            }
        }
        Ok(())
    }
}
